"""Infections that come from outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from lazaretto.scenario.section import Section
from lazaretto.scenario.sourced import Sourced, Unit

ALL = "all"


class Seeding(Section):
    """Infections brought in on one date or on every date of a range."""

    on: date | None = Field(default=None, alias="date", description="The only date, ISO.")
    first: date | None = Field(default=None, alias="from", description="First date, ISO.")
    last: date | None = Field(default=None, alias="to", description="Last date, inclusive, ISO.")
    area: str = Field(default=ALL, description="Name of a district, or all.")
    infections_per_day: Annotated[
        Sourced, Unit("infections/day", at_least=1, at_most=100_000, whole=True)
    ] = Field(description="Persons infected from outside on each date, infections/day.")

    @property
    def count(self) -> int:
        """Return the infections per day as a whole number."""
        return int(self.infections_per_day)

    def dates(self) -> Iterator[date]:
        """Yield every date on which infections are brought in."""
        first = self.on or self.first
        last = self.on or self.last
        if first is None or last is None:
            return
        for i in range((last - first).days + 1):
            yield first + timedelta(days=i)
