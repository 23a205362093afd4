"""The days that policies share before they part, and what keeps two of them from sharing them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np

from lazaretto.engine.checked import checked_measures
from lazaretto.measures import Measure, Stock, stocks_of
from lazaretto.scenario import Problem, Scenario, ScenarioError
from lazaretto.studies.comparable import LESS_NAME, check_comparable
from lazaretto.studies.differing import differing

ONE_CITY = "a scenario of one city"

STILL = "still in force"
"""Stands for the last day of a measure that goes on to the day policies part, or beyond it."""


class Held(NamedTuple):
    """What a run keeps from its first day on because of the measures it has, in force or not.

    Whether it looks for infected persons, remembers who infected whom, may move persons, and has
    any measure at all. Two runs that keep different things reach a day in different states, though
    with the same results.
    """

    seeks: bool
    backward: bool
    moves: bool
    some: bool


def held_by(measures: list[Measure]) -> Held:
    """Return what a run keeps because of its measures.

    Parameters
    ----------
    measures
        Those of the scenario, later ones included.
    """
    return Held(
        any(each.finds_infected for each in measures),
        any(getattr(each, "backward", False) for each in measures),
        any(each.moves_persons for each in measures),
        bool(measures),
    )


def before(scenario: Scenario, on: date, measures: list[Measure]) -> list[int]:
    """Return the numbers of the measures that may act before a date, in their order.

    Parameters
    ----------
    scenario, measures
        The scenario and its measures as built.
    on
        The date.
    """
    return [i for i, each in enumerate(measures) if (each.first or scenario.start) < on]


def past_of(scenario: Scenario, on: date, measures: list[Measure]) -> list[dict[str, Any]]:
    """Return the measures that may act before a date, as far as they decide on the days before it.

    How long one still goes on afterwards is left out: no shipped measure looks ahead to its last
    day. A measure of one's own may, so of those it is kept.

    Parameters
    ----------
    scenario, measures
        The scenario and its measures as built.
    on
        The date.
    """
    entries = scenario.resolved().get("measures", [])
    found = []
    for i in before(scenario, on, measures):
        entry, last = dict(entries[i]), measures[i].last
        goes_on = last is None or (on - last).days <= 1
        if goes_on and ":" not in str(entry["measure"]):
            entry["to"] = STILL
        found.append(entry)
    return found


def check_shared(base: Scenario, policy: Scenario, on: date) -> None:
    """Refuse a policy that differs from another one before a date.

    Parameters
    ----------
    base, policy
        The scenario whose past is shared, and one that would go on from it.
    on
        The first day on which they may differ.

    Raises
    ------
    ScenarioError
        With everything in which they differ before it, and conditions in which they may not differ
        on any day.
    """
    problems = list(_other_conditions(base, policy))
    ours, theirs = checked_measures(base), checked_measures(policy)
    first, second = past_of(base, on, ours), past_of(policy, on, theirs)
    same = f"the same as in {base.name} before {on}"
    for each in differing({"measures": first}, {"measures": second}, ("measures",)):
        advice = (
            f"let the change begin on {on}: end the measure the day before and give another from "
            f"that day, as docs/branching.md shows, or branch on an earlier day"
        )
        problems.append(Problem(f"{policy.name}: {each.key}", each.words, same, advice))
    problems += _other_stocks(base, policy, on, same)
    if base.resolved().get("vaccination") != policy.resolved().get("vaccination"):
        advice = "give further doses with the measure vaccination_campaign, from that day on"
        problems.append(Problem(f"{policy.name}: vaccination", "another", same, advice))
    if problems:
        raise ScenarioError(problems)


def check_day(base: Scenario, on: date) -> None:
    """Refuse a date on which nothing can be branched.

    Raises
    ------
    ScenarioError
        If the scenario is of many cities, or the date is not within its days.
    """
    problems = []
    if base.nation is not None:
        advice = "branch one of its cities as a scenario of its own"
        problems.append(Problem("branch", base.place, ONE_CITY, advice))
    if not base.start < on <= base.end:
        first = base.start + timedelta(days=1)
        allowed = f"a day after the first of the run, up to its last: {first} to {base.end}"
        problems.append(Problem("--on", on, allowed, "choose a day on which policies may part"))
    if problems:
        raise ScenarioError(problems)


def _other_conditions(base: Scenario, policy: Scenario) -> Iterator[Problem]:
    """Yield what may not differ on any day: place, days, virus, behaviour, conditions."""
    try:
        check_comparable(base, policy)
    except ScenarioError as error:
        for each in error.problems:
            if each.key != LESS_NAME:  # that they are the same policy is no problem here
                key = each.key.replace(LESS_NAME, policy.name)
                yield Problem(key, each.value, each.allowed, each.advice)


def _other_stocks(base: Scenario, policy: Scenario, on: date, same: str) -> Iterator[Problem]:
    day = (on - base.start).days
    ours, theirs = stocks_of(base), stocks_of(policy)
    for i, stock in enumerate(ours):
        if i >= len(theirs) or _known(stock, day) != _known(theirs[i], day):
            given = theirs[i].name if i < len(theirs) else "missing"
            advice = "keep the resources and their order; change amounts from that day on"
            yield Problem(f"{policy.name}: resources.{stock.name}", given, same, advice)
    for stock in theirs[len(ours) :]:
        if np.any(stock.amount[:day]):
            allowed = f"a new stock that opens on {on} or later"
            advice = f"write from: {on} where it is opened"
            yield Problem(f"{policy.name}: resources.{stock.name}", "open before", allowed, advice)


def _known(stock: Stock, day: int) -> tuple[object, ...]:
    """Return all of a stock that matters before a day of the run."""
    amount = tuple(stock.amount[:day].tolist())
    return stock.name, stock.unit, stock.contacts, stock.bus_contacts, amount
