"""Lines by day with bands over the runs, for shares and counts of what people did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.report.appearance import LINE_KEY, SIMULATED, dates_across
from lazaretto.report.replicates import BAND, FEWEST_RUNS_FOR_BAND

if TYPE_CHECKING:
    import altair as alt


def banded(series: Mapping[str, xr.DataArray]) -> pd.DataFrame:
    """Return daily series with their bands over the runs.

    Columns: date, series, order (of the series), p05, median, p95; of fewer than 20 runs p05 and
    p95 are the lowest and the highest.

    Parameters
    ----------
    series
        By name; each with the axes replicate and date.
    """
    tables = []
    for order, (name, values) in enumerate(series.items()):
        runs = np.asarray(values.transpose("replicate", "date").values, np.float64)
        known = ~np.isnan(runs).all(axis=0)
        drawn = np.full((3, runs.shape[1]), np.nan)
        ends = (0, 0.5, 1) if runs.shape[0] < FEWEST_RUNS_FOR_BAND else (BAND[0], 0.5, BAND[-1])
        drawn[:, known] = np.nanquantile(runs[:, known], ends, axis=0)
        table = pd.DataFrame(drawn.T, columns=["p05", "median", "p95"])
        tables.append(table.assign(date=values["date"].values, series=name, order=order))
    whole = pd.concat(tables, ignore_index=True)
    return whole[["date", "series", "order", "p05", "median", "p95"]]


def band_layers(
    data: str,
    dates: NDArray[np.datetime64],
    colours: Mapping[str, str],
    width: int,
    up: Mapping[str, alt.Y],
    *,
    digits: str = ",.0f",
    columns: int | None = None,
) -> list[alt.Chart]:
    """Return the layers of a panel: a light band and a line for each series.

    Parameters
    ----------
    data
        Name of the rows, as `banded` returns them.
    dates
        The days of the run.
    colours
        Series and their colours; one series has no legend.
    width
        Width of the panel in pixels.
    up
        The vertical axis for the columns p05 and median.
    digits
        How a number is written under the pointer.
    columns
        Columns of the legend.
    """
    import altair as alt

    names = list(colours)
    base = alt.Chart(alt.NamedData(data)).transform_filter("isValid(datum.median)")
    x = dates_across("date", dates, width)
    tooltip = [
        alt.Tooltip("date:T", format="%-d %B %Y"),
        *([alt.Tooltip("series:N", title=" ")] if len(names) > 1 else []),
        alt.Tooltip("median:Q", format=digits),
        alt.Tooltip("p05:Q", format=digits, title="lowest (5 % of 20 runs or more)"),
        alt.Tooltip("p95:Q", format=digits, title="highest (95 %)"),
    ]
    if len(names) == 1:
        (only,) = colours.values()
        band = base.mark_area(color=only, opacity=0.25).encode(x, up["p05"], alt.Y2("p95"))
        line = base.mark_line(color=only, strokeWidth=2).encode(x, up["median"], tooltip=tooltip)
        return [band, line]
    scale = alt.Scale(domain=names, range=list(colours.values()))
    legend = alt.Legend(**LINE_KEY, symbolOpacity=1, columns=columns or len(names))
    # The same in both layers: a layer without a legend would take it from the other.
    colour = alt.Color("series:N", sort=names, scale=scale, legend=legend)
    band = base.mark_area(opacity=0.25).encode(x, up["p05"], alt.Y2("p95"), color=colour)
    line = base.mark_line(strokeWidth=2).encode(x, up["median"], color=colour, tooltip=tooltip)
    return [band, line]


def share_from(low: float, field: str, high: float = 1.0, ticks: int = 4) -> alt.Y:
    """Return a vertical axis of shares that does not begin at zero, in per cent."""
    import altair as alt

    return alt.Y(
        f"{field}:Q",
        title=None,
        scale=alt.Scale(domain=[low, high], nice=False),
        axis=alt.Axis(format=".0%", tickCount=ticks),
    )


def one_colour(name: str) -> dict[str, str]:
    """Return the colour of a simulated series that stands alone."""
    return {name: SIMULATED}
