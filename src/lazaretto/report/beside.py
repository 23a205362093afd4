"""Another policy beside the one of the report: both pans in a table, infections in a figure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import xarray as xr

from lazaretto.outcomes.extra import Extra
from lazaretto.report.appearance import DATA, SIMULATED, WIDE, Layout, finished, persons_up, rows
from lazaretto.report.appearance import layered as drawn_over
from lazaretto.report.banded import band_layers, banded
from lazaretto.report.figure import ReportFigure
from lazaretto.report.ledger_tables import said
from lazaretto.report.replicates import with_replicates

if TYPE_CHECKING:
    import altair as alt


NAMES = ("this policy", "the other")
"""What the two are called in headings and keys; their own names may be long."""


class Amounts(NamedTuple):
    """An amount of one kind under both policies, and the first less the second.

    ``kind`` and ``unit`` say what is counted; ``ours``, ``other`` and ``difference`` are the
    median and the range over the runs, those of the difference over pairs with the same seed.
    """

    kind: str
    unit: str
    ours: Extra
    other: Extra
    difference: Extra


class Beside(NamedTuple):
    """A policy that the report sets beside its own.

    ``names`` of the two, ``differs`` in what the other one differs, ``other`` its labelled
    results, and the ``amounts`` of both.
    """

    names: tuple[str, str]
    differs: Sequence[str]
    other: xr.Dataset
    amounts: Sequence[Amounts]


class Line(NamedTuple):
    """A line of the table: what, under the first, under the second, the difference, its range."""

    what: str
    ours: str
    other: str
    difference: str
    ends: str


def beside_lines(beside: Beside) -> list[Line]:
    """Return the lines of the table of two policies."""
    return [_line(each) for each in beside.amounts]


def beside_figure(results: xr.Dataset, beside: Beside) -> ReportFigure:
    """Return the figure of infections under both policies."""
    return ReportFigure(
        "beside",
        "beside",
        "Infections under both policies",
        f"New infections a day, found or not, under this policy and under {beside.names[1]}: "
        "median over the runs, and a band that holds all of them (90 % of 20 or more).",
        partial(_infections, results, beside.other),
    )


def _infections(results: xr.Dataset, other: xr.Dataset, layout: Layout = WIDE) -> alt.LayerChart:
    both = {
        name: with_replicates(each)["infections"].sum(("district", "layer"))
        for name, each in zip(NAMES, (results, other), strict=True)
    }
    dates = results["date"].values
    colours = dict(zip(NAMES, (SIMULATED, DATA), strict=True))
    up = {field: persons_up(field) for field in ("p05", "median")}
    width, height = layout.panels(1), 220 if layout.narrow else 280
    lines = band_layers("beside", dates, colours, width, up, columns=2)
    chart = drawn_over(lines, width=width, height=height)
    datasets: dict[str, list[dict[str, Any]]] = {"beside": rows(banded(both))}
    return finished(chart, datasets, "Lines of infections by day under both policies.", layout)


def _line(amounts: Amounts) -> Line:
    unit = amounts.unit
    first, last = said(amounts.difference.low, unit), said(amounts.difference.high, unit)
    what = amounts.kind if unit in amounts.kind or unit == "persons" else f"{amounts.kind}, {unit}"
    return Line(
        what,
        said(amounts.ours.mid, unit),
        said(amounts.other.mid, unit),
        said(amounts.difference.mid, unit),
        "" if first == last else f"{first} to {last}",
    )
