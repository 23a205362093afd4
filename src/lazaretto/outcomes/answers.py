"""Answers of the proportionality table, and how their numbers are written."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lazaretto.outcomes.extra import Extra

NOT_JUDGED = "not judged"
HOW_TO = "run the next less restrictive policy too: `lazaretto compare POLICY LESS-RESTRICTIVE`"


class Answer(NamedTuple):
    """A row of the table.

    Parameters
    ----------
    question
        One of aim, suitability, necessity, proportionality, cost-effectiveness, distribution,
        support, review, not known.
    answer
        In one sentence.
    detail
        Further sentences, the numbers behind it.
    """

    question: str
    answer: str
    detail: tuple[str, ...] = ()


def spelled(extra: Extra) -> str:
    """Return a number of 0 or more with its range in words, to three digits.

    Used for ratios: a low end below 0 is a saving, or a loss of what is gained, and is left out of
    the range; the amounts themselves say so (`more_or_fewer`).
    """
    low, mid, high = (_number(end) for end in extra)
    if extra.low >= 0:
        return f"{mid} ({low} to {high})"
    return f"{mid} (no limit either way)" if np.isinf(extra.high) else f"{mid} (at most {high})"


def more_or_fewer(extra: Extra, unit: str = "") -> str:
    """Return a difference with its range in words, never with a sign.

    "744 (700 to 790) person-days fewer", "2 persons more (1 fewer to 4 more)", "under 1 strokes
    more". What is counted is counted whole: less than one is "under 1".

    Parameters
    ----------
    extra
        The difference.
    unit
        What is counted.
    """
    unit = f" {unit}" if unit else ""
    if not any(extra):
        return f"0{unit}"
    if extra.low < 0 < extra.high:
        low, high = _count(-extra.low), _count(extra.high)
        if low == high == UNDER_ONE:
            return f"{UNDER_ONE}{unit} more or fewer"
        which = "more" if extra.mid > 0 else "fewer"
        middle = f"{_count(abs(extra.mid))}{unit} {which}" if extra.mid else f"0{unit}"
        return f"{middle} ({low} fewer to {high} more)"
    said = "more" if extra.high > 0 else "fewer"
    ends = sorted(abs(end) for end in (extra.low, extra.high))
    low, mid, high = (_count(end) for end in (ends[0], abs(extra.mid), ends[1]))
    if mid == high == UNDER_ONE:
        return f"{UNDER_ONE}{unit} {said}"
    ends_said = "" if low == high else f" ({low} to {high})"
    return f"{mid}{ends_said}{unit} {said}"


UNDER_ONE = "under 1"


def _count(number: float) -> str:
    return UNDER_ONE if 0 < number < 1 else _number(number)


def _number(number: float) -> str:
    if np.isinf(number):
        return "no limit"
    rounded = float(f"{number:.3g}")
    return f"{rounded + 0.0:,.0f}" if abs(rounded) >= 100 or rounded == 0 else f"{number:.3g}"
