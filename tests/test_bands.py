"""Bands mean what they say: how often the next run, or the truth, lies in them, on known truth.

Of n independent runs, uniform from 0 to 1, the quantile p by linear interpolation has the mean
((n - 1) p + 1) / (n + 1); so the next run lies between the 5 % and the 95 % quantile with the
chance 0.9 (n - 1) / (n + 1), and between the lowest and the highest with (n - 1) / (n + 1).
False-alarm rate 1e-6 each.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from epidemics import FALSE_ALARM, doubt

from lazaretto.report import banded, replicates
from lazaretto.report.replicates import FEWEST_RUNS_FOR_BAND
from lazaretto.studies.calibration import scores

SETS = 4_000


def chance_of_next(n: int) -> float:
    """Return how often the next of n + 1 uniform runs lies in the band of the others."""
    share = 1.0 if n < FEWEST_RUNS_FOR_BAND else 0.9
    return share * (n - 1) / (n + 1)


@pytest.mark.parametrize("n", [3, 5, 19, 20, 100, 400])
def test_a_band_holds_the_next_run_as_often_as_it_says(n: int):
    runs = np.random.default_rng(n).random((SETS, n + 1))
    inside = 0
    for *before, after in runs:
        band = replicates.spread(np.array(before))
        inside += band.low <= after <= band.high
    print(
        f"{n} runs: {inside / SETS:.1%} of next runs in the band, {chance_of_next(n):.1%} expected"
    )
    assert doubt(inside, SETS, chance_of_next(n)) > FALSE_ALARM


@pytest.mark.parametrize("n", [5, 20, 100])
def test_a_band_by_day_holds_the_next_run_as_often_as_it_says(n: int):
    """Days of one set are independent here, so each is a set of its own."""
    rng = np.random.default_rng(100 + n)
    days = pd.date_range("2022-03-01", periods=SETS)
    runs = xr.DataArray(rng.random((n, SETS)), dims=("replicate", "date"), coords={"date": days})
    table, after = banded.banded({"x": runs}), rng.random(SETS)
    inside = int(((table["p05"] <= after) & (after <= table["p95"])).sum())
    assert doubt(inside, SETS, chance_of_next(n)) > FALSE_ALARM


@pytest.mark.parametrize("share", [0.5, 0.9, 0.98])
def test_a_band_of_draws_holds_what_it_says(share: float):
    """Draws of a posterior and data from the same distribution, day by day."""
    rng, draws = np.random.default_rng(7), 400
    ensemble, data = rng.random((draws, SETS)), rng.random(SETS)
    inside = scores.coverage(ensemble, np.full(draws, 1 / draws), data, share)
    expected = share * draws / (draws + 1)
    print(f"{inside:.1%} of days in the band of {share:.0%}, {expected:.1%} expected")
    assert doubt(round(inside * SETS), SETS, expected) > FALSE_ALARM


def test_draws_of_unequal_weight_make_the_band_of_what_they_stand_for():
    """Draws from one distribution, weighted to be those of another: the band is the other's."""
    rng, draws, days = np.random.default_rng(8), 2_000, 500
    inside = []
    for _ in range(days):
        members = rng.random(draws)
        weights = 2 * members  # of density 2x
        truth = np.sqrt(rng.random(1))
        inside.append(scores.coverage(members[:, None], weights / weights.sum(), truth, 0.9))
    assert doubt(round(sum(inside)), days, 0.9) > FALSE_ALARM
