"""Health care: hospital beds as stocks, and what happens when there are none left."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from lazaretto.measures.measure import Measure
from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.measures.rules import CareRule
from lazaretto.scenario.units import In


class HealthCare(Measure):
    """Care for the severely ill in wards and intensive care, as far as there are beds."""

    word: ClassVar[str] = "health_care"
    quiet: ClassVar[bool] = True
    finds_infected: ClassVar[bool] = False
    moves_persons: ClassVar[bool] = True
    gives_care: ClassVar[bool] = True
    takes: ClassVar[dict[str, str]] = {"ward": "beds", "icu": "beds"}

    ward: str | None = Field(None, description="Stock of hospital beds; no limit if absent.")
    icu: str | None = Field(None, description="Stock of intensive care beds; no limit if absent.")
    worse: Annotated[float, In("ratio")] = Field(
        ge=1, description="Factor on the chance to die of a person who finds no bed, ratio."
    )
    absence: Annotated[float, In("ratio")] = Field(
        0.0, ge=0, le=10,
        description="Share of beds closed per share of essential workers isolated or ill, ratio.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _two_stocks(self) -> Self:
        if self.ward is not None and self.ward == self.icu:
            raise ValueError("ward: and icu: are two stocks; name another one for icu:")
        return self

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Care for the severely ill of the districts; without a stock there is a bed for each."""
        districts = self.districts(today, places)
        if (self.ward is None and self.icu is None) or not districts.any():
            return
        orders.care(districts, CareRule(self.ward, self.icu, self.worse, self.absence))
