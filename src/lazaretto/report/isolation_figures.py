"""Who was isolated, where and why; and the zones beside those announced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from lazaretto.report.appearance import (
    DATA,
    HELD_COLOURS,
    TIER_COLOURS,
    WIDE,
    Layout,
    finished,
    rows,
)
from lazaretto.report.chronicle import TIER_WORDS
from lazaretto.report.contained import has
from lazaretto.report.daily_panels import (
    along,
    line_panel,
    one_above_another,
    stacked_panel,
    tall,
)
from lazaretto.report.replicates import with_replicates

if TYPE_CHECKING:
    import altair as alt

HELD_WORDS = {
    "case": "cases",
    "false positive": "false positives, not infected",
    "contact": "contacts",
    "second contact": "contacts of contacts",
    "companion": "adults gone along with a child",
}


def isolated_over_time(results: xr.Dataset, layout: Layout = WIDE) -> alt.VConcatChart:
    """Return persons in facilities and in isolation at home by reason, and children apart.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    """
    runs, dates = with_replicates(results), results["date"].values
    held = runs["held"].sum("district")
    reasons = [name for name in HELD_WORDS if held.sel(held_as=name).any()]
    colours = {HELD_WORDS[name]: HELD_COLOURS[name] for name in reasons}
    height = 170 if layout.narrow else 200
    panels: list[alt.ChartType] = []
    datasets = {}
    for where, title in (
        ("facility", "Persons in isolation facilities"),
        ("home", "Persons isolated at home"),
    ):
        there = held.sel(held_where=where, held_as=reasons)
        if bool(there.any()):
            datasets[f"held_{where}"] = rows(tall(along(there, "held_as", HELD_WORDS)))
            panels.append(
                stacked_panel(f"held_{where}", dates, colours, layout, title=title, height=height,
                              columns=5)
            )  # fmt: skip
    if has(results, "children_apart"):
        datasets["children"] = rows(tall({"children": runs["children_apart"]}))
        panels.append(
            line_panel("children", dates, {"children": DATA}, layout, height=height // 2,
                       title="Children in a facility without an adult of their household")
        )  # fmt: skip
    return finished(
        one_above_another(panels),
        datasets,
        "Stacked areas of persons isolated in facilities and at home, by reason, and children"
        " without an adult of their household.",
        layout,
    )


def zones_table(results: xr.Dataset, announced: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return announced residents by zone on the days of the run, None where none are known.

    Columns: date, series, order, value.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    announced
        Columns date, tier, persons.
    """
    if announced is None or announced.empty:
        return None
    known = announced.assign(date=pd.to_datetime(announced["date"]))
    known = known[known["date"].isin(results["date"].values)].dropna(subset="persons")
    if known.empty:
        return None
    order = {tier: i for i, tier in enumerate(TIER_WORDS)}
    return pd.DataFrame(
        {
            "date": known["date"],
            "series": known["tier"].map(TIER_WORDS),
            "order": known["tier"].map(order),
            "value": known["persons"].astype(float),
        }
    ).reset_index(drop=True)


def zones(results: xr.Dataset, announced: pd.DataFrame, layout: Layout = WIDE) -> alt.LayerChart:
    """Return residents by tier as lines, beside the announced residents of zones as dots.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    announced
        Columns date, tier, persons.
    layout
        The room the figure has.
    """
    runs = with_replicates(results)
    real = zones_table(results, announced)
    tiers = ["sealed", "controlled", "precaution"]
    series = along(runs["persons_by_tier"].sum("district").sel(tier=tiers), "tier", TIER_WORDS)
    colours = {TIER_WORDS[tier]: TIER_COLOURS[tier] for tier in tiers}
    chart = line_panel(
        "zones", results["date"].values, colours, layout,
        title="Residents by zone: lines simulated, dots announced",
        height=180 if layout.narrow else 240, dots="announced",
    )  # fmt: skip
    return finished(
        chart,
        {"zones": rows(tall(series)), "announced": [] if real is None else rows(real)},
        "Lines of residents by zone of the simulation, with the announced numbers as dots.",
        layout,
    )
