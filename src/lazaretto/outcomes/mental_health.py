"""Adults confined for two weeks or longer, and how many of such adults had symptoms in Shanghai."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from lazaretto.outcomes import disability_weights as weights
from lazaretto.outcomes import unit_values as values
from lazaretto.outcomes.rows import Row, band, ends, exact, rows_of
from lazaretto.words import AGE_BANDS

TWO_WEEKS = 14
ADULTS = "adults confined two weeks or longer"
ADULT_SHARE = np.array([0.0, 0.0, 0.0, 0.4, *[1.0] * (len(AGE_BANDS) - 4)])
"""Share of each age band that is 18 or older: two of the five years from 15 to 19."""

DAYS_PER_YEAR = 365.25

NONE_TO_ALL = band(0, values.ATTRIBUTABLE.value, 1)
"""Share of a prevalence that is due to confinement: it has no baseline to compare with."""


def adults_confined(runs: xr.Dataset) -> xr.DataArray:
    """Return adults whose longest stay was two weeks or more, by age and stay in days."""
    stays = runs["longest_stay"].astype(np.float64)
    adult = xr.DataArray(ADULT_SHARE, {"age": stays["age"]}, "age")
    return stays.where(stays["days_confined"] >= TWO_WEEKS, 0) * adult


def mental_health(runs: xr.Dataset) -> Iterator[Row]:
    """Yield prevalences among adults confined two weeks or longer, and their attributable part.

    Parameters
    ----------
    runs
        Results with a replicate axis and the variable ``longest_stay``.
    """
    adults = exact(adults_confined(runs).sum("days_confined"))
    yield from rows_of(ADULTS, "policy", "persons", [adults])
    for symptom, figure, key in (
        ("depressive symptoms", values.DEPRESSED, "mental.depressed"),
        ("anxiety symptoms", values.ANXIOUS, "mental.anxious"),
        ("suicidal ideation", values.SUICIDAL, "mental.suicidal"),
    ):
        yield from rows_of(
            f"{ADULTS} with {symptom} (prevalence, no baseline)",
            "policy",
            "persons",
            [adults * ends(figure)],
            (key,),
        )
        yield from rows_of(
            f"{symptom} due to confinement",
            "policy",
            "persons",
            [adults * ends(figure) * NONE_TO_ALL],
            (key, "mental.attributable"),
        )


def mental_health_dalys(runs: xr.Dataset) -> xr.DataArray:
    """Return DALYs of depression and anxiety due to confinement, axes replicate, age, bound.

    Each lasts as long as the longest stay. Who has both is counted for both at the high end.
    """
    adults = adults_confined(runs)
    years = (adults * adults["days_confined"]).sum("days_confined") / DAYS_PER_YEAR
    burden = ends(values.DEPRESSED) * ends(weights.DEPRESSION)
    burden = burden + ends(values.ANXIOUS) * ends(weights.ANXIETY)
    return years * burden * NONE_TO_ALL
