"""Income lost in confinement, and by which class."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes import unit_values as values
from lazaretto.outcomes.rows import Row, by_tier, ends, rows_of
from lazaretto.scenario.behaviour import TIER_WEIGHT
from lazaretto.words import INCOMES

FIGURES = (
    "income.loss",
    *(f"income.share.{income}" for income in INCOMES),
    *(f"income.loss_rate.{income}" for income in INCOMES),
)


def loss_rates() -> NDArray[np.float64]:
    """Return the share of its income that each class loses relative to the city, shape (5,).

    Scaled so that classes of equal size, confined alike, together lose what the city does.
    """
    shares, rates = _shares(), np.array([float(figure) for _, figure in values.LOSS_RATES])
    return np.asarray(rates / (shares @ rates), np.float64)


def loss_weights() -> NDArray[np.float64]:
    """Return RMB lost by a person of each class relative to an average person, shape (5,)."""
    return np.asarray(len(INCOMES) * _shares() * loss_rates(), np.float64)


def income_lost(runs: xr.Dataset) -> Iterator[Row]:
    """Yield income lost in RMB and in days of usual income, before any income support.

    Parameters
    ----------
    runs
        Results with a replicate axis and ``persons_by_tier``; by class with ``persons_by_income``.
    """
    weight = by_tier(TIER_WEIGHT, TIER_WEIGHT, TIER_WEIGHT)
    rmb = weight * ends(values.INCOME_LOSS)
    usual = rmb / values.USUAL_INCOME.value
    plain = [runs["persons_by_tier"] * rmb], [runs["persons_by_tier"] * usual]
    if "persons_by_income" not in runs:
        yield from rows_of("income lost", "policy", "RMB", plain[0], FIGURES[:1])
        days = ("income.loss", "income.usual")
        yield from rows_of("usual income lost", "policy", "days of income", plain[1], days)
        return
    persons = runs["persons_by_income"]
    in_rmb, in_days = _by_class(loss_weights()), _by_class(loss_rates())
    yield from rows_of("income lost", "policy", "RMB", [persons * rmb * in_rmb], FIGURES)
    yield from rows_of(
        "usual income lost",
        "policy",
        "days of income",
        [persons * usual * in_days],
        (*FIGURES, "income.usual"),
    )


def _by_class(numbers: NDArray[np.float64]) -> xr.DataArray:
    return xr.DataArray(numbers, {"income": list(INCOMES)}, "income")


def _shares() -> NDArray[np.float64]:
    shares = np.array([float(figure) for _, figure in values.INCOME_SHARES])
    return np.asarray(shares / shares.sum(), np.float64)
