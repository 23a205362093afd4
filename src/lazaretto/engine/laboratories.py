"""Laboratories: samples wait their turn, first come first served, and results come back."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

WAITING = 32767
"""Day of the result of a sample still in the queue."""

ON_THE_SPOT = -1
"""Laboratory of a sample read where it was taken."""


@dataclass
class Pending:
    """Positive samples whose result is not known yet; arrays of shape (n,).

    Parameters
    ----------
    person
        Who was sampled.
    sampled
        Day of the sample.
    due
        Day of the result, `WAITING` while the tube is in the queue.
    lab
        Stock of tubes, `ON_THE_SPOT` if none.
    position
        Place of the tube among all that ever reached the laboratory.
    turnaround
        Days from the laboratory to the result.
    where
        Where the person was, an index of `lazaretto.words.FOUND_WHERE`.
    false
        Whether the person is not infected.
    """

    person: NDArray[np.int32]
    sampled: NDArray[np.int16]
    due: NDArray[np.int16]
    lab: NDArray[np.int8]
    position: NDArray[np.int64]
    turnaround: NDArray[np.int16]
    where: NDArray[np.uint8]
    false: NDArray[np.bool_]

    @classmethod
    def none(cls) -> Pending:
        """Return no samples."""
        days = np.empty(0, np.int16)
        return cls(
            person=np.empty(0, np.int32),
            sampled=days,
            due=days,
            lab=np.empty(0, np.int8),
            position=np.empty(0, np.int64),
            turnaround=days,
            where=np.empty(0, np.uint8),
            false=np.empty(0, np.bool_),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return every array by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def chosen(self, which: NDArray[Any]) -> Pending:
        """Return some of the samples, by mask or position."""
        return Pending(**{name: array[which] for name, array in self.arrays().items()})

    @property
    def size(self) -> int:
        """Number of samples."""
        return int(self.person.size)


def joined(parts: list[Pending]) -> Pending:
    """Return samples one after the other."""
    names = [item.name for item in fields(Pending)]
    parts = [Pending.none(), *parts]
    return Pending(**{n: np.concatenate([getattr(part, n) for part in parts]) for n in names})


class Laboratories:
    """The queue of every laboratory.

    Parameters
    ----------
    n_stocks
        Number of stocks of the scenario; those that are laboratories have a queue.

    Tubes are numbered as they arrive. A laboratory that works on N tubes a day has read every
    tube below ``read``; nothing is kept of a tube but the number of those that are positive.
    Samples stay in the batches they came in, so that a long queue is not gone through every day.
    """

    def __init__(self, n_stocks: int) -> None:
        self.arrived = np.zeros(n_stocks, np.int64)
        self.read = np.zeros(n_stocks, np.int64)
        self._queue: list[Pending] = []
        self._due: list[Pending] = []

    @property
    def pending(self) -> Pending:
        """Positive samples whose result is not known yet."""
        return joined([*self._queue, *self._due])

    @pending.setter
    def pending(self, samples: Pending) -> None:
        waits = samples.due == WAITING
        self._queue = _batches(samples.chosen(waits))
        self._due = _batches(samples.chosen(~waits))

    @property
    def backlog(self) -> NDArray[np.int64]:
        """Tubes that wait, by stock, shape (n_stocks,)."""
        return np.asarray(self.arrived - self.read, np.int64)

    def receive(
        self,
        lab: int,
        tubes: int,
        person: NDArray[np.int32],
        lot: NDArray[np.uint32],
        day: int,
        turnaround: NDArray[np.int16],
        where: NDArray[np.uint8],
        false: NDArray[np.bool_],
    ) -> None:
        """Take in the tubes of one kind of test of today, the positive ones by person.

        Parameters
        ----------
        lab
            Stock of tubes, `ON_THE_SPOT` if none.
        tubes
            Number of tubes, positive or not.
        person, lot, turnaround, where, false
            Whose samples are positive, a 31-bit lot that says where in the batch the tube lies,
            days from laboratory to result, where the person is, and whether the person is not
            infected; each of shape (n,).
        day
            Today.
        """
        n = person.size
        position = np.zeros(n, np.int64)
        due = (day + turnaround).astype(np.int16)
        if lab != ON_THE_SPOT:
            position = self.arrived[lab] + ((lot.astype(np.int64) * tubes) >> 31)
            self.arrived[lab] += tubes
            due[:] = WAITING
        if not n:
            return
        samples = Pending(
            person,
            np.full(n, day, np.int16),
            due,
            np.full(n, lab, np.int8),
            position,
            turnaround,
            where,
            false,
        )
        parts = _batches(samples) if turnaround.min() < turnaround.max() else [samples]
        (self._due if lab == ON_THE_SPOT else self._queue).extend(parts)

    def work(self, day: int, amount: NDArray[np.int64]) -> NDArray[np.int64]:
        """Read today's share of the queue; return tubes read by stock, shape (n_stocks,).

        Parameters
        ----------
        day
            Today.
        amount
            How much there is of each stock today, shape (n_stocks,).
        """
        before = self.read.copy()
        self.read = np.minimum(self.arrived, self.read + amount)
        queue, self._queue = self._queue, []
        for batch in queue:
            read = self.read[batch.lab[0]]
            ready = batch.position < read if batch.position.min() < read else None
            if ready is None:
                self._queue.append(batch)
                continue
            done = batch.chosen(ready)
            done.due = (day + done.turnaround).astype(np.int16)
            self._due.append(done)
            if done.size < batch.size:
                self._queue.append(batch.chosen(~ready))
        return np.asarray(self.read - before, np.int64)

    def results(self, day: int) -> Pending:
        """Return the positive results known by a day, and take them off the queue."""
        # A batch is of one laboratory and turnaround: what was read on one day is due on one day.
        known = [batch for batch in self._due if batch.due[0] <= day]
        self._due = [batch for batch in self._due if batch.due[0] > day]
        return joined(known)


def _batches(samples: Pending) -> list[Pending]:
    """Return samples by laboratory, turnaround and day of the result."""
    kind = np.stack([samples.lab, samples.turnaround, samples.due]).astype(np.int64)
    order = np.lexsort(kind)
    samples = samples.chosen(order)
    ends = np.flatnonzero((np.diff(kind[:, order], axis=1) != 0).any(axis=0)) + 1
    parts = np.split(np.arange(samples.size), ends)
    return [samples.chosen(part) for part in parts if part.size]
