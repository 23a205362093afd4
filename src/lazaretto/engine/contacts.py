"""Contacts: who is met in a layer, and whether today's policy lets the two of them meet."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import draw, high31, low31, pick, second
from lazaretto.engine.city import AGE_MASK, City, building_of
from lazaretto.engine.infection import first_not_below, household_size, place_in_household
from lazaretto.engine.leakage import (
    LEAKING,
    Leakage,
    in_the_crowd,
    leaks_today,
    meets_others,
    takes_part,
    who_visits,
)
from lazaretto.engine.rates import Rates
from lazaretto.engine.state import AT_HOME, AT_LARGE, where_is
from lazaretto.words import BUILDING, COMMUNITY, COMPOUND, HOUSEHOLD, SCHOOL, WORKPLACE

NUMBER_OF_EVENTS = 511
"""Index of the draw that says how many potential infections there are."""

NEVER = -1
"""Nobody to meet."""


RESIDENT, ESSENTIAL_WORKER, CLOSED_LOOP = range(3)
"""Who makes a contact, as policy sees it; staff who live on site meet each other only."""

QUEUEING = 4
"""Added to the tier of a building whose compound queues for tests today."""

USUAL = 8
"""Row of what the orders and caution leave of contacts where no tier keeps people apart."""


class Policy(NamedTuple):
    """What is in force today: tier by building, and the chance that a contact still happens.

    ``tier`` (n_buildings,) is the tier, `QUEUEING` added where the compound queues for tests.
    ``keep`` (n_districts, 9, 3, n_layers) holds 31-bit thresholds by tier and queue, and then
    `USUAL`, for residents, essential workers and staff who live on site; ``apart`` (n_layers,)
    those of persons isolated at home; ``loop`` (n_districts,) the share of workplaces whose staff
    live on site and ``loop_key`` their stream; ``leak`` says who breaks the rules. Flags: ``free``
    on a day on which every contact of persons at large happens, so that nobody's building need be
    looked up; ``looped`` if there are staff on site; ``moved`` if anybody may not be at large.
    """

    tier: NDArray[np.uint8]
    keep: NDArray[np.uint32]
    apart: NDArray[np.uint32]
    loop: NDArray[np.uint32]
    loop_key: np.uint64
    free: int
    looped: int
    moved: int
    leak: Leakage


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
def row_of_age(city: City, rates: Rates, person: int) -> np.int64:
    """Return the row of the tables by age that is a person's: 0 where ages meet at random."""
    if rates.met.shape[0] == 1:
        return np.int64(0)
    return np.int64(city.attributes[person] & AGE_MASK)


@njit(inline="always", _nrt=False)
def made_by_age(
    city: City, rates: Rates, source: int, target: int, layer: int, bits: np.uint64
) -> bool:
    """Return whether a contact drawn is made, by the ages of the two.

    Parameters
    ----------
    city, rates
        The city and the tables.
    source, target, layer
        Who meets whom in which layer; elsewhere than in the community all are made.
    bits
        Random bits of the contact, as for `contact_happens`.
    """
    if rates.met.shape[0] == 1 or layer != COMMUNITY:
        return True
    theirs = np.int64(city.attributes[target] & AGE_MASK)
    return low31(second(second(bits))) < rates.met[row_of_age(city, rates, source), theirs]


@njit(inline="always", _nrt=False)
def who_is(city: City, policy: Policy, person: int, district: int, essential: int) -> np.int64:
    """Return who a person is to the policy: resident, essential worker or staff on site."""
    if policy.looped:
        group = city.group[person]
        lot = low31(draw(policy.loop_key, max(group, 0), 0))
        if group >= city.n_schools and lot < policy.loop[district]:
            return np.int64(CLOSED_LOOP)
    return np.int64(essential)


# What follows is asked of confined people only, so it is called and not inlined: inlined at each of
# its places it would make the kernels take minutes to compile.


@njit(_nrt=False)
def breaks_rules(
    city: City, policy: Policy, whereabouts: NDArray[np.uint64], person: int, building: int
) -> bool:
    """Return whether a person leaks today: confined, and not isolated.

    Staff who live on site have no contacts that a tier keeps from them.
    """
    if policy.leak.leaks < LEAKING or (policy.tier[building] & np.uint8(3)) == 0:
        return False
    if policy.moved and where_is(whereabouts, person) != AT_LARGE:
        return False
    return leaks_today(city, policy.leak, person, building)


@njit(_nrt=False)
def joins_in(policy: Policy, whereabouts: NDArray[np.uint64], person: int, building: int) -> bool:
    """Return whether a person takes part in today's break-out, if the compound has one."""
    if policy.moved and where_is(whereabouts, person) != AT_LARGE:
        return False
    return takes_part(policy.leak, person, building)


@njit(_nrt=False)
def may_slip(
    city: City,
    policy: Policy,
    whereabouts: NDArray[np.uint64],
    person: int,
    building: int,
    layer: int,
    bits: np.uint64,
) -> bool:
    """Return whether a contact that the source's tier does not allow may yet happen.

    Parameters
    ----------
    city, policy, whereabouts
        The city, today's policy, where everybody is.
    person, building, layer
        The source, and the layer of the contact.
    bits
        Random bits of the contact.
    """
    if policy.leak.leaks == 0:
        return False
    if who_visits(policy.leak, layer, bits) == 1:
        return True
    if in_the_crowd(policy.leak, layer, bits) and joins_in(policy, whereabouts, person, building):
        return True
    return breaks_rules(city, policy, whereabouts, person, building)


@njit(_nrt=False)
def slips_through(
    city: City,
    policy: Policy,
    whereabouts: NDArray[np.uint64],
    source: int,
    target: int,
    target_building: int,
    layer: int,
    bits: np.uint64,
    made: bool,
    theirs: bool,
) -> bool:
    """Return whether a contact that the tiers do not allow happens all the same.

    Either both are out of their own accord, or one visits the other, as often the one as the
    other (so that as many of a meet b as b of a), or the source is in a break-out, which makes as
    many contacts in building and compound as there would be in its hours without confinement.
    With equal leakage l on both sides and the share theta of visits, this is the multiplier
    l (theta + (1 - theta) l) of the behaviour notes, equation 12.
    """
    home = building_of(city, source)
    if in_the_crowd(policy.leak, layer, bits) and joins_in(policy, whereabouts, source, home):
        return True
    visits = who_visits(policy.leak, layer, bits)
    if visits == 0:
        return breaks_rules(city, policy, whereabouts, source, home)
    if visits == 1 or not theirs:
        leaks = breaks_rules(city, policy, whereabouts, target, target_building)
        if visits == 1 or not leaks:
            return leaks
    return made or breaks_rules(city, policy, whereabouts, source, home)


@njit(inline="always", _nrt=False)
def contact_happens(
    city: City,
    policy: Policy,
    whereabouts: NDArray[np.uint64],
    source: int,
    target: int,
    layer: int,
    essential: int,
    bits: np.uint64,
    made: bool,
) -> bool:
    """Return whether a contact survives today's policy, the target's side included.

    Both sides compare the same bits with their own threshold, so a contact happens with the
    smaller of the two probabilities; what the tiers do not allow may slip through.

    Parameters
    ----------
    city, policy, whereabouts
        The city, today's policy, where everybody is.
    source, target, layer
        Who meets whom in which layer.
    essential
        Whether the target is an essential worker.
    bits
        Random bits of the contact.
    made
        Whether the source's tier allows it; if not, the source passed `may_slip`.
    """
    if policy.moved:
        where = where_is(whereabouts, target)
        if where > AT_HOME or (where == AT_HOME and low31(bits) >= policy.apart[layer]):
            return False
    if policy.free:
        return True
    if layer != HOUSEHOLD and not meets_others(city, policy.leak, target):
        return False
    building = building_of(city, target)
    district = np.int64(city.building_district[building])
    who = who_is(city, policy, target, district, essential)
    theirs = low31(bits) < policy.keep[district, policy.tier[building], who, layer]
    if theirs and made:
        return True
    if layer == HOUSEHOLD or policy.leak.leaks == 0:
        return False
    if not theirs and low31(bits) >= policy.keep[district, USUAL, who, layer]:
        return False
    return slips_through(
        city, policy, whereabouts, source, target, building, layer, bits, made, theirs
    )
