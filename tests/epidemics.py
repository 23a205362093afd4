"""Epidemics simple enough to be solved: one layer, known ages, runs that can be started again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from towns import FREE, START, reporting

from lazaretto.disease import CourseTable
from lazaretto.engine.cohort import Cohort
from lazaretto.engine.rates import ContactRates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.spread import Infected
from lazaretto.engine.state import marked
from lazaretto.measures import Measure, Orders, Places, Today
from lazaretto.outcomes import Tally
from lazaretto.people import Population, town
from lazaretto.words import COMMUNITY, LAYERS

FALSE_ALARM = 1e-6
"""Chance that a test of a sound engine fails, had its seed not been fixed; every band has it."""

BAND = float(stats.norm.isf(FALSE_ALARM / 2))
"""Half width of a two-sided normal band in standard errors, 4.89."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def chi_square(seen: Ints, expected: Floats, least: float = 10.0) -> tuple[float, float]:
    """Return chi-square and its limit at `FALSE_ALARM`; cells expecting too few are put together.

    Parameters
    ----------
    seen, expected
        Counts, and what they should be with the same total, in an order in which small cells
        lie beside each other.
    least
        Fewest expected in a cell.
    """
    cells: list[list[float]] = []
    for n, m in zip(seen.ravel(), expected.ravel(), strict=True):
        if cells and cells[-1][1] < least:
            cells[-1][0] += n
            cells[-1][1] += m
        else:
            cells.append([float(n), float(m)])
    if len(cells) > 1 and cells[-1][1] < least:
        last = cells.pop()
        cells[-1] = [cells[-1][0] + last[0], cells[-1][1] + last[1]]
    n, m = np.array(cells).T
    assert np.isclose(n.sum(), m.sum())
    return float(((n - m) ** 2 / m).sum()), float(stats.chi2.isf(FALSE_ALARM, len(cells) - 1))


def doubt(seen: float, n: float, chance: float) -> float:
    """Return the chance, both sides, of a binomial number as far from its mean as this one."""
    below, above = stats.binom.cdf(seen, n, chance), stats.binom.sf(seen - 1, n, chance)
    return float(min(2 * min(below, above), 1.0))


def one_layer(layer: int, per_day: float = 1.0, own_subdistrict: float = 0.0) -> ContactRates:
    """Return contacts in one layer only, weight 1."""
    rates = np.zeros(len(LAYERS))
    rates[layer] = per_day
    return ContactRates(rates, np.ones(len(LAYERS)), 0.8, own_subdistrict)


def lasting(table: CourseTable, susceptibility: Floats | None = None) -> CourseTable:
    """Return a disease that is caught once, with one susceptibility for all unless given."""
    equal = np.ones(18) if susceptibility is None else susceptibility
    return replace(table, protection=np.zeros(1), susceptibility=equal)


def without_heterogeneity(table: CourseTable, infectious: list[float]) -> CourseTable:
    """Return a disease with one course: infectiousness by day since infection, sum 1."""
    row = np.array([0.0, *infectious])
    latent_days = np.ones(2, np.int64)
    latent_days.flags.writeable = False  # as in every table: another type is another compilation
    return replace(
        table,
        infectiousness=np.stack([row, row]),
        probability=np.eye(2),
        symptomatic=np.array([False, True]),
        latent_days=latent_days,
    )


def mixed_town(n_persons: int, n_districts: int = 3) -> Population:
    """Return a town in which community contacts fall on every resident with the same chance."""
    people = town(n_persons, n_districts=n_districts)
    share = np.diff(people.district_start) / people.n_persons
    return replace(people, mixing=np.tile(share, (n_districts, 1)))


def crowd(n_persons: int, age_share: Floats, n_districts: int = 1) -> Population:
    """Return persons who live alone and meet only in the community, millions at no cost.

    Parameters
    ----------
    n_persons
        Residents.
    age_share
        Share of each age band, shape (18,); every stretch of persons has about these shares.
    n_districts
        Districts of equally many persons, who meet nobody of another one; a subdistrict each if
        more than one.
    """
    turn = np.arange(1 << 12)
    ages = np.searchsorted(np.cumsum(age_share), ((turn * 2_531) % turn.size + 0.5) / turn.size)
    ages = np.resize(ages.astype(np.uint8), n_persons)
    building = np.append(np.arange(0, n_persons, 64), n_persons)
    compound = np.append(building[:-1:16], n_persons)
    each = 64 if n_districts == 1 else (compound.size - 1) // n_districts
    subdistrict = np.append(compound[:-1:each], n_persons)
    district = np.array([0, n_persons]) if n_districts == 1 else subdistrict
    assert district.size == n_districts + 1
    alone = np.zeros((17, 18), np.int64)
    alone[1] = np.bincount(ages, minlength=18)
    buildings, compounds, subdistricts = building.size - 1, compound.size - 1, subdistrict.size - 1
    return Population(
        name="crowd",
        title="Crowd",
        districts=tuple(f"crowd {i}" for i in range(n_districts)),
        attributes=ages | np.uint8(0x20),
        group=np.full(n_persons, -1, np.int32),
        member=np.empty(0, np.int32),
        group_start=np.zeros(1, np.int32),
        group_district=np.empty(0, np.uint8),
        n_schools=0,
        building_start=building.astype(np.int32),
        building_of_block=np.arange(buildings, dtype=np.int32),
        building_compound=(np.arange(buildings) // 16).astype(np.int32),
        compound_start=compound.astype(np.int32),
        compound_subdistrict=(np.arange(compounds) // each).astype(np.int32),
        subdistrict_start=subdistrict.astype(np.int32),
        subdistrict_district=(np.arange(subdistricts) % n_districts).astype(np.int32),
        district_start=district.astype(np.int32),
        mixing=np.eye(n_districts),
        household_pairs=np.zeros((17, 18, 18), np.int64),
        household_persons=alone,
    )


def residents_by_age(people: Population) -> Ints:
    """Return residents by age band, shape (18,)."""
    return people.persons_by_age().sum(axis=0)


def course_shares(table: CourseTable) -> Floats:
    """Return the probability of each course by age band, shape (18, n_courses)."""
    share = table.symptomatic_share[:, None]
    return np.asarray((1 - share) * table.probability[0] + share * table.probability[1])


def community_settings(
    table: CourseTable, transmissibility: float, *, n_days: int = 600, layer: int = COMMUNITY
) -> Settings:
    """Return settings with one contact a day in one layer, no measures, no arrivals."""
    return Settings(
        start=START,
        n_days=n_days,
        seed=0,
        courses=table,
        contacts=one_layer(layer),
        transmissibility=transmissibility,
        confinement=FREE,
        reporting=reporting(0.2, 0.3, [1, 1]),
    )


class Ordered(Measure):
    """Orders what a function says, every day."""

    finds_infected: ClassVar[bool] = True
    moves_persons: ClassVar[bool] = True
    model_config = Measure.model_config | {"arbitrary_types_allowed": True}

    orders: Callable[[Places, Orders], None]

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Order it."""
        self.orders(places, orders)


class Trials:
    """One city on which runs are made again and again; only the seed and the arrivals change.

    Without measures: of what containment keeps from day to day nothing is left behind.

    Parameters
    ----------
    people, settings
        As for a `Simulation`.
    """

    def __init__(self, people: Population, settings: Settings) -> None:
        assert not settings.measures
        assert settings.severity is None
        assert settings.vaccination is None
        self.simulation = Simulation(people, settings, threads=2)

    def begin(
        self, seed: int, infections: int, on_infections: Callable[[int, Infected], None] | None
    ) -> Simulation:
        """Return the simulation as it is before the first day.

        Parameters
        ----------
        seed, infections
            Seed of the run, and persons infected at random on its first day.
        on_infections
            As in `Simulation`.
        """
        run = self.simulation
        n_persons = run.people.n_persons
        arrivals = (Arrival(0, 0, n_persons, infections),)
        run.settings = replace(run.settings, seed=seed, arrivals=arrivals)
        run.on_infections = on_infections
        run.state.protected[:] = 0
        run.state.infected_on[:] = -1
        run.cohorts, run.gone, run.past, run.day = [], [], [], 0
        n_subdistricts = run.people.subdistrict_start.size - 1
        run.tally = Tally.of(run.settings.n_days, len(run.people.districts), 0, n_subdistricts)
        run.containment.settings, run.containment.tally = run.settings, run.tally
        return run


def run_out(simulation: Simulation) -> Tally:
    """Simulate until nobody is infectious any more and return the tally."""
    while simulation.day == 0 or simulation.cohorts:
        assert simulation.day < simulation.settings.n_days, "the epidemic is not over"
        simulation.advance()
    return simulation.tally


def keep_only(simulation: Simulation, chosen: Callable[[Cohort], NDArray[np.bool_]]) -> None:
    """Let only some of the infected go on to transmit."""
    for cohort in simulation.cohorts:
        kept = chosen(cohort)
        cohort.person, cohort.record = cohort.person[kept], cohort.record[kept]
    simulation.cohorts = [cohort for cohort in simulation.cohorts if cohort.size]


def courses_of(record: NDArray[np.uint32]) -> Ints:
    """Return the course of each record, shape (n,)."""
    return (record & np.uint32(0xFF)).astype(np.int64)


def found_on(simulation: Simulation, person: NDArray[np.int32]) -> Ints:
    """Simulate from day 1 to the end; return on which day each infection was known, -1 if never."""
    day_found = np.full(person.size, -1, np.int64)
    known = np.empty(person.size, np.bool_)
    while True:
        marked(simulation.state.known, person, known)
        day_found[known & (day_found < 0)] = simulation.day - 1
        if simulation.day == simulation.settings.n_days:
            return day_found
        simulation.advance()
