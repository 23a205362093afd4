"""Live copies of a content: those to which something is still to happen, soonest first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto import compiled  # noqa: F401 - says where kernels are kept, before any is made

COPY = np.dtype(
    [
        ("next", "f8"),
        ("born", "f8"),
        ("dies", "f8"),
        ("audience", "f8"),
        ("id", "u8"),
        ("left", "i4"),
        ("made", "i4"),
        ("home", "i4"),
        ("depth", "i2"),
        ("platform", "i2"),
    ]
)
"""A copy to which something is still to happen: when next (a copy of it is made, or it is
deleted), when made, when deleted (minutes of the run), audience (mean 1), number, copies still to
come of it, copies that came, subdistrict, generation, platform."""

Copies = NDArray[Any]
"""Live copies as a binary heap by the time of what happens next, shape (capacity,), of `COPY`."""

ROOM = 256
"""Copies that may be added by one thing that happens: re-uploads of one deletion."""


@njit(_nrt=False)
def settle(live: Copies, size: int, at: int) -> None:
    """Put the copy at one place of the heap where it belongs, down or up."""
    spare = live.size - 1
    live[spare] = live[at]
    time = live[spare].next
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and live[child + 1].next < live[child].next:
            child += 1
        if time <= live[child].next:
            break
        live[at] = live[child]
        at = child
    while at > 0 and time < live[(at - 1) // 2].next:
        live[at] = live[(at - 1) // 2]
        at = (at - 1) // 2
    live[at] = live[spare]
