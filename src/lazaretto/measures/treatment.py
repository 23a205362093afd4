"""Treatment with antivirals of persons found in time."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from lazaretto.measures.ages import OLDEST, bands_between
from lazaretto.measures.measure import Measure
from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.measures.rules import TreatRule
from lazaretto.scenario.units import In
from lazaretto.words import AGE_BANDS


class Antivirals(Measure):
    """Treat a share of the symptomatic who are found soon after onset."""

    word: ClassVar[str] = "antivirals"
    quiet: ClassVar[bool] = True
    finds_infected: ClassVar[bool] = False
    takes: ClassVar[dict[str, str]] = {"courses": "courses"}

    share: Annotated[float, In("share")] = Field(
        ge=0, le=1, description="Share of the symptomatic found in time who are treated, share."
    )
    from_age: Annotated[int, In("years")] = Field(
        0, ge=0, le=OLDEST, multiple_of=5, description="Youngest age treated, years."
    )
    below_age: Annotated[int | None, In("years")] = Field(
        None, ge=5, le=OLDEST, multiple_of=5,
        description="Age from which nobody is treated any more, years; no such age if absent.",
    )  # fmt: skip
    within_days: Annotated[int, In("days")] = Field(
        5, ge=0, le=30, description="Days after onset within which treatment may start, days."
    )
    efficacy: Annotated[float, In("share")] = Field(
        0.89, ge=0, le=1, description="Share of admissions to hospital that is prevented, share."
    )
    courses: str | None = Field(None, description="Stock of courses; no limit if absent.")

    @model_validator(mode="after")
    def _some_age(self) -> Self:
        if self.below_age is not None and self.below_age <= self.from_age:
            raise ValueError(f"below_age: is above from_age: {self.from_age}; raise below_age:")
        return self

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Treat persons found in the districts."""
        districts = self.districts(today, places)
        if self.share == 0 or self.efficacy == 0 or not districts.any():
            return
        chance = np.zeros(len(AGE_BANDS))
        chance[bands_between(self.from_age, self.below_age)] = self.share
        orders.treat(districts, TreatRule(chance, self.within_days, self.efficacy, self.courses))
