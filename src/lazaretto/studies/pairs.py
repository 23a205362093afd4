"""A policy and the less restrictive one it is held against, for the same people and days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lazaretto.engine.checked import checked_measures, place_of
from lazaretto.outcomes.aims import Aim
from lazaretto.scenario import MeasureEntry, Problem, Scenario, ScenarioError, shown
from lazaretto.scenario.aim import JUDGED_BY, POLICY
from lazaretto.scenario.support import support_in
from lazaretto.studies.changes import Changes, changes
from lazaretto.studies.levers import is_condition
from lazaretto.studies.run import Interrupted, Progress, RunOutcome, run_scenario
from lazaretto.studies.run_folder import RunFolder, digest_of, inputs_of

MAY_DIFFER = {"name", "title", "description", "place", "outputs", *POLICY, *JUDGED_BY}
"""Keys in which two scenarios that are compared may differ; places may be written differently."""

POLICY_NAME, LESS_NAME = "the policy", "the less restrictive policy"


@dataclass(frozen=True)
class Pair:
    """Two policies that are compared.

    Parameters
    ----------
    policy, less
        The policy and the less restrictive one.
    changed
        In what the policy was changed against the library, if that is known.
    """

    policy: Scenario
    less: Scenario
    changed: Changes | None = None

    def varied(self, said: str, overrides: Mapping[str, object]) -> Pair:
        """Return both with other values, see `lazaretto.scenario.Scenario.varied`."""
        return Pair(self.policy.varied(said, overrides), self.less.varied(said, overrides))


@dataclass(frozen=True)
class How:
    """How runs are made: as for `lazaretto.studies.run.run_scenario`."""

    seed: int = 1
    replicates: int = 1
    threads: int | None = None
    out: Path | None = None
    progress: Progress | None = None
    stop: Callable[[], bool] = lambda: False

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
        tell = self.progress
        try:
            return run_scenario(
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
        changed, against
            What was changed in both, and against which scenario; else as against the library.
        """
        before = f"{of}, " if of else ""
        different = pair.changed or changes(pair.policy)
        said, base = ((changed,), against) if changed else (different.said, different.against)
        policy = self.run(pair.policy, said, base, f"{before}{POLICY_NAME}")
        also = (*differences(pair), *([changed] if changed else []))
        less = self.run(pair.less, also, against or pair.policy.name, f"{before}{LESS_NAME}")
        return policy, less


def pair_of(
    scenario: Scenario,
    other: Scenario | None = None,
    without: Sequence[str] = (),
    set_other: Sequence[str] = (),
) -> Pair:
    """Return a scenario and what it is compared with.

    Parameters
    ----------
    scenario
        The policy.
    other
        The less restrictive policy; else it is made of `scenario`.
    without, set_other
        Measures left out and values changed in the less restrictive policy; if there are none, the
        scenario's own less restrictive policy is taken.

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
    less = other
    if less is None and (without or set_other):
        less = scenario.less_restricted(_name_of(without, set_other), without, set_other, keys)
    if less is None:
        less = scenario.next_less_restrictive()
    if less is None:
        raise ScenarioError(
            [
                Problem(
                    "less_restrictive",
                    "missing, so there is nothing to compare with",
                    "a less restrictive policy for the same people and days",
                    "name a second scenario, use --without MEASURE or --set-other KEY=VALUE, or "
                    "add less_restrictive: to the scenario",
                )
            ]
        )
    pair = Pair(scenario, less)
    _check_same_people(pair)
    try:
        checked_measures(less)
    except ScenarioError as error:
        raise ScenarioError(
            [Problem(f"{LESS_NAME}: {p.key}", p.value, p.allowed, p.advice) for p in error.problems]
        ) from None
    return pair


def differences(pair: Pair) -> tuple[str, ...]:
    """Return in what the less restrictive policy differs, each in words."""
    said, left = [], list(pair.less.measures)
    for entry in pair.policy.measures:
        if entry in left:
            left.remove(entry)
            continue
        alike = next((each for each in left if _called(each) == _called(entry)), None)
        if alike is not None:
            left.remove(alike)
        said.append(f"{'without' if alike is None else 'other'} {_called(entry)}")
    said += [f"with {_called(entry)}" for entry in left]
    for section in POLICY[1:]:
        if getattr(pair.policy, section) != getattr(pair.less, section):
            said.append(f"other {section}")
    return tuple(said)


def aim_of(scenario: Scenario) -> Aim:
    """Return the aim of a scenario; containment by its end if it states none."""
    stated = scenario.aim
    if stated is None:
        return Aim("containment", scenario.end)
    return Aim(stated.kind, stated.by or scenario.end, stated.value, stated.most_infected)


def support_of(scenario: Scenario) -> dict[str, str]:
    """Return the support that a scenario gives, with why one cannot act."""
    return support_in(scenario)


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
    """
    less = scenario.next_less_restrictive()
    if less is None:
        return None
    folder = RunFolder.of(out, less.name, digest_of(inputs_of(less, seed, replicates)))
    finished = folder.finished()
    return None if finished is None else RunOutcome(finished[1], finished[0], folder, found=True)


def _refuse_conditions(overrides: Sequence[str], key: str) -> None:
    refused = [text for text in overrides if is_condition(text.partition("=")[0])]
    if refused:
        raise ScenarioError([condition_problem(key, text) for text in refused])


def condition_problem(key: str, given: str) -> Problem:
    """Return what is said to who would compare, search or rank over a condition."""
    return Problem(
        key,
        shown(given),
        "no enforcement, repression, deletion or throttling: these are conditions of the society "
        "under study, not levers",
        "leave it out; a condition is set for both policies alike, in the scenario",
    )


def _check_same_people(pair: Pair) -> None:
    ours, theirs = pair.policy.resolved(), pair.less.resolved()
    differ = [
        key
        for key in dict.fromkeys([*ours, *theirs])
        if key not in MAY_DIFFER and ours.get(key) != theirs.get(key)
    ]
    if _where(pair.policy) != _where(pair.less):
        differ.append("place")
    problems = [
        Problem(
            f"{LESS_NAME}: {key}",
            "another",
            f"the same as in {pair.policy.name}: two policies are compared for the same people, "
            "virus, days and conditions",
            f"take over {key}: from {pair.policy.name}, or set it for both with --set",
        )
        for key in differ
    ]
    if not problems and not differences(pair):
        problems = [
            Problem(
                LESS_NAME,
                "the same policy",
                f"other {', '.join(POLICY[:-1])} or {POLICY[-1]}",
                "leave out a measure with --without, or change one with --set-other",
            )
        ]
    if problems:
        raise ScenarioError(problems)


def _called(entry: MeasureEntry) -> str:
    return entry.name or entry.measure


def _where(scenario: Scenario) -> str | Path:
    place = place_of(scenario)
    return place.resolve() if isinstance(place, Path) else place


def _name_of(without: Sequence[str], set_other: Sequence[str]) -> str:
    said = (("without", without), ("with", set_other))
    return " and ".join(f"{word} {', '.join(given)}" for word, given in said if given)
