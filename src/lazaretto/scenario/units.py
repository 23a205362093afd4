"""Units and limits of the plain numbers of a measure, as its fields declare them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, cast, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema


@dataclass(frozen=True)
class In:
    """Marks a field with the unit it is counted in: ``days: Annotated[int, In("days")]``.

    A number whose file gives another unit is then refused.
    """

    unit: str

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema) | {"unit": self.unit}


class Limits(NamedTuple):
    """Bounds of a number: inclusive, inclusive, exclusive, exclusive; None where there is none."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None

    @property
    def words(self) -> str:
        """Return the bounds in words, empty if there are none: ``from 0 to 1``."""
        bounds = [
            ("above", self.above),
            ("from", self.least),
            ("to", self.most),
            ("below", self.below),
        ]
        return " ".join(f"{word} {bound:,g}" for word, bound in bounds if bound is not None)


def unit_of(field: FieldInfo) -> str | None:
    """Return the unit a field is counted in, None if it declares none."""
    return next((mark.unit for mark in marks_of(field) if isinstance(mark, In)), None)


def limits_of(field: FieldInfo) -> Limits:
    """Return the bounds of a field."""
    found = Limits()
    for mark in marks_of(field):
        if isinstance(mark, Ge):
            found = found._replace(least=cast("float", mark.ge))
        elif isinstance(mark, Le):
            found = found._replace(most=cast("float", mark.le))
        elif isinstance(mark, Gt):
            found = found._replace(above=cast("float", mark.gt))
        elif isinstance(mark, Lt):
            found = found._replace(below=cast("float", mark.lt))
    return found


def as_share(given: object) -> str | None:
    """Return what a share given in per cent is meant to be, None if it is none: ``80 % is 0.8``."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 1 < given <= 100:
        return None
    return f"{given:g} % is {given / 100:g}"


def marks_of(field: FieldInfo) -> Iterator[object]:
    """Yield what a field is marked with, inside a list or a choice as well."""
    yield from field.metadata
    yield from _marks_in(field.annotation)


def _marks_in(annotation: Any) -> Iterator[object]:  # noqa: ANN401 - any annotation
    if get_origin(annotation) is Annotated:
        for mark in annotation.__metadata__:
            yield from marks_of(mark) if isinstance(mark, FieldInfo) else [mark]
    for part in get_args(annotation):
        yield from _marks_in(part)
