"""Each measure's effect on the orders of a day, and how orders add up."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from lazaretto.measures import (
    NEVER_POSITIVE,
    Antivirals,
    ArrivalQuarantine,
    CityClosure,
    ClosedLoop,
    CloseSchools,
    CloseWorkplaces,
    ContactTracing,
    FoodDelivery,
    HealthCare,
    IncomeSupport,
    Isolation,
    Lockdown,
    LongestStay,
    MedicalPasses,
    Observed,
    OfficialInformation,
    OpenResource,
    Orders,
    Places,
    PreTravelTest,
    Quarantine,
    ReduceContacts,
    Screening,
    SymptomaticTesting,
    Today,
    TravelRestriction,
    VaccinationCampaign,
    VisitingRights,
    Zones,
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
        compound_subdistrict=np.array([0, 0, 1, 2, 2, 3]),
        building_compound=np.arange(6),
        building_persons=np.full(6, 100),
    )


@pytest.fixture
def orders(places):
    return Orders(places, {"pcr": PCR, "antigen": ANTIGEN})


def observed(confirmed, asymptomatic):
    """Return reports by day and district of a city in which no place ever had a positive."""
    n_days, n_districts = np.shape(confirmed)
    never = np.full(6, NEVER_POSITIVE, np.int32)
    return Observed(
        confirmed=np.asarray(confirmed), asymptomatic=np.asarray(asymptomatic),
        found=np.zeros((n_days, n_districts, 6), np.int64),
        deaths=np.zeros((n_days, n_districts), np.int64),
        patients=np.zeros((n_districts, 2), np.int64),
        building_clear=never, compound_clear=never, subdistrict_clear=never[:4],
        stock_used=np.zeros(0, np.int64), stock_waiting=np.zeros(0, np.int64),
    )  # fmt: skip


def today(day=0):
    none = np.zeros((day, 3), np.int64)
    return Today(day, date(2022, 3, 1 + day), observed(none, none))


def ordered(places, orders, *measures):
    for measure in measures:
        measure.order(today(), places, orders)
    return orders


def test_known_measures_are_what_the_package_defines():
    assert {
        "antivirals": Antivirals,
        "arrival_quarantine": ArrivalQuarantine,
        "city_closure": CityClosure,
        "test_before_travel": PreTravelTest,
        "travel_restriction": TravelRestriction,
        "close_schools": CloseSchools,
        "close_workplaces": CloseWorkplaces,
        "closed_loop": ClosedLoop,
        "food_delivery": FoodDelivery,
        "income_support": IncomeSupport,
        "longest_stay": LongestStay,
        "medical_passes": MedicalPasses,
        "official_information": OfficialInformation,
        "visiting_rights": VisitingRights,
        "contact_tracing": ContactTracing,
        "health_care": HealthCare,
        "isolation": Isolation,
        "lockdown": Lockdown,
        "open_resource": OpenResource,
        "quarantine": Quarantine,
        "reduce_contacts": ReduceContacts,
        "screening": Screening,
        "symptomatic_testing": SymptomaticTesting,
        "vaccination_campaign": VaccinationCampaign,
        "zones": Zones,
    } == known_measures()


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
        places, orders, Lockdown(tier=3), CloseSchools(), ClosedLoop(share=0.5),
        Screening(participation=1, crowding=1), SymptomaticTesting(share=1, delay_days=1),
        Isolation(), ContactTracing(),
    )  # fmt: skip
    orders.reset(0)
    for name in ("tier", "contacts", "essential", "closed_loop", "queueing", "amount"):
        assert np.array_equal(getattr(orders, name), getattr(fresh, name)), name
    assert not any(vars(orders.rules).values())


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
    seen = observed([[1, 0], [2, 0], [4, 1]], [[10, 0], [0, 0], [0, 5]])
    assert seen.cases(1).tolist() == [4, 6]
    assert seen.cases(2).tolist() == [6, 6]
    assert seen.cases(7).tolist() == [17, 6]
    none = np.zeros((0, 2), np.int64)
    assert observed(none, none).cases(7).tolist() == [0, 0]


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
