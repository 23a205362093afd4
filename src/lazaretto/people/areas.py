"""Which places there are, and putting their census together from the shipped or own tables."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lazaretto.people.census import CensusArea, sampled
from lazaretto.people.tables import (
    HOUSEHOLD_COLUMNS,
    CensusError,
    Row,
    UserTables,
    read_user_tables,
    shipped,
    shipped_ages,
)
from lazaretto.words import AGE_BANDS, slug

_BY_DISTRICT = {"310100": "31", "110100": "11"}


_CONTACT_PROVINCES = {"11": "Beijing", "31": "Shanghai", "22": "Jilin", "44": "Guangdong"}


LONG_FORM = 10
"""The employment table counts the 10 % long-form sample."""


SHANGHAI_SUBDISTRICTS = 216

OUTSIDE_CENSUS = {"810000": "Hong Kong"}
"""Places of which tables are shipped that are not in the census of 2020, by code."""

HUNDREDTH = "china-hundredth"
"""China's residents and households divided by a hundred, in one district without a position."""

TENTH = "shanghai-tenth"
"""One in ten of Shanghai's subdistricts, kept whole."""

ALSO_CALLED = {
    "harbin": "230100", "qiqihar": "230200", "luliang": "141100", "hohhot": "150100",
    "ordos": "150600", "hulunbuir": "150700", "bayannur": "150800", "ulanqab": "150900",
    "hinggan": "152200", "xilingol": "152500", "alxa": "152900", "ngawa": "513200",
    "garze": "513300", "lhasa": "540100", "shigatse": "540200", "xigaze": "540200",
    "qamdo": "540300", "chamdo": "540300", "nyingchi": "540400", "lhoka": "540500",
    "nagqu": "540600", "nagchu": "540600", "ngari": "542500", "golog": "632600",
    "urumqi": "650100", "karamay": "650200", "turpan": "650400", "turfan": "650400",
    "kumul": "650500", "bortala": "652700", "bayingolin": "652800", "aksu": "652900",
    "kizilsu": "653000", "kashgar": "653100", "hotan": "653200", "khotan": "653200",
    "ili": "654000", "altay": "654300", "aral": "659002", "tumxuk": "659003",
}  # fmt: skip
"""Names in common use that are not the pinyin of the characters, with the code of the place."""


@dataclass(frozen=True)
class Place:
    """An area that can be simulated from the shipped tables.

    Parameters
    ----------
    code, name, title, province
        Census code, the name to ask for, readable name, province.
    population
        Residents in 2020.
    districts
        Number of districts in the tables.
    """

    code: str
    name: str
    title: str
    province: str
    population: int
    districts: int


def areas() -> list[Place]:
    """Return every place `read_area` knows by name: prefectures, districts, Hong Kong."""
    return list(_areas())


@lru_cache(maxsize=1)
def _areas() -> tuple[Place, ...]:
    ages = shipped_ages()
    found = []
    for row in shipped("china_prefectures_census2020"):
        code, n = row["area_code"], len(_district_codes(row["area_code"]))
        found.append((code, row["name_en"], row["province_en"], int(row["population"]), n))
    for row in shipped("district_seats"):
        code = row["area_code"]
        province = "Shanghai" if code.startswith("31") else "Beijing"
        found.append((code, row["name_en"], province, int(ages[code][2].sum()), 1))
    for code, title in OUTSIDE_CENSUS.items():
        own = read_user_tables(_own_folder(title))
        found.append((code, title, title, int(own.persons.sum()), len(own.codes)))
    named = Counter(slug(title) for _, title, *_ in found)
    return tuple(
        Place(code, _unique(title, province, named), title, province, population, n)
        for code, title, province, population, n in found
    )


def _unique(title: str, province: str, named: Counter[str]) -> str:
    name = slug(title)
    return name if named[name] == 1 else f"{name}-{slug(province)}"


def read_area(place: str | Path) -> CensusArea:
    """Return the census of a place.

    Parameters
    ----------
    place
        Name or code of a prefecture or of a district of Shanghai or Beijing (see `areas`),
        `HUNDREDTH`, `TENTH`, or the path of a user's own CSV or folder.

    Raises
    ------
    CensusError
        If the place is not known or a user's tables have problems; all problems are given.
    """
    text = str(place)
    if isinstance(place, Path) or "/" in text or text.endswith(".csv"):
        return _user_area(Path(place))
    if text == HUNDREDTH:
        return _hundredth()
    if text == TENTH:
        return sampled(read_area("shanghai"), 10, TENTH, "Shanghai, one in ten")
    known = _areas()
    wanted = slug(text)
    found = [p for p in known if text == p.code or wanted == p.name]
    found = found or [p for p in known if wanted and wanted == slug(p.title)]
    found = found or [p for p in known if p.code == ALSO_CALLED.get(wanted)]
    found = found or [
        p for p in known for r in [_prefecture(p.code)] if r and text in _chinese(r["name_zh"])
    ]
    if len(found) == 1:
        only = found[0]
        if only.code in OUTSIDE_CENSUS:
            return replace(_user_area(_own_folder(only.title)), name=only.name, title=only.title)
        return _shipped_area(only)
    if Path(text).exists():
        return _user_area(Path(text))
    if found:
        raise CensusError([f"place {text!r} is not unique: {_options(found)}"])
    near = difflib.get_close_matches(
        wanted, [*(p.name for p in known), *ALSO_CALLED], n=4, cutoff=0.6
    )
    hint = f"; near are {', '.join(near)}" if near else ""
    raise CensusError(
        [
            f"place {text!r} is not known{hint}; give the name or code of one of "
            f"{len(known)} places, or the path of a census CSV"
        ]
    )


def _own_folder(title: str) -> Path:
    return Path(str(resources.files("lazaretto") / "data" / slug(title)))


def _chinese(name: str) -> set[str]:
    return {name, name.removesuffix("市"), name.removesuffix("地区")}


def _options(found: list[Place]) -> str:
    return ", ".join(f"{p.name} ({p.code}, {p.province})" for p in found)


def _prefecture(code: str) -> Row | None:
    return next(
        (r for r in shipped("china_prefectures_census2020") if r["area_code"] == code), None
    )


def _district_codes(code: str) -> list[str]:
    prefix = _BY_DISTRICT.get(code)
    if prefix is None:
        return [code]
    return [
        c for c, (level, _, _) in shipped_ages().items() if level == "county" and c[:2] == prefix
    ]


def _integer(text: str) -> int:
    return int(float(text)) if text else 0


def _household_counts(row: Row) -> NDArray[np.int64]:
    """Return the seven household columns; generations are made to sum to the households."""
    values = np.array([_integer(row[c]) for c in HOUSEHOLD_COLUMNS], np.int64)
    values[4] += values[0] - values[3:].sum()
    return values


def _scaled_counts(counts: NDArray[np.int64], factor: float) -> NDArray[np.int64]:
    out: NDArray[np.int64] = np.rint(counts * factor).astype(np.int64)
    out[4] += out[0] - out[3:].sum()
    return out


@lru_cache(maxsize=8)
def _contacts(location: str) -> dict[str, NDArray[np.float64]]:
    index = {band: i for i, band in enumerate(AGE_BANDS)}
    out = {s: np.zeros((18, 18)) for s in ("household", "school", "work")}
    for row in shipped("contact_matrices_mistry2021_18bands"):
        if row["location"] == location and row["setting"] in out:
            i, j = index[row["age_of_participant"]], index[row["age_of_contact"]]
            out[row["setting"]][i, j] = float(row["freq_F"])
    for matrix in out.values():
        matrix.flags.writeable = False  # One for all places of the location.
    return out


def _size_share(area: str) -> NDArray[np.float64]:
    out = np.zeros(10)
    for row in shipped("household_size_distribution"):
        if row["area"] == area and row["census_year"] == "2020":
            out[int(row["household_size"]) - 1] = float(row["share_of_family_households"])
    return np.asarray(out / out.sum(), np.float64)


@lru_cache(maxsize=1)
def _employed_by_area() -> dict[str, dict[str, float]]:
    out: dict[str, dict[str, float]] = {}
    for row in shipped("census2020_employment_by_industry"):
        value = float(row["employed_longform_sample"] or 0)
        out.setdefault(row["area_code"], {})[row["industry"]] = value
    return out


def _employment(
    codes: list[str], persons: NDArray[np.int64]
) -> tuple[NDArray[np.int64], tuple[str, ...], NDArray[np.float64]]:
    """Return employed residents, industries, and shares; the province's where no own row is."""
    ages = shipped_ages()
    by_code = _employed_by_area()
    industries = tuple(by_code["100000"])
    employed = np.empty(len(codes), np.int64)
    share = np.empty((len(codes), len(industries)))
    for d, code in enumerate(codes):
        options = (code, f"{code[:2]}0000" if code.isdigit() else "100000", "100000")
        own = next(c for c in options if c in by_code)
        values = np.array([by_code[own].get(i, 0.0) for i in industries])
        factor = 1.0 if own == code else persons[d].sum() / ages[own][2].sum()
        employed[d] = round(values.sum() * LONG_FORM * factor)
        share[d] = values / values.sum()
    return employed, industries, share


def _area(
    name: str,
    title: str,
    codes: list[str],
    districts: list[str],
    persons: NDArray[np.int64],
    counts: NDArray[np.int64],
    where: NDArray[np.float64],
    contact_location: str,
    size_area: str,
    notes: list[str],
    with_65plus: NDArray[np.float64],
    rural: NDArray[np.int64],
    n_subdistricts: int = 0,
) -> CensusArea:
    employed, industries, share = _employment(codes, persons)
    contacts = _contacts(contact_location)
    generations = np.stack([counts[:, 3], counts[:, 4], counts[:, 5] + counts[:, 6]], axis=1)
    return CensusArea(
        name=name,
        title=title,
        districts=tuple(districts),
        persons=persons,
        family_households=counts[:, 0],
        family_persons=counts[:, 1],
        one_person=counts[:, 2],
        rural=rural,
        generations=generations,
        size_share=_size_share(size_area),
        lon=where[:, 0],
        lat=where[:, 1],
        area_km2=where[:, 2],
        employed=employed,
        industries=industries,
        industry_share=share,
        contact_location=contact_location,
        household_contacts=contacts["household"],
        school_contacts=contacts["school"],
        work_contacts=contacts["work"],
        with_65plus=with_65plus,
        n_subdistricts=n_subdistricts,
        notes=tuple(notes),
    )


def _shipped_area(place: Place) -> CensusArea:
    codes = _district_codes(place.code)
    province = place.code[:2]
    ages = shipped_ages()
    persons = np.stack([ages[c][2] for c in codes])
    seats = {r["area_code"]: r for r in shipped("district_seats")}
    own = {r["area_code"]: r for r in shipped("shanghai_districts_census2020")}
    prefecture = _prefecture(place.code) or _prefecture(f"{province}0100")
    if prefecture is None:
        raise CensusError([f"place {place.name!r}: no household table"])
    whole = _household_counts(prefecture)
    counts = np.empty((len(codes), len(HOUSEHOLD_COLUMNS)), np.int64)
    with_65plus = np.full(len(codes), np.nan)
    rural = np.zeros(len(codes), np.int64)
    notes = []
    for d, code in enumerate(codes):
        row = own.get(code) or (prefecture if code == prefecture["area_code"] else None)
        if row:
            with_65plus[d] = float(row["households_with_65plus"])
        if code in own:
            counts[d] = _household_counts(own[code])
        elif code == place.code and code == prefecture["area_code"]:
            counts[d] = whole
            rural[d] = int(prefecture["population"]) - int(prefecture["urban_population"])
        else:
            factor = persons[d].sum() / int(prefecture["population"])
            counts[d] = _scaled_counts(whole, factor)
            notes.append(f"{ages[code][1]}: household figures of the whole city in proportion")
    where = np.full((len(codes), 3), np.nan)
    for d, code in enumerate(codes):
        if code in seats:
            where[d] = [float(seats[code][c]) for c in ("lon", "lat", "area_km2")]
    names = [seats[c]["name_en"] if c in seats else ages[c][1] for c in codes]
    location = _CONTACT_PROVINCES.get(province, "China")
    size_area = location if location in ("Shanghai", "Beijing") else "China"
    subdistricts = SHANGHAI_SUBDISTRICTS if place.code == "310100" else 0
    return _area(
        place.name, place.title, codes, names, persons, counts, where, location, size_area,
        notes, with_65plus, rural, subdistricts,
    )  # fmt: skip


def _national_households() -> NDArray[np.int64]:
    rows = [_household_counts(row) for row in shipped("china_prefectures_census2020")]
    return np.asarray(np.sum(rows, axis=0), np.int64)


def _hundredth() -> CensusArea:
    persons = np.rint(shipped_ages()["100000"][2][None] / 100).astype(np.int64)
    counts = _scaled_counts(_national_households(), 0.01)[None]
    notes = ["residents, households and the employed of the nation, one in a hundred"]
    where, unknown = np.full((1, 3), np.nan), np.full(1, np.nan)
    return _area(
        HUNDREDTH, "China, one in a hundred", ["nation"], ["China"], persons, counts, where,
        "China", "China", notes, unknown, np.zeros(1, np.int64),
    )  # fmt: skip


def _user_area(path: Path) -> CensusArea:
    tables: UserTables = read_user_tables(path)
    notes = ["employment and industries: national shares in proportion to residents"]
    whole = _national_households()
    nation = int(shipped_ages()["100000"][2].sum())
    counts = np.empty((len(tables.codes), len(HOUSEHOLD_COLUMNS)), np.int64)
    for d, code in enumerate(tables.codes):
        if code in tables.households:
            counts[d] = [tables.households[code][c] for c in HOUSEHOLD_COLUMNS]
        else:
            counts[d] = _scaled_counts(whole, tables.persons[d].sum() / nation)
    if not tables.households:
        notes.append("households: national figures in proportion to residents (no districts.csv)")
    nowhere = {c: float("nan") for c in ("lon", "lat", "area_km2")}
    where = np.array(
        [list(tables.places.get(c, nowhere).values()) for c in tables.codes], np.float64
    )
    name = slug(path.stem) or "census"
    codes = [f"user-{c}" for c in tables.codes]
    return _area(
        name, path.stem, codes, tables.names, tables.persons, counts, where, "China", "China",
        notes, np.full(len(codes), np.nan), np.zeros(len(codes), np.int64),
    )  # fmt: skip
