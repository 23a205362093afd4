"""How sure a chance is, and whether a less restrictive policy would have done as well."""

from __future__ import annotations

import costed_runs as costed
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from judged_runs import FEW_DEATHS, answers, happened, mild_runs, strict_runs
from scipy.stats import binom

from lazaretto.outcomes.aims import chance, difference
from lazaretto.outcomes.verdicts import FAILS, FEWEST_RUNS, counted, likely, necessary


@pytest.fixture(scope="module")
def strict() -> xr.Dataset:
    return strict_runs()


@pytest.fixture(scope="module")
def mild() -> xr.Dataset:
    return mild_runs()


@pytest.fixture(scope="module")
def table(strict, mild):
    """The policy beside a milder one, nothing else said."""
    return answers(strict, mild, FEW_DEATHS)


# Chances


def test_jeffreys_intervals():
    assert chance(happened(0, 20)).low == 0
    assert chance(happened(20, 20)).high == 1
    some = chance(happened(10, 20))
    assert (some.low, some.high) == pytest.approx((0.3239, 0.6761), abs=1e-3)
    one = chance(happened(1, 1))
    assert one.low < 0.25
    with pytest.raises(ValueError, match="no run"):
        chance(np.zeros(0, bool))


def test_jeffreys_intervals_cover_as_they_say_on_average():
    """Exact coverage over probabilities, 20 runs; it is 90 % on average, no sampling."""
    n = 20
    found = [chance(happened(k, n)) for k in range(n + 1)]
    covers = []
    for p in np.linspace(0.02, 0.98, 97):
        inside = [each.low <= p <= each.high for each in found]
        covers.append(binom.pmf(np.arange(n + 1), n, p)[inside].sum())
    assert np.mean(covers) == pytest.approx(0.9, abs=0.02)
    assert min(covers) > 0.8


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 30), st.integers(1, 30))
def test_a_difference_is_inside_its_interval_and_turns_around(k, j, n, m):
    first, second = chance(happened(min(k, n), n)), chance(happened(min(j, m), m))
    apart, low, high = difference(first, second)
    assert -1 - 1e-9 <= low <= apart <= high <= 1 + 1e-9
    back, back_low, back_high = difference(second, first)
    assert (back, back_low, back_high) == pytest.approx((-apart, -high, -low))


# Necessity


def test_a_policy_that_is_not_better_fails():
    sure, never = chance(happened(20, 20)), chance(happened(0, 20))
    assert necessary(sure, sure) == FAILS
    assert necessary(never, sure) == FAILS
    assert necessary(chance(happened(20, 20)), chance(happened(18, 20)), 0.1) == FAILS, "margin"
    assert necessary(chance(happened(20, 20)), chance(happened(17, 20)), 0.1) != FAILS
    assert necessary(chance(happened(13, 20)), chance(happened(10, 20)), 0.1) != FAILS
    assert necessary(sure, never) == "passes this test"


def test_a_single_run_does_not_settle_it():
    yes, no = chance(happened(1, 1)), chance(happened(0, 1))
    assert necessary(yes, no) == "may pass this test: more runs are needed"
    assert likely(yes) == likely(no) == "reached or not: the runs do not tell"


def test_necessity_is_as_sure_as_suitability():
    """What suitability does not tell from these runs, necessity does not either."""
    for n in (1, 2):
        every, none = chance(happened(n, n)), chance(happened(0, n))
        assert not every.sure
        assert necessary(every, every) == "may fail this test: more runs are needed"
        assert necessary(every, none) == "may pass this test: more runs are needed"
    every, none = chance(happened(FEWEST_RUNS, FEWEST_RUNS)), chance(happened(0, FEWEST_RUNS))
    assert every.sure
    assert necessary(every, every) == FAILS
    assert necessary(every, none) == "passes this test"
    some = chance(happened(12, 20)), chance(happened(10, 20))
    assert necessary(*some) == "may fail this test: more runs are needed"
    many = chance(happened(1000, 2000))
    assert necessary(many, many) == FAILS, "so many runs leave no difference above the margin"


def test_a_difference_of_just_the_margin_is_within_it():
    """0.8 - 0.7 is more than 0.1 in floating point."""
    close = chance(happened(8, 10)), chance(happened(7, 10))
    assert difference(*close)[0] > 0.1
    assert necessary(*close).startswith("may fail")
    assert necessary(chance(happened(100, 100)), chance(happened(90, 100))) == FAILS
    assert necessary(chance(happened(80, 100)), chance(happened(70, 100))) == FAILS


@pytest.mark.parametrize(
    ("n", "said"),
    [(1, "reached in the one run of both"), (2, "reached in both runs of both")],
)
def test_too_few_runs_are_counted_out(n, said):
    ours, theirs = costed.many_runs(n, sealed=20, deaths=1), costed.many_runs(n, deaths=1, sealed=9)
    found = answers(ours, theirs, FEW_DEATHS)
    too_few = "; too few runs to be sure (at least 3 are needed)"
    assert found["necessity"].answer == f"may fail this test: {said}{too_few}"
    assert found["suitability"].answer.endswith(too_few)
    few = counted(chance(happened(1, 2)), chance(happened(0, 2)))
    assert few == "reached in 1 of 2 under this policy, in 0 of 2 under the less restrictive one"
    assert counted(chance(happened(0, 2)), chance(happened(0, 2))) == "reached in no run of either"
    decided = answers(
        costed.many_runs(3, sealed=20, deaths=1),
        costed.many_runs(3, deaths=1, sealed=9),
        FEW_DEATHS,
    )
    assert decided["necessity"].answer.startswith(f"{FAILS}: the aim is reached in 100%")


def test_the_margin_can_be_set(strict, mild, table):
    assert table["necessity"].answer.startswith("passes")
    assert answers(strict, mild, FEW_DEATHS, margin=1.0)["necessity"].answer.startswith(FAILS)
