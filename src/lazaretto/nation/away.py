"""Who of a city is away today, kept in the engine as not at home while contagion is drawn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import threshold
from lazaretto.engine.city import City, building_of
from lazaretto.engine.infection import course_of, record_on
from lazaretto.engine.memory import prefetch
from lazaretto.engine.rates import Rates
from lazaretto.engine.state import AT_HOME, AT_LARGE, AWAY, State, is_marked, put, where_is
from lazaretto.nation.trips import Party
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

    def at(self, city: int) -> NDArray[np.int64]:
        """Return the positions of those who are in a city."""
        return np.flatnonzero((self.city == city) & (self.where == AWAY))


@njit(nogil=True, _nrt=False, cache=True)
def _may_leave(
    city: City,
    tier: NDArray[np.uint8],
    state: State,
    detected: NDArray[np.uint32],
    person: NDArray[np.int32],
    lot: NDArray[np.uint32],
    day: int,
    confined: bool,
    leaves: NDArray[np.bool_],
) -> int:
    found = 0
    for i in range(person.size):
        if i + AHEAD < person.size:
            prefetch(state.infected_on, person[i + AHEAD])
        who = np.int64(person[i])
        leaves[i] = where_is(state.whereabouts, who) == AT_LARGE
        if confined and (tier[building_of(city, who)] & np.uint8(3)) >= CONTROLLED:
            leaves[i] = False
        since = day - np.int64(state.infected_on[who])
        recent = state.infected_on[who] >= 0 and since < detected.size
        if leaves[i] and recent and lot[i] < detected[since]:
            leaves[i] = False
            found += 1
    return found


def who_leaves(
    city: City,
    tier: NDArray[np.uint8],
    state: State,
    detected: NDArray[np.float64],
    party: Party,
    lot: NDArray[np.uint32],
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
    party, lot
        Those who mean to go, and a 31-bit lot of each.
    with_leave
        Whether they have leave, or slip through: then the confined among them go too.
    """
    leaves = np.empty(party.person.size, np.bool_)
    chance = threshold(detected)
    confined = bool(tier.any()) and not with_leave
    found = _may_leave(city, tier, state, chance, party.person, lot, party.day, confined, leaves)
    going = Party(party.day, party.person[leaves], party.city[leaves], party.stay[leaves])
    return going, found


@njit(nogil=True, _nrt=False, cache=True)
def _take_away(
    whereabouts: NDArray[np.uint64],
    person: NDArray[np.int32],
    city: NDArray[np.uint16],
    stay: NDArray[np.uint8],
    gone: int,
    quarantine: NDArray[np.uint8],
    n: int,
    who: NDArray[np.int32],
    at: NDArray[np.uint16],
    days: NDArray[np.uint8],
    where: NDArray[np.uint8],
) -> int:
    for i in range(person.size):
        kept = np.int64(stay[i]) + np.int64(quarantine[city[i]])
        if gone >= kept or where_is(whereabouts, np.int64(person[i])) != AT_LARGE:
            continue
        now = AWAY if gone < stay[i] else AT_HOME
        put(whereabouts, np.int64(person[i]), now)
        who[n], at[n], days[n], where[n] = person[i], city[i], gone, now
        n += 1
    return n


def take_away(state: State, parties: list[Party], day: int, quarantine: NDArray[np.uint8]) -> Away:
    """Put those who are away where they are, until `bring_back`; the first trip of a person holds.

    Parameters
    ----------
    state
        The residents; whereabouts are written. Whoever is not at large has stayed.
    parties
        Those who set out, by day.
    day
        Today.
    quarantine
        Days at home after a return from each city, shape (n_cities,).
    """
    longest = int(quarantine.max(initial=0))
    parts: list[tuple[Party, int, int]] = []
    for party in parties:
        gone = day - party.day
        # The longest stays come first: those who are back are cut off.
        away = np.searchsorted(-party.stay.astype(np.int64), longest - gone, side="left")
        parts.append((party, gone, int(away)))
    size = sum(last for *_, last in parts)
    who, at = np.empty(size, np.int32), np.empty(size, np.uint16)
    days, where = np.empty(size, np.uint8), np.empty(size, np.uint8)
    n = 0
    for party, gone, last in parts:
        n = _take_away(
            state.whereabouts, party.person[:last], party.city[:last], party.stay[:last], gone,
            quarantine, n, who, at, days, where,
        )  # fmt: skip
    return Away(who[:n], at[:n], days[:n], where[:n])


def still_of_use(party: Party, day: int, quarantine: int) -> Party:
    """Return a party without those who are back and out of any quarantine after a day.

    Parameters
    ----------
    party
        Those who set out on one day, the longest stays first.
    day
        Today.
    quarantine
        Longest quarantine there can be.
    """
    gone = day - party.day
    left = int(np.searchsorted(-party.stay.astype(np.int64), quarantine - gone - 1, side="left"))
    if left == party.person.size:
        return party
    return Party(party.day, *(column[:left].copy() for column in party[1:]))  # type: ignore[arg-type]


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
    which: NDArray[np.int64],
    level: NDArray[np.uint16],
) -> int:
    n, n_days = 0, rates.level.shape[1]
    for i in range(person.size):
        if i + AHEAD < person.size:
            ahead = np.int64(person[i + AHEAD])
            if is_marked(state.protected, ahead):
                prefetch(state.infected_on, ahead)
        who = np.int64(person[i])
        if not is_marked(state.protected, who):
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
    city: City, rates: Rates, state: State, course_keys: NDArray[np.uint64], away: Away, day: int
) -> tuple[NDArray[np.int64], NDArray[np.uint16], NDArray[np.uint8]]:
    """Return which of those away are infectious, their levels and days since infection.

    Parameters
    ----------
    city, rates, state
        The city they live in.
    course_keys
        Streams of `Purpose.COURSE` by day, shape (n_days,).
    away
        Those away today.
    day
        Today.
    """
    which = np.empty(away.person.size, np.int64)
    level = np.empty(away.person.size, np.uint16)
    n = _infectious(city, rates, state, course_keys, away.person, day, which, level)
    since = day - state.infected_on[away.person[which[:n]]].astype(np.int64)
    return which[:n].copy(), level[:n].copy(), since.astype(np.uint8)
