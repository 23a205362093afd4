"""What pooling and review do to a test: who is still found, and who is found wrongly.

A positive pool is never reported: everybody in it is sampled again, one by one, and tested by PCR;
so is whoever tests positive by antigen. Both functions give the chance at the end of that.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lazaretto.disease.wild_type import RECALLED
from lazaretto.provenance import Figure

LARGEST_POOL = 20
"""Persons in one tube, at most: larger pools were not validated."""

CYCLES_PER_DOUBLING = Figure(
    0.55,
    "cycles",
    "swabs of about 14 persons in one tube came up to 2.09 cycles later than single ones, "
    "2.09 / log2(14); doi 10.1371/journal.pone.0246544",
    "measured",
    0.03,
    1.0,
    "of persons in a tube. Swabs share a tube, as in Shanghai: the liquid is hardly diluted. Mixed "
    "liquids lose a whole cycle per doubling, the upper end",
)
LOST_PER_CYCLE = Figure(
    0.03,
    "share of positives",
    "1.4 percent of clinical positives lay within 2.4 cycles of the limit (PMC7543567), 0.006 a "
    "cycle; more among those screened, who are early or late in their infection",
    "assumed",
    0.006,
    0.06,
    "the same on every day, though those lost are mostly at the end of their infection "
    "(Cleary et al. 2021, PMC7273255). China's laboratory centre found no clear loss at 5, 10 "
    "and 20 in one (press conference of 9 June 2022)",
)
REVIEW_SENSITIVITY = Figure(
    0.97,
    "share of positives",
    "the second sample is taken a day later of persons whose first was strong enough to be found",
    "assumed",
    0.9,
    1.0,
)
PCR_SPECIFICITY = Figure(
    0.9998,
    "share of readings",
    "at least 0.9992, were each of 159 positives of 208,730 swabs false (ONS infection survey, "
    f"August and September 2020; {RECALLED})",
    "assumed",
    0.9992,
    1.0,
    "of a tube, whether one person is in it or many",
)
ANTIGEN_SPECIFICITY = Figure(
    0.995,
    "share of readings",
    "Cochrane review of 2022, persons without symptoms; doi 10.1002/14651858.CD013705.pub3",
    "measured",
    0.97,
    0.999,
    "from a summary of the review; the interval is our guess",
)
SHARED_ERROR = Figure(
    0.005,
    "share of those reviewed",
    "contamination and mixed-up names in the same laboratory outlive a review, as in the press of "
    "Shanghai in May 2022; no count was found",
    "assumed",
    0.0002,
    0.05,
    "of those in a pool that was positive by error",
)


def pooled(
    positive: NDArray[np.float64], pool: int = 1, antigen: bool = False
) -> NDArray[np.float64]:
    """Return the chance that an infected person ends up as a positive.

    Pooling delays the signal by cycles of PCR that grow with log2 of the pool; each cycle loses
    those positives that were within it of the limit.

    Parameters
    ----------
    positive
        Chance that a single test is positive, for example by day since infection, any shape.
    pool
        Persons in one tube, 1 to `LARGEST_POOL`.
    antigen
        Whether it is an antigen test, which is not pooled, but reviewed by PCR.

    Raises
    ------
    ValueError
        If nobody tests in pools of that size.
    """
    _check(pool, antigen)
    cycles = CYCLES_PER_DOUBLING.value * np.log2(pool)
    found = 1 - LOST_PER_CYCLE.value * cycles
    if pool > 1 or antigen:
        found *= REVIEW_SENSITIVITY.value
    return np.asarray(positive * found, np.float64)


def false_positive(pool: int = 1, antigen: bool = False, specificity: float | None = None) -> float:
    """Return the chance that a person who is not infected ends up as a positive.

    The expected number in a round is this times the persons sampled who are not infected. A pool
    that is positive because of somebody else in it adds a little where many are infected: its
    other members face a single test each. That is left out.

    Parameters
    ----------
    pool, antigen
        As in `pooled`.
    specificity
        Share of readings of uninfected samples that are negative; the figure of the kind of test
        if None.

    Raises
    ------
    ValueError
        As in `pooled`, and if the specificity is no share.
    """
    _check(pool, antigen)
    if specificity is None:
        specificity = (ANTIGEN_SPECIFICITY if antigen else PCR_SPECIFICITY).value
    if not 0 <= specificity <= 1:
        raise ValueError(f"specificity is {specificity}; allowed: a share, 0 to 1")
    wrong = 1 - specificity
    if antigen:
        return wrong * (1 - PCR_SPECIFICITY.value)
    return wrong * SHARED_ERROR.value if pool > 1 else wrong


def figures() -> Iterator[tuple[str, Figure]]:
    """Yield every figure of tests with its key, such as ``("testing.lost_per_cycle", Figure)``."""
    yield "testing.cycles_per_doubling", CYCLES_PER_DOUBLING
    yield "testing.lost_per_cycle", LOST_PER_CYCLE
    yield "testing.review_sensitivity", REVIEW_SENSITIVITY
    yield "testing.pcr_specificity", PCR_SPECIFICITY
    yield "testing.antigen_specificity", ANTIGEN_SPECIFICITY
    yield "testing.shared_error", SHARED_ERROR


def _check(pool: int, antigen: bool) -> None:
    if not 1 <= pool <= LARGEST_POOL:
        raise ValueError(f"pool is {pool}; allowed: 1 to {LARGEST_POOL} persons in a tube")
    if antigen and pool > 1:
        raise ValueError(f"pool is {pool}; antigen tests are not pooled, write 1")
