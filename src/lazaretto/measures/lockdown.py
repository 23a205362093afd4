"""Lockdown: the compounds of an area are raised to a tier of confinement."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from lazaretto.measures.measure import Measure
from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.scenario.units import In
from lazaretto.words import TIERS


class Lockdown(Measure):
    """Confine every compound of the areas at a tier; who still meets whom is the scenario's."""

    word: ClassVar[str] = "lockdown"
    finds_infected: ClassVar[bool] = False
    acts_on: ClassVar[str] = "compounds"

    tier: Annotated[int, In("tier")] = Field(
        description="Tier of confinement: 0 open, 1 precaution, 2 controlled, 3 sealed, or a name."
    )

    @field_validator("tier", mode="before")
    @classmethod
    def _by_name(cls, value: object) -> object:
        if isinstance(value, str) and value in TIERS:
            return TIERS.index(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < len(TIERS):
            raise ValueError("one of " + ", ".join(f"{i} ({name})" for i, name in enumerate(TIERS)))
        return value

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Raise the compounds of the areas to the tier."""
        orders.confine_compounds(self.compounds(today, places), self.tier)
