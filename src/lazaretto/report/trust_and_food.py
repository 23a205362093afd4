"""Trust over time beside what was measured, and residents without food by income."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes.unit_values import TRUST
from lazaretto.report.appearance import (
    BETWEEN,
    DATA,
    WIDE,
    Layout,
    dates_across,
    finished,
    layered,
    persons_up,
    rows,
)
from lazaretto.report.banded import band_layers, banded, one_colour, share_from
from lazaretto.report.daily_panels import along
from lazaretto.report.replicates import with_replicates
from lazaretto.words import INCOMES

if TYPE_CHECKING:
    import altair as alt

INCOME_COLOURS = dict(
    zip(INCOMES, ("#8f2a1e", "#ec8a48", "#ccbb44", "#66ccee", "#4477aa"), strict=True)
)

MEASURED_DAYS = 40

MOST = 0.5
"""Share of residents sealed from which on the measured loss of trust is drawn."""


def measured_trust(results: xr.Dataset) -> pd.DataFrame:
    """Return the measured loss of trust from the day on which most residents are sealed.

    Columns: date, value; empty where that never happens. -7.77 % in 40 days (Zhao, Wang and Ye
    2024, doi 10.1016/j.jce.2024.11.002).
    """
    runs = with_replicates(results)
    sealed = runs["persons_by_tier"].sum("district").mean("replicate").sel(tier="sealed")
    most = np.flatnonzero(sealed.values > MOST * float(results["population"].sum()))
    if not most.size:
        return pd.DataFrame({"date": pd.to_datetime([]), "value": []})
    dates = pd.DatetimeIndex(results["date"].values)
    start, level = dates[most[0]], float(runs["trust"].median("replicate")[most[0]])
    end = min(start + pd.Timedelta(days=MEASURED_DAYS), dates[-1])
    days = (end - start).days
    lost = float(TRUST.value) * days / MEASURED_DAYS
    return pd.DataFrame({"date": [start, end], "value": [level, level * (1 + lost)]})


def trust_and_food(results: xr.Dataset, layout: Layout = WIDE) -> alt.ConcatChart:
    """Return trust over time, and residents of households without food by income, what there is.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    """
    import altair as alt

    runs, dates = with_replicates(results), results["date"].values
    trust, food = "trust" in runs, "food_insecure" in runs
    columns = 2 if trust and food and not layout.narrow else 1
    width, height = layout.panels(columns), 180 if layout.narrow else 220
    panels: list[alt.ChartType] = []
    datasets: dict[str, list[dict[str, Any]]] = {}
    if trust:
        measured = measured_trust(results)
        panels.append(_trust(runs, dates, measured, width, height))
        datasets |= {
            "trust": rows(banded({"trust": runs["trust"]})),
            "measured_trust": rows(measured),
        }
    if food:
        by_income = along(runs["food_insecure"].sum("migrant"), "income")
        axes = {field: persons_up(field, 4) for field in ("p05", "median")}
        lines = band_layers("without_food", dates, INCOME_COLOURS, width, axes,
                            columns=2 if layout.narrow else 3)  # fmt: skip
        panels.append(
            layered(lines, width=width, height=height, title="Residents without food, by income")
        )
        datasets["without_food"] = rows(banded(by_income))
    chart: alt.ConcatChart = alt.concat(
        *panels,
        columns=columns,
        spacing=BETWEEN if columns == 2 else 26,
        bounds="flush" if columns == 2 else "full",
    ).resolve_scale(color="independent")
    return finished(
        chart,
        datasets,
        " and ".join(
            word
            for there, word in (
                (trust, "A line of trust over time with its measured loss elsewhere"),
                (food, "lines of residents without food by income class"),
            )
            if there
        )
        + ".",
        layout,
    )


def _trust(
    runs: xr.Dataset, dates: NDArray[Any], measured: pd.DataFrame, width: int, height: int
) -> alt.LayerChart:
    """Return the panel of trust, with the loss that was measured."""
    import altair as alt

    lowest = min(0.9, float(runs["trust"].min()), *measured["value"])
    low = np.floor(20 * lowest) / 20
    up = {field: share_from(low, field) for field in ("p05", "median")}
    reference = alt.Chart(alt.NamedData("measured_trust"))
    x = dates_across("date", dates, width)
    layers = [
        *band_layers("trust", dates, one_colour("trust"), width, up, digits=".1%"),
        reference.mark_line(color=DATA, strokeWidth=1.5, strokeDash=[5, 4]).encode(
            x, share_from(low, "value")
        ),
        reference.transform_window(row="row_number()").transform_filter("datum.row == 2")
        .mark_text(align="center", baseline="top", dy=7, fontSize=11, color=DATA,
                   text="measured: 7.8 % in 40 days").encode(x, share_from(low, "value")),
    ]  # fmt: skip
    return layered(layers, width=width, height=height, title="Trust, as a share of that before")
