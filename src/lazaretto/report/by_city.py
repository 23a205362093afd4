"""Where the virus went: infections and deaths by city or province of a run of many cities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from lazaretto.report.appearance import (
    BETWEEN,
    MUTED,
    SIMULATED,
    WIDE,
    Layout,
    dates_across,
    finished,
    rows,
)
from lazaretto.report.figure import ReportFigure
from lazaretto.report.replicates import bands, by_area, with_replicates

if TYPE_CHECKING:
    import altair as alt

ROW = 15
"""Height of a row of the figure of deaths."""


def infected_table(results: xr.Dataset) -> pd.DataFrame:
    """Return the share of residents ever infected by date and place.

    Columns: date, district, p05, p25, median, p75, p95.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    areas = by_area(with_replicates(results))
    infected = areas["infections"].sum("layer").cumsum("date") / areas["population"]
    return bands(infected)


def infected_by_city(results: xr.Dataset, layout: Layout = WIDE) -> alt.ChartType:
    """Return the share of residents ever infected, a panel for each city or province.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    """
    import altair as alt

    table = infected_table(results)
    last = table.groupby("district")["median"].max().sort_values(ascending=False)
    columns = min(2 if layout.narrow else 5, len(last))
    width = layout.panels(columns)
    x = dates_across("date", results["date"].values, width)
    scale = alt.Scale(domain=[0, 1])
    axis = alt.Axis(format="%", tickCount=3)
    base = alt.Chart().encode(x=x)
    band = base.mark_area(opacity=0.25, color=SIMULATED).encode(
        y=alt.Y("p05:Q", scale=scale, axis=axis, title=None), y2="p95:Q"
    )
    line = base.mark_line(strokeWidth=1.6, color=SIMULATED).encode(
        y=alt.Y("median:Q", scale=scale, axis=axis, title=None),
        tooltip=[alt.Tooltip("date:T", format="%-d %B %Y"), alt.Tooltip("median:Q", format=".1%")],
    )
    panel = alt.layer(band, line, data=alt.NamedData("places")).properties(width=width, height=70)
    chart = panel.facet(
        facet=alt.Facet("district:N", sort=[str(name) for name in last.index]).title(None),
        columns=columns,
        bounds="flush",
        spacing={"row": 46, "column": BETWEEN},
    )
    said = "Share of residents ever infected by city or province over time, most infected first."
    return finished(chart, {"places": rows(table)}, said, layout)


def deaths_table(results: xr.Dataset) -> pd.DataFrame:
    """Return deaths per 100,000 residents by place: median and range over the runs.

    Columns: district, low, median, high.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    areas = by_area(with_replicates(results))
    rate = areas["deaths"].sum("date") / areas["population"] * 100_000
    runs = rate.transpose("replicate", "district").values
    low, median, high = np.quantile(runs, (0, 0.5, 1), axis=0)
    names = [str(name) for name in rate["district"].values]
    return pd.DataFrame({"district": names, "low": low, "median": median, "high": high})


def deaths_by_city(results: xr.Dataset, layout: Layout = WIDE) -> alt.ChartType:
    """Return deaths per 100,000 residents by city or province, the most first.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    """
    import altair as alt

    table = deaths_table(results).sort_values("median", ascending=False)
    order = [str(name) for name in table["district"]]
    y = alt.Y("district:N", sort=order, title=None, axis=alt.Axis(labelLimit=180, grid=False))
    base = alt.Chart(alt.NamedData("deaths")).encode(y=y)
    title = "deaths per 100,000 residents"
    spread = base.mark_rule(color=MUTED).encode(x=alt.X("low:Q", title=title), x2="high:Q")
    points = base.mark_point(filled=True, size=45, color=SIMULATED).encode(
        x=alt.X("median:Q", title=title),
        tooltip=[alt.Tooltip("district:N"), alt.Tooltip("median:Q", format=".1f", title=title)],
    )
    chart = alt.layer(spread, points).properties(width=layout.panel, height=ROW * len(order))
    said = "Deaths per 100,000 residents by city or province, the most first."
    return finished(chart, {"deaths": rows(table)}, said, layout)


def city_figures(results: xr.Dataset) -> list[ReportFigure]:
    """Return the figures of a run of many cities; none of a run of one.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    if "cities" not in results.attrs:
        return []
    return [
        ReportFigure(
            "infected-by-city", "wave", "Where the virus went",
            "Share of residents ever infected, found or not; provinces where there are more than 32"
            " cities, the most infected first.",
            lambda layout: infected_by_city(results, layout),
        ),
        ReportFigure(
            "deaths-by-city", "hospital", "Deaths by place",
            "Deaths per 100,000 residents over the run, not adjusted for age: the median run,"
            " and the lowest and highest.",
            lambda layout: deaths_by_city(results, layout),
        ),
    ]  # fmt: skip
