"""Where households live: buildings, compounds and subdistricts of one district."""

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
        Mean residents of a building and of a compound.
    subdistrict
        Mean residents of a subdistrict where their number is not known.
    school
        Factor on the mean size of every kind of school.
    """

    building: float = a.BUILDING_MEAN
    compound: float = a.COMPOUND_MEAN
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


def dwell(
    index: int,
    seed: int,
    family: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    collective: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    sizes: Sizes,
    n_subdistricts: int,
) -> Dwellings:
    """Give households of one district their homes.

    Family households in random order fill buildings of lognormal size; rooms fill buildings of
    their own. Buildings in random order make compounds, and consecutive compounds subdistricts.

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
    """
    bands = np.concatenate([family[0], collective[0]])
    members = np.concatenate([family[1], collective[1]])
    n_family = family[1].size
    first_person = np.cumsum(members, dtype=np.int64) - members
    order = np.arange(members.size, dtype=np.int32)
    shuffle(order[:n_family], step_key(seed, Step.HOUSEHOLD_ORDER, index))

    firsts: list[NDArray[np.int64]] = []
    flags: list[NDArray[np.uint8]] = []
    offset = 0
    for kind, part in enumerate((order[:n_family], order[n_family:])):
        if part.size == 0:
            continue
        ends = np.cumsum(members[part], dtype=np.int64)
        key = step_key(seed, Step.BUILDING_SIZES, 2 * index + kind)
        edges = cut(ends, key, sizes.building, a.BUILDING_SPREAD)
        firsts.append(edges[:-1] + offset)
        flags.append(np.full(edges.size - 1, COLLECTIVE * kind, np.uint8))
        offset += part.size
    building_first = np.concatenate([*firsts, [offset]]).astype(np.int64)
    flag = np.concatenate(flags)
    buildings = np.arange(flag.size, dtype=np.int64)
    shuffle(buildings, step_key(seed, Step.BUILDING_ORDER, index))

    attributes = np.empty(bands.size, np.uint8)
    _move_in(bands, members, first_person, order, building_first, buildings, flag, attributes)

    slot_ends = np.concatenate([[0], np.cumsum(members[order], dtype=np.int64)])
    residents = np.diff(slot_ends[building_first])[buildings]
    building_start = np.concatenate([[0], np.cumsum(residents)])
    edges = cut(
        building_start[1:],
        step_key(seed, Step.COMPOUND_SIZES, index),
        sizes.compound,
        a.COMPOUND_SPREAD,
    )
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
