"""Break-outs by week, and residents who know of one; never finer than areas of 100,000."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.report.appearance import (
    BETWEEN,
    INK,
    MUTED,
    WIDE,
    Layout,
    dates_across,
    finished,
    layered,
    persons_up,
    rows,
)
from lazaretto.report.banded import band_layers, banded, one_colour
from lazaretto.report.contained import has
from lazaretto.report.replicates import bands, with_replicates
from lazaretto.words import BREAKOUT_ENDS

if TYPE_CHECKING:
    import altair as alt

END_WORDS = {
    "conceded": "conceded: tier lowered",
    "repressed": "repressed",
    "resealed": "sealed again",
}

END_COLOURS = dict(zip(BREAKOUT_ENDS, ("#228833", "#8f2a1e", "#9aa5b1"), strict=True))


def by_week(series: xr.DataArray) -> xr.DataArray:
    """Return sums over weeks, counted from the first day of the run and named by their first day.

    Parameters
    ----------
    series
        Any series with an axis of dates; the last week may be shorter.
    """
    dates = series["date"].values
    first = dates[(np.arange(dates.size) // 7) * 7]
    return series.assign_coords(date=first).groupby("date").sum()


def ends_by_week(results: xr.Dataset) -> pd.DataFrame:
    """Return break-outs by week and by how they ended, means over the runs.

    Columns: date, until (last day of the week), series, order, value.
    """
    runs = with_replicates(results)
    weekly = by_week(runs["breakout_ends"]).mean("replicate")
    tables = [
        pd.DataFrame({"date": weekly["date"].values,
                      "value": weekly.sel(end=end).values}).assign(series=END_WORDS[end], order=i)
        for i, end in enumerate(BREAKOUT_ENDS)
    ]  # fmt: skip
    return _weeks(pd.concat(tables, ignore_index=True), results)


def weekly_bands(results: xr.Dataset, variable: str) -> pd.DataFrame:
    """Return a count by week over all areas: columns date, until, p05, mean, p95.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    variable
        ``breakouts`` or ``breakout_persons``.
    """
    weekly = by_week(with_replicates(results)[variable].sum("area"))
    table = bands(weekly)[["date", "p05", "p95"]]
    return _weeks(table.assign(mean=weekly.mean("replicate").values), results)


def breakout_figure(results: xr.Dataset, layout: Layout = WIDE) -> alt.ConcatChart:
    """Return break-outs and participants by week, and beside them residents who know of one.

    Of what did not happen there is no panel.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    """
    import altair as alt

    runs, dates = with_replicates(results), results["date"].values
    some, known = has(results, "breakouts"), has(results, "aware")
    columns = 2 if some and known and not layout.narrow else 1
    width, height = layout.panels(columns), 150 if layout.narrow else 130
    parts: list[alt.ChartType] = []
    datasets: dict[str, list[dict[str, Any]]] = {}
    said = []
    if some:
        parts.append(_events(runs, dates, width, height, layout))
        datasets |= {
            "ends": rows(ends_by_week(results)),
            "taking_part": rows(weekly_bands(results, "breakout_persons")),
        }
        if runs.sizes["replicate"] > 1:
            datasets["events"] = rows(weekly_bands(results, "breakouts"))
        said.append("bars of break-outs a week by how they ended, bars of participants")
    if known:
        of = "a break-out" if some else "a message the scenario begins"
        tall = 2 * height + 78 if some and not layout.narrow else height
        up = {field: persons_up(field, 4) for field in ("p05", "median")}
        lines = band_layers("aware", dates, one_colour("aware"), width, up)
        parts.append(layered(lines, width=width, height=tall, title=f"Residents who know of {of}"))
        datasets["aware"] = rows(banded({"aware": runs["aware"].sum("area")}))
        said.append(f"a line of residents who know of {of}")
    chart: alt.ConcatChart = alt.concat(
        *parts,
        columns=columns,
        spacing=BETWEEN if columns == 2 else 26,
    )
    words = " and ".join(said)
    return finished(chart, datasets, f"{words[:1].upper()}{words[1:]}.", layout)


def _events(
    runs: xr.Dataset, dates: NDArray[Any], width: int, height: int, layout: Layout
) -> alt.VConcatChart:
    """Return break-outs by how they ended above participants, both by week."""
    import altair as alt

    many = runs.sizes["replicate"] > 1
    x = dates_across("middle", dates, width)
    bar = max(width * 7 / max(dates.size - 1, 7) - 1, 1)
    names = list(END_WORDS.values())
    when = [alt.Tooltip("date:T", format="%-d %B", title="week from"),
            alt.Tooltip("until:T", format="%-d %B", title="to before")]  # fmt: skip
    bars = alt.Chart(alt.NamedData("ends")).mark_bar(width=bar).encode(
        x,
        persons_up("value", 3).stack("zero"),
        color=alt.Color("series:N", sort=names,
                        scale=alt.Scale(domain=names, range=list(END_COLOURS.values())),
                        legend=alt.Legend(columns=1 if layout.narrow else 3, columnPadding=12)),
        order=alt.Order("order:Q"),
        tooltip=[*when, alt.Tooltip("series:N", title=" "),
                 alt.Tooltip("value:Q", format=",.1f", title="break-outs")],
    )  # fmt: skip
    taking_part = alt.Chart(alt.NamedData("taking_part")).mark_bar(color=MUTED, width=bar)
    taking_part = taking_part.encode(
        x, persons_up("mean", 3),
        tooltip=[*when, alt.Tooltip("mean:Q", format=",.0f", title="participants"),
                 alt.Tooltip("p05:Q", format=",.0f", title="lowest (5 % of 20 runs or more)"),
                 alt.Tooltip("p95:Q", format=",.0f", title="highest (95 %)")],
    )  # fmt: skip
    chart: alt.VConcatChart = alt.vconcat(
        layered([bars, *(_whiskers("events", width, dates) if many else [])],
                width=width, height=height, title="Break-outs a week"),
        layered([taking_part, *(_whiskers("taking_part", width, dates) if many else [])],
                width=width, height=height, title="Persons who took part, a week"),
    )  # fmt: skip
    return chart


def _whiskers(data: str, width: int, dates: np.ndarray) -> list[alt.Chart]:
    import altair as alt

    rule: alt.Chart = (
        alt.Chart(alt.NamedData(data))
        .mark_rule(color=INK, strokeWidth=1)
        .encode(dates_across("middle", dates, width), persons_up("p05", 3), alt.Y2("p95"))
    )
    return [rule]


def _weeks(table: pd.DataFrame, results: xr.Dataset) -> pd.DataFrame:
    """Return weeks with their middle and the day after their last one, inside the run."""
    last = pd.Timestamp(results["date"].values[-1])
    until = table["date"] + pd.Timedelta(days=7)
    until = until.where(until <= last, last)
    return table.assign(until=until, middle=table["date"] + (until - table["date"]) / 2)
