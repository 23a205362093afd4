"""Collective households: who lives in dormitories and homes, and in which rooms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import uniforms
from lazaretto.people import assumptions as a
from lazaretto.people.census import shares_to_counts
from lazaretto.people.drawing import Step, shuffle, step_key

_CLASSES = ((3, 5), (5, 12), (12, 18))
"""Rooms are shared by students and trainees (15-24), workers (25-59), or the elderly (60+)."""


def collective_residents(persons: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Return how many of each age band live in collective households, (18,).

    Parameters
    ----------
    persons
        (18,) all residents.
    total
        Residents of collective households; the odds of the assumed shares by age are multiplied by
        one factor so that the sum is this.
    """
    odds = a.DORMITORY_SHARE / (1.0 - a.DORMITORY_SHARE)
    if total > int(persons[odds > 0].sum()):
        # More residents of institutions than persons of 15 and over: then children live there too,
        # sooner than others, for the families left are few and may have no place for a child.
        odds = np.where(odds > 0.0, 1.0, 10.0)
    low, high = 1e-9, 1e9
    expected = persons * 0.0
    for _ in range(200):
        factor = (low * high) ** 0.5
        expected = persons * (factor * odds / (1.0 + factor * odds))
        low, high = (factor, high) if expected.sum() < total else (low, factor)
    if total == 0:
        return np.zeros(persons.size, np.int64)
    counts = np.minimum(shares_to_counts(np.round(expected, 6), total), persons)
    while counts.sum() < total:
        counts[int(np.argmax(np.where(odds > 0, persons - counts, -1)))] += 1
    return counts


def rooms(
    residents: NDArray[np.int64], index: int, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Put the residents of collective households into rooms.

    Parameters
    ----------
    residents
        (18,) residents of collective households by age band.
    index, seed
        District and seed, for the random numbers.

    Returns
    -------
    tuple
        Age bands room after room, (n_residents,), and persons of each room, (n_rooms,).
    """
    bands, sizes = [np.empty(0, np.uint8)], [np.empty(0, np.uint8)]
    for kind, (first, last) in enumerate(_CLASSES):
        lowest = 0 if kind == 0 else first
        members = np.repeat(np.arange(lowest, last, dtype=np.uint8), residents[lowest:last])
        if members.size == 0:
            continue
        place = index * len(_CLASSES) + kind
        shuffle(members, step_key(seed, Step.ROOM_MATES, place))
        low, high = a.ROOM_SMALLEST, a.ROOM_LARGEST
        if kind == 2:
            low, high = a.CARE_ROOM_SMALLEST, a.CARE_ROOM_LARGEST
        u = uniforms(step_key(seed, Step.ROOM_SIZES, place), 0, members.size // low + 1)
        drawn = low + (u * (high - low + 1)).astype(np.int64)
        ends = np.minimum(np.cumsum(drawn), members.size)
        ends = ends[: int(np.searchsorted(ends, members.size)) + 1]
        bands.append(members)
        sizes.append(np.diff(ends, prepend=0).astype(np.uint8))
    return np.concatenate(bands), np.concatenate(sizes)
