"""Each measure's effect on the orders of a day, and how orders add up."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from lazaretto.measures import (
    CloseSchools,
    CloseWorkplaces,
    Lockdown,
    Observed,
    Orders,
    Places,
    ReduceContacts,
    Screening,
    SymptomaticTesting,
    Today,
    build_measures,
    known_measures,
)
from lazaretto.scenario import MeasureEntry
from lazaretto.words import COMMUNITY, HOUSEHOLD, LAYERS, SCHOOL, TIERS, WORKPLACE

PCR = np.array([0.0, 0.1, 0.6, 0.9, 0.8, 0.5, 0.2])
ANTIGEN = PCR * 0.7
NAMES = ("North", "East", "South")


@pytest.fixture
def places():
    return Places(
        districts=NAMES,
        district_persons=np.array([300, 200, 100]),
        compound_district=np.array([0, 0, 0, 1, 1, 2]),
        compound_persons=np.full(6, 100),
    )


@pytest.fixture
def orders(places):
    return Orders(places, {"pcr": PCR, "antigen": ANTIGEN})


def today(day=0, confirmed=None):
    seen = np.zeros((day, 3), np.int64) if confirmed is None else np.asarray(confirmed)
    return Today(day, date(2022, 3, 1 + day), Observed(seen, np.zeros_like(seen)))


def ordered(places, orders, *measures):
    for measure in measures:
        measure.order(today(), places, orders)
    return orders


def test_known_measures_are_what_the_package_defines():
    assert {
        "close_schools": CloseSchools,
        "close_workplaces": CloseWorkplaces,
        "lockdown": Lockdown,
        "reduce_contacts": ReduceContacts,
        "screening": Screening,
        "symptomatic_testing": SymptomaticTesting,
    } == known_measures()
    assert {m.finds_infected for m in (Screening, SymptomaticTesting)} == {True}
    assert not Lockdown.finds_infected


# Confinement


@pytest.mark.parametrize("tier", range(4))
def test_lockdown_takes_a_tier_by_number_or_by_name(places, orders, tier):
    assert Lockdown(tier=TIERS[tier]) == Lockdown(tier=tier)
    ordered(places, orders, Lockdown(tier=tier, areas=["North", "South"]))
    assert orders.tier.tolist() == [tier, tier, tier, 0, 0, tier]
    assert (orders.contacts == 1).all()


@pytest.mark.parametrize("tier", ["shut", 4, -1, True, 1.5, None, "2 "])
def test_anything_else_is_no_tier(tier):
    with pytest.raises(ValueError, match=r"one of 0 \(open\), .*, 3 \(sealed\)"):
        Lockdown(tier=tier)


def test_of_several_lockdowns_the_strictest_holds_in_any_order(places):
    strict, mild = Lockdown(tier=3, areas=["East"]), Lockdown(tier=1)
    tiers = []
    for pair in ((strict, mild), (mild, strict)):
        orders = Orders(places, {"pcr": PCR, "antigen": ANTIGEN})
        tiers.append(ordered(places, orders, *pair).tier.tolist())
    assert tiers[0] == tiers[1] == [1, 1, 1, 3, 3, 1]


# Contacts


def test_schools_and_workplaces_close_their_layer_in_their_area_only(places, orders):
    ordered(places, orders, CloseSchools(areas=["North"]), CloseWorkplaces(factor=0.3))
    assert orders.contacts[:, SCHOOL].tolist() == [0, 1, 1]
    assert orders.essential[:, SCHOOL].tolist() == [0, 1, 1]
    assert orders.contacts[:, WORKPLACE].tolist() == [0.3, 0.3, 0.3]
    assert orders.essential[:, WORKPLACE].tolist() == [1, 1, 1]
    others = [i for i in range(len(LAYERS)) if i not in (SCHOOL, WORKPLACE)]
    assert (orders.contacts[:, others] == 1).all()


def test_factors_multiply(places, orders):
    ordered(
        places, orders,
        ReduceContacts(layers=["community", "workplace"], factor=0.5),
        ReduceContacts(layers=["community"], factor=0.4, areas=["South"]),
        CloseWorkplaces(factor=0.5, essential_factor=0.8),
    )  # fmt: skip
    assert orders.contacts[:, COMMUNITY].tolist() == [0.5, 0.5, 0.2]
    assert orders.essential[:, COMMUNITY].tolist() == [0.5, 0.5, 0.2]
    assert orders.contacts[:, WORKPLACE].tolist() == [0.25] * 3
    assert orders.essential[:, WORKPLACE].tolist() == [0.4] * 3
    assert (orders.contacts[:, HOUSEHOLD] == 1).all()


def test_reset_forgets_everything(places, orders):
    fresh = Orders(places, {"pcr": PCR, "antigen": ANTIGEN})
    ordered(
        places, orders, Lockdown(tier=3), CloseSchools(), Screening(participation=1),
        SymptomaticTesting(share=1, delay_days=1),
    )  # fmt: skip
    orders.reset()
    for name in ("tier", "contacts", "essential", "seek", "seek_wait", "seek_isolate", "screen",
                 "screen_wait", "screen_isolate"):  # fmt: skip
        assert np.array_equal(getattr(orders, name), getattr(fresh, name)), name


# Finding the infected


def ever(chance):
    """Return the chance of at least one success."""
    return 1 - np.prod(1 - chance, axis=-1)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("delay", [0, 0.5, 1, 2])
def test_the_symptomatic_who_test_add_up_to_the_share(places, orders, share, delay):
    measure = SymptomaticTesting(share=share, delay_days=delay, areas=["North"])
    ordered(places, orders, measure)
    chance = orders.seek[0]
    assert ((chance >= 0) & (chance <= 1)).all()
    # Within three weeks; a mean delay of two days leaves 0.02 % for later.
    assert ever(chance) == pytest.approx(share, abs=3e-4)
    assert (orders.seek[1:] == 0).all()
    untested = np.concatenate([[1], np.cumprod(1 - chance)[:-1]])
    first_test = untested * chance
    if share:
        mean = (first_test * np.arange(chance.size)).sum() / first_test.sum()
        assert mean == pytest.approx(delay, abs=0.01)


def test_two_ways_to_a_test_are_independent(places, orders):
    ordered(
        places, orders,
        SymptomaticTesting(share=0.3, delay_days=0),
        SymptomaticTesting(share=0.5, delay_days=0, turnaround_days=3, isolate=False),
    )  # fmt: skip
    assert ever(orders.seek[0]) == pytest.approx(1 - 0.7 * 0.5)
    assert orders.seek_isolate.all()


def test_screening_finds_with_sensitivity_times_participation_over_interval(places, orders):
    ordered(
        places, orders,
        Screening(interval_days=3, participation=0.9, pool_loss=0.1, areas=["East"],
                  turnaround_days=2, isolate=False),
    )  # fmt: skip
    assert orders.screen[1] == pytest.approx(PCR * 0.9 * 0.9 / 3)
    assert (orders.screen[[0, 2]] == 0).all()
    assert orders.screen_wait.tolist() == [0, 2, 0]
    assert not orders.screen_isolate.any()
    ordered(places, orders, Screening(participation=0.5, test="antigen"))
    both = 1 - (1 - PCR * 0.27) * (1 - ANTIGEN * 0.5)
    assert orders.screen[1] == pytest.approx(both)
    assert orders.screen[0] == pytest.approx(ANTIGEN * 0.5)
    assert orders.screen_isolate.all()


# Dates, areas, and what officials see


def test_a_measure_is_in_force_from_its_first_to_its_last_day():
    measure = CloseSchools(**{"from": "2022-03-03", "to": "2022-03-05"})
    assert [measure.in_force(today(day)) for day in range(6)] == [0, 0, 1, 1, 1, 0]
    assert all(CloseSchools().in_force(today(day)) for day in range(6))


@pytest.mark.parametrize(
    ("given", "districts"),
    [
        ("all", [1, 1, 1]), (["all", "North"], [1, 1, 1]), ("East", [0, 1, 0]),
        (["South", "North"], [1, 0, 1]),
    ],
)  # fmt: skip
def test_areas_are_all_one_or_many(places, given, districts):
    assert places.chosen(CloseSchools(areas=given).areas).tolist() == districts


@pytest.mark.parametrize("given", [[], None, 3, [3]])
def test_nothing_is_no_area(given):
    with pytest.raises(ValueError, match="area"):
        CloseSchools(areas=given)


def test_officials_see_what_was_reported_before_today():
    observed = Observed(np.array([[1, 0], [2, 0], [4, 1]]), np.array([[10, 0], [0, 0], [0, 5]]))
    assert observed.cases(1).tolist() == [4, 6]
    assert observed.cases(2).tolist() == [6, 6]
    assert observed.cases(7).tolist() == [17, 6]
    assert Observed(np.zeros((0, 2), int), np.zeros((0, 2), int)).cases(7).tolist() == [0, 0]


def test_a_run_shows_each_measure_the_reports_up_to_yesterday():
    from towns import outcome, settings_for, small_town

    from lazaretto.measures import Measure

    shown = []

    class Watch(Measure):
        def order(self, today, places, orders):
            seen = today.observed.confirmed + today.observed.asymptomatic
            assert seen.shape == (today.day, len(places.districts))
            assert np.array_equal(today.observed.cases(1000), seen.sum(axis=0))
            shown.append((today.date, seen.copy()))

    people = small_town(3_000, 2)
    settings = settings_for(
        people, n_days=25, measures=(SymptomaticTesting(share=1, delay_days=0), Watch())
    )
    said = outcome(people, settings)
    reported = said.counts["reports"][:, :, :2].sum(axis=2)
    assert reported.sum() > 0
    assert len(shown) == 25
    for day, (on, seen) in enumerate(shown):
        assert (on - settings.start).days == day
        assert np.array_equal(seen, reported[:day])


# From a scenario file


def test_measures_are_built_in_order_with_every_problem(tmp_path):
    entries = [
        MeasureEntry.model_validate(entry)
        for entry in (
            {"measure": "lockdown", "tier": "sealed", "from": "2022-03-28"},
            {"measure": "lockdown", "tier": 9, "colour": "red"},
            {"measure": "screening"},
            {"measure": "close_schools", "from": "2022-03-28", "to": "2022-03-27"},
            {"measure": "reduce_contacts", "layers": ["community", "air"], "factor": "much"},
            {"measure": "nothing:Here"},
        )
    ]
    measures, problems = build_measures(entries, tmp_path)
    assert [type(m) for m in measures] == [Lockdown, CloseSchools]
    assert measures[0].first == date(2022, 3, 28)
    assert [problem.key for problem in problems] == [
        "measures.1.tier", "measures.1.colour", "measures.2.participation", "measures.3.to",
        "measures.4.layers.1", "measures.4.factor", "measures.5.measure",
    ]  # fmt: skip
    assert all(problem.allowed and problem.advice for problem in problems)
