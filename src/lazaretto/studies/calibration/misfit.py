"""How far a run is from the data: a likelihood whose error is learnt from the misses themselves.

Each stream has an error of its own, the same for all its numbers, of unknown size: Gaussian with a
scaled inverse chi-squared prior on its variance, which is integrated out (Gelman et al. 2013,
Bayesian Data Analysis, sections 2.6 and 3.2). Days of one fortnight are taken as one observation,
since a model that is wrong on Monday is as wrong on Tuesday.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lazaretto.studies.calibration.plan import Plan, Stream
from lazaretto.studies.calibration.streams import Compared

Array = NDArray[np.float64]

COUNT_ERROR, SHARE_ERROR = 0.2, 0.05
"""Error of a good model, assumed: 20 % of counts (0.2 in ln), 5 points of shares."""

WORTH = 2.0
"""Observations that this assumption is worth, before the misses of a stream have their say."""

LASTS = 14
"""Days that an error of the model lasts, which count as one observation: misses of reports in the
60 best of 500 runs of Shanghai are correlated over 12 days (docs/decisions, 26 November 2026)."""

REPORTED = "reported"
"""Stream of daily reports, whose labels are its name and an ISO date."""

SHARES = ("found_in_quarantine", "addresses_again")
"""Streams of shares; the others are logarithms of counts."""


class Misfit:
    """How far numbers of runs are from the data.

    Parameters
    ----------
    plan
        The calibration.
    compared
        The numbers that are compared.
    lasts
        Days that count as one observation.
    """

    def __init__(self, plan: Plan, compared: Compared, lasts: int = LASTS) -> None:
        self.labels, self.lasts = list(compared.observed), lasts
        self.observed = np.array([compared.observed[label] for label in self.labels])
        of = np.array([compared.stream_of[label] for label in self.labels])
        self.error = np.where(np.isin(of, SHARES), SHARE_ERROR, COUNT_ERROR)
        self.streams: list[tuple[NDArray[np.int64], float, float]] = []
        """Of each stream where its numbers are, how many observations they are worth, its weight"""
        for stream in plan.calibration.streams:
            where = np.flatnonzero(of == stream.stream)
            worth = min(where.size, -(-days_of(stream, plan) // lasts))
            self.streams.append((where, float(worth), stream.weight))

    def misses(self, numbers: Sequence[dict[str, float]]) -> Array:
        """Return run less data in units of the assumed error, shape (n_runs, n_numbers)."""
        values = np.array([[run[label] for label in self.labels] for run in numbers])
        return np.asarray((values - self.observed) / self.error, np.float64)

    def log_likelihood(self, misses: Array, variance: Array | float = 0.0) -> Array:
        """Return the log-likelihood of the data, up to a constant, shape (n_runs,).

        Parameters
        ----------
        misses
            Run less data in units of the assumed error, shape (n_runs, n_numbers).
        variance
            How uncertain they are, in its square, of the same shape.
        """
        squared = misses**2 + variance
        total = np.zeros(squared.shape[0])
        for where, worth, weight in self.streams:
            total += weight * _of_stream(squared[:, where], worth)
        return total

    def of_first_days(self, misses: Array, until: date) -> Array:
        """Return the log-likelihood of daily reports up to a day alone, shape (n_runs,).

        Parameters
        ----------
        misses
            As for `log_likelihood`.
        until
            The last of those days.
        """
        last = f"{REPORTED} {until}"
        where = [i for i, label in enumerate(self.labels)
                 if label.startswith(f"{REPORTED} ") and label <= last]  # fmt: skip
        return _of_stream(misses[:, where] ** 2, max(1.0, len(where) / self.lasts))

    def importance(self) -> Array:
        """Return how much each number counts beside others of its size, shape (n_numbers,)."""
        out = np.zeros(self.observed.size)
        for where, worth, weight in self.streams:
            out[where] = np.sqrt(weight * worth / where.size)
        return out


def _of_stream(squared: Array, worth: float) -> Array:
    """Return the log-likelihood of a stream from its squared misses, shape (n_runs,)."""
    return np.asarray(-(worth + WORTH) / 2 * np.log1p(worth * squared.mean(axis=1) / WORTH))


def days_of(stream: Stream, plan: Plan) -> int:
    """Return the days that a stream covers, from its first to its last.

    Parameters
    ----------
    stream, plan
        The stream, and the calibration it is of.
    """
    first = min(stream.days) if stream.days else stream.first or plan.whole.start
    last = max(stream.days) if stream.days else stream.last or plan.calibration.data_until
    return (last - first).days + 1
