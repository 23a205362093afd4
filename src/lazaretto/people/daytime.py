"""Where people spend the day: schools by age and area, workplaces with commuting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import draw, high31, second, threshold, uniforms
from lazaretto.people import assumptions as a
from lazaretto.people.attendance import (
    KINDS,
    attendance,
    duty_by_industry,
    school_sizes,
    workplace_sizes,
)
from lazaretto.people.census import CensusArea, shares_to_counts
from lazaretto.people.drawing import Step, shuffle, step_key
from lazaretto.people.population import BAND_MASK, ESSENTIAL
from lazaretto.people.travel import gravity

Map = Callable[[Callable[[int], Any], Iterable[int]], Iterable[Any]]


@dataclass(frozen=True, eq=False)
class Groups:
    """Schools and workplaces, as in `Population`."""

    group: NDArray[np.int32]
    member: NDArray[np.int32]
    group_start: NDArray[np.int32]
    group_district: NDArray[np.unsignedinteger[Any]]
    n_schools: int


@dataclass(frozen=True, eq=False)
class _Pools:
    """Persons wanting a place of one kind in one area: a subdistrict, or a district.

    Order: kindergartens by subdistrict, primary schools by subdistrict, then by district secondary
    schools, universities, staff, work.
    """

    n_subdistricts: int
    n_districts: int

    @property
    def count(self) -> int:
        return 2 * self.n_subdistricts + 4 * self.n_districts

    def first(self, kind: int) -> int:
        """Return the first pool of a kind."""
        if kind <= 2:
            return kind * self.n_subdistricts
        return 2 * self.n_subdistricts + (kind - 2) * self.n_districts

    def district(self, subdistrict_district: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the district of every pool."""
        own = np.arange(self.n_districts)
        return np.concatenate([subdistrict_district, subdistrict_district, own, own, own, own])


@njit(nogil=True, cache=True)
def _choose(
    attributes: NDArray[np.uint8],
    first: int,
    last: int,
    subdistrict_start: NDArray[np.int64],
    subdistrict: int,
    chance: NDArray[np.uint32],
    destination: NDArray[np.uint32],
    pool_first: NDArray[np.int64],
    key: np.uint64,
    group: NDArray[np.int32],
    counts: NDArray[np.int64],
) -> None:
    """Write the pool of every person of a district into ``group``, and count them."""
    n_kinds = chance.shape[1]
    for p in range(first, last):
        while p >= subdistrict_start[subdistrict + 1]:
            subdistrict += 1
        bits = draw(key, p, 0)
        u = high31(bits)
        band = attributes[p] & BAND_MASK
        kind = 0
        while kind < n_kinds and u >= chance[band, kind]:
            kind += 1
        if kind == n_kinds:
            group[p] = -1
            continue
        if kind < 2:
            pool = pool_first[kind] + subdistrict
        elif kind == 3 or kind == 5:
            v = high31(second(bits))
            j = 0
            while j < destination.shape[1] - 1 and v >= destination[kind // 4, j]:
                j += 1
            pool = pool_first[kind] + j
        else:
            pool = pool_first[kind] + destination[2, 0]
        group[p] = pool
        counts[pool] += 1


@njit(nogil=True, cache=True)
def _take_places(
    first: int,
    last: int,
    slots: NDArray[np.int32],
    cursor: NDArray[np.int64],
    duty: NDArray[np.uint32],
    key: np.uint64,
    group: NDArray[np.int32],
    attributes: NDArray[np.uint8],
) -> None:
    """Give every person of a district the next place of the pool, and draw who is on duty."""
    for p in range(first, last):
        pool = group[p]
        if pool < 0:
            continue
        g = slots[cursor[pool]]
        cursor[pool] += 1
        group[p] = g
        if duty[g] > 0 and high31(draw(key, p, 0)) < duty[g]:
            attributes[p] |= ESSENTIAL


@njit(nogil=True, cache=True)
def _list_members(
    group: NDArray[np.int32], cursor: NDArray[np.int32], member: NDArray[np.int32]
) -> None:
    for p in range(group.size):
        g = group[p]
        if g >= 0:
            member[cursor[g]] = p
            cursor[g] += 1


def daytime(
    census: CensusArea,
    seed: int,
    attributes: NDArray[np.uint8],
    district_start: NDArray[np.int64],
    subdistrict_start: NDArray[np.int64],
    subdistrict_district: NDArray[np.int64],
    school_factor: float,
    in_parallel: Map,
) -> Groups:
    """Give everybody a school, a workplace, or neither; marks essential workers in ``attributes``.

    Kindergartens and primary schools take the pupils of their subdistrict, secondary schools those
    of their district, universities and workplaces draw by gravity between districts. Whom one
    meets there is random within that area.

    Parameters
    ----------
    census, seed
        The area and the seed of the population.
    attributes
        (n_persons,), changed in place.
    district_start, subdistrict_start, subdistrict_district
        Places as in `Population`.
    school_factor
        Factor on the mean size of schools.
    in_parallel
        Maps a function over district or pool numbers, in order.
    """
    n_districts = census.n_districts
    pools = _Pools(subdistrict_district.size, n_districts)
    pool_first = np.array([pools.first(k) for k in range(len(KINDS))], np.int64)
    chance = threshold(np.cumsum(attendance(census), axis=2))
    parts = np.bincount(subdistrict_district, minlength=n_districts)
    residents = census.persons.sum(axis=1).astype(np.float64)
    to_school = gravity(census, residents, parts, leave_own_part=False)
    jobs = np.maximum(census.employed, 1).astype(np.float64)
    to_work = gravity(census, jobs, parts, leave_own_part=False)
    group = np.empty(attributes.size, np.int32)
    counts = np.zeros((n_districts, pools.count), np.int64)

    def choose(d: int) -> None:
        destination = np.zeros((3, n_districts), np.uint32)
        destination[0] = threshold(np.cumsum(to_school[d]))
        destination[1] = threshold(np.cumsum(to_work[d]))
        destination[2] = d
        start = int(np.searchsorted(subdistrict_district, d))
        _choose(
            attributes, int(district_start[d]), int(district_start[d + 1]), subdistrict_start,
            start, chance[d], destination, pool_first, step_key(seed, Step.DAYTIME, 0), group,
            counts[d],
        )  # fmt: skip

    list(in_parallel(choose, range(n_districts)))

    total = counts.sum(axis=0)
    where = pools.district(subdistrict_district)
    staff_first, work_first = int(pool_first[4]), int(pool_first[5])
    sizes: list[NDArray[np.int64]] = []
    for pool in range(staff_first):
        kind = int(np.searchsorted(pool_first, pool, side="right")) - 1
        mean = a.SCHOOL_MEAN[KINDS[kind]] * school_factor
        sizes.append(school_sizes(step_key(seed, Step.SCHOOL_SIZES, pool), int(total[pool]), mean))
    school_district = np.repeat(where[:staff_first], [s.size for s in sizes])
    pupils = np.concatenate(sizes)
    staff = np.zeros(pupils.size, np.int64)
    n_schools = pupils.size
    places = np.arange(n_schools, dtype=np.int32)
    firsts = np.cumsum([0] + [s.size for s in sizes])
    of_pool = [np.repeat(places[firsts[i] : firsts[i + 1]], s) for i, s in enumerate(sizes)]
    extra = np.zeros(n_districts, np.int64)
    for d in range(n_districts):
        here = np.flatnonzero(school_district == d)
        wanted = int(total[staff_first + d])
        if here.size:
            staff[here] = shares_to_counts(pupils[here].astype(np.float64), wanted)
        else:
            extra[d] = wanted  # No school in the district: its staff share a workplace.
        of_pool.append(np.repeat(here.astype(np.int32), staff[here]))
    work_sizes, next_group = [], n_schools
    for d in range(n_districts):
        key = step_key(seed, Step.WORKPLACE_SIZES, d)
        own = workplace_sizes(key, int(total[work_first + d]))
        ids = np.arange(next_group, next_group + own.size, dtype=np.int32)
        of_pool.append(np.repeat(ids, own))
        next_group += own.size
        if extra[d]:
            of_pool[staff_first + d] = np.full(extra[d], next_group, np.int32)
            own = np.append(own, extra[d])
            next_group += 1
        work_sizes.append(own)

    slots = np.concatenate(of_pool)
    pool_start = np.concatenate([[0], np.cumsum(total)])

    def mix(pool: int) -> None:
        key = step_key(seed, Step.PLACES_IN_GROUPS, pool)
        shuffle(slots[pool_start[pool] : pool_start[pool + 1]], key)

    list(in_parallel(mix, range(pools.count)))

    share, on_duty = duty_by_industry(census)
    duty = np.zeros(next_group, np.uint32)
    limits = np.append(threshold(on_duty), np.uint32(0))
    first_group = n_schools
    for d in range(n_districts):
        n = work_sizes[d].size
        u = uniforms(step_key(seed, Step.INDUSTRY, d), 0, n)
        industry = np.searchsorted(np.round(np.cumsum(share[d]), 12), u, side="right")
        duty[first_group : first_group + n] = limits[industry]
        first_group += n

    before = np.cumsum(counts, axis=0) - counts + pool_start[:-1]
    duty_key = step_key(seed, Step.ON_DUTY, 0)

    def take(d: int) -> None:
        _take_places(
            int(district_start[d]), int(district_start[d + 1]), slots, before[d], duty, duty_key,
            group, attributes,
        )  # fmt: skip

    list(in_parallel(take, range(n_districts)))

    all_sizes = np.concatenate([pupils + staff, *work_sizes])
    group_start = np.concatenate([[0], np.cumsum(all_sizes)]).astype(np.int32)
    member = np.empty(int(group_start[-1]), np.int32)
    _list_members(group, group_start[:-1].copy(), member)
    work_district = np.repeat(np.arange(n_districts), [s.size for s in work_sizes])
    in_district = np.concatenate([school_district, work_district])
    group_district: NDArray[np.unsignedinteger[Any]] = (
        in_district.astype(np.uint8) if n_districts <= 256 else in_district.astype(np.uint16)
    )
    return Groups(group, member, group_start, group_district, n_schools)
