"""Keyed drawing for the population: steps, shuffles, and sizes of places."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import Purpose, draw, pick, stream_key, uniforms


class Step(IntEnum):
    """Drawing steps; each has a stream of its own (purposes 16 to 63 of `chance`)."""

    MAKEUPS = 0
    ROLES = 1
    MEMBERS = 2
    ROOM_MATES = 3
    ROOM_SIZES = 4
    HOUSEHOLD_ORDER = 5
    BUILDING_SIZES = 6
    BUILDING_ORDER = 7
    COMPOUND_SIZES = 8
    SUBDISTRICT_SIZES = 9
    DAYTIME = 10
    SCHOOL_SIZES = 11
    WORKPLACE_SIZES = 12
    PLACES_IN_GROUPS = 13
    INDUSTRY = 14
    ON_DUTY = 15
    COLLECTIVE = 16
    LANE_SIZES = 17
    VILLAGE_SIZES = 18


def step_key(seed: int, step: Step, place: int) -> np.uint64:
    """Return the key of one drawing step for a district or another place."""
    return stream_key(seed, Purpose.PEOPLE + step, place)


@njit(nogil=True, cache=True)
def shuffle(values: NDArray[Any], key: np.uint64) -> None:
    """Put ``values`` (n,) of any integer type into a random order, in place (Fisher-Yates)."""
    for i in range(values.size - 1, 0, -1):
        j = pick(draw(key, i, 0), i + 1)
        values[i], values[j] = values[j], values[i]


def lognormal(key: np.uint64, count: int, mean: float, spread: float) -> NDArray[np.float64]:
    """Return ``count`` lognormal sizes with the given mean and standard deviation of the log."""
    u = 1.0 - uniforms(key, 0, count, 0)
    normal = np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * uniforms(key, 0, count, 1))
    return np.asarray(mean * np.exp(spread * normal - 0.5 * spread**2), np.float64)


def cut(ends: NDArray[np.int64], key: np.uint64, mean: float, spread: float) -> NDArray[np.int64]:
    """Cut a row of units into consecutive places of lognormal size.

    Parameters
    ----------
    ends
        (n_units,) persons up to and including each unit, strictly increasing.
    key
        Stream of the sizes.
    mean, spread
        Mean size in persons and standard deviation of its logarithm.

    Returns
    -------
    NDArray
        (n_places + 1,) first unit of each place; the last entry is n_units. A last place smaller
        than a third of the mean is joined to the one before.
    """
    total = int(ends[-1])
    count = int(total / mean * 1.5) + 20
    wanted = np.cumsum(np.rint(lognormal(key, count, mean, spread)))
    while wanted[-1] < total:
        count *= 2
        wanted = np.cumsum(np.rint(lognormal(key, count, mean, spread)))
    wanted = wanted[: int(np.searchsorted(wanted, total - mean / 3))]
    breaks = np.unique(np.searchsorted(ends, wanted, side="left") + 1)
    breaks = breaks[breaks < ends.size]
    return np.concatenate([[0], breaks, [ends.size]]).astype(np.int64)


def cut_into(
    ends: NDArray[np.int64], key: np.uint64, places: int, spread: float
) -> NDArray[np.int64]:
    """Cut a row of units into exactly ``places`` consecutive places (at most n_units).

    Parameters and result are as in `cut`.
    """
    places = max(1, min(places, ends.size))
    weight = lognormal(key, places, 1.0, spread)
    wanted = np.cumsum(weight)[:-1] / weight.sum() * float(ends[-1])
    breaks = np.searchsorted(ends, np.rint(wanted), side="left") + 1
    # Each place keeps at least one unit.
    step = np.arange(places - 1)
    breaks = np.maximum.accumulate(np.maximum(breaks - step, 1)) + step
    breaks = np.minimum(breaks, ends.size - places + 1 + step)
    return np.concatenate([[0], breaks, [ends.size]]).astype(np.int64)
