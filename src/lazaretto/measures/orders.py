"""What measures order for one day: flat arrays over places, never persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lazaretto.measures.places import Places
from lazaretto.measures.provision import Provision, no_provision
from lazaretto.measures.rules import (
    CampaignRule,
    CareRule,
    HoldRule,
    RoundRule,
    Rules,
    SymptomRule,
    TraceRule,
    TreatRule,
)
from lazaretto.measures.stocks import Stock
from lazaretto.measures.travel_orders import TravelOrders
from lazaretto.words import LAYERS, OPEN, TIERS

MOST_RULES = 40
"""Rules of one kind on one day."""

SCHOOLS, WORKPLACES = range(2)
"""Positions in `Orders.shut`."""


@dataclass
class Orders:
    """What is ordered for one day; measures add to it in the order of the scenario.

    Parameters
    ----------
    places
        The places of the city.
    detectable
        Chance that an infected person tests positive by day since infection, by kind of test
        (``pcr``, ``antigen``), each shape (n,).
    stocks
        The stocks of the scenario.
    tier
        Confinement level by building, shape (n_buildings,); measures raise it.
    contacts
        Multiplier of contacts by district and layer for residents, shape
        (n_districts, n_layers); measures multiply into it.
    essential
        The same for essential workers.
    closed_loop
        Share of workplaces whose staff live on site, shape (n_districts,).
    caution, caution_essential
        Multiplier of contacts for fear of infection, of residents and of essential workers, shape
        (n_districts, n_layers); it acts only where people may go out (tiers 0 and 1).
    provision
        What confined people are given, by district; the largest of each kind holds.
    shut
        Share of schools (0) and workplaces (1) that are closed, shape (n_districts, 2).
    queueing
        Share of usual compound contacts that a queue for tests makes up for where neighbours are
        confined, by compound, shape (n_compounds,).
    visiting
        Share of usual community contacts that allowed visits add in tiers 2 and 3, shape
        (n_districts,).
    amount
        How much there is of each stock today, shape (n_stocks,).
    rules
        What is done with persons.
    travel
        What holds for those who travel from city to city.
    """

    places: Places
    detectable: dict[str, NDArray[np.float64]]
    stocks: tuple[Stock, ...] = ()
    tier: NDArray[np.uint8] = field(init=False)
    contacts: NDArray[np.float64] = field(init=False)
    essential: NDArray[np.float64] = field(init=False)
    caution: NDArray[np.float64] = field(init=False)
    caution_essential: NDArray[np.float64] = field(init=False)
    provision: Provision = field(init=False)
    shut: NDArray[np.float64] = field(init=False)
    closed_loop: NDArray[np.float64] = field(init=False)
    queueing: NDArray[np.float64] = field(init=False)
    visiting: NDArray[np.float64] = field(init=False)
    amount: NDArray[np.int64] = field(init=False)
    rules: Rules = field(init=False)
    travel: TravelOrders = field(init=False)
    all_open: NDArray[np.uint8] = field(init=False)
    """The tier of each building on a day on which every one is open; nobody writes it."""
    longest_seek: int = 21
    _highest: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = field(init=False, default=None)
    """Tiers by building, and the highest of each compound that follow from them."""

    def __post_init__(self) -> None:
        n_districts = len(self.places.districts)
        self.tier = np.zeros(self.places.building_compound.size, np.uint8)
        self.all_open = np.zeros_like(self.tier)  # kernels know writable arrays only
        self.contacts = np.ones((n_districts, len(LAYERS)))
        self.essential = np.ones((n_districts, len(LAYERS)))
        self.caution = np.ones((n_districts, len(LAYERS)))
        self.caution_essential = np.ones((n_districts, len(LAYERS)))
        self.provision = no_provision(n_districts)
        self.shut = np.zeros((n_districts, 2))
        self.closed_loop = np.zeros(n_districts)
        self.queueing = np.zeros(self.places.compound_persons.size)
        self.visiting = np.zeros(n_districts)
        self.amount = np.zeros(len(self.stocks), np.int64)
        self.rules = Rules()
        self.travel = TravelOrders()

    def reset(self, day: int) -> None:
        """Forget yesterday's orders: everything open, nobody tested, stocks as scheduled."""
        self.tier[:] = OPEN
        self.contacts[:] = 1.0
        self.essential[:] = 1.0
        self.caution[:] = 1.0
        self.caution_essential[:] = 1.0
        self.provision = no_provision(len(self.places.districts))
        self.shut[:] = 0.0
        self.closed_loop[:] = 0.0
        self.queueing[:] = 0.0
        self.visiting[:] = 0.0
        self.amount[:] = [stock.amount[day] for stock in self.stocks]
        self.rules = Rules()
        self.travel = TravelOrders()

    def stock(self, name: str) -> int:
        """Return the position of a stock among `stocks`.

        Raises
        ------
        ValueError
            If there is no such stock.
        """
        for i, stock in enumerate(self.stocks):
            if stock.name == name:
                return i
        known = ", ".join(stock.name for stock in self.stocks) or "none are declared"
        raise ValueError(f"there is no stock {name!r}; resources: {known}")

    def confine(self, districts: NDArray[np.bool_], tier: int) -> None:
        """Raise every building of the chosen districts, shape (n_districts,), to a tier."""
        self.confine_compounds(districts[self.places.compound_district], tier)

    def confine_compounds(self, compounds: NDArray[np.bool_], tier: int) -> None:
        """Raise the chosen compounds, shape (n_compounds,), to at least a tier."""
        self.confine_buildings(compounds[self.places.building_compound], tier)

    def confine_buildings(self, buildings: NDArray[np.bool_], tier: int) -> None:
        """Raise the chosen buildings, shape (n_buildings,), to at least a tier, 0 to 3."""
        if not 0 <= tier < len(TIERS):
            raise ValueError(f"tier {tier} is not known; 0 to {len(TIERS) - 1} are")
        self.tier[buildings] = np.maximum(self.tier[buildings], tier)

    def raise_tiers(self, tier: NDArray[np.uint8]) -> None:
        """Raise every building to at least a tier of its own, 0 to 3, shape (n_buildings,)."""
        if tier.size and tier.max() >= len(TIERS):
            raise ValueError(f"tier {tier.max()} is not known; 0 to {len(TIERS) - 1} are")
        np.maximum(self.tier, tier, out=self.tier)

    def ease_buildings(self, buildings: NDArray[np.bool_], tier: int) -> None:
        """Lower the chosen buildings, shape (n_buildings,), to at most a tier, 0 to 3."""
        if not 0 <= tier < len(TIERS):
            raise ValueError(f"tier {tier} is not known; 0 to {len(TIERS) - 1} are")
        self.tier[buildings] = np.minimum(self.tier[buildings], tier)

    def highest_tiers(self) -> NDArray[np.uint8]:
        """Return the highest tier of the buildings of each compound, shape (n_compounds,)."""
        if self._highest is None or not np.array_equal(self._highest[0], self.tier):
            highest = np.zeros(self.places.compound_persons.size, np.uint8)
            np.maximum.at(highest, self.places.building_compound, self.tier)
            self._highest = self.tier.copy(), highest
        return self._highest[1]

    def shut_down(self, districts: NDArray[np.bool_], what: int, share: float) -> None:
        """Close a share of the schools (0) or workplaces (1); the largest share holds."""
        _share(share)
        self.shut[districts, what] = np.maximum(self.shut[districts, what], share)

    def provide(self, districts: NDArray[np.bool_], kind: str, share: float) -> None:
        """Give support of one kind (`Provision`) in the chosen districts; the largest holds."""
        _share(share)
        given = getattr(self.provision, kind)
        given[districts] = np.maximum(given[districts], share)

    def let_visit(self, districts: NDArray[np.bool_], share: float) -> None:
        """Allow visits that add a share of usual community contacts in tiers 2 and 3."""
        _share(share)
        self.visiting[districts] = np.maximum(self.visiting[districts], share)

    def reduce(
        self, districts: NDArray[np.bool_], layer: int, factor: float, essential: float
    ) -> None:
        """Multiply the contacts of a layer in the chosen districts.

        Parameters
        ----------
        districts
            Which districts, shape (n_districts,).
        layer
            Index of the layer.
        factor, essential
            Share of contacts that remains, residents and essential workers, 0 to 1.
        """
        _share(factor, essential)
        self.contacts[districts, layer] *= factor
        self.essential[districts, layer] *= essential

    def close_loops(self, districts: NDArray[np.bool_], share: float) -> None:
        """Let the staff of a share of the workplaces live on site; the largest share holds."""
        _share(share)
        self.closed_loop[districts] = np.maximum(self.closed_loop[districts], share)

    def open_stock(self, name: str, amount: int) -> None:
        """Add to a stock for today.

        Raises
        ------
        ValueError
            If there is no such stock.
        """
        if amount != int(amount) or amount < 0:
            raise ValueError(f"a whole number from 0 on is added to a stock, not {amount}")
        self.amount[self.stock(name)] += int(amount)

    def _check(
        self,
        places: NDArray[np.bool_],
        rules: Sequence[object],
        *stocks: str | None,
        of: str = "districts",
    ) -> None:
        size = (
            len(self.places.districts) if of == "districts" else self.places.compound_persons.size
        )
        if places.dtype != np.bool_ or places.shape != (size,):
            raise ValueError(
                f"{of} are a mask of shape ({size},), not {places.dtype}{places.shape}"
            )
        if len(rules) >= MOST_RULES:
            raise ValueError(f"at most {MOST_RULES} rules of one kind can hold on one day")
        for name in stocks:
            if name is not None:
                self.stock(name)

    def test_symptomatic(self, districts: NDArray[np.bool_], rule: SymptomRule) -> None:
        """Let the symptomatic of the chosen districts be tested, beside what is ordered already."""
        _share(*rule.seek, rule.background)
        if rule.seek.size > self.longest_seek:
            raise ValueError(f"seek has {rule.seek.size} days; at most {self.longest_seek}")
        self._check(districts, self.rules.symptoms, rule.clinics, rule.test.labs)
        self.rules.symptoms.append((districts, rule))

    def screen(self, rule: RoundRule) -> None:
        """Sample compounds today, beside what is ordered already."""
        _share(rule.participation, rule.crowding, *rule.test.positive)
        self._check(rule.compounds, self.rules.rounds, rule.test.labs, of="compounds")
        self.rules.rounds.append(rule)
        queue = np.where(rule.compounds, rule.crowding, 0.0)
        self.queueing = np.maximum(self.queueing, queue)

    def trace(self, districts: NDArray[np.bool_], rule: TraceRule) -> None:
        """Trace the contacts of cases found in the chosen districts."""
        _share(*rule.recall)
        self._check(districts, self.rules.traces, rule.tracers)
        self.rules.traces.append((districts, rule))

    def isolate(self, districts: NDArray[np.bool_], rule: HoldRule) -> None:
        """Isolate cases who live in the chosen districts."""
        self._check(districts, self.rules.cases, *rule.beds, rule.seats, rule.test.labs)
        self.rules.cases.append((districts, rule))

    def quarantine(
        self, districts: NDArray[np.bool_], rule: HoldRule, *, second: bool = False
    ) -> None:
        """Quarantine contacts (or contacts of contacts) who live in the chosen districts."""
        rules = self.rules.second_contacts if second else self.rules.contacts
        self._check(districts, rules, *rule.beds, rule.seats, rule.test.labs)
        rules.append((districts, rule))

    def treat(self, districts: NDArray[np.bool_], rule: TreatRule) -> None:
        """Treat persons found in the chosen districts."""
        _share(rule.efficacy, *rule.chance)
        self._check(districts, self.rules.treatments, rule.courses)
        self.rules.treatments.append((districts, rule))

    def care(self, districts: NDArray[np.bool_], rule: CareRule) -> None:
        """Care for the severely ill who live in the chosen districts."""
        self._check(districts, self.rules.care, rule.ward, rule.icu)
        self.rules.care.append((districts, rule))

    def vaccinate(self, districts: NDArray[np.bool_], rule: CampaignRule) -> None:
        """Give vaccine doses in the chosen districts."""
        _share(*rule.uptake)
        self._check(districts, self.rules.campaigns, rule.doses)
        self.rules.campaigns.append((districts, rule))


def _share(*shares: float) -> None:
    for share in shares:
        if not 0 <= share <= 1:
            raise ValueError(f"a share is 0 to 1, not {share}")
