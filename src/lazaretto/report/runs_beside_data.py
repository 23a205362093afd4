"""The marks with which runs are set beside data: bands, median, and the data over them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lazaretto.report.appearance import DATA, HALF_OF_RUNS, LINE_KEY, MOST_RUNS, SIMULATED
from lazaretto.report.replicates import FEWEST_RUNS_FOR_BAND

if TYPE_CHECKING:
    import altair as alt

REAL, MEDIAN, ONE, HALF, MOST, EVERY = (
    "real data",
    "median of runs",
    "simulation",
    "half of runs",
    "90 % of runs",
    "all runs",
)

COLOURS = {REAL: DATA, MEDIAN: SIMULATED, ONE: SIMULATED, HALF: HALF_OF_RUNS, MOST: MOST_RUNS,
           EVERY: MOST_RUNS}  # fmt: skip

FEWEST_FOR_HALF = 4
"""Runs below which a band of half of them says nothing."""


def key_of(runs: int, known: bool, half: bool = True) -> dict[str, str]:
    """Return what a figure shows and in which colour, in the order of its legend.

    Parameters
    ----------
    runs
        Number of runs; there are bands if there are more than one.
    known
        Whether there are data.
    half
        Whether the 50 % band is drawn, where there are enough runs.
    """
    many = runs > 1
    shown = ([REAL] if known else []) + ([MEDIAN] if many else [ONE])
    if many:
        shown += [HALF] if half and runs >= FEWEST_FOR_HALF else []
        shown.append(EVERY if runs < FEWEST_RUNS_FOR_BAND else MOST)
    return {name: COLOURS[name] for name in shown}


def runs_beside_data(
    base: alt.Chart,
    x: alt.X,
    up: Callable[[str], alt.Y],
    key: dict[str, str],
    *,
    dots: float = 0,
    weight: float = 2,
) -> list[alt.Chart]:
    """Return the layers of a panel, in the order they are painted.

    Parameters
    ----------
    base
        A chart on rows with p05, p25, median, p75, p95 and observed.
    x
        The axis of dates.
    up
        Gives the vertical axis for a column.
    key
        What is shown, as `key_of` returns it.
    dots
        Area of the dots of the data in square pixels; 0 draws them as a line.
    weight
        Width of the median in pixels.
    """
    import altair as alt

    scale = alt.Scale(domain=list(key), range=list(key.values()))
    only_lines = not {MOST, EVERY} & set(key) and not (REAL in key and dots)
    legend = alt.Legend(**LINE_KEY) if only_lines else alt.Legend()

    def marks(name: str) -> alt.Chart:
        named = base.transform_calculate(key=f"'{name}'")
        return named.encode(x, color=alt.Color("key:N", scale=scale, legend=legend))

    layers = []
    for name, low, high in ((MOST, "p05", "p95"), (EVERY, "p05", "p95"), (HALF, "p25", "p75")):
        if name in key:
            layers.append(marks(name).mark_area().encode(up(low), alt.Y2(high)))
    middle = MEDIAN if MEDIAN in key else ONE
    layers.append(marks(middle).mark_line(strokeWidth=weight).encode(up("median")))
    if REAL in key:
        data = marks(REAL).transform_filter("isValid(datum.observed)")
        drawn = data.mark_circle(size=dots, opacity=1) if dots else data.mark_line(strokeWidth=1.3)
        layers.append(drawn.encode(up("observed")))
    return layers


def read_out(base: alt.Chart, x: alt.X, key: dict[str, str], width: float) -> alt.Chart:
    """Return an unseen layer that tells the numbers of the day under the pointer.

    Parameters
    ----------
    base
        A chart on the same rows.
    x
        The axis of dates.
    key
        What is shown, as `key_of` returns it.
    width
        Width in pixels that answers to the pointer around each date.
    """
    import altair as alt

    tooltip = [alt.Tooltip("date:T", format="%-d %B %Y", title="date")]
    if REAL in key:
        tooltip.append(alt.Tooltip("observed:Q", format=",", title="real"))
    middle = MEDIAN if MEDIAN in key else ONE
    tooltip.append(alt.Tooltip("median:Q", format=",.0f", title=middle))
    if MOST in key:
        tooltip += [
            alt.Tooltip("p05:Q", format=",.0f", title="5 % of runs below"),
            alt.Tooltip("p95:Q", format=",.0f", title="95 % of runs below"),
        ]
    if EVERY in key:
        tooltip += [
            alt.Tooltip("p05:Q", format=",.0f", title="lowest run"),
            alt.Tooltip("p95:Q", format=",.0f", title="highest run"),
        ]
    unseen: alt.Chart = base.mark_rule(opacity=0, strokeWidth=width).encode(x, tooltip=tooltip)
    return unseen
