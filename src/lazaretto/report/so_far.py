"""A run while it is made: reported and true infections and residents confined, day by day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lazaretto.report.appearance import (
    DATA,
    SIMULATED,
    TIER_COLOURS,
    WIDE,
    Layout,
    dates_across,
    finished,
    layered,
    persons_up,
    rows,
)

if TYPE_CHECKING:
    import altair as alt

DAYS = "so_far"
"""Name of the data that grow: date, run, reported, infections, deaths, sealed, controlled."""

HEIGHT = 150


def so_far_figure(
    start: date, end: date, observed: pd.DataFrame | None, layout: Layout = WIDE
) -> alt.VConcatChart | alt.HConcatChart:
    """Return the figure of a run that is not finished, its data still empty.

    Parameters
    ----------
    start, end
        First and last day of the run.
    observed
        Real cases by day: columns date and new_infections; None where there are none.
    layout
        The room the figure has.
    """
    import altair as alt

    dates = np.arange(np.datetime64(start), np.datetime64(end) + 1, dtype="datetime64[D]")
    width = layout.panels(1 if layout.narrow else 2)
    x = dates_across("date", dates.astype("datetime64[ns]"), width)
    grown = alt.Chart(alt.NamedData(DAYS))

    def line(field: str, colour: str) -> alt.Chart:
        drawn: alt.Chart = grown.mark_line(strokeWidth=1.6, color=colour, clip=True).encode(
            x, persons_up(field, ticks=4), detail="run:N"
        )
        return drawn

    real: list[dict[str, Any]] = []
    if observed is not None:
        inside = (observed["date"] >= dates[0]) & (observed["date"] <= dates[-1])
        real = rows(observed.loc[inside, ["date", "new_infections"]])
    dots = alt.Chart(alt.NamedData("real")).mark_circle(size=14, color=DATA, opacity=0.8).encode(
        x, persons_up("new_infections", ticks=4)
    )  # fmt: skip
    panels = [
        ("Newly reported infections a day", [dots, line("reported", SIMULATED)]),
        ("New infections a day, found or not", [line("infections", SIMULATED)]),
        ("Deaths a day", [line("deaths", SIMULATED)]),
        (
            "Residents behind closed gates",
            [
                line("controlled", TIER_COLOURS["controlled"]),
                line("sealed", TIER_COLOURS["sealed"]),
            ],
        ),
    ]
    charts = [layered(layers, width=width, height=HEIGHT, title=title) for title, layers in panels]
    if layout.narrow:
        chart: alt.VConcatChart = alt.vconcat(*charts)
    else:
        chart = alt.vconcat(alt.hconcat(*charts[:2]), alt.hconcat(*charts[2:]))
    about = "The run so far: reported infections with real ones as dots, infections, deaths, and "
    return finished(
        chart, {DAYS: [], "real": real}, f"{about}residents sealed and controlled.", layout
    )
