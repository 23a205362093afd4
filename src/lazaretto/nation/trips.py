"""Trips between cities: who sets out on a day, where to, and for how long.

The k-th trip out of a city on a day is a pure function of the seed of the city, the day and k. A
measure decides which of the intended trips are made, never which are intended; so two policies
have the same travellers but for those they keep at home.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import Purpose, draw, draw_plain, high31, low31, pick, second, stream_key
from lazaretto.engine.infection import first_not_below

NEAR_BITS = 10
"""A destination is looked for from where the first bits of its draw say."""

_SHIFT = 31 - NEAR_BITS


class Party(NamedTuple):
    """Those who mean to set out from one city on one day, in order of their trips; (n,) each.

    ``city`` is the destination, ``stay`` the days there, the day of departure the first of them,
    ``number`` that of the trip.
    """

    person: NDArray[np.int32]
    city: NDArray[np.uint16]
    stay: NDArray[np.uint8]
    number: NDArray[np.int32]


def number_of_trips(seed: int, day: int, mean: float) -> int:
    """Return how many trips out of a city are intended on a day: the mean, rounded by chance.

    Parameters
    ----------
    seed
        Seed of the city.
    day
        Day of the run.
    mean
        Mean number of trips.
    """
    bits = draw_plain(int(stream_key(seed, Purpose.TRIP, day)), 0, 2)
    return int(mean) + (1 if (bits >> 11) * 2.0**-53 < mean - int(mean) else 0)


def near(going: NDArray[np.uint32]) -> NDArray[np.uint16]:
    """Return where to look for destinations, by the first bits of a draw, (n_cities, 2**10).

    Parameters
    ----------
    going
        Cumulative 31-bit thresholds of the destination, shape (n_cities, n_cities).
    """
    starts = np.arange(1 << NEAR_BITS, dtype=np.uint32) << np.uint32(_SHIFT)
    found = [np.searchsorted(row, starts, side="right") for row in going]
    return np.array(found, np.uint16).reshape(len(going), starts.size)


@njit(inline="always", _nrt=False)
def lot_of(key: np.uint64, number: int) -> np.uint32:
    """Return the 31-bit lot by which a test finds who is infected before a trip."""
    return low31(draw(key, number, 1))


@njit(nogil=True, _nrt=False, cache=True)
def _set_out(
    key: np.uint64,
    n: int,
    n_persons: int,
    going: NDArray[np.uint32],
    begin: NDArray[np.uint16],
    staying: NDArray[np.uint32],
    allowed: NDArray[np.uint32],
    shortest: int,
    party: Party,
) -> int:
    made = 0
    for k in range(n):
        bits = draw(key, k, 0)
        more = second(bits)
        stay = 1 + first_not_below(staying, low31(more))
        if stay < shortest:
            continue
        to = np.int64(begin[low31(bits) >> np.uint32(_SHIFT)])
        while low31(bits) >= going[to]:
            to += 1
        if high31(more) >= allowed[to]:
            continue
        party.person[made] = pick(bits, n_persons)
        party.city[made] = to
        party.stay[made] = stay
        party.number[made] = k
        made += 1
    return made


def set_out(
    seed: int,
    day: int,
    mean: float,
    n_persons: int,
    going: NDArray[np.uint32],
    begin: NDArray[np.uint16],
    staying: NDArray[np.uint32],
    allowed: NDArray[np.uint32],
    shortest: int = 1,
) -> Party:
    """Return those who mean to set out on a day and are let go.

    Parameters
    ----------
    seed
        Seed of the city they live in.
    day
        Day of the run; before the run it is negative.
    mean
        Mean number of trips intended.
    n_persons
        Residents of the city; everybody travels alike.
    going, begin, staying
        Cumulative 31-bit thresholds of the destination (n_cities,), where to look for it (see
        `near`), and thresholds of the days there.
    allowed
        Threshold of a trip to each city being made, shape (n_cities,).
    shortest
        Trips of fewer days are left out.
    """
    n = number_of_trips(seed, day, mean)
    party = Party(
        np.empty(n, np.int32), np.empty(n, np.uint16), np.empty(n, np.uint8), np.empty(n, np.int32)
    )
    key = stream_key(seed, Purpose.TRIP, day)
    made = _set_out(key, n, n_persons, going, begin, staying, allowed, shortest, party)
    return Party._make(column[:made] for column in party)
