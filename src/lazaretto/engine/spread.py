"""One day of transmission over many threads: emit in pieces, apply in ranges of persons."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import Purpose, stream_key
from lazaretto.engine.city import City
from lazaretto.engine.cohort import Cohort, Count, infect, no_count
from lazaretto.engine.contacts import Policy
from lazaretto.engine.exposures import (
    PARTITIONS,
    Exposures,
    empty_exposures,
    order_keys,
    partition_shift,
    winners,
)
from lazaretto.engine.memory import give_freed_memory_back
from lazaretto.engine.rates import Rates
from lazaretto.engine.state import State
from lazaretto.engine.transmission import emit

PIECE = 1 << 16
"""Records of a cohort handed to one thread at a time."""

CAPACITY = 1 << 14
"""Exposures a thread holds per range of persons before it puts them aside."""

Item = TypeVar("Item")
Result = TypeVar("Result")
Exposed = tuple[NDArray[Any], ...]
"""Target, source and label of exposures; the source empty where it is not kept."""


class Infected(NamedTuple):
    """New infections of one day, ascending by person; arrays of shape (n,).

    ``source`` and ``layer`` are empty unless sources are kept.
    """

    person: NDArray[np.int32]
    record: NDArray[np.uint32]
    source: NDArray[np.int32]
    layer: NDArray[np.uint8]
    count: Count  # type: ignore[assignment]  # hides the method of tuples, which nobody calls


class Workers:
    """The threads of a run and the buffers they reuse.

    Parameters
    ----------
    threads
        Number of threads; results do not depend on it.
    sources
        Whether to keep who infected whom.
    """

    def __init__(self, threads: int, sources: bool = False) -> None:
        give_freed_memory_back()
        self.threads = max(threads, 1)
        self.sources = sources
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None
        self._own = threading.local()

    def map(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Return the results of ``work`` for each item, in the order of the items."""
        if self._pool is None or len(items) < 2:
            return [work(item) for item in items]
        return list(self._pool.map(work, items))

    def buffers(self) -> Exposures:
        """Return the empty buffers of the calling thread."""
        own: Exposures | None = getattr(self._own, "buffers", None)
        if own is None or (own.source.shape[1] > 0) != self.sources:
            own = self._own.buffers = empty_exposures(CAPACITY, self.sources)
        own.used[:] = 0
        return own

    def close(self) -> None:
        """Stop the threads."""
        if self._pool is not None:
            self._pool.shutdown()


def transmit(
    city: City,
    rates: Rates,
    policy: Policy,
    state: State,
    cohorts: Sequence[Cohort],
    day: int,
    seed: int,
    workers: Workers,
) -> list[Infected]:
    """Simulate transmission on one day; return the new infections by range of persons.

    Parameters
    ----------
    city, rates, policy, state
        As in `lazaretto.engine.transmission.emit`; ``state`` is written.
    cohorts
        The infected, by day of infection.
    day, seed
        Today and the seed of the run.
    workers
        The threads.
    """
    key = stream_key(seed, Purpose.TRANSMISSION, day)
    course_key = stream_key(seed, Purpose.COURSE, day)
    shift = partition_shift(city.attributes.size)
    n_days = rates.level.shape[1]
    pieces = [
        (cohort, start, min(start + PIECE, cohort.size))
        for cohort in cohorts
        if day - cohort.day < n_days
        for start in range(0, cohort.size, PIECE)
    ]

    def expose(piece: tuple[Cohort, int, int]) -> list[list[Exposed]]:
        cohort, start, end = piece
        put_aside: list[list[Exposed]] = [[] for _ in range(PARTITIONS)]
        while start < end:
            out = workers.buffers()
            start = emit(
                city, rates, policy, state, cohort.person, cohort.record, day,
                day - cohort.day, key, start, end, shift, out,
            )  # fmt: skip
            for part in range(PARTITIONS):
                n = int(out.used[part])
                if n:
                    aside = (out.target, out.source, out.label)
                    kept = tuple(column[part, :n].copy() for column in aside)
                    put_aside[part].append(kept)
        return put_aside

    exposed = workers.map(expose, pieces)

    def apply(part: int) -> Infected | None:
        parts = [some for piece in exposed for some in piece[part]]
        for piece in exposed:
            piece[part] = []  # memory, not meaning: at the peak it is what a run needs most
        if not parts:
            return None
        target, source, label = (np.concatenate(column) for column in zip(*parts, strict=True))
        del parts
        keys = order_keys(target, label)
        keys.sort()
        won = winners(keys)
        person, label = target[won], label[won]
        record = np.empty(person.size, np.uint32)
        count = no_count(city.district_start.size - 1)
        infect(city, rates, policy, state, person, label, day, course_key, record, count)
        if not workers.sources:
            return Infected(person, record, source, np.empty(0, np.uint8), count)
        return Infected(person, record, source[won], (label & 15).astype(np.uint8), count)

    applied = workers.map(apply, range(PARTITIONS) if pieces else ())
    return [some for some in applied if some is not None]
