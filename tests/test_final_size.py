"""Final size of an epidemic against its equation, for equal persons and by age.

Of n susceptible and m infected residents who meet everybody with the same chance, the share tau
of the n who are ever infected solves ``tau = 1 - exp(-s L)``, where ``s`` is the susceptibility
and ``L = beta sum_i w_i / (N - 1)`` the pressure of all who are ever infected, each with total
infectiousness w. How w varies does not change tau, only the variance of the number infected.
Central limit theorem: von Bahr and Martin-Löf 1980, doi 10.1017/s0001867800050205, here from
the pressure (Sellke's construction), which holds for whole days as for continuous time because
escape from one day's contacts is exponential in that day's pressure. By age: Miller 2012,
doi 10.1007/s11538-012-9749-6. False-alarm rate 1e-6 each.
"""

from __future__ import annotations

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
    lasting,
    mixed_town,
    residents_by_age,
    run_out,
    without_heterogeneity,
)
from evidence import measured
from scipy.optimize import brentq
from scipy.stats import chi2

from lazaretto.disease import CourseTable, courses
from lazaretto.people import Population

PERSONS = 300_000
SEEDS = 300
RUNS = 3


@pytest.fixture(scope="module")
def people() -> Population:
    return mixed_town(PERSONS)


def of_infected(table: CourseTable) -> tuple[Floats, Floats]:
    """Return mean and variance of total infectiousness by age, each shape (18,)."""
    share, total = course_shares(table), table.infectiousness.sum(axis=1)
    mean = share @ total
    return mean, share @ total**2 - mean**2


def predicted(
    beta: float, table: CourseTable, susceptible: Ints, seeds: Ints
) -> tuple[Floats, Floats]:
    """Return expected infections by age, those brought in not counted, and their covariance.

    Parameters
    ----------
    beta
        Infections one fully susceptible crowd suffers per unit of infectiousness.
    table
        The disease.
    susceptible, seeds
        Residents at the start by age band, each shape (18,).
    """
    relative = table.susceptibility / table.susceptibility.max()
    mean, variance = of_infected(table)
    per_person = beta / (susceptible.sum() + seeds.sum() - 1)

    def pressure(level: float) -> float:
        infected = susceptible * -np.expm1(-relative * level)
        return float(per_person * mean @ (infected + seeds))

    level = brentq(lambda x: pressure(x) - x, 1e-3, 10 * beta, xtol=1e-14)
    infected = susceptible * -np.expm1(-relative * level)
    # Z_a = n_a F_a(L) + e_a, L = c (sum_a w_a (Z_a + m_a) + u): solve for the deviations.
    slope = susceptible * relative * np.exp(-relative * level)
    feedback = per_person * mean @ slope
    assert feedback < 1
    by_noise = np.outer(slope, per_person * mean) / (1 - feedback) + np.eye(18)
    by_infectiousness = slope * per_person / (1 - feedback)
    escape = np.exp(-relative * level)
    noise = susceptible * escape * (1 - escape)
    covariance = by_noise @ np.diag(noise) @ by_noise.T
    covariance += np.outer(by_infectiousness, by_infectiousness) * (variance @ (infected + seeds))
    return infected, covariance


def ever_infected(
    people: Population, table: CourseTable, beta: float, run: int
) -> tuple[Ints, Ints]:
    """Return those brought in and those infected later, by age, of one run until its end."""
    by_age = [np.zeros(18, np.int64), np.zeros(18, np.int64)]

    def count(day, new):
        by_age[int(day > 0)] += new.count.age

    run_out(Trials(people, community_settings(table, beta)).begin(run, SEEDS, count))
    return by_age[0], by_age[1]


ONE_COURSE = without_heterogeneity(lasting(courses("omicron-ba2")), [0.1, 0.4, 0.3, 0.2])
TABLES = {"individual infectiousness": lasting(courses("omicron-ba2")), "one course": ONE_COURSE}


@pytest.mark.parametrize("r0", [1.5, 2.5, 6.0])
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_final_size_of_equal_persons(people: Population, table: CourseTable, r0: float):
    residents = residents_by_age(people)
    squared = 0.0
    for run in range(RUNS):
        seeds, infected = ever_infected(people, table, r0, run)
        assert seeds.sum() == SEEDS
        expected, covariance = predicted(r0, table, residents - seeds, seeds)
        z = (infected.sum() - expected.sum()) / np.sqrt(covariance.sum())
        print(f"R0 {r0}: {infected.sum()} of {expected.sum():.0f}, z {z:+.2f}")
        middle, wide = expected.sum() / PERSONS, BAND * np.sqrt(covariance.sum()) / PERSONS
        measured(f"final size, R0 {r0}", infected.sum() / PERSONS, middle - wide, middle + wide)
        squared += z**2
    assert squared < chi2.isf(FALSE_ALARM, RUNS)


def test_the_equation_is_the_textbook_one():
    """With few brought in: tau = 1 - exp(-R0 tau), and the variance of von Bahr and Martin-Löf."""
    n, r0 = 10**9 * np.bincount([3], minlength=18), 2.0
    table = TABLES["individual infectiousness"]
    infected, covariance = predicted(r0, table, n, np.bincount([3], minlength=18))
    tau = infected.sum() / n.sum()
    assert tau == pytest.approx(0.796812130, abs=1e-8)
    mean, variance = (float(x[3]) for x in of_infected(table))
    textbook = tau * (1 - tau) * (1 + variance / mean**2 * (1 - tau) * r0**2)
    textbook /= (1 - (1 - tau) * r0) ** 2
    assert covariance.sum() / n.sum() == pytest.approx(textbook, rel=1e-6)


@pytest.mark.parametrize("name", ["children half", "wild-type"])
def test_final_size_by_age(people: Population, name: str):
    """Children are half as susceptible; then susceptibility and infectiousness both differ."""
    half = np.where(np.arange(18) < 4, 0.5, 1.0)
    wild = courses("wild-type")
    tables = {
        "children half": lasting(courses("omicron-ba2"), half),
        "wild-type": lasting(wild, wild.susceptibility),
    }
    table, residents = tables[name], residents_by_age(people)
    squared = 0.0
    for run in range(RUNS):
        seeds, infected = ever_infected(people, table, 3.0, run)
        expected, covariance = predicted(3.0, table, residents - seeds, seeds)
        apart = infected - expected
        squared += float(apart @ np.linalg.solve(covariance, apart))
        print(np.round(infected / residents, 3), np.round(expected / residents, 3), squared)
        assert abs(apart.sum()) < BAND * np.sqrt(covariance.sum())
    measured(
        f"final size by age, {name}, chi-square", squared, None, chi2.isf(FALSE_ALARM, 18 * RUNS)
    )
    attack = expected / residents
    assert attack[0] < attack[8]
    assert squared < chi2.isf(FALSE_ALARM, 18 * RUNS)
