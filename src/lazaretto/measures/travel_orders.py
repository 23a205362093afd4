"""What a city orders for those who leave it and those who come."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Entry:
    """A rule for those who come from cities at risk, residents on their way back included.

    Parameters
    ----------
    per_100000
        It holds for cities with at least so many reported cases per 100,000 residents in the
        last `RISK_DAYS` days; for all with 0.
    share
        Share of the trips from there that are made all the same.
    quarantine_days
        Days after arrival, or after the return, without contacts outside the household.
    """

    per_100000: float = 0.0
    share: float = 1.0
    quarantine_days: int = 0


RISK_DAYS = 14
"""Days over which the reported cases of a city count for the risk of its travellers."""


@dataclass
class TravelOrders:
    """What a city orders today for its travellers.

    Parameters
    ----------
    leaving, entering
        Share of the trips out of the city, and into it, that are made all the same.
    detected
        Chance that an infected resident is found before a trip and stays, by day since infection,
        shape (n,).
    with_leave
        Whether the trips out of the city that are made are those with leave, or that slip through;
        then confined residents make them too.
    entry
        Rules by risk of the city somebody comes from; of several that hold the shares multiply
        and the longest quarantine holds.
    """

    leaving: float = 1.0
    entering: float = 1.0
    with_leave: bool = False
    detected: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    entry: tuple[Entry, ...] = ()

    def test(self, chance: NDArray[np.float64]) -> None:
        """Test those who leave, beside what is ordered already; chance as in `detected`."""
        days = max(chance.size, self.detected.size)
        missed = np.ones(days)
        for each in (self.detected, chance):
            missed[: each.size] *= 1 - each
        self.detected = 1 - missed
