"""The two panels most figures are made of: stacked areas by day, and lines by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.report.appearance import LINE_KEY, Layout, dates_across, layered, persons_up

if TYPE_CHECKING:
    import altair as alt


def tall(series: Mapping[str, xr.DataArray]) -> pd.DataFrame:
    """Return daily series as one table, means over the runs.

    Columns: date, series, order (of the series), value.

    Parameters
    ----------
    series
        By name; each with an axis of dates and perhaps one of replicates.
    """
    tables = []
    for order, (name, values) in enumerate(series.items()):
        mean = values.mean("replicate") if "replicate" in values.dims else values
        table = pd.DataFrame({"date": mean["date"].values, "value": mean.values})
        tables.append(table.assign(series=name, order=order))
    return pd.concat(tables, ignore_index=True)[["date", "series", "order", "value"]]


def along(array: xr.DataArray, axis: str, words: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return a labelled array as one series for each label of an axis, by its words."""
    words = words or {}
    return {
        words.get(str(label), str(label)): array.sel({axis: label}, drop=True)
        for label in array[axis].values
    }


def stacked_panel(
    data: str,
    dates: NDArray[np.datetime64],
    colours: Mapping[str, str],
    layout: Layout,
    *,
    title: str,
    height: int,
    unit: str = "persons",
    top: float | None = None,
    columns: int | None = None,
) -> alt.Chart:
    """Return areas by day, stacked in the order of `colours` from the bottom.

    Parameters
    ----------
    data
        Name of the rows, as `tall` returns them.
    dates
        The days of the run.
    colours
        Series and their colours.
    layout
        The room the figure has.
    title, height, unit
        Title, height in pixels, and what is counted.
    top
        Upper end of the axis; from the data if absent.
    columns
        Columns of the legend where there is room; one for each series if absent.
    """
    import altair as alt

    names = list(colours)
    up = persons_up("value", 4, domain=None if top is None else (0, top))
    chart: alt.Chart = (
        alt.Chart(alt.NamedData(data))
        .mark_area(interpolate="step-after")
        .encode(
            dates_across("date", dates, layout.panel),
            up.stack("zero"),
            color=alt.Color(
                "series:N",
                sort=names,
                scale=alt.Scale(domain=names, range=list(colours.values())),
                legend=alt.Legend(columns=_columns(names, layout, columns)),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("date:T", format="%-d %B %Y"),
                alt.Tooltip("series:N", title=" "),
                alt.Tooltip("value:Q", format=",.0f", title=unit),
            ],
        )
        .properties(width=layout.panel, height=height, title=title)
    )
    return chart


def line_panel(
    data: str,
    dates: NDArray[np.datetime64],
    colours: Mapping[str, str],
    layout: Layout,
    *,
    title: str,
    height: int,
    up: alt.Y | None = None,
    digits: str = ",.0f",
    dots: str | None = None,
) -> alt.LayerChart:
    """Return lines by day, with dots of another table over them.

    Parameters
    ----------
    data
        Name of the rows, as `tall` returns them.
    dates
        The days of the run.
    colours
        Series and their colours.
    layout
        The room the figure has.
    title, height
        Title, and height in pixels.
    up
        The vertical axis; persons from zero if absent.
    digits
        How a number is written under the pointer.
    dots
        Name of the rows drawn as dots in the colours of their series.
    """
    import altair as alt

    names = list(colours)
    keyed = alt.Legend(**LINE_KEY, columns=_columns(names, layout))
    colour = alt.Color(
        "series:N",
        sort=names,
        scale=alt.Scale(domain=names, range=list(colours.values())),
        legend=keyed if len(names) > 1 else None,
    )
    shown = {
        "color": colour,
        "tooltip": [
            alt.Tooltip("date:T", format="%-d %B %Y"),
            alt.Tooltip("series:N", title=" "),
            alt.Tooltip("value:Q", format=digits, title="number"),
        ],
    }
    x = dates_across("date", dates, layout.panel)
    y = persons_up("value", 4) if up is None else up
    base = alt.Chart(alt.NamedData(data)).transform_filter("isValid(datum.value)")
    layers = [base.mark_line(strokeWidth=2).encode(x, y, **shown)]
    if dots is not None:
        real = alt.Chart(alt.NamedData(dots)).transform_filter("isValid(datum.value)")
        drawn = real.mark_circle(size=32, opacity=1, stroke="white", strokeWidth=0.6)
        layers.append(drawn.encode(x, y, **shown))
    return layered(layers, width=layout.panel, height=height, title=title)


def one_above_another(panels: Sequence[alt.ChartType]) -> alt.VConcatChart:
    """Return panels in a column, each with a legend of its own."""
    import altair as alt

    chart: alt.VConcatChart = alt.vconcat(*panels).resolve_scale(color="independent")
    return chart


def _columns(names: Sequence[str], layout: Layout, wide: int | None = None) -> int:
    """Return columns of a legend; long names stand one below another where there is little room."""
    if not layout.narrow:
        return wide or len(names)
    return 1 if max(map(len, names), default=0) > 18 else 2


def share_up(field: str = "value") -> alt.Y:
    """Return a vertical axis of shares, 0 to 100 %."""
    import altair as alt

    return alt.Y(
        f"{field}:Q",
        title=None,
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format=".0%", tickCount=4),
    )


def number_up(field: str = "value") -> alt.Y:
    """Return a vertical axis of plain numbers, from zero."""
    import altair as alt

    return alt.Y(f"{field}:Q", title=None, axis=alt.Axis(tickCount=4, format=",~f"))
