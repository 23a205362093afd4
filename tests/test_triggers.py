"""Triggers: where they begin, how long they last, what they say, and what follows from what."""

from __future__ import annotations

import doctest
import pickle
from dataclasses import replace
from datetime import date, timedelta
from importlib import import_module

import numpy as np
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lazaretto.measures import (
    NEVER_POSITIVE,
    CloseSchools,
    Condition,
    Lockdown,
    Observed,
    OpenResource,
    Orders,
    Places,
    Stock,
    Today,
    Trigger,
    build_measure,
)
from lazaretto.measures.levels import LEVELS, size_of
from lazaretto.measures.logic import implies, opposite, said, where
from lazaretto.scenario import MeasureEntry
from lazaretto.scenario.model import Outputs
from lazaretto.scenario.reading import read_scenario
from lazaretto.words import FOUND_WHERE, SCHOOL

START = date(2022, 3, 1)
PLACES = Places(
    districts=("North", "East", "South"),
    district_persons=np.array([300_000, 200_000, 100_000]),
    compound_district=np.array([0, 0, 0, 1, 1, 2]),
    compound_persons=np.full(6, 100_000),
    compound_subdistrict=np.array([0, 0, 1, 2, 2, 3]),
    building_compound=np.arange(6),
    building_persons=np.full(6, 100_000),
)


def observed(cases=((0, 0, 0),), **changes):
    """Return what officials see of a city of three districts; cases are by day and district."""
    confirmed = np.asarray(cases, np.int64)
    n_days = len(confirmed)
    seen = {
        "confirmed": confirmed,
        "asymptomatic": np.zeros_like(confirmed),
        "found": np.zeros((n_days, 3, len(FOUND_WHERE)), np.int64),
        "deaths": np.zeros((n_days, 3), np.int64),
        "patients": np.zeros((3, 2), np.int64),
        "building_clear": np.full(6, NEVER_POSITIVE, np.int32),
        "compound_clear": np.full(6, NEVER_POSITIVE, np.int32),
        "subdistrict_clear": np.full(4, NEVER_POSITIVE, np.int32),
        "stock_used": np.array([0, 0]),
        "stock_waiting": np.array([0, 0]),
        "stocks": ("labs", "icu"),
        "stock_amount": np.array([1000, 50]),
    }
    return Observed(**{**seen, **changes})


def today(day=1, active=None, **changes):
    return Today(day, START + timedelta(days=day), observed(**changes), active)


def holds(condition, level="district", **changes):
    statement = Condition.model_validate(condition).statement()
    return where(statement, today(**changes), PLACES, level).tolist()


def test_doctests():
    assert doctest.testmod(import_module("lazaretto.measures.triggers")).failed == 0


# Conditions


CASES = ((1, 0, 0), (2, 4, 0), (3, 6, 0))


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


# Hysteresis


CITY = {"level": "city", "on": {"cases": {"days": 1, "number": 10}}}


def course(trigger, series):
    """Return the state of a city-wide trigger on each day of a series of daily cases."""
    state = trigger.idle(PLACES)
    states = []
    for day in range(1, len(series) + 1):
        cases = np.zeros((day, 3), np.int64)
        cases[:, 0] = series[:day]
        state = trigger.watch(state, today(day, cases=cases), PLACES)
        states.append(int(state[0]))
    return states


def test_it_begins_at_one_threshold_and_ends_at_another():
    trigger = Trigger.model_validate(CITY | {"off": {"not": {"cases": {"days": 1, "number": 3}}}})
    assert course(trigger, [9, 10, 5, 3, 2, 9, 10, 0]) == [0, 1, 2, 3, 0, 0, 1, 0]
    assert course(Trigger.model_validate(CITY), [9, 10, 12, 9, 10]) == [0, 1, 2, 0, 1]
    lasting = Trigger.model_validate(CITY | {"least_days": 3})
    assert course(lasting, [10, 0, 0, 0, 10, 10, 10, 10, 0]) == [1, 2, 3, 0, 1, 2, 3, 4, 0]


@given(
    series=st.lists(st.integers(0, 20), min_size=1, max_size=30),
    begin=st.integers(1, 20),
    end=st.integers(1, 20),
    least=st.integers(1, 6),
    cut=st.integers(0, 29),
)
@settings(max_examples=200, deadline=None)
def test_hysteresis_is_that_of_a_plain_automaton_and_nothing_else_is_remembered(
    series, begin, end, least, cut
):
    trigger = Trigger.model_validate(
        {
            "on": {"cases": {"days": 1, "number": begin}},
            "off": {"not": {"cases": {"days": 1, "number": end}}},
            "least_days": least,
        }
    )
    states = course(trigger, series)
    on = 0
    for cases, state in zip(series, states, strict=True):
        ends = cases < end
        if on:
            on = 0 if on >= least and ends else on + 1
        elif cases >= begin and not ends:
            on = 1
        assert state == on
    # What it was on a day, written down and read again, is all that the next day needs.
    cut = min(cut, len(series) - 1)
    state = pickle.loads(pickle.dumps(np.array([states[cut]], np.int16)))
    for day in range(cut + 2, len(series) + 1):
        cases = np.zeros((day, 3), np.int64)
        cases[:, 0] = series[:day]
        before = state.copy()
        following = trigger.watch(state, today(day, cases=cases), PLACES)
        assert np.array_equal(state, before)
        state = following
    assert state[0] == states[-1]


@given(
    state=st.lists(st.integers(0, 40), min_size=6, max_size=6),
    clear=st.lists(st.integers(0, 40), min_size=6, max_size=6),
    least=st.integers(1, 20),
)
@settings(max_examples=200, deadline=None)
def test_every_place_is_watched_by_itself(state, clear, least):
    trigger = Trigger.model_validate(
        {"level": "compound", "on": {"positive_within": 3}, "off": {"days_clear": 14},
         "least_days": least}
    )  # fmt: skip
    state = np.array(state, np.int16)
    seen = np.array(clear, np.int32)
    together = trigger.watch(state, today(compound_clear=seen), PLACES)
    assert together.dtype == np.int16
    for i in range(6):
        alone = np.where(np.arange(6) == i, seen, NEVER_POSITIVE).astype(np.int32)
        assert trigger.watch(state, today(compound_clear=alone), PLACES)[i] == together[i]
    # On days count up by one; it ends only after its least days, and only where it is clear.
    ended = (state > 0) & (together == 0)
    assert (state[ended] >= least).all()
    assert (seen[ended] >= 14).all()
    going = (state > 0) & ~ended
    assert (together[going] == state[going] + 1).all()
    begun = (state == 0) & (together > 0)
    assert (together[begun] == 1).all()
    assert (seen[begun] < 3).all()


# What follows from what


def some_conditions():
    days, number, rate = st.integers(1, 3), st.integers(1, 8), st.sampled_from([0.5, 1, 2, 4])
    facts = st.one_of(
        st.fixed_dictionaries({"cases": st.fixed_dictionaries({"days": days, "number": number})}),
        st.fixed_dictionaries({"cases": st.fixed_dictionaries({"days": days, "per_100000": rate})}),
        st.fixed_dictionaries({"deaths": st.fixed_dictionaries({"days": days, "number": number})}),
        st.fixed_dictionaries(
            {
                "found_in_community": st.fixed_dictionaries(
                    {
                        "days": days,
                        "where": st.lists(st.sampled_from(FOUND_WHERE), min_size=1, unique=True),
                    }
                    | {"share": st.sampled_from([0.1, 0.3, 0.5])}
                )
            }
        ),
        st.fixed_dictionaries(
            {
                "patients": st.fixed_dictionaries(
                    {"care": st.sampled_from(["any", "ward", "icu"]), "number": number}
                )
            }
        ),
        st.fixed_dictionaries({"stock": st.fixed_dictionaries({"name": st.sampled_from(
            ["labs", "icu"]), "waiting": number})}),
        st.fixed_dictionaries({"days_clear": st.integers(1, 5)}),
        st.fixed_dictionaries({"positive_within": st.integers(1, 5)}),
        st.fixed_dictionaries({"date": st.dates(START, START + timedelta(days=4))}),
    )  # fmt: skip
    return st.recursive(
        facts,
        lambda inner: st.one_of(
            st.fixed_dictionaries({"not": inner}),
            st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=2)}),
            st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=2)}),
        ),
        max_leaves=3,
    ).map(Condition.model_validate)


def counts(*shape):
    n = int(np.prod(shape))
    return st.lists(st.integers(0, 6), min_size=n, max_size=n).map(
        lambda values: np.array(values, np.int64).reshape(shape)
    )


SEEN = st.fixed_dictionaries(
    {
        "day": st.integers(1, 4),
        "cases": counts(3, 3),
        "found": counts(3, 3, len(FOUND_WHERE)),
        "deaths": counts(3, 3),
        "patients": counts(3, 2),
        "compound_clear": counts(6),
        "subdistrict_clear": counts(4),
        "stock_waiting": counts(2),
    }
)


@given(one=some_conditions(), other=some_conditions(), seen=SEEN, level=st.sampled_from(LEVELS))
@settings(max_examples=400, deadline=None)
def test_what_is_implied_holds_and_opposites_exclude_each_other(one, other, seen, level):
    a, b = one.statement(), other.statement()
    day = today(**seen)
    here, there = (where(each, day, PLACES, level) for each in (a, b))
    assert here.shape == (size_of(PLACES, level),)
    assert np.array_equal(where(opposite(a), day, PLACES, level), ~here)
    assert implies(a, a)
    if implies(a, b):
        assert (there | ~here).all()
    if implies(a, opposite(a)):
        assert not here.any()
    assert said(a, level)


@given(fewer=st.integers(1, 50), more=st.integers(1, 50), days=st.integers(1, 20))
def test_thresholds_are_compared(fewer, more, days):
    assume(fewer < more)

    def cases(number, over=days):
        return Condition.model_validate({"cases": {"days": over, "number": number}}).statement()

    assert implies(cases(more), cases(fewer))
    assert not implies(cases(fewer), cases(more))
    assert implies(opposite(cases(fewer)), opposite(cases(more)))
    assert implies(cases(more), cases(fewer, days + 1))
    assert not implies(cases(more, days + 1), cases(fewer))


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


# Measures


def measure_of(kind, when, **fields):
    return kind.model_validate({"when": when, **fields})


def test_a_measure_acts_where_its_trigger_is_on_within_its_areas_and_dates():
    measure = measure_of(
        CloseSchools,
        {"level": "district", "on": {"cases": {"days": 1, "number": 3}}, "off": {"days_clear": 9}},
        areas=["East", "South"],
        **{"from": START + timedelta(days=2), "to": START + timedelta(days=3)},
    )
    state = measure.idle(PLACES)
    recent = np.array([1, 1, 1, 1, 1, 1], np.int32)
    shut = []
    for day in range(1, 6):
        now = today(day, cases=CASES, compound_clear=recent)
        state = measure.watch(state, now, PLACES)
        orders = Orders(PLACES, {})
        if measure.in_force(now):
            measure.order(replace(now, active=state), PLACES, orders)
        shut.append((orders.contacts[:, SCHOOL] == 0).tolist())
    never, east = [False] * 3, [False, True, False]
    assert shut == [never, east, east, never, never]
    assert not state.any()


@pytest.mark.parametrize(
    ("level", "on", "sealed"),
    [
        ("city", [1], [1, 1, 1, 1, 1, 0]),
        ("district", [1, 0, 1], [1, 1, 1, 0, 0, 0]),
        ("subdistrict", [1, 0, 1, 1], [1, 1, 0, 1, 1, 0]),
        ("compound", [0, 1, 0, 0, 2, 3], [0, 1, 0, 0, 1, 0]),
    ],
)
def test_lockdown_seals_compounds_at_any_level(level, on, sealed):
    when = {"level": level, "on": {"positive_within": 3}}
    measure = measure_of(Lockdown, when, tier="sealed", areas=["North", "East"])
    orders = Orders(PLACES, {})
    measure.order(today(active=np.array(on, np.int16)), PLACES, orders)
    assert (orders.tier == 3).tolist() == [bool(each) for each in sealed]


def test_a_measure_without_a_trigger_has_no_state_and_acts_in_its_areas():
    measure = CloseSchools(areas=["South"])
    state = measure.idle(PLACES)
    assert state.shape == measure.watch(state, today(), PLACES).shape == (0,)
    assert measure.districts(today(), PLACES).tolist() == [False, False, True]
    assert measure.compounds(today(), PLACES).tolist() == [False] * 5 + [True]


def test_a_trigger_that_was_not_watched_or_is_too_fine_is_an_error_not_a_guess():
    fine = measure_of(CloseSchools, {"level": "compound", "on": {"positive_within": 3}})
    with pytest.raises(ValueError, match="was not watched"):
        fine.districts(today(), PLACES)
    with pytest.raises(ValueError, match="says nothing of whole districts"):
        fine.districts(today(active=fine.idle(PLACES)), PLACES)


@pytest.mark.parametrize(
    ("when", "on", "added"),
    [
        (None, None, 500),
        ({"level": "city", "on": {"cases": {"number": 1}}}, [3], 500),
        ({"level": "city", "on": {"cases": {"number": 1}}}, [0], 0),
        ({"level": "district", "on": {"cases": {"number": 1}}}, [1, 0, 2], 1000),
    ],
)
def test_resources_are_opened_when_they_are_needed(when, on, added):
    stock = Stock("icu", "beds", np.array([40, 50]))
    orders = Orders(PLACES, {}, (stock,))
    orders.reset(1)
    measure = measure_of(OpenResource, when, stock="icu", amount=500)
    active = None if on is None else np.array(on, np.int16)
    measure.order(today(active=active), PLACES, orders)
    assert orders.amount.tolist() == [50 + added]


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
