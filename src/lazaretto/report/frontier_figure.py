"""The frontier: leakage at which an outbreak is contained as often as not, over R0."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pandas as pd

from lazaretto.report.appearance import (
    INK,
    MUTED,
    WIDE,
    Layout,
    finished,
    layered,
    rows,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import altair as alt

COLOURS = ("#4477aa", "#ccbb44", "#ee6677", "#228833", "#aa3377", "#66ccee")
"""Paul Tol's qualitative scheme "bright"; one colour per variant in the order given."""

LEAST, MOST, TOP = 0.002, 1.0, 1.6
"""Smallest and largest leakage drawn, and the upper end of the axis: what reaches over the end of a
panel would move its title."""

R0_DRAWN = (2.0, 12.0)
"""R0 at the ends of the horizontal axis."""

LOW_TICKS, R0_TICKS = [0.01, 0.1, 1.0], [2, 3, 5, 7, 10]

SURVEYED = "#e4e8ec"


def screened(interval: int) -> str:
    """Return how a screening interval is told of."""
    if interval == 0:
        return "nobody screened"
    return "screened every day" if interval == 1 else f"screened every {interval} days"


def frontier_figure(
    contours: pd.DataFrame,
    variants: pd.DataFrame,
    closed: pd.DataFrame | None = None,
    levels: Sequence[float] = (0.007, 0.03, 0.10),
    layout: Layout = WIDE,
) -> alt.ConcatChart:
    """Return the frontier of each variant, by screening interval and size of the outbreak.

    Parameters
    ----------
    contours
        Frontiers: columns disease, interval, start, r0, leakage, low, high.
    variants
        Variants: columns disease, title, r0, r0_low, r0_high.
    closed
        Closed form without screening and of the smallest start: columns disease, r0, half.
    levels
        Leakage marked by lines; the ground between the first two is shaded.
    layout
        The room the figure has.
    """
    import altair as alt

    titles = dict(zip(variants["disease"], variants["title"], strict=True))
    lines = contours.assign(variant=contours["disease"].map(titles)).merge(
        variants.drop(columns=["title", "r0"]), on="disease"
    )
    lines["own"] = (lines["r0"] >= lines["r0_low"]) & (lines["r0"] <= lines["r0_high"])
    for name in ("leakage", "low", "high"):
        lines[name] = lines[name].clip(LEAST, MOST)
    intervals = sorted(set(lines["interval"]), key=lambda days: -days if days else -1_000)
    starts = sorted(set(lines["start"]))
    datasets = {"levels": [{"leakage": level} for level in levels]}
    colour = alt.Color(
        "variant:N",
        scale=alt.Scale(domain=list(titles.values()), range=list(COLOURS[: len(titles)])),
    )
    columns = 1 if layout.narrow else len(intervals)
    width = layout.panels(columns)
    panels = []
    for start in starts:
        for interval in intervals:
            name = f"f{start}_{interval}"
            here = lines[(lines["start"] == start) & (lines["interval"] == interval)]
            datasets[name] = rows(here)
            datasets[f"{name}_at"] = rows(_at_published(here, variants))
            first = interval == intervals[0] or layout.narrow
            said = alt.TitleParams(
                f"{start:,} infected",
                subtitle=screened(interval),
                anchor="start",
                subtitleColor=MUTED,
            )
            marks = _marks(name, colour, first, last=start == starts[-1])
            if closed is not None and interval == 0 and start == starts[0]:
                last = closed[closed["disease"] == variants["disease"].iloc[-1]]
                datasets["closed"] = rows(last[["disease", "r0", "half"]])
                marks.append(_closed_form())
            panels.append(layered(marks, width=width, height=150, title=said))
    heading = alt.TitleParams(
        "Leakage at which half of the outbreaks are contained, over R0",
        subtitle="Contacts outside the household left under lockdown. Thick: the published range "
        "of a variant's R0. Shaded: surveys of 2020. Dashed: closed form of the last variant.",
        anchor="start", fontSize=14, subtitleFontSize=12, subtitleColor=MUTED, offset=16,
    )  # fmt: skip
    chart = alt.concat(
        *panels, columns=columns, spacing={"row": 62, "column": 22}, align="all", bounds="flush"
    ).properties(title=heading)
    return finished(
        chart,
        datasets,
        "Lines over R0: the share of contacts outside the household under lockdown at which an "
        "outbreak is contained as often as not; below a line it mostly is. A panel for each "
        "screening interval and size of the outbreak when the lockdown begins.",
        layout,
    )


def _marks(name: str, colour: alt.Color, first: bool, last: bool) -> list[alt.Chart]:
    import altair as alt

    data = alt.NamedData(name=name)
    x = alt.X(
        "r0:Q",
        title="R0" if last else None,
        scale=alt.Scale(type="log", domain=list(R0_DRAWN)),
        axis=alt.Axis(values=R0_TICKS),
    )
    up = alt.Scale(type="log", domain=[LEAST, TOP])
    axis = alt.Axis(values=LOW_TICKS, format="~%", labels=first)
    y = alt.Y("leakage:Q", title=None, scale=up, axis=axis)
    levels = alt.NamedData(name="levels")
    survey = (
        alt.Chart(levels)
        .transform_window(number="row_number()")
        .transform_filter("datum.number <= 2")
        .transform_aggregate(low="min(leakage)", high="max(leakage)")
    )
    ground = survey.mark_rect(color=SURVEYED, opacity=0.8).encode(
        y=alt.Y("low:Q", scale=up, axis=axis, title=None), y2="high:Q"
    )
    rule = alt.Chart(levels).mark_rule(color=MUTED, strokeDash=[2, 3]).encode(y=y)
    band = alt.Chart(data).mark_area(opacity=0.22).encode(
        x=x, y=alt.Y("low:Q", scale=up, axis=axis, title=None), y2="high:Q", color=colour
    )  # fmt: skip
    thin = alt.Chart(data).mark_line(strokeWidth=1).encode(x=x, y=y, color=colour)
    own = (
        alt.Chart(data)
        .transform_filter("datum.own")
        .mark_line(strokeWidth=4, strokeCap="round")
        .encode(x=x, y=y, color=colour)
    )
    dots = alt.Chart(alt.NamedData(name=f"{name}_at")).mark_point(
        filled=True, size=75, opacity=1, stroke="white", strokeWidth=1.2
    ).encode(x=x, y=y, color=colour, tooltip=["variant:N", "r0:Q", alt.Tooltip("leakage:Q",
             format=".2%")])  # fmt: skip
    return [ground, rule, band, thin, own, dots]


def _closed_form() -> alt.Chart:
    import altair as alt

    data = alt.NamedData(name="closed")
    line = alt.Chart(data).mark_line(color=INK, strokeDash=[5, 3])
    x = alt.X("r0:Q", title=None, scale=alt.Scale(type="log", domain=list(R0_DRAWN)))
    y = alt.Y("half:Q", title=None, scale=alt.Scale(type="log", domain=[LEAST, TOP]))
    return cast("alt.Chart", line.encode(x=x, y=y, detail="disease:N"))


def _at_published(lines: pd.DataFrame, variants: pd.DataFrame) -> pd.DataFrame:
    """Return the point of each line that lies nearest to the published R0 of its variant."""
    published = variants.set_index("disease")["r0"]
    off = (lines["r0"] / lines["disease"].map(published) - 1).abs()
    nearest = off.groupby(lines["disease"]).idxmin()
    return lines.loc[nearest, ["variant", "r0", "leakage"]]
