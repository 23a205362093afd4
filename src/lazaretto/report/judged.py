"""The proportionality table of a report: what is judged, and by which aim if none is stated."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import pandas as pd
import xarray as xr

from lazaretto.outcomes.aims import Aim
from lazaretto.outcomes.answers import Answer
from lazaretto.outcomes.proportionality import Structures, proportionality

NOT_EXAMINED = "Not examined."

QUESTIONS = {
    "aim": "Aim",
    "suitability": "Suitability: is the aim reached?",
    "necessity": "Necessity: is it reached with less?",
    "proportionality": "Proportionality: what is gained for what it costs?",
    "cost-effectiveness": "Cost-effectiveness: what does a DALY averted cost?",
    "distribution": "Distribution: who bears it?",
    "support": "Support: what are those confined given?",
    "review": "Review: until when is it better than less?",
    "not known": "Not known: which assumptions decide?",
}
"""The questions as a reader would ask them."""


def default_aim(results: xr.Dataset) -> Aim:
    """Return the aim by which a policy is judged that states none: containment by the last day.

    Fewer than 100 infections on the last day of the run, and at most a tenth of the residents
    infected up to it (`lazaretto.outcomes.aims.MOST_INFECTED`).
    """
    return Aim("containment", pd.Timestamp(results["date"].values[-1]).date())


def judged(
    results: xr.Dataset,
    less_restrictive: xr.Dataset | None = None,
    aim: Aim | None = None,
    structures: Structures | None = None,
    support: Collection[str] | Mapping[str, str] | None = None,
    flips: Sequence[str] | None = None,
    unsupported: xr.Dataset | None = None,
) -> list[Answer]:
    """Return the proportionality table with its questions in words.

    Parameters
    ----------
    results
        Results of the policy, one run or many.
    less_restrictive
        Results of the next less restrictive policy; what needs it is not judged without.
    aim
        What the policy is for; `default_aim` if none is given.
    structures, support, flips, unsupported
        As for `lazaretto.outcomes.proportionality.proportionality`.
    """
    answers = proportionality(
        results,
        less_restrictive,
        aim or default_aim(results),
        structures,
        support=support,
        unsupported=unsupported,
        flips=flips,
    )
    return [
        answer._replace(
            question=QUESTIONS.get(answer.question, answer.question),
            answer=_sentence(answer.answer),
            detail=tuple(_sentence(line) for line in answer.detail),
        )
        for answer in answers
    ]


def aim_words(aim: Aim | None) -> str:
    """Return whether the aim was stated, in a sentence; empty if it was."""
    if aim is not None:
        return ""
    return "The scenario states no aim, so containment is taken."


def flips_words(flips: Sequence[str] | None) -> str:
    """Return what is said where no parameter is listed: not examined, or none found."""
    if flips is None:
        return NOT_EXAMINED
    return "" if flips else "None of those examined."


def _sentence(words: str) -> str:
    """Return words with a capital, and with per cent as the report writes it: "97 %"."""
    return re.sub(r"(\d)%", r"\1 %", words[:1].upper() + words[1:])
