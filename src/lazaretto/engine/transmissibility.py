"""Transmissibility solved from r0: the mean secondary infections of a resident taken at random.

In a susceptible, unrestricted population a resident with total infectiousness ``w`` meets the
others of a group of n persons at Poisson rates, so it infects each other member j with
probability ``1 - exp(-beta w rate s_j / (n - 1))``; r0 is the mean of the sum over members and
layers: exact in households, by the mean susceptibility of groups of each size elsewhere; that one
contact may be met in two layers is left out.

This is not the threshold quantity. Who has more contacts is infected earlier and infects more, so
an epidemic grows as a typical infected person's number says, about a tenth more with the shipped
contacts, and can grow from an r0 of about 0.9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.optimize import brentq

from lazaretto.disease import CourseTable
from lazaretto.engine.city import AGE_MASK, City
from lazaretto.engine.rates import ContactRates
from lazaretto.people import Population
from lazaretto.words import (
    BUILDING,
    COMMUNITY,
    COMPOUND,
    HOUSEHOLD,
    LAYERS,
    SCHOOL,
    WORKPLACE,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """The groups of one layer by size.

    Parameters
    ----------
    size
        Distinct sizes of at least 2, shape (n,).
    persons
        Members of groups of that size, shape (n,).
    susceptibility, symptomatic
        Mean relative susceptibility and symptomatic share of those members, shape (n,).
    """

    size: Floats
    persons: Floats
    susceptibility: Floats
    symptomatic: Floats


@dataclass(frozen=True)
class Meeting:
    """How the residents meet, in the numbers r0 depends on.

    Parameters
    ----------
    n_persons
        Number of residents.
    pairs
        Ordered pairs of household members by size and age bands, shape (17, 18, 18).
    groups
        Groups of the building, compound, school and workplace layers, by layer.
    age
        Residents by age band, shape (18,).
    """

    n_persons: int
    pairs: NDArray[np.int64]
    groups: dict[int, Groups]
    age: NDArray[np.int64]


def meeting(people: Population, city: City, courses: CourseTable) -> Meeting:
    """Count how residents meet.

    Parameters
    ----------
    people, city
        The population and its arrays.
    courses
        The disease: susceptibility and symptomatic share by age.
    """
    susceptibility = courses.susceptibility / courses.susceptibility.max()
    share = courses.symptomatic_share
    age = people.household_persons.sum(axis=0)
    whole = (float(age @ susceptibility / age.sum()), float(age @ share / age.sum()))
    s_sum, p_sum = _sums_by_group(city, susceptibility, share)
    size = np.diff(city.group_start).astype(np.int64)
    schools = np.arange(size.size) < city.n_schools
    groups = {
        BUILDING: _uniform_groups(np.diff(city.building_start), *whole),
        COMPOUND: _uniform_groups(np.diff(city.compound_start), *whole),
        SCHOOL: _groups(size[schools], s_sum[schools], p_sum[schools]),
        WORKPLACE: _groups(size[~schools], s_sum[~schools], p_sum[~schools]),
    }
    return Meeting(city.attributes.size, people.household_pairs, groups, age)


def secondary_infections(
    transmissibility: float, met: Meeting, courses: CourseTable, contacts: ContactRates
) -> Floats:
    """Return the mean secondary infections of a resident by layer, shape (n_layers,).

    Parameters
    ----------
    transmissibility
        Infections per weighted contact with a most susceptible person over a mean course.
    met
        How residents meet.
    courses, contacts
        The disease and the contact rates.
    """
    total, probability = _by_total(courses)
    relative = courses.susceptibility / courses.susceptibility.max()
    strength = contacts.per_day * contacts.weight
    result = np.zeros(len(LAYERS))
    share = courses.symptomatic_share
    by_age = share[:, None] * probability[1] + (1 - share)[:, None] * probability[0]
    for n in range(2, met.pairs.shape[0]):
        if not met.pairs[n].any():
            continue
        rate = strength[HOUSEHOLD] * (n - 1.0) ** -contacts.household_exponent
        chance = -np.expm1(-transmissibility * rate * np.outer(total, relative))
        result[HOUSEHOLD] += float((met.pairs[n] * (by_age @ chance)).sum())
    for layer, groups in met.groups.items():
        mix = (
            groups.symptomatic[:, None] * probability[1]
            + (1 - groups.symptomatic)[:, None] * probability[0]
        )
        rate = strength[layer] * groups.susceptibility / (groups.size - 1)
        chance = -np.expm1(-transmissibility * np.outer(rate, total))
        each = (groups.size - 1) * (mix * chance).sum(axis=1)
        result[layer] = float(groups.persons @ each)
    mean_total = float(met.age @ (by_age @ total)) / met.n_persons
    mean_relative = float(met.age @ relative) / met.n_persons
    result /= met.n_persons
    result[COMMUNITY] = transmissibility * strength[COMMUNITY] * mean_total * mean_relative
    if contacts.by_age.size > 1:
        pairs = np.outer(met.age * (by_age @ total), met.age * relative) / met.n_persons**2
        result[COMMUNITY] = transmissibility * strength[COMMUNITY] * (pairs * contacts.by_age).sum()
    return result


def _by_total(courses: CourseTable) -> tuple[Floats, Floats]:
    """Return the distinct total infectiousness of courses, (n,), and their chances, (2, n)."""
    total, which = np.unique(courses.infectiousness.sum(axis=1), return_inverse=True)
    chances = [np.bincount(which, each, total.size) for each in courses.probability]
    return total, np.array(chances)


def solve(r0: float, met: Meeting, courses: CourseTable, contacts: ContactRates) -> float:
    """Return the transmissibility at which the mean secondary infections equal r0.

    Parameters
    ----------
    r0
        Mean secondary infections in a susceptible, unrestricted population; 0 or more.
    met, courses, contacts
        As in `secondary_infections`.

    Raises
    ------
    ValueError
        If no transmissibility gives so many.
    """
    if r0 == 0:
        return 0.0

    def excess(log_beta: float) -> float:
        infections = secondary_infections(float(np.exp(log_beta)), met, courses, contacts)
        return float(infections.sum()) - r0

    if excess(np.log(1e3)) < 0:
        message = f"r0 = {r0} cannot be reached: nobody meets enough others; lower r0"
        raise ValueError(message)
    return float(np.exp(brentq(excess, np.log(1e-9), np.log(1e3), xtol=1e-10)))


def _groups(size: NDArray[np.int64], s_sum: Floats, p_sum: Floats) -> Groups:
    persons = np.bincount(size, size) if size.size else np.zeros(1)
    sizes = np.nonzero(persons)[0]
    sizes = sizes[sizes >= 2]
    persons_of = persons[sizes]
    return Groups(
        sizes.astype(np.float64),
        persons_of.astype(np.float64),
        np.bincount(size, s_sum)[sizes] / persons_of,
        np.bincount(size, p_sum)[sizes] / persons_of,
    )


def _uniform_groups(size: NDArray[np.int32], susceptibility: float, share: float) -> Groups:
    persons = size.astype(np.float64)
    return _groups(size.astype(np.int64), persons * susceptibility, persons * share)


@njit(nogil=True, cache=True)
def _sums_by_group(city: City, susceptibility: Floats, share: Floats) -> tuple[Floats, Floats]:
    n_groups = city.group_start.size - 1
    s_sum, p_sum = np.zeros(n_groups), np.zeros(n_groups)
    for group in range(n_groups):
        for slot in range(city.group_start[group], city.group_start[group + 1]):
            age = city.attributes[city.member[slot]] & AGE_MASK
            s_sum[group] += susceptibility[age]
            p_sum[group] += share[age]
    return s_sum, p_sum


def next_generation(
    transmissibility: float, met: Meeting, courses: CourseTable, contacts: ContactRates
) -> Floats:
    """Return the part of the next-generation matrix that mixing by age alone gives.

    Element (a, b): infections of age band b caused by one infection of age band a through the
    layers without groups (building, compound, community), shape (18, 18); Diekmann, Heesterbeek
    and Metz 1990, doi 10.1007/BF00178324.
    """
    total = courses.infectiousness.sum(axis=1)
    share = courses.symptomatic_share
    by_age = share[:, None] * courses.probability[1] + (1 - share)[:, None] * courses.probability[0]
    relative = courses.susceptibility / courses.susceptibility.max()
    strength = contacts.per_day * contacts.weight
    near = strength[BUILDING] + strength[COMPOUND]
    weight = met.age * relative / met.n_persons
    at_random = np.outer(transmissibility * (by_age @ total), weight)
    return np.asarray(at_random * (near + strength[COMMUNITY] * contacts.by_age), np.float64)
