"""The cities of mainland China: every prefecture-level unit of the 2020 census."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from lazaretto.people.areas import areas
from lazaretto.people.tables import shipped
from lazaretto.scenario.problems import Problem, ScenarioError, nearest


@dataclass(frozen=True)
class City:
    """A prefecture-level unit: a city with its counties, or a unit directly under a province.

    Parameters
    ----------
    code, name, title, province
        Census code, the name to ask for (both are known to `lazaretto.people.areas.read_area`),
        readable name, province.
    population
        Residents in 2020.
    lon, lat
        Centroid of the polygon, degrees.
    node
        Code under which tables of travel know it. Chongqing is two units of the census, its
        districts (500100) and its counties (500200), and one node (500100).
    """

    code: str
    name: str
    title: str
    province: str
    population: int
    lon: float
    lat: float
    node: str


@lru_cache(maxsize=1)
def every_city() -> tuple[City, ...]:
    """Return all 368 units, 1,409,778,724 residents, in the order of the census."""
    rows = shipped("china_prefectures_census2020")
    place = {p.code: p for p in areas()}
    return tuple(
        City(
            code=row["area_code"],
            name=place[row["area_code"]].name,
            title=place[row["area_code"]].title,
            province=row["province_en"],
            population=int(row["population"]),
            lon=float(row["centroid_lon"]),
            lat=float(row["centroid_lat"]),
            node=row["node_code"],
        )
        for row in rows
    )


def cities(codes: Sequence[str] | Literal["china"]) -> list[City]:
    """Return the cities of a list of codes or names in its order, or all of them.

    Parameters
    ----------
    codes
        Codes (``310100``) or names (``shanghai``) of prefecture-level units, or ``"china"``.

    Raises
    ------
    ScenarioError
        With every code that is not known or is given twice.
    """
    known = every_city()
    if isinstance(codes, str):
        if codes == "china":
            return list(known)
        codes = [codes]
    by_name = {c.name: c for c in known} | {c.code: c for c in known}
    problems, found = [], []
    for i, code in enumerate(codes):
        city = by_name.get(code)
        if city is None:
            near = nearest(code, by_name)
            problems.append(
                Problem(
                    f"cities.{i}", code, "code or name of a prefecture-level unit, as 310100",
                    f"did you mean {near}?" if near else "see lazaretto list --places",
                )
            )  # fmt: skip
        elif city in found:
            problems.append(
                Problem(f"cities.{i}", code, "each city once", f"leave it out: {city.title} again")
            )
        else:
            found.append(city)
    if not codes:
        problems.append(Problem("cities", None, "at least one city", 'give codes or "china"'))
    if problems:
        raise ScenarioError(problems)
    return found
