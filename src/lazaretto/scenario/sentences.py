"""What pydantic finds wrong with a value, as what is allowed and what to do, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lazaretto.scenario.problems import did_you_mean, one_of, shown
from lazaretto.scenario.units import as_share, limits_of, unit_of

NOT_A_SECTION = ("model_type", "model_attributes_type", "dict_type")
OF_NUMBERS = (
    "greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number",
    "multiple_of", "int_type", "int_parsing", "int_parsing_size", "int_from_float", "float_type",
    "float_parsing",
)  # fmt: skip
WHOLE = ("int_type", "int_parsing", "int_parsing_size", "int_from_float")


class Said(NamedTuple):
    """What is allowed where something is wrong, and what to do."""

    allowed: str
    advice: str


def in_words(
    kind: str,
    given: object,
    context: Mapping[str, Any],
    message: str,
    field: FieldInfo | None,
    key: str,
    section: type[BaseModel] | None = None,
) -> Said:
    """Return what is allowed and what to do in words of a scenario file.

    Parameters
    ----------
    kind, given, context, message
        Type, input, context and message of pydantic's error.
    field
        The field it is about, None if that is not known.
    key
        Its name in the file.
    section
        The section that belongs there, if one does.
    """
    if kind in NOT_A_SECTION:
        return Said("keys with values below it", _section_advice(given, field, key, section))
    if kind in OF_NUMBERS:
        return _number(kind, given, context, field)
    if kind.startswith(("date_", "datetime_")):
        return Said(
            "a date such as 2022-05-25",
            "write a day that exists: four digits for the year, two for the month, two for the day",
        )
    if kind == "literal_error":
        words = [
            word.strip(" '") for word in str(context["expected"]).replace(" or ", ", ").split(",")
        ]
        return Said(one_of(words), did_you_mean(str(given), words, "choose one of them"))
    told = PLAIN.get(kind)
    if told is not None:
        return told
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return Said(message[:1].lower() + message[1:], _meaning(field))


PLAIN = {
    "bool_type": Said("true or false", "write true or false"),
    "bool_parsing": Said("true or false", "write true or false"),
    "string_type": Said("text", "write text, in quotes if it looks like a number or a date"),
    "string_too_short": Said("text that is not empty", "write at least one letter"),
    "string_pattern_mismatch": Said(
        "small letters, digits and hyphens", "write it as in first-batch-2"
    ),
    "list_type": Said("a list", "put it in brackets, as in [a, b], or each entry after a dash"),
    "too_short": Said("a list that is not empty", "write at least one entry, or leave the key out"),
}
"""What pydantic says of a kind of error, in other words."""


def _section_advice(
    given: object, field: FieldInfo | None, key: str, section: type[BaseModel] | None
) -> str:
    fields = {} if section is None else section.model_fields
    if isinstance(given, bool) and "active" in fields:
        return f"write {key}: {{active: {shown(given)}}}"
    if not fields:
        return _meaning(field)
    keys = [known.alias or name for name, known in fields.items()]
    return f"write {key}: {{...}} with some of the keys {', '.join(keys)}"


def _number(kind: str, given: object, context: Mapping[str, Any], field: FieldInfo | None) -> Said:
    unit = None if field is None else unit_of(field)
    bounds = "" if field is None else limits_of(field).words
    if not bounds:
        bounds = _bound_of(context)
    whole = kind in WHOLE or (field is not None and "int" in str(field.annotation))
    if unit == "share":
        allowed = " ".join(filter(None, ("a share", bounds)))
        return Said(allowed, as_share(given) or f"write {allowed}")
    if kind == "multiple_of":
        allowed = f"a multiple of {context['multiple_of']:g}"
    else:
        allowed = "a whole number" if whole else "a number"
    counted = f" ({unit})" if unit else ""
    allowed = " ".join(filter(None, (allowed, bounds))) + counted
    return Said(allowed, f"write {allowed}")


def _bound_of(context: Mapping[str, Any]) -> str:
    """Return the bound that is broken, where the field does not say its bounds."""
    for key, word in (("ge", "from"), ("gt", "above"), ("le", "up to"), ("lt", "below")):
        if key in context:
            return f"{word} {context[key]:g}"
    return ""


def _meaning(field: FieldInfo | None) -> str:
    about = None if field is None else field.description
    return f"write what it means: {about}" if about else "correct it"
