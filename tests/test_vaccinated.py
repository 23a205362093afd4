"""Vaccination: leaky protection at each exposure, coverage as asked for, doses as there are.

A vaccine that leaves a relative risk r lets each exposure infect with chance r, so that under a
pressure L the attack rates are ``1 - exp(-L)`` and ``1 - exp(-r L)`` (leaky, as against all or
nothing; Halloran, Longini and Struchiner 1999, doi 10.1093/oxfordjournals.epirev.a017990). Index
cases alone transmit and their infectiousness is known, so the numbers infected are binomial with
known chance. False-alarm rate 1e-6 each.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from epidemics import (
    FALSE_ALARM,
    Floats,
    Ints,
    community_settings,
    courses_of,
    crowd,
    doubt,
    keep_only,
    lasting,
)
from towns import small_town

from lazaretto.chance import Purpose, draws, stream_key
from lazaretto.disease import courses, dose_days, vaccine
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings, Vaccination
from lazaretto.engine.simulation import Simulation
from lazaretto.measures import Stock, VaccinationCampaign
from lazaretto.people import Population
from lazaretto.scenario import Vaccination as Section

TABLE = lasting(courses("omicron-ba2"))
PERSONS, INDEX_CASES, BINS = 400_000, 60_000, 256
NOT_YET = 32767
NO_EFFECT = np.ones((4, 5, 54))


@pytest.fixture(scope="module")
def people() -> Population:
    return crowd(PERSONS, np.full(18, 1 / 18))


def bins_of(n_persons: int, seed: int, n_bins: int = BINS) -> Ints:
    """Return the bin of each person: the trait that says when the turn for a dose comes."""
    bits = draws(stream_key(seed, Purpose.VACCINATION), 0, n_persons)
    return (((bits >> np.uint64(32)) * np.uint64(n_bins)) >> np.uint64(32)).astype(np.int64)


def exposed(people: Population, beta: float, given: Vaccination, seed: int) -> tuple[Ints, Floats]:
    """Return the day of infection of each person, and the pressure of index cases by day."""
    settings = replace(
        community_settings(TABLE, beta, n_days=TABLE.n_days),
        seed=seed,
        arrivals=(Arrival(0, 0, people.n_persons, INDEX_CASES),),
        vaccination=given,
    )
    index: list[np.ndarray] = []

    def keep(day, new):
        if day == 0:
            index.append(courses_of(new.record))

    with Simulation(people, settings, 2, keep) as simulation:
        while simulation.day < settings.n_days:
            simulation.advance()
            keep_only(simulation, lambda cohort: np.full(cohort.size, cohort.day == 0))
    pressure = beta * TABLE.infectiousness[index[0]].sum(axis=0) / (people.n_persons - 1)
    return simulation.state.infected_on.astype(np.int64), pressure


def two_doses(n_days_ago: int, share: float) -> Ints:
    """Return days of doses: this share of everybody had the second so long ago."""
    days = np.full((1, 18, BINS, 4), NOT_YET, np.int16)
    had = (np.arange(BINS) + 0.5) / BINS < share
    days[:, :, had, 0] = -n_days_ago - 40
    days[:, :, had, 1] = -n_days_ago
    return days


@pytest.mark.parametrize("beta", [0.5, 5.0, 20.0])
@pytest.mark.parametrize("left", [0.25, 0.8])
def test_protection_is_leaky_at_every_pressure(people: Population, beta: float, left: float):
    """Up to a pressure of 3, where nearly all unvaccinated are infected but not all the others."""
    risk = NO_EFFECT.copy()
    risk[0, 2] = left
    infected_on, pressure = exposed(people, beta, Vaccination(two_doses(20, 0.5), risk), 41)
    vaccinated = bins_of(PERSONS, 41) < BINS // 2
    attack = []
    for group, relative in ((~vaccinated, 1.0), (vaccinated, left)):
        n, seen = int((group & (infected_on != 0)).sum()), int((infected_on[group] > 0).sum())
        chance = float(-np.expm1(-relative * pressure.sum()))
        assert doubt(seen, n, chance) > FALSE_ALARM
        attack.append(seen / n)
    print(f"pressure {pressure.sum():.2f}: attack {attack[0]:.4f} and {attack[1]:.4f}; "
          f"ratio {attack[1] / attack[0]:.3f}, per exposure "
          f"{np.log1p(-attack[1]) / np.log1p(-attack[0]):.3f} of {left}")  # fmt: skip
    assert attack[0] > 5 * 0.012


def test_protection_of_a_real_vaccine_by_dose_and_week(people: Population):
    """Bins that had none to four doses, the last 1 to 766 days before the run."""
    risk = NO_EFFECT.copy()
    risk[0] = vaccine("mrna").infection
    assert np.ptp(risk[0]) > 0.3
    doses, ago = np.arange(BINS) % 5, 3 * np.arange(BINS) + 1
    days = np.full((1, 18, BINS, 4), NOT_YET, np.int16)
    for dose in range(4):
        had = doses > dose
        days[:, :, had, dose] = (-ago - 30 * (doses - 1 - dose))[had]
    infected_on, pressure = exposed(people, 15.0, Vaccination(days, risk), 42)
    mine, day = bins_of(PERSONS, 42), np.arange(pressure.size)
    surprises = []
    for i in range(BINS):
        week = np.minimum((day + ago[i]) // 7, 53)
        chance = float(-np.expm1(-(risk[0, doses[i], week] * pressure).sum()))
        group = mine == i
        n, seen = int((group & (infected_on != 0)).sum()), int((infected_on[group] > 0).sum())
        surprises.append(doubt(seen, n, chance))
    print(f"least likely of {BINS} bins: {min(surprises):.2g}")
    assert min(surprises) > FALSE_ALARM / BINS


def test_coverage_is_the_coverage_asked_for_within_a_bin():
    asked = {1: 0.95, 2: 0.913, 3: 0.4037, 4: 0.05}
    section = Section.model_validate({
        "product": "inactivated",
        "doses": [
            {"dose": dose, "ages": "0+", "from": f"202{dose - 2 if dose > 2 else 1}-0{dose}-01",
             "to": f"202{dose - 2 if dose > 2 else 1}-0{dose + 2}-01",
             "share": {"value": share, "unit": "share of residents", "source": "asked by the test",
                       "status": "assumed"}}
            for dose, share in asked.items()
        ],
    })  # fmt: skip
    n, seed = 200_000, 43
    days = dose_days(section, date(2023, 1, 1), 2, BINS)
    assert (np.diff(days.astype(np.int64), axis=3) >= 0).all()
    mine = bins_of(n, seed)
    for dose, share in asked.items():
        had = days[:, :, :, dose - 1] != NOT_YET
        covered = had.mean(axis=2)
        assert (np.abs(covered - share) <= 0.5 / BINS).all()
        persons = had[1, 7][mine]
        assert doubt(persons.sum(), n, float(covered[1, 7])) > FALSE_ALARM


def campaign(supply: Ints, **changes) -> tuple[Settings, Population]:
    """Return a town in which a campaign gives doses of a daily supply."""
    people = small_town(30_000, 3)
    measure = VaccinationCampaign(
        **{"doses": "doses", "dose": 1, "ages": ["80+", "60-79", "20-39"],
           "uptake": [0.6, 0.8, 0.5]} | changes
    )  # fmt: skip
    never = np.full((3, 18, BINS, 4), NOT_YET, np.int16)
    settings = replace(
        community_settings(TABLE, 0.0, n_days=supply.size),
        measures=(measure,),
        stocks=(Stock("doses", "doses/day", supply),),
        vaccination=Vaccination(never, NO_EFFECT),
    )
    return settings, people


@pytest.mark.parametrize("amount", [7, 40, 333, 2_000, 100_000])
def test_doses_given_never_exceed_the_supply(amount: int):
    supply = np.full(30, amount, np.int64)
    supply[10:14] = 0
    settings, people = campaign(supply)
    with Simulation(people, settings, 2) as simulation:
        tally = simulation.run()
    by_day = tally.doses.sum(axis=1)
    residents = people.persons_by_age().sum(axis=0)
    # A bin is given in one piece; what is left over is carried, so nothing is lost either.
    largest = int(np.ceil(residents.max() / BINS)) + 1
    carried = np.cumsum(supply) - np.cumsum(by_day)
    assert (carried >= 0).all()
    assert (tally.stock_used[:, 0] <= supply).all()
    due = np.zeros(18)
    for bands, uptake in ((slice(16, 18), 0.6), (slice(12, 16), 0.8), (slice(4, 8), 0.5)):
        due[bands] = uptake
    given = tally.doses.sum(axis=0)
    assert given[due == 0].sum() == 0
    if supply.sum() > residents @ due + residents.sum() / BINS:
        done = simulation.state.vaccine.dose_day[..., 0] != NOT_YET
        assert (np.abs(done.mean(axis=(0, 2)) - due) <= 0.5 / BINS).all()
        assert np.abs(given - residents * due).max() <= residents.max() * 0.5 / BINS + 30
    else:
        assert carried[-1] <= largest + 30  # 30: counts by day and age are whole numbers
    if amount < 50:  # the old come first, and there is not enough for anybody else
        assert given[17] > 0
        assert given[4:8].sum() == 0


def test_a_second_dose_waits_for_the_first_and_for_the_gap():
    settings, people = campaign(np.full(40, 400, np.int64))
    second = VaccinationCampaign(
        doses="doses", dose=2, ages=["80+", "60-79"], uptake=[0.5, 0.5], gap_days=14
    )
    settings = replace(settings, measures=(second, *settings.measures))
    with Simulation(people, settings, 2) as simulation:
        tally = simulation.run()
    days = simulation.state.vaccine.dose_day.astype(np.int64)
    both = days[..., 1] != NOT_YET
    assert both.any()
    assert (days[..., 0][both] != NOT_YET).all()
    assert (days[..., 1] - days[..., 0])[both].min() == 14
    assert (np.cumsum(tally.doses.sum(axis=1)) <= 400 * np.arange(1, 41)).all()


def test_a_dose_protects_from_the_day_after(people: Population):
    """A perfect dose on day 3: as many are infected up to day 3 as without, and none later."""
    risk = NO_EFFECT.copy()
    risk[0, 1] = 0.0
    days = np.full((1, 18, BINS, 4), NOT_YET, np.int16)
    days[..., 0] = 3
    infected_on, pressure = exposed(people, 15.0, Vaccination(days, risk), 44)
    n = PERSONS - INDEX_CASES
    assert infected_on.max() == 3
    chance = float(-np.expm1(-pressure[:4].sum()))
    assert doubt((infected_on > 0).sum(), n, chance) > FALSE_ALARM
