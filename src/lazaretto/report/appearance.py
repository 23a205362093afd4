"""How every figure looks: colours, sizes, axes; one place, so that all figures are of one hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from lazaretto.words import CARE, FOUND_WHERE, HELD_AS, ORIGINS, SAMPLED_FOR, TIERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import altair as alt
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    AnyChart = TypeVar("AnyChart", bound=alt.TopLevelMixin)

INK, MUTED, GRID = "#1f2933", "#5b6875", "#e3e7eb"

SIMULATED, HALF_OF_RUNS, MOST_RUNS, ONE_RUN = "#1d5b94", "#9cc0df", "#d6e5f2", "#86a9c8"

DATA = "#c2510c"

TIER_COLOURS = dict(zip(TIERS, ("#e4e8ec", "#f9d784", "#ec8a48", "#8f2a1e"), strict=True))
"""Sequential in lightness, so that the order survives colour blindness and grey print."""

LAYER_COLOURS = dict(
    zip(
        ORIGINS,
        ("#4477aa", "#66ccee", "#228833", "#ccbb44", "#ee6677", "#aa3377", "#9aa5b1", "#332288",
         "#997700", "#ee7733"),
        strict=True,
    )
)  # fmt: skip
"""Paul Tol's qualitative scheme "bright", safe for colour-blind readers, and three more."""

SAMPLED_COLOURS = dict(
    zip(SAMPLED_FOR, ("#ee6677", "#4477aa", "#66ccee", "#ccbb44", "#9aa5b1"), strict=True)
)

FOUND_COLOURS = dict(
    zip(
        FOUND_WHERE,
        ("#1d5b94", "#9cc0df", "#8f2a1e", "#ec8a48", "#f9d784", "#228833"),
        strict=True,
    )
)
"""Blue where the person was isolated, the colours of the tiers elsewhere, green at large."""

HELD_COLOURS = dict(
    zip(HELD_AS, ("#1d5b94", "#ee6677", "#ccbb44", "#ddcc99", "#9aa5b1"), strict=True)
)

CARE_COLOURS = dict(zip((*CARE, "waiting"), ("#9cc0df", "#1d5b94", "#8f2a1e"), strict=True))

STAY_COLOURS = ("#e4e8ec", "#f9d784", "#f2a65a", "#cf5f2e", "#8f2a1e")

AFTER_DARK = {
    INK: "#e8ebee",
    MUTED: "#a3afba",
    GRID: "#2c343c",
    SIMULATED: "#8abdec",
    HALF_OF_RUNS: "#37648e",
    MOST_RUNS: "#213c57",
    ONE_RUN: "#56789a",
    DATA: "#ff9a56",
    "#e4e8ec": "#333c45",
    "#8f2a1e": "#b83a2a",
}
"""What each colour becomes for readers who prefer a dark page."""

SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

GUTTER = 46
"""Pixels kept for the labels of a vertical axis, so that panels align."""


BETWEEN = GUTTER + 10
"""Pixels between two panels side by side, the second one's axis included."""

LINE_KEY: dict[str, Any] = {"symbolType": "stroke", "symbolStrokeWidth": 3, "symbolSize": 200}
"""What a legend needs where only lines are drawn."""


@dataclass(frozen=True)
class Layout:
    """The room a figure has.

    Parameters
    ----------
    width
        Width of the whole figure in pixels.
    narrow
        Whether it is meant for a telephone.
    """

    width: int
    narrow: bool

    @property
    def panel(self) -> int:
        """Width of a panel that has the figure to itself, in pixels."""
        return self.width - GUTTER - 14

    def panels(self, columns: int) -> int:
        """Width of each of several panels side by side with an axis each, in pixels."""
        return (self.panel - (columns - 1) * BETWEEN) // columns


WIDE = Layout(width=940, narrow=False)

NARROW = Layout(width=352, narrow=True)

LAYOUTS = {"wide": WIDE, "narrow": NARROW}

CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": SANS,
    "aria": False,
    "view": {"stroke": None},
    "padding": 2,
    "title": {
        "anchor": "start",
        "frame": "group",
        "color": INK,
        "fontSize": 13,
        "fontWeight": 600,
        "offset": 10,
    },
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "gridColor": GRID,
        "domainColor": GRID,
        "tickColor": GRID,
        "labelPadding": 4,
    },
    "axisX": {"grid": False, "tickSize": 4, "labelOverlap": True, "labelBound": False},
    "axisY": {"domain": False, "ticks": False, "minExtent": GUTTER - 8, "maxExtent": GUTTER - 8},
    "legend": {
        "orient": "top",
        "title": None,
        "labelColor": INK,
        "labelFontSize": 12,
        "symbolType": "square",
        "symbolSize": 110,
        "symbolStrokeWidth": 0,
        "columnPadding": 20,
        "rowPadding": 4,
        "offset": 10,
        "labelLimit": 260,
    },
    "header": {
        "labelColor": INK,
        "labelFontSize": 12,
        "labelFontWeight": 600,
        "labelAnchor": "start",
        "labelPadding": 5,
        "title": None,
    },
    "facet": {"spacing": 16},
    "concat": {"spacing": 26},
}


def finished(
    chart: AnyChart,
    datasets: dict[str, list[dict[str, Any]]],
    description: str,
    layout: Layout = WIDE,
) -> AnyChart:
    """Return the chart with its data, its alternative text and the common look.

    Parameters
    ----------
    chart
        A chart whose parts refer to data by name (`altair.NamedData`).
    datasets
        The rows behind each name.
    description
        What a reader who cannot see the figure is told.
    layout
        The room the figure has; legends are folded where it is narrow.
    """
    legend = CONFIG["legend"] | ({"columns": 2} if layout.narrow else {})
    complete = (
        cast("Any", chart)
        .properties(description=description, usermeta={"embedOptions": {"actions": False}})
        .configure(**(CONFIG | {"legend": legend}))
    )
    # Set last and directly: every further step of the chart would copy and check each row.
    complete.datasets = datasets
    return cast("AnyChart", complete)


def specification(chart: alt.ChartType) -> dict[str, Any]:
    """Return the Vega-Lite specification of a finished chart, with its data in ``datasets``."""
    import altair as alt

    bare = cast("Any", chart)
    datasets, bare.datasets = bare.datasets, alt.Undefined
    try:
        spec: dict[str, Any] = bare.to_dict(validate=False)
    finally:
        bare.datasets = datasets
    return {**spec, "datasets": datasets}


def layered(
    layers: Sequence[alt.Chart], data: alt.NamedData | None = None, **properties: object
) -> alt.LayerChart:
    """Return charts drawn over one another, with properties such as width and title."""
    import altair as alt

    chart = alt.layer(*layers) if data is None else alt.layer(*layers, data=data)
    return cast("alt.LayerChart", cast("Any", chart).properties(**properties))


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON takes them: ISO times, None for what is missing."""
    import pandas as pd

    plain = frame.copy()
    for column in plain.columns:
        if pd.api.types.is_datetime64_any_dtype(plain[column]):
            plain[column] = plain[column].dt.strftime("%Y-%m-%dT00:00:00")
        elif pd.api.types.is_float_dtype(plain[column]):
            plain[column] = plain[column].round(4)
    plain = plain.astype(object).where(plain.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]


def dates_across(
    field: str, dates: NDArray[np.datetime64], width: int, grid: bool = False
) -> alt.X:
    """Return a horizontal axis of dates, named so that a reader knows the year.

    Parameters
    ----------
    field
        Column with the dates.
    dates
        The days of the run; the axis covers them.
    width
        Width of the panel in pixels, which decides how many dates are written.
    grid
        Whether a thin line goes up from each date.
    """
    import altair as alt
    import pandas as pd

    first, last = pd.Timestamp(dates[0]), pd.Timestamp(dates[-1])
    months = (last - first).days / 30
    long = months > 13
    ticks: int | dict[str, Any] = max(2, width // (90 if long else 75))
    written = "%b %Y" if long else "%-d %b"
    if width < 250 and months > 2:
        # Too narrow for days: name months, as many as there is room for.
        step = next(step for step in (1, 2, 3, 6, 12, 24, 60, 600) if months / step <= width / 28)
        ticks = {"interval": "month", "step": step}
        written = "%b" if step < 12 else "%Y"
    return alt.X(
        f"{field}:T",
        title=None,
        scale=alt.Scale(domain=[when(first), when(last)]),
        axis=alt.Axis(
            format=written,
            tickCount=ticks,
            grid=grid,
        ),
    )


def when(day: pd.Timestamp) -> alt.DateTime:
    """Return a date for a scale or a rule."""
    import altair as alt

    return alt.DateTime(year=day.year, month=day.month, date=day.day)


def persons_up(
    field: str, ticks: int = 5, domain: Sequence[float] | None = None, flush: bool = False
) -> alt.Y:
    """Return a vertical axis of persons, from zero, in thousands and millions.

    Parameters
    ----------
    field
        Column with the numbers.
    ticks
        Roughly how many numbers are written.
    domain
        Lowest and highest number; from the data if absent.
    flush
        Whether the outer numbers are kept inside the panel, so that panels line up.
    """
    import altair as alt

    scale = (
        alt.Scale(domain=at_least(0, 1), nice=True)
        if domain is None
        else alt.Scale(domain=list(domain))
    )
    return alt.Y(
        f"{field}:Q",
        title=None,
        scale=scale,
        axis=alt.Axis(tickCount=ticks, labelExpr=THOUSANDS, labelFlush=flush),
    )


def at_least(low: float, high: float) -> alt.DomainUnionWith:
    """Return the extent of the data, and of two numbers: a flat line of zeros is then at zero."""
    import altair as alt

    return alt.DomainUnionWith(unionWith=[low, high])


THOUSANDS = (
    "datum.value >= 1e6 ? format(datum.value / 1e6, '~r') + ' M'"
    " : datum.value >= 1e4 ? format(datum.value / 1e3, '~r') + ' k'"
    " : format(datum.value, ',')"
)
"""Vega expression: 12 k and 3.5 M instead of long rows of zeros."""
