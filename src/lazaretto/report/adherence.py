"""How many adults kept to the rules of their tier, beside what was measured in softer regimes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from lazaretto.report.appearance import (
    DATA,
    WIDE,
    Layout,
    dates_across,
    finished,
    layered,
    rows,
)
from lazaretto.report.banded import band_layers, banded, one_colour, share_from
from lazaretto.report.chronicle import TIER_WORDS
from lazaretto.report.replicates import with_replicates
from lazaretto.words import AGE_BANDS

if TYPE_CHECKING:
    import altair as alt

ADULTS = list(AGE_BANDS[3:])
"""Age bands from 15 on, the residents whose adherence is counted."""

FEWEST = 1 / 1000
"""Share of all adults at a tier below which no adherence is given for it."""

MEASURED_START = 0.88
MEASURED_WEEKS = 8


class Fall(NamedTuple):
    """How fast adherence was measured to fall, in points a week."""

    slow: float
    fast: float


MEASURED = {
    "sealed": Fall(0.010, 0.025),
    "controlled": Fall(0.002, 0.010),
    "precaution": Fall(0.002, 0.010),
}
"""Strict and light tiers in the first two weeks: Delussu et al. 2022, doi
10.1371/journal.pdig.0000035; Petherick et al. 2021, doi 10.1038/s41562-021-01181-x; behaviour
notes, test B1."""


def adherence(runs: xr.Dataset) -> xr.DataArray:
    """Return the share of adults who keep to the rules of their tier.

    1 - leaks / adults at the tier; axes replicate, date, tier; NaN where fewer than one adult in
    1,000 lives at the tier.

    Parameters
    ----------
    runs
        Results with a replicate axis, with ``leaks`` and ``confined_by_age``.
    """
    at_tier = runs["confined_by_age"].sel(age=ADULTS).sum("age").astype(np.float64)
    enough = at_tier >= np.maximum(FEWEST * at_tier.sum("tier"), 1)
    kept = 1 - runs["leaks"] / at_tier.where(enough)
    return kept.sel(tier=list(MEASURED)).transpose("replicate", "date", "tier")


def adherence_tables(results: xr.Dataset) -> dict[str, pd.DataFrame]:
    """Return adherence by day for each tier at which adults live in half of the runs.

    As from `banded`.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    kept = adherence(with_replicates(results))
    found = {}
    for tier in MEASURED:
        one = kept.sel(tier=tier, drop=True)
        # A day counts if half of the runs have it, else a band would mean another thing there.
        known = one.notnull().mean("replicate") >= 0.5
        if bool(known.any()):
            found[tier] = banded({TIER_WORDS[tier]: one.where(known)})
    return found


def measured_elsewhere(table: pd.DataFrame, tier: str) -> pd.DataFrame:
    """Return what was measured, drawn from the first day of a tier: columns date, low, high.

    Parameters
    ----------
    table
        Adherence of the tier by day, as in `adherence_tables`.
    tier
        Name of the tier.
    """
    known = table.dropna(subset="median")["date"]
    end = min(known.iloc[0] + pd.Timedelta(weeks=MEASURED_WEEKS), table["date"].iloc[-1])
    dates = pd.DatetimeIndex([known.iloc[0], end])
    weeks = np.array([0.0, (end - known.iloc[0]).days / 7])
    fall = MEASURED[tier]
    return pd.DataFrame(
        {
            "date": dates,
            "low": MEASURED_START - fall.fast * weeks,
            "high": MEASURED_START - fall.slow * weeks,
        }
    )


def adherence_figure(results: xr.Dataset, layout: Layout = WIDE) -> alt.ConcatChart:
    """Return adherence by tier over time, with what was measured elsewhere drawn lightly.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    """
    import altair as alt

    tables, dates = adherence_tables(results), results["date"].values
    columns = 1 if layout.narrow else max(len(tables), 1)
    width = layout.panels(columns)
    elsewhere = {tier: measured_elsewhere(table, tier) for tier, table in tables.items()}
    lowest = min(
        [0.7, *(float(table["p05"].min()) for table in tables.values()),
         *(float(table["low"].min()) for table in elsewhere.values())]
    )  # fmt: skip
    low = np.floor(10 * lowest) / 10
    panels, datasets = [], {}
    for tier, table in tables.items():
        name, reference = f"adherence_{tier}", f"measured_{tier}"
        datasets[name], datasets[reference] = rows(table), rows(elsewhere[tier])
        x = dates_across("date", dates, width)
        fall = MEASURED[tier]
        base = alt.Chart(alt.NamedData(reference))
        low_end = share_from(low, "low")
        wedge = base.mark_area(color=DATA, opacity=0.22).encode(x, low_end, alt.Y2("high"))
        end = base.transform_filter("datum.low < datum.high")
        words = end.mark_text(
            align="right",
            baseline="top",
            dy=5,
            fontSize=11,
            color=DATA,
            text=[f"elsewhere: {100 * fall.slow:g} to", f"{100 * fall.fast:g} points a week"],
        ).encode(x, low_end)
        up = {field: share_from(low, field) for field in ("p05", "median")}
        lines = band_layers(name, dates, one_colour(tier), width, up, digits=".1%")
        panels.append(
            layered([wedge, words, *lines], width=width, height=170 if layout.narrow else 200,
                    title=f"{TIER_WORDS[tier][0].upper()}{TIER_WORDS[tier][1:]}")
        )  # fmt: skip
    chart: alt.ConcatChart = alt.concat(*panels, columns=columns, spacing=30)
    return finished(
        chart,
        datasets,
        "Lines by tier: share of adults who keep to the rules, with bands over the runs; beside"
        " them wedges of how it fell elsewhere.",
        layout,
    )
