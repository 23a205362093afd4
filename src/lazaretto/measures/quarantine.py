"""Quarantine of contacts and of contacts of contacts, in a facility or at home."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lazaretto.measures.isolation import Holding
from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.measures.rules import LONGEST_HOLD
from lazaretto.scenario.units import In

LONGEST_WAIT_FOR_RELEASE = 7
"""Days beyond quarantine after which a contact is released without their last result."""


class Quarantine(Holding):
    """Keep traced contacts apart for some days and test them; who is positive becomes a case."""

    word: ClassVar[str] = "quarantine"
    quiet: ClassVar[bool] = True
    finds_first_cases: ClassVar[bool] = False

    of: Literal["contacts", "second_contacts"] = Field(
        "contacts", description="Contacts of cases, or contacts of these contacts."
    )
    days: Annotated[int, In("days")] = Field(
        ge=1, le=LONGEST_HOLD, description="Days of quarantine, days."
    )
    test_every: Annotated[int, In("days")] = Field(
        2, ge=0, le=LONGEST_HOLD, description="Days between tests, days; 0: none before release."
    )
    negatives: Annotated[int, In("tests")] = Field(
        1, ge=0, le=7,
        description="Negative tests in a row from the last day on, one a day, that release "
        "a person, tests.",
    )  # fmt: skip

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Quarantine the contacts who live in the districts."""
        districts = self.districts(today, places)
        if not districts.any():
            return
        extra = LONGEST_WAIT_FOR_RELEASE if self.negatives else 0
        longest = min(self.days + extra, LONGEST_HOLD)
        rule = self.hold(orders, self.days, longest, self.negatives, self.test_every)
        orders.quarantine(districts, rule, second=self.of == "second_contacts")
