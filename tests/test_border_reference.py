"""The border against the reference engine; what changes nothing, goes on, and stays at home."""

from __future__ import annotations

from dataclasses import asdict, replace

import hypothesis.strategies as st
import numpy as np
import pytest
from busy_border import WILD, border, stay_of
from hypothesis import HealthCheck, Phase, given, seed, settings
from reference_engine import ReferenceEngine
from reference_scenarios import Made, scenarios, shares
from reference_world import Case
from test_checkpoint import everything
from test_reference import outcome_of
from towns import (
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

from lazaretto.disease import courses
from lazaretto.engine import simulation
from lazaretto.engine.border import Border, Stay
from lazaretto.engine.checkpoint import load_checkpoint, save_checkpoint
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.engine.simulation import Simulation
from lazaretto.people import Population
from lazaretto.scenario.border import PROTOCOLS, PreDepartureTest, Protocol

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
