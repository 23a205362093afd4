"""A small place of one's own and a scenario for it, as a user would write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from lazaretto.people import read_area
from lazaretto.words import AGE_BANDS

DISTRICTS = {"Northbank": 0.7, "Southbank": 0.3}

SLOW = '''
import os
import pathlib
import time

from lazaretto.measures import Measure


class Slow(Measure):
    """Changes nothing; takes its time while a test wants to interrupt a run."""

    def order(self, today, places, orders):
        mark = os.environ.get("SLOW_MARK")
        if mark:
            pathlib.Path(mark).write_text(str(today.day))
            time.sleep(0.1)
'''

CURFEW = '''
from __future__ import annotations

from pydantic import Field

from lazaretto.measures import Measure, Orders, Places, Today
from lazaretto.words import COMMUNITY


class Curfew(Measure):
    """Nobody out at night once cases are reported."""

    left: float = Field(ge=0, le=1, description="Share of community contacts left.")
    from_cases: int = Field(1, ge=0, description="Reported cases of a week that start it.")

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        hit = today.observed.cases(7) >= self.from_cases
        orders.reduce(self.districts(today, places) & hit, COMMUNITY, self.left, self.left)
'''

SCENARIO: dict[str, Any] = {
    "name": "twin-banks",
    "title": "Twin Banks",
    "place": "./twin",
    "disease": "omicron-ba2",
    "r0": 3,
    "start": "2022-03-01",
    "end": "2022-04-09",
    "seeding": [{"date": "2022-03-01", "infections_per_day": 8}],
    "measures": [
        {"measure": "lockdown", "name": "seal", "tier": "sealed", "areas": ["Northbank"],
         "from": "2022-03-20", "to": "2022-03-30"},
        {"measure": "symptomatic_testing", "share": 0.6, "delay_days": 1},
    ],
}  # fmt: skip


def write_place(folder: Path, persons: int = 3_000) -> Path:
    """Write the census of two districts with the ages of Chongming; return its folder."""
    ages = read_area("chongming").persons.sum(axis=0)
    lines = ["area_code,level,name_en,age_band,male,female,total"]
    for number, (name, share) in enumerate(DISTRICTS.items(), 1):
        for band, count in zip(AGE_BANDS, ages / ages.sum() * persons * share, strict=True):
            lines.append(f"{number},district,{name},{band},,,{round(count)}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "age_by_area.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def write_scenario(folder: Path, name: str = "twin.yaml", **changes: Any) -> Path:
    """Write the scenario beside its place; values of None leave a key out."""
    content = {k: v for k, v in (SCENARIO | changes).items() if v is not None}
    path = folder / name
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def write_town(folder: Path) -> Path:
    """Write the place and its scenario; return the folder."""
    write_place(folder / "twin")
    write_scenario(folder)
    return folder
