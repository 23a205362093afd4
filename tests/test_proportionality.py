"""The proportionality table: what is likely, needed, worth what it costs, and not known."""

from __future__ import annotations

import re
from datetime import date

import costed_runs as costed
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from lazaretto.measures import known_measures
from lazaretto.outcomes import fairness
from lazaretto.outcomes.aims import (
    Aim,
    Chance,
    chance,
    difference,
    infected_share,
    intensive_care_needed,
    reached,
)
from lazaretto.outcomes.answers import more_or_fewer, spelled
from lazaretto.outcomes.confined_more import confined_more, none_confines_less
from lazaretto.outcomes.extra import Extra, averted, over_runs, paired, ratio, review
from lazaretto.outcomes.ledger import ledger
from lazaretto.outcomes.proportionality import proportionality
from lazaretto.outcomes.verdicts import (
    FAILS,
    FEWEST_RUNS,
    TOO_FEW,
    counted,
    disagree,
    flipped,
    likely,
    necessary,
)
from lazaretto.scenario import Scenario
from lazaretto.scenario.support import SUPPORT, support_in

LAST = date(2022, 4, 29)  # day 59
QUESTIONS = ["aim", "suitability", "necessity", "proportionality", "cost-effectiveness",
             "distribution", "support", "review", "not known"]  # fmt: skip
FEW_DEATHS = Aim("deaths", LAST, 150)
RUNS = 20


@pytest.fixture(scope="module")
def strict() -> xr.Dataset:
    return costed.many_runs(RUNS, sealed=20, deaths=1.0)


@pytest.fixture(scope="module")
def mild() -> xr.Dataset:
    return costed.many_runs(RUNS, sealed=10, deaths=5.0, infections=2500)


@pytest.fixture(scope="module")
def table(strict, mild):
    """The policy beside a milder one, nothing else said."""
    return answers(strict, mild, FEW_DEATHS)


@pytest.fixture(scope="module")
def turned(strict, mild):
    """The milder one as if it were the policy."""
    return answers(mild, strict, FEW_DEATHS)


def answers(*how, **more):
    return {row.question: row for row in proportionality(*how, **more)}


# Aims


def test_an_aim_says_what_is_wrong_with_it():
    with pytest.raises(ValueError, match="allowed: deaths, hospital, containment"):
        Aim("victory", LAST, 3)
    with pytest.raises(ValueError, match="say how many"):
        Aim("deaths", LAST)
    with pytest.raises(ValueError, match="0 or more"):
        Aim("hospital", LAST, -1)
    with pytest.raises(ValueError, match="containment only"):
        Aim("deaths", LAST, 3, 0.2)
    with pytest.raises(ValueError, match="0 to 1"):
        Aim("containment", LAST, 3, 20)
    assert Aim("containment", LAST).limit == 100
    assert Aim("containment", LAST).infected_limit == 0.1
    assert Aim("containment", LAST, 50, 0.025).words.endswith(
        "fewer than 50 new infections on 2022-04-29 and at most 2.5 % of residents ever infected"
    )
    assert "100 new infections on 2022-04-29" in Aim("containment", LAST).words


def test_an_aim_is_judged_on_days_of_the_run(strict):
    with pytest.raises(ValueError, match="2022-03-01 to 2022-04-29"):
        reached(strict, Aim("deaths", date(2022, 7, 1), 3))
    with pytest.raises(ValueError, match="'patients'"):
        reached(strict.drop_vars("patients"), Aim("hospital", LAST, 3))


def test_aims_are_reached_as_counted_by_hand(strict):
    deaths = strict["deaths"].sum("district").values
    for limit in (45, 60, 75):
        expected = deaths.sum(axis=1) <= limit
        assert (reached(strict, Aim("deaths", LAST, limit)) == expected).all()
    half = date(2022, 3, 30)  # day 29
    assert (reached(strict, Aim("deaths", half, 30)) == (deaths[:, :30].sum(axis=1) <= 30)).all()
    assert reached(strict, Aim("hospital", LAST, 20)).all()
    assert not reached(strict, Aim("hospital", LAST, 19)).any()
    assert reached(strict, Aim("hospital", date(2022, 3, 30), 0)).all(), "the beds were used later"
    infections = strict["infections_by_age"].isel(date=-1).sum("age").values
    assert (infections == 500).all()
    assert reached(strict, Aim("containment", LAST, 501)).all()
    assert not reached(strict, Aim("containment", LAST, 500)).any(), "fewer than"
    assert reached(costed.one_run(1), Aim("hospital", LAST, 20)).shape == (1,)


def test_an_epidemic_that_burnt_out_was_not_contained():
    """Nobody is left to infect on the last day; that is no containment."""
    runs = costed.many_runs(3)
    daily = runs["infections_by_age"].copy(deep=True)
    daily[:] = 0
    daily[0, 10, 5], daily[1, 10, 5] = 60_000, 54_000  # of 540,000 residents
    burnt = runs.assign(infections_by_age=daily)
    assert infected_share(burnt, LAST).tolist() == [60 / 540, 0.1, 0]
    assert infected_share(burnt, date(2022, 3, 10)).tolist() == [0, 0, 0], "before that day"
    assert reached(burnt, Aim("containment", LAST)).tolist() == [False, True, True]
    assert reached(burnt, Aim("containment", LAST, most_infected=0.12)).all()
    assert reached(burnt, Aim("containment", LAST, most_infected=0)).tolist() == [
        False,
        False,
        True,
    ]
    without_tiers = burnt.drop_vars("persons_by_tier")
    assert reached(without_tiers, Aim("containment", LAST)).tolist() == [False, True, True]
    with pytest.raises(ValueError, match="persons_by_tier"):
        reached(without_tiers.drop_vars("population"), Aim("containment", LAST))
    mild = costed.many_runs(3, sealed=10)
    table = answers(burnt, mild, Aim("containment", LAST))
    assert "at most 10 % of residents ever infected" in table["aim"].answer
    said = f"residents infected by {LAST}: 7.0% (0.0% to 11.1%) under this policy"
    assert said in table["suitability"].detail
    assert said in table["necessity"].detail
    assert any(line.endswith("under the less restrictive policy")
               for line in table["necessity"].detail)  # fmt: skip


def test_who_waits_for_intensive_care_needs_it():
    """Beds that run out do not make an aim of few in intensive care reached."""
    runs = costed.many_runs(2, icu=20)
    shape, aim = (2, runs.sizes["date"]), Aim("hospital", LAST, 25)
    assert reached(runs, aim).all()
    waiting = np.zeros((*shape, 2))
    waiting[0, 30, 1], waiting[1, 30, 0] = 6, 600  # for intensive care; for a ward
    by_care = runs.assign(patients_waiting=(("replicate", "date", "care"), waiting))
    assert intensive_care_needed(by_care).max(axis=1).tolist() == [26, 20]
    assert reached(by_care, aim).tolist() == [False, True]
    alone = by_care.isel(replicate=0, drop=True)
    assert reached(alone, aim).tolist() == [False]
    total = runs.assign(patients_waiting=(("replicate", "date"), waiting.sum(axis=2)))
    assert reached(total, aim).tolist() == [False, False], "not said for which care they wait"
    assert "in intensive care or waiting for it" in aim.words


def happened(k, n):
    return np.arange(n) < k


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


# The table


def test_the_questions_in_their_order(table):
    assert list(table) == QUESTIONS
    for row in table.values():
        assert row.answer
        for line in (row.answer, *row.detail):
            assert isinstance(line, str)
            for word in ("nan", "inf ", "inf)", "None", "score"):
                assert word not in line.replace("infection", ""), line


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"deaths": 0}, {"deaths": 0}),
        ({"sealed": 0, "controlled": 0}, {"sealed": 0, "controlled": 0}),
        ({"sealed": 0, "controlled": 0, "infections": 0, "deaths": 0, "ill": False}, {}),
        ({"deaths": 9}, {"deaths": 1}),
    ],
)
def test_the_table_is_made_at_the_edges(ours, theirs):
    table = proportionality(costed.many_runs(2, **ours), costed.many_runs(2, **theirs), FEW_DEATHS)
    assert [row.question for row in table] == QUESTIONS
    for row in table:
        for line in (row.answer, *row.detail):
            assert "nan" not in line, line
            assert " inf" not in line.replace(" infection", ""), line


def test_one_run_without_a_replicate_axis():
    mild = costed.one_run(1, deaths=9, sealed=10)
    found = answers(costed.one_run(1, deaths=1), mild, FEW_DEATHS)
    assert "1 of 1 run)" in found["suitability"].answer
    assert found["necessity"].answer.startswith("may pass this test")


def test_without_a_less_restrictive_policy_it_says_how_to_judge(strict):
    found = answers(strict, None, FEW_DEATHS)
    for question in ("necessity", "proportionality", "cost-effectiveness", "review"):
        assert found[question].answer.startswith("not judged")
        assert "lazaretto compare" in found[question].detail[0]
    assert found["suitability"].answer.startswith("aim likely reached: 100%")


def test_the_table_is_a_function_of_the_results(strict, mild, table):
    before = strict.copy(deep=True), mild.copy(deep=True)
    assert answers(strict, mild, FEW_DEATHS) == table
    assert strict.identical(before[0])
    assert mild.identical(before[1])


@pytest.mark.parametrize(
    "gone",
    [
        costed.BEHAVIOUR,
        ("persons_by_income",),
        ("persons_by_group",),
        ("persons_by_income", "persons_by_group"),
        ("symptomatic_by_age",),
        ("longest_stay",),
        ("persons_by_tier",),
    ],
)
def test_the_table_does_with_what_there_is(gone):
    strict, mild = costed.many_runs(2, deaths=1), costed.many_runs(2, sealed=10)
    table = answers(strict.drop_vars(gone), mild.drop_vars(gone), FEW_DEATHS)
    assert list(table) == QUESTIONS
    if gone == ("symptomatic_by_age",):
        assert table["cost-effectiveness"].answer == "not judged: DALYs of infection not known"
    if len(gone) == 2:
        assert table["distribution"].answer.startswith("not judged")
    if gone == ("persons_by_tier",):
        assert table["review"].answer == "not judged: the results lack persons_by_tier"
        assert table["proportionality"].answer.startswith("not judged")


def test_other_days_or_other_people_are_refused(strict):
    with pytest.raises(ValueError, match="same days"):
        proportionality(strict, costed.many_runs(2, days=50), FEW_DEATHS)
    fewer = strict.assign(persons_by_tier=strict["persons_by_tier"] // 2)
    with pytest.raises(ValueError, match="same people"):
        proportionality(strict, fewer, FEW_DEATHS)


def test_who_bears_it(table):
    row = table["distribution"]
    assert "poorest fifth (20.0% of residents) 20.0%" in row.answer
    assert "migrants (43.3% of residents) 43.3%" in row.answer
    assert any("50.8% of food-insecure days" in line for line in row.detail)
    nobody = answers(costed.many_runs(1, sealed=0), None, FEW_DEATHS)["distribution"]
    assert nobody.answer.startswith("nobody is sealed; of controlled or sealed days: poorest fifth")


def test_shares_are_of_all_runs_together():
    """A run with few sealed days counts for few: sums over the runs, not a mean of shares."""
    runs = costed.many_runs(2)
    tiers, income = (
        runs["persons_by_tier"].copy(deep=True),
        runs["persons_by_income"].copy(deep=True),
    )
    # In the first run one poor person is sealed for one day, and nobody else for any.
    for counted_by in (tiers, income):
        counted_by[{"replicate": 0, "date": slice(1, None), "tier": 3}] = 0
    tiers[{"replicate": 0, "date": 1, "district": 0, "tier": 3}] = 1
    income[{"replicate": 0, "date": 1, "district": 0, "tier": 3, "income": 0}] = 1
    changed = runs.assign(persons_by_tier=tiers, persons_by_income=income)
    row = answers(changed, None, FEW_DEATHS)["distribution"]
    assert "poorest fifth (20.0% of residents) 20.0%" in row.answer
    assert any("sums over the runs" in line for line in row.detail)


def test_support_is_named_and_its_effect_shown_where_it_was_run():
    strict = costed.many_runs(2)
    row = answers(strict, None, FEW_DEATHS, support=["food_delivery", "zones", "information"])
    assert row["support"].answer == (
        "given: food delivery, official information; not given: medical passes, income support, "
        "visiting rights, longest stay"
    )
    assert row["support"].detail[0] == (
        "effect of support alone: not judged: `lazaretto compare` runs the policy without its "
        "support"
    )
    idle = {"food_delivery": "share 0", "longest_stay": ""}
    row = answers(strict, None, FEW_DEATHS, support=idle)["support"]
    assert row.answer.startswith(
        "given: longest stay; written but without effect: food delivery (share 0); not given: "
    )
    assert answers(strict, None, FEW_DEATHS)["support"].answer == "not stated"
    without = strict.assign(leaks=strict["leaks"] * 2)
    row = answers(strict, None, FEW_DEATHS, support=(), unsupported=without)["support"]
    assert row.answer.startswith("given: none")
    assert row.detail[0] == "adult-days of leakage: 8,400; without the support 16,800"
    small = strict.drop_vars(costed.BEHAVIOUR)
    row = answers(small, None, FEW_DEATHS, support=["longest_stay"], unsupported=small)["support"]
    assert row.detail == ("effect of support alone: the results say neither leakage nor food",)


GIVEN = [
    {"measure": "food_delivery", "share": 0.5},
    {"measure": "medical_passes", "share": 0},
    {"measure": "official_information", "accuracy": 0.9},
    {"measure": "visiting_rights", "share": 0.3},
    {"measure": "longest_stay", "days": 14, "rest_days": 2},
]


def test_support_that_cannot_act_is_not_credited():
    assert set(SUPPORT) <= set(known_measures())
    assert {name.replace("_", " ") for name in SUPPORT} == set(fairness.SUPPORT)
    changes = {"measures": GIVEN, "less_restrictive": None}
    missing = "the scenario has no `behaviour`"
    without = Scenario.load("shanghai-2022", {**changes, "behaviour": None})
    assert support_in(without) == {
        "food_delivery": missing,
        "medical_passes": "share 0",
        "official_information": missing,
        "visiting_rights": "",
        "longest_stay": "",
    }
    responding = Scenario.load("shanghai-2022", {**changes, "behaviour": {}})
    found = support_in(responding)
    assert {name for name, why in found.items() if why} == {"medical_passes"}
    hard = Scenario.load("shanghai-2022", {**changes, "behaviour": {"hardship": {"active": False}}})
    assert support_in(hard)["food_delivery"] == "`behaviour.hardship` is off"
    assert support_in(hard)["official_information"] == ""
    twice = [*GIVEN, {"measure": "medical_passes", "share": 0.4}]
    both = Scenario.load("shanghai-2022", {**changes, "behaviour": {}, "measures": twice})
    assert support_in(both)["medical_passes"] == ""


# Confined more


def test_without_anybody_confined_less_necessity_is_not_judged():
    ours, theirs = costed.many_runs(3, deaths=1), costed.many_runs(3, deaths=5)
    table = answers(ours, theirs, FEW_DEATHS)
    for question in ("necessity", "review"):
        assert table[question].answer == "not judged: neither policy confines less"
    assert table["proportionality"].answer.endswith("without more controlled or sealed person-days")
    assert table["suitability"].answer.startswith("aim likely reached")
    assert not any("necessity" in line for line in table["not known"].detail)
    held = theirs.assign(held=theirs["held"] // 2)
    assert none_confines_less(confined_more(ours, held)) == "", "fewer are held in facilities"
    lightly = costed.many_runs(3, controlled=9, deaths=5)
    assert none_confines_less(confined_more(ours, lightly)) == ""
    assert answers(ours, lightly, FEW_DEATHS)["necessity"].answer.startswith("passes")


# Structures


def test_structures_that_agree_and_that_do_not(strict, mild):
    others = (
        costed.many_runs(RUNS, sealed=20, deaths=1.2),
        costed.many_runs(RUNS, sealed=10, deaths=5.5),
    )
    same = answers(strict, mild, FEW_DEATHS, {"fatigue off": others})
    assert same["suitability"].answer.endswith("the same under all 2 structures")
    assert same["suitability"].detail == (
        "as configured, fatigue off: 100% (91% to 100%; 20 of 20 runs), likely reached",
    )
    assert "disagree" not in same["necessity"].answer
    assert same["not known"].detail == ()
    other = answers(
        strict, mild, FEW_DEATHS, {"small active population": (mild, mild), "alone": (strict, None)}
    )
    assert other["suitability"].answer.endswith("the structures disagree")
    assert other["necessity"].answer.endswith("the structures disagree")
    assert any(line == "alone: not judged" for line in other["necessity"].detail)
    assert any(f"{FAILS}" in line for line in other["necessity"].detail)
    assert other["not known"].detail == (
        "suitability is another under: small active population",
        "necessity is another under: small active population",
    )


def test_structures_that_made_no_difference_are_not_counted(strict, mild):
    table = answers(strict, mild, FEW_DEATHS, {"fatigue off": (strict, mild)})
    for question in ("suitability", "necessity"):
        assert table[question].answer.endswith("; no structure made a difference in these runs")
        assert "fatigue off: made no difference in these runs" in table[question].detail
    assert table["not known"].detail == ()
    others = costed.many_runs(RUNS, sealed=20, deaths=1.2), mild
    structures = {"fatigue off": (strict, mild), "no deletion": (strict, mild), "few": others}
    table = answers(strict, mild, FEW_DEATHS, structures)
    assert table["suitability"].answer.endswith(
        "; the same under all 2 structures; 2 made no difference in these runs"
    )
    assert "fatigue off, no deletion: made no difference in these runs" in (
        table["suitability"].detail
    )


def test_too_few_runs_do_not_compare_structures():
    """Opposite structures are not called the same because none of them is told by two runs."""
    ours, theirs = costed.many_runs(2, deaths=1), costed.many_runs(2, deaths=9, sealed=10)
    opposite = costed.many_runs(2, deaths=50), costed.many_runs(2, deaths=60, sealed=10)
    table = answers(ours, theirs, FEW_DEATHS, {"few active": opposite})
    for question in ("suitability", "necessity"):
        assert table[question].answer.endswith("; too few runs to compare structures")
    assert "suitability: too few runs to compare structures" in table["not known"].detail
    assert not any("is another" in line for line in table["not known"].detail)
    said = {"as configured": likely(chance(happened(9, 10))), "a": likely(chance(happened(5, 10)))}
    assert disagree(said) == "; too few runs to compare structures"
    assert flipped(said) == [], "a flip is from likely to unlikely or back"
    assert flipped(said | {"b": likely(chance(happened(0, 10)))}) == ["b"]
    assert TOO_FEW.startswith("too few runs to be sure")


def test_assumptions_that_flip_an_answer_are_named(table):
    one = costed.one_run(1)
    assert table["not known"].answer.startswith("not examined")
    none = answers(one, None, FEW_DEATHS, flips=())["not known"]
    assert none.answer == "no assumed parameter examined flips an answer"
    some = answers(one, None, FEW_DEATHS, flips=["behaviour.leakage.at_start"])["not known"]
    assert some.answer.endswith("flip an answer: behaviour.leakage.at_start")


def test_chances_are_written_with_their_interval():
    assert Chance(18, 20, 0.74, 0.97).words == "90% (74% to 97%; 18 of 20 runs)"
    assert Chance(1, 1, 0.23, 1).words.endswith("1 of 1 run)")
