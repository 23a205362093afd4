"""Dates and names as a scenario file writes them."""

from __future__ import annotations

import re
from datetime import date

LONGEST_SLUG = 48
"""Letters of a slug at most."""


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


def slug(words: str) -> str:
    """Return words as they may be a part of the name of a scenario, whole ones only."""
    plain = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
    if len(plain) > LONGEST_SLUG:
        whole = plain[: LONGEST_SLUG + 1].rpartition("-")[0]
        plain = whole or plain[:LONGEST_SLUG]
    return plain or "less-restrictive"
