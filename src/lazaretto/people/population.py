"""A synthetic population laid out by place, as flat arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

BAND_MASK = 0b0001_1111
"""Bits 0-4 of an attribute: age band 0 to 17."""
HEAD = 0b0010_0000
"""Bit 5: first person of a household."""
ESSENTIAL = 0b0100_0000
"""Bit 6: essential worker."""
COLLECTIVE = 0b1000_0000
"""Bit 7: lives in a collective household (dormitory room, care home)."""

N_BANDS = 18
MAX_HOUSEHOLD = 16
"""First axis of the household tables less one; sizes above 15 do not occur."""
BLOCK = 64
"""Persons between two entries of `Population.building_of_block`."""


@dataclass(frozen=True, eq=False)
class Population:
    """Every resident of a place; persons are numbered so that each place is a range of ids.

    All arrays are read-only. Households, buildings, compounds, subdistricts and districts nest and
    are contiguous; schools and workplaces (groups) are lists of persons in `member`.

    Parameters
    ----------
    name, title
        Identifier and readable name of the place.
    districts
        Names of the districts, (n_districts,).
    attributes
        (n_persons,) bits 0-4 age band, 5 first person of a household, 6 essential worker,
        7 lives in a collective household.
    group
        (n_persons,) school or workplace, -1 none; schools are 0..n_schools-1.
    member
        (n_members,) persons by group, ascending inside a group.
    group_start
        (n_groups + 1,) ranges of `member`.
    group_district
        (n_groups,) district the school or workplace is in.
    n_schools
        Number of schools.
    building_start
        (n_buildings + 1,) first person of each building; the last entry is n_persons.
    building_of_block
        (ceil(n_persons / 64),) building of person 64 b.
    building_compound
        (n_buildings,) compound of each building.
    compound_start, subdistrict_start, district_start
        First person of each place, one entry more than places.
    compound_subdistrict, subdistrict_district
        The place one level up.
    mixing
        (n_districts, n_districts) rows sum to 1: district of the community contacts that a
        resident of the row's district has outside the own subdistrict.
    household_pairs
        (17, 18, 18) ordered pairs of members of one household by household size, age band of the
        first and of the second.
    household_persons
        (17, 18) persons by household size and age band.
    """

    name: str
    title: str
    districts: tuple[str, ...]
    attributes: NDArray[np.uint8]
    group: NDArray[np.int32]
    member: NDArray[np.int32]
    group_start: NDArray[np.int32]
    group_district: NDArray[np.unsignedinteger[Any]]
    n_schools: int
    building_start: NDArray[np.int32]
    building_of_block: NDArray[np.int32]
    building_compound: NDArray[np.int32]
    compound_start: NDArray[np.int32]
    compound_subdistrict: NDArray[np.int32]
    subdistrict_start: NDArray[np.int32]
    subdistrict_district: NDArray[np.int32]
    district_start: NDArray[np.int32]
    mixing: NDArray[np.float64]
    household_pairs: NDArray[np.int64]
    household_persons: NDArray[np.int64]

    def __post_init__(self) -> None:
        for array in self.arrays().values():
            array.flags.writeable = False

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return every array by field name."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: v for name, v in values.items() if isinstance(v, np.ndarray)}

    def __repr__(self) -> str:
        return (
            f"Population({self.name!r}: {self.n_persons:,} persons, {self.n_districts} districts, "
            f"{self.n_compounds:,} compounds, {self.n_groups:,} schools and workplaces)"
        )

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays together."""
        return sum(a.nbytes for a in self.arrays().values())

    @property
    def n_persons(self) -> int:
        """Number of residents."""
        return self.attributes.size

    @property
    def n_members(self) -> int:
        """Number of persons who go to a school or a workplace."""
        return self.member.size

    @property
    def n_groups(self) -> int:
        """Number of schools and workplaces."""
        return self.group_start.size - 1

    @property
    def n_workplaces(self) -> int:
        """Number of workplaces."""
        return self.n_groups - self.n_schools

    @property
    def n_buildings(self) -> int:
        """Number of buildings."""
        return self.building_start.size - 1

    @property
    def n_compounds(self) -> int:
        """Number of compounds."""
        return self.compound_start.size - 1

    @property
    def n_subdistricts(self) -> int:
        """Number of subdistricts."""
        return self.subdistrict_start.size - 1

    @property
    def n_districts(self) -> int:
        """Number of districts."""
        return self.district_start.size - 1

    @property
    def n_households(self) -> int:
        """Number of households, rooms of collective households included."""
        return int(np.count_nonzero(self.attributes & HEAD))

    def bands(self) -> NDArray[np.uint8]:
        """Return the age band of every person, a new array of shape (n_persons,)."""
        return self.attributes & np.uint8(BAND_MASK)

    def persons_by_age(self) -> NDArray[np.int64]:
        """Return persons by district and age band, shape (n_districts, 18)."""
        out = np.empty((self.n_districts, N_BANDS), np.int64)
        for d in range(self.n_districts):
            part = self.attributes[self.district_start[d] : self.district_start[d + 1]]
            out[d] = np.bincount(part & BAND_MASK, minlength=N_BANDS)
        return out
