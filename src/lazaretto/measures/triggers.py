"""Triggers: what must be observed, and where, for a measure to begin and to end."""

from __future__ import annotations

from datetime import date
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lazaretto.measures.conditions import (
    Cases,
    DateReached,
    Days,
    DaysClear,
    Deaths,
    Fact,
    FoundInCommunity,
    Patients,
    StockLoad,
)
from lazaretto.measures.levels import Level, size_of
from lazaretto.measures.logic import Claim, Either, Every, Statement, claims, opposite, where
from lazaretto.measures.logic import said as in_words
from lazaretto.measures.observed import Today
from lazaretto.measures.places import Places


class Condition(BaseModel):
    """What must be observed; of several keys all must hold.

    Counts are known by district: a subdistrict or a compound has those of its district. Days
    clear and positives are known of every place.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    cases: Cases | None = Field(None, description="Reported cases of the last days.")
    found_in_community: FoundInCommunity | None = Field(
        None, description="Cases of the last days that were found in the community."
    )
    deaths: Deaths | None = Field(None, description="Deaths of the last days.")
    patients: Patients | None = Field(None, description="Persons in hospital.")
    stock: StockLoad | None = Field(None, description="A stock that runs out.")
    days_clear: Days | None = Field(
        None, description="Days without a positive outside isolation facilities, at least."
    )
    positive_within: Days | None = Field(
        None, description="A positive outside isolation facilities in that many days."
    )
    day: date | None = Field(None, alias="date", description="From this date on, ISO date.")
    every: list[Condition] | None = Field(
        None, alias="all", min_length=1, description="Conditions that must all hold."
    )
    either: list[Condition] | None = Field(
        None, alias="any", min_length=1, description="Conditions of which one must hold."
    )
    unless: Condition | None = Field(
        None, alias="not", description="A condition that must not hold."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        fields = type(self).model_fields
        if all(getattr(self, name) is None for name in fields):
            known = ", ".join(field.alias or name for name, field in fields.items())
            raise ValueError(f"at least one of {known}")
        return self

    def needs_cases(self) -> bool:
        """Return whether it cannot hold before a case was reported."""
        facts = (self.cases, self.found_in_community, self.deaths, self.positive_within)
        return any(fact is not None for fact in facts)

    def statement(self) -> Statement:
        """Return the condition as facts joined by and, or and not."""
        facts: list[Fact] = [
            fact
            for fact in (
                self.cases,
                self.found_in_community,
                self.deaths,
                self.patients,
                self.stock,
            )
            if fact is not None
        ]
        if self.days_clear is not None:
            facts.append(DaysClear(days=self.days_clear))
        if self.day is not None:
            facts.append(DateReached(day=self.day))
        parts: list[Statement] = [Claim(fact) for fact in facts]
        if self.positive_within is not None:
            parts.append(Claim(DaysClear(days=self.positive_within), negated=True))
        if self.every is not None:
            parts.extend(condition.statement() for condition in self.every)
        if self.either is not None:
            parts.append(Either(tuple(condition.statement() for condition in self.either)))
        if self.unless is not None:
            parts.append(opposite(self.unless.statement()))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))


class Trigger(BaseModel):
    """Begins a measure in a place once `on` holds there, and ends it once `off` does.

    Where both hold it does not begin: `off` decides. Its state is the number of days for which it
    has been on, by place, 0 where it is off; nothing else is remembered.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    level: Level = Field(
        "city", description="Places watched, each by itself: city, district, subdistrict, compound."
    )
    on: Condition = Field(description="What begins the measure in a place.")
    off: Condition | None = Field(
        None, description="What ends it there; as soon as what began it holds no more, if absent."
    )
    least_days: Days = Field(1, description="Days for which it is on, at least.")

    def idle(self, places: Places) -> NDArray[np.int16]:
        """Return the state in which it is on nowhere, shape (n places of the level,)."""
        return np.zeros(size_of(places, self.level), np.int16)

    def watch(self, state: NDArray[np.int16], today: Today, places: Places) -> NDArray[np.int16]:
        """Return the state of today.

        Parameters
        ----------
        state
            Days for which it had been on by yesterday, shape (n places of the level,).
        today
            What officials see this morning.
        places
            The places of the city.

        Returns
        -------
        Days for which it has been on, today included, 0 where it is off; the same shape.
        """
        begins = where(self.on.statement(), today, places, self.level)
        ends = where(self.ending(), today, places, self.level)
        stays = (state > 0) & ((state < self.least_days) | ~ends)
        on = stays | ((state == 0) & begins & ~ends)
        return np.where(on, state + 1, 0).astype(np.int16)

    def ending(self) -> Statement:
        """Return what ends the measure in a place."""
        return opposite(self.on.statement()) if self.off is None else self.off.statement()

    def said(self) -> str:
        """Return the trigger as one plain clause.

        >>> rule = {"level": "district", "on": {"cases": {"per_100000": 5}}}
        >>> Trigger.model_validate(rule | {"off": {"days_clear": 14}}).said()
        'in a district from 5 cases per 100,000 in 7 days until 14 days clear'
        """
        place = "in the city" if self.level == "city" else f"in a {self.level}"
        begins = self.on.statement()
        said = f"{place} from {in_words(begins, self.level)}"
        if self.off is not None:
            said += f" until {in_words(self.off.statement(), self.level)}"
        elif not all(isinstance(each.fact, DateReached) for each in claims(begins)):
            said += ", as long as this holds"
        return said + (f", for at least {self.least_days} days" if self.least_days > 1 else "")

    def stocks(self) -> list[tuple[str, str]]:
        """Return (key below ``when``, name) of every stock that is looked at.

        The key ends in ``stock.waiting`` where it is what waits for the stock.
        """
        ends = [] if self.off is None else _stocks(self.off, "off")
        return [*_stocks(self.on, "on"), *ends]


def _stocks(condition: Condition, at: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if condition.stock is not None:
        key = "name" if condition.stock.waiting is None else "waiting"
        found.append((f"{at}.stock.{key}", condition.stock.name))
    if condition.patients is not None and condition.patients.of is not None:
        found.append((f"{at}.patients.of", condition.patients.of))
    for key, parts in (("all", condition.every), ("any", condition.either)):
        for i, part in enumerate(parts or ()):
            found += _stocks(part, f"{at}.{key}.{i}")
    if condition.unless is not None:
        found += _stocks(condition.unless, f"{at}.not")
    return found
