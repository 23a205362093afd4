"""How far one message goes, with and without deletion, drawn as a condition of the society."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lazaretto.report.appearance import MUTED, SIMULATED, WIDE, Layout, finished, rows
from lazaretto.report.wording import percent

if TYPE_CHECKING:
    import altair as alt

DELETED, NEVER = "deleted as in the scenario", "never deleted"

CLASSES = {
    "under 0.001 %": 1e-5,
    "0.001 to 0.01 %": 1e-4,
    "0.01 to 0.1 %": 1e-3,
    "0.1 to 1 %": 1e-2,
    "1 to 10 %": 0.1,
    "10 % or more": np.inf,
}
"""Share of the residents who ever learn of a message: classes and their upper ends."""


class MessageReach(NamedTuple):
    """Share of residents who ever learn of each of so many imagined messages.

    Parameters
    ----------
    deleted, kept
        With copies deleted as in the scenario, and never; the same messages, shape (n_messages,).
    """

    deleted: NDArray[np.float64]
    kept: NDArray[np.float64]


def reach_table(reach: MessageReach) -> pd.DataFrame:
    """Return how many messages reach how many residents.

    Columns: reach (class), condition, share (of the messages).

    Parameters
    ----------
    reach
        The shares of residents reached.
    """
    ends = np.array(list(CLASSES.values()))
    tables = []
    for condition, reached in ((DELETED, reach.deleted), (NEVER, reach.kept)):
        number = np.bincount(np.searchsorted(ends, reached, side="right"), minlength=ends.size)
        share = number / max(reached.size, 1)
        tables.append(pd.DataFrame({"reach": list(CLASSES), "condition": condition,
                                    "share": share}))  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def reach_words(reach: MessageReach) -> str:
    """Return what the messages reach, in a sentence."""
    few, many = CLASSES["under 0.001 %"], CLASSES["0.1 to 1 %"]
    least = [percent(float((reached < few).mean())) for reached in reach]
    most = [percent(float((reached >= many).mean())) for reached in reach]
    return (
        f"{reach.deleted.size} imagined messages about one filmed break-out, each begun by one"
        f" person and followed for 14 days. {least[0]} of them with deletion and {least[1]} without"
        f" reach fewer than 0.001 % of the residents; {most[0]} and {most[1]} reach 1 % or more."
    )


def reach_figure(reach: MessageReach, layout: Layout = WIDE) -> alt.Chart:
    """Return the distribution of how many residents ever learn of a message.

    Parameters
    ----------
    reach
        The shares of residents reached.
    layout
        The room the figure has.
    """
    import altair as alt

    names = [DELETED, NEVER]
    labels = 104
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("reach"))
        .mark_bar()
        .encode(
            alt.X(
                "share:Q",
                title="share of the messages",
                axis=alt.Axis(format=".0%", tickCount=4, grid=True),
            ),
            alt.Y(
                "reach:N",
                sort=list(CLASSES),
                title=None,
                axis=alt.Axis(minExtent=labels, maxExtent=labels, labelLimit=labels),
            ),
            yOffset=alt.YOffset("condition:N", sort=names),
            color=alt.Color(
                "condition:N",
                sort=names,
                scale=alt.Scale(domain=names, range=[MUTED, SIMULATED]),
                legend=alt.Legend(columns=1 if layout.narrow else 2),
            ),
            tooltip=[
                alt.Tooltip("reach:N", title="residents reached"),
                alt.Tooltip("condition:N", title=" "),
                alt.Tooltip("share:Q", format=".1%", title="of the messages"),
            ],
        )
        .properties(
            width=layout.panel - labels + 40,
            height=200,
            title="Residents who ever learn of one message",
        )
    )
    return finished(
        chart,
        {"reach": rows(reach_table(reach))},
        "Bars: how many of the imagined messages reach which share of the residents, with and"
        " without deletion.",
        layout,
    )
