"""A policy beside a less restrictive one: what is run, found again, shown and told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from own_command import lazaretto
from twin_policies import compare_json, refused, write_policies

from lazaretto.scenario import Scenario
from lazaretto.studies import Interrupted
from lazaretto.studies.compare import compare
from lazaretto.studies.pairs import How, pair_of


@pytest.fixture(autouse=True)
def _width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_policies(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """One folder for all tests: what one has run another finds."""
    return tmp_path_factory.mktemp("runs")


# Comparing


# Comparing


def test_both_are_run_with_the_same_seeds_and_found_again(town, runs):
    said = compare_json(town / "twin.yaml", runs, "--replicates", 3, "--seed", 4)
    ours, theirs = said["policy"], said["less_restrictive"]
    assert not ours["found"]
    assert not theirs["found"]
    for each in (ours, theirs):
        assert [one["seed"] for one in each["replicates"]] == [4, 5, 6]
    assert theirs["infections"] > ours["infections"]
    assert said["differs"] == ["without seal"]
    assert said["aim"] == {
        "kind": "containment", "value": 40, "by": "2022-03-20",
        "words": "fewer than 40 new infections on 2022-03-20 and at most 10 % of residents ever "
        "infected",
    }  # fmt: skip
    rows = {row["kind"]: row for row in said["comparison"]}
    assert list(rows)[:2] == ["infections", "deaths"]
    pairs = zip(ours["replicates"], theirs["replicates"], strict=True)
    apart = [mine["infections"] - other["infections"] for mine, other in pairs]
    found = rows["infections"]["difference"]
    assert [found[name] for name in ("low", "high")] == [min(apart), max(apart)]
    assert found["mid"] == pytest.approx(np.median(apart))
    sealed = rows["days sealed"]
    assert sealed["policy"]["mid"] == ours["person_days"]["sealed"] > 0
    assert sealed["less_restrictive"]["mid"] == 0
    assert {"income lost", "outpatient visits forgone"} <= set(rows)
    questions = [row["question"] for row in said["proportionality"]]
    assert questions[:3] == ["aim", "suitability", "necessity"]
    assert "there is nothing to compare with" not in said["proportionality"][2]["answer"]
    assert not {"conclusions", "structures", "flips"} & set(said)
    again = compare_json(town / "twin.yaml", runs, "--replicates", 3, "--seed", 4)
    assert again["policy"]["found"]
    assert again["less_restrictive"]["found"]
    assert again["comparison"] == said["comparison"]
    alone = lazaretto("run", town / "twin.yaml", "--out", runs, "--no-report", "--json",
                      "--replicates", 3, "--seed", 4)  # fmt: skip
    assert json.loads(alone.stdout)["run"] == ours["run"]


def test_without_and_set_other_make_the_other_policy(town, runs):
    out = compare_json(town / "bare.yaml", runs, "--without", "seal")
    assert out["less_restrictive"]["scenario"] == "twin-banks-without-seal"
    assert out["notes"] == ["the scenario states no aim; containment by its end is taken"]
    kind = compare_json(town / "bare.yaml", runs, "--without", "lockdown")
    assert kind["differs"] == out["differs"] == ["without seal"]
    lighter = compare_json(town / "twin.yaml", runs, "--set-other", "measures.seal.tier=1")
    assert lighter["differs"] == ["seal.tier sealed -> 1"]
    assert lighter["less_restrictive"]["scenario"] == "twin-banks-with-measures-seal-tier-1"
    assert lighter["less_restrictive"]["person_days"]["sealed"] == 0
    assert lighter["less_restrictive"]["person_days"]["precaution"] > 0


def test_another_scenario_is_the_other_policy_and_set_is_for_both(town, runs):
    said = compare_json(town / "bare.yaml", runs, town / "open.yaml", "--set", "end=2022-03-12")
    assert said["less_restrictive"]["scenario"] == "open"
    assert (said["policy"]["days"], said["less_restrictive"]["days"]) == (12, 12)
    turned = compare_json(town / "open.yaml", runs, town / "bare.yaml", "--set", "end=2022-03-12")
    assert turned["policy"]["found"]
    note = next(note for note in turned["notes"] if "seals more than open" in note)
    assert "neither is called the less restrictive one" in note


def test_the_terminal_shows_both_pans_and_the_table(town, runs, monkeypatch):
    from lazaretto import console

    monkeypatch.setattr(console, "out", console.Console(width=100, highlight=False))
    words = ("compare", town / "twin.yaml", "--out", runs, "--no-report")
    shown = lazaretto(*words).stdout
    said = " ".join(shown.split())
    for part in (
        "twin-banks beside twin-banks-no-seal",
        "less restrictive: without seal",
        "aim: fewer than 40 new infections on 2022-03-20",
        "so few runs cannot tell a policy from chance",
        "what the virus does infections",
        "what the policy does days sealed, person-days",
        "necessity",
        "run of less restrictive",
    ):
        assert part in said
    assert "made before" in lazaretto(*words).stdout
    lines = [line for line in shown.splitlines() if not line.startswith(("run of", "report"))]
    assert max(map(len, lines)) <= 100


def test_the_report_says_what_was_compared(town, runs):
    said = lazaretto("compare", town / "twin.yaml", "--out", runs, "--json").stdout
    report = Path(json.loads(said)["report"]).read_text(encoding="utf-8")
    assert "under the less restrictive policy" in " ".join(report.split())
    assert "there is nothing to compare with" not in report
    beside = report[report.index('id="beside"') : report.index('id="wave"')]
    assert "Infections under both policies" in beside
    assert "days sealed, person-days" in beside


def test_a_run_takes_the_less_restrictive_run_if_there_is_one(town, tmp_path, monkeypatch):
    given = []

    def write_report(scenario, outcome, progress=None, *, less_restrictive=None, **more):
        given.append(less_restrictive)
        outcome.folder.report.write_text("a report", encoding="utf-8")

    monkeypatch.setattr("lazaretto.reporting.write_report", write_report)
    run = ("run", town / "twin.yaml", "--out", tmp_path)
    lazaretto(*run)
    lazaretto(*run)
    assert given == [None]
    less = Scenario.load(town / "twin.yaml").next_less_restrictive()
    (town / "less.yaml").write_text(yaml.safe_dump(less.resolved()), encoding="utf-8")
    lazaretto("run", town / "less.yaml", "--out", tmp_path, "--no-report")
    lazaretto(*run)  # the report is older than what it can be compared with now
    lazaretto(*run)
    _, found = given
    assert found["persons_by_tier"].sel(tier="sealed").sum() == 0
    lazaretto(*run, "--seed", 2)
    assert given[2] is None


@pytest.mark.parametrize("stops", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_an_interrupted_comparison_goes_on(town, tmp_path, stops):
    pair = pair_of(Scenario.load(town / "twin.yaml"))
    whole = compare(pair, How())
    told = []

    def stop():
        days = [what for what in told if "simulating" in what]
        return len({what.split(":")[0] for what in days}) == stops and len(days) > 20 * stops - 15

    how = How(out=tmp_path, progress=lambda what, share: told.append(what), stop=stop)
    with pytest.raises(Interrupted) as stopped:
        compare(pair, how)
    policy = ("the policy", "the less restrictive policy")[stops - 1]
    assert stopped.value.goes_on_from.startswith(f"{policy}, 2022-03-")
    made = compare(pair, How(out=tmp_path))
    assert made.policy.found == (stops == 2)
    assert made.as_json()["comparison"] == whole.as_json()["comparison"]


def test_a_notebook_compares_too(town, runs):
    import lazaretto as lz

    made = lz.Scenario.load(town / "bare.yaml").compare(without=["seal"], out=runs)
    assert made.less.summary["scenario"] == "twin-banks-without-seal"
    assert made.table[0].question == "aim"


# What is refused


def test_nothing_to_compare_with_is_an_error_with_advice(town, runs):
    said = refused(town / "bare.yaml")
    assert "there is nothing to compare with" in said
    assert "use --without MEASURE or --set-other KEY=VALUE" in said
    told = lazaretto("compare", town / "bare.yaml", "--json", code=2).stdout
    assert json.loads(told)["problems"][0]["key"] == "less_restrictive"
