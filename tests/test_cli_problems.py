"""What the command line says of what it cannot run, and of measures of one's own."""

from __future__ import annotations

import json
import re

import pytest
from own_command import lazaretto, run, run_json
from own_place import CURFEW, write_place, write_scenario, write_town


@pytest.fixture(autouse=True)
def _width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_town(tmp_path_factory.mktemp("town"))


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


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
