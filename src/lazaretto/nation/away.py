"""Who of a city is away today, kept in the engine as not at home while contagion is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import Purpose, stream_key, threshold
from lazaretto.engine.city import City, building_of
from lazaretto.engine.cohort import Cohort
from lazaretto.engine.infection import course_of, record_on
from lazaretto.engine.memory import prefetch
from lazaretto.engine.rates import Rates
from lazaretto.engine.state import AT_HOME, AT_LARGE, AWAY, State, is_marked, mark, put, where_is
from lazaretto.nation.trips import Party, lot_of
from lazaretto.words import CONTROLLED

AHEAD = 16
"""Travellers between asking memory for one and looking at it."""


class Away(NamedTuple):
    """The residents who are not at home today, in the order in which they set out; shape (n,).

    ``city`` is where they are, ``gone`` the days since they set out, ``where`` what the engine is
    told: away, or at home for those in quarantine after their return.
    """

    person: NDArray[np.int32]
    city: NDArray[np.uint16]
    gone: NDArray[np.uint8]
    where: NDArray[np.uint8]

    def by_city(self, quarantine: NDArray[np.uint8]) -> ByCity:
        """Return those who are out and about in each city they are in.

        Parameters
        ----------
        quarantine
            Days in quarantine on arrival in each city, shape (n_cities,).
        """
        out = np.flatnonzero((self.where == AWAY) & (self.gone >= quarantine[self.city]))
        order = np.argsort(self.city[out], kind="stable")
        position = out[order]
        start = np.searchsorted(self.city[position], np.arange(quarantine.size + 1))
        return ByCity(position, start)


class ByCity(NamedTuple):
    """Positions in `Away` by the city they are in, ascending within one.

    ``position`` has those of city c from ``start[c]`` to ``start[c + 1]``.
    """

    position: NDArray[np.int64]
    start: NDArray[np.int64]

    def at(self, city: int) -> NDArray[np.int64]:
        """Return the positions of those in a city."""
        return self.position[self.start[city] : self.start[city + 1]]


TIDY = 4
"""Days between two times that those who are back are forgotten: moving the others takes time."""

NOBODY_AWAY = Away(
    np.empty(0, np.int32), np.empty(0, np.uint16), np.empty(0, np.uint8), np.empty(0, np.uint8)
)


COLUMNS = ("person", "city", "stay", "day")
"""Columns of `Travellers`."""


class Travellers:
    """Those of a city who set out on the last days, in the order in which they did.

    The columns ``person``, ``city``, ``stay`` and ``day`` (of departure) have room for more; the
    first ``n`` entries hold.
    """

    def __init__(self) -> None:
        self.n = 0
        self.person = np.empty(0, np.int32)
        self.city = np.empty(0, np.uint16)
        self.stay = np.empty(0, np.uint8)
        self.day = np.empty(0, np.int16)

    def join(self, party: Party, day: int) -> None:
        """Add those who set out on a day, the latest so far."""
        n = self.n + party.person.size
        if n > self.person.size:
            for name in COLUMNS:
                larger = np.empty(n + n // 4, getattr(self, name).dtype)
                larger[: self.n] = getattr(self, name)[: self.n]
                setattr(self, name, larger)
        added = slice(self.n, n)
        self.person[added], self.city[added] = party.person, party.city
        self.stay[added], self.day[added] = party.stay, day
        self.n = n

    def held(self) -> dict[str, NDArray[np.generic]]:
        """Return the columns, by name."""
        return {name: getattr(self, name)[: self.n] for name in COLUMNS}

    @classmethod
    def of(cls, held: dict[str, NDArray[np.generic]]) -> Travellers:
        """Return the travellers of whom `held` was returned."""
        travellers = cls()
        for name, column in held.items():
            setattr(travellers, name, column)
        travellers.n = travellers.person.size
        return travellers


@njit(nogil=True, _nrt=False, cache=True)
def _may_leave(
    city: City,
    tier: NDArray[np.uint8],
    state: State,
    detected: NDArray[np.uint32],
    key: np.uint64,
    party: Party,
    day: int,
    confined: bool,
) -> tuple[int, int]:
    person, left, found = party.person, 0, 0
    for i in range(person.size):
        if i + AHEAD < person.size:
            prefetch(state.infected_on, person[i + AHEAD])
        who = np.int64(person[i])
        if where_is(state.whereabouts, who) != AT_LARGE:
            continue
        if confined and (tier[building_of(city, who)] & np.uint8(3)) >= CONTROLLED:
            continue
        if state.infected_on[who] >= 0:
            since = day - np.int64(state.infected_on[who])
            if since < detected.size and lot_of(key, party.number[i]) < detected[since]:
                found += 1
                continue
        person[left], party.city[left] = who, party.city[i]
        party.stay[left], party.number[left] = party.stay[i], party.number[i]
        left += 1
    return left, found


def who_leaves(
    city: City,
    tier: NDArray[np.uint8],
    state: State,
    detected: NDArray[np.float64],
    seed: int,
    day: int,
    party: Party,
    with_leave: bool = False,
) -> tuple[Party, int]:
    """Return the party without those who are confined, isolated, or found by a test, and these.

    Parameters
    ----------
    city, state
        The city and its residents.
    tier
        Tier of each building today, shape (n_buildings,).
    detected
        Chance that an infected person is found before the trip, by day since infection.
    seed, day
        Seed of the city, and today.
    party
        Those who mean to go; written.
    with_leave
        Whether they have leave, or slip through: then the confined among them go too.
    """
    chance = threshold(detected)
    confined = bool(tier.any()) and not with_leave
    key = stream_key(seed, Purpose.TRIP, day)
    left, found = _may_leave(city, tier, state, chance, key, party, day, confined)
    return Party._make(column[:left] for column in party), found


@njit(nogil=True, _nrt=False, cache=True)
def _take_away(
    whereabouts: NDArray[np.uint64],
    person: NDArray[np.int32],
    city: NDArray[np.uint16],
    stay: NDArray[np.uint8],
    set_out: NDArray[np.int16],
    day: int,
    quarantine: NDArray[np.uint8],
    longest: int,
    tidy: bool,
    away: Away,
) -> tuple[int, int]:
    left, n = 0, 0
    for i in range(person.size):
        gone = day - np.int64(set_out[i])
        if tidy:
            if gone >= np.int64(stay[i]) + longest:
                continue
            if left < i:
                person[left], city[left] = person[i], city[i]
                stay[left], set_out[left] = stay[i], set_out[i]
            left += 1
        kept = np.int64(stay[i]) + np.int64(quarantine[city[i]])
        if gone >= kept or where_is(whereabouts, np.int64(person[i])) != AT_LARGE:
            continue
        now = AWAY if gone < stay[i] else AT_HOME
        put(whereabouts, np.int64(person[i]), now)
        away.person[n], away.city[n], away.gone[n], away.where[n] = person[i], city[i], gone, now
        n += 1
    return left if tidy else person.size, n


def take_away(
    state: State, travellers: Travellers, day: int, quarantine: NDArray[np.uint8], longest: int
) -> Away:
    """Put those who are away where they are, until `bring_back`; the first trip of a person holds.

    Parameters
    ----------
    state
        The residents; whereabouts are written. Whoever is not at large has stayed.
    travellers
        Those who set out; who is back and out of any quarantine is forgotten now and then.
    day
        Today.
    quarantine
        Days at home after a return from each city, shape (n_cities,).
    longest
        Longest quarantine there can be, on this day or another.
    """
    n = travellers.n
    away = Away(
        np.empty(n, np.int32), np.empty(n, np.uint16), np.empty(n, np.uint8), np.empty(n, np.uint8)
    )
    travellers.n, found = _take_away(
        state.whereabouts, travellers.person[:n], travellers.city[:n], travellers.stay[:n],
        travellers.day[:n], day, quarantine, longest, day % TIDY == 0, away,
    )  # fmt: skip
    return Away._make(column[:found].copy() for column in away)


@njit(nogil=True, _nrt=False, cache=True)
def _bring_back(whereabouts: NDArray[np.uint64], person: NDArray[np.int32]) -> None:
    for i in range(person.size):
        put(whereabouts, np.int64(person[i]), AT_LARGE)


def bring_back(state: State, away: Away) -> None:
    """Put everybody who was taken away back at large; nobody else moved meanwhile."""
    _bring_back(state.whereabouts, away.person)


@njit(nogil=True, _nrt=False, cache=True)
def _infectious(
    city: City,
    rates: Rates,
    state: State,
    course_keys: NDArray[np.uint64],
    person: NDArray[np.int32],
    day: int,
    infected: NDArray[np.uint64],
    which: NDArray[np.int64],
    level: NDArray[np.uint16],
) -> int:
    n, n_days = 0, rates.level.shape[1]
    for i in range(person.size):
        if i + AHEAD < person.size:
            ahead = np.int64(person[i + AHEAD])
            if is_marked(infected, ahead):
                prefetch(state.infected_on, ahead)
        who = np.int64(person[i])
        if not is_marked(infected, who):
            continue
        since = day - np.int64(state.infected_on[who])
        if since >= n_days or since <= 0:
            continue
        record = record_on(city, rates, state, course_keys, who)
        strength = rates.level[course_of(record), since]
        if strength > 0:
            which[n], level[n] = i, strength
            n += 1
    return n


def infectious_among(
    city: City,
    rates: Rates,
    state: State,
    course_keys: NDArray[np.uint64],
    cohorts: Sequence[Cohort],
    away: Away,
    day: int,
) -> tuple[NDArray[np.int64], NDArray[np.uint16], NDArray[np.uint8]]:
    """Return which of those away are infectious, their levels and days since infection.

    Parameters
    ----------
    city, rates, state
        The city they live in.
    course_keys
        Streams of `Purpose.COURSE` by day, shape (n_days,).
    cohorts
        Those infected whose transmission is not over.
    away
        Those away today.
    day
        Today.
    """
    # One bit a person is read at random many times faster than the day each was infected on.
    infected = np.zeros_like(state.protected)
    for cohort in cohorts:
        mark(infected, cohort.person)
    which = np.empty(away.person.size, np.int64)
    level = np.empty(away.person.size, np.uint16)
    n = _infectious(city, rates, state, course_keys, away.person, day, infected, which, level)
    since = day - state.infected_on[away.person[which[:n]]].astype(np.int64)
    return which[:n].copy(), level[:n].copy(), since.astype(np.uint8)
