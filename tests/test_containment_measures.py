"""What each measure of containment orders on a small city made by hand, and when it does not."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml

from lazaretto.disease.testing import PCR_SPECIFICITY, REVIEW_SENSITIVITY
from lazaretto.measures import (
    NEVER_POSITIVE,
    Antivirals,
    ClosedLoop,
    ContactTracing,
    HealthCare,
    Isolation,
    Lockdown,
    Measure,
    Observed,
    Orders,
    Places,
    Quarantine,
    Screening,
    Stock,
    SymptomaticTesting,
    Today,
    VaccinationCampaign,
    Zones,
    build_measures,
    known_measures,
)
from lazaretto.measures.sampling import Sampling
from lazaretto.measures.stocks import UNITS
from lazaretto.scenario import MeasureEntry
from lazaretto.words import AGE_BANDS, LAYERS

PCR = np.array([0.0, 0.1, 0.6, 0.9, 0.8, 0.5, 0.2])
ANTIGEN = PCR * 0.7
OPEN, PRECAUTION, CONTROLLED, SEALED = range(4)

# Two districts; compounds 0 and 1 (subdistrict 0), 2 (1) in North, 3 (2) in South.
COMPOUND_OF = np.array([0, 0, 1, 1, 2, 3, 3, 3])
START = date(2022, 4, 11)


@pytest.fixture
def places():
    return Places(
        districts=("North", "South"),
        district_persons=np.array([500, 300]),
        compound_district=np.array([0, 0, 0, 1]),
        compound_persons=np.array([200, 200, 100, 300]),
        compound_subdistrict=np.array([0, 0, 1, 2]),
        building_compound=COMPOUND_OF,
        building_persons=np.full(8, 100),
    )


@pytest.fixture
def orders(places):
    stocks = tuple(
        Stock(name, unit, np.full(10, 100))
        for name, unit in (
            ("labs", "tubes/day"), ("hall", "beds"), ("gym", "beds"), ("icu", "beds"),
            ("team", "tracers"), ("seats", "seats/day"), ("doses", "doses/day"),
            ("courses", "courses"),
        )
    )  # fmt: skip
    orders = Orders(places, {"pcr": PCR, "antigen": ANTIGEN}, stocks)
    orders.reset(0)
    return orders


def seen(places, clear=None):
    """Return observed data with days since the last positive by building; others follow."""
    n_buildings, n_districts = places.building_compound.size, len(places.districts)
    buildings = np.full(n_buildings, NEVER_POSITIVE, np.int32)
    for building, days in (clear or {}).items():
        buildings[building] = days
    compounds = np.full(places.compound_persons.size, NEVER_POSITIVE, np.int32)
    np.minimum.at(compounds, places.building_compound, buildings)
    subdistricts = np.full(places.compound_subdistrict.max() + 1, NEVER_POSITIVE, np.int32)
    np.minimum.at(subdistricts, places.compound_subdistrict, compounds)
    none = np.zeros((0, n_districts), np.int64)
    return Observed(
        confirmed=none, asymptomatic=none, found=np.zeros((0, n_districts, 6), np.int64),
        deaths=none, patients=np.zeros((n_districts, 2), np.int64), building_clear=buildings,
        compound_clear=compounds, subdistrict_clear=subdistricts,
        stock_used=np.zeros(8, np.int64), stock_waiting=np.zeros(8, np.int64),
    )  # fmt: skip


def ordered(measure, places, orders, day=0, clear=None, active=None):
    today = Today(day, START + timedelta(day), seen(places, clear), active)
    if measure.in_force(today):
        measure.order(today, places, orders)
    return orders


def nothing_ordered(orders):
    fresh = Orders(orders.places, orders.detectable, orders.stocks)
    fresh.reset(0)
    arrays = ("tier", "contacts", "essential", "closed_loop", "queueing", "amount")
    same = all(np.array_equal(getattr(orders, a), getattr(fresh, a)) for a in arrays)
    return same and not any(vars(orders.rules).values())


# Every measure

LIKELY = {
    "screening": {"participation": 0.9},
    "symptomatic_testing": {"share": 0.5, "delay_days": 2},
    "contact_tracing": {},
    "isolation": {},
    "quarantine": {"days": 14},
    "zones": {"rule": "7+7"},
    "closed_loop": {"share": 0.3},
    "vaccination_campaign": {"doses": "doses", "dose": 1, "ages": ["60+"], "uptake": [0.9]},
    "antivirals": {"share": 0.5},
    "health_care": {"ward": "hall", "worse": 2},
}
NULL = [
    Screening(participation=0),
    Screening(participation=1, rounds=["2022-05-01"]),
    Screening(participation=1, tiers=["sealed"]),
    SymptomaticTesting(share=0, delay_days=1),
    ContactTracing(household=0),
    Zones(sealed_days=0, monitored_days=0, otherwise="open"),
    Zones(rule="2+12"),
    ClosedLoop(share=0),
    VaccinationCampaign(doses="doses", dose=1, ages=["60+"], uptake=[0]),
    Antivirals(share=0),
    Antivirals(share=1, efficacy=0),
    HealthCare(worse=5),
]


@pytest.mark.parametrize("measure", NULL, ids=str)
def test_a_null_measure_orders_nothing(measure, places, orders):
    assert nothing_ordered(ordered(measure, places, orders))


@pytest.mark.parametrize("word", LIKELY)
def test_a_measure_is_built_from_its_word_and_orders_only_in_its_dates(word, places, orders):
    entry = {"measure": word, **LIKELY[word], "from": "2022-04-12", "to": "2022-04-12"}
    (measure,), problems = build_measures([MeasureEntry.model_validate(entry)])
    assert not problems
    for day in (0, 2):
        ordered(measure, places, orders, day)
    assert nothing_ordered(orders)
    ordered(measure, places, orders, 1)
    assert not nothing_ordered(orders)


@pytest.mark.parametrize("word", LIKELY)
def test_a_measure_acts_in_its_areas_only(word, places, orders):
    ordered(known_measures()[word](**LIKELY[word], areas=["South"]), places, orders)
    assert not orders.tier[COMPOUND_OF < 3].any()
    assert orders.closed_loop[0] == 0
    for rules in vars(orders.rules).values():
        for rule in rules:
            if isinstance(rule, tuple):
                assert rule[0].tolist() == [False, True]
            else:
                assert rule.compounds.tolist() == [False, False, False, True]


@pytest.mark.parametrize("word", LIKELY)
def test_a_measure_acts_where_its_trigger_is_on(word, places, orders):
    when = {"level": "district", "on": {"cases": {"number": 1}}}
    measure = known_measures()[word](**LIKELY[word], when=when)
    ordered(measure, places, orders, active=np.array([0, 0], np.int16))
    assert not orders.rules.rounds
    assert not orders.tier.any()
    assert not orders.closed_loop.any()
    assert not any(rule[0].any() for rule in paired(orders))
    ordered(measure, places, orders, active=np.array([0, 3], np.int16))
    assert not orders.tier[COMPOUND_OF < 3].any()
    assert [rule[0].tolist() for rule in paired(orders)] in ([], [[False, True]])
    assert not nothing_ordered(orders)


def paired(orders):
    return [rule for rules in vars(orders.rules).values() for rule in rules
            if isinstance(rule, tuple)]  # fmt: skip


@pytest.mark.parametrize("word", sorted(known_measures()))
def test_a_measure_says_where_it_acts_and_what_it_takes(word):
    kind = known_measures()[word]
    assert kind.acts_on in ("districts", "compounds")
    assert set(kind.takes) <= set(kind.model_fields)
    assert set(kind.takes.values()) <= set(UNITS)
    stocks = {
        name
        for name, field in kind.model_fields.items()
        if re.match(r"Stocks? of|Stock that|Name of the stock", field.description or "")
    }
    assert stocks == set(kind.takes) | ({kind.opens} - {""})


def test_measures_that_sample_or_trace_say_that_they_find_the_infected():
    finding = {word for word, kind in known_measures().items() if kind.finds_infected}
    assert finding == {
        "screening", "symptomatic_testing", "contact_tracing", "isolation", "quarantine",
    }  # fmt: skip


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


# Work, vaccines, treatment, care


def test_the_largest_closed_loop_holds(places, orders):
    ordered(ClosedLoop(share=0.3), places, orders)
    ordered(ClosedLoop(share=0.1, areas=["North"]), places, orders)
    ordered(ClosedLoop(share=0.5, areas=["South"]), places, orders)
    assert orders.closed_loop.tolist() == [0.3, 0.5]


def test_doses_are_offered_group_by_group_the_oldest_first(places, orders):
    measure = VaccinationCampaign(
        doses="doses", dose=3, gap_days=180, ages=["70-79", "80+", "0-9"], uptake=[0.6, 0.5, 0.9]
    )
    ((_, rule),) = ordered(measure, places, orders).rules.campaigns
    assert [AGE_BANDS[band] for band in rule.ages] == [
        "75-79", "70-74", "85+", "80-84", "5-9", "0-4",
    ]  # fmt: skip
    assert rule.uptake[[0, 1, 14, 15, 16, 17]].tolist() == [0.9, 0.9, 0.6, 0.6, 0.5, 0.5]
    assert (rule.uptake[2:14] == 0).all()
    assert (rule.doses, rule.dose, rule.gap) == ("doses", 3, 180)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ages": ["18-59"]}, "whole five-year bands"),
        ({"ages": ["85-89"]}, "whole five-year bands"),
        ({"ages": ["79-60"]}, "whole five-year bands"),
        ({"ages": ["old"]}, "whole five-year bands"),
        ({"ages": ["60+", "80+"], "uptake": [1, 1]}, "do not overlap"),
        ({"ages": ["60+", "20-59"]}, "1 shares for 2 age groups"),
        ({"ages": []}, "at least 1 item"),
        ({"uptake": [1.5]}, "shares from 0 to 1"),
        ({"uptake": [float("nan")]}, "finite number"),
        ({"dose": 2}, "add gap_days:"),
        ({"dose": 5}, "1, 2, 3 or 4"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        VaccinationCampaign(**{"doses": "doses", "dose": 1, "ages": ["60+"], "uptake": [1]} | given)


def test_antivirals_are_for_some_ages_and_days(places, orders):
    measure = Antivirals(share=0.5, from_age=60, below_age=80, courses="courses", within_days=3)
    ((_, rule),) = ordered(measure, places, orders).rules.treatments
    treated = [band for band, chance in zip(AGE_BANDS, rule.chance, strict=True) if chance]
    assert treated == ["60-64", "65-69", "70-74", "75-79"]
    assert set(rule.chance) == {0, 0.5}
    assert (rule.within, rule.efficacy, rule.courses) == (3, 0.89, "courses")
    ((_, rule),) = ordered(Antivirals(share=1, from_age=85), places, fresh(orders)).rules.treatments
    assert rule.chance.tolist() == [0] * 17 + [1]


def fresh(orders):
    orders.reset(0)
    return orders


@pytest.mark.parametrize("given", [{"from_age": 62}, {"from_age": 60, "below_age": 60}])
def test_ages_of_treatment_are_whole_bands(given):
    with pytest.raises(ValueError, match=r"multiple of 5|above from_age"):
        Antivirals(share=1, **given)


def test_care_names_its_beds(places, orders):
    measure = HealthCare(ward="hall", icu="icu", worse=2.5, absence=1)
    ((_, rule),) = ordered(measure, places, orders).rules.care
    assert (rule.ward, rule.icu, rule.worse, rule.absence) == ("hall", "icu", 2.5, 1)
    with pytest.raises(ValueError, match="two stocks"):
        HealthCare(ward="hall", icu="hall", worse=2)


# The page that describes them


def described():
    """Return (parameter, default) as the page says, by measure."""
    text = (Path(__file__).parent.parent / "docs" / "measures.md").read_text("utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    row = re.compile(r"^\| `(\w+)` \| ([^|]+) \|", re.MULTILINE)
    return {part.split("\n")[0]: dict(row.findall(part)) for part in sections}, sections


def as_said(field):
    """Return the default of a field as the page says it, None where the page may use words."""
    if field.is_required():
        return "required"
    if field.default is None or field.default == []:
        return None
    return str(field.default).lower() if isinstance(field.default, bool) else f"{field.default}"


@pytest.mark.parametrize("word", sorted(known_measures()))
def test_the_page_names_every_parameter_with_its_default(word):
    kind, pages = known_measures()[word], described()[0]
    said = dict(pages[word])
    if issubclass(kind, Sampling):
        said |= pages["Samples"]
    common = set(Measure.model_fields)
    fields = {name: field for name, field in kind.model_fields.items() if name not in common}
    assert set(said) == set(fields)
    for name, field in fields.items():
        default = as_said(field)
        if default is not None:
            assert said[name] in (default, default.removesuffix(".0")), name
        else:
            assert (
                said[name] in ("none", "no limit", "at home", "all") or said[name][:3] == "of "
            ), name


@pytest.mark.parametrize("word", sorted(known_measures()))
def test_the_example_of_the_page_is_a_measure(word):
    (section,) = [part for part in described()[1] if part.startswith(f"{word}\n")]
    examples = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    entries = [MeasureEntry.model_validate(e) for text in examples for e in yaml.safe_load(text)]
    measures, problems = build_measures(entries)
    assert not problems
    assert {type(measure) for measure in measures} == {known_measures()[word]}
