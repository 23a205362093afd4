"""Laboratories are a queue, first come first served, that reads a constant number of tubes a day.

With A_j the tubes that had arrived by the end of day j, the tubes read by the end of day t are
``R_t = min over j <= t of A_j + C (t - j)`` (with A_-1 = 0: the min-plus form of Lindley's
recursion, doi 10.1017/S0305004100027638; Baccelli, Cohen, Olsder and Quadrat 1992); the tube at
place p is read on the first day on which R exceeds p. Where the laboratory always has work that
is ``p // C``. The queue is deterministic; chance only says which tube is whose. False-alarm rate
1e-6 where there is any.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from epidemics import Ints, chi_square, community_settings, crowd, lasting
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.disease import courses
from lazaretto.engine.laboratories import Laboratories
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.simulation import Simulation
from lazaretto.measures import Screening, Stock
from lazaretto.words import SAMPLED_FOR

TABLE = replace(lasting(courses("omicron-ba2")), pcr=np.append(np.ones(30), 0.0))
"""A disease that every sample finds."""

PERSONS, INFECTED = 64 * 1024, 6_000


def read_by(arrived: Ints, capacity: int) -> Ints:
    """Return how many tubes are read by the end of each day, given those arrived by then."""
    before = np.append(0, arrived)
    return np.array(
        [min(before[j] + capacity * (t + 1 - j) for j in range(t + 2)) for t in range(arrived.size)]
    )


def batch(laboratories: Laboratories, day: int, tubes: int, first: int, turnaround: int) -> None:
    """Hand in tubes that are all positive; the person is the place in the queue."""
    person = np.arange(first, first + tubes, dtype=np.int32)
    lot = -(-(np.arange(tubes, dtype=np.int64) << 31) // max(tubes, 1))
    laboratories.receive(0, tubes, person, lot.astype(np.uint32), day,
                         np.full(tubes, turnaround, np.int16),
                         (person % 6).astype(np.uint8), np.zeros(tubes, np.bool_))  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(
    tubes=st.lists(st.integers(0, 40), min_size=1, max_size=15),
    capacity=st.integers(1, 30),
    turnaround=st.integers(0, 3),
)
def test_every_tube_is_read_on_its_day(tubes: list[int], capacity: int, turnaround: int):
    laboratories = Laboratories(1)
    arrived = np.cumsum(tubes)
    expected = read_by(arrived, capacity)
    length = len(tubes) + -(-sum(tubes) // capacity) + turnaround + 1
    result = np.full(int(arrived[-1]), -1)
    for day in range(length):
        if day < len(tubes):
            batch(laboratories, day, tubes[day], int(arrived[day]) - tubes[day], turnaround)
        used = laboratories.work(day, np.array([capacity]))
        assert used <= capacity
        if day < len(tubes):
            assert laboratories.read == expected[day]
            assert laboratories.backlog == arrived[day] - expected[day]
        known = laboratories.results(day)
        result[known.person] = day
        assert (known.sampled == np.searchsorted(arrived, known.person, side="right")).all()
        assert (known.where == known.person % 6).all()
    drained = read_by(np.append(arrived, np.full(length - len(tubes), arrived[-1])), capacity)
    place = np.arange(result.size)
    assert np.array_equal(result, np.searchsorted(drained, place, side="right") + turnaround)
    assert laboratories.pending.size == 0


def test_an_overloaded_laboratory_falls_behind_by_a_constant_amount_a_day():
    laboratories, tubes, capacity = Laboratories(1), 1_000, 300
    result = np.full(10 * tubes, -1)
    for day in range(40):
        if day < 10:
            batch(laboratories, day, tubes, day * tubes, 1)
        laboratories.work(day, np.array([capacity]))
        known = laboratories.results(day)
        result[known.person] = day
    assert np.array_equal(result, np.arange(result.size) // capacity + 1)


def screened(n_days: int, tubes: int, **changes) -> Simulation:
    """Return a city in which everybody is screened and one laboratory reads the tubes."""
    people = crowd(PERSONS, np.full(18, 1 / 18))
    screening = Screening(labs="labs", specificity=1.0, participation=1.0, **changes)
    given = replace(
        community_settings(TABLE, 0.0, n_days=n_days),
        arrivals=(Arrival(0, 0, PERSONS, INFECTED),),
        measures=(screening,),
        stocks=(Stock("labs", "tubes/day", np.full(n_days, tubes, np.int64)),),
    )
    return Simulation(people, given, threads=2)


@pytest.mark.parametrize("share", [0.9, 0.4, 0.12])
def test_results_of_one_round_come_back_evenly(share: float):
    """Of M tubes C are read a day: a share C / M of the positives is known each day."""
    capacity = round(share * PERSONS)
    days = -(-PERSONS // capacity)
    with screened(days + 3, capacity, rounds=["2022-03-01"], turnaround_days=1) as simulation:
        tally = simulation.run()
    waits = np.minimum(np.full(days, capacity), PERSONS - capacity * np.arange(days))
    seen = tally.results[1 : days + 1]
    assert tally.results.sum() == tally.found.sum() == INFECTED
    assert seen.sum() == INFECTED
    value, limit = chi_square(seen, INFECTED * waits / PERSONS)
    print(f"{days} days: {seen}, {value:.1f} < {limit:.1f}")
    assert value < limit
    assert tally.result_days.sum() == seen @ np.arange(1, days + 1)
    assert np.array_equal(tally.stock_used[:days, 0], waits)
    assert np.array_equal(tally.stock_waiting[:days, 0], PERSONS - np.cumsum(waits))


def test_reviews_of_one_round_come_back_evenly():
    """Each positive of a pool waits 1 + 1 to 1 + 4 days, every number as likely."""
    days = {"rounds": ["2022-03-01"], "turnaround_days": 1, "pool": 10, "review_days": 1}
    with screened(8, PERSONS, **days, longest_review_days=4) as simulation:
        tally = simulation.run()
    seen = tally.results[2:6]
    assert tally.results.sum() == seen.sum() == tally.found.sum() > INFECTED / 2
    value, limit = chi_square(seen, np.full(4, seen.sum() / 4))
    print(f"{seen}, {value:.1f} < {limit:.1f}")
    assert value < limit
    assert tally.result_days.sum() == seen @ np.arange(2, 6)


def test_a_longest_review_as_long_as_the_quickest_changes_nothing():
    days = {"interval_days": 2, "pool": 10, "review_days": 2}
    with screened(10, 20_000, **days) as simulation:
        without = simulation.run().arrays()
    with screened(10, 20_000, **days, longest_review_days=2) as simulation:
        same = simulation.run().arrays()
    assert all(np.array_equal(without[name], same[name]) for name in without)


@pytest.mark.parametrize(("pool", "tubes"), [(1, 12_000), (10, 1_500), (10, 9_000)])
def test_the_queue_of_daily_rounds(pool: int, tubes: int):
    """A quarter of the city each day; every positive pool is read again, one by one."""
    with screened(24, tubes, interval_days=4, pool=pool) as simulation:
        arrived = []
        while simulation.day < 24:
            simulation.advance()
            arrived.append(int(simulation.containment.laboratories.arrived[0]))
    tally = simulation.tally
    sampled = tally.samples[:, 0, SAMPLED_FOR.index("screening")]
    taken = np.diff(arrived, prepend=0)
    again = taken + (-sampled // pool)
    if pool == 1:
        assert (again == 0).all()
    else:
        assert (again >= 0).all()
        assert (again % pool == 0).all()
        assert again.sum() >= pool * tally.found.sum()
    assert (taken > tubes).any()  # there is a queue
    read = read_by(np.array(arrived), tubes)
    assert np.array_equal(np.cumsum(tally.stock_used[:, 0]), read)
    assert np.array_equal(tally.stock_waiting[:, 0], arrived - read)
