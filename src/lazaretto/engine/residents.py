"""Who lives where: residents of each building by age, livelihood, and what they do by day."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.engine.city import AGE_MASK, ESSENTIAL, FIRST_OF_HOUSEHOLD, City, building_of
from lazaretto.engine.isolation import UNKNOWN_BY_DAY
from lazaretto.engine.leakage import head_of, kind_of_household
from lazaretto.words import AGE_BANDS, INCOMES

FIRST_OLD = 13
"""Age band of the youngest of the old: 65 to 69 years."""

AT_NEITHER, AT_SCHOOL, AT_WORK, ESSENTIAL_THERE = range(4)
"""What a person does by day: nothing, school, work, or work that is essential."""

N_AGES, N_INCOMES = len(AGE_BANDS), len(INCOMES)

AGES = slice(0, N_AGES)
"""Columns of residents by age band."""

HOUSEHOLDS = slice(AGES.stop, AGES.stop + 2 * N_INCOMES)
"""Columns of residents by kind of household: twice the income class, and 1 more for migrants."""

OLD_ALONE = HOUSEHOLDS.stop
"""Column of residents of 65 and over who live alone."""

PUPILS = OLD_ALONE + 1
"""Column of residents who go to a school."""

WORKERS = slice(PUPILS + 1, PUPILS + 1 + N_INCOMES)
"""Columns of residents who go to a workplace and are not essential there, by income class."""

N_KINDS = WORKERS.stop

ESSENTIAL_WORKERS = slice(N_KINDS, N_KINDS + N_INCOMES)
"""Columns of the isolated who are essential workers, by income class."""


@njit(nogil=True, cache=True)
def residents_by_kind(
    city: City,
    income: NDArray[np.uint32],
    migrant: np.uint32,
    key: np.uint64,
    buildings: tuple[int, int],
    counts: NDArray[np.int32],
) -> None:
    """Count the residents of each building by kind.

    Parameters
    ----------
    city
        The city.
    income
        Cumulative thresholds of income class by compound, shape (n_compounds, 4).
    migrant
        Threshold of a household of migrants.
    key
        Stream of `Purpose.INCOME`.
    buildings
        The first building, and the one after the last.
    counts
        Receives the residents from the first building on, shape (n, `N_KINDS`), 0 before.
    """
    n_persons = city.attributes.size
    for building in range(buildings[0], buildings[1]):
        compound = city.building_compound[building]
        row = building - buildings[0]
        kind = 0
        for person in range(city.building_start[building], city.building_start[building + 1]):
            attributes = city.attributes[person]
            age = np.int64(attributes & AGE_MASK)
            first = (attributes & FIRST_OF_HOUSEHOLD) != 0
            if first:
                kind = kind_of_household(income, migrant, key, person, compound)
            counts[row, age] += 1
            counts[row, N_AGES + kind] += 1
            last = (
                person + 1 == n_persons or (city.attributes[person + 1] & FIRST_OF_HOUSEHOLD) != 0
            )
            if first and last and age >= FIRST_OLD:
                counts[row, OLD_ALONE] += 1
            group = city.group[person]
            if 0 <= group < city.n_schools:
                counts[row, PUPILS] += 1
            elif group >= city.n_schools and (attributes & ESSENTIAL) == 0:
                counts[row, PUPILS + 1 + kind // 2] += 1


@njit(_nrt=False)
def by_day_of(
    city: City, income: NDArray[np.uint32], key: np.uint64, person: int, building: int
) -> np.int64:
    """Return `N_INCOMES` times what a person does by day, plus the income class."""
    compound = np.int64(city.building_compound[building])
    head = head_of(city, person)
    earns = kind_of_household(income, np.uint32(0), key, head, compound) // 2
    group, does = city.group[person], AT_NEITHER
    if 0 <= group < city.n_schools:
        does = AT_SCHOOL
    elif group >= city.n_schools:
        does = ESSENTIAL_THERE if (city.attributes[person] & ESSENTIAL) != 0 else AT_WORK
    return np.int64(N_INCOMES * does + earns)


@njit(nogil=True, _nrt=False, cache=True)
def count_isolated_by_kind(
    city: City,
    income: NDArray[np.uint32],
    key: np.uint64,
    tier: NDArray[np.uint8],
    person: NDArray[np.int32],
    stay: NDArray[Any],
    out: NDArray[np.int64],
) -> None:
    """Count the isolated by livelihood and by what they would do by day.

    Parameters
    ----------
    city, income, key
        As in `residents_by_kind`.
    tier
        Tier of each building, shape (n_buildings,).
    person, stay
        Everybody isolated (`lazaretto.engine.isolation.Isolated`), shape (n,); what they would do
        by day is written at the first time.
    out
        Receives persons by district, tier and kind, shape (n_districts, 4, `N_KINDS` + 5): the
        columns of households without regard to migrants, of pupils and of workers.
    """
    for i in range(person.size):
        building = building_of(city, np.int64(person[i]))
        if stay[i].by_day == UNKNOWN_BY_DAY:
            stay[i].by_day = by_day_of(city, income, key, np.int64(person[i]), building)
        does, earns = divmod(np.int64(stay[i].by_day), N_INCOMES)
        mine = out[city.building_district[building], tier[building]]
        mine[N_AGES + 2 * earns] += 1
        if does == AT_SCHOOL:
            mine[PUPILS] += 1
        elif does != AT_NEITHER:
            mine[earns + (N_KINDS if does == ESSENTIAL_THERE else PUPILS + 1)] += 1


@njit(nogil=True, cache=True)
def incomes_of(
    city: City,
    income: NDArray[np.uint32],
    key: np.uint64,
    person: NDArray[np.int32],
    compound: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the income class of persons, 0 to 4, shape (n,).

    Parameters
    ----------
    city, income, key
        As in `residents_by_kind`.
    person, compound
        The persons and the compound each lives in, shape (n,).
    """
    out = np.empty(person.size, np.int64)
    for i in range(person.size):
        head = head_of(city, person[i])
        out[i] = kind_of_household(income, np.uint32(0), key, head, compound[i]) // 2
    return out
