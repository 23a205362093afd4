"""Break-outs: how they end and what they leave, off, with the same seed, stopped and gone on with.

Tests against exact values have a false-alarm rate of 1e-6 each.
"""

from __future__ import annotations

import numpy as np
import pytest
from breakout_city import LAWS, LIMIT, city, day_of, rules, shanghai_sizes
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lazaretto.behaviour.breakouts import CONCEDED, REPRESSED, RESEALED, RESEALED_DAYS, Breakouts
from lazaretto.chance import Purpose, stream_key, uniforms


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# --- what they leave ----------------------------------------------------------------------------


def test_ends_filming_and_enforcement():
    places = city(1, 4, 1000, 2000)
    numbers = rules(local=0, ignition=1, repression_half_life=5)
    run = Breakouts(numbers, 1, places)
    events = day_of(run, places, 0)
    n = events.compound.size
    assert n > 2500
    shares = {CONCEDED: 0.15, REPRESSED: 0.35, RESEALED: 0.5}
    for end, p in shares.items():
        assert abs((events.end == end).sum() - n * p) < LIMIT * np.sqrt(n * p * (1 - p))
    p = -np.expm1(-events.participants / 50)
    assert abs(events.filmed.sum() - p.sum()) < LIMIT * np.sqrt((p * (1 - p)).sum())
    raised = np.zeros(4000)
    raised[events.compound[events.end == REPRESSED]] = 1
    assert np.array_equal(run.enforcement, raised)
    nobody = np.zeros(4000, np.bool_)
    for day in range(1, 6):
        assert day_of(run, places, day, confined=nobody).compound.size == 0
    np.testing.assert_allclose(run.enforcement, raised / 2)
    days = np.zeros(4000, np.int64)
    assert not run.eased(0).any()
    for day in range(1, 30):
        days += run.eased(day)
    assert (days[events.compound[events.end == CONCEDED]] == 14).all()
    assert (days[events.compound[events.end == REPRESSED]] == 0).all()
    again = days[events.compound[events.end == RESEALED]]
    for length in range(1, RESEALED_DAYS + 1):
        sd = np.sqrt(again.size * (1 / 3) * (2 / 3))
        assert abs((again == length).sum() - again.size / 3) < LIMIT * sd
    assert not np.delete(days, events.compound).any()


def test_enforcement_after_repression_keeps_a_compound_calm():
    places = city(1, 1, 5000)
    numbers = rules(local=0, ignition=0.5, concession=0, repression=1, enforcement_effect=10)
    run = Breakouts(numbers, 1, places)
    first = set(day_of(run, places, 0).compound)
    second = set(day_of(run, places, 1).compound)
    assert len(first) > 1500
    assert len(second) > 800
    assert len(first & second) < 10


def test_ends_of_more_than_one_are_refused():
    with pytest.raises(ValidationError, match="at most 1"):
        rules(concession=0.6, repression=0.5)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**40),
    law=st.sampled_from(LAWS),
    local=st.floats(0, 0.95),
    ignition=st.floats(0, 0.3),
    share=st.floats(0, 1),
    state=st.floats(0, 1),
)
def test_bounds_hold_in_any_city(seed, law, local, ignition, share, state):
    sizes = np.maximum(shanghai_sizes(60) // 20, 0)
    places = city(2, 3, 10, sizes)
    run = Breakouts(rules(size_law=law, local=local, ignition=ignition), seed, places)
    had = np.zeros(60, np.bool_)
    for day in range(20):
        key = stream_key(seed, Purpose.PEOPLE, day)
        confined = uniforms(key, 0, 60) < share
        persons = np.where(confined, (sizes * uniforms(key, 0, 60, 1)).astype(np.int64), 0)
        eased = run.eased(day)
        assert had[eased].all()  # eased only after an event
        events = day_of(
            run, places, day, confined=confined, persons=persons, hardship=np.full(60, state)
        )
        assert confined[events.compound].all()
        assert not eased[events.compound].any()
        assert (np.diff(events.compound) > 0).all()
        assert (events.participants >= 1).all()
        assert (events.participants <= persons[events.compound]).all()
        assert np.isin(events.end, [CONCEDED, REPRESSED, RESEALED]).all()
        had[events.compound] = True
        assert (run.enforcement >= 0).all()
        assert not run.enforcement[~had].any()
        assert (run.pending >= 0).all()
        assert np.array_equal(run.eased(day), eased)  # today's do not ease today


# --- off, the same again, stop and go -----------------------------------------------------------


def test_off_or_with_nobody_confined_nothing_changes():
    places = city(2, 3, 40)
    nobody = np.zeros(240, np.bool_)
    off, open_city = Breakouts(rules(active=False, ignition=1), 1, places), Breakouts(
        rules(ignition=1), 1, places
    )  # fmt: skip
    before = off.arrays()
    for day in range(5):
        for events in (
            day_of(off, places, day),
            day_of(open_city, places, day, confined=nobody, newly_aware=np.full(6, 1e5)),
        ):
            assert [a.size for a in events] == [0, 0, 0, 0]
            assert events.filmed.dtype == np.bool_
        assert not off.eased(day).any()
    for run in (off, open_city):
        assert same(run.arrays().values(), before.values())


def test_without_ignition_there_is_nothing_to_spread():
    places = city(2, 3, 40)
    run = Breakouts(rules(ignition=0, local=0.95), 1, places)
    assert all(day_of(run, places, day).compound.size == 0 for day in range(20))


def test_the_same_seed_gives_the_same_and_compounds_do_not_disturb_each_other():
    places = city(2, 3, 200)
    north = places.compound_district == 0
    numbers = rules(ignition=0.02)

    def course(seed, **given):
        run = Breakouts(numbers, seed, places)
        return [day_of(run, places, day, **given) for day in range(15)]

    whole, again, other = course(4), course(4), course(5)
    assert all(same(a, b) for a, b in zip(whole, again, strict=True))
    assert not all(same(a, b) for a, b in zip(whole, other, strict=True))
    for all_confined, half in zip(whole, course(4, confined=north), strict=True):
        there = north[all_confined.compound]
        assert there.any()
        assert same([values[there] for values in all_confined], half)


@pytest.mark.parametrize("law", LAWS)
def test_stop_and_go_is_straight_through(law):
    places = city(2, 3, 200)
    numbers = rules(ignition=5e-3, size_law=law)
    straight = Breakouts(numbers, 9, places)
    for day in range(10):
        day_of(straight, places, day)
    saved = straight.arrays()
    resumed = Breakouts(numbers, 9, places)
    resumed.restore(saved)
    total = 0
    for day in range(10, 25):
        assert np.array_equal(straight.eased(day), resumed.eased(day))
        one, two = day_of(straight, places, day), day_of(resumed, places, day)
        assert same(one, two)
        total += one.compound.size
    assert total > 50
    assert same(straight.arrays().values(), resumed.arrays().values())
    assert straight.reproduction_number() == resumed.reproduction_number()
