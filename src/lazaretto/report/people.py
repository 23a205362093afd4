"""A synthetic population beside its tables: ages, households, daytime, household contacts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lazaretto.people import Fidelity, Margin
from lazaretto.report.appearance import (
    DATA,
    INK,
    SIMULATED,
    WIDE,
    finished,
    layered,
    rows,
)
from lazaretto.report.files import save_chart
from lazaretto.words import AGE_BANDS

if TYPE_CHECKING:
    import altair as alt

MADE, TABLE = "synthetic population", "table it was made from"

ENDINGS = (".svg", ".png", ".pdf", ".json")
"""Kinds of file a figure can be saved as."""

CONTACTS = {
    "implied": "Implied by the population",
    "published": "Mistry et al. 2021, as published",
    "adjusted": "The same at the ages of the census",
}


def fidelity_figure(compared: Fidelity) -> alt.ChartType:
    """Return the figure: margins as bars with their tables as marks, contacts as heat maps.

    Parameters
    ----------
    compared
        A population beside its census, as from `lazaretto.people.fidelity`.
    """
    import altair as alt

    margins = {margin.name: margin for margin in compared.margins}
    ages = margins["persons by district and age"]
    by_age = _beside(AGE_BANDS, ages.made.sum(axis=0), ages.expected.sum(axis=0))
    by_size = _of(margins["family households by size"])
    school = _of(margins["at school by age (staff included)"], AGE_BANDS)
    work = _of(margins["at work by age"], AGE_BANDS)
    datasets = {
        "ages": rows(by_age),
        "sizes": rows(by_size),
        "school": rows(school),
        "work": rows(work),
        "districts": rows(_districts(ages)),
        "contacts": rows(_contacts(compared)),
    }
    half = WIDE.panels(2)
    bands = list(AGE_BANDS)
    sizes = [str(label) for label in by_size["label"]]
    chart = alt.vconcat(
        alt.hconcat(
            _bars("ages", bands, "Persons by age", half),
            _bars("sizes", sizes, "Family households by persons", half),
        ),
        alt.hconcat(
            _bars("school", bands, "At school by age, staff included", half),
            _bars("work", bands, "At work by age", half),
        ),
        *(
            [_bars("districts", list(ages.labels), "Persons by district", WIDE.panel)]
            if len(ages.labels) > 1
            else []
        ),
        alt.hconcat(*(_heat(which, compared) for which in CONTACTS)),
    ).resolve_scale(color="independent")
    said = (
        f"The synthetic population of {compared.name}, {compared.n_persons:,} persons, beside its "
        f"tables. Household contacts: cosine {compared.cosine:.3f} with the published matrix, "
        f"{compared.cosine_adjusted:.3f} with the adjusted one."
    )
    return finished(chart.properties(title=_title(compared)), datasets, said)


def save_fidelity(compared: Fidelity, path: Path) -> None:
    """Write the figure of `fidelity_figure` to a file.

    Parameters
    ----------
    compared
        A population beside its census.
    path
        The file; its ending says the format, see `ENDINGS`.

    Raises
    ------
    ValueError
        If the ending is none of `ENDINGS`.
    """
    if path.suffix not in ENDINGS:
        raise ValueError(f"{path.name} ends in none of {', '.join(ENDINGS)}")
    save_chart(fidelity_figure(compared), path)


def _title(compared: Fidelity) -> Any:  # noqa: ANN401 - Altair's title
    import altair as alt

    return alt.Title(
        f"{compared.name}: {compared.n_persons:,} synthetic residents and their tables",
        subtitle="Bars are the population, ticks the table it was made from.",
        subtitleColor=INK,
        offset=16,
    )


def _beside(
    labels: tuple[str, ...], made: NDArray[np.float64], expected: NDArray[np.float64]
) -> pd.DataFrame:
    return pd.DataFrame({"label": list(labels), "made": made, "table": expected})


def _of(margin: Margin, labels: tuple[str, ...] | None = None) -> pd.DataFrame:
    return _beside(labels or margin.labels, margin.made, margin.expected)


def _districts(ages: Margin) -> pd.DataFrame:
    return _beside(ages.labels, ages.made.sum(axis=1), ages.expected.sum(axis=1))


def _contacts(compared: Fidelity) -> pd.DataFrame:
    matrices = {
        "implied": compared.household_contacts,
        "published": compared.mistry_contacts,
        "adjusted": compared.mistry_adjusted,
    }
    parts = []
    for which, matrix in matrices.items():
        part = pd.DataFrame(
            [
                {"of": AGE_BANDS[i], "with": AGE_BANDS[j], "value": float(matrix[i, j])}
                for i in range(len(AGE_BANDS))
                for j in range(len(AGE_BANDS))
            ]
        )
        parts.append(part.assign(which=which))
    return pd.concat(parts, ignore_index=True)


def _bars(data: str, order: list[str], title: str, width: int) -> alt.ChartType:
    import altair as alt

    x = alt.X(
        "label:N", sort=order, title=None, axis=alt.Axis(labelAngle=-45 if len(order) > 10 else 0)
    )
    axis = alt.Axis(format="~s", tickCount=4)
    base = alt.Chart(alt.NamedData(data))
    bars = base.mark_bar(color=SIMULATED).encode(
        x=x,
        y=alt.Y("made:Q", title=None, axis=axis),
        tooltip=[
            alt.Tooltip("label:N", title=" "),
            alt.Tooltip("made:Q", title=MADE, format=",.0f"),
            alt.Tooltip("table:Q", title=TABLE, format=",.0f"),
        ],
    )
    ticks = base.mark_tick(color=DATA, thickness=2).encode(x=x, y=alt.Y("table:Q"))
    return layered([bars, ticks], width=width, height=150, title=title)


def _heat(which: str, compared: Fidelity) -> alt.ChartType:
    import altair as alt

    measured = {"published": compared.cosine, "adjusted": compared.cosine_adjusted}
    title: list[str] = [CONTACTS[which]]
    title.append(f"cosine {measured[which]:.3f}" if which in measured else "household contacts")
    size = WIDE.panels(3) - 8
    order = list(AGE_BANDS)
    chart: alt.ChartType = (
        alt.Chart(alt.NamedData("contacts"))
        .transform_filter(f"datum.which === '{which}'")
        .mark_rect()
        .encode(
            x=alt.X("with:N", sort=order, title="age of the other", axis=alt.Axis(labelAngle=-45)),
            y=alt.Y("of:N", sort=order[::-1], title=None),
            color=alt.Color("value:Q", scale=alt.Scale(range=["#ffffff", SIMULATED]), legend=None),
            tooltip=["of:N", "with:N", alt.Tooltip("value:Q", format=".3f")],
        )
        .properties(width=size, height=size, title=alt.Title(title))
    )
    return chart
