"""The measures of a scenario in dates and words, and as a timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.report.appearance import (
    INK,
    TIER_COLOURS,
    WIDE,
    Layout,
    dates_across,
    finished,
    layered,
    rows,
)
from lazaretto.report.wording import listed
from lazaretto.words import TIERS

if TYPE_CHECKING:
    import altair as alt

OTHER_COLOUR = "#5f86a8"

BY_POSITIVES, BY_POSITIVES_COLOUR = "sealed where positives are found", "#cf5f2e"
"""What zones do, and its colour: between those of the tiers they order."""

KNOWN_KEYS = {"name", "measure", "areas", "from", "to", "tier"}

FACTOR_WORDS = {"factor": "contacts", "essential_factor": "contacts of essential workers"}

TIER_WORDS = {
    "open": "open",
    "precaution": "precaution",
    "controlled": "kept in the compound",
    "sealed": "sealed at home",
}


def tier_of(measure: dict[str, Any]) -> str | None:
    """Return the name of the tier a measure orders, None if it orders none."""
    tier = measure.get("tier")
    if isinstance(tier, bool) or tier is None:
        return None
    if isinstance(tier, int | np.integer) and 0 <= tier < len(TIERS):
        return TIERS[int(tier)]
    return str(tier) if str(tier) in TIERS else None


def measure_table(
    measures: Sequence[dict[str, Any]], dates: NDArray[np.datetime64]
) -> pd.DataFrame:
    """Return the measures in order of their first day, in words.

    Columns: name, kind, where, first, last (inside the run), open_start, open_end (whether the
    scenario names no date), tier (or None), details.

    Parameters
    ----------
    measures
        As in the scenario: name, measure, areas, from, to, tier and parameters.
    dates
        The days of the run.
    """
    begin, end = pd.Timestamp(dates[0]), pd.Timestamp(dates[-1])
    found = []
    for measure in measures:
        tier = tier_of(measure)
        kind = str(measure.get("measure", "measure")).rpartition(":")[2].replace("_", " ")
        areas = measure.get("areas") or "all"
        where = "everywhere" if areas == "all" else listed([str(area) for area in areas])
        first = pd.Timestamp(str(measure["from"])) if measure.get("from") else begin
        last = pd.Timestamp(str(measure["to"])) if measure.get("to") else end
        found.append(
            {
                "name": str(measure.get("name") or kind),
                "kind": kind,
                "where": where,
                "first": max(first, begin),
                "last": min(last, end),
                "open_start": not measure.get("from"),
                "open_end": not measure.get("to"),
                "inside": first <= end and last >= begin,
                "tier": tier,
                "details": _details(measure, tier),
            }
        )
    columns = [
        "name", "kind", "where", "first", "last", "open_start", "open_end", "inside", "tier",
        "details",
    ]  # fmt: skip
    table = pd.DataFrame(found, columns=columns)
    return table.sort_values(["first", "last"], kind="stable").reset_index(drop=True)


def _details(measure: dict[str, Any], tier: str | None) -> str:
    said = [TIER_WORDS[tier]] if tier else []
    said += [
        _said(str(key), value)
        for key, value in measure.items()
        if key not in KNOWN_KEYS and value is not None
    ]
    return ", ".join(said)


def _said(key: str, value: object) -> str:
    """Return a parameter of a measure in words: "12 % of contacts left", "isolate: yes"."""
    if key in FACTOR_WORDS and isinstance(value, int | float) and not isinstance(value, bool):
        return f"{100 * value:.3g} % of {FACTOR_WORDS[key]} left"
    word = key.replace("_", " ")
    if isinstance(value, bool):
        return f"{word}: {'yes' if value else 'no'}"
    if isinstance(value, list | tuple):
        names = [f"{item:g}" if isinstance(item, float) else str(item) for item in value]
        return f"{word}: {listed(names)}" if names else f"{word}: none"
    return f"{word} {value:g}" if isinstance(value, float) else f"{word} {value}"


def lockdown_starts(
    measures: Sequence[dict[str, Any]], dates: NDArray[np.datetime64]
) -> list[dict[str, Any]]:
    """Return the days on which people are newly confined: date and what begins.

    Parameters
    ----------
    measures
        As in the scenario; those at tier controlled or sealed count.
    dates
        The days of the run.
    """
    table = measure_table(measures, dates)
    confining = table[table["tier"].isin(["controlled", "sealed"]) & table["inside"]]
    confining = confining[confining["first"] > pd.Timestamp(dates[0])]
    marks = []
    for first, begun in confining.groupby("first", sort=True):
        names = list(dict.fromkeys(begun["name"]))
        stamp = pd.Timestamp(str(first))
        when = f"{stamp.day} {stamp:%b}"
        marks.append({"date": stamp, "when": when, "what": f"{when}: {listed(names, 1)}"})
    return marks


def measures_timeline(
    results: xr.Dataset, measures: Sequence[dict[str, Any]], layout: Layout = WIDE
) -> alt.LayerChart:
    """Return the measures as bars from their first to their last day.

    Parameters
    ----------
    results
        Labelled results, for the days of the run.
    measures
        As in the scenario.
    layout
        The room the figure has.
    """
    import altair as alt

    dates = results["date"].values
    table = measure_table(measures, dates)
    table = table[table["inside"]].drop(columns=["inside", "open_start", "open_end"])
    # A bar covers its last day whole.
    table = table.assign(
        until=[min(day + pd.Timedelta(days=1), pd.Timestamp(dates[-1])) for day in table["last"]],
        what=table["tier"]
        .map(TIER_WORDS)
        .fillna(table["kind"].map({"zones": BY_POSITIVES}).fillna("other measure")),
    )
    kinds = [*(TIER_WORDS[tier] for tier in TIERS), BY_POSITIVES, "other measure"]
    present = [kind for kind in kinds if kind in set(table["what"])]
    hues = [*TIER_COLOURS.values(), BY_POSITIVES_COLOUR, OTHER_COLOUR]
    colours = dict(zip(kinds, hues, strict=True))
    order = list(dict.fromkeys(table["name"]))
    x = dates_across("first", dates, layout.width - 20, grid=True)
    base = alt.Chart(alt.NamedData("measures")).encode(
        y=alt.Y("name:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.1)),
        tooltip=[
            alt.Tooltip("name:N", title="measure"),
            alt.Tooltip("where:N"),
            alt.Tooltip("first:T", format="%-d %B %Y", title="from"),
            alt.Tooltip("last:T", format="%-d %B %Y", title="to"),
            alt.Tooltip("details:N"),
        ],
    )
    bars = base.mark_bar(height=9, yOffset=8, cornerRadius=2, clip=True).encode(
        x,
        alt.X2("until:T"),
        color=alt.Color(
            "what:N",
            scale=alt.Scale(domain=present, range=[colours[kind] for kind in present]),
        ),
    )
    # The name stands above its bars, flush with the side that leaves room for it.
    labels = table.groupby("name").agg(start=("first", "min"), end=("until", "max")).reset_index()
    middle = pd.Timestamp(dates[0]) + (pd.Timestamp(dates[-1]) - pd.Timestamp(dates[0])) * 0.5
    labels["side"] = np.where(labels["start"] > middle, "right", "left")
    labels["first"] = labels["start"].where(labels["side"] == "left", labels["end"])
    text = [
        alt.Chart(alt.NamedData("measure_names"))
        .transform_filter(f"datum.side == '{side}'")
        .mark_text(align=side, dy=-7, fontSize=11.5, color=INK)
        .encode(x, alt.Y("name:N", sort=order), text="name:N")
        for side in ("left", "right")
    ]
    chart = layered([bars, *text], width=layout.width - 20, height=max(len(order), 1) * 34)
    return finished(
        chart,
        {"measures": rows(table), "measure_names": rows(labels[["name", "first", "side"]])},
        "Timeline of the measures: " + listed([str(name) for name in order], 12) + ".",
        layout,
    )
