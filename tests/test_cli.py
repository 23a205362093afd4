"""The command line: what it prints, what it leaves behind, and how it ends."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
import yaml
from own_place import CURFEW, DISTRICTS, write_place, write_scenario
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.report.wording import people
from lazaretto.scenario import json_schema
from lazaretto.scenario.reading import read_scenario

KEYS = {
    "run", "scenario", "seed", "threads", "persons", "days", "infections", "reported", "setup_s",
    "wall_s", "peak_rss_mib", "series_sha256",
}  # fmt: skip
"""What every reader of ``run --json`` may rely on."""

MORE_KEYS = {"replicates", "found", "tests", "deaths", "person_days"}


@pytest.fixture(autouse=True)
def _width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin")
    write_scenario(folder)
    return folder


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


def lazaretto(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def run(scenario, runs, *words, code=0):
    return lazaretto("run", scenario, "--out", runs, "--no-report", *words, code=code)


def run_json(scenario, runs, *words):
    return json.loads(run(scenario, runs, "--json", *words).stdout)


# Running


def test_a_run_says_what_it_made_and_leaves_a_complete_folder(town, runs):
    said = run_json(town / "twin.yaml", runs, "--seed", 3, "--threads", 1)
    assert set(said) == KEYS | MORE_KEYS
    assert said["scenario"] == "twin-banks"
    assert (said["seed"], said["threads"], said["days"]) == (3, 1, 40)
    assert abs(said["persons"] - 3_000) < 20
    assert said["infections"] > 100
    assert 0 < said["reported"] < said["infections"]
    assert re.fullmatch("[0-9a-f]{64}", said["series_sha256"])
    assert not said["found"]
    (folder,) = runs.iterdir()
    assert str(folder) == said["run"]
    names = {"manifest.json", "scenario.yaml", "trajectories.nc"}
    assert {file.name for file in folder.iterdir()} == names
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["summary"]["series_sha256"] == said["series_sha256"]
    assert manifest["inputs"]["seed"] == 3
    resolved = yaml.safe_load((folder / "scenario.yaml").read_text())
    assert resolved["contacts"]["school"]["rate"]["status"] == "measured"


def test_the_same_command_finds_the_run_and_again_makes_it_anew(town, runs):
    first = run_json(town / "twin.yaml", runs)
    found = run_json(town / "twin.yaml", runs)
    assert found == first | {"found": True}
    assert "made before" in run(town / "twin.yaml", runs).stdout
    anew = run_json(town / "twin.yaml", runs, "--again")
    assert not anew["found"]
    assert anew["series_sha256"] == first["series_sha256"]
    assert run_json(town / "twin.yaml", runs, "--seed", 2)["run"] != first["run"]


def test_threads_change_nothing_not_even_the_folder(town, runs):
    one = run_json(town / "twin.yaml", runs, "--threads", 1)
    three = run_json(town / "twin.yaml", runs, "--threads", 3, "--again")
    assert one["run"] == three["run"]
    assert one["series_sha256"] == three["series_sha256"]


def test_replicates_are_the_runs_of_the_following_seeds(town, runs):
    three = run_json(town / "twin.yaml", runs, "--replicates", 3, "--seed", 5)
    each = three["replicates"]
    assert [one["seed"] for one in each] == [5, 6, 7]
    assert len({one["series_sha256"] for one in each}) == 3
    single = run_json(town / "twin.yaml", runs, "--seed", 6)
    assert single["series_sha256"] == each[1]["series_sha256"]
    assert three["infections"] == round(sum(one["infections"] for one in each) / 3)
    shown = run(town / "twin.yaml", runs, "--replicates", 3, "--seed", 5).stdout
    assert "seeds 5 to 7" in shown
    middle = sorted(one["infections"] for one in each)[1]
    said = " ".join(shown.split())
    assert f"infections {people(middle)} (median of 3 runs: " in said
    assert re.search(r"deaths \S+", said)
    assert re.search(r"income lost [\d,.]+ \S+ .*over the ranges of the runs", said)
    assert re.search(r"aim (reached|not reached) in \d of 3 runs: fewer than 100 new", said)
    listed = " ".join(lazaretto("list", "--out", runs).stdout.split())
    assert f"3 x 40 days, {people(middle)} infections, " in listed


def test_values_are_overridden(town, runs):
    plain = run_json(town / "twin.yaml", runs)
    free = run_json(town / "twin.yaml", runs, "--set", "measures=[]")
    assert free["infections"] > plain["infections"]
    assert free["reported"] == 0
    shorter = run_json(
        town / "twin.yaml", runs, "--set", "r0=1.1", "--set", "end=2022-03-10",
        "--set", "measures.seal.tier=2",
    )  # fmt: skip
    assert shorter["days"] == 10
    assert shorter["infections"] < plain["infections"]


def test_events_are_one_row_per_infection(town, runs):
    import pyarrow.parquet as pq

    said = run_json(town / "twin.yaml", runs, "--set", "outputs.events=true")
    (folder,) = runs.iterdir()
    rows = pq.read_table(folder / "events-000.parquet").to_pandas()
    assert len(rows) == said["infections"]
    assert not rows["person"].duplicated().any()  # 40 days are too few for a second time
    assert (rows["source"] == -1).sum() == 8
    assert set(rows["district"]) <= set(DISTRICTS)
    assert set(rows["layer"]) <= {"household", "building", "compound", "school", "workplace",
                                  "community", "seed"}  # fmt: skip
    by = rows.set_index("person")["day"]
    caught = rows[rows["source"] >= 0]
    assert (by.loc[caught["source"]].to_numpy() < caught["day"].to_numpy()).all()


def test_a_run_with_lost_events_is_made_again(town, runs):
    words = ("--set", "outputs.events=true")
    run_json(town / "twin.yaml", runs, *words)
    (folder,) = runs.iterdir()
    (folder / "events-000.parquet").unlink()
    assert not run_json(town / "twin.yaml", runs, *words)["found"]
    assert (folder / "events-000.parquet").is_file()


def test_the_report_is_written_and_written_again_if_lost(town, runs, monkeypatch):
    # The figures as files take most of the time and are tested with the report.
    drawn = []
    monkeypatch.setattr("lazaretto.reporting.save_figures", lambda *a, **k: drawn.append(a[1]))
    scenario = write_scenario(town, "short.yaml", end="2022-03-08")
    shown = lazaretto("run", scenario, "--out", runs).stdout
    (folder,) = runs.iterdir()
    assert f"report      {folder}/report.html" in shown
    assert re.search(r"report written in [\d.]+ s", " ".join(shown.split()))
    assert drawn == [folder / "figures"]
    page = (folder / "report.html").read_text()
    assert "tables of the user, twin" in page
    assert "seventh national census" not in page
    asked = []
    monkeypatch.setattr(
        "lazaretto.reporting.write_report", lambda *given, **more: asked.append(given[1])
    )
    assert "made before" in lazaretto("run", scenario, "--out", runs).stdout
    assert not asked
    (folder / "report.html").unlink()
    assert "made before" in lazaretto("run", scenario, "--out", runs).stdout
    assert asked[0].folder.path == folder


def test_nothing_is_said_of_progress_without_a_terminal(town, runs):
    assert run(town / "twin.yaml", runs, "--json").stderr == ""


def test_a_changed_run_says_so(town, runs):
    scenario = write_scenario(town, "brief.yaml", end="2022-03-04")
    shown = run(scenario, runs, "--set", "r0=2").stdout
    assert "changed against twin-banks: r0=2" in shown
    (listed,) = json.loads(lazaretto("list", "--out", runs, "--json").stdout)["runs"].values()
    assert (listed["changed"], listed["against"]) == (["r0=2"], "twin-banks")
    words = "".join(lazaretto("list", "--out", runs).stdout.split())
    assert "r0=2" in words
    assert "changed against" not in run(scenario, runs).stdout


# Problems


BROKEN = """from lazaretto.measures import Measure


class Broken(Measure):
    def order(self, today, places, orders):
        orders.nothing_like_it()
"""


def test_an_own_measure_that_fails_is_named_with_its_line(town, runs):
    (town / "broken.py").write_text(BROKEN)
    scenario = write_scenario(town, "broken.yaml", measures=[{"measure": "broken.py:Broken"}])
    (said,) = run(scenario, runs, code=1).stderr.splitlines()
    assert said.startswith("measure Broken: ")
    assert "broken.py, line 6: AttributeError" in said


@pytest.mark.parametrize(("name", "words"), [("lost.yaml", "no such file"), (".", "a folder")])
def test_a_file_that_is_none_is_named(name, words):
    assert words in lazaretto("check", name, code=2).stderr


WRONG = {
    "titel": "x",
    "end": "2022-02-01",
    "seeding": [{"date": "2022-03-01", "infections_per_day": 8, "area": "Nordbank"}],
    "measures": [
        {"measure": "lockdown", "tier": "shut", "areas": ["Northbank", "Eastbank"]},
        {"measure": "lockdown", "tier": 1, "from": "2022-03-20", "to": "2022-03-10"},
        {"measure": "lokdown", "tier": 1},
        {"measure": "close_workplaces", "factr": 0.3},
        {"measure": "close_workplaces", "factor": 3, "areas": []},
        {"measure": "curfew.py:Curfew", "left": 1.5},
        {"measure": "nowhere.py:Curfew"},
    ],
}

WRONG_KEYS = {
    "titel", "end", "seeding.0.area", "measures.0.tier", "measures.0.areas.1", "measures.1.to",
    "measures.2.measure", "measures.3.factr", "measures.3.factor", "measures.4.factor",
    "measures.4.areas", "measures.5.left", "measures.6.measure",
}  # fmt: skip


def test_check_finds_every_problem_at_once_and_leaves_nothing(town):
    (town / "curfew.py").write_text(CURFEW)
    wrong = write_scenario(town, "wrong.yaml", **WRONG)
    before = sorted(town.rglob("*"))
    result = lazaretto("check", wrong, code=2)
    assert result.stdout == ""
    found = re.findall(r"^ +\d+\. ([\w.]+)", result.stderr, re.MULTILINE)
    assert set(found) - {"seeding.0.date"} == WRONG_KEYS
    assert len(found) == len(set(found))
    for words in (
        "did you mean title?", "did you mean Northbank?", "did you mean lockdown?",
        "did you mean factor?", "0 (open), 1 (precaution), 2 (controlled), 3 (sealed)",
        "a share from 0 to 1", "exchange from and to", "No such file",
    ):  # fmt: skip
        assert words in result.stderr
    assert result.stderr.count("allowed:") == result.stderr.count("do:") == len(found)
    assert sorted(town.rglob("*")) == before


def test_run_and_check_find_the_same_problems_as_json(town, runs):
    wrong = write_scenario(town, "wrong.yaml", **WRONG)
    checked = json.loads(lazaretto("check", wrong, "--json", code=2).stdout)
    assert not checked["ok"]
    assert {p["key"] for p in checked["problems"]} >= WRONG_KEYS
    assert all(p["allowed"] and p["advice"] for p in checked["problems"])
    ran = json.loads(run(wrong, runs, "--json", code=2).stdout)
    assert ran == checked
    assert not runs.exists()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("shanghia", "did you mean shanghai?"),
        ("./nowhere", "age_by_area.csv"),
    ],
)
def test_an_unknown_place_is_one_problem_with_a_next_step(town, place, words):
    lost = write_scenario(town, "lost.yaml", place=place, measures=[], r0="x")
    result = lazaretto("check", lost, code=2)
    assert re.findall(r"^ +\d+\. (\w+)", result.stderr, re.MULTILINE)[0] == "r0"
    assert words in result.stderr


def test_r0_out_of_reach_leaves_no_folder(town, runs):
    message = run(town / "twin.yaml", runs, "--set", "r0=50", code=2).stderr
    assert "r0 is 50" in message
    assert "lower r0" in message
    assert not runs.exists()


def test_broken_tables_are_said_with_row_and_column(town, tmp_path):
    place = write_place(tmp_path / "broken")
    table = place / "age_by_area.csv"
    table.write_text(table.read_text().replace("0-4,,,", "0-5,,,", 1))
    scenario = write_scenario(tmp_path, place="./broken")
    message = lazaretto("check", scenario, code=2).stderr
    assert "row 2, age_band: '0-5'" in message
    assert "no row for age_band 0-4" in message


def test_exit_codes_of_usage(town, runs):
    assert lazaretto("check", town / "nowhere.yaml", code=2).stderr
    lazaretto("run", town / "twin.yaml", "--replicates", 0, code=2)
    lazaretto("run", town / "twin.yaml", "--colour", code=2)
    lazaretto("inspect", "disease", "omicron", code=2)
    lazaretto("inspect", "people", "atlantis", code=2)
    assert "lazaretto 0" in lazaretto("--version").stdout


@pytest.mark.parametrize("again", [False, True])
def test_an_unwritable_out_is_one_clear_line(town, tmp_path, again):
    (tmp_path / "file").write_text("in the way")
    words = ["--again"] if again else []
    message = run(town / "twin.yaml", tmp_path / "file", *words, code=2).stderr
    assert message.startswith("1 problem with the options:\n  1. --out is")
    assert f"{tmp_path / 'file'} is a file" in message


# Measures of one's own


def own(town, left, name="own.yaml"):
    measures = [
        {"measure": "symptomatic_testing", "share": 0.9, "delay_days": 0},
        {"measure": "curfew.py:Curfew", "name": "nights", "left": left},
    ]
    return write_scenario(town, name, measures=measures)


def test_a_measure_of_ones_own_works_and_its_file_is_part_of_the_run(town, runs):
    (town / "curfew.py").write_text(CURFEW)
    nothing, strict = own(town, 1.0, "a.yaml"), own(town, 0.0, "b.yaml")
    without = run_json(nothing, runs, "--set", "measures.1.from=2023-01-01")
    assert run_json(nothing, runs)["series_sha256"] == without["series_sha256"]
    curbed = run_json(strict, runs)
    assert curbed["infections"] < without["infections"]
    (town / "curfew.py").write_text(CURFEW + "\n# changed\n")
    changed = run_json(strict, runs)
    assert changed["run"] != curbed["run"]
    assert changed["series_sha256"] == curbed["series_sha256"]
    shown = lazaretto("check", strict).stdout
    assert "nights" in shown


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("class Curfew(", ["line 1", "SyntaxError"]),
        ("\nimport nothing_of_the_kind", ["line 2", "nothing_of_the_kind"]),
        ("class Curfew: pass", ["a subclass of lazaretto.measures.Measure"]),
        (CURFEW.replace("Curfew(", "Kurfew("), ["did you mean Kurfew?"]),
        (CURFEW.replace("def order", "def ordain"), ["write order(self, today, places, orders)"]),
    ],
)
def test_a_broken_measure_of_ones_own_is_a_problem_not_a_crash(tmp_path, content, words):
    write_place(tmp_path / "twin")
    (tmp_path / "curfew.py").write_text(content)
    message = lazaretto("check", own(tmp_path, 0.5), code=2).stderr
    assert "measures.1.measure (nights) is curfew.py:Curfew" in message
    for word in words:
        assert word in message
    assert not list(tmp_path.glob("__pycache__"))


def test_a_measure_of_ones_own_cannot_take_a_name_of_the_package(tmp_path):
    from lazaretto.measures import Lockdown, known_measures, measure_class

    (tmp_path / "json.py").write_text(
        "from lazaretto.measures import Lockdown\nclass Strict(Lockdown):\n    word = 'lockdown'\n"
    )
    strict = measure_class("json.py:Strict", tmp_path)
    assert strict.__name__ == "Strict"
    assert known_measures()["lockdown"] is Lockdown
    assert __import__("json").dumps({}) == "{}"


# Looking


@pytest.mark.parametrize("columns", [80, 120])
def test_check_shows_the_policy_within_the_width(monkeypatch, columns):
    from lazaretto import console

    monkeypatch.setattr(console, "out", console.Console(width=columns, highlight=False))
    shown = lazaretto("check", "shanghai-2022").stdout
    assert max(map(len, shown.splitlines())) <= columns
    assert "28 Mar  10 Apr" in shown
    assert "lockdown-first-batch" in shown
    assert re.search(r"shanghai-2022 is sound: \d+ measures", shown)
    assert ("Pudong, Fengxian" in shown) == (columns == 120)


def test_check_says_what_is_never_in_force(town):
    shown = lazaretto("check", town / "twin.yaml", "--set", "end=2022-03-10").stdout
    assert "Never in force in these days: seal" in shown


def test_a_run_says_what_is_never_in_force_and_never_opened(town, runs):
    before = ("--set", "measures.seal.from=2021-03-10", "--set", "measures.seal.to=2021-03-20")
    resources = [{"name": "halls", "unit": "beds", "opened": [{"from": "2023-01-01", "amount": 9}]}]
    write_scenario(town, "late.yaml", resources=resources)
    said = run(town / "late.yaml", runs, *before).stderr
    assert "Never in force in these days: seal" in said
    assert "Resources never opened in these days: halls" in said


def test_check_draws_triggers_and_resources_and_tells_machines_the_same(town):
    policy = write_scenario(
        town, "policy.yaml",
        resources=[{"name": "labs", "unit": "tubes/day", "opened": [{"amount": 500}]}],
        measures=[
            {"measure": "symptomatic_testing", "share": 0.6, "delay_days": 1, "labs": "labs"},
            {"measure": "lockdown", "name": "seal", "tier": 3, "from": "2022-03-20",
             "when": {"level": "compound", "on": {"positive_within": 2},
                      "off": {"days_clear": 14}}},
        ],
    )  # fmt: skip
    shown = lazaretto("check", policy).stdout
    said = "in a compound from a positive within 2 days until 14 days clear"
    for words in (f"when: {said}", "takes from: labs", "500 from", "taken by: symptomatic_testing"):
        assert words in " ".join(shown.split())
    told = json.loads(lazaretto("check", policy, "--json").stdout)
    assert set(told) == {"ok", "scenario", "policy"}
    assert [each["when"] for each in told["policy"]["measures"]] == ["", said]
    assert told["policy"]["resources"][0]["taken_by"] == ["symptomatic_testing"]
    wrong = lazaretto("check", policy, "--set", "resources.labs.unit=beds", code=2).stderr
    assert "measures.0.labs (symptomatic_testing) is labs, which is counted in beds" in wrong


def test_list_shows_what_there_is(town, runs):
    run_json(town / "twin.yaml", runs)
    (runs / "other").mkdir()
    (runs / "other" / "manifest.json").write_text("[1]")
    shown = lazaretto("list", "--out", runs).stdout
    for word in ("shanghai-2022", "close_schools", "omicron-bf7", "twin-banks-", "401 places"):
        assert word in shown
    listed = json.loads(lazaretto("list", "--out", runs, "--json").stdout)
    assert set(listed) == {"scenarios", "measures", "diseases", "runs", "places"}
    assert len(listed["runs"]) == 1
    assert listed["places"]["shanghai"] == 24_870_895
    assert "wuhan" in lazaretto("list", "--places").stdout


def test_schema_is_valid_and_knows_measures(town):
    schema = json.loads(lazaretto("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    written = json.loads(json.dumps(read_scenario("shanghai-2022")[0], default=str))
    assert not list(validator.iter_errors(written))
    small = yaml.safe_load((town / "twin.yaml").read_text())
    assert not list(validator.iter_errors(small))
    for entry in (
        {"measure": "lockdown", "tier": "shut"},
        {"measure": "lockdown", "tier": 7},
        {"measure": "lokdown", "tier": 1},
        {"measure": "lockdown"},
        {"measure": "close_workplaces", "factor": 2},
        {"measure": "close_workplaces", "factor": {"value": 2, "source": "x"}},
        {"measure": "close_workplaces", "factor": 0.5, "colour": "red"},
        {"measure": "close_workplaces", "factor": 0.5, "areas": []},
    ):
        assert list(validator.iter_errors(small | {"measures": [entry]})), entry
    for entry in (
        {"measure": "curfew.py:Curfew", "left": 0.5, "anything": [1]},
        {"measure": "close_workplaces", "factor": {"value": 0.5, "source": "x"}},
        {"measure": "lockdown", "tier": 2, "areas": "Pudong", "from": "2022-03-28"},
    ):
        assert not list(validator.iter_errors(small | {"measures": [entry]})), entry
    assert schema["properties"].keys() == json_schema()["properties"].keys()


def test_inspect(town, tmp_path):
    day = lazaretto("inspect", "day").stdout
    assert [line.split()[0] for line in day.splitlines() if re.match(r" *\d ", line)] == list(
        "12345678"
    )
    disease = lazaretto("inspect", "disease", "omicron-ba2").stdout
    assert "latent_mean" in disease
    assert "generation interval" in disease
    figure = tmp_path / "people.svg"
    people = lazaretto("inspect", "people", town / "twin", "--plot", figure).stdout
    assert "persons by district and age" in people
    assert "cosine with Mistry" in people
    assert figure.read_text().startswith("<svg")
    assert "allowed" in lazaretto("inspect", "people", "x", "--plot", "x.gif", code=2).stderr
