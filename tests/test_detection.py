"""Who is found when everybody is sampled again and again, and who is taken by mistake.

An infected person whose compound is sampled every k days is found on the first positive sample.
With s_a the sensitivity a days after infection, the chance to be found then is ``s_a`` times the
product of ``1 - s_b`` over the samples b before; with spread rounds the day of the first sample
is that of the compound. Who stays away once stays away always. Nobody transmits here, so nothing
else happens. Those wrongly found are binomial in each round. False-alarm rate 1e-6 each.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from epidemics import (
    FALSE_ALARM,
    Floats,
    Ints,
    Ordered,
    chi_square,
    community_settings,
    crowd,
    doubt,
    found_on,
    lasting,
)
from scipy.stats import chi2
from towns import settings_for, small_town

from lazaretto.chance import Purpose, draws_of, low31, stream_key, threshold
from lazaretto.disease import courses, false_positive, pooled
from lazaretto.engine.isolation import FALSE_POSITIVE
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.simulation import Simulation
from lazaretto.measures import Isolation, Measure, Screening, SymptomaticTesting, rules
from lazaretto.people import Population
from lazaretto.words import SAMPLED_FOR

TABLE = lasting(courses("omicron-ba2"))
PERSONS = 3 * 1024 * 100
INFECTED = 20_000


@pytest.fixture(scope="module")
def people() -> Population:
    return crowd(PERSONS, np.full(18, 1 / 18), n_districts=3)


def quiet(people: Population, *measures: Measure, n_days: int, infected: int = INFECTED,
          seed: int = 0, on_infections=None) -> Simulation:  # fmt: skip
    """Return a city in which persons are infected on day 0 and infect nobody."""
    settings = replace(
        community_settings(TABLE, 0.0, n_days=n_days),
        seed=seed,
        arrivals=(Arrival(0, 0, people.n_persons, infected),),
        measures=measures,
    )
    return Simulation(people, settings, threads=2, on_infections=on_infections)


def followed(people: Population, *measures: Measure, n_days: int, seed: int) -> tuple[Ints, Ints]:
    """Return who is infected, and on which day each of them is found, -1 if never."""
    who: list[np.ndarray] = []
    simulation = quiet(people, *measures, n_days=n_days, seed=seed,
                       on_infections=lambda day, new: who.append(new.person))  # fmt: skip
    with simulation:
        simulation.advance()
        person = np.sort(np.concatenate(who))
        found = found_on(simulation, person)
    assert person.size == INFECTED
    return person, found


def first_found(sensitivity: Floats, first: int, interval: int) -> Floats:
    """Return the chance to be found on each sample since infection, and never; sums to 1."""
    each = sensitivity[first::interval]
    missed = np.cumprod(np.append(1.0, 1 - each))
    return np.append(each * missed[:-1], missed[-1])


def traits(person: Ints, seed: int, participation: float) -> np.ndarray:
    """Return who ever comes to a round, shape (n,)."""
    bits = draws_of(stream_key(seed, Purpose.PARTICIPATION), person, 0)
    return low31.py_func(bits) < threshold(participation)


@pytest.mark.parametrize(
    ("interval", "pool", "test", "turnaround"),
    [(1, 1, "pcr", 1), (3, 10, "pcr", 1), (7, 1, "antigen", 0), (10, 20, "pcr", 3)],
)
def test_days_to_detection(
    people: Population, interval: int, pool: int, test: str, turnaround: int
):
    screening = Screening(
        participation=0.9, interval_days=interval, pool=pool, test=test,
        turnaround_days=turnaround, review_days=0,
    )  # fmt: skip
    sensitivity = pooled(TABLE.pcr if test == "pcr" else TABLE.antigen, pool, test == "antigen")
    n_days, seed = sensitivity.size + turnaround, 10 + interval
    person, found = followed(people, screening, n_days=n_days, seed=seed)
    compound = np.searchsorted(people.compound_start, person, side="right") - 1
    comes = traits(person, seed, 0.9)
    assert doubt(comes.sum(), INFECTED, 0.9) > FALSE_ALARM
    assert (found[~comes] == -1).all()
    for first in range(interval):
        mine = comes & (compound % interval == first)
        chance = first_found(sensitivity, first, interval)
        number = (found[mine] - turnaround - first) // interval
        on_its_day = (found[mine] - turnaround - first) % interval == 0
        assert (on_its_day | (found[mine] == -1)).all()
        seen = np.bincount(
            np.where(found[mine] < 0, chance.size - 1, number), minlength=chance.size
        )
        value, limit = chi_square(seen, mine.sum() * chance)
        print(f"every {interval} days from day {first}: {mine.sum()} persons, {seen[-1]} never "
              f"found of {chance[-1] * mine.sum():.0f}; {value:.1f} < {limit:.1f}")  # fmt: skip
        assert value < limit


@pytest.mark.parametrize("interval", [1, 4, 9])
def test_a_sure_test_finds_on_the_day_of_the_round(people: Population, interval: int):
    """Spread rounds reach every compound once in the interval: the delay is the day of its turn."""
    sure = rules.Test(positive=np.ones(TABLE.pcr.size), turnaround=2)

    def order(places, orders):
        compounds = np.arange(places.compound_persons.size)
        due = compounds % interval == next(days) % interval
        orders.screen(rules.RoundRule(due, 1.0, sure))

    days = iter(range(interval + 2))
    person, found = followed(people, Ordered(orders=order), n_days=interval + 2, seed=3)
    compound = np.searchsorted(people.compound_start, person, side="right") - 1
    assert (found == compound % interval + 2).all()


def test_samples_add_up_to_those_who_come(people: Population):
    simulation = quiet(people, Screening(participation=0.75, interval_days=5), n_days=10)
    with simulation:
        samples = simulation.run().samples
    screening = SAMPLED_FOR.index("screening")
    assert samples[:, :, screening].sum() == pytest.approx(2 * 0.75 * PERSONS, abs=15)
    assert np.delete(samples, screening, axis=2).sum() == 0


@pytest.mark.parametrize(
    ("pool", "test", "specificity"),
    [(1, "pcr", 0.9993), (10, "pcr", 0.9), (1, "antigen", 0.0)],
)
def test_false_positives_of_each_round_are_binomial(
    people: Population, pool: int, test: str, specificity: float
):
    """Mean, variance and distribution by round and district, nobody being infected."""
    screening = Screening(participation=0.8, pool=pool, test=test, specificity=specificity)
    chance = false_positive(pool, test == "antigen", specificity)
    days, wait = 60, 1 + int(pool > 1 or test == "antigen")
    with quiet(
        people, screening, n_days=days + wait, infected=0, seed=40 + pool + wait
    ) as simulation:
        tally = simulation.run()
    wrong = tally.false_positives[wait:]
    each = round(0.8 * PERSONS / 3)
    assert tally.false_positives[:wait].sum() == 0
    assert np.array_equal(tally.samples[:days, :, [1, 2]].sum(axis=2), np.full((days, 3), each))
    mean, cells = each * chance, wrong.size
    spread = float(((wrong - mean) ** 2).sum() / (mean * (1 - chance)))
    low, high = chi2.ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2], cells)
    print(f"{test}, {pool} in a tube: mean {wrong.mean():.2f} of {mean:.2f}, "
          f"spread {low:.0f} < {spread:.0f} < {high:.0f}")  # fmt: skip
    assert mean > 15
    assert doubt(wrong.sum(), each * cells, chance) > FALSE_ALARM
    assert low < spread < high


def test_nobody_is_wrongly_positive_twice_in_a_round(people: Population):
    """A test no better than a coin takes half of everybody, each once."""
    coin = rules.Test(np.full(TABLE.pcr.size, 0.5), false_positive=0.5, turnaround=0)
    days = iter(range(2))

    def order(places, orders):
        everywhere = np.ones(len(places.districts), np.bool_)
        orders.isolate(everywhere, rules.HoldRule(coin, least_days=9))
        if next(days) == 0:
            everyone = np.ones(places.compound_persons.size, np.bool_)
            orders.screen(rules.RoundRule(everyone, 1.0, coin))

    with quiet(people, Ordered(orders=order), n_days=2, infected=0, seed=8) as simulation:
        simulation.advance()
        table = simulation.containment.isolated
        assert (np.diff(table.person) > 0).all()
        assert (table.reason == FALSE_POSITIVE).all()
        wrong = simulation.tally.false_positives[0]
        by_district = np.bincount(table.district, minlength=3)
    assert np.array_equal(by_district, wrong)
    assert min(doubt(n, PERSONS // 3, 0.5) for n in wrong) > FALSE_ALARM / 3
    assert wrong.sum() == table.size


def test_those_with_another_illness_are_binomial_too(people: Population):
    """They come at random each day; a share of those tested is wrongly positive."""
    testing = SymptomaticTesting(share=0.0, delay_days=1, background=0.02, specificity=0.98)
    days = 30
    with quiet(people, testing, n_days=days + 1, infected=0, seed=6) as simulation:
        tally = simulation.run()
    came = tally.samples[:, :, SAMPLED_FOR.index("symptoms")]
    n, cells = PERSONS // 3, came.size
    spread = float(((came - 0.02 * n) ** 2).sum() / (0.02 * n * 0.98))
    low, high = chi2.ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2], cells)
    assert doubt(came.sum(), n * cells, 0.02) > FALSE_ALARM
    assert low < spread < high
    assert doubt(tally.false_positives.sum(), came[:days].sum(), 0.02) > FALSE_ALARM


def test_a_specific_test_takes_nobody_by_mistake(people: Population):
    measures = (
        Screening(participation=0.9, specificity=1.0),
        SymptomaticTesting(share=0.5, delay_days=1, background=0.05, specificity=1.0),
    )
    with quiet(people, *measures, n_days=20) as simulation:
        tally = simulation.run()
    assert tally.found.sum() > 0.8 * INFECTED
    assert tally.false_positives.sum() == 0
    assert tally.results.sum() == tally.found.sum()


def test_every_result_is_a_case_or_a_mistake_and_mistakes_are_not_infected():
    people = small_town(20_000, 3)
    measures = (
        SymptomaticTesting(share=0.5, delay_days=1, background=0.01, specificity=0.99),
        Screening(participation=0.9, interval_days=2, specificity=0.995),
        Isolation(least_days=5),
    )
    settings = settings_for(people, r0=3.0, n_days=50, measures=measures, table=TABLE)
    wait = 1  # from sample to result
    taken = 0
    with Simulation(people, settings, threads=2) as simulation:
        while simulation.day < settings.n_days:
            simulation.advance()
            table, day = simulation.containment.isolated, simulation.day - 1
            mistaken = table.person[(table.reason == FALSE_POSITIVE) & (table.since == day)]
            infected = simulation.state.infected_on[mistaken].astype(np.int64)
            over = day - wait - infected >= TABLE.pcr.size  # nothing left to find
            assert ((infected < 0) | (infected > day - wait) | over).all()
            taken += mistaken.size
    tally = simulation.tally
    found, wrong = tally.found.sum(axis=(1, 2)), tally.false_positives.sum(axis=1)
    assert found.sum() > 1_000
    assert taken > 1_000
    assert np.array_equal(tally.results, found + wrong)
    assert np.array_equal(tally.reports[:, :, :2].sum(axis=(1, 2)), tally.results)
    assert tally.cases_by_subdistrict.sum() == tally.results.sum()
    assert tally.found.sum() <= tally.infections.sum()
    assert np.array_equal(tally.isolated[:, :, FALSE_POSITIVE].sum(axis=1), wrong)
    assert tally.isolated[:, :, 0].sum() >= found.sum()
