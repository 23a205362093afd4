"""The proportionality table: a policy beside the next less restrictive one, question by question.

The questions are those of the Siracusa Principles (1984) and of WHO's guidance on ethical issues in
outbreaks (2016), as in the behaviour notes 3.3. The table judges; it does not weigh: there is no
score.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import xarray as xr

from lazaretto.outcomes.aims import Aim, Chance, chance_of, difference, infected_share
from lazaretto.outcomes.alike import same_runs
from lazaretto.outcomes.answers import HOW_TO, NOT_JUDGED, Answer
from lazaretto.outcomes.confined_more import confined_more, none_confines_less
from lazaretto.outcomes.extra import (
    Extra,
    ExtraCost,
    check_alike,
    extra_costs,
    paired,
    spread,
)
from lazaretto.outcomes.fairness import distribution, support_given
from lazaretto.outcomes.ledger import ledger
from lazaretto.outcomes.verdicts import (
    FEWEST_RUNS,
    MARGIN,
    TOO_FEW,
    counted,
    disagree,
    flipped,
    likely,
    necessary,
)
from lazaretto.outcomes.worth import cost_effectiveness, proportion, review_day

Structures = Mapping[str, tuple[xr.Dataset, xr.Dataset | None]]
"""Results of the policy and the less restrictive one under other structures of the model."""


def proportionality(
    results: xr.Dataset,
    less_restrictive: xr.Dataset | None,
    aim: Aim,
    structures: Structures | None = None,
    *,
    support: Collection[str] | Mapping[str, str] | None = None,
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
        Names of the policy's measures, or of its support alone, with why one cannot act if it
        cannot (`lazaretto.scenario.support.support_in`); none if that is not known.
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
    runs = {"as configured": (results, less_restrictive), **others}
    chances = {
        name: (chance_of(first, aim), None if second is None else chance_of(second, aim))
        for name, (first, second) in runs.items()
    }
    judged = _Judged(chances, _no_difference(runs), margin)
    costs = ledger(results)
    extra: list[ExtraCost] | None = None
    more: dict[str, Extra] = {}
    if less_restrictive is not None:
        pairs = paired(results, less_restrictive)
        extra = extra_costs(costs, ledger(less_restrictive), pairs=pairs)
        more = confined_more(results, less_restrictive)
    void = none_confines_less(more)
    infected = [_infected(results, aim, "this policy")]
    if less_restrictive is not None:
        infected.append(_infected(less_restrictive, aim, "the less restrictive policy"))
    return [
        Answer("aim", aim.words),
        _suitability(judged, infected[:1]),
        Answer("necessity", f"{NOT_JUDGED}: {void}") if void else _necessity(judged, infected),
        proportion(extra, more),
        cost_effectiveness(extra),
        distribution(results, costs, more),
        support_given(support, results, unsupported),
        Answer("review", f"{NOT_JUDGED}: {void}")
        if void
        else review_day(results, less_restrictive),
        _not_known(flips, judged, necessity=not void),
    ]


Chances = Mapping[str, tuple[Chance, Chance | None]]


class _Judged(NamedTuple):
    """How likely the aim is reached by structure, which of them left the runs as they were."""

    chances: Chances
    same: Collection[str]
    margin: float

    @property
    def suitable(self) -> dict[str, str]:
        """The verdict on suitability by structure."""
        return {name: likely(ours) for name, (ours, _) in self.chances.items()}

    @property
    def needed(self) -> dict[str, str]:
        """The verdict on necessity by structure, where the less restrictive policy was run."""
        return {
            name: necessary(ours, theirs, self.margin)
            for name, (ours, theirs) in self.chances.items()
            if theirs is not None
        }


def _no_difference(
    runs: Mapping[str, tuple[xr.Dataset, xr.Dataset | None]],
) -> list[str]:
    """Return the structures under which both policies run as they do as configured."""
    (ours, theirs), *_ = runs.values()
    return [
        name
        for name, (first, second) in list(runs.items())[1:]
        if theirs is not None
        and second is not None
        and same_runs(ours, first)
        and same_runs(theirs, second)
    ]


def _infected(results: xr.Dataset, aim: Aim, whose: str) -> str:
    """Return the share of the residents infected by the time limit of containment, in words."""
    if aim.kind != "containment":
        return ""
    low, mid, high = (f"{end:.1%}" for end in spread(infected_share(results, aim.by)))
    return f"residents infected by {aim.by}: {mid} ({low} to {high}) under {whose}"


def _suitability(judged: _Judged, infected: Sequence[str]) -> Answer:
    said = judged.suitable
    ours = next(iter(judged.chances.values()))[0]
    answer = f"aim {next(iter(said.values()))}: {ours.words}"
    if ours.runs < FEWEST_RUNS:
        answer += f"; {TOO_FEW}"
    answer += disagree(said, judged.same)
    lines = {name: f"{found.words}, {said[name]}" for name, (found, _) in judged.chances.items()}
    return Answer("suitability", answer, (*filter(None, infected), *_by_structure(lines, judged)))


def _necessity(judged: _Judged, infected: Sequence[str]) -> Answer:
    ours, theirs = next(iter(judged.chances.values()))
    if theirs is None:
        return Answer("necessity", f"{NOT_JUDGED}: there is nothing to compare with", (HOW_TO,))
    said = judged.needed
    verdict = next(iter(said.values()))
    if min(ours.runs, theirs.runs) < FEWEST_RUNS:
        answer = f"{verdict.partition(':')[0]}: {counted(ours, theirs)}; {TOO_FEW}"
    else:
        answer = (
            f"{verdict}: the aim is reached in {theirs.words} under the less restrictive policy"
        )
    answer += disagree(said, judged.same)
    apart, low, high = difference(ours, theirs)
    margin = judged.margin
    detail = [
        f"{apart:+.0%} (90 % interval {low:+.0%} to {high:+.0%}) under this policy; it must be "
        f"more than {margin:+.0%}",
        *filter(None, infected),
    ]
    lines = {
        name: NOT_JUDGED if other is None else f"{other.words}, {said[name]}"
        for name, (_, other) in judged.chances.items()
    }
    return Answer("necessity", answer, (*detail, *_by_structure(lines, judged)))


def _by_structure(lines: Mapping[str, str], judged: _Judged) -> Iterator[str]:
    """Yield what is said by structure, one line for all of which the same is said."""
    if len(lines) == 1:
        return
    alike: dict[str, list[str]] = {}
    for name, line in lines.items():
        said = "made no difference in these runs" if name in judged.same else line
        alike.setdefault(said, []).append(name)
    for said, names in alike.items():
        yield f"{', '.join(names)}: {said}"


def _not_known(flips: Sequence[str] | None, judged: _Judged, *, necessity: bool) -> Answer:
    detail = []
    verdicts = {"suitability": judged.suitable}
    if necessity:
        verdicts["necessity"] = judged.needed
    for question, said in verdicts.items():
        names = flipped(said, judged.same)
        if names:
            detail.append(f"{question} is another under: {', '.join(names)}")
        elif disagree(said, judged.same).startswith("; too few"):
            detail.append(f"{question}: too few runs to compare structures")
    if len(judged.chances) == 1:
        detail.append("other structures: not examined; `lazaretto compare --structures`")
    if flips is None:
        return Answer("not known", "not examined: which assumptions flip an answer", tuple(detail))
    if not flips:
        return Answer("not known", "no assumed parameter examined flips an answer", tuple(detail))
    answer = f"assumed parameters that flip an answer: {', '.join(flips)}"
    return Answer("not known", answer, tuple(detail))
