"""How long a trigger stays on, place by place, and which conditions follow from which."""

from __future__ import annotations

import pickle
from datetime import timedelta

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from watched_city import PLACES, START, today

from lazaretto.measures import NEVER_POSITIVE, Condition, Trigger
from lazaretto.measures.levels import LEVELS, size_of
from lazaretto.measures.logic import implies, opposite, said, where
from lazaretto.words import FOUND_WHERE

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
