"""The engine against the reference engine: every infection and every count, in random scenarios."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import towns
from cases import some_now
from hypothesis import HealthCheck, Phase, given, seed, settings
from reference_engine import ReferenceEngine
from reference_misreadings import MISREADINGS, MISREADINGS_OF_PEOPLE
from reference_outcomes import outcome_of
from reference_scenarios import DAYS, STOCKS, Made, scenarios
from towns import (
    START,
    Outcome,
    differing,
    doses,
    outcome,
    reporting,
    responsive,
    settings_for,
    severe,
    small_town,
    stock,
    with_protection,
)

from lazaretto.disease import CourseTable, courses
from lazaretto.engine import simulation
from lazaretto.engine.diary import other_contacts
from lazaretto.engine.rates import ContactRates, build_rates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.measures import (
    Antivirals,
    ClosedLoop,
    CloseSchools,
    CloseWorkplaces,
    ContactTracing,
    HealthCare,
    Isolation,
    Lockdown,
    LongestStay,
    Quarantine,
    ReduceContacts,
    Screening,
    SymptomaticTesting,
    Trigger,
    VaccinationCampaign,
    VisitingRights,
    Zones,
)
from lazaretto.people import Population
from lazaretto.words import LAYERS

SEEDS, EXAMPLES = 14, 6
"""Runs of Hypothesis, and scenarios in each; the first of each is its simplest and the same."""

ENOUGH = {
    "reinfections": 500, "contested": 500, "drawn_tie_breaks": 10,
    "not_made_by_source": 500, "not_made_by_target": 50, "not_made_apart": 250,
    "not_made_on_site": 100, "made_in_queues": 5, "confined": 5_000, "mixed_compounds": 50,
    "waited_in_labs": 250, "slow_reviews": 50, "turned_away": 100, "positive_by_error": 25,
    "named": 500, "given_up": 50, "backward": 10, "second_contacts": 250, "turned_cases": 100,
    "transferred": 250, "no_bed": 500, "no_seat": 50, "companions": 2,
    "left_with_child": 2,
    "caught_in_facilities": 15, "caught_on_buses": 2, "released_by_tests": 250,
    "released_late": 100, "kept_by_positive_tests": 100, "admitted": 250, "no_hospital_bed": 100,
    "beds_not_staffed": 25, "died": 50, "died_without_bed": 15, "treated": 50, "no_course": 5,
    "spared": 2, "doses": 150, "doses_ran_out": 5, "spared_by_vaccine": 500, "triggered": 250,
    "ended": 10, "slipped": 500, "leaking": 750, "joining": 25, "made_in_crowds": 25,
    "not_active": 500, "not_made_by_age": 5_000,
}  # fmt: skip
"""How often each of the rarer rules must have mattered over the scenarios of `make validate`."""


@dataclass
class Compared:
    """What was compared over all scenarios, to be sure that it was worth it."""

    scenarios: int = 0
    infections: int = 0
    of: dict[str, int] = field(default_factory=dict)

    def add(self, reference: ReferenceEngine) -> None:
        self.scenarios += 1
        self.infections += len(reference.cases)
        for name, number in asdict(reference.met).items():
            self.of[name] = self.of.get(name, 0) + number


def keep_last(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that makes a table anew only for another disease or transmissibility."""
    last: list[Any] = [None, None]

    def made(
        table: CourseTable, contacts: ContactRates, transmissibility: float, *more: Any
    ) -> Any:
        given = (id(table), id(contacts), transmissibility, *map(id, more))
        if last[0] is None or last[0][: len(given)] != given:
            # The inputs are kept as well, so that no other object can take their ids.
            kept = (*given, table, contacts, more)
            last[:] = [kept, make(table, contacts, transmissibility, *more)]
        return last[1]

    return made


@pytest.fixture
def shared_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the runs of one scenario share the tables of the disease, which take most of the time."""
    monkeypatch.setattr(towns, "build_rates", keep_last(build_rates))
    monkeypatch.setattr(simulation, "build_rates", keep_last(build_rates))
    monkeypatch.setattr(simulation, "other_contacts", keep_last(other_contacts))


@pytest.mark.usefixtures("shared_tables")
@pytest.mark.parametrize("seeds", [3, pytest.param(SEEDS, marks=pytest.mark.slow)])
def test_engine_and_reference_agree_in_random_scenarios(seeds: int):
    compared = Compared()

    def compare(made: Made) -> None:
        reference = ReferenceEngine(made.people, made.settings).run()
        expected = outcome_of(reference)
        for threads in (1, 8):
            found = outcome(made.people, made.settings, threads)
            assert differing(expected, found) == [], f"with {threads} threads"
        compared.add(reference)

    for number in range(seeds):
        run = given(scenarios())(compare)
        run = settings(
            max_examples=EXAMPLES, deadline=None, database=None, phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck), backend="same-draws",
        )(run)  # fmt: skip
        seed(number)(run)()
    print(f"every infection and count the same in {compared.scenarios} random scenarios with "
          f"{compared.infections:,} infections")  # fmt: skip
    assert compared.scenarios >= seeds * EXAMPLES
    assert compared.infections > 400 * seeds
    if seeds < SEEDS:
        return
    assert {name: n for name, n in ENOUGH.items() if compared.of[name] < n} == {}


# -- long runs: what fifty days cannot show ----------------------------------------------------


def test_late_seekers_are_not_lost():
    """Who falls ill sixteen days after infection may seek a test five weeks after it."""
    people = small_town(1_500, 3)
    table = courses("wild-type")
    longest = table.probability * (table.latent_days == table.latent_days.max())
    table = replace(
        table,
        probability=longest / longest.sum(axis=1, keepdims=True),
        onset_probability=np.eye(table.onset_probability.size)[-1],
    )
    slow = (SymptomaticTesting(share=1.0, delay_days=10, turnaround_days=0),)
    later = (replace_dates(slow[0], 30),)
    arrivals = (Arrival(0, 0, 1_500, 1_500),)
    for measures in (slow, later):
        made = settings_for(people, n_days=50, table=table, measures=measures, arrivals=arrivals)
        reference = ReferenceEngine(people, made).run()
        found = outcome(people, made)
        assert differing(outcome_of(reference), found) == []
        last = int(table.latent_days.max()) + table.onset_probability.size - 1 + 20
        assert found.counts["samples"][last].sum() > 0
        assert found.counts["samples"][last + 1 :].sum() == 0


def replace_dates(measure: SymptomaticTesting, first: int) -> SymptomaticTesting:
    """Return a measure that begins on a day of the run."""
    return measure.model_copy(update={"first": START + timedelta(first)})


def test_late_reports_are_not_lost():
    """A result after two weeks, reclassified after ten more, is counted on its day."""
    people = small_town(1_500, 3)
    slow = (SymptomaticTesting(share=1.0, delay_days=10, turnaround_days=14),)
    made = settings_for(
        people, r0=6, n_days=150, measures=slow,
        arrivals=(Arrival(0, 0, 1_500, 300),), rules=reporting(0.0, 1.0, [0] * 70 + [1]),
    )  # fmt: skip
    reference = ReferenceEngine(people, made).run()
    assert differing(outcome_of(reference), outcome(people, made)) == []
    reclassified = np.array(reference.counts.reports)[:, :, 2]
    assert reclassified[:84].sum() == 0
    assert reclassified.sum() > 300


def test_a_companion_goes_on_with_a_child():
    """A child in quarantine who turns out to be a case is moved on, and the adult with it."""
    people = small_town(1_500, 2)
    hotel, hall = (stock(name, "beds", 1_500, DAYS) for name in ("hotel", "hall"))
    made = settings_for(
        people, r0=5, n_days=DAYS, stocks=(hotel, hall),
        arrivals=(Arrival(0, 0, 1_500, 40),),
        measures=(
            SymptomaticTesting(share=0.8, delay_days=1, turnaround_days=0),
            ContactTracing(household=0.0, school=1.0, community=0.5),
            Quarantine(days=9, beds=["hotel"], with_parent=True, test_every=1, child_age=20),
            Isolation(beds=["hall"], with_parent=True, child_age=20),
        ),
    )  # fmt: skip
    reference = ReferenceEngine(people, made).run()
    assert differing(outcome_of(reference), outcome(people, made)) == []
    assert reference.met.followed > 3
    assert reference.met.left_with_child > 20


def test_a_town_in_which_everybody_arrives_at_once():
    people = small_town(300, 3)
    made = settings_for(people, n_days=5, arrivals=(Arrival(2, 0, 300, 1_000),))
    reference = ReferenceEngine(people, made).run()
    assert len(reference.cases) == 300
    assert differing(outcome_of(reference), outcome(people, made)) == []


def test_the_dead_do_not_arrive():
    """Everybody who can be infected arrives, again and again; the dead of before do not."""
    people = small_town(300, 1)
    table = with_protection(courses("omicron-ba2"), [0.0] * 10 + [1.0])
    made = settings_for(
        people, r0=0.1, n_days=50, table=table, severity=severe(1.0, death=0.9),
        arrivals=tuple(Arrival(day, 0, 300, 300) for day in (0, 14, 28, 42)),
        measures=(HealthCare(worse=1.0, ward="ward"),), stocks=(stock("ward", "beds", 300),),
    )  # fmt: skip
    reference = ReferenceEngine(people, made).run()
    found = outcome(people, made)
    assert differing(outcome_of(reference), found) == []
    died = int(found.counts["deaths"][:42].sum())
    assert died > 50
    assert found.counts["infections"][42].sum() <= 300 - died


# -- the comparison can fail -------------------------------------------------------------------


def since(day: int) -> dict[str, Any]:
    """Return the first day of a measure."""
    return {"from": START + timedelta(day)}


@pytest.fixture(scope="module")
def rich() -> tuple[Population, Settings, Outcome]:
    """Return one scenario in which every rule matters, and what the engine makes of it."""
    people = small_town(900, 3)
    zoned, controlled, _ = people.districts
    beds = {"hall": 25, "hotel": 12}
    stocks = [
        stock(name, unit, 3 if name == "shots" else most, 60,
              **({"contacts": 40.0, "bus_contacts": 200.0} if name in beds else {}))
        for name, (unit, most) in STOCKS.items()
    ]  # fmt: skip
    layers = dict.fromkeys(LAYERS, 0.3)
    read = {"labs": "labs", "specificity": 0.9, "turnaround_days": 1}
    measures = (
        SymptomaticTesting(share=0.5, delay_days=1, background=0.02, clinics="clinics", **read),
        Screening(
            participation=0.6, interval_days=4, pool=5, crowding=0.9,
            labs="labs", specificity=0.5, **since(12),
        ),
        Screening(test="antigen", participation=0.4, turnaround_days=0, review_days=0,
                  interval_days=3, **since(20)),
        Zones(unit="compound", sealed_days=4, monitored_days=4, building_days=9, areas=[zoned],
              **since(5)),
        Lockdown(tier=2, areas=[controlled], **since(14)),
        ReduceContacts(layers=["compound", "community"], factor=0.6, **since(8)),
        ClosedLoop(share=0.4, **since(10)),
        ContactTracing(**(layers | {"household": 0.9}), tracers="tracers", cases_per_tracer=1,
                       longest_wait=1, days_before=3, backward=True, second_degree=True),
        Isolation(beds=["hotel", "hall"], transfer_days=1, seats="buses", bus=4, least_days=3,
                  longest_days=12, negatives=2, test_every=2, child_age=20, with_parent=True,
                  **read),
        Quarantine(days=6, test_every=2, negatives=1, beds=["hall"], bus=6, **read),
        Quarantine(of="second_contacts", days=3, test_every=1, negatives=1, **read),
        Antivirals(share=0.7, within_days=9, efficacy=0.6, courses="pills"),
        HealthCare(ward="ward", icu="icu", worse=3.0, absence=1.5),
        VaccinationCampaign(doses="shots", dose=1, ages=["60+", "15-59"], uptake=[0.9, 1.0],
                            when=Trigger.model_validate(
                                {"on": {"cases": {"number": 5}}, "least_days": 60})),
    )  # fmt: skip
    made = settings_for(
        people, r0=12, n_days=50, seed=3, measures=measures, stocks=tuple(stocks),
        table=with_protection(courses("omicron-ba2"), [0.0] * 16 + [0.3, 0.6, 0.9]),
        arrivals=(Arrival(0, 0, 900, 8), Arrival(20, 0, 300, 30), Arrival(40, 300, 900, 90)),
        severity=severe(0.3, death=0.6), vaccination=doses(3, [-60, 12], 2, 0.7),
    )  # fmt: skip
    return people, made, outcome(people, made)


def test_the_rich_scenario_agrees(rich):
    people, made, found = rich
    reference = ReferenceEngine(people, made).run()
    assert differing(outcome_of(reference), found) == []
    assert reference.met.turned_contacts >= 5


@pytest.fixture(scope="module")
def restless() -> tuple[Population, Settings, Outcome]:
    """Return one scenario in which people leak, break out, and meet although they must not."""
    people = small_town(900, 3)
    measures = (
        Lockdown(tier=3, **since(4)),
        Zones(unit="building", sealed_days=3, monitored_days=5),
        ClosedLoop(share=0.3, **since(10)),
        CloseSchools(factor=0.2, **since(8)),
        CloseWorkplaces(factor=0.5, **since(8)),
        VisitingRights(share=0.5, contacts=0.1, **since(12)),
        LongestStay(days=12, rest_days=4),
        Screening(participation=0.5, interval_days=5, crowding=0.8),
        ContactTracing(**dict.fromkeys(LAYERS, 0.3)),
        Isolation(least_days=5),
        Quarantine(days=5),
    )
    made = settings_for(
        people, r0=9, n_days=45, seed=5, measures=measures, behaviour=responsive(),
        table=with_protection(courses("omicron-ba2"), [0.0] * 16 + [0.6, 0.9]),
        arrivals=(Arrival(0, 0, 900, 20), Arrival(15, 0, 900, 30), Arrival(30, 0, 900, 60)),
    )  # fmt: skip
    return people, made, outcome(people, made)


def test_the_restless_scenario_agrees(restless):
    people, made, found = restless
    reference = ReferenceEngine(people, made).run()
    assert differing(outcome_of(reference), found) == []
    few = {"slipped": 100, "leaking": 300, "joining": 3, "made_in_crowds": 3}
    assert {name: n for name, n in few.items() if getattr(reference.met, name) < n} == {}


@pytest.mark.parametrize(
    "misreading", some_now(MISREADINGS_OF_PEOPLE, 3), ids=lambda kind: kind.__name__
)
def test_a_rule_of_people_read_wrongly_is_noticed(restless, misreading):
    people, made, found = restless
    assert differing(outcome_of(misreading(people, made).run()), found) != []


def test_few_active_households_agree():
    people = small_town(900, 2)
    few = {"few_active": {"share": 0.4, "left_in_lockdown": 0.7}}
    made = settings_for(
        people, r0=9, n_days=40, behaviour=responsive(**few),
        measures=(Lockdown(tier=2, **since(9)),),
        arrivals=(Arrival(0, 0, 900, 60),),
    )  # fmt: skip
    reference = ReferenceEngine(people, made).run()
    assert differing(outcome_of(reference), outcome(people, made)) == []
    assert reference.met.not_active > 300


@pytest.mark.parametrize("misreading", some_now(MISREADINGS, 8), ids=lambda kind: kind.__name__)
def test_a_rule_read_wrongly_is_noticed(rich, misreading):
    people, made, found = rich
    assert differing(outcome_of(misreading(people, made).run()), found) != []
