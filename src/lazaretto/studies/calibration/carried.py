"""A prediction that starts from where the data ended: the last error of each run goes on and fades.

No model is right, and a run that is a third too high on the last day of the data is not right the
day after. Its error in ln(1 + persons) is taken as a process that forgets: its mean goes on from
the last days with exp(-days / memory), its spread comes back with it (an Ornstein-Uhlenbeck
discrepancy; Kennedy and O'Hagan 2001, doi 10.1111/1467-9868.00294). That `LASTS` days count as one
observation in the likelihood is the same assumption: such a process has one independent
observation in twice its memory.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lazaretto.studies.calibration.misfit import COUNT_ERROR, LASTS, WORTH

Array = NDArray[np.float64]

MEMORY = LASTS / 2
"""Days after which an error is down to 1/e."""

LAST = 3
"""Last days of the data, whose mean error goes on from their middle: a single day has its own."""

A_RUN = 19
"""Members that stand for the spread of one run, at the middles of equal probabilities."""


def carried_on(run: Array, weights: Array, known: Array, gap: int = 0) -> tuple[Array, Array]:
    """Return the days after the data with the error of each run carried on, and their weights.

    Parameters
    ----------
    run
        Persons a day of each run, from the first day of the data, shape (n_runs, n_days).
    weights
        Of the runs, sum 1, shape (n_runs,).
    known
        Data up to their last day, NaN where there are none, shape (n_known,); n_known < n_days.
    gap
        Days after the data that are left out.

    Returns
    -------
    Members, shape (n_runs * A_RUN, n_days - n_known - gap), and their weights.
    """
    errors = np.log1p(known) - np.log1p(run[:, : known.size])
    there = ~np.isnan(known)
    last = np.nanmean(errors[:, -LAST:], axis=1) if there[-LAST:].any() else np.zeros(len(run))
    worth = there.sum() / LASTS
    square = (errors[:, there] ** 2).mean(axis=1)
    variance = (WORTH * COUNT_ERROR**2 + worth * square) / (WORTH + worth)
    ahead = np.arange(1 + gap, run.shape[1] - known.size + 1) + (LAST - 1) / 2  # since their middle
    left = np.exp(-ahead / MEMORY)
    middle = np.log1p(run[:, known.size + gap :]) + last[:, None] * left
    spread = np.sqrt(variance[:, None] * (1 - left**2))
    points = stats.norm.ppf((np.arange(A_RUN) + 0.5) / A_RUN)
    members = middle[:, None] + spread[:, None] * points[:, None]
    made = np.maximum(np.expm1(members.reshape(-1, ahead.size)), 0.0)
    return np.asarray(made, np.float64), np.repeat(weights / A_RUN, A_RUN)
