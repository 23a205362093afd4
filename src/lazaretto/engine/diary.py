"""The contact diary: everybody a person met on a day, recomputed and never stored.

The contacts of a person on a day are two independent keyed draws (Poisson splitting): those that
would transmit, which are the draws the engine made, and all others. Their rates add up to the
contact rate of the layer; for the most infectious, whose transmitting draws alone exceed it, the
others are none. Both are thinned by the policy of the day, on both sides, as in transmission.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import draw, high31, low31, second, threshold
from lazaretto.disease import CourseTable
from lazaretto.engine.city import (
    BLOCK_SHIFT,
    ESSENTIAL,
    IN_SCHOOL,
    IN_WORKPLACE,
    City,
    building_of,
)
from lazaretto.engine.contacts import (
    NUMBER_OF_EVENTS,
    USUAL,
    Policy,
    contact_happens,
    draw_target,
    made_by_age,
    may_slip,
    resolve,
    row_of_age,
    who_is,
)
from lazaretto.engine.infection import household_size, is_essential, kind_of
from lazaretto.engine.leakage import meets_others
from lazaretto.engine.memory import prefetch
from lazaretto.engine.rates import (
    MOST_EVENTS,
    ContactRates,
    Rates,
    by_household_size,
    drawn_by_age,
    event_numbers,
)
from lazaretto.engine.state import AT_HOME, AT_LARGE, where_is
from lazaretto.words import BUILDING, COMMUNITY, COMPOUND, HOUSEHOLD, SCHOOL, WORKPLACE

MOST_MET = 6 * MOST_EVENTS
CONTACTS = "contacts (lower the contact rates)"


class OtherContacts(NamedTuple):
    """Numbers of contacts that would not transmit, laid out as in `Rates`.

    ``place`` has shape (n_ages, n_levels, 2): the share of building and compound can depend on the
    level, since contacts of different layers transmit with different weight.
    """

    open: NDArray[np.uint32]
    household: NDArray[np.uint32]
    group: NDArray[np.uint32]
    place: NDArray[np.uint32]


class Met(NamedTuple):
    """Buffer for one diary, each shape (MOST_MET,).

    ``chance`` are the random bits of a contact, ``made`` says whether the person's own tier allows
    it: both serve while contacts pass through stages, so that memory asked for in one has come by
    the next.
    """

    person: NDArray[np.int32]
    layer: NDArray[np.uint8]
    transmits: NDArray[np.bool_]
    chance: NDArray[np.uint64]
    made: NDArray[np.bool_]


class Diary(NamedTuple):
    """Who a person met on a day; arrays of shape (n,), one entry per contact.

    ``transmits`` says whether the contact would have infected a fully susceptible person.
    """

    person: NDArray[np.int32]
    layer: NDArray[np.uint8]
    transmits: NDArray[np.bool_]


def empty_met() -> Met:
    """Return an empty buffer for a diary."""
    return Met(
        np.empty(MOST_MET, np.int32),
        np.empty(MOST_MET, np.uint8),
        np.empty(MOST_MET, np.bool_),
        np.empty(MOST_MET, np.uint64),
        np.empty(MOST_MET, np.bool_),
    )


def other_contacts(
    courses: CourseTable, contacts: ContactRates, transmissibility: float
) -> OtherContacts:
    """Return the distribution of contacts that would not transmit, by level of infectiousness.

    Parameters
    ----------
    courses, contacts, transmissibility
        As in `lazaretto.engine.rates.build_rates`.
    """
    values = np.unique(courses.infectiousness.round(12))
    if values[0] > 0:
        values = np.concatenate([[0.0], values])
    left = np.maximum(1 - transmissibility * np.outer(values, contacts.weight), 0)
    rate = left * contacts.per_day
    size = by_household_size(contacts.household_exponent)
    group = np.zeros((3, values.size))
    group[IN_SCHOOL], group[IN_WORKPLACE] = rate[:, SCHOOL], rate[:, WORKPLACE]
    open_to_all = drawn_by_age(rate, contacts)
    total = open_to_all.sum(axis=-1)
    shares = np.cumsum(open_to_all, axis=-1) / np.maximum(total, 1e-300)[..., None]
    return OtherContacts(
        open=event_numbers(total, CONTACTS),
        household=event_numbers(np.outer(size, rate[:, HOUSEHOLD]), CONTACTS),
        group=event_numbers(group, CONTACTS),
        place=threshold(shares[..., :2]),
    )


@njit(inline="always", _nrt=False)
def _most(
    mine: NDArray[np.uint32],
    usual: NDArray[np.uint32],
    apart: NDArray[np.uint32],
    at_home: bool,
    leaks: bool,
    layer: int,
) -> np.uint32:
    """Return the threshold that a person's contacts of a layer must be below to happen at all."""
    most = mine[layer]
    if leaks and layer != HOUSEHOLD:
        most = max(most, usual[layer])
    return min(most, apart[layer]) if at_home else most


@njit(nogil=True, _nrt=False, cache=True, inline="always")
def write_diary(
    city: City,
    rates: Rates,
    other: OtherContacts,
    policy: Policy,
    whereabouts: NDArray[np.uint64],
    person: int,
    record: np.uint32,
    level: int,
    transmission_key: np.uint64,
    diary_key: np.uint64,
    met: Met,
) -> int:
    """Recompute whom a person met on a day; return how many contacts were written.

    Parameters
    ----------
    city, rates, other, policy, whereabouts
        The city, the tables, and the policy and everybody's whereabouts on that day.
    person, record
        The person and the packed record (of an uninfected person: place in the household and
        kind of group only).
    level
        Level of infectiousness on that day, 0 for none.
    transmission_key, diary_key
        Streams of `Purpose.TRANSMISSION` and `Purpose.DIARY` for that day.
    met
        Receives the contacts.
    """
    n = 0
    age = row_of_age(city, rates, person)
    where = np.int64(AT_LARGE)
    if policy.moved:
        where = where_is(whereabouts, person)
        if where > AT_HOME:
            return 0
    mine, usual = policy.keep[0, 0, 0], policy.keep[0, 0, 0]
    home, meets = np.int64(0), True
    if policy.free == 0:
        home = building_of(city, person)
        district = np.int64(city.building_district[home])
        who = who_is(city, policy, person, district, is_essential(record))
        mine = policy.keep[district, policy.tier[home], who]
        usual = policy.keep[district, USUAL, who]
        meets = meets_others(city, policy.leak, person)
    at_home, leaks = where == AT_HOME, policy.leak.leaks != 0
    for transmits in (True, False):
        if transmits and level == 0:
            continue
        key = transmission_key if transmits else diary_key
        homes = rates.household if transmits else other.household
        groups = rates.group if transmits else other.group
        opens = rates.open[age] if transmits else other.open[age]
        building = rates.place[age, 0] if transmits else other.place[age, level, 0]
        compound = rates.place[age, 1] if transmits else other.place[age, level, 1]
        numbers = draw(key, person, NUMBER_OF_EVENTS)
        size, kind = household_size(record), kind_of(record)
        for part in range(3 if meets else 1):
            event = 0
            while event < MOST_EVENTS:
                layer = HOUSEHOLD
                if part == 0:
                    if size < 2 or low31(numbers) < homes[size, event, level]:
                        break
                elif part == 1:
                    layer = SCHOOL if kind == IN_SCHOOL else WORKPLACE
                    if kind == 0 or high31(numbers) < groups[kind, event, level]:
                        break
                    if _most(mine, usual, policy.apart, at_home, leaks, layer) == 0:
                        break
                elif low31(second(numbers)) < opens[event, level]:
                    break
                bits = draw(key, person, part * MOST_EVENTS + event)
                event += 1
                if part == 2:
                    choice = low31(bits)
                    layer = COMMUNITY
                    if choice < building:
                        layer = BUILDING
                    elif choice < compound:
                        layer = COMPOUND
                chance = second(bits)
                if low31(chance) >= _most(mine, usual, policy.apart, at_home, leaks, layer):
                    continue
                made = low31(chance) < mine[layer]
                if not made and not may_slip(
                    city, policy, whereabouts, person, home, layer, chance
                ):
                    continue
                target = draw_target(city, rates, person, record, layer, bits)
                if target < 0:
                    continue
                if layer in (SCHOOL, WORKPLACE):
                    prefetch(city.member, target)
                met.person[n], met.layer[n], met.transmits[n] = target, layer, transmits
                met.chance[n], met.made[n] = chance, made
                n += 1
    for i in range(n):
        target = resolve(city, person, met.layer[i], np.int64(met.person[i]))
        met.person[i] = target
        prefetch(city.attributes, target)
        prefetch(city.building_of_block, target >> BLOCK_SHIFT)
        if policy.moved:
            prefetch(whereabouts, target >> 5)
    kept = 0
    for i in range(n):
        target, through, chance = np.int64(met.person[i]), np.int64(met.layer[i]), met.chance[i]
        if not made_by_age(city, rates, person, target, through, chance):
            continue
        if policy.free == 0 or policy.moved:
            theirs = 1 if city.attributes[target] & ESSENTIAL else 0
            if not contact_happens(
                city, policy, whereabouts, person, target, through, theirs, chance, met.made[i]
            ):
                continue
        met.person[kept], met.layer[kept], met.transmits[kept] = target, through, met.transmits[i]
        kept += 1
    return kept
