"""The Pareto set drawn: deaths against each human cost, and how the search went on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazaretto.report.appearance import (
    DATA,
    HALF_OF_RUNS,
    INK,
    MUTED,
    SIMULATED,
    WIDE,
    finished,
    layered,
)

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

BILLIONS = "replace(replace(datum.label, 'G', ' bn'), 'M', ' m')"
"""Axis labels as they are written elsewhere: k thousand, m million, bn billion."""

AGAINST = ("sealed_days", "income", "care")
"""What deaths are drawn against."""


def choice_figure(study: dict[str, Any], options: pd.DataFrame) -> alt.ChartType:
    """Return the figure of a search.

    Parameters
    ----------
    study
        What `lazaretto.studies.choice.tables.as_json` returns.
    options
        Every option, see `lazaretto.studies.choice.tables.options_table`.
    """
    import altair as alt

    words = {each["name"]: f"{each['words']}, {each['unit']}" for each in study["objectives"]}
    rows = []
    for row in options.to_dict("records"):
        kind = "Pareto set" if row["on_front"] else "other options"
        plain = {
            f"{name}{end}": float(row[f"{name}{end}"])
            for name in ("deaths", *AGAINST)
            for end in ("", "_low", "_high")
        }
        rows.append({"option": int(row["option"]), "kind": kind, **plain})
    grown = [{"options": each["options"], "share": each["share"]} for each in study["hypervolume"]]
    half = WIDE.panels(2)
    panels = [_against(name, words, half) for name in AGAINST]
    line = (
        alt.Chart(alt.NamedData("grown"))
        .mark_line(color=SIMULATED, point=True)
        .encode(
            x=alt.X("options:Q", title="options tried"),
            y=alt.Y("share:Q", title=None, axis=alt.Axis(format=".0%")),
        )
        .properties(width=half, height=230, title="share of the possible volume dominated")
    )
    chart = alt.vconcat(alt.hconcat(*panels[:2]), alt.hconcat(panels[2], line))
    title = alt.Title(
        f"{study['title']}: policies that no other beats in everything",
        subtitle=["Points: means over the seeds; lines: lowest to highest. Orange: the scenario as "
                  "it is.", "A point below and left of another may cost more of something else."],
        subtitleColor=INK,
        offset=16,
    )  # fmt: skip
    said = (
        f"{len(study['front'])} of {study['tried'] + 1} options of {study['title']} in the "
        "Pareto set of deaths, days sealed, income lost and care forgone."
    )
    data = {"options": rows, "own": rows[:1], "grown": grown}
    return finished(chart.properties(title=title), data, said)


def _against(name: str, words: dict[str, str], width: int) -> alt.ChartType:
    import altair as alt

    base = alt.Chart(alt.NamedData("options"))
    axis = alt.Axis(format="~s", tickCount=5, labelExpr=BILLIONS)
    x = alt.X(f"{name}:Q", title=words[name], axis=axis)
    y = alt.Y("deaths:Q", title=None, axis=axis)
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=["Pareto set", "other options"], range=[SIMULATED, HALF_OF_RUNS]),
    )
    front = base.transform_filter("datum.kind === 'Pareto set'")
    up = front.mark_rule(color=MUTED).encode(x=x, y=alt.Y("deaths_low:Q"), y2="deaths_high:Q")
    along = front.mark_rule(color=MUTED).encode(x=alt.X(f"{name}_low:Q"), x2=f"{name}_high:Q", y=y)
    points = base.mark_circle(size=45, opacity=0.9).encode(x=x, y=y, color=colour)
    own = alt.Chart(alt.NamedData("own"))
    mark = own.mark_point(color=DATA, shape="diamond", filled=True, size=130).encode(x=x, y=y)
    title = f"deaths against {words[name]}"
    return layered([up, along, points, mark], width=width, height=230, title=title)
