"""Infection among those isolated together: in halls and on the buses to them.

Everybody in a group meets a number of others of the group a day at random, and each exposure
infects by the person's susceptibility s, so one who is not infected is infected with chance
``1 - exp(-s x contacts x mean infectiousness of the others)``. Cases and persons taken by mistake
are brought to halls and meet nobody else; day by day the expected number follows from who is
there. False-alarm rate 1e-6 each.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from epidemics import (
    BAND,
    FALSE_ALARM,
    Floats,
    Ints,
    Ordered,
    community_settings,
    courses_of,
    crowd,
    lasting,
)
from scipy.stats import chi2

from lazaretto.disease import CourseTable, courses
from lazaretto.engine.city import AGE_MASK
from lazaretto.engine.rates import ContactRates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.simulation import Simulation
from lazaretto.measures import Stock, rules
from lazaretto.words import BUS, FACILITY, LAYERS

TABLE = lasting(courses("omicron-ba2"))
PERSONS, DAYS = 3 * 1024 * 20, 16
NOBODY_MET = ContactRates(np.zeros(len(LAYERS)), np.ones(len(LAYERS)), 0.8, 0.0)


@dataclass
class Watched(Simulation):
    """A simulation that notes, day by day, how many infections its groups lead one to expect."""

    course: Ints = field(init=False)
    expected: dict[int, list[tuple[float, float, int]]] = field(init=False)
    """By origin: mean, variance and number seen of each group of each day."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.course = np.zeros(self.people.n_persons, np.int64)
        self.expected = {BUS: [], FACILITY: []}
        self.on_infections = self._keep_course

    def _keep_course(self, day, new):
        self.course[new.person] = courses_of(new.record)

    def _arrivals(self) -> None:
        infected_before = self.state.infected_on.copy()
        super()._arrivals()
        caught = {origin: np.empty(0, np.int32) for origin in (BUS, FACILITY)}
        for some in self._outside:
            for origin in caught:
                caught[origin] = np.append(caught[origin], some.person[some.layer == origin])
        riders, held = self._riders, self.containment.isolated
        contacts = np.array([0.0, *(stock.contacts for stock in self.settings.stocks)])
        in_hall = contacts[held.place] > 0
        self._expect(BUS, infected_before, riders.person, riders.bus, riders.contacts, caught[BUS])
        infected_before[caught[BUS]] = self.day
        self._expect(FACILITY, infected_before, held.person[in_hall],
                     held.place[in_hall].astype(np.int64), contacts, caught[FACILITY])  # fmt: skip

    def _expect(self, origin: int, infected_on: Ints, person: Ints, group: Ints,
                contacts: Floats, caught: Ints) -> None:  # fmt: skip
        since = self.day - infected_on[person].astype(np.int64)
        infectious = (infected_on[person] >= 0) & (since < TABLE.n_days)
        sheds = np.zeros(person.size)
        sheds[infectious] = (
            self.settings.transmissibility
            * (TABLE.infectiousness[self.course[person[infectious]], since[infectious]])
        )
        free = infected_on[person] < 0
        caught_by = self.settings.courses.susceptibility[self.people.attributes[person] & AGE_MASK]
        assert np.isin(caught, person[free]).all()
        for one in np.unique(group):
            here = group == one
            mean = sheds[here].sum() / max(here.sum() - 1, 1)
            for some in np.unique(caught_by):
                of_these = here & free & (caught_by == some)
                chance = -np.expm1(-some * contacts[one] * mean)
                n, seen = int(of_these.sum()), int(np.isin(person[of_these], caught).sum())
                if n == 0 or chance == 0:
                    assert seen == 0
                    continue
                moments = (n * chance, n * chance * (1 - chance), seen)
                self.expected[origin].append(moments)


def halls(
    contacts: float, bus_contacts: float, mistaken: float, seed: int, table: CourseTable = TABLE
) -> Watched:
    """Return a city in which everybody is tested on day 0, perfectly but for some by mistake."""
    once = rules.Test(np.ones(TABLE.pcr.size), false_positive=mistaken, turnaround=0)
    hold = rules.HoldRule(once, beds=("hall", "empty hall"), bus=30, least_days=40, longest_days=40)
    days = iter(range(DAYS))

    def order(places, orders):
        everywhere = np.ones(len(places.districts), np.bool_)
        if next(days) == 0:
            everyone = np.ones(places.compound_persons.size, np.bool_)
            orders.screen(rules.RoundRule(everyone, 1.0, once))
        orders.isolate(everywhere, hold)

    def beds(name: str, amount: int, contacts: float, bus_contacts: float) -> Stock:
        return Stock(name, "beds", np.full(DAYS, amount, np.int64), contacts, bus_contacts)

    settings = replace(
        community_settings(table, 1.0, n_days=DAYS),
        contacts=NOBODY_MET,
        seed=seed,
        arrivals=(Arrival(0, 0, PERSONS, 3_000),),
        measures=(Ordered(orders=order),),
        stocks=(beds("hall", 7_000, contacts, bus_contacts), beds("empty hall", 9_000, 0.0, 0.0)),
    )
    return Watched(crowd(PERSONS, np.full(18, 1 / 18), 3), settings, 2)


@pytest.mark.parametrize(
    ("contacts", "bus_contacts", "mistaken"),
    [(0.3, 2.0, 0.1), (2.0, 0.0, 0.15), (0.0, 6.0, 0.1), (8.0, 1.0, 0.1)],
)
def test_infections_among_the_isolated(contacts: float, bus_contacts: float, mistaken: float):
    with halls(contacts, bus_contacts, mistaken, 31) as simulation:
        tally = simulation.run()
    assert tally.isolated[:, :, 1].sum() > 4_000  # by mistake
    as_expected(simulation, contacts, bus_contacts)


@pytest.mark.parametrize(("contacts", "bus_contacts"), [(25.0, 0.0), (0.0, 25.0), (5.0, 10.0)])
def test_each_of_many_exposures_infects_by_susceptibility(contacts: float, bus_contacts: float):
    """Half the ages catch it 0.3 as easily; crowded together they are nearly all infected too."""
    half = replace(TABLE, susceptibility=np.resize([0.3, 1.0], 18))
    with halls(contacts, bus_contacts, 0.1, 32, half) as simulation:
        simulation.run()
    as_expected(simulation, contacts, bus_contacts)


def as_expected(simulation: Watched, contacts: float, bus_contacts: float) -> None:
    """Assert that as many were infected, in each group on each day, as it should be."""
    tally = simulation.tally
    by_origin = tally.infections.sum(axis=(0, 1))
    for origin, strength in ((FACILITY, contacts), (BUS, bus_contacts)):
        if strength == 0:
            assert by_origin[origin] == 0
            continue
        mean, variance, seen = np.array(simulation.expected[origin]).T
        z = (seen.sum() - mean.sum()) / np.sqrt(variance.sum())
        large = variance > 1
        squared = float(((seen - mean)[large] ** 2 / variance[large]).sum())
        print(f"{strength} contacts, origin {origin}: {seen.sum():.0f} of {mean.sum():.1f}, "
              f"z {z:+.2f}; {large.sum()} groups {squared:.1f}")  # fmt: skip
        assert seen.sum() == by_origin[origin] > 100
        assert abs(z) < BAND
        assert squared < chi2.isf(FALSE_ALARM, large.sum())
    assert by_origin[[*range(len(LAYERS))]].sum() == 0
    assert tally.secondary.sum() == by_origin[FACILITY] + by_origin[BUS]
