"""The effective reproduction number over time, by instant and by case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.report.appearance import (
    INK,
    LINE_KEY,
    MOST_RUNS,
    MUTED,
    SIMULATED,
    WIDE,
    Layout,
    dates_across,
    finished,
    layered,
    rows,
)
from lazaretto.report.chronicle import lockdown_starts
from lazaretto.report.replicates import BAND, with_replicates

if TYPE_CHECKING:
    import altair as alt

FEWEST_INFECTIONS = 20
"""Infections (or infection pressure) in a window below which no ratio is formed."""

BY_CASE = "#228833"

WINDOW = 3
"""Days of the centred window over which both ratios are formed."""


def instantaneous(
    infections: NDArray[np.float64],
    brought_in: NDArray[np.float64],
    generation: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the instantaneous reproduction number by day, NaN where too few are infectious.

    R_t = sum of local infections over sum of infection pressure in a centred window of three
    days; the pressure of a day is sum_s I_{t-s} w_s over all earlier infections, those brought in
    included (doi 10.1093/aje/kwt133).

    Parameters
    ----------
    infections
        All infections by run and day, shape (n_replicates, n_days).
    brought_in
        Of these, infections that were not caused by anyone here.
    generation
        Generation-interval distribution by day; index 0 is not used.
    """
    n_days = infections.shape[1]
    weights = np.zeros(n_days)
    reach = min(generation.size, n_days)
    weights[1:reach] = generation[1:reach]
    pressure = np.zeros(infections.shape)
    for lag in range(1, reach):
        pressure[:, lag:] += weights[lag] * infections[:, : n_days - lag]
    return _ratio(infections - brought_in, pressure)


def by_case(
    infections: NDArray[np.float64],
    secondary: NDArray[np.float64],
    generation: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the mean number of people that those infected on a day went on to infect.

    The last days are NaN while fewer than 95 % of their infections can have happened.

    Parameters
    ----------
    infections
        All infections by run and day, shape (n_replicates, n_days).
    secondary
        Infections ever caused by those infected on the day, same shape.
    generation
        Generation-interval distribution by day; 14 days are cut without it.
    """
    ratio = _ratio(secondary, infections)
    cut = 14
    if generation is not None and generation.sum() > 0:
        cut = int(np.searchsorted(np.cumsum(generation) / generation.sum(), 0.95))
    ratio[:, max(ratio.shape[1] - cut, 0) :] = np.nan
    return ratio


def _ratio(upper: NDArray[np.float64], lower: NDArray[np.float64]) -> NDArray[np.float64]:
    window = np.ones(WINDOW)
    around = slice(WINDOW // 2, WINDOW // 2 + upper.shape[1])
    sums = [
        np.apply_along_axis(lambda run: np.convolve(run, window)[around], 1, part)
        for part in (upper, lower)
    ]
    enough = sums[1] >= FEWEST_INFECTIONS
    ratio: NDArray[np.float64] = np.divide(
        sums[0], sums[1], out=np.full(upper.shape, np.nan), where=enough
    )
    return ratio


def reproduction_table(
    results: xr.Dataset, generation: NDArray[np.float64] | None = None
) -> pd.DataFrame:
    """Return both reproduction numbers by day.

    Columns: date, kind ("by instant" or "by case"), p05, median, p95. Days on which fewer than
    half of the runs have a number are left out.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    generation
        Generation-interval distribution by day, index 1 is one day; without it only the
        reproduction number by case is given.
    """
    runs = with_replicates(results)
    by_layer = runs["infections"].sum("district").transpose("replicate", "date", "layer")
    infections = by_layer.sum("layer").values.astype(np.float64)
    brought_in = by_layer.sel(layer="seed").values.astype(np.float64)
    secondary = runs["secondary"].transpose("replicate", "date").values.astype(np.float64)
    kinds = {"by case": by_case(infections, secondary, generation)}
    if generation is not None:
        kinds = {"by instant": instantaneous(infections, brought_in, generation)} | kinds
    tables = []
    for kind, numbers in kinds.items():
        known = np.isfinite(numbers).mean(axis=0) >= 0.5
        if not known.any():
            continue
        low, middle, high = np.nanquantile(numbers[:, known], (BAND[0], 0.5, BAND[-1]), axis=0)
        tables.append(
            pd.DataFrame(
                {
                    "date": runs["date"].values[known],
                    "kind": kind,
                    "p05": low,
                    "median": middle,
                    "p95": high,
                }
            )
        )
    columns = ["date", "kind", "p05", "median", "p95"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def effective_r(
    results: xr.Dataset,
    generation: NDArray[np.float64] | None = None,
    measures: Sequence[dict[str, Any]] = (),
    layout: Layout = WIDE,
) -> alt.LayerChart:
    """Return the effective reproduction number by day, with the starts of lockdowns marked.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    generation
        Generation-interval distribution by day, index 1 is one day.
    measures
        The measures of the scenario; those that confine are marked.
    layout
        The room the figure has.
    """
    import altair as alt

    table = reproduction_table(results, generation)
    dates = results["date"].values
    marks = lockdown_starts(measures, dates)
    top = float(table["p95"].max()) if len(table) else 1.0
    limit = float(np.clip(np.ceil(2.1 * top) / 2, 2.0, 12.0))
    x = dates_across("date", dates, layout.panel)
    names = ["by instant", "by case"] if generation is not None else ["by case"]
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=names, range=[SIMULATED, BY_CASE][-len(names) :]),
        legend=alt.Legend(**LINE_KEY),
    )

    def up(field: str) -> alt.Y:
        return alt.Y(
            f"{field}:Q",
            title=None,
            scale=alt.Scale(domain=[0, limit], clamp=True),
            axis=alt.Axis(tickCount=5),
        )

    base = alt.Chart(alt.NamedData("reproduction"))
    starts = alt.Chart(alt.NamedData("lockdowns"))
    one = (
        alt.Chart(alt.NamedData("one"))
        .mark_rule(color=INK, strokeWidth=1, strokeDash=[4, 3])
        .encode(y=up("one"))
    )
    layers: list[alt.Chart] = [
        base.transform_filter("datum.kind == 'by instant'")
        .mark_area(color=MOST_RUNS)
        .encode(x, up("p05"), alt.Y2("p95")),
        # A line reaches up to its own label only, so that no label is crossed by a later line.
        starts.mark_rule(color=MUTED, strokeWidth=1).encode(
            x, alt.Y("height:Q", scale=alt.Scale(domain=[0, limit])), y2=alt.Y2Datum(0)
        ),
        one,
        base.mark_line(strokeWidth=2, clip=True).encode(
            x,
            up("median"),
            color=colour,
            tooltip=[
                alt.Tooltip("date:T", format="%-d %B %Y"),
                alt.Tooltip("kind:N", title="R"),
                alt.Tooltip("median:Q", format=".2f"),
                alt.Tooltip("p05:Q", format=".2f", title="5 % of runs below"),
                alt.Tooltip("p95:Q", format=".2f", title="95 % of runs below"),
            ],
        ),
        starts.mark_text(align="left", baseline="top", dx=5, fontSize=11, color=INK).encode(
            x,
            alt.Y("height:Q", scale=alt.Scale(domain=[0, limit])),
            text="when:N" if layout.narrow else "what:N",
            tooltip=["what:N"],
        ),
    ]
    for i, mark in enumerate(marks):
        mark["height"] = limit * (1 - (i % 6) / 15)
    chart = layered(
        layers,
        width=layout.panel,
        height=230 if layout.narrow else 280,
        title="People infected by one infected person",
    )
    return finished(
        chart,
        {
            "reproduction": rows(table),
            "lockdowns": rows(pd.DataFrame(marks)) if marks else [],
            "one": [{"one": 1}],
        },
        "The effective reproduction number by day, with a line at one and the starts of lockdowns.",
        layout,
    )
