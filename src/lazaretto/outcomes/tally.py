"""The tally: what is counted each day of a run, as plain integer arrays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from lazaretto.words import AGE_BANDS, LAYERS_AND_SEED, TIERS


@dataclass
class Tally:
    """Counts by day; every array is int64 and its first axis is the day of the run.

    Parameters
    ----------
    infections
        New infections by district and layer (the last column: brought in), shape
        (n_days, n_districts, n_layers + 1).
    infections_by_age
        Shape (n_days, 18).
    infections_by_tier
        By the tier of the infected person's compound, shape (n_days, 4).
    secondary
        Infections ever caused by those infected on the day, shape (n_days,).
    reports
        Reported confirmed, asymptomatic and reclassified by district, shape
        (n_days, n_districts, 3); reclassified were reported as asymptomatic before.
    isolated
        Persons newly isolated by district of residence, shape (n_days, n_districts).
    persons_by_tier
        Residents by district and tier, shape (n_days, n_districts, 4).
    confined_by_age
        Residents by age band and tier, shape (n_days, 18, 4).
    """

    infections: NDArray[np.int64]
    infections_by_age: NDArray[np.int64]
    infections_by_tier: NDArray[np.int64]
    secondary: NDArray[np.int64]
    reports: NDArray[np.int64]
    isolated: NDArray[np.int64]
    persons_by_tier: NDArray[np.int64]
    confined_by_age: NDArray[np.int64]

    @classmethod
    def of(cls, n_days: int, n_districts: int) -> Tally:
        """Return an empty tally for a run."""
        n_ages, n_tiers = len(AGE_BANDS), len(TIERS)
        return cls(
            infections=np.zeros((n_days, n_districts, len(LAYERS_AND_SEED)), np.int64),
            infections_by_age=np.zeros((n_days, n_ages), np.int64),
            infections_by_tier=np.zeros((n_days, n_tiers), np.int64),
            secondary=np.zeros(n_days, np.int64),
            reports=np.zeros((n_days, n_districts, 3), np.int64),
            isolated=np.zeros((n_days, n_districts), np.int64),
            persons_by_tier=np.zeros((n_days, n_districts, n_tiers), np.int64),
            confined_by_age=np.zeros((n_days, n_ages, n_tiers), np.int64),
        )

    def arrays(self) -> dict[str, NDArray[np.int64]]:
        """Return every array by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def series_sha256(self) -> str:
        """Return the hash of daily new infections by district and layer: equal for equal runs."""
        return hashlib.sha256(np.ascontiguousarray(self.infections, "<i8").tobytes()).hexdigest()
