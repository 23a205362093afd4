"""Screening: residents of whole compounds are sampled in rounds, whether ill or not."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.measures.rules import RoundRule
from lazaretto.measures.sampling import Sampling
from lazaretto.scenario.units import In
from lazaretto.words import TIERS

Tier = Literal["open", "precaution", "controlled", "sealed"]


class Screening(Sampling):
    """Rounds of tests of everybody in an area, on given dates or every so many days."""

    word: ClassVar[str] = "screening"
    acts_on: ClassVar[Literal["districts", "compounds"]] = "compounds"

    participation: Annotated[float, In("share")] = Field(
        ge=0, le=1, description="Share of residents who come, always the same persons, share."
    )
    rounds: list[date] = Field(
        [], description="Dates of rounds of everybody; every interval_days if absent."
    )
    interval_days: Annotated[int, In("days")] = Field(
        1, ge=1, le=60, description="Days between two rounds of a compound, days."
    )
    together: bool = Field(
        False,
        description="Whether all compounds are due on one day; "
        "else an equal part of them each day, by their number.",
    )
    tiers: list[Tier] = Field(
        [],
        description="Tiers screened, as ordered by the measures above this one; all if absent.",
    )
    pool: Annotated[Literal[1, 5, 10, 20], In("persons/tube")] = Field(
        1, description="Persons in one tube, persons/tube."
    )
    crowding: Annotated[float, In("share")] = Field(
        0.0, ge=0, le=1,
        description="Share of usual compound contacts that the queue makes up for, share.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _can_be_done(self) -> Self:
        if self.rounds and self.model_fields_set & {"interval_days", "together"}:
            raise ValueError("rounds: on dates or every interval_days:, not both; remove one")
        if self.test == "antigen" and self.pool > 1:
            raise ValueError("antigen tests are not pooled; remove pool: or write test: pcr")
        return self

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Sample the compounds that are due."""
        if self.participation == 0:
            return
        compounds = self.compounds(today, places) & self.due(today, places)
        if self.tiers:
            compounds = compounds & self._in_tiers(orders)
        if not compounds.any():
            return
        test = self.sample(orders, self.pool)
        orders.screen(RoundRule(compounds, self.participation, test, self.crowding))

    def due(self, today: Today, places: Places) -> NDArray[np.bool_]:
        """Return which compounds have their round today, shape (n_compounds,)."""
        compounds = np.arange(places.compound_persons.size)
        if self.rounds:
            return np.full(compounds.size, today.date in self.rounds)
        day = today.day if self.first is None else (today.date - self.first).days
        place = 0 * compounds if self.together else compounds
        return np.asarray(place % self.interval_days == day % self.interval_days)

    def _in_tiers(self, orders: Orders) -> NDArray[np.bool_]:
        """Return which compounds have one of the tiers as their highest, shape (n_compounds,)."""
        return np.array([tier in self.tiers for tier in TIERS])[orders.highest_tiers()]
