"""Resources: named stocks that measures share, opened in steps on dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, GetJsonSchemaHandler, field_validator, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from lazaretto.scenario.section import Section
from lazaretto.scenario.sourced import Sourced, Unit

BEDS = "beds"
"""Unit of a stock that a person takes until released."""

COURSES = "courses"
"""Unit of a stock that is used up; every other stock comes back each day."""

StockUnit = Literal[
    "tubes/day", "visits/day", "tracers", "beds", "seats/day", "doses/day", "courses"
]
UNITS: tuple[str, ...] = get_args(StockUnit)
"""What a stock can be counted in."""


@dataclass(frozen=True)
class _AmountUnit(Unit):
    """The unit of an amount: that of its stock, whichever that is."""

    def read(self, given: object) -> Sourced:
        unit = given.get("unit") if isinstance(given, Mapping) else None
        if isinstance(given, Sourced):
            unit = given.figure.unit
        if unit in UNITS:
            return Unit(str(unit), self.at_least, self.at_most, self.above, self.whole).read(given)
        return super().read(given)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        written = super().__get_pydantic_json_schema__(schema, handler)
        written["anyOf"][1]["properties"]["unit"] = {"enum": list(UNITS)}
        return written


class Opening(Section):
    """How much of a stock there is from a date on."""

    first: date | None = Field(
        default=None, alias="from", description="First date, ISO; the start of the run if absent."
    )
    amount: Annotated[Sourced, _AmountUnit("unit of the stock", at_least=0, at_most=1e9)] = Field(
        description="How much there is from that date on; of courses, how many arrive then."
    )


class Resource(Section):
    """A named stock: laboratories, beds, tracers, buses, doses, courses of treatment."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*$", description="Name by which measures take from it."
    )
    unit: StockUnit = Field(
        description="What it is counted in; courses are used up, all else is there every day."
    )
    per_100000: bool = Field(
        default=False,
        description="Whether amounts are per 100,000 residents of each city; of many cities only.",
    )
    opened: list[Opening] = Field(
        description="Amounts by date; each holds until the next. None: only measures open it."
    )
    contacts_per_day: Annotated[Sourced, Unit("contacts/day", at_least=0, at_most=100)] | None = (
        Field(
            default=None,
            description=(
                "Of beds: contacts a day of a person there with others there, weighted for "
                "transmission, contacts/day; none if absent."
            ),
        )
    )
    bus_contacts: Annotated[Sourced, Unit("contacts", at_least=0, at_most=100)] | None = Field(
        default=None,
        description="Of beds: weighted contacts on the bus that brings a person there; none if "
        "absent.",
    )

    @model_validator(mode="before")
    @classmethod
    def _in_the_unit_of_the_stock(cls, given: object) -> object:
        if not isinstance(given, Mapping) or not isinstance(given.get("opened"), list):
            return given
        opened = [_with_unit(opening, given.get("unit")) for opening in given["opened"]]
        return {**given, "opened": opened}

    @model_validator(mode="after")
    def _whole_amounts(self) -> Self:
        for step in self.opened:
            if not self.per_100000 and step.amount != int(step.amount):
                raise ValueError(f"whole amounts; {step.amount:g} is none, unless per_100000: true")
        return self

    @field_validator("opened")
    @classmethod
    def _by_date(cls, opened: list[Opening]) -> list[Opening]:
        return sorted(opened, key=lambda opening: opening.first or date.min)

    def amount_on(self, day: date) -> int:
        """Return how much there is on a date; of courses how many arrive on it."""
        if self.unit == COURSES:
            return sum(int(step.amount) for step in self.opened if step.first == day)
        amount = 0
        for step in self.opened:
            if step.first is None or step.first <= day:
                amount = int(step.amount)
        return amount

    def amount_before(self, day: date) -> int:
        """Return how many courses arrived before a date, those without a date included."""
        return sum(
            int(step.amount) for step in self.opened if step.first is None or step.first < day
        )


def _with_unit(opening: object, unit: object) -> object:
    """Return an opening whose amount says its unit, where it says none."""
    if not isinstance(opening, Mapping) or unit not in UNITS:
        return opening
    amount: Any = opening.get("amount")
    if isinstance(amount, int | float) and not isinstance(amount, bool | Sourced):
        amount = {"value": amount}
    if isinstance(amount, Mapping) and "unit" not in amount:
        amount = {**amount, "unit": unit}
    return {**opening, "amount": amount}
