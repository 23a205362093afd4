"""Who is sampled: how good tests are, when and where rounds come, and who feels ill."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from two_districts import (
    ANTIGEN,
    PCR,
    PRECAUTION,
    SEALED,
    START,
    eight_buildings,
    no_orders,
    ordered,
    seen,
)

from lazaretto.disease.testing import PCR_SPECIFICITY, REVIEW_SENSITIVITY
from lazaretto.measures import Lockdown, Screening, SymptomaticTesting, Today


@pytest.fixture
def places():
    return eight_buildings()


@pytest.fixture
def orders(places):
    return no_orders(places)


# Sampling


def round_of(orders):
    (rule,) = orders.rules.rounds
    return rule


def test_a_test_is_as_good_as_its_kind(places, orders):
    ordered(Screening(participation=1), places, orders)
    test = round_of(orders).test
    assert test.positive == pytest.approx(PCR)
    assert test.false_positive == pytest.approx(1 - PCR_SPECIFICITY.value)
    assert (test.pool, test.turnaround, test.labs, test.antigen) == (1, 1, None, False)
    orders.reset(0)
    ordered(Screening(participation=1, test="antigen", turnaround_days=0), places, orders)
    test = round_of(orders).test
    assert test.positive == pytest.approx(ANTIGEN * REVIEW_SENSITIVITY.value)
    assert (test.turnaround, test.antigen) == (1, True)


def test_a_positive_pool_is_reviewed_which_loses_some_and_takes_days(places, orders):
    for pool in (1, 5, 10, 20):
        measure = Screening(participation=1, pool=pool, labs="labs", review_days=2)
        ordered(measure, places, orders)
    positive = np.array([rule.test.positive for rule in orders.rules.rounds])
    assert (np.diff(positive[:, 1:], axis=0) < 0).all()
    assert (positive[:, 0] == 0).all()
    assert [rule.test.turnaround for rule in orders.rules.rounds] == [1, 3, 3, 3]
    assert [rule.test.pool for rule in orders.rules.rounds] == [1, 5, 10, 20]
    alone, *reviewed = [rule.test.false_positive for rule in orders.rules.rounds]
    assert max(reviewed) < alone
    assert {rule.test.labs for rule in orders.rules.rounds} == {"labs"}


def test_reviews_may_take_different_numbers_of_days(places, orders):
    for pool in (1, 10):
        measure = Screening(participation=1, pool=pool, review_days=1, longest_review_days=4)
        ordered(measure, places, orders)
    tests = [rule.test for rule in orders.rules.rounds]
    assert [(test.turnaround, test.review_spread) for test in tests] == [(1, 0), (2, 3)]


def test_specificity_can_be_given(places, orders):
    ordered(Screening(participation=1, specificity=0.98), places, orders)
    assert round_of(orders).test.false_positive == pytest.approx(0.02)
    orders.reset(0)
    ordered(Screening(participation=1, specificity=1, pool=10), places, orders)
    assert round_of(orders).test.false_positive == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"test": "antigen", "labs": "labs"}, "read on the spot"),
        ({"test": "antigen", "pool": 10}, "not pooled"),
        ({"rounds": ["2022-04-04"], "interval_days": 3}, "not both"),
        ({"pool": 7}, "1, 5, 10 or 20"),
        ({"tiers": ["closed"]}, "'open', 'precaution', 'controlled' or 'sealed'"),
        ({"review_days": 3, "longest_review_days": 2}, "shorter than review_days"),
        ({"longest_review_days": 8}, "less than or equal to 7"),
        ({"participation": 1.2}, "less than or equal to 1"),
        ({"crowding": float("nan")}, "crowding"),
    ],
)
def test_screening_that_cannot_be_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        Screening(**{"participation": 1} | given)


# When and where rounds are


def due(measure, places, day):
    today = Today(day, START + timedelta(day), seen(places))
    return measure.due(today, places).tolist()


def test_rounds_are_on_their_dates(places):
    measure = Screening(participation=1, rounds=[date(2022, 4, 12), date(2022, 4, 14)])
    assert [all(due(measure, places, day)) for day in range(5)] == [0, 1, 0, 1, 0]
    assert not any(due(measure, places, 0))


def test_rounds_of_all_come_every_so_many_days_from_the_first(places):
    measure = Screening(participation=1, interval_days=3, together=True, **{"from": "2022-04-12"})
    assert [all(due(measure, places, day)) for day in range(1, 8)] == [1, 0, 0, 1, 0, 0, 1]


@pytest.mark.parametrize("interval", [1, 2, 3, 4, 7])
def test_spread_rounds_reach_every_compound_once_in_an_interval(places, interval):
    measure = Screening(participation=1, interval_days=interval)
    days = np.array([due(measure, places, day) for day in range(4 * interval)])
    for start in range(3 * interval):
        assert (days[start : start + interval].sum(axis=0) == 1).all()
    share = places.compound_persons.size / interval
    assert (np.abs(days.sum(axis=1) - share) < 1).all()


def test_a_round_of_a_tier_takes_compounds_ordered_above_it(places, orders):
    measure = Screening(participation=1, tiers=["sealed", "controlled"])
    orders.confine_buildings(np.arange(8) == 5, SEALED)
    orders.confine_compounds(np.arange(4) == 0, PRECAUTION)
    ordered(measure, places, orders)
    assert round_of(orders).compounds.tolist() == [False, False, False, True]
    ordered(Lockdown(tier="controlled", areas=["North"]), places, orders)
    ordered(measure, places, orders)
    assert orders.rules.rounds[1].compounds.all()


def test_a_queue_is_where_the_round_is(places, orders):
    ordered(Screening(participation=1, areas=["South"], crowding=0.3), places, orders)
    assert orders.queueing.tolist() == [0, 0, 0, 0.3]


# Who feels ill


def ever(chances):
    return 1 - np.prod(1 - chances)


@pytest.mark.parametrize("share", [0.3, 1.0])
@pytest.mark.parametrize("delay", [0, 0.5, 1, 2])
def test_the_symptomatic_who_test_add_up_to_the_share(places, orders, share, delay):
    ordered(SymptomaticTesting(share=share, delay_days=delay), places, orders)
    ((districts, rule),) = orders.rules.symptoms
    assert districts.all()
    assert rule.seek.shape == (orders.longest_seek,)
    # Within three weeks; a mean delay of two days leaves 0.02 % for later.
    assert ever(rule.seek) == pytest.approx(share, abs=3e-4)
    waiting = np.concatenate([[1], np.cumprod(1 - rule.seek)[:-1]])
    first = waiting * rule.seek
    mean = (first * np.arange(first.size)).sum() / first.sum()
    assert mean == pytest.approx(delay, abs=0.01)


def test_other_illness_fills_clinics_though_no_case_comes(places, orders):
    measure = SymptomaticTesting(
        share=0, delay_days=1, background=0.001, clinics="hall", labs="labs", turnaround_days=2
    )
    ((_, rule),) = ordered(measure, places, orders).rules.symptoms
    assert not rule.seek.any()
    assert (rule.background, rule.clinics, rule.test.labs) == (0.001, "hall", "labs")
    assert rule.test.turnaround == 2
