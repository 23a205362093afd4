"""Confinement accounted to residents: person-days by tier, and how long the longest stay is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazaretto.words import CONTROLLED, TIERS


class Confinement:
    """Keeps the running stay of every compound behind closed gates.

    Parameters
    ----------
    compound_district
        District of each compound, shape (n_compounds,).
    residents_by_age
        Residents of each compound by age band, shape (n_compounds, 18).
    n_districts
        Number of districts.
    """

    def __init__(
        self,
        compound_district: NDArray[np.int64],
        residents_by_age: NDArray[np.int64],
        n_districts: int,
    ) -> None:
        self.compound_district = compound_district
        self.residents_by_age = residents_by_age
        self.residents = residents_by_age.sum(axis=1)
        self.n_districts = n_districts
        self.stay = np.zeros(compound_district.size, np.int32)
        self.longest = np.zeros(compound_district.size, np.int32)
        self._counted: NDArray[np.uint8] | None = None
        self._by_district = np.zeros((n_districts, len(TIERS)), np.int64)
        self._by_age = np.zeros((residents_by_age.shape[1], len(TIERS)), np.int64)

    def count(self, tier: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Count one day; return residents by (district, tier) and by (age band, tier).

        Parameters
        ----------
        tier
            Tier of each compound today, shape (n_compounds,).
        """
        if self._counted is None or not np.array_equal(tier, self._counted):
            self._counted = tier.copy()
            place = self.compound_district * len(TIERS) + tier
            by_place = np.bincount(place, self.residents, self.n_districts * len(TIERS))
            self._by_district = by_place.astype(np.int64).reshape(self.n_districts, len(TIERS))
            for level in range(len(TIERS)):
                self._by_age[:, level] = self.residents_by_age[tier == level].sum(axis=0)
        if self.stay.any() or tier.any():
            closed = tier >= CONTROLLED
            self.stay = np.where(closed, self.stay + 1, 0).astype(np.int32)
            np.maximum(self.longest, self.stay, out=self.longest)
        return self._by_district, self._by_age

    def longest_stays(self, n_days: int) -> NDArray[np.int64]:
        """Return residents by age band and longest unbroken stay, shape (18, n_days + 1).

        A stay is an unbroken run of days in a controlled or sealed compound.
        """
        table = np.zeros((self.residents_by_age.shape[1], n_days + 1), np.int64)
        for age in range(table.shape[0]):
            counted = np.bincount(self.longest, self.residents_by_age[:, age], n_days + 1)
            table[age] = counted.astype(np.int64)
        return table
