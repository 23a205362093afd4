"""Hospital care and deaths, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from lazaretto.report.appearance import (
    CARE_COLOURS,
    WIDE,
    Layout,
    dates_across,
    finished,
    layered,
    persons_up,
    rows,
)
from lazaretto.report.daily_panels import one_above_another, stacked_panel, tall
from lazaretto.report.observed import daily
from lazaretto.report.replicates import bands, with_replicates
from lazaretto.report.runs_beside_data import key_of, read_out, runs_beside_data

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

CARE_WORDS = {"ward": "in a ward", "icu": "in intensive care", "waiting": "waiting for a bed"}


def deaths_table(results: xr.Dataset, observed: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return deaths by day: columns date, p05, p25, median, p75, p95, observed.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    observed
        Real deaths by day: columns date and deaths.
    """
    table = bands(with_replicates(results)["deaths"].sum("district"))
    real = daily(observed, results["date"].values, "deaths")
    table["observed"] = np.nan if real is None else real
    return table


def hospital(
    results: xr.Dataset, observed: pd.DataFrame | None = None, layout: Layout = WIDE
) -> alt.VConcatChart:
    """Return persons in hospital and waiting for a bed, and deaths a day beside data.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    observed
        Real deaths by day: columns date and deaths.
    layout
        The room the figure has.
    """
    import altair as alt

    runs, dates = with_replicates(results), results["date"].values
    patients = runs["patients"].sum("district")
    series = {
        CARE_WORDS["ward"]: patients.sel(care="ward", drop=True),
        CARE_WORDS["icu"]: patients.sel(care="icu", drop=True),
        CARE_WORDS["waiting"]: runs["patients_waiting"].sum("care"),
    }
    colours = {CARE_WORDS[name]: colour for name, colour in CARE_COLOURS.items()}
    table = deaths_table(results, observed)
    known = bool(table["observed"].notna().any())
    key = key_of(runs.sizes["replicate"], known)
    x = dates_across("date", dates, layout.panel)
    base = alt.Chart(alt.NamedData("deaths"))
    layers = runs_beside_data(base, x, lambda column: persons_up(column, 4), key, dots=18)
    layers.append(read_out(base, x, key, layout.panel / len(dates) + 1))
    height = 170 if layout.narrow else 210
    chart = one_above_another([
        stacked_panel("patients", dates, colours, layout, height=height,
                      title="Severely ill persons"),
        layered(layers, width=layout.panel, height=height * 2 // 3, title="Deaths a day"),
    ])  # fmt: skip
    return finished(
        chart,
        {"patients": rows(tall(series)), "deaths": rows(table)},
        "Stacked area of persons in wards, in intensive care and waiting for a bed; deaths a day"
        + (" beside the reported ones." if known else "."),
        layout,
    )
