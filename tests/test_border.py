"""The border: the closed form of quarantine escape, the engine against it, and its reference."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, Phase, given, seed, settings
from reference_engine import ReferenceEngine
from reference_scenarios import Made, scenarios, shares
from reference_world import Case
from scipy.stats import binomtest
from test_checkpoint import everything
from test_reference import outcome_of
from towns import (
    CONTACTS,
    containment,
    differing,
    doses,
    outcome,
    scarce_stocks,
    settings_for,
    severe,
    small_town,
    with_protection,
)

from lazaretto.chance import Purpose, stream_key, threshold
from lazaretto.disease import CourseTable, courses, variants
from lazaretto.disease.border_page import border_page
from lazaretto.disease.quarantine_escape import Escape, escape, sensitivity
from lazaretto.engine import simulation
from lazaretto.engine.border import NEVER, Border, Stay, records_when, travellers
from lazaretto.engine.checkpoint import load_checkpoint, save_checkpoint
from lazaretto.engine.city import AGE_MASK, city_of
from lazaretto.engine.prepare import border_of
from lazaretto.engine.rates import build_rates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.vaccinated import no_vaccine
from lazaretto.people import Population
from lazaretto.report.headline import border_words
from lazaretto.scenario import Scenario, ScenarioError, check_areas
from lazaretto.scenario.border import PROTOCOLS, PreDepartureTest, Protocol

FALSE_ALARM = 1e-6
"""Of each statistical test, all of its comparisons together; seeds are fixed."""

Z = 5.2
"""A normal number is farther from 0 than this with probability 2e-7: five comparisons a test."""

WILD = courses("wild-type")
LEAST = {
    "place": "chongming", "disease": "omicron-ba2", "start": "2022-03-01", "end": "2022-04-30",
    "name": "border",
}  # fmt: skip
FLIGHTS = {"flights_per_week": 14, "passengers": 150, "prevalence": [{"share": 0.02}]}


def stay_of(protocol: Protocol, table: CourseTable) -> Stay:
    """Return a protocol as the engine takes it."""
    tests = [(day - 1, threshold(sensitivity(table, kind))) for day, kind in protocol.tests]
    return Stay(protocol.facility_days, protocol.home_days, tuple(tests))


def border(
    people: Population,
    table: CourseTable,
    *protocols: Protocol,
    mean: float,
    n_days: int,
    exposure_days: int = 14,
    before: PreDepartureTest | None = None,
    noticed: float = 0.5,
) -> Border:
    """Return a border whose protocols follow each other, with so many infected a day."""
    chance = None
    if before is not None:
        chance = (before.days_before, threshold(sensitivity(table, before.test)))
    return Border(
        infected=np.full(n_days, mean),
        first=0,
        last=people.n_persons,
        exposure_days=exposure_days,
        before=chance,
        stays=tuple(stay_of(protocol, table) for protocol in protocols),
        stay=np.arange(n_days) * len(protocols) // n_days,
        noticed=np.uint32(threshold(noticed)),
    )


def ill_share(people: Population, table: CourseTable) -> float:
    """Return the share of the infected with symptoms, were all residents infected."""
    return float(table.symptomatic_share[people.attributes & AGE_MASK].mean())


# -- the closed form ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", variants())
@pytest.mark.parametrize("exposure", [1, 7, 14])
def test_without_tests_it_is_the_tail_of_the_generation_interval(name, exposure):
    """Ashcroft et al. 2021: what a stay of q days leaves is the mean of S(s + q) over s."""
    table = courses(name)
    tail = np.append(table.generation_interval()[::-1].cumsum()[::-1], np.zeros(60))
    for days in (0, 3, 7, 14):
        expected = tail[np.arange(exposure) + days].mean()
        left = escape(table, Protocol(days, 0), exposure, noticed=0.0).left
        assert left == pytest.approx(expected, abs=1e-12)


def test_one_swab_multiplies_what_it_misses():
    """Infected on one known day, with all symptoms ignored, only one test's curve matters."""
    alone = escape(WILD, Protocol(6, 0), 1, noticed=0.0)
    tested = escape(WILD, Protocol(6, 0, ((5, "pcr"),)), 1, noticed=0.0)
    assert tested.left == pytest.approx(alone.left * (1 - WILD.pcr[4]), rel=1e-12)
    assert tested.found == pytest.approx(WILD.pcr[4], rel=1e-12)


def test_all_symptoms_noticed_leave_those_without():
    """After forty days everybody who ever has symptoms has had them."""
    found = escape(WILD, Protocol(40, 0), noticed=1.0, symptomatic_share=0.3).found
    assert found == pytest.approx(0.3, rel=1e-12)


@pytest.mark.parametrize("name", variants())
@pytest.mark.parametrize("tests", [(), ((1, "pcr"), (2, "antigen"))])
def test_longer_is_safer(name, tests):
    table = courses(name)
    stays = [escape(table, Protocol(days, 0, tests)) for days in range(2, 22)]
    for shorter, longer in pairwise(stays):
        assert longer.infectious <= shorter.infectious
        assert longer.left <= shorter.left
        assert longer.released <= shorter.released
    assert stays[0].left > stays[-1].left


def test_a_further_test_and_a_keener_eye_find_more():
    some = escape(WILD, Protocol(7, 3, ((3, "pcr"),)))
    assert escape(WILD, Protocol(7, 3, ((3, "pcr"), (7, "pcr")))).left < some.left
    assert escape(WILD, Protocol(7, 3, ((3, "pcr"),)), noticed=0.9).left < some.left


@pytest.mark.parametrize("before", [None, PreDepartureTest()])
def test_no_quarantine_lets_everybody_go(before):
    free = escape(WILD, PROTOCOLS["none"], before=before, noticed=1.0)
    assert (free.released, free.at_home) == (pytest.approx(1.0), 0.0)
    assert free.left > 0.4


def test_a_test_before_departure_keeps_back_those_long_infected():
    """Who boards nonetheless was infected later, and has more before him."""
    before = escape(WILD, PROTOCOLS["none"], before=PreDepartureTest())
    assert 0.4 < before.boards < 0.7
    assert before.left > escape(WILD, PROTOCOLS["none"]).left


def test_published_reductions_of_transmission():
    """Wild type, infected 0 to 7 days before arrival: Johansson et al. 2021, and Clifford et al.

    14 days alone prevent 96 to 100 % of transmission after arrival (doi
    10.1186/s12916-021-01975-w); 7 days with symptoms watched and a test on day 3 or 4 prevent 95 to
    99 % (its preprint, doi 10.1101/2020.11.23.20237412). 14 days leave less than 1 % (median) in
    Clifford et al. 2021 (PMC8485583), there of the number of infectious travellers.
    """
    free = escape(WILD, PROTOCOLS["none"], 8).left

    def prevented(protocol: Protocol, noticed: float) -> float:
        return 1 - escape(WILD, protocol, 8, noticed=noticed).left / free

    assert 0.99 < prevented(Protocol(14, 0), 0.0) <= 1
    for day in (4, 5):  # the day of arrival is the first
        assert 0.95 <= prevented(Protocol(7, 0, ((day, "pcr"),)), 1.0) <= 0.99


# -- the engine against it ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["5+3", "7+3", "none"])
def test_the_engine_lets_as_many_go_as_the_closed_form(name):
    """The number released undetected and infectious is binomial."""
    people, n_days, protocol = small_town(50_000, 2), 50, PROTOCOLS[name]
    before = PreDepartureTest(test="antigen", days_before=1)
    given_ = border(people, WILD, protocol, mean=2_000, n_days=n_days, before=before)
    made = settings_for(people, r0=0.01, n_days=n_days, table=WILD, arrivals=())
    with Simulation(people, replace(made, border=given_)) as simulation:
        tally = simulation.run()
    arrived = int(tally.imported[: n_days - protocol.days].sum())
    expected = escape(WILD, protocol, before=before, symptomatic_share=ill_share(people, WILD))
    released = int(tally.imported_released.sum())
    assert binomtest(released, arrived, expected.infectious).pvalue > FALSE_ALARM
    boarding = 2_000 * n_days * expected.boards  # a Poisson number
    assert abs(tally.imported.sum() - boarding) < Z * boarding**0.5


@pytest.mark.parametrize(
    "protocol",
    [Protocol(0, 0), Protocol(3, 0, ((2, "antigen"),)), Protocol(2, 3, ((1, "pcr"), (4, "pcr")))],
    ids=["none", "3", "2+3"],
)
def test_each_traveller_keeps_what_the_closed_form_says(protocol):
    """Found, still infectious, left after release, spent at home: one by one against the mean."""
    people, n_days = small_town(50_000, 2), 60
    rates = build_rates(WILD, CONTACTS, 0.02)
    made = border(people, WILD, protocol, mean=2_000, n_days=n_days)
    tail = np.cumsum(WILD.infectiousness[:, ::-1], axis=1)[:, ::-1]
    tail = np.pad(tail, ((0, 0), (0, 60)))
    share = ill_share(people, WILD)
    mix = np.array([1 - share, share]) @ WILD.probability
    found, infectious, left, home = [], [], [], []
    for day in range(n_days):
        some = travellers(made, 7, day, city_of(people), rates, no_vaccine())
        keys = [stream_key(7, Purpose.COURSE, when) for when in some.infected_on.tolist()]
        record = np.empty(some.person.size, np.uint32)
        records_when(city_of(people), rates, no_vaccine(), np.array(keys), some.person,
                     some.infected_on, record)  # fmt: skip
        course, since = (record & 0xFF).astype(int), day - some.infected_on
        undetected = some.found_on == NEVER
        found.append(~undetected)
        infectious.append(undetected & (some.last >= day + protocol.days))
        left.append(undetected * tail[course, since + protocol.days])
        start = since + protocol.facility_days
        end = np.minimum(some.found_on - some.infected_on, since + protocol.days)
        home.append(tail[course, start] - tail[course, np.maximum(start, end)])
    expected: Escape = escape(WILD, protocol, symptomatic_share=share)
    whole = float(mix @ tail[:, 0])
    for values, mean in (
        (found, expected.found), (infectious, expected.infectious),
        (left, expected.left * whole), (home, expected.at_home * whole),
    ):  # fmt: skip
        every = np.concatenate(values).astype(float)
        assert every.size > 100_000
        assert abs(every.mean() - mean) <= Z * every.std() / every.size**0.5 + 1e-6


# -- the reference engine ----------------------------------------------------------------------


def of_the_reference(kind: str, mean: float = 8.0) -> tuple[Population, Settings]:
    """Return a small town with a busy border: alone, with containment, or with tracing."""
    people, n_days = small_town(900, 3), 50
    table = with_protection(courses("wild-type"), [0.0] * 12 + [0.3, 0.6, 0.9])
    protocols = (
        PROTOCOLS["none"], Protocol(1, 4, ((3, "pcr"),)), Protocol(3, 0),
        Protocol(0, 5, ((2, "antigen"),)),
    )  # fmt: skip
    more = {}
    if kind == "containment":
        more = {
            "stocks": scarce_stocks(900, n_days), "measures": containment(),
            "vaccination": doses(3, [-60, 12], 2, 0.7),
        }  # fmt: skip
    made = settings_for(
        people, r0=4, n_days=n_days, table=table, arrivals=(Arrival(0, 0, 900, 4),),
        severity=severe(0.3), **more,
    )  # fmt: skip
    wide = border(
        people, table, *protocols, mean=mean, n_days=n_days, noticed=0.3,
        before=PreDepartureTest(test="antigen", days_before=1),
    )  # fmt: skip
    return people, replace(made, border=wide)


@pytest.mark.parametrize("kind", ["alone", "containment"])
def test_the_reference_agrees(kind):
    people, made = of_the_reference(kind)
    reference = ReferenceEngine(people, made).run()
    for threads in (1, 2, 8):
        assert differing(outcome_of(reference), outcome(people, made, threads)) == []
    met = asdict(reference.met)
    few = {"came_in": 60, "watched_at_home": 20, "found_at_home": 10, "let_go": 5}
    assert {name: met[name] for name, least in few.items() if met[name] < least} == {}


def test_travellers_find_their_place_in_days_kept_in_ranges(monkeypatch):
    """Days of which each range of persons is kept apart take travellers into the right one."""
    people, made = of_the_reference("alone", mean=20.0)
    whole = outcome(people, made)
    monkeypatch.setattr(simulation, "LARGE_COHORT", 1)
    assert differing(outcome(people, made), whole) == []


@st.composite
def borders(draw: st.DrawFn, made: Made) -> Border:
    """Return a border of any kind for a scenario."""
    table, people = made.settings.courses, made.people
    protocols = []
    for _ in range(draw(st.integers(1, 3))):
        facility, home = draw(st.integers(0, 6)), draw(st.sampled_from([0, 0, 2, 5]))
        days = draw(st.lists(st.integers(1, max(facility + home, 1)), max_size=3, unique=True))
        kinds = [draw(st.sampled_from(["pcr", "antigen"])) for _ in days]
        tests = tuple(zip(days, kinds, strict=True)) if facility + home else ()
        protocols.append(Protocol(facility, home, tests))
    before = draw(st.sampled_from([None, PreDepartureTest(days_before=draw(st.integers(0, 4)))]))
    found = border(
        people, table, *protocols, mean=draw(st.sampled_from([0.3, 2.0, 6.0])),
        n_days=made.settings.n_days, exposure_days=draw(st.integers(1, 28)), before=before,
        noticed=draw(shares()),
    )  # fmt: skip
    first = draw(st.integers(0, people.n_persons - 1))
    last = draw(st.integers(first + 1, people.n_persons))
    return replace(found, first=first, last=last)


@pytest.mark.parametrize("seeds", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_the_reference_agrees_in_random_scenarios(seeds: int):
    came_in = []

    @given(st.data())
    @settings(max_examples=5, deadline=None, database=None, phases=(Phase.generate,),
              suppress_health_check=list(HealthCheck), backend="same-draws")  # fmt: skip
    def compare(data: st.DataObject) -> None:
        made = data.draw(scenarios())
        whole = replace(made.settings, border=data.draw(borders(made)))
        reference = ReferenceEngine(made.people, whole).run()
        assert differing(outcome_of(reference), outcome(made.people, whole, 8)) == []
        came_in.append(reference.met.came_in)

    for number in range(seeds):
        seed(number)(compare)()
    print(f"every infection and count the same in {len(came_in)} random scenarios in which "
          f"{sum(came_in)} travellers came in infected")  # fmt: skip
    assert len(came_in) >= 4 * seeds
    assert sum(came_in) > 20 * seeds


class EverybodyIsInfectedOnRelease(ReferenceEngine):
    def infect(self, day: int, person: int, source, origin: int, since: int = 0) -> Case:
        return super().infect(day, person, source, origin, 0)


class HomesAreNotWatched(ReferenceEngine):
    def watch_homes(self, day: int, arrived: int, stay: Stay) -> None:
        return None


class NobodyIsFoundAtHome(ReferenceEngine):
    def watch_homes(self, day: int, arrived: int, stay: Stay) -> None:
        for traveller in self.travellers[arrived]:
            if traveller.found_on == day and day >= arrived + stay.facility_days:
                traveller.found_on = None
        super().watch_homes(day, arrived, stay)


class SwabsAreTakenADayLater(ReferenceEngine):
    def traveller(self, day: int, number: int, stay: Stay):
        later = tuple((after + 1, chances) for after, chances in stay.tests)
        return super().traveller(day, number, stay._replace(tests=later))


class ThoseInfectedLongAgoComeIn(ReferenceEngine):
    def comes_in(self, traveller, left: int) -> bool:
        return traveller.found_on is None and traveller.infected_on >= 0


@pytest.mark.parametrize("misreading", [
    EverybodyIsInfectedOnRelease, HomesAreNotWatched, NobodyIsFoundAtHome, SwabsAreTakenADayLater,
    ThoseInfectedLongAgoComeIn,
])  # fmt: skip
def test_a_rule_of_the_border_read_wrongly_is_noticed(misreading):
    people, made = of_the_reference("alone")
    assert differing(outcome_of(misreading(people, made).run()), outcome(people, made)) != []


# -- null, restart -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["alone", "containment"])
def test_a_border_without_flights_changes_nothing(kind):
    people, made = of_the_reference(kind, mean=0.0)
    with_border = outcome(people, made)
    assert differing(with_border, outcome(people, replace(made, border=None))) == []
    assert with_border.counts["imported"].sum() == 0


def test_a_run_goes_on_where_it_was_stopped(tmp_path):
    people, made = of_the_reference("containment")
    with Simulation(people, made) as whole:
        whole.run()
        expected = everything(whole)
    for day in (17, 33):
        path = tmp_path / f"{day}.npz"
        with Simulation(people, made) as first:
            first.run(until=day)
            save_checkpoint(first, path, "a")
        with Simulation(people, made) as second:
            load_checkpoint(second, path, "a")
            second.run()
            found = everything(second)
        assert [name for name in expected if not np.array_equal(expected[name], found[name])] == []


def test_who_is_watched_at_home_meets_the_household_only():
    """With nobody but the household left to those isolated, infections stay at home, then spread.

    Travellers alone bring infection in. While all are still at home, nobody outside has it.
    """
    people, n_days = small_town(900, 3), 20
    made = settings_for(people, r0=8, n_days=n_days, table=WILD, arrivals=(),
                        apart=np.array([1.0, 0, 0, 0, 0, 0]))  # fmt: skip
    homes = border(people, WILD, Protocol(0, 60), mean=1.0, n_days=n_days, noticed=0.0)
    held = outcome(people, replace(made, border=homes))
    seeds = {person for _, person, _, layer in held.infections if layer == 6}
    spread = [row for row in held.infections if row[2] in seeds]
    assert len(spread) > 3
    assert {layer for *_, layer in spread} == {0}
    free = replace(homes, stays=(stay_of(PROTOCOLS["none"], WILD),))
    assert len(outcome(people, replace(made, border=free)).infections) > len(held.infections)


# -- the scenario ------------------------------------------------------------------------------


def scenario_with(**more: object) -> Scenario:
    return Scenario.from_mapping(LEAST | {"border": FLIGHTS | more})


def test_periods_become_days():
    people = small_town(900, 3)
    prevalence = [{"from": "2022-03-05", "share": 0.01}, {"from": "2022-03-11", "share": 0.03}]
    quarantine = [{"from": "2022-03-03", "protocol": "7+3"},
                  {"from": "2022-03-09", "facility_days": 2, "tests": [{"day": 2}]}]  # fmt: skip
    written = scenario_with(
        prevalence=prevalence, quarantine=quarantine, area=people.districts[1],
        pre_departure_test={"test": "antigen", "days_before": 1}, exposure_days=10,
    )  # fmt: skip
    assert Scenario.from_mapping(written.resolved()) == written
    made = border_of(written, people, courses("omicron-ba2"))
    assert made is not None
    assert made.infected[[0, 3, 4, 9, 10, 60]].tolist() == pytest.approx([0, 0, 3, 3, 9, 9])
    assert (made.first, made.last) == tuple(people.district_start[1:3])
    assert [made.stay_of(day).days for day in (0, 1, 2, 7, 8, 60)] == [0, 0, 10, 10, 2, 2]
    assert [after for after, _ in made.stay_of(2).tests] == [0, 1, 2, 4, 6, 9]
    assert made.before is not None
    assert made.before[0] == 1
    assert border_of(Scenario.from_mapping(LEAST), people, WILD) is None


def test_every_problem_is_said_at_once():
    quarantine = [
        {"from": "2022-03-02", "protocol": "7+3", "home_days": 3},
        {"facility_days": 3, "tests": [{"day": 4}, {"day": 2}, {"day": 2}]},
        {"from": "2022-03-02"},
    ]
    with pytest.raises(ScenarioError) as caught:
        scenario_with(prevalence=[{"share": 0.1}, {"share": 0.2}], quarantine=quarantine)
    assert {problem.key for problem in caught.value.problems} == {
        "border.prevalence.1.from", "border.quarantine.0", "border.quarantine.1.tests.0.day",
        "border.quarantine.1.tests.2.day", "border.quarantine.2", "border.quarantine.2.from",
    }  # fmt: skip
    with pytest.raises(ScenarioError) as caught:
        scenario_with(prevalence=[{"share": 20}], quarantine=[{"protocol": "6+2"}], seats=3)
    assert {problem.key for problem in caught.value.problems} == {
        "border.prevalence.0.share", "border.quarantine.0.protocol", "border.seats",
    }  # fmt: skip


def test_the_area_is_a_district_of_the_place():
    (problem,) = check_areas(scenario_with(area="Chongmin"), ["Chongming"])
    assert (problem.key, problem.value) == ("border.area", "Chongmin")


def test_the_headline_says_what_the_border_found():
    days = {"date": np.arange(3)}
    counted = {"imported": [5, 6, 0], "imported_found": [0, 7, 0], "imported_released": [1, 0, 1]}
    results = xr.Dataset({name: ("date", values) for name, values in counted.items()}, days)
    said = border_words(results)
    assert "11 infected travellers arrived" in said
    assert "7 were found and 2 let go" in said


def test_named_protocols_can_be_kept():
    for name, protocol in PROTOCOLS.items():
        if name != "none":
            assert name == f"{protocol.facility_days}+{protocol.home_days}"
        assert all(1 <= day <= protocol.days for day, _ in protocol.tests)
        assert protocol.source
    written = scenario_with(quarantine=[{"protocol": "14+7"}])
    assert written.border is not None
    assert written.border.protocol_on(date(2022, 3, 1)) is PROTOCOLS["14+7"]


def test_the_page_is_up_to_date(pytestconfig):
    page = pytestconfig.rootpath / "docs" / "border.md"
    assert page.read_text(encoding="utf-8") == border_page()
