"""B6: containment of a sealed city iff R* = R_G mu_T < 1 (Ball et al. 1997).

Everybody is an adult and sealed, nobody meets anybody outside the household but by leaking, and
all leak with one chance l on every day. Then an infective causes, in the community and whatever
happens at home,

    R_G(l) = R_G(1) l [theta + (1 - theta) l]

infections (behaviour notes 2.2, equation 12, with eps 0), and a household in which one member,
drawn at random from all residents, is infected from outside ends with mu_T infected members
(Ball's triangular equations, see `test_household_final_size`). R* is the mean number of
households infected by one household (Ball, Mollison and Scalia-Tomba 1997, doi
10.1214/aoap/1034625252); l* solves R*(l*) = 1.

Runs are large against their outbreaks, so that hardly anybody is met who is infected already.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from epidemics import FALSE_ALARM, Floats, community_settings, keep_only, lasting, mixed_town
from evidence import measured
from scipy.optimize import brentq
from scipy.stats import t
from test_confined_contacts import in_steps, leaking, many_runs
from test_household_final_size import ball

from lazaretto.disease import courses
from lazaretto.engine.city import FIRST_OF_HOUSEHOLD
from lazaretto.engine.cohort import Cohort
from lazaretto.engine.rates import ContactRates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.spread import Infected
from lazaretto.measures import Lockdown
from lazaretto.people import Population
from lazaretto.people.population import BAND_MASK
from lazaretto.words import COMMUNITY, HOUSEHOLD, LAYERS, SEALED, SEED

PERSONS, SEEDS = 250_000, 50
ADULT = 7
"""Age band of everybody: 35 to 39 years."""

BETA, AT_HOME, OUTSIDE, ALPHA = 0.6, 0.9, 8.0, 0.8
"""Infections per contact of a whole course, contacts a day at home and outside, exponent."""

THETA = 0.1
"""Share of contacts in the community that are visits."""

TABLE = lasting(courses("omicron-ba2"))

SHUT = np.zeros((4, 2, len(LAYERS)))
SHUT[:SEALED] = 1.0
SHUT[SEALED, :, HOUSEHOLD] = 1.0
"""A tier sealed that leaves nothing outside the household to those who keep to it."""


@pytest.fixture(scope="module")
def people() -> Population:
    """Return a town of adults, in which a contact in the community can fall on every resident."""
    born = mixed_town(PERSONS)
    kept = born.attributes & np.uint8(~BAND_MASK & 0xFF)
    return replace(born, attributes=kept | np.uint8(ADULT))


def households(people: Population) -> np.ndarray:
    """Return the household of each person, shape (n_persons,)."""
    return np.cumsum((people.attributes & FIRST_OF_HOUSEHOLD) != 0) - 1


def infected_of_a_household(people: Population) -> float:
    """Return mu_T, the mean number infected in the household of a person infected outside."""
    size = np.bincount(households(people))
    persons = np.bincount(size, size)
    mean = np.zeros(persons.size)
    for n in np.flatnonzero(persons):
        if n == 1:
            mean[n] = 1.0
            continue
        pair = BETA * AT_HOME * (n - 1.0) ** -ALPHA
        chance = ball(int(n) - 1, 1, pair, TABLE)
        assert chance.sum() == pytest.approx(1, abs=1e-6)
        assert (chance > -1e-9).all()
        mean[n] = 1 + chance @ np.arange(n)
    return float(mean @ persons / persons.sum())


def caused_outside(leakage: float) -> float:
    """Return R_G, the mean infections in the community caused by an infective."""
    whole = float(TABLE.probability[1] @ TABLE.infectiousness.sum(axis=1))
    return BETA * OUTSIDE * whole * leakage * (THETA + (1 - THETA) * leakage)


@pytest.fixture(scope="module")
def threshold(people: Population) -> float:
    """Return l*, the leakage at which R* is 1."""
    mean = infected_of_a_household(people)
    return float(brentq(lambda leakage: caused_outside(leakage) * mean - 1, 1e-6, 1, xtol=1e-12))


def settings_of(leakage: float, seed: int, arrivals: int, n_days: int) -> Settings:
    """Return a run of the sealed town of adults."""
    per_day = np.zeros(len(LAYERS))
    per_day[HOUSEHOLD], per_day[COMMUNITY] = AT_HOME, OUTSIDE
    return replace(
        community_settings(TABLE, BETA, n_days=n_days),
        contacts=ContactRates(per_day, np.ones(len(LAYERS)), ALPHA, 0.0),
        seed=seed,
        confinement=SHUT,
        arrivals=(Arrival(0, 0, PERSONS, arrivals),),
        measures=(Lockdown.model_validate({"tier": "sealed"}),),
        behaviour=leaking(leakage, visits_elsewhere=THETA),
    )


def households_infected(people: Population, leakage: float, seed: int, arrivals: int) -> float:
    """Return the mean number of infections outside caused by the households of arrivals.

    Whoever is infected outside goes on no further, nor does whoever else is of that household.
    """
    outside, apart = 0, np.zeros(people.n_persons, np.bool_)

    def count(day: int, new: Infected) -> None:
        nonlocal outside
        out = new.layer == COMMUNITY
        outside += int(out.sum())
        apart[new.person[out]] = True
        assert np.isin(new.layer, (HOUSEHOLD, COMMUNITY, SEED)).all()

    def goes_on(cohort: Cohort) -> np.ndarray:
        return ~apart[cohort.person]

    run = settings_of(leakage, seed, arrivals, 90)
    with Simulation(people, run, 1, count) as simulation:
        while simulation.day == 0 or simulation.cohorts:
            simulation.advance()
            keep_only(simulation, goes_on)
    return outside / arrivals


SCAN = {0.7: 15, 0.95: 50, 1.0: 50, 1.05: 50, 1.4: 15}
"""Leakage relative to l*, and the number of seeds."""

ARRIVALS = 500


@pytest.fixture(scope="module")
def scanned(people: Population, threshold: float) -> dict[float, Floats]:
    """Return R* of each run by leakage, shape (n_seeds,); the same seeds at every leakage."""
    found = {}
    with many_runs(leaking(threshold)):
        for relative, seeds in SCAN.items():
            leakage = in_steps(relative * threshold)
            runs = [households_infected(people, leakage, seed, ARRIVALS) for seed in range(seeds)]
            found[leakage] = np.array(runs)
    return found


@pytest.mark.slow
def test_r_star_is_infections_outside_times_household(people, scanned):
    """At every leakage, false-alarm rate 1e-6."""
    mean = infected_of_a_household(people)
    for leakage, runs in scanned.items():
        error = runs.std(ddof=1) / np.sqrt(runs.size)
        expected = caused_outside(leakage) * mean
        band = t.isf(FALSE_ALARM / 2, runs.size - 1) * error
        print(f"l {leakage:.4f}: R* {runs.mean():.4f} +- {error:.4f}, R_G mu_T {expected:.4f}")
        measured(f"R*, leakage {leakage:.4f}", runs.mean(), expected - band, expected + band)
        assert error < 0.03 * expected
        assert abs(runs.mean() - expected) <= band


@pytest.mark.slow
def test_b6_the_threshold_is_the_analytic_one(scanned, threshold):
    """R* crosses 1 within 5 % of l*."""
    leakage = np.array(list(scanned))
    mean = np.array([runs.mean() for runs in scanned.values()])
    crossing = float(np.interp(1.0, mean, leakage))
    print(f"l* {threshold:.4f}; R* crosses 1 at {crossing:.4f}, {crossing / threshold - 1:+.2%}")
    measured("B6: leakage at which R* is one", crossing, 0.95 * threshold, 1.05 * threshold)
    assert (np.diff(mean) > 0).all()
    assert abs(crossing / threshold - 1) < 0.05
    assert mean[1] < 1 < mean[3]


def test_b6_outbreaks_end_below_the_threshold(people, threshold):
    """At 0.7 l* each of 50 runs with 40 arrivals is over within 100 days, and small."""
    leakage, days, arrivals = in_steps(0.7 * threshold), 100, 40
    mean = infected_of_a_household(people)
    expected = arrivals * mean / (1 - caused_outside(leakage) * mean)
    infected = np.zeros(SEEDS)
    with many_runs(leaking(leakage)):
        for seed in range(SEEDS):
            run = settings_of(leakage, 1_000 + seed, arrivals, days)
            with Simulation(people, run, 1) as simulation:
                while simulation.day == 0 or simulation.cohorts:
                    assert simulation.day < days, "the outbreak is not over"
                    simulation.advance()
                infected[seed] = simulation.infections
    error = infected.std(ddof=1) / np.sqrt(SEEDS)
    print(f"infected {infected.mean():.1f} +- {error:.1f}, branching process {expected:.1f}")
    assert abs(infected.mean() - expected) <= t.isf(FALSE_ALARM / 2, SEEDS - 1) * error


def test_b6_outbreaks_grow_above_the_threshold(people, threshold):
    """At 1.4 l* none of 50 runs with 40 arrivals is over after 24 days, and all grow."""
    leakage, days = in_steps(1.4 * threshold), 24
    growth = np.zeros(SEEDS)
    with many_runs(leaking(leakage)):
        for seed in range(SEEDS):
            run = settings_of(leakage, 2_000 + seed, 40, days)
            with Simulation(people, run, 1) as simulation:
                daily = simulation.run().infections.sum(axis=(1, 2))
            assert daily.sum() < PERSONS / 10
            growth[seed] = daily[-8:].sum() / daily[-16:-8].sum()
    print(f"infections of eight days over those of the eight before: {growth.min():.2f} or more")
    assert growth.min() > 1
