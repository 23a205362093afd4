"""Fewer contacts: closed schools, closed workplaces, and any layer by a factor."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lazaretto.measures.measure import Measure
from lazaretto.measures.observed import Today
from lazaretto.measures.orders import SCHOOLS, WORKPLACES, Orders
from lazaretto.measures.places import Places
from lazaretto.scenario.units import In
from lazaretto.words import LAYERS, SCHOOL, WORKPLACE


class CloseSchools(Measure):
    """Close schools from kindergarten to university."""

    word: ClassVar[str] = "close_schools"
    finds_infected: ClassVar[bool] = False

    factor: Annotated[float, In("share")] = Field(
        0.0, ge=0, le=1, description="Share of school contacts that remains."
    )

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Reduce school contacts of pupils and staff alike."""
        districts = self.districts(today, places)
        orders.reduce(districts, SCHOOL, self.factor, self.factor)
        orders.shut_down(districts, SCHOOLS, 1 - self.factor)


class CloseWorkplaces(Measure):
    """Close workplaces; essential workers go on."""

    word: ClassVar[str] = "close_workplaces"
    finds_infected: ClassVar[bool] = False

    factor: Annotated[float, In("share")] = Field(
        ge=0, le=1, description="Share of workplace contacts that remains."
    )
    essential_factor: Annotated[float, In("share")] = Field(
        1.0, ge=0, le=1, description="The same for essential workers."
    )

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Reduce workplace contacts."""
        districts = self.districts(today, places)
        orders.reduce(districts, WORKPLACE, self.factor, self.essential_factor)
        orders.shut_down(districts, WORKPLACES, 1 - self.factor)


class ReduceContacts(Measure):
    """Reduce contacts in chosen layers: voluntary distance, public transport, closed venues."""

    word: ClassVar[str] = "reduce_contacts"
    quiet: ClassVar[bool] = True
    finds_infected: ClassVar[bool] = False

    layers: list[Literal["household", "building", "compound", "school", "workplace",
                         "community"]] = Field(description="Layers reduced.")  # fmt: skip
    factor: Annotated[float, In("share")] = Field(
        ge=0, le=1, description="Share of contacts that remains."
    )

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Reduce the layers for everybody."""
        districts = self.districts(today, places)
        for layer in self.layers:
            orders.reduce(districts, LAYERS.index(layer), self.factor, self.factor)
