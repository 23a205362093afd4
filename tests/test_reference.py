"""The engine against the reference engine: every infection and every count, in random scenarios."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import towns
from hypothesis import HealthCheck, given, settings
from reference_engine import Case, Exposure, ReferenceEngine
from towns import (
    CONFINED,
    CONTACTS,
    START,
    Outcome,
    differing,
    outcome,
    reporting,
    settings_for,
    small_town,
    with_protection,
)

from lazaretto.disease import CourseTable, courses, variants
from lazaretto.engine import simulation
from lazaretto.engine.diary import other_contacts
from lazaretto.engine.rates import ContactRates, build_rates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.measures import (
    CloseSchools,
    CloseWorkplaces,
    Lockdown,
    Measure,
    Orders,
    Places,
    ReduceContacts,
    Screening,
    SymptomaticTesting,
    Today,
)
from lazaretto.people import Population
from lazaretto.words import LAYERS

EXAMPLES = 52
DAYS = 60
N_DISTRICTS = 3


class LockdownByReports(Measure):
    """Seal a district while it reported more cases in three days than allowed; sees reports."""

    allowed: int = 3

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        orders.confine(today.observed.cases(3) > self.allowed, 3)


# -- random scenarios --------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """A scenario made by Hypothesis."""

    people: Population
    settings: Settings


def shares(low: float = 0.0, high: float = 1.0) -> st.SearchStrategy[float]:
    """Return shares in steps of a hundredth, 0 and 1 among them where allowed."""
    return st.integers(round(100 * low), round(100 * high)).map(lambda n: n / 100)


@st.composite
def protections(draw: st.DrawFn) -> list[float]:
    """Return a protection that wanes within the run, now and then never or at once to nothing."""
    first = draw(st.integers(5, 40))
    rest = draw(st.lists(shares(0.05), max_size=8))
    return [0.0] * first + rest or [0.0]


@st.composite
def measures(draw: st.DrawFn, kind: type[Measure], districts: tuple[str, ...]) -> Measure:
    """Return a measure of a kind with any parameters, dates and areas."""
    first = draw(st.one_of(st.none(), st.integers(-5, DAYS)))
    last = draw(st.one_of(st.none(), st.integers(first or 0, DAYS + 5)))
    when: dict[str, Any] = {
        "from": None if first is None else START + timedelta(first),
        "to": None if last is None else START + timedelta(last),
        "areas": draw(
            st.just("all") | st.lists(st.sampled_from(districts), min_size=1, unique=True)
        ),
    }
    if kind is Lockdown:
        return Lockdown(tier=draw(st.integers(0, 3)), **when)
    if kind is LockdownByReports:
        return LockdownByReports(allowed=draw(st.integers(0, 20)), **when)
    if kind is CloseSchools:
        return CloseSchools(factor=draw(shares()), **when)
    if kind is CloseWorkplaces:
        return CloseWorkplaces(factor=draw(shares()), essential_factor=draw(shares()), **when)
    if kind is ReduceContacts:
        layers = draw(st.lists(st.sampled_from(LAYERS), min_size=1, unique=True))
        return ReduceContacts(layers=layers, factor=draw(shares(0.2)), **when)
    result = {"turnaround_days": draw(st.integers(0, 14)), "isolate": draw(st.booleans())}
    if kind is SymptomaticTesting:
        delay = draw(st.integers(0, 100)) / 10
        return SymptomaticTesting(share=draw(shares()), delay_days=delay, **result, **when)
    return Screening(
        interval_days=draw(st.integers(1, 30)), participation=draw(shares()),
        test=draw(st.sampled_from(["pcr", "antigen"])), pool_loss=draw(shares(0, 0.5)),
        **result, **when,
    )  # fmt: skip


KINDS: tuple[type[Measure], ...] = (
    SymptomaticTesting, Screening, Lockdown, ReduceContacts, Lockdown, CloseSchools,
    LockdownByReports, CloseWorkplaces, Screening, SymptomaticTesting,
)  # fmt: skip


def subsets(kinds: tuple[type[Measure], ...]) -> st.SearchStrategy[list[type[Measure]]]:
    """Return some of the kinds, each as likely in as out."""
    chosen = st.integers(0, 2 ** len(kinds) - 1)
    return chosen.map(lambda bits: [kind for i, kind in enumerate(kinds) if bits >> i & 1])


@st.composite
def scenarios(draw: st.DrawFn) -> Made:
    """Return a town and the settings of a run."""
    n_persons, n_districts = draw(st.sampled_from([
        (300, 1), (300, 3), (450, 2), (700, 3), (1_000, 2), (1_500, 3), (2_200, 4), (3_000, 3),
    ]))  # fmt: skip
    people = small_town(n_persons, n_districts, draw(st.integers(0, 2)))
    table = courses(draw(st.sampled_from(variants())))
    table = with_protection(table, draw(protections()))
    contacts = ContactRates(
        np.array([draw(st.integers(0, 60)) / 10 for _ in LAYERS]) + CONTACTS.per_day / 4,
        np.array([draw(shares(0.1)) for _ in LAYERS]),
        draw(shares(0.5)),
        draw(shares()),
    )
    confinement = draw(st.sampled_from([CONFINED, None]))
    if confinement is None:
        some = [draw(shares()) for _ in range(36)]
        confinement = np.concatenate([np.ones(12), some]).reshape(4, 2, 6)
    arrivals = []
    for _ in range(draw(st.integers(1, 5))):
        first = draw(st.integers(0, n_persons - 1))
        last = draw(st.integers(first + 1, n_persons))
        arrivals.append(Arrival(draw(st.integers(0, 30)), first, last, draw(st.integers(1, 12))))
    chosen = [draw(measures(kind, people.districts)) for kind in draw(subsets(KINDS))]
    rules = reporting(
        draw(shares()), draw(shares()), draw(st.lists(st.integers(1, 9), min_size=1, max_size=20))
    )
    made = settings_for(
        people, r0=draw(st.integers(50, 1000)) / 100, n_days=DAYS,
        seed=draw(st.integers(0, 2**63 - 1)), table=table, contacts=contacts,
        confinement=confinement, arrivals=tuple(arrivals), measures=tuple(chosen), rules=rules,
    )  # fmt: skip
    return Made(people, made)


# -- the comparison ----------------------------------------------------------------------------


def outcome_of(reference: ReferenceEngine) -> Outcome:
    """Return what the reference engine found in the form of the engine's outcome."""
    counts = {name: np.array(table) for name, table in vars(reference.counts).items()}
    counts["longest_stays"] = np.array(reference.longest_stays())
    return Outcome(reference.infections(), counts, "")


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

    def made(table: CourseTable, contacts: ContactRates, transmissibility: float) -> Any:
        given = (id(table), id(contacts), transmissibility)
        if last[0] is None or last[0][:3] != given:
            # The inputs are kept as well, so that no other object can take their ids.
            kept = (*given, table, contacts)
            last[:] = [kept, make(table, contacts, transmissibility)]
        return last[1]

    return made


@pytest.fixture
def shared_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the runs of one scenario share the tables of the disease, which take most of the time."""
    build = keep_last(build_rates)
    for module in (simulation, towns):
        monkeypatch.setattr(module, "build_rates", build)
    monkeypatch.setattr(simulation, "other_contacts", keep_last(other_contacts))


@pytest.mark.usefixtures("shared_tables")
def test_engine_and_reference_agree_in_random_scenarios(capsys: pytest.CaptureFixture[str]):
    compared = Compared()

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(scenarios())
    def compare(made: Made) -> None:
        reference = ReferenceEngine(made.people, made.settings).run()
        expected = outcome_of(reference)
        for threads in (1, 2, 8):
            found = outcome(made.people, made.settings, threads)
            assert differing(expected, found) == [], f"with {threads} threads"
        compared.add(reference)

    compare()
    with capsys.disabled():
        print(f"\ncompared: {compared}")
    assert compared.scenarios >= 50
    assert compared.infections > 20_000
    enough = {
        "reinfections": 1_000, "contested": 2_000, "drawn_tie_breaks": 40,
        "not_made_by_source": 500, "not_made_by_target": 100, "found_by_symptoms": 500,
        "found_by_screening": 500, "silenced": 1_000, "confined": 10_000,
    }  # fmt: skip
    assert {name: compared.of[name] for name in enough if compared.of[name] < enough[name]} == {}


# -- long runs: what sixty days cannot show ----------------------------------------------------


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
    arrivals = (Arrival(0, 0, 1_500, 1_500),)
    made = settings_for(people, n_days=50, table=table, measures=slow, arrivals=arrivals)
    reference = ReferenceEngine(people, made).run()
    found = outcome(people, made)
    assert differing(outcome_of(reference), found) == []
    last = int(table.latent_days.max()) + 6 + 20
    assert found.counts["isolated"][last].sum() > 0
    assert found.counts["isolated"][last + 1 :].sum() == 0


def test_late_reports_are_not_lost():
    """A result after two weeks, reclassified after ten more, is counted on its day."""
    people = small_town(1_500, 3)
    slow = (SymptomaticTesting(share=1.0, delay_days=10, turnaround_days=14, isolate=False),)
    made = settings_for(
        people, r0=6, n_days=150, measures=slow,
        arrivals=(Arrival(0, 0, 1_500, 300),), rules=reporting(0.0, 1.0, [0] * 70 + [1]),
    )  # fmt: skip
    reference = ReferenceEngine(people, made).run()
    assert differing(outcome_of(reference), outcome(people, made)) == []
    reclassified = np.array(reference.counts.reports)[:, :, 2]
    assert reclassified[:84].sum() == 0
    assert reclassified.sum() > 500


def test_a_town_in_which_everybody_arrives_at_once():
    people = small_town(300, 3)
    made = settings_for(people, n_days=5, arrivals=(Arrival(2, 0, 300, 1_000),))
    reference = ReferenceEngine(people, made).run()
    assert len(reference.cases) == 300
    assert differing(outcome_of(reference), outcome(people, made)) == []


# -- the comparison can fail: each of these reads one rule wrongly ------------------------------


class LargestTieBreakWins(ReferenceEngine):
    def precedence(self, exposure: Exposure) -> tuple[int, int]:
        return (-exposure.tie_break, exposure.order)


class LastOfEqualTieBreaksWins(ReferenceEngine):
    def precedence(self, exposure: Exposure) -> tuple[int, int]:
        return (exposure.tie_break, -exposure.order)


class SourcesAreNotConfined(ReferenceEngine):
    def contact_happens(self, source: int, target: int, layer: int, value: int) -> bool:
        return value < self.still_made(target, layer)


class TargetsAreNotConfined(ReferenceEngine):
    def contact_happens(self, source: int, target: int, layer: int, value: int) -> bool:
        return value < self.still_made(source, layer)


class BothSidesAreIndependent(ReferenceEngine):
    def contact_happens(self, source: int, target: int, layer: int, value: int) -> bool:
        both = self.still_made(source, layer) * self.still_made(target, layer)
        return value < both >> 31


class ProtectionIsReviewedDaily(ReferenceEngine):
    def can_be_infected(self, person: int, day: int) -> bool:
        before = self.last_case.get(person)
        return before is None or day - before.day >= (self.wanes_after or DAYS)


class ReinfectionIsAsLikelyAsInfection(ReferenceEngine):
    def accepts(self, target: int, day: int, value: int) -> bool:
        return value < self.susceptible[self.town.age[target]]


class EverybodyIsAsSusceptible(ReferenceEngine):
    def accepts(self, target: int, day: int, value: int) -> bool:
        return super().accepts(target, day, value >> 1)


class IsolationBeginsADayLater(ReferenceEngine):
    def is_at_large(self, case: Case, day: int) -> bool:
        return super().is_at_large(case, day - 1)


class IsolationBeginsWithTheSwab(ReferenceEngine):
    def is_at_large(self, case: Case, day: int) -> bool:
        return not case.known or case.isolated_from is None


class ScreeningStartsADayAfterInfection(ReferenceEngine):
    def is_found_by_screening(self, case: Case, district: int, day: int) -> bool:
        return case.day < day and super().is_found_by_screening(case, district, day)


class TestsAreSoughtADayAfterOnset(ReferenceEngine):
    __test__ = False

    def seeks_test(self, case: Case, district: int, day: int) -> bool:
        onset = case.onset
        later = case if onset is None else replace(case, onset=onset + 1)
        return super().seeks_test(later, district, day)


class ReportsAreADayLate(ReferenceEngine):
    def report(self, case: Case, district: int, known: int) -> None:
        super().report(case, district, known + 1)


class EveryoneArrivesInTheNextHouse(ReferenceEngine):
    def infect(self, day: int, person: int, source: Case | None, layer: int) -> Case:
        move = 1 if source is None and self.can_be_infected(person + 1, day) else 0
        return super().infect(day, person + move, source, layer)


MISREADINGS = [
    LargestTieBreakWins,
    LastOfEqualTieBreaksWins,
    SourcesAreNotConfined,
    TargetsAreNotConfined,
    BothSidesAreIndependent,
    ProtectionIsReviewedDaily,
    ReinfectionIsAsLikelyAsInfection,
    EverybodyIsAsSusceptible,
    IsolationBeginsADayLater,
    IsolationBeginsWithTheSwab,
    ScreeningStartsADayAfterInfection,
    TestsAreSoughtADayAfterOnset,
    ReportsAreADayLate,
    EveryoneArrivesInTheNextHouse,
]


@pytest.fixture(scope="module")
def rich() -> tuple[Population, Settings, Outcome]:
    """Return one scenario in which every rule matters, and what the engine makes of it."""
    people = small_town(1_500, N_DISTRICTS)
    sealed, controlled, _ = people.districts
    made = settings_for(
        people,
        r0=8,
        n_days=DAYS,
        table=with_protection(courses("omicron-ba2"), [0.0] * 16 + [0.3, 0.6, 0.9]),
        arrivals=(Arrival(0, 0, 1_500, 8), Arrival(20, 0, 700, 60), Arrival(40, 700, 1_500, 60)),
        measures=(
            SymptomaticTesting(share=0.5, delay_days=1, turnaround_days=2),
            Screening(participation=0.3, **{"from": START + timedelta(30)}),
            Lockdown(tier=3, areas=[sealed], **{"from": START + timedelta(6)}),
            Lockdown(tier=2, areas=[controlled], **{"from": START + timedelta(14)}),
        ),
    )
    return people, made, outcome(people, made)


def test_the_rich_scenario_agrees(rich):
    people, made, found = rich
    assert differing(outcome_of(ReferenceEngine(people, made).run()), found) == []


@pytest.mark.parametrize("misreading", MISREADINGS, ids=lambda kind: kind.__name__)
def test_a_rule_read_wrongly_is_noticed(rich, misreading):
    people, made, found = rich
    assert differing(outcome_of(misreading(people, made).run()), found) != []
