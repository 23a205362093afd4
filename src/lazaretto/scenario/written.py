"""Dates and names as a scenario file writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import AfterValidator

LONGEST_PART, LONGEST_PATH = 255, 4_000
"""Bytes of a part of a path, and of a path, at most: more no file has."""


def may_be_path(said: str) -> bool:
    """Return whether a text can be the name of a file, there or not."""
    short = all(len(part.encode()) <= LONGEST_PART for part in said.split("/"))
    return short and len(said.encode()) <= LONGEST_PATH and "\0" not in said


def _path(said: str) -> str:
    if not may_be_path(said):
        raise ValueError(f"a name or a path, no part of it longer than {LONGEST_PART} bytes")
    return said


PathText = Annotated[str, AfterValidator(_path)]
"""A name, or a path beside the scenario."""


def as_date(value: object) -> date | None:
    """Return a value of a file as a date, or None where it is none."""
    if isinstance(value, date):
        return value if type(value) is date else None
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None


def with_dates(value: object) -> object:
    """Return a value of a file in which every text that is an ISO date is one, parts included."""
    if isinstance(value, str):
        return as_date(value) or value
    if isinstance(value, list):
        return [with_dates(item) for item in value]
    if isinstance(value, Mapping):
        return {_as_key(key): with_dates(part) for key, part in value.items()}
    return value


def _as_key(key: object) -> str:
    # YAML 1.1 reads the keys on: and off: of a trigger as true and false.
    if isinstance(key, bool):
        return "on" if key else "off"
    return str(key)
