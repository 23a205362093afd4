"""Whatever is wrong with what a user gives: a clear error or a valid result, and nothing else.

Never a traceback, never more than ten seconds or two gigabytes, never a changed file. Each case is
made from a kind and a seed alone: ``one_case(ground, kind, seed)`` makes it again.
"""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mutations
import numpy as np
import pytest
import web_requests
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from own_place import CURFEW, write_place, write_scenario
from own_process import content_of, in_a_process
from starlette.applications import Starlette
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.people import CensusError, make_population, population, read_area
from lazaretto.people.cache import kept_at
from lazaretto.people.own_ages import read_own_ages
from lazaretto.people.own_cases import cases_by_day
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies import run_scenario
from lazaretto.studies.calibration import load_plan
from lazaretto.studies.calibration.journal import Journal, JournalError
from lazaretto.studies.choice.levers import read_levers
from lazaretto.studies.choice.regret import draws_of as worlds_of
from lazaretto.studies.ensembles.grid import axes_of
from lazaretto.studies.ensembles.kept_runs import find, keep

LONGEST, MOST_BYTES = 10.0, 2 << 30
"""Seconds of a processor and bytes that one case may take; on a busy machine it waits longer."""

FEW = 4_000
"""Residents of a spoiled table up to which a population is made of it."""

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


class TooLongError(BaseException):
    """A case that did not end in time; no Exception, lest somebody takes it for bad input."""


@contextmanager
def limited() -> Iterator[None]:
    """Raise in what takes too long or too much memory."""

    def out_of_time(number: int, frame: object) -> None:
        raise TooLongError(f"more than {LONGEST} s")

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    before = signal.signal(signal.SIGPROF, out_of_time)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MOST_BYTES, hard))
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGPROF, before)


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


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("bad")
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


def call(*words: object, codes: tuple[int, ...] = (0, 2)) -> tuple[int, str]:
    """Call the command in this process; return its exit code and what it printed."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in codes, result.output[-2_000:]
    assert len(result.output) < 1_000_000
    if result.exit_code:
        assert result.output.strip(), "an error that says nothing"
        assert "Traceback" not in result.output
    return result.exit_code, result.stdout


def checked(scenario: object, *more: str, as_json: bool) -> int:
    """Check a scenario as a user would; return the exit code."""
    code, printed = call("check", scenario, *more, *(["--json"] if as_json else []))
    if as_json:
        said = json.loads(printed)
        assert said["ok"] == (code == 0)
        problems = said.get("problems", [])
        assert bool(problems) == (code == 2)
        assert all(each["advice"] for each in problems)
    return code


def clear(error: ScenarioError | CensusError) -> bool:
    """Assert that an error says what is wrong; return that something was refused."""
    assert str(error)
    assert error.problems
    assert all(getattr(problem, "advice", problem) for problem in error.problems)
    return True


# Kinds of cases: each spoils something that is given and returns whether it was refused


def a_scenario_file(ground: Ground, rng: random.Random) -> bool:
    # Cities are quick to check, a nation takes seconds.
    often = ("twin",) * 12 + ("chongming-example", "china-cai-2022", "hong-kong-2022")
    name = rng.choice(often if rng.random() < 0.99 else tuple(ground.texts))
    folder = ground.town("scenario")
    file = folder / "spoiled.yaml"
    file.write_bytes(mutations.scenario(rng, ground.texts[name]))
    before = content_of(folder)
    refused = checked(file, as_json=rng.random() < 0.7) != 0
    assert content_of(folder) == before
    if not refused and name == "twin" and rng.random() < 0.3:
        runs(file)
        assert content_of(folder) == before
    return refused


def runs(file: Path) -> None:
    """Run what was found sound, if it is short and small: it must run."""
    scenario = Scenario.load(file)
    place = file.parent / scenario.place
    if scenario.n_days > 60 or scenario.nation is not None or not place.is_dir():
        return
    try:
        made = run_scenario(scenario, threads=1, out=file.parents[1] / "made")
    except ScenarioError:
        return  # an R0 that this place cannot have shows only here
    finally:
        shutil.rmtree(file.parents[1] / "made", ignore_errors=True)
    infections = made.results["infections"].values
    assert infections.min() >= 0
    assert np.isfinite(made.results["persons_by_tier"].values).all()


def a_value_that_is_set(ground: Ground, rng: random.Random) -> bool:
    name = rng.choice(("twin",) * 4 + ("chongming-example", "china-cai-2022"))
    folder = ground.town("scenario")
    written = yaml.safe_load(ground.texts[name])
    said = [mutations.override(rng, written) for _ in range(rng.choice((1, 1, 2, 4)))]
    words = [word for one in said for word in ("--set", one)]
    file = folder / "twin.yaml" if name == "twin" else name
    before = content_of(folder)
    refused = checked(file, *words, as_json=rng.random() < 0.7) != 0
    assert content_of(folder) == before
    return refused


def a_table_of_residents(ground: Ground, rng: random.Random) -> bool:
    folder = ground.town("place") / "twin"
    file = folder / rng.choice(("age_by_area.csv", "age_by_area.csv", "districts.csv"))
    file.write_bytes(mutations.table(rng, file.read_text()))
    before = content_of(folder)
    place = folder if rng.random() < 0.8 else folder / "age_by_area.csv"
    try:
        census = read_area(place)
    except CensusError as error:
        return clear(error)
    finally:
        assert content_of(folder) == before
    assert 0 < census.n_persons <= 2_000_000_000
    if census.n_persons <= FEW:
        try:
            made = make_population(census, threads=1)
        except CensusError:
            return True
        assert made.n_persons == census.n_persons
    return False


def ages_of_an_office(ground: Ground, rng: random.Random) -> bool:
    folder = ground.town("office")
    office = rng.random() < 0.5
    text = (LOMBARDY / "ages.csv").read_text() if office else (
        "area,age,persons\n" + "".join(f"{a},{5 * i}-{5 * i + 4},{90 - i}\n" for a in "AB"
                                       for i in range(17)) + "A,85+,20\nB,85 and over,20\n"
    )  # fmt: skip
    file = folder / "ages.csv"
    file.write_bytes(mutations.table(rng, text))
    columns = ("denominazione_regione", "range_eta", "totale_generale") if office else (None,) * 3
    if rng.random() < 0.7:
        try:
            ages = read_own_ages(file, *columns)
        except CensusError as error:
            return clear(error)
        assert (ages.persons >= 0).all()
        assert 0 < ages.persons.sum() <= 2_000_000_000
        return False
    words = [word for name, column in zip(("area", "age", "persons"), columns, strict=True)
             if column for word in (f"--{name}-column", column)]  # fmt: skip
    code, _ = call("new", folder / "made", "--ages", file, *words)
    if code:
        assert not (folder / "made").exists()
        return True
    assert checked(folder / "made" / "scenario.yaml", as_json=True) == 0
    return False


def cases_by_date(ground: Ground, rng: random.Random) -> bool:
    folder = ground.town("cases")
    file = folder / "twin" / "cases.csv"
    file.write_bytes(mutations.table(rng, CASES))
    how = rng.randrange(3)
    if how == 0:
        return checked(folder / "twin.yaml", as_json=True) != 0
    if how == 1:
        code, _ = call("new", folder / "made", "--cases", file)
        assert code or checked(folder / "made" / "scenario.yaml", as_json=True) == 0
        return code != 0
    try:
        days = cases_by_day(file)
    except CensusError as error:
        return clear(error)
    assert all(value >= 0 for day in days.values() for value in day.values())
    return False


def a_file_of_levers(ground: Ground, rng: random.Random) -> bool:
    folder = ground.town("levers")
    file = folder / "levers.yaml"
    file.write_bytes(mutations.scenario(rng, LEVERS))
    scenario = Scenario.load(folder / "twin.yaml")
    try:
        made, levers = read_levers(scenario, file)
    except ScenarioError as error:
        return clear(error)
    assert levers
    assert made.n_days == scenario.n_days
    assert all(len(lever.values) > 1 for lever in levers)
    return False


def a_calibration(ground: Ground, rng: random.Random) -> bool:
    folder = ground.town("calibration")
    file = folder / rng.choice(("calibration.yaml", "calibration.yaml", "cases.csv", "twin.yaml"))
    spoil = mutations.table if file.suffix == ".csv" else mutations.scenario
    file.write_bytes(spoil(rng, file.read_text()))
    try:
        plan = load_plan(str(folder / "calibration.yaml"))
    except ScenarioError as error:
        return clear(error)
    assert plan.names
    return False


def a_table_beside_a_scenario(ground: Ground, rng: random.Random) -> bool:
    folder = ground.town("beside")
    which = rng.choice(("matrix.csv", "draws.csv", "flows.csv", "worlds.csv", "axes"))
    if which == "axes":
        written = yaml.safe_load(ground.texts["twin"])
        given = [mutations.override(rng, written) for _ in range(rng.choice((1, 2)))]
        try:
            axes_of(given)
        except ScenarioError as error:
            return clear(error)
        return False
    sound = {
        "flows.csv": "from_code,to_code,trips_per_day\n310100,320500,5000\n320500,310100,4000\n",
        "worlds.csv": "r0,measures.1.share,weight\n3,0.5,1\n4,0.6,2\n",
    }
    file = folder / which
    file.write_bytes(mutations.table(rng, sound.get(which) or file.read_text()))
    if which == "worlds.csv":
        try:
            return not worlds_of(Scenario.load(folder / "twin.yaml"), file, 5)
        except ScenarioError as error:
            return clear(error)
    if which == "flows.csv":
        text = ground.texts["shanghai-to-china-2022"]
        nation = yaml.safe_load(text) | {"less_restrictive": None, "alternatives": []}
        nation["nation"]["cities"] = ["310100", "320500"]
        nation["nation"].setdefault("travel", {})["flows"] = "flows.csv"
        (folder / "nation.yaml").write_text(yaml.safe_dump(nation))
        return checked(folder / "nation.yaml", as_json=True) != 0
    words = {
        "matrix.csv": ("--set", "contacts.community.by_age=matrix.csv"),
        "draws.csv": ("--set", "posterior={draws: draws.csv, fitted: "
                               "[{name: r0, value: 3, keys: [r0]}]}"),
    }[which]  # fmt: skip
    return checked(folder / "twin.yaml", *words, as_json=True) != 0


def a_run_folder(ground: Ground, rng: random.Random) -> bool:
    folder = ground.folder / "cases" / "runs"
    shutil.rmtree(folder, ignore_errors=True)
    unfinished = rng.random() < 0.15
    shutil.copytree(ground.halted if unfinished else ground.run, folder)
    [run] = folder.iterdir()
    file = rng.choice(sorted(path for path in run.iterdir() if path.is_file()))
    if file.suffix == ".json" and rng.random() < 0.6:
        spoiled = mutations.tree(rng, json.loads(file.read_text()))
        file.write_text(json.dumps(spoiled, default=str), errors="replace")
    elif file.suffix == ".yaml":
        file.write_bytes(mutations.scenario(rng, file.read_text()))
    elif rng.random() < 0.1:
        file.unlink()
        if rng.random() < 0.5:
            file.mkdir()
    else:
        file.write_bytes(mutations.content(rng, file.read_bytes()))
    how = rng.choice((0, 1, 1, 2, 2, 3, 3)) if not unfinished else 0
    before = content_of(folder)
    if how == 0:
        code, said = call("run", ground.folder / "town" / "twin.yaml", "--out", folder, "--json",
                          "--no-report", "--threads", 1, codes=(0, 1))  # fmt: skip
        assert code or json.loads(said)["series_sha256"] == ground.sha
        return code != 0
    if how == 1:
        code, _ = call("list", "--out", folder, *(["--json"] if rng.random() < 0.5 else []))
    elif how == 2:
        form = rng.choice(("netcdf", "parquet", "hubverse"))
        out = ground.folder / "cases" / "exported"
        shutil.rmtree(out, ignore_errors=True)
        code, _ = call("export", run, "--format", form, "--out", out, codes=(0, 1, 2))
    else:
        code = checked(run / "scenario.yaml", as_json=True)
    assert content_of(folder) == before
    return code != 0


def a_population_that_was_kept(ground: Ground, rng: random.Random) -> bool:
    cache = ground.folder / "cases" / "people"
    shutil.rmtree(cache, ignore_errors=True)
    shutil.copytree(ground.people.parents[1], cache)
    folder = cache / "people" / ground.people.name
    file = rng.choice(sorted(folder.iterdir()))
    if file.suffix == ".json" and rng.random() < 0.7:
        spoiled = mutations.tree(rng, json.loads(file.read_text()))
        file.write_text(json.dumps(spoiled, default=str), errors="replace")
    else:
        file.write_bytes(mutations.content(rng, file.read_bytes()))
    sound = population(ground.folder / "town" / "twin", cache=ground.people.parents[1])
    made = population(ground.folder / "town" / "twin", cache=cache, threads=1)
    for name, array in made.arrays().items():
        assert np.array_equal(array, sound.arrays()[name]), name
    return False


def a_run_that_was_kept(ground: Ground, rng: random.Random) -> bool:
    file = ground.folder / "cases" / "kept.npz"
    file.parent.mkdir(exist_ok=True)
    whole = (ground.folder / "kept.npz").read_bytes()
    file.write_bytes(mutations.content(rng, whole))
    found = find(file)
    if found is not None:
        assert found.equals(find(ground.folder / "kept.npz"))
    return found is None


def a_web_request(ground: Ground, rng: random.Random) -> bool:
    room = ground.web.room
    web_requests.put_back(ground.web)
    request = web_requests.spoiled(rng, ground.web)
    before, town = content_of(room.folder), content_of(ground.folder / "town")
    app = ground.web.near if rng.random() < 0.9 else ground.web.far
    refused = answered(app, request).status >= 400
    for path in (room.folder / "room" / "scenarios").glob("*.yaml"):  # one that was brought
        assert answered(ground.web.near, web_requests.opened(path.stem)).status == 200
    after = content_of(room.folder)
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    # A job that waits may be stopped by who asked for it; jobs and scenarios may be added.
    changed -= {f"room/jobs/{web_requests.WAITING}.json"}
    assert not changed & set(before)
    assert all(re.fullmatch(NEW, name) for name in changed), changed
    assert content_of(ground.folder / "town") == town
    return refused


def answered(app: Starlette, request: web_requests.Request) -> web_requests.Answer:
    """Let the room answer a request and look whether it did so as it should."""
    answer = web_requests.answer_to(app, request)
    assert 200 <= answer.status < 500, answer
    assert b"Traceback" not in answer.body
    assert b"root:" not in answer.body
    assert len(answer.body) < 5_000_000
    assert answer.body or answer.status < 400 or request.method == "HEAD" or request.leaves, answer
    assert not any("\n" in value for value in answer.headers.values())
    if "text/html" in answer.headers.get("content-type", ""):
        assert web_requests.SCRIPT.encode() not in answer.body
    return answer


NEW = r"room/(jobs/[0-9a-f]{32}\.json|scenarios/[0-9a-f]{16}\.yaml)"
"""Files that a request may add below the folder of the runs."""

Kind = Callable[[Ground, random.Random], bool]
KINDS: dict[Kind, int] = {
    a_scenario_file: 30, a_value_that_is_set: 20, a_table_of_residents: 13, ages_of_an_office: 9,
    cases_by_date: 6, a_file_of_levers: 10, a_calibration: 5, a_table_beside_a_scenario: 3,
    a_run_folder: 2, a_population_that_was_kept: 1, a_run_that_was_kept: 1, a_web_request: 15,
}  # fmt: skip
"""Kinds of cases and how many of 115 are of them."""


def one_case(ground: Ground, kind: Kind, seed: int) -> bool:
    """Make one case; return whether what was given was refused."""
    rng = random.Random(f"{kind.__name__} {seed}")
    with limited():
        return kind(ground, rng)


def many(ground: Ground, kind: Kind, seeds: range) -> Counter[bool]:
    """Make cases; fail with all that failed among them, by what went wrong and their seeds."""
    ended: Counter[bool] = Counter()
    failed: dict[str, list[int]] = {}
    for seed in seeds:
        try:
            ended[one_case(ground, kind, seed)] += 1
        except (Exception, TooLongError) as error:
            at = error.__traceback__
            while at is not None and at.tb_next is not None:
                at = at.tb_next
            where = "" if at is None else f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}"
            said = f"{type(error).__name__} at {where}: {str(error)[:200]}"
            failed.setdefault(said, []).append(seed)
    print(f"\n{kind.__name__}: {len(seeds)} cases, {ended[True]} refused, {ended[False]} valid")
    assert not failed, f"{kind.__name__}, what went wrong and the seeds: {failed}"
    return ended


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_bad_input_is_refused_or_does_no_harm(ground: Ground, kind: Kind):
    ended = many(ground, kind, range(4 * KINDS[kind]))
    assert ended.total() == 4 * KINDS[kind]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_bad_input_is_refused_or_does_no_harm_20_000_times(ground: Ground, kind: Kind):
    ended = many(ground, kind, range(1_000, 1_000 + 190 * KINDS[kind]))
    assert ended[True] > 0 or kind is a_population_that_was_kept


ENDLESS = {
    "bomb": (mutations.BOMB.format(key="description"), "more than 100,000 values"),
    "cycle": (mutations.CYCLES[0].format(key="title"), "repeats what it is a part of"),
    "cycle of keys": (mutations.CYCLES[1].format(key="title"), "repeats what it is a part of"),
    "depth": (f"title: {'[' * 42}{']' * 42}\n", "more than 40 levels"),
    "great depth": (f"title: {'[' * 9_000}{']' * 9_000}\n", "more than 40 levels"),
    "tag": ("title: !!timestamp x\n", "does not fit its value"),
    "control": ('title: "a\\x07"\n', "control character"),
    "half a letter": ('title: "\\ud800"\n', "control character"),
    "length": (f"title: {'x' * 1_000_001}\n", "at most 1,000,000"),
    "long name": (f"place: {'x' * 256}\n", "longer than 255 bytes"),
}
"""Texts that are short to write and long to read, and what is said of them."""


@pytest.mark.parametrize("name", ENDLESS)
def test_what_is_endless_is_refused_at_once(ground: Ground, name: str):
    text, said = ENDLESS[name]
    folder = ground.town("endless")
    file = folder / "endless.yaml"
    file.write_text(text)
    with limited():
        code, printed = call("check", file, "--json")
        assert code == 2
        assert said in printed
        key, _, value = text.partition(": ")
        if name in ("depth", "tag", "control", "long name"):
            code, printed = call("check", folder / "twin.yaml", "--set", f"{key}={value}", "--json")
            assert code == 2
            assert said in printed


def test_a_merge_and_an_alias_within_reason_are_understood(ground: Ground):
    folder = ground.town("merged")
    more = "less_restrictive: &a {name: &n less, without: [seal]}\n"
    more += "alternatives:\n- {<<: *a, title: *n}\n"
    with (folder / "twin.yaml").open("a") as file:
        file.write(more)
    assert checked(folder / "twin.yaml", as_json=True) == 0


def test_a_damaged_journal_of_a_fit_says_what_to_do(tmp_path: Path):
    file = tmp_path / "runs.sqlite"
    file.write_bytes(b"not a database" * 1_000)
    with pytest.raises(JournalError, match="move it away"):
        Journal(file)


# The same with values that Hypothesis makes


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates()
ANY = st.recursive(
    SCALARS, lambda part: st.lists(part) | st.dictionaries(st.text() | SCALARS, part), max_leaves=12
)


def refused_or_read(written: dict, key: str, value: object) -> None:
    try:
        scenario = Scenario.from_mapping(written, {key: value})
    except ScenarioError as error:
        clear(error)
        return
    assert Scenario.from_mapping(scenario.resolved()) == scenario
    json.dumps(scenario.resolved())


def any_value_at_any_key(ground: Ground, cases: int) -> None:
    written = yaml.safe_load(ground.texts["twin"])
    more = ("posterior", "aim", "less_restrictive", "alternatives", "border", "behaviour",
            "vaccination", "nation", "contacts", "confinement", "outputs", "reporting")  # fmt: skip
    keys = [*mutations.keys_of(written), *more]

    @settings(max_examples=cases, deadline=None, database=None, derandomize=True)
    @given(key=st.sampled_from(keys), value=ANY)
    def run(key: str, value: object) -> None:
        refused_or_read(written, key, value)

    run()


def test_any_value_at_any_key_is_refused_or_read(ground: Ground):
    any_value_at_any_key(ground, 100)


@pytest.mark.slow
def test_any_value_at_any_key_is_refused_or_read_1_500_times(ground: Ground):
    any_value_at_any_key(ground, 1_500)


# The real command, in a process of its own


def by_command(ground: Ground, seeds: range) -> None:
    """Give spoiled scenarios to the command as a user does, in processes of its own."""
    refused = 0
    for seed in seeds:
        rng = random.Random(f"command {seed}")
        folder = ground.town("command")
        file = folder / "spoiled.yaml"
        file.write_bytes(mutations.scenario(rng, ground.texts["twin"]))
        before = content_of(folder)
        if rng.random() < 0.5:
            words = ["check", str(file)]
        else:
            written = yaml.safe_load(ground.texts["twin"])
            words = ["check", str(folder / "twin.yaml"), "--set", mutations.override(rng, written)]
        if any("\x00" in word for word in words):
            continue  # no shell can hand that over
        code, printed, seconds, most = in_a_process(words, lambda: signal.alarm(120))
        assert code in (0, 2), (seed, printed[-2_000:])
        assert "Traceback" not in printed, (seed, printed[-2_000:])
        assert printed.strip()
        assert seconds < LONGEST, seed
        assert most < MOST_BYTES, seed
        assert content_of(folder) == before
        refused += code == 2
    assert 0 < refused < len(seeds)


def test_the_command_refuses_bad_input_in_a_process_of_its_own(ground: Ground):
    by_command(ground, range(20))


@pytest.mark.slow
def test_the_command_refuses_bad_input_in_processes_of_their_own_500_times(ground: Ground):
    by_command(ground, range(1_000, 1_500))
