"""Resources: stocks by date, and policies that are refused because they cannot work."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import pytest
import yaml

from lazaretto.engine.checked import checked_measures, read_checked
from lazaretto.measures import scenario_schema, stocks_of
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.words import HOUSEHOLD, LAYERS

LABS = {
    "name": "labs",
    "unit": "tubes/day",
    "opened": [{"from": "2022-03-01", "amount": 100}, {"from": "2022-03-04", "amount": 400}],
}
BEDS = {
    "name": "halls",
    "unit": "beds",
    "contacts_per_day": {"value": 3, "source": "a guess", "status": "assumed"},
    "bus_contacts": 2,
    "opened": [{"from": "2022-03-03", "amount": 50}],
}
COURSES = {
    "name": "pills",
    "unit": "courses",
    "opened": [
        {"from": "2022-02-01", "amount": 7},
        {"from": "2022-03-01", "amount": 10},
        {"from": "2022-03-03", "amount": 30},
    ],
}
FINDING = {"measure": "symptomatic_testing", "share": 0.5, "delay_days": 1}
CASES = {"cases": {"number": 5}}


def scenario(measures=(), resources=(LABS, BEDS, COURSES), **changes):
    return Scenario.from_mapping(
        {
            "name": "small",
            "title": "Small",
            "place": "shanghai",
            "disease": "omicron-ba2",
            "r0": 7,
            "start": "2022-03-01",
            "end": "2022-03-05",
            "resources": list(resources),
            "measures": list(measures),
        }
        | changes
    )


def refused(*measures, **changes):
    """Return the problems of a policy by key."""
    with pytest.raises(ScenarioError) as caught:
        checked_measures(scenario(measures, **changes))
    assert all(problem.allowed and problem.advice for problem in caught.value.problems)
    return {problem.key: problem for problem in caught.value.problems}


def accepted(*measures, **changes):
    return checked_measures(scenario(measures, **changes))


# Stocks


def test_the_latest_amount_holds_and_courses_arrive():
    labs, beds, courses = stocks_of(scenario())
    assert (labs.name, labs.unit) == ("labs", "tubes/day")
    assert labs.amount.tolist() == [100, 100, 100, 400, 400]
    assert beds.amount.tolist() == [0, 0, 50, 50, 50]
    assert (beds.contacts, beds.bus_contacts) == (3.0, 2.0)
    assert (labs.contacts, labs.bus_contacts) == (0.0, 0.0)
    assert courses.amount.tolist() == [17, 0, 30, 0, 0]
    assert courses.amount.dtype == np.int64


def test_amounts_are_read_in_any_order_from_before_the_run_and_without_a_date():
    opened = [
        {"from": "2022-03-03", "amount": 2},
        {"amount": 9},
        {"from": "2022-02-01", "amount": 5},
    ]
    (labs,) = stocks_of(scenario(resources=[LABS | {"opened": opened}]))
    assert labs.amount.tolist() == [5, 5, 2, 2, 2]
    (pills,) = stocks_of(scenario(resources=[COURSES | {"opened": opened}]))
    assert pills.amount.tolist() == [14, 0, 2, 0, 0]
    (none,) = stocks_of(scenario(resources=[LABS | {"opened": []}]))
    assert none.amount.tolist() == [0] * 5


def test_amounts_carry_the_unit_of_their_stock_and_their_source():
    amount = {"value": 400, "source": "a report", "status": "measured"}
    read = scenario(resources=[LABS | {"opened": [{"amount": amount}]}, BEDS])
    figures = dict(read.figures())
    assert figures["resources.0.opened.0.amount"].unit == "tubes/day"
    assert figures["resources.0.opened.0.amount"].status == "measured"
    assert figures["resources.1.opened.0.amount"].unit == "beds"
    assert "resources.1.opened.0.amount" in dict(read.assumed())
    assert "resources.0.contacts_per_day" not in figures
    assert Scenario.from_mapping(read.resolved()) == read


def test_a_resource_is_reached_by_its_name():
    read = Scenario.from_mapping(
        scenario().resolved(), ["resources.labs.opened.0.amount=7", "resources.halls.opened=[]"]
    )
    labs, beds, _ = stocks_of(read)
    assert labs.amount.tolist() == [7, 7, 7, 400, 400]
    assert beds.amount.sum() == 0


@pytest.mark.parametrize(
    ("resource", "key", "advice"),
    [
        (LABS | {"unit": "tubes"}, "resources.0.unit", "did you mean tubes/day?"),
        (LABS | {"opened": [{"amount": 1.5}]}, "resources.0", "write what it means"),
        (LABS | {"opened": [{"amount": -1}]}, "resources.0.opened.0.amount", "range"),
        (LABS | {"opened": [{"amount": {"value": 3, "unit": "beds"}}]},
         "resources.0.opened.0.amount", "write unit: tubes/day"),
        (LABS | {"opened": [{"amount": {"value": 3, "unit": "boxes"}}]},
         "resources.0.opened.0.amount", "unit"),
        (LABS | {"opened": [{"from": "2022-03-01", "amount": 1}, {"from": "2022-03-01",
                                                                 "amount": 2}]},
         "resources.0.opened.1.from", "keep one"),
        (LABS | {"contacts_per_day": 3}, "resources.0.contacts_per_day", "remove it"),
        (LABS | {"name": "Big Labs"}, "resources.0.name", "write it as in"),
        (LABS | {"colour": "red"}, "resources.0.colour", "remove it"),
        ({"name": "labs", "unit": "tubes/day"}, "resources.0.opened", "add opened"),
    ],
)  # fmt: skip
def test_a_wrong_resource_is_a_problem_at_its_key(resource, key, advice):
    with pytest.raises(ScenarioError) as caught:
        scenario(resources=[resource])
    (problem,) = caught.value.problems
    assert problem.key == key
    assert advice in problem.advice


def test_two_resources_may_not_share_a_name():
    with pytest.raises(ScenarioError, match=r"resources\.1\.name is labs"):
        scenario(resources=[LABS, BEDS | {"name": "labs"}])


def test_contacts_left_of_a_person_isolated_at_home():
    usual = scenario().confinement.isolated_table()
    assert usual.shape == (len(LAYERS),)
    assert usual[HOUSEHOLD] == 1
    assert usual.sum() == 1
    changed = scenario(confinement={"isolated": {"household": 0.4}}).confinement
    assert changed.isolated_table().tolist() == [0.4, 0, 0, 0, 0, 0]
    assert dict(scenario().assumed())["confinement.isolated.household"].value == 1


# Refused


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


# Written


def test_the_schema_knows_triggers_and_resources():
    schema = scenario_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    sound = {
        "name": "small", "title": "Small", "place": "shanghai", "disease": "omicron-ba2", "r0": 7,
        "start": "2022-03-01", "end": "2022-03-05", "resources": [LABS, BEDS, COURSES],
    }  # fmt: skip

    def errors(when=None, **changes):
        entry = {"measure": "close_schools"} | ({} if when is None else {"when": when})
        return list(validator.iter_errors(sound | {"measures": [entry]} | changes))

    assert not errors()
    assert not errors({"level": "district", "on": CASES, "off": {"days_clear": 14}})
    assert not errors({"on": {"any": [CASES, {"not": {"date": "2022-03-02"}}]}, "least_days": 3})
    rate = {"value": 5, "source": "a plan", "status": "measured"}
    assert not errors({"on": {"cases": {"days": 7, "per_100000": rate}}})
    for wrong in (
        {"off": {"days_clear": 14}},
        {"on": {"case": 3}},
        {"on": {"cases": {"number": 0}}},
        {"on": CASES, "level": "street"},
        {"on": {"any": []}},
        {"on": {"found_in_community": {"share": 2}}},
    ):
        assert errors(wrong), wrong
    for wrong in (
        LABS | {"unit": "tubes"},
        LABS | {"opened": [{"from": "2022-03-01"}]},
        LABS | {"opened": [{"amount": {"value": 3, "unit": "boxes"}}]},
        LABS | {"colour": "red"},
    ):
        assert errors(resources=[wrong]), wrong
    described = schema["$defs"]["Condition"]["properties"]
    assert all(field.get("description") for field in described.values())
