"""From a scenario of many cities to one scenario for each of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lazaretto.measures import TravelMeasure, known_measures
from lazaretto.nation.cities import City, every_city
from lazaretto.nation.city_names import chosen_cities, local_area, names_known, names_of, several_of
from lazaretto.nation.own_policies import OWN, own_policies
from lazaretto.nation.stages import in_stages, stage_problems
from lazaretto.people.areas import read_area
from lazaretto.people.census import shares_to_counts
from lazaretto.scenario import ALL, Problem, Scenario, ScenarioError, did_you_mean
from lazaretto.scenario.area_checks import named_areas
from lazaretto.scenario.nation import NATION, ManyCities

ELSEWHERE = ("nation", "less_restrictive", "alternatives", "aim", "outputs")
"""Sections that say nothing about a single city."""

ON_TRAVEL = {word for word, kind in known_measures().items() if issubclass(kind, TravelMeasure)}
"""Measures of the nation that hold in cities with a policy of their own too."""


@dataclass(frozen=True)
class CityScenario:
    """A city of the nation and what is simulated in it."""

    city: City
    scenario: Scenario


def city_scenarios(scenario: Scenario) -> list[CityScenario]:
    """Return one scenario for each city of a scenario of many cities.

    Parameters
    ----------
    scenario
        The scenario, with its section ``nation``.

    Raises
    ------
    ScenarioError
        With every problem at once.
    """
    many = scenario.nation or ManyCities()
    cities = chosen_cities(many)
    problems = [*_area_problems(scenario, cities), *stage_problems(scenario, many)]
    if scenario.outputs.events:
        allowed = "false: infections of many cities are counted, not written one by one"
        problems.append(Problem("outputs.events", True, allowed, "simulate one city alone"))
    owners, wrong = own_policies(scenario, many, cities)
    if problems or wrong:
        raise ScenarioError([*problems, *wrong])
    written = {key: part for key, part in scenario.resolved().items() if key not in ELSEWHERE}
    shares = _apportioned(written, cities)
    made: dict[str, Scenario] = {}

    def of_city(city: City) -> dict[str, Any]:
        return _of_city(written, many, scenario, city, shares)

    found = []
    for city in cities:
        own = owners.get(city.code)
        mine = of_city(city)
        if own is not None:
            travel = [entry for entry in mine["measures"] if entry["measure"] in ON_TRAVEL]
            rest = {key: part for key, part in mine.items() if key not in OWN}
            theirs = own.measures(many, scenario)
            mine = {**rest, **own.sections, "measures": [*theirs, *travel]}
        mine["resources"] = _scaled(mine.get("resources", []), city.population)
        text = json.dumps(mine, sort_keys=True, default=str)
        if text not in made:
            made[text] = type(scenario).from_mapping(mine | {"place": city.code})
            made[text]._folder = scenario.folder
        like = made[text]
        named = {"place": city.code, "name": f"{scenario.name}-{city.name}", "title": city.title}
        copy = like.model_copy(update=named)
        copy._folder = scenario.folder
        found.append(CityScenario(city, copy))
    return found


def _apportioned(written: Mapping[str, Any], cities: Sequence[City]) -> list[dict[str, int]]:
    """Return the infections a day of each block of seeding, by code of the city.

    Those of several cities are shared out by residents, whole persons, largest remainders first: of
    all among the cities that take part; of a province or of china among all that it has, so that
    fewer cities in a run do not get what is meant for others.
    """
    names, found = names_known(), []
    for seeds in written.get("seeding", []):
        head = str(seeds["area"]).lower().partition("/")[0]
        among = cities if head == ALL else every_city()
        codes = set(names.get(head, [])) if head not in (ALL, NATION) else None
        there = [city for city in among if codes is None or city.code in codes]
        persons = np.array([city.population for city in there], np.float64)
        total = int(seeds["infections_per_day"]["value"])
        numbers = shares_to_counts(persons, total).tolist() if there else []
        found.append({c.code: n for c, n in zip(there, numbers, strict=True)})
    return found


def _of_city(
    written: Mapping[str, Any],
    many: ManyCities,
    scenario: Scenario,
    city: City,
    apportioned: Sequence[Mapping[str, int]],
) -> dict[str, Any]:
    """Return what is written for all cities as it stands in one of them."""
    districts = read_area(city.code).districts if _names_districts(written, city) else (city.title,)
    seeding = []
    for seeds, shares in zip(written.get("seeding", []), apportioned, strict=True):
        area = local_area(seeds["area"], city, districts)
        number = shares.get(city.code, 0)
        if area is not None and number:
            amount = {**seeds["infections_per_day"], "value": number}
            seeding.append({**seeds, "area": area, "infections_per_day": amount})
    measures: list[dict[str, Any]] = []
    for entry in written.get("measures", []):
        where = _where(entry.get("areas", ALL), city, districts)
        if not where:
            continue
        placed = {**entry, "areas": where} if "areas" in entry else dict(entry)
        measures += in_stages(placed, many.stages, scenario.start, scenario.end)
    found = {**written, "seeding": seeding, "measures": measures}
    border = written.get("border")
    if border is not None:
        area = local_area(border["area"], city, districts)
        if area is None:
            found.pop("border")
        else:
            found["border"] = {**border, "area": area}
    return found


def _names_districts(written: Mapping[str, Any], city: City) -> bool:
    parts = [written.get(key) for key in ("seeding", "measures", "border")]
    text = json.dumps(parts).lower()
    return any(f'"{name}/' in text for name in names_of(city))


def _where(given: object, city: City, districts: Sequence[str]) -> str | list[str]:
    listed = given if isinstance(given, list) else [given]
    found = [local_area(str(area), city, districts) for area in listed]
    if ALL in found:
        return ALL
    return [area for area in found if area is not None]


def _scaled(resources: list[dict[str, Any]], persons: int) -> list[dict[str, Any]]:
    """Return resources with amounts per 100,000 residents turned into whole amounts."""
    scaled = []
    for resource in resources:
        if not resource.get("per_100000"):
            scaled.append(resource)
            continue
        opened = [
            {**step, "amount": {
                **step["amount"], "value": _whole(step["amount"]["value"] * persons / 100_000),
            }}
            for step in resource["opened"]
        ]  # fmt: skip
        scaled.append({**resource, "per_100000": False, "opened": opened})
    return scaled


def _whole(amount: float) -> int:
    """Return an amount as a whole number; where there is any there is at least one."""
    return max(round(amount), 1 if amount > 0 else 0)


def _area_problems(scenario: Scenario, cities: Sequence[City]) -> list[Problem]:
    """Return the areas that mean nothing in any city that takes part, or more than one city."""
    names, taking_part = names_known(), {city.code for city in cities}
    problems = []
    for key, area in ((key, str(area)) for key, area in named_areas(scenario)):
        head, slash, district = area.lower().partition("/")
        codes = sorted(set(names.get(head, [])))
        known: list[str] = list(names)
        several = several_of(key, area, codes)
        if several is not None:
            problems.append(several)
            continue
        if codes and not taking_part & set(codes):
            if key.startswith("seeding.") and any(
                s.area in (ALL, NATION) for s in scenario.seeding
            ):
                continue  # some cities of a nation: whom the others begin with is left out
            allowed = "a city that takes part"
            problems.append(Problem(key, area, allowed, "add it to nation.cities, or remove this"))
            continue
        if key == "border.area" and len(codes) != 1:
            allowed = "the city where flights arrive, or City/District"
        elif slash and codes:
            inside = [name for code in codes for name in read_area(code).districts]
            if district in [name.lower() for name in inside]:
                continue
            allowed, known = f"a district of {head}", [f"{head}/{name}" for name in inside]
        elif codes or area in (ALL, NATION):
            continue
        else:
            allowed = "all, china, a city, a province, or City/District"
        advice = did_you_mean(area, known, "see lazaretto list --places")
        problems.append(Problem(key, area, allowed, advice))
    return problems
