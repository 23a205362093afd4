"""Day by day: how long a seal lasts, who is asked about which days, who waits for a tracer.

Everybody infected is brought in on day 0 and sampled once with a test that finds all of them, so
that what happens on each day is known exactly. False-alarm rate 1e-6 where there is any chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from epidemics import BAND, FALSE_ALARM, Ints, Ordered, community_settings, crowd, lasting
from scipy.stats import hypergeom
from test_care import SEVERE
from towns import settings_for, small_town, stock

from lazaretto.disease import courses
from lazaretto.engine.city import FIRST_OF_HOUSEHOLD
from lazaretto.engine.containment import IN_FACILITY
from lazaretto.engine.isolation import COMPANION, CONTACT, SECOND_CONTACT
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.state import AT_HOME, AT_LARGE, marked, whereabouts_of
from lazaretto.measures import (
    ContactTracing,
    HealthCare,
    Measure,
    Quarantine,
    SymptomaticTesting,
    Zones,
    rules,
)
from lazaretto.people import Population
from lazaretto.words import HOUSEHOLD, LAYERS

TABLE = lasting(courses("omicron-ba2"))
EVERYBODY = dict.fromkeys(LAYERS, 1.0)
"""Every contact is named."""


def sampled_on(day: int, turnaround: int, every: int = 1) -> Measure:
    """Return a round that finds everybody infected, of one compound in so many."""
    sure = rules.Test(np.ones(TABLE.pcr.size), turnaround=turnaround)
    days: Iterator[int] = iter(range(100))

    def order(places, orders):
        if next(days) == day:
            compounds = np.arange(places.compound_persons.size) % every == 0
            orders.screen(rules.RoundRule(compounds, 1.0, sure))

    return Ordered(orders=order)


def compounds_of(people: Population, person: Ints) -> Ints:
    """Return the compound of each person."""
    return np.searchsorted(people.compound_start, person, side="right") - 1


def known(simulation: Simulation) -> Ints:
    """Return who is known to be infected, ascending."""
    everybody = np.arange(simulation.people.n_persons, dtype=np.int32)
    found = np.empty(everybody.size, np.bool_)
    marked(simulation.state.known, everybody, found)
    return np.flatnonzero(found)


def members(people: Population, person: Ints) -> Ints:
    """Return the other members of their households, ascending."""
    household = np.cumsum((people.attributes & FIRST_OF_HOUSEHOLD) != 0)
    return np.setdiff1d(np.flatnonzero(np.isin(household, household[person])), person)


def where_on(simulation: Simulation, day: int, person: Ints) -> Ints:
    """Return where persons were during the transmission of a past day."""
    out = np.empty(person.size, np.uint8)
    whereabouts_of(simulation.containment.then(day), person.astype(np.int32), out)
    return out.astype(np.int64)


# Seals


@pytest.mark.parametrize("turnaround", [0, 1, 3])
@pytest.mark.parametrize(
    ("rule", "after"),
    [("7+7", [3] * 7 + [2] * 7 + [1] * 3), ("2+12", [3] * 2 + [1] * 12 + [0] * 3)],
)
def test_a_positive_seals_the_days_after_its_report(rule: str, after: list[int], turnaround: int):
    """The day of the report is day 0; the rule begins the next morning, in that compound only."""
    people = crowd(40 * 1024, np.full(18, 1 / 18))
    reported = 2 + turnaround
    settings = replace(
        community_settings(TABLE, 0.0, n_days=reported + 18),
        arrivals=(Arrival(0, 0, people.n_persons, 8),),
        measures=(sampled_on(2, turnaround), Zones(rule=rule)),
    )
    tiers = []
    with Simulation(people, settings, 1) as simulation:
        while simulation.day < settings.n_days:
            simulation.advance()
            tiers.append(simulation.policy.tier & np.uint8(3))
        found = known(simulation)
    assert np.flatnonzero(simulation.tally.results).tolist() == [reported]
    assert found.size == 8
    compound = people.building_compound
    positive = np.isin(compound, compounds_of(people, found))
    assert 0 < positive.sum() < compound.size / 2
    otherwise = after[-1]
    seen = np.array(tiers)
    assert (seen[:, ~positive] == otherwise).all()
    assert (seen[: reported + 1, positive] == otherwise).all()
    assert (seen[reported + 1 :, positive] == np.array(after)[:, None]).all()


def test_one_found_on_admission_to_hospital_was_found_at_home():
    """Nobody else is found, so the compounds sealed are those from which patients came."""
    people = crowd(60 * 1024, np.full(18, 1 / 18))
    severe = replace(SEVERE, hospital=np.ones(18))
    settings = replace(
        community_settings(TABLE, 0.0, n_days=40),
        arrivals=(Arrival(0, 0, people.n_persons, 60),),
        severity=severe,
        stocks=(stock("ward", "beds", 1_000, 40), stock("icu", "beds", 1_000, 40)),
        measures=(
            SymptomaticTesting(share=0, delay_days=1, background=1e-9, specificity=1),
            HealthCare(ward="ward", icu="icu", worse=1),
            Zones(sealed_days=60, monitored_days=0, otherwise="open"),
        ),
    )
    with Simulation(people, settings, 1) as simulation:
        before = np.empty(0, np.int64)
        while simulation.day < settings.n_days:
            simulation.advance()
            sealed = np.unique(people.building_compound[(simulation.policy.tier & 3) == 3])
            assert np.array_equal(sealed, np.unique(compounds_of(people, before)))
            before = known(simulation)
    tally = simulation.tally
    assert before.size == tally.admissions.sum() == tally.found.sum() > 20
    assert tally.found[:, :, IN_FACILITY].sum() == 0


# Quarantine


def test_the_isolated_of_an_open_town_lose_school_and_work():
    """As many days as the isolated pupils and workers have weekdays, essential ones included."""
    people = small_town(20_000, 3)
    settings = replace(
        community_settings(TABLE, 0.0, n_days=14),
        arrivals=(Arrival(0, 0, people.n_persons, 300),),
        measures=(sampled_on(2, 1), ContactTracing(), Quarantine(days=7)),
    )
    school = np.flatnonzero((people.group >= 0) & (people.group < people.n_schools))
    work = np.flatnonzero(people.group >= people.n_schools)
    expected = np.zeros((14, 2))
    with Simulation(people, settings, 1) as simulation:
        for day in range(14):
            weekday = simulation.date.weekday()
            simulation.advance()
            if weekday < 5:
                for i, persons in enumerate((school, work)):
                    expected[day, i] = (where_on(simulation, day, persons) == AT_HOME).sum()
        tally = simulation.tally
    assert expected.sum() > 300
    assert (tally.persons_by_tier[:, :, 1:] == 0).all()
    assert (tally.pupil_days_lost.sum(axis=1) == expected[:, 0]).all()
    assert (tally.work_days_lost.sum(axis=1) == expected[:, 1]).all()


@pytest.mark.parametrize("days", [1, 2, 5])
@pytest.mark.parametrize("negatives", [0, 1])
def test_a_quarantine_lasts_as_many_days_as_said(days: int, negatives: int):
    """Contacts are at home from the day of the report on, so many days, and then at large."""
    people = small_town(20_000, 3)
    settings = replace(
        community_settings(TABLE, 0.0, n_days=12),
        arrivals=(Arrival(0, 0, people.n_persons, 30),),
        measures=(
            sampled_on(2, 1),
            ContactTracing(),
            Quarantine(days=days, negatives=negatives, test_every=0),
        ),
    )
    with Simulation(people, settings, 1) as simulation:
        simulation.run(until=4)
        cases = known(simulation)
        contacts = members(people, cases)
        simulation.run()
        where = np.array([where_on(simulation, day, contacts) for day in range(12)])
    assert contacts.size > 40
    expected = np.full(12, AT_LARGE)
    expected[3 : 3 + days] = AT_HOME
    assert (where == expected[:, None]).all()
    assert simulation.tally.released.sum() == contacts.size


def test_a_companion_stays_as_long_as_the_child():
    """An adult goes with the children of a quarantine elsewhere, tested and released with them."""
    people = small_town(20_000, 3)
    hotel = stock("hotel", "beds", 20_000, 20)
    settings = replace(
        community_settings(TABLE, 0.0, n_days=20),
        arrivals=(Arrival(0, 0, people.n_persons, 60),),
        measures=(
            sampled_on(2, 1),
            ContactTracing(household=0.0, community=1.0),
            Quarantine(days=8, beds=["hotel"], transfer_days=1, with_parent=True, negatives=0),
        ),
        stocks=(hotel,),
    )
    seen = 0
    with Simulation(people, settings, 1) as simulation:
        while simulation.day < 20:
            simulation.advance()
            table = simulation.containment.isolated
            adults = table.person[table.reason == COMPANION]
            seen += adults.size
            children = table.person[(table.reason == CONTACT) & (table.place > 0)]
            for adult in adults:
                assert np.isin(members(people, np.array([adult])), children).any()
        tally = simulation.tally
    assert seen > 20
    assert tally.children_apart.sum() == 0
    assert table.size == 0


def test_a_contact_of_a_contact_becomes_a_contact():
    """Where one quarantined with their household is found, the others stay as contacts do."""
    people = small_town(20_000, 3)
    settings = settings_for(
        people, r0=0.01, n_days=12, table=TABLE, seed=3,
        arrivals=(Arrival(0, 0, people.n_persons, 1_500),),
        measures=(
            sampled_on(2, 0, every=3),
            ContactTracing(workplace=0.5, school=0.3, second_degree=True, days_before=1),
            Quarantine(days=4, negatives=0),
            Quarantine(of="second_contacts", days=9, negatives=2, test_every=2),
        ),
    )  # fmt: skip
    turned: list[tuple[int, Ints]] = []
    with Simulation(people, settings, 1) as simulation:
        simulation.run(until=4)
        while simulation.day < settings.n_days:
            table, day, before = simulation.containment.isolated, simulation.day, known(simulation)
            second = table.person[table.reason == SECOND_CONTACT].copy()
            simulation.advance()
            cases = np.setdiff1d(known(simulation), before)
            close = np.intersect1d(members(people, cases), second)
            close = np.setdiff1d(close, known(simulation))
            table = simulation.containment.isolated
            at = table.position(close.astype(np.int32))
            assert (at >= 0).all()
            assert (table.reason[at] == CONTACT).all()
            assert (table.since[at] == day).all()
            turned.append((day, close[simulation.state.infected_on[close] < 0]))
        some = [(day, person) for day, person in turned if day + 4 < settings.n_days]
        for day, person in some:
            for later in range(4):
                assert (where_on(simulation, day + later, person) == AT_HOME).all()
            assert (where_on(simulation, day + 4, person) == AT_LARGE).all()
    assert sum(person.size for _, person in some) > 20


# Tracing


@pytest.mark.parametrize(("turnaround", "before", "delay"), [(0, 1, 1), (6, 2, 1), (4, 0, 2)])
def test_a_case_is_asked_about_days_before_the_sample(turnaround: int, before: int, delay: int):
    """However long the result takes, and up to the day before the case is isolated."""
    people = small_town(20_000, 3)
    settings = settings_for(
        people, r0=0.01, n_days=20, table=TABLE, seed=4, apart=np.ones(len(LAYERS)),
        arrivals=(Arrival(0, 0, people.n_persons, 8),),
        measures=(
            sampled_on(3, turnaround),
            ContactTracing(**EVERYBODY | {"household": 0}, days_before=before,
                           delay_days=delay),
            Quarantine(days=14, negatives=0, test_every=0),
        ),
    )  # fmt: skip
    # An evening result is booked on the day of the sample, and the case at large until the next.
    reported, isolated = 3 + turnaround, max(3 + turnaround, 4)
    with Simulation(people, settings, 1) as simulation:
        simulation.run(until=reported + delay + 1)
        cases = known(simulation)
        met = {day: met_by(simulation, cases, day) for day in range(max(0, 2 - before), isolated)}
        asked = np.setdiff1d(
            np.concatenate([met[day] for day in range(3 - before, isolated)]), cases
        )
        table = simulation.containment.isolated
        listed = table.person[table.since == reported + delay]
    assert cases.size == 8
    assert table.size == listed.size
    assert np.array_equal(listed, asked)
    assert listed.size > 50
    for day in (2 - before, isolated - 1):  # neither a day more nor one less
        others = np.concatenate([met[each] for each in met if each != day])
        assert np.setdiff1d(met[day], others).size > 0


def met_by(simulation: Simulation, person: Ints, day: int) -> Ints:
    """Return whom persons met on a day outside their household."""
    met = [simulation.contacts_of(int(one), day) for one in person]
    return np.unique(np.concatenate([each.person[each.layer != HOUSEHOLD] for each in met]))


def test_tracers_take_cases_by_day_and_by_lot():
    """The oldest cases first; of one day no district and no number comes before another."""
    people = crowd(3 * 1024 * 20, np.full(18, 1 / 18), n_districts=3)
    infected, each_day, n_days = 3_000, 400, 12
    settings = replace(
        community_settings(TABLE, 0.0, n_days=n_days),
        arrivals=(Arrival(0, 0, people.n_persons, infected),),
        stocks=(stock("team", "tracers", 20, n_days),),
        measures=(
            sampled_on(2, 1, every=2),
            sampled_on(3, 1),
            ContactTracing(community=1, tracers="team", cases_per_tracer=20, longest_wait=60),
        ),
    )
    start = people.district_start
    with Simulation(people, settings, 1) as simulation:
        simulation.run(until=4)
        first = known(simulation)
        while simulation.day < n_days:
            queue = simulation.containment.queue
            waiting, day_known = queue.person.copy(), queue.known.copy()
            if simulation.day == 4:
                assert np.array_equal(np.sort(waiting), first)
            simulation.advance()
            left = np.isin(waiting, simulation.containment.queue.person)
            traced = ~left
            assert traced.sum() == min(each_day, waiting.size)
            if not left.any():
                continue
            last = int(day_known[traced].max())
            assert day_known[left].min() >= last
            drawn = day_known == last
            n, k = int(drawn.sum()), int((traced & drawn).sum())
            for district in range(3):
                here = (waiting >= start[district]) & (waiting < start[district + 1])
                lot = hypergeom(n, int((drawn & here).sum()), k)
                seen = int((drawn & here & traced).sum())
                assert min(lot.cdf(seen), lot.sf(seen - 1)) > FALSE_ALARM / 50
            number = waiting[drawn].astype(np.float64)
            z = number[traced[drawn]].mean() - number.mean()
            z /= np.sqrt(number.var() / k * (1 - k / n)) if k < n else 1.0
            assert abs(z) < BAND + 1  # on nine days
