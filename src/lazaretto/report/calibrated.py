"""Figures of a fit report: the fitted runs beside the data, and prior beside posterior."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lazaretto.report.appearance import (
    SIMULATED,
    dates_across,
    finished,
    layered,
    rows,
    when,
)
from lazaretto.report.files import save_chart

if TYPE_CHECKING:
    import altair as alt

WIDTH, HEIGHT = 680, 320
DATA_COLOUR = "#1b1b1b"
FIT, PRIORS = "fit.svg", "prior-posterior.svg"


def save_figures(found: dict[str, Any], folder: Path) -> list[Path]:
    """Write the figures of a fit report beside it, as SVG.

    Parameters
    ----------
    found
        What `lazaretto.studies.calibration` found.
    folder
        Where the report lies.
    """
    written = []
    for name, chart in ((FIT, fit_figure(found)), (PRIORS, prior_figure(found))):
        save_chart(chart, folder / name)
        written.append(folder / name)
    return written


def fit_figure(found: dict[str, Any]) -> alt.ChartType:
    """Return reports by day: the data, the bands of the fitted runs, the first held-out day."""
    import altair as alt

    daily = pd.DataFrame(found["daily"])
    daily["date"] = pd.to_datetime(daily["date"])
    for column in ("reported", "p05", "p25", "p50", "p75", "p95"):
        daily[column] = daily[column].astype(np.float64) + 1  # 0 has no logarithm
    base = alt.Chart(alt.NamedData("daily"))
    x = dates_across("date", daily["date"].to_numpy(), WIDTH)

    def up(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", title=None, scale=alt.Scale(type="log"),
                     axis=alt.Axis(tickCount=6, format="~s"))  # fmt: skip

    layers = [
        base.mark_area(color=SIMULATED, opacity=0.2).encode(x, up("p05"), alt.Y2("p95")),
        base.mark_area(color=SIMULATED, opacity=0.3).encode(x, up("p25"), alt.Y2("p75")),
        base.mark_line(color=SIMULATED, strokeWidth=2).encode(x, up("p50")),
        base.mark_point(color=DATA_COLOUR, size=14, filled=True).encode(x, up("reported")),
    ]
    if found["held_out"] is not None:
        first = when(pd.Timestamp(found["held_out"]["from"]))
        layers.append(base.mark_rule(strokeDash=[4, 3]).encode(x=alt.datum(first)))
    title = "Reported infections a day and one: data (points), fitted runs (50 %, 90 %)"
    chart = layered(layers, width=WIDTH, height=HEIGHT, title=title)
    said = f"{found['title']}: reports by day beside fitted runs; dashed: the first day held out."
    return finished(chart, {"daily": rows(daily)}, said)


def prior_figure(found: dict[str, Any]) -> alt.ChartType:
    """Return for each number its prior range and the bands of its posterior, as shares of it."""
    import altair as alt

    table = pd.DataFrame([_as_share(p) for p in found["parameters"]])
    base = alt.Chart(alt.NamedData("numbers"))
    y = alt.Y("name:N", title=None, sort=list(table["name"]))

    def across(field: str) -> alt.X:
        return alt.X(f"{field}:Q", title="from the low to the high end of the prior",
                     scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))  # fmt: skip

    wide = base.mark_bar(color=SIMULATED, opacity=0.25, height=6)
    narrow = base.mark_bar(color=SIMULATED, opacity=0.6, height=6)
    layers = [
        wide.encode(across("p05"), y, alt.X2("p95")),
        narrow.encode(across("p25"), y, alt.X2("p75")),
        base.mark_point(color=SIMULATED, filled=True, size=50).encode(across("p50"), y),
        base.mark_point(color=DATA_COLOUR, shape="cross", size=50).encode(across("shipped"), y),
    ]
    title = "Posterior (50 %, 90 %, median) within its prior; cross: as the scenario had it"
    chart = layered(layers, width=WIDTH - 120, height=24 * len(table), title=title)
    return finished(chart, {"numbers": rows(table)}, f"{found['title']}: prior and posterior.")


def _as_share(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return the quantiles of a number as shares of its prior range, ln where that is log."""
    low, high = parameter["prior"]["low"], parameter["prior"]["high"]
    log = parameter["prior"]["kind"] == "log-uniform"

    def share(value: float) -> float:
        if log:
            return float((np.log(value) - np.log(low)) / (np.log(high) - np.log(low)))
        return float((value - low) / (high - low))

    names = ("p05", "p25", "p50", "p75", "p95", "shipped")
    return {"name": parameter["name"]} | {
        name: float(np.clip(share(parameter[name]), 0, 1)) for name in names
    }
