"""Infection where persons are isolated together: in facilities, and on the bus to them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import special

from lazaretto.chance import CERTAIN, draw, low31, second, threshold
from lazaretto.engine.city import City
from lazaretto.engine.exposures import label_of
from lazaretto.engine.infection import course_of, record_on
from lazaretto.engine.isolation import STAY, UNKNOWN_COURSE, Isolated
from lazaretto.engine.memory import AHEAD, prefetch
from lazaretto.engine.rates import MOST_DAYS, STRENGTH_UNIT, Rates
from lazaretto.engine.state import State, is_marked
from lazaretto.engine.transmission import accepts
from lazaretto.measures import Stock
from lazaretto.words import BUS, FACILITY

MOST_EXPOSURES = 96
"""One more than the most exposures of a person on one day."""

LARGEST_MEAN = 50.0
"""Exposures a day above which more make no difference."""


@njit(nogil=True, _nrt=False, cache=True)
def shed(
    city: City,
    rates: Rates,
    state: State,
    course_keys: NDArray[np.uint64],
    person: NDArray[np.int32],
    group: NDArray[np.int32],
    stay: NDArray[Any],
    day: int,
    shedding: NDArray[np.int64],
    present: NDArray[np.int64],
) -> None:
    """Add up the infectiousness of those who are together.

    Parameters
    ----------
    city, rates, state
        The city, the tables of the disease, and the residents.
    course_keys
        Streams of `Purpose.COURSE` by day, shape (n_days,).
    person, group, stay
        Who is in which group (-1: none), and stays as in `Isolated`, of which the courses are
        written when first needed, shape (n,).
    day
        Today.
    shedding
        Receives infectiousness by group and days since infection, in units of
        1 / `STRENGTH_UNIT`, shape (n_groups, MOST_DAYS).
    present
        Receives the persons of each group, shape (n_groups,).
    """
    for i in range(person.size):
        prefetch(state.infected_on, person[min(i + AHEAD, person.size - 1)])
        if group[i] < 0:
            continue
        present[group[i]] += 1
        who = np.int64(person[i])
        infected = np.int64(state.infected_on[who])
        since = day - infected
        if infected < 0 or since >= rates.level.shape[1]:
            continue
        if stay[i].course == UNKNOWN_COURSE or since == 1:  # infected anew: another course
            stay[i].course = course_of(record_on(city, rates, state, course_keys, who))
        shedding[group[i], since] += rates.strength[rates.level[stay[i].course, since]]


@njit(nogil=True, _nrt=False, cache=True)
def catch(
    city: City,
    rates: Rates,
    state: State,
    person: NDArray[np.int32],
    group: NDArray[np.int32],
    exposures: NDArray[np.uint32],
    shedding: NDArray[np.int64],
    origin: int,
    day: int,
    key: np.uint64,
    caught: NDArray[np.int32],
    label: NDArray[np.uint16],
) -> int:
    """Infect those who are together with the infectious; return how many.

    Parameters
    ----------
    city, rates, state, person, group, shedding, day
        As in `shed`.
    exposures
        Cumulative chances of the number of exposures of a person of the group today, 31 bits,
        shape (n_groups, MOST_EXPOSURES).
    origin
        `FACILITY` or `BUS`.
    key
        Stream of `Purpose.FACILITY` for today.
    caught, label
        Receive who is infected, in the order of ``person``, and the label, shape (n,).
    """
    n = 0
    for i in range(person.size):
        if group[i] < 0:
            continue
        row = exposures[group[i]]
        who = np.int64(person[i])
        if is_marked(state.protected, who):
            continue
        bits = draw(key, who, origin)
        more, infected, times = bits, False, 0
        while not infected and low31(bits) >= row[times]:
            times += 1
            more = second(more)
            infected = bool(accepts(city, rates, state, who, day, more))
        if not infected:
            continue
        by_day = shedding[group[i]]
        rest = np.int64(second(more) % np.uint64(by_day.sum()))
        since = 0
        while rest >= by_day[since]:
            rest -= by_day[since]
            since += 1
        caught[n] = who
        label[n] = label_of(origin, since, 0)
        n += 1
    return n


def exposure_numbers(mean: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Return cumulative Poisson probabilities of the number of exposures, 31 bits.

    Parameters
    ----------
    mean
        Mean number by group, shape (n_groups,).

    Returns
    -------
    Thresholds, shape (n_groups, MOST_EXPOSURES), the last `CERTAIN`.
    """
    shared, which = np.unique(mean, return_inverse=True)
    numbers = np.full((shared.size, MOST_EXPOSURES), CERTAIN, np.uint32)
    # Most means are far below one: what lies beyond the first numbers is not worked out.
    more, first = np.arange(shared.size), 0
    while more.size and first < MOST_EXPOSURES - 1:
        next_ = np.arange(first, min(first + 12, MOST_EXPOSURES - 1))
        numbers[more[:, None], next_] = threshold(
            np.asarray(special.pdtr(next_, shared[more, None]), np.float64)
        )
        more, first = more[numbers[more, next_[-1]] < CERTAIN], first + 12
    return numbers[which]


def together(
    city: City,
    rates: Rates,
    state: State,
    course_keys: NDArray[np.uint64],
    person: NDArray[np.int32],
    group: NDArray[np.int32],
    stay: NDArray[Any],
    contacts: NDArray[np.float64],
    origin: int,
    day: int,
    key: np.uint64,
) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
    """Return who is infected today by those they are together with, and the labels.

    Everybody of a group meets ``contacts`` others of it at random, so the exposures of a person
    are Poisson in number, with mean contacts * mean infectiousness of the others; each infects by
    the person's susceptibility.

    Parameters
    ----------
    city, rates, state, course_keys, person, group, stay, origin, day, key
        As in `shed` and `catch`; persons ascending.
    contacts
        Weighted contacts by group, shape (n_groups,).
    """
    n_groups = contacts.size
    shedding = np.zeros((n_groups, MOST_DAYS), np.int64)
    present = np.zeros(n_groups, np.int64)
    shed(city, rates, state, course_keys, person, group, stay, day, shedding, present)
    mean = shedding.sum(axis=1) / STRENGTH_UNIT / np.maximum(present - 1, 1)
    exposures = exposure_numbers(np.minimum(contacts * mean, LARGEST_MEAN))
    caught, label = np.empty(person.size, np.int32), np.empty(person.size, np.uint16)
    n = catch(
        city, rates, state, person, group, exposures, shedding, origin, day, key, caught, label
    )
    return caught[:n].copy(), label[:n].copy()


def caught_in_facilities(
    city: City,
    rates: Rates,
    state: State,
    course_keys: NDArray[np.uint64],
    isolated: Isolated,
    stocks: tuple[Stock, ...],
    day: int,
    key: np.uint64,
) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
    """Return who is infected today in isolation facilities, ascending, and the labels.

    Parameters
    ----------
    city, rates, state, course_keys, day, key
        As in `together`.
    isolated
        Everybody isolated; courses are written when first needed.
    stocks
        The stocks of the scenario; the beds of one stock are one facility.
    """
    contacts = np.array([0.0, *(stock.contacts for stock in stocks)])
    facility = np.where(contacts > 0, np.arange(contacts.size), -1).astype(np.int32)
    group = facility[isolated.place]
    return together(city, rates, state, course_keys, isolated.person, group, isolated.stay,
                    contacts, FACILITY, day, key)  # fmt: skip


def caught_on_buses(
    city: City,
    rates: Rates,
    state: State,
    course_keys: NDArray[np.uint64],
    rider: NDArray[np.int32],
    bus: NDArray[np.int64],
    contacts: NDArray[np.float64],
    day: int,
    key: np.uint64,
) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
    """Return who is infected today on a bus, ascending, and the labels.

    Parameters
    ----------
    city, rates, state, course_keys, day, key
        As in `together`.
    rider, bus
        Who rides in which bus, riders ascending, shape (n,).
    contacts
        Weighted contacts on each bus, shape (n_buses,).
    """
    stay, group = np.zeros(rider.size, STAY), bus.astype(np.int32)
    stay["course"] = UNKNOWN_COURSE
    return together(city, rates, state, course_keys, rider, group, stay, contacts, BUS, day, key)
