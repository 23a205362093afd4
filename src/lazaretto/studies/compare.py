"""Compare a policy with the next less restrictive one: the whole study.

Both are run with the same seeds: run i of both shares its chance, so that their difference is that
of the policies (common random numbers; the draws are keyed by person and day).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import xarray as xr

from lazaretto.outcomes.aims import Aim
from lazaretto.outcomes.answers import Answer
from lazaretto.outcomes.proportionality import proportionality
from lazaretto.scenario import Scenario
from lazaretto.scenario.aim import POLICY
from lazaretto.scenario.support import support_in
from lazaretto.studies.comparable import check_comparable
from lazaretto.studies.conclusions import Finding, conclusions, findings, holds, judged_by, kept
from lazaretto.studies.contrast import Contrast, contrasts
from lazaretto.studies.differing import differing
from lazaretto.studies.flips import Flip, Range, ends, flips, ranges, said_of
from lazaretto.studies.pairs import (
    How,
    Pair,
    aim_of,
    differences,
    without_support,
)
from lazaretto.studies.plan import Plan
from lazaretto.studies.run import RunOutcome
from lazaretto.studies.structures import (
    CONFIGURED,
    Tried,
    configured,
    other_law,
    try_structures,
    with_behaviour,
)
from lazaretto.studies.structures import structures as alternatives

UNSUPPORTED = "the policy without its support"

SUPPORT_SHOWN = ("food-insecure days", "infections", "deaths", "days sealed")
"""What a comparison shows of what the support of the policy changes."""


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
    unsupported
        The runs of the policy without its support; none if it has none.
    support
        The policy beside itself without its support; empty if it has none.
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
    unsupported: RunOutcome | None = None
    support: list[Contrast] = field(default_factory=list)

    @property
    def called_by_name(self) -> bool:
        """Return whether no side is to be called the less restrictive one: it confines no less."""
        return self.pair.confine_alike or _seals_more(self.contrasts)

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
        if self.unsupported is not None:
            said["unsupported"] = self.unsupported.summary | {"found": self.unsupported.found}
            said["support"] = [each.as_json("unsupported") for each in self.support]
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
    pair: Pair,
    how: How,
    *,
    structures: bool = False,
    flip: Sequence[str] = (),
    announce: Callable[[str], None] | None = None,
) -> Comparison:
    """Run a policy and the less restrictive one, and judge the first beside the second.

    A policy with measures of support is also run without them.

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
    announce
        Told first how many runs there are to make, and later how long they may take.

    Raises
    ------
    ScenarioError
        If the two may not be compared, a number cannot be examined, or a scenario cannot be run.
    Interrupted
        If asked to stop; the same call goes on.
    """
    check_comparable(pair.policy, pair.less)
    notes = []
    if pair.policy.aim is None:
        notes.append("the scenario states no aim; containment by its end is taken")
    if structures and pair.policy.behaviour is None:
        changed, less_changed = pair.described("behaviour=default")
        pair = replace(with_behaviour(pair), changed=changed, less_changed=less_changed)
        notes.append("the scenario has no behaviour; structures are those of the default one")
    examined = ranges(pair, flip)
    bare = without_support(pair.policy)
    if bare is not None and not differing(bare.resolved(), pair.less.resolved(), POLICY):
        bare = pair.less  # the same policy, whatever it is called: run once
    if announce is not None:
        needed = list(_scenarios(pair, bare, examined, structures=structures))
        how = replace(how, plan=Plan(needed, how.seed, how.replicates, how.out, announce))
    aim = aim_of(pair.policy)
    policy, less = how.run_pair(pair)
    unsupported = less if bare is pair.less else _unsupported(pair, bare, how)
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
        judged = findings(every, law, [each.name for each in tried if each.same], by.effective)
    sides = contrasts(policy.results, less.results)
    notes += _order_notes(pair, sides)
    table = proportionality(
        policy.results,
        less.results,
        aim,
        {each.name: each.results for each in tried} or None,
        support=support_in(pair.policy),
        unsupported=None if unsupported is None else unsupported.results,
        flips=None if flipped is None else said_of(flipped),
    )
    support = [] if unsupported is None else contrasts(policy.results, unsupported.results)
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
        unsupported,
        sorted(
            (each for each in support if each.kind in SUPPORT_SHOWN),
            key=lambda each: SUPPORT_SHOWN.index(each.kind),
        ),
    )


def _scenarios(
    pair: Pair, bare: Scenario | None, examined: Sequence[Range], *, structures: bool
) -> Iterator[Scenario]:
    """Yield every scenario that a comparison runs, once each."""
    yield from (pair.policy, pair.less)
    if bare is not None and bare is not pair.less:
        yield bare
    others = [each.pair for each in alternatives(pair)] if structures else []
    for each in [*others, *(end.pair for end in ends(pair, examined))]:
        yield from (each.policy, each.less)


def _unsupported(pair: Pair, bare: Scenario | None, how: How) -> RunOutcome | None:
    if bare is None:
        return None
    ours, _ = pair.described()
    apart = differing(pair.policy.resolved(), bare.resolved(), POLICY)
    said = ours.also(*(each.words for each in apart))
    return how.run(bare, said.said, said.against, UNSUPPORTED)


def _order_notes(pair: Pair, sides: Sequence[Contrast]) -> Iterator[str]:
    """Yield what is said where the second policy is not the one that confines less."""
    if pair.confine_alike:
        yield (
            "neither policy confines less than the other, so none is called the less "
            f"restrictive one; where the table says so, {pair.less.name} is meant"
        )
    elif _seals_more(sides):
        yield (
            f"{pair.less.name} seals more than {pair.policy.name}, so neither is called the less "
            f"restrictive one; where the table says so, {pair.less.name} is meant"
        )


def _seals_more(sides: Sequence[Contrast]) -> bool:
    """Return whether the second policy seals more than the first."""
    return any(each.kind == "days sealed" and each.difference.mid < 0 for each in sides)


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "statement": found.statement,
        "verdict": found.verdict,
        "structures": {
            name: {"holds": holds(each), "share": each.share, "runs": each.runs}
            for name, each in found.chances.items()
        },
    }
