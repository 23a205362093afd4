"""The frontier of containment beside its closed forms, by equations and in the engine.

False-alarm rate 1e-6 each where chance decides; seeds are fixed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from epidemics import FALSE_ALARM, doubt, lasting, mixed_town
from evidence import measured
from test_extinction import AGE_SHARE, dies_out
from test_household_final_size import ball
from test_household_threshold import ADULT
from test_isolation_threshold import theta_of
from towns import CONTACTS, settings_for, small_town

from lazaretto.disease import courses
from lazaretto.engine.city import city_of
from lazaretto.engine.rates import ContactRates
from lazaretto.engine.transmissibility import meeting
from lazaretto.people.population import BAND_MASK
from lazaretto.studies.frontier import runs as frontier_runs
from lazaretto.studies.frontier.answer import homes, line_of
from lazaretto.studies.frontier.boundary import fitted
from lazaretto.studies.frontier.runs import Point, Town, made
from lazaretto.studies.frontier.threshold import (
    Households,
    households,
    largest_left,
    outbreak,
    theta,
    typical,
)
from lazaretto.words import COMMUNITY, HOUSEHOLD, LAYERS

TABLE = lasting(courses("omicron-ba2"))
SHARE, WEIGHT = TABLE.probability[1], TABLE.infectiousness.sum(axis=1)


# -- closed forms ------------------------------------------------------------------------------


@pytest.mark.parametrize("susceptible", [0, 1, 2, 4, 6])
def test_household_outbreaks_are_those_of_balls_equations(susceptible: int):
    found = outbreak(susceptible, 0.5, SHARE, WEIGHT, np.zeros(1))[:, 0]
    assert found == pytest.approx(ball(susceptible, 1, 0.5, TABLE), abs=1e-9)


def test_infections_outside_agree_with_the_mean_of_the_household():
    """The derivative of the generating function at 1 is R_G times the mean household outbreak."""
    n, step = 4, 1e-6
    sizes = outbreak(n, 0.5, SHARE, WEIGHT, np.zeros(1))[:, 0]
    mean = (1 + sizes @ np.arange(n + 1)) * float(SHARE @ WEIGHT)
    left = outbreak(n, 0.5, SHARE, WEIGHT, np.array([step]))[:, 0]
    assert (1 - left.sum()) / step == pytest.approx(mean, rel=1e-4)


def test_large_households_keep_their_precision():
    sizes = outbreak(15, 0.2, SHARE, WEIGHT, np.zeros(1))[:, 0]
    assert sizes.sum() == pytest.approx(1, abs=1e-12)
    assert (sizes >= 0).all()


def alone(r0: float) -> Households:
    """Return persons who live alone, in the ages of `test_extinction`."""
    share = float(AGE_SHARE @ TABLE.symptomatic_share)
    chance = share * TABLE.probability[1] + (1 - share) * TABLE.probability[0]
    nobody = small_town(6_000, 3)
    met = meeting(nobody, city_of(nobody), TABLE)
    return Households(np.ones(1, np.int64), np.ones(1), np.zeros(1), chance, WEIGHT, CONTACTS,
                      TABLE, met, r0)  # fmt: skip


@pytest.mark.parametrize("r0", [0.9, 1.5, 3.0])
def test_extinction_of_those_who_live_alone_is_the_textbook_one(r0: float):
    home = alone(r0)
    caused = r0 * float(home.chance @ home.weight)
    found = home.dies_out(caused)
    assert found == pytest.approx(dies_out(r0, TABLE), abs=1e-6)
    assert home.dies_out(caused, 200) == pytest.approx(found, abs=1e-3)
    if r0 > 1:
        assert home.caused_if(found) == pytest.approx(caused, rel=1e-6)


def test_theta_is_that_of_the_engines_own_test():
    ages = np.full(18, 100)
    assert theta(TABLE, ages) == pytest.approx(theta_of(TABLE), abs=1e-12)


def test_a_typical_household_infects_more_where_residents_differ():
    people = small_town(6_000, 3)
    table = courses("omicron-ba2")
    met = meeting(people, city_of(people), table)
    mixed = households(met, people, table, CONTACTS, 0.05)
    assert 1.05 < typical(mixed, people) < 2
    only = np.where(np.isin(np.arange(len(LAYERS)), (HOUSEHOLD, COMMUNITY)), CONTACTS.per_day, 0)
    alike = replace(table, susceptibility=np.ones(18), symptomatic_share=np.full(18, 0.7))
    met = meeting(people, city_of(people), alike)
    plain = households(met, people, alike, CONTACTS._replace(per_day=only), 0.05)
    assert typical(plain, people) == pytest.approx(1, abs=0.02)
    caused = 1 / plain.mean_infected
    assert plain.reproduction(largest_left(plain, caused)) == pytest.approx(1, rel=1e-6)


# -- the frontier of the engine beside the closed form -----------------------------------------


PERSONS = 60_000


@pytest.fixture(scope="module")
def alike() -> Town:
    """Return a town in which all are adults and meet at home and at random in the community."""
    born = mixed_town(PERSONS)
    kept = born.attributes & np.uint8(~BAND_MASK & 0xFF)
    persons = np.zeros_like(born.household_persons)
    persons[:, ADULT] = born.household_persons.sum(axis=1)
    pairs = np.zeros_like(born.household_pairs)
    pairs[:, ADULT, ADULT] = born.household_pairs.sum(axis=(1, 2))
    people = replace(
        born, attributes=kept | np.uint8(ADULT), household_persons=persons, household_pairs=pairs
    )
    per_day = np.zeros(len(LAYERS))
    per_day[HOUSEHOLD], per_day[COMMUNITY] = 0.9, 8.0
    contacts = ContactRates(per_day, np.ones(len(LAYERS)), 0.8, 0.0)
    ready = Town(people)
    ready.add("omicron-ba2", settings_for(people, n_days=301, table=TABLE, contacts=contacts))
    return ready


@pytest.mark.slow
def test_the_frontier_is_the_closed_one_where_that_holds(
    alike: Town, monkeypatch: pytest.MonkeyPatch
):
    """Within 5 %: the leakage at which ten infections die out, ever, with chance one half.

    There and at less and more leakage the chances are those of the branching process of
    households. An outbreak of 300 infected at a time counts as one that does not die out: its
    hundred and more chains do with a chance of 1e-4 or less.
    """
    monkeypatch.setattr(frontier_runs, "FEWEST", 300)
    r0, runs, start = 5.0, 50, frontier_runs.ARRIVALS
    home = homes(alike, "omicron-ba2", r0)
    assert typical(home, alike.people) == pytest.approx(1, abs=1e-6)
    half = largest_left(home, home.caused_if(0.5 ** (1 / start)))
    assert home.reproduction(half) > 1
    points, ended = [], []
    for level, relative in enumerate((0.85, 1.0, 1.18)):
        leakage = relative * half
        chance = home.dies_out(home.outside(leakage)) ** start
        contained = 0
        for seed in range(runs):
            point = Point("omicron-ba2", 0, start, r0, leakage, 1_000 * level + seed)
            run = made(alike, point, days=300)
            points.append(point)
            ended.append(run.contained)
            contained += run.contained
        print(f"leakage {leakage:.4f}: {contained / runs:.2f} of {chance:.2f}")
        assert doubt(contained, runs, chance) > FALSE_ALARM
    y = np.log([point.leakage for point in points])
    known = fitted(np.log(np.full(y.size, r0)), np.full(y.size, np.log10(start)), y,
                   np.array(ended))  # fmt: skip
    line = line_of(known, np.array([r0]), start).iloc[0]
    print(f"frontier {line['leakage']:.4f} ({line['low']:.4f} to {line['high']:.4f}), "
          f"closed form {half:.4f}, {line['leakage'] / half - 1:+.1%}")  # fmt: skip
    measured("frontier of containment", line["leakage"], 0.95 * half, 1.05 * half)
    assert abs(line["leakage"] / half - 1) < 0.05
