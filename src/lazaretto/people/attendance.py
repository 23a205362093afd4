"""Who goes to school or work, and how large schools and workplaces are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import uniforms
from lazaretto.people import assumptions as a
from lazaretto.people.census import CensusArea, shares_to_counts
from lazaretto.people.drawing import lognormal

KINDS = ("kindergarten", "primary", "secondary", "university", "staff", "work")


FIRST_STAFF_BAND = 5
"""Whoever Mistry et al. count at school from age 25 on is taken as staff."""
"""Whoever Mistry et al. count at school from age 25 on is taken as staff."""


def attendance(census: CensusArea) -> NDArray[np.float64]:
    """Return the chance of each daytime kind by district and age, (n_districts, 18, 6).

    School: row sums of the school matrix (per-capita F, which is the share attending; Mistry et
    al. 2021), split into levels by age. Work: row sums of the work matrix, their odds multiplied
    by one factor per district so that staff and workers are the employed of the census.

    Parameters
    ----------
    census
        The area.
    """
    at_school = np.clip(census.school_contacts.sum(axis=1), 0.0, 1.0)
    at_work = census.work_contacts.sum(axis=1)
    level = np.zeros((18, len(KINDS)))
    level[0, 0] = 1.0
    level[1, :2] = a.KINDERGARTEN_OF_5_9, 1 - a.KINDERGARTEN_OF_5_9
    level[2, 1:3] = a.PRIMARY_OF_10_14, 1 - a.PRIMARY_OF_10_14
    level[3, 2:4] = a.SECONDARY_OF_15_19, 1 - a.SECONDARY_OF_15_19
    level[4, 3] = 1.0
    level[FIRST_STAFF_BAND:, 4] = 1.0
    out = np.tile(at_school[:, None] * level, (census.n_districts, 1, 1))
    free = 1.0 - at_school
    rate = np.clip(at_work / np.maximum(free, 1e-9), 0.0, 0.99)
    odds = rate / (1.0 - rate)
    for d in range(census.n_districts):
        persons = census.persons[d] * free
        staff = float((census.persons[d] * out[d, :, 4]).sum())
        wanted = max(0.0, float(census.employed[d]) - staff)
        low, high = 1e-6, 1e6
        for _ in range(100):
            factor = (low * high) ** 0.5
            working = factor * odds / (1.0 + factor * odds)
            enough = float((persons * working).sum()) > wanted
            low, high = (low, factor) if enough else (factor, high)
        out[d, :, 5] = free * working
    return np.round(out, 12)


def workplace_sizes(key: np.uint64, workers: int) -> NDArray[np.int64]:
    """Return workplace sizes that sum to ``workers``, drawn from the assumed heavy-tailed law.

    No workplace holds more than a quarter of the workers (or five, if that is more).
    """
    if workers == 0:
        return np.empty(0, np.int64)
    largest = np.arange(a.WORKPLACE_LARGEST + 1)
    above = (1.0 + largest / a.WORKPLACE_OFFSET) ** -a.WORKPLACE_EXPONENT
    below = np.round(1.0 - (above - above[-1]) / (1.0 - above[-1]), 12)
    mean = float((1.0 - below).sum())
    count = int(workers / mean * 1.5) + 50
    cap = max(5, workers // 4)
    while True:
        sizes = np.searchsorted(below, uniforms(key, 0, count), side="right")
        ends = np.cumsum(np.minimum(sizes, cap))
        if ends[-1] >= workers:
            break
        count *= 2
    ends = np.minimum(ends[: int(np.searchsorted(ends, workers)) + 1], workers)
    return np.asarray(np.diff(ends, prepend=0), np.int64)


def school_sizes(key: np.uint64, pupils: int, mean: float) -> NDArray[np.int64]:
    """Return sizes of schools of about ``mean`` pupils that sum to ``pupils``."""
    if pupils == 0:
        return np.empty(0, np.int64)
    count = max(1, round(pupils / mean))
    sizes = shares_to_counts(lognormal(key, count, 1.0, a.SCHOOL_SPREAD), pupils)
    return sizes[sizes > 0]


def duty_by_industry(census: CensusArea) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return shares of essential industries among workplaces by district, and their duty shares.

    Education is left out of the whole, its staff are in schools.

    Returns
    -------
    tuple
        (n_districts, n_essential) shares of workers and (n_essential,) shares on duty.
    """
    column = {name: i for i, name in enumerate(census.industries)}
    rest = 1.0 - census.industry_share[:, column["education"]]
    share = np.empty((census.n_districts, len(a.ON_DUTY)))
    for k, industry in enumerate(a.ON_DUTY):
        retail = industry == "food_retail"
        own = census.industry_share[:, column["wholesale_retail" if retail else industry]]
        share[:, k] = own * (a.FOOD_OF_RETAIL if retail else 1.0) / rest
    return share, np.array(list(a.ON_DUTY.values()))
