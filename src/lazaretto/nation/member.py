"""One city of a nation: asleep until somebody infected touches it, then an engine of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import Purpose, stream_key
from lazaretto.engine.prepare import Prepared
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.spread import Workers
from lazaretto.measures import RISK_DAYS, Measure, TravelMeasure, TravelOrders
from lazaretto.nation.away import NOBODY_AWAY, Away, Travellers

BEFORE_TRANSMISSION = 4
"""Steps of `lazaretto.engine.day.DAY` before transmission."""

LONG_AGO = -(1 << 14)
"""A day before all others."""


def seed_of_city(seed: int, code: str) -> int:
    """Return the seed of a city in a nation, so that no two cities share their chance.

    Parameters
    ----------
    seed
        Seed of the run.
    code
        Census code of the city, digits.
    """
    return int(stream_key(seed, Purpose.CITY, int(code))) >> 1


@dataclass(frozen=True)
class Plan:
    """What the nation knows of a city before it wakes.

    Parameters
    ----------
    name, code, province
        Name, census code and province.
    n_persons
        Residents.
    measures
        Its measures.
    first_seed
        Day of the run of the first infection brought in, None if there is none.
    sleeps
        Whether nothing happens in it before somebody is infected.
    prepare
        Makes or loads its population and settings, for a seed.
    """

    name: str
    code: str
    province: str
    n_persons: int
    measures: tuple[Measure, ...]
    first_seed: int | None
    sleeps: bool
    prepare: Callable[[int], Prepared]


@dataclass
class Member:
    """A city in a run of the nation.

    Parameters
    ----------
    number
        Its number among the cities.
    plan
        What is known of it.
    seed
        Its own seed.
    """

    number: int
    plan: Plan
    seed: int
    simulation: Simulation | None = field(init=False, default=None)
    travellers: Travellers = field(init=False, default_factory=Travellers)
    """Those who set out in the last days, up to `left_on`; kept while awake."""
    left_on: int = field(init=False, default=LONG_AGO)
    """The last day of which it is known who set out."""
    woke_on: int = field(init=False, default=LONG_AGO)
    """The day on which it woke last."""
    dozing: bool = field(init=False, default=False)
    """Whether it was woken and went to sleep again, since nobody was infected."""
    away: Away = field(init=False, default=NOBODY_AWAY)

    @property
    def awake(self) -> bool:
        """Return whether its engine runs."""
        return self.simulation is not None and not self.dozing

    @property
    def may_doze(self) -> bool:
        """Return whether nobody was infected yet, and nothing happens before somebody is."""
        engine = self.simulation
        idle = self.plan.sleeps and self.plan.first_seed is None
        if not idle or engine is None or engine.citizens.response is not None:
            return False
        return not engine.infections and not engine.tally.reports.any()

    def start(self, travels: bool, workers: Workers) -> Simulation:
        """Start the engine on its first day.

        Parameters
        ----------
        travels
            Whether its residents travel.
        workers
            Buffers shared with the other cities.
        """
        prepared = self.plan.prepare(self.seed)
        settings = replace(prepared.settings, seed=self.seed)
        self.simulation = Simulation(prepared.people, settings, 1, travels=travels, workers=workers)
        return self.simulation

    def stirs(self, day: int, still: int) -> bool:
        """Return whether some who mean to leave today may not, or some may be infected.

        While a city is calm everybody leaves who means to, so that who did can be worked out later.

        Parameters
        ----------
        day
            Today, after the morning.
        still
            Days for which an infection can be found before a trip.
        """
        engine = self.simulation
        assert engine is not None
        kept, orders = engine.containment, engine.orders
        return bool(
            day == self.woke_on or engine.settings.border is not None
            or engine.cohorts or engine.tally.infections[max(day - still, 0) : day].any()
            or kept.isolated.size or kept.patients.person.size or orders.tier.any()
            or orders.rules.rounds or kept.laboratories.pending.person.size
        )  # fmt: skip

    def orders(self, today: date, detectable: dict[str, NDArray[np.float64]]) -> TravelOrders:
        """Return what the city orders for its travellers today.

        Parameters
        ----------
        today
            The date.
        detectable
            As in `lazaretto.measures.Orders`.
        """
        if self.simulation is not None and not self.dozing:
            return self.simulation.orders.travel
        orders = TravelOrders()
        for measure in self.plan.measures:
            if isinstance(measure, TravelMeasure) and measure.when is None:
                after = measure.first is None or measure.first <= today
                if after and (measure.last is None or today <= measure.last):
                    measure.order_travel(orders, detectable)
        return orders

    def risk(self, day: int) -> float:
        """Return the cases per 100,000 residents reported in the last days, up to yesterday."""
        if self.simulation is None:
            return 0.0
        reports = self.simulation.tally.reports[max(day - RISK_DAYS, 0) : day, :, :2]
        return float(reports.sum()) * 100_000 / self.plan.n_persons
