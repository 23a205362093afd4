"""Numbers that carry their unit, source and status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["measured", "fitted", "assumed"]


@dataclass(frozen=True)
class Figure:
    """A number of the model with its unit, where it is from, and how far to trust it.

    Parameters
    ----------
    value
        The number used.
    unit
        Its unit in words, for example ``"days"`` or ``"contacts/day"``.
    source
        Paper, DOI or table; for an assumed figure, the reasoning in one clause.
    status
        ``measured`` (read from a source), ``fitted`` (tuned to data here, the note says how) or
        ``assumed`` (no direct source; listed in every report).
    low, high
        Interval in the same unit, if the source gives one.
    note
        Anything a reader must know before using the figure.
    """

    value: float
    unit: str
    source: str
    status: Status
    low: float | None = None
    high: float | None = None
    note: str = ""

    def __float__(self) -> float:
        return float(self.value)
