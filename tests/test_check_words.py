"""What a check says: units of measures, hints that are instructions, and what has no effect."""

from __future__ import annotations

import pytest
import yaml
from own_place import write_place, write_scenario
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.engine.checked import checked_measures, idle_measures, read_checked
from lazaretto.measures import Measure, known_measures, timeline
from lazaretto.measures.triggers import Condition, Trigger
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.scenario.reading import fields_of
from lazaretto.scenario.support import SUPPORT, support_in
from lazaretto.scenario.units import unit_of

BASE = {
    "name": "small",
    "title": "Small",
    "place": "chongming",
    "disease": "omicron-ba2",
    "r0": 7,
    "start": "2022-03-01",
    "end": "2022-05-31",
}


def written(folder, **more):
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(BASE | more), encoding="utf-8")
    return path


def problems(folder, **more):
    with pytest.raises(ScenarioError) as caught:
        read_checked(written(folder, **more))
    return caught.value.problems


def sourced(value, unit):
    return {"value": value, "unit": unit, "source": "a guess", "status": "assumed"}


STAY = {"measure": "longest_stay", "days": 14, "rest_days": 3}


@pytest.mark.parametrize(
    ("measure", "key", "unit"),
    [
        (STAY | {"days": sourced(2, "weeks")}, "measures.0.days.unit", "days"),
        ({"measure": "official_information", "accuracy": sourced(0.9, "percent")},
         "measures.0.accuracy.unit", "share"),
        ({"measure": "vaccination_campaign", "doses": "x", "dose": 1, "ages": ["80+"],
          "uptake": [sourced(0.5, "percent")]}, "measures.0.uptake.0.unit", "share"),
        (STAY | {"when": {"on": {"cases": {"days": sourced(1, "weeks"), "number": 3}}}},
         "measures.0.when.on.cases.days.unit", "days"),
    ],
)  # fmt: skip
def test_a_parameter_in_another_unit_is_refused(tmp_path, measure, key, unit):
    found = {problem.key: problem for problem in problems(tmp_path, measures=[measure])}
    assert found[key].advice == f"give the value in {unit} and write unit: {unit}"


def test_what_a_measure_opens_is_counted_in_the_unit_of_the_stock(tmp_path):
    labs = {"name": "labs", "unit": "tubes/day", "opened": [{"amount": 10}]}
    opening = {"measure": "open_resource", "stock": "labs", "amount": sourced(5, "tubes")}
    (problem,) = problems(tmp_path, resources=[labs], measures=[opening])
    assert problem.key == "measures.0.amount.unit"
    right = opening | {"amount": sourced(5, "tubes/day")}
    read_checked(written(tmp_path, resources=[labs], measures=[right]))


def test_the_right_unit_and_none_are_taken(tmp_path):
    measures = [STAY | {"days": sourced(14, "days"), "rest_days": {"value": 3}}]
    assert checked_measures(read_checked(written(tmp_path, measures=measures)))[0].days == 14


NOT_COUNTED = {"open_resource.amount"}
"""Its unit is that of the stock."""


@pytest.mark.parametrize("word", known_measures())
def test_every_number_of_a_measure_has_a_unit(word):
    kind = known_measures()[word]
    for name, field in fields_of(kind).items():
        if name in fields_of(Measure) or f"{word}.{name}" in NOT_COUNTED:
            continue
        if any(number in str(field.annotation) for number in ("int", "float", "Literal[1")):
            assert unit_of(field), f"{word}.{name}"


def test_the_days_of_a_trigger_have_a_unit():
    assert unit_of(fields_of(Trigger)["least_days"]) == "days"
    assert unit_of(fields_of(Condition)["days_clear"]) == "days"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"behaviour": {"breakouts": False}},
         ("behaviour.breakouts is false", "do: write breakouts: {active: false}")),
        ({"measures": [{"measure": "income_support", "share": 80}]},
         ("measures.0.share (income_support) is 80", "allowed: a share from 0 to 1",
          "do: 80 % is 0.8")),
        ({"measures": [{"measure": "lockdown", "tier": "sealed", "from": "2022-5-35",
                        "name": "first batch"}]},
         ("measures.0.from (first batch) is 2022-5-35", "allowed: a date such as 2022-05-25")),
        ({"measures": [STAY | {"days": 400}]}, ("allowed: a whole number from 1 to 365 (days)",)),
        ({"measures": [STAY | {"days": "long"}]},
         ("allowed: a whole number from 1 to 365 (days)",)),
        ({"measures": [{"measure": "screening", "participation": 1, "together": "perhaps"}]},
         ("allowed: true or false",)),
        ({"measures": [{"measure": "screening", "participation": 1, "test": "pcrr"}]},
         ("allowed: one of pcr, antigen", "did you mean pcr?")),
        ({"measures": [{"measure": "screening", "participation": 1, "pool": 7}]},
         ("allowed: one of 1, 5, 10, 20",)),
        ({"reporting": {"confirmed_share": 6}}, ("do: 6 % is 0.06",)),
        ({"start": "1 March"}, ("start is 1 March", "allowed: a date such as 2022-05-25")),
        ({"outputs": {"checkpoint_every": 1.5}}, ("allowed: a whole number from 0",)),
        ({"outputs": {"events": "often"}}, ("allowed: true or false",)),
        ({"title": 3}, ("allowed: text",)),
    ],
)  # fmt: skip
def test_a_hint_is_an_instruction(tmp_path, more, said):
    with pytest.raises(ScenarioError) as caught:
        read_checked(written(tmp_path, **more))
    text = str(caught.value)
    for words in said:
        assert words in text
    assert "input should" not in text.lower()
    assert "do: write: " not in text


def test_a_key_that_is_none_lists_those_there_are():
    with pytest.raises(ScenarioError) as caught:
        Scenario.load("shanghai-2022", ["nosuch=3"])
    (problem,) = caught.value.problems
    assert problem.advice == "use one of these keys, or remove it"
    assert "resources, measures" in problem.allowed
    with pytest.raises(ScenarioError) as caught:
        Scenario.load("shanghai-2022", ["mesures=[]"])
    assert caught.value.problems[0].advice == "did you mean measures?"


LATE = {"measure": "lockdown", "tier": "sealed", "from": "2022-07-20", "name": "second batch"}
INCOME = {"measure": "income_support", "share": 0.8}
INFORM = {"measure": "official_information", "accuracy": 0.9}
VISITS = {"measure": "visiting_rights", "share": 0.5}


def policy_of(folder, **more):
    read = read_checked(written(folder, **more))
    return read, timeline(read, checked_measures(read))


def test_support_that_acts_on_people_only_has_no_effect_without_behaviour(tmp_path):
    measures = [INCOME, INFORM, VISITS, STAY]
    read, policy = policy_of(tmp_path, measures=measures)
    said = "These have no effect: income_support, official_information; add behaviour: {}"
    assert policy.notes == [said]
    assert idle_measures(read) == [said]
    assert "2 of 4 measures have no effect" in policy.verdict("small", 3)
    assert {name for name, why in support_in(read).items() if not why} == {
        "visiting_rights", "longest_stay"
    }  # fmt: skip
    read, policy = policy_of(tmp_path, measures=measures, behaviour={})
    assert policy.notes == [] == idle_measures(read)
    assert policy.verdict("small", 3) == "small is sound: 4 measures, 3 of its figures are assumed."
    assert support_in(read)["income_support"] == support_in(read)["official_information"] == ""


def test_support_acts_through_what_its_measures_say():
    kinds = known_measures()
    assert {name: kinds[name].acts_through or "" for name in SUPPORT} == SUPPORT


def test_a_part_that_is_off_leaves_its_support_without_effect(tmp_path):
    behaviour = {"trust": {"active": False}}
    _, policy = policy_of(tmp_path, measures=[INCOME, INFORM], behaviour=behaviour)
    assert policy.without_effect == ["official_information"]
    assert policy.notes[0].endswith("official_information; write behaviour.trust.active: true")


def test_the_last_line_names_what_never_acts(tmp_path):
    read, policy = policy_of(tmp_path, measures=[LATE, VISITS])
    assert policy.verdict("small", 3) == (
        "small is sound, but 1 of 2 measures never acts: second batch; "
        "3 of its figures are assumed."
    )
    assert idle_measures(read) == ["Never in force in these days: second batch"]


@pytest.mark.parametrize("wrong", [{"r0": -1}, {"place": "nowhere at all"}])
def test_what_never_acts_is_said_beside_other_problems(tmp_path, wrong):
    with pytest.raises(ScenarioError) as caught:
        read_checked(written(tmp_path, measures=[LATE], **wrong))
    assert str(caught.value).endswith("Also: Never in force in these days: second batch")
    assert len(caught.value.problems) == 1


def said_by(*words):
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result


def test_a_run_says_what_has_no_effect(tmp_path):
    write_place(tmp_path / "twin")
    write_scenario(tmp_path)
    said = said_by(
        "run", tmp_path / "twin.yaml", "--out", tmp_path / "runs", "--no-report",
        "--set", "measures=[{measure: income_support, share: 1}]",
    )  # fmt: skip
    assert "These have no effect: income_support; add behaviour: {}" in said.stderr


def test_a_stock_named_as_its_unit_is_named_once(tmp_path):
    tracers = {"name": "tracers", "unit": "tracers", "opened": [{"amount": 10}]}
    said = said_by("check", written(tmp_path, resources=[tracers])).stdout
    assert "tracers, tracers" not in said
    assert "tracers" in said
