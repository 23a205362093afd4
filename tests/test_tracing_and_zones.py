"""Whom tracing finds, where cases and contacts are held, and how long zones are sealed."""

from __future__ import annotations

import numpy as np
import pytest
from two_districts import CONTROLLED, OPEN, PRECAUTION, SEALED, eight_buildings, no_orders, ordered

from lazaretto.measures import (
    NEVER_POSITIVE,
    ContactTracing,
    Isolation,
    Lockdown,
    Quarantine,
    Zones,
)
from lazaretto.words import LAYERS


@pytest.fixture
def places():
    return eight_buildings()


@pytest.fixture
def orders(places):
    return no_orders(places)


# Tracing


def test_recall_is_by_layer(places, orders):
    recall = dict(zip(LAYERS, (1, 0.5, 0.4, 0.3, 0.2, 0.1), strict=True))
    measure = ContactTracing(
        **recall, days_before=3, delay_days=2, tracers="team", cases_per_tracer=4,
        longest_wait=5, backward=True, second_degree=True, second_days=2,
    )  # fmt: skip
    ((_, rule),) = ordered(measure, places, orders).rules.traces
    assert rule.recall.tolist() == list(recall.values())
    assert (rule.days_before, rule.delay, rule.longest_wait) == (3, 2, 5)
    assert (rule.tracers, rule.cases_per_tracer) == ("team", 4)
    assert (rule.backward, rule.second_degree, rule.second_days) == (True, True, 2)


def test_by_default_only_the_household_is_found(places, orders):
    ((_, rule),) = ordered(ContactTracing(), places, orders).rules.traces
    assert rule.recall.tolist() == [1, 0, 0, 0, 0, 0]


# Isolation and quarantine


def test_cases_are_isolated_where_there_are_beds(places, orders):
    measure = Isolation(
        beds=["hall", "gym"], seats="seats", bus=30, transfer_days=2, least_days=5,
        longest_days=20, negatives=3, test_every=4, child_age=7, with_parent=True, labs="labs",
    )  # fmt: skip
    ((_, rule),) = ordered(measure, places, orders).rules.cases
    assert (rule.beds, rule.seats, rule.bus) == (("hall", "gym"), "seats", 30)
    assert (rule.transfer_days, rule.least_days, rule.longest_days) == (2, 5, 20)
    assert (rule.negatives, rule.test_every) == (3, 4)
    assert (rule.child_age, rule.with_parent) == (7, True)
    assert rule.test.labs == "labs"
    assert rule.test.pool == 1
    assert not orders.rules.contacts


def test_contacts_and_their_contacts_have_rules_of_their_own(places, orders):
    ordered(Quarantine(days=14, beds=["hall"]), places, orders)
    ordered(Quarantine(of="second_contacts", days=7, negatives=0), places, orders)
    ((_, first),) = orders.rules.contacts
    ((_, second),) = orders.rules.second_contacts
    assert (first.beds, first.least_days, first.longest_days) == (("hall",), 14, 21)
    assert (first.negatives, first.test_every) == (1, 2)
    assert (second.beds, second.least_days, second.longest_days) == ((), 7, 7)
    assert not orders.rules.cases


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (Isolation, {"least_days": 9, "longest_days": 8}, "longest_days: 8 is below"),
        (Isolation, {"seats": "buses"}, "needs beds:"),
        (Isolation, {"beds": ["hall", "hall"]}, "named twice"),
        (Quarantine, {"days": 61}, "less than or equal to 60"),
        (Quarantine, {}, "Field required"),
        (Quarantine, {"days": 7, "of": "cases"}, "'contacts' or 'second_contacts'"),
    ],
)
def test_a_hold_that_cannot_be_is_refused(kind, given, said):
    with pytest.raises(ValueError, match=said):
        kind(**given)


# Three zones


def tiers(measure, places, orders, clear):
    orders.reset(0)
    return ordered(measure, places, orders, clear=clear).tier.tolist()


@pytest.mark.parametrize(
    ("days", "tier"),
    [
        (0, SEALED), (6, SEALED), (7, CONTROLLED), (13, CONTROLLED), (14, PRECAUTION),
        (NEVER_POSITIVE, PRECAUTION),
    ],
)  # fmt: skip
def test_seven_days_sealed_and_seven_controlled(places, orders, days, tier):
    got = tiers(Zones(rule="7+7"), places, orders, {0: days})
    assert got == [tier, tier, *[PRECAUTION] * 6]


@pytest.mark.parametrize(
    ("days", "tier"),
    [(1, SEALED), (2, PRECAUTION), (13, PRECAUTION), (14, OPEN), (NEVER_POSITIVE, OPEN)],
)
def test_two_days_sealed_and_twelve_of_precaution(places, orders, days, tier):
    assert tiers(Zones(rule="2+12"), places, orders, {4: days}) == [0, 0, 0, 0, tier, 0, 0, 0]


def test_a_unit_is_sealed_as_one(places, orders):
    by = {unit: tiers(Zones(rule="7+7", unit=unit), places, orders, {0: 0})
          for unit in ("building", "compound", "subdistrict")}  # fmt: skip
    sealed = {unit: np.equal(tier, SEALED).sum() for unit, tier in by.items()}
    assert sealed == {"building": 1, "compound": 2, "subdistrict": 4}
    assert all(tier[4:] == [PRECAUTION] * 4 for tier in by.values())


def test_the_neighbourhood_of_a_positive_is_at_least_controlled(places, orders):
    around = {"neighbourhood_days": 7}
    got = tiers(Zones(rule="7+7", unit="building", **around), places, orders, {0: 3})
    assert got == [SEALED, CONTROLLED, *[PRECAUTION] * 6]
    got = tiers(Zones(rule="7+7", **around), places, orders, {0: 3})
    assert got == [SEALED, SEALED, CONTROLLED, CONTROLLED, *[PRECAUTION] * 4]
    got = tiers(Zones(rule="7+7", **around), places, orders, {0: 7})
    assert got == [CONTROLLED, CONTROLLED, *[PRECAUTION] * 6]


def test_the_building_of_a_positive_may_stay_sealed_longer(places, orders):
    got = tiers(Zones(rule="7+7", building_days=14), places, orders, {0: 13, 2: 14})
    assert got == [SEALED, CONTROLLED, *[PRECAUTION] * 6]


def test_days_and_tiers_given_override_the_rule(places, orders):
    rule = Zones(rule="7+7", sealed_days=3, monitored_days=2, otherwise="open")
    assert rule.rule_in_use() == (3, 2, "controlled", "open")
    assert tiers(rule, places, orders, {4: 3})[4:] == [CONTROLLED, 0, 0, 0]
    assert tiers(rule, places, orders, {4: 5})[4:] == [0, 0, 0, 0]
    strict = Zones(rule="2+12", monitored_tier="controlled")
    assert tiers(strict, places, orders, {4: 3})[4] == CONTROLLED


def test_zones_never_lower_what_a_lockdown_ordered(places, orders):
    ordered(Lockdown(tier="controlled"), places, orders)
    ordered(Zones(rule="7+7", areas=["South"]), places, orders, clear={7: 0})
    assert orders.tier.tolist() == [*[CONTROLLED] * 5, *[SEALED] * 3]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "how long"),
        ({"sealed_days": 7}, "both sealed_days: and monitored_days:"),
        ({"rule": "7+7", "unit": "subdistrict", "neighbourhood_days": 7}, "no larger"),
        ({"rule": "9+9"}, "'7\\+7' or '2\\+12'"),
    ],
)
def test_zones_without_a_rule_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        Zones(**given)
