"""Messages against published facts: B15, B16 and B20 of the behaviour notes 2.8, 50 seeds each.

As there, a fact is met if the interval of the simulated statistic over seeds overlaps the band.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from evidence import measured
from numpy.typing import NDArray

from lazaretto.behaviour.cascades import Cascade, Crowd, content_key
from lazaretto.behaviour.copying import MADE
from lazaretto.behaviour.deletion import MESSAGING, Law, law_of, mean_offspring, reproduction_number
from lazaretto.behaviour.messages import multiplier_of, reach
from lazaretto.chance import Purpose, stream_key
from lazaretto.scenario.messages import Messages as Rules

pytestmark = pytest.mark.slow

SEEDS = 50
SHANGHAI = np.full(216, 24_870_000 // 216)


def only_messaging(n: float, **changes: object) -> Rules:
    """Return rules in which only private messages are copied, n times in the mean."""
    shape = {"copies": {"messaging": n, "social": 0, "foreign": 0}, "viewers": 100}
    return Rules.model_validate({"messaging": shape, "variation": 0} | changes)


def interval(of_seeds: NDArray[np.float64]) -> str:
    """Return mean, and the quantiles that hold 95 % of the seeds, in words."""
    low, high = np.quantile(of_seeds, [0.025, 0.975])
    return f"{of_seeds.mean():.3g} ({low:.3g} to {high:.3g})"


def overlaps(of_seeds: NDArray[np.float64], low: float, high: float) -> bool:
    at_least, at_most = np.quantile(of_seeds, [0.025, 0.975])
    return bool(at_least <= high and at_most >= low)


def test_b15_limit_of_forwards():
    """A limit of five slows content of many copies 5 to 20 times; final reach within 20 %.

    The delay is the time until half of five million residents know, from ten copies on. How many
    copies such content has is not in the source; the scan shows what the factor depends on.
    """
    crowd = Crowd(np.full(50, 100_000))

    def half_and_end(law: Law, seed: int) -> tuple[float, float]:
        key = content_key(stream_key(seed, Purpose.MESSAGE), 0, 0)
        one = Cascade(law, crowd, key, 1.0, 0.0).begin(MESSAGING, 10, None)
        half = 0.0
        while not one.over and one.now < 14 * 1440:
            one.advance(one.now + (600 if half else 2))
            aware = 1 - np.exp(-one.exposed()).mean()
            half = half or (one.now if aware > 0.5 else 0.0)
        return half, float(aware)

    for n in (20, 40, 60):
        found = np.empty((2, SEEDS, 2))
        for way, limit in enumerate((None, 5)):
            law = law_of(only_messaging(n, forward_limit=limit), deletion=False)
            found[way] = [half_and_end(law, seed) for seed in range(SEEDS)]
        slower = found[1, :, 0] / found[0, :, 0]
        less = found[1, :, 1] / found[0, :, 1]
        with_limit = float(mean_offspring(law)[MESSAGING])
        print(f"B15 n {n} ({with_limit:.2f} with the limit): slower by {interval(slower)} (5-20), "
              f"reach {interval(less)} of that without (0.8-1.2)")  # fmt: skip
        if n == 40:
            measured("B15: times slower with a limit of forwards", slower.mean(), 5, 20)
            measured("B15: reach of that without", less.mean(), 0.8, 1.2)
            assert overlaps(slower, 5, 20)
            assert overlaps(less, 0.8, 1.2)


def test_b15_items_that_are_dead_after_two_days():
    """About 80 % of items are (Melo et al. 2019, public groups); no band is given, so printed."""
    rules, crowd = Rules(), Crowd(SHANGHAI)
    for deletion in (True, False):
        law, dead = law_of(rules, deletion), np.zeros((SEEDS, 40))
        for seed in range(SEEDS):
            for i in range(dead.shape[1]):
                key = content_key(stream_key(seed, Purpose.MESSAGE), i, 0)
                one = Cascade(law, crowd, key, multiplier_of(rules, key), 0.0)
                one.begin(MESSAGING, 1, i).advance(2 * 1440.0)
                made = one.counts[MADE].sum()
                one.advance(4 * 1440.0)
                dead[seed, i] = one.counts[MADE].sum() == made
        print(f"B15 dead after two days, deletion {deletion}: {interval(dead.mean(axis=1))} (0.8)")
        assert dead.mean() > 0.5


def trees(n: float, seed: int, number: int, **changes: object) -> NDArray[np.int64]:
    """Return size and depth of cascades of one copy among people who know nothing, (number, 2)."""
    law = law_of(only_messaging(n, **changes), deletion=False)
    crowd, stream = Crowd(np.array([10**15])), stream_key(seed, Purpose.MESSAGE)
    found = np.empty((number, 2), np.int64)
    for i in range(number):
        one = Cascade(law, crowd, content_key(stream, i, 0), 1.0, 0.0).begin(MESSAGING, 1, 0)
        while not one.over:
            one.advance(one.now + 14400.0)
        found[i] = one.counts[MADE].sum(), one.generations[0]
    return found


def test_b16_sizes_have_a_heavy_tail():
    """Exponent of the CCDF, sizes 10 to 1,000: 0.8 to 1.6 near n of 0.8 to 0.95; 10^5 cascades."""
    sizes = np.unique(np.round(np.logspace(1, 3, 20)))
    for n in (0.5, 0.8, 0.9, 0.95):
        slope, hill = np.empty(SEEDS), np.empty(SEEDS)
        for seed in range(SEEDS):
            size = trees(n, seed, 2000)[:, 0]
            above = (size[:, None] >= sizes).mean(axis=0)
            some = above * size.size >= 5
            slope[seed] = -np.polyfit(np.log(sizes[some]), np.log(above[some]), 1)[0]
            hill[seed] = 1 / np.log(size[size >= 10] / 9.5).mean()
        print(f"B16 n {n}: exponent {interval(slope)} (0.8-1.6 for n 0.8-0.95), "
              f"by Hill's estimator {interval(hill)}")  # fmt: skip
        if n >= 0.8:
            measured(f"B16: exponent of the tail, {n} copies a copy", slope.mean(), 0.8, 1.6)
            assert overlaps(slope, 0.8, 1.6)


def matched(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Return how much deeper the second are than the first, as a ratio, at equal size."""
    depth, weight = np.zeros(2), 0
    for size in range(10, 101):
        a, b = (part[part[:, 0] == size, 1] for part in (one, other))
        pairs = min(a.size, b.size)
        if pairs:
            depth += pairs * a.mean(), pairs * b.mean()
            weight += pairs
    return float(depth[1] / depth[0] - 1)


DEEPER = pytest.mark.xfail(
    strict=True,
    reason="a Poisson tree with Pareto audiences of a given size is deeper the more copies a copy "
    "makes: at 0.95 by 31 % (13 to 44) against 0.5, by 7 % (0.2 to 16) against 0.8; B16 fails",
)


@pytest.mark.parametrize(
    ("tail", "unlike"),
    [
        pytest.param(1.6, False, marks=DEEPER),
        pytest.param(1.6, True, marks=DEEPER),
        (10, True),
    ],
)
def test_b16_depth_at_equal_size(tail: float, unlike: bool):
    """Cascades of equal size (10 to 100) are equally deep, whatever n is; 10^5 cascades each.

    With equal audiences this is a theorem (a Poisson tree of given size does not depend on n); with
    heavy-tailed ones large cascades of content with a small n owe more to one large audience.
    """
    n = (0.5, 0.95) if unlike else (0.8, 0.95)
    apart, pooled = np.empty(SEEDS), ([], [])
    for seed in range(SEEDS):
        both = [trees(n[i], seed + 1000 * i, 2000, tail=tail) for i in range(2)]
        apart[seed] = matched(*both)
        for kept, some in zip(pooled, both, strict=True):
            kept.append(some)
    together = matched(*(np.concatenate(part) for part in pooled))
    print(f"B16 tail {tail}: depth of n {n[1]} against {n[0]} at equal size {together:+.4f}, "
          f"by seed {interval(apart)} (none)")  # fmt: skip
    assert overlaps(apart, 0, 0)


def crossing(value: Callable[[float], float], over: NDArray[np.float64]) -> float:
    """Return the first number of a scan at which a value is above 0, interpolated; inf if none."""
    values = np.array([value(x) for x in over])
    above = np.flatnonzero(values > 0)
    if not above.size or not above[0]:
        return np.inf if not above.size else float(over[0])
    i = above[0]
    return float(over[i - 1] - values[i - 1] * np.diff(over)[i - 1] / np.diff(values)[i - 1])


def test_b20_reuploads_can_make_deletion_spread_a_message():
    """Mean reach with deletion passes that without at some chi; reported, not calibrated."""
    persons, chi = np.full(10, 100_000), np.array([0, 0.1, 0.3, 0.6, 0.9, 1.2])
    none = law_of(Rules(), deletion=False)
    exact = crossing(
        lambda x: reproduction_number(law_of(Rules(reuploads=x))) - reproduction_number(none),
        np.linspace(0, 2, 201),
    )
    without = np.array(
        [reach(Rules(), persons, 60, s, deletion=False).mean() for s in range(SEEDS)]
    )
    with_it = np.array(
        [[reach(Rules(reuploads=x), persons, 60, s).mean() for x in chi] for s in range(SEEDS)]
    )
    more = (with_it - without[:, None]).mean(axis=0)
    error = (with_it - without[:, None]).std(axis=0, ddof=1) / np.sqrt(SEEDS)
    at = crossing(lambda x: float(np.interp(x, chi, more)), np.linspace(0, 1.2, 121))
    print(f"B20 mean reach {without.mean():.4f} without deletion; with it by chi "
          f"{dict(zip(chi.tolist(), with_it.mean(axis=0).round(4).tolist(), strict=True))}; "
          f"crossing at chi {at:.2f}, of R_I at {exact:.2f}")  # fmt: skip
    assert more[0] < -4 * error[0]
    assert more[-1] > 4 * error[-1]
    assert 0 < at < np.inf


def test_reach_in_shanghai_is_mostly_small_with_few_large_cascades():
    """Print the distribution of reach of 200 contents and of 2,000, with and without deletion."""
    for number in (200, 2000):
        for deletion in (True, False):
            share = reach(Rules(), SHANGHAI, number, 1, deletion)
            persons = np.quantile(share, [0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1]) * SHANGHAI.sum()
            print(f"reach, {number} contents, deletion {deletion}: residents at 25, 50, 75, 90, "
                  f"95, 99, 100 % {persons.round().astype(int).tolist()}; mean share "
                  f"{share.mean():.4f}; above 1 %: {(share > 0.01).mean():.4f}")  # fmt: skip
            if number > 200:
                assert np.median(share) < 1e-5
                assert 0.003 < (share > 0.01).mean() < 0.3
