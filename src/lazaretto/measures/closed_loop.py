"""Closed-loop workplaces: staff live where they work and meet nobody from outside."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from lazaretto.measures.measure import Measure
from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.scenario.units import In


class ClosedLoop(Measure):
    """The staff of a share of the workplaces live on site."""

    word: ClassVar[str] = "closed_loop"
    finds_infected: ClassVar[bool] = False

    share: Annotated[float, In("share")] = Field(
        ge=0, le=1, description="Share of workplaces whose staff live on site, share."
    )

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Close the loops in the districts; of several measures the largest share holds."""
        orders.close_loops(self.districts(today, places), self.share)
