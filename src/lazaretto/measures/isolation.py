"""Isolation of cases: where they go, how they get there, and how they are released."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.measures.rules import LONGEST_HOLD, HoldRule
from lazaretto.measures.sampling import Sampling
from lazaretto.scenario.units import In


class Holding(Sampling):
    """Persons are kept apart, at home or in a facility; the parent of isolation and quarantine."""

    finds_first_cases: ClassVar[bool] = False
    takes: ClassVar[dict[str, str]] = {"beds": "beds", "seats": "seats/day", "labs": "tubes/day"}

    beds: list[str] = Field(
        [], description="Stocks of beds in the order they are tried; at home if absent."
    )
    transfer_days: Annotated[int, In("days")] = Field(
        1, ge=0, le=14,
        description="Days at home from the order to the transfer, at least, days.",
    )  # fmt: skip
    seats: str | None = Field(
        None, description="Stock of seats/day on buses to the beds; no limit if absent."
    )
    bus: Annotated[int, In("persons")] = Field(
        40, ge=1, le=200, description="Persons in one bus, persons."
    )
    child_age: Annotated[int, In("years")] = Field(
        15, ge=0, le=20, description="Age below which a person is a child, years."
    )
    with_parent: bool = Field(
        False, description="Whether an adult of the household goes along with a child."
    )

    @model_validator(mode="after")
    def _beds_before_seats(self) -> Self:
        if len(set(self.beds)) < len(self.beds):
            raise ValueError("beds: names each stock once; remove the one named twice")
        if self.seats is not None and not self.beds:
            raise ValueError("seats: needs beds: to go to; add beds: or remove seats:")
        return self

    def hold(
        self, orders: Orders, least_days: int, longest_days: int, negatives: int, test_every: int
    ) -> HoldRule:
        """Return the rule; the days of isolation and its tests are as in `HoldRule`."""
        return HoldRule(
            test=self.sample(orders),
            beds=tuple(self.beds),
            transfer_days=self.transfer_days,
            seats=self.seats,
            bus=self.bus,
            least_days=least_days,
            longest_days=longest_days,
            negatives=negatives,
            test_every=test_every,
            child_age=self.child_age,
            with_parent=self.with_parent,
        )


class Isolation(Holding):
    """Isolate persons who tested positive until negative tests release them."""

    word: ClassVar[str] = "isolation"
    quiet: ClassVar[bool] = True

    least_days: Annotated[int, In("days")] = Field(
        7, ge=0, le=LONGEST_HOLD,
        description="Days isolated, on the last of which tests for release begin, days.",
    )  # fmt: skip
    longest_days: Annotated[int, In("days")] = Field(
        30, ge=1, le=LONGEST_HOLD, description="Days after which everybody is released, days."
    )
    negatives: Annotated[int, In("tests")] = Field(
        2, ge=0, le=7,
        description="Negative tests in a row, one a day, that release a person, tests.",
    )  # fmt: skip
    test_every: Annotated[int, In("days")] = Field(
        0, ge=0, le=LONGEST_HOLD,
        description="Days between tests of those not infected as far as known, who came along "
        "or were taken by mistake, days; 0: none before release.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _least_before_longest(self) -> Self:
        if self.longest_days < self.least_days:
            raise ValueError(
                f"longest_days: {self.longest_days} is below least_days: {self.least_days}; "
                "exchange them or raise longest_days:"
            )
        return self

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Isolate the cases who live in the districts."""
        districts = self.districts(today, places)
        if districts.any():
            rule = self.hold(
                orders, self.least_days, self.longest_days, self.negatives, self.test_every
            )
            orders.isolate(districts, rule)
