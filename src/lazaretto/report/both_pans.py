"""Who bears what: costs of the virus beside costs of the policy, by age and by income."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from lazaretto.outcomes.rows import Ledger, Row, replicated
from lazaretto.outcomes.who_bears import by_age, by_income
from lazaretto.report.appearance import (
    BETWEEN,
    INK,
    SIMULATED,
    WIDE,
    Layout,
    finished,
    layered,
    rows,
)
from lazaretto.report.confined import AGE_GROUPS
from lazaretto.report.replicates import spread
from lazaretto.words import INCOMES

if TYPE_CHECKING:
    import altair as alt

PANS = {"virus": "the virus", "policy": "the policy"}

PAN_COLOURS = {"the virus": SIMULATED, "the policy": "#8f2a1e"}

LABELS, APART = 76, 40
"""Pixels for the names of the classes, and between the two pans."""

CLASSES = {"age": list(AGE_GROUPS), "income": list(INCOMES)}

HEADINGS = {"age": "By age", "income": "By income"}

SMALL_AND_LARGE = (
    "datum.value >= 1000 ? format(datum.value / 1000, '~r') + ' k' : format(datum.value, '~r')"
)
"""Vega expression: 20 k, 0.05."""

SHORT = {
    "intensive care admissions": "intensive care",
    "residents confined 30 days or longer": "confined 30 days or longer",
}
"""Shorter names where a panel has little room."""


def borne_table(results: xr.Dataset, costs: Ledger) -> pd.DataFrame:
    """Return what the virus and the policy cost each class, per 1,000 of its residents.

    Columns: by (age or income), group, kind, pan, unit, mid, low, high: median over the runs of
    the middle, and the range over the runs and the unit values. Kinds of which there is nothing
    are left out.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    costs
        Their ledger.
    """
    found = [_in_age_groups(row, results) for row in by_age(results, costs)]
    found += by_income(results, costs)
    records = []
    for row in found:
        amount = row.amount.transpose("replicate", row.by, "bound")
        if not bool((amount > 0).any()):
            continue
        for group in amount[row.by].values:
            low, mid, high = (
                amount.sel({row.by: group, "bound": bound}) for bound in ("low", "mid", "high")
            )
            records.append(
                {
                    "by": row.by,
                    "group": str(group),
                    "kind": row.kind,
                    "pan": PANS[row.pan],
                    "unit": row.unit,
                    "mid": spread(mid).median,
                    "low": spread(low).low,
                    "high": spread(high).high,
                }
            )
    columns = ["by", "group", "kind", "pan", "unit", "mid", "low", "high"]
    return pd.DataFrame(records, columns=columns)


def both_pans(results: xr.Dataset, costs: Ledger, layout: Layout = WIDE) -> alt.VConcatChart:
    """Return paired bars per 1,000 residents: the virus beside the policy, by age and by income.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    costs
        Their ledger.
    layout
        The room the figure has.
    """
    import altair as alt

    table = borne_table(results, costs)
    parts: list[alt.ChartType] = []
    for by in CLASSES:
        kinds = {
            pan: list(dict.fromkeys(table[(table["by"] == by) & (table["pan"] == pan)]["kind"]))
            for pan in PANS.values()
        }
        if not any(kinds.values()):
            continue
        ordered = [(pan, kind) for pan in PANS.values() for kind in kinds[pan]]
        if layout.narrow:
            parts.append(_pairs(by, kinds, layout))
            continue
        width = (layout.width - LABELS - 20 - APART - 16 * (len(ordered) - 1)) // len(ordered)
        pans = [
            alt.hconcat(
                *(_panel(by, pan, kind, width, (pan, kind) == ordered[0]) for kind in of_pan),
                spacing=16,
            )
            for pan, of_pan in kinds.items()
            if of_pan
        ]
        row = alt.hconcat(*pans, spacing=APART, title=_title(HEADINGS[by]))
        parts.append(row)
    chart: alt.VConcatChart = alt.vconcat(*parts, spacing=34)
    return finished(
        chart,
        {"borne": rows(table)},
        "Bars per 1,000 residents by age and by income: costs of the virus in one colour, costs of"
        " the policy in another.",
        layout,
    )


def _pairs(by: str, kinds: dict[str, list[str]], layout: Layout) -> alt.VConcatChart:
    """Return the panels two by two, the virus on the left and the policy on the right."""
    import altair as alt

    virus, policy = (kinds[pan] for pan in PANS.values())
    width = (layout.width - LABELS - 40) // 2
    lines: list[alt.ChartType] = []
    for i in range(max(len(virus), len(policy))):
        panels = [
            _panel(by, pan, kind[i], width, first)
            for pan, kind, first in zip(PANS.values(), (virus, policy), (True, len(virus) <= i),
                                        strict=True)
            if i < len(kind)
        ]  # fmt: skip
        lines.append(alt.hconcat(*panels, spacing=BETWEEN // 3))
    chart: alt.VConcatChart = alt.vconcat(*lines, spacing=18, title=_title(HEADINGS[by]))
    return chart


def _title(words: str) -> alt.TitleParams:
    import altair as alt

    return alt.TitleParams(words, anchor="start", fontSize=14, offset=12)


def _panel(by: str, pan: str, kind: str, width: int, named: bool) -> alt.LayerChart:
    """Return the bars of one kind of cost; `named` is whether the classes are written."""
    import altair as alt

    base = alt.Chart(alt.NamedData("borne")).transform_filter(
        f"datum.by == '{by}' && datum.pan == '{pan}' && datum.kind == '{kind}'"
    )
    axis = alt.Axis(minExtent=LABELS, maxExtent=LABELS, labelLimit=LABELS) if named else None
    y = alt.Y("group:N", sort=CLASSES[by], title=None, axis=axis)
    names = list(PAN_COLOURS)
    across = alt.Axis(tickCount=2, grid=True, labelExpr=SMALL_AND_LARGE)
    bars = base.mark_bar(height={"band": 0.72}).encode(
        alt.X("mid:Q", title=None, axis=across, scale=alt.Scale(nice=True, zero=True)),
        y,
        color=alt.Color(
            "pan:N",
            scale=alt.Scale(domain=names, range=list(PAN_COLOURS.values())),
            legend=alt.Legend(columns=2),
        ),
        tooltip=[
            alt.Tooltip("group:N", title=by),
            alt.Tooltip("kind:N", title=" "),
            alt.Tooltip("mid:Q", format=",.3~f", title="per 1,000 residents"),
            alt.Tooltip("low:Q", format=",.3~f"),
            alt.Tooltip("high:Q", format=",.3~f"),
            alt.Tooltip("unit:N"),
        ],
    )
    range_ = base.mark_rule(color=INK, strokeWidth=1).encode(
        alt.X("low:Q", title=None), alt.X2("high"), y
    )
    words = textwrap.wrap(SHORT.get(kind, kind), max(12, width // 7))
    title = alt.TitleParams(words, fontSize=11, fontWeight="normal", offset=6)
    return layered([bars, range_], width=width, height=17 * len(CLASSES[by]), title=title)


def _in_age_groups(row: Row, results: xr.Dataset) -> Row:
    """Return a row by five-year bands as one by the age groups of the report."""
    first = replicated(results)["confined_by_age"].isel(date=0, drop=True)
    residents = first.sum("tier").transpose("replicate", "age").values.astype(np.float64)
    each = row.amount.transpose("replicate", "age", "bound").values
    total = np.nan_to_num(each) * residents[:, :, None]
    parts = [list(bands) for bands in AGE_GROUPS.values()]
    people = np.stack([residents[:, ages].sum(axis=1) for ages in parts], axis=1)[:, :, None]
    amount = np.stack([total[:, ages].sum(axis=1) for ages in parts], axis=1)
    grouped = np.divide(amount, people, out=np.full(amount.shape, np.nan), where=people > 0)
    labels = {"age": list(AGE_GROUPS), "bound": row.amount["bound"].values}
    return row._replace(amount=xr.DataArray(grouped, labels, ("replicate", "age", "bound")))
