"""A folder to start from for a place of one's own: its tables, a scenario, what is left to do."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from lazaretto.disease import variant
from lazaretto.people import CensusError, areas, read_area
from lazaretto.people.own_ages import OwnAges
from lazaretto.people.own_cases import CASES, cases_by_day
from lazaretto.people.tables import AGE_COLUMNS
from lazaretto.scenario import Problem, ScenarioError
from lazaretto.words import AGE_BANDS

DAYS, SEEDED, ORDERED, LASTS, EARLIER = 90, 7, 30, 45, 7
"""Days of the run, with infections from outside, until the order, that it lasts, and that the
alternative is earlier: to start from, of no place."""

SEEDS = 2
"""Infections from outside a day on the first days: a guess, and marked as one."""

HELD_OUT = 14
"""Days at the end of the cases that a fit does not see, if these are at least three times as many.
"""

ICU_BEDS = 4.37
"""Beds in intensive care per 100,000 residents, China 2021
(shanghai_2022_capacity_and_mobility_points.csv)."""

STAND_IN = "chongming"
"""Place whose census is written where no ages are given."""


@dataclass(frozen=True)
class NewPlace:
    """What is known of a new place.

    Parameters
    ----------
    name
        Lower-case name, as in file names.
    title
        Readable name.
    disease
        Variant.
    ages
        Residents by area and age; those of `STAND_IN` if absent.
    cases
        A CSV of reported cases by day; none if absent.
    start
        First day; the first of the cases if absent, else 1 March 2022.
    ages_from
        Where the ages are from, in words.
    """

    name: str
    title: str
    disease: str
    ages: OwnAges | None = None
    cases: Path | None = None
    start: date | None = None
    ages_from: str = ""


def make_folder(new: NewPlace, folder: Path) -> list[Path]:
    """Write the folder of a new place, whole or not at all, and return its files.

    Parameters
    ----------
    new
        What is known of it.
    folder
        Where; must not be there yet.

    Raises
    ------
    ScenarioError
        If the folder is there, or a date is not in the cases.
    CensusError
        If the cases have problems.
    OSError
        If it cannot be written.
    """
    if folder.exists():
        raise ScenarioError([Problem("folder", str(folder), "one that is not there yet",
                                     "give another name, or move it away")])  # fmt: skip
    ages = _stand_in() if new.ages is None else new.ages
    said = _said(new, ages)
    templates = ["scenario.yaml", "README.md"] + ["calibration.yaml"] * (new.cases is not None)
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        (partial / "place").mkdir()
        (partial / "place" / "age_by_area.csv").write_text(_table(ages), encoding="utf-8")
        if new.cases is not None:
            shutil.copyfile(new.cases, partial / "place" / CASES)
        for template in templates:
            (partial / template).write_text(_filled(template, said), encoding="utf-8")
        partial.chmod(0o755)  # a temporary folder is its owner's alone
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _said(new: NewPlace, ages: OwnAges) -> dict[str, Any]:
    """Return what the templates take."""
    cases = {} if new.cases is None else cases_by_day(new.cases)
    days = list(cases)
    if new.cases is not None and not days:
        raise CensusError([f"{new.cases.name}: no rows"])
    start = new.start or (days[0] if days else date(2022, 3, 1))
    if days and start > days[-1]:
        allowed = f"a day up to {days[-1]}, the last of the cases"
        raise ScenarioError([Problem("--start", start, allowed, "choose an earlier day")])
    end = max([start + timedelta(days=ORDERED), *days[-1:]])
    if not days:
        end = start + timedelta(days=DAYS - 1)
    ordered = start + timedelta(days=min(ORDERED, (end - start).days // 2))
    held = timedelta(days=HELD_OUT if len(days) > 3 * HELD_OUT else 0)
    until = days[-1] - held if days else end
    residents = int(ages.persons.sum())
    return {
        "name": new.name, "title": " ".join(new.title.split()), "disease": new.disease,
        "areas": list(ages.names), "persons": f"{residents:,}", "start": start, "end": end,
        "seeded_to": start + timedelta(days=SEEDED - 1), "seeds": SEEDS,
        "icu": max(1, round(ICU_BEDS * residents / 1e5)),
        "ordered": ordered, "ordered_to": min(ordered + timedelta(days=LASTS), end),
        "earlier": max(ordered - timedelta(days=EARLIER), start),
        "until": until, "held_from": until + timedelta(days=1) if held else None,
        "held_to": days[-1] if days else None, "first": max([start, *days[:1]]),
        "r0": float(variant(new.disease).r0), "cases": new.cases is not None,
        "deaths": any("deaths" in found for day, found in cases.items() if day <= until),
        "ages_from": _ages_from(new), "cases_from": _cases_from(new), "notes": _notes(new),
    }  # fmt: skip


def _stand_in() -> OwnAges:
    census = read_area(STAND_IN)
    return OwnAges(tuple(census.districts), census.persons, ())


def _ages_from(new: NewPlace) -> str:
    if new.ages is not None:
        return new.ages_from or "you"
    title = next(place.title for place in areas() if place.name == STAND_IN)
    return f"**the census of {title}, to be replaced by yours**"


def _cases_from(new: NewPlace) -> str:
    return f"`{new.cases.name}`" if new.cases is not None else "not there; you, if you have them"


def _notes(new: NewPlace) -> list[str]:
    """Return what is not of the place itself, in sentences."""
    notes = []
    if new.ages is not None and new.ages.split:
        notes.append(
            f"Ages {', '.join(new.ages.split)} were split into bands of five years, evenly over "
            "their years (an open one that begins before 85: by the ages of China in 2020)."
        )
    return [
        *notes,
        "Who works in which industry, and contacts at school and work by age, are those of China "
        "(docs/people.md); household sizes too, until you give yours.",
        "Without positions of areas (lon, lat, area_km2 in districts.csv) distance plays no part "
        "in who meets whom.",
    ]


def _table(ages: OwnAges) -> str:
    """Return ``age_by_area.csv``."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(AGE_COLUMNS)
    for code, (name, counts) in enumerate(zip(ages.names, ages.persons, strict=True), start=1):
        for band, count in zip(AGE_BANDS, counts, strict=True):
            table.writerow([code, "district", name, band, "", "", int(count)])
    return text.getvalue()


def _filled(template: str, said: Mapping[str, Any]) -> str:
    text = files("lazaretto").joinpath("scenario", "starter", f"{template}.j2").read_text("utf-8")
    made = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701 - YAML and Markdown
    return made.from_string(text).render(said)
