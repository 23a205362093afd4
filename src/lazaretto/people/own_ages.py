"""Residents by age as a statistical office publishes them, brought to the bands of the model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lazaretto.people.tables import (
    MOST_RESIDENTS,
    CensusError,
    csv_rows,
    quoted,
    shipped_ages,
)
from lazaretto.words import AGE_BANDS

AREA = ("area", "name", "name_en", "district", "region", "area_name")
AGE = ("age", "age_band", "age_group", "ages")
PERSONS = ("persons", "population", "residents", "total", "count")
"""Names of columns that are understood without being told."""

OLDEST = 85
"""First age of the last band, which is open."""

OPEN = ("+", "and over", "and older", "and above", "and more", "or over", "or older", "or above",
        "or more", "plus", "≥", ">=")  # fmt: skip
UNDER = ("under", "below", "less than", "younger than", "<")
UP_TO = ("up to", "≤", "<=")
"""What marks a band that begins at its number, ends before it, or ends with it."""

_NUMBER = re.compile(r"\d{1,3}")
_YEARS = re.compile(r"(aged?|ages|years?|yrs?|y|old|of age)\b|[\s.:_–-]")
"""What may stand around the number of one year of age."""


@dataclass(frozen=True)
class OwnAges:
    """Residents of areas by the age bands of the model.

    Parameters
    ----------
    names
        Areas, in the order of the file.
    persons
        Residents, shape (n_areas, 18); the sum of an area is that of the file.
    split
        Bands of the file that do not end where those of the model end and were split, in words.
    """

    names: tuple[str, ...]
    persons: NDArray[np.int64]
    split: tuple[str, ...]


def read_own_ages(
    path: Path,
    area: str | None = None,
    age: str | None = None,
    persons: str | None = None,
    only: Sequence[str] = (),
) -> OwnAges:
    """Read a CSV with one row an area and age, whatever its bands.

    A band that is wider than those of the model is split evenly over its years of age; an open one
    that begins before 85 years by the ages of China's census of 2020. Rows of the same area and
    age, such as men and women, are added up.

    Parameters
    ----------
    path
        The CSV, in UTF-8. Ages such as ``0-15``, ``16 to 19``, ``7``, ``90+``.
    area, age, persons
        Names of its columns; the first of `AREA`, `AGE` and `PERSONS` that it has if absent.
        Without a column of areas, all rows are one area.
    only
        Areas that are wanted; all if empty.

    Raises
    ------
    CensusError
        With every problem of the file.
    """
    columns, rows = csv_rows(path)
    problems: list[str] = []
    named = [
        _column(columns, given, known, what, path.name, problems)
        for given, known, what in (
            (area, AREA, "area"), (age, AGE, "age"), (persons, PERSONS, "persons"),
        )
    ]  # fmt: skip
    if problems:
        raise CensusError(problems)
    of_area, of_age, of_persons = named
    counts: dict[str, NDArray[np.float64]] = {}
    seen: dict[str, set[tuple[int, int]]] = {}
    split: dict[str, None] = {}
    for number, row in enumerate(rows, start=2):
        where = f"{path.name}, row {number}"
        name = " ".join(row[of_area].split()) if of_area else path.stem
        if only and name not in only:
            continue
        band = _band(row[of_age])
        number_of = _whole(row[of_persons])
        if band is None:
            problems.append(f"{where}, {of_age}: {quoted(row[of_age])} is not an age; "
                            "write 0-4, 16 to 19, 7 or 90+")  # fmt: skip
        if number_of is None:
            problems.append(f"{where}, {of_persons}: {quoted(row[of_persons])} is not allowed; "
                            f"give a whole number, 0 to {MOST_RESIDENTS:,}")  # fmt: skip
        if band is None or number_of is None:
            continue
        shares, whole = _shares(*band)
        if not whole:
            split[row[of_age]] = None
        counts.setdefault(name, np.zeros(len(AGE_BANDS)))
        counts[name] += number_of * shares
        seen.setdefault(name, set()).add(band)
    problems += [f"{path.name}: no rows of {name}; it has {_some(rows, of_area)}"
                 for name in only if name not in counts and not problems]  # fmt: skip
    problems += [f"{path.name}, {name or 'no name'}: {said}"
                 for name, bands in seen.items() for said in _gaps(bands)]  # fmt: skip
    if not counts and not problems:
        problems.append(f"{path.name}: no rows")
    residents = sum(float(each.sum()) for each in counts.values())
    if not problems and not 0 < residents <= MOST_RESIDENTS:
        problems.append(f"{path.name}: {residents:,.0f} residents; 1 to {MOST_RESIDENTS:,} can be "
                        "simulated")  # fmt: skip
    if problems:
        raise CensusError(problems)
    table = np.stack([_rounded(each) for each in counts.values()])
    return OwnAges(tuple(counts), table, tuple(split))


def _column(
    columns: list[str], given: str | None, known: Sequence[str], what: str, file: str,
    problems: list[str],
) -> str:  # fmt: skip
    if given is not None:
        if given not in columns:
            problems.append(f"{file}: no column {given}; it has {', '.join(columns)}")
        return given
    found = next((name for name in columns if name.strip().lower() in known), "")
    if not found and what != "area":
        problems.append(f"{file}: no column {', '.join(known)}; it has {', '.join(columns)}; "
                        f"name the one with --{what}-column")  # fmt: skip
    return found


def _band(text: str) -> tuple[int, int] | None:
    """Return the first age of a band and the one after its last; the open one ends at 200."""
    said = " ".join(text.lower().split())
    numbers = [int(number) for number in _NUMBER.findall(said)]
    words = _NUMBER.sub("", said.replace(" years", "").replace(" year", ""))
    words = " ".join(words.split())
    if len(numbers) == 2:
        first, last = numbers
        plain = not _YEARS.sub("", words.replace("to", ""))
        return (first, last + 1) if plain and first <= last else None
    if len(numbers) != 1:
        return None
    [number] = numbers
    if any(mark in words for mark in UP_TO):
        return 0, number + 1
    if any(mark in words for mark in OPEN) or said.endswith(("-", "–")):
        return number, 200
    if any(mark in words for mark in UNDER):
        return (0, number) if number else None
    return None if _YEARS.sub("", words) else (number, number + 1)


def _whole(text: str) -> int | None:
    said = text.strip().replace(",", "").replace(" ", "")
    number = float(said) if re.fullmatch(r"\d+(\.0*)?", said) else MOST_RESIDENTS + 1
    return int(number) if number <= MOST_RESIDENTS else None


def _shares(first: int, end: int) -> tuple[NDArray[np.float64], bool]:
    """Return the shares of a band that fall into those of the model, and if none was split."""
    starts = np.array([5 * i for i in range(len(AGE_BANDS))])
    ends = np.append(starts[1:], 200)
    if end >= 100:  # open, or as good as
        ages = shipped_ages()["100000"][2].astype(np.float64)
        within = np.clip((ends - np.maximum(starts, first)) / (ends - starts), 0, 1)
        within[-1] = 1.0  # of those of 85 and more the band holds what there is
        shares = ages * within
        shares /= shares.sum()
    else:
        overlap = np.minimum(ends, end) - np.maximum(starts, first)
        shares = np.maximum(overlap, 0) / (end - first)
    whole = int((shares > 0).sum()) == 1
    return shares, whole


def _gaps(bands: set[tuple[int, int]]) -> list[str]:
    """Return ages that are missing or in two bands, in words."""
    said = []
    at = 0
    for first, end in sorted(bands):
        if first > at:
            said.append(f"ages {at} to {first - 1} are missing")
        if first < at:
            said.append(f"age {first} is in two bands")
        at = max(at, end)
    if at < OLDEST + 1:
        said.append(f"ages from {at} on are missing")
    return said


def _rounded(counts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return whole persons with the same sum, by largest remainders."""
    floor = np.floor(counts + 1e-9).astype(np.int64)
    left = round(float(counts.sum())) - int(floor.sum())
    order = np.argsort(-(counts - floor), kind="stable")
    floor[order[:left]] += 1
    return floor


def _some(rows: list[dict[str, str]], column: str) -> str:
    names = list(dict.fromkeys(row[column] for row in rows)) if column else []
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
