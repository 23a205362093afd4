"""Travel between the cities of a nation: closed cities, restrictions, tests, quarantine.

Nobody leaves a city that is simulated by itself, so these change nothing there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lazaretto.measures.measure import Measure
from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.measures.travel_orders import Entry, TravelOrders
from lazaretto.scenario.units import In


class TravelMeasure(Measure):
    """A measure on the travellers of a city; it holds for all of the city."""

    finds_infected: ClassVar[bool] = False
    quiet: ClassVar[bool] = True

    def idle_without_cases(self) -> bool:
        """Return whether a city where nobody was infected or reported can tell its orders asleep.

        A trigger that fires without cases must be watched, so such a city is awake.
        """
        return self.when is None or self.when.on.needs_cases()

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Order what holds for travellers, if it is in force in any district."""
        if self.districts(today, places).any():
            self.order_travel(orders.travel, orders.detectable)

    def order_travel(
        self, travel: TravelOrders, detectable: Mapping[str, NDArray[np.float64]]
    ) -> None:
        """Write what holds for travellers.

        Parameters
        ----------
        travel
            The orders for travellers, written by all measures in turn.
        detectable
            Chance that an infected person tests positive by day since infection, by kind of test.
        """
        raise NotImplementedError(f"{type(self).__name__} must say what it orders")


class CityClosure(TravelMeasure):
    """The city is closed: of the trips out of it and into it only essential ones are made."""

    word: ClassVar[str] = "city_closure"
    finds_infected: ClassVar[bool] = False

    essential: Annotated[float, In("share")] = Field(
        ge=0, le=1, description="Share of trips made with leave: freight, care, supply, share."
    )
    leakage: Annotated[float, In("share")] = Field(
        0.0, ge=0, le=1, description="Share of the other trips made all the same, share."
    )

    def order_travel(
        self,
        travel: TravelOrders,
        detectable: Mapping[str, NDArray[np.float64]],  # noqa: ARG002
    ) -> None:
        """Let essential trips pass, and those that slip through."""
        share = self.essential + (1 - self.essential) * self.leakage
        travel.leaving *= share
        travel.entering *= share
        travel.with_leave |= share < 1


class TravelRestriction(TravelMeasure):
    """Fewer trips: out of the city, or into it from cities with reported cases."""

    word: ClassVar[str] = "travel_restriction"
    finds_infected: ClassVar[bool] = False

    share: Annotated[float, In("share")] = Field(
        ge=0, le=1, description="Share of the trips that are made all the same, share."
    )
    of: Literal["leaving", "entering"] = Field(
        "leaving", description="Trips out of the city (leaving) or into it (entering)."
    )
    risk_per_100000: Annotated[float, In("cases per 100,000")] = Field(
        0.0,
        ge=0,
        description=(
            "Of those who enter: only from cities with at least so many cases reported in 14 "
            "days per 100,000 residents."
        ),
    )

    def order_travel(
        self,
        travel: TravelOrders,
        detectable: Mapping[str, NDArray[np.float64]],  # noqa: ARG002
    ) -> None:
        """Cut the trips, by the risk of where they come from."""
        if self.of == "leaving":
            travel.leaving *= self.share
        else:
            travel.entry += (Entry(self.risk_per_100000, share=self.share),)


class PreTravelTest(TravelMeasure):
    """Residents are tested before they leave the city; who is found stays."""

    word: ClassVar[str] = "test_before_travel"
    finds_infected: ClassVar[bool] = False

    test: Literal["pcr", "antigen"] = Field("pcr", description="Kind of test.")
    hours: Annotated[float, In("hours")] = Field(
        48.0, ge=0, le=168, description="Hours before the trip at which the sample is taken."
    )
    compliance: Annotated[float, In("share")] = Field(
        1.0, ge=0, le=1, description="Share of trips that are in fact checked, share."
    )

    def order_travel(
        self, travel: TravelOrders, detectable: Mapping[str, NDArray[np.float64]]
    ) -> None:
        """Keep those at home whose sample, taken some days earlier, was positive."""
        positive, days = detectable[self.test], int(self.hours / 24 + 0.5)
        chance = positive * 0.0
        chance[days:] = positive[: positive.size - days]
        travel.test(self.compliance * chance)


class ArrivalQuarantine(TravelMeasure):
    """Visitors, and residents who return, have no contacts outside for some days."""

    word: ClassVar[str] = "arrival_quarantine"
    finds_infected: ClassVar[bool] = False

    days: Annotated[int, In("days")] = Field(
        ge=1, le=28, description="Days of quarantine after arrival or return, days."
    )
    risk_per_100000: Annotated[float, In("cases per 100,000")] = Field(
        0.0,
        ge=0,
        description=(
            "Only of those from cities with at least so many cases reported in 14 days per "
            "100,000 residents."
        ),
    )

    def order_travel(
        self,
        travel: TravelOrders,
        detectable: Mapping[str, NDArray[np.float64]],  # noqa: ARG002
    ) -> None:
        """Add the quarantine to the rules for those who come."""
        travel.entry += (Entry(self.risk_per_100000, quarantine_days=self.days),)
