"""What a policy achieves beside what it costs: deaths averted, prices, thresholds, review."""

from __future__ import annotations

import re
from datetime import date

import costed_runs as costed
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from judged_runs import FEW_DEATHS, RUNS, answers, mild_runs, strict_runs

from lazaretto.outcomes.answers import more_or_fewer, spelled
from lazaretto.outcomes.extra import Extra, averted, over_runs, paired, ratio, review
from lazaretto.outcomes.ledger import ledger


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


@pytest.fixture(scope="module")
def turned(strict, mild):
    """The milder one as if it were the policy."""
    return answers(mild, strict, FEW_DEATHS)


# Differences


def test_shared_chance_is_used_where_seeds_are_shared(strict, mild):
    assert paired(strict, mild)
    assert not paired(strict, costed.many_runs(RUNS, first_seed=50))
    assert not paired(strict, costed.many_runs(3))
    ours = np.array([5.0, 15.0, 25.0])
    assert over_runs(ours + 1, ours, pairs=True) == Extra(1, 1, 1)
    assert over_runs(ours + 1, ours, pairs=False) == Extra(-19, 1, 21)
    assert over_runs(np.array([3.0]), np.array([1.0]), pairs=True) == Extra(2, 2, 2)


def test_nothing_is_divided_by_almost_nothing():
    cost = Extra(10, 20, 30)
    assert ratio(cost, Extra(0, 0, 0)) is None
    assert ratio(cost, Extra(-5, -3, 0)) is None
    assert ratio(cost, Extra(-5, 0.49, 6)) is None
    assert ratio(cost, Extra(float("nan"), float("nan"), float("nan"))) is None
    assert ratio(cost, Extra(1, 2, 4)) == Extra(2.5, 10, 30)
    assert ratio(cost, Extra(-1, 2, 4)) == Extra(2.5, 10, np.inf)
    assert ratio(Extra(-10, 5, 30), Extra(0, 2, 4)) == Extra(-np.inf, 2.5, np.inf)
    saves = ratio(Extra(-30, -20, -10), Extra(0, 2, 4))
    assert saves == Extra(-np.inf, -10, -2.5)


numbers = st.floats(-1e6, 1e6)


@given(st.tuples(numbers, numbers, numbers), st.tuples(numbers, numbers, numbers))
def test_a_ratio_is_inside_its_range(cost, gain):
    found = ratio(Extra(*sorted(cost)), Extra(*sorted(gain)))
    if found is not None:
        assert found.low <= found.mid + abs(found.mid) * 1e-12 + 1e-9
        assert found.mid <= found.high + abs(found.high) * 1e-12 + 1e-9 or np.isinf(found.high)


def test_deaths_averted_have_their_sign():
    assert averted(Extra(-7, -5, -3)) == Extra(3, 5, 7)
    assert str(averted(Extra(0.0, 0.0, 0.0)).mid) == "0.0"


def test_deaths_averted_per_thousand_sealed_days_by_hand(strict, mild, table):
    row = table["proportionality"]
    deaths = (mild["deaths"] - strict["deaths"]).sum(("date", "district")).values
    sealed = 10 * costed.PERSONS.sum()
    rate = deaths.mean() / sealed * 1000
    assert row.answer.startswith(f"{rate:.3g} ({np.quantile(deaths, 0.05) / sealed * 1e3:.3g} to ")
    assert row.answer.endswith("deaths averted per 1,000 more sealed person-days")
    said = next(line for line in row.detail if line.startswith("school days lost"))
    more = 10 * (costed.PERSONS // 10).sum()
    assert f"{more:,.0f} days more" in said
    each = float(f"{more / deaths.mean():.3g}")
    assert f"; {each:,.0f} (" in said
    alike = row.detail[-1].removeprefix("no difference: ").split("; ")
    told = {line.split(": ")[0] for line in row.detail[2:-1]} | set(alike)
    kinds = ledger(strict)
    adding = {each.kind for each in kinds.rows if each.pan == "policy" and each.adds_up}
    assert told == adding, "every cost is told, however little it is"
    assert "days in a facility" in alike
    assert not any(line.startswith("longest stay") for line in row.detail)


def test_ranges_of_unit_values_reach_the_cost_per_death(table):
    row = table["proportionality"]
    said = next(line for line in row.detail if line.startswith("income lost: "))
    person_days = 10 * costed.PERSONS.sum()
    assert f"({person_days * 120:,.0f} to " in said
    assert "1,030,000,000 (648,000,000 to 1,400,000,000) RMB more" in said


def test_without_deaths_it_says_so():
    none = costed.many_runs(3, deaths=0), costed.many_runs(3, deaths=0, sealed=5)
    row = answers(*none, FEW_DEATHS)["proportionality"]
    assert row.answer == "no deaths are averted"
    assert not any("per death averted" in line for line in row.detail)


def test_if_more_die_it_says_how_many(strict, mild, turned):
    row = turned["proportionality"]
    deaths = (mild["deaths"] - strict["deaths"]).sum(("date", "district")).values
    assert row.answer == f"no deaths are averted, {deaths.mean():,.0f} more die"


def test_fewer_sealed_days_are_no_price():
    short = costed.many_runs(3, sealed=5, deaths=1)
    row = answers(short, costed.many_runs(3, sealed=10, deaths=5), FEW_DEATHS)["proportionality"]
    assert row.answer.endswith("deaths are averted without more controlled or sealed person-days")
    assert f"sealed: {10 * costed.PERSONS.sum() // 2:,.0f}" not in row.detail
    assert any(line.startswith("days sealed: 2,700,000 person-days fewer")
               for line in row.detail)  # fmt: skip


def test_more_controlled_days_are_a_price_too():
    """A policy that seals nobody for longer but keeps more people inside is not free."""
    ours = costed.many_runs(3, sealed=10, controlled=20, deaths=1)
    theirs = costed.many_runs(3, sealed=10, controlled=10, deaths=5)
    table = answers(ours, theirs, FEW_DEATHS)
    deaths = float((theirs["deaths"] - ours["deaths"]).sum() / 3)
    rate = deaths / (10 * costed.PERSONS.sum()) * 1000
    assert table["proportionality"].answer.startswith(f"{rate:.3g} (")
    assert table["proportionality"].answer.endswith(
        "deaths averted per 1,000 more controlled or sealed person-days"
    )
    assert table["distribution"].answer.startswith("of controlled or sealed days: poorest fifth")
    open_gates = costed.many_runs(2, sealed=0, controlled=0)
    assert answers(open_gates, None, FEW_DEATHS)["distribution"].answer == (
        "nobody is sealed or controlled"
    )


# Cost-effectiveness


def test_both_thresholds_are_shown(table):
    row = table["cost-effectiveness"]
    text = " ".join(row.detail)
    assert "27,923 to 52,247 RMB per DALY" in text
    assert "128,000 to 149,500 RMB per QALY" in text
    assert "above the opportunity cost and above the willingness to pay" in row.answer
    assert any(line.startswith("DALYs of confinement: ") for line in row.detail)
    assert any(line.startswith("were the DALYs of confinement taken off") for line in row.detail)


def test_a_cheap_policy_is_below_both():
    plague = costed.many_runs(3, sealed=11, deaths=50_000)
    row = answers(costed.many_runs(3, sealed=12, deaths=1), plague, FEW_DEATHS)
    assert row["cost-effectiveness"].answer.endswith(
        "below the opportunity cost and below the willingness to pay"
    )


def test_no_dalys_averted_is_not_a_ratio(turned):
    row = turned["cost-effectiveness"]
    assert row.answer == "no DALYs of infection are averted"
    assert not any(" per DALY" in line or " per QALY" in line for line in row.detail)


def test_a_saving_is_no_ratio():
    """Where more is averted and less is lost, nothing is divided."""
    ours = costed.many_runs(3, sealed=5, deaths=1)
    row = answers(ours, costed.many_runs(3, sealed=20, deaths=90), FEW_DEATHS)["cost-effectiveness"]
    assert row.answer.endswith("no more income is lost: it costs no more")
    assert not any(" per DALY" in line for line in row.detail)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (Extra(700, 744, 790), "744 (700 to 790) person-days more"),
        (Extra(-790, -744, -700), "744 (700 to 790) person-days fewer"),
        (Extra(-1, -1, -1), "1 person-days fewer"),
        (Extra(0.01, 0.0449, 0.2), "under 1 person-days more"),
        (Extra(-0.2, -0.0449, 0), "under 1 person-days fewer"),
        (Extra(0.3, 0.9, 4), "under 1 (under 1 to 4) person-days more"),
        (Extra(-2, 1.5, 4), "1.5 person-days more (2 fewer to 4 more)"),
        (Extra(-4, -1.5, 2), "1.5 person-days fewer (4 fewer to 2 more)"),
        (Extra(-2, 0, 2), "0 person-days (2 fewer to 2 more)"),
        (Extra(-0.2, 0.1, 0.2), "under 1 person-days more or fewer"),
        (Extra(0, 0, 0), "0 person-days"),
    ],
)
def test_a_difference_is_more_or_fewer_and_has_no_sign(extra, said):
    assert more_or_fewer(extra, "person-days") == said


def test_a_ratio_has_no_negative_end():
    assert spelled(Extra(-3, 2, 5)) == "2 (at most 5)"
    assert spelled(Extra(-np.inf, 2, np.inf)) == "2 (no limit either way)"
    assert spelled(Extra(1, 2, np.inf)) == "2 (1 to no limit)"


@pytest.mark.parametrize("turn", [False, True])
def test_no_number_of_the_table_is_negative(strict, mild, table, turned, turn):
    rows = turned if turn else table
    for question in ("proportionality", "cost-effectiveness"):
        for line in (rows[question].answer, *rows[question].detail):
            assert not re.search(r"(?<![\w-])-\d", line), line
            assert not re.search(r"(?<![\d.,])0\.\d+ (?!\()[a-z-]+ (more|fewer)", line), line


# Review


def dated(deaths, sealed, controlled=None):
    """Return a run with these deaths, and residents sealed and controlled, by day."""
    days = len(deaths)
    tiers = np.zeros((days, 1, 4), int)
    tiers[:, 0, 3] = sealed
    tiers[:, 0, 2] = 0 if controlled is None else controlled
    tiers[:, 0, 0] = 1000 - tiers.sum(axis=2)[:, 0]
    return xr.Dataset(
        {
            "deaths": (("date", "district"), np.array(deaths)[:, None]),
            "persons_by_tier": (("date", "district", "tier"), tiers),
        },
        {
            "date": costed.START + np.arange(days) * np.timedelta64(1, "D"),
            "tier": ["open", "precaution", "controlled", "sealed"],
            "district": ["a"],
        },
    )


def test_review_is_the_day_after_the_last_death_averted():
    mild = dated([2] * 6 + [0] * 4, [0] * 10)
    assert review(dated([0] * 10, [100] * 10), mild).day == date(2022, 3, 7)
    assert review(dated([0] * 10, [100] * 6 + [0] * 4), mild).day is None, "it ended before"
    assert review(dated([2] * 6 + [0] * 4, [100] * 10), mild).day == date(2022, 3, 1), (
        "never better"
    )
    assert review(dated([3] * 10, [100] * 10), mild).day == date(2022, 3, 1)
    assert review(dated([0] * 10, [0] * 10), mild).day is None
    late = dated([0] * 9 + [2], [0] * 10)
    assert review(dated([0] * 10, [100] * 10), late).day is None


def test_review_sees_a_stricter_tier_too():
    mild = dated([2, 0, 0], [0, 0, 0])
    found = review(dated([0, 0, 0], [0, 0, 0], [50, 50, 50]), mild)
    assert found.day == date(2022, 3, 2)
    assert "100 controlled or sealed" in found.why


def test_review_day_is_in_the_table(strict, mild, turned):
    assert turned["review"].answer == "not judged: the policy it is held against confines more"
    row = answers(strict.assign(deaths=mild["deaths"]), mild, FEW_DEATHS)["review"]
    assert "2022-03-01, the first day of the run" in row.answer
