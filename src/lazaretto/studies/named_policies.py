"""Policies by what a user calls them: an alternative, a scenario, a file, a measure to add."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from lazaretto.engine.checked import checked_measures, read_checked
from lazaretto.measures import known_measures
from lazaretto.scenario import Problem, Scenario, ScenarioError, did_you_mean, library
from lazaretto.studies.adding import with_measures
from lazaretto.studies.levers import WITHOUT_CONFINING

OPTION = "--with"


def is_measure(base: Scenario, text: str) -> bool:
    """Return whether a text such as ``food_delivery:share=0.5`` is meant to add a measure.

    An alternative of the scenario may be called as a measure is; its name goes first.
    """
    if any(each.name == text for each in base.alternatives):
        return False
    word = text.partition(":")[0].strip()
    return word in known_measures() or (":" in text and "=" in text)


def policy_named(
    base: Scenario, name: str, begins: date | None = None, overrides: Sequence[str] = ()
) -> Scenario:
    """Return a policy by its name.

    Parameters
    ----------
    base
        The scenario it is an alternative to.
    name
        An alternative that the scenario names, the scenario itself, another scenario of the
        library, the path of a file, or a measure to add to the scenario
        (`lazaretto.studies.adding`).
    begins
        The day from which an added measure is in force that says no other; its first if absent.
    overrides
        What was set in the scenario; another scenario is given the same.

    Raises
    ------
    ScenarioError
        If there is none, or it cannot be run.
    """
    if is_measure(base, name):
        return with_measures(base, [_from(name, begins)])
    for each in base.alternatives:
        if each.name == name:
            return _alternative(base, name)
    if name == base.name:
        return base
    known = [*(each.name for each in base.alternatives), *dict(library()), *WITHOUT_CONFINING]
    if name not in dict(library()) and not ("/" in name or name.endswith((".yaml", ".yml"))):
        own = ", ".join(each.name for each in base.alternatives)
        allowed = (
            f"an alternative of {base.name} ({own or 'it names none'}), a scenario, the path of a "
            "YAML file, or a measure with its values"
        )
        advice = did_you_mean(name, known, "add it to alternatives: in the scenario, or name one")
        raise ScenarioError([Problem(OPTION, name, allowed, advice)])
    return read_checked(name, overrides)


def _alternative(base: Scenario, name: str) -> Scenario:
    given = next(each for each in base.alternatives if each.name == name)
    keys = (f"alternatives.{name}.without", f"alternatives.{name}.set")
    policy = base.less_restricted(name, given.without, given.changes, keys, given.added)
    if policy.nation is None:
        try:
            checked_measures(policy)
        except ScenarioError as error:
            raise ScenarioError(
                [Problem(f"alternatives.{name}: {p.key}", p.value, p.allowed, p.advice)
                 for p in error.problems]
            ) from None  # fmt: skip
    return policy


def _from(text: str, begins: date | None) -> str:
    """Return a measure to add with its first day, where it says none."""
    if begins is None or "from=" in text.replace(" ", ""):
        return text
    return f"{text}{',' if ':' in text else ':'}from={begins}"
