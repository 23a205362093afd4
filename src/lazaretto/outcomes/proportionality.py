"""The proportionality table: a policy beside the next less restrictive one, question by question.

The questions are those of the Siracusa Principles (1984) and of WHO's guidance on ethical issues in
outbreaks (2016), as in the behaviour notes 3.3. The table judges; it does not weigh: there is no
score.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import xarray as xr

from lazaretto.outcomes.aims import Aim, Chance, chance_of, difference
from lazaretto.outcomes.answers import HOW_TO, NOT_JUDGED, Answer
from lazaretto.outcomes.extra import ExtraCost, check_alike, extra_costs, paired
from lazaretto.outcomes.fairness import distribution, support_given
from lazaretto.outcomes.ledger import ledger
from lazaretto.outcomes.worth import cost_effectiveness, proportion, review_day

MARGIN = 0.1
"""A policy must be likelier to reach its aim than the less restrictive one by more than this."""

FAILS = "fails this test"

Structures = Mapping[str, tuple[xr.Dataset, xr.Dataset | None]]
"""Results of the policy and the less restrictive one under other structures of the model."""


def proportionality(
    results: xr.Dataset,
    less_restrictive: xr.Dataset | None,
    aim: Aim,
    structures: Structures | None = None,
    *,
    support: Collection[str] | None = None,
    unsupported: xr.Dataset | None = None,
    flips: Sequence[str] | None = None,
    margin: float = MARGIN,
) -> list[Answer]:
    """Return the proportionality table of a policy, one row for each question.

    Parameters
    ----------
    results
        Results of the policy, one run or many.
    less_restrictive
        Results of the next less restrictive policy for the same days and people, if it was run.
    aim
        What the policy is for.
    structures
        The same pair under other structures of the model, by name.
    support
        Names of the policy's measures, or of its support alone; none if that is not known.
    unsupported
        Results of the policy without its support, if that was run.
    flips
        Assumed parameters that change an answer within their range; none if not examined.
    margin
        How much likelier than under the less restrictive policy the aim must be reached.

    Raises
    ------
    ValueError
        If the two policies were not run for the same days and people, or the aim cannot be judged.
    """
    others = structures or {}
    for first, second in ((results, less_restrictive), *others.values()):
        if second is not None:
            check_alike(first, second)
    judged = {"as configured": (results, less_restrictive), **others}
    chances = {
        name: (chance_of(first, aim), None if second is None else chance_of(second, aim))
        for name, (first, second) in judged.items()
    }
    costs = ledger(results)
    extra: list[ExtraCost] | None = None
    if less_restrictive is not None:
        pairs = paired(results, less_restrictive)
        extra = extra_costs(costs, ledger(less_restrictive), pairs=pairs)
    return [
        Answer("aim", aim.words),
        _suitability(chances),
        _necessity(chances, margin),
        proportion(extra),
        cost_effectiveness(extra),
        distribution(results, costs),
        support_given(support, results, unsupported),
        review_day(results, less_restrictive),
        _not_known(flips, chances, margin),
    ]


Chances = Mapping[str, tuple[Chance, Chance | None]]


def likely(found: Chance) -> str:
    """Return whether an aim is reached more often than not, as far as the runs can tell."""
    if found.low > 0.5:
        return "likely reached"
    return "unlikely reached" if found.high < 0.5 else "reached or not: the runs do not tell"


def necessary(ours: Chance, theirs: Chance, margin: float = MARGIN) -> str:
    """Return whether a policy passes the test of necessity, as far as the runs can tell."""
    apart, low, _ = difference(ours, theirs)
    if apart <= margin:
        return FAILS
    return "passes this test" if low > margin else "may pass this test: more runs are needed"


def _suitability(chances: Chances) -> Answer:
    said = {name: likely(ours) for name, (ours, _) in chances.items()}
    ours = next(iter(chances.values()))[0]
    answer = f"aim {next(iter(said.values()))}: {ours.words}"
    if len(set(said.values())) > 1:
        answer += "; the structures disagree"
    elif len(said) > 1:
        answer += f"; the same under all {len(said)} structures"
    detail = [f"{name}: {found.words}, {said[name]}" for name, (found, _) in chances.items()]
    return Answer("suitability", answer, tuple(detail) if len(detail) > 1 else ())


def _necessity(chances: Chances, margin: float) -> Answer:
    ours, theirs = next(iter(chances.values()))
    if theirs is None:
        return Answer("necessity", f"{NOT_JUDGED}: there is nothing to compare with", (HOW_TO,))
    said = _necessities(chances, margin)
    apart, low, high = difference(ours, theirs)
    answer = (
        f"{next(iter(said.values()))}: the aim is reached in {theirs.words} under the less "
        f"restrictive policy"
    )
    if len(set(said.values())) > 1:
        answer += "; the structures disagree"
    detail = [
        f"{apart:+.0%} (90 % interval {low:+.0%} to {high:+.0%}) under this policy; it must be "
        f"more than {margin:+.0%}"
    ]
    for name, (_, other) in chances.items():
        if len(chances) > 1:
            detail.append(
                f"{name}: {NOT_JUDGED}" if other is None else f"{name}: {other.words}, {said[name]}"
            )
    return Answer("necessity", answer, tuple(detail))


def _necessities(chances: Chances, margin: float) -> dict[str, str]:
    return {
        name: necessary(ours, theirs, margin)
        for name, (ours, theirs) in chances.items()
        if theirs is not None
    }


def _not_known(flips: Sequence[str] | None, chances: Chances, margin: float) -> Answer:
    detail = []
    reach = {name: likely(ours) for name, (ours, _) in chances.items()}
    need = _necessities(chances, margin)
    for question, said in (("suitability", reach), ("necessity", need)):
        first = next(iter(said.values()), None)
        flipped = [name for name, found in said.items() if found != first]
        if flipped:
            detail.append(f"{question} is another under: {', '.join(flipped)}")
    if len(chances) == 1:
        detail.append("other structures: not examined; `lazaretto compare --structures`")
    if flips is None:
        return Answer("not known", "not examined: which assumptions flip an answer", tuple(detail))
    if not flips:
        return Answer("not known", "no assumed parameter examined flips an answer", tuple(detail))
    answer = f"assumed parameters that flip an answer: {', '.join(flips)}"
    return Answer("not known", answer, tuple(detail))
