"""A comparison under other structures of the model, and at both ends of assumed numbers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from costed_runs import many_runs
from twin_policies import MEASURES, compare_json, refused, write, write_policies

from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.scenario.behaviour import Behaviour
from lazaretto.studies import Interrupted
from lazaretto.studies.compare import compare
from lazaretto.studies.conclusions import judged_by, kept
from lazaretto.studies.flips import flips, ranges
from lazaretto.studies.pairs import How, aim_of, differences, pair_of
from lazaretto.studies.structures import SWITCHES, configured, other_law, structures, with_behaviour


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


@pytest.fixture(scope="module")
def sealing(town):
    return pair_of(Scenario.load(town / "twin.yaml"))


# Structures of the model


@pytest.fixture(scope="module")
def responding(sealing):
    return with_behaviour(sealing)


def test_every_structural_alternative_is_named(responding):
    names = [each.name for each in structures(responding)]
    assert names == [
        "few active", "threshold size law", "canonical deletion", "no fatigue", "no hardship",
        "no information", "no break-outs", "risk adaptation", "no leakage",
        "no avoidance in the open",
    ]  # fmt: skip
    assert other_law(Behaviour()) in names
    assert configured(Behaviour())[:2] == ("lockdown cuts transmission", "recruitment size law")


def test_structures_change_one_thing_in_both_policies(responding):
    for each in structures(responding):
        assert each.pair.policy.behaviour == each.pair.less.behaviour
        assert differences(each.pair) == ("without seal",)
        before, after = (flat(pair.policy.behaviour.model_dump(mode="json"))
                         for pair in (responding, each.pair))  # fmt: skip
        changed = {key for key in {**before, **after} if before.get(key) != after.get(key)}
        key = each.changed.partition("=")[0].removeprefix("behaviour.")
        assert changed
        assert all(found.startswith(key) for found in changed), changed
        assert {"enforcement", "deleted", "repression"}.isdisjoint(
            part for found in changed for part in found.split(".")
        )


def flat(content, at=""):
    if not isinstance(content, dict):
        return {at: content}
    parts = (flat(part, f"{at}.{key}".strip(".")) for key, part in content.items())
    return {key: value for part in parts for key, value in part.items()}


def test_what_a_scenario_has_already_is_turned_back(responding):
    own = {switch.key: switch.other_value for switch in SWITCHES}
    pair = responding.varied("all", {f"behaviour.{key}": value for key, value in own.items()})
    assert [each.name for each in structures(pair)] == [switch.usual for switch in SWITCHES]
    assert other_law(pair.policy.behaviour) == "recruitment size law"
    assert configured(pair.policy.behaviour) == tuple(switch.other for switch in SWITCHES)


def test_a_scenario_without_behaviour_gets_the_default_one(sealing, responding):
    assert sealing.policy.behaviour is None
    assert responding.policy.behaviour == Behaviour() == responding.less.behaviour
    assert responding.policy.name == "twin-banks-behaviour"
    assert with_behaviour(responding) is responding
    with pytest.raises(ValueError, match="without behaviour"):
        list(structures(sealing))


@pytest.mark.slow
def test_conclusions_over_all_structures(town, runs, monkeypatch):
    from lazaretto import console
    from lazaretto.console.comparison import print_comparison

    pair = pair_of(Scenario.load(town / "twin.yaml", ["end=2022-03-09"]))
    made = compare(pair, How(threads=1, out=runs), structures=True)
    said = made.as_json()
    assert said["policy"]["scenario"] == "twin-banks-behaviour"
    assert any("has no behaviour" in note for note in said["notes"])
    assert len(said["structures"]) == len(SWITCHES)
    assert len({each["policy"] for each in said["structures"]}) == len(SWITCHES)
    for each in said["conclusions"]:
        assert next(iter(each["structures"])) == "as configured"
        assert len(each["structures"]) == len(SWITCHES) + 1
        assert each["verdict"].endswith("too few runs to be sure")
    suitability = said["proportionality"][1]
    infected, *lines = suitability["detail"]
    assert infected.startswith("residents infected by 2022-03-09: ")
    names = [name for line in lines for name in line.partition(": ")[0].split(", ")]
    assert sorted(names) == sorted(["as configured", *(each.name for each in made.structures)])
    assert len(lines) < len(names), "one line for all of which the same is said"
    same = [each.name for each in made.structures if each.same]
    assert "canonical deletion" in same, "nobody is sealed long enough for a break-out"
    for each in made.structures:
        alike = all(
            each.results[side].equals(kept(run.results))
            for side, run in enumerate((made.policy, made.less))
        )
        assert each.same == alike
    told = [line for line in lines if line.endswith(": made no difference in these runs")]
    assert told == [f"{', '.join(same)}: made no difference in these runs"]
    for each in said["conclusions"]:
        assert "made no difference in these runs" in each["verdict"]
        assert "too few runs" in each["verdict"]
    assert "the same under all" not in suitability["answer"]
    assert json.dumps(said)
    for tried in made.structures:
        assert len(tried.results[0].data_vars) < 6  # of each run only what conclusions need
    monkeypatch.setattr(console, "out", console.Console(width=100, highlight=False))
    with console.out.capture() as captured:
        print_comparison(made, None)
    shown = captured.get()
    assert "conclusions, share of runs in which each holds, %" in shown
    assert "structures, each one change from the first" in shown
    assert "few active: behaviour.few_active=default" in shown
    lines = [line for line in shown.splitlines() if not line.startswith("run of")]
    assert max(map(len, lines)) <= 100


# Assumed numbers


def test_a_number_is_run_at_both_ends_of_its_range(town, runs):
    r0 = "r0={value: 3, low: 0.2, high: 4}"
    said = compare_json(town / "twin.yaml", runs, "--set", r0, "--flip", "r0")
    low, high = said["flips"]
    assert (low["end"], low["value"], high["end"], high["value"]) == ("low", 0.2, "high", 4)
    said_so = "the policy averts infections: does not hold (too few runs to be sure)"  # one run
    assert said_so in low["flipped"]
    not_known = said["proportionality"][-1]
    assert not_known["question"] == "not known"
    assert "r0 at 0.2" in not_known["answer"]
    assert "as configured" in said["conclusions"][0]["structures"]
    assert json.loads(json.dumps(said["flips"])) == said["flips"]


def test_the_range_is_kept_where_a_value_is_set(town):
    pair = pair_of(Scenario.load(town / "twin.yaml", ["r0={value: 3, low: 2, high: 4}"]))
    seen = []

    def run_pair(pair, of, changed, against):
        seen.append((pair, of, changed, against))
        raise Interrupted

    how = replace(How())
    object.__setattr__(how, "run_pair", run_pair)
    by = judged_by(pair.policy, aim_of(pair.policy), *(many_runs(2),) * 2)
    with pytest.raises(Interrupted):
        flips(pair, ranges(pair, ["r0"]), {}, by, how)
    ((varied, of, changed, against),) = seen
    assert of == "number 1 of 1, r0 at 2"
    assert (changed, against) == ("r0=2", "twin-banks")
    for each in (varied.policy, varied.less):
        figure = dict(each.figures())["r0"]
        assert (figure.value, figure.low, figure.high) == (2, 2, 4)
    assert varied.policy.name == "twin-banks-r0-low"


def test_a_number_of_a_measure_that_only_one_policy_has_is_varied_there(town):
    share = {"value": 0.6, "low": 0.3, "high": 0.9, "source": "x"}
    named = [MEASURES[0], MEASURES[1] | {"name": "tests", "share": share}]
    less = {"name": "untested", "without": ["tests"]}
    pair = pair_of(Scenario.load(write(town, "n.yaml", measures=named, less_restrictive=less)))
    (found,) = ranges(pair, ["measures.tests.share"])
    assert (found.figure.low, found.figure.high) == (0.3, 0.9)
    unnamed = [MEASURES[0], MEASURES[1] | {"share": share}]
    pair = pair_of(Scenario.load(write(town, "n.yaml", measures=unnamed)))
    with pytest.raises(ScenarioError, match="name the measure or the stock"):
        ranges(pair, ["measures.1.share"])


def test_a_number_that_cannot_be_examined_is_refused(town):
    twin = town / "twin.yaml"
    assert "a number with low: and high:" in refused(twin, "--flip", "r0")
    with_range = ("--set", "r0={value: 3, low: 2, high: 4}")
    assert "did you mean r0?" in refused(twin, *with_range, "--flip", "r00")
    said = refused(twin, "--flip", "behaviour.fatigue.effect")
    assert "give the scenario behaviour: {}" in said
