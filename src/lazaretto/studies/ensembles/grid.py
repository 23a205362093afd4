"""The values of a grid as they are written: lists and ranges of keys, and the parts of a whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from lazaretto.scenario import Problem, ScenarioError
from lazaretto.scenario.problems import shown
from lazaretto.studies.comparable import condition_problem
from lazaretto.studies.levers import is_condition

VARY, SHARD = "--vary", "--shard"

MOST_POINTS = 100_000

_RANGE = re.compile(r"([^:,\[\]{}]+):([^:,\[\]{}]+):(\d+)")
_UNCOUNTED = re.compile(r"[\d.+-]+:[\d.+-]+")
"""A range whose number of values was forgotten, which YAML reads as minutes and seconds."""

_COMMA = re.compile(r",(?![^\[{(]*[\]})])")


@dataclass(frozen=True)
class Axis:
    """A value of the scenario that is varied.

    Parameters
    ----------
    key
        As in ``--set``.
    values
        The values, as written in YAML.
    """

    key: str
    values: tuple[str, ...]


def axes_of(given: Sequence[str]) -> tuple[Axis, ...]:
    """Return what is varied, as written ``key=a,b,c`` or ``key=low:high:n``.

    A range of numbers or ISO dates has n values, both ends included, evenly spaced; dates are
    rounded to whole days.

    Parameters
    ----------
    given
        One text for each key.

    Raises
    ------
    ScenarioError
        With every text that is none, every condition of the society under study (it is no lever),
        and a grid of more than `MOST_POINTS` points.
    """
    problems: list[Problem] = []
    axes: list[Axis] = []
    for text in given:
        key, equals, written = text.partition("=")
        values = _values(written.strip())
        if not equals or not key.strip() or not values:
            allowed = f"{VARY} key=a,b,c or {VARY} key=low:high:n, n 2 or more"
            problems.append(Problem(VARY, shown(text), allowed, "write the key, = and the values"))
        elif is_condition(key):
            problems.append(condition_problem(VARY, key.strip()))
        elif key.strip() in [axis.key for axis in axes]:
            problems.append(Problem(VARY, key.strip(), "each key once", "join its values"))
        else:
            axes.append(Axis(key.strip(), values))
    points = int(np.prod([len(axis.values) for axis in axes], dtype=float))
    if points > MOST_POINTS:
        advice = "take fewer values, or several sweeps"
        problems.append(Problem(VARY, points, f"at most {MOST_POINTS:,} points", advice))
    if problems:
        raise ScenarioError(problems)
    return tuple(axes)


def _values(written: str) -> tuple[str, ...]:
    found = _RANGE.fullmatch(written)
    if found is not None:
        low, high, number = found[1].strip(), found[2].strip(), int(found[3])
        return _between(low, high, number) if number > 1 else ()
    if _UNCOUNTED.fullmatch(written):
        return ()
    parts = [part.strip() for part in _COMMA.split(written)]
    return tuple(dict.fromkeys(parts)) if all(parts) else ()


def _between(low: str, high: str, number: int) -> tuple[str, ...]:
    try:
        first, last = date.fromisoformat(low), date.fromisoformat(high)
    except ValueError:
        pass
    else:
        days = np.rint(np.linspace(0, (last - first).days, number))
        return tuple(dict.fromkeys((first + timedelta(int(day))).isoformat() for day in days))
    try:
        ends = float(low), float(high)
    except ValueError:
        return ()
    values = np.linspace(*ends, number)
    return tuple(dict.fromkeys(f"{value:.12g}" for value in values))


def shard_of(text: str) -> tuple[int, int]:
    """Return the number of a part, from 1, and of how many: ``3/10`` is the third of ten.

    Raises
    ------
    ScenarioError
        If it is written differently.
    """
    found = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        allowed = "i/n with i from 1 to n, as 3/10"
        advice = "give each job of an array its own i and all of them the same n"
        raise ScenarioError([Problem(SHARD, shown(text), allowed, advice)])
    return int(found[1]), int(found[2])
