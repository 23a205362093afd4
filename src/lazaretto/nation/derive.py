"""From a scenario of many cities to one scenario for each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np

from lazaretto.measures import TravelMeasure, known_measures
from lazaretto.nation.cities import City, every_city
from lazaretto.people.areas import ALSO_CALLED, read_area
from lazaretto.people.census import shares_to_counts
from lazaretto.scenario import ALL, Problem, Scenario, ScenarioError, did_you_mean
from lazaretto.scenario.area_checks import named_areas
from lazaretto.scenario.nation import ManyCities, Stage

ELSEWHERE = ("nation", "less_restrictive", "alternatives", "aim", "outputs")
"""Sections that say nothing about a single city."""

OWN = (
    "measures", "resources", "seeding", "contacts", "confinement", "behaviour", "vaccination",
    "reporting",
)  # fmt: skip
"""Sections of another scenario that a city with a policy of its own follows."""


ON_TRAVEL = {word for word, kind in known_measures().items() if issubclass(kind, TravelMeasure)}
"""Measures of the nation that hold in cities with a policy of their own too."""


@dataclass(frozen=True)
class CityScenario:
    """A city of the nation and what is simulated in it."""

    city: City
    scenario: Scenario


def chosen_cities(many: ManyCities) -> list[City]:
    """Return the cities that take part, in the order of the census.

    Raises
    ------
    ScenarioError
        With every name that is no city and no province.
    """
    known = every_city()
    if many.cities == "all":
        return list(known)
    wanted: set[str] = set()
    problems = []
    names = _names()
    for i, name in enumerate(many.cities):
        found = names.get(name.lower())
        if found is None:
            advice = did_you_mean(name, names, "see lazaretto list --places")
            allowed = "name or code of a prefecture-level city, or a province"
            problems.append(Problem(f"nation.cities.{i}", name, allowed, advice))
        else:
            wanted.update(found)
    if problems:
        raise ScenarioError(problems)
    return [city for city in known if city.code in wanted]


@lru_cache(maxsize=1)
def _names() -> dict[str, list[str]]:
    """Return the codes of cities by every name they go by, provinces included, in lower case."""
    names: dict[str, list[str]] = {}
    for city in every_city():
        for name in names_of(city):
            names.setdefault(name, []).append(city.code)
    for city in every_city():
        province = city.province.lower()
        if province not in names or city.code not in names[province]:
            names.setdefault(province, []).append(city.code)
    return names


def names_of(city: City) -> set[str]:
    """Return every name a city goes by, in lower case: code, pinyin, title, others in use."""
    also = {name for name, code in ALSO_CALLED.items() if code == city.code}
    return {city.code, city.name.lower(), city.title.lower(), *also}


def local_area(area: str, city: City, districts: Sequence[str]) -> str | None:
    """Return what an area of the nation means in a city: ALL, a district, or None for nothing.

    Parameters
    ----------
    area
        all, a city or a province by name or code, or ``City/District``.
    city, districts
        The city and its districts.
    """
    mine = names_of(city)
    if area == ALL or area.lower() in {*mine, city.province.lower()}:
        return ALL
    head, slash, district = area.partition("/")
    if slash and head.lower() in mine:
        return next((name for name in districts if name.lower() == district.lower()), None)
    return None


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
    problems = [*_area_problems(scenario, cities), *_stage_problems(scenario, many)]
    if scenario.outputs.events:
        allowed = "false: infections of many cities are counted, not written one by one"
        problems.append(Problem("outputs.events", True, allowed, "simulate one city alone"))
    owners, wrong = _owners(scenario, many, cities)
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
            mine = {**rest, **own, "measures": [*own.get("measures", []), *travel]}
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


def _owners(
    scenario: Scenario, many: ManyCities, cities: Sequence[City]
) -> tuple[dict[str, dict[str, Any]], list[Problem]]:
    """Return the sections of their own by code of the cities that follow another scenario."""
    names, taking_part = _names(), {city.code for city in cities}
    owners: dict[str, dict[str, Any]] = {}
    problems: list[Problem] = []
    for i, own in enumerate(many.own):
        path = own.scenario
        if scenario.folder is not None and (scenario.folder / path).is_file():
            path = str(scenario.folder / path)
        try:
            other = type(scenario).load(path).resolved()
        except ScenarioError as error:
            problems += [
                Problem(f"nation.own.{i}.scenario.{p.key}", p.value, p.allowed, p.advice)
                for p in error.problems
            ]
            continue
        sections = {key: other[key] for key in OWN if key in other}
        sections["seeding"] = _inside(sections.get("seeding", []), scenario.start, scenario.end)
        messages = (sections.get("behaviour") or {}).get("messages") or {}
        if messages.get("seeded"):
            messages["seeded"] = _inside(messages["seeded"], scenario.start, scenario.end)
        for j, name in enumerate(own.cities):
            codes = [code for code in names.get(name.lower(), []) if code in taking_part]
            if not codes:
                allowed = "a city that takes part"
                advice = did_you_mean(name, names, "name one of nation.cities")
                problems.append(Problem(f"nation.own.{i}.cities.{j}", name, allowed, advice))
            owners.update(dict.fromkeys(codes, sections))
    return owners, problems


def _inside(seeding: list[dict[str, Any]], start: date, end: date) -> list[dict[str, Any]]:
    """Return what another scenario dates (seeding, messages) within the days of this one."""
    kept = []
    for seeds in seeding:
        if "date" in seeds:
            if start <= date.fromisoformat(seeds["date"]) <= end:
                kept.append(seeds)
            continue
        first = max(date.fromisoformat(seeds["from"]), start)
        last = min(date.fromisoformat(seeds["to"]), end)
        if first <= last:
            kept.append({**seeds, "from": first.isoformat(), "to": last.isoformat()})
    return kept


def _apportioned(written: Mapping[str, Any], cities: Sequence[City]) -> list[dict[str, int]]:
    """Return the infections a day of each block of seeding, by code of the city.

    Those of several cities are shared out by residents, whole persons, largest remainders first.
    """
    names, found = _names(), []
    for seeds in written.get("seeding", []):
        head = str(seeds["area"]).lower().partition("/")[0]
        codes = {city.code for city in cities} if head == ALL else set(names[head])
        there = [city for city in cities if city.code in codes]
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
        measures += _in_stages(placed, many.stages, scenario.start, scenario.end)
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


def _in_stages(
    entry: dict[str, Any], stages: Sequence[Stage], start: date, end: date
) -> Iterator[dict[str, Any]]:
    """Yield a measure once for each stretch of days on which its stages hold."""
    named = entry.pop("stages", None)
    if named is None:
        yield entry
        return
    first = date.fromisoformat(str(entry["from"])) if "from" in entry else start
    last = date.fromisoformat(str(entry["to"])) if "to" in entry else end
    for number, (begins, ends) in enumerate(stretches(stages, named, start, end)):
        begin, stop = max(begins, first), min(ends, last)
        if begin > stop:
            continue
        placed = {**entry, "from": begin.isoformat(), "to": stop.isoformat()}
        if number and "name" in entry:
            placed["name"] = f"{entry['name']}-{number + 1}"
        yield placed


def stretches(
    stages: Sequence[Stage], named: Sequence[str], start: date, end: date
) -> list[tuple[date, date]]:
    """Return the stretches of days, first and last, on which one of some stages holds.

    Parameters
    ----------
    stages
        All stages; each holds until the next begins.
    named
        Names of those that count.
    start, end
        First and last day of the run.
    """
    ordered = sorted(stages, key=lambda stage: stage.first or date.min)
    found: list[tuple[date, date]] = []
    for i, stage in enumerate(ordered):
        begins = max(stage.first or start, start)
        after = ordered[i + 1].first if i + 1 < len(ordered) else None
        ends = end if after is None else after - timedelta(days=1)
        if stage.name not in named or begins > ends:
            continue
        if found and found[-1][1] + timedelta(days=1) == begins:
            found[-1] = (found[-1][0], ends)
        else:
            found.append((begins, ends))
    return found


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
    names, taking_part = _names(), {city.code for city in cities}
    provinces = {city.province.lower() for city in every_city()}
    problems = []
    for key, area in ((key, str(area)) for key, area in named_areas(scenario)):
        head, slash, district = area.lower().partition("/")
        codes = sorted(set(names.get(head, [])))
        known: list[str] = list(names)
        if len(codes) > 1 and head not in provinces:
            allowed = f"one of the cities of this name by its code: {', '.join(codes)}"
            problems.append(Problem(key, area, allowed, "write the code"))
            continue
        if codes and not taking_part & set(codes):
            if key.startswith("seeding.") and any(seeds.area == ALL for seeds in scenario.seeding):
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
        elif codes or area == ALL:
            continue
        else:
            allowed = "all, a city, a province, or City/District"
        advice = did_you_mean(area, known, "see lazaretto list --places")
        problems.append(Problem(key, area, allowed, advice))
    return problems


def _stage_problems(scenario: Scenario, many: ManyCities) -> list[Problem]:
    """Return the stages that measures name and nobody declares."""
    known = [stage.name for stage in many.stages]
    problems = []
    for i, entry in enumerate(scenario.measures):
        for j, name in enumerate(entry.stages or []):
            if name not in known:
                allowed = "one of nation.stages: " + (", ".join(known) or "none are declared")
                advice = did_you_mean(name, known, "declare it under nation.stages")
                problems.append(Problem(f"measures.{i}.stages.{j}", name, allowed, advice))
    return problems
