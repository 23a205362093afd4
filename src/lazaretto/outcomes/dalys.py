"""DALYs of infection and DALYs of confinement: two accounts, never added.

A DALY is a year of life lost or, times its disability weight, a year lived in illness; without
discounting or age weights, as in the Global Burden of Disease since 2010.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from lazaretto.outcomes import disability_weights as weights
from lazaretto.outcomes.care_forgone import missed_care_deaths_per_day
from lazaretto.outcomes.mental_health import DAYS_PER_YEAR, mental_health_dalys
from lazaretto.outcomes.rows import Row, band, ends, rows_of

INFECTION = "DALYs of infection"
CONFINEMENT = "DALYs of confinement"

_LIFE = (*(f"dalys.remaining_life.{band}" for band, _ in weights.REMAINING_LIFE),
         "dalys.remaining_level")  # fmt: skip
_ILL = tuple(
    f"dalys.{name}"
    for name in ("mild", "moderate", "moderate_share", "symptom_days", "ward", "icu", "afterwards",
                 "afterwards_share", "afterwards_days")
)  # fmt: skip
_MISSED = (
    "care.strokes",
    "care.heart_attacks",
    "care.inpatient",
    "care.inpatient_gradient",
    "care.inpatient_spread",
    "care.stroke_deaths",
    "care.heart_deaths",
    "care.inpatient_deaths",
    "dalys.missed_care_years",
)
_MENTAL = (
    "mental.depressed",
    "mental.anxious",
    "mental.attributable",
    "dalys.depression",
    "dalys.anxiety",
)


def life_years_lost(runs: xr.Dataset) -> xr.DataArray:
    """Return years of life lost to infection, axes replicate, date, age, bound."""
    years = np.array([float(figure) for _, figure in weights.REMAINING_LIFE])
    deaths = runs["deaths_by_age"].sum("dose").astype(np.float64)
    remaining = xr.DataArray(years, {"age": deaths["age"]}, "age")
    return deaths * remaining * ends(weights.REMAINING_LEVEL)


def weight_of_symptoms() -> xr.DataArray:
    """Return the mean disability weight of a day with symptoms outside hospital."""
    moderate = ends(weights.MODERATE_SHARE)
    return moderate * ends(weights.MODERATE) + (1 - moderate) * ends(weights.MILD)


def dalys_per_symptomatic() -> xr.DataArray:
    """Return DALYs of a symptomatic infection outside hospital, afterwards included."""
    acute = weight_of_symptoms() * ends(weights.SYMPTOM_DAYS)
    after = ends(weights.AFTERWARDS_SHARE) * ends(weights.AFTERWARDS)
    return (acute + after * ends(weights.AFTERWARDS_DAYS)) / DAYS_PER_YEAR


def illness_dalys(runs: xr.Dataset) -> xr.DataArray:
    """Return DALYs lived in illness by infection, axes replicate, date, bound.

    Days in a ward and in intensive care are those of the run. Some of them fall into the days of
    symptoms that are counted as well: all of them at the low end, half in the middle, none at the
    high end.
    """
    ill = runs["symptomatic_by_age"].sum("age") * dalys_per_symptomatic()
    patients = runs["patients"]
    patients = patients.sum([name for name in ("district",) if name in patients.dims])
    twice = band(1.0, 0.5, 0.0) * weight_of_symptoms()
    ward = patients.sel(care="ward", drop=True) * (ends(weights.WARD) - twice)
    icu = patients.sel(care="icu", drop=True) * (ends(weights.ICU) - twice)
    return ill + (ward + icu) / DAYS_PER_YEAR


def dalys_of_infection(runs: xr.Dataset) -> Iterator[Row]:
    """Yield years of life lost, DALYs lived in illness, and both together.

    Parameters
    ----------
    runs
        Results with a replicate axis, ``deaths_by_age``, ``symptomatic_by_age`` and ``patients``.
    """
    lost, ill = life_years_lost(runs), illness_dalys(runs)
    yield from rows_of("years of life lost to infection", "virus", "years", [lost], _LIFE)
    yield from rows_of("DALYs lived in illness by infection", "virus", "DALYs", [ill], _ILL)
    together = lost.sum("age") + ill
    yield from rows_of(INFECTION, "virus", "DALYs", [together], (*_LIFE, *_ILL))


def dalys_of_confinement(runs: xr.Dataset) -> Iterator[Row]:
    """Yield years of life lost to missed care, DALYs of mental ill-health, and both together.

    The low end of each is none.

    Parameters
    ----------
    runs
        Results with a replicate axis, ``persons_by_tier`` and ``longest_stay``.
    """
    deaths = runs["persons_by_tier"] * missed_care_deaths_per_day()
    lost = deaths * ends(weights.MISSED_CARE_YEARS)
    mental = mental_health_dalys(runs)
    yield from rows_of("years of life lost to missed care", "policy", "years", [lost], _MISSED)
    kind = "DALYs of mental ill-health due to confinement"
    yield from rows_of(kind, "policy", "DALYs", [mental], _MENTAL)
    days = [name for name in lost.dims if name not in ("replicate", "bound")]
    together = lost.sum(days) + mental.sum("age")
    yield from rows_of(CONFINEMENT, "policy", "DALYs", [together], (*_MISSED, *_MENTAL))
