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
    """Return a number with its range in words, to three digits."""
    low, mid, high = (_number(end) for end in extra)
    return f"{mid} ({low} to {high})"


def _number(number: float) -> str:
    if np.isinf(number):
        return "no limit"
    rounded = float(f"{number:.3g}")
    return f"{rounded + 0.0:,.0f}" if abs(rounded) >= 100 or rounded == 0 else f"{number:.3g}"
