"""What can be contained, worked out: households, R* = R_G mu_T, extinction, and Fraser's theta.

A sealed city is a city of households. An infective causes R_G infections outside its household;
whoever is infected there starts a household outbreak of mu_T infected members in the mean, so a
household infects R* = R_G mu_T others (Ball, Mollison and Scalia-Tomba 1997, doi
10.1214/aoap/1034625252). An outbreak can take off if and only if R* > 1, and dies out with the
chance that a branching process of households has.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binom

from lazaretto.disease import CourseTable
from lazaretto.engine.city import AGE_MASK
from lazaretto.engine.rates import ContactRates
from lazaretto.engine.transmissibility import Meeting, secondary_infections
from lazaretto.people import Population
from lazaretto.words import BUILDING, COMMUNITY, COMPOUND, HOUSEHOLD, LAYERS, SCHOOL, WORKPLACE

Floats = NDArray[np.float64]

OUTSIDE = np.arange(len(LAYERS)) != HOUSEHOLD

AT_HOME_ONLY, OF_SCHOOL, OF_WORK = 0, 1, 2
"""Classes of residents beside their age: in no group, in a school, in a workplace."""


def outbreak(susceptible: int, pair: float, chance: Floats, weight: Floats, left: Floats) -> Floats:
    """Return E[left^W; j infected] of a household outbreak started by one member, (n + 1, n_left).

    W is the infections caused outside, Poisson with mean w for a case of weight w. Cases are taken
    one at a time, in any order (Ludwig 1975, doi 10.1016/0025-5564(75)90119-4): each infects each
    member not yet infected with probability ``1 - exp(-pair w)``. With ``left`` 1 these are the
    chances of each number of further infected members.

    Parameters
    ----------
    susceptible
        Members beside the first case, n.
    pair
        Infections of one member by another of weight 1.
    chance, weight
        Probability and total infectiousness of each course, shape (n_courses,).
    left
        Factors that an infection outside counts with, times the mean infections outside of a case
        of weight 1: values of ``R (1 - s)`` at which the generating function is wanted, (n_left,).
    """
    decay = chance[:, None] * np.exp(-np.outer(weight, left))
    infect = -np.expm1(-pair * weight)
    law = [
        np.stack([binom.pmf(new, n, infect) @ decay for new in range(n + 1)])
        for n in range(susceptible + 1)
    ]
    state = np.zeros((susceptible + 1, susceptible + 2, left.size))
    state[susceptible, 1] = 1.0
    ended = np.zeros((susceptible + 1, left.size))
    for n in range(susceptible, -1, -1):
        for active in range(susceptible + 1 - n, 0, -1):
            here = state[n, active]
            for new in range(1, n + 1):
                state[n - new, active - 1 + new] += here * law[n][new]
            # Those who infect nobody: one active case fewer, the same susceptible.
            state[n, active - 1] += here * law[n][0]
        ended[susceptible - n] = state[n, 0]
    return ended


@dataclass(frozen=True)
class Households:
    """The households of a place and a disease of one transmissibility.

    Parameters
    ----------
    size
        Household sizes that occur, shape (n_sizes,).
    persons
        Share of residents in households of that size, shape (n_sizes,).
    pair
        Infections of one member by another of weight 1, by size, shape (n_sizes,).
    chance, weight
        Probability and total infectiousness of each course over residents, (n_courses,).
    contacts, courses, met, transmissibility
        How residents meet, and the disease.
    """

    size: NDArray[np.int64]
    persons: Floats
    pair: Floats
    chance: Floats
    weight: Floats
    contacts: ContactRates
    courses: CourseTable
    met: Meeting
    transmissibility: float

    def outside(self, left: float) -> float:
        """Return R_G, infections caused outside the household, where a share of contacts is left.

        Each contact outside the household is left with this probability, in every layer.
        """
        per_day = np.where(OUTSIDE, left, 1.0) * self.contacts.per_day
        contacts = self.contacts._replace(per_day=per_day)
        made = secondary_infections(self.transmissibility, self.met, self.courses, contacts)
        return float(made[OUTSIDE].sum())

    @cached_property
    def infected(self) -> Floats:
        """mu, the mean number infected in a household with one first case, by size."""
        none = np.zeros(1)
        return np.array([
            1 + np.arange(n) @ outbreak(int(n) - 1, pair, self.chance, self.weight, none)[:, 0]
            for n, pair in zip(self.size, self.pair, strict=True)
        ])  # fmt: skip

    @property
    def mean_infected(self) -> float:
        """mu_T: the first case is any resident alike, so large households count by their size."""
        return float(self.persons @ self.infected)

    def reproduction(self, left: float) -> float:
        """Return R* = R_G mu_T where a share of contacts outside the household is left."""
        return self.outside(left) * self.mean_infected

    def dies_out(self, caused: float, generations: int | None = None) -> float:
        """Return the chance that the chain of households of one infection dies out.

        Parameters
        ----------
        caused
            Mean infections outside the household of a case, R_G.
        generations
            Within so many generations of households; ever if absent.
        """
        if generations is not None:
            q = 0.0
            for _ in range(generations):
                q = self._next(caused, q)
            return q
        if caused * self.mean_infected <= 1:
            return 1.0
        return float(brentq(lambda q: self._next(caused, q) - q, 0.0, 1 - 1e-9, xtol=1e-12))

    def caused_if(self, dies_out: float) -> float:
        """Return R_G at which the chain of an infection dies out with a chance below 1."""
        above = 1 / self.mean_infected
        return float(brentq(lambda c: self._next(c, dies_out) - dies_out, above, 100 * above))

    def _next(self, caused: float, q: float) -> float:
        """Return the chance that every household infected by one has a property of chance q."""
        left = np.array([caused / float(self.chance @ self.weight) * (1 - q)])
        each = [
            float(outbreak(int(n) - 1, pair, self.chance, self.weight, left).sum())
            for n, pair in zip(self.size, self.pair, strict=True)
        ]
        return float(self.persons @ np.array(each))


def households(
    met: Meeting, people: Population, courses: CourseTable, contacts: ContactRates,
    transmissibility: float,
) -> Households:  # fmt: skip
    """Return the households of a place and a disease.

    Members of households of one size are taken as alike in susceptibility: their mean.

    Parameters
    ----------
    met, people
        How residents meet, and the population.
    courses, contacts, transmissibility
        The disease and the contact rates.
    """
    relative = courses.susceptibility / courses.susceptibility.max()
    by_size = people.household_persons.sum(axis=1)
    size = np.flatnonzero(by_size)
    strength = float(contacts.per_day[HOUSEHOLD] * contacts.weight[HOUSEHOLD])
    pair = np.zeros(size.size)
    for i, n in enumerate(size):
        pairs = met.pairs[n].sum(axis=0)
        if n > 1 and pairs.any():
            rate = strength * (n - 1.0) ** -contacts.household_exponent
            pair[i] = transmissibility * rate * float(pairs @ relative / pairs.sum())
    share = met.age @ courses.symptomatic_share / met.age.sum()
    chance = share * courses.probability[1] + (1 - share) * courses.probability[0]
    return Households(
        size, by_size[size] / by_size.sum(), pair, chance, courses.infectiousness.sum(axis=1),
        contacts, courses, met, transmissibility,
    )  # fmt: skip


def typical(home: Households, people: Population) -> float:
    """Return R* of a typical household over R_G mu_T of one taken at random.

    Who has more contacts outside is infected sooner and infects more. Residents are of 54 classes
    (age band; school, work, neither); the dominant eigenvalue of the mean numbers of each class
    that a household infects, by the class of its first case (Diekmann, Heesterbeek and Metz 1990,
    doi 10.1007/BF00178324), is set in relation to the mean over residents.

    Parameters
    ----------
    home
        The households; contacts of the community at random with respect to age.
    people
        The population.
    """
    courses, contacts = home.courses, home.contacts
    age = (people.attributes & AGE_MASK).astype(np.int64)
    kind = np.where(people.group < 0, AT_HOME_ONLY, OF_WORK)
    kind[(people.group >= 0) & (people.group < people.n_schools)] = OF_SCHOOL
    number = np.bincount(age * 3 + kind, minlength=54).reshape(18, 3).astype(np.float64)
    relative = courses.susceptibility / courses.susceptibility.max()
    share = courses.symptomatic_share[:, None]
    by_age = share * courses.probability[1] + (1 - share) * courses.probability[0]
    gives = home.transmissibility * by_age @ courses.infectiousness.sum(axis=1)
    strength = contacts.per_day * contacts.weight
    open_to_all = strength[BUILDING] + strength[COMPOUND] + strength[COMMUNITY]
    takes = number * relative[:, None]
    caused = np.zeros((18, 3, 18, 3))
    caused += open_to_all * gives[:, None, None, None] * takes / number.sum()
    for of_kind, layer in ((OF_SCHOOL, SCHOOL), (OF_WORK, WORKPLACE)):
        members = number[:, of_kind].sum()
        if members:
            inside = np.outer(gives, takes[:, of_kind] / members)
            caused[:, of_kind, :, of_kind] += strength[layer] * inside
    outside = caused.reshape(54, 54)
    beside = home.met.pairs.sum(axis=0) * relative
    beside = beside / np.maximum(beside.sum(axis=1, keepdims=True), 1)
    of_age = number / np.maximum(number.sum(axis=1, keepdims=True), 1)
    later = np.repeat((beside[:, :, None] * of_age).reshape(18, 54), 3, axis=0)
    infected = np.zeros(people.household_persons.shape[0])
    infected[home.size] = home.infected
    by_size = people.household_persons / np.maximum(people.household_persons.sum(axis=0), 1)
    more = np.repeat(np.maximum(infected @ by_size - 1, 0), 3)
    whole = outside + more[:, None] * (later @ outside)
    largest = float(np.abs(np.linalg.eigvals(whole)).max())
    weights = number.ravel() / number.sum()
    return largest / float(weights @ outside.sum(axis=1) * home.mean_infected)


def largest_left(home: Households, caused: float) -> float:
    """Return the share of contacts outside the household at which R_G is a number.

    Above 1 if not even all contacts cause so many infections.

    Parameters
    ----------
    home
        The households.
    caused
        The R_G sought: ``1 / mu_T`` for R* = 1.
    """

    def excess(log_left: float) -> float:
        return float(np.log(home.outside(float(np.exp(log_left))) / caused))

    return float(np.exp(brentq(excess, np.log(1e-6), np.log(100.0), xtol=1e-9)))


def theta(courses: CourseTable, age: NDArray[np.int64] | Floats) -> float:
    """Return theta, the share of transmission up to the day of onset or without symptoms.

    Isolation of everybody from the morning after onset stops growth if and only if
    ``theta < 1 / R0`` (Fraser et al. 2004, doi 10.1073/pnas.0307506101).

    Parameters
    ----------
    courses
        The disease.
    age
        Residents by age band, shape (18,).
    """
    share = (age / age.sum()) @ courses.symptomatic_share
    chance = share * courses.probability[1] + (1 - share) * courses.probability[0]
    day = np.arange(courses.n_days)
    spent = 0.0
    for offset, likely in enumerate(courses.onset_probability):
        onset = np.where(courses.symptomatic, courses.latent_days + offset, courses.n_days)
        before = np.where(day <= onset[:, None], courses.infectiousness, 0.0).sum(axis=1)
        spent += float(likely * (chance @ before))
    return spent / float(chance @ courses.infectiousness.sum(axis=1))
