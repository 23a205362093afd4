"""Opening resources: more beds, laboratories or tracers on dates or when they are needed."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from lazaretto.measures.measure import Measure
from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places


class OpenResource(Measure):
    """Add to a stock while in force; with a trigger by district, once for each that is on."""

    word: ClassVar[str] = "open_resource"
    finds_infected: ClassVar[bool] = False
    opens: ClassVar[str] = "stock"

    stock: str = Field(description="Name of the stock among resources.")
    amount: int = Field(
        ge=1, le=1_000_000_000,
        description="How much is added, in the unit of the stock; of courses, each day.",
    )  # fmt: skip

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Add to the stock; it is the whole city's, wherever it was opened."""
        districts = self.districts(today, places)
        by_district = self.when is not None and self.when.level == "district"
        times = int(districts.sum()) if by_district else int(districts.any())
        if times:
            orders.open_stock(self.stock, self.amount * times)
