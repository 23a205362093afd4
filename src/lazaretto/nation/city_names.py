"""Cities and provinces by the names they go by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from lazaretto.nation.cities import City, every_city
from lazaretto.people.areas import ALSO_CALLED
from lazaretto.scenario import ALL, Problem, ScenarioError, did_you_mean
from lazaretto.scenario.nation import NATION, ManyCities


def chosen_cities(many: ManyCities) -> list[City]:
    """Return the cities that take part, in the order of the census.

    Raises
    ------
    ScenarioError
        With every name that is no city and no province, or more than one city.
    """
    known = every_city()
    if many.cities == [ALL]:
        return list(known)
    wanted, problems = codes_of("nation.cities", many.cities, {each.code: each for each in known})
    if not many.cities:
        problems.append(Problem("nation.cities", "[]", "a city, a province, or all", "name one"))
    if problems:
        raise ScenarioError(problems)
    return [city for city in known if city.code in wanted]


def codes_of(
    key: str, names: Sequence[str], cities: Mapping[str, City]
) -> tuple[set[str], list[Problem]]:
    """Return the codes of the cities that are named, and what is wrong with the names.

    Parameters
    ----------
    key
        Where the names stand.
    names
        Cities or provinces, by name or code.
    cities
        The cities there are to choose from, by code.
    """
    known, found, problems = names_known(), set[str](), list[Problem]()
    for i, name in enumerate(names):
        at, codes = f"{key}.{i}", known.get(name.lower(), [])
        several = several_of(at, name, codes)
        there = [code for code in codes if code in cities]
        if several is not None:
            problems.append(several)
        elif not there and len(cities) < len(every_city()):
            advice = "name one of nation.cities, or leave this out: --set nation.own=[]"
            problems.append(Problem(at, name, "a city that takes part", advice))
        elif not there:
            advice = did_you_mean(name, known, "see lazaretto list --places")
            if name.lower() in (ALL, NATION):
                advice = f"write {key}: all, and nothing else"
            allowed = "name or code of a prefecture-level city, or a province"
            problems.append(Problem(at, name, allowed, advice))
        elif found.issuperset(there):
            problems.append(Problem(at, name, "each city once", "leave it out"))
        found.update(there)
    return found, problems


def several_of(key: str, name: str, codes: Sequence[str]) -> Problem | None:
    """Return the problem of a name that more than one city has; provinces have many."""
    if len(codes) < 2 or name.lower().partition("/")[0] in provinces_known():
        return None
    where = {city.code: city.province for city in every_city()}
    said = ", ".join(f"{code} in {where[code]}" for code in sorted(codes))
    allowed = f"one of the cities of this name by its code: {said}"
    return Problem(key, name, allowed, "write the code")


@lru_cache(maxsize=1)
def provinces_known() -> frozenset[str]:
    """Return the names of all provinces, in lower case."""
    return frozenset(city.province.lower() for city in every_city())


@lru_cache(maxsize=1)
def names_known() -> dict[str, list[str]]:
    """Return the codes of cities by every name they go by, provinces included, in lower case.

    A name that a province and a city of another have, as Hainan, is that of the province.
    """
    names: dict[str, list[str]] = {}
    for city in every_city():
        for name in sorted({*names_of(city), city.province.lower()}):
            names.setdefault(name, []).append(city.code)
    return names


def names_of(city: City) -> set[str]:
    """Return every name a city goes by, in lower case: code, pinyin, title, others in use."""
    also = {name for name, code in ALSO_CALLED.items() if code == city.code}
    every = {city.code, city.name.lower(), city.title.lower(), *also}
    return every - (provinces_known() - {city.province.lower()})


def local_area(area: str, city: City, districts: Sequence[str]) -> str | None:
    """Return what an area of the nation means in a city: ALL, a district, or None for nothing.

    Parameters
    ----------
    area
        all or china, a city or a province by name or code, or ``City/District``.
    city, districts
        The city and its districts.
    """
    mine = names_of(city)
    if area.lower() in {ALL, NATION, *mine, city.province.lower()}:
        return ALL
    head, slash, district = area.partition("/")
    if slash and head.lower() in mine:
        return next((name for name in districts if name.lower() == district.lower()), None)
    return None
