"""What officials can see on the morning of a day; the true state is never shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

NEVER_POSITIVE = 1 << 14
"""Days since the last positive of a place that never had one."""


@dataclass(frozen=True)
class Observed:
    """What officials can see on the morning of a day: reports up to the day before.

    Parameters
    ----------
    confirmed, asymptomatic
        Newly reported cases by day and district, shape (days so far, n_districts).
    found
        Newly reported cases by day, district and where they were found
        (`lazaretto.words.FOUND_WHERE`), shape (days so far, n_districts, 6).
    deaths
        Deaths by day and district, shape (days so far, n_districts).
    patients
        Persons in hospital wards (0) and intensive care (1) by district, shape (n_districts, 2).
    building_clear, compound_clear, subdistrict_clear
        Days since the last positive that was found outside isolation facilities, by place
        (0: one yesterday; `NEVER_POSITIVE` - 1 and more: none ever),
        shapes (n_buildings,), (n_compounds,), (n_subdistricts,).
    stock_used, stock_waiting
        How much of each stock was in use yesterday and how much waited for it (tubes, cases or
        persons), by the order of `Orders.stocks`, shape (n_stocks,).
    stocks
        Names of the stocks, in that order.
    stock_amount
        How much there was of each stock yesterday, shape (n_stocks,).
    days_closed, days_open, last_stay
        Days for which each building has been controlled or sealed without a break (0 for one that
        is not), days since that ended (`NEVER_POSITIVE` where it is or never was), and how long
        the last such stay was, shapes (n_buildings,).
    """

    confirmed: NDArray[np.int64]
    asymptomatic: NDArray[np.int64]
    found: NDArray[np.int64]
    deaths: NDArray[np.int64]
    patients: NDArray[np.int64]
    building_clear: NDArray[np.int32]
    compound_clear: NDArray[np.int32]
    subdistrict_clear: NDArray[np.int32]
    stock_used: NDArray[np.int64]
    stock_waiting: NDArray[np.int64]
    stocks: tuple[str, ...] = ()
    stock_amount: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    days_closed: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    days_open: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    last_stay: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    def cases(self, days: int) -> NDArray[np.int64]:
        """Return reported cases of the last ``days`` days by district, shape (n_districts,)."""
        recent = slice(max(len(self.confirmed) - days, 0), None)
        cases = self.confirmed[recent] + self.asymptomatic[recent]
        return np.asarray(cases.sum(axis=0), np.int64)


@dataclass(frozen=True)
class Today:
    """What a measure is given each day.

    Parameters
    ----------
    day
        Days since the start of the run, from 0.
    date
        The calendar date.
    observed
        Reported cases up to yesterday; the true state is never shown.
    active
        Days for which the trigger of the measure that is asked has been on, at the level of its
        trigger (0: off); None where it has none. See `lazaretto.measures.triggers`.
    """

    day: int
    date: date
    observed: Observed
    active: NDArray[np.int16] | None = None
