"""Policies that are refused because they cannot work: stocks, triggers, and who finds cases."""

from __future__ import annotations

import json

import pytest
import yaml
from stocked_scenario import BEDS, CASES, COURSES, LABS, scenario

from lazaretto.engine.checked import checked_measures, read_checked
from lazaretto.scenario import ScenarioError

FINDING = {"measure": "symptomatic_testing", "share": 0.5, "delay_days": 1}


def refused(*measures, **changes):
    """Return the problems of a policy by key."""
    with pytest.raises(ScenarioError) as caught:
        checked_measures(scenario(measures, **changes))
    assert all(problem.allowed and problem.advice for problem in caught.value.problems)
    return {problem.key: problem for problem in caught.value.problems}


def accepted(*measures, **changes):
    return checked_measures(scenario(measures, **changes))


def test_a_stock_that_is_not_declared_is_named_with_those_that_are():
    found = refused(FINDING | {"labs": "lab"}, {"measure": "isolation", "beds": ["halls", "x"]})
    assert set(found) == {"measures.0.labs", "measures.1.beds.1"}
    assert found["measures.0.labs"].advice == "did you mean labs?"
    assert "one of labs, halls, pills" in found["measures.1.beds.1"].allowed
    none = refused(FINDING | {"labs": "lab"}, resources=[])
    assert "unit: tubes/day" in none["measures.0.labs"].advice
    opening = refused({"measure": "open_resource", "stock": "icu", "amount": 1})
    assert set(opening) == {"measures.0.stock"}


def test_a_stock_of_another_unit_is_refused():
    found = refused(FINDING | {"labs": "halls"}, {"measure": "isolation", "seats": "pills",
                                                  "beds": ["halls"]})  # fmt: skip
    assert found["measures.0.labs"].advice == "name labs"
    assert "unit: seats/day" in found["measures.1.seats"].advice


def test_a_stock_that_is_never_there_is_refused():
    shut = LABS | {"opened": []}
    late = LABS | {"opened": [{"from": "2022-03-20", "amount": 9}]}
    gone = LABS | {
        "opened": [{"from": "2022-01-01", "amount": 9}, {"from": "2022-02-01", "amount": 0}]
    }
    taking = FINDING | {"labs": "labs"}
    for labs in (shut, gone, LABS | {"opened": [{"amount": 0}]}):
        assert set(refused(taking, resources=[labs])) == {"measures.0.labs"}
    assert set(refused(taking | {"to": "2022-03-04"}, resources=[late])) == {"measures.0.labs"}
    # A run that is cut short before the stock opens contradicts nothing.
    assert accepted(taking, resources=[late])
    adding = {"measure": "open_resource", "stock": "labs", "amount": 3}
    assert accepted(taking, adding, resources=[shut])
    too_late = adding | {"from": "2022-03-05"}
    assert set(refused(taking | {"to": "2022-03-04"}, too_late, resources=[shut])) == {
        "measures.0.labs"
    }
    pills = {"measure": "antivirals", "courses": "pills"}
    sold = {"from": "2022-02-01", "amount": 7}
    measure = antivirals() | pills
    assert accepted(measure, FINDING, resources=[COURSES | {"opened": [sold]}])


@pytest.mark.parametrize("measure", ["isolation", "quarantine"])
@pytest.mark.parametrize("field", ["ward", "icu"])
def test_beds_of_the_isolated_are_not_those_of_the_severely_ill(measure, field):
    apart = {"measure": measure, "beds": ["halls"]} | ({"days": 7} if measure[0] == "q" else {})
    care = {"measure": "health_care", "worse": 2}
    found = refused(FINDING, apart, care | {field: "halls"})
    assert set(found) == {f"measures.2.{field}"}
    assert "stock of its own" in found[f"measures.2.{field}"].advice
    own = {"name": "wards", "unit": "beds", "opened": [{"amount": 5}]}
    assert accepted(FINDING, apart, care | {field: "wards"}, resources=[BEDS, own])


def test_a_campaign_needs_a_vaccine():
    shots = {"name": "shots", "unit": "doses/day", "opened": [{"amount": 5}]}
    campaign = {
        "measure": "vaccination_campaign", "doses": "shots", "dose": 1, "ages": ["60+"],
        "uptake": [0.5],
    }  # fmt: skip
    found = refused(campaign, resources=[shots])
    assert set(found) == {"measures.0.measure"}
    assert "add vaccination:" in found["measures.0.measure"].advice
    assert accepted(campaign, resources=[shots], vaccination={"product": "inactivated"})


@pytest.mark.parametrize(
    ("share", "key", "advice"),
    [
        ({"status": "guessed"}, "status", "write status: assumed"),
        ({"status": "mesured", "source": "x"}, "status", "did you mean measured?"),
        ({"status": "measured"}, "source", "add source:"),
        ({"low": "few"}, "low", "remove low:"),
        ({"high": [1]}, "high", "remove high:"),
    ],
)
def test_a_number_of_a_measure_says_rightly_where_it_is_from(share, key, advice):
    found = refused(FINDING | {"share": {"value": 0.3} | share})
    assert set(found) == {f"measures.0.share.{key}"}
    assert advice in found[f"measures.0.share.{key}"].advice
    sound = {"value": 0.3, "source": "a survey", "status": "measured", "low": 0.2, "high": 1}
    assert accepted(FINDING | {"share": sound})[0].share == 0.3
    assert accepted(FINDING | {"share": {"value": 0.3}})
    # Parts of a trigger are numbers as well.
    cases = {"cases": {"days": 7, "per_100000": {"value": 5} | share}}
    found = refused(FINDING, {"measure": "close_schools", "when": {"on": {"any": [cases]}}})
    assert set(found) == {f"measures.1.when.on.any.0.cases.per_100000.{key}"}


@pytest.mark.parametrize("unit", ["seats/day", "doses/day", "courses"])
def test_nothing_waits_for_what_is_used_up_or_comes_back(unit):
    stock = {"name": "some", "unit": unit, "opened": [{"amount": 5}]}
    taking = {
        "seats/day": {"measure": "isolation", "beds": ["halls"], "seats": "some"},
        "doses/day": {
            "measure": "vaccination_campaign", "doses": "some", "dose": 1, "ages": ["60+"],
            "uptake": [0.5],
        },
        "courses": antivirals() | {"measure": "antivirals", "courses": "some"},
    }[unit]  # fmt: skip
    given = {"resources": [BEDS, stock], "vaccination": {"product": "inactivated"}}
    opening = {"measure": "open_resource", "stock": "halls", "amount": 3}

    def when(**load):
        return opening | {"when": {"on": {"not": {"stock": {"name": "some"} | load}}}}

    found = refused(FINDING, taking, when(waiting=3), **given)
    assert set(found) == {"measures.2.when.on.not.stock.waiting"}
    assert "write used:" in found["measures.2.when.on.not.stock.waiting"].advice
    assert accepted(FINDING, taking, when(used=0.9), **given)


def antivirals():
    """Return the parameters that antivirals must have, whichever these are."""
    from lazaretto.measures import Antivirals

    given = {name: 0.5 for name, field in Antivirals.model_fields.items() if field.is_required()}
    return given | ({"within": 5} if "within" in given else {})


@pytest.mark.parametrize(
    ("on", "words"),
    [
        ({"stock": {"name": "lab", "waiting": 3}}, "did you mean labs?"),
        ({"patients": {"share": 0.5, "of": "labs"}}, "name halls"),
        ({"any": [CASES, {"not": {"stock": {"name": "pills", "used": 0.5}}}]}, "takes from it"),
    ],
)
def test_a_trigger_looks_at_stocks_that_are_there_and_used(on, words):
    found = refused(FINDING, {"measure": "close_schools", "when": {"on": on}})
    ((key, problem),) = found.items()
    assert key.startswith("measures.1.when.on.")
    assert words in problem.advice


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (CASES, "no other measure finds cases"),
        ({"found_in_community": {"share": 0.1}}, "no other measure finds cases"),
        ({"any": [CASES, {"date": "2022-03-06"}]}, "no other measure finds cases"),
        ({"date": "2022-03-06"}, "it ends on 2022-03-05"),
        ({"date": "2022-03-02", "not": {"date": "2022-03-01"}}, "in force from 2022-03-01"),
        ({"deaths": {"number": 5}, "not": {"deaths": {"number": 3}}}, "exclude each other"),
        ({"days_clear": 5, "positive_within": 3}, "exclude each other"),
    ],
)
def test_a_trigger_that_can_never_fire_is_refused(on, words):
    found = refused({"measure": "close_schools", "when": {"on": on}})
    assert set(found) == {"measures.0.when.on"}
    assert words in found["measures.0.when.on"].advice


def test_cases_come_from_another_measure_that_is_in_force_in_time():
    closing = {"measure": "close_schools", "when": {"on": CASES}, "to": "2022-03-03"}
    finding = FINDING | {"when": {"on": CASES}}
    assert set(refused(finding)) == {"measures.0.when.on"}
    assert set(refused(finding, closing)) == {"measures.0.when.on", "measures.1.when.on"}
    assert set(refused(FINDING | {"from": "2022-03-04"}, closing)) == {"measures.1.when.on"}
    assert accepted(FINDING | {"from": "2022-03-03"}, closing, finding)
    assert accepted({"measure": "close_schools", "when": {"on": {"not": CASES}}})
    assert accepted({"measure": "close_schools", "when": {"on": {"any": [
        CASES, {"date": "2022-03-02"}]}}})  # fmt: skip
    # What is never in force in these days is shown, not refused.
    assert accepted({"measure": "close_schools", "when": {"on": CASES}, "from": "2022-04-01"})


@pytest.mark.parametrize(
    "off",
    [
        {"cases": {"number": 3}},
        {"cases": {"number": 5, "days": 14}},
        {"any": [{"days_clear": 300}, {"cases": {"number": 1}}]},
        {"not": {"not": {"cases": {"number": 5}}}},
    ],
)
def test_an_end_that_holds_where_it_begins_is_refused(off):
    found = refused(FINDING, {"measure": "close_schools", "when": {"on": CASES, "off": off}})
    assert set(found) == {"measures.1.when.off"}
    assert "put not: before it" in found["measures.1.when.off"].advice


@pytest.mark.parametrize(
    "off", [{"cases": {"number": 6}}, {"days_clear": 3}, {"not": {"cases": {"number": 3}}}, None]
)
def test_an_end_that_may_come_later_is_accepted(off):
    assert accepted(FINDING, {"measure": "close_schools", "when": {"on": CASES, "off": off}})


@pytest.mark.parametrize("level", ["subdistrict", "compound"])
def test_a_level_finer_than_the_measure_acts_on_is_refused(level):
    when = {"level": level, "on": {"positive_within": 3}, "off": {"days_clear": 14}}
    found = refused({"measure": "close_schools", "when": when})
    assert set(found) == {"measures.0.when.level"}
    assert accepted({"measure": "lockdown", "tier": 3, "when": when})


def test_contradictions_come_with_all_other_problems(tmp_path):
    written = json.loads(json.dumps(scenario().resolved())) | {
        "r0": -1,
        "measures": [
            FINDING | {"labs": "lab", "areas": ["Pudon"]},
            {"measure": "close_schools", "when": {"level": "compound", "on": {"days_clear": 3}}},
            {"measure": "lockdown", "tier": 9},
            {"measure": "close_schools", "when": {"on": CASES}},
        ],
    }
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(written))
    keys = ["measures.0.areas.0", "measures.0.labs", "measures.1.when.level", "measures.2.tier"]
    with pytest.raises(ScenarioError) as caught:
        read_checked(path)
    assert sorted(problem.key for problem in caught.value.problems) == [*keys, "r0"]
    with pytest.raises(ScenarioError) as caught:
        read_checked(path, ["r0=3"])
    assert sorted(problem.key for problem in caught.value.problems) == keys
