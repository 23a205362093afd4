"""Confinement accounted to residents: person-days by tier, and how long the longest stay is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto import compiled  # noqa: F401 - says where kernels are kept, before any is made
from lazaretto.words import AGE_BANDS, CONTROLLED, OPEN, TIERS

AT_LARGE = -1
"""Day on which a building was closed that is not closed."""

NEVER = 1 << 14
"""Days since a stay ended of a building that never had one."""


class Confinement:
    """Keeps who lives at which tier, and since when each building is behind closed gates.

    A day on which no tier changes costs one comparison; on others only the buildings that change
    are counted anew.

    Parameters
    ----------
    building_district
        District of each building, shape (n_buildings,).
    residents
        Residents of each building by kind, shape (n_buildings, n_kinds); the first 18 kinds are
        the age bands, of which everybody has one. Where it is a function it is called on the first
        day on which anybody is confined: in villages buildings are small and the table is large.
    n_districts
        Number of districts.
    totals
        Residents by district and kind, shape (n_districts, n_kinds); added up if absent.
    """

    def __init__(
        self,
        building_district: NDArray[np.integer],
        residents: NDArray[np.integer] | Callable[[], NDArray[np.integer]],
        n_districts: int,
        totals: NDArray[np.int64] | None = None,
    ) -> None:
        n_buildings = building_district.size
        self.n_districts = n_districts
        self.district = building_district
        self.tier = np.full(n_buildings, OPEN, np.uint8)
        # One number for all buildings until the first of them is closed.
        self.closed_on = np.broadcast_to(np.int32(AT_LARGE), n_buildings)
        self.longest = np.broadcast_to(np.int32(0), n_buildings)
        self.last = np.broadcast_to(np.int32(0), n_buildings)
        """Length of the last stay that ended, days."""
        self.opened_on = np.broadcast_to(np.int32(-NEVER), n_buildings)
        self.days = 0
        self._residents = residents
        self._totals = self._added_up() if totals is None else totals
        self._everybody_open()

    def count(self, tier: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Count one day; return residents by district, tier and kind, (n_districts, 4, n_kinds).

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
        return self._table

    def stays(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Return days closed, days since a stay ended, and its length, each (n_buildings,)."""
        if not self.last.flags.writeable:
            return self.last, np.broadcast_to(np.int32(NEVER), self.tier.size), self.last
        closed = self.closed_on != AT_LARGE
        since = np.where(closed, self.days - self.closed_on, 0).astype(np.int32)
        opened = np.where(closed, NEVER, self.days - self.opened_on).astype(np.int32)
        return since, np.minimum(opened, NEVER), self.last

    def longest_stays(self, n_days: int) -> NDArray[np.int64]:
        """Return residents by age band and longest unbroken stay, shape (18, n_days + 1).

        A stay is an unbroken run of days in a controlled or sealed building.
        """
        open_end = np.where(self.closed_on != AT_LARGE, self.days - self.closed_on, 0)
        longest = np.maximum(self.longest, open_end)
        if not longest.any():
            table = np.zeros((len(AGE_BANDS), n_days + 1), np.int64)
            table[:, 0] = self._totals[:, : len(AGE_BANDS)].sum(axis=0)
            return table
        residents = self._of_building[:, : len(AGE_BANDS)]
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
            "last": self.last,
            "opened_on": self.opened_on,
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
        self.last = np.array(held["last"], np.int32)
        self.opened_on = np.array(held["opened_on"], np.int32)
        self.days = int(held["days"])

    @property
    def _of_building(self) -> NDArray[np.integer]:
        """Residents of each building by kind, shape (n_buildings, n_kinds)."""
        if callable(self._residents):
            self._residents = self._residents()
        return self._residents

    def _added_up(self) -> NDArray[np.int64]:
        residents = self._of_building
        totals = np.zeros((self.n_districts, residents.shape[1]), np.int64)
        np.add.at(totals, self.district, residents)
        return totals

    def _everybody_open(self) -> None:
        self._table = np.zeros((self.n_districts, len(TIERS), self._totals.shape[1]), np.int64)
        self._table[:, OPEN] = self._totals

    def _recount(self, tier: NDArray[np.uint8]) -> None:
        """Move the residents of the buildings that changed."""
        self._table = self._table.copy()
        move_residents(self._of_building, self.district, self.tier, tier, self._table)

    def _begin_and_end_stays(self, tier: NDArray[np.uint8]) -> None:
        closed, was = tier >= CONTROLLED, self.closed_on != AT_LARGE
        if not self.last.flags.writeable and closed.any():
            for name in ("closed_on", "longest", "last", "opened_on"):
                setattr(self, name, getattr(self, name).copy())
        elif not self.last.flags.writeable:
            return
        opened = np.flatnonzero(was & ~closed)
        self.last[opened] = self.days - self.closed_on[opened]
        self.opened_on[opened] = self.days
        self.longest[opened] = np.maximum(self.longest[opened], self.last[opened])
        self.closed_on[opened] = AT_LARGE
        self.closed_on[closed & ~was] = self.days


@njit(nogil=True, cache=True)
def move_residents(
    residents: NDArray[np.integer],
    district: NDArray[np.integer],
    was: NDArray[np.uint8],
    tier: NDArray[np.uint8],
    table: NDArray[np.int64],
) -> None:
    """Move the residents of the buildings whose tier changed.

    Parameters
    ----------
    residents
        Residents of each building by kind, shape (n_buildings, n_kinds).
    district, was, tier
        District of each building, its tier before and now, shape (n_buildings,).
    table
        Residents by district, tier and kind, shape (n_districts, 4, n_kinds); written.
    """
    for building in range(tier.size):
        here, old, new = district[building], was[building], tier[building]
        if old == new:
            continue
        for kind in range(table.shape[2]):
            table[here, old, kind] -= residents[building, kind]
            table[here, new, kind] += residents[building, kind]
