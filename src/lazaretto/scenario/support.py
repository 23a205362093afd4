"""Which support a scenario gives to those who are confined, and which of it cannot act."""

from __future__ import annotations

from lazaretto.scenario.behaviour import Behaviour
from lazaretto.scenario.model import MeasureEntry, Scenario

SUPPORT: dict[str, str] = {
    "food_delivery": "hardship",
    "medical_passes": "hardship",
    "income_support": "hardship",
    "official_information": "trust",
    "visiting_rights": "",
    "longest_stay": "",
}
"""Measures of support, and the part of behaviour through which each acts; none if without it."""

AMOUNTS = ("share", "accuracy")
"""Parameters of measures of support of which 0 is no support."""


def support_in(scenario: Scenario) -> dict[str, str]:
    """Return the measures of support of a scenario, with why one cannot act; empty if it can.

    Parameters
    ----------
    scenario
        The policy.
    """
    found: dict[str, str] = {}
    for entry in scenario.measures:
        if entry.measure not in SUPPORT:
            continue
        why = _idle(entry, scenario.behaviour)
        # Of several measures of a kind one that acts is enough.
        if found.get(entry.measure) != "":
            found[entry.measure] = why
    return found


def _idle(entry: MeasureEntry, behaviour: Behaviour | None) -> str:
    given = entry.parameters()
    for amount in AMOUNTS:
        if amount in given and given[amount] == 0:
            return f"{amount} 0"
    part = SUPPORT[entry.measure]
    if not part:
        return ""
    if behaviour is None:
        return "the scenario has no `behaviour`"
    return "" if getattr(behaviour, part).active else f"`behaviour.{part}` is off"
