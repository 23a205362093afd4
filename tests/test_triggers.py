"""Conditions of triggers: where they hold, what they say, and what is a problem at its key."""

from __future__ import annotations

import doctest
from dataclasses import replace
from datetime import date, timedelta
from importlib import import_module

import numpy as np
import pytest
import yaml
from pydantic import ValidationError
from watched_city import CASES, PLACES, START, today

from lazaretto.measures import NEVER_POSITIVE, Condition, Trigger, build_measure
from lazaretto.measures.logic import where
from lazaretto.scenario import MeasureEntry
from lazaretto.scenario.model import Outputs
from lazaretto.scenario.reading import read_scenario
from lazaretto.words import FOUND_WHERE


def holds(condition, level="district", **changes):
    statement = Condition.model_validate(condition).statement()
    return where(statement, today(**changes), PLACES, level).tolist()


def test_doctests():
    assert doctest.testmod(import_module("lazaretto.measures.triggers")).failed == 0


# Conditions


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"days": 1, "number": 3}, [True, True, False]),
        ({"days": 1, "number": 4}, [False, True, False]),
        ({"days": 3, "number": 6}, [True, True, False]),
        ({"days": 3, "number": 7}, [False, True, False]),
        ({"days": 7, "per_100000": 2}, [True, True, False]),
        ({"days": 7, "per_100000": 2.001}, [False, True, False]),
        ({"days": 7, "per_100000": 1e-9}, [True, True, False]),
    ],
)
def test_cases_reach_a_threshold_by_district(condition, expected):
    assert holds({"cases": condition}, cases=CASES) == expected


def test_a_place_has_the_counts_of_what_it_lies_in_and_the_city_their_sum():
    condition = {"cases": {"days": 1, "number": 6}}
    expected = {
        "city": [True],
        "district": [False, True, False],
        "subdistrict": [False, False, True, False],
        "compound": [False, False, False, True, True, False],
    }
    for level, there in expected.items():
        assert holds(condition, level, cases=CASES) == there
    # 16 cases of 600,000 residents
    assert holds({"cases": {"per_100000": 2.66}}, "city", cases=CASES) == [True]
    assert holds({"cases": {"per_100000": 2.67}}, "city", cases=CASES) == [False]


def test_where_nobody_lives_no_rate_is_reached():
    empty = replace(PLACES, district_persons=np.array([300_000, 0, 100_000]))
    rate = Condition.model_validate({"cases": {"per_100000": 1}}).statement()
    seen = today(cases=((3, 0, 0),))
    assert where(rate, seen, empty, "district").tolist() == [True, False, False]


def test_days_clear_are_those_of_the_place_itself():
    compound = np.array([20, 3, NEVER_POSITIVE, 14, 30, NEVER_POSITIVE], np.int32)
    clear = {
        "compound_clear": compound,
        "subdistrict_clear": np.array([3, NEVER_POSITIVE, 14, NEVER_POSITIVE], np.int32),
    }
    expected = {
        "city": [False],
        "district": [False, True, True],
        "subdistrict": [False, True, True, True],
        "compound": [True, False, True, True, True, True],
    }
    for level, there in expected.items():
        assert holds({"days_clear": 14}, level, **clear) == there
        assert holds({"positive_within": 14}, level, **clear) == [not each for each in there]
    assert holds({"days_clear": 3}, "city", **clear) == [True]
    assert holds({"days_clear": 366}, "city") == [True]


def test_found_in_the_community_is_a_number_or_a_share_and_nothing_of_nothing():
    found = np.zeros((1, 3, len(FOUND_WHERE)), np.int64)
    found[0, 0] = [5, 0, 3, 0, 1, 1]
    found[0, 1] = [0, 0, 0, 0, 0, 4]
    for condition, expected in (
        ({"number": 2}, [True, True, False]),
        ({"number": 3}, [False, True, False]),
        ({"share": 0.2}, [True, True, False]),
        ({"share": 0.21}, [False, True, False]),
        ({"share": 0.5, "where": ["sealed", "precaution", "open"]}, [True, True, False]),
        ({"number": 4, "where": ["sealed", "open"]}, [True, True, False]),
    ):
        assert holds({"found_in_community": condition}, found=found) == expected
    assert holds({"found_in_community": {"share": 0.4}}, "city", found=found) == [True]
    assert holds({"found_in_community": {"share": 0.43}}, "city", found=found) == [False]


def test_patients_deaths_and_stocks():
    patients = np.array([[10, 0], [0, 20], [0, 20]])
    for condition, expected in (
        ({"number": 20}, [False, True, True]),
        ({"care": "ward", "number": 1}, [True, False, False]),
        ({"care": "icu", "per_100000": 20}, [False, False, True]),
        ({"care": "icu", "share": 0.8, "of": "icu"}, [True, True, True]),
        ({"care": "icu", "share": 0.81, "of": "icu"}, [False, False, False]),
    ):
        assert holds({"patients": condition}, patients=patients) == expected
    deaths = np.array([[0, 0, 1], [0, 2, 0]])
    assert holds({"deaths": {"days": 1, "number": 1}}, deaths=deaths) == [False, True, False]
    assert holds({"deaths": {"per_100000": 1}}, deaths=deaths) == [False, True, True]
    load = {"stock_used": np.array([900, 0]), "stock_waiting": np.array([7, 0])}
    for condition, expected in (
        ({"name": "labs", "waiting": 7}, True),
        ({"name": "labs", "waiting": 8}, False),
        ({"name": "labs", "used": 0.9}, True),
        ({"name": "labs", "used": 0.91}, False),
        ({"name": "icu", "used": 0.01}, False),
    ):
        assert holds({"stock": condition}, "city", **load) == [expected]
    with pytest.raises(ValueError, match="there is no stock 'buses'; resources: labs, icu"):
        holds({"stock": {"name": "buses", "waiting": 1}})


def test_dates_and_combinations():
    assert holds({"date": START + timedelta(days=1)}, "city", day=1) == [True]
    assert holds({"date": START + timedelta(days=2)}, "city", day=1) == [False]
    many, here = {"cases": {"days": 1, "number": 6}}, {"cases": {"days": 1, "number": 3}}
    assert holds({"all": [many, here]}, cases=CASES) == [False, True, False]
    assert holds({"any": [many, here]}, cases=CASES) == [True, True, False]
    assert holds({**here, "not": many}, cases=CASES) == [True, False, False]
    assert holds({**here, "date": "2022-03-03"}, cases=CASES) == [False, False, False]


@pytest.mark.parametrize(
    ("condition", "key"),
    [
        ({}, "when.on"),
        ({"cases": {}}, "when.on.cases"),
        ({"cases": {"number": 3, "per_100000": 1}}, "when.on.cases"),
        ({"cases": {"number": 0}}, "when.on.cases.number"),
        ({"cases": {"days": 0, "number": 1}}, "when.on.cases.days"),
        ({"cases": {"per_10000": 1}}, "when.on.cases.per_10000"),
        ({"found_in_community": {"share": 1.01}}, "when.on.found_in_community.share"),
        ({"found_in_community": {"number": 1, "where": ["street"]}},
         "when.on.found_in_community.where.0"),
        ({"patients": {"share": 0.5}}, "when.on.patients"),
        ({"patients": {"number": 5, "of": "icu"}}, "when.on.patients"),
        ({"stock": {"waiting": 1}}, "when.on.stock.name"),
        ({"any": [{"cases": {"number": 1}}, {"case": 1}]}, "when.on.any.1.case"),
        ({"not": {"days_clear": 0}}, "when.on.not.days_clear"),
        ({"date": "soon"}, "when.on.date"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_condition_is_a_problem_at_its_key(condition, key):
    entry = {"measure": "close_schools", "when": {"on": condition}}
    measure, problems = build_measure("measures.2", MeasureEntry.model_validate(entry))
    assert measure is None
    assert [problem.key for problem in problems] == [f"measures.2.{key}"]
    assert problems[0].allowed
    assert problems[0].advice


# In words


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        ({"level": "district", "on": {"cases": {"days": 7, "per_100000": 5}},
          "off": {"days_clear": 14}, "least_days": 7},
         "in a district from 5 cases per 100,000 in 7 days until 14 days clear, for at least 7 "
         "days"),
        ({"on": {"cases": {"days": 1, "number": 1}}},
         "in the city from 1 case on a day, as long as this holds"),
        ({"on": {"date": "2022-04-01"}}, "in the city from 1 April 2022"),
        ({"level": "compound", "on": {"positive_within": 1, "cases": {"number": 1000}},
          "off": {"days_clear": 14}},
         "in a compound from 1,000 cases in 7 days in its district and a positive within 1 day "
         "until 14 days clear"),
        ({"on": {"found_in_community": {"days": 3, "share": 0.05}},
          "off": {"not": {"found_in_community": {"days": 3, "number": 2}}}},
         "in the city from 5 % of cases found in the community in 3 days until fewer than 2 cases "
         "found in the community in 3 days"),
        ({"on": {"found_in_community": {"number": 2, "where": ["sealed", "open", "controlled"]}}},
         "in the city from 2 cases found in sealed, open or controlled in 7 days, as long as this "
         "holds"),
        ({"on": {"patients": {"care": "icu", "share": 0.8, "of": "icu"}},
          "off": {"not": {"patients": {"care": "icu", "share": 0.5, "of": "icu"}}}},
         "in the city from 80 % of icu filled by patients in intensive care until less than 50 % "
         "of icu filled by patients in intensive care"),
        ({"on": {"any": [{"stock": {"name": "labs", "waiting": 1000}},
                         {"stock": {"name": "icu", "used": 0.9}}], "date": "2022-04-01"}},
         "in the city from 1 April 2022 and (1,000 waiting for labs or 90 % of icu in use), as "
         "long as this holds"),
        ({"on": {"deaths": {"number": 3}, "patients": {"per_100000": 2}}},
         "in the city from 3 deaths in 7 days and 2 patients per 100,000 in hospital, as long as "
         "this holds"),
    ],
)  # fmt: skip
def test_a_trigger_is_said_in_one_clause(trigger, words):
    assert Trigger.model_validate(trigger).said() == words


# From a file


def test_on_and_off_survive_a_yaml_reader_that_takes_them_for_booleans():
    text = """
    measure: close_schools
    when:
      level: district
      on: {cases: {days: 7, per_100000: {value: 5, source: a plan, status: measured}}}
      off: {days_clear: 14, date: 2022-04-01}
    """
    written = yaml.safe_load(text)
    assert True in written["when"]
    entry = MeasureEntry.model_validate(written)
    measure, problems = build_measure("measures.0", entry)
    assert problems == []
    assert measure.when.on.cases.per_100000 == 5
    assert measure.when.off.day == date(2022, 4, 1)
    assert set(entry.model_dump(mode="json")["when"]) == {"level", "on", "off"}


def test_on_and_off_are_words_in_a_scenario_file(tmp_path):
    path = tmp_path / "words.yaml"
    path.write_text("when: {on: 1, off: 2}\noutputs: {events: off}\nyes: on\n")
    written, _ = read_scenario(path)
    assert written["when"] == {"on": 1, "off": 2}
    assert Outputs.model_validate(written["outputs"]).events is False


def test_a_trigger_without_a_beginning_is_refused():
    with pytest.raises(ValidationError):
        Trigger.model_validate({"off": {"days_clear": 14}})
