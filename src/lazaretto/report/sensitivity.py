"""Which numbers matter: a bar for each with its confidence, a panel for each output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazaretto.report.appearance import (
    DATA,
    INK,
    SIMULATED,
    WIDE,
    finished,
    layered,
)

if TYPE_CHECKING:
    import altair as alt

MOST = 15
"""Bars of a panel: the numbers that matter most."""

SAID = {
    "morris": "Bars: mu*, mean absolute change of the output over the range of the number, and its "
    "95 % confidence. Ticks: sigma, interaction and curvature.",
    "sobol": "Bars: ST, share of the variance that the number has a part in; ticks: S1, its share "
    "alone. Both with 95 % confidence.",
}


def sensitivity_figure(study: dict[str, Any]) -> alt.ChartType:
    """Return the figure of a study.

    Parameters
    ----------
    study
        What `lazaretto.studies.sensitivities.sensitivity.Sensitivity.as_json` returns.
    """
    import altair as alt

    method = study["method"]
    datasets = {each["output"]: _bars(method, each) for each in study["outputs"]}
    panels = [_panel(each, datasets[each["output"]], WIDE.panels(2)) for each in study["outputs"]]
    pairs = [alt.hconcat(*panels[i : i + 2]) for i in range(0, len(panels), 2)]
    title = alt.Title(
        f"{study['scenario']}: which uncertain numbers matter",
        subtitle=[SAID[method]],
        subtitleColor=INK,
        offset=16,
    )
    varied, runs = len(study["varied"]), study["runs"]
    said = f"Sensitivity of {study['scenario']} to {varied} numbers by {method}, {runs} runs."
    return finished(alt.vconcat(*pairs).properties(title=title), datasets, said)


def _bars(method: str, output: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a panel, the number that matters most first."""
    bar, tick = ("mu_star", "sigma") if method == "morris" else ("ST", "S1")
    known = [each for each in output["indices"] if each[bar] is not None]
    return [
        {
            "key": each["key"],
            "bar": each[bar],
            "low": max(0.0, each[bar] - (each[f"{bar}_conf"] or 0)),
            "high": each[bar] + (each[f"{bar}_conf"] or 0),
            "tick": each[tick],
        }
        for each in sorted(known, key=lambda each: -each[bar])[:MOST]
    ]


def _panel(output: dict[str, Any], rows: list[dict[str, Any]], width: int) -> alt.ChartType:
    import altair as alt

    chance = output["chance_share"]
    said = "not known (one seed)" if chance is None else f"{chance:.0%}"
    most = max((row[end] for row in rows for end in ("high", "tick")), default=0) or 1
    axis = alt.Axis(format="~s", tickCount=4)
    x = alt.X("bar:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, most]))
    base = alt.Chart(alt.NamedData(output["output"]))
    y = alt.Y("key:N", sort=[row["key"] for row in rows], title=None,
              axis=alt.Axis(labelLimit=230, minExtent=0, maxExtent=240))  # fmt: skip
    bars = base.mark_bar(color=SIMULATED).encode(x=x, y=y)
    spread = base.mark_rule(color=INK).encode(x=alt.X("low:Q"), x2="high:Q", y=y)
    ticks = base.mark_tick(color=DATA, thickness=2).encode(x=alt.X("tick:Q"), y=y)
    title = alt.Title(
        f"{output['words']}, {output['unit']}",
        subtitle=f"chance between seeds: {said} of the variance of single runs",
        subtitleColor=INK,
    )
    return layered([bars, spread, ticks], width=max(120, width - 200), title=title)
