"""Keyed chance: a random number is a pure function of (seed, purpose, day, entity, index).

Nothing here has state, so nothing depends on the order of calls, the number of threads, or on
what another measure drew before. The generator is a keyed counter hash: the counter (entity,
index) is spread by an odd multiplier, combined with a 64-bit key that was itself hashed from
(seed, purpose, day), and passed through Maiga's ``mx3`` finaliser (three multiplications, full
avalanche; https://jonkagstrom.com/mx3/mx3_rev2.html). ``tests/test_chance.py`` and
``make validate`` test uniformity, avalanche, and independence between neighbouring keys.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto import compiled  # noqa: F401 - says where kernels are kept, before any is made

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MX3 = np.uint64(0xBEA225F9EB34556D)
_S29, _S32, _S39 = np.uint64(29), np.uint64(32), np.uint64(39)
_MASK = (1 << 64) - 1

INDEX_BITS = 9
"""Bits of the counter kept for the index: an entity has 512 numbers per (purpose, day)."""

_INDEX_SHIFT = np.uint64(INDEX_BITS)


class Purpose(IntEnum):
    """What a random number is for; each purpose is an independent stream."""

    SEEDING = 1
    COURSE = 2
    TRANSMISSION = 3
    DIARY = 4
    SYMPTOM_TEST = 5
    SCREENING = 6
    REPORTING = 7
    PARTICIPATION = 8
    """Who comes to be screened: a trait, the same on every day."""
    LABORATORY = 9
    FALSE_POSITIVE = 10
    TRACING = 11
    ISOLATION = 12
    FACILITY = 13
    SEVERITY = 14
    VACCINATION = 15
    """When a person's turn for a vaccine dose comes: a trait, the same on every day."""
    PEOPLE = 16
    """Synthetic populations; streams 16 to 63 are theirs, one per drawing step."""
    CLOSED_LOOP = 64
    TREATMENT = 65
    LEAKAGE = 66
    """How readily a compound, a household, a person leaks: traits, the same on every day."""
    LEAKS = 67
    """Whether a person leaks, by day or by week."""
    BREAKOUT = 68
    MESSAGE = 69
    CROWD = 73
    """Who of a compound takes part in its break-out."""
    INCOME = 70
    """Income class and migrant status of a household: traits."""
    HABIT = 72
    """Whether a person leaks in a week, where habit decides."""
    TRIP = 80
    """Who sets out on a trip to another city, where to, and for how long."""
    LODGING = 81
    """At whose address a visitor stays."""
    VISITING = 82
    """Whom an infectious visitor meets."""
    HOSTING = 83
    """Which visitors an infectious person of a city meets."""
    REVIEW = 85
    """How long the review of a positive takes, by person and batch."""
    CITY = 84
    """Seeds of the cities of a nation."""
    ACTIVE = 71
    """Who meets others at all, in the reading of few active people: a trait of households."""
    BORDER = 74
    """Infected travellers by day of arrival: who, how long infected, what their tests say."""


@lru_cache(4096)
def stream_key(seed: int, purpose: int, day: int = 0) -> np.uint64:
    """Return the 64-bit key of one stream of numbers.

    Parameters
    ----------
    seed
        Seed of the run, any integer from 0 to 2**63 - 1.
    purpose
        What the numbers are for, see `Purpose`.
    day
        Day of the run, counted from 0 (0 where the purpose has no day).
    """
    key = _mx3_plain(seed & _MASK)
    key = _mx3_plain(key ^ ((purpose * int(GOLDEN)) & _MASK))
    return np.uint64(_mx3_plain(key ^ ((((day + 1) << 20) * int(GOLDEN)) & _MASK)))


@njit(inline="always", _nrt=False)
def mix(x: np.uint64) -> np.uint64:
    """Return the mx3 finaliser of ``x``: every input bit reaches every output bit."""
    x = (x ^ (x >> _S32)) * MX3
    x = (x ^ (x >> _S29)) * MX3
    x = (x ^ (x >> _S32)) * MX3
    return x ^ (x >> _S29)


@njit(inline="always", _nrt=False)
def draw(key: np.uint64, entity: Any, index: Any) -> np.uint64:  # noqa: ANN401 - any integer width
    """Return 64 random bits for (stream, entity, index); index is 0 to 511."""
    counter = (np.uint64(entity) << _INDEX_SHIFT) | np.uint64(index)
    return mix((counter * GOLDEN) ^ key)


@njit(inline="always", _nrt=False)
def second(bits: np.uint64) -> np.uint64:
    """Return 64 further bits derived from a draw, for decisions few draws need."""
    return mix(bits + GOLDEN)


def _mx3_plain(x: int) -> int:
    c = int(MX3)
    x = ((x ^ (x >> 32)) * c) & _MASK
    x = ((x ^ (x >> 29)) * c) & _MASK
    x = ((x ^ (x >> 32)) * c) & _MASK
    return x ^ (x >> 29)


def draw_plain(key: int, entity: int, index: int) -> int:
    """Return the same bits as `draw`, in plain Python integers, for the reference engine."""
    counter = ((entity << INDEX_BITS) | index) & _MASK
    return _mx3_plain(((counter * int(GOLDEN)) & _MASK) ^ int(key))


@njit(inline="always", _nrt=False)
def low31(bits: np.uint64) -> np.uint32:
    """Return the low 31 bits of a draw, to compare with a `threshold`."""
    return np.uint32(bits & np.uint64(0x7FFFFFFF))


@njit(inline="always", _nrt=False)
def high31(bits: np.uint64) -> np.uint32:
    """Return the high 31 bits of a draw, to compare with a `threshold`."""
    return np.uint32(bits >> np.uint64(33))


@njit(inline="always", _nrt=False)
def pick(bits: np.uint64, n: Any) -> np.int64:  # noqa: ANN401 - any integer width
    """Return an integer from 0 to n - 1 from the high 32 bits of a draw (n below 2**31)."""
    return np.int64(((bits >> _S32) * np.uint64(n)) >> _S32)


@njit(nogil=True, cache=True)
def _fill(key: np.uint64, start: int, index: int, out: NDArray[np.uint64]) -> None:
    for i in range(out.size):
        out[i] = draw(key, start + i, index)


def draws(key: np.uint64, start: int, count: int, index: int = 0) -> NDArray[np.uint64]:
    """Return 64 random bits for each of ``count`` consecutive entities, shape (count,)."""
    out = np.empty(count, np.uint64)
    _fill(key, start, index, out)
    return out


@njit(nogil=True, cache=True)
def _fill_of(key: np.uint64, entity: NDArray[Any], index: int, out: NDArray[np.uint64]) -> None:
    for i in range(out.size):
        out[i] = draw(key, entity[i], index)


def draws_of(key: np.uint64, entity: NDArray[Any], index: int) -> NDArray[np.uint64]:
    """Return 64 random bits for each of the given entities, shape (n,)."""
    out = np.empty(entity.size, np.uint64)
    _fill_of(key, entity, index, out)
    return out


def uniforms(key: np.uint64, start: int, count: int, index: int = 0) -> NDArray[np.float64]:
    """Return uniform numbers in [0, 1) for consecutive entities, shape (count,)."""
    bits = draws(key, start, count, index) >> np.uint64(11)
    return bits.astype(np.float64) * 2.0**-53


CERTAIN = 1 << 31
"""Threshold of an event that always happens; 0 is one that never does."""


def threshold(probability: float | NDArray[np.float64]) -> NDArray[np.uint32]:
    """Return the integer t for which a 31-bit random integer is below t with this probability.

    Probabilities 0 and 1 are exact: 0 never happens, 2**31 (`CERTAIN`) always does. Kernels
    compare integers with these thresholds, so no floating point decides anything in them.

    Parameters
    ----------
    probability
        Probability or array of probabilities; clipped to [0, 1].
    """
    clipped = np.clip(np.asarray(probability, np.float64), 0.0, 1.0)
    return np.rint(clipped * float(CERTAIN)).astype(np.uint32)
