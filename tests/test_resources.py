"""Resources: stocks by date, what is a problem of one, and what the schema knows of them."""

from __future__ import annotations

import jsonschema
import numpy as np
import pytest
from stocked_scenario import BEDS, CASES, COURSES, LABS, scenario

from lazaretto.measures import scenario_schema, stocks_of
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.words import HOUSEHOLD, LAYERS


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
