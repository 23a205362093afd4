"""Care that was not had because of confinement, and the deaths that may follow, as ranges."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from lazaretto.outcomes import unit_values as values
from lazaretto.outcomes.rows import Row, by_tier, ends, rows_of
from lazaretto.provenance import Figure
from lazaretto.scenario.behaviour import TIER_WEIGHT

ABOVE_OPEN = (0.0, 1.0, 1.0, 1.0)
"""Every tier above open alike: where a source does not tell the tiers apart."""


def care_per_day(usual: Figure, gradient: Figure, spread: Figure) -> xr.DataArray:
    """Return care forgone on a person-day at each tier, axes ``tier``, ``bound``.

    Low is the low end of the gradient with movement times the weight of the tier; high is the loss
    of Shanghai in spring 2022 spread over its confinement; the middle lies half-way between the
    gradient itself and high, no better known than they.

    Parameters
    ----------
    usual
        Usual care in visits or stays per person-day.
    gradient, spread
        Shares of it forgone: low end on a sealed day, high end on any day above open.
    """
    weight = usual.value * np.array(TIER_WEIGHT)
    least = gradient.value if gradient.low is None else gradient.low
    high = usual.value * spread.value * np.array(ABOVE_OPEN)
    middle = (weight * gradient.value + high) / 2
    return by_tier((weight * least).tolist(), middle.tolist(), high.tolist())


def emergencies_per_day(figure: Figure) -> xr.DataArray:
    """Return emergencies without care on a person-day at each tier, axes ``tier``, ``bound``."""
    mean, onset = figure.value, figure.value if figure.high is None else figure.high
    above = np.array(ABOVE_OPEN)
    low = mean * np.array(TIER_WEIGHT)
    return by_tier(low.tolist(), (mean * above).tolist(), (onset * above).tolist())


def visits_per_day() -> xr.DataArray:
    """Return outpatient visits forgone on a person-day at each tier."""
    return care_per_day(values.OUTPATIENT, values.OUTPATIENT_GRADIENT, values.OUTPATIENT_SPREAD)


def stays_per_day() -> xr.DataArray:
    """Return stays in hospital forgone on a person-day at each tier."""
    return care_per_day(values.INPATIENT, values.INPATIENT_GRADIENT, values.INPATIENT_SPREAD)


def missed_care_deaths_per_day() -> xr.DataArray:
    """Return deaths from missed care on a person-day at each tier: none at the low end.

    Strokes and heart attacks that were not treated, and stays in hospital that were forgone,
    times assumed excess fatalities. The excess of Wuhan in early 2020 is not used.
    """
    return (
        emergencies_per_day(values.STROKES) * ends(values.STROKE_DEATHS)
        + emergencies_per_day(values.HEART_ATTACKS) * ends(values.HEART_DEATHS)
        + stays_per_day() * ends(values.INPATIENT_DEATHS)
    )


def care_forgone(runs: xr.Dataset) -> Iterator[Row]:
    """Yield visits, stays and emergencies without care, and deaths, by date, district and tier.

    Not by age or income: the sources do not say who went without.

    Parameters
    ----------
    runs
        Results with a replicate axis and the variable ``persons_by_tier``.
    """
    persons = runs["persons_by_tier"]
    emergencies = ("care.strokes", "care.heart_attacks")
    fatal = ("care.stroke_deaths", "care.heart_deaths", "care.inpatient_deaths")
    for kind, unit, per_day, figures in (
        (
            "outpatient visits forgone",
            "visits",
            visits_per_day(),
            ("care.outpatient", "care.outpatient_gradient", "care.outpatient_spread"),
        ),
        ("inpatient stays forgone", "stays", stays_per_day(), _INPATIENT),
        (
            "strokes without emergency care",
            "strokes",
            emergencies_per_day(values.STROKES),
            emergencies[:1],
        ),
        (
            "heart attacks without emergency care",
            "heart attacks",
            emergencies_per_day(values.HEART_ATTACKS),
            emergencies[1:],
        ),
        (
            "deaths from missed care",
            "persons",
            missed_care_deaths_per_day(),
            (*emergencies, *_INPATIENT, *fatal),
        ),
    ):
        yield from rows_of(kind, "policy", unit, [persons * per_day], figures)


_INPATIENT = ("care.inpatient", "care.inpatient_gradient", "care.inpatient_spread")
