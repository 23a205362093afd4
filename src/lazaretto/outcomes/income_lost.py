"""Income lost in confinement, and by which class."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes import unit_values as values
from lazaretto.outcomes.rows import Row, ends, rows_of
from lazaretto.scenario.behaviour import TIER_WEIGHT
from lazaretto.words import INCOMES, TIERS

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

    A day of isolation costs as much as a sealed one, whatever the tier.

    Parameters
    ----------
    runs
        Results with a replicate axis and ``persons_by_tier``; by class with ``persons_by_income``;
        of the isolated with ``isolated_by_income``.
    """
    per_day = ends(values.INCOME_LOSS)
    usual = per_day / values.USUAL_INCOME.value
    if "persons_by_income" not in runs:
        days = _sealed_days(runs, "persons_by_tier")
        yield from rows_of("income lost", "policy", "RMB", [days * per_day], FIGURES[:1])
        figures = ("income.loss", "income.usual")
        yield from rows_of("usual income lost", "policy", "days of income", [days * usual], figures)
        return
    days = _sealed_days(runs, "persons_by_income")
    in_rmb, in_days = _by_class(loss_weights()), _by_class(loss_rates())
    yield from rows_of("income lost", "policy", "RMB", [days * per_day * in_rmb], FIGURES)
    yield from rows_of(
        "usual income lost",
        "policy",
        "days of income",
        [days * usual * in_days],
        (*FIGURES, "income.usual"),
    )


def _sealed_days(runs: xr.Dataset, name: str) -> xr.DataArray:
    """Return person-days times the weight of their tier; the isolated as if they were sealed."""
    weight = xr.DataArray(list(TIER_WEIGHT), {"tier": list(TIERS)}, "tier")
    days = runs[name] * weight
    if "isolated_by_income" not in runs:
        return days
    isolated = runs["isolated_by_income"]
    return days + (isolated if "income" in days.dims else isolated.sum("income")) * (1 - weight)


def _by_class(numbers: NDArray[np.float64]) -> xr.DataArray:
    return xr.DataArray(numbers, {"income": list(INCOMES)}, "income")


def _shares() -> NDArray[np.float64]:
    shares = np.array([float(figure) for _, figure in values.INCOME_SHARES])
    return np.asarray(shares / shares.sum(), np.float64)
