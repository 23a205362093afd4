"""From a scenario to what the engine runs, with every problem found at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import CERTAIN, threshold
from lazaretto.disease import CourseTable, courses, testing, variant
from lazaretto.disease.quarantine_escape import sensitivity
from lazaretto.disease.severity import severity
from lazaretto.disease.vaccines import dose_days, vaccine
from lazaretto.engine.age_mixing import AT_RANDOM, read_matrix, relative_rates
from lazaretto.engine.border import Border, Stay
from lazaretto.engine.checked import checked_measures, place_of
from lazaretto.engine.city import city_of
from lazaretto.engine.diary import other_contacts
from lazaretto.engine.rates import ContactRates, build_rates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Reporting, Settings, Vaccination
from lazaretto.engine.transmissibility import Meeting, meeting, solve
from lazaretto.measures import stocks_of
from lazaretto.people import CensusError, Population, assumptions, population
from lazaretto.provenance import Figure
from lazaretto.scenario import ALL, Problem, Scenario, ScenarioError
from lazaretto.words import CONTROLLED, HOUSEHOLD, LAYERS

LONGEST_RECLASSIFICATION = 60

VACCINE_BINS = 256
"""Steps in which coverage by district and age can differ."""


@dataclass(frozen=True)
class Prepared:
    """A scenario ready to run.

    Parameters
    ----------
    people
        The population of the place.
    settings
        What the engine simulates, for the seed given.
    """

    people: Population
    settings: Settings


@dataclass(frozen=True)
class Ground:
    """What all scenarios of one place and disease have in common: the costly part of preparation.

    Parameters
    ----------
    people
        The population of the place.
    courses
        The courses of the disease.
    met
        How the residents meet, in the numbers r0 depends on.
    """

    people: Population
    courses: CourseTable
    met: Meeting


def ground_of(scenario: Scenario, progress: Callable[[str, float], None] | None = None) -> Ground:
    """Make or load the population of a scenario and count how it meets.

    Parameters
    ----------
    scenario
        The scenario.
    progress
        Called with a step and the share of it that is done.

    Raises
    ------
    ScenarioError
        With every problem of the tables of the place.
    """
    try:
        people = population(place_of(scenario), progress=progress)
    except CensusError as error:
        allowed = "census tables a population can be made from"
        found = [Problem("place", scenario.place, allowed, said) for said in error.problems]
        raise ScenarioError(found) from error
    table = courses(variant(scenario.disease))
    return Ground(people, table, meeting(people, city_of(people, large_pages=False), table))


def prepare(
    scenario: Scenario,
    seed: int,
    progress: Callable[[str, float], None] | None = None,
    ground: Callable[[Scenario], Ground] | None = None,
) -> Prepared:
    """Check a scenario against its place, make or load the population, and solve r0.

    Parameters
    ----------
    scenario
        The scenario.
    seed
        Seed of the run.
    progress
        Called with a step and the share of it that is done.
    ground
        Gives the ground of a scenario, if it is kept for several; `ground_of` if absent.

    Raises
    ------
    ScenarioError
        With every problem at once.
    """
    measures = checked_measures(scenario)
    base = ground_of(scenario, progress) if ground is None else ground(scenario)
    people, table = base.people, base.courses
    contacts = contact_rates(scenario, people)
    try:
        transmissibility = solve(float(scenario.r0), base.met, table, contacts)
        build_rates(table, contacts, transmissibility)
        other_contacts(table, contacts, transmissibility)
    except ValueError as error:
        allowed = "a value that the contacts of this place can bring about"
        raise ScenarioError([Problem("r0", float(scenario.r0), allowed, str(error))]) from error
    settings = Settings(
        start=scenario.start,
        n_days=scenario.n_days,
        seed=seed,
        courses=table,
        contacts=contacts,
        transmissibility=transmissibility,
        confinement=confinement_of(scenario),
        reporting=reporting_of(scenario),
        arrivals=arrivals_of(scenario, people),
        measures=tuple(measures),
        stocks=stocks_of(scenario),
        apart=scenario.confinement.isolated_table(),
        severity=severity(scenario.disease),
        vaccination=vaccination_of(scenario, len(people.districts)),
        behaviour=scenario.behaviour,
        attendance=as_written(scenario),
        border=border_of(scenario, people, table),
    )
    return Prepared(people, settings)


def confinement_of(scenario: Scenario) -> NDArray[np.float64]:
    """Return the share of contacts left by tier, who and layer, shape (4, 2, 6).

    In the reading of few active people a lockdown leaves one share outside the household.
    """
    table = as_written(scenario)
    few = None if scenario.behaviour is None else scenario.behaviour.few_active
    if few is not None:
        outside = np.arange(len(LAYERS)) != HOUSEHOLD
        table[CONTROLLED:, :, outside] = float(few.left_in_lockdown)
    return table


def as_written(scenario: Scenario) -> NDArray[np.float64]:
    """Return the share of contacts left as the scenario says, shape (4, 2, 6)."""
    residents = scenario.confinement.residents.table()
    essential = scenario.confinement.essential_workers.table()
    return np.stack([residents, essential], axis=1)


def contact_rates(scenario: Scenario, people: Population | None = None) -> ContactRates:
    """Return the contact rates of a scenario as arrays by layer.

    Parameters
    ----------
    scenario
        The scenario.
    people
        The population of the place, for contacts of the community by age; at random if absent.
    """
    layers = scenario.contacts.layers()
    matrix = scenario.contacts.community.by_age
    by_age = AT_RANDOM
    if matrix is not None and people is not None:
        residents = people.household_persons.sum(axis=0)
        by_age = relative_rates(read_matrix(matrix, scenario.folder), residents)
    return ContactRates(
        per_day=np.array([float(layer.rate) for layer in layers]),
        weight=np.array([float(layer.weight) for layer in layers]),
        household_exponent=float(scenario.contacts.household_size_exponent),
        own_subdistrict=float(scenario.contacts.own_subdistrict),
        by_age=by_age,
    )


def reporting_of(scenario: Scenario) -> Reporting:
    """Return how positives are reported; reclassification follows after a geometric delay."""
    rules = scenario.reporting
    days = np.arange(LONGEST_RECLASSIFICATION)
    mean = max(float(rules.reclassification_days), 1.0)
    delay = threshold(np.asarray(1 - (1 - 1 / mean) ** days, np.float64))
    delay[-1] = CERTAIN
    return Reporting(
        np.uint32(threshold(float(rules.confirmed_share))),
        np.uint32(threshold(float(rules.reclassified_share))),
        delay,
    )


def vaccination_of(scenario: Scenario, n_districts: int) -> Vaccination | None:
    """Return who is vaccinated and what it is worth; None if nobody is or will be."""
    given = scenario.vaccination
    if given is None:
        return None
    product = vaccine(given.product)
    risk = np.stack([product.infection, product.symptoms, product.hospital, product.death])
    return Vaccination(dose_days(given, scenario.start, n_districts, VACCINE_BINS), risk)


def arrivals_of(scenario: Scenario, people: Population) -> tuple[Arrival, ...]:
    """Return the infections brought in, as days of the run and ranges of persons."""
    arrivals = []
    for block in scenario.seeding:
        first, last = persons_in(block.area, people)
        for date in block.dates():
            day = (date - scenario.start).days
            arrivals.append(Arrival(day, first, last, block.count))
    return tuple(arrivals)


def border_of(scenario: Scenario, people: Population, table: CourseTable) -> Border | None:
    """Return the border, its protocols as days and thresholds; None if the scenario has none."""
    given = scenario.border
    if given is None:
        return None
    dates = [scenario.start + timedelta(days=day) for day in range(scenario.n_days)]
    prevalence = np.array([given.prevalence_on(date) for date in dates])
    protocols = [given.protocol_on(date) for date in dates]
    known = list(dict.fromkeys(protocols))
    stays = tuple(
        Stay(each.facility_days, each.home_days, tuple(
            (day - 1, threshold(sensitivity(table, kind))) for day, kind in each.tests))
        for each in known
    )  # fmt: skip
    test = given.pre_departure_test
    first, last = persons_in(given.area, people)
    return Border(
        infected=prevalence * float(given.flights_per_week) * float(given.passengers) / 7,
        first=first,
        last=last,
        exposure_days=int(given.exposure_days),
        before=None
        if test is None
        else (test.days_before, threshold(sensitivity(table, test.test))),
        stays=stays,
        stay=np.array([known.index(each) for each in protocols]),
        noticed=np.uint32(threshold(float(given.symptoms_noticed))),
    )


def persons_in(area: str, people: Population) -> tuple[int, int]:
    """Return the first person of a district, or of all, and the one after the last."""
    if area == ALL:
        return 0, people.n_persons
    at = people.districts.index(area)
    return int(people.district_start[at]), int(people.district_start[at + 1])


def unmeasured_figures(scenario: Scenario) -> list[tuple[str, Figure]]:
    """Return every figure behind a run that was assumed or fitted, with its key."""
    disease = [
        (f"{scenario.disease}.{key}", figure) for key, figure in variant(scenario.disease).figures()
    ]
    people = [(f"people.{key}", figure) for key, figure in assumptions.FIGURES.items()]
    severe = list(severity(scenario.disease).figures())
    given = scenario.vaccination
    vaccines = [] if given is None else list(vaccine(given.product).figures())
    tests = [(f"test.{key}", figure) for key, figure in testing.figures()]
    every = [*scenario.figures(), *disease, *people, *severe, *vaccines, *tests]
    unused = f"{scenario.disease}.r0"
    return [(key, figure) for key, figure in every if figure.status != "measured" and key != unused]
