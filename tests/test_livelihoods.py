"""Livelihoods: fifths are fifths, variance is shared as asked, tables have exact means.

Statistical tests use fixed seeds; their false-alarm rate is 1e-6 each, over all comparisons made.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, norm

from lazaretto.behaviour.livelihoods import (
    income_thresholds,
    lognormal_table,
    normal_table,
    spread_by_compound,
)
from lazaretto.chance import CERTAIN, threshold

FALSE_ALARM = 1e-6
MANY = 200_000


@pytest.mark.parametrize("segregation", [0.1, 0.3, 0.6, 1.0])
def test_each_class_holds_a_fifth_over_many_compounds(segregation: float):
    shares = np.diff(income_thresholds(segregation, MANY, 7) / CERTAIN, axis=1, prepend=0, append=1)
    assert (shares >= 0).all()
    error = shares.std(axis=0) / np.sqrt(MANY)
    z = (shares.mean(axis=0) - 0.2) / error
    assert np.abs(z).max() < norm.isf(FALSE_ALARM / 2 / 5)


def test_the_expected_share_of_each_class_is_exactly_a_fifth():
    """Integrated over compounds: the mean of P(below a border | z) over normal z is c / 5."""
    z, weight = np.polynomial.hermite_e.hermegauss(120)
    for segregation in (0.1, 0.3, 0.6):
        for c in range(1, 5):
            border = norm.ppf(c / 5)
            below = norm.cdf((border - np.sqrt(segregation) * z) / np.sqrt(1 - segregation))
            assert weight @ below / weight.sum() == pytest.approx(c / 5, abs=1e-9)


def test_the_variance_between_compounds_is_the_share_asked_for():
    for segregation in (0.2, 0.5):
        below = income_thresholds(segregation, MANY, 3)[:, 1] / CERTAIN
        compound = norm.ppf(below) * np.sqrt(1 - segregation)
        ratio = MANY * compound.var() / segregation
        low, high = chi2.ppf([FALSE_ALARM / 4, 1 - FALSE_ALARM / 4], MANY - 1)
        assert low < ratio < high


def test_without_segregation_compounds_are_alike_and_with_all_of_it_of_one_class():
    alike = income_thresholds(0.0, 50, 1)
    assert (alike == threshold(np.arange(1, 5) / 5)).all()
    single = income_thresholds(1.0, 500, 1)
    assert np.isin(single, [0, CERTAIN]).all()
    assert (single[:, 1:] >= single[:, :-1]).all()
    with pytest.raises(ValueError, match="0 to 1"):
        income_thresholds(1.1, 5, 1)


def test_a_compound_has_its_traits_whatever_others_there_are():
    few, many = income_thresholds(0.3, 10, 5), income_thresholds(0.3, 1000, 5)
    assert few.dtype == np.uint32
    assert np.array_equal(few, many[:10])
    assert not np.array_equal(few, income_thresholds(0.3, 10, 6))
    assert np.array_equal(spread_by_compound(0.6, 10, 5), spread_by_compound(0.6, 1000, 5)[:10])


def test_the_spread_of_leakage_is_normal_and_no_matter_of_income():
    effect = spread_by_compound(0.6, MANY, 11)
    assert abs(effect.mean()) < 0.6 / np.sqrt(MANY) * norm.isf(FALSE_ALARM / 4)
    low, high = chi2.ppf([FALSE_ALARM / 4, 1 - FALSE_ALARM / 4], MANY - 1)
    assert low < MANY * effect.var() / 0.36 < high
    income = norm.ppf(income_thresholds(0.3, MANY, 11)[:, 1] / CERTAIN)
    correlation = np.corrcoef(income, effect)[0, 1]
    assert abs(correlation) < norm.isf(FALSE_ALARM / 2) / np.sqrt(MANY)
    assert not spread_by_compound(0.0, 20, 1).any()


@pytest.mark.parametrize("sd", [0.0, 0.6, 1.2])
@pytest.mark.parametrize("n", [8, 1024])
def test_tables_are_mid_quantiles_with_exact_means(sd: float, n: int):
    normal, lognormal = normal_table(sd, n), lognormal_table(sd, n)
    middles = (np.arange(n) + 0.5) / n
    assert np.allclose(normal, sd * norm.ppf(middles), atol=1e-12)
    assert abs(normal.sum()) < 1e-12
    assert np.array_equal(normal, -normal[::-1])
    assert lognormal.mean() == pytest.approx(1.0, abs=1e-14)
    assert np.allclose(np.log(lognormal) - np.log(lognormal).mean(), normal, atol=1e-12)
