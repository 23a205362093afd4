"""Stocks: how much there was, how much was in use, how much was waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import xarray as xr

from lazaretto.report.appearance import (
    BETWEEN,
    DATA,
    INK,
    LINE_KEY,
    SIMULATED,
    WIDE,
    Layout,
    dates_across,
    finished,
    layered,
    persons_up,
    rows,
)
from lazaretto.report.daily_panels import tall
from lazaretto.report.replicates import with_replicates

if TYPE_CHECKING:
    import altair as alt

COLOURS = {"in use": SIMULATED, "there is": INK, "waited for": DATA}


def stocks_table(results: xr.Dataset) -> pd.DataFrame:
    """Return every stock by day, means over the runs.

    Columns: date, series ("in use", "there is", "waited for"), order, value, stock (with unit).

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    runs = with_replicates(results)
    parts = []
    for name, unit in zip(results["stock"].values, results["stock_unit"].values, strict=True):
        one = runs.sel(stock=name)
        variables = ("stock_used", "stock_amount", "stock_waiting")
        series = {
            word: one[variable].drop_vars(["stock", "stock_unit"])
            for word, variable in zip(COLOURS, variables, strict=True)
        }
        parts.append(tall(series).assign(stock=_named(str(name), str(unit))))
    return pd.concat(parts, ignore_index=True)


WAITED_NOTE = (
    "Who waits for one of several stocks of beds is counted at each of them, so their queues are"
    " not to be added up. Nobody is counted as waiting for seats, doses or courses: there the days"
    " on which all was used say how short they were."
)


def ran_short(results: xr.Dataset) -> list[tuple[str, str, str, str, str, str]]:
    """Return rows: stock, most there was, most in use, days fully used, days waited, longest queue.

    Numbers are means over the runs.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    from lazaretto.report.wording import people

    runs = with_replicates(results)
    waiting, amount = runs["stock_waiting"], runs["stock_amount"]
    full = (runs["stock_used"] >= amount) & (amount > 0)
    numbers = (
        runs["stock_amount"].max("date").mean("replicate").values,
        runs["stock_used"].max("date").mean("replicate").values,
        full.sum("date").mean("replicate").values,
        (waiting > 0).sum("date").mean("replicate").values,
        waiting.max("date").mean("replicate").values,
    )
    found = []
    units = results["stock_unit"].values
    for i, name in enumerate(results["stock"].values):
        most, used, fully, days, queue = (people(float(column[i])) for column in numbers)
        found.append((_named(str(name), str(units[i])), most, used, fully, days, queue))
    return found


def stocks(results: xr.Dataset, layout: Layout = WIDE) -> alt.FacetChart:
    """Return a panel for each stock: in use against what there is, and what was waited for.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    """
    import altair as alt

    table = stocks_table(results)
    order = list(dict.fromkeys(table["stock"]))
    columns = min(1 if layout.narrow else 3, len(order))
    width = layout.panels(columns)
    x = dates_across("date", results["date"].values, width)
    base = alt.Chart()
    colour = alt.Color(
        "series:N",
        sort=list(COLOURS),
        scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())),
        legend=alt.Legend(**LINE_KEY),
    )
    up = persons_up("value", 3, flush=True)
    line = base.mark_line(strokeWidth=1.8).encode(
        x, up, color=colour,
        tooltip=[
            alt.Tooltip("date:T", format="%-d %B %Y"),
            alt.Tooltip("stock:N"),
            alt.Tooltip("series:N", title=" "),
            alt.Tooltip("value:Q", format=",.0f", title="number"),
        ],
    )  # fmt: skip
    panel = layered([line], alt.NamedData("stocks"), width=width, height=110)
    chart = panel.facet(
        facet=alt.Facet("stock:N", sort=order).title(None),
        columns=columns,
        bounds="flush",
        spacing={"row": 54, "column": BETWEEN},
    ).resolve_scale(y="independent")
    return finished(
        cast("alt.FacetChart", cast("Any", chart).resolve_axis(x="independent")),
        {"stocks": rows(table)},
        "A panel for each stock: lines of what is in use, what there is and what is waited for.",
        layout,
    )


def _named(name: str, unit: str) -> str:
    return name if name == unit else f"{name} ({unit})"
