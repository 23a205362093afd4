"""What the engine knows of every resident: bitmaps, one day, and where the person is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.engine.vaccinated import Vaccine

AT_LARGE, AT_HOME, AWAY, DEAD = range(4)
"""Where a person is: free, isolated at home, in a facility or hospital, dead."""


class State(NamedTuple):
    """The state of the residents.

    ``protected`` is a bitmap of those who cannot be infected today, ``known`` one of those whose
    last infection has been found, each of shape (ceil(n / 64),); ``infected_on`` the day of the
    last infection or -1, shape (n_persons,); ``whereabouts`` two bits a person, shape
    (ceil(n / 32),). Where nobody can be found or isolated ``known`` and ``whereabouts`` have
    shape (1,) and are never read. ``vaccine`` says who had which dose when.
    """

    protected: NDArray[np.uint64]
    infected_on: NDArray[np.int16]
    whereabouts: NDArray[np.uint64]
    known: NDArray[np.uint64]
    vaccine: Vaccine


def new_state(n_persons: int, moves: bool, vaccine: Vaccine) -> State:
    """Return the state of residents never infected, all at large.

    Parameters
    ----------
    n_persons
        Number of residents.
    moves
        Whether anybody may be found or isolated.
    vaccine
        Who had which dose when.
    """
    return State(
        protected=np.zeros((n_persons + 63) // 64, np.uint64),
        infected_on=np.full(n_persons, -1, np.int16),
        whereabouts=np.zeros((n_persons + 31) // 32 if moves else 1, np.uint64),
        # At least two words, so that a hamlet is not taken for a run that finds nobody.
        known=np.zeros(max((n_persons + 63) // 64, 2) if moves else 1, np.uint64),
        vaccine=vaccine,
    )


@njit(inline="always", _nrt=False)
def is_marked(bitmap: NDArray[np.uint64], person: int) -> np.bool_:
    """Return whether a person's bit is set."""
    return (bitmap[person >> 6] >> np.uint64(person & 63)) & np.uint64(1) != 0


@njit(inline="always", _nrt=False)
def where_is(whereabouts: NDArray[np.uint64], person: int) -> np.int64:
    """Return where a person is: `AT_LARGE`, `AT_HOME`, `AWAY` or `DEAD`."""
    return np.int64((whereabouts[person >> 5] >> np.uint64((person & 31) << 1)) & np.uint64(3))


@njit(inline="always", _nrt=False)
def put(whereabouts: NDArray[np.uint64], person: int, where: int) -> None:
    """Write where a person is."""
    shift = np.uint64((person & 31) << 1)
    word = whereabouts[person >> 5] & ~(np.uint64(3) << shift)
    whereabouts[person >> 5] = word | (np.uint64(where) << shift)


@njit(nogil=True, _nrt=False, cache=True)
def move(
    whereabouts: NDArray[np.uint64],
    person: NDArray[np.int32],
    where: int,
    before: NDArray[np.uint8],
) -> None:
    """Move persons, and note where each was before.

    Parameters
    ----------
    whereabouts
        Written.
    person
        Who moves, shape (n,).
    where
        Where to.
    before
        Receives where each was, shape (n,).
    """
    for i in range(person.size):
        before[i] = where_is(whereabouts, person[i])
        put(whereabouts, person[i], where)


@njit(nogil=True, _nrt=False, cache=True)
def undo(
    whereabouts: NDArray[np.uint64], person: NDArray[np.int32], before: NDArray[np.uint8]
) -> None:
    """Take moves back, the last first; arguments as in `move`."""
    for i in range(person.size - 1, -1, -1):
        put(whereabouts, person[i], before[i])


@njit(nogil=True, _nrt=False, cache=True)
def whereabouts_of(
    whereabouts: NDArray[np.uint64], person: NDArray[np.int32], out: NDArray[np.uint8]
) -> None:
    """Write where persons are, both shape (n,)."""
    for i in range(person.size):
        out[i] = where_is(whereabouts, person[i])


@njit(nogil=True, _nrt=False, cache=True)
def mark(bitmap: NDArray[np.uint64], person: NDArray[np.int32]) -> None:
    """Set the bits of persons, shape (n,)."""
    for i in range(person.size):
        bitmap[person[i] >> 6] |= np.uint64(1) << np.uint64(person[i] & 63)


@njit(nogil=True, _nrt=False, cache=True)
def marked(bitmap: NDArray[np.uint64], person: NDArray[np.int32], out: NDArray[np.bool_]) -> None:
    """Write whether the bits of persons are set, both shape (n,)."""
    for i in range(person.size):
        out[i] = is_marked(bitmap, person[i])
