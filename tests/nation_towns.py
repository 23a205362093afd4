"""What the tests of the nation run: a few small towns that travel much, and whole runs kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import towns
from numpy.typing import NDArray
from towns import CONTACTS, START, Outcome, end_of, settings_for, small_town

from lazaretto.disease import CourseTable
from lazaretto.engine import simulation
from lazaretto.engine.diary import other_contacts
from lazaretto.engine.prepare import Prepared
from lazaretto.engine.rates import ContactRates, build_rates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.engine.spread import Infected
from lazaretto.measures import Measure
from lazaretto.nation.member import Member, Plan, seed_of_city
from lazaretto.nation.simulation import Nation
from lazaretto.nation.travel import Flows, Today
from lazaretto.people import Population

CODES = ("110100", "310100", "440300", "500100")

LONGEST_QUARANTINE = 28
"""Days at home after a trip, at most."""


@dataclass(frozen=True)
class Towns:
    """Several towns and the travel between them.

    Parameters
    ----------
    people, settings
        Of each town; seeds of the settings are not used.
    flows
        Intended travel.
    seed
        Seed of the run.
    """

    people: tuple[Population, ...]
    settings: tuple[Settings, ...]
    flows: Flows
    seed: int = 1

    def __repr__(self) -> str:
        """Say what there is, for a failing example."""
        rules = [[repr(m) for m in each.measures] for each in self.settings]
        return f"seed {self.seed} {self.flows.trips} {rules}"

    @property
    def n_days(self) -> int:
        """Days of the run."""
        return self.settings[0].n_days

    @property
    def courses(self) -> CourseTable:
        """The disease."""
        return self.settings[0].courses

    def seeded(self) -> list[Settings]:
        """Return the settings of each town with its own seed."""
        return [
            replace(each, seed=seed_of_city(self.seed, code))
            for each, code in zip(self.settings, CODES, strict=False)
        ]

    def plans(self, asleep: bool = True) -> list[Plan]:
        """Return the plans of the towns; none sleeps unless asked for."""
        return [
            plan_of(code, people, settings, asleep)
            for code, people, settings in zip(CODES, self.people, self.settings, strict=False)
        ]

    def nation(self, threads: int = 1, asleep: bool = True) -> Watched:
        """Return a run that has not begun."""
        return Watched(
            self.plans(asleep), self.flows, self.courses, START, self.n_days, self.seed, threads
        )


def plan_of(code: str, people: Population, settings: Settings, asleep: bool) -> Plan:
    """Return the plan of a town as `lazaretto.nation.plans` would make it."""
    messages = settings.behaviour is not None and bool(settings.behaviour.messages.seeded)
    active = [m for m in settings.measures if m.last is None or m.last >= START]
    idle = all(measure.idle_without_cases() for measure in active) and not messages

    def prepared(seed: int) -> Prepared:
        return Prepared(people, replace(settings, seed=seed))

    return Plan(
        name=code, code=code, province="here", n_persons=people.n_persons,
        measures=settings.measures,
        first_seed=min((arrival.day for arrival in settings.arrivals), default=None),
        sleeps=idle and asleep, prepare=prepared,
    )  # fmt: skip


def kept(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that makes each of its last tables once."""
    tables: dict[Any, Any] = {}

    def made(table: CourseTable, contacts: ContactRates, value: float, *more: Any) -> Any:
        given = (id(table), id(contacts), value, *map(id, more))
        if given not in tables:
            if len(tables) > 8:
                tables.clear()
            # The inputs are kept as well, so that no other object can take their ids.
            tables[given] = (make(table, contacts, value, *more), table, contacts, more)
        return tables[given][0]

    return made


_RATES, _OTHER = kept(build_rates), kept(other_contacts)


def draw_all_trips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw who leaves on every day, also where nobody is infected."""
    monkeypatch.setattr(Member, "stirs", lambda *_: True)


def share_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the runs of a test share the tables of the disease, which take most of the time."""
    monkeypatch.setattr(towns, "build_rates", _RATES)
    monkeypatch.setattr(simulation, "build_rates", _RATES)
    monkeypatch.setattr(simulation, "other_contacts", _OTHER)


class Watched(Nation):
    """A nation that keeps every infection."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.buffers.sources = True
        self.infections: list[list[tuple[int, int, int, int]]] = [[] for _ in self.plans]
        self.looked_at = np.zeros(self.departures.shape, np.bool_)
        """On which days it was drawn who leaves a town."""

    def watch(self, member: Member) -> None:
        """Keep the infections of a town from now on."""
        kept = self.infections[member.number]

        def keep(day: int, new: Infected) -> None:
            columns = (new.person.tolist(), new.source.tolist(), new.layer.tolist())
            kept.extend((day, *row) for row in zip(*columns, strict=True))

        assert member.simulation is not None
        member.simulation.on_infections = keep

    def _wake(self, member: Member) -> None:
        super()._wake(member)
        self.watch(member)

    def _leave(self, member: Member, now: Today) -> NDArray[np.void]:
        self.looked_at[self.day, member.number] = True
        return super()._leave(member, now)


@dataclass(frozen=True)
class Result:
    """All that a run of towns says."""

    towns: list[Outcome]
    travel: dict[str, NDArray[Any]]
    woken: list[int]
    looked_at: NDArray[np.bool_]


OF_TRAVEL = ("departures", "kept_by_test", "infectious_visitors", "trips_lost")


def result_of(nation: Watched) -> Result:
    """Return what a finished run says; towns that never woke are simulated by themselves."""
    woken = nation.woken.tolist()
    found = []
    for member in nation.members:
        if not member.awake:
            nation._wake(member)
        run = member.simulation
        assert run is not None
        longest = run.confinement.longest_stays(nation.n_days)
        counts = {**run.tally.arrays(), "longest_stays": longest}
        infections = sorted(nation.infections[member.number])
        found.append(Outcome(infections, counts, run.tally.series_sha256(), end_of(run)))
    travel = {name: getattr(nation, name).copy() for name in OF_TRAVEL}
    return Result(found, travel, woken, nation.looked_at)


def run_towns(towns: Towns, threads: int = 1, asleep: bool = True) -> Result:
    """Run a nation of towns."""
    nation = towns.nation(threads, asleep)
    try:
        nation.run()
    finally:
        nation.close()
    return result_of(nation)


def flows_of(
    trips: NDArray[np.float64], n_days: int, stays: Sequence[float], by_day: float = 1.0
) -> Flows:
    """Return the same travel on every day.

    Parameters
    ----------
    trips
        Mean trips a day, shape (n, n).
    n_days
        Days of the run.
    stays
        Share of trips by days away, from one on.
    by_day
        Multiplier of the trips.
    """
    before = len(stays) + LONGEST_QUARANTINE
    days = before + n_days
    return Flows(np.asarray(trips, float), np.tile(stays, (days, 1)), np.full(days, by_day), before)


def alike(trips_a_resident: float, sizes: Sequence[int]) -> NDArray[np.float64]:
    """Return trips between towns if all residents travel alike and to each other town alike."""
    n = len(sizes)
    trips = np.tile(np.array(sizes, float)[:, None] * trips_a_resident / max(n - 1, 1), (1, n))
    np.fill_diagonal(trips, 0)
    return trips


def travelling(
    measures: Sequence[tuple[Measure, ...]] = ((), (), ()),
    sizes: Sequence[tuple[int, int]] = ((900, 3), (500, 1), (700, 2)),
    *,
    trips: float = 0.2,
    stays: Sequence[float] = (0.4, 0.3, 0.2, 0.1),
    seeds: Sequence[int] = (10, 0, 0),
    n_days: int = 40,
    seed: int = 1,
    **more: Any,
) -> Towns:
    """Return towns of which the first has the outbreak.

    Parameters
    ----------
    measures, sizes, seeds
        Of each town: its measures, persons and districts, infections brought in on the first day.
    trips
        Trips a resident and day.
    stays
        Share of trips by days away.
    n_days, seed
        Days, and seed of the run.
    more
        Settings of every town, as for `towns.settings_for`.
    """
    people = tuple(small_town(*size, seed=i) for i, size in enumerate(sizes))
    settings = tuple(
        settings_for(
            each, n_days=n_days, measures=tuple(some), contacts=more.get("contacts", CONTACTS),
            arrivals=(Arrival(0, 0, each.n_persons, n),) if n else (),
            **{name: value for name, value in more.items() if name != "contacts"},
        )
        for each, some, n in zip(people, measures, seeds, strict=True)
    )  # fmt: skip
    flows = flows_of(alike(trips, [each.n_persons for each in people]), n_days, stays)
    return Towns(people, settings, flows, seed)
