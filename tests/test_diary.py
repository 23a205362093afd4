"""The contact diary: recomputed, it holds every transmission, and as many others as it should.

Statistical tests have a false-alarm rate of 1e-6 each and fixed seeds.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from epidemics import Floats, lasting
from scipy.stats import norm
from towns import CONFINED, CONTACTS, FREE, START, end_of, settings_for, small_town, stock

from lazaretto.disease import courses
from lazaretto.engine.city import ESSENTIAL, FIRST_OF_HOUSEHOLD
from lazaretto.engine.containment import LOOK_BACK
from lazaretto.engine.isolation import CASE
from lazaretto.engine.settings import Settings
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.spread import Infected
from lazaretto.measures import (
    CloseSchools,
    Isolation,
    Lockdown,
    Measure,
    ReduceContacts,
    Screening,
    SymptomaticTesting,
)
from lazaretto.people import Population
from lazaretto.words import BUILDING, COMMUNITY, COMPOUND, HOUSEHOLD, LAYERS, SCHOOL, WORKPLACE

PERSONS, DISTRICTS = 2_000, 3


def since(day: int) -> dict[str, Any]:
    """Return the first day of a measure."""
    return {"from": START + timedelta(day)}


@pytest.fixture(scope="module")
def people() -> Population:
    return small_town(PERSONS, DISTRICTS)


def measures_of(people: Population, turnaround: int) -> tuple[Measure, ...]:
    """Return measures of every kind, with results after so many days."""
    return (
        ReduceContacts(layers=["compound", "community"], factor=0.7, **since(2)),
        CloseSchools(factor=0.2, **since(4)),
        SymptomaticTesting(share=0.5, delay_days=1, turnaround_days=turnaround),
        Screening(participation=0.3, turnaround_days=turnaround, **since(6)),
        Isolation(beds=["hall"], transfer_days=3, longest_days=9),
        Lockdown(tier=2, areas=[people.districts[0]], **since(8)),
        Lockdown(tier=3, areas=[people.districts[1]], **since(10)),
    )


def settings(people: Population, which: str) -> Settings:
    """Return a wave in which everybody is as susceptible, under some measures."""
    measures: tuple[Measure, ...] = ()
    if which != "no measures":
        measures = measures_of(people, int(which.split()[-2]))
    table = lasting(courses("omicron-ba2"))
    beds = (stock("hall", "beds", 60, 30),)
    return settings_for(
        people, r0=6, n_days=30, seed=4, table=table, measures=measures, stocks=beds
    )


@dataclass
class Kept:
    """What a run did, kept as it went."""

    infections: dict[int, list[tuple[int, int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By day: source, person, layer; without those brought in."""

    def add(self, day: int, new: Infected) -> None:
        columns = (new.source.tolist(), new.person.tolist(), new.layer.tolist())
        rows = zip(*columns, strict=True)
        self.infections[day] += [row for row in rows if row[0] >= 0]


CASES = ["no measures", "results after 0 days", "results after 1 days", "results after 4 days"]


@pytest.mark.parametrize("which", CASES)
def test_every_transmission_is_in_the_diary_of_its_source(people: Population, which: str):
    """Looked up on the evening of the day, and again as late as diaries are kept."""
    kept = Kept()
    simulation = Simulation(people, settings(people, which), 1, kept.add)
    looked_up = 0
    for day in range(simulation.settings.n_days):
        simulation.advance()
        for back in (day, day - 5, day - LOOK_BACK + 1):
            for source, person, layer in kept.infections.get(back, ()):
                met = simulation.contacts_of(source, back)
                found = (met.person == person) & (met.layer == layer) & met.transmits
                assert found.any(), (which, day, back, source, person, layer)
                looked_up += 1
    assert looked_up > 1_000
    simulation.close()


@pytest.mark.parametrize("which", CASES)
def test_transmitting_contacts_with_the_susceptible_are_the_infections(
    people: Population, which: str
):
    """The other way round: whoever is so met and was not infected before is infected that day."""
    kept = Kept()
    simulation = Simulation(people, settings(people, which), 1, kept.add)
    for day in range(simulation.settings.n_days):
        before = simulation.state.infected_on.copy()
        simulation.advance()
        arrived = (simulation.state.infected_on == day) & (day == 0)
        met: set[int] = set()
        for source in np.flatnonzero((before >= 0) & (before >= day - 24)):
            diary = simulation.contacts_of(int(source), day)
            met |= set(diary.person[diary.transmits].tolist())
        infected = {person for _, person, _ in kept.infections[day]}
        assert infected == {p for p in met if before[p] < 0 and not arrived[p]}
    assert sum(len(rows) for rows in kept.infections.values()) > 500
    simulation.close()


# -- how many are met --------------------------------------------------------------------------


def household_size(people: Population) -> np.ndarray:
    """Return the size of each person's household."""
    first = np.flatnonzero(people.attributes & FIRST_OF_HOUSEHOLD)
    size = np.diff(np.append(first, people.n_persons))
    return np.repeat(size, size)


def expected_contacts(people: Population) -> Floats:
    """Return the mean contacts a day of each person by layer, shape (n_persons, n_layers)."""
    mean = np.zeros((people.n_persons, len(LAYERS)))
    size = household_size(people)
    others = np.maximum(size - 1.0, 1e-9) ** (1 - CONTACTS.household_exponent)
    mean[:, HOUSEHOLD] = np.where(size > 1, CONTACTS.per_day[HOUSEHOLD] * others, 0)
    members = np.append(np.diff(people.group_start), 0)[people.group]
    school = (people.group >= 0) & (people.group < people.n_schools)
    mean[:, SCHOOL] = CONTACTS.per_day[SCHOOL] * (school & (members > 1))
    work = (people.group >= people.n_schools) & (members > 1)
    mean[:, WORKPLACE] = CONTACTS.per_day[WORKPLACE] * work
    building = np.diff(people.building_start)
    mean[:, BUILDING] = CONTACTS.per_day[BUILDING] * np.repeat(building > 1, building)
    mean[:, [COMPOUND, COMMUNITY]] = CONTACTS.per_day[[COMPOUND, COMMUNITY]]
    return mean


def assert_as_many(seen: np.ndarray, expected: Floats, among: str) -> None:
    """Compare Poisson counts by layer with their means."""
    z = (seen - expected) / np.sqrt(expected)
    print(among, "z by layer", np.round(z, 2))
    assert (np.abs(z) < norm.isf(1e-6 / (2 * len(LAYERS)))).all()


def test_the_uninfected_meet_as_many_as_the_contact_rates_say(people: Population):
    quiet = replace(settings(people, "no measures"), arrivals=())
    simulation = Simulation(people, quiet, 1)
    simulation.run(until=3)
    seen = np.zeros(len(LAYERS))
    for day in range(3):
        for person in range(PERSONS):
            met = simulation.contacts_of(person, day)
            assert not met.transmits.any()
            assert not (met.person == person).any()
            seen += np.bincount(met.layer, minlength=len(LAYERS))
    assert_as_many(seen, 3 * expected_contacts(people).sum(axis=0), "uninfected")
    simulation.close()


def test_the_infectious_meet_as_many_as_everybody_else(people: Population):
    """Poisson splitting: contacts that transmit and those that do not add up to the rates."""
    simulation = Simulation(people, settings(people, "no measures"), 1)
    mean = expected_contacts(people)
    seen, expected = np.zeros(len(LAYERS)), np.zeros(len(LAYERS))
    transmitting = 0
    # The most infectious transmit more often than the rates say they meet: see the diary.
    most = simulation.settings.transmissibility * simulation.settings.courses.infectiousness.max(
        axis=1
    )
    rates = simulation.rates
    for day in range(30):
        simulation.advance()
        for cohort in simulation.cohorts:
            since = day - cohort.day
            if not 1 <= since <= 12:
                continue
            for person, record in zip(cohort.person, cohort.record, strict=True):
                course = int(record) & 0xFF
                if rates.level[course, since] == 0 or most[course] > 1:
                    continue
                met = simulation.contacts_of(int(person), day)
                seen += np.bincount(met.layer, minlength=len(LAYERS))
                expected += mean[person]
                transmitting += int(met.transmits.sum())
    assert transmitting > 1_000
    assert_as_many(seen, expected, "infectious")
    simulation.close()


def test_places_of_those_met(people: Population):
    """Whoever is met in a layer shares the place of that layer."""
    simulation = Simulation(people, replace(settings(people, "no measures"), arrivals=()), 1)
    simulation.run(until=1)
    household = np.cumsum(people.attributes & FIRST_OF_HOUSEHOLD != 0)
    building = np.searchsorted(people.building_start, np.arange(PERSONS), side="right") - 1
    places = {
        HOUSEHOLD: household,
        BUILDING: building,
        COMPOUND: people.building_compound[building],
        SCHOOL: people.group,
        WORKPLACE: people.group,
    }
    for person in range(0, PERSONS, 2):
        met = simulation.contacts_of(person, 0)
        for layer, place in places.items():
            assert (place[met.person[met.layer == layer]] == place[person]).all()
    simulation.close()


# -- policy ------------------------------------------------------------------------------------


def test_contacts_are_thinned_by_the_stricter_side(people: Population):
    """What is left of a day's contacts is the smaller of the two sides' shares, either way."""
    table = CONFINED.copy()
    free = replace(settings(people, "no measures"), arrivals=(), confinement=table)
    strict = replace(
        free,
        measures=(
            Lockdown(tier=1, areas=[people.districts[0]]),
            Lockdown(tier=2, areas=[people.districts[1]]),
        ),
    )
    runs = [Simulation(people, some, 1) for some in (free, strict)]
    days = 7
    for run in runs:
        run.run(until=days)
    tier = np.repeat([1, 2, 0], np.diff(people.district_start))
    essential = (people.attributes & ESSENTIAL != 0).astype(int)
    made: dict[tuple[int, ...], int] = defaultdict(int)
    left: dict[tuple[int, ...], int] = defaultdict(int)
    for person in range(PERSONS):
        for day in range(days):
            before, after = (run.contacts_of(person, day) for run in runs)
            for met, count in ((before, made), (after, left)):
                sides = zip(
                    tier[met.person], essential[met.person], met.layer.tolist(), strict=True
                )
                for theirs, work, layer in sides:
                    count[
                        int(tier[person]), int(essential[person]), int(theirs), int(work), layer
                    ] += 1
            kept = zip(after.person.tolist(), after.layer.tolist(), strict=True)
            assert set(kept) <= set(zip(before.person.tolist(), before.layer.tolist(), strict=True))
    z = []
    for key, n in made.items():
        mine, my_work, theirs, their_work, layer = key
        keep = min(table[mine, my_work, layer], table[theirs, their_work, layer])
        if keep in (0.0, 1.0):
            assert left[key] == n * keep
        elif n * keep * (1 - keep) > 10:
            z.append((left[key] - n * keep) / np.sqrt(n * keep * (1 - keep)))
    print(f"{len(z)} kinds of pairs, largest z {np.abs(z).max():.2f}")
    assert len(z) > 30
    assert np.abs(z).max() < norm.isf(1e-6 / (2 * len(z)))
    for run in runs:
        run.close()


def test_a_policy_of_1_leaves_the_diary_alone(people: Population):
    free = replace(settings(people, "no measures"), arrivals=(), confinement=FREE)
    locked = replace(free, measures=(Lockdown(tier=3),))
    runs = [Simulation(people, some, 1) for some in (free, locked)]
    for run in runs:
        run.run(until=1)
    for person in range(0, PERSONS, 7):
        one, other = (run.contacts_of(person, 0) for run in runs)
        assert all((a == b).all() for a, b in zip(one, other, strict=True))
    for run in runs:
        run.close()


@pytest.mark.parametrize("turnaround", [0, 1, 3])
def test_the_isolated_meet_nobody_and_those_not_yet_isolated_do(
    people: Population, turnaround: int
):
    """From the day on which isolation acts on transmission, where nothing remains at home."""
    which = f"results after {turnaround} days"
    alone = replace(settings(people, which), apart=np.zeros(len(LAYERS)))
    simulation = Simulation(people, alone, 1)
    simulation.run(until=25)
    table = simulation.containment.isolated
    case = table.reason == CASE
    met_before, isolated_days, away = 0, 0, 0
    for person, begins, place in zip(
        table.person[case][:150], table.since[case], table.place[case], strict=False
    ):
        for day in range(max(simulation.day - LOOK_BACK, 0), simulation.day):
            met = simulation.contacts_of(int(person), day)
            if day >= begins:
                assert met.person.size == 0
                isolated_days += 1
                away += place > 0
            else:
                met_before += met.person.size
    assert isolated_days > 100
    assert met_before > 100
    assert away > 20
    simulation.close()


def test_the_isolated_at_home_meet_as_many_as_is_left(people: Population):
    """Of a person isolated at home so many contacts remain by layer, of those not away."""
    apart = np.array([1.0, 0.5, 0.2, 0.0, 0.0, 0.3])
    at_home = Isolation(least_days=30)
    screening = Screening(participation=1.0, turnaround_days=0)
    given = replace(settings(people, "no measures"), apart=apart, measures=(screening,))
    runs = [Simulation(people, some, 1) for some in (
        given, replace(given, measures=(screening, at_home)))]  # fmt: skip
    for run in runs:
        run.run(until=12)
    free, held = runs
    table = held.containment.isolated
    isolated = set(table.person[table.since <= 11].tolist())  # others were at large on day 11
    made, left = np.zeros(len(LAYERS)), np.zeros(len(LAYERS))
    for person in isolated:
        if held.state.infected_on[person] != free.state.infected_on[person]:
            continue
        before, after = (run.contacts_of(person, 11) for run in runs)
        others = [p not in isolated for p in before.person.tolist()]
        made += np.bincount(before.layer[others], minlength=len(LAYERS))
        others = [p not in isolated for p in after.person.tolist()]
        left += np.bincount(after.layer[others], minlength=len(LAYERS))
    assert made.sum() > 2_000
    assert (left[apart == 0] == 0).all()
    assert (left[apart == 1] == made[apart == 1]).all()
    some = (apart > 0) & (apart < 1)
    sd = np.sqrt(made * apart * (1 - apart))[some]
    assert (np.abs(left - made * apart)[some] < norm.isf(1e-6 / (2 * some.sum())) * sd).all()
    for run in runs:
        run.close()


def test_those_found_but_left_at_large_go_on_meeting(people: Population):
    screening = Screening(participation=1.0, turnaround_days=0)
    settings_ = replace(settings(people, "no measures"), measures=(screening,))
    simulation = Simulation(people, settings_, 1)
    simulation.run(until=12)
    persons = end_of(simulation)["known"]
    assert len(persons) > 100
    met = [simulation.contacts_of(int(p), simulation.day - 1).person.size for p in persons]
    assert np.mean(met) > 3
    simulation.close()


def test_days_that_are_not_kept_are_refused(people: Population):
    simulation = Simulation(people, settings(people, "no measures"), 1)
    with pytest.raises(ValueError, match="not kept"):
        simulation.contacts_of(0, 0)
    simulation.run(until=LOOK_BACK + 10)
    for day in (-1, 0, simulation.day - LOOK_BACK - 2, simulation.day, simulation.day + 5):
        with pytest.raises(ValueError, match=f"day {day} is not kept"):
            simulation.contacts_of(0, day)
    for day in range(simulation.day - LOOK_BACK, simulation.day):
        simulation.contacts_of(0, day)
    simulation.close()


def test_a_diary_is_the_same_however_often_and_late_it_is_read(people: Population):
    which = "results after 2 days"
    simulation = Simulation(people, settings(people, which), 1)
    simulation.run(until=12)
    early = [simulation.contacts_of(p, 11) for p in range(0, PERSONS, 11)]
    simulation.run(until=20)
    late = [simulation.contacts_of(p, 11) for p in range(0, PERSONS, 11)]
    for one, other in zip(early, late, strict=True):
        assert all((a == b).all() for a, b in zip(one, other, strict=True))
    simulation.close()
