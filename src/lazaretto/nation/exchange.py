"""What cities tell each other in a day: visits, exposures, orders; nothing else leaves a city."""

from __future__ import annotations

from collections.abc import Sequence
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


class Exchange(Protocol):
    """How the processes of a run tell each other what happened in their cities."""

    rank: int
    """Number of this process."""
    size: int
    """Number of processes."""

    def owner(self, city: int) -> int:
        """Return the process a city belongs to."""
        ...

    def share(self, mine: Sequence[Item]) -> list[Item]:
        """Return the items of all processes, in the order of the processes."""
        ...

    def deliver(self, records: NDArray[Any]) -> NDArray[Any]:
        """Send each record to the process of the city in its field ``to``; return those for us."""
        ...


class Alone:
    """One process has all cities."""

    rank, size = 0, 1

    def owner(self, city: int) -> int:  # noqa: ARG002 - there is but one
        """Return the only process."""
        return 0

    def share(self, mine: Sequence[Item]) -> list[Item]:
        """Return the items as they are."""
        return list(mine)

    def deliver(self, records: NDArray[Any]) -> NDArray[Any]:
        """Return the records as they are."""
        return records


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
