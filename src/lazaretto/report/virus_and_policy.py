"""Virus and policy: what each does to people, day by day, side by side on the same scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

from lazaretto.report.appearance import (
    BETWEEN,
    SIMULATED,
    TIER_COLOURS,
    WIDE,
    Layout,
    finished,
    layered,
    persons_up,
    rows,
)
from lazaretto.report.banded import band_layers, banded
from lazaretto.report.both_pans import PAN_COLOURS
from lazaretto.report.figure import ReportFigure
from lazaretto.report.replicates import with_replicates

if TYPE_CHECKING:
    import altair as alt

HEIGHT = 150
"""Pixels of a panel."""


class Panel(NamedTuple):
    """A panel of the figure: its pan, its heading, and its series by name with their colours."""

    pan: str
    heading: str
    series: dict[str, xr.DataArray]
    colours: dict[str, str]


def panels(results: xr.Dataset) -> list[Panel]:
    """Return what is drawn of a policy: two or three panels of each pan.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    runs = with_replicates(results)
    tiers = runs["persons_by_tier"].sum("district")
    policy = PAN_COLOURS["the policy"]
    found = [
        _alone("the virus", "New infections a day", runs["infections"].sum(("district", "layer"))),
        _alone("the virus", "Deaths a day", runs["deaths"].sum("district")),
        Panel(
            "the policy",
            "Residents behind closed gates",
            {name: tiers.sel(tier=name, drop=True) for name in ("sealed", "controlled")},
            {name: TIER_COLOURS[name] for name in ("sealed", "controlled")},
        ),
        _alone("the policy", "Persons in isolation facilities",
               runs["held"].sel(held_where="facility", drop=True).sum(("district", "held_as")),
               policy),
    ]  # fmt: skip
    if "food_insecure" in runs:
        hungry = runs["food_insecure"].sum(("income", "migrant"))
        found[-1] = _alone("the policy", "Residents without food", hungry, policy)
    return found


def tops(results: Sequence[xr.Dataset]) -> list[float]:
    """Return the highest number of each panel over several policies, so that scales are shared."""
    highest = [
        [max(_highest(series) for series in panel.series.values()) for panel in panels(each)]
        for each in results
    ]
    return [max(1.0, *column) for column in zip(*highest, strict=True)]


def virus_and_policy(
    results: xr.Dataset, scales: Sequence[float], layout: Layout = WIDE
) -> alt.VConcatChart:
    """Return both pans of one policy by day: the virus on the left, the policy on the right.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    scales
        Upper end of each panel, as `tops` returns them.
    layout
        The room the figure has.
    """
    import altair as alt

    drawn, data = panels(results), {}
    width = layout.panels(1 if layout.narrow else 2)
    charts: list[alt.LayerChart] = []
    for number, (panel, top) in enumerate(zip(drawn, scales, strict=True)):
        name = f"panel-{number}"
        data[name] = rows(banded(panel.series))
        up = {field: persons_up(field, domain=(0, top), ticks=4) for field in ("p05", "median")}
        dates = results["date"].values
        title = alt.TitleParams([panel.pan.capitalize(), panel.heading], fontSize=12, offset=6)
        layers = band_layers(name, dates, panel.colours, width, up)
        charts.append(layered(layers, width=width, height=HEIGHT, title=title))
    lines: list[Any] = charts
    if not layout.narrow:
        left, right = ([chart for panel, chart in zip(drawn, charts, strict=True)
                        if panel.pan == pan] for pan in PAN_COLOURS)  # fmt: skip
        lines = [
            alt.hconcat(*pair, spacing=BETWEEN // 2).resolve_scale(color="independent")
            for pair in zip(left, right, strict=True)
        ]
    chart: alt.VConcatChart = alt.vconcat(*lines, spacing=24).resolve_scale(color="independent")
    return finished(
        chart,
        data,
        "Infections and deaths by day on the left, residents confined by day on the right.",
        layout,
    )


def virus_and_policy_figures(policies: Mapping[str, xr.Dataset]) -> list[ReportFigure]:
    """Return the figure of each policy, all on the same scales.

    Parameters
    ----------
    policies
        Labelled results by the name of the policy.
    """
    scales = tops(list(policies.values()))
    return [
        ReportFigure(
            f"virus-and-policy-{number}",
            "beside",
            f"Virus and policy: {name}",
            "What the virus does on the left, what the policy does on the right: medians over the "
            "runs, and a band that holds all of them (90 % of 20 or more). All policies are drawn "
            "on the same scales.",
            partial(virus_and_policy, results, scales),
        )
        for number, (name, results) in enumerate(policies.items())
    ]


def _alone(pan: str, heading: str, series: xr.DataArray, colour: str = SIMULATED) -> Panel:
    return Panel(pan, heading, {heading: series}, {heading: colour})


def _highest(series: xr.DataArray) -> float:
    return float(np.nan_to_num(np.asarray(series.values, np.float64)).max(initial=0))
