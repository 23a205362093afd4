"""What spoiled input is made of, whole and sound: a small place, its scenario, its runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import web_requests
from own_place import CURFEW, write_place, write_scenario

from lazaretto.people import population, read_area
from lazaretto.people.cache import kept_at
from lazaretto.scenario import Scenario
from lazaretto.studies import run_scenario
from lazaretto.studies.ensembles.kept_runs import keep

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "src" / "lazaretto" / "scenario" / "library"
LOMBARDY = ROOT / "docs" / "examples" / "lombardy"

MEASURES = [
    {"measure": "lockdown", "name": "seal", "tier": "sealed", "areas": ["Northbank"],
     "from": "2022-03-06", "to": "2022-03-12"},
    {"measure": "symptomatic_testing", "share": 0.6, "delay_days": 1, "labs": "labs"},
    {"measure": "screening", "interval_days": 3, "participation": 0.5, "pool": 10,
     "when": {"on": {"cases": {"number": 5}}, "least_days": 3}},
    {"measure": "contact_tracing", "household": 1, "compound": 0.5},
    {"measure": "isolation", "beds": ["hall"]},
    {"measure": "curfew.py:Curfew", "left": 0.5},
]  # fmt: skip
RESOURCES = [
    {"name": "labs", "unit": "tubes/day", "opened": [{"amount": 300}]},
    {"name": "hall", "unit": "beds", "opened": [{"amount": 50, "from": "2022-03-03"}]},
]

LEVERS = """with: ["food_delivery:share=0.5"]
levers:
  - {key: measures.seal.from, kind: date, unit: date, low: 2022-03-05, high: 2022-03-10, step: 1}
  - {key: measures.seal.length, kind: whole, unit: days, low: 1, high: 7}
  - {key: [measures.1.share], kind: number, unit: share, low: 0.1, high: 0.9, step: 0.1}
  - {key: measures.2.interval_days, kind: choice, unit: days, choices: [2, 3, 7]}
"""

CASES = "date,reported,deaths\n" + "".join(f"2022-03-{day:02d},{day},\n" for day in range(1, 26))

CALIBRATION = """name: twin
scenario: twin.yaml
data: cases.csv
data_until: 2022-03-14
parameters:
  - {name: r0, keys: [r0], prior: {kind: uniform, low: 2, high: 6}}
  - {name: share, keys: [measures.1.share], prior: {low: 0.1, high: 0.9}}
streams:
  - {stream: reported, from: 2022-03-02, weight: 2}
  - {stream: deaths}
"""

MATRIX = "age_of_participant,age_of_contact,contacts_per_day_mean\n" + "".join(
    f"{a},{b},{i + j}.5\n" for i, a in enumerate(("0-19", "20-59", "60+"))
    for j, b in enumerate(("0-19", "20-59", "60+"))
)  # fmt: skip

DISTRICTS = """area_code,family_households,family_household_population,one_person_households,\
one_generation_households,two_generation_households,three_generation_households,\
four_plus_generation_households,lon,lat,area_km2
1,280,650,80,150,100,28,2,121.4,31.2,20
2,120,270,40,60,45,14,1,121.6,31.1,30
"""


@dataclass(frozen=True)
class Ground:
    """What cases are made of, whole and sound."""

    folder: Path
    texts: dict[str, str]
    run: Path
    halted: Path
    sha: str
    people: Path
    web: web_requests.Visited

    def town(self, name: str) -> Path:
        """Return a fresh folder with the place, the measure and the scenario in it."""
        folder = self.folder / "cases" / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder / "town", folder)
        return folder


@contextmanager
def made_ground(folder: Path) -> Iterator[Ground]:
    """Make everything that cases spoil, below a folder."""
    town = folder / "town"
    write_place(town / "twin", persons=1_000)
    (town / "twin" / "districts.csv").write_text(DISTRICTS)
    (town / "curfew.py").write_text(CURFEW)
    (town / "levers.yaml").write_text(LEVERS)
    (town / "cases.csv").write_text(CASES)
    (town / "calibration.yaml").write_text(CALIBRATION)
    (town / "matrix.csv").write_text(MATRIX)
    (town / "draws.csv").write_text("seed,r0\n" + "".join(f"{i},{3 + i / 10}\n" for i in range(9)))
    path = write_scenario(town, end="2022-03-18", measures=MEASURES, resources=RESOURCES)
    scenario = Scenario.load(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "80")
        patch.setenv("LAZARETTO_CACHE", os.environ.get("LAZARETTO_CACHE", str(folder / "cache")))
        whole = run_scenario(scenario, out=folder / "runs", threads=1)
        asked: list[str] = []
        with pytest.raises(Exception, match="2022-03"):
            run_scenario(
                scenario,
                out=folder / "halted",
                threads=1,
                progress=lambda what, _: asked.append(what),
                stop=lambda: sum(word.startswith("simulating") for word in asked) > 6,
            )
        keep(whole.results, folder / "kept.npz")
        place = read_area(town / "twin")
        population(town / "twin", cache=folder / "people")
        texts = {file.stem: file.read_text() for file in sorted(LIBRARY.glob("*.yaml"))}
        yield Ground(folder, texts | {"twin": path.read_text()}, folder / "runs",
                     folder / "halted", whole.summary["series_sha256"],
                     kept_at(place, 0, folder / "people")[0],
                     web_requests.visited(folder / "web", path, folder / "runs"))  # fmt: skip
