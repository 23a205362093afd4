"""Making a population from a census, district by district."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.people.areas import read_area
from lazaretto.people.census import CensusArea, scaled, subdistricts_by_residents
from lazaretto.people.collective import collective_residents, rooms
from lazaretto.people.daytime import daytime
from lazaretto.people.dwellings import Dwellings, Sizes, dwell
from lazaretto.people.households import family_households, households_by_size
from lazaretto.people.population import (
    BAND_MASK,
    BLOCK,
    COLLECTIVE,
    HEAD,
    MAX_HOUSEHOLD,
    N_BANDS,
    Population,
)
from lazaretto.people.travel import balanced, gravity

GENERATOR = 2
"""Raised whenever the same inputs would give other persons."""

Progress = Callable[[str, float], None]


@njit(nogil=True, cache=True)
def _count_households(
    attributes: NDArray[np.uint8],
    first: int,
    last: int,
    skip: int,
    pairs: NDArray[np.int64],
    persons: NDArray[np.int64],
) -> None:
    """Count persons, and ordered pairs of housemates, by household size and age band."""
    p = first
    while p < last:
        q = p + 1
        while q < last and not attributes[q] & HEAD:
            q += 1
        if not attributes[p] & skip:
            size = q - p
            for i in range(p, q):
                x = attributes[i] & BAND_MASK
                persons[size, x] += 1
                for j in range(i + 1, q):
                    y = attributes[j] & BAND_MASK
                    pairs[size, x, y] += 1
                    pairs[size, y, x] += 1
        p = q


def count_households(
    attributes: NDArray[np.uint8],
    starts: NDArray[Any],
    *,
    family_only: bool = False,
    in_parallel: Callable[..., Iterable[Any]] = map,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return ordered pairs of housemates, (17, 18, 18), and persons, (17, 18), by household size.

    Parameters
    ----------
    attributes
        (n_persons,) as in `Population`.
    starts
        (n_parts + 1,) ranges that cut no household, counted separately.
    family_only
        Leave collective households out.
    in_parallel
        Maps over the ranges.
    """

    def part(i: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        pairs = np.zeros((MAX_HOUSEHOLD + 1, N_BANDS, N_BANDS), np.int64)
        persons = np.zeros((MAX_HOUSEHOLD + 1, N_BANDS), np.int64)
        skip = COLLECTIVE if family_only else 0
        _count_households(attributes, int(starts[i]), int(starts[i + 1]), skip, pairs, persons)
        return pairs, persons

    parts = list(in_parallel(part, range(len(starts) - 1)))
    pairs = np.sum([p for p, _ in parts], axis=0)
    persons = np.sum([q for _, q in parts], axis=0)
    return np.asarray(pairs, np.int64), np.asarray(persons, np.int64)


def _subdistricts(census: CensusArea, sizes: Sizes) -> NDArray[np.int64]:
    residents = census.persons.sum(axis=1).astype(np.float64)
    if census.n_subdistricts:
        return subdistricts_by_residents(residents, census.n_subdistricts)
    return np.asarray(np.maximum(1, np.rint(residents / sizes.subdistrict)), np.int64)


def _district(
    census: CensusArea, d: int, seed: int, sizes: Sizes, n_subdistricts: int
) -> Dwellings:
    total = int(census.persons[d].sum())
    family_total = int(census.family_persons[d])
    in_rooms = collective_residents(census.persons[d], total - family_total)
    by_size = households_by_size(
        int(census.family_households[d]),
        family_total,
        int(census.one_person[d]),
        census.size_share,
    )
    families = family_households(
        census.districts[d], d, seed, census.persons[d] - in_rooms, by_size, census.generations[d]
    )
    return dwell(
        d, seed, (families.bands, families.sizes), rooms(in_rooms, d, seed), sizes,
        n_subdistricts, int(census.rural[d]),
    )  # fmt: skip


def _stacked(parts: list[NDArray[np.int64]], offsets: NDArray[np.int64]) -> NDArray[np.int32]:
    """Join starts of districts, each given with its end, to one array of starts with an end."""
    rows = [p[:-1] + o for p, o in zip(parts, offsets[:-1], strict=True)]
    return np.concatenate([*rows, offsets[-1:]]).astype(np.int32)


def make_population(
    census: CensusArea,
    *,
    seed: int = 0,
    sizes: Sizes | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Population:
    """Make the population of an area; the same inputs give the same bytes at any thread count.

    Parameters
    ----------
    census
        The tables of the area.
    seed
        Seed of the population (not of a run).
    sizes
        Mean sizes of buildings, compounds, subdistricts and schools.
    threads
        Threads to use; default one per processor, at most 8.
    progress
        Called with a phase in words and the share done, 0 to 1.

    Raises
    ------
    CensusError
        If a district's ages do not fit its households.
    """
    sizes = sizes or Sizes()
    n = census.n_districts
    threads = threads or min(8, os.cpu_count() or 1)
    tell = progress or (lambda _phase, _share: None)
    n_subdistricts = _subdistricts(census, sizes)
    tell("households and homes", 0.0)
    with ThreadPoolExecutor(threads) as executor:
        # The largest districts first, so that no thread is left with one at the end.
        order = np.argsort(-census.persons.sum(axis=1), kind="stable")
        futures = {
            int(d): executor.submit(_district, census, int(d), seed, sizes, int(n_subdistricts[d]))
            for d in order
        }
        homes: list[Dwellings] = []
        for d in range(n):
            homes.append(futures.pop(d).result())
            tell("households and homes", 0.6 * (d + 1) / n)

        residents = np.array([h.attributes.size for h in homes])
        district_start = np.concatenate([[0], np.cumsum(residents)]).astype(np.int64)
        attributes = np.concatenate([h.attributes for h in homes])
        building_start = _stacked([h.building_start for h in homes], district_start)
        compound_start = _stacked([h.compound_start for h in homes], district_start)
        subdistrict_start = _stacked([h.subdistrict_start for h in homes], district_start)
        compounds = _offsets([h.compound_start.size - 1 for h in homes])
        subdistricts = _offsets([h.subdistrict_start.size - 1 for h in homes])
        building_compound = np.concatenate(
            [h.building_compound + o for h, o in zip(homes, compounds, strict=False)]
        )
        compound_subdistrict = np.concatenate(
            [h.compound_subdistrict + o for h, o in zip(homes, subdistricts, strict=False)]
        )
        subdistrict_district = np.repeat(np.arange(n), np.diff(subdistricts))
        del homes

        def in_parallel(function: Callable[[int], Any], numbers: Iterable[int]) -> Iterator[Any]:
            return executor.map(function, numbers)

        tell("schools and workplaces", 0.6)
        groups = daytime(
            census, seed, attributes, district_start, subdistrict_start.astype(np.int64),
            subdistrict_district, sizes.school, in_parallel,
        )  # fmt: skip
        tell("schools and workplaces", 0.9)
        pairs, persons = count_households(attributes, district_start, in_parallel=in_parallel)
    blocks = np.arange(0, attributes.size, BLOCK)
    building_of_block = np.searchsorted(building_start, blocks, side="right") - 1
    residents = census.persons.sum(axis=1)
    parts = np.diff(subdistricts)
    tell("schools and workplaces", 1.0)
    return Population(
        name=census.name,
        title=census.title,
        districts=census.districts,
        attributes=attributes,
        group=groups.group,
        member=groups.member,
        group_start=groups.group_start,
        group_district=groups.group_district,
        n_schools=groups.n_schools,
        building_start=building_start,
        building_of_block=building_of_block.astype(np.int32),
        building_compound=building_compound.astype(np.int32),
        compound_start=compound_start,
        compound_subdistrict=compound_subdistrict.astype(np.int32),
        subdistrict_start=subdistrict_start,
        subdistrict_district=subdistrict_district.astype(np.int32),
        district_start=district_start.astype(np.int32),
        mixing=balanced(
            gravity(census, residents.astype(np.float64), parts, leave_own_part=True), residents
        ),
        household_pairs=pairs,
        household_persons=persons,
    )


def _offsets(counts: list[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def town(n_persons: int = 3_000, seed: int = 0, *, n_districts: int = 3) -> Population:
    """Return a small population made like a real one, from Shanghai's census scaled down.

    Places shrink with the town, so that even 300 persons live in several compounds and go to
    several schools.

    Parameters
    ----------
    n_persons
        Residents, from 60 a district to millions.
    seed
        Seed of the population.
    n_districts
        Districts, 1 to 16.
    """
    census = scaled(read_area("shanghai"), n_persons, n_districts)
    usual = Sizes()
    sizes = Sizes(
        building=min(usual.building, max(8.0, n_persons / 60)),
        compound=min(usual.compound, max(16.0, n_persons / 24)),
        subdistrict=min(usual.subdistrict, max(40.0, n_persons / (4 * n_districts))),
        school=min(1.0, n_persons / 100_000),
    )
    return make_population(census, seed=seed, sizes=sizes)
