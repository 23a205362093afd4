"""Hardship: closed forms, a directly simulated sample of households, and order in supply.

Statistical tests use fixed seeds; their false-alarm rate is 1e-6 each, over all comparisons made.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, gamma

from lazaretto.behaviour.hardship import (
    KINDS,
    MOST,
    WEEK,
    Hardship,
    Supply,
    food_by_kind,
    income_lost_by_kind,
    stock_at_start,
)
from lazaretto.chance import Purpose, stream_key, uniforms
from lazaretto.scenario.behaviour import Hardship as Rules

FALSE_ALARM = 1e-6
ALIKE = {"poorest": 1.0, "migrants": 1.0, "poorest_loss": 1.0, "stock_spread": 0.0}
ONLY_FOOD = {**ALIKE, "food_weight": 1.0, "care_weight": 0.0, "income_weight": 0.0}


def no_support(n_districts):
    nothing = np.zeros(n_districts)
    return Supply(nothing, nothing, nothing)


def lived(rules, days, supply=None, n_districts=1, begun=(0,), ended=None):
    """Return the state after each day of confinements begun on some days, as (H, hungry, ever)."""
    hardship, in_use = Hardship(rules, days, n_districts), np.zeros(days, np.bool_)
    seen = []
    for day in range(days):
        in_use[day] = day in begun
        for start, end in (ended or {}).items():
            in_use[start] &= day < end
        hardship.advance(day, in_use, supply(day) if supply else no_support(n_districts))
        state = (hardship.hardship, hardship.hungry, hardship.ever_hungry)
        seen.append([rows.copy() for rows in state])
    return hardship, *(np.array(rows) for rows in zip(*seen, strict=True))


def households(rules, kind, days, seed, support=0.0):
    """Simulate single households; return food at home before, shape (n,), and who was hungry.

    Shape (days, n). Nothing is shared with the chain but the two relative numbers of each kind.
    """
    n, brought = kind.size, int(rules.delivery_days)

    def luck(day, index):
        return uniforms(stream_key(seed, Purpose.ACTIVE, day), 0, n, index)

    ratio = food_by_kind(rules)[kind]
    mean, shape = rules.stock_days * ratio, 1.0 / max(float(rules.stock_spread), 1e-9) ** 2
    kept = np.minimum(gamma.ppf(luck(0, 0), shape, scale=mean / shape), MOST)
    stock = np.floor(kept + luck(0, 1)).astype(int)
    before, hungry = stock.copy(), np.zeros((days, n), np.bool_)
    for day in range(days):
        usual = luck(day + 1, 0) < np.minimum(rules.deliveries * ratio, 1.0)
        extra = luck(day + 1, 1) < support
        stock = np.minimum(stock + brought * (usual + 0 + extra), MOST)
        hungry[day] = stock == 0
        stock = np.maximum(stock - 1, 0)
    return before, hungry


@pytest.mark.parametrize("stock", [1, 4, 9])
def test_without_deliveries_food_lasts_exactly_as_long_as_the_stock(stock: int):
    rules = Rules(**ONLY_FOOD, stock_days=stock, deliveries=0.0)
    _, hardship, hungry, ever = lived(rules, 25)
    day = np.arange(25)
    assert (hungry[:, 0, 0] == (day >= stock)[:, None]).all()
    assert (ever[:, 0, 0] == (day >= stock)[:, None]).all()
    week = np.clip(day + 1 - stock, 0, WEEK) / WEEK
    assert np.allclose(hardship[:, 0, 0], week[:, None], atol=1e-15)


def test_in_the_long_run_as_much_is_eaten_as_is_brought():
    """So the hungry are 1 - q - s where a delivery is a day's food and the cap is out of reach."""
    support = Supply(np.array([0.0, 0.3]), np.zeros(2), np.zeros(2))
    rules = Rules(**ONLY_FOOD, stock_days=3, deliveries=0.4, delivery_days=1)
    _, _, hungry, _ = lived(rules, 400, lambda day: support, 2)
    assert np.allclose(hungry[-1, 0], [[1 - 0.4], [1 - 0.4 - 0.3]], atol=1e-6)


def test_the_chain_and_a_sample_of_households_agree():
    n, days, support = 40_000, 60, 0.05
    rules = Rules()
    supply = Supply(np.full(1, support), np.zeros(1), np.zeros(1))
    _, _, hungry, ever = lived(rules, days, lambda day: supply)
    level = FALSE_ALARM / (2 * 2 * days * KINDS)
    furthest = 0.0
    for kind in range(KINDS):
        _, seen = households(rules, np.full(n, kind), days, 100 + kind, support)
        for expected, counts in (
            (hungry[:, 0, 0, kind], seen.sum(axis=1)),
            (ever[:, 0, 0, kind], np.maximum.accumulate(seen, axis=0).sum(axis=1)),
        ):
            low, high = binom.cdf(counts, n, expected), binom.sf(counts - 1, n, expected)
            furthest = max(furthest, np.abs(counts / n - expected).max())
            assert min(low.min(), high.min()) > level
    print(f"furthest share from the chain: {furthest:.4f}")
    assert furthest < 0.015  # the test is sharp


def test_the_mean_of_households_is_close_to_the_mean_field():
    """The cap at 1 is applied to the mean of a kind; households capped one by one differ little."""
    rules, days, n = Rules(), 60, 20_000
    unmet = 1 - (1 - rules.care_need * (1 - rules.care_had)) ** WEEK
    _, hardship, _, _ = lived(rules, days)
    apart = np.zeros(KINDS)
    for kind in range(KINDS):
        _, seen = households(rules, np.full(n, kind), days, 300 + kind)
        food = rules.food_weight * seen[-WEEK:].mean(axis=0)
        income = rules.income_weight * income_lost_by_kind(rules)[kind]
        with_need = np.minimum(food + rules.care_weight + income, 1.0)
        single = (unmet * with_need + (1 - unmet) * np.minimum(food + income, 1.0)).mean()
        apart[kind] = hardship[-1, 0, 0, kind] - single
    print("mean field less mean of households:", np.round(apart, 4))
    assert np.abs(apart).max() < 0.01


def test_the_stock_before_is_a_distribution_with_the_mean_of_its_kind():
    for rules in (Rules(stock_days=5, stock_spread=0.2), Rules(**ALIKE, stock_days=4.25)):
        shares = stock_at_start(rules)
        assert (shares >= 0).all()
        assert np.allclose(shares.sum(axis=1), 1.0, atol=1e-12)
        mean = shares @ np.arange(MOST + 1)
        assert np.allclose(mean, rules.stock_days * food_by_kind(rules), atol=2e-3)
    assert np.allclose(shares[0, [4, 5]], [0.75, 0.25])


def test_better_off_households_fare_better_and_migrants_worse():
    _, hardship, hungry, ever = lived(Rules(), 60)
    for rows in (hardship, hungry, ever):
        by_kind = rows[-1, 0, 0].reshape(-1, 2)
        assert (np.diff(by_kind, axis=0) < 0).all()
        assert (by_kind[:, 1] > by_kind[:, 0]).all()


def test_unmet_need_is_that_of_the_last_week():
    """Closed form, passes on a single day, and days before confinement do not count."""
    rules = Rules(food_weight=0.0, income_weight=0.0, care_weight=1.0, care_need=0.1, care_had=0.2)

    def supply(day):
        return no_support(1)._replace(passes=np.full(1, 1.0 if day == 9 else 0.0))

    _, hardship, _, _ = lived(rules, 24, supply, begun=(0, 8))
    for day in range(24):
        for start in (0, 8):
            last = range(max(start, day - WEEK + 1), day + 1)
            unmet = 1 - np.prod([1.0 if d == 9 else 1 - 0.1 * 0.8 for d in last])
            expected = unmet if day >= start else 0.0
            assert np.allclose(hardship[day, start, 0], expected, atol=1e-15)


def test_lost_income_is_felt_after_a_month_and_can_be_replaced():
    rules = Rules(food_weight=0.0, care_weight=0.0, income_weight=1.0, income_lost=0.5)
    supply = Supply(np.zeros(2), np.zeros(2), np.array([0.0, 0.4]))
    _, hardship, _, _ = lived(rules, 45, lambda day: supply, 2)
    lost = income_lost_by_kind(rules)
    assert np.allclose(lost[4:6], 0.5)
    assert np.allclose(lost[0], 0.5 * rules.poorest_loss)
    for day in (0, 13, 29, 44):
        felt = min(1.0, (day + 1) / 30)
        assert np.allclose(hardship[day, 0], felt * np.array([[1.0], [0.6]]) * lost)


def test_hardship_is_at_most_one():
    rules = Rules(**ALIKE, food_weight=1.0, deliveries=0.0, income_weight=0.6)
    _, hardship, _, _ = lived(rules, 40)
    assert hardship.max() == 1.0


def test_off_nothing_happens():
    state, hardship, hungry, ever = lived(Rules(active=False), 20)
    for rows in (hardship, hungry, ever):
        assert not rows.any()
    assert state.arrays()["live"].size == 0


def test_the_released_restock_at_once_and_do_not_come_back():
    state, hardship, hungry, ever = lived(Rules(), 30, begun=(0, 3, 20), ended={0: 25})
    assert hardship[24, 0].all()
    for rows in (hardship, hungry, ever):
        assert not rows[25:, 0].any()
    assert hardship[25:, 3].all()
    again = np.zeros(30, np.bool_)
    again[[0, 3, 20]] = True
    with pytest.raises(ValueError, match="since day 0"):
        state.advance(29, again, no_support(1))


def test_a_confinement_does_not_depend_on_others():
    _, alone, _, _ = lived(Rules(), 40, begun=(7,))
    _, among, _, _ = lived(Rules(), 40, begun=tuple(range(40)), ended={3: 12, 9: 30})
    assert np.array_equal(alone[:, 7], among[:, 7])
    # One begun later fares as one begun earlier did after as many days.
    assert np.allclose(among[20, 5], among[30, 15], atol=1e-12)


def test_stop_and_go_is_straight_through():
    days, rules = 50, Rules()

    def supply(day):
        return Supply(*(np.array([0.02, 0.3]) * ((day + k) % 5) / 4 for k in range(3)))

    straight, stopped = Hardship(rules, days, 2), Hardship(rules, days, 2)
    in_use = np.zeros(days, np.bool_)
    for day in range(days):
        in_use[day] = day % 4 != 1
        in_use[max(0, day - 25)] = False
        straight.advance(day, in_use, supply(day))
        stopped.advance(day, in_use, supply(day))
        if day in (3, 11, 30):
            saved = {name: array.copy() for name, array in stopped.arrays().items()}
            stopped = Hardship(rules, days, 2)
            stopped.restore(saved)
        for name in ("hardship", "hungry", "ever_hungry"):
            assert np.array_equal(getattr(straight, name), getattr(stopped, name))
    assert straight.hardship.any()


SHARES = st.floats(0, 1, allow_subnormal=False)


@settings(max_examples=60, deadline=None)
@given(
    less=st.lists(st.tuples(SHARES, SHARES, SHARES), min_size=20, max_size=20),
    more=st.lists(st.tuples(SHARES, SHARES, SHARES), min_size=20, max_size=20),
    deliveries=SHARES,
    brought=st.integers(1, 10),
    stock=st.floats(0.5, 12),
)
def test_more_supply_never_makes_hardship_worse(less, more, deliveries, brought, stock):
    rules = Rules(deliveries=deliveries, delivery_days=brought, stock_days=stock)
    low = np.array(less).T
    high = low + (1 - low) * np.array(more).T

    def supply(day):
        return Supply(*(np.array([low[k, day], high[k, day]]) for k in range(3)))

    _, *states = lived(rules, 20, supply, 2)
    for rows in states:
        assert (rows >= 0).all()
        assert (rows <= 1).all()
        assert (rows[:, 0, 1] <= rows[:, 0, 0] + 1e-12).all()
    ever = states[2][:, 0]
    assert (np.diff(ever, axis=0) >= -1e-12).all()
