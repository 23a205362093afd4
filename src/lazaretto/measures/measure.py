"""The base of every measure, and how one is found by the name in a scenario file."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lazaretto.measures.orders import Orders, Places, Today
from lazaretto.scenario import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazaretto.scenario import MeasureEntry

_KNOWN: dict[str, type[Measure]] = {}


class Measure(BaseModel):
    """A policy over places: what a scenario file says of it, and what it orders each day.

    A new measure is one subclass with its parameters as fields and `order`. Put it in a file
    beside the scenario and name it there as ``measure: my_file.py:MyMeasure``.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)

    word: ClassVar[str] = ""
    """Name of the measure in a scenario file."""

    finds_infected: ClassVar[bool] = False
    """Whether the measure looks for infected persons."""

    name: str = Field("", description="Name of this measure in reports.")
    areas: Literal["all"] | list[str] = Field("all", description="Districts, or all.")
    first: date | None = Field(
        None, alias="from", description="First day in force; the start of the run if absent."
    )
    last: date | None = Field(
        None, alias="to", description="Last day in force; the end of the run if absent."
    )

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if cls.word:
            _KNOWN[cls.word] = cls

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
    """Return the measures that a scenario file can name, by name."""
    return dict(sorted(_KNOWN.items()))


def measure_class(word: str, folder: Path | None = None) -> type[Measure] | None:
    """Return the class behind the name of a measure, None if there is none.

    Parameters
    ----------
    word
        A known name, ``package.module:Class`` or ``file.py:Class``.
    folder
        Folder that a file's path is relative to.
    """
    if word in _KNOWN:
        return _KNOWN[word]
    module_name, _, class_name = word.partition(":")
    if not class_name:
        return None
    if module_name.endswith(".py"):
        path = (folder or Path.cwd()) / module_name
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None or not path.is_file():
            return None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
    else:
        try:
            module = importlib.import_module(module_name)
        except ImportError:
            return None
    found = getattr(module, class_name, None)
    return found if isinstance(found, type) and issubclass(found, Measure) else None


def build_measures(
    entries: Sequence[MeasureEntry],
    districts: tuple[str, ...] | None = None,
    folder: Path | None = None,
) -> tuple[list[Measure], list[Problem]]:
    """Return the measures of a scenario and every problem found in them.

    Parameters
    ----------
    entries
        The measures as written.
    districts
        Names of the districts; areas are checked if given.
    folder
        Folder of the scenario file, for measures written by the user.
    """
    measures: list[Measure] = []
    problems: list[Problem] = []
    for i, entry in enumerate(entries):
        key = f"measures.{i}"
        kind = measure_class(entry.measure, folder)
        if kind is None:
            near = get_close_matches(entry.measure, _KNOWN, n=1)
            advice = f"did you mean {near[0]!r}?" if near else "or name your own as file.py:Class"
            allowed = ", ".join(known_measures())
            problems.append(Problem(f"{key}.measure", entry.measure, allowed, advice))
            continue
        try:
            measure = kind.model_validate(entry.parameters())
        except ValidationError as error:
            problems += _problems(key, kind, error)
            continue
        problems += _areas_and_dates(key, measure, districts)
        measures.append(measure)
    return measures, problems


def _problems(key: str, kind: type[Measure], error: ValidationError) -> list[Problem]:
    fields = [field.alias or name for name, field in kind.model_fields.items()]
    found = []
    for item in error.errors():
        path = ".".join([key, *(str(part) for part in item["loc"] if part != "list[str]")])
        if item["type"] == "extra_forbidden":
            near = get_close_matches(str(item["loc"][-1]), fields, n=1)
            advice = f"did you mean {near[0]!r}?" if near else "remove the key"
            found.append(Problem(path, item["input"], "one of " + ", ".join(fields), advice))
        elif item["type"] == "missing":
            found.append(Problem(path, None, "a value is needed", f"add {path.split('.')[-1]}"))
        else:
            found.append(Problem(path, item["input"], item["msg"], "change the value"))
    return found


def _areas_and_dates(
    key: str, measure: Measure, districts: tuple[str, ...] | None
) -> list[Problem]:
    found = []
    if measure.first and measure.last and measure.last < measure.first:
        advice = "swap the dates or remove one"
        found.append(Problem(f"{key}.to", measure.last, f"on or after {measure.first}", advice))
    if districts is not None and measure.areas != "all":
        for j, area in enumerate(measure.areas):
            if area not in districts:
                near = get_close_matches(area, districts, n=1)
                advice = f"did you mean {near[0]!r}?" if near else "use a district's name or all"
                allowed = ", ".join(districts)
                found.append(Problem(f"{key}.areas.{j}", area, allowed, advice))
    return found
