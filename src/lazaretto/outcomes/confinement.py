"""Confinement accounted to residents: person-days by tier, and how long the longest stay is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazaretto.words import CONTROLLED, OPEN, TIERS

AT_LARGE = -1
"""Day on which a building was closed that is not closed."""


class Confinement:
    """Keeps who lives at which tier, and since when each building is behind closed gates.

    A day on which no tier changes costs one comparison; on others only runs of neighbouring
    buildings that change alike are counted anew.

    Parameters
    ----------
    building_district
        District of each building, shape (n_buildings,).
    residents_by_age
        Residents of each building by age band, shape (n_buildings, 18).
    n_districts
        Number of districts.
    """

    def __init__(
        self,
        building_district: NDArray[np.integer],
        residents_by_age: NDArray[np.integer],
        n_districts: int,
    ) -> None:
        n_buildings, n_ages = residents_by_age.shape
        self.n_districts = n_districts
        self.district = building_district.astype(np.int64)
        self.tier = np.full(n_buildings, OPEN, np.uint8)
        self.closed_on = np.full(n_buildings, AT_LARGE, np.int32)
        self.longest = np.zeros(n_buildings, np.int32)
        self.days = 0
        # Residents of all buildings before each one: those of any run of buildings are then one
        # difference, however long the run is.
        self._before = np.zeros((n_buildings + 1, n_ages), np.int32)
        np.cumsum(residents_by_age, axis=0, out=self._before[1:])
        self._border = self.district[1:] != self.district[:-1]
        self._everybody_open()

    def count(self, tier: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Count one day; return residents by (district, tier) and by (age band, tier).

        Parameters
        ----------
        tier
            Tier of each building today, shape (n_buildings,).
        """
        if not np.array_equal(tier, self.tier):
            self._recount(tier)
            self._begin_and_end_stays(tier)
            self.tier = tier.copy()
        self.days += 1
        return self._by_district, self._by_age

    def longest_stays(self, n_days: int) -> NDArray[np.int64]:
        """Return residents by age band and longest unbroken stay, shape (18, n_days + 1).

        A stay is an unbroken run of days in a controlled or sealed building.
        """
        open_end = np.where(self.closed_on != AT_LARGE, self.days - self.closed_on, 0)
        longest = np.maximum(self.longest, open_end)
        residents = np.diff(self._before, axis=0)
        table = np.zeros((residents.shape[1], n_days + 1), np.int64)
        for age in range(table.shape[0]):
            table[age] = np.bincount(longest, residents[:, age], n_days + 1)
        return table

    def held(self) -> dict[str, NDArray[np.generic]]:
        """Return what has to be kept to go on later, by name."""
        return {
            "tier": self.tier,
            "closed_on": self.closed_on,
            "longest": self.longest,
            "days": np.array(self.days),
        }

    def restore(self, held: dict[str, NDArray[np.generic]]) -> None:
        """Go on from what `held` returned."""
        self.tier = np.full(self.tier.size, OPEN, np.uint8)
        self._everybody_open()
        tier = np.asarray(held["tier"], np.uint8)
        self._recount(tier)
        self.tier = tier.copy()
        self.closed_on = np.array(held["closed_on"], np.int32)
        self.longest = np.array(held["longest"], np.int32)
        self.days = int(held["days"])

    def _everybody_open(self) -> None:
        n_ages = self._before.shape[1]
        residents = np.diff(self._before.sum(axis=1, dtype=np.int64))
        self._by_district = np.zeros((self.n_districts, len(TIERS)), np.int64)
        self._by_district[:, OPEN] = np.bincount(self.district, residents, self.n_districts)
        self._by_age = np.zeros((n_ages, len(TIERS)), np.int64)
        self._by_age[:, OPEN] = self._before[-1]

    def _recount(self, tier: NDArray[np.uint8]) -> None:
        """Move the residents of the buildings that changed, run by run."""
        kind = np.where(tier == self.tier, 0, 1 + self.tier * len(TIERS) + tier).astype(np.uint8)
        edges = np.flatnonzero((kind[1:] != kind[:-1]) | self._border) + 1
        first = np.concatenate([[0], edges])
        last = np.concatenate([edges, [kind.size]])
        changed = kind[first] > 0
        first, last = first[changed], last[changed]
        # Counts of persons are far below 2**53, so that sums of floats are exact.
        moved = self._before.take(last, axis=0) - self._before.take(first, axis=0)
        level = np.arange(len(TIERS))[:, None]
        to_from = (tier[first] == level).astype(np.float64) - (self.tier[first] == level)
        self._by_age = self._by_age + (to_from @ moved.astype(np.float64)).T.astype(np.int64)
        place, persons = self.district[first] * len(TIERS), moved.sum(axis=1)
        size = self.n_districts * len(TIERS)
        gained = np.bincount(place + tier[first], persons, size)
        lost = np.bincount(place + self.tier[first], persons, size)
        change = (gained - lost).astype(np.int64).reshape(self._by_district.shape)
        self._by_district = self._by_district + change

    def _begin_and_end_stays(self, tier: NDArray[np.uint8]) -> None:
        closed, was = tier >= CONTROLLED, self.closed_on != AT_LARGE
        opened = np.flatnonzero(was & ~closed)
        self.longest[opened] = np.maximum(self.longest[opened], self.days - self.closed_on[opened])
        self.closed_on[opened] = AT_LARGE
        self.closed_on[closed & ~was] = self.days
