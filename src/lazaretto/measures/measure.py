"""The base of every measure: what a scenario file says of it, and what it orders each day."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from lazaretto.measures.levels import in_compounds, in_districts
from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.measures.triggers import Trigger
from lazaretto.scenario import ALL
from lazaretto.scenario.behaviour import Behaviour

_KNOWN: dict[str, type[Measure]] = {}


class Measure(BaseModel):
    """A policy over places: what a scenario file says of it, and what it orders each day.

    A new measure is one subclass with its parameters as fields and `order`. Put it in a file
    beside the scenario and name it there as ``measure: my_file.py:MyMeasure``. `order` must depend
    on its arguments and the fields only: replicates and interrupted runs rely on it.
    """

    model_config = ConfigDict(
        extra="forbid", populate_by_name=True, frozen=True, allow_inf_nan=False
    )

    word: ClassVar[str] = ""
    """Name of a measure of this package in a scenario file."""

    finds_infected: ClassVar[bool] = True
    """Whether the measure may look for infected persons; saying no saves memory and time."""

    finds_first_cases: ClassVar[bool] = True
    """Of one that finds infected persons: whether it can find some before any case is known."""

    moves_persons: ClassVar[bool] = False
    """Whether the measure may isolate persons or take them to hospital without looking for them."""

    quiet: ClassVar[bool] = False
    """Whether it does nothing in a city where nobody was ever infected or reported."""

    acts_on: ClassVar[str] = "districts"
    """The finest places it tells apart, districts or compounds; no trigger may be finer."""

    acts_through: ClassVar[str] = ""
    """The part of behaviour it acts on people through; without that part it changes nothing."""

    takes: ClassVar[dict[str, str]] = {}
    """Fields that name stocks it takes from (or lists of them), each with the unit it needs."""

    opens: ClassVar[str] = ""
    """Field that names a stock it adds to, if it does."""

    name: str = Field("", description="Name of this measure in reports.")
    areas: Literal["all"] | list[str] = Field("all", description="Districts, or all.")
    first: date | None = Field(
        None, alias="from", description="First day in force; the start of the run if absent."
    )
    last: date | None = Field(
        None, alias="to", description="Last day in force; the end of the run if absent."
    )
    when: Trigger | None = Field(
        None, description="What must be observed, within these dates; always if absent."
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

    def idle_without_cases(self) -> bool:
        """Return whether it does nothing where nobody was ever infected or reported as a case."""
        return self.quiet or (self.when is not None and self.when.on.needs_cases())

    def in_force(self, today: Today) -> bool:
        """Return whether the measure's dates include today."""
        after = self.first is None or today.date >= self.first
        return after and (self.last is None or today.date <= self.last)

    def idle(self, places: Places) -> NDArray[np.int16]:
        """Return the state of its trigger before anything was seen; shape (0,) if it has none."""
        return np.zeros(0, np.int16) if self.when is None else self.when.idle(places)

    def watch(self, state: NDArray[np.int16], today: Today, places: Places) -> NDArray[np.int16]:
        """Return the state of its trigger today; nothing is triggered outside its dates.

        Parameters
        ----------
        state
            Yesterday's state, or `idle`: days for which the trigger has been on, 0 where it is
            off, shape (n places of its level,).
        today, places
            As in `order`.
        """
        if self.when is None or not self.in_force(today):
            return self.idle(places)
        return self.when.watch(state, today, places)

    def districts(self, today: Today, places: Places) -> NDArray[np.bool_]:
        """Return in which districts it acts today, shape (n_districts,): its areas, triggered.

        Raises
        ------
        ValueError
            If its trigger watches places finer than districts, or was not watched today.
        """
        chosen = places.chosen(self.areas)
        if self.when is None:
            return chosen
        return chosen & in_districts(self._active(today), places, self.when.level)

    def compounds(self, today: Today, places: Places) -> NDArray[np.bool_]:
        """Return in which compounds it acts today, shape (n_compounds,): its areas, triggered.

        Raises
        ------
        ValueError
            If its trigger was not watched today.
        """
        chosen = places.chosen(self.areas)[places.compound_district]
        if self.when is None:
            return chosen
        return chosen & in_compounds(self._active(today), places, self.when.level)

    def _active(self, today: Today) -> NDArray[np.bool_]:
        if today.active is None:
            raise ValueError(f"the trigger of {self.name or type(self).__name__} was not watched")
        return np.asarray(today.active > 0)

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Write what this measure orders today; called only while it is in force.

        Act where `districts` or `compounds` say, so that areas and triggers are kept to.

        Parameters
        ----------
        today
            The date, what officials can see, and where its trigger is on.
        places
            The places of the city.
        orders
            The orders of the day, written by all measures in turn.
        """
        raise NotImplementedError(f"{type(self).__name__} must say what it orders")


def has_effect(kind: type[Measure], behaviour: Behaviour | None) -> bool:
    """Return whether a kind of measure can change anything, given how people respond.

    Parameters
    ----------
    kind
        The class of the measure.
    behaviour
        The behaviour of the scenario, None if it has none.
    """
    if not kind.acts_through:
        return True
    return behaviour is not None and bool(getattr(behaviour, kind.acts_through).active)


def known_measures() -> dict[str, type[Measure]]:
    """Return the measures that a scenario file can name by a word, by that word."""
    return dict(sorted(_KNOWN.items()))
