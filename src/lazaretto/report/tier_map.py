"""The tier map: which share of each district is at which tier, on chosen dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.report.appearance import (
    INK,
    TIER_COLOURS,
    WIDE,
    Layout,
    finished,
    layered,
    rows,
)
from lazaretto.report.chronicle import TIER_WORDS
from lazaretto.report.replicates import by_area, with_replicates
from lazaretto.words import TIERS

if TYPE_CHECKING:
    import altair as alt

TILES = {
    "shanghai": {
        "Chongming": (0, 3),
        "Jiading": (1, 1), "Baoshan": (1, 2), "Yangpu": (1, 3),
        "Putuo": (2, 1), "Jing'an": (2, 2), "Hongkou": (2, 3), "Pudong": (2, 4),
        "Qingpu": (3, 0), "Changning": (3, 1), "Xuhui": (3, 2), "Huangpu": (3, 3),
        "Songjiang": (4, 1), "Minhang": (4, 2),
        "Jinshan": (5, 1), "Fengxian": (5, 2),
    },
}  # fmt: skip
"""Row and column of the tile of each district, north at the top; laid out here by neighbourhood."""

DATES_SHOWN = 6


def tile_positions(place: str, districts: list[str]) -> dict[str, tuple[int, int]]:
    """Return row and column of each district: a known layout, else a square in the order given.

    Parameters
    ----------
    place
        Name of the place.
    districts
        Names of the districts.
    """
    known = TILES.get(place, {})
    if set(districts) <= set(known):
        return {name: known[name] for name in districts}
    side = int(np.ceil(np.sqrt(len(districts))))
    return {name: divmod(i, side) for i, name in enumerate(districts)}


def telling_dates(shares: NDArray[np.float64], most: int = DATES_SHOWN) -> list[int]:
    """Return the days that show best how the map changed, in order.

    The first and the last day, then again and again the day most unlike all those chosen, until
    the rest are alike.

    Parameters
    ----------
    shares
        Share of residents by day, district and tier, shape (n_days, n_districts, n_tiers).
    most
        At most this many days.
    """
    flat = shares.reshape(shares.shape[0], -1)
    chosen = [0, flat.shape[0] - 1] if flat.shape[0] > 1 else [0]
    while len(chosen) < min(most, flat.shape[0]):
        apart = np.min([np.abs(flat - flat[day]).sum(axis=1) for day in chosen], axis=0)
        if apart.max() < 0.02 * shares.shape[1]:
            break
        chosen.append(int(apart.argmax()))
    return sorted(set(chosen))


def tier_table(results: xr.Dataset, most: int = DATES_SHOWN) -> pd.DataFrame:
    """Return the tiles: one row for each date, district and tier that somebody lives at.

    Columns: date, when (in words), district, short, row, column, tier, persons, share, left and
    right (sides of the coloured part of the tile, in columns). Means over the runs.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    most
        At most this many dates.
    """
    areas = by_area(with_replicates(results))
    mean = areas["persons_by_tier"].mean("replicate").transpose("date", "district", "tier")
    persons = mean.values
    total = persons.sum(axis=2, keepdims=True)
    shares = np.divide(persons, total, out=np.zeros(persons.shape), where=total > 0)
    names = [str(name) for name in mean["district"].values]
    tiles = tile_positions(str(results.attrs.get("place", "")), names)
    found = []
    for day in telling_dates(shares, most):
        stamp = pd.Timestamp(mean["date"].values[day])
        for d, name in enumerate(names):
            row, column = tiles[name]
            edges = column + 0.92 * np.concatenate([[0.0], np.cumsum(shares[day, d])])
            for level, tier in enumerate(TIERS):
                if shares[day, d, level] > 0:
                    found.append(
                        (stamp, f"{stamp.day} {stamp:%B}", name, name[:4], row, column, tier,
                         TIER_WORDS[tier], persons[day, d, level], shares[day, d, level],
                         edges[level], edges[level + 1])
                    )  # fmt: skip
    columns = ["date", "when", "district", "short", "row", "column", "tier", "words", "persons",
               "share", "left", "right"]  # fmt: skip
    return pd.DataFrame(found, columns=columns)


def tier_map(results: xr.Dataset, layout: Layout = WIDE) -> alt.FacetChart:
    """Return a tile for each district, filled by the share of its residents at each tier.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    """
    import altair as alt

    table = tier_table(results)
    table["top"], table["bottom"] = table["row"] + 0.33, table["row"] + 0.94
    n_rows, n_columns = int(table["row"].max()) + 1, int(table["column"].max()) + 1
    when = list(dict.fromkeys(table["when"]))
    columns = min(2 if layout.narrow else 3, len(when))
    width = min((layout.width - 22 * columns) // columns, n_columns * 90)
    height = int(n_rows * min(width / n_columns, 90) * 0.95)
    x = alt.X("left:Q", scale=alt.Scale(domain=[0, n_columns], nice=False), axis=None)
    down = alt.Scale(domain=[0, n_rows], nice=False, reverse=True)
    words = [TIER_WORDS[tier] for tier in TIERS]
    tooltip = [
        alt.Tooltip("district:N"),
        alt.Tooltip("when:N", title="date"),
        alt.Tooltip("words:N", title="tier"),
        alt.Tooltip("persons:Q", format=",.0f"),
        alt.Tooltip("share:Q", format=".0%"),
    ]
    base = alt.Chart()
    fill = base.mark_rect().encode(
        x,
        alt.X2("right"),
        alt.Y("top:Q", scale=down, axis=None),
        alt.Y2("bottom"),
        color=alt.Color(
            "words:N",
            sort=words,
            scale=alt.Scale(domain=words, range=list(TIER_COLOURS.values())),
            legend=alt.Legend(columns=2 if layout.narrow else 4),
        ),
        tooltip=tooltip,
    )
    few_letters = layout.narrow and n_columns > 2
    small = width / n_columns < 50
    label = (
        base.transform_aggregate(
            row="min(row)", column="min(column)", groupby=["district", "short"]
        )
        .transform_calculate(y="datum.row + 0.29")
        .mark_text(align="left", baseline="bottom", fontSize=9 if small else 10, color=INK)
        .encode(
            alt.X("column:Q", scale=alt.Scale(domain=[0, n_columns])),
            alt.Y("y:Q", scale=down),
            text="short:N" if few_letters else "district:N",
        )
    )
    chart = layered([fill, label], alt.NamedData("tiles"), width=width, height=height).facet(
        facet=alt.Facet("when:N", sort=when).title(None), columns=columns, spacing=24
    )
    return finished(
        chart,
        {"tiles": rows(table)},
        "A tile for each district, filled by the share of residents at each tier, on "
        + ", ".join(when)
        + ".",
        layout,
    )
