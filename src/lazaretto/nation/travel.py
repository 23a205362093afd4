"""How many go where today: intended trips, what is allowed of them, and who is away."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import CERTAIN, threshold
from lazaretto.measures import TravelOrders
from lazaretto.nation.trips import Party, near, set_out


@dataclass(frozen=True, eq=False)
class Flows:
    """What people intend, whatever is allowed.

    Parameters
    ----------
    trips
        Mean trips a day out of each city (rows) to each other one, shape (n_cities, n_cities).
    stays
        Share of trips by days away, the first column for one day, by the day on which they begin,
        shape (before + n_days, n_stays); rows sum to 1.
    by_day
        Multiplier of all trips by day, shape (before + n_days,): the days of the run after those
        of `before`.
    before
        Days before the run on which somebody set out who is still away or in quarantine after it.
    """

    trips: NDArray[np.float64]
    stays: NDArray[np.float64]
    by_day: NDArray[np.float64]
    before: int

    @property
    def longest_quarantine(self) -> int:
        """Longest quarantine after a trip, days."""
        return self.before - self.stays.shape[1]

    @property
    def none(self) -> bool:
        """Return whether nobody travels."""
        return not bool(self.trips.any())


class Today(NamedTuple):
    """What holds on one day, by city of residence (rows) and destination; (n_cities, n_cities).

    ``allowed`` is the share of trips made, ``quarantine`` days of visitors from the row's city in
    the column's city without contacts there, ``returned`` days at home of residents of the row's
    city who were in the column's.
    """

    allowed: NDArray[np.float64]
    quarantine: NDArray[np.uint8]
    returned: NDArray[np.uint8]


def today(orders: Sequence[TravelOrders], risk: NDArray[np.float64]) -> Today:
    """Return what the orders of all cities come to.

    Parameters
    ----------
    orders
        Orders of each city.
    risk
        Reported cases per 100,000 residents in the last days, shape (n_cities,).
    """
    n = len(orders)
    leaving = np.array([each.leaving for each in orders])
    entering = np.array([each.entering for each in orders])
    allowed = leaving[:, None] * entering[None, :]
    quarantine = np.zeros((n, n), np.uint8)
    for city, each in enumerate(orders):
        for rule in each.entry:
            holds = risk >= rule.per_100000
            holds[city] = False
            allowed[holds, city] *= rule.share
            quarantine[holds, city] = np.maximum(quarantine[holds, city], rule.quarantine_days)
    return Today(allowed, quarantine, np.ascontiguousarray(quarantine.T))


@dataclass
class Travel:
    """Travel of a run: what was allowed on the last days, and how many are away by it.

    Parameters
    ----------
    flows
        What people intend.
    """

    flows: Flows
    latest: int = field(init=False, default=-1)
    """The last day for which it is known what is allowed; before the run everything is."""
    allowed: deque[NDArray[np.float64]] = field(init=False)
    """Share of trips made, of the last days, the latest last."""
    going: NDArray[np.uint32] = field(init=False)
    staying: NDArray[np.uint32] = field(init=False)

    def __post_init__(self) -> None:
        flows, n = self.flows, len(self.flows.trips)
        every = np.ones((n, n))
        self.allowed = deque([every] * flows.before, maxlen=flows.before + 1)
        out = flows.trips.sum(axis=1, keepdims=True)
        share = np.divide(flows.trips, out, out=np.zeros((n, n)), where=out > 0)
        self.going = threshold(np.cumsum(share, axis=1))
        stayed = np.cumsum(flows.stays, axis=1)
        self.staying = threshold(stayed)
        self.going[:, -1] = self.staying[:, -1] = CERTAIN
        self._near = near(self.going)
        self._out = flows.trips.sum(axis=1)
        self._left = 1 - stayed + flows.stays
        """Share of those who set out on a day still away after so many days, as `Flows.stays`."""

    def begin(self, allowed: NDArray[np.float64]) -> None:
        """Begin the next day with the share of trips made, shape (n_cities, n_cities)."""
        self.allowed.append(allowed)
        self.latest += 1

    def allowed_on(self, day: int) -> NDArray[np.float64]:
        """Return the share of trips made on one of the last days, (n_cities, n_cities)."""
        return self.allowed[day - self.latest - 1]

    def intended(self, day: int) -> NDArray[np.float64]:
        """Return the mean trips intended on a day of the run, shape (n_cities, n_cities)."""
        return np.asarray(self.flows.trips * self.flows.by_day[day + self.flows.before])

    def visitors(self, day: int, quarantine: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return how many residents of each city (rows) are out and about in each other one.

        Parameters
        ----------
        day
            Today.
        quarantine
            Days without contacts after arrival, shape (n_cities, n_cities).
        """
        total = np.zeros_like(self.flows.trips)
        for gone in range(self._left.shape[1]):
            left = self._left[day - gone + self.flows.before, gone]
            there = self.allowed_on(day - gone) * self.intended(day - gone) * left
            total += np.where(quarantine <= gone, there, 0.0)
        return total

    def party(self, city: int, seed: int, n_persons: int, day: int, shortest: int = 1) -> Party:
        """Return those who mean to leave a city on a day and are let go.

        Parameters
        ----------
        city, seed, n_persons
            The city: its number, seed and residents.
        day
            Day of the run on which they set out.
        shortest
            Trips of fewer days are left out.
        """
        mean = float(self._out[city] * self.flows.by_day[day + self.flows.before])
        allowed = threshold(self.allowed_on(day)[city])
        staying = self.staying[day + self.flows.before]
        going, begin = self.going[city], self._near[city]
        return set_out(seed, day, mean, n_persons, going, begin, staying, allowed, shortest)
