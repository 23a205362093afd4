"""Exposures on their way from source to target: buffers, and who of several infectors wins."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.engine.rates import MOST_EVENTS

BLOCK = 512
LONGEST = 3 * MOST_EVENTS
PARTITIONS = 8
"""Ranges of person ids whose exposures are applied independently of each other."""


class Block(NamedTuple):
    """Potential infections being looked up, each shape (BLOCK + LONGEST,).

    They pass through three stages, so that memory asked for in one has come by the next.
    """

    source: NDArray[np.int32]
    """Position of the source in its cohort."""
    layer: NDArray[np.uint8]
    target: NDArray[np.int64]
    bits: NDArray[np.uint64]


class Exposures(NamedTuple):
    """Buffers for exposures by partition of the target, each shape (PARTITIONS, capacity)."""

    target: NDArray[np.int32]
    source: NDArray[np.int32]
    label: NDArray[np.uint16]
    """Origin (4 bits), days since the source was infected (5 bits), tie-break (6 bits)."""
    used: NDArray[np.int64]
    block: Block


@njit(inline="always", _nrt=False, cache=True)
def label_of(origin: int, since: int, tie: int) -> np.uint16:
    """Return the label of an exposure."""
    return np.uint16(origin) | np.uint16(since << 4) | np.uint16(tie << 9)


@njit(inline="always", _nrt=False)
def origin_of(label: np.uint16) -> np.int64:
    """Return where an infection came from, an index of `lazaretto.words.ORIGINS`."""
    return np.int64(label & np.uint16(15))


@njit(inline="always", _nrt=False)
def since_of(label: np.uint16) -> np.int64:
    """Return the days since the source was infected."""
    return np.int64((label >> np.uint16(4)) & np.uint16(31))


@njit(nogil=True, cache=True)
def order_keys(target: NDArray[np.int32], label: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """Return sort keys (target, tie-break, position) of exposures, shape (n,)."""
    keys = np.empty(target.size, np.uint64)
    for i in range(target.size):
        tie = np.uint64(label[i] >> np.uint16(9))
        keys[i] = (np.uint64(target[i]) << np.uint64(33)) | (tie << np.uint64(27)) | np.uint64(i)
    return keys


@njit(nogil=True, cache=True)
def winners(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the position of the winning exposure of each target, by ascending target."""
    n = 0
    chosen = np.empty(keys.size, np.int64)
    previous = np.uint64(1 << 40)
    for i in range(keys.size):
        target = keys[i] >> np.uint64(33)
        if target != previous:
            chosen[n] = np.int64(keys[i] & np.uint64((1 << 27) - 1))
            n += 1
            previous = target
    return chosen[:n].copy()


def partition_shift(n_persons: int) -> int:
    """Return the shift that divides person ids into at most `PARTITIONS` ranges.

    Ranges are multiples of 64 persons, so two partitions never share a word of the bitmap.
    """
    shift = 6
    while (n_persons - 1) >> shift >= PARTITIONS:
        shift += 1
    return shift


def empty_exposures(capacity: int, sources: bool = True) -> Exposures:
    """Return empty buffers for ``capacity`` exposures per partition.

    Parameters
    ----------
    capacity
        Exposures per partition.
    sources
        Whether to keep who exposed whom; otherwise ``source`` has no columns.
    """
    shape = (PARTITIONS, capacity)
    return Exposures(
        np.empty(shape, np.int32),
        np.empty((PARTITIONS, capacity if sources else 0), np.int32),
        np.empty(shape, np.uint16),
        np.zeros(PARTITIONS, np.int64),
        Block(
            np.empty(BLOCK + LONGEST, np.int32),
            np.empty(BLOCK + LONGEST, np.uint8),
            np.empty(BLOCK + LONGEST, np.int64),
            np.empty(BLOCK + LONGEST, np.uint64),
        ),
    )
