"""The proportionality table: what is likely, needed, worth what it costs, and not known."""

from __future__ import annotations

from datetime import date

import costed_runs as costed
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from lazaretto.outcomes.aims import Aim, Chance, chance, difference, reached
from lazaretto.outcomes.extra import Extra, averted, over_runs, paired, ratio, review
from lazaretto.outcomes.ledger import ledger
from lazaretto.outcomes.proportionality import FAILS, likely, necessary, proportionality

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
    assert Aim("containment", LAST).limit == 100
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
    assert necessary(chance(happened(12, 20)), chance(happened(10, 20)), 0.1) == FAILS, "margin"
    assert necessary(chance(happened(13, 20)), chance(happened(10, 20)), 0.1) != FAILS
    assert necessary(sure, never) == "passes this test"


def test_a_single_run_does_not_settle_it():
    yes, no = chance(happened(1, 1)), chance(happened(0, 1))
    assert necessary(yes, no) == "may pass this test: more runs are needed"
    assert likely(yes) == likely(no) == "reached or not: the runs do not tell"


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
        assert found.low <= found.mid * (1 + 1e-12) + 1e-9
        assert found.mid <= found.high * (1 + 1e-12) + abs(found.high) * 1e-12 + 1e-9 or np.isinf(
            found.high
        )


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
    assert f"{more:,.0f} ({more:,.0f} to {more:,.0f}) days more" in said
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
    assert row.answer.endswith("deaths are averted without more sealed person-days")


# Cost-effectiveness


def test_both_thresholds_are_shown(table):
    row = table["cost-effectiveness"]
    text = " ".join(row.detail)
    assert "27,923 to 52,247 RMB per DALY" in text
    assert "128,000 to 149,500 RMB per QALY" in text
    assert "above the opportunity cost and above the willingness to pay" in row.answer
    assert any(line.startswith("DALYs of confinement caused") for line in row.detail)


def test_a_cheap_policy_is_below_both():
    plague = costed.many_runs(3, sealed=11, deaths=50_000)
    row = answers(costed.many_runs(3, sealed=12, deaths=1), plague, FEW_DEATHS)
    assert row["cost-effectiveness"].answer.endswith(
        "below the opportunity cost and below the willingness to pay"
    )


def test_no_dalys_averted_is_not_a_ratio(turned):
    row = turned["cost-effectiveness"]
    assert row.answer == "no DALYs of infection are averted"


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
    assert turned["review"].answer.startswith(
        "no such day within the run: it confines nobody for longer"
    )
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
    found = answers(costed.one_run(1, deaths=1), costed.one_run(1, deaths=9), FEW_DEATHS)
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
    assert nobody.answer == "nobody is sealed"


def test_support_is_named_and_its_effect_shown_where_it_was_run():
    strict = costed.many_runs(2)
    row = answers(strict, None, FEW_DEATHS, support=["food_delivery", "zones", "information"])
    assert row["support"].answer == (
        "given: food delivery, information; not given: medical passes, income support"
    )
    assert "not judged" in row["support"].detail[0]
    assert answers(strict, None, FEW_DEATHS)["support"].answer == "not stated"
    without = strict.assign(leaks=strict["leaks"] * 2)
    row = answers(strict, None, FEW_DEATHS, support=(), unsupported=without)["support"]
    assert row.answer.startswith("given: none")
    assert row.detail[0] == "adult-days of leakage: 8,400; without the support 16,800"


# Structures


def test_structures_that_agree_and_that_do_not(strict, mild):
    same = answers(strict, mild, FEW_DEATHS, {"fatigue off": (strict, mild)})
    assert same["suitability"].answer.endswith("the same under all 2 structures")
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
