"""Several policies beside one: the same seeds, paired differences, and who was spared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lazaretto.outcomes.aims import Aim, Chance, chance_of
from lazaretto.outcomes.ledger import ledger
from lazaretto.scenario import Problem, Scenario, ScenarioError
from lazaretto.scenario.aim import POLICY
from lazaretto.studies.changes import changes
from lazaretto.studies.comparable import LESS_NAME, check_comparable
from lazaretto.studies.contrast import Contrast, contrasts
from lazaretto.studies.differing import differing
from lazaretto.studies.pairing import Pairing, pairings
from lazaretto.studies.pairs import How, aim_of
from lazaretto.studies.plan import Plan
from lazaretto.studies.run import RunOutcome
from lazaretto.studies.spared import Spared, spared

SAME = "the same policy: every difference is zero"


@dataclass(frozen=True)
class Other:
    """A policy that is set beside the first one.

    Parameters
    ----------
    policy, outcome
        The policy and its runs.
    differs
        In what it differs from the first, each in words.
    reached
        In how many runs the aim of the first is reached.
    contrasts
        Both pans: this policy, the first, and this less the first.
    pairings
        What common random numbers save.
    spared
        Infections averted against the first.
    """

    policy: Scenario
    outcome: RunOutcome
    differs: tuple[str, ...]
    reached: Chance
    contrasts: list[Contrast]
    pairings: list[Pairing]
    spared: list[Spared]


@dataclass(frozen=True)
class Several:
    """A policy and others beside it.

    Parameters
    ----------
    base, outcome
        The first policy and its runs.
    aim, reached
        The aim all are judged by, and in how many runs of the first it is reached.
    others
        The others, in the order given.
    """

    base: Scenario
    outcome: RunOutcome
    aim: Aim
    reached: Chance
    others: list[Other]

    def short_name(self, policy: Scenario) -> str:
        """Return the name of a policy without that of the scenario it is an alternative of."""
        return policy.name.removeprefix(f"{self.base.name}-")

    def as_json(self) -> dict[str, Any]:
        """Return what ``compare --json`` prints."""
        return {
            "policy": self.outcome.summary | {"found": self.outcome.found},
            "aim": {"kind": self.aim.kind, "value": self.aim.limit, "by": str(self.aim.by),
                    "words": self.aim.words},
            "reached": _said(self.reached),
            "others": [
                {
                    "name": self.short_name(each.policy),
                    "run": each.outcome.summary | {"found": each.outcome.found},
                    "differs": list(each.differs),
                    "reached": _said(each.reached),
                    "comparison": [found.as_json("base") for found in each.contrasts],
                    "pairing": [found.as_json() for found in each.pairings],
                    "averted": [found.as_json() for found in each.spared],
                }
                for each in self.others
            ],
        }  # fmt: skip


def compare_several(
    base: Scenario,
    policies: Sequence[Scenario],
    how: How,
    announce: Callable[[str], None] | None = None,
) -> Several:
    """Run a policy and others with the same seeds, and set each of them beside the first.

    Parameters
    ----------
    base
        The policy the others are held against.
    policies
        The others, for the same people, virus, days and conditions. One may be the first itself:
        its differences are zero.
    how
        How runs are made. Finished runs are found again.
    announce
        Told first how many runs there are to make, and later how long they may take.

    Raises
    ------
    ScenarioError
        If one may not be compared with the first, or cannot be run.
    Interrupted
        If asked to stop; the same call goes on.
    """
    _check(base, policies)
    if announce is not None:
        scenarios = list({each.digest(): each for each in (base, *policies)}.values())
        how = replace(how, plan=Plan(scenarios, how.seed, how.replicates, how.out, announce))
    aim = aim_of(base)
    known = changes(base)
    first = how.run(base, known.said, known.against, base.name)
    others, of_first = [], ledger(first.results)
    for policy in policies:
        apart = tuple(each.words for each in differing(base.resolved(), policy.resolved(), POLICY))
        said = known.also(*apart)
        outcome = how.run(policy, said.said, said.against, policy.name)
        results = outcome.results
        others.append(
            Other(
                policy,
                outcome,
                apart or (SAME,),
                chance_of(results, aim),
                contrasts(results, first.results, of_first),
                pairings(results, first.results),
                spared(results, first.results),
            )
        )
    return Several(base, first, aim, chance_of(first.results, aim), others)


def _check(base: Scenario, policies: Sequence[Scenario]) -> None:
    """Refuse policies that may not be compared with the first, all problems at once."""
    problems = []
    for policy in policies:
        try:
            check_comparable(base, policy)
        except ScenarioError as error:
            for each in error.problems:
                if each.key != LESS_NAME:  # the same policy is a null comparison
                    key = each.key.replace(LESS_NAME, policy.name)
                    problems.append(Problem(key, each.value, each.allowed, each.advice))
    names = [each.name for each in policies]
    for name in dict.fromkeys(each for each in names if names.count(each) > 1):
        problems.append(Problem("--with", name, "every policy once", "leave one out"))
    if problems:
        raise ScenarioError(problems)


def _said(found: Chance) -> dict[str, float]:
    return {"runs": found.runs, "reached": found.reached, "low": found.low, "high": found.high}
