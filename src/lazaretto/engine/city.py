"""The city as kernels see it: one named tuple of flat, read-only arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import threshold
from lazaretto.engine.memory import resident
from lazaretto.people import Population

AGE_MASK = 0x1F
FIRST_OF_HOUSEHOLD = 0x20
ESSENTIAL = 0x40
BLOCK_SHIFT = 6

READ_AT_RANDOM = ("attributes", "member", "group_start")
"""Arrays the kernels jump about in."""

NO_GROUP, IN_SCHOOL, IN_WORKPLACE = range(3)


class City(NamedTuple):
    """Places and memberships of the residents; see `lazaretto.people.Population` for shapes."""

    attributes: NDArray[np.uint8]
    group: NDArray[np.int32]
    member: NDArray[np.int32]
    group_start: NDArray[np.int32]
    n_schools: int
    building_start: NDArray[np.int32]
    building_of_block: NDArray[np.int32]
    building_compound: NDArray[np.int32]
    compound_start: NDArray[np.int32]
    compound_subdistrict: NDArray[np.int32]
    subdistrict_start: NDArray[np.int32]
    subdistrict_district: NDArray[np.int32]
    building_district: NDArray[np.uint8]
    district_start: NDArray[np.int32]
    mixing: NDArray[np.uint32]
    """Cumulative 31-bit thresholds of the district met, shape (n_districts, n_districts)."""


def city_of(people: Population, *, large_pages: bool = True) -> City:
    """Return the arrays of a population in the form the kernels take.

    Parameters
    ----------
    people
        The synthetic population; its arrays are shared, not copied.
    large_pages
        Copy what is read at random day by day into memory of its own, see `resident`.
    """
    mixing = threshold(np.cumsum(people.mixing, axis=1))
    mixing[:, -1] = np.uint32(1 << 31)
    own = READ_AT_RANDOM if large_pages else ()
    shared = {
        name: _read_only(resident(getattr(people, name)) if name in own else getattr(people, name))
        for name in City._fields
        if name not in ("n_schools", "mixing", "building_district")
    }
    subdistrict = people.compound_subdistrict[people.building_compound]
    district = people.subdistrict_district[subdistrict].astype(np.uint8)
    return City(
        n_schools=int(people.n_schools),
        mixing=_read_only(mixing),
        building_district=_read_only(district),
        **shared,
    )


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a plain read-only view: memory-mapped and fresh arrays must look alike to numba."""
    view = np.ndarray(array.shape, array.dtype, array)
    view.flags.writeable = False
    return view


@njit(inline="always", _nrt=False)
def building_of(city: City, person: int) -> np.int64:
    """Return the building a person lives in."""
    building = np.int64(city.building_of_block[person >> BLOCK_SHIFT])
    while city.building_start[building + 1] <= person:
        building += 1
    return building


@njit(inline="always", _nrt=False)
def district_of(city: City, person: int) -> np.int64:
    """Return the district a person lives in."""
    return np.int64(city.building_district[building_of(city, person)])


@njit(inline="always", _nrt=False)
def household_of(city: City, person: int) -> tuple[int, int]:
    """Return the first person and the size of a person's household."""
    first = person
    while (city.attributes[first] & FIRST_OF_HOUSEHOLD) == 0:
        first -= 1
    last = person + 1
    while last < city.attributes.size and (city.attributes[last] & FIRST_OF_HOUSEHOLD) == 0:
        last += 1
    return first, last - first


@njit(inline="always", _nrt=False)
def kind_of_group(city: City, group: int) -> int:
    """Return whether a group is none, a school or a workplace."""
    if group < 0:
        return NO_GROUP
    return IN_SCHOOL if group < city.n_schools else IN_WORKPLACE


@njit(nogil=True, cache=True)
def residents(city: City) -> NDArray[np.int64]:
    """Return the residents of each district by age band, shape (n_districts, 18)."""
    counts = np.zeros((city.district_start.size - 1, 18), np.int64)
    for district in range(city.district_start.size - 1):
        for person in range(city.district_start[district], city.district_start[district + 1]):
            counts[district, city.attributes[person] & AGE_MASK] += 1
    return counts
