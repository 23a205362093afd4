"""Measures that act while a trigger is on: where, at which level, and what they open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from watched_city import CASES, PLACES, START, today

from lazaretto.measures import CloseSchools, Lockdown, OpenResource, Orders, Stock
from lazaretto.words import SCHOOL


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
