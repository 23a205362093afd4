"""What is thought of the free numbers after the data: runs with their numbers, seeds, weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Tell = Callable[[str, float], None]
"""Called with words and the share done."""


@dataclass(frozen=True)
class Posterior:
    """What is thought of the free numbers after the data.

    Parameters
    ----------
    names
        Free numbers.
    values
        In their units, shape (n_particles, n_names).
    weights
        Sum to 1, shape (n_particles,).
    seeds
        Seed of the run of each particle, shape (n_particles,).
    distances
        Distance of that run to the data, shape (n_particles,).
    prior
        Draws from the prior in their units, shape (n_prior, n_names), and their seeds.
    draws
        Draws of equal weight that stand for it.
    effective
        Independent draws they are as good as: Kish's number, 1 / sum of squared weights.
    generations
        For each generation its threshold, particles accepted and runs it took; for each wave the
        median misfit of its runs, effective draws of all runs so far, and its runs.
    runs
        Runs that were looked at, failed ones included.
    failed
        Runs that could not be made, with the free numbers, in words.
    """

    names: list[str]
    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    seeds: NDArray[np.int64]
    distances: NDArray[np.float64]
    prior: NDArray[np.float64]
    prior_seeds: NDArray[np.int64]
    draws: int
    effective: float
    generations: list[dict[str, float]]
    runs: int
    failed: list[str]


def kish(weights: NDArray[np.float64]) -> float:
    """Return how many independent draws weights are as good as (Kish 1965).

    Parameters
    ----------
    weights
        Sum to 1, shape (n,).
    """
    return float(1 / (weights**2).sum())


def resampled(weights: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Return n numbers of particles in proportion to their weights, evenly spaced, shape (n,)."""
    ends = np.cumsum(weights) / np.sum(weights)
    found = np.searchsorted(ends, (np.arange(n) + 0.5) / n)
    return np.minimum(found, ends.size - 1).astype(np.int64)


def particles_for(runs: int) -> int:
    """Return how many particles a generation has for a number of runs: an eighth, 20 to 200."""
    return min(200, max(20, runs // 8))
