"""Reported cases by district against data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import xarray as xr

from lazaretto.outcomes import reported_net
from lazaretto.report.appearance import (
    BETWEEN,
    WIDE,
    Layout,
    dates_across,
    finished,
    layered,
    persons_up,
    rows,
)
from lazaretto.report.observed import daily_by_district
from lazaretto.report.replicates import area_of, bands, by_area, with_replicates
from lazaretto.report.runs_beside_data import key_of, read_out, runs_beside_data

if TYPE_CHECKING:
    import altair as alt


def district_table(
    results: xr.Dataset, observed_by_district: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the rows of the figure by district, net reported infections.

    Columns: date, district, p05, p25, median, p75, p95, observed.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    observed_by_district
        Real cases: columns date, district, new_infections.
    """
    runs = with_replicates(results)
    areas = by_area(runs)
    table = bands(reported_net(areas))
    data = daily_by_district(observed_by_district, runs["date"].values, area_of(runs))
    if data is None:
        return table.assign(observed=np.nan)
    tall = data.rename_axis(index="date", columns="district").stack(future_stack=True)
    known = pd.DataFrame({"observed": tall}).reset_index()
    return table.merge(known, how="left", on=["date", "district"])


def reported_by_district(
    results: xr.Dataset, observed_by_district: pd.DataFrame | None = None, layout: Layout = WIDE
) -> alt.FacetChart:
    """Return net reported infections by district against data, a panel each with its own scale.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    observed_by_district
        Real cases: columns date, district, new_infections.
    layout
        The room the figure has.
    """
    import altair as alt

    table = district_table(results, observed_by_district)
    total = table.groupby("district")[["median", "observed"]].sum().max(axis=1)
    order = [str(name) for name in total.sort_values(ascending=False).index]
    known = bool(table["observed"].notna().any())
    key = key_of(with_replicates(results).sizes["replicate"], known, half=False)
    columns = min(2 if layout.narrow else 4, len(order))
    width = layout.panels(columns)
    x = dates_across("date", results["date"].values, width)
    base = alt.Chart()

    def up(column: str) -> alt.Y:
        return persons_up(column, ticks=3, flush=True)

    layers = runs_beside_data(base, x, up, key, weight=1.6)
    layers.append(read_out(base, x, key, width=3))
    panel = layered(
        layers,
        alt.NamedData("districts"),
        width=width,
        height=80 if layout.narrow else 105,
    )
    chart = panel.facet(
        facet=alt.Facet("district:N", sort=order).title(None),
        columns=columns,
        bounds="flush",
        spacing={"row": 54, "column": BETWEEN},
    ).resolve_scale(y="independent")
    return finished(
        cast("alt.FacetChart", cast("Any", chart).resolve_axis(x="independent")),
        {"districts": rows(table)},
        "Daily reported infections by district, simulation"
        + (" and real data" if known else "")
        + ", largest first, each with its own vertical scale.",
        layout,
    )
