"""What a scenario says of its aim and its less restrictive policy, and what is refused of it."""

from __future__ import annotations

import re

import pytest
from own_command import lazaretto
from twin_policies import AIM, LESS, MEASURES, refused, write, write_policies

from lazaretto.outcomes.aims import Aim
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies.pairs import (
    aim_of,
    differences,
    finished_less_restrictive,
    own_less_restrictive,
    pair_of,
)


@pytest.fixture(autouse=True)
def _width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_policies(tmp_path_factory.mktemp("town"))


# What a scenario says


# What a scenario says


def test_a_scenario_names_its_aim_and_the_less_restrictive_policy(town):
    scenario = Scenario.load(town / "twin.yaml")
    less = scenario.next_less_restrictive()
    assert (less.name, less.title) == ("twin-banks-no-seal", "Twin Banks: No seal")
    assert [entry.measure for entry in less.measures] == ["symptomatic_testing"]
    assert less.less_restrictive is None
    assert (less.folder, less.aim) == (scenario.folder, scenario.aim)
    assert Scenario.from_mapping(scenario.resolved()) == scenario
    assert aim_of(scenario) == Aim("containment", scenario.end, 40)
    few = Scenario.load(town / "twin.yaml", ["aim.most_infected=0.02"])
    assert aim_of(few) == Aim("containment", scenario.end, 40, 0.02)
    assert few.digest() == scenario.digest(), "the same runs are found again"
    bare = Scenario.load(town / "bare.yaml")
    assert bare.next_less_restrictive() is None
    assert aim_of(bare) == Aim("containment", bare.end)


def test_by_what_a_policy_is_judged_changes_no_run(town):
    scenario = Scenario.load(town / "twin.yaml")
    other = Scenario.load(town / "twin.yaml", ["aim.value=5", "less_restrictive.name=other"])
    assert other != scenario
    assert other.digest() == scenario.digest() == Scenario.load(town / "bare.yaml").digest()


def test_values_are_set_in_the_less_restrictive_policy(town):
    less = {"name": "shorter", "set": {"measures.seal.to": "2022-03-12"}}
    scenario = Scenario.load(write(town, "shorter.yaml", less_restrictive=less))
    (seal, _) = scenario.next_less_restrictive().measures
    assert str(seal.parameters()["to"]) == "2022-03-12"
    assert differences(pair_of(scenario)) == ("seal.to 2022-03-16 -> 2022-03-12",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aim": {"kind": "deaths"}}, "how many deaths at most"),
        ({"aim": {"kind": "hospital"}}, "how many persons in intensive care at most"),
        ({"aim": {"kind": "death", "value": 1}}, "aim.kind is death"),
        ({"aim": AIM | {"by": "2022-03-21"}}, "a day of the run, 2022-03-01 to 2022-03-20"),
        ({"aim": AIM | {"value": -1}}, "aim.value is -1"),
        ({"aim": AIM | {"most_infected": 10}}, "aim.most_infected is 10"),
        (
            {"aim": {"kind": "deaths", "value": 1, "most_infected": 0.1}},
            "with kind: containment only",
        ),
        ({"less_restrictive": {"name": "x", "without": ["sael"]}}, "did you mean seal?"),
        ({"less_restrictive": {"name": "x"}}, "less_restrictive is the same policy"),
        ({"less_restrictive": {"without": ["seal"]}}, "less_restrictive.name is missing"),
        ({"less_restrictive": LESS | {"set": {"r0": 2}}}, "for the same people, days"),
        ({"less_restrictive": LESS | {"set": {"measures.sael.to": 2}}}, "entries of measures"),
        ({"less_restrictive": LESS | {"set": {"measures.0": 2}}}, "less_restrictive.set: measures"),
    ],
)
def test_what_is_wrong_with_it_is_said(town, changes, said):
    with pytest.raises(ScenarioError, match=re.escape(said)):
        Scenario.load(write(town, "wrong.yaml", **changes))


def test_check_reads_the_less_restrictive_policy_too(town):
    less = {"name": "x", "set": {"measures.seal.tier": "shut"}}
    wrong = write(town, "wrong.yaml", less_restrictive=less)
    said = lazaretto("check", wrong, code=2).stderr
    assert "the less restrictive policy: measures.0.tier is shut" in said
    lazaretto("check", town / "twin.yaml")


def test_a_change_of_measures_makes_the_less_restrictive_policy_void():
    """Who replaces the measures of a shipped scenario need not know against what it was held."""
    assert Scenario.load("shanghai-2022").less_restrictive is not None
    assert Scenario.load("shanghai-2022", ["measures=[]"]).less_restrictive is None
    wrong = {"less_restrictive.without": ["no-such-measure"]}
    with pytest.raises(ScenarioError, match="no-such-measure"):
        Scenario.load("shanghai-2022", wrong)


def test_a_policy_changed_into_its_less_restrictive_one_is_run_without_it(tmp_path):
    changed = Scenario.load("chongming-example", ["measures.seal.tier=controlled"])
    assert changed.less_restrictive is not None
    assert own_less_restrictive(changed) is None
    assert finished_less_restrictive(changed, 1, 1, tmp_path) is None
    assert own_less_restrictive(Scenario.load("chongming-example")) is not None


# What is refused


def test_two_policies_are_for_the_same_people_days_and_conditions(town):
    bare = town / "bare.yaml"
    for changes, key in (
        ({"end": "2022-03-19"}, "end"),
        ({"r0": 2}, "r0"),
        ({"behaviour": {"enforcement": 1}}, "behaviour"),
        ({"place": "chongming", "measures": MEASURES[1:]}, "place"),
    ):
        other = write(town, "other.yaml", less_restrictive=None, **changes)
        said = refused(bare, other)
        assert f"the less restrictive policy: {key} is " in said
        assert "the same people" in said
    assert "the less restrictive policy is the same policy" in refused(bare, bare)
    assert "--without is sael" in refused(bare, "--without", "sael")
    assert "did you mean seal?" in refused(bare, "--without", "sael")
    assert "leave one of them out" in refused(bare, town / "open.yaml", "--without", "seal")
    assert "no such file" in refused(bare, town / "absent.yaml")
    assert "--set-other: measures.seal.tier" not in refused(bare, "--set-other", "r0=1")
    assert "path.to.key=value" in refused(bare, "--set-other", "measures.seal.tier")
