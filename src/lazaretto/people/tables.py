"""Reading census tables: the shipped ones, and a user's own with every problem reported at once."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lazaretto.words import AGE_BANDS

Row = dict[str, str]
_BAND_INDEX = {band: i for i, band in enumerate(AGE_BANDS)}

AGE_COLUMNS = ("area_code", "level", "name_en", "age_band", "male", "female", "total")
HOUSEHOLD_COLUMNS = (
    "family_households",
    "family_household_population",
    "one_person_households",
    "one_generation_households",
    "two_generation_households",
    "three_generation_households",
    "four_plus_generation_households",
)
PLACE_COLUMNS = ("lon", "lat", "area_km2")

MOST_RESIDENTS = 2_000_000_000
"""Residents of a place at most: persons are numbered in 32 bits."""

ROMANISED = {"140400": "Changzhi", "211300": "Chaoyang", "411100": "Luohe", "540300": "Changdu"}
"""Names of places by code that the source table reads wrongly from the characters."""


class CensusError(ValueError):
    """Census tables that cannot be used, or a place that is not known.

    Parameters
    ----------
    problems
        One sentence each: file, row and column, the value, what is allowed.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass
class UserTables:
    """A user's own census, checked but not yet completed.

    Parameters
    ----------
    codes, names
        Area codes and names in the order of the file.
    persons
        (n_districts, 18) residents by age band.
    households
        For each area code, the seven household columns, or empty without a districts file.
    places
        For each area code, lon, lat (degrees) and area (km2), NaN where not given.
    """

    codes: list[str]
    names: list[str]
    persons: NDArray[np.int64]
    households: dict[str, dict[str, int]] = field(default_factory=dict)
    places: dict[str, dict[str, float]] = field(default_factory=dict)


@lru_cache(maxsize=16)
def shipped(name: str) -> tuple[Row, ...]:
    """Return the rows of a shipped table, ``name`` without ``.csv``."""
    path = resources.files("lazaretto") / "data" / f"{name}.csv"
    with path.open("r", encoding="utf-8") as handle:
        return tuple(_rightly_named(row) for row in csv.DictReader(handle))


def _rightly_named(row: Row) -> Row:
    right = ROMANISED.get(row.get("area_code", ""))
    return row | {"name_en": right} if right and "name_en" in row else row


@lru_cache(maxsize=1)
def shipped_ages() -> dict[str, tuple[str, str, NDArray[np.int64]]]:
    """Return level, name and persons by age band, (18,), of every area of the 2020 census."""
    out: dict[str, tuple[str, str, NDArray[np.int64]]] = {}
    for row in shipped("census2020_age_by_area"):
        code = row["area_code"]
        if code not in out:
            out[code] = (row["level"], row["name_en"], np.zeros(len(AGE_BANDS), np.int64))
        out[code][2][_BAND_INDEX[row["age_band"]]] = int(row["total"])
    return out


def read_user_tables(place: Path) -> UserTables:
    """Read a user's census: a CSV of ages, or a folder with it and an optional districts CSV.

    Parameters
    ----------
    place
        ``age_by_area.csv`` (any name) or a folder that holds ``age_by_area.csv`` and, if the user
        has it, ``districts.csv``.

    Raises
    ------
    CensusError
        With all problems of both files.
    """
    problems: list[str] = []
    age_file = place / "age_by_area.csv" if place.is_dir() else place
    district_file = place / "districts.csv" if place.is_dir() else None
    if not age_file.is_file():
        raise CensusError([f"{age_file}: not found; a census folder needs age_by_area.csv"])
    tables = _read_ages(age_file, problems)
    if district_file is not None and district_file.is_file():
        _read_districts(district_file, tables, problems)
    if problems:
        raise CensusError(problems)
    return tables


def csv_rows(path: Path) -> tuple[list[str], list[Row]]:
    """Return the columns of a user's CSV and its rows, the first of which is line 2.

    Parameters
    ----------
    path
        The file, in UTF-8.

    Raises
    ------
    CensusError
        If it is not UTF-8, or no CSV.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            columns = list(reader.fieldnames or [])
            rows = [
                {k: (v or "").strip() for k, v in row.items() if isinstance(k, str)}
                for row in reader
            ]
    except UnicodeDecodeError as error:
        said = f"{path.name}: not UTF-8 text ({error.reason} at byte {error.start})"
        raise CensusError([said]) from None
    except csv.Error as error:
        raise CensusError([f"{path.name}: not a CSV ({error})"]) from None
    return columns, rows


def quoted(text: str) -> str:
    """Return a cell of a table in quotes, cut to what a line of an error can hold."""
    said = repr(text)
    return said if len(said) <= 60 else f"{said[:57]}...'"


def _rows(path: Path, needed: tuple[str, ...], problems: list[str]) -> Iterator[tuple[int, Row]]:
    try:
        columns, rows = csv_rows(path)
    except CensusError as error:
        problems += error.problems
        return
    missing = [c for c in needed if c not in columns]
    if missing:
        problems.append(
            f"{path.name}: column{'s' * (len(missing) > 1)} {', '.join(missing)} missing; "
            f"needed are {', '.join(needed)}"
        )
        return
    yield from enumerate(rows, start=2)


def _number(
    row: Row, column: str, where: str, problems: list[str], *, whole: bool = True
) -> float | None:
    text = row[column]
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    allowed = f"a whole number, 0 to {MOST_RESIDENTS:,}" if whole else "a number"
    outside = whole and not 0 <= value <= MOST_RESIDENTS
    if not np.isfinite(value) or outside or (whole and value != int(value)):
        problems.append(f"{where}, {column}: {quoted(text)} is not allowed; give {allowed}")
        return None
    return value


def _read_ages(path: Path, problems: list[str]) -> UserTables:
    counts: dict[str, dict[str, int]] = {}
    names: dict[str, str] = {}
    levels: dict[str, str] = {}
    for number, row in _rows(path, AGE_COLUMNS, problems):
        where = f"{path.name}, row {number}"
        code, band = row["area_code"], row["age_band"]
        if not code:
            problems.append(f"{where}, area_code: empty; give the code of the area")
            continue
        names.setdefault(code, row["name_en"] or code)
        levels.setdefault(code, row["level"])
        area = counts.setdefault(code, {})
        if band not in _BAND_INDEX:
            problems.append(
                f"{where}, age_band: {quoted(band)} is not allowed; use {', '.join(AGE_BANDS)}"
            )
            continue
        if band in area:
            problems.append(f"{where}, age_band: {band!r} appears twice for area {code}")
        total = _number(row, "total", where, problems)
        parts = [_number(row, c, where, problems) for c in ("male", "female") if row[c]]
        area[band] = int(total or 0)
        if total is not None and len(parts) == 2 and None not in parts:
            sexes = sum(p for p in parts if p is not None)
            if sexes != total:
                problems.append(f"{where}, total: {total:.0f}, but male + female is {sexes:.0f}")
    for code, area in counts.items():
        absent = [b for b in AGE_BANDS if b not in area]
        if absent:
            problems.append(f"{path.name}, area {code}: no row for age_band {', '.join(absent)}")
        elif sum(area.values()) == 0:
            problems.append(f"{path.name}, area {code}: nobody lives there; leave the area out")
    if len(set(levels.values())) > 1:
        problems.append(
            f"{path.name}, level: {', '.join(sorted(set(levels.values())))} in one file; every "
            "area becomes a district, so give districts only and leave their total out"
        )
    if not counts and not problems:
        problems.append(f"{path.name}: no rows")
    residents = sum(sum(area.values()) for area in counts.values())
    if residents > MOST_RESIDENTS:
        problems.append(f"{path.name}: {residents:,} residents; at most {MOST_RESIDENTS:,}")
    persons = np.array(
        [[area.get(b, 0) for b in AGE_BANDS] for area in counts.values()], np.int64
    ).reshape(len(counts), len(AGE_BANDS))
    return UserTables(list(counts), [names[c] for c in counts], persons)


def _read_districts(path: Path, tables: UserTables, problems: list[str]) -> None:
    population = dict(zip(tables.codes, tables.persons.sum(axis=1).tolist(), strict=True))
    for number, row in _rows(path, ("area_code", *HOUSEHOLD_COLUMNS), problems):
        where = f"{path.name}, row {number}"
        code = row["area_code"]
        if code not in population:
            problems.append(
                f"{where}, area_code: {quoted(code)} is not in the age table; "
                f"known are {', '.join(tables.codes)}"
            )
            continue
        if code in tables.households:
            problems.append(f"{where}, area_code: {code!r} appears twice")
        values = {c: _number(row, c, where, problems) for c in HOUSEHOLD_COLUMNS}
        place = {}
        for column in PLACE_COLUMNS:
            given = _number(row, column, where, problems, whole=False) if row.get(column) else None
            place[column] = float("nan") if given is None else given
        tables.places[code] = place
        tables.households[code] = {c: int(v or 0) for c, v in values.items()}
        if None not in values.values():
            _check_households(tables.households[code], population[code], where, problems)
    if not tables.households and not problems:
        problems.append(f"{path.name}: no rows")
    absent = [c for c in population if c not in tables.households]
    if tables.households and absent:
        problems.append(f"{path.name}: no row for area {', '.join(absent)}")


def _check_households(v: dict[str, int], population: int, where: str, problems: list[str]) -> None:
    households, persons = v["family_households"], v["family_household_population"]
    single = v["one_person_households"]
    generations = sum(v[c] for c in HOUSEHOLD_COLUMNS[3:])
    if persons > population:
        problems.append(
            f"{where}, family_household_population: {persons} is more than the {population} "
            "residents of the age table"
        )
    if single > v["one_generation_households"]:
        problems.append(
            f"{where}, one_person_households: {single} is more than one_generation_households "
            f"({v['one_generation_households']}), which must include them"
        )
    if generations != households:
        problems.append(
            f"{where}, family_households: {households}, but the generations sum to {generations}"
        )
    larger, rest = households - single, persons - single
    if not 2 * larger <= rest <= 10 * larger:
        problems.append(
            f"{where}, family_household_population: {persons} persons do not fit {single} "
            f"one-person households and {larger} of 2 to 10 persons"
        )
