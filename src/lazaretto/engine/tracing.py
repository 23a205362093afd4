"""Contact tracing: the contacts of cases, from diaries recomputed when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import draw, low31
from lazaretto.engine.city import BLOCK_SHIFT, City, household_of
from lazaretto.engine.contacts import Policy
from lazaretto.engine.diary import MOST_MET, Met, OtherContacts, write_diary
from lazaretto.engine.infection import course_of
from lazaretto.engine.memory import AHEAD, prefetch
from lazaretto.engine.rates import Rates
from lazaretto.words import HOUSEHOLD

QUESTION_BITS = 10
"""Contacts of a diary are numbered in this many bits."""

THE_INFECTOR = (1 << QUESTION_BITS) - 1
"""Number of the question who infected the case."""

LISTED = 1 << 14
"""Contacts listed before a buffer is emptied."""


@dataclass
class Queue:
    """Cases that wait for a tracer, by day of the result; arrays of shape (n,).

    Parameters
    ----------
    person
        Who.
    sampled, known
        Day of the sample and of the result.
    end
        First day on which the case is isolated.
    """

    person: NDArray[np.int32]
    sampled: NDArray[np.int16]
    known: NDArray[np.int16]
    end: NDArray[np.int16]

    @classmethod
    def empty(cls) -> Queue:
        """Return a queue of nobody."""
        days = np.empty(0, np.int16)
        return cls(np.empty(0, np.int32), days, days, days)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return every array by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def add(
        self, person: NDArray[np.int32], sampled: NDArray[np.int16], day: int, end: int
    ) -> None:
        """Let cases wait, whose result came today and who are isolated from day ``end`` on."""
        known, ends = (np.full(person.size, value, np.int16) for value in (day, end))
        for name, more in zip(self.arrays(), (person, sampled, known, ends), strict=True):
            setattr(self, name, np.concatenate([getattr(self, name), more]))

    def take(self, which: NDArray[np.bool_]) -> Queue:
        """Take cases off the queue, by mask."""
        taken = Queue(*(array[which] for array in self.arrays().values()))
        for name, array in self.arrays().items():
            setattr(self, name, array[~which])
        return taken


class Asked(NamedTuple):
    """What is asked: streams, and the recall of each layer.

    ``transmission``, ``diary``, ``tracing`` are the streams of the day asked about;
    ``recall`` (n_layers,) are 31-bit thresholds.
    """

    transmission: np.uint64
    diary: np.uint64
    tracing: np.uint64
    recall: NDArray[np.uint32]


@njit(nogil=True, _nrt=False, cache=True)
def list_contacts(
    city: City,
    rates: Rates,
    other: OtherContacts,
    policy: Policy,
    whereabouts: NDArray[np.uint64],
    asked: Asked,
    person: NDArray[np.int32],
    record: NDArray[np.uint32],
    infected: NDArray[np.int16],
    day: int,
    start: int,
    met: Met,
    out: NDArray[np.int32],
    used: NDArray[np.int64],
) -> int:
    """List whom persons met outside their household on a day and name; return where it stopped.

    Parameters
    ----------
    city, rates, other, policy, whereabouts
        The city, the tables, and the policy and everybody's whereabouts of the day asked about.
    asked
        What is asked.
    person, record, infected
        Who is asked, their packed records and days of infection, shape (n,).
    day
        The day asked about.
    start
        Where to begin; if ``out`` fills up, the index returned is below n.
    met
        Buffer of one diary.
    out, used
        Receive the contacts, and their number, shape (1,).
    """
    i = start
    while i < person.size and used[0] + MOST_MET < out.size:
        ahead = np.int64(person[min(i + AHEAD, person.size - 1)])
        prefetch(whereabouts, ahead >> 5)
        prefetch(city.attributes, ahead)
        prefetch(city.building_of_block, ahead >> BLOCK_SHIFT)
        if policy.looped:
            prefetch(city.group, ahead)
        who = np.int64(person[i])
        level = np.int64(0)
        since = day - np.int64(infected[i])
        if infected[i] >= 0 and 0 <= since < rates.level.shape[1]:
            level = np.int64(rates.level[course_of(record[i]), since])
        n = write_diary(city, rates, other, policy, whereabouts, who, record[i], level,
                        asked.transmission, asked.diary, met)  # fmt: skip
        for j in range(n):
            layer = met.layer[j]
            if layer == HOUSEHOLD:
                continue
            lot = low31(draw(asked.tracing, (who << QUESTION_BITS) | j, 0))
            if lot < asked.recall[layer]:
                out[used[0]] = met.person[j]
                used[0] += 1
        i += 1
    return i


@njit(nogil=True, _nrt=False, cache=True)
def list_household(
    city: City,
    person: NDArray[np.int32],
    recall: np.uint32,
    key: np.uint64,
    out: NDArray[np.int32],
) -> int:
    """List the other members of households; return how many.

    Parameters
    ----------
    city
        The city.
    person
        The cases, shape (n,).
    recall
        Chance that a member is found, 31 bits.
    key
        Stream of `Purpose.TRACING` for today.
    out
        Receives the members, shape (15 n,).
    """
    n = 0
    for i in range(person.size):
        who = np.int64(person[i])
        first, size = household_of(city, who)
        for j in range(size):
            if first + j == who:
                continue
            if low31(draw(key, (who << QUESTION_BITS) | j, 1)) < recall:
                out[n] = first + j
                n += 1
    return n


def infectors_named(
    source: NDArray[np.int32],
    origin: NDArray[np.uint8],
    recall: NDArray[np.uint32],
    lot: NDArray[np.uint32],
) -> NDArray[np.int32]:
    """Return those who infected cases and whom the cases name.

    Parameters
    ----------
    source, origin
        Who infected each case (-1: nobody here), and through which layer, shape (n,).
    recall
        By layer, 31-bit thresholds, shape (n_layers,).
    lot
        31-bit lots of the cases for `THE_INFECTOR`, shape (n,).
    """
    layers = recall.size
    met = (source >= 0) & (origin < layers)
    named = lot < recall[np.minimum(origin, layers - 1)]
    return source[met & named]
