"""Simulation-based calibration: over data from known numbers, the posterior is right as often as
it says (Talts et al. 2018, arXiv:1804.06788), in a small city whose runs are real."""

from __future__ import annotations

import numpy as np
import pytest
from calibrations import FREE, observed_in, small_city
from scipy import stats

from lazaretto.studies.calibration.fit import fit
from lazaretto.studies.calibration.journal import Journal
from lazaretto.studies.calibration.plan import Plan

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
