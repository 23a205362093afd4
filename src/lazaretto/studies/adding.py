"""Measures added to a policy from outside: support, care, testing, tracing, vaccination."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from lazaretto.measures import build_measure, known_measures
from lazaretto.nation.checked import checked_policy
from lazaretto.scenario import (
    MeasureEntry,
    Problem,
    Scenario,
    ScenarioError,
    did_you_mean,
    one_of,
)
from lazaretto.scenario.yaml_text import YamlError, read_yaml
from lazaretto.studies.labels import label
from lazaretto.studies.levers import WITHOUT_CONFINING

OPTION = "--with"

ADDED = "--with KIND:KEY=VALUE,KEY=VALUE, such as --with food_delivery:share=0.5"


def with_measures(scenario: Scenario, added: Sequence[str]) -> Scenario:
    """Return a scenario with further measures, after its own.

    They are in force from its first day where they say no other.

    Parameters
    ----------
    scenario
        The scenario.
    added
        Measures such as ``food_delivery:share=0.5,from=2022-04-01``.

    Raises
    ------
    ScenarioError
        If one is not of a kind that may be added, or cannot be in this scenario.
    """
    entries, problems = [], []
    for text in added:
        entry, wrong = _entry(text, scenario)
        problems += wrong
        if entry is not None:
            entries.append(entry)
    if problems:
        raise ScenarioError(problems)
    # Not as a value of measures: what is set as a whole would no longer be drawn in any of them.
    said = label(f"with {', '.join(added)}")
    changed = scenario.less_restricted(said, keys=("--without", OPTION), added=entries)
    try:
        checked_policy(changed)
    except ScenarioError as error:
        raise ScenarioError(
            [Problem(f"{OPTION}: {p.key}", p.value, p.allowed, p.advice) for p in error.problems]
        ) from None
    return changed


def _entry(text: str, scenario: Scenario) -> tuple[dict[str, Any] | None, list[Problem]]:
    kind, _, rest = (part.strip() for part in text.partition(":"))
    if kind not in WITHOUT_CONFINING:
        allowed = f"support, care, testing, tracing or vaccination: {one_of(WITHOUT_CONFINING)}"
        if kind in known_measures():
            advice = "write a measure that confines in a scenario, and name that as the policy"
        else:
            otherwise = "choose one of them; any other measure is written in a scenario"
            advice = did_you_mean(kind, WITHOUT_CONFINING, otherwise)
        return None, [Problem(OPTION, text, allowed, advice)]
    entry: dict[str, Any] = {"measure": kind}
    # A comma within a list, as in areas=[A,B], is followed by no key.
    for part in re.split(r",(?=\s*\w+\s*=)", rest) if rest else []:
        key, equals, value = (each.strip() for each in part.partition("="))
        if not equals or not key or key == "measure":
            return None, [Problem(OPTION, text, ADDED, "write key=value, with a comma between two")]
        try:
            entry[key] = read_yaml(value)
        except YamlError as error:
            advice = f"correct it: {error.said}"
            return None, [Problem(f"{OPTION} {kind}.{key}", value, "a YAML value", advice)]
    try:
        written = MeasureEntry.model_validate(entry)
    except ValidationError:
        allowed = "a name for it, which no other measure has"
        return None, [Problem(f"{OPTION} {kind}.name", entry.get("name"), allowed, "write a word")]
    _, problems = build_measure(f"{OPTION} {kind}", written, scenario.folder)
    return (None, problems) if problems else (entry, [])
