"""Which beginning of a run goes on, where chance of the first days decides much of the rest.

Where a few imported infections land moves the reports of Shanghai's April by a third, and so the
likelihood of a run by several units: most runs would tell of their luck, not of their numbers. So
several seeds begin, and one goes on, drawn with a probability p in proportion to how well its first
days fit. Its weight is divided by p times the number of seeds, which leaves the likelihood of the
numbers, a mean over seeds, what it was (importance sampling of the seed; pseudo-marginal, Andrieu
and Roberts 2009, doi 10.1214/07-AOS574).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from lazaretto.studies.calibration.misfit import Misfit
from lazaretto.studies.calibration.proposed import Key, Proposed

Array = NDArray[np.float64]


def gone_on_with(
    made: Proposed, misfit: Misfit, seeds: Mapping[Key, Sequence[int]], at: Array, said: str
) -> tuple[dict[Key, int], Array]:
    """Return the seed that goes on for each proposal, and what is added to its log weight.

    Parameters
    ----------
    made
        Proposals to runs, runs to numbers.
    misfit
        How far those are from the data.
    seeds
        The seeds that begin a run of each proposal, as many for all.
    at
        Evenly distributed, 0 to 1, what decides for each proposal, shape (n_proposals,).
    said
        Of which runs these are the beginnings, in words.
    """
    beginnings = made.plan.calibration.beginnings
    assert beginnings is not None
    fits = np.full((len(seeds), beginnings.number), -np.inf)
    for (row, column), numbers in made.begin(seeds, said):
        misses = misfit.misses([numbers])
        fits[row, column] = misfit.of_first_days(misses, beginnings.until)[0]
    fits[np.isneginf(fits).all(axis=1)] = 0.0  # none could be made: whichever goes on will fail
    log_p = fits - logsumexp(fits, axis=1, keepdims=True)
    below = np.cumsum(np.exp(log_p), axis=1)
    which = np.minimum((below < at[:, None] * below[:, -1:]).sum(axis=1), beginnings.number - 1)
    chosen = {key: each[which[row]] for row, (key, each) in enumerate(seeds.items())}
    of_chosen = np.take_along_axis(log_p, which[:, None], axis=1)[:, 0]
    return chosen, -of_chosen - np.log(beginnings.number)
