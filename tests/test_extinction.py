"""How many chains of one imported infection die out: exactly as the branching process says.

A case of course c infects a Poisson number with mean ``beta w_c``; w varies between courses, so
the offspring is a mixture of Poissons (for gamma w: negative binomial; Lloyd-Smith et al. 2005,
doi 10.1038/nature04153). The probability q that a chain dies out is the smallest root of
``q = sum_c P(c) exp(-beta w_c (1 - q))``, that its size is n is ``P(S_n = n - 1) / n`` with S_n
the offspring of n cases (Dwass 1969, doi 10.1017/S0021900200026711). Chains are followed by who
infected whom until they have died or passed `LARGEST` cases, a hundred at a time in a crowd so
large that they do not meet. False-alarm rate 1e-6 each.
"""

from __future__ import annotations

import numpy as np
import pytest
from epidemics import (
    BAND,
    Floats,
    Ints,
    Trials,
    chi_square,
    community_settings,
    course_shares,
    crowd,
    keep_only,
    lasting,
)
from evidence import measured
from scipy.optimize import brentq
from scipy.stats import poisson

from lazaretto.disease import CourseTable, courses
from lazaretto.people import Population

LARGEST = 60
CHAINS = 100
RUNS = 60

TABLE = lasting(courses("omicron-ba2"))
AGE_SHARE = np.full(18, 1 / 18)


@pytest.fixture(scope="module")
def people() -> Population:
    return crowd(4_000_000, AGE_SHARE)


def dies_out(beta: float, table: CourseTable) -> float:
    """Return the probability that a chain dies out."""
    share, total = AGE_SHARE @ course_shares(table), table.infectiousness.sum(axis=1)

    def excess(q: float) -> float:
        return float(share @ np.exp(-beta * total * (1 - q))) - q

    return float(brentq(excess, 0.0, 1 - 1e-9, xtol=1e-14)) if beta > 1 else 1.0


def chain_sizes(beta: float, table: CourseTable, largest: int) -> Floats:
    """Return the probability of a chain of each size from 1 to the largest."""
    share, total = AGE_SHARE @ course_shares(table), table.infectiousness.sum(axis=1)
    offspring = share @ poisson.pmf(np.arange(largest), beta * total[:, None])
    of_n, sizes = np.ones(1), np.empty(largest)
    for n in range(1, largest + 1):
        of_n = np.convolve(of_n, offspring)[:largest]
        sizes[n - 1] = of_n[n - 1] / n
    return sizes


def followed(people: Population, beta: float) -> Ints:
    """Return the size of every chain; those above `LARGEST` were not followed to their end."""
    trials = Trials(people, community_settings(TABLE, beta))
    sizes = []
    chain_of = np.full(people.n_persons, -1, np.int32)
    for run in range(RUNS):
        size = np.zeros(CHAINS, np.int64)

        def follow(day, new, size=size):
            if day == 0:
                chain_of[new.person] = np.arange(CHAINS)
            else:
                chain_of[new.person] = chain_of[new.source]
            np.add.at(size, chain_of[new.person], 1)

        simulation = trials.begin(run, CHAINS, follow)
        while simulation.day == 0 or simulation.cohorts:
            simulation.advance()
            keep_only(
                simulation, lambda cohort, size=size: size[chain_of[cohort.person]] <= LARGEST
            )
        sizes.append(size)
    return np.concatenate(sizes)


@pytest.mark.parametrize("r0", [0.8, 1.5, 3.0, 6.0])
def test_extinction(people: Population, r0: float):
    q, expected = dies_out(r0, TABLE), chain_sizes(r0, TABLE, LARGEST)
    size = followed(people, r0)
    n, died = size.size, int((size <= LARGEST).sum())
    # A chain that dies out later than it is followed counts as one that does not.
    later = q - expected.sum()
    assert -1e-12 < later < 0.03
    share = expected.sum()
    z = (died - n * share) / np.sqrt(n * share * (1 - share))
    seen = np.append(np.bincount(size[size <= LARGEST], minlength=LARGEST + 1)[1:], n - died)
    value, limit = chi_square(seen, n * np.append(expected, 1 - share))
    print(f"R0 {r0}: q {q:.4f} ({later:.1e} later), died {died / n:.4f}, z {z:+.2f}; "
          f"sizes {value:.1f} < {limit:.1f}")  # fmt: skip
    wide = BAND * np.sqrt(share * (1 - share) / n)
    measured(f"extinction, R0 {r0}", died / n, share - wide, share + wide)
    assert abs(z) < BAND
    assert value < limit


def test_the_equation_is_the_textbook_one():
    """Everybody alike and R0 2: q = exp(-2 (1 - q)), and sizes follow Borel's distribution."""
    from epidemics import without_heterogeneity

    alike = without_heterogeneity(TABLE, [1.0])
    assert dies_out(2.0, alike) == pytest.approx(0.203187870, abs=1e-8)
    assert chain_sizes(2.0, alike, 3) == pytest.approx([np.exp(-2), 2 * np.exp(-4), 6 * np.exp(-6)])
