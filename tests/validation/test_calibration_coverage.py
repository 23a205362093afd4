"""Simulation-based calibration: over data from known numbers, the posterior is right as often as
it says (Talts et al. 2018, arXiv:1804.06788), in a small city whose runs are real."""

from __future__ import annotations

import numpy as np
import pytest
from calibrations import (
    FREE,
    NOISE,
    WRITTEN,
    Runner,
    data_of,
    observed_in,
    plan_for,
    small_city,
)
from scipy import stats

from lazaretto.studies.calibration.fit import fit
from lazaretto.studies.calibration.journal import Journal
from lazaretto.studies.calibration.misfit import COUNT_ERROR, WORTH
from lazaretto.studies.calibration.plan import Plan
from lazaretto.studies.calibration.waves import fit_in_waves

DATA_SETS, RUNS, PARTICLES, BINS = 60, 100, 25, 6

FALSE_ALARM = 1e-6


def place_in(values, weights, true):
    """Return the share of the posterior below the true number; a particle at it counts half."""
    return float(weights @ ((values < true) + 0.5 * (values == true)))


@pytest.mark.slow
def test_ranks_of_the_truth_are_uniform(tmp_path):
    """Truths from the prior, one calibration for each; six bins of ten, chi-square.

    The tolerance of ABC widens posteriors, so ranks crowd a little in the middle. At this size and
    false alarm the test sees a posterior that is biased by its own standard deviation (power 96 %),
    hardly one that is too narrow by half (20 %) or biased by half a deviation (4 %).
    """
    pytest.importorskip("pyabc")
    rng = np.random.default_rng(20260426)
    low, high = (np.array([free["prior"][end] for free in FREE]) for end in ("low", "high"))
    blank = small_city(tmp_path)
    ranks = np.empty((DATA_SETS, len(FREE)))
    for number in range(DATA_SETS):
        truth = rng.uniform(low, high)
        named = {free["name"]: float(v) for free, v in zip(FREE, truth, strict=True)}
        data = observed_in(blank, named, 10_000_000 + number)
        plan = Plan(blank.calibration, blank.whole, data)
        with Journal(tmp_path / f"{number}.sqlite") as journal:
            found = fit(plan, journal, RUNS, seed=1 + 20_000_000 * number, particles=PARTICLES)
        ranks[number] = [
            place_in(found.values[:, i], found.weights, truth[i]) for i in range(len(FREE))
        ]
    for i, free in enumerate(FREE):
        counts, _ = np.histogram(ranks[:, i], bins=BINS, range=(0, 1))
        p = stats.chisquare(counts).pvalue
        print(f"{free['name']}: ranks of the truth in {BINS} bins {counts.tolist()}, p {p:.3g}")
        assert p > FALSE_ALARM


WAVE_DATA_SETS, WAVE_RUNS = 120, 80


@pytest.mark.slow
@pytest.mark.parametrize("beginnings", [None, {"number": 4, "until": "2022-03-14"}])
def test_ranks_of_the_truth_in_waves_are_uniform(tmp_path, beginnings):
    """r0 from the prior, a stand-in for its run, and an error as the likelihood takes it.

    The error is one t value of 2 degrees of freedom times 0.2, the same on all ten days, which the
    likelihood counts as one observation. Nothing is approximated but by the number of runs, so
    ranks are uniform: six bins of twenty, chi-square, with and without chosen beginnings.
    """
    for library in ("sklearn", "arviz"):
        pytest.importorskip(library)
    rng = np.random.default_rng(20261126)
    low, high = WRITTEN["parameters"][0]["prior"].values()
    ranks = np.empty(WAVE_DATA_SETS)
    for number in range(WAVE_DATA_SETS):
        truth = rng.uniform(low, high)
        level = truth + NOISE * rng.standard_normal() + COUNT_ERROR * rng.standard_t(WORTH)
        plan = plan_for(tmp_path, data_of(max(level, 0.0)), beginnings=beginnings)
        with Journal(tmp_path / f"{number}.sqlite", Runner()) as journal:
            found = fit_in_waves(plan, journal, WAVE_RUNS, seed=1 + 20_000_000 * number)
        ranks[number] = place_in(found.values[:, 0], found.weights, truth)
    counts, _ = np.histogram(ranks, bins=BINS, range=(0, 1))
    p = stats.chisquare(counts).pvalue
    print(f"waves, beginnings {beginnings}: {counts.tolist()}, p {p:.3g}")
    assert p > FALSE_ALARM
