"""Districts through time: infections and tiers of one day, which whoever looks may move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from lazaretto.report.appearance import (
    INK,
    MUTED,
    THOUSANDS,
    TIER_COLOURS,
    WIDE,
    Layout,
    finished,
    layered,
    rows,
)
from lazaretto.report.chronicle import TIER_WORDS
from lazaretto.report.replicates import by_area, moving_mean, with_replicates
from lazaretto.report.tier_map import tile_positions
from lazaretto.words import TIERS

if TYPE_CHECKING:
    import altair as alt

DAY = "day"
"""Name of the signal that says which day is shown, from 0."""

STEPS = ("#eef3f8", "#d6e5f2", "#9cc0df", "#5c93c4", "#2f72ab")
"""Colours of infections, light for few."""


def infection_tiles(results: xr.Dataset) -> pd.DataFrame:
    """Return new infections by day and district, found or not.

    Columns: day (from 0), district, short, row, column, infected (a day per 100,000 residents,
    mean of seven days, median over the runs).

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    areas = by_area(with_replicates(results))
    counted = areas["infections"].sum("layer").transpose("replicate", "district", "date")
    flat = counted.values.astype(np.float64).reshape(-1, counted.shape[-1])
    each = moving_mean(flat).reshape(counted.shape)
    persons = areas["population"].values.astype(np.float64)
    rate = np.median(each, axis=0) / np.maximum(persons, 1.0)[:, None] * 100_000
    names = [str(name) for name in areas["district"].values]
    tiles = tile_positions(str(results.attrs.get("place", "")), names)
    found = [
        (day, name, name[:4], *tiles[name], rate[d, day])
        for d, name in enumerate(names) for day in range(rate.shape[1])
    ]  # fmt: skip
    return pd.DataFrame(found, columns=["day", "district", "short", "row", "column", "infected"])


def tier_tiles(results: xr.Dataset) -> pd.DataFrame:
    """Return the parts of each tile by day: the shares of its residents at each tier.

    Columns: day, district, row, words (of the tier), share, left and right (sides of the part, in
    columns). Means over the runs; a tier nobody lives at has no row.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    areas = by_area(with_replicates(results))
    mean = areas["persons_by_tier"].mean("replicate").transpose("district", "date", "tier").values
    total = np.maximum(mean.sum(axis=2, keepdims=True), 1.0)
    shares = mean / total
    names = [str(name) for name in areas["district"].values]
    tiles = tile_positions(str(results.attrs.get("place", "")), names)
    found = []
    for d, name in enumerate(names):
        row, column = tiles[name]
        edges = column + 0.92 * np.cumsum(shares[d], axis=1)
        for day, level in zip(*np.nonzero(shares[d] > 0.001), strict=True):
            left = column if level == 0 else edges[day, level - 1]
            found.append((int(day), name, row, TIER_WORDS[TIERS[level]], shares[d, day, level],
                          left, edges[day, level]))  # fmt: skip
    columns = ["day", "district", "row", "words", "share", "left", "right"]
    return pd.DataFrame(found, columns=columns)


def district_map(
    results: xr.Dataset, layout: Layout = WIDE, day: int | None = None, *, slider: bool = True
) -> alt.VConcatChart | alt.HConcatChart:
    """Return the districts on one day: new infections on the left, tiers on the right.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    day
        Day that is shown first, from 0; that with most infections if absent.
    slider
        Whether the figure has a slider of its own; without one the signal `DAY` moves it.
    """
    import altair as alt

    infected, tiers = infection_tiles(results), tier_tiles(results)
    last = int(infected["day"].max())
    worst = infected.groupby("day")["infected"].sum()
    first = int(np.argmax(worst.to_numpy())) if day is None else min(day, last)
    bind = alt.binding_range(min=0, max=last, step=1, name="Day of the run ")
    chosen = alt.param(name=DAY, value=first, bind=bind if slider else alt.Undefined)
    n_rows, n_columns = int(infected["row"].max()) + 1, int(infected["column"].max()) + 1
    width = min(layout.panels(1 if layout.narrow else 2), max(n_columns, 2) * 90)
    height = int(n_rows * min(width / max(n_columns, 2), 90) * 0.85)
    across = alt.Scale(domain=[0, max(n_columns, 2)], nice=False)
    down = alt.Scale(domain=[0, n_rows], nice=False, reverse=True)
    today = f"datum.day == {DAY}"
    few_letters = layout.narrow and n_columns > 3

    def names(data: str) -> alt.Chart:
        named: alt.Chart = (
            alt.Chart(alt.NamedData(data)).transform_filter(today)
            .transform_calculate(y="datum.row + 0.28")
            .mark_text(align="left", baseline="bottom", fontSize=9 if layout.narrow else 10,
                       color=INK)
            .encode(alt.X("column:Q", scale=across, axis=None), alt.Y("y:Q", scale=down, axis=None),
                    text="short:N" if few_letters else "district:N")
        )  # fmt: skip
        return named

    top = max(1.0, float(infected["infected"].max()))
    left = (
        alt.Chart(alt.NamedData("infected")).transform_filter(today)
        .transform_calculate(top="datum.row + 0.32", bottom="datum.row + 0.94",
                             right="datum.column + 0.92")
        .mark_rect().encode(
            alt.X("column:Q", scale=across, axis=None), alt.X2("right:Q"),
            alt.Y("top:Q", scale=down, axis=None), alt.Y2("bottom:Q"),
            color=alt.Color("infected:Q",
                            scale=alt.Scale(type="symlog", domain=[0, top], range=list(STEPS)),
                            legend=alt.Legend(type="gradient", gradientLength=min(160, width - 80),
                                              tickCount=4, labelExpr=THOUSANDS,
                                              labelColor=MUTED)),
            tooltip=[alt.Tooltip("district:N"),
                     alt.Tooltip("infected:Q", title="new infections per 100,000", format=",.1f")],
        )
    )  # fmt: skip
    words = [TIER_WORDS[tier] for tier in TIERS]
    right = (
        alt.Chart(alt.NamedData("tiers")).transform_filter(today)
        .transform_calculate(top="datum.row + 0.32", bottom="datum.row + 0.94")
        .mark_rect().encode(
            alt.X("left:Q", scale=across, axis=None), alt.X2("right:Q"),
            alt.Y("top:Q", scale=down, axis=None), alt.Y2("bottom:Q"),
            color=alt.Color("words:N", sort=words,
                            scale=alt.Scale(domain=words, range=list(TIER_COLOURS.values())),
                            legend=alt.Legend(columns=2)),
            tooltip=[alt.Tooltip("district:N"), alt.Tooltip("words:N", title="tier"),
                     alt.Tooltip("share:Q", format=".0%")],
        )
    )  # fmt: skip
    panels = [
        layered([shape, names("infected")], width=width, height=height, title=title)
        for shape, title in (
            (left, "New infections a day per 100,000 residents"),
            (right, "Share of residents at each tier"),
        )
    ]
    beside: alt.VConcatChart | alt.HConcatChart = (
        alt.vconcat(*panels) if layout.narrow else alt.hconcat(*panels)
    )
    chart: alt.VConcatChart | alt.HConcatChart = beside.add_params(chosen).resolve_scale(
        color="independent"
    )
    data = {"infected": rows(infected.round(2)), "tiers": rows(tiers.round(3))}
    about = "A tile for each district: new infections, and the tiers its residents are at, by day."
    return finished(chart, data, about, layout)
