"""Adherence over time against what was measured (B1 to B3), and its closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from evidence import measured
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from lazaretto.behaviour.leakage import (
    HALF_TABLE,
    LOGIT_UNIT,
    MeanLeakage,
    grow_tired,
    intercept,
    traits,
)
from lazaretto.behaviour.livelihoods import lognormal_table, normal_table
from lazaretto.scenario.behaviour import TIER_WEIGHT, Behaviour

SEALED, PRECAUTION, OPEN = 3, 1, 0
SEEDS = 50


def people(at_start: float = 0.12, **more) -> Behaviour:
    """Return people in the regime of the data: adherence 0.88 at first, no hardship."""
    return Behaviour.model_validate({"leakage": {"at_start": at_start}} | more)


def drawn(rules: Behaviour, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return logits without fatigue and sensitivities to it of n persons drawn at random."""
    chance = np.random.default_rng(seed)
    leakage = rules.leakage
    sds = (leakage.spread_compound, leakage.spread_household, leakage.spread_person)
    sd = np.sqrt(sum(float(each) ** 2 for each in sds))
    logit = intercept(rules) + sd * chance.standard_normal(n)
    # Sensitivity to fatigue is log-normal with mean 1.
    spread = float(rules.fatigue.spread)
    sensitivity = np.exp(spread * chance.standard_normal(n) - spread**2 / 2)
    return logit, float(rules.fatigue.effect) * sensitivity


def adherence(rules: Behaviour, tiers: list[int], seed: int, n: int = 20_000) -> np.ndarray:
    """Return each day's adherence of n persons, shape (days, n), under tiers day by day."""
    logit, pull = drawn(rules, n, seed)
    fatigue, kept = np.zeros(1), []
    for tier in tiers:
        kept.append(1 - special.expit(logit + pull * fatigue[0]))
        fatigue = grow_tired(rules.fatigue, fatigue, np.array([tier], np.uint8))
    return np.array(kept)


def overlaps(interval: np.ndarray, low: float, high: float) -> bool:
    """Return whether an interval, its ends first and last, overlaps a band."""
    return bool(interval[0] <= high) and bool(interval[-1] >= low)


def points_a_week(mean: np.ndarray, first: int, last: int) -> float:
    """Return by how many percentage points adherence falls a week between two days."""
    return float(100 * (mean[first] - mean[last]) / ((last - first) / 7))


# -- B1 to B3 ----------------------------------------------------------------------------------


def test_b1_adherence_declines_as_in_italy():
    """Delussu et al. 2022, Petherick et al. 2021: 1.7 points a week strict, 0.6 light, slowing."""
    rules, found = people(), []
    for seed in range(SEEDS):
        strict = adherence(rules, [SEALED] * 60, seed).mean(axis=1)
        light = adherence(rules, [PRECAUTION] * 60, seed).mean(axis=1)
        early, late = points_a_week(strict, 0, 14), points_a_week(strict, 28, 56)
        found.append((early, points_a_week(light, 0, 14), late, early - late))
    strict, light, late, slowing = np.percentile(np.array(found), [5, 50, 95], axis=0).T
    ratio = np.percentile([row[0] / row[1] for row in found], [5, 50, 95])
    print(f"points a week: strict {strict[1]:.2f}, light {light[1]:.2f}, ratio {ratio[1]:.2f}; "
          f"strict in weeks 5 to 8 {late[1]:.2f}")  # fmt: skip
    measured("B1: points a week, strict", strict[1], 1.0, 2.5)
    measured("B1: points a week, light", light[1], 0.2, 1.0)
    measured("B1: strict over light", ratio[1], 2.0, 3.5)
    assert overlaps(strict, 1.0, 2.5), strict
    assert overlaps(light, 0.2, 1.0), light
    assert overlaps(ratio, 2.0, 3.5), ratio
    assert slowing[0] > 0, (strict, late)


def test_b2_a_minority_declines():
    """Wright et al. 2021: about 1 in 7 declines; most hardly do."""
    lost_much, lost_little = [], []
    for seed in range(SEEDS):
        by_day = adherence(people(), [SEALED] * 60, seed)
        lost = 100 * (by_day[0] - by_day[-1])
        lost_much.append((lost > 20).mean())
        lost_little.append((lost < 5).mean())
    much, little = (np.percentile(each, [5, 95]) for each in (lost_much, lost_little))
    print(f"lose more than 20 points {np.mean(lost_much):.1%}, fewer than 5 "
          f"{np.mean(lost_little):.1%}")  # fmt: skip
    measured("B2: share who lose 20 points", np.mean(lost_much), 0.08, 0.20)
    assert overlaps(much, 0.08, 0.20), much
    assert little[1] > 1 / 3, little


def test_b3_release_resets_adherence():
    on_off = ([SEALED] * 14 + [OPEN] * 14) * 4
    on, gained = np.array(on_off) == SEALED, []
    for seed in range(SEEDS):
        alternating = adherence(people(), on_off, seed, 2_000).mean(axis=1)[on]
        unbroken = adherence(people(), [SEALED] * 56, seed, 2_000).mean(axis=1)
        gained.append(alternating.mean() - unbroken.mean())
    print(f"adherence with releases above that without: {100 * np.mean(gained):.2f} points, "
          f"at least {100 * min(gained):.2f}")  # fmt: skip
    assert min(gained) > 0


# -- closed forms ------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", range(4))
def test_fatigue_is_the_closed_form(tier):
    """Behaviour notes 2.2, equation 2, day by day and at once."""
    rules, start = people().fatigue, np.array([0.3])
    fatigue, days = start, 33
    for _ in range(days):
        fatigue = grow_tired(rules, fatigue, np.array([tier], np.uint8))
    omega, rho = np.log(2) / float(rules.half_life), np.log(2) / float(rules.recovery)
    expected = 1 - (1 - start) * np.exp(-omega * TIER_WEIGHT[tier] * days)
    if tier == OPEN:
        expected = start * np.exp(-rho * days)
    assert fatigue == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.integers(0, 3), max_size=200), st.floats(0, 1))
def test_fatigue_stays_between_none_and_full(tiers, start):
    fatigue = np.array([start])
    for tier in tiers:
        before, fatigue = fatigue, grow_tired(people().fatigue, fatigue, np.array([tier], np.uint8))
        assert 0 <= fatigue[0] <= 1
        assert fatigue[0] >= before[0] if tier else fatigue[0] <= before[0]


@pytest.mark.parametrize("at_start", [0.01, 0.05, 0.12, 0.5])
def test_the_mean_adult_leaks_as_said(at_start):
    """The intercept against 4 million draws: five standard errors, false alarm below 1e-6."""
    rules = people(at_start)
    logit, _ = drawn(rules, 4_000_000, 1)
    share = special.expit(logit)
    assert share.mean() == pytest.approx(at_start, abs=5 * share.std() / 2_000)


def test_the_table_of_means_is_the_mean_over_traits():
    rules = people()
    means, own = MeanLeakage(rules), traits(rules)
    household, person = own.household / LOGIT_UNIT, own.person / LOGIT_UNIT
    for logit, fatigue in ((-3.0, 0.0), (-2.0, 0.5), (0.0, 1.0)):
        tired = own.tired[8::16] / LOGIT_UNIT * fatigue
        all_of_them = (
            logit + household[8::16, None, None] + person[None, 8::16, None] + tired[None, None, :]
        )
        exact = special.expit(all_of_them).mean()
        found = means(np.array([round(logit * LOGIT_UNIT)]), np.array([round(fatigue * 256)]))
        assert found[0] == pytest.approx(exact, rel=0.01)


def test_traits_have_the_moments_they_should():
    assert normal_table(0.8).mean() == pytest.approx(0, abs=1e-12)
    assert normal_table(0.8).std() == pytest.approx(0.8, rel=0.005)
    assert lognormal_table(0.6).mean() == pytest.approx(1, abs=1e-12)


def test_a_logit_below_the_table_means_never():
    assert traits(people()).chance[0] == 0
    assert traits(people()).chance[HALF_TABLE] == 1 << 30
