"""Outbreaks within households against the exact distribution of their size.

With contacts in the household only, one member infects another over the whole course with
probability ``1 - exp(-beta rate (n - 1)**-alpha w)``, independently of the others. With equal
courses the number infected is that of the Reed-Frost chain binomial (Bailey 1975; Ludwig 1975,
doi 10.1016/0025-5564(75)90119-4: when in the course somebody is infected does not matter). With
individual infectiousness w it follows from Ball's triangular equations (Ball 1986, Advances in
Applied Probability 18:289-310): for a infected and n susceptible members and
``phi_k = E exp(-k b w)``,

    sum_j C(n - j, l - j) P_j / phi_(n - l)**(j + a) = C(n, l),    l = 0, ..., n.

False-alarm rate 1e-6 each.
"""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from epidemics import (
    FALSE_ALARM,
    Floats,
    Ints,
    Trials,
    chi_square,
    community_settings,
    lasting,
    run_out,
    without_heterogeneity,
)
from evidence import measured
from scipy.stats import binom, chi2

from lazaretto.disease import CourseTable, courses
from lazaretto.engine.city import FIRST_OF_HOUSEHOLD
from lazaretto.people import Population, town
from lazaretto.words import HOUSEHOLD

PERSONS = 1_000_000
SEEDS = 200_000
SIZES = range(2, 7)
BETA, ALPHA = 0.7, 0.8

VARIED = lasting(courses("omicron-ba2"))
ONE_COURSE = without_heterogeneity(VARIED, [0.1, 0.4, 0.3, 0.2])


@pytest.fixture(scope="module")
def people() -> Population:
    return town(PERSONS)


def reed_frost(susceptible: int, infected: int, escape: float) -> Floats:
    """Return the distribution of the number infected, generation by generation, (n + 1,)."""
    total = np.zeros(susceptible + 1)

    def go_on(left: int, now: int, chance: float) -> None:
        if now == 0 or left == 0:
            total[susceptible - left] += chance
            return
        for new in range(left + 1):
            go_on(left - new, new, chance * binom.pmf(new, left, 1 - escape**now))

    go_on(susceptible, infected, 1.0)
    return total


def ball(susceptible: int, infected: int, pair: float, table: CourseTable) -> Floats:
    """Return the distribution of the number infected with individual infectiousness, (n + 1,)."""
    share, total = table.probability[1], table.infectiousness.sum(axis=1)
    found: list[float] = []
    for last in range(susceptible + 1):
        phi = float(share @ np.exp(-(susceptible - last) * pair * total))
        before = sum(
            comb(susceptible - j, last - j) * p / phi ** (j + infected) for j, p in enumerate(found)
        )
        found.append((comb(susceptible, last) - before) * phi ** (last + infected))
    return np.array(found)


def outbreaks(people: Population, table: CourseTable) -> tuple[Ints, Ints, Ints]:
    """Return size, members brought in infected and members infected later, by household."""
    first = (people.attributes & FIRST_OF_HOUSEHOLD) != 0
    household = np.cumsum(first) - 1
    brought, later = (np.zeros(household[-1] + 1, np.int64) for _ in range(2))

    def count(day, new):
        np.add.at(brought if day == 0 else later, household[new.person], 1)

    settings = community_settings(table, BETA, layer=HOUSEHOLD)
    run_out(Trials(people, settings).begin(11, SEEDS, count))
    return np.bincount(household), brought, later


@pytest.mark.parametrize("susceptible", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("infected", [1, 2])
def test_the_two_closed_forms_agree_where_both_hold(susceptible: int, infected: int):
    expected = reed_frost(susceptible, infected, np.exp(-0.4))
    assert expected.sum() == pytest.approx(1)
    assert ball(susceptible, infected, 0.4, ONE_COURSE) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("kind", ["one course", "individual infectiousness"])
def test_household_final_sizes(people: Population, kind: str):
    table = ONE_COURSE if kind == "one course" else VARIED
    size, brought, later = outbreaks(people, table)
    assert later[size == 1].sum() == 0
    for n in SIZES:
        for seeds in (1, 2):
            of_these = (size == n) & (brought == seeds)
            seen = np.bincount(later[of_these], minlength=n)
            assert seen.size <= n
            if n == seeds:
                continue
            pair = BETA * (n - 1.0) ** -ALPHA
            if kind == "one course":
                chance = reed_frost(n - seeds, seeds, np.exp(-pair))
            else:
                chance = ball(n - seeds, seeds, pair, table)
            value, limit = chi_square(seen[: chance.size], seen.sum() * chance)
            print(f"{kind}, {n} persons, {seeds} brought in: {seen.sum()} households, "
                  f"{value:.1f} < {limit:.1f}")  # fmt: skip
            measured(f"sizes in households of {n}, chi-square", value, None, limit)
            assert value < limit
            if seeds == 1:
                assert seen.sum() > 500


def test_who_is_infected_in_a_household_is_uniform(people: Population):
    """Of the others in a household of four, each is the one infected just as often."""
    first = np.flatnonzero(people.attributes & FIRST_OF_HOUSEHOLD)
    size = np.diff(np.append(first, people.n_persons))
    start = np.repeat(first, size)
    pairs: list[np.ndarray] = []

    def count(day, new):
        if day > 0:
            pairs.append(np.stack([new.source, new.person]))

    settings = community_settings(ONE_COURSE, 0.05, layer=HOUSEHOLD)
    run_out(Trials(people, settings).begin(12, SEEDS // 10, count))
    source, target = np.concatenate(pairs, axis=1)
    assert (start[source] == start[target]).all()
    place_of_source, place = (source - start[source], target - start[target])
    for n in (3, 4):
        of_these = size[np.searchsorted(first, start[source])] == n
        table = np.bincount(place_of_source[of_these] * n + place[of_these], minlength=n * n)
        table = table.reshape(n, n)
        assert (table.diagonal() == 0).all()
        others = table[~np.eye(n, dtype=bool)].reshape(n, n - 1)
        expected = np.repeat(others.sum(axis=1, keepdims=True) / (n - 1), n - 1, axis=1)
        value = ((others - expected) ** 2 / expected).sum()
        assert others.sum() > 100
        assert value < chi2.isf(FALSE_ALARM, n * (n - 2))
