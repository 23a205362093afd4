"""One figure of a report: where it stands, what it is called, what one sees, how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazaretto.report.appearance import Layout

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True)
class ReportFigure:
    """One figure of a report.

    Parameters
    ----------
    name
        Name of its files and its anchor.
    part
        Part of the page it stands in: "wave", "search", "hospital", "confinement", "people",
        "stocks", "scale", "measures" or "beside".
    heading
        Its heading.
    caption
        What one sees and how it was made, in sentences.
    draw
        Makes the chart for the room it is given.
    """

    name: str
    part: str
    heading: str
    caption: str
    draw: Callable[[Layout], alt.ChartType]
