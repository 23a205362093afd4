"""Which two policies may be compared: for the same people and days, and the same conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lazaretto.engine.checked import place_of
from lazaretto.measures.named import NoSuchMeasureError, measure_class
from lazaretto.scenario import Problem, Scenario, ScenarioError, shown
from lazaretto.scenario.aim import JUDGED_BY, POLICY
from lazaretto.scenario.reading import fields_of
from lazaretto.studies.differing import Difference, differing
from lazaretto.studies.levers import is_condition

MAY_DIFFER = {"name", "title", "description", "place", "outputs", *POLICY, *JUDGED_BY}
"""Keys in which two scenarios that are compared may differ; places may be written differently."""

POLICY_NAME, LESS_NAME = "the policy", "the less restrictive policy"

OTHER_NAME = "the other policy"
"""What the second policy is called where it orders no less confinement than the first."""


def check_comparable(policy: Scenario, less: Scenario) -> None:
    """Refuse two policies that are the same, or not for the same people, days and conditions.

    Raises
    ------
    ScenarioError
        With every key in which they must not differ; conditions of the society under study, such as
        enforcement, wherever they stand, in the parameters of a measure too.
    """
    if _where(policy) != _where(less):
        allowed = f"{policy.place}, as in {policy.name}: policies are compared for the same people"
        advice = "name a policy for the same place; two places are two runs"
        raise ScenarioError([Problem(f"{LESS_NAME}: place", less.place, allowed, advice)])
    ours, theirs = policy.resolved(), less.resolved()
    apart = differing(ours, theirs, POLICY)
    problems = list(_conditions(policy, less, apart))
    for key in dict.fromkeys([*ours, *theirs]):
        before, after = ours.get(key), theirs.get(key)
        if key == "posterior":  # a number that a policy sets is not drawn in it
            before, after = ((part or {}).get("draws") for part in (before, after))
        if key not in MAY_DIFFER and before != after:
            problems += _another(policy, key, before, after)
    if not problems and not apart:
        problems = [
            Problem(
                LESS_NAME,
                "the same policy",
                f"other {', '.join(POLICY[:-1])} or {POLICY[-1]}",
                "leave out a measure with --without, change one with --set-other, or add support "
                "with --with",
            )
        ]
    if problems:
        raise ScenarioError(problems)


def condition_problem(key: str, given: str) -> Problem:
    """Return what is said to who would compare, search or rank over a condition."""
    return Problem(
        key,
        shown(given),
        "no enforcement, repression, deletion or throttling: these are conditions of the society "
        "under study, not levers",
        "leave it out; a condition is set for both policies alike, in the scenario",
    )


def _another(policy: Scenario, key: str, ours: object, theirs: object) -> Iterator[Problem]:
    allowed = (
        f"the same as in {policy.name}: two policies are compared for the same people, virus, days "
        "and conditions"
    )
    if key != "behaviour":
        advice = f"take over {key}: from {policy.name}, or set it for both with --set"
        yield Problem(f"{LESS_NAME}: {key}", "another", allowed, advice)
        return
    advice = (
        "set it for both with --set; whether the answer hangs on how people respond is what "
        "--structures tries, in both policies; to see one response beside another, make two runs "
        "with lazaretto run"
    )
    if not isinstance(ours, Mapping) or not isinstance(theirs, Mapping):
        yield Problem(f"{LESS_NAME}: behaviour", "another", allowed, advice)
        return
    for each in differing({key: ours}, {key: theirs}):
        at = f"{LESS_NAME}: {each.key}"
        if is_condition(each.key):
            yield condition_problem(at, f"another, {each.words}")
        else:
            yield Problem(at, f"another, {each.words}", allowed, advice)


def _conditions(policy: Scenario, less: Scenario, apart: list[Difference]) -> Iterator[Problem]:
    """Yield the conditions among the parameters of what differs in two policies.

    Of a measure that differs in anything, or that one of them lacks, every parameter is looked at:
    an arrest rate from one day earlier is another arrest rate.
    """
    for each in apart:
        section = each.key.partition(".")[0]
        entries = [(policy, each.before), (less, each.after)]
        keys = [each.key, *(f"{section}.{key}" for where, entry in entries if entry is not None
                            for key in _keys(where, entry))]  # fmt: skip
        for key in dict.fromkeys(keys):
            if is_condition(key):
                yield condition_problem(f"{LESS_NAME}: {key}", f"another, {each.words}")
                break


def _keys(where: Scenario, entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a measure or resource is and every key it has, written or not."""
    word = str(entry.get("measure") or "")
    if word:
        yield word.rpartition(":")[2]  # the folder of a measure of one's own says nothing
    yield from _written(entry)
    if ":" in word:
        try:
            yield from fields_of(measure_class(word, where.folder))
        except NoSuchMeasureError:
            return  # said when the scenario is checked


def _written(entry: object) -> Iterator[str]:
    if isinstance(entry, Mapping):
        for key, part in entry.items():
            yield str(key)
            yield from _written(part)
    elif isinstance(entry, list):
        for part in entry:
            yield from _written(part)


def _where(scenario: Scenario) -> str | Path:
    if scenario.nation is not None:
        return scenario.place
    place = place_of(scenario)
    return place.resolve() if isinstance(place, Path) else place
