"""The packed record of one infection: what the engine keeps of a person while infected.

A record is 32 bits: course, age band, place in the household, kind of group, essential worker,
day of symptoms, severity. All of it can be recomputed; it is kept because it is read every day.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import draw, high31, low31, second
from lazaretto.engine.city import (
    AGE_MASK,
    BLOCK_SHIFT,
    ESSENTIAL,
    City,
    district_of,
    household_of,
    kind_of_group,
)
from lazaretto.engine.memory import AHEAD, prefetch
from lazaretto.engine.rates import Rates
from lazaretto.engine.state import State
from lazaretto.engine.vaccinated import (
    AGAINST_HOSPITAL,
    AGAINST_SYMPTOMS,
    Vaccine,
    bin_of,
    relative_risk,
)

NO_SYMPTOMS = 31
"""Symptom day of a person who never has symptoms."""

MILD, WARD, CRITICAL = range(3)
"""Severity of an infection: no hospital, a hospital ward, intensive care."""

_AGE, _PLACE, _SIZE, _KIND, _ESSENTIAL, _ONSET, _SEVERITY = 8, 13, 17, 21, 23, 24, 29


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
def severity_of(record: np.uint32) -> np.int64:
    """Return the severity: `MILD`, `WARD` or `CRITICAL`."""
    return np.int64(record >> np.uint32(_SEVERITY))


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
def new_record(
    city: City, rates: Rates, vaccine: Vaccine, key: np.uint64, person: int, day: int
) -> np.uint32:
    """Draw the course of a new infection and return its record.

    Parameters
    ----------
    city, rates, vaccine
        The city, the tables of the disease, and who is vaccinated.
    key
        Stream of `Purpose.COURSE` for the day of infection.
    person
        The person infected.
    day
        Day of infection.
    """
    bits = draw(key, person, 0)
    more = second(bits)
    attributes = city.attributes[person]
    age = np.int64(attributes & AGE_MASK)
    ill, hospital = np.uint64(rates.symptomatic[age]), np.uint64(rates.hospital[age])
    if vaccine.given:
        district, bin_ = district_of(city, person), bin_of(vaccine, person)
        risk = relative_risk(vaccine, AGAINST_SYMPTOMS, district, age, bin_, day)
        ill = (ill * risk) >> np.uint64(31)
        risk = relative_risk(vaccine, AGAINST_HOSPITAL, district, age, bin_, day)
        hospital = (hospital * risk) >> np.uint64(31)
    symptomatic = 1 if np.uint64(low31(bits)) < ill else 0
    course = first_not_below(rates.course[symptomatic], high31(bits))
    onset, severity = NO_SYMPTOMS, MILD
    if symptomatic:
        onset = rates.latent[course] + first_not_below(rates.onset, low31(more))
        if np.uint64(high31(more)) < hospital:
            critical = (hospital * np.uint64(rates.critical[age])) >> np.uint64(31)
            severity = CRITICAL if np.uint64(high31(more)) < critical else WARD
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
        | (severity << _SEVERITY)
    )


@njit(inline="always", _nrt=False)
def record_on(
    city: City, rates: Rates, state: State, course_keys: NDArray[np.uint64], person: int
) -> np.uint32:
    """Return the record of a person's last infection, recomputed; of others only the household.

    Parameters
    ----------
    city, rates, state
        The city, the tables of the disease, and the residents.
    course_keys
        Streams of `Purpose.COURSE` by day, shape (n_days,).
    person
        The person.
    """
    before = np.int64(state.infected_on[person])
    if before >= 0:
        return new_record(city, rates, state.vaccine, course_keys[before], person, before)
    return uninfected_record(city, person)


@njit(nogil=True, _nrt=False, cache=True)
def records_of(
    city: City,
    rates: Rates,
    state: State,
    course_keys: NDArray[np.uint64],
    person: NDArray[np.int32],
    out: NDArray[np.uint32],
) -> None:
    """Write the records of persons, recomputed, shape (n,); arguments as in `record_on`."""
    for i in range(person.size):
        ahead = np.int64(person[min(i + AHEAD, person.size - 1)])
        prefetch(state.infected_on, ahead)
        prefetch(city.attributes, ahead)
        prefetch(city.group, ahead)
        prefetch(city.building_of_block, ahead >> BLOCK_SHIFT)
        out[i] = record_on(city, rates, state, course_keys, np.int64(person[i]))


def severities(record: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the severity of many records, shape (n,)."""
    return record >> np.uint32(_SEVERITY)


def unpacked(
    record: NDArray[np.uint32],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return age band, day of symptoms and severity of many records, each shape (n,)."""
    parts = [(record >> np.uint32(shift)) & np.uint32(31) for shift in (_AGE, _ONSET, _SEVERITY)]
    age, onset, severity = (part.astype(np.int64) for part in parts)
    return age, onset, severity


@njit(nogil=True, _nrt=False, cache=True)
def uninfected_record(city: City, person: int) -> np.uint32:
    """Return a record that holds household, kind of group and essential work only."""
    first, size = household_of(city, person)
    kind = kind_of_group(city, city.group[person])
    essential = 1 if city.attributes[person] & ESSENTIAL else 0
    return np.uint32(
        ((person - first) << _PLACE) | (size << _SIZE) | (kind << _KIND) | (essential << _ESSENTIAL)
    )
