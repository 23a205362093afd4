"""Exposures between visitors and residents of a city, in both directions.

A visitor lodges at the address of a resident drawn at random and meets whom that resident meets in
building, compound and community, and other visitors. A resident has, beside these contacts, some
with visitors: as many more as there are visitors to a resident. Nobody visits a school, a
workplace or a household.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import GOLDEN, draw, low31, pick, second
from lazaretto.engine.city import ESSENTIAL, City, building_of
from lazaretto.engine.contacts import (
    NUMBER_OF_EVENTS,
    Policy,
    contact_happens,
    draw_target,
    made_by_age,
    row_of_age,
    who_is,
)
from lazaretto.engine.exposures import label_of
from lazaretto.engine.infection import course_of, is_essential
from lazaretto.engine.leakage import meets_others
from lazaretto.engine.rates import Rates
from lazaretto.engine.state import AT_LARGE, State, is_marked, where_is
from lazaretto.engine.transmission import accepts
from lazaretto.words import BUILDING, COMMUNITY, COMPOUND, TRAVEL

MOST_HOSTED = 8
"""Most visitors one person exposes on a day."""


class Visitors(NamedTuple):
    """Infectious visitors of a city on a day, ascending by home and person, shape (n,) each.

    ``home`` is the city they live in, ``person`` their id there, ``level`` the index of today's
    infectiousness (`lazaretto.engine.rates.Rates.level`), ``since`` the days since they were
    infected, ``set_out`` the day they left home.
    """

    home: NDArray[np.uint16]
    person: NDArray[np.int32]
    level: NDArray[np.uint16]
    since: NDArray[np.uint8]
    set_out: NDArray[np.int16]


class Exposed(NamedTuple):
    """Exposures of residents: whom, and the label of the exposure, shape (n,) each."""

    target: NDArray[np.int32]
    label: NDArray[np.uint16]


class ExposedVisitors(NamedTuple):
    """Exposures of visitors of a city, shape (n,) each.

    ``bits`` say which of the visitors and whether it is infected, ``since`` how many days ago the
    source was infected.
    """

    bits: NDArray[np.uint64]
    since: NDArray[np.uint8]


@njit(inline="always", _nrt=False)
def entity_of(home: int, person: int) -> np.uint64:
    """Return the number by which a visitor is drawn for: city of residence and id there."""
    return (np.uint64(home + 1) << np.uint64(32)) | np.uint64(person)


@njit(nogil=True, _nrt=False, cache=True)
def whom_visitors_meet(
    city: City,
    rates: Rates,
    policy: Policy,
    state: State,
    visitors: Visitors,
    lodging_key: np.uint64,
    key: np.uint64,
    day: int,
    target: NDArray[np.int32],
    label: NDArray[np.uint16],
) -> int:
    """Write the exposures of residents by visitors; return how many there are.

    More than fit are counted and not written.

    Parameters
    ----------
    city, rates, policy, state
        The city visited, as in `lazaretto.engine.transmission.emit`.
    visitors
        The infectious among its visitors.
    lodging_key, key
        Streams of `Purpose.LODGING`, and of `Purpose.VISITING` for today.
    day
        Today.
    target, label
        Receive the exposures.
    """
    n = 0
    n_persons = city.attributes.size
    for i in range(visitors.person.size):
        who = entity_of(np.int64(visitors.home[i]), np.int64(visitors.person[i]))
        host = pick(draw(lodging_key, who, np.int64(visitors.set_out[i]) & 511), n_persons)
        building = building_of(city, host)
        district = np.int64(city.building_district[building])
        mine = policy.keep[district, policy.tier[building], 0]
        u = low31(draw(key, who, NUMBER_OF_EVENTS))
        event = 0
        age = row_of_age(city, rates, host)
        while u >= rates.open[age, event, visitors.level[i]]:
            bits = draw(key, who, event)
            event += 1
            choice = low31(bits)
            layer = COMMUNITY
            if choice < rates.place[age, 0]:
                layer = BUILDING
            elif choice < rates.place[age, 1]:
                layer = COMPOUND
            chance = second(bits)
            if policy.free == 0 and low31(chance) >= mine[layer]:
                continue
            met = draw_target(city, rates, host, np.uint32(0), layer, bits)
            if met < 0 or is_marked(state.protected, met):
                continue
            if not made_by_age(city, rates, host, met, layer, chance):
                continue
            if policy.free == 0 or policy.moved:
                essential = 1 if city.attributes[met] & ESSENTIAL else 0
                if not contact_happens(city, policy, state.whereabouts, host, met, layer,
                                       essential, chance, True):  # fmt: skip
                    continue
            if not accepts(city, rates, state, met, day, chance):
                continue
            if n < target.size:
                tie = second(chance ^ GOLDEN) >> np.uint64(58)
                target[n] = met
                label[n] = label_of(TRAVEL, np.int64(visitors.since[i]), np.int64(tie))
            n += 1
    return n


@njit(nogil=True, _nrt=False, cache=True)
def whom_residents_host(
    city: City,
    rates: Rates,
    policy: Policy,
    state: State,
    person: NDArray[np.int32],
    record: NDArray[np.uint32],
    since: int,
    numbers: NDArray[np.uint32],
    key: np.uint64,
    out: ExposedVisitors,
    n: int,
) -> int:
    """Write the exposures of visitors by the residents of one cohort; return how many there are.

    Parameters
    ----------
    city, rates, policy, state
        The city, as in `lazaretto.engine.transmission.emit`.
    person, record, since
        The cohort and the days since it was infected.
    numbers
        Cumulative thresholds of the number of visitors exposed, shape (MOST_HOSTED, n_levels).
    key
        Stream of `Purpose.HOSTING` for today.
    out, n
        Receives the exposures from position n on; more than fit are counted and not written.
    """
    for i in range(person.size):
        level = rates.level[course_of(record[i]), since]
        if level == 0:
            continue
        who = np.int64(person[i])
        u = low31(draw(key, who, 0))
        event = 0
        while event < MOST_HOSTED and u >= numbers[event, level]:
            event += 1
            bits = draw(key, who, event)
            if policy.moved and where_is(state.whereabouts, who) != AT_LARGE:
                break
            if policy.free == 0:
                if not meets_others(city, policy.leak, who):
                    break
                building = building_of(city, who)
                district = np.int64(city.building_district[building])
                kind = who_is(city, policy, who, district, is_essential(record[i]))
                kept = policy.keep[district, policy.tier[building], kind, COMMUNITY]
                if low31(second(bits)) >= kept:
                    continue
            if n < out.bits.size:
                out.bits[n] = bits
                out.since[n] = since
            n += 1
    return n


@njit(nogil=True, _nrt=False, cache=True)
def whom_visitors_host(
    visitors: Visitors,
    numbers: NDArray[np.uint32],
    key: np.uint64,
    out: ExposedVisitors,
    n: int,
) -> int:
    """Write the exposures of visitors by other visitors; arguments as in `whom_residents_host`."""
    for i in range(visitors.person.size):
        who = entity_of(np.int64(visitors.home[i]), np.int64(visitors.person[i]))
        u = low31(draw(key, who, 0))
        event = 0
        while event < MOST_HOSTED and u >= numbers[event, visitors.level[i]]:
            event += 1
            if n < out.bits.size:
                out.bits[n] = draw(key, who, event)
                out.since[n] = visitors.since[i]
            n += 1
    return n


@njit(nogil=True, _nrt=False, cache=True)
def caught_away(
    city: City,
    rates: Rates,
    state: State,
    person: NDArray[np.int32],
    bits: NDArray[np.uint64],
    since: NDArray[np.uint8],
    day: int,
    label: NDArray[np.uint16],
    infected: NDArray[np.bool_],
) -> None:
    """Write which exposed residents who are away are infected, and the labels, shape (n,).

    Parameters
    ----------
    city, rates, state
        The city they live in.
    person, bits, since
        Whom, random bits of the exposure, days since the source was infected, shape (n,).
    day
        Today.
    label, infected
        Written.
    """
    for i in range(person.size):
        who = np.int64(person[i])
        chance = second(second(bits[i]))
        label[i] = label_of(TRAVEL, np.int64(since[i]), np.int64(second(chance) >> np.uint64(58)))
        infected[i] = not is_marked(state.protected, who) and accepts(
            city, rates, state, who, day, chance
        )
