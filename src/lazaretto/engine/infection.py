"""The packed record of one infection: what the engine keeps of a person while infected.

A record is 32 bits: course, age band, place in the household, kind of group, essential worker,
day of symptoms. All of it can be recomputed; it is kept because it is read every day.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import draw, high31, low31, second
from lazaretto.engine.city import (
    AGE_MASK,
    ESSENTIAL,
    City,
    household_of,
    kind_of_group,
)
from lazaretto.engine.rates import Rates

NO_SYMPTOMS = 31
"""Symptom day of a person who never has symptoms."""

UNDETECTED = 32767
"""Value of `found` while nobody knows of the infection."""

FOUND_AT_LARGE = 32766
"""Value of `found` for an infection that is known but not isolated."""

_AGE, _PLACE, _SIZE, _KIND, _ESSENTIAL, _ONSET = 8, 13, 17, 21, 23, 24


@njit(inline="always", _nrt=False)
def course_of(record: np.uint32) -> np.int64:
    """Return the index of the course of infection."""
    return np.int64(record & np.uint32(0xFF))


@njit(inline="always", _nrt=False)
def age_of(record: np.uint32) -> np.int64:
    """Return the age band, 0 to 17."""
    return np.int64((record >> np.uint32(_AGE)) & np.uint32(0x1F))


@njit(inline="always", _nrt=False)
def place_in_household(record: np.uint32) -> np.int64:
    """Return the position of the person within the household, from 0."""
    return np.int64((record >> np.uint32(_PLACE)) & np.uint32(0xF))


@njit(inline="always", _nrt=False)
def household_size(record: np.uint32) -> np.int64:
    """Return the number of members of the household, 1 to 15."""
    return np.int64((record >> np.uint32(_SIZE)) & np.uint32(0xF))


@njit(inline="always", _nrt=False)
def kind_of(record: np.uint32) -> np.int64:
    """Return the kind of group: none, school or workplace."""
    return np.int64((record >> np.uint32(_KIND)) & np.uint32(3))


@njit(inline="always", _nrt=False)
def is_essential(record: np.uint32) -> np.int64:
    """Return 1 for an essential worker, else 0."""
    return np.int64((record >> np.uint32(_ESSENTIAL)) & np.uint32(1))


@njit(inline="always", _nrt=False)
def onset_of(record: np.uint32) -> np.int64:
    """Return the day of first symptoms since infection, `NO_SYMPTOMS` if there are none."""
    return np.int64((record >> np.uint32(_ONSET)) & np.uint32(0x1F))


@njit(inline="always", _nrt=False)
def first_not_below(thresholds: NDArray[np.uint32], value: np.uint32) -> int:
    """Return the first index whose threshold is above the value (cumulative thresholds)."""
    low, high = 0, thresholds.size - 1
    while low < high:
        middle = (low + high) >> 1
        if value < thresholds[middle]:
            high = middle
        else:
            low = middle + 1
    return low


@njit(inline="always", _nrt=False)
def new_record(city: City, rates: Rates, key: np.uint64, person: int) -> np.uint32:
    """Draw the course of a new infection and return its record.

    Parameters
    ----------
    city, rates
        The city and the tables of the disease.
    key
        Stream of `Purpose.COURSE` for the day of infection.
    person
        The person infected.
    """
    bits = draw(key, person, 0)
    more = second(bits)
    attributes = city.attributes[person]
    age = np.int64(attributes & AGE_MASK)
    symptomatic = 1 if low31(bits) < rates.symptomatic[age] else 0
    course = first_not_below(rates.course[symptomatic], high31(bits))
    onset = NO_SYMPTOMS
    if symptomatic:
        onset = rates.latent[course] + first_not_below(rates.onset, low31(more))
    first, size = household_of(city, person)
    kind = kind_of_group(city, city.group[person])
    essential = 1 if attributes & ESSENTIAL else 0
    return np.uint32(
        course
        | (age << _AGE)
        | ((person - first) << _PLACE)
        | (size << _SIZE)
        | (kind << _KIND)
        | (essential << _ESSENTIAL)
        | (min(onset, NO_SYMPTOMS) << _ONSET)
    )


@njit(nogil=True, _nrt=False, cache=True)
def record_of(city: City, rates: Rates, key: np.uint64, person: int) -> np.uint32:
    """Return the record of an infected person, recomputed; arguments as in `new_record`."""
    return new_record(city, rates, key, person)


@njit(nogil=True, _nrt=False, cache=True)
def uninfected_record(city: City, person: int) -> np.uint32:
    """Return a record that holds household, kind of group and essential work only."""
    first, size = household_of(city, person)
    kind = kind_of_group(city, city.group[person])
    essential = 1 if city.attributes[person] & ESSENTIAL else 0
    return np.uint32(
        ((person - first) << _PLACE) | (size << _SIZE) | (kind << _KIND) | (essential << _ESSENTIAL)
    )
