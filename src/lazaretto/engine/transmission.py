"""Transmission in two passes: emit potential infections, then let targets accept them.

Emit reads only the state at the start of the day, apply writes it. Of several infectors of one
person on one day the one with the smallest tie-break (6 random bits, then order) wins, so
neither the order of work nor the number of threads can change the outcome.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import GOLDEN, draw, high31, low31, second
from lazaretto.engine.city import (
    AGE_MASK,
    BLOCK_SHIFT,
    ESSENTIAL,
    IN_SCHOOL,
    City,
    building_of,
    district_of,
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
from lazaretto.engine.exposures import BLOCK, LONGEST, PARTITIONS, Block, Exposures, label_of
from lazaretto.engine.infection import course_of, household_size, is_essential, kind_of
from lazaretto.engine.leakage import meets_others
from lazaretto.engine.memory import AHEAD, prefetch
from lazaretto.engine.rates import MOST_EVENTS, Rates
from lazaretto.engine.state import AT_HOME, AT_LARGE, State, is_marked, where_is
from lazaretto.engine.vaccinated import AGAINST_INFECTION, bin_of, relative_risk
from lazaretto.words import BUILDING, COMMUNITY, COMPOUND, HOUSEHOLD, SCHOOL, WORKPLACE

LAYER, SLIPS = np.uint8(7), np.uint8(8)
"""Bits of a layer in a block, and the mark of a contact that the source's tier does not allow."""


@njit(inline="always", _nrt=False)
def accepts(
    city: City, rates: Rates, state: State, target: int, day: int, bits: np.uint64
) -> np.bool_:
    """Return whether an exposure infects: susceptibility by age, vaccine, and past infection."""
    age = np.int64(city.attributes[target] & AGE_MASK)
    limit = np.uint64(rates.susceptible[age])
    if state.vaccine.given:
        district, bin_ = district_of(city, target), bin_of(state.vaccine, target)
        risk = relative_risk(state.vaccine, AGAINST_INFECTION, district, age, bin_, day)
        limit = (limit * risk) >> np.uint64(31)
    if day < rates.wanes_after:  # whoever is not protected was never infected
        return np.uint64(high31(bits)) < limit
    before = state.infected_on[target]
    if before >= 0:
        oldest = np.int64(rates.protection.size - 1)
        since = min(day - np.int64(before), oldest)
        limit = (limit * np.uint64(rates.protection[since])) >> np.uint64(31)
    return np.uint64(high31(bits)) < limit


@njit(nogil=True, _nrt=False, cache=True)
def emit(
    city: City,
    rates: Rates,
    policy: Policy,
    state: State,
    person: NDArray[np.int32],
    record: NDArray[np.uint32],
    day: int,
    since: int,
    key: np.uint64,
    start: int,
    end: int,
    partition_shift: int,
    out: Exposures,
) -> int:
    """Emit the exposures of part of one day's cohort; return where it stopped.

    Parameters
    ----------
    city, rates, policy, state
        The city, thresholds, today's policy, state at the start of the day.
    person, record
        The cohort (`lazaretto.engine.cohort.Cohort`): ids ascending, packed records.
    day, since
        Today, and the days since the cohort was infected.
    key
        Stream of `Purpose.TRANSMISSION` for today.
    start, end
        The part to work on; if the buffers fill up, the index returned is below ``end``.
    partition_shift
        A target's partition is its id shifted right by this.
    out
        Buffers appended to.
    """
    block = out.block
    capacity = out.target.shape[1]
    i = start
    while i < end:
        for part in range(PARTITIONS):
            if out.used[part] + BLOCK + LONGEST > capacity:
                return i
        n = 0
        while i < end and n < BLOCK:
            ahead = np.int64(person[min(i + AHEAD, end - 1)])
            if policy.moved:
                prefetch(state.whereabouts, ahead >> 5)
            if policy.free == 0:
                prefetch(city.building_of_block, ahead >> BLOCK_SHIFT)
            level = rates.level[course_of(record[i]), since]
            who = np.int64(person[i])
            if level > 0:
                where = np.int64(AT_LARGE)
                if policy.moved:
                    where = where_is(state.whereabouts, who)
                if where <= AT_HOME:
                    n = _potential(city, rates, policy, state, who, record[i], level, where, key,
                                   i, n, block)  # fmt: skip
            i += 1
        for j in range(n):
            target = resolve(city, np.int64(person[block.source[j]]), block.layer[j] & LAYER,
                             block.target[j])  # fmt: skip
            block.target[j] = target
            prefetch(state.protected, target >> 6)
        kept = 0
        for j in range(n):
            target = block.target[j]
            if is_marked(state.protected, target):
                continue
            block.target[kept] = target
            block.source[kept] = block.source[j]
            block.layer[kept] = block.layer[j]
            block.bits[kept] = second(block.bits[j])
            prefetch(city.attributes, target)
            if policy.free == 0 or state.vaccine.given:
                prefetch(city.building_of_block, target >> BLOCK_SHIFT)
            if policy.moved:
                prefetch(state.whereabouts, target >> 5)
            if day >= rates.wanes_after:
                prefetch(state.infected_on, target)
            kept += 1
        for j in range(kept):
            _expose(city, rates, policy, state, np.int64(person[block.source[j]]),
                    block.target[j], np.int64(block.layer[j]), block.bits[j], day, since,
                    partition_shift, out)  # fmt: skip
    return end


@njit(inline="always", _nrt=False)
def _potential(
    city: City,
    rates: Rates,
    policy: Policy,
    state: State,
    person: int,
    record: np.uint32,
    level: int,
    where: int,
    key: np.uint64,
    position: int,
    n: int,
    block: Block,
) -> int:
    free = policy.free != 0 and where == AT_LARGE
    at_home = where == AT_HOME
    mine, usual = policy.keep[0, 0, 0], policy.keep[0, 0, 0]
    building, meets = np.int64(0), True
    if policy.free == 0:
        building = building_of(city, person)
        district = np.int64(city.building_district[building])
        who = who_is(city, policy, person, district, is_essential(record))
        mine = policy.keep[district, policy.tier[building], who]
        usual = policy.keep[district, USUAL, who]
        meets = meets_others(city, policy.leak, person)
    numbers = draw(key, person, NUMBER_OF_EVENTS)
    size = household_size(record)
    if size > 1:
        row = rates.household[size]
        u = low31(numbers)
        event = 0
        while u >= row[event, level]:
            bits = draw(key, person, event)
            event += 1
            if not free and not _allowed(policy, mine, at_home, HOUSEHOLD, bits):
                continue
            target = draw_target(city, rates, person, record, HOUSEHOLD, bits)
            n = _put(block, n, position, HOUSEHOLD, target, bits)
    if not meets:
        return n
    kind = kind_of(record)
    if kind > 0:
        layer = SCHOOL if kind == IN_SCHOOL else WORKPLACE
        row = rates.group[kind]
        u = high31(numbers)
        event = 0
        while u >= row[event, level]:
            bits = draw(key, person, MOST_EVENTS + event)
            event += 1
            mark = np.uint8(0)
            if not free and not _allowed(policy, mine, at_home, layer, bits):
                if not _slips(city, policy, state, usual, at_home, person, building, layer, bits):
                    continue
                mark = SLIPS
            target = draw_target(city, rates, person, record, layer, bits)
            if target >= 0:
                prefetch(city.member, target)
                n = _put(block, n, position, layer | mark, target, bits)
    age = row_of_age(city, rates, person)
    row = rates.open[age]
    u = low31(second(numbers))
    event = 0
    while u >= row[event, level]:
        bits = draw(key, person, 2 * MOST_EVENTS + event)
        event += 1
        choice = low31(bits)
        layer = COMMUNITY
        if choice < rates.place[age, 0]:
            layer = BUILDING
        elif choice < rates.place[age, 1]:
            layer = COMPOUND
        mark = np.uint8(0)
        if not free and not _allowed(policy, mine, at_home, layer, bits):
            if not _slips(city, policy, state, usual, at_home, person, building, layer, bits):
                continue
            mark = SLIPS
        target = draw_target(city, rates, person, record, layer, bits)
        if target >= 0:
            n = _put(block, n, position, layer | mark, target, bits)
    return n


@njit(inline="always", _nrt=False)
def _allowed(
    policy: Policy, mine: NDArray[np.uint32], at_home: bool, layer: int, bits: np.uint64
) -> bool:
    value = low31(second(bits))
    return value < mine[layer] and not (at_home and value >= policy.apart[layer])


@njit(inline="always", _nrt=False)
def _slips(
    city: City,
    policy: Policy,
    state: State,
    usual: NDArray[np.uint32],
    at_home: bool,
    person: int,
    building: int,
    layer: int,
    bits: np.uint64,
) -> bool:
    chance = second(bits)
    value = low31(chance)
    if policy.leak.leaks == 0 or value >= usual[layer]:
        return False
    if at_home and value >= policy.apart[layer]:
        return False
    return may_slip(city, policy, state.whereabouts, person, building, layer, chance)


@njit(inline="always", _nrt=False)
def _put(block: Block, n: int, position: int, layer: int, target: int, bits: np.uint64) -> int:
    block.source[n] = position
    block.layer[n] = layer
    block.target[n] = target
    block.bits[n] = bits
    return n + 1


@njit(inline="always", _nrt=False)
def _expose(
    city: City,
    rates: Rates,
    policy: Policy,
    state: State,
    person: int,
    target: int,
    marked_layer: int,
    bits: np.uint64,
    day: int,
    since: int,
    partition_shift: int,
    out: Exposures,
) -> None:
    layer = marked_layer & np.int64(7)
    if not made_by_age(city, rates, person, target, layer, bits):
        return
    if policy.free == 0 or policy.moved:
        essential = 1 if city.attributes[target] & ESSENTIAL else 0
        made = marked_layer == layer
        if not contact_happens(city, policy, state.whereabouts, person, target, layer, essential,
                               bits, made):  # fmt: skip
            return
    if not accepts(city, rates, state, target, day, bits):
        return
    part = target >> partition_shift
    at = out.used[part]
    out.target[part, at] = target
    if out.source.shape[1] > 0:
        out.source[part, at] = person
    tie = np.uint16(second(bits ^ GOLDEN) >> np.uint64(58))
    out.label[part, at] = label_of(layer, since, tie)
    out.used[part] = at + 1
