"""Who is confined and for how long, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from lazaretto.outcomes.longest_stays import stay_quantile
from lazaretto.report.appearance import (
    BETWEEN,
    INK,
    MUTED,
    STAY_COLOURS,
    TIER_COLOURS,
    WIDE,
    Layout,
    finished,
    layered,
    rows,
)
from lazaretto.report.chronicle import TIER_WORDS
from lazaretto.report.confined import AGE_GROUPS, STAYS, stays_by_age
from lazaretto.report.daily_panels import stacked_panel
from lazaretto.report.replicates import spread, with_replicates
from lazaretto.report.wording import people

if TYPE_CHECKING:
    import altair as alt

HEIGHT = 190
"""Pixels of the panels by age group."""

QUANTILES_DRAWN = {"median": 0.5, "p90": 0.9, "p99": 0.99}
"""What is drawn of the longest stays of those who were ever confined."""

CONFINED = ("sealed", "controlled", "precaution")
"""From the bottom of the stack to its top."""


def confined_table(results: xr.Dataset) -> pd.DataFrame:
    """Return residents by day and tier, the open tier left out; means over the runs.

    Columns: date, tier, words, order, persons.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    mean = with_replicates(results)["persons_by_tier"].mean("replicate").sum("district")
    table = mean.sel(tier=list(CONFINED)).drop_vars("population", errors="ignore")
    tall = table.to_dataframe("persons").reset_index()
    tall["words"] = tall["tier"].map(TIER_WORDS)
    tall["order"] = tall["tier"].map({tier: i for i, tier in enumerate(CONFINED)})
    return tall


def confined_over_time(results: xr.Dataset, layout: Layout = WIDE) -> alt.Chart:
    """Return how many people live at each tier of confinement, by day, stacked.

    The coloured area is person-days.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    """
    residents = max(float(results["population"].sum()), 1)
    chart = stacked_panel(
        "confined",
        results["date"].values,
        {TIER_WORDS[tier]: TIER_COLOURS[tier] for tier in CONFINED},
        layout,
        title=f"Residents confined, of {people(residents)}",
        height=180 if layout.narrow else 240,
        top=residents,
    )
    table = confined_table(results).rename(columns={"words": "series", "persons": "value"})
    return finished(
        chart,
        {"confined": rows(table)},
        "Stacked area of residents under precaution, kept in the compound and sealed at home.",
        layout,
    )


def tail_of_stays(results: xr.Dataset) -> pd.DataFrame:
    """Return the tail of the longest stays by age group, medians over the runs.

    Columns: age; median, p90, p99 (days, of those ever confined; missing where nobody was);
    over_30, over_60 (share of all of the group, 0 to 1).

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    table = with_replicates(results)["longest_stay"].transpose("replicate", "age", "days_confined")
    by_band, lengths = table.values.astype(np.int64), table["days_confined"].values
    found = []
    for group, ages in AGE_GROUPS.items():
        persons = by_band[:, list(ages)].sum(axis=1)
        residents = np.maximum(persons.sum(axis=1), 1)
        record: dict[str, object] = {"age": group}
        for name, share in QUANTILES_DRAWN.items():
            record[name] = spread(stay_quantile(persons, share)).median
        for days in (30, 60):
            beyond = persons[:, lengths >= days].sum(axis=1) / residents
            record[f"over_{days}"] = spread(beyond).median
        found.append(record)
    return pd.DataFrame(found)


def longest_stays(results: xr.Dataset, layout: Layout = WIDE) -> alt.ConcatChart:
    """Return how long the longest unbroken stay of people was, by age group, and its tail.

    Bars of shares by length; beside them median, 90 % and 99 % of those ever confined, and how many
    of the group stayed for 30 and for 60 days or longer.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    """
    import altair as alt

    tail = tail_of_stays(results)
    written = 2 * 68
    side = layout.panel - written - BETWEEN if layout.narrow else 250
    bars = _lengths(layout, layout.panel if layout.narrow else layout.panel - side - written - 80)
    beside = alt.hconcat(
        _tail(side, named=layout.narrow), _written(written), spacing=14
    ).resolve_scale(color="independent")
    chart: alt.ConcatChart = alt.concat(
        bars, beside, columns=1 if layout.narrow else 2, spacing=30
    ).resolve_scale(color="independent", shape="independent")
    return finished(
        chart,
        {"stays": rows(stays_by_age(results)), "tail": rows(tail)},
        "Bars by age group: shares of people by the length of their longest unbroken stay; beside"
        " them its median, 90 % and 99 %, and shares beyond 30 and 60 days.",
        layout,
    )


def _lengths(layout: Layout, width: int) -> alt.Chart:
    import altair as alt

    names = list(STAYS)
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("stays"))
        .mark_bar(height={"band": 0.82})
        .encode(
            alt.X(
                "share:Q",
                title="share of the age group",
                stack="zero",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", tickCount=4),
            ),
            alt.Y("age:N", sort=list(AGE_GROUPS), title=None),
            color=alt.Color(
                "stay:N",
                sort=names,
                scale=alt.Scale(domain=names, range=list(STAY_COLOURS)),
                legend=alt.Legend(columns=2 if layout.narrow else 3),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("age:N"),
                alt.Tooltip("stay:N", title="longest stay"),
                alt.Tooltip("persons:Q", format=",.0f"),
                alt.Tooltip("share:Q", format=".1%"),
            ],
        )
        .properties(width=width, height=HEIGHT, title="Longest unbroken stay, by age")
    )
    return chart


def _tail(width: int, named: bool) -> alt.LayerChart:
    import altair as alt

    base = alt.Chart(alt.NamedData("tail"))
    axis = alt.Axis() if named else None
    y = alt.Y("age:N", sort=list(AGE_GROUPS), title=None, axis=axis)
    known = base.transform_filter("isValid(datum.median)")
    rule = known.mark_rule(color=MUTED, strokeWidth=1.5).encode(
        alt.X("median:Q", title="days", scale=alt.Scale(domainMin=0)), alt.X2("p99"), y
    )
    names = list(QUANTILES_DRAWN)
    dots = (
        known.transform_fold([*names], ["quantile", "days"])
        .mark_point(filled=True, size=70, opacity=1)
        .encode(
            alt.X("days:Q", title="days"),
            y,
            color=alt.Color(
                "quantile:N",
                sort=names,
                scale=alt.Scale(domain=names, range=["#f2a65a", "#cf5f2e", "#8f2a1e"]),
                legend=alt.Legend(
                    columns=3, symbolType="circle",
                    labelExpr="{median: 'median', p90: '90 %', p99: '99 %'}[datum.value]",
                ),
            ),
            tooltip=[
                alt.Tooltip("age:N"),
                alt.Tooltip("median:Q", format=".0f"),
                alt.Tooltip("p90:Q", format=".0f", title="90 %"),
                alt.Tooltip("p99:Q", format=".0f", title="99 %"),
            ],
        )
    )  # fmt: skip
    return layered([rule, dots], width=width, height=HEIGHT, title="Of those confined")


def _written(width: int) -> alt.Chart:
    import altair as alt

    columns = ["over_30", "over_60"]
    heads = "{over_30: ['30 days', 'or more'], over_60: ['60 days', 'or more']}"
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("tail"))
        .transform_fold([*columns], ["beyond", "share"])
        .mark_text(fontSize=11, color=INK)
        .encode(
            alt.X(
                "beyond:N",
                sort=columns,
                title=None,
                axis=alt.Axis(
                    orient="top", labelExpr=f"{heads}[datum.value]", labelAngle=0, domain=False,
                    ticks=False, labelLimit=80, labelPadding=17,
                ),
            ),
            alt.Y("age:N", sort=list(AGE_GROUPS), title=None, axis=None),
            text=alt.Text("share:Q", format=".1%"),
        )
        .properties(width=width, height=HEIGHT)
    )  # fmt: skip
    return chart
