"""Perfect sealing: nobody meets anybody outside the household, so infection ends within it.

Under the tier sealed with a confinement table of zeros, every infection has its source in the own
household, and how many members it reaches follows the chain binomial of Reed and Frost (Bailey
1975; see `test_household_final_size`), whatever the contacts of other layers would have been.
False-alarm rate 1e-6 each.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from epidemics import (
    Ints,
    chi_square,
    community_settings,
    lasting,
    one_layer,
    without_heterogeneity,
)
from evidence import measured
from test_household_final_size import reed_frost
from towns import CONTACTS, FREE, START, small_town

from lazaretto.disease import courses
from lazaretto.engine.city import FIRST_OF_HOUSEHOLD
from lazaretto.engine.rates import household_rates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.engine.simulation import Simulation
from lazaretto.measures import Isolation, Lockdown, Screening
from lazaretto.people import Population
from lazaretto.words import COMMUNITY, HOUSEHOLD, LAYERS, SEALED

TABLE = without_heterogeneity(lasting(courses("omicron-ba2")), [0.1, 0.4, 0.3, 0.2])
PERSONS, BETA = 400_000, 0.35

PERFECT = FREE.copy()
PERFECT[SEALED] = 0.0
PERFECT[SEALED, :, HOUSEHOLD] = 1.0
"""In the tier sealed nobody, essential worker or not, has contacts outside the household."""

OUTSIDE = [layer for layer in range(len(LAYERS)) if layer != HOUSEHOLD]


@pytest.fixture(scope="module")
def people() -> Population:
    return small_town(PERSONS, 3)


def sealed_from(day: int, seeds: int, n_days: int, seed: int, *others) -> Settings:
    """Return settings with contacts in every layer and a seal from one day on."""
    lockdown = Lockdown.model_validate({"tier": "sealed", "from": START + timedelta(days=day)})
    return replace(
        community_settings(TABLE, BETA, n_days=n_days),
        contacts=CONTACTS,
        seed=seed,
        confinement=PERFECT,
        arrivals=(Arrival(0, 0, PERSONS, seeds),),
        measures=(lockdown, *others),
    )


def households(people: Population) -> Ints:
    """Return the household of each person, shape (n_persons,)."""
    return np.cumsum((people.attributes & FIRST_OF_HOUSEHOLD) != 0) - 1


def test_sizes_in_sealed_households_are_those_of_reed_and_frost(people: Population):
    household = households(people)
    size = np.bincount(household)
    brought, later = np.zeros(size.size, np.int64), np.zeros(size.size, np.int64)

    def count(day, new):
        np.add.at(brought if day == 0 else later, household[new.person], 1)

    settings = sealed_from(0, 60_000, 40, 21)
    with Simulation(people, settings, 2, count) as simulation:
        tally = simulation.run()
    assert tally.infections[:, :, OUTSIDE].sum() == 0
    assert tally.infections[30:].sum() == 0
    assert later[brought == 0].sum() == 0
    rate = household_rates(CONTACTS)
    for n in range(2, 6):
        pair = BETA * rate[n] / (n - 1)
        for seeds in range(1, min(n, 3)):
            of_these = (size == n) & (brought == seeds)
            chance = reed_frost(n - seeds, seeds, np.exp(-pair))
            seen = np.bincount(later[of_these], minlength=chance.size)
            value, limit = chi_square(seen, seen.sum() * chance)
            print(f"{n} persons, {seeds} brought in: {seen.sum()} households, "
                  f"{value:.1f} < {limit:.1f}")  # fmt: skip
            measured(f"sealed households of {n}, chi-square", value, None, limit)
            assert value < limit
            assert seen.sum() > 200
            assert chance.max() < 0.95


def test_after_the_seal_every_source_is_in_the_own_household(people: Population):
    """With cases isolated at home and found by rounds as well: neither opens a way out."""
    household, since = households(people), 12
    before, after = [], []

    def pairs(day, new):
        (before if day < since else after).append(np.stack([new.source, new.person]))

    isolated = Isolation(least_days=3, longest_days=5, negatives=1)
    rounds = Screening(participation=0.9, interval_days=2)
    settings = sealed_from(since, 500, 50, 22, rounds, isolated)
    with Simulation(people, settings, 2, pairs) as simulation:
        tally = simulation.run()
    source, target = np.concatenate(before, axis=1)
    assert (household[source[source >= 0]] != household[target[source >= 0]]).mean() > 0.3
    source, target = np.concatenate(after, axis=1)
    print(f"{source.size} infections after the seal")
    assert source.size > 1_000
    assert (source >= 0).all()
    assert np.array_equal(household[source], household[target])
    assert tally.infections[since:, :, OUTSIDE].sum() == 0
    assert tally.infections[40:].sum() == 0
    assert tally.released.sum() > 0


def test_a_seal_without_household_contacts_stops_everything(people: Population):
    settings = replace(sealed_from(8, 500, 40, 23), contacts=one_layer(COMMUNITY, 10.0))
    with Simulation(people, settings, 2) as simulation:
        daily = simulation.run().infections.sum(axis=(1, 2))
    assert daily[7] > 100
    assert daily[8:].sum() == 0
