"""Where people were infected: infections by layer of contact, in numbers and in shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from lazaretto.report.appearance import (
    LAYER_COLOURS,
    WIDE,
    Layout,
    dates_across,
    finished,
    persons_up,
    rows,
)
from lazaretto.report.replicates import with_replicates
from lazaretto.words import LAYERS, ORIGINS

if TYPE_CHECKING:
    import altair as alt

FEWEST_FOR_SHARES = 20
"""Infections in seven days below which shares are noise and are left blank."""


def layer_table(results: xr.Dataset) -> pd.DataFrame:
    """Return infections by day and layer, the mean over the runs.

    Columns: date, layer, order (of the layer), infections, share (of the seven days around the
    date; missing while these hold fewer than 20 infections).

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    mean = with_replicates(results)["infections"].mean("replicate").sum("district")
    by_layer = mean.transpose("date", "layer")
    table = by_layer.to_dataframe("infections")["infections"].unstack("layer")
    table = table[[str(name) for name in by_layer["layer"].values]]
    week = table.rolling(7, center=True, min_periods=1).sum()
    total = week.sum(axis=1)
    share = week.div(total.where(total >= FEWEST_FOR_SHARES), axis=0)
    tall = pd.DataFrame(
        {"infections": table.stack(), "share": share.stack(future_stack=True)}
    ).reset_index()
    tall["order"] = tall["layer"].map({name: i for i, name in enumerate(ORIGINS)})
    return tall


def infections_by_layer(results: xr.Dataset, layout: Layout = WIDE) -> alt.VConcatChart:
    """Return all infections by layer of contact: counts a day, and shares of a week.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    """
    import altair as alt

    table = layer_table(results)
    dates: np.ndarray = results["date"].values
    caught = table.groupby("layer")["infections"].sum()
    names = [name for name in ORIGINS if name in (*LAYERS, "seed") or caught[name] > 0]
    table = table[table["layer"].isin(names)]
    labels = (
        "datum.label == 'seed' ? 'brought in' : datum.label == 'bus' ? 'bus to a facility'"
        " : datum.label"
    )
    colour = alt.Color(
        "layer:N",
        sort=names,
        scale=alt.Scale(domain=names, range=[LAYER_COLOURS[name] for name in names]),
        legend=alt.Legend(labelExpr=labels, columns=3 if layout.narrow else len(names)),
    )
    tooltip = [
        alt.Tooltip("date:T", format="%-d %B %Y"),
        alt.Tooltip("layer:N"),
        alt.Tooltip("infections:Q", format=",.0f", title="infections that day"),
        alt.Tooltip("share:Q", format=".0%", title="share of the week"),
    ]
    base = alt.Chart(alt.NamedData("layers")).encode(
        dates_across("date", dates, layout.panel),
        color=colour,
        order=alt.Order("order:Q"),
        tooltip=tooltip,
    )
    tall = 180 if layout.narrow else 230
    counts = base.mark_area(line=False).encode(persons_up("infections", 4).stack("zero"))
    shares = (
        base.transform_filter("isValid(datum.share)")
        .mark_area()
        .encode(
            alt.Y(
                "share:Q",
                title=None,
                stack="zero",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", tickCount=4),
            )
        )
    )
    chart = alt.vconcat(
        counts.properties(width=layout.panel, height=tall, title="Infections a day, by layer"),
        shares.properties(
            width=layout.panel, height=tall * 2 // 3, title="Share of a week's infections"
        ),
    )
    return finished(
        chart,
        {"layers": rows(table)},
        "Stacked areas of daily infections by layer of contact, in numbers and in shares.",
        layout,
    )
