"""Exponential growth by Euler-Lotka, and the generation interval, from the table alone.

The growth rate r is the root of ``sum_a R g_a exp(-r a) = 1`` (Wallinga and Lipsitch 2007,
doi 10.1098/rspb.2006.3754). Runs start with imported infections in a crowd so large that nearly
everybody is still susceptible at the end, and the rate is read off after the ages of infection
have settled; those used up lower it by less than a tenth of the band. False-alarm rate 1e-6 each.
"""

from __future__ import annotations

import numpy as np
import pytest
from epidemics import (
    FALSE_ALARM,
    Floats,
    Trials,
    community_settings,
    course_shares,
    courses_of,
    crowd,
    keep_only,
    lasting,
)
from evidence import measured
from scipy.stats import chi2, t

from lazaretto.disease import courses
from lazaretto.people import Population

PERSONS = 32_000_000
TABLES = {name: lasting(courses(name)) for name in ("omicron-ba2", "delta")}


@pytest.fixture(scope="module")
def people() -> Population:
    return crowd(PERSONS, np.full(18, 1 / 18))


def renewal(r0: float, interval: Floats, days: int) -> Floats:
    """Return the expected infections of each day that follow from one on day 0."""
    expected = np.zeros(days)
    expected[0] = 1.0
    for day in range(1, days):
        longest = min(day, interval.size - 1)
        expected[day] = r0 * interval[1 : longest + 1] @ expected[day - longest : day][::-1]
    return expected


@pytest.mark.parametrize(
    ("name", "r0", "imported", "settled", "end", "first_seed"),
    [
        ("omicron-ba2", 1.5, 200, 18, 34, 100),
        ("omicron-ba2", 3.0, 25, 12, 19, 200),
        ("delta", 2.0, 80, 18, 30, 300),
    ],
)
def test_growth_rate(
    people: Population, name: str, r0: float, imported: int, settled: int, end: int, first_seed: int
):
    """Compare infections of the days before the end with as many days before those."""
    table, runs = TABLES[name], 30
    mean = float(course_shares(table).mean(axis=0) @ table.infectiousness.sum(axis=1))
    trials = Trials(people, community_settings(table, r0 / mean, n_days=end))
    early, late = np.empty(runs), np.empty(runs)
    half = (end - settled) // 2
    for run in range(runs):
        daily = trials.begin(first_seed + run, imported, None).run().infections.sum(axis=(1, 2))
        assert daily.sum() < PERSONS / 300
        early[run] = daily[settled : settled + half].sum()
        late[run] = daily[settled + half : settled + 2 * half].sum()
    rate = np.log(late.sum() / early.sum()) / half
    # Standard error of a ratio of sums over independent runs.
    apart = late / late.sum() - early / early.sum()
    error = np.sqrt(runs / (runs - 1) * (apart**2).sum()) / half
    share = float(table.symptomatic_share.mean())
    expected = renewal(r0, table.generation_interval(share), end)
    by_renewal = np.log(expected[settled + half : settled + 2 * half].sum()
                        / expected[settled : settled + half].sum()) / half  # fmt: skip
    euler_lotka = table.growth_rate(r0)
    band = t.isf(FALSE_ALARM / 2, runs - 1) * error
    print(f"{name} R0 {r0}: r {rate:.5f} +- {error:.5f}, Euler-Lotka {euler_lotka:.5f}, "
          f"renewal {by_renewal:.5f}, band {band:.5f}")  # fmt: skip
    measured(f"growth rate, {name}, R0 {r0}", rate, euler_lotka - band, euler_lotka + band)
    assert abs(by_renewal - euler_lotka) < 0.002 * euler_lotka  # the ages have settled
    assert band < 0.06 * euler_lotka  # the test is sharp
    assert abs(rate - euler_lotka) < band


@pytest.mark.parametrize("name", TABLES)
def test_generation_interval(people: Population, name: str):
    """Days from infection to the infections caused, of imported cases who alone transmit.

    One case's infections share its course, so the band is that of sums over cases: of the
    numbers caused on each day less what the table says of the case's whole number.
    """
    table, imported = TABLES[name], 40_000
    mean = float(course_shares(table).mean(axis=0) @ table.infectiousness.sum(axis=1))
    caused = np.zeros((imported, table.n_days))
    who: list[np.ndarray] = []

    def count(day, new):
        if day == 0:
            who.append(new.person)
        else:
            np.add.at(caused, (np.searchsorted(who[0], new.source), day), 1)

    trials = Trials(people, community_settings(table, 3.0 / mean, n_days=table.n_days))
    simulation = trials.begin(5, imported, count)
    while simulation.day < simulation.settings.n_days:
        simulation.advance()
        keep_only(simulation, lambda cohort: np.full(cohort.size, cohort.day == 0))
    interval = table.generation_interval(float(table.symptomatic_share.mean()))
    seen = caused.sum(axis=0) / caused.sum()
    assert (caused[:, interval == 0] == 0).all()
    some = np.nonzero(interval * caused.sum() >= 20)[0][1:]  # all but one: they sum to nothing
    apart = caused[:, some] - interval[some] * caused.sum(axis=1, keepdims=True)
    total = apart.sum(axis=0)
    squared = float(total @ np.linalg.solve(np.cov(apart.T) * imported, total))
    limit = chi2.isf(FALSE_ALARM, some.size)
    days = np.arange(table.n_days)
    print(f"{name}: mean interval {seen @ days:.4f}, table {interval @ days:.4f}; "
          f"chi-square {squared:.1f} < {limit:.1f} ({some.size} days)")  # fmt: skip
    measured(f"generation interval, {name}, chi-square", squared, None, limit)
    assert squared < limit


def test_infections_by_course_are_as_the_table_says(people: Population):
    """Each course causes Poisson numbers with its own mean, and is drawn as often as it should."""
    table, imported = TABLES["omicron-ba2"], 40_000
    caused = np.zeros(imported)
    who: list[np.ndarray] = []
    course: list[np.ndarray] = []

    def count(day, new):
        if day == 0:
            who.append(new.person)
            course.append(courses_of(new.record))
        else:
            np.add.at(caused, np.searchsorted(who[0], new.source), 1)

    trials = Trials(people, community_settings(table, 2.0, n_days=table.n_days))
    simulation = trials.begin(6, imported, count)
    while simulation.day < simulation.settings.n_days:
        simulation.advance()
        keep_only(simulation, lambda cohort: np.full(cohort.size, cohort.day == 0))
    total = 2.0 * table.infectiousness.sum(axis=1)
    n = np.bincount(course[0], minlength=total.size)
    sums = np.bincount(course[0], caused, total.size)
    many = n * total > 50
    z = (sums[many] - (n * total)[many]) / np.sqrt((n * total)[many])
    assert (z**2).sum() < chi2.isf(FALSE_ALARM, many.sum())
    expected = imported * course_shares(table).mean(axis=0)
    often = expected > 10
    assert (((n - expected)[often] ** 2 / expected[often]).sum()
            < chi2.isf(FALSE_ALARM, often.sum() - 1))  # fmt: skip
