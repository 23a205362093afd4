"""Numbers of a scenario that know their unit, source and status."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from lazaretto.provenance import Figure, Status
from lazaretto.scenario.units import as_share

STATUSES: tuple[str, ...] = get_args(Status)
KEYS = ("value", "unit", "source", "status", "low", "high", "note")
PLAIN = "written in the scenario without a source"


class Sourced(float):
    """A number that is used like any float and carries its `Figure`.

    In a file it is written plain, ``r0: 7``, or with its provenance,
    ``r0: {value: 7, source: "doi ...", status: measured}``. A plain number counts as assumed.

    >>> r0 = Sourced(Figure(7.0, "infections", "between two studies", "assumed"))
    >>> r0 * 2, r0.figure.status
    (14.0, 'assumed')
    """

    figure: Figure

    def __new__(cls, figure: Figure) -> Self:
        """Return the number of a figure."""
        number = super().__new__(cls, figure.value)
        number.figure = figure
        return number

    def __reduce__(self) -> tuple[type[Self], tuple[Figure]]:
        return type(self), (self.figure,)

    def __hash__(self) -> int:
        return float.__hash__(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Sourced):
            return self.figure == other.figure
        return float(self) == other

    def __ne__(self, other: object) -> bool:
        return not self == other

    def as_written(self) -> dict[str, object]:
        """Return the long form that a file may hold; reading it gives the same number."""
        written = {key: getattr(self.figure, key) for key in KEYS}
        for key in ("value", "low", "high"):
            # Read from a file 14 is 14.0: one way of writing, so that one scenario has one hash.
            number = written[key]
            if number is not None and float(number).is_integer() and abs(number) < 2**53:
                written[key] = int(number)
        return {key: value for key, value in written.items() if value is not None and value != ""}


@dataclass(frozen=True)
class Unit:
    """Marks a field as a `Sourced` number: ``Annotated[Sourced, Unit("days", at_least=0)]``.

    Parameters
    ----------
    name
        Unit in words.
    at_least, at_most, above
        Bounds in that unit: inclusive, inclusive, exclusive.
    whole
        Whether only whole numbers are allowed.
    """

    name: str
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    whole: bool = False

    @property
    def allowed(self) -> str:
        """Return what is allowed, in words."""
        bounds = [
            f"{word} {bound:g}"
            for word, bound in (
                ("above", self.above),
                ("from", self.at_least),
                ("to", self.at_most),
            )
            if bound is not None
        ]
        kind = "a whole number" if self.whole else "a number"
        return " ".join([kind, *bounds]) + f" ({self.name})"

    def read(self, given: object) -> Sourced:
        """Return the number given, plain or with its provenance.

        Raises
        ------
        PydanticCustomError
            With ``allowed`` and ``advice``, for anything else.
        """
        if isinstance(given, Sourced):
            figure = given.figure
        elif isinstance(given, Mapping):
            figure = self._with_provenance(given)
        else:
            figure = Figure(self._number(given), self.name, PLAIN, "assumed")
        value = figure.value
        outside = (
            not math.isfinite(value)
            or (self.at_least is not None and value < self.at_least)
            or (self.at_most is not None and value > self.at_most)
            or (self.above is not None and value <= self.above)
            or (self.whole and not float(value).is_integer())
        )
        if outside:
            meant = as_share(value) if self.at_most == 1 and self.name == "share" else None
            raise self._error(meant or "choose a value in the range")
        return Sourced(figure)

    def _with_provenance(self, given: Mapping[Any, Any]) -> Figure:
        unknown = [str(key) for key in given if key not in KEYS]
        if unknown:
            raise self._error(f"remove {', '.join(unknown)}; known: {', '.join(KEYS)}")
        if "value" not in given:
            raise self._error("add value:")
        unit = given.get("unit", self.name)
        if unit != self.name:
            raise self._error(f"give the value in {self.name} and write unit: {self.name}")
        status = given.get("status", "assumed")
        if status not in STATUSES:
            raise self._error(f"write status: {', '.join(STATUSES[:-1])} or {STATUSES[-1]}")
        source = str(given.get("source", PLAIN))
        if status != "assumed" and source == PLAIN:
            raise self._error(f"add source:, since its status is {status}")
        low, high = (
            None if given.get(key) is None else self._number(given[key]) for key in ("low", "high")
        )
        note = str(given.get("note", ""))
        return Figure(self._number(given["value"]), self.name, source, status, low, high, note)

    def _number(self, given: object) -> float:
        if isinstance(given, int | float) and not isinstance(given, bool):
            try:
                return float(given)
            except OverflowError:
                pass
        if isinstance(given, str):
            # YAML 1.1 reads 1e-3 as text, which nobody expects.
            try:
                return float(given)
            except ValueError:
                pass
        raise self._error("write a plain number, or {value:, source:, status:}")

    def _error(self, advice: str) -> PydanticCustomError:
        return PydanticCustomError(
            "number", "{allowed}; {advice}", {"allowed": self.allowed, "advice": advice}
        )

    def __get_pydantic_core_schema__(
        self,
        source: Any,  # noqa: ANN401 - pydantic's own signature
        handler: GetCoreSchemaHandler,
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.read,
            serialization=core_schema.plain_serializer_function_ser_schema(Sourced.as_written),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        number: dict[str, Any] = {"type": "integer" if self.whole else "number"}
        for key, bound in (
            ("minimum", self.at_least),
            ("maximum", self.at_most),
            ("exclusiveMinimum", self.above),
        ):
            if bound is not None:
                number[key] = bound
        text = {"type": "string"}
        figure = {
            "type": "object",
            "required": ["value"],
            "additionalProperties": False,
            "properties": {
                "value": number,
                "unit": {"const": self.name},
                "source": text,
                "status": {"enum": list(STATUSES)},
                "low": {"type": "number"},
                "high": {"type": "number"},
                "note": text,
            },
        }
        return {"anyOf": [number, figure], "unit": self.name}


def is_number_with_provenance(value: object) -> bool:
    """Return whether what is written is a number with its provenance (see `KEYS`)."""
    return isinstance(value, Mapping) and "value" in value and set(value) <= set(KEYS)


def sourced(
    value: float,
    unit: str,
    source: str,
    status: Status,
    low: float | None = None,
    high: float | None = None,
    note: str = "",
) -> Sourced:
    """Return a number with its provenance; the arguments are those of `Figure`."""
    return Sourced(Figure(value, unit, source, status, low, high, note))
