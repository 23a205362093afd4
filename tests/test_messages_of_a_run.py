"""The messages of a run: none when off, in any order, stopped and gone on with, near first."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from message_rules import FINE_TAIL, rules, single
from pydantic import ValidationError

from lazaretto.behaviour.deletion import FOREIGN, MESSAGING
from lazaretto.behaviour.messages import DayOfMessages, Messages, reach
from lazaretto.scenario.messages import Messages as Rules
from lazaretto.scenario.messages import Seeded

START = date(2022, 3, 1)
TOWN = np.array([60_000, 25_000, 0, 115_000])


def same(one: DayOfMessages, other: DayOfMessages) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_nothing_is_drawn_when_off():
    seeded = [Seeded(date=START, name="clip")]
    off = Messages(rules(active=False, seeded=seeded), 1, TOWN, START)
    before = off.arrays()
    off.begin(0, 1)
    day = off.advance(0)
    assert all(not array.any() for array in day)
    after = off.arrays()
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before if name != "next_day")


def test_nothing_happens_without_a_content():
    quiet = Messages(rules(), 1, TOWN, START)
    assert all(not array.any() for day in range(5) for array in quiet.advance(day))


def events(messages: Messages, day: int, backwards: bool = False) -> None:
    """Let some contents begin, the same ones on the same day in either order."""
    begun = [(day, day % 2, 0, 1 + day % 3, day % 2 == 0), (day, None, 1, 2, False),
             (day, 3, 0, 30, False), (day, 3, 0, 30, True), (day, 3, 1, 1, False)]  # fmt: skip
    for what in reversed(begun) if backwards else begun:
        messages.begin(*what)


WIDE = rules(seeded=[
    Seeded(date=date(2022, 3, 3), name="a voice", copies=150_000),  # ty: ignore
    Seeded(date=date(2022, 3, 4), name="a video", platform="social", shows_success=True),
])  # fmt: skip


def test_order_in_which_contents_begin_does_not_matter():
    one, other = (Messages(WIDE, 7, TOWN, START) for _ in range(2))
    for day in range(8):
        events(one, day)
        events(other, day, backwards=True)
        assert same(one.advance(day), other.advance(day))


def test_a_content_does_not_depend_on_others():
    """Another break-out elsewhere adds its own copies and changes none."""
    one, other, both = (Messages(rules(), 7, TOWN, START) for _ in range(3))
    for day in range(6):
        for messages in (one, both):
            messages.begin(day, 0, copies=20)
        for messages in (other, both):
            messages.begin(day, 3, copies=20)
        a, b, c = (messages.advance(day) for messages in (one, other, both))
        assert np.array_equal(a.copies + b.copies, c.copies)
        assert a.newly_aware + b.newly_aware == pytest.approx(c.newly_aware)


def test_stop_and_go_on():
    """A restart on any day, also in the midst of a content followed in the mean, changes no bit."""
    whole = Messages(WIDE, 11, TOWN, START)
    halves = Messages(WIDE, 11, TOWN, START)
    wide = 0
    for day in range(12):
        events(whole, day)
        events(halves, day)
        saved = {name: array.copy() for name, array in halves.arrays().items()}
        halves = Messages(WIDE, 11, TOWN, START)
        halves.restore(saved)
        assert same(whole.advance(day), halves.advance(day))
        wide += int(halves.arrays()["wide"].sum())
    assert wide > 3
    again, saved = halves.arrays(), whole.arrays()
    assert all(np.array_equal(again[name], saved[name]) for name in saved)


def test_days_are_advanced_in_order():
    messages = Messages(rules(), 1, TOWN, START)
    messages.advance(0)
    with pytest.raises(ValueError, match="day 0 of the messages is over"):
        messages.begin(0, 1)


def test_message_before_the_run_is_refused():
    early = rules(seeded=[Seeded(date=date(2022, 2, 1), name="early")])
    with pytest.raises(ValueError, match="'early' begins on 2022-02-01"):
        Messages(early, 1, TOWN, START)


def test_more_copies_than_viewers_are_refused():
    with pytest.raises(ValidationError, match="made or uploaded again by one of its viewers"):
        rules(messaging={"viewers": 1})


def test_a_concession_is_counted_apart():
    messages = Messages(rules(), 3, TOWN, START)
    messages.begin(0, 0, copies=50, success=True)
    messages.begin(0, 3, copies=50)
    day = messages.advance(0)
    assert 0 < day.newly_aware_of_success[0] < day.newly_aware[0] + 1e-9
    assert day.newly_aware_of_success.sum() < day.newly_aware.sum()


def test_viewers_live_near_first():
    """Half of the viewers of the first copies live in their subdistrict, the rest by residents."""
    scenario = single(0, own_subdistrict=0.5, tail=FINE_TAIL)
    messages = Messages(scenario, 3, np.array([10**9, 10**9]), START)
    messages.begin(0, 0, copies=50_000)
    first, second = messages.advance(0), messages.advance(1)
    newly = first.newly_aware + second.newly_aware
    assert newly[0] / newly[1] == pytest.approx(3, rel=1e-2)
    assert first.views[MESSAGING] + second.views[MESSAGING] == pytest.approx(newly.sum(), rel=1e-2)


def test_messages_abroad_come_back_only_by_relay():
    silent = {"copies": {"messaging": 0, "social": 0, "news": 0, "foreign": 0.7}}
    for foreign, heard in ((silent, False), ({}, True)):
        messages = Messages(rules(foreign=foreign), 3, TOWN, START)
        messages.begin(0, None, FOREIGN, 50)
        aware = max(messages.advance(day).aware.max() for day in range(5))
        assert (aware > 0) == heard


small = st.floats(0, 2.9)


@st.composite
def any_rules(draw: st.DrawFn) -> Rules:
    def platform(viewers: float) -> dict[str, object]:
        names = ("messaging", "social", "news", "foreign")
        return {
            "copies": {name: draw(small) / 4 for name in names},
            "viewers": viewers,
            "half_life": draw(st.floats(1, 2000)),
            "deleted": draw(st.floats(0, 1)),
        }

    return rules(
        messaging=platform(10), social=platform(30), news=platform(500), foreign=platform(0),
        reuploads=draw(small), own_subdistrict=draw(st.floats(0, 1)),
        variation=draw(st.floats(0, 1)), tail=draw(st.floats(1.1, 10)), copies_abroad=100,
        forward_limit=draw(st.none() | st.integers(1, 10)),
        deletion=draw(st.sampled_from(["per_copy", "canonical"])),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    any_rules(),
    st.lists(st.integers(0, 5000), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 300)), max_size=6),
    st.integers(0, 2**31),
)
def test_awareness_is_a_share_and_never_falls(scenario, persons, begun, seed):
    messages = Messages(scenario, seed, np.array(persons), START)
    aware, newly, totals = np.zeros(len(persons)), np.zeros(len(persons)), np.zeros((2, 4))
    for day in range(4):
        for on, platform, n in begun:
            if on == day:
                messages.begin(day, platform % len(persons), platform, n, success=n % 2 == 0)
        today = messages.advance(day)
        assert (today.aware >= aware).all()
        assert (today.aware <= 1).all()
        assert (today.newly_aware >= today.newly_aware_of_success).all()
        assert (today.newly_aware_of_success >= 0).all()
        assert (today.views >= 0).all()
        totals += today.copies, today.deleted
        assert (totals[0] >= totals[1] - 1e-6).all()
        newly, aware = newly + today.newly_aware, today.aware
    assert (newly <= np.array(persons) * len(begun) + 1e-6).all()
    if newly.any():
        assert aware.any()


def test_reach_is_the_same_each_time_and_less_with_deletion():
    persons = np.full(5, 20_000)
    with_it = reach(rules(), persons, 60, 4)
    without = reach(rules(), persons, 60, 4, deletion=False)
    assert np.array_equal(with_it, reach(rules(), persons, 60, 4))
    assert ((with_it > 0) & (without <= 1)).all()
    assert with_it.sum() < without.sum()
