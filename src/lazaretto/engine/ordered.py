"""Finding persons in ascending lists: their place in a table, and the area they live in.

Who is looked up mostly ascends as well, so each search goes on from where the last one ended, in
steps that double (galloping, https://doi.org/10.1016/0020-0190(76)90071-5); whoever comes out of
order is found all the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(inline="always", _nrt=False)
def first_above(ascending: NDArray[Any], value: int, start: int) -> int:
    """Return the first index from ``start`` on of an entry above a value, n if there is none."""
    low, high, step = start, start, 1
    while high < ascending.size and ascending[high] <= value:
        low = high + 1
        high += step
        step <<= 1
    high = min(high, ascending.size)
    while low < high:
        middle = (low + high) >> 1
        if ascending[middle] > value:
            high = middle
        else:
            low = middle + 1
    return low


@njit(nogil=True, _nrt=False, cache=True)
def positions(table: NDArray[np.int32], person: NDArray[np.int32], out: NDArray[np.int64]) -> None:
    """Write where persons are in an ascending table, -1 where they are not, shape (n,)."""
    at = 0
    for i in range(person.size):
        who = np.int64(person[i])
        if i > 0 and who < person[i - 1]:
            at = 0
        at = first_above(table, who - 1, at)
        out[i] = at if at < table.size and table[at] == who else -1


@njit(nogil=True, _nrt=False, cache=True)
def areas(start: NDArray[np.int32], person: NDArray[np.int32], out: NDArray[np.int64]) -> None:
    """Write which area each person lives in, shape (n,).

    Parameters
    ----------
    start
        First person of each area, and the number of persons, shape (n_areas + 1,).
    person
        Who, shape (n,).
    out
        Receives the areas.
    """
    above = 0
    for i in range(person.size):
        if i > 0 and person[i] < person[i - 1]:
            above = 0
        above = first_above(start, np.int64(person[i]), above)
        out[i] = above - 1
