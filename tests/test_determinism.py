"""Same inputs, same bits: threads, null measures, order of measures, common random numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from towns import (
    START,
    Outcome,
    containment,
    differing,
    doses,
    outcome,
    scarce_stocks,
    settings_for,
    severe,
    small_town,
    stock,
    with_protection,
)

from lazaretto.disease import courses
from lazaretto.engine import evening, interviews, spread
from lazaretto.engine.exposures import BLOCK, LONGEST
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.engine.simulation import Simulation
from lazaretto.measures import (
    Antivirals,
    ClosedLoop,
    CloseSchools,
    CloseWorkplaces,
    ContactTracing,
    HealthCare,
    Isolation,
    Lockdown,
    Measure,
    OpenResource,
    Quarantine,
    ReduceContacts,
    Screening,
    SymptomaticTesting,
    Trigger,
    VaccinationCampaign,
    Zones,
)
from lazaretto.people import Population
from lazaretto.words import TRAVEL

PERSONS, DISTRICTS = 50_000, 4
DAYS = 50


def since(day: int, until: int | None = None) -> dict[str, Any]:
    """Return the dates of a measure as days of the run."""
    last = None if until is None else START + timedelta(until)
    return {"from": START + timedelta(day), "to": last}


@pytest.fixture(scope="module")
def people() -> Population:
    return small_town(PERSONS, DISTRICTS)


@pytest.fixture(scope="module")
def plain(people: Population) -> Settings:
    """Return a wave without measures, with reinfections."""
    table = with_protection(courses("omicron-ba2"), [0.0] * 21 + [0.4, 0.8])
    arrivals = (Arrival(0, 0, PERSONS, 60), Arrival(10, 0, 5_000, 20))
    return settings_for(people, r0=5, n_days=DAYS, table=table, arrivals=arrivals)


@pytest.fixture(scope="module")
def busy(plain: Settings, people: Population) -> Settings:
    """Return the same wave with a measure of every kind, and too little of everything."""
    many = {"level": "district", "on": {"cases": {"days": 3, "number": 20}}}
    return replace(
        plain, stocks=scarce_stocks(PERSONS, DAYS), severity=severe(0.1),
        vaccination=doses(DISTRICTS, [-90], 5, 0.5), measures=(
            ReduceContacts(layers=["compound", "community"], factor=0.7, **since(5)),
            CloseSchools(factor=0.1, when=Trigger.model_validate(many)),
            CloseWorkplaces(factor=0.6, areas=list(people.districts[:2]), **since(10)),
            Screening(participation=0.3, interval_days=2, pool=10, labs="labs", crowding=0.5,
                      **since(12, 40)),
            Zones(rule="7+7", unit="building", areas=list(people.districts[1:3]), **since(8)),
            Lockdown(tier=3, areas=[people.districts[0]], **since(14, 35)),
            Lockdown(tier=2, areas=list(people.districts[1:3]), **since(16)),
            ClosedLoop(share=0.2, **since(14)),
            *containment(),
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def plain_outcome(people: Population, plain: Settings) -> Outcome:
    return outcome(people, plain)


@pytest.fixture(scope="module")
def busy_outcome(people: Population, busy: Settings) -> Outcome:
    return outcome(people, busy)


def same(one: Outcome, other: Outcome) -> bool:
    """Return whether two runs agree in every infection, count and the hash."""
    return differing(one, other) == [] and one.series_sha256 == other.series_sha256


def test_the_waves_are_worth_comparing(plain_outcome: Outcome, busy_outcome: Outcome):
    assert len(plain_outcome.infections) > 30_000
    persons = {person for _, person, _, _ in plain_outcome.infections}
    assert len(plain_outcome.infections) - len(persons) > 500  # reinfections
    assert 5_000 < len(busy_outcome.infections) < len(plain_outcome.infections)
    counts = busy_outcome.counts
    assert counts["reports"].sum() > 1_000
    assert (counts["isolated"].sum(axis=(0, 1)) > [1_000, 0, 500, 200, 10]).sum() >= 4
    assert counts["longest_stays"][:, 22].sum() > 1_000
    assert (counts["infections"].sum(axis=(0, 1))[:TRAVEL] > 0).all()
    assert counts["stock_used"].any(axis=0).all()
    assert counts["cases_untraced"].any()
    assert counts["patients_waiting"].any()
    assert counts["treated"].any()
    assert counts["doses"].any()
    assert counts["deaths"].sum() > 20


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_the_same_bits_for_any_number_of_threads(
    people: Population,
    plain: Settings,
    busy: Settings,
    plain_outcome: Outcome,
    busy_outcome: Outcome,
    threads: int,
):
    assert same(plain_outcome, outcome(people, plain, threads))
    assert same(busy_outcome, outcome(people, busy, threads))


def test_the_size_of_pieces_and_buffers_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, people: Population, busy: Settings, busy_outcome: Outcome
):
    """Cohorts cut into small pieces, and buffers that fill up again and again, change nothing."""
    monkeypatch.setattr(spread, "PIECE", 97)
    monkeypatch.setattr(evening, "PIECE", 89)
    monkeypatch.setattr(interviews, "PIECE", 3)
    monkeypatch.setattr(spread, "CAPACITY", BLOCK + LONGEST + 1)
    assert same(busy_outcome, outcome(people, busy, 2))


def test_a_run_continued_is_the_run_not_interrupted(
    people: Population, busy: Settings, busy_outcome: Outcome
):
    simulation = Simulation(people, busy)
    for until in (1, 13, 30, DAYS):
        tally = simulation.run(until=until)
        assert simulation.day == until
    simulation.close()
    assert tally.series_sha256() == busy_outcome.series_sha256


def test_another_seed_is_another_run(people: Population, plain: Settings, plain_outcome: Outcome):
    other = outcome(people, replace(plain, seed=plain.seed + 1))
    assert not set(plain_outcome.infections) >= set(other.infections)
    assert other.series_sha256 != plain_outcome.series_sha256


# fmt: off
NULL_MEASURES: dict[str, Measure] = {
    "nothing is reduced": ReduceContacts(layers=["household", "workplace"], factor=1.0),
    "schools stay open": CloseSchools(factor=1.0),
    "workplaces stay open": CloseWorkplaces(factor=1.0),
    "the open tier": Lockdown(tier="open"),
    "nobody is screened": Screening(participation=0.0),
    "nobody seeks a test": SymptomaticTesting(share=0.0, delay_days=3),
    "nobody queues": Screening(participation=0.0, crowding=1.0, pool=20),
    "cases are isolated once": Isolation(least_days=20, with_parent=True),
    "nobody is remembered": ContactTracing(household=0.0, backward=True, second_degree=True),
    "contacts are quarantined once": Quarantine(days=20),
    "their contacts too": Quarantine(days=20, of="second_contacts"),
    "nobody is treated": Antivirals(share=0.0),
    "treatment does not help": Antivirals(share=1.0, efficacy=0.0),
    "there are beds for all": HealthCare(worse=9.0, absence=9.0),
    "nobody wants a dose": VaccinationCampaign(doses="none", dose=1, ages=["0+"], uptake=[0.0]),
    "no staff lives on site": ClosedLoop(share=0.0),
    "no zones": Zones(sealed_days=0, monitored_days=0, otherwise="open"),
    "never triggered": Lockdown(tier="sealed", when=Trigger.model_validate(
        {"level": "compound", "on": {"cases": {"number": 2_000_000_000}}})),
    "after the end": Lockdown(tier="sealed", **since(DAYS)),
    "tests after the end": Screening(participation=1.0, **since(DAYS)),
    "before the start": Lockdown(tier="sealed", **since(-30, -1)),
}
# fmt: on


@pytest.mark.parametrize("null", NULL_MEASURES.values(), ids=NULL_MEASURES.keys())
def test_a_null_measure_changes_nothing(
    people: Population,
    plain: Settings,
    busy: Settings,
    plain_outcome: Outcome,
    busy_outcome: Outcome,
    null: Measure,
):
    assert same(plain_outcome, outcome(people, replace(plain, measures=(null,))))
    assert same(busy_outcome, outcome(people, replace(busy, measures=(*busy.measures, null))))


def test_more_of_what_nobody_needs_infects_nobody(
    people: Population, busy: Settings, busy_outcome: Outcome
):
    spare = (*busy.stocks, stock("spare", "beds", 5, DAYS, contacts=9.0))
    more = (*busy.measures, OpenResource(stock="spare", amount=100))
    found = outcome(people, replace(busy, stocks=spare, measures=more))
    assert found.infections == busy_outcome.infections
    assert (found.counts["stock_amount"][:, -1] == 105).all()


NO_CARE: dict[str, tuple[Measure, ...]] = {
    "no measures": (),
    "beds without limit": (HealthCare(worse=9.0),),
    "nobody is tested": (SymptomaticTesting(share=0.0, delay_days=1), Isolation()),
}


@pytest.mark.parametrize("measures", NO_CARE.values(), ids=NO_CARE.keys())
def test_who_falls_ill_infects_no_others_where_nobody_cares_for_them(
    people: Population,
    plain: Settings,
    plain_outcome: Outcome,
    measures: tuple[Measure, ...],
):
    """Severity is only counted where no measure says how many beds there are."""
    ill = outcome(people, replace(plain, severity=severe(0.3), measures=measures))
    assert ill.infections == plain_outcome.infections
    assert ill.counts["deaths"].sum() > 1_000
    assert set(differing(ill, plain_outcome)) <= {
        "patients", "admissions", "deaths", "deaths_by_age", "deaths_by_income", "in hospital",
        "absent_essential",
    }  # fmt: skip


@pytest.mark.parametrize("which", ["no dose", "no protection"])
def test_vaccines_without_worth_infect_as_many(
    people: Population, plain: Settings, plain_outcome: Outcome, which: str
):
    first = [] if which == "no dose" else [-60, 10]
    protects = 0.0 if which == "no protection" else 0.9
    vaccination = doses(DISTRICTS, first, 3, protects)
    assert same(plain_outcome, outcome(people, replace(plain, vaccination=vaccination)))


def test_a_null_test_with_another_turnaround_changes_nothing(
    people: Population, busy: Settings, busy_outcome: Outcome
):
    null = Screening(participation=0.0, turnaround_days=5)
    assert same(busy_outcome, outcome(people, replace(busy, measures=(*busy.measures, null))))


def test_the_order_of_measures_does_not_matter(
    people: Population, busy: Settings, busy_outcome: Outcome
):
    """Where no two measures are of a kind of which the first one decides."""
    given = busy.measures
    for order in (given[5:] + given[:5], given[::2] + given[1::2], given[::-1]):
        assert order != busy.measures
        assert same(busy_outcome, outcome(people, replace(busy, measures=tuple(order))))


@pytest.mark.parametrize("day", [1, 7, 21])
def test_before_a_lockdown_the_infections_are_those_without_it(
    people: Population, plain: Settings, plain_outcome: Outcome, day: int
):
    locked = outcome(people, replace(plain, measures=(Lockdown(tier=3, **since(day)),)))
    for name in ("infections", "infections_by_age", "infections_by_tier"):
        assert (locked.counts[name][:day] == plain_outcome.counts[name][:day]).all()
    before = [i for i in plain_outcome.infections if i[0] < day]
    assert before == [i for i in locked.infections if i[0] < day]
    assert len(locked.infections) < len(plain_outcome.infections)


def test_a_lockdown_elsewhere_leaves_the_chance_of_others_alone(
    people: Population, plain: Settings, plain_outcome: Outcome
):
    """On the first day of a lockdown, whoever is not concerned is infected as without it."""
    day = 12
    sealed = people.districts[0]
    end = int(people.district_start[1])
    locked = outcome(
        people, replace(plain, measures=(Lockdown(tier=3, areas=[sealed], **since(day)),))
    )

    def elsewhere(found: Outcome) -> set[tuple[int, int, int, int]]:
        return {i for i in found.infections if i[0] == day and i[1] >= end and i[2] >= end}

    assert len(elsewhere(plain_outcome)) > 50
    assert elsewhere(plain_outcome) <= elsewhere(locked)
