"""What check, list, schema and inspect show, within the width and for machines alike."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
import yaml
from own_command import lazaretto, run, run_json
from own_place import write_scenario, write_town

from lazaretto.scenario import json_schema
from lazaretto.scenario.reading import read_scenario


@pytest.fixture(autouse=True)
def _width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_town(tmp_path_factory.mktemp("town"))


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


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
