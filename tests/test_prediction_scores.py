"""Scores of predictions: by their definitions, baselines, carried errors and quantiles."""

from __future__ import annotations

import numpy as np
import pytest

from lazaretto.studies.calibration.carried import A_RUN, MEMORY, carried_on
from lazaretto.studies.calibration.predict import quantiles
from lazaretto.studies.calibration.scores import (
    POINTS,
    coverage,
    decline,
    held_out_scores,
    persistence,
    score,
)

for library in ("pyabc", "arviz", "scoringrules"):
    pytest.importorskip(library)


def test_crps_is_that_of_the_definition_with_weights():
    rng = np.random.default_rng(3)
    members, weights = rng.gamma(2, 9, (40, 5)), rng.dirichlet(np.ones(40))
    real = rng.gamma(2, 9, 5)
    expected = [
        weights @ np.abs(x - y) - weights @ np.abs(x[:, None] - x) @ weights / 2
        for x, y in zip(members.T, real, strict=True)
    ]
    assert score("x", members, weights, real).crps == pytest.approx(np.mean(expected))


def test_wis_is_that_of_the_quantiles():
    """WIS over the 23 levels is twice the mean quantile score (Bracher et al. 2021)."""
    from lazaretto.studies.calibration.scores import LEVELS

    rng = np.random.default_rng(4)
    members, weights, real = rng.gamma(3, 9, (60, 4)), np.full(60, 1 / 60), rng.gamma(3, 9, 4)
    found = quantiles(members, weights, LEVELS)
    level = np.array(LEVELS)[:, None]
    pinball = np.where(real < found, (1 - level) * (found - real), level * (real - found))
    expected = 2 * pinball.sum(axis=0) / len(LEVELS)
    assert score("x", members, weights, real).wis == pytest.approx(expected.mean())


def test_baselines_go_on_with_what_they_are_fitted_to():
    series = np.expm1(8 - 0.1 * np.arange(30))
    for baseline in (persistence, decline):
        middle = np.median(baseline(series, 10), axis=0)
        assert middle == pytest.approx(np.expm1(8 - 0.1 * (29 + np.arange(1, 11))))
    noisy = series * np.exp(0.1 * np.random.default_rng(1).standard_normal(30))
    for baseline in (persistence, decline):
        spread = np.log1p(baseline(noisy, 10)).std(axis=0)
        assert (np.diff(spread) > 0).all()
        assert baseline(noisy, 10).shape == (POINTS, 10)


def test_an_error_that_is_carried_on_starts_where_the_data_ended_and_fades():
    days, known = 40, 20
    run = np.full((3, days), 100.0)
    run[1] *= 2
    data = np.full(known, 150.0)
    members, weights = carried_on(run, np.array([0.5, 0.25, 0.25]), data)
    assert members.shape == (3 * A_RUN, days - known)
    assert weights.sum() == pytest.approx(1)
    middle = members.reshape(3, A_RUN, -1)[:, A_RUN // 2]
    assert middle[0] == pytest.approx(middle[2])
    left = np.exp(-np.arange(2, 22) / MEMORY)  # from the middle of the last three days
    assert np.log1p(middle[0]) == pytest.approx(np.log(101) + np.log(151 / 101) * left)
    assert np.log1p(middle[1]) == pytest.approx(np.log(201) + np.log(151 / 201) * left)
    width = np.ptp(np.log1p(members.reshape(3, A_RUN, -1)), axis=1)
    assert (np.diff(width, axis=1) > 0).all()
    later, _ = carried_on(run, np.array([0.5, 0.25, 0.25]), data, gap=5)
    assert np.array_equal(later, members[:, 5:])


def test_carried_errors_of_such_a_process_are_in_their_bands():
    """Data are a run times an Ornstein-Uhlenbeck error of 0.2: 90 % bands hold 90 % of the days.

    Each of 200 sets of days has one error a day after a week; independent sets, so the share of
    days in the band has a standard deviation of at most 2.1 %; five of them (false alarm 1e-6).
    """
    rng, known, ahead = np.random.default_rng(5), 56, 7
    inside = []
    for _ in range(200):
        error = [0.2 * rng.standard_normal()]
        keep = np.exp(-1 / MEMORY)
        for _ in range(known + ahead - 1):
            error.append(keep * error[-1] + 0.2 * np.sqrt(1 - keep**2) * rng.standard_normal())
        run = np.full((1, known + ahead), 1e5)
        data = 1e5 * np.exp(error)
        members, weights = carried_on(run, np.ones(1), data[:known])
        inside.append(coverage(members, weights, data[known:], 0.9))
    print(f"{np.mean(inside):.1%} of the days in the 90 % band")
    assert abs(np.mean(inside) - 0.9) < 5 * 0.021


def test_the_better_prediction_wins():
    series = np.expm1(8 - 0.1 * np.arange(40))
    sure = np.tile(series[30:], (50, 1)) * np.linspace(0.99, 1.01, 50)[:, None]
    noisy = series[:30] * np.exp(0.2 * np.random.default_rng(2).standard_normal(30))
    scored = held_out_scores(sure, np.full(50, 0.02), noisy, series[30:])
    assert min(scored, key=lambda each: each.wis).name == "fitted model"
    scored = held_out_scores(sure * 5, np.full(50, 0.02), noisy, series[30:])
    assert max(scored, key=lambda each: each.wis).name == "fitted model"


def test_weighted_quantiles_are_those_of_repeated_values():
    rng = np.random.default_rng(7)
    values, times = rng.normal(size=30), rng.integers(1, 5, 30)
    weights = times / times.sum()
    median = quantiles(values, weights, (0.5,))[0]
    assert median == pytest.approx(np.median(np.repeat(values, times)), abs=0.15)
    assert quantiles(values, np.full(30, 1 / 30), (0.0, 1.0)) == pytest.approx(
        [values.min(), values.max()]
    )
