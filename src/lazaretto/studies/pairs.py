"""A policy and the less restrictive one it is held against, for the same people and days."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lazaretto.nation.checked import checked_policy
from lazaretto.outcomes.aims import Aim
from lazaretto.scenario import Problem, Scenario, ScenarioError
from lazaretto.scenario.aim import POLICY
from lazaretto.studies.adding import ADDED, with_measures
from lazaretto.studies.changes import Changes, changes
from lazaretto.studies.comparable import (
    LESS_NAME,
    OTHER_NAME,
    POLICY_NAME,
    check_comparable,
    condition_problem,
)
from lazaretto.studies.differing import differing
from lazaretto.studies.labels import label
from lazaretto.studies.levers import (
    ENDS_CONFINEMENT,
    SUPPORTING,
    WITHOUT_CONFINING,
    is_condition,
)
from lazaretto.studies.nation_run import Progress
from lazaretto.studies.plan import Plan
from lazaretto.studies.run import Interrupted, RunOutcome, run_scenario
from lazaretto.studies.run_folder import RunFolder, digest_of, inputs_of


@dataclass(frozen=True)
class Pair:
    """Two policies that are compared.

    Parameters
    ----------
    policy, less
        The policy and the less restrictive one.
    changed, less_changed
        In what each was changed against the library, if that is known; else the less restrictive
        one is the policy with their differences.
    """

    policy: Scenario
    less: Scenario
    changed: Changes | None = None
    less_changed: Changes | None = None

    def varied(self, said: str, overrides: Mapping[str, object]) -> Pair:
        """Return both with other values, see `lazaretto.scenario.Scenario.varied`.

        What is said of their changes stays as it is: it is for who runs them to add to it.
        """
        return Pair(
            self.policy.varied(said, overrides),
            self.less.varied(said, overrides),
            *self.described(),
        )

    def described(self, *also: str) -> tuple[Changes, Changes]:
        """Return in what the policy and the less restrictive one were changed, all of it.

        Parameters
        ----------
        also
            Further changes of both, in words.
        """
        ours = self.changed or changes(self.policy)
        theirs = self.less_changed or ours.also(*differences(self))
        return ours.also(*also), theirs.also(*also)

    @property
    def confine_alike(self) -> bool:
        """Return whether they differ only in support, care, testing, tracing and vaccination."""
        apart = differing(self.policy.resolved(), self.less.resolved(), POLICY)
        kinds = {
            str(entry.get("measure"))
            for each in apart if each.key.startswith("measures")
            for entry in (each.before, each.after) if entry is not None
        }  # fmt: skip
        reordered = any(each.key == "measures" and each.before is each.after is None
                        for each in apart)  # fmt: skip
        return not reordered and kinds <= {*WITHOUT_CONFINING} - {ENDS_CONFINEMENT}


@dataclass(frozen=True)
class How:
    """How runs are made.

    Parameters
    ----------
    seed, replicates, threads, out, progress, stop
        As for `lazaretto.studies.run.run_scenario`.
    plan
        What says how long the runs still to be made take, if that is wanted.
    """

    seed: int = 1
    replicates: int = 1
    threads: int | None = None
    out: Path | None = None
    progress: Progress | None = None
    stop: Callable[[], bool] = lambda: False
    plan: Plan | None = None

    def run(self, scenario: Scenario, said: Sequence[str], against: str, of: str) -> RunOutcome:
        """Run a scenario or find its run.

        Parameters
        ----------
        scenario
            The scenario.
        said, against
            What was changed, and against what.
        of
            What the run is in the study, in words.

        Raises
        ------
        Interrupted
            If asked to stop; it says in which run.
        """
        tell, began = self.progress, time.perf_counter()
        try:
            made = run_scenario(
                scenario,
                seed=self.seed,
                replicates=self.replicates,
                threads=self.threads,
                out=self.out,
                progress=None if tell is None else lambda what, share: tell(f"{of}: {what}", share),
                stop=self.stop,
                changed=said,
                against=against,
            )
        except Interrupted as stopped:
            raise Interrupted(
                ", ".join(filter(None, (of, stopped.goes_on_from)))
                if self.out is not None
                else None
            ) from None
        if self.plan is not None and not made.found:
            self.plan.made(time.perf_counter() - began)
        return made

    def run_pair(
        self, pair: Pair, of: str = "", changed: str = "", against: str = ""
    ) -> tuple[RunOutcome, RunOutcome]:
        """Run both policies with the same seeds.

        Parameters
        ----------
        pair
            The two policies.
        of
            What is put before what they are called.
        changed
            What was changed in both besides; said with all that was changed against the library.
        against
            The scenario this was changed in, where nothing else is known of it.
        """
        if pair.changed is None and against:
            pair = replace(pair, changed=Changes(against))
        before = f"{of}, " if of else ""
        ours, theirs = pair.described(changed)
        policy = self.run(pair.policy, ours.said, ours.against, f"{before}{POLICY_NAME}")
        second = OTHER_NAME if pair.confine_alike else LESS_NAME
        less = self.run(pair.less, theirs.said, theirs.against, f"{before}{second}")
        return policy, less


def pair_of(
    scenario: Scenario,
    other: Scenario | None = None,
    without: Sequence[str] = (),
    set_other: Sequence[str] = (),
    added: Sequence[str] = (),
) -> Pair:
    """Return a scenario and what it is compared with.

    Parameters
    ----------
    scenario
        The policy.
    other
        The less restrictive policy; else it is made of the policy.
    without, set_other
        Measures left out and values changed in the less restrictive policy; if there are none, the
        scenario's own less restrictive policy is taken.
    added
        Measures added to the policy, such as ``food_delivery:share=0.5``. If nothing else is named,
        it is compared with the scenario as it is.

    Raises
    ------
    ScenarioError
        If there is nothing to compare with, it cannot be run, or it is not for the same people,
        days and conditions.
    """
    keys = ("--without", "--set-other")
    _refuse_conditions(set_other, keys[1])
    if other is not None and (without or set_other):
        given = "with a second scenario and " + " and ".join(
            key for key, said in zip(keys, (without, set_other), strict=True) if said
        )
        allowed = "a second scenario, or changes that make one of the first"
        raise ScenarioError([Problem("compare", given, allowed, "leave one of them out")])
    policy, less = with_measures(scenario, added) if added else scenario, other
    if less is None and (without or set_other):
        less = _changed(policy, without, set_other, keys)
    if less is None:
        less = scenario if added else scenario.next_less_restrictive()
    if less is None:
        raise ScenarioError(
            [
                Problem(
                    "less_restrictive",
                    "missing, so there is nothing to compare with",
                    "a less restrictive policy for the same people and days",
                    "name a second scenario, use --without MEASURE or --set-other KEY=VALUE, add "
                    "support with --with KIND:KEY=VALUE, or add less_restrictive: to the scenario",
                )
            ]
        )
    check_comparable(policy, less)
    try:
        checked_policy(less)
    except ScenarioError as error:
        raise ScenarioError(
            [Problem(f"{LESS_NAME}: {p.key}", p.value, p.allowed, p.advice) for p in error.problems]
        ) from None
    return Pair(policy, less)


def described_pair(
    pair: Pair, scenario: Scenario, base: Changes, other: Changes | None = None
) -> Pair:
    """Return a pair that knows in what both were changed against the library.

    Parameters
    ----------
    pair
        The pair.
    scenario, base
        The scenario it was made of, before any measure was added, and in what that was changed.
    other
        In what the second scenario was changed; none if the less restrictive policy was made of
        the first.
    """
    added = differing(scenario.resolved(), pair.policy.resolved(), POLICY)
    theirs = base if pair.less == scenario else other
    return replace(pair, changed=base.also(*(each.words for each in added)), less_changed=theirs)


def differences(pair: Pair) -> tuple[str, ...]:
    """Return in what the less restrictive policy differs, each in words."""
    apart = differing(pair.policy.resolved(), pair.less.resolved(), POLICY)
    return tuple(each.words for each in apart)


def aim_of(scenario: Scenario) -> Aim:
    """Return the aim of a scenario; containment by its end if it states none."""
    stated = scenario.aim
    if stated is None:
        return Aim("containment", scenario.end)
    return Aim(stated.kind, stated.by or scenario.end, stated.value, stated.most_infected)


def without_support(scenario: Scenario) -> Scenario | None:
    """Return a scenario without its measures of support, None if it has none."""
    kinds = [kind for kind in SUPPORTING if any(each.measure == kind for each in scenario.measures)]
    return scenario.less_restricted("without support", kinds) if kinds else None


def own_less_restrictive(scenario: Scenario) -> Scenario | None:
    """Return the less restrictive policy that a scenario names, None if there is none.

    A scenario that was changed into its own less restrictive policy has none any more.

    Parameters
    ----------
    scenario
        The policy.

    Raises
    ------
    ScenarioError
        If the two may not be compared.
    """
    less = scenario.next_less_restrictive()
    if less is None or not differing(scenario.resolved(), less.resolved(), POLICY):
        return None
    check_comparable(scenario, less)
    return less


def finished_less_restrictive(
    scenario: Scenario, seed: int, replicates: int, out: Path
) -> RunOutcome | None:
    """Return the finished run of the scenario's own less restrictive policy, if there is one.

    Parameters
    ----------
    scenario
        The policy.
    seed, replicates, out
        Of the run of the policy: only a run with the same seeds below the same folder counts.

    Raises
    ------
    ScenarioError
        If the two may not be compared.
    """
    less = own_less_restrictive(scenario)
    if less is None:
        return None
    folder = RunFolder.of(out, less.name, digest_of(inputs_of(less, seed, replicates)))
    finished = folder.finished()
    return None if finished is None else RunOutcome(finished[1], finished[0], folder, found=True)


def _refuse_conditions(overrides: Sequence[str], key: str) -> None:
    refused = [text for text in overrides if is_condition(text.partition("=")[0])]
    if refused:
        raise ScenarioError([condition_problem(key, text) for text in refused])


def _changed(
    policy: Scenario, without: Sequence[str], set_other: Sequence[str], keys: tuple[str, str]
) -> Scenario:
    """Return the policy without some measures and with other values."""
    said = label(_name_of(without, set_other))
    try:
        return policy.less_restricted(said, without, set_other, keys)
    except ScenarioError as error:
        raise ScenarioError(
            [_no_such_measure(policy, p, keys[1]) for p in error.problems]
        ) from None


def _no_such_measure(policy: Scenario, found: Problem, key: str) -> Problem:
    """Return a problem with advice for who set a value of a measure that the policy lacks."""
    if not (found.key.startswith(f"{key}: measures.") and "entries of measures" in found.allowed):
        return found
    named = sum(entry.name is not None for entry in policy.measures)
    allowed = (
        f"a measure of the policy, by its name or its number: it has {len(policy.measures)}, "
        f"{named} with a name; lazaretto check shows them"
    )
    guessed = f"{found.advice} " if "did you mean" in found.advice else ""
    return Problem(found.key, found.value, allowed, f"{guessed}a measure is added with {ADDED}")


def _name_of(without: Sequence[str], set_other: Sequence[str]) -> str:
    said = (("without", without), ("with", set_other))
    return " and ".join(f"{word} {', '.join(given)}" for word, given in said if given)
