"""Facts joined by and, or and not: where they hold, how they are said, what they imply."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from lazaretto.measures.conditions import Fact
from lazaretto.measures.levels import Level
from lazaretto.measures.observed import Today
from lazaretto.measures.places import Places


@dataclass(frozen=True)
class Claim:
    """A fact, or its opposite."""

    fact: Fact
    negated: bool = False


@dataclass(frozen=True)
class Every:
    """All of its parts."""

    parts: tuple[Statement, ...]


@dataclass(frozen=True)
class Either:
    """At least one of its parts."""

    parts: tuple[Statement, ...]


Statement = Claim | Every | Either


def opposite(statement: Statement) -> Statement:
    """Return the statement that holds where this one does not."""
    if isinstance(statement, Claim):
        return Claim(statement.fact, not statement.negated)
    parts = tuple(opposite(part) for part in statement.parts)
    return Either(parts) if isinstance(statement, Every) else Every(parts)


def claims(statement: Statement) -> Iterator[Claim]:
    """Yield every fact of a statement, with whether it is meant or its opposite."""
    if isinstance(statement, Claim):
        yield statement
    else:
        for part in statement.parts:
            yield from claims(part)


def where(statement: Statement, today: Today, places: Places, level: Level) -> NDArray[np.bool_]:
    """Return where a statement holds today, shape (n places of the level,)."""
    if isinstance(statement, Claim):
        return statement.fact.holds(today, places, level) ^ statement.negated
    join = np.logical_and if isinstance(statement, Every) else np.logical_or
    found = (where(part, today, places, level) for part in statement.parts)
    return np.asarray(reduce(join, found), np.bool_)


def said(statement: Statement, level: Level) -> str:
    """Return a statement in words that may follow "from" or "until"."""
    if isinstance(statement, Claim):
        return statement.fact.said(level, statement.negated)
    words = [said(part, level) for part in statement.parts]
    if isinstance(statement, Every):
        parts = zip(statement.parts, words, strict=True)
        return " and ".join(f"({w})" if isinstance(p, Either) else w for p, w in parts)
    return " or ".join(words)


def implies(one: Statement, other: Statement) -> bool:
    """Return whether the other surely holds where the first does; False if that is not clear."""
    if isinstance(other, Every):
        return all(implies(one, part) for part in other.parts)
    if isinstance(one, Either):
        return all(implies(part, other) for part in one.parts)
    if isinstance(other, Either) and any(implies(one, part) for part in other.parts):
        return True
    if isinstance(one, Every):
        return any(implies(part, other) for part in one.parts)
    if isinstance(other, Either) or one.negated != other.negated:
        return False
    return other.fact.implies(one.fact) if one.negated else one.fact.implies(other.fact)


def impossible(statement: Statement, why_never: Callable[[Claim], str | None]) -> str | None:
    """Return why a statement can never hold, None if it may.

    Parameters
    ----------
    statement
        The statement.
    why_never
        Says of one fact (or its opposite) why it can never hold, None if it may.
    """
    if isinstance(statement, Claim):
        return why_never(statement)
    reasons = [impossible(part, why_never) for part in statement.parts]
    given = [reason for reason in reasons if reason is not None]
    if isinstance(statement, Either):
        return given[0] if len(given) == len(reasons) else None
    if given:
        return given[0]
    if implies(statement, opposite(statement)):
        return "its parts exclude each other"
    return None
