"""Private leakage and break-outs, person by person, as kernels see them.

Whether a person leaks is asked only when a contact with an infectious person depends on it; then
it is a function of traits, place and day that nothing has to store. Logits are integers in steps
of 1 / `LOGIT_UNIT`, and chances are looked up in a table, so that no floating point decides.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import GOLDEN, draw, high31, low31, second
from lazaretto.engine.city import AGE_MASK, FIRST_OF_HOUSEHOLD, City
from lazaretto.words import BUILDING, COMPOUND

LOGIT_UNIT = 128
"""Steps of a logit."""

HALF_TABLE = 16 * LOGIT_UNIT
"""Entries of the table of chances on each side of logit 0."""

TRAITS = 1024
"""Quantiles of each trait."""

FIRST_ADULT = 3
"""Age band of the youngest who leak: 15 to 19 years."""

LEAKING = 2
"""Value of ``leaks`` on a day on which people may leak by themselves."""

CROWD, HOUSEHOLD_TRAIT = 0, 2
"""Index of the draws: of who takes part in a break-out, and of a household's trait."""


class Leakage(NamedTuple):
    """What decides who leaks today, and who takes part in a break-out.

    Flags: ``leaks`` if anybody may leak or take part; ``few`` if only some households meet others.
    By building: ``base`` the logit of compound, risk, trust and enforcement, ``fatigue`` from 0 to
    255, ``spell`` the day its confinement began, ``joins`` 16-bit chances to take part in today's
    break-out; shapes (n_buildings,), or (1,) where nobody ever leaks.
    ``hardship`` (n_starts, n_districts, 10) logits by first day, district and kind of household;
    ``person``, ``household`` (1024,) logits by quantile of the trait; ``tired`` (1024,) logits of
    full fatigue; ``chance`` (4096,) 31-bit thresholds by logit; ``income`` (n_compounds, 4)
    cumulative thresholds of income class, ``migrant``, ``habit``, ``hours``, ``active`` single
    ones, ``visits`` (n_layers, 2) cumulative thresholds of the source and of the target visiting.
    Streams: ``trait_key``, ``day_key``, ``week_key``, ``crowd_key``, ``income_key``,
    ``active_key``.
    """

    leaks: int
    few: int
    base: NDArray[np.int16]
    fatigue: NDArray[np.uint8]
    spell: NDArray[np.int16]
    joins: NDArray[np.uint16]
    hardship: NDArray[np.int16]
    person: NDArray[np.int16]
    household: NDArray[np.int16]
    tired: NDArray[np.int16]
    chance: NDArray[np.uint32]
    income: NDArray[np.uint32]
    visits: NDArray[np.uint32]
    migrant: np.uint32
    habit: np.uint32
    hours: np.uint32
    active: np.uint32
    trait_key: np.uint64
    day_key: np.uint64
    week_key: np.uint64
    crowd_key: np.uint64
    income_key: np.uint64
    active_key: np.uint64


def nobody_leaks(n_layers: int) -> Leakage:
    """Return the leakage of a day on which everybody keeps to the rules."""
    none, zero = np.zeros(1, np.int16), np.uint32(0)
    key = np.uint64(0)
    return Leakage(
        leaks=0, few=0, base=none, fatigue=np.zeros(1, np.uint8), spell=none,
        joins=np.zeros(1, np.uint16), hardship=np.zeros((1, 1, 10), np.int16), person=none,
        household=none, tired=none, chance=np.zeros(1, np.uint32),
        income=np.zeros((1, 4), np.uint32), visits=np.zeros((n_layers, 2), np.uint32),
        migrant=zero, habit=zero, hours=zero, active=zero, trait_key=key, day_key=key,
        week_key=key, crowd_key=key, income_key=key, active_key=key,
    )  # fmt: skip


@njit(inline="always", _nrt=False)
def head_of(city: City, person: int) -> np.int64:
    """Return the first person of a person's household, by whom the household is known."""
    first = np.int64(person)
    while (city.attributes[first] & FIRST_OF_HOUSEHOLD) == 0:
        first -= 1
    return first


@njit(inline="always", _nrt=False)
def kind_of_household(
    income: NDArray[np.uint32], migrant: np.uint32, key: np.uint64, head: int, compound: int
) -> np.int64:
    """Return the kind of a household: twice the income class (0 to 4), and 1 more for migrants."""
    bits = draw(key, head, 0)
    lot, kind = low31(bits), 0
    for i in range(income.shape[1]):
        if lot >= income[compound, i]:
            kind += 2
    return np.int64(kind + (1 if high31(bits) < migrant else 0))


@njit(_nrt=False)
def leaks_today(city: City, leak: Leakage, person: int, building: int) -> bool:
    """Return whether a person of a confined building breaks the rules today.

    The logit is that of the behaviour notes, equation 6. With the chance ``habit`` the decision
    is that of the week, else that of the day.

    Parameters
    ----------
    city, leak
        The city, and what decides today.
    person, building
        The person and the building, which must be confined.
    """
    if np.int64(city.attributes[person] & AGE_MASK) < FIRST_ADULT:
        return False
    head = head_of(city, person)
    compound = np.int64(city.building_compound[building])
    district = np.int64(city.building_district[building])
    kind = kind_of_household(leak.income, leak.migrant, leak.income_key, head, compound)
    traits = draw(leak.trait_key, person, CROWD)
    shared = draw(leak.trait_key, head, HOUSEHOLD_TRAIT)
    own = np.int64(traits & np.uint64(TRAITS - 1))
    tires = np.int64((traits >> np.uint64(10)) & np.uint64(TRAITS - 1))
    logit: np.int64 = (
        np.int64(leak.base[building])
        + np.int64(leak.person[own])
        + np.int64(leak.household[np.int64(shared & np.uint64(TRAITS - 1))])
        + np.int64(leak.hardship[leak.spell[building], district, kind])
        + ((np.int64(leak.tired[tires]) * np.int64(leak.fatigue[building])) >> 8)
    )
    at = min(max(np.int64(logit + HALF_TABLE), np.int64(0)), np.int64(2 * HALF_TABLE - 1))
    today = draw(leak.day_key, person, 0)
    lot = high31(today)
    if low31(today) < leak.habit:
        lot = low31(draw(leak.week_key, person, 0))
    return bool(lot < leak.chance[at])


@njit(inline="always", _nrt=False)
def takes_part(leak: Leakage, person: int, building: int) -> bool:
    """Return whether a person takes part in today's break-out of the compound, if there is one."""
    joins = np.uint64(leak.joins[building])
    return bool(joins > 0 and (draw(leak.crowd_key, person, 0) >> np.uint64(48)) < joins)


@njit(inline="always", _nrt=False)
def meets_others(city: City, leak: Leakage, person: int) -> bool:
    """Return whether a person's household meets others at all, where only some do."""
    if leak.few == 0:
        return True
    return low31(draw(leak.active_key, head_of(city, person), 0)) < leak.active


@njit(inline="always", _nrt=False)
def who_visits(leak: Leakage, layer: int, bits: np.uint64) -> int:
    """Return who comes to whom: 0 the source to the target, 1 the other way, 2 both go out."""
    value = low31(second(bits ^ GOLDEN))
    if value < leak.visits[layer, 0]:
        return 0
    return 1 if value < leak.visits[layer, 1] else 2


@njit(inline="always", _nrt=False)
def in_the_crowd(leak: Leakage, layer: int, bits: np.uint64) -> bool:
    """Return whether a contact falls into the hours and the place of a break-out."""
    if layer not in (BUILDING, COMPOUND):
        return False
    return low31(second(second(bits ^ GOLDEN))) < leak.hours
