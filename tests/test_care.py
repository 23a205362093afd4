"""Hospital, intensive care and death: as often, by age and vaccination, as the tables say.

Everybody infected is brought in and infects nobody. Of an age band, the share admitted is
symptomatic share x chance of hospital, intensive care is a share of those, death has a chance of
its own in each; a vaccine multiplies each step, and the want of a bed the last. All numbers are
binomial. False-alarm rate 1e-6 for each test.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from epidemics import (
    BAND,
    FALSE_ALARM,
    Floats,
    Ints,
    Ordered,
    community_settings,
    crowd,
    doubt,
    lasting,
)
from test_vaccinated import BINS, NOT_YET, bins_of
from towns import Outcome, outcome, settings_for, severe, small_town

from lazaretto.disease import courses, severity
from lazaretto.disease.severity import Severity
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings, Vaccination
from lazaretto.engine.simulation import Simulation
from lazaretto.measures import (
    Antivirals,
    ContactTracing,
    HealthCare,
    Isolation,
    Measure,
    Quarantine,
    Screening,
    Stock,
    SymptomaticTesting,
    rules,
)
from lazaretto.outcomes import Tally
from lazaretto.people import Population

TABLE = lasting(courses("wild-type"))
REAL = severity("wild-type")
SEVERE = replace(
    REAL, hospital=np.linspace(0.2, 0.9, 18), icu=np.linspace(0.1, 0.6, 18),
    death_ward=np.linspace(0.05, 0.2, 18), death_icu=np.linspace(0.2, 0.45, 18),
)  # fmt: skip
"""Far worse than any disease, so that a small city shows every age."""

PERSONS, INFECTED = 200_000, 60_000
DAYS = 17 + 22 + 61
"""Longest from infection to symptoms, from there to hospital, and in hospital."""


@pytest.fixture(scope="module")
def people() -> Population:
    return crowd(PERSONS, np.full(18, 1 / 18))


def ill(people: Population, how: Severity, *measures: Measure, seed: int,
        stocks: tuple[Stock, ...] = (), vaccination: Vaccination | None = None
        ) -> tuple[Tally, Ints]:  # fmt: skip
    """Return the tally of a run long enough for everybody, and who was infected."""
    settings = replace(
        community_settings(TABLE, 0.0, n_days=DAYS),
        seed=seed,
        arrivals=(Arrival(0, 0, PERSONS, INFECTED),),
        severity=how,
        measures=measures,
        stocks=stocks,
        vaccination=vaccination,
    )
    with Simulation(people, settings, 2) as simulation:
        tally = simulation.run()
    return tally, np.flatnonzero(simulation.state.infected_on == 0)


def agree(seen: Ints, infected: Ints, chance: Floats) -> None:
    """Assert that numbers are binomial by age, and in all."""
    least = min(doubt(*each) for each in zip(seen, infected, chance, strict=True))
    mean, variance = infected @ chance, infected @ (chance * (1 - chance))
    z = (seen.sum() - mean) / np.sqrt(variance)
    print(f"{seen.sum()} of {mean:.1f}, z {z:+.2f}, least likely age {least:.2g}")
    assert mean > 20
    assert abs(z) < BAND
    assert least > FALSE_ALARM / 18


def of_each_age(how: Severity, symptoms: float = 1, hospital: float = 1, death: float = 1,
                worse: float = 1) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """Return the chances of a ward, of intensive care, and of death of an infected person."""
    severe = TABLE.symptomatic_share * symptoms * how.hospital * hospital
    ward, icu = severe * (1 - how.icu), severe * how.icu
    in_ward = np.minimum(how.death_ward * death * worse, 1)
    in_icu = np.minimum(how.death_icu * death * worse, 1)
    return ward, icu, ward * in_ward + icu * in_icu


@pytest.mark.parametrize(("how", "seed"), [(REAL, 51), (SEVERE, 52)], ids=["wild-type", "severe"])
def test_admissions_intensive_care_and_deaths_by_age(people: Population, how: Severity, seed: int):
    tally, _ = ill(people, how, seed=seed)
    infected = tally.infections_by_age.sum(axis=0)
    ward, icu, death = of_each_age(how)
    admitted = tally.admissions.sum(axis=0)
    assert admitted[:, 1:].sum() == 0
    agree(admitted[:, 0, 0], infected, ward)
    agree(admitted[:, 0, 1], infected, icu)
    agree(tally.deaths_by_age.sum(axis=(0, 2)), infected, death)
    assert tally.deaths.sum() == tally.deaths_by_age.sum()
    assert tally.patients[-1].sum() == 0
    assert tally.patients_waiting.sum() == 0


def test_days_in_hospital_are_those_of_the_table(people: Population):
    """Person-days in wards and intensive care: the mean stay of the living and the dying."""
    tally, _ = ill(people, SEVERE, seed=53)
    infected = tally.infections_by_age.sum(axis=0)
    ward, icu, _ = of_each_age(SEVERE)
    day = np.arange(SEVERE.ward_days.size)
    for level, chance, stay, dies in (
        (0, ward, SEVERE.ward_days, SEVERE.death_ward), (1, icu, SEVERE.icu_days, SEVERE.death_icu),
    ):  # fmt: skip
        first, again = (
            (1 - dies) * (stay @ day**k) + dies * (SEVERE.death_days @ day**k) for k in (1, 2)
        )
        mean = float(infected @ (chance * first))
        variance = float(infected @ (chance * again - (chance * first) ** 2))
        seen = int(tally.patients[:, 0, level].sum())
        z = (seen - mean) / np.sqrt(variance)
        print(f"level {level}: {seen} person-days of {mean:.0f}, z {z:+.2f}")
        assert abs(z) < BAND


def test_days_from_infection_to_hospital_are_those_of_the_table(people: Population):
    tally, _ = ill(people, SEVERE, seed=54)
    latent = np.bincount(TABLE.latent_days, TABLE.probability[1])
    wait = np.convolve(np.convolve(latent, TABLE.onset_probability), SEVERE.days_to_hospital)
    seen = tally.admissions.sum(axis=(1, 2, 3))
    assert seen[wait.size :].sum() == 0
    least = min(doubt(n, seen.sum(), p) for n, p in zip(seen, wait, strict=False))
    print(f"{seen.sum()} admissions, least likely of {wait.size} days {least:.2g}")
    assert least > FALSE_ALARM / wait.size


def test_each_step_of_a_vaccine_counts(people: Population):
    """Bins without a dose and with one to four; three and four are counted together."""
    left = {1: (0.9, 0.8, 0.7), 2: (0.7, 0.5, 0.5), 3: (0.6, 0.3, 0.2), 4: (0.6, 0.3, 0.2)}
    risk = np.ones((4, 5, 54))
    for dose, steps in left.items():
        risk[1:, dose] = np.array(steps)[:, None]
    bins = np.arange(BINS)
    days = np.full((1, 18, BINS, 4), NOT_YET, np.int16)
    for dose in range(4):
        days[:, :, bins % 5 > dose, dose] = -200 + 30 * dose
    tally, who = ill(people, SEVERE, seed=55, vaccination=Vaccination(days, risk))
    doses = np.minimum(bins_of(PERSONS, 55)[who] % 5, 3)
    age = people.bands()[who]
    for had in range(4):
        infected = np.bincount(age[doses == had], minlength=18)
        steps = left.get(had, (1.0, 1.0, 1.0))
        ward, icu, death = of_each_age(SEVERE, *steps)
        agree(tally.admissions.sum(axis=0)[:, had, 0], infected, ward)
        agree(tally.admissions.sum(axis=0)[:, had, 1], infected, icu)
        agree(tally.deaths_by_age.sum(axis=0)[:, had], infected, death)


def beds(amount: int) -> Stock:
    return Stock("ward", "beds", np.full(DAYS, amount, np.int64))


def test_without_beds_death_is_as_much_likelier_as_said(people: Population):
    stocks = (beds(0), replace(beds(0), name="icu"))
    for worse, seed in ((1.0, 56), (2.0, 57), (4.0, 58)):
        care = HealthCare(ward="ward", icu="icu", worse=worse)
        tally, _ = ill(people, SEVERE, care, seed=seed, stocks=stocks)
        infected = tally.infections_by_age.sum(axis=0)
        assert tally.admissions.sum() == 0
        assert tally.patients.sum() == 0
        agree(tally.deaths_by_age.sum(axis=(0, 2)), infected, of_each_age(SEVERE, worse=worse)[2])


def test_beds_are_never_more_than_there_are_and_never_empty_while_somebody_waits(
    people: Population,
):
    stocks = (beds(900), replace(beds(250), name="icu"))
    care = HealthCare(ward="ward", icu="icu", worse=2.0)
    tally, _ = ill(people, SEVERE, care, seed=59, stocks=stocks)
    taken = tally.patients[:, 0]
    assert (taken <= [900, 250]).all()
    assert np.array_equal(tally.stock_used, taken)
    assert (tally.stock_waiting > 0).any(axis=0).all()
    assert (taken[:, 0][tally.stock_waiting[:, 0] > 0] == 900).all()
    assert (taken[:, 1][tally.stock_waiting[:, 1] > 0] == 250).all()
    infected = tally.infections_by_age.sum(axis=0)
    low, high = (infected @ of_each_age(SEVERE, worse=worse)[2] for worse in (1.0, 2.0))
    assert low < tally.deaths.sum() < high


@pytest.fixture(scope="module")
def epidemic() -> tuple[Population, Settings, Outcome]:
    """Return a town in which many fall severely ill, and a run without measures."""
    town = small_town(20_000, 3)
    settings = settings_for(town, r0=4.0, n_days=60, severity=severe(0.3), seed=62)
    return town, settings, outcome(town, settings)


NULL: dict[str, tuple[Measure, ...]] = {
    "nobody seeks a test": (SymptomaticTesting(share=0, delay_days=1),),
    "rounds after the end": (Screening.model_validate({"participation": 1, "from": "2023-01-01"}),),
    "nobody is found to be isolated": (Isolation(),),
    "nor traced": (ContactTracing(backward=True), Quarantine(days=7)),
    "nor treated": (Antivirals(share=1),),
    "all of them": (
        SymptomaticTesting(share=0, delay_days=1),
        ContactTracing(),
        Isolation(with_parent=True),
        Quarantine(days=7),
        Antivirals(share=1),
    ),
}


@pytest.mark.parametrize("measures", NULL.values(), ids=NULL.keys())
def test_who_falls_ill_is_moved_by_health_care_only(
    epidemic: tuple[Population, Settings, Outcome], measures: tuple[Measure, ...]
):
    """Measures that find nobody leave every infection as it was, and all that follows from it."""
    town, settings, without = epidemic
    seen = outcome(town, replace(settings, measures=measures))
    assert without.counts["deaths"].sum() > 100
    assert seen.infections == without.infections
    changed = [
        name for name in seen.counts if not np.array_equal(seen.counts[name], without.counts[name])
    ]
    # Who is absent from work is counted only where a measure could isolate somebody.
    assert set(changed) <= {"absent_essential"}


def test_antivirals_prevent_the_share_of_admissions_they_should(people: Population):
    """Everybody ill is found on the day of onset, so all are treated in time who are offered it."""
    surely = rules.Test(np.ones(TABLE.pcr.size), turnaround=0)

    def order(places, orders):
        rule = rules.SymptomRule(np.ones(1), surely)
        orders.test_symptomatic(np.ones(1, np.bool_), rule)

    share, efficacy = 0.6, 0.7
    drug = Antivirals(share=share, efficacy=efficacy, from_age=40)
    tally, _ = ill(people, SEVERE, Ordered(orders=order), drug, seed=60)
    infected = tally.infections_by_age.sum(axis=0)
    offered = np.where(np.arange(18) >= 8, share, 0.0)
    ward, icu, death = of_each_age(SEVERE)
    # Who needs a bed on the day of onset is in hospital before the result.
    at_once = SEVERE.days_to_hospital[0]
    spared = 1 - offered * efficacy * (1 - at_once)
    agree(tally.admissions.sum(axis=(0, 2))[:, 0], infected, ward * spared)
    agree(tally.admissions.sum(axis=(0, 2))[:, 1], infected, icu * spared)
    agree(tally.deaths_by_age.sum(axis=(0, 2)), infected, death * spared)
