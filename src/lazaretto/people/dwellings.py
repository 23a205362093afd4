"""Where households live: buildings, compounds and subdistricts of one district.

In the country a compound is a natural village and a building a lane of neighbouring houses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.people import assumptions as a
from lazaretto.people.drawing import Step, cut, cut_into, shuffle, step_key
from lazaretto.people.population import COLLECTIVE, HEAD


@dataclass(frozen=True)
class Sizes:
    """How large places are.

    Parameters
    ----------
    building, compound
        Mean residents of a building and of a compound in cities and towns.
    lane, village
        The same in the country: a lane of neighbouring houses, and a natural village.
    subdistrict
        Mean residents of a subdistrict where their number is not known.
    school
        Factor on the mean size of every kind of school.
    """

    building: float = a.BUILDING_MEAN
    compound: float = a.COMPOUND_MEAN
    lane: float = a.LANE_MEAN
    village: float = a.VILLAGE_MEAN
    subdistrict: float = a.SUBDISTRICT_MEAN
    school: float = 1.0


@dataclass(frozen=True, eq=False)
class Dwellings:
    """The residents of one district by place; starts are persons counted from 0 in the district.

    Parameters
    ----------
    attributes
        (n_persons,) age band, first of household, collective household.
    building_start, compound_start, subdistrict_start
        First person of each place, with the end appended.
    building_compound, compound_subdistrict
        The place one level up, counted from 0 in the district.
    """

    attributes: NDArray[np.uint8]
    building_start: NDArray[np.int64]
    compound_start: NDArray[np.int64]
    subdistrict_start: NDArray[np.int64]
    building_compound: NDArray[np.int64]
    compound_subdistrict: NDArray[np.int64]


@njit(nogil=True, cache=True)
def _move_in(
    bands: NDArray[np.uint8],
    sizes: NDArray[np.uint8],
    first_person: NDArray[np.int64],
    households: NDArray[np.int32],
    building_first: NDArray[np.int64],
    buildings: NDArray[np.int64],
    flag: NDArray[np.uint8],
    out: NDArray[np.uint8],
) -> None:
    """Write the attributes of all persons in the order of buildings."""
    p = 0
    for b in buildings:
        for slot in range(building_first[b], building_first[b + 1]):
            h = households[slot]
            q = first_person[h]
            for m in range(sizes[h]):
                out[p] = bands[q + m] | flag[b]
                if m == 0:
                    out[p] |= HEAD
                p += 1


def _town_households(sizes: NDArray[np.uint8], rural: int) -> int:
    """Return how many households, from the first on, leave a number nearest ``rural``."""
    ends = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    wanted = max(0, int(ends[-1]) - rural)
    last = int(np.searchsorted(ends, wanted))
    return last - int(last > 0 and wanted - ends[last - 1] < ends[last] - wanted)


def dwell(
    index: int,
    seed: int,
    family: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    collective: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    sizes: Sizes,
    n_subdistricts: int,
    rural: int = 0,
) -> Dwellings:
    """Give households of one district their homes.

    Family households in random order fill buildings of lognormal size; rooms fill buildings of
    their own. Buildings in random order make compounds. The last households of the order live in
    the country: they fill lanes, and consecutive lanes make villages, which come after all
    compounds of the towns. Consecutive compounds make subdistricts, so that all but a few of
    these are of one kind.

    Parameters
    ----------
    index, seed
        District and seed, for the random numbers.
    family, collective
        Age bands (persons) and sizes (households or rooms).
    sizes
        Mean sizes of places.
    n_subdistricts
        Subdistricts to make, at most one per compound.
    rural
        Residents of family households in the country, met to within half a household.
    """
    bands = np.concatenate([family[0], collective[0]])
    members = np.concatenate([family[1], collective[1]])
    n_family = family[1].size
    first_person = np.cumsum(members, dtype=np.int64) - members
    order = np.arange(members.size, dtype=np.int32)
    shuffle(order[:n_family], step_key(seed, Step.HOUSEHOLD_ORDER, index))

    n_town = _town_households(members[order[:n_family]], rural)
    parts = order[:n_town], order[n_family:], order[n_town:n_family]
    order = np.concatenate(parts)
    building = (sizes.building, a.BUILDING_SPREAD)
    firsts: list[NDArray[np.int64]] = []
    flags: list[NDArray[np.uint8]] = []
    offset = n_lanes = 0
    for part, step, place, size, bit in (
        (parts[0], Step.BUILDING_SIZES, 2 * index, building, 0),
        (parts[1], Step.BUILDING_SIZES, 2 * index + 1, building, COLLECTIVE),
        (parts[2], Step.LANE_SIZES, index, (sizes.lane, a.LANE_SPREAD), 0),
    ):
        if part.size == 0:
            continue
        ends = np.cumsum(members[part], dtype=np.int64)
        edges = cut(ends, step_key(seed, step, place), *size)
        firsts.append(edges[:-1] + offset)
        flags.append(np.full(edges.size - 1, bit, np.uint8))
        offset += part.size
        n_lanes = edges.size - 1 if step is Step.LANE_SIZES else 0
    building_first = np.concatenate([*firsts, [offset]]).astype(np.int64)
    flag = np.concatenate(flags)
    buildings = np.arange(flag.size, dtype=np.int64)
    n_buildings = flag.size - n_lanes
    shuffle(buildings[:n_buildings], step_key(seed, Step.BUILDING_ORDER, index))

    attributes = np.empty(bands.size, np.uint8)
    _move_in(bands, members, first_person, order, building_first, buildings, flag, attributes)

    slot_ends = np.concatenate([[0], np.cumsum(members[order], dtype=np.int64)])
    residents = np.diff(slot_ends[building_first])[buildings]
    building_start = np.concatenate([[0], np.cumsum(residents)])
    firsts = []
    for first, last, step, size in (
        (0, n_buildings, Step.COMPOUND_SIZES, (sizes.compound, a.COMPOUND_SPREAD)),
        (n_buildings, flag.size, Step.VILLAGE_SIZES, (sizes.village, a.VILLAGE_SPREAD)),
    ):
        if first < last:
            ends = building_start[first + 1 : last + 1] - building_start[first]
            firsts.append(first + cut(ends, step_key(seed, step, index), *size)[:-1])
    edges = np.concatenate([*firsts, [flag.size]])
    compound_start = building_start[edges]
    building_compound = np.repeat(np.arange(edges.size - 1), np.diff(edges))
    key = step_key(seed, Step.SUBDISTRICT_SIZES, index)
    edges = cut_into(compound_start[1:], key, n_subdistricts, a.SUBDISTRICT_SPREAD)
    compound_subdistrict = np.repeat(np.arange(edges.size - 1), np.diff(edges))
    return Dwellings(
        attributes,
        building_start,
        compound_start,
        compound_start[edges],
        building_compound,
        compound_subdistrict,
    )
