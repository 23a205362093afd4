"""Priors as coordinates: what is proposed and perturbed, ln of a number where its prior is log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lazaretto.studies.calibration.plan import Free, Prior


class Priors:
    """The priors of the free numbers, independent of each other.

    Parameters
    ----------
    free
        The free numbers, each with low and high.
    """

    def __init__(self, free: Sequence[Free]) -> None:
        self._free = list(free)
        self._log = np.array([each.prior.kind == "log-uniform" for each in free])
        self._whole = np.array([each.whole for each in free])

    def distribution(self, pyabc: Any) -> Any:  # noqa: ANN401 - pyabc has no types
        """Return the prior of the coordinates as pyABC knows it."""
        return pyabc.Distribution(
            **{free.name: _variable(pyabc, free.prior, free.whole) for free in self._free}
        )

    def values(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the numbers in their units, shape (n, n_free), for coordinates of that shape."""
        values = np.where(self._log, np.exp(np.where(self._log, coordinates, 0.0)), coordinates)
        return np.where(self._whole, np.rint(values), values)

    def coordinates(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the coordinates of numbers in their units, shape (n, n_free)."""
        return np.where(self._log, np.log(np.where(self._log, values, 1.0)), values)

    def share_below(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of each prior below coordinates, 0 to 1, shape (n, n_free)."""
        each = [
            _frozen(free.prior, free.whole).cdf(coordinates[:, i])
            for i, free in enumerate(self._free)
        ]
        return np.stack(each, axis=1)

    def at_share(self, below: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the coordinates with given shares of the prior below, shape (n, n_free)."""
        each = [
            _frozen(free.prior, free.whole).ppf(below[:, i]) for i, free in enumerate(self._free)
        ]
        return np.stack(each, axis=1)

    def deviations(self) -> NDArray[np.float64]:
        """Return the standard deviation of each prior in its coordinate, shape (n_free,)."""
        return np.array([_frozen(each.prior, each.whole).std() for each in self._free])


def _ends(prior: Prior, whole: bool) -> tuple[float, float]:
    if prior.low is None or prior.high is None:
        raise AssertionError("a plan has the ends of every prior")
    low, high = prior.low - 0.5 * whole, prior.high + 0.5 * whole
    if prior.kind == "log-uniform":
        return float(np.log(low)), float(np.log(high))
    return low, high


def _named(prior: Prior, whole: bool) -> tuple[str, tuple[float, ...]]:
    low, high = _ends(prior, whole)
    if prior.kind == "beta":
        return "beta", (prior.alpha, prior.beta, low, high - low)
    return "uniform", (low, high - low)


def _variable(pyabc: Any, prior: Prior, whole: bool) -> Any:  # noqa: ANN401 - pyabc has no types
    name, arguments = _named(prior, whole)
    return pyabc.RV(name, *arguments)


def _frozen(prior: Prior, whole: bool) -> Any:  # noqa: ANN401 - a frozen distribution of scipy
    name, arguments = _named(prior, whole)
    return getattr(stats, name)(*arguments)
