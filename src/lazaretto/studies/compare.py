"""Compare a policy with the next less restrictive one: the whole study.

Both are run with the same seeds: run i of both shares its chance, so that their difference is that
of the policies (common random numbers; the draws are keyed by person and day).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import xarray as xr

from lazaretto.outcomes.aims import Aim
from lazaretto.outcomes.answers import Answer
from lazaretto.outcomes.proportionality import proportionality
from lazaretto.studies.conclusions import Finding, conclusions, findings, holds, judged_by, kept
from lazaretto.studies.contrast import Contrast, contrasts
from lazaretto.studies.flips import Flip, flips, ranges, said_of
from lazaretto.studies.pairs import How, Pair, aim_of, differences, support_of
from lazaretto.studies.run import RunOutcome
from lazaretto.studies.structures import (
    CONFIGURED,
    Tried,
    configured,
    other_law,
    try_structures,
    with_behaviour,
)


@dataclass(frozen=True)
class Comparison:
    """A policy beside the less restrictive one.

    Parameters
    ----------
    pair
        The two scenarios as they were run.
    policy, less
        Their runs.
    aim
        The aim both are judged by.
    contrasts
        Both pans side by side.
    table
        The proportionality table.
    structure
        The structure as configured, one name for each switch; empty if none were tried.
    structures
        What was tried besides.
    findings
        Conclusions with their verdicts; empty if neither structures nor numbers were examined.
    flips
        What the numbers examined do; none if none were.
    notes
        What a reader must know before the numbers.
    """

    pair: Pair
    policy: RunOutcome
    less: RunOutcome
    aim: Aim
    contrasts: list[Contrast]
    table: list[Answer]
    structure: tuple[str, ...] = ()
    structures: list[Tried] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    flips: list[Flip] | None = None
    notes: tuple[str, ...] = ()

    @property
    def other_structures(self) -> dict[str, tuple[xr.Dataset, xr.Dataset | None]] | None:
        """Results under other structures, for `lazaretto.outcomes.proportionality`."""
        return {tried.name: tried.results for tried in self.structures} or None

    @property
    def flipping(self) -> list[str] | None:
        """Return the numbers that flip a conclusion, in words; none if none were examined."""
        return None if self.flips is None else said_of(self.flips)

    def as_json(self) -> dict[str, Any]:
        """Return what ``compare --json`` prints."""
        said: dict[str, Any] = {
            "policy": self.policy.summary | {"found": self.policy.found},
            "less_restrictive": self.less.summary | {"found": self.less.found},
            "differs": list(differences(self.pair)),
            "aim": {"kind": self.aim.kind, "value": self.aim.limit, "by": str(self.aim.by),
                    "words": self.aim.words},
            "notes": list(self.notes),
            "comparison": [each.as_json() for each in self.contrasts],
            "proportionality": [
                {"question": row.question, "answer": row.answer, "detail": list(row.detail)}
                for row in self.table
            ],
        }  # fmt: skip
        if self.findings:
            said["conclusions"] = [_finding(each) for each in self.findings]
        if self.structures:
            said["structure"] = list(self.structure)
            said["structures"] = [
                {"name": each.name, "changed": each.changed, "policy": each.policy["run"],
                 "less_restrictive": each.less["run"]}
                for each in self.structures
            ]  # fmt: skip
        if self.flips is not None:
            said["flips"] = [flip._asdict() | {"flipped": list(flip.flipped)}
                             for flip in self.flips]  # fmt: skip
        return said


def compare(
    pair: Pair, how: How, *, structures: bool = False, flip: Sequence[str] = ()
) -> Comparison:
    """Run a policy and the less restrictive one, and judge the first beside the second.

    Parameters
    ----------
    pair
        The two policies, see `lazaretto.studies.pairs.pair_of`.
    how
        How runs are made. Finished runs are found again.
    structures
        Also run both under every structural alternative of the model.
    flip
        Keys of numbers of which both ends of the range are run too.

    Raises
    ------
    ScenarioError
        If a number cannot be examined, or a scenario cannot be run.
    Interrupted
        If asked to stop; the same call goes on.
    """
    notes = []
    if pair.policy.aim is None:
        notes.append("the scenario states no aim; containment by its end is taken")
    if structures and pair.policy.behaviour is None:
        pair = with_behaviour(pair)
        notes.append("the scenario has no behaviour; structures are those of the default one")
    examined = ranges(pair, flip)
    aim = aim_of(pair.policy)
    policy, less = how.run_pair(pair)
    by = judged_by(pair.policy, aim, policy.results, less.results)
    own = conclusions(kept(policy.results), kept(less.results), by)
    runs = policy.results, less.results
    tried = try_structures(pair, by, how, runs) if structures else []
    flipped = flips(pair, examined, own, by, how) if flip else None
    behaviour = pair.policy.behaviour
    judged = []
    if structures or flip:
        every = {CONFIGURED: own} | {each.name: each.conclusions for each in tried}
        law = None if behaviour is None else other_law(behaviour)
        judged = findings(every, law, [each.name for each in tried if each.same])
    sides = contrasts(policy.results, less.results)
    sealed = next((each.difference for each in sides if each.kind == "days sealed"), None)
    if sealed is not None and sealed.mid < 0:
        notes.append(
            f"{pair.less.name} seals more than {pair.policy.name}: the less restrictive policy "
            "comes second"
        )
    table = proportionality(
        policy.results,
        less.results,
        aim,
        {each.name: each.results for each in tried} or None,
        support=support_of(pair.policy),
        flips=None if flipped is None else said_of(flipped),
    )
    return Comparison(
        pair,
        policy,
        less,
        aim,
        sides,
        table,
        configured(behaviour) if behaviour is not None and structures else (),
        tried,
        judged,
        flipped,
        tuple(notes),
    )


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "statement": found.statement,
        "verdict": found.verdict,
        "structures": {
            name: {"holds": holds(each), "share": each.share, "runs": each.runs}
            for name, each in found.chances.items()
        },
    }
