"""Trust: exact in closed form, ordered in information, bounded, and restartable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from lazaretto.behaviour.trust import Trust, loss_per_day
from lazaretto.scenario.behaviour import Trust as Rules

SHARES = st.floats(0, 1, allow_subnormal=False)


def lived(rules, cbar, information=0.0):
    trust = Trust(rules, 1)
    for weight in cbar:
        trust.advance(np.full(1, weight), np.full(1, information))
    return float(trust.level[0])


@pytest.mark.parametrize("recovery", [60, 180, 720])
@pytest.mark.parametrize("loss", [0.05, 0.0777, 0.11])
def test_40_sealed_days_lose_exactly_what_was_measured(recovery: float, loss: float):
    rules = Rules(recovery=recovery, loss_40_days=loss, information=0.0)
    assert lived(rules, np.ones(40)) == pytest.approx(1 - loss, abs=1e-13)


def test_days_follow_the_differential_equation():
    rules = Rules(information=0.0)
    cbar, quality = np.repeat([0.3, 1.0, 0.6, 0.0], 15), 0.7
    lost = loss_per_day(rules) * cbar * (1 - rules.information_restores * quality)
    level = 1.0
    for day in range(cbar.size):
        level = solve_ivp(lambda t, y, a=lost[day]: -a + (1 - y) / rules.recovery, (0, 1), [level],
                          rtol=1e-10, atol=1e-12).y[0, -1]  # fmt: skip
    assert lived(rules, cbar, quality) == pytest.approx(level, abs=1e-9)


def test_better_information_loses_less_and_the_better_source_counts():
    rules = Rules()
    levels = [lived(rules, np.ones(40), quality) for quality in (0.0, 0.3, 0.5, 0.8, 1.0)]
    assert levels[0] == levels[1]  # the scenario's own, 0.3, holds without a better one
    assert (np.diff(levels[1:]) > 0).all()
    assert lived(Rules(information_restores=1.0), np.ones(40), 1.0) == 1.0


def test_districts_keep_their_own_trust():
    trust = Trust(Rules(), 3)
    for _ in range(30):
        trust.advance(np.array([0.0, 0.3, 1.0]), np.zeros(3))
    assert trust.level[0] == 1.0
    assert trust.level[0] > trust.level[1] > trust.level[2]
    before = trust.level.copy()
    trust.advance(np.zeros(3), np.zeros(3))
    assert (trust.level[1:] > before[1:]).all()


def test_off_trust_stays_as_before():
    assert lived(Rules(active=False), np.ones(60)) == 1.0


@settings(max_examples=50, deadline=None)
@given(
    cbar=st.lists(SHARES, min_size=1, max_size=60),
    loss=SHARES,
    information=SHARES,
    restores=SHARES,
    recovery=st.floats(1, 1000),
)
def test_trust_is_from_0_to_1_and_the_same_twice(cbar, loss, information, restores, recovery):
    rules = Rules(loss_40_days=loss, information_restores=restores, recovery=recovery)
    level = lived(rules, cbar, information)
    assert 0 <= level <= 1
    assert lived(rules, cbar, information) == level


def test_stop_and_go_is_straight_through():
    rules = Rules()
    straight, stopped = Trust(rules, 2), Trust(rules, 2)
    for day in range(40):
        cbar, information = np.array([1.0, 0.3]) * (day % 3) / 2, np.array([0.2, 0.9])
        straight.advance(cbar, information)
        stopped.advance(cbar, information)
        if day in (0, 17):
            saved = {name: array.copy() for name, array in stopped.arrays().items()}
            stopped = Trust(rules, 2)
            stopped.restore(saved)
    assert np.array_equal(straight.level, stopped.level)
