"""Family households: who lives with whom, with every margin exact.

A household is a small tree of roles (a parent, the partner of the parent, their child, ...). The
age of a person depends on the age of the person it hangs on through a kernel of age gaps, on a
weight of its role by age, and on one factor per age band which is fitted so that the expected
persons by band are the district's. Expected persons by role and band are then rounded to whole
numbers with exact margins, and so is every table of role against role; persons are dealt from
those tables without replacement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import draw, pick, uniforms
from lazaretto.people import assumptions as a
from lazaretto.people.census import shares_to_counts
from lazaretto.people.drawing import Step, step_key
from lazaretto.people.makeups import LARGEST, N_BANDS, gap_kernels, makeups, plan
from lazaretto.people.margins import fit_margins, round_table
from lazaretto.people.tables import CensusError
from lazaretto.words import AGE_BANDS

TILTS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Tried in turn until the age table can be met: more and more children among equal households."""


@dataclass(frozen=True, eq=False)
class FamilyHouseholds:
    """The family households of one district in the order they were made.

    Parameters
    ----------
    bands
        (n_persons,) age bands, household after household, an adult first.
    sizes
        (n_households,) persons.
    generations
        (3,) households of one, two, three or more generations.
    """

    bands: NDArray[np.uint8]
    sizes: NDArray[np.uint8]
    generations: NDArray[np.int64]


@njit(nogil=True, cache=True)
def _expected_ages(
    households: NDArray[np.int64],
    persons: NDArray[np.int64],
    start: NDArray[np.int64],
    above: NDArray[np.int64],
    kernel: NDArray[np.int64],
    weight: NDArray[np.float64],
    gaps: NDArray[np.float64],
    steps: int,
) -> NDArray[np.float64]:
    """Return expected persons by slot and band, (n_slots, 18), after fitting the band factors."""
    n_slots, bands = weight.shape
    factor = np.empty(bands)
    for b in range(bands):
        factor[b] = 1.0 if persons[b] > 0 else 0.0
    expected = np.zeros((n_slots, bands))
    up = np.empty((n_slots, bands))
    message = np.empty((n_slots, bands))
    sums = np.empty(bands)
    for _ in range(steps):
        sums[:] = 0.0
        for t in range(households.size):
            if households[t] == 0:
                continue
            first, last = start[t], start[t + 1]
            for s in range(first, last):
                for b in range(bands):
                    up[s, b] = weight[s, b] * factor[b]
            for s in range(last - 1, first, -1):
                k, p = kernel[s], above[s]
                for x in range(bands):
                    total = 0.0
                    for y in range(bands):
                        total += gaps[k, x, y] * up[s, y]
                    message[s, x] = total
                    up[p, x] *= total
            total = 0.0
            for b in range(bands):
                total += up[first, b]
            for b in range(bands):
                expected[first, b] = up[first, b] * households[t] / total
                sums[b] += expected[first, b]
            for s in range(first + 1, last):
                k, p = kernel[s], above[s]
                for y in range(bands):
                    expected[s, y] = 0.0
                for x in range(bands):
                    if message[s, x] > 0.0:
                        share = expected[p, x] / message[s, x]
                        for y in range(bands):
                            expected[s, y] += share * gaps[k, x, y] * up[s, y]
                for y in range(bands):
                    sums[y] += expected[s, y]
        worst = 0.0
        largest = 0.0
        for b in range(bands):
            if persons[b] > 0:
                ratio = persons[b] / sums[b]
                worst = max(worst, abs(ratio - 1.0))
                factor[b] *= np.sqrt(ratio)
                largest = max(largest, factor[b])
        for b in range(bands):
            factor[b] /= largest
            # Ages that cannot be reached drive a factor towards 0; products must not underflow.
            if persons[b] > 0 and factor[b] < 1e-12:
                factor[b] = 1e-12
        if worst < 1e-6:
            break
    return expected


@njit(nogil=True, cache=True)
def _deal(
    above: NDArray[np.uint8],
    table: NDArray[np.int64],
    left: NDArray[np.int64],
    key: np.uint64,
    first: int,
    slot: int,
    out: NDArray[np.uint8],
) -> None:
    """Deal bands from ``table`` (band of the person hung on, own band) without replacement.

    ``left`` holds the row sums of the table; both end at zero.
    """
    for h in range(above.size):
        x = above[h]
        r = pick(draw(key, first + h, slot), left[x])
        left[x] -= 1
        y = 0
        while r >= table[x, y]:
            r -= table[x, y]
            y += 1
        table[x, y] -= 1
        out[h] = y


def households_by_size(households: int, persons: int, single: int,
                       size_share: NDArray[np.float64]) -> NDArray[np.int64]:  # fmt: skip
    """Return family households of 1 to 10 persons with exact numbers of both.

    The reference shares of sizes 2 to 10 are tilted geometrically to the mean wanted.

    Parameters
    ----------
    households, persons, single
        Family households, their residents, one-person households.
    size_share
        (10,) reference shares.
    """
    out = np.zeros(LARGEST, np.int64)
    out[0] = single
    larger, rest = households - single, persons - single
    if larger == 0:
        return out
    sizes = np.arange(2, LARGEST + 1)
    low, high = 1e-6, 1e6
    shape = size_share[1:]
    for _ in range(200):
        tilt = (low * high) ** 0.5
        shares = size_share[1:] * tilt ** (sizes - 2.0)
        shape = shares / shares.sum()
        low, high = (low, tilt) if (shape * sizes).sum() > rest / larger else (tilt, high)
    counts = shares_to_counts(np.round(shape, 12), larger)
    short = rest - int((counts * sizes).sum())
    while short != 0:
        step = 1 if short > 0 else -1
        movable = counts[:-1] if step > 0 else counts[1:]
        i = int(np.argmax(movable)) + (0 if step > 0 else 1)
        counts[i] -= 1
        counts[i + step] += 1
        short -= step
    out[1:] = counts
    return out


def _households_by_makeup(
    sizes: NDArray[np.int64],
    generations: NDArray[np.int64],
    chance: NDArray[np.float64],
    tilt: float,
) -> NDArray[np.int64]:
    """Return households of each kind, (n_makeups,); sizes are exact, generations if they can be.

    Shares of kinds of the same size and generations are multiplied by (1 + children) ** tilt.
    """
    seed = np.array([a.GENERATIONS_BY_SIZE[s] for s in range(1, LARGEST + 1)])
    table = seed.copy()
    fit_margins(table, sizes, generations, 2_000)
    table += np.where(seed > 0, 1e-12, 0.0)
    whole = round_table(table, sizes, generations, chance)
    for row, missing in enumerate(sizes - whole.sum(axis=1)):
        whole[row, int(np.argmax(seed[row]))] += missing
    counts = []
    for (size, generation), kinds in makeups().items():
        share = np.array([a.MAKEUP_SHARE.get(m.name, 1.0) for m in kinds])
        children = np.array([sum(role == "child" for role, _, _ in m.slots) for m in kinds])
        share *= (1.0 + children) ** tilt
        counts.append(shares_to_counts(share / share.sum(), int(whole[size - 1, generation - 1])))
    return np.concatenate(counts)


def family_households(
    district: str,
    index: int,
    seed: int,
    persons: NDArray[np.int64],
    sizes: NDArray[np.int64],
    generations: NDArray[np.int64],
) -> FamilyHouseholds:
    """Make the family households of one district.

    Parameters
    ----------
    district, index
        Name, for errors, and position, for the random numbers.
    seed
        Seed of the population.
    persons
        (18,) residents of family households by age band, matched to the unit.
    sizes
        (10,) households by size, matched to the unit.
    generations
        (3,) households by generations, matched if sizes allow.

    Raises
    ------
    CensusError
        If the ages do not fit the households.
    """
    kinds, start, above, kernel, weight = plan()
    chance = uniforms(step_key(seed, Step.MAKEUPS, index), 0, 3 * LARGEST)
    gaps = gap_kernels()
    for tilt in TILTS:
        households = _households_by_makeup(sizes, generations, chance, tilt)
        exact = _expected_ages(households, persons, start, above, kernel, weight, gaps, 1_000)
        if np.allclose(exact.sum(axis=0), persons, rtol=1e-3, atol=1e-3):
            break
    slots_in = np.repeat(households, np.diff(start))
    fit_margins(exact, slots_in, persons, 2_000)
    exact += np.where((weight > 0) & (persons > 0) & (slots_in > 0)[:, None], 1e-12, 0.0)
    chance = uniforms(step_key(seed, Step.ROLES, index), 0, exact.size)
    roles = round_table(exact, slots_in, persons, chance)
    short = persons - roles.sum(axis=0)
    if short.any():
        band = AGE_BANDS[int(np.argmax(short))]
        raise CensusError(
            [
                f"{district}: {int(short.sum())} residents, among them of age {band}, do not fit "
                "its households; check households by generations and by size against ages"
            ]
        )
    bands = np.empty(int(persons.sum()), np.uint8)
    key = step_key(seed, Step.MEMBERS, index)
    first_person = first_household = 0
    for t, kind in enumerate(kinds):
        n, size = int(households[t]), len(kind.slots)
        if n == 0:
            continue
        block = bands[first_person : first_person + n * size].reshape(n, size)
        block[:, 0] = np.repeat(np.arange(N_BANDS, dtype=np.uint8), roles[start[t]])
        for s in range(1, size):
            slot, up = int(start[t]) + s, int(above[start[t] + s])
            table = gaps[kernel[slot]].copy()
            fit_margins(table, roles[up], roles[slot], 300)
            chance = uniforms(key, (t * LARGEST + s) * 512, N_BANDS * N_BANDS, 63)
            whole = round_table(table + 1e-12, roles[up], roles[slot], chance)
            hung_on = np.ascontiguousarray(block[:, kind.slots[s][1]])
            column = np.empty(n, np.uint8)
            _deal(hung_on, whole, roles[up].copy(), key, first_household, s, column)
            block[:, s] = column
        first_person += n * size
        first_household += n
    per_kind = np.array([len(k.slots) for k in kinds], np.uint8)
    by_generation = np.array(
        [sum(int(h) for h, k in zip(households, kinds, strict=True) if k.generations == g)
         for g in (1, 2, 3)], np.int64)  # fmt: skip
    return FamilyHouseholds(bands, np.repeat(per_kind, households), by_generation)
