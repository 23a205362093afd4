"""What a run of the nation starts from: a plan of every city, and how people travel."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from lazaretto.disease import CourseTable, courses, variant
from lazaretto.engine.checked import checked_measures
from lazaretto.engine.prepare import Prepared, prepare
from lazaretto.measures import ArrivalQuarantine, Measure
from lazaretto.nation import calendar
from lazaretto.nation.cities import City
from lazaretto.nation.derive import CityScenario, city_scenarios
from lazaretto.nation.flows import daily_trips
from lazaretto.nation.member import Plan
from lazaretto.nation.travel import Flows
from lazaretto.scenario import Problem, Scenario, ScenarioError
from lazaretto.scenario.nation import ManyCities, Travel


@dataclass(frozen=True)
class NationPlan:
    """A checked scenario of many cities, ready to run.

    Parameters
    ----------
    scenario
        The scenario.
    cities
        Every city with its own scenario.
    plans
        What the nation needs of each city.
    flows
        Intended travel.
    courses
        The disease.
    """

    scenario: Scenario
    cities: tuple[CityScenario, ...]
    plans: tuple[Plan, ...]
    flows: Flows
    courses: CourseTable

    def measures(self) -> list[Measure]:
        """Return the measures of all cities, those of several cities once."""
        found: dict[int, Measure] = {id(m): m for plan in self.plans for m in plan.measures}
        return list(found.values())


def plan_nation(scenario: Scenario) -> NationPlan:
    """Check a scenario of many cities and plan it.

    Parameters
    ----------
    scenario
        The scenario.

    Raises
    ------
    ScenarioError
        With every problem at once; one that all cities share is said once.
    """
    cities = city_scenarios(scenario)
    measures = _checked(cities)
    quarantine = [m.days for some in measures for m in some if isinstance(m, ArrivalQuarantine)]
    flows = flows_of(scenario, [each.city for each in cities], max(quarantine, default=0))
    plans = [_plan(each, some) for each, some in zip(cities, measures, strict=True)]
    table = courses(variant(scenario.disease))
    return NationPlan(scenario, tuple(cities), tuple(plans), flows, table)


def _checked(cities: Sequence[CityScenario]) -> list[list[Measure]]:
    """Return the measures of each city; what several cities have in common is made once."""
    problems: dict[tuple[str, str], Problem] = {}
    made: dict[str, list[Measure]] = {}
    found: list[list[Measure]] = []
    for each in cities:
        written = json.dumps([entry.model_dump(mode="json") for entry in each.scenario.measures])
        try:
            if written not in made:
                made[written] = checked_measures(each.scenario)
            found.append(made[written])
        except ScenarioError as error:
            for problem in error.problems:
                problems.setdefault((problem.key, problem.allowed), problem)
    if problems:
        raise ScenarioError(list(problems.values()))
    return found


def _plan(each: CityScenario, measures: Sequence[Measure]) -> Plan:
    city, scenario = each.city, each.scenario
    days = [(day - scenario.start).days for seeds in scenario.seeding for day in seeds.dates()]
    active = [m for m in measures if m.last is None or m.last >= scenario.start]

    def prepared(seed: int) -> Prepared:
        return prepare(scenario, seed)

    return Plan(
        name=city.title,
        code=city.code,
        province=city.province,
        n_persons=city.population,
        measures=tuple(measures),
        first_seed=min(days, default=None),
        sleeps=all(m.idle_without_cases() for m in active) and not _stirs(scenario),
        prepare=prepared,
    )


def _stirs(scenario: Scenario) -> bool:
    """Return whether something comes to a city from outside: flights, or messages."""
    behaviour = scenario.behaviour
    news = behaviour is not None and bool(behaviour.messages.seeded)
    return news or scenario.border is not None


def flows_of(scenario: Scenario, cities: Sequence[City], quarantine_days: int = 0) -> Flows:
    """Return intended travel between cities over the days of a run.

    Parameters
    ----------
    scenario
        The scenario, with its section ``nation``.
    cities
        The cities that take part.
    quarantine_days
        Longest quarantine after a trip.

    Raises
    ------
    ScenarioError
        If the user's own table of trips has problems.
    """
    travel = (scenario.nation or ManyCities()).travel
    own = None
    if travel.flows is not None:
        own = (scenario.folder or Path.cwd()) / travel.flows
    trips = daily_trips([city.code for city in cities], own=own)
    stays = calendar.stay_lengths(scenario.start)
    before = stays.size + quarantine_days
    days = [scenario.start + timedelta(days=day) for day in range(-before, scenario.n_days)]
    by_day = []
    for day in days:
        kind = calendar.trips_multiplier(day) if travel.as_observed else calendar.kind_of_day(day)
        by_day.append(kind * _level(travel, day))
    multiplier = np.array(by_day)
    if not multiplier.any():
        trips = np.zeros_like(trips)
    return Flows(trips, np.array([calendar.stay_lengths(day) for day in days]), multiplier, before)


def _level(travel: Travel, day: date) -> float:
    levels = sorted(travel.levels, key=lambda each: each.first)
    before = [each.level for each in levels if each.first <= day]
    return float(before[-1] if before else travel.level)
