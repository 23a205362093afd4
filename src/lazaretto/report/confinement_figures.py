"""Who is confined and for how long, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from lazaretto.report.appearance import (
    STAY_COLOURS,
    TIER_COLOURS,
    WIDE,
    Layout,
    finished,
    rows,
)
from lazaretto.report.chronicle import TIER_WORDS
from lazaretto.report.confined import AGE_GROUPS, STAYS, stays_by_age
from lazaretto.report.daily_panels import stacked_panel
from lazaretto.report.replicates import with_replicates
from lazaretto.report.wording import people

if TYPE_CHECKING:
    import altair as alt

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


def longest_stays(results: xr.Dataset, layout: Layout = WIDE) -> alt.Chart:
    """Return, for each age group, how long the longest unbroken stay of its people was.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    """
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
                legend=alt.Legend(columns=2 if layout.narrow else 5),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("age:N"),
                alt.Tooltip("stay:N", title="longest stay"),
                alt.Tooltip("persons:Q", format=",.0f"),
                alt.Tooltip("share:Q", format=".1%"),
            ],
        )
        .properties(
            width=layout.panel,
            height=190,
            title="Longest unbroken stay, by age",
        )
    )
    return finished(
        chart,
        {"stays": rows(stays_by_age(results))},
        "Bars by age group: shares of people by the length of their longest unbroken stay.",
        layout,
    )
