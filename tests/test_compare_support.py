"""A policy beside itself with and without support, and what is told of the runs to be made."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from costed_runs import many_runs
from own_place import write_place, write_scenario
from typer.testing import CliRunner

from lazaretto import console
from lazaretto.cli import app
from lazaretto.console.comparison import short, shortened
from lazaretto.console.run_summary import print_summary
from lazaretto.outcomes.aims import Aim
from lazaretto.report.wording import people
from lazaretto.scenario import Scenario
from lazaretto.studies import RunOutcome
from lazaretto.studies.compare import compare
from lazaretto.studies.pairs import How, pair_of, without_support
from lazaretto.studies.plan import Plan, duration

SEAL = {"measure": "lockdown", "name": "seal", "tier": "sealed", "areas": ["Northbank"],
        "from": "2022-03-04", "to": "2022-03-07"}  # fmt: skip
STAY = {"measure": "longest_stay", "days": 2, "rest_days": 3}
FOOD = {"measure": "food_delivery", "share": 0.3}


@pytest.fixture(autouse=True)
def _width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin", persons=1_500)
    write_scenario(folder, "bare.yaml", end="2022-03-08", measures=[SEAL], behaviour={})
    supported = [SEAL, STAY, FOOD]
    write_scenario(folder, "twin.yaml", end="2022-03-08", measures=supported, behaviour={})
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


def lazaretto(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def compared(*words, code=0):
    return lazaretto("compare", *words, "--no-report", code=code)


@pytest.mark.slow
def test_a_policy_with_support_is_also_run_without_it(town, runs):
    words = (town / "twin.yaml", "--without", "seal", "--out", runs, "--json")
    said = json.loads(compared(*words).stdout)
    bare = said["unsupported"]
    assert bare["scenario"] == "twin-banks-without-support"
    assert bare["changed"] == ["without longest_stay", "without food_delivery"]
    seeds = [[one["seed"] for one in each["replicates"]] for each in (said["policy"], bare)]
    assert seeds[0] == seeds[1]
    rows = {row["kind"]: row for row in said["support"]}
    assert {"infections", "deaths", "days sealed"} <= set(rows)
    sealed = rows["days sealed"]
    assert sealed["unsupported"]["mid"] == bare["person_days"]["sealed"]
    assert sealed["policy"]["mid"] == said["policy"]["person_days"]["sealed"]
    assert sealed["difference"]["mid"] < 0  # the longest stay lets people out
    assert all("not judged; run the policy without its support" not in line
               for row in said["proportionality"] for line in row["detail"])  # fmt: skip
    assert json.loads(compared(*words).stdout)["unsupported"]["found"]
    shown = " ".join(compared(*words[:-1]).stdout.split())
    assert "what support changes, the policy with and without it" in shown
    assert "run without support" in shown


def test_a_policy_without_support_has_no_further_runs(town):
    assert without_support(Scenario.load(town / "bare.yaml")) is None
    kept = without_support(Scenario.load(town / "twin.yaml")).measures
    assert [each.measure for each in kept] == ["lockdown"]


def test_support_is_added_and_set_beside_the_scenario_as_it_is(town, runs):
    words = (town / "bare.yaml", "--with", "food_delivery:share=0.5,areas=[Northbank, Southbank]",
             "--out", runs)  # fmt: skip
    said = json.loads(compared(*words, "--json").stdout)
    ours, theirs = said["policy"], said["less_restrictive"]
    assert ours["scenario"].startswith("twin-banks-with-food-delivery-share-0-5-areas")
    assert ours["changed"] == ["with food_delivery (share=0.5, areas=[Northbank, Southbank])"]
    assert theirs["scenario"] == "twin-banks"
    assert "changed" not in theirs
    assert said["differs"] == ["without food_delivery"]
    assert said["unsupported"]["run"] == theirs["run"]  # the same policy is run once
    shown = compared(*words).stdout
    assert not re.search("less restrictive *difference", shown)
    assert "other policy: without food_delivery" in shown
    assert re.search(r"twin-banks +difference", shown)
    assert "neither policy confines less than the other, so none" in " ".join(shown.split())
    assert max(map(len, (x for x in shown.splitlines() if not x.startswith("run ")))) <= 100


def test_with_adds_to_the_policy_whatever_it_is_compared_with(town):
    bare = Scenario.load(town / "bare.yaml")
    pair = pair_of(bare, without=["seal"], added=["medical_passes:share=1,from=2022-03-05"])
    assert [each.measure for each in pair.policy.measures] == ["lockdown", "medical_passes"]
    assert [each.measure for each in pair.less.measures] == ["medical_passes"]
    assert str(pair.policy.measures[1].parameters()["from"]) == "2022-03-05"
    assert not pair.confine_alike
    stays = pair_of(bare, added=["longest_stay:days=2,rest_days=3"])
    assert not stays.confine_alike  # it lets people out
    assert stays.less == bare


@pytest.mark.parametrize(
    ("added", "words"),
    [
        ("lockdown:tier=3", ["--with is lockdown:tier=3", "that confines"]),
        ("isolation:least_days=3", ["that confines"]),
        ("closed_loop:share=1", ["that confines"]),
        ("food_delivry:share=0.5", ["did you mean food_delivery?", "allowed: support, care"]),
        ("food_delivery", ["food_delivery.share is missing", "add share:"]),
        ("food_delivery:share=3", ["food_delivery.share is 3", "a share from 0 to 1"]),
        ("food_delivery:share=0.3,enforcement=1", ["food_delivery.enforcement", "remove it"]),
        ("food_delivery:share", ["write key=value, with a comma between two"]),
        ("food_delivery:share=0.3,areas=[Nordbank]", ["--with: measures.1.areas", "Northbank"]),
        ("health_care:worse=2,ward=beds", ["--with: measures.1.ward is beds", "resources"]),
    ],
)
def test_what_cannot_be_added_is_said(town, added, words):
    said = compared(town / "bare.yaml", "--with", added, code=2).stderr
    for word in (*words, "allowed:", "do:"):
        assert word in said


def test_the_runs_to_be_made_are_told_first_and_the_time_they_take(town, tmp_path):
    told = []
    pair = pair_of(Scenario.load(town / "bare.yaml"), without=["seal"])
    how = How(threads=1, out=tmp_path, progress=lambda what, share: told.append(what))
    compare(pair, how, announce=told.append)
    assert told[0] == "2 runs to make, none made before"
    (estimate,) = (what for what in told if "will take" in what)
    assert re.fullmatch(r"the first run took .* s; the other 1 will take about .* s", estimate)
    before = [what for what in told[: told.index(estimate)] if what.startswith("the less")]
    assert not before
    told.clear()
    compare(pair, how, announce=told.append)
    assert told == ["2 runs, all made before and found"]
    shown = compared(town / "bare.yaml", "--without", "seal", "--out", tmp_path)
    assert shown.stderr.startswith("2 runs, all made before and found")
    assert re.search(r"took +[\d.]+ s", shown.stdout)


def test_the_plan_counts_replicates_and_counts_down(town):
    told = []
    scenario = Scenario.load(town / "bare.yaml")
    plan = Plan([scenario, scenario, scenario], 1, 4, Path("nowhere"), told.append)
    plan.made(90.0)
    plan.made(10.0)
    assert told == [
        "12 runs to make, none made before",
        "the first 4 runs took 2 min; the other 8 will take about 3 min",
    ]
    assert [duration(each) for each in (8.21, 44.4, 720, 9000)] == [
        "8.2 s", "44 s", "12 min", "2.5 h",
    ]  # fmt: skip


def test_structures_are_counted_before_they_run(town):
    told = []

    def announce(text):
        told.append(text)
        raise KeyboardInterrupt

    pair = pair_of(Scenario.load(town / "bare.yaml"), without=["seal"])
    with pytest.raises(KeyboardInterrupt):
        compare(pair, How(replicates=2), structures=True, announce=announce)
    assert told == ["44 runs to make, none made before"]


def test_numbers_have_three_digits_and_nobody_is_halved():
    assert [short(each) for each in (52.5, 2.0, 577_047, 9_876, -1_234_567, 0.4)] == [
        "52", "2", "577 k", "9,880", "-1.23 m", "0",
    ]  # fmt: skip
    assert [short(each, whole=False) for each in (0.0022, 1.25, 250.4)] == ["0.0022", "1.25", "250"]
    said = "a death averted takes at most 770,320 more sealed person-days"
    assert shortened(said) == "a death averted takes at most 770,000 more sealed person-days"
    assert shortened("fewer than 40 on 2022-05-31") == "fewer than 40 on 2022-05-31"


def test_the_summary_of_a_run_has_both_pans_and_the_aim(monkeypatch):
    results = many_runs(3, sealed=20, infections=300, deaths=2.0)
    results["breakouts"] += 1
    last = results["date"].values[-1].astype("datetime64[D]").item()
    totals = results["deaths"].sum(("date", "district")).values
    each = [{"seed": 1 + i, "infections": 577_047 + i, "reported": 500_001, "deaths": int(n)}
            for i, n in enumerate(totals)]  # fmt: skip
    said = {
        "scenario": "town", "persons": 600_000, "days": 60, "replicates": each, "wall_s": 1.0,
        "setup_s": 1.0, "threads": 2, "run": "runs/town", "infections": 577_048, "reported": 1,
    }  # fmt: skip
    monkeypatch.setattr(console, "out", console.Console(width=100, highlight=False))
    with console.out.capture() as captured:
        print_summary(
            RunOutcome(results, said, None), Aim("deaths", last, 0), stated=True, report=None,
            report_s=0.0,
        )  # fmt: skip
    shown = " ".join(captured.get().split())
    low, high = people(totals.min()), people(totals.max())
    for part in (
        "infections 577,000",
        f"deaths {people(sorted(totals)[1])} (median of 3 runs: {low} to {high})",
        "food-insecure ",
        "income lost ",
        "break-outs 60",
        f"aim not reached in 3 of 3 runs: at most 0 deaths by {last}",
    ):
        assert part in shown, part
    assert "577,048" not in shown
    assert "report" not in shown.replace("reported", "")
