"""Kinds of spoiled input: each spoils something that is given and returns whether it was refused.

Each case is made from a kind and a seed alone: ``one_case(ground, kind, seed)`` makes it again.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import mutations
import numpy as np
import web_requests
import yaml
from limits import limited
from own_process import content_of
from spoiled_ground import CASES, LEVERS, LOMBARDY, Ground
from starlette.applications import Starlette
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.people import CensusError, make_population, population, read_area
from lazaretto.people.own_ages import read_own_ages
from lazaretto.people.own_cases import cases_by_day
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies import run_scenario
from lazaretto.studies.calibration import load_plan
from lazaretto.studies.choice.levers import read_levers
from lazaretto.studies.choice.regret import draws_of as worlds_of
from lazaretto.studies.ensembles.grid import axes_of
from lazaretto.studies.ensembles.kept_runs import find

FEW = 4_000
"""Residents of a spoiled table up to which a population is made of it."""


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
