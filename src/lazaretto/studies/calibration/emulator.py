"""An emulator: what runs would give where none was made, with its uncertainty.

Gaussian processes over the main directions in which runs differ (Higdon et al. 2008, doi
10.1198/016214507000000888), chance of a run included as noise; with scikit-learn. Only runs near
the data teach it, so that it is good where it matters (Andrianakis et al. 2015, doi
10.1371/journal.pcbi.1003968).
"""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from lazaretto.studies.extra import needed
from lazaretto.studies.run import cores

Array = NDArray[np.float64]

DIRECTIONS, EXPLAINED = 10, 0.99
"""Directions at most, and the share of the variance of runs after which no more are taken."""

TAUGHT = 400
"""Runs at most that teach the emulator: those nearest to the data."""

FAR = 30.0
"""Misses beyond this many errors are taken as so many: far is far."""


class Emulator:
    """Tells the misses of runs from their free numbers.

    Parameters
    ----------
    unit
        Free numbers by the share of the prior below them, 0 to 1, shape (n_runs, n_free).
    misses
        Of those runs, in units of the assumed error, shape (n_runs, n_numbers).
    likelihood
        Their log-likelihood, by which the nearest are taken, shape (n_runs,).
    importance
        How much each number counts, shape (n_numbers,).
    """

    def __init__(self, unit: Array, misses: Array, likelihood: Array, importance: Array) -> None:
        needed("sklearn")
        near = np.sort(np.argsort(-likelihood, kind="stable")[:TAUGHT])
        unit, held = unit[near], np.clip(misses[near], -FAR, FAR) * importance
        self._importance = np.where(importance > 0, importance, 1.0)
        self._mean = held.mean(axis=0)
        left, size, directions = np.linalg.svd(held - self._mean, full_matrices=False)
        share = np.cumsum(size**2) / (size**2).sum()
        n = min(DIRECTIONS, int(np.searchsorted(share, EXPLAINED)) + 1)
        self._directions = directions[:n]
        rest = held - self._mean - (left[:, :n] * size[:n]) @ self._directions
        self._rest = rest.var(axis=0)
        along = left[:, :n] * size[:n]
        self._scale = along.std(axis=0)
        with warnings.catch_warnings(), ThreadPoolExecutor(cores()) as threads:
            warnings.simplefilter("ignore")  # a length at its bound means: does not matter
            self._each = list(threads.map(lambda i: _Taught(unit, along[:, i] / self._scale[i]),
                                          range(n)))  # fmt: skip

    def misses(self, unit: Array) -> tuple[Array, Array]:
        """Return the mean of the misses and their variance, both of shape (n, n_numbers).

        Parameters
        ----------
        unit
            Free numbers by the share of the prior below them, shape (n, n_free).
        """
        told = [each(unit) for each in self._each]
        mean = np.stack([m for m, _ in told], axis=1) * self._scale
        variance = np.stack([s**2 for _, s in told], axis=1) * self._scale**2
        whole = self._mean + mean @ self._directions
        around = variance @ self._directions**2 + self._rest
        return whole / self._importance, around / self._importance**2


class _Taught:
    """One direction: a quadratic surface, and a Gaussian process over what it misses."""

    def __init__(self, unit: Array, values: Array) -> None:
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
        from sklearn.linear_model import Ridge
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import PolynomialFeatures

        self._surface = make_pipeline(PolynomialFeatures(2), Ridge(1.0))
        self._surface.fit(unit, values)
        n = unit.shape[1]
        kernel = ConstantKernel(0.3, (1e-3, 10)) * RBF(np.full(n, 1.0), (0.1, 10)) + WhiteKernel(
            0.1, (1e-3, 2)
        )
        self._process = GaussianProcessRegressor(kernel)
        self._process.fit(unit, values - self._surface.predict(unit))

    def __call__(self, unit: Array) -> tuple[Array, Array]:
        mean, deviation = self._process.predict(unit, return_std=True)
        return mean + self._surface.predict(unit), deviation
