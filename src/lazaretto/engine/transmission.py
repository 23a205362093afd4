"""Transmission in two passes: emit potential infections, then let targets accept them.

Emit reads only the state at the start of the day, apply writes it. Of several infectors of one
person on one day the one with the smallest tie-break (6 random bits, then order) wins, so
neither the order of work nor the number of threads can change the outcome.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import GOLDEN, draw, high31, low31, pick, second
from lazaretto.engine.city import (
    AGE_MASK,
    BLOCK_SHIFT,
    ESSENTIAL,
    IN_SCHOOL,
    City,
    building_of,
    district_of_compound,
)
from lazaretto.engine.exposures import BLOCK, LONGEST, PARTITIONS, Block, Exposures
from lazaretto.engine.infection import (
    course_of,
    first_not_below,
    household_size,
    is_essential,
    kind_of,
    place_in_household,
)
from lazaretto.engine.memory import prefetch
from lazaretto.engine.rates import MOST_EVENTS, Rates
from lazaretto.words import BUILDING, COMMUNITY, COMPOUND, HOUSEHOLD, SCHOOL, WORKPLACE

NUMBER_OF_EVENTS = 511
"""Index of the draw that says how many potential infections there are."""

NEVER = -1
"""Nobody to meet."""


class Policy(NamedTuple):
    """What is in force today: tier by compound, and the chance that a contact still happens.

    ``keep`` (n_districts, n_tiers, 2, n_layers) holds 31-bit thresholds for residents (0) and
    essential workers (1). ``free`` is 1 on a day on which every contact happens, so that nobody's
    compound need be looked up.
    """

    tier: NDArray[np.uint8]
    keep: NDArray[np.uint32]
    free: int


class State(NamedTuple):
    """What the engine knows of every resident: two arrays.

    ``protected`` is a bitmap of those who cannot be infected today, shape (ceil(n / 64),);
    ``infected_on`` the day of the last infection or -1, shape (n_persons,).
    """

    protected: NDArray[np.uint64]
    infected_on: NDArray[np.int16]


@njit(inline="always", _nrt=False)
def draw_target(
    city: City, rates: Rates, person: int, record: np.uint32, layer: int, bits: np.uint64
) -> int:
    """Return the person met in a layer, -1 if there is nobody to meet.

    School and workplace return the slot in ``city.member`` (see `resolve`) instead, so that the
    look-up can be prefetched.
    """
    if layer == HOUSEHOLD:
        size = household_size(record)
        if size < 2:
            return NEVER
        place = place_in_household(record)
        other = pick(bits, size - 1)
        return person - place + other + (1 if other >= place else 0)
    if layer in (SCHOOL, WORKPLACE):
        group = city.group[person]
        if group < 0:
            return NEVER
        start = np.int64(city.group_start[group])
        size = np.int64(city.group_start[group + 1]) - start
        return NEVER if size < 2 else start + pick(bits, size - 1)
    building = building_of(city, person)
    if layer == BUILDING:
        start = np.int64(city.building_start[building])
        end = np.int64(city.building_start[building + 1])
    else:
        compound = city.building_compound[building]
        if layer == COMPOUND:
            start = np.int64(city.compound_start[compound])
            end = np.int64(city.compound_start[compound + 1])
        else:
            where = second(second(bits))
            subdistrict = np.int64(city.compound_subdistrict[compound])
            if low31(where) < rates.own_subdistrict:
                start = np.int64(city.subdistrict_start[subdistrict])
                end = np.int64(city.subdistrict_start[subdistrict + 1])
            else:
                home = city.subdistrict_district[subdistrict]
                met = first_not_below(city.mixing[home], high31(where))
                start = np.int64(city.district_start[met])
                end = np.int64(city.district_start[met + 1])
    if start <= person < end:
        if end - start < 2:
            return NEVER
        other = start + pick(bits, end - start - 1)
        return other + (1 if other >= person else 0)
    return NEVER if end <= start else start + pick(bits, end - start)


@njit(inline="always", _nrt=False)
def resolve(city: City, person: int, layer: int, target: np.int64) -> np.int64:
    """Return the person behind a target of `draw_target`: members of a group are slots."""
    if layer in (SCHOOL, WORKPLACE):
        met = np.int64(city.member[target])
        if met == person:
            met = np.int64(city.member[city.group_start[city.group[person] + 1] - 1])
        return met
    return target


@njit(inline="always", _nrt=False)
def contact_happens(
    city: City, policy: Policy, person: int, layer: int, essential: int, bits: np.uint64
) -> bool:
    """Return whether a person's side of a contact survives today's policy.

    Both sides compare the same bits with their own threshold, so a contact happens with the
    smaller of the two probabilities.
    """
    compound = city.building_compound[building_of(city, person)]
    tier = policy.tier[compound]
    district = district_of_compound(city, compound)
    return low31(bits) < policy.keep[district, tier, essential, layer]


@njit(inline="always", _nrt=False)
def is_protected(state: State, person: int) -> np.bool_:
    """Return whether a person cannot be infected today."""
    word = state.protected[person >> 6]
    return (word >> np.uint64(person & 63)) & np.uint64(1) != 0


@njit(inline="always", _nrt=False)
def accepts(
    city: City, rates: Rates, state: State, target: int, day: int, bits: np.uint64
) -> np.bool_:
    """Return whether an exposure infects: susceptibility by age and by days since infection."""
    limit = np.uint64(rates.susceptible[city.attributes[target] & AGE_MASK])
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
    found: NDArray[np.int16],
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
    person, record, found
        The cohort (`lazaretto.engine.cohort.Cohort`): ids ascending, packed records, day found.
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
            level = rates.level[course_of(record[i]), since]
            if level > 0 and found[min(i, found.size - 1)] > day:
                who = np.int64(person[i])
                n = _potential(city, rates, policy, who, record[i], level, key, i, n, block)
            i += 1
        for j in range(n):
            target = resolve(city, np.int64(person[block.source[j]]), block.layer[j],
                             block.target[j])  # fmt: skip
            block.target[j] = target
            prefetch(state.protected, target >> 6)
        kept = 0
        for j in range(n):
            target = block.target[j]
            if is_protected(state, target):
                continue
            block.target[kept] = target
            block.source[kept] = block.source[j]
            block.layer[kept] = block.layer[j]
            block.bits[kept] = second(block.bits[j])
            prefetch(city.attributes, target)
            if policy.free == 0:
                prefetch(city.building_of_block, target >> BLOCK_SHIFT)
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
    person: int,
    record: np.uint32,
    level: int,
    key: np.uint64,
    position: int,
    n: int,
    block: Block,
) -> int:
    mine = policy.keep[0, 0, 0]
    if policy.free == 0:
        compound = city.building_compound[building_of(city, person)]
        district = district_of_compound(city, compound)
        mine = policy.keep[district, policy.tier[compound], is_essential(record)]
    numbers = draw(key, person, NUMBER_OF_EVENTS)
    size = household_size(record)
    if size > 1:
        row = rates.household[size]
        u = low31(numbers)
        event = 0
        while u >= row[event, level]:
            bits = draw(key, person, event)
            event += 1
            if policy.free == 0 and low31(second(bits)) >= mine[HOUSEHOLD]:
                continue
            target = draw_target(city, rates, person, record, HOUSEHOLD, bits)
            n = _put(block, n, position, HOUSEHOLD, target, bits)
    kind = kind_of(record)
    if kind > 0:
        layer = SCHOOL if kind == IN_SCHOOL else WORKPLACE
        row = rates.group[kind]
        u = high31(numbers)
        event = 0
        while u >= row[event, level]:
            bits = draw(key, person, MOST_EVENTS + event)
            event += 1
            if policy.free == 0 and low31(second(bits)) >= mine[layer]:
                continue
            target = draw_target(city, rates, person, record, layer, bits)
            if target >= 0:
                prefetch(city.member, target)
                n = _put(block, n, position, layer, target, bits)
    row = rates.open
    u = low31(second(numbers))
    event = 0
    while u >= row[event, level]:
        bits = draw(key, person, 2 * MOST_EVENTS + event)
        event += 1
        choice = low31(bits)
        layer = COMMUNITY
        if choice < rates.place[0]:
            layer = BUILDING
        elif choice < rates.place[1]:
            layer = COMPOUND
        if policy.free == 0 and low31(second(bits)) >= mine[layer]:
            continue
        target = draw_target(city, rates, person, record, layer, bits)
        if target >= 0:
            n = _put(block, n, position, layer, target, bits)
    return n


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
    layer: int,
    bits: np.uint64,
    day: int,
    since: int,
    partition_shift: int,
    out: Exposures,
) -> None:
    if policy.free == 0:
        essential = 1 if city.attributes[target] & ESSENTIAL else 0
        if not contact_happens(city, policy, target, layer, essential, bits):
            return
    if not accepts(city, rates, state, target, day, bits):
        return
    part = target >> partition_shift
    at = out.used[part]
    out.target[part, at] = target
    if out.source.shape[1] > 0:
        out.source[part, at] = person
    tie = np.uint16(second(bits ^ GOLDEN) >> np.uint64(58))
    out.label[part, at] = np.uint16(layer) | np.uint16(since << 3) | np.uint16(tie << 8)
    out.used[part] = at + 1
