"""Infections brought into the city on given days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import Purpose, draw_plain, stream_key


@dataclass(frozen=True)
class Arrival:
    """Infections brought in on one day.

    Parameters
    ----------
    day
        Day of the run, from 0.
    first, last
        Range of persons infected, from ``first`` to ``last - 1``.
    infections
        Number of persons, taken at random in the range.
    """

    day: int
    first: int
    last: int
    infections: int


def seeded(
    arrivals: Sequence[Arrival], seed: int, day: int, protected: NDArray[np.uint64]
) -> NDArray[np.int32]:
    """Return who is infected from outside on a day, ascending ids, shape (n,).

    Persons who cannot be infected are passed over; if a range holds too few others, all of
    them are taken.

    Parameters
    ----------
    arrivals
        All arrivals of the scenario.
    seed, day
        Seed of the run and the day.
    protected
        Bitmap of those who cannot be infected.
    """
    chosen: set[int] = set()
    for number, arrival in enumerate(arrivals):
        if arrival.day != day:
            continue
        key = int(stream_key(seed, Purpose.SEEDING, (day << 12) | (number & 0xFFF)))
        wanted = min(arrival.infections, arrival.last - arrival.first)
        taken, attempt = 0, 0
        while taken < wanted and attempt < 64 * wanted:
            bits = draw_plain(key, attempt, 0)
            person = arrival.first + (((bits >> 32) * (arrival.last - arrival.first)) >> 32)
            attempt += 1
            if person in chosen or (int(protected[person >> 6]) >> (person & 63)) & 1:
                continue
            chosen.add(person)
            taken += 1
        rest = range(arrival.first, arrival.last) if taken < wanted else ()
        for person in rest:
            if taken == wanted:
                break
            if person not in chosen and not (int(protected[person >> 6]) >> (person & 63)) & 1:
                chosen.add(person)
                taken += 1
    return np.array(sorted(chosen), np.int32)
