"""Reported cases of the whole place against data: the main figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from lazaretto.outcomes import reported_gross, reported_net
from lazaretto.report.appearance import (
    ONE_RUN,
    THOUSANDS,
    WIDE,
    Layout,
    at_least,
    dates_across,
    finished,
    layered,
    persons_up,
    rows,
)
from lazaretto.report.observed import Series, daily
from lazaretto.report.replicates import bands, single_runs, with_replicates
from lazaretto.report.runs_beside_data import key_of, read_out, runs_beside_data

if TYPE_CHECKING:
    import altair as alt

SERIES: dict[str, Series] = {"net": "new_infections", "gross": "gross"}
"""The two ways of counting reports, and the column of the data that counts the same."""


def city_table(results: xr.Dataset, observed: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the rows of the main figure: one per day and series.

    Columns: date, series ("net" or "gross"), p05, p25, median, p75, p95, observed.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    observed
        Real cases by day: columns date, new_infections and perhaps gross.
    """
    runs = with_replicates(results)
    tables = []
    for name, series in (("net", reported_net(runs)), ("gross", reported_gross(runs))):
        table = bands(series.sum("district"))
        data = daily(observed, runs["date"].values, SERIES[name])
        table["observed"] = np.nan if data is None else data
        tables.append(table.assign(series=name))
    return pd.concat(tables, ignore_index=True)


def reported_cases(
    results: xr.Dataset, observed: pd.DataFrame | None = None, layout: Layout = WIDE
) -> alt.VConcatChart:
    """Return reported cases of the whole place against data: net, net on a log scale, gross.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    observed
        Real cases by day: columns date, new_infections and perhaps gross.
    layout
        The room the figure has.
    """
    import altair as alt

    runs = with_replicates(results)
    table = city_table(results, observed)
    thin = single_runs(reported_net(runs).sum("district"), "net").merge(
        single_runs(reported_gross(runs).sum("district"), "gross"), on=["date", "run"]
    )
    many = runs.sizes["replicate"] > 1
    known = bool(table["observed"].notna().any())
    key = key_of(runs.sizes["replicate"], known)
    x = dates_across("date", runs["date"].values, layout.panel)

    def panel(series: str, heading: str, height: int, log: bool = False) -> alt.LayerChart:
        base = alt.Chart(alt.NamedData("reported")).transform_filter(f"datum.series == '{series}'")
        one = alt.Chart(alt.NamedData("reported_runs")).mark_line(
            strokeWidth=0.6, opacity=0.5, color=ONE_RUN
        )
        told = base
        if log:
            # A log axis has no zero: runs without a case lie on its floor, data are left out.
            base = base.transform_calculate(
                **{name: f"max(datum.{name}, 1)" for name in ("p05", "p25", "median", "p75", "p95")}
            ).transform_calculate(observed="datum.observed >= 1 ? datum.observed : null")
            one = one.transform_calculate(**{series: f"max(datum.{series}, 1)"})

        def up(column: str) -> alt.Y:
            if not log:
                return persons_up(column, ticks=4)
            axis = alt.Axis(values=[10.0**power for power in range(10)], labelExpr=THOUSANDS)
            scale = alt.Scale(type="log", domain=at_least(1, 10), nice=True)
            return alt.Y(f"{column}:Q", title=None, scale=scale, axis=axis)

        layers = runs_beside_data(base, x, up, key, dots=15 if layout.narrow else 22)
        if many:
            layers.insert(2, one.encode(x, up(series), detail="run:N"))
        layers.append(read_out(told, x, key, layout.panel / table["date"].nunique() + 1))
        return layered(layers, width=layout.panel, height=height, title=heading)

    tall = 220 if layout.narrow else 300
    chart = alt.vconcat(
        panel("net", "Newly reported infections a day (net)", tall),
        panel("net", "The same on a log scale", tall // 2, log=True),
        panel("gross", "As the bulletins print them (gross)", tall // 2),
    )
    return finished(
        chart,
        {"reported": rows(table), "reported_runs": rows(thin) if many else []},
        "Daily reported infections of the simulation"
        + (" with bands over the runs" if many else "")
        + (", beside the real data as dots." if known else "; there are no data."),
        layout,
    )
