"""R0: what the solver promises is what index cases do, in a city and in a crowd by generation.

`solve` finds the transmissibility at which a resident taken at random infects r0 others on
average, everybody else being susceptible. Here residents are infected at random in a city of one
million, all layers open, and whoever they infect transmits nothing. After each day everybody is
susceptible again, so that index cases do not compete; a person met twice by one index case
counts once.

By generation (Diekmann, Heesterbeek and Metz 1990, doi 10.1007/BF00178324) the growth per
generation is the dominant eigenvalue of the next-generation matrix; it differs from the mean over
residents where the more susceptible are also the more infectious. False-alarm rate 1e-6 each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from epidemics import (
    BAND,
    FALSE_ALARM,
    Floats,
    Ints,
    Trials,
    community_settings,
    course_shares,
    courses_of,
    crowd,
    keep_only,
    lasting,
    one_layer,
    residents_by_age,
)
from evidence import measured
from scipy.stats import chi2

from lazaretto.disease import CourseTable, courses
from lazaretto.engine.city import FIRST_OF_HOUSEHOLD, city_of
from lazaretto.engine.prepare import contact_rates
from lazaretto.engine.rates import ContactRates
from lazaretto.engine.transmissibility import (
    Meeting,
    meeting,
    next_generation,
    secondary_infections,
    solve,
)
from lazaretto.people import Population, make_population, read_area, scaled
from lazaretto.scenario import Scenario
from lazaretto.words import COMMUNITY, LAYERS

PERSONS = 1_000_000


@dataclass(frozen=True)
class City:
    """A million residents of Shanghai, how they meet, and the disease of the shipped scenario."""

    people: Population
    table: CourseTable
    contacts: ContactRates
    met: Meeting

    @classmethod
    def make(cls) -> City:
        """Return the city with the contacts of shanghai-2022."""
        scenario = Scenario.load("shanghai-2022", ["measures=[]"])
        people = make_population(scaled(read_area("shanghai"), PERSONS, 16))
        table = courses(scenario.disease)
        return cls(people, table, contact_rates(scenario), meeting(people, city_of(people), table))


@pytest.fixture(scope="module")
def city() -> City:
    return City.make()


def features(city: City) -> Floats:
    """Return what decides how many a resident meets, shape (n_persons, 5), whatever the layer."""
    people = city.people
    first = np.flatnonzero(people.attributes & FIRST_OF_HOUSEHOLD)
    size = np.diff(np.append(first, people.n_persons))
    household = np.repeat(size, size)
    members = np.append(np.diff(people.group_start), 0)[people.group]
    return np.stack(
        [
            np.ones(people.n_persons),
            household > 1,
            (household - 1.0) ** 0.5,
            (people.group >= 0) & (people.group < people.n_schools),
            (people.group >= people.n_schools) & (members > 1),
        ],
        axis=1,
    )


def index_cases(city: City, r0: float, total: int) -> tuple[Floats, Ints, Ints, Ints]:
    """Return infections caused (n, n_layers) of index cases, their persons, courses, and days."""
    beta = solve(r0, city.met, city.table, city.contacts)
    length = city.table.n_days
    settings = replace(community_settings(city.table, beta, n_days=length), contacts=city.contacts)
    trials = Trials(city.people, settings)
    each = round(10_000 / r0)  # so few that two of them seldom meet one person on one day
    caused, persons, course, days = [], [], [], np.zeros(length, np.int64)
    for run in range(-(-total // each)):
        pairs: list[np.ndarray] = []
        who: list[np.ndarray] = []

        def count(day, new, pairs=pairs, who=who):
            if day == 0:
                who.append(np.stack([new.person, courses_of(new.record)]))
            else:
                pairs.append(
                    np.stack([new.source, new.person, new.layer, np.full_like(new.source, day)])
                )

        simulation = trials.begin(run, each, count)
        while simulation.day < length:
            simulation.advance()
            keep_only(simulation, lambda cohort: np.full(cohort.size, cohort.day == 0))
            simulation.state.protected[:] = 0
        person, its_course = who[0]
        source, target, layer, day = np.concatenate(pairs, axis=1).astype(np.int64)
        once = np.unique(source * PERSONS + target, return_index=True)[1]
        of_each = np.zeros((person.size, len(LAYERS)))
        np.add.at(of_each, (np.searchsorted(person, source[once]), layer[once]), 1)
        days += np.bincount(day[once], minlength=length)
        caused.append(of_each)
        persons.append(person)
        course.append(its_course)
    return np.concatenate(caused), np.concatenate(persons), np.concatenate(course), days


@pytest.mark.parametrize("r0", [1.5, 3.0, 6.0, 9.0])
def test_secondary_infections_in_a_city_equal_r0(city: City, r0: float):
    """Within 2 %, which is at least five standard errors; layer by layer within its own band.

    The mean is adjusted for the index cases drawn: for their infectiousness and whom they live,
    learn and work with, whose means over all residents are known (control variates).
    """
    caused, person, course, _ = index_cases(city, r0, 80_000)
    total, share = city.table.infectiousness.sum(axis=1), course_shares(city.table)
    of_resident = features(city)
    powers = [total, total**2]
    drawn = np.concatenate([of_resident[person] * w[course, None] for w in powers], axis=1)
    by_age = city.people.bands()
    known = np.concatenate([(of_resident * (share @ w)[by_age, None]).mean(axis=0) for w in powers])
    centred = drawn - known
    slope = np.linalg.lstsq(drawn - drawn.mean(axis=0), caused - caused.mean(axis=0), rcond=None)[0]
    adjusted = caused - centred @ slope
    mean, n = adjusted.mean(axis=0), len(adjusted)
    error = adjusted.sum(axis=1).std() / np.sqrt(n)
    beta = solve(r0, city.met, city.table, city.contacts)
    promised = secondary_infections(beta, city.met, city.table, city.contacts)
    print(f"R0 {r0}: {mean.sum():.4f} +- {error:.4f} ({mean.sum() / r0 - 1:+.2%}), "
          f"plain {caused.sum(axis=1).mean():.4f}, {n} index cases; "
          + ", ".join(f"{a} {m:.3f}/{p:.3f}" for a, m, p in
                      zip(LAYERS, mean, promised, strict=True)))  # fmt: skip
    measured(f"R0 {r0} in a city", mean.sum(), 0.98 * r0, 1.02 * r0)
    assert promised.sum() == pytest.approx(r0)
    assert error < 0.004 * r0
    assert abs(mean.sum() - r0) < 0.02 * r0


@pytest.fixture(scope="module")
def people() -> Population:
    share = residents_by_age_of_shanghai()
    return crowd(16_000_000, share / share.sum())


def residents_by_age_of_shanghai() -> Ints:
    return read_area("shanghai").persons.sum(axis=0)


def test_growth_by_generation_is_the_dominant_eigenvalue(people: Population):
    """Wild type, made steeper: both susceptibility and infectiousness rise with age."""
    table = lasting(courses("wild-type"), np.linspace(0.3, 1.5, 18))
    table = replace(table, symptomatic_share=np.linspace(0.1, 0.95, 18))
    met = meeting(people, city_of(people), table)
    contacts, r0 = one_layer(COMMUNITY), 2.5
    beta = solve(r0, met, table, contacts)
    values, vectors = np.linalg.eig(next_generation(beta, met, table, contacts).T)
    eigenvalue, right = float(values.real.max()), np.abs(vectors[:, values.real.argmax()].real)
    # The same from first principles: mixing at random, so the matrix has rank one.
    age = residents_by_age(people) / people.n_persons
    total, share = table.infectiousness.sum(axis=1), course_shares(table)
    relative = table.susceptibility / table.susceptibility.max()
    by_age = beta * relative * age
    assert by_age.sum() * float(age @ share @ total) == pytest.approx(r0)
    assert by_age @ share @ total == pytest.approx(eigenvalue)
    assert abs(eigenvalue / r0 - 1) > 0.03  # the two differ, so the test can tell them apart

    generation = np.full(people.n_persons, -1, np.int8)
    members, of_age = np.zeros(7, np.int64), np.zeros(18, np.int64)
    bands = people.bands()

    def follow(day, new):
        now = np.zeros(new.person.size, np.int8) if day == 0 else generation[new.source] + 1
        generation[new.person] = now
        np.add.at(members, now, 1)
        np.add.at(of_age, bands[new.person[now > 0]], 1)

    last = 4
    simulation = Trials(people, community_settings(table, beta)).begin(3, 1_200, follow)
    while simulation.day == 0 or simulation.cohorts:
        simulation.advance()
        keep_only(simulation, lambda cohort: generation[cohort.person] < last)

    def z_of(parents: int, children: int, ages: Floats) -> float:
        """Return how far the children are from what their parents' courses give on average."""
        mixed = ages @ share
        offspring = beta * float(age @ relative) * total
        mean = float(mixed @ offspring)
        variance = mean + float(mixed @ offspring**2) - mean**2
        return float((children - parents * mean) / np.sqrt(parents * variance))

    infected = by_age / by_age.sum()
    first = z_of(members[0], members[1], age)
    later = z_of(members[1:last].sum(), members[2 : last + 1].sum(), infected)
    expected = of_age.sum() * infected
    value = float(((of_age - expected) ** 2 / expected).sum())
    print(f"r0 {members[1] / members[0]:.4f} of {r0} (z {first:+.2f}); eigenvalue "
          f"{members[2 : last + 1].sum() / members[1:last].sum():.4f} of {eigenvalue:.4f} "
          f"(z {later:+.2f}); ages {value:.1f}")  # fmt: skip
    measured("growth by generation, z from the eigenvalue", later, -BAND, BAND)
    assert members.sum() < people.n_persons / 150
    assert right / right.sum() == pytest.approx(infected)
    assert abs(first) < BAND
    assert abs(later) < BAND
    assert value < chi2.isf(FALSE_ALARM, 17)
