"""The day of a nation: every city its own engine, then whom travellers infect and who infects them.

In the morning each city does what it does by itself. Then those who set out and those who are still
away are taken from home; infectious visitors and the residents they meet are told of to the cities
concerned; what visitors and hosts catch from each other is applied first; at last each city
transmits among those at home, and has its evening.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazaretto.disease import CourseTable
from lazaretto.engine.exposures import order_keys, winners
from lazaretto.engine.memory import give_freed_memory_back, let_go
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.spread import Workers
from lazaretto.engine.state import AWAY
from lazaretto.nation.away import (
    NOBODY_AWAY,
    bring_back,
    infectious_among,
    take_away,
    who_leaves,
)
from lazaretto.nation.exchange import EXPOSURE, VISIT, Alone, Exchange, by_city
from lazaretto.nation.meeting import NOBODY, Records, exposed_away, meet
from lazaretto.nation.member import BEFORE_TRANSMISSION, Member, Plan, seed_of_city
from lazaretto.nation.travel import Flows, Today, Travel, today
from lazaretto.nation.trips import Party
from lazaretto.nation.visits import Exposed

_Meetings = tuple[dict[int, Exposed], dict[int, Records]]
"""Exposed residents by city, and exposed visitors by the city they live in."""


CROWDED = 1 << 28
"""Residents of one process above which mapped files are let go of after each day of a city."""

COUNTED = ("departures", "kept_by_test", "infectious_visitors", "trips_lost", "woken")
"""Arrays of `Nation` by day and city, or by city."""


def engine_of(member: Member) -> Simulation:
    """Return the engine of a city that was woken."""
    assert member.simulation is not None
    return member.simulation


@dataclass
class Nation:
    """One run of many cities.

    Parameters
    ----------
    plans
        The cities.
    flows
        Intended travel between them.
    courses
        Courses of infection of the variant, the same in every city.
    start, n_days
        First date and number of days.
    seed
        Seed of the run.
    threads
        Worker threads; cities are shared out among them, without influence on the results.
    exchange
        How the processes of the run talk to each other; one process has all cities if absent.
    """

    plans: Sequence[Plan]
    flows: Flows
    courses: CourseTable
    start: date
    n_days: int
    seed: int
    threads: int = 2
    exchange: Exchange = field(default_factory=Alone)

    members: list[Member] = field(init=False)
    travel: Travel = field(init=False)
    day: int = field(init=False, default=0)
    departures: NDArray[np.int64] = field(init=False)
    """Trips made by residents, by day and city, shape (n_days, n_cities).

    Of cities asleep or calm as many as are allowed in the mean; trips of those who are away on
    another one already are among them.
    """
    kept_by_test: NDArray[np.int64] = field(init=False)
    """Infected residents found by a test before a trip, shape (n_days, n_cities)."""
    infectious_visitors: NDArray[np.int64] = field(init=False)
    """Infectious visitors out and about, by day and city they are in, (n_days, n_cities)."""
    trips_lost: NDArray[np.float64] = field(init=False)
    """Mean number of trips out of each city that measures prevented, (n_days, n_cities)."""
    woken: NDArray[np.int64] = field(init=False)
    """Day on which each city woke, -1 if it never did, shape (n_cities,)."""

    def __post_init__(self) -> None:
        shape = (self.n_days, len(self.plans))
        self.members = [
            Member(number, plan, seed_of_city(self.seed, plan.code))
            for number, plan in enumerate(self.plans)
        ]
        self.travel = Travel(self.flows)
        self.departures = np.zeros(shape, np.int64)
        self.kept_by_test = np.zeros(shape, np.int64)
        self.infectious_visitors = np.zeros(shape, np.int64)
        self.trips_lost = np.zeros(shape)
        self.woken = np.full(shape[1], -1)
        self._detectable = {"pcr": self.courses.pcr, "antigen": self.courses.antigen}
        self._still = max(table.size for table in self._detectable.values())
        self._threads = Workers(self.threads)
        backward = any(getattr(m, "backward", False) for plan in self.plans for m in plan.measures)
        self.buffers = Workers(1, sources=backward)
        persons = sum(plan.n_persons for plan in self.plans)
        self.crowded = persons > CROWDED * self.exchange.size
        if self.crowded:  # hundreds of cities keep more for others than they use again
            give_freed_memory_back(larger_than=1 << 18)
        self.exchange.assign([plan.n_persons for plan in self.plans])
        self.mine = [m for m in self.members if self.exchange.owner(m.number) == self.exchange.rank]

    @property
    def date(self) -> date:
        """The date of the next day to simulate."""
        return self.start + timedelta(days=self.day)

    @property
    def awake(self) -> list[Member]:
        """The cities of this process whose engine runs, the largest first."""
        awake = [member for member in self.mine if member.awake]
        return sorted(awake, key=lambda member: -member.plan.n_persons)

    def run(self, on_day: Callable[[Nation], None] | None = None, until: int | None = None) -> None:
        """Simulate the days that remain.

        Parameters
        ----------
        on_day
            Called after each day.
        until
            Stop before this day of the run; the end if absent.
        """
        while self.day < (self.n_days if until is None else min(until, self.n_days)):
            self.advance()
            if on_day is not None:
                on_day(self)

    def close(self) -> None:
        """Stop the worker threads."""
        self._threads.close()

    def gathered(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of `COUNTED` with the cities of all processes in them."""
        whole = {}
        for name in COUNTED:
            own = getattr(self, name)
            whole[name] = own.copy()
            mine = [(member.number, own[..., member.number]) for member in self.mine]
            for number, column in self.exchange.share(mine):
                whole[name][..., number] = column
        return whole

    def advance(self) -> None:
        """Simulate one day."""
        self._threads.map(self._wake, [m for m in self.mine if self._wakes_today(m)])
        self._threads.map(self._morning, self.awake)
        if not self.flows.none:
            now = self._orders()
            stirring = [m for m in self.awake if m.stirs(self.day, self._still)]
            visits = self._threads.map(lambda member: self._leave(member, now), stirring)
            visitors = by_city(self._delivered(visits, VISIT), "home", "person")
            exposed = self._meet(visitors, now)
            self._catch(exposed, now)
        self._threads.map(self._rest, self.awake)
        self.day += 1
        if self.day == self.n_days:
            self._threads.map(self._wake, [member for member in self.mine if member.dozing])

    def _wakes_today(self, member: Member) -> bool:
        return not member.awake and (not member.plan.sleeps or member.plan.first_seed == self.day)

    def _wake(self, member: Member) -> None:
        """Start the engine of a city, or go on with it."""
        if member.simulation is None:
            member.start(not self.flows.none, self.buffers)
            self.woken[member.number] = self.day
        engine = engine_of(member)
        engine.resting = member.plan.sleeps and engine.citizens.response is None
        engine.run(until=self.day)
        engine.resting = False
        member.dozing, member.woke_on = False, self.day

    def _party(self, member: Member, day: int, shortest: int = 1) -> Party:
        person = member.plan.n_persons
        return self.travel.party(member.number, member.seed, person, day, shortest)

    def _morning(self, member: Member) -> None:
        engine_of(member).advance(until=BEFORE_TRANSMISSION)

    def _orders(self) -> Today:
        """Return what holds for travel today in all cities, and begin the day of travel."""
        mine = [
            (member.number, member.orders(self.date, self._detectable), member.risk(self.day))
            for member in self.mine
        ]
        every = sorted(self.exchange.share(mine), key=lambda each: each[0])
        now = today([orders for _, orders, _ in every], np.array([risk for *_, risk in every]))
        self.travel.begin(now.allowed)
        self._travellers = {number: orders for number, orders, _ in every}
        intended = self.travel.intended(self.day)
        self.trips_lost[self.day] = (intended * (1 - now.allowed)).sum(axis=1)
        made = intended.sum(axis=1) - self.trips_lost[self.day]
        for member in self.mine:
            self.departures[self.day, member.number] = round(made[member.number])
            member.away = NOBODY_AWAY
        return now

    def _leave(self, member: Member, now: Today) -> Records:
        """Let residents set out, take those away from home, and return the infectious visits."""
        engine, day, city = engine_of(member), self.day, member.number
        self._catch_up(member)
        orders, longest = self._travellers[city], self.flows.longest_quarantine
        party, found = who_leaves(
            engine.city, engine.policy.tier, engine.state, orders.detected, member.seed, day,
            self._party(member, day), orders.with_leave,
        )  # fmt: skip
        self.departures[day, city], self.kept_by_test[day, city] = party.person.size, found
        member.travellers.join(party, day)
        member.left_on = day
        away = take_away(engine.state, member.travellers, day, now.returned[city], longest)
        member.away = away
        if away.person.size:
            engine.policy = engine.policy._replace(moved=1)
        if not engine.cohorts:
            return np.empty(0, VISIT)
        keys = engine.containment.course_keys
        which, level, since = infectious_among(
            engine.city, engine.rates, engine.state, keys, engine.cohorts, away, day
        )
        at, gone = away.city[which], away.gone[which]
        out = (away.where[which] == AWAY) & (gone >= now.quarantine[city, at])
        visits = np.empty(int(out.sum()), VISIT)
        visits["home"] = city
        for name, column in (
            ("to", at), ("person", away.person[which]), ("level", level), ("since", since),
            ("gone", gone),
        ):  # fmt: skip
            visits[name] = column[out]
        return visits

    def _catch_up(self, member: Member) -> None:
        """Add those who set out while a city slept or was calm and may still be away."""
        longest = self.flows.longest_quarantine
        for day in range(max(member.left_on + 1, self.day - self.flows.before), self.day):
            party = self._party(member, day, self.day - day - longest + 1)
            member.travellers.join(party, day)

    def _meet(self, visitors: dict[int, Records], now: Today) -> _Meetings:
        """Let infectious visitors and residents meet in every city; return who is exposed."""
        there = self.travel.visitors(self.day, now.quarantine)
        for city in visitors:
            self.infectious_visitors[self.day, city] = visitors[city].size
        late = [m for m in self.mine if m.left_on < self.day and m.number in visitors]
        self._threads.map(lambda member: self._join(member, now), late)
        awake = [m for m in self.awake if m.number in visitors or engine_of(m).cohorts]
        met = self._threads.map(
            lambda member: meet(
                engine_of(member),
                member.number,
                visitors.get(member.number),
                there[:, member.number],
            ),
            awake,
        )
        residents = {member.number: each[0] for member, each in zip(awake, met, strict=True)}
        order = np.argsort([member.number for member in awake])
        hosted = self._delivered([met[i][1] for i in order], EXPOSURE)
        return residents, by_city(hosted, "at")

    def _join(self, member: Member, now: Today) -> None:
        """Let the residents of a city leave in the middle of the day; wake it if it sleeps."""
        if not member.awake:
            self._wake(member)
            self._morning(member)
        self._leave(member, now)

    def _catch(self, exposed: _Meetings, now: Today) -> None:
        """Infect residents whom visitors exposed, and residents exposed while they were away."""
        residents, hosted = exposed
        cities = sorted({*residents, *hosted})
        late = [m for m in self.mine if m.left_on < self.day and m.number in hosted]
        self._threads.map(lambda member: self._join(member, now), late)

        def catch(number: int) -> None:
            member = self.members[number]
            away = exposed_away(engine_of(member), member.away, hosted.get(number), now, number)
            at_home = residents.get(number, NOBODY)
            target = np.concatenate([at_home.target, away.target])
            label = np.concatenate([at_home.label, away.label])
            if target.size:
                keys = order_keys(target, label)
                keys.sort()
                won = winners(keys)
                engine_of(member).infect(target[won], label[won], self.day)

        self._threads.map(catch, cities)

    def _delivered(self, parts: Sequence[Records], kind: np.dtype[np.void]) -> Records:
        return self.exchange.deliver(np.concatenate([np.empty(0, kind), *parts]))

    def _rest(self, member: Member) -> None:
        engine = engine_of(member)
        engine.advance(until=BEFORE_TRANSMISSION + 1)
        bring_back(engine.state, member.away)
        engine.advance()
        member.dozing = member.may_doze
        if self.crowded:
            let_go(engine.people.group)
