"""Cohorts: everybody infected on one day, and what is counted when they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.engine.city import BLOCK_SHIFT, City, building_of
from lazaretto.engine.contacts import Policy
from lazaretto.engine.exposures import origin_of, since_of
from lazaretto.engine.infection import (
    NO_SYMPTOMS,
    age_of,
    course_of,
    new_record,
    onset_of,
    place_in_household,
)
from lazaretto.engine.leakage import kind_of_household
from lazaretto.engine.memory import AHEAD, prefetch
from lazaretto.engine.rates import Rates
from lazaretto.engine.state import DEAD, State, is_marked, where_is
from lazaretto.words import AGE_BANDS, INCOMES, ORIGINS, TIERS


@dataclass
class Cohort:
    """The persons infected on one day, or of a large day one range of them, ascending by id.

    Parameters
    ----------
    day
        Day of infection.
    person, record
        Ids and packed records (`lazaretto.engine.infection`), each shape (n,).
    """

    day: int
    person: NDArray[np.int32]
    record: NDArray[np.uint32]

    @property
    def size(self) -> int:
        """Number of records still kept."""
        return int(self.person.size)


def join(
    cohorts: list[Cohort], day: int, person: NDArray[np.int32], record: NDArray[np.uint32]
) -> None:
    """Put persons infected elsewhere in their place, by id, among those infected on a day.

    Parameters
    ----------
    cohorts
        The cohorts of a run, by day; changed.
    day
        Day of infection.
    person, record
        Who, ascending, and their packed records, shape (n,).
    """
    theirs = [cohort for cohort in cohorts if cohort.day == day]
    if not theirs:
        later = next((i for i, cohort in enumerate(cohorts) if cohort.day > day), len(cohorts))
        cohorts.insert(later, Cohort(day, person, record))
        return
    ends = np.array([cohort.person[-1] for cohort in theirs[:-1]])
    where = np.searchsorted(ends, person)
    for i, cohort in enumerate(theirs):
        here = where == i
        at = np.searchsorted(cohort.person, person[here])
        cohort.person = np.insert(cohort.person, at, person[here])
        cohort.record = np.insert(cohort.record, at, record[here])


class Count(NamedTuple):
    """Infections of one day, counted by one thread: flat arrays that are later added up."""

    origin: NDArray[np.int64]
    """(n_districts, n_origins)"""
    age: NDArray[np.int64]
    """(18,)"""
    tier: NDArray[np.int64]
    """(4,)"""
    caused: NDArray[np.int64]
    """(32,) by days since the source was infected"""
    symptomatic: NDArray[np.int64]
    """(18,) by age"""
    income: NDArray[np.int64]
    """(5,) by income class"""


def no_count(n_districts: int) -> Count:
    """Return a count of nothing."""
    return Count(
        np.zeros((n_districts, len(ORIGINS)), np.int64),
        np.zeros(len(AGE_BANDS), np.int64),
        np.zeros(len(TIERS), np.int64),
        np.zeros(32, np.int64),
        np.zeros(len(AGE_BANDS), np.int64),
        np.zeros(len(INCOMES), np.int64),
    )


@njit(nogil=True, _nrt=False, cache=True)
def infect(
    city: City,
    rates: Rates,
    policy: Policy,
    state: State,
    person: NDArray[np.int32],
    label: NDArray[np.uint16],
    day: int,
    key: np.uint64,
    record: NDArray[np.uint32],
    count: Count,
) -> None:
    """Infect the winners of one partition: state, records and counts.

    Parameters
    ----------
    city, rates, policy, state
        As in `lazaretto.engine.transmission.emit`; ``state`` is written.
    person, label
        The newly infected, ascending, and the label of the winning exposure, each shape (n,).
    day
        Today.
    key
        Stream of `Purpose.COURSE` for today.
    record
        Receives the packed records, shape (n,).
    count
        Receives the counts.
    """
    for i in range(person.size):
        ahead = np.int64(person[min(i + AHEAD, person.size - 1)])
        prefetch(state.infected_on, ahead)
        prefetch(city.attributes, ahead)
        prefetch(city.group, ahead)
        prefetch(city.building_of_block, ahead >> BLOCK_SHIFT)
        who = np.int64(person[i])
        state.protected[who >> 6] |= np.uint64(1) << np.uint64(who & 63)
        state.infected_on[who] = day
        if state.known.size > 1:
            state.known[who >> 6] &= ~(np.uint64(1) << np.uint64(who & 63))
        record[i] = new_record(city, rates, state.vaccine, key, who, day)
        building = building_of(city, who)
        count.origin[city.building_district[building], origin_of(label[i])] += 1
        age = age_of(record[i])
        count.age[age] += 1
        count.symptomatic[age] += 1 if onset_of(record[i]) != NO_SYMPTOMS else 0
        leak, compound = policy.leak, np.int64(city.building_compound[building])
        household = who - place_in_household(record[i])
        kind = kind_of_household(leak.income, leak.migrant, leak.income_key, household, compound)
        count.income[kind // 2] += 1
        count.tier[policy.tier[building] & np.uint8(3)] += 1
        count.caused[since_of(label[i])] += 1


@njit(nogil=True, cache=True)
def still_needed(
    rates: Rates,
    known: NDArray[np.uint64],
    person: NDArray[np.int32],
    record: NDArray[np.uint32],
    since: int,
    sought: bool,
) -> NDArray[np.bool_]:
    """Return which records of a cohort can still matter, shape (n,).

    Parameters
    ----------
    rates
        Tables of the disease.
    known
        Bitmap of those whose infection is known.
    person, record
        The cohort.
    since
        Days since it was infected.
    sought
        Whether infected persons are looked for (then those not known are kept).
    """
    needed = np.empty(record.size, np.bool_)
    for i in range(record.size):
        infectious = since < rates.last_day[course_of(record[i])]
        needed[i] = infectious or (sought and not is_marked(known, person[i]))
    return needed


@njit(nogil=True, _nrt=False, cache=True)
def unprotect(state: State, last: int) -> None:
    """Let everybody alive infected on or before a day be infected again: protection wanes.

    Parameters
    ----------
    state
        The state of the residents; the bitmap is written.
    last
        Day of the run.
    """
    moved = state.whereabouts.size > 1
    for word in range(state.protected.size):
        if state.protected[word] == 0:
            continue
        gone = np.uint64(0)
        first = word << 6
        for i in range(min(64, state.infected_on.size - first)):
            if (state.protected[word] >> np.uint64(i)) & np.uint64(1) == 0:
                continue
            who, before = first + i, state.infected_on[first + i]
            if 0 <= before <= last and not (moved and where_is(state.whereabouts, who) == DEAD):
                gone |= np.uint64(1) << np.uint64(i)
        state.protected[word] &= ~gone
