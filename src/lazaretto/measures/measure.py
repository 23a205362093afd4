"""The base of every measure: what a scenario file says of it, and what it orders each day."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from lazaretto.measures.orders import Orders, Places, Today
from lazaretto.scenario import ALL

_KNOWN: dict[str, type[Measure]] = {}


class Measure(BaseModel):
    """A policy over places: what a scenario file says of it, and what it orders each day.

    A new measure is one subclass with its parameters as fields and `order`. Put it in a file
    beside the scenario and name it there as ``measure: my_file.py:MyMeasure``. `order` must depend
    on its arguments and the fields only: replicates and interrupted runs rely on it.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)

    word: ClassVar[str] = ""
    """Name of a measure of this package in a scenario file."""

    finds_infected: ClassVar[bool] = True
    """Whether the measure may look for infected persons; saying no saves memory and time."""

    name: str = Field("", description="Name of this measure in reports.")
    areas: Literal["all"] | list[str] = Field("all", description="Districts, or all.")
    first: date | None = Field(
        None, alias="from", description="First day in force; the start of the run if absent."
    )
    last: date | None = Field(
        None, alias="to", description="Last day in force; the end of the run if absent."
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 - pydantic's own
        """Make a measure of this package known by its word; others are named by their file."""
        super().__pydantic_init_subclass__(**kwargs)
        if "finds_infected" not in cls.__dict__:
            cls.finds_infected = True  # what a parent does not do, a child may
        if "word" in cls.__dict__ and cls.__module__.startswith("lazaretto.measures."):
            _KNOWN[cls.word] = cls

    @field_validator("areas", mode="before")
    @classmethod
    def _one_area_or_many(cls, given: object) -> object:
        if given == ALL or (isinstance(given, list) and ALL in given):
            return ALL
        if isinstance(given, str):
            return [given]
        if not isinstance(given, list) or not given:
            raise ValueError("all, a district, or a list of at least one district")
        return given

    def in_force(self, today: Today) -> bool:
        """Return whether the measure's dates include today."""
        after = self.first is None or today.date >= self.first
        return after and (self.last is None or today.date <= self.last)

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Write what this measure orders today; called only while it is in force.

        Parameters
        ----------
        today
            The date and what officials can see.
        places
            The places of the city.
        orders
            The orders of the day, written by all measures in turn.
        """
        raise NotImplementedError(f"{type(self).__name__} must say what it orders")


def known_measures() -> dict[str, type[Measure]]:
    """Return the measures that a scenario file can name by a word, by that word."""
    return dict(sorted(_KNOWN.items()))
