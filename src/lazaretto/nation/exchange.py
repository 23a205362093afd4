"""What cities tell each other in a day: visits, exposures, orders; nothing else leaves a city."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

VISIT = np.dtype(
    [("to", "u2"), ("home", "u2"), ("person", "i4"), ("level", "u2"), ("since", "u1"),
     ("gone", "u1")]
)  # fmt: skip
"""An infectious resident of ``home`` who is out and about in ``to``; 12 bytes."""

EXPOSURE = np.dtype([("to", "u2"), ("at", "u2"), ("bits", "u8"), ("since", "u1")])
"""An exposure, in the city ``at``, of a visitor who lives in ``to``; 13 bytes."""

Item = TypeVar("Item")


@dataclass
class Sent:
    """What one process sent to others in a day: number of messages, and bytes by what they are.

    ``shared`` is what all tell all: orders of travel, and the word each exchange begins with.
    """

    messages: int = 0
    shared: int = 0
    visits: int = 0
    exposures: int = 0

    @property
    def bytes(self) -> int:
        """Return the bytes of all kinds."""
        return self.shared + self.visits + self.exposures


class Exchange(Protocol):
    """How the processes of a run tell each other what happened in their cities."""

    rank: int
    """Number of this process."""
    size: int
    """Number of processes."""
    days: list[Sent]
    """What this process sent, by day of the run since it was begun or gone on with."""

    def cores(self) -> int:
        """Return the number of processor cores this process should use."""
        ...

    def assign(self, residents: Sequence[int]) -> None:
        """Share out cities with so many residents among the processes."""
        ...

    def owner(self, city: int) -> int:
        """Return the process a city belongs to."""
        ...

    def share(self, mine: Sequence[Item]) -> list[Item]:
        """Return the items of all processes, in the order of the processes."""
        ...

    def collect(self, mine: Sequence[Item]) -> list[Item]:
        """Return the items of all processes to the first, in the same order; none to the others."""
        ...

    def deliver(self, records: NDArray[Any]) -> NDArray[Any]:
        """Send each record to the process of the city in its field ``to``; return those for us."""
        ...

    def end_day(self) -> None:
        """Begin to count for another day."""
        ...


def usable_cores() -> set[int]:
    """Return the processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


class Alone:
    """One process has all cities and sends nothing."""

    rank, size = 0, 1

    def __init__(self) -> None:
        self.days: list[Sent] = []

    def cores(self) -> int:
        """Return the number of all cores."""
        return len(usable_cores())

    def assign(self, residents: Sequence[int]) -> None:
        """Take all cities."""

    def owner(self, city: int) -> int:  # noqa: ARG002 - there is but one
        """Return the only process."""
        return 0

    def share(self, mine: Sequence[Item]) -> list[Item]:
        """Return the items as they are."""
        return list(mine)

    collect = share

    def deliver(self, records: NDArray[Any]) -> NDArray[Any]:
        """Return the records as they are."""
        return records

    def end_day(self) -> None:
        """Count nothing."""


def by_city(records: NDArray[Any], *then: str) -> dict[int, NDArray[Any]]:
    """Return records by the city they go to, each in an order that no process decides.

    Parameters
    ----------
    records
        Records with a field ``to``.
    then
        Fields by which the records of a city are put in order; equals stay as they came.
    """
    if not records.size:
        return {}
    order = np.lexsort([records[name] for name in (*reversed(then), "to")])
    ordered = records[order]
    cities, first = np.unique(ordered["to"], return_index=True)
    return dict(zip(cities.tolist(), np.split(ordered, first[1:]), strict=True))
