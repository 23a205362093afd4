"""What the tests of the engine run: small towns, settings made by hand, and whole runs kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import threshold
from lazaretto.disease import CourseTable, courses
from lazaretto.disease.severity import Severity
from lazaretto.disease.severity import severity as severity_of
from lazaretto.engine.city import city_of
from lazaretto.engine.hospital import IN_BED
from lazaretto.engine.rates import ContactRates, build_rates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Reporting, Settings, Vaccination
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.spread import Infected
from lazaretto.engine.state import marked, whereabouts_of
from lazaretto.engine.transmissibility import meeting, solve
from lazaretto.measures import (
    Antivirals,
    ContactTracing,
    HealthCare,
    Isolation,
    Measure,
    Quarantine,
    Stock,
    SymptomaticTesting,
    VaccinationCampaign,
)
from lazaretto.people import Population, town
from lazaretto.scenario.behaviour import Behaviour

START = date(2022, 3, 1)

CONTACTS = ContactRates(
    per_day=np.array([4.1, 0.3, 0.5, 11.4, 8.1, 6.0]),
    weight=np.array([0.5, 0.7, 0.7, 1.0, 1.0, 0.7]),
    household_exponent=0.8,
    own_subdistrict=0.5,
)
"""Contact rates near those of the Mistry matrices; not evidence, only something to run."""

FREE = np.ones((4, 2, 6))
"""Confinement tables under which no tier changes anything."""

CONFINED = np.stack(
    [
        np.array([[1, 1, 1, 1, 1, 1], [1, 0.8, 0.7, 0.9, 0.7, 0.5],
                  [1, 0.5, 0.3, 0, 0.1, 0.05], [1, 0.2, 0.1, 0, 0, 0.01]]),
        np.array([[1, 1, 1, 1, 1, 1], [1, 0.9, 0.8, 0.9, 0.9, 0.8],
                  [1, 0.6, 0.4, 0, 0.8, 0.4], [1, 0.3, 0.2, 0, 0.6, 0.2]]),
    ],
    axis=1,
)  # fmt: skip
"""Share of contacts that remains by tier, residents and essential workers, and layer."""


APART = np.array([1, 0.1, 0.05, 0, 0, 0.02])
"""Share of contacts that remains of persons isolated at home, by layer."""


def reporting(confirmed: float, reclassified: float, delay: list[float]) -> Reporting:
    """Return reporting rules: two shares, and weights of the days to reclassification."""
    cumulative = threshold(np.cumsum(delay) / np.sum(delay))
    cumulative[-1] = 1 << 31
    return Reporting(
        np.uint32(threshold(confirmed)), np.uint32(threshold(reclassified)), cumulative
    )


@lru_cache(maxsize=16)
def small_town(n_persons: int, n_districts: int, seed: int = 0) -> Population:
    """Return a town, kept between tests."""
    return town(n_persons, seed, n_districts=n_districts)


def with_protection(table: CourseTable, protection: list[float]) -> CourseTable:
    """Return a disease with other susceptibility by day since the last infection."""
    return replace(table, protection=np.array(protection))


def transmissibility_for(
    r0: float, people: Population, table: CourseTable, contacts: ContactRates
) -> float:
    """Return the transmissibility for r0, halved until the engine's tables allow it."""
    value = solve(r0, meeting(people, city_of(people), table), table, contacts)
    while True:
        try:
            build_rates(table, contacts, value)
        except ValueError:
            value /= 2
        else:
            return value


def settings_for(
    people: Population,
    *,
    r0: float = 3.0,
    n_days: int = 60,
    seed: int = 1,
    table: CourseTable | None = None,
    contacts: ContactRates = CONTACTS,
    confinement: NDArray[np.float64] = CONFINED,
    arrivals: tuple[Arrival, ...] | None = None,
    measures: tuple[Measure, ...] = (),
    rules: Reporting | None = None,
    stocks: tuple[Stock, ...] = (),
    severity: Severity | None = None,
    vaccination: Vaccination | None = None,
    apart: NDArray[np.float64] = APART,
    behaviour: Behaviour | None = None,
) -> Settings:
    """Return settings of a run; ten infections arrive on the first day unless said."""
    table = table or courses("omicron-ba2")
    return Settings(
        start=START,
        n_days=n_days,
        seed=seed,
        courses=table,
        contacts=contacts,
        transmissibility=transmissibility_for(r0, people, table, contacts),
        confinement=confinement,
        reporting=rules or reporting(0.2, 0.3, [1, 2, 3, 2, 1]),
        arrivals=(Arrival(0, 0, people.n_persons, 10),) if arrivals is None else arrivals,
        measures=measures,
        stocks=stocks,
        severity=severity,
        vaccination=vaccination,
        apart=apart,
        behaviour=behaviour,
    )


def responsive(**more: Any) -> Behaviour:
    """Return people who leak, tire and break out so often that a small town shows it.

    Parameters
    ----------
    more
        Parts of the behaviour that replace these, by name, as a scenario writes them.
    """
    written: dict[str, Any] = {
        "leakage": {"at_start": 0.3, "habit": 0.5},
        "breakouts": {"ignition": 1, "starters": 40, "repression": 0.3, "concession": 0.3,
                      "hours": 16, "usual_fatigue": 0, "usual_hardship": 0},
        "risk": {"reference": 500},
    }  # fmt: skip
    return Behaviour.model_validate(written | more)


def stock(name: str, unit: str, amount: int | list[int], n_days: int = 60, **more: float) -> Stock:
    """Return a stock, of the same amount every day or as listed."""
    days = [amount] * n_days if isinstance(amount, int) else amount
    return Stock(name, unit, np.array(days, np.int64), **more)


def scarce_stocks(n_persons: int, n_days: int) -> tuple[Stock, ...]:
    """Return every kind of stock, too little of each for an epidemic in so many persons."""
    crowded = {"contacts": 8.0, "bus_contacts": 6.0}
    per_mille = {
        "labs": ("tubes/day", 30, {}), "clinics": ("visits/day", 6, {}),
        "tracers": ("tracers", 0.8, {}), "buses": ("seats/day", 6, {}),
        "hotel": ("beds", 8, crowded), "hall": ("beds", 18, crowded), "ward": ("beds", 3, {}),
        "icu": ("beds", 1.5, {}), "pills": ("courses", 0.4, {}), "shots": ("doses/day", 10, {}),
    }  # fmt: skip
    return tuple(
        stock(name, unit, max(round(n_persons * amount / 1000), 1), n_days, **more)
        for name, (unit, amount, more) in per_mille.items()
    )


def containment() -> tuple[Measure, ...]:
    """Return measures that test, trace, isolate, treat and vaccinate with `scarce_stocks`."""
    return (
        SymptomaticTesting(
            share=0.4, delay_days=2, background=0.002, clinics="clinics", labs="labs"
        ),
        ContactTracing(
            workplace=0.4, school=0.3, building=0.3, compound=0.2, community=0.05,
            tracers="tracers", cases_per_tracer=2, backward=True, second_degree=True,
        ),
        Isolation(beds=["hotel", "hall"], seats="buses", with_parent=True, least_days=4),
        Quarantine(days=7, beds=["hall"], seats="buses"),
        Quarantine(of="second_contacts", days=3),
        Antivirals(share=0.6, courses="pills"),
        HealthCare(ward="ward", icu="icu", worse=2.0, absence=1.0),
        VaccinationCampaign(doses="shots", dose=1, ages=["60+", "15-59"], uptake=[0.9, 0.95]),
    )  # fmt: skip


def severe(hospital: float, icu: float = 0.3, death: float = 0.3) -> Severity:
    """Return a disease of which so many of all ages need a bed; not evidence, only something."""
    return replace(
        severity_of("wild-type"),
        hospital=np.full(18, hospital),
        icu=np.full(18, icu),
        death_ward=np.full(18, death / 2),
        death_icu=np.full(18, death),
    )


def doses(n_districts: int, first: list[int], step: int, protects: float) -> Vaccination:
    """Return doses given bin after bin.

    Parameters
    ----------
    n_districts
        Number of districts; each begins a day after the one before.
    first
        Day of each dose of the first bin, up to four.
    step
        Days from bin to bin; the last three of the eight bins have none.
    protects
        Share of every risk that the last dose takes away at first; half as much 10 weeks later.
    """
    n_bins, n_weeks = 8, 20
    days = np.full((n_districts, 18, n_bins, 4), 32767, np.int16)
    for dose, day in enumerate(first):
        for bin_ in range(n_bins - 3):
            days[:, :, bin_, dose] = day + step * bin_ + np.arange(n_districts)[:, None]
    left = protects * (1 - 0.5 * np.minimum(np.arange(n_weeks) / 10, 1))
    risk = np.ones((4, 5, n_weeks))
    risk[:, 1:] = 1 - np.linspace(0.7, 1, 4)[None, :, None] * left
    return Vaccination(days, risk)


@dataclass(frozen=True)
class Outcome:
    """All that a run says: every infection, every count, and its fingerprint."""

    infections: list[tuple[int, int, int, int]]
    """(day, person, source or -1, layer), by day and person."""
    counts: dict[str, NDArray[Any]]
    series_sha256: str
    end: dict[str, Any] = field(default_factory=dict)
    """Who is known, and where everybody is, at the end."""


def outcome(people: Population, settings: Settings, threads: int = 2) -> Outcome:
    """Run the engine and return all that it says."""
    infections: list[tuple[int, int, int, int]] = []

    def keep(day: int, new: Infected) -> None:
        columns = (new.person.tolist(), new.source.tolist(), new.layer.tolist())
        infections.extend((day, *row) for row in zip(*columns, strict=True))

    simulation = Simulation(people, settings, threads, keep)
    try:
        tally = simulation.run()
    finally:
        simulation.close()
    longest = simulation.confinement.longest_stays(settings.n_days)
    counts = {**tally.arrays(), "longest_stays": longest}
    return Outcome(sorted(infections), counts, tally.series_sha256(), end_of(simulation))


WHERE = ("at large", "isolated at home", "in a facility", "dead")


def end_of(simulation: Simulation) -> dict[str, Any]:
    """Return who is known to be infected, isolated (why, since, where), in hospital, and where."""
    kept, n_persons = simulation.containment, simulation.people.n_persons
    everybody = np.arange(n_persons, dtype=np.int32)
    known, where = np.zeros(n_persons, np.bool_), np.zeros(n_persons, np.uint8)
    if kept.moves:
        marked(kept.state.known, everybody, known)
        whereabouts_of(kept.state.whereabouts, everybody, where)
    table, patients = kept.isolated, kept.patients
    columns = (table.person, table.reason, table.since, table.place.astype(int) - 1)
    return {
        "known": np.flatnonzero(known).tolist(),
        "where": {int(person): WHERE[where[person]] for person in np.flatnonzero(where)},
        "isolated": [tuple(map(int, row)) for row in zip(*columns, strict=True)],
        "in hospital": sorted(patients.person[patients.status == IN_BED].tolist()),
    }


def differing(one: Outcome, other: Outcome) -> list[str]:
    """Return the names of what two runs disagree on."""
    names = [] if one.infections == other.infections else ["every infection"]
    names += [k for k in one.counts if not np.array_equal(one.counts[k], other.counts[k])]
    return names + [name for name in one.end if one.end[name] != other.end[name]]
