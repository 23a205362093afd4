"""Who travels where: mean trips a day between cities on an ordinary day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lazaretto.nation import assumptions as a
from lazaretto.nation.cities import City, cities, every_city
from lazaretto.nation.city_names import names_known
from lazaretto.people.tables import CensusError, csv_rows, shipped
from lazaretto.people.travel import EARTH_RADIUS_KM
from lazaretto.scenario.problems import Problem, ScenarioError, nearest

Matrix = NDArray[np.float64]

FLOWS = "nation.travel.flows"
"""Key of a table of trips of one's own."""

OWN_COLUMNS = ("origin_code", "destination_code", "trips_per_day")


@dataclass(frozen=True)
class Nodes:
    """What tables of travel know as one place; Chongqing's two units are one.

    Parameters
    ----------
    codes
        (m,) codes.
    persons
        (m,) residents.
    lon, lat
        (m,) degrees.
    province
        (m,) number of the province.
    """

    codes: tuple[str, ...]
    persons: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    province: NDArray[np.int64]


@lru_cache(maxsize=1)
def every_node() -> Nodes:
    """Return the 367 nodes of mainland China."""
    heads = [c for c in every_city() if c.code == c.node]
    at = {c.node: i for i, c in enumerate(heads)}
    persons = np.zeros(len(heads))
    for city in every_city():
        persons[at[city.node]] += city.population
    provinces = sorted({c.province for c in heads})
    return Nodes(
        codes=tuple(c.code for c in heads),
        persons=persons,
        lon=np.array([c.lon for c in heads]),
        lat=np.array([c.lat for c in heads]),
        province=np.array([provinces.index(c.province) for c in heads]),
    )


@lru_cache(maxsize=1)
def published_flows() -> Matrix:
    """Return the table of Tencent flows between nodes, (m, m) movements a day; read-only.

    Mean over 10 to 23 January 2020 (Li et al. 2020 Science 368:489, doi 10.1126/science.abb3221),
    imputed from 2018. Only the largest flows of a city are listed, about 17; 0 is not listed. Rows
    present on 42 of 14 days are three places under one name and are left out.
    """
    at = {code: i for i, code in enumerate(every_node().codes)}
    table = np.zeros((len(at), len(at)))
    for row in shipped("intercity_mobility_tencent_li2020"):
        if int(row["days_present_of_14"]) <= 14:
            i, j = at[row["origin_code"]], at[row["destination_code"]]
            table[i, j] = float(row["mean_daily_mobility_index"])
    table.setflags(write=False)
    return table


def gravity_shares(nodes: Nodes) -> Matrix:
    """Return the share of each node's trips that go to each other one (production-constrained).

    The pull of j on i is N_j^1.161 d_ij^-1.856, times e^1.730 within a province.

    Parameters
    ----------
    nodes
        At least two nodes at different places.

    Returns
    -------
    NDArray
        (m, m), diagonal 0, rows sum to 1.
    """
    lon, lat = np.radians(nodes.lon), np.radians(nodes.lat)
    haversine = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    away = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(haversine))
    np.fill_diagonal(away, np.inf)
    pull = nodes.persons**a.POPULATION_EXPONENT * away**a.DISTANCE_EXPONENT
    pull *= np.exp(a.SAME_PROVINCE * (nodes.province[:, None] == nodes.province))
    return np.asarray(pull / pull.sum(axis=1, keepdims=True), np.float64)


def blended_shares(gravity: Matrix, table: Matrix) -> Matrix:
    """Return destinations as a table has them where it has them, by gravity elsewhere.

    A table that lists the k largest flows of a city covers the share of its trips that the k
    largest by gravity cover; within that share the table decides, within the rest gravity.

    Parameters
    ----------
    gravity
        (m, m) shares, rows sum to 1.
    table
        (m, m) flows in any unit, 0 where not listed. A row without any keeps gravity.

    Returns
    -------
    NDArray
        (m, m), rows sum to 1.
    """
    listed = table > 0
    count = listed.sum(axis=1)
    largest = np.cumsum(-np.sort(-gravity, axis=1), axis=1)
    covered = np.where(count > 0, largest[np.arange(count.size), count - 1], 0.0)
    rest = np.where(listed, 0.0, gravity)
    by_table = table / np.maximum(table.sum(axis=1, keepdims=True), 1e-300)
    by_gravity = rest / np.maximum(rest.sum(axis=1, keepdims=True), 1e-300)
    covered = np.where(rest.sum(axis=1) > 0, covered, 1.0)
    return np.asarray(covered[:, None] * by_table + (1 - covered)[:, None] * by_gravity, np.float64)


def intensity(table: Matrix, persons: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much the residents of each node travel, relative to the mean of the nation.

    Outflow of the table per resident, relative to the mean where there is any, 1 where there is
    none, kept between a half and 2, then scaled so that the mean resident has 1.

    Parameters
    ----------
    table
        (m, m) flows in any unit, 0 where not listed.
    persons
        (m,) residents.
    """
    out = table.sum(axis=1)
    known = out > 0
    mean = out.sum() / persons[known].sum()
    relative = np.clip(
        np.where(known, out / persons / mean, 1.0), a.LEAST_INTENSITY, a.GREATEST_INTENSITY
    )
    return np.asarray(relative * persons.sum() / (relative @ persons), np.float64)


def national_flows(nodes: Nodes, table: Matrix, weight: float) -> Matrix:
    """Return trips between nodes if the mean resident makes one, (m, m).

    Flows that follow a table as far as it goes and flows by gravity alone, in which all travel
    alike, are averaged with a weight.

    Parameters
    ----------
    nodes
        The m nodes.
    table
        (m, m) flows in any unit, 0 where not listed.
    weight
        Of the table, between 0 (gravity alone) and 1.
    """
    gravity = gravity_shares(nodes)
    flows = (1 - weight) * gravity * nodes.persons[:, None]
    if weight > 0:
        travel = nodes.persons * intensity(table, nodes.persons)
        flows += weight * blended_shares(gravity, table) * travel[:, None]
    return np.asarray(flows, np.float64)


@lru_cache(maxsize=4)
def _flows_of_china(weight: float) -> Matrix:
    flows = national_flows(every_node(), published_flows(), weight)
    flows.setflags(write=False)
    return flows


def daily_trips(
    codes: Sequence[str],
    *,
    own: Path | None = None,
    table_weight: float = a.TABLE_WEIGHT,
    trips: float = a.TRIPS,
) -> Matrix:
    """Return the mean trips a day between cities on an ordinary day.

    A trip is a resident leaving the home city for another, for a day or longer. Returns are not
    counted: they follow from the stay. Trips to cities that are not listed are left out, so that
    a pair has the same trips whichever others are simulated.

    Parameters
    ----------
    codes
        n codes or names of cities (see `lazaretto.nation.cities.cities`).
    own
        CSV with ``origin_code,destination_code,trips_per_day`` that replaces everything; pairs
        without a row have no trips.
    table_weight
        Weight of the published flows, between 0 (gravity alone) and 1.
    trips
        Trips per resident and day, mean of the nation.

    Returns
    -------
    NDArray
        (n, n) persons a day from row to column, diagonal 0.

    Raises
    ------
    ScenarioError
        With all problems of the codes or of the file.
    """
    chosen = cities(codes)
    if own is not None:
        return _own_trips(own, chosen)
    nodes = every_node()
    at = {code: i for i, code in enumerate(nodes.codes)}
    node = np.array([at[c.node] for c in chosen])
    part = np.array([c.population for c in chosen]) / nodes.persons[node]
    flows = _flows_of_china(table_weight)[np.ix_(node, node)]
    return np.asarray(trips * flows * part[:, None] * part, np.float64)


def _own_trips(path: Path, chosen: list[City]) -> Matrix:
    at = {c.code: i for i, c in enumerate(chosen)}
    out = np.full((len(chosen), len(chosen)), np.nan)
    problems: list[Problem] = []
    if not path.is_file():
        raise ScenarioError([Problem(FLOWS, str(path), "a CSV file", "check the path")])
    try:
        columns, rows = csv_rows(path)
    except (OSError, CensusError) as error:
        raise ScenarioError(
            [Problem(FLOWS, str(path), "a CSV file in UTF-8", f"correct it: {error}")]
        ) from None
    missing = [c for c in OWN_COLUMNS if c not in columns]
    if missing:
        allowed = f"columns {', '.join(OWN_COLUMNS)}, commas between them"
        raise ScenarioError(
            [Problem(path.name, None, allowed, f"add {', '.join(missing)} to the first line")]
        )
    for number, row in enumerate(rows, start=2):
        problems += _read_pair(f"{path.name}, line {number}", row, at, out)
    if problems:
        raise ScenarioError(problems)
    trips = np.asarray(np.nan_to_num(out, nan=0.0), np.float64)
    for city, leaving in zip(chosen, trips.sum(axis=1), strict=True):
        if leaving > city.population:
            allowed = f"at most {city.population:,}, one a day for each resident"
            problems.append(Problem(f"{path.name}: trips out of {city.name}", f"{leaving:g}",
                                    allowed, "give trips a day"))  # fmt: skip
    if problems:
        raise ScenarioError(problems)
    return trips


def _read_pair(key: str, row: dict[str, str], at: dict[str, int], out: Matrix) -> list[Problem]:
    problems = []
    pair = [(row[column] or "").strip() for column in OWN_COLUMNS[:2]]
    for column, code in zip(OWN_COLUMNS, pair, strict=False):
        if code not in at:
            near = next((c for c in names_known().get(code.lower(), []) if c in at), None)
            near = near or nearest(code, at)
            problems.append(
                Problem(
                    f"{key}, {column}", code, "code of a city that is simulated",
                    f"did you mean {near}?" if near else "leave the row out or add the city",
                )
            )  # fmt: skip
    try:
        value = float(row["trips_per_day"] or "")
    except ValueError:
        value = np.nan
    if not (np.isfinite(value) and value >= 0):
        problems.append(
            Problem(
                f"{key}, trips_per_day", row["trips_per_day"], "persons a day, 0 or more",
                "give a number",
            )
        )  # fmt: skip
    if problems:
        return problems
    i, j = at[pair[0]], at[pair[1]]
    if i == j:
        return [Problem(key, pair[0], "two different cities", "leave the row out")]
    if not np.isnan(out[i, j]):
        return [Problem(key, pair, "each pair once", "leave one of the rows out")]
    out[i, j] = value
    return []
