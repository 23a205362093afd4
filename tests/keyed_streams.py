"""Counting kernels and statistics for the keyed random numbers, shared by fast and long tests."""

from __future__ import annotations

import numpy as np
from epidemics import FALSE_ALARM, Floats
from numba import njit
from numpy.typing import NDArray
from scipy import stats

from lazaretto.chance import draw, stream_key

Words = NDArray[np.uint64]
Ints = NDArray[np.int64]

SEED, PURPOSE, DAY, ENTITY, INDEX = "seed", "purpose", "day", "entity", "index"
PARTS = (SEED, PURPOSE, DAY, ENTITY, INDEX)
"""What a number is a function of."""


@njit(nogil=True)
def tabulate(x: np.uint64, y: np.uint64, value: Ints, change: Ints, high: Ints, low: Ints) -> None:
    """Count one number and its neighbour.

    Bytes of the number (8, 256) and of what changes to the neighbour (8, 256); and where the pair
    lies in the unit square by the six highest and by the six lowest bits, (64, 64).
    """
    changed = x ^ y
    for byte in range(8):
        shift = np.uint64(8 * byte)
        value[byte, (x >> shift) & np.uint64(0xFF)] += 1
        change[byte, (changed >> shift) & np.uint64(0xFF)] += 1
    high[x >> np.uint64(58), y >> np.uint64(58)] += 1
    low[x & np.uint64(63), y & np.uint64(63)] += 1


@njit(nogil=True)
def along_entities(
    keys: Words, count: int, step: int, index: int, value: Ints, change: Ints, high: Ints, low: Ints
) -> None:
    """Count the entities 0, step, 2 step, ... of each stream, each with the next."""
    for key in keys:
        x = draw(key, 0, index)
        for i in range(1, count + 1):
            y = draw(key, i * step, index)
            tabulate(x, y, value, change, high, low)
            x = y


@njit(nogil=True)
def along_indices(
    keys: Words, count: int, value: Ints, change: Ints, high: Ints, low: Ints
) -> None:
    """Count the 256 numbers of each entity of each stream, each with the next index."""
    for key in keys:
        for entity in range(count):
            x = draw(key, entity, 0)
            for index in range(1, 256):
                y = draw(key, entity, index)
                tabulate(x, y, value, change, high, low)
                x = y


@njit(nogil=True)
def along_keys(keys: Words, count: int, value: Ints, change: Ints, high: Ints, low: Ints) -> None:
    """Count each entity of each stream with the same entity of the next stream."""
    for entity in range(count):
        for i in range(keys.size - 1):
            x, y = draw(keys[i], entity, 7), draw(keys[i + 1], entity, 7)
            tabulate(x, y, value, change, high, low)


def neighbouring_keys(part: str, count: int) -> Words:
    """Return streams that differ by one in seed, purpose or day from each to the next."""
    made = {
        SEED: lambda i: stream_key(i, 3, 10),
        PURPOSE: lambda i: stream_key(1, i, 10),
        DAY: lambda i: stream_key(1, 3, i),
    }[part]
    return np.array([made(i) for i in range(count)], np.uint64)


def counted(part: str, draws: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Return the four tables of `tabulate` for neighbours in one part of the key."""
    tables = (
        np.zeros((8, 256), np.int64),
        np.zeros((8, 256), np.int64),
        np.zeros((64, 64), np.int64),
        np.zeros((64, 64), np.int64),
    )
    if part == ENTITY:
        keys = neighbouring_keys(DAY, 8)
        along_entities(keys, draws // 16, 1, 0, *tables)
        along_entities(keys[4:], draws // 16, 64, 255, *tables)
        along_entities(keys[:4], draws // 16, 1 << 20, 3, *tables)
    elif part == INDEX:
        along_indices(neighbouring_keys(DAY, 8), draws // (8 * 255), *tables)
    else:
        n_keys = {SEED: 4_096, PURPOSE: 64, DAY: 4_096}[part]
        along_keys(neighbouring_keys(part, n_keys), draws // (n_keys - 1), *tables)
    return tables


def worst_chi_square(rows: Ints) -> float:
    """Return the smallest p of two-sided chi-square tests of uniform rows, times their number.

    Counts too even are as wrong as counts too uneven.
    """
    rows = rows.reshape(-1, rows.shape[-1])
    expected = rows.sum(axis=1, keepdims=True) / rows.shape[1]
    assert expected.min() > 20
    value = ((rows - expected) ** 2 / expected).sum(axis=1)
    df = rows.shape[1] - 1
    p = 2 * np.minimum(stats.chi2.sf(value, df), stats.chi2.cdf(value, df))
    return float(min(1.0, p.min() * p.size))


def correlation(table: Ints) -> float:
    """Return z of the correlation of the two numbers of a pair, from their table (64, 64)."""
    middle = np.arange(64) - 31.5
    moment = float(middle @ table @ middle)
    return moment / (float(np.mean(middle**2)) * np.sqrt(table.sum()))


def verdict(tables: tuple[Ints, Ints, Ints, Ints]) -> dict[str, float]:
    """Return the p of each test of the tables of neighbours, all uniform if sound."""
    value, change, high, low = tables
    return {
        "bytes": worst_chi_square(value),
        "bytes of the change": worst_chi_square(change),
        "pairs, high bits": worst_chi_square(high.reshape(1, -1)),
        "pairs, low bits": worst_chi_square(low.reshape(1, -1)),
        "correlation": float(2 * stats.norm.sf(abs(correlation(high)))),
    }


def passes(found: dict[str, float]) -> bool:
    """Return whether all tests of a verdict pass; together they fail by chance once in 1e6."""
    return min(found.values()) > FALSE_ALARM / len(found)


def repeated_spacings(birthdays: Words) -> int:
    """Return how many spacings of birthdays occur again (Marsaglia and Tsang 2002).

    Parameters
    ----------
    birthdays
        Days, in rows of one year each, shape (n_years, n_birthdays).
    """
    spacing = np.sort(np.diff(np.sort(birthdays, axis=1), axis=1), axis=1)
    return int((np.diff(spacing, axis=1) == 0).sum())


def poisson_p(seen: int, mean: float) -> float:
    """Return the two-sided p of a Poisson count."""
    tails = stats.poisson.sf(seen - 1, mean), stats.poisson.cdf(seen, mean)
    return float(min(1.0, 2 * min(tails)))


def uniform_in_unit(bits: Words) -> Floats:
    """Return the numbers as fractions of 2**64."""
    return bits.astype(np.float64) * 2.0**-64
