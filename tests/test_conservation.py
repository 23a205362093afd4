"""Nobody is in two places, nothing is used twice: checked every day of runs with everything on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from towns import (
    START,
    containment,
    doses,
    scarce_stocks,
    settings_for,
    severe,
    small_town,
    stock,
    with_protection,
)

from lazaretto.disease import courses
from lazaretto.engine import simulation as engine
from lazaretto.engine.containment import Containment
from lazaretto.engine.counting import count_isolated
from lazaretto.engine.hospital import IN_BED
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.state import AT_HOME, AT_LARGE, AWAY, DEAD, marked, whereabouts_of
from lazaretto.measures import (
    HealthCare,
    Lockdown,
    Orders,
    Screening,
    VaccinationCampaign,
    Zones,
)
from lazaretto.people import Population

PERSONS, DISTRICTS, DAYS = 4_000, 3, 60
SEEDS = (1, 2)


@pytest.fixture(scope="module")
def people() -> Population:
    return small_town(PERSONS, DISTRICTS)


def settings(people: Population, seed: int) -> Settings:
    """Return a wave with reinfections, many severely ill, and too little of everything."""
    table = with_protection(courses("omicron-ba2"), [0.0] * 20 + [0.5, 1.0])
    arrivals = tuple(Arrival(day, 0, PERSONS, 20) for day in (0, 20, 40))
    stocks = {each.name: each for each in scarce_stocks(PERSONS, DAYS)}
    fewer = [50] * 25 + [2] * 15 + [45] * 20
    stocks["hall"] = stock("hall", "beds", fewer, DAYS, contacts=8.0, bus_contacts=6.0)
    some, *others = people.districts
    shared = HealthCare(ward="ward", icu="icu", worse=1.5, areas=[some])
    given = [measure for measure in containment() if not isinstance(measure, HealthCare)]
    measures = (
        Screening(participation=0.4, interval_days=3, pool=5, labs="labs", specificity=0.9,
                  **{"from": START + timedelta(10)}),
        Zones(rule="7+7", unit="building"),
        Lockdown(tier="sealed", areas=[some], **{"from": START + timedelta(25)}),
        *given, shared, HealthCare(ward="ward", icu="icu", worse=2.0, areas=others),
        VaccinationCampaign(doses="shots", dose=2, ages=["60+"], uptake=[0.9], gap_days=3),
    )  # fmt: skip
    return settings_for(
        people, r0=6, n_days=DAYS, seed=seed, table=table, arrivals=arrivals, measures=measures,
        stocks=tuple(stocks.values()), severity=severe(0.15, death=0.4),
        vaccination=doses(DISTRICTS, [-60], 3, 0.5),
    )  # fmt: skip


def days(people: Population, seed: int) -> Iterator[Simulation]:
    """Yield a run on the evening of each day."""
    with Simulation(people, settings(people, seed)) as simulation:
        while simulation.day < DAYS:
            simulation.advance()
            yield simulation


def whereabouts(simulation: Simulation) -> np.ndarray:
    """Return where everybody is, shape (n_persons,)."""
    where = np.empty(PERSONS, np.uint8)
    everybody = np.arange(PERSONS, dtype=np.int32)
    whereabouts_of(simulation.state.whereabouts, everybody, where)
    return where


@pytest.mark.parametrize("seed", SEEDS)
def test_everybody_is_in_one_place(people: Population, seed: int):
    """Isolated at home or in a bed, in hospital, dead, or at large: the lists and the map agree."""
    dead_before: set[int] = set()
    seen = dict.fromkeys(("home", "bed", "hospital", "dead"), 0)
    for simulation in days(people, seed):
        table, patients = simulation.containment.isolated, simulation.containment.patients
        where = whereabouts(simulation)
        assert (np.diff(table.person) > 0).all()
        home = set(table.person[table.place == 0].tolist())
        bed = set(table.person[table.place > 0].tolist())
        in_bed = patients.person[patients.status == IN_BED].tolist()
        hospital = set(in_bed)
        dead = set(np.flatnonzero(where == DEAD).tolist())
        assert len(hospital) == len(in_bed)
        assert set(np.flatnonzero(where == AT_HOME).tolist()) == home
        assert set(np.flatnonzero(where == AWAY).tolist()) == bed | hospital
        assert not bed & hospital
        assert dead >= dead_before
        assert len(dead) == simulation.tally.deaths.sum()
        assert not dead & set(patients.person.tolist())
        dead_before = dead
        for name, group in (("home", home), ("bed", bed), ("hospital", hospital), ("dead", dead)):
            seen[name] = max(seen[name], len(group))
    assert min(seen.values()) > 5, seen


@pytest.mark.parametrize("seed", SEEDS)
def test_the_known_were_infected_and_the_dead_stay_dead(people: Population, seed: int):
    known_most, died_before = 0, np.zeros(PERSONS, np.bool_)
    for simulation in days(people, seed):
        state, day = simulation.state, simulation.day - 1
        known = np.empty(PERSONS, np.bool_)
        marked(state.known, np.arange(PERSONS, dtype=np.int32), known)
        assert (state.infected_on[known] >= 0).all()
        known_most = max(known_most, int(known.sum()))
        died = whereabouts(simulation) == DEAD
        assert not (died_before & (state.infected_on == day)).any()
        died_before = died
        tally = simulation.tally
        found, false = tally.found[day].sum(axis=1), tally.false_positives[day]
        assert (tally.reports[day, :, :2].sum(axis=1) == found + false).all()
        assert tally.results[day] == (found + false).sum()
    assert known_most > 300


@pytest.mark.parametrize("seed", SEEDS)
def test_every_person_day_is_counted_once(
    people: Population, seed: int, monkeypatch: pytest.MonkeyPatch
):
    residents = np.diff(people.district_start)
    there: dict[int, int] = {}

    def by_day(c: Containment, day: int, orders: Orders) -> None:
        there[day] = c.isolated.size
        count_isolated(c, day, orders)

    monkeypatch.setattr(engine, "count_isolated", by_day)
    for simulation in days(people, seed):
        tally, day = simulation.tally, simulation.day - 1
        table = simulation.containment.isolated
        assert (tally.persons_by_tier[day].sum(axis=1) == residents).all()
        assert tally.confined_by_age[day].sum() == PERSONS
        assert tally.held[day].sum() == there[day]
        isolated = tally.isolated_by_income[day]
        assert isolated.sum() == there[day]
        assert (isolated <= tally.persons_by_income[day]).all()
        # Who is there in the evening was there by day, but for those isolated from tomorrow on.
        assert int((table.since <= day).sum()) <= there[day]
        origin = tally.infections[day].sum()
        assert tally.infections_by_age[day].sum() == origin
        assert tally.infections_by_tier[day].sum() == origin
    # Whoever was infected by somebody has made somebody's number of infections grow.
    arrived = tally.infections[:, :, 6].sum()
    assert tally.secondary.sum() == tally.infections.sum() - arrived
    assert tally.deaths.sum() == tally.deaths_by_age.sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_who_is_isolated_is_released_turned_into_a_case_or_in_hospital(
    people: Population, seed: int
):
    """The table grows by those newly isolated, and shrinks by the released and those who leave."""
    before: set[int] = set()
    for simulation in days(people, seed):
        tally, day = simulation.tally, simulation.day - 1
        table = simulation.containment.isolated
        now = set(table.person.tolist())
        assert len(before - now) <= tally.released[day].sum() + tally.admissions[day].sum() + (
            tally.deaths[day].sum()
        )
        assert len(now - before) <= tally.isolated[day].sum()
        before = now
    assert tally.released.sum() > 300


@pytest.mark.parametrize("seed", SEEDS)
def test_no_stock_is_used_above_its_amount(people: Population, seed: int):
    """Only beds may hold more than there are, while there are fewer than the day before."""
    shrunk = 0
    for simulation in days(people, seed):
        tally, day = simulation.tally, simulation.day - 1
        amount, used = tally.stock_amount[day], tally.stock_used[day]
        before = tally.stock_used[day - 1] if day else 0 * used
        for i, given in enumerate(simulation.settings.stocks):
            if given.unit == "beds":
                assert used[i] <= max(amount[i], before[i]), (day, given.name)
                shrunk += used[i] > amount[i]
            elif given.unit == "courses":
                assert (
                    tally.stock_used[: day + 1, i].sum() <= tally.stock_amount[: day + 1, i].sum()
                )
            else:
                assert used[i] <= amount[i], (day, given.name)
        labs = simulation.containment.laboratories
        assert (labs.arrived >= labs.read).all()
        assert (labs.backlog[simulation.containment.is_lab] == tally.stock_waiting[day, 0]).all()
    assert shrunk > 0
    assert (tally.stock_used.sum(axis=0) > 0).all()
    assert tally.doses.sum() <= tally.stock_amount[:, -1].sum()


def test_doses_of_two_campaigns_share_a_stock(people: Population):
    """What one campaign could not use another may have, but never more than arrived."""
    few = (stock("shots", "doses/day", 9, 30),)
    campaigns = tuple(
        VaccinationCampaign(doses="shots", dose=1, ages=[ages], uptake=[1.0])
        for ages in ("85+", "60-84", "0-14")
    )
    made = settings_for(people, n_days=30, stocks=few, measures=campaigns,
                        vaccination=doses(DISTRICTS, [], 1, 0.5))  # fmt: skip
    with Simulation(people, made) as simulation:
        tally = simulation.run()
    given = np.cumsum(tally.doses.sum(axis=1))
    assert (tally.stock_used <= tally.stock_amount).all()
    assert (given <= 9 * np.arange(1, 31)).all()
    assert given[-1] > 150


def test_hospitals_of_two_rules_share_their_beds(people: Population):
    """Districts cared for by two measures do not each have all the beds of the city."""
    some, *others = people.districts
    beds = (stock("ward", "beds", 12, DAYS), stock("icu", "beds", 3, DAYS))
    care = tuple(
        HealthCare(ward="ward", icu="icu", worse=2.0, areas=areas) for areas in ([some], others)
    )
    made = replace(settings(people, 1), measures=care, stocks=beds)
    with Simulation(people, made) as simulation:
        tally = simulation.run()
    assert (tally.patients.sum(axis=1) <= [12, 3]).all()
    assert (tally.patients.sum(axis=1).max(axis=0) == [12, 3]).all()
    assert (tally.stock_used == tally.patients.sum(axis=1)).all()


def test_where_nobody_looks_nobody_is_moved(people: Population):
    """Without a measure that looks for the infected or cares for the ill all stay at large."""
    made = replace(settings(people, 1), measures=())
    with Simulation(people, made) as simulation:
        tally = simulation.run()
        assert simulation.state.whereabouts.size == 1
        assert simulation.containment.isolated.size == 0
    assert tally.deaths.sum() > 20
    assert tally.held.sum() == 0
    assert (tally.persons_by_tier[..., AT_LARGE] == np.diff(people.district_start)).all()
