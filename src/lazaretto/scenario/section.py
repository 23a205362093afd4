"""How every part of a scenario is read: nothing unknown, and defaults filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from lazaretto.provenance import Figure
from lazaretto.scenario.sourced import Sourced


class Section(BaseModel):
    """A part of a scenario.

    Unknown keys are errors. Where a default is itself a section and a file gives only some of its
    keys, the others keep the values of that default.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _fill_from_defaults(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        filled = dict(given)
        for name, field in cls.model_fields.items():
            key = field.alias or name
            part = filled.get(key)
            if isinstance(field.default, Section) and isinstance(part, Mapping):
                filled[key] = filled_in(field.default, part)
        return filled

    def numbers(self, at: str = "") -> Iterator[tuple[str, Figure]]:
        """Yield every sourced number of this section as (key, Figure)."""
        for name, field in type(self).model_fields.items():
            yield from _numbers(getattr(self, name), f"{at}{field.alias or name}")


def filled_in(default: Section, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys given, completed with the values of a default section."""
    filled = dict(given)
    for name, field in type(default).model_fields.items():
        key = field.alias or name
        value = getattr(default, name)
        if key not in filled:
            filled[key] = value
        elif isinstance(value, Section) and isinstance(filled[key], Mapping):
            filled[key] = filled_in(value, filled[key])
    return filled


def _numbers(value: object, key: str) -> Iterator[tuple[str, Figure]]:
    if isinstance(value, Sourced):
        yield key, value.figure
    elif isinstance(value, Section):
        yield from value.numbers(f"{key}.")
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _numbers(item, f"{key}.{i}")
