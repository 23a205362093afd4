"""The people of a run and what the engine makes of their response: who may leak today."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazaretto.behaviour.counting import count_response
from lazaretto.behaviour.leakage import traits
from lazaretto.behaviour.livelihoods import income_thresholds
from lazaretto.behaviour.response import Respondents, Response
from lazaretto.chance import Purpose, stream_key, threshold
from lazaretto.engine.city import City
from lazaretto.engine.isolation import Isolated
from lazaretto.engine.leakage import FIRST_ADULT, Leakage, nobody_leaks
from lazaretto.engine.residents import (
    ESSENTIAL_WORKERS,
    HOUSEHOLDS,
    N_KINDS,
    count_isolated_by_kind,
    residents_by_kind,
)
from lazaretto.engine.settings import Settings
from lazaretto.engine.spread import Workers
from lazaretto.measures import Observed, Orders, Places
from lazaretto.outcomes import Tally
from lazaretto.outcomes.results import SMALLEST_AREA
from lazaretto.scenario.behaviour import Behaviour, Hardship
from lazaretto.words import BUILDING, COMPOUND, LAYERS, TIERS

BUILDINGS = 1 << 15
"""Buildings that one thread counts at a time."""

WAKING_HOURS = 16.0
"""Hours of a day in which contacts happen."""


class Citizens:
    """The citizens of one run: livelihoods, which never change, and their response day by day.

    Parameters
    ----------
    settings, places, city, workers
        Those of the simulation.
    """

    def __init__(self, settings: Settings, places: Places, city: City, workers: Workers) -> None:
        self.settings, self.city = settings, city
        self.n_districts = len(places.districts)
        self.small = bool((places.district_persons < SMALLEST_AREA).any())
        rules, seed = settings.behaviour, settings.seed
        hardship = Hardship() if rules is None else rules.hardship
        self.income_key = stream_key(seed, Purpose.INCOME)
        n_compounds = places.compound_persons.size
        self.income = income_thresholds(float(hardship.segregation), n_compounds, seed)
        self.migrant = np.uint32(threshold(float(hardship.migrant_share)))
        self._workers = workers
        self._kept: NDArray[np.int32] | None = None
        if rules is not None:
            self._kept = self.residents()
        self.totals = self._totals()
        """Residents by district and kind, shape (n_districts, `N_KINDS`)."""
        self.response: Response | None = None
        self.quiet = nobody_leaks(len(LAYERS))._replace(
            income=self.income, migrant=self.migrant, income_key=self.income_key
        )
        if rules is not None:
            residents = self.residents()
            who = Respondents(
                residents[:, FIRST_ADULT:18].sum(axis=1, dtype=np.int64),
                residents[:, HOUSEHOLDS].astype(np.int64),
            )
            self.response = Response(rules, seed, settings.start, settings.n_days, places, who)
            self.quiet = _with_rules(self.quiet, rules, seed)

    def residents(self) -> NDArray[np.int32]:
        """Return the residents of each building by kind, shape (n_buildings, `N_KINDS`)."""
        if self._kept is not None:
            return self._kept
        n = self.city.building_start.size - 1
        counts = np.zeros((n, N_KINDS), np.int32)
        self._workers.map(lambda first: self._count(first, counts[first:]), range(0, n, BUILDINGS))
        return counts

    def _totals(self) -> NDArray[np.int64]:
        n, city = self.city.building_start.size - 1, self.city

        def count(first: int) -> NDArray[np.int64]:
            if self._kept is None:
                counts = np.zeros((min(BUILDINGS, n - first), N_KINDS), np.int32)
                self._count(first, counts)
            else:
                counts = self._kept[first : first + BUILDINGS]
            totals = np.zeros((self.n_districts, N_KINDS), np.int64)
            districts = city.building_district[first : first + BUILDINGS]
            for district in np.unique(districts):
                totals[district] = counts[districts == district].sum(axis=0)
            return totals

        return np.sum(self._workers.map(count, range(0, n, BUILDINGS)), axis=0, dtype=np.int64)

    def _count(self, first: int, counts: NDArray[np.int32]) -> None:
        last = min(first + BUILDINGS, self.city.building_start.size - 1)
        some = (first, last)
        residents_by_kind(self.city, self.income, self.migrant, self.income_key, some, counts)

    @property
    def active(self) -> float:
        """Share of households that meet others at all."""
        rules = self.settings.behaviour
        few = None if rules is None else rules.few_active
        return 1.0 if few is None else float(few.share)

    def counted(self, tier: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the tiers that are counted: where a district is small, without concessions.

        What people did is not said of fewer than `SMALLEST_AREA` residents, and a tier lower than
        ordered says that a compound broke out.
        """
        if not self.small or self.response is None or not self.response.lowered.any():
            return tier
        return tier + self.response.lowered.astype(np.uint8)

    def isolated(self, table: Isolated, tier: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return the isolated by district, tier and kind, see `count_isolated_by_kind`."""
        shape = (self.n_districts, len(TIERS), ESSENTIAL_WORKERS.stop)
        out = np.zeros(shape, np.int64)
        if table.size:
            count_isolated_by_kind(
                self.city, self.income, self.income_key, tier, table.person, table.stay, out
            )
        return out

    def respond(self, day: int, orders: Orders, observed: Observed) -> None:
        """Let people respond to the orders of a day, see `lazaretto.behaviour.response`."""
        if self.response is not None:
            self.response.respond(day, orders, observed)

    def leakage(self, day: int) -> Leakage:
        """Return who may leak on a day, after `respond`."""
        if self.response is None:
            return self.quiet
        mood, seed = self.response.mood, self.settings.seed
        return self.quiet._replace(
            leaks=mood.leaks,
            base=mood.base,
            fatigue=mood.fatigue,
            spell=mood.spell,
            joins=mood.joins,
            hardship=mood.hardship,
            day_key=stream_key(seed, Purpose.LEAKS, day),
            week_key=stream_key(seed, Purpose.HABIT, day // 7),
            crowd_key=stream_key(seed, Purpose.CROWD, day),
        )

    def count(self, tally: Tally, day: int) -> None:
        """Count what people did today, see `lazaretto.behaviour.counting`."""
        if self.response is not None:
            count_response(self.response, tally, day)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything that differs from day to day, by name, for a checkpoint."""
        return {} if self.response is None else self.response.arrays()

    def restore(self, saved: dict[str, NDArray[Any]]) -> None:
        """Take over what `arrays` returned at another time."""
        if self.response is not None:
            self.response.restore(saved)


def _with_rules(quiet: Leakage, rules: Behaviour, seed: int) -> Leakage:
    """Return a leakage with the tables that do not change over a run."""
    leakage, own = rules.leakage, traits(rules)
    share = np.full(len(LAYERS), float(leakage.visits_elsewhere))
    share[BUILDING] = float(leakage.visits_building)
    share[COMPOUND] = float(leakage.visits_compound)
    few = rules.few_active
    return quiet._replace(
        few=int(few is not None),
        person=own.person,
        household=own.household,
        tired=own.tired,
        chance=own.chance,
        visits=threshold(np.stack([share / 2, share], axis=1)),
        habit=np.uint32(threshold(float(leakage.habit))),
        hours=np.uint32(threshold(float(rules.breakouts.hours) / WAKING_HOURS)),
        active=np.uint32(threshold(1.0 if few is None else float(few.share))),
        trait_key=stream_key(seed, Purpose.LEAKAGE),
        active_key=stream_key(seed, Purpose.ACTIVE),
    )
