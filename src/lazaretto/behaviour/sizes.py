"""How many residents take part in a break-out: two laws, recruitment and thresholds.

Both reproduce the observed mix of sizes (test B11), so sizes do not tell one from the other
(behaviour notes 2.2, eq. 8). All numbers are drawn by key from (stream, compound, index), so an
event has its size whatever else happens that day.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, expit, logit, ndtri, pdtr, pdtrik

from lazaretto.chance import INDEX_BITS, draws_of
from lazaretto.scenario.breakouts import Breakouts as Rules


class Draw(IntEnum):
    """Index of each number a break-out needs, in the stream of its day."""

    IGNITES = 0
    END = 1
    RESEALED = 2
    FILMED = 3
    STARTERS = 4
    RECRUITS = 5
    BUILDING = 6
    NEXT = 7
    THRESHOLD = 8
    GENERATION = 9
    """First of the generations of recruits, one number each."""


LONGEST = (1 << INDEX_BITS) - Draw.GENERATION
"""Generations of recruits at most; chains end by chance within about 100."""

MOST_BUILDINGS = MOST_ADULTS = 512
"""Buildings a break-out can pass through, and adults of each."""


def participants(
    rules: Rules,
    key: np.uint64,
    compound: NDArray[np.int64],
    persons: NDArray[np.int64],
    buildings: NDArray[np.int64],
    state: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return how many residents take part in each break-out, 1 to all, shape (n_events,).

    Parameters
    ----------
    rules
        The scenario's numbers, among them which law holds.
    key
        Stream of the day.
    compound
        Compounds that break out, shape (n_events,).
    persons, buildings
        Their confined residents (1 or more) and their buildings, shape (n_events,).
    state
        Their state of mind S, 1 at usual fatigue and hardship, shape (n_events,). Only
        recruitment depends on it.
    """
    if rules.size_law == "recruitment":
        return recruited(rules, key, compound, persons, state)
    return over_threshold(rules, key, compound, persons, buildings)


def recruited(
    rules: Rules,
    key: np.uint64,
    compound: NDArray[np.int64],
    persons: NDArray[np.int64],
    state: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return sizes of a branching crowd, shape (n_events,); parameters as in `participants`.

    1 + Poisson(``starters``) begin; each participant brings Poisson(m (1 - n/N)) others, n of N
    residents being out, with m of the event drawn from a Beta distribution and shifted on the logit
    scale by ``recruits_effect`` ln S (behaviour notes 2.2, eq. 8).
    """
    shape = float(rules.recruits_alpha), float(rules.recruits_beta)
    drawn = betaincinv(*shape, uniforms_of(key, compound, Draw.RECRUITS))
    recruits = expit(logit(drawn) + rules.recruits_effect * np.log(state))
    starters = np.full(compound.size, float(rules.starters))
    begin = 1 + poisson_quantile(uniforms_of(key, compound, Draw.STARTERS), starters)
    size = np.minimum(begin, persons)
    going, newest = np.arange(compound.size), size.copy()
    for generation in range(LONGEST):
        going = going[newest[going] > 0]
        if going.size == 0:
            break
        at_home = persons[going] - size[going]
        mean = newest[going] * recruits[going] * at_home / persons[going]
        u = uniforms_of(key, compound[going], Draw.GENERATION + generation)
        newest[going] = np.minimum(poisson_quantile(u, mean), at_home)
        size[going] += newest[going]
    return size


def over_threshold(
    rules: Rules,
    key: np.uint64,
    compound: NDArray[np.int64],
    persons: NDArray[np.int64],
    buildings: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return sizes of threshold cascades, shape (n_events,); parameters as in `participants`.

    The adults of a building see each other: one joins when the share who are out reaches the own
    threshold (Granovetter 1978, doi 10.1086/226707). Thresholds are normal, about a mean that
    differs between buildings. When a whole building is out, Poisson(``threshold_next``) residents
    of the next building begin there, so that the chain ends at the first one that holds back.
    """
    size = np.zeros(compound.size, np.int64)
    going = np.arange(compound.size)
    starters = np.full(compound.size, int(rules.threshold_starters))
    for building in range(MOST_BUILDINGS):
        place = compound[going] * MOST_BUILDINGS + building
        adults = np.minimum(persons[going] - size[going], int(rules.threshold_building))
        out = _cascade(rules, key, place, adults, starters)
        size[going] += out
        left = (size[going] < persons[going]) & (building + 1 < buildings[going])
        on = np.flatnonzero((out == adults) & left)
        mean = np.full(on.size, float(rules.threshold_next))
        begin = poisson_quantile(uniforms_of(key, place[on], Draw.NEXT), mean)
        going, starters = going[on][begin > 0], begin[begin > 0]
        if going.size == 0:
            break
    return size


def _cascade(
    rules: Rules,
    key: np.uint64,
    place: NDArray[np.int64],
    adults: NDArray[np.int64],
    starters: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return how many come out in each building, shape (n,).

    In order of threshold, the next one joins while it is at most the share already out.
    """
    most = int(adults.max(initial=1))
    person = np.arange(most)
    u = uniforms_of(key, (place[:, None] * MOST_ADULTS + person).ravel(), Draw.THRESHOLD)
    shift = rules.threshold_sd_buildings * ndtri(uniforms_of(key, place, Draw.BUILDING))
    mean = rules.threshold_mean + shift[:, None]
    own = mean + rules.threshold_sd * ndtri(u.reshape(place.size, most))
    own[person < starters[:, None]] = -np.inf
    own[person >= adults[:, None]] = np.inf
    own.sort(axis=1)
    stays = own > person / adults[:, None]
    return np.where(stays.any(axis=1), stays.argmax(axis=1), most)


def uniforms_of(key: np.uint64, entity: NDArray[np.int64], index: int) -> NDArray[np.float64]:
    """Return uniform numbers in [0, 1) for the given entities, shape (n,)."""
    bits = draws_of(key, entity, int(index)) >> np.uint64(11)
    return bits.astype(np.float64) * 2.0**-53


def poisson_quantile(u: NDArray[np.float64], mean: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the least k with P(Poisson(mean) <= k) at least u, shape (n,).

    Parameters
    ----------
    u
        Probability, 0 to below 1, shape (n,).
    mean
        Mean, 0 or more, shape (n,).
    """
    k = np.ceil(pdtrik(u, mean))
    one_less = np.maximum(k - 1, 0)
    quantile: NDArray[np.int64] = np.where(pdtr(one_less, mean) >= u, one_less, k).astype(np.int64)
    return quantile
