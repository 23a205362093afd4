"""What the tests of the engine run: small towns, settings made by hand, and whole runs kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import threshold
from lazaretto.disease import CourseTable, courses
from lazaretto.engine.city import city_of
from lazaretto.engine.rates import ContactRates, build_rates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Reporting, Settings
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.spread import Infected
from lazaretto.engine.transmissibility import meeting, solve
from lazaretto.measures import Measure
from lazaretto.people import Population, town

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
    )


@dataclass(frozen=True)
class Outcome:
    """All that a run says: every infection, every count, and its fingerprint."""

    infections: list[tuple[int, int, int, int]]
    """(day, person, source or -1, layer), by day and person."""
    counts: dict[str, NDArray[Any]]
    series_sha256: str


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
    return Outcome(
        sorted(infections), {**tally.arrays(), "longest_stays": longest}, tally.series_sha256()
    )


def differing(one: Outcome, other: Outcome) -> list[str]:
    """Return the names of what two runs disagree on."""
    names = [] if one.infections == other.infections else ["every infection"]
    names += [k for k in one.counts if not np.array_equal(one.counts[k], other.counts[k])]
    return names
