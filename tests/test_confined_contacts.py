"""Contacts in confinement: what is left of them, and that as many of a meet b as b of a.

Behaviour notes 2.2, equation (12): a contact in layer L between persons who leak with the chances
l_i and l_j survives a tier with the probability

    m = eps + (1 - eps) [theta (l_i + l_j) / 2 + (1 - theta) l_i l_j],

which is eps + (1 - eps) l [theta + (1 - theta) l] if both leak alike: of the share theta of
contacts that are visits it is as often the one who comes as the other. Children do not leak.

Whether a person leaks on a day holds for all contacts of that day, so contacts are not
independent. With a_i = l_i + d_i (1 if i leaks) the chance given all a is a polynomial in the d, so
the variance of what is kept of given contacts is a sum over contacts, persons and pairs: exact.
False-alarm rate 1e-6 each.

B5 holds the package defaults against the surveys of 2020 (Zhang et al. 2020, doi
10.1126/science.abb8001; 2021, doi 10.1126/sciadv.abe2584).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pytest
from epidemics import BAND, Floats, Ints
from evidence import measured
from scipy.special import expit, logit
from towns import FREE, settings_for, small_town

from lazaretto.behaviour.leakage import LOGIT_UNIT, MeanLeakage
from lazaretto.engine.city import FIRST_OF_HOUSEHOLD
from lazaretto.engine.leakage import FIRST_ADULT
from lazaretto.engine.prepare import confinement_of, contact_rates
from lazaretto.engine.settings import Settings
from lazaretto.engine.simulation import Simulation
from lazaretto.measures import Lockdown
from lazaretto.people import Population
from lazaretto.people.population import BAND_MASK
from lazaretto.scenario import Scenario
from lazaretto.scenario.behaviour import Behaviour
from lazaretto.words import BUILDING, COMMUNITY, COMPOUND, HOUSEHOLD, LAYERS, SCHOOL, WORKPLACE

PERSONS, DAYS = 6_000, 5
OTHER_PARTS = ("fatigue", "hardship", "risk", "trust", "breakouts", "messages")
EPS = np.array([1.0, 0.04, 0.02, 0.0, 0.05, 0.01])
"""Share of contacts left of those who keep to the rules, by layer."""

KEEPING = FREE.copy()
KEEPING[2:] = EPS


def leaking(at_start: float, **more: float) -> Behaviour:
    """Return people of whom each adult leaks every day with one chance, and nothing else."""
    same = {"habit": 0, "spread_compound": 0, "spread_household": 0, "spread_person": 0}
    parts = {part: {"active": False} for part in OTHER_PARTS}
    return Behaviour.model_validate(
        {"leakage": {"at_start": at_start} | same | more, "fatigue": {"spread": 0, "active": False}}
        | parts
    )


@contextmanager
def many_runs(rules: Behaviour) -> Iterator[None]:
    """Make the table from which expected leaks are counted once, not for each of many runs."""
    table = MeanLeakage(rules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lazaretto.behaviour.response.MeanLeakage", lambda _: table)
        yield


def visits(rules: Behaviour) -> Floats:
    """Return the share of contacts that are visits, theta, by layer, shape (n_layers,)."""
    share = np.full(len(LAYERS), float(rules.leakage.visits_elsewhere))
    share[BUILDING] = float(rules.leakage.visits_building)
    share[COMPOUND] = float(rules.leakage.visits_compound)
    return share


def in_steps(chance: float) -> float:
    """Return the nearest chance to leak that the tables of the engine hold exactly."""
    return float(expit(np.rint(logit(chance) * LOGIT_UNIT) / LOGIT_UNIT))


def left(eps: float, theta: float, one: Floats, other: Floats) -> Floats:
    """Return equation (12) for the leakage of the two, arrays of one shape."""
    return np.asarray(
        eps + (1 - eps) * (theta * (one + other) / 2 + (1 - theta) * one * other), np.float64
    )


def spread_of_kept(
    pairs: tuple[Ints, Ints], leakage: Floats, eps: float, theta: float, weight: Floats
) -> float:
    """Return the standard deviation of the weighted number of contacts kept of given ones.

    Parameters
    ----------
    pairs
        The two of each contact, as numbers of a person on a day, each shape (n,).
    leakage
        Chance to leak by such a number.
    eps, theta
        Share left of those who keep to the rules, and share of visits.
    weight
        Weight of each contact, shape (n,).
    """
    one, other = leakage[pairs[0]], leakage[pairs[1]]
    chance = left(eps, theta, one, other)
    total = float((weight**2 * chance * (1 - chance)).sum())
    each = leakage * (1 - leakage)
    who = np.concatenate(pairs)
    # How much a contact depends on the one, given nothing of the other.
    felt = (1 - eps) * np.concatenate(
        [weight * (theta / 2 + (1 - theta) * other), weight * (theta / 2 + (1 - theta) * one)]
    )
    of_person, of_person_squared = (np.bincount(who, x, leakage.size) for x in (felt, felt**2))
    total += float((each * (of_person**2 - of_person_squared)).sum())
    low, high = np.minimum(*pairs), np.maximum(*pairs)
    _, again = np.unique(low * np.int64(leakage.size) + high, return_inverse=True)
    both = (1 - eps) * (1 - theta) * weight
    of_pair, of_pair_squared = (np.bincount(again, x) for x in (both, both**2))
    variance = np.zeros(of_pair.size)
    variance[again] = each[low] * each[high]
    return float(np.sqrt(total + (variance * (of_pair**2 - of_pair_squared)).sum()))


@dataclass(frozen=True)
class Diaries:
    """Everybody's contacts on some days: person, person met (by day and id) and layer, (n,)."""

    person: Ints
    met: Ints
    layer: Ints

    def of(self, layer: int, which: np.ndarray | None = None) -> tuple[Ints, Ints]:
        """Return both of each contact in a layer."""
        here = self.layer == layer if which is None else (self.layer == layer) & which
        return self.person[here], self.met[here]


def diaries(people: Population, settings: Settings, days: int = DAYS) -> Diaries:
    """Return the diaries of all residents of some days."""
    person, met, layer = [], [], []
    with Simulation(people, settings, 1) as simulation:
        simulation.run(until=days)
        for day in range(days):
            for i in range(people.n_persons):
                diary = simulation.contacts_of(i, day)
                person.append(np.full(diary.person.size, day * people.n_persons + i))
                met.append(diary.person.astype(np.int64) + day * people.n_persons)
                layer.append(diary.layer.astype(np.int64))
    return Diaries(*(np.concatenate(column) for column in (person, met, layer)))


@pytest.fixture(scope="module")
def people() -> Population:
    return small_town(PERSONS, 3)


@pytest.fixture(scope="module")
def quiet(people: Population) -> Settings:
    """Return an open town in which nobody is infected."""
    return settings_for(people, n_days=DAYS, arrivals=(), confinement=KEEPING)


@pytest.fixture(scope="module")
def usual(people: Population, quiet: Settings) -> Diaries:
    return diaries(people, quiet)


def closed(quiet: Settings, rules: Behaviour, tier: str = "sealed") -> Settings:
    """Return the same town in one tier from the first day."""
    lockdown = Lockdown.model_validate({"tier": tier})
    return replace(quiet, measures=(lockdown,), behaviour=rules)


def adults(people: Population, days: int = DAYS) -> np.ndarray:
    """Return whether each resident is an adult, for every day, shape (days x n_persons,)."""
    return np.tile((people.attributes & BAND_MASK) >= FIRST_ADULT, days)


# -- equation (12) -----------------------------------------------------------------------------


def test_the_equation_gives_the_numbers_of_the_notes():
    """Behaviour notes 2.2, below equation (12)."""
    leakage = np.array([0.05, 0.10, 0.20])
    building = left(0.04, 0.3, leakage, leakage)
    assert building == pytest.approx([0.056, 0.076, 0.124], abs=0.0006)
    assert left(0.02, 0.2, leakage, leakage) == pytest.approx([0.032, 0.047, 0.091], abs=0.0006)


@pytest.mark.parametrize(
    ("at_start", "tier"),
    [(0.05, "sealed"), (0.1, "sealed"), (0.2, "sealed"), (0.5, "sealed"), (0.2, "controlled")],
)
def test_contacts_left_are_those_of_equation_12(people, quiet, usual, at_start, tier):
    """In every layer, of adults with adults, of adults with children and of children."""
    rules = leaking(at_start)
    kept = diaries(people, closed(quiet, rules, tier))
    grown, theta = adults(people), visits(rules)
    leakage = np.where(grown, in_steps(at_start), 0.0)
    assert np.array_equal(kept.of(HOUSEHOLD), usual.of(HOUSEHOLD))
    before, after = (grown[d.person].astype(int) + grown[d.met] for d in (usual, kept))
    for layer in (BUILDING, COMPOUND, SCHOOL, WORKPLACE, COMMUNITY):
        for n_adults in (2, 1, 0):
            pairs = usual.of(layer, before == n_adults)
            seen = kept.of(layer, after == n_adults)[0].size
            n = pairs[0].size
            if n < 1_000:
                continue
            chance = left(EPS[layer], theta[layer], leakage[pairs[0]], leakage[pairs[1]])
            spread = spread_of_kept(pairs, leakage, EPS[layer], theta[layer], np.ones(n))
            print(f"{tier} {at_start} {LAYERS[layer]}, {n_adults} adults: {seen / n:.4f} of {n}, "
                  f"{chance.mean():.4f} +- {spread / n:.4f}")  # fmt: skip
            assert abs(seen - chance.sum()) <= BAND * spread
            if n_adults == 2 and layer != SCHOOL:
                assert spread / n < 0.02


def test_nobody_meets_whom_they_would_not_meet_in_an_open_town(people, quiet, usual):
    """What is kept are contacts of the open town, one by one."""
    kept = diaries(people, closed(quiet, leaking(0.2)))
    n = np.int64(DAYS * PERSONS)
    before, after = (
        np.unique((d.layer * n + d.person) * n + d.met, return_counts=True) for d in (usual, kept)
    )
    at = np.searchsorted(before[0], after[0])
    assert np.array_equal(before[0][at], after[0])
    assert (after[1] <= before[1][at]).all()
    assert 0 < after[1].sum() < before[1].sum()


def test_without_leakage_only_what_is_left_to_all_remains(people, quiet, usual):
    rules = Behaviour.model_validate(
        {part: {"active": False} for part in (*OTHER_PARTS, "leakage")}
    )
    kept = diaries(people, closed(quiet, rules))
    for layer in range(len(LAYERS)):
        n, seen = usual.of(layer)[0].size, kept.of(layer)[0].size
        error = np.sqrt(EPS[layer] * (1 - EPS[layer]) * n)
        assert abs(seen - EPS[layer] * n) <= BAND * error


# -- as many of a meet b as b of a -------------------------------------------------------------


def test_contacts_of_the_leaky_and_the_strict_are_reciprocal(people, quiet, usual):
    """Compounds differ in leakage; the leaky meet the strict as often as the strict meet them."""
    rules = leaking(0.2, spread_compound=3)
    settings = closed(quiet, rules)
    kept = diaries(people, settings)
    with Simulation(people, settings, 1) as simulation:
        simulation.run(until=1)
        logits = simulation.policy.leak.base / LOGIT_UNIT
    building = np.repeat(np.arange(logits.size), np.diff(people.building_start))
    chance = np.tile(expit(logits)[building], DAYS)
    leakage = np.where(adults(people), chance, 0.0)
    leaky = chance > np.median(chance)
    assert leakage[leaky].mean() > 3 * leakage[~leaky].mean()
    theta = visits(rules)
    for layer in (WORKPLACE, COMMUNITY):
        there, back = (
            [leaky[d.person] & ~leaky[d.met], ~leaky[d.person] & leaky[d.met]]
            for d in (usual, kept)
        )
        n = [usual.of(layer, there[side])[0].size for side in (0, 1)]
        seen = [kept.of(layer, back[side])[0].size for side in (0, 1)]
        assert abs(n[0] - n[1]) <= BAND * np.sqrt(sum(n))  # Poisson numbers with one mean
        pairs = usual.of(layer, there[0] | there[1])
        sign = np.where(leaky[pairs[0]], 1.0, -1.0)
        expected = left(EPS[layer], theta[layer], leakage[pairs[0]], leakage[pairs[1]])
        spread = spread_of_kept(pairs, leakage, EPS[layer], theta[layer], sign)
        print(f"{LAYERS[layer]}: {seen[0]} of {n[0]} contacts of the leaky with the strict, "
              f"{seen[1]} of {n[1]} the other way, +- {spread:.0f}")  # fmt: skip
        assert abs(seen[0] - seen[1] - (sign * expected).sum()) <= BAND * spread
        # Given only the chances to meet, the open numbers vary as well.
        assert abs(seen[0] - seen[1]) <= BAND * np.hypot(spread, np.sqrt((expected**2).sum()))
        share = [s / m for s, m in zip(seen, n, strict=True)]
        assert share[0] == pytest.approx(share[1], rel=0.15)


# -- B5: contacts of a sealed city -------------------------------------------------------------

B5_TOWN, B5_SEEDS, B5_EACH = 60_000, 50, 400


@pytest.fixture(scope="module")
def surveyed() -> tuple[Floats, Floats]:
    """Return persons met a day and the share of them at home, by seed: defaults, sealed on day 0.

    Surveys count persons, so whoever is met twice counts once; who is met at home and elsewhere
    counts as met at home.
    """
    people = small_town(B5_TOWN, 3)
    scenario = Scenario.model_validate(
        {
            "name": "sealed", "title": "Sealed", "place": "shanghai", "disease": "omicron-ba2",
            "start": "2022-03-01", "end": "2022-03-02", "r0": 3, "seeding": [], "measures": [],
            "behaviour": {},
        }
    )  # fmt: skip
    settings = replace(
        settings_for(people, n_days=2, arrivals=(), contacts=contact_rates(scenario)),
        confinement=confinement_of(scenario),
        measures=(Lockdown.model_validate({"tier": "sealed"}),),
        behaviour=scenario.behaviour,
    )
    household = np.cumsum((people.attributes & FIRST_OF_HOUSEHOLD) != 0)
    persons, at_home = np.zeros(B5_SEEDS), np.zeros(B5_SEEDS)
    assert settings.behaviour is not None
    with many_runs(settings.behaviour):
        for seed in range(B5_SEEDS):
            with Simulation(people, replace(settings, seed=seed), 1) as simulation:
                simulation.advance()
                step = B5_TOWN // B5_EACH
                for person in range(seed % step, B5_TOWN, step):
                    met = np.unique(simulation.contacts_of(person, 0).person)
                    persons[seed] += met.size
                    at_home[seed] += (household[met] == household[person]).sum()
    return persons / B5_EACH, at_home / persons


def test_b5_persons_met_in_a_sealed_city(surveyed):
    found = np.percentile(surveyed[0], [5, 50, 95])
    print(f"persons met a day: {found[1]:.3f} ({found[0]:.3f} to {found[2]:.3f})")
    measured("B5: persons met a day, sealed", surveyed[0].mean(), 2.0, 2.3)
    assert found[2] >= 2.0
    assert found[0] <= 2.3


def test_b5_most_of_those_met_are_of_the_household(surveyed):
    found = np.percentile(surveyed[1], [5, 50, 95])
    print(f"share of the household: {found[1]:.3f} ({found[0]:.3f} to {found[2]:.3f})")
    measured("B5: share of them at home", surveyed[1].mean(), 0.78, 0.94)
    assert found[2] >= 0.78
    assert found[0] <= 0.94
