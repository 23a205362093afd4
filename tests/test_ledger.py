"""The ledger: what is counted is what is in the data, and ranges are ranges."""

from __future__ import annotations

import costed_runs as costed
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from costed_runs import total

from lazaretto.outcomes import Tally, dataset
from lazaretto.outcomes.income_lost import loss_rates, loss_weights
from lazaretto.outcomes.ledger import BREAKDOWNS, DAYS_AT, ENTRIES, ledger
from lazaretto.outcomes.longest_stays import stay_quantile
from lazaretto.outcomes.unit_values import UNIT_VALUES
from lazaretto.outcomes.who_bears import by_age, by_income, shares_borne


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    return costed.many_runs(3)


@pytest.fixture(scope="module")
def costs(runs):
    return ledger(runs)


# The ledger


def test_person_days_over_tiers_are_population_times_days(runs, costs):
    expected = costed.PERSONS.sum() * runs.sizes["date"]
    assert (sum(total(costs, kind) for kind in DAYS_AT) == expected).all()
    for axis in ("district", "age", "income", "date"):
        found = sum(costs.of(kind, axis).amount.sel(bound="mid") for kind in DAYS_AT)
        assert (found.sum(axis) == expected).all(), axis
    by_day = sum(costs.of(kind, "date").amount.sel(bound="mid") for kind in DAYS_AT)
    assert (by_day == costed.PERSONS.sum()).all()


@pytest.mark.parametrize("axis", ["date", "district", "age", "income", "tier", "migrant"])
def test_parts_add_up_to_the_whole(costs, axis):
    some = [row for row in costs.rows if row.by == axis and row.adds_up]
    assert some
    for row in some:
        if row.kind == "infections" and axis == "income":
            continue  # made up apart from those by age
        whole = costs.of(row.kind).amount
        np.testing.assert_allclose(row.amount.sum(axis), whole, rtol=1e-12, err_msg=row.kind)


def test_every_row_is_well_formed(costs):
    seen = set()
    for row in costs.rows:
        axis = () if row.by == "everybody" else (row.by,)
        assert row.amount.dims == ("replicate", *axis, "bound"), row.kind
        assert row.amount.dtype == np.float64
        assert row.amount["bound"].values.tolist() == ["low", "mid", "high"]
        assert (np.diff(row.amount.values, axis=-1) >= 0).all(), row.kind
        assert (row.amount >= 0).all(), row.kind
        assert row.unit
        assert row.pan in ("virus", "policy", "context")
        assert set(row.figures) <= set(UNIT_VALUES)
        assert (row.kind, row.by) not in seen
        seen.add((row.kind, row.by))
    assert not costs.missing
    assert costs.kinds("virus")
    assert costs.kinds("policy")


def test_counts_are_those_of_the_data(runs, costs):
    for kind, variable in (
        ("infections", "infections_by_age"),
        ("symptomatic infections", "symptomatic_by_age"),
        ("deaths", "deaths"),
        ("hospital admissions", "admissions"),
        ("school days lost", "pupil_days_lost"),
        ("work days lost", "work_days_lost"),
        ("food-insecure days", "food_insecure"),
        ("days of children apart from their adults", "children_apart"),
    ):
        summed = runs[variable].sum([d for d in runs[variable].dims if d != "replicate"])
        for bound in ("low", "mid", "high"):
            assert (total(costs, kind, bound) == summed.values).all(), kind
    assert (total(costs, "days in a facility") == 10_000).all()
    assert (total(costs, "days isolated at home") == 3_000).all()
    assert (total(costs, "days in intensive care") == 20).all()
    assert (total(costs, "intensive care admissions") == 2 * 60).all()
    assert total(costs, "trust lost at its lowest") == pytest.approx(0.2)


def test_income_lost_by_hand(costs):
    weighted = costed.PERSONS.sum() * (20 * 1.0 + 10 * 0.6)
    weighted += 5 * 10 * (30 * 1.0 + 10 * 0.4)  # the isolated of one district, as if sealed
    for bound, rmb in (("low", 120), ("mid", 190), ("high", 260)):
        assert total(costs, "income lost", bound) == pytest.approx(weighted * rmb)
    by_class = costs.of("income lost", "income").amount.sel(bound="mid").values
    assert by_class[0] == pytest.approx(weighted / 5 * 190 * loss_weights())
    days = costs.of("usual income lost", "income").amount.sel(bound="mid").values
    assert days[0] == pytest.approx(weighted / 5 * 190 / 473 * loss_rates())


def test_income_lost_without_classes_is_the_same_where_all_are_confined_alike(runs, costs):
    plain = ledger(runs.drop_vars("persons_by_income"))
    for kind in ("income lost", "usual income lost"):
        assert not plain.has(kind, "income")
    assert total(plain, "income lost") == pytest.approx(total(costs, "income lost"))


def test_care_forgone_by_hand(costs):
    person_days = costed.PERSONS.sum()
    sealed, controlled = 20 * person_days, 10 * person_days
    low = 0.02185 * 0.20 * (sealed + 0.6 * controlled)
    middle = 0.02185 * 0.27 * (sealed + 0.6 * controlled)
    high = 0.02185 * 0.694 * (sealed + controlled)
    assert total(costs, "outpatient visits forgone", "low") == pytest.approx(low)
    assert total(costs, "outpatient visits forgone", "high") == pytest.approx(high)
    assert total(costs, "outpatient visits forgone") == pytest.approx((middle + high) / 2)
    assert total(costs, "strokes without emergency care") == pytest.approx(
        4.58e-7 * (sealed + controlled)
    )


def test_dalys_of_infection_by_hand(runs, costs):
    deaths = runs["deaths"].sum(("date", "district")).values
    lost = total(costs, "years of life lost to infection")
    assert lost == pytest.approx(deaths * 6.3)  # all were 80 to 84
    ill = runs["symptomatic_by_age"].sum(("date", "age")).values
    symptoms = 0.4 * 0.051 + 0.6 * 0.006
    acute = symptoms * 6.5 + 0.02 * 0.219 * 60
    in_hospital = 60 * 2 * 40 * (0.133 - symptoms / 2) + 20 * (0.655 - symptoms / 2)
    lived = total(costs, "DALYs lived in illness by infection")
    assert lived == pytest.approx((ill * acute + in_hospital) / 365.25)
    assert total(costs, "DALYs of infection") == pytest.approx(lost + lived)


def test_mental_health_is_a_prevalence_and_its_attributable_part_anything_up_to_all(costs):
    share = np.array([0, 0, 0, 0.4] + [1] * 14)
    ages = costed.one_run(1)["longest_stay"].sum("days_confined").values
    adults = (ages * share).sum()
    kind = "adults confined two weeks or longer"
    assert total(costs, kind) == pytest.approx(adults)
    prevalence = f"{kind} with depressive symptoms (prevalence, no baseline)"
    for bound, rate in (("low", 0.248), ("mid", 0.261), ("high", 0.274)):
        assert total(costs, prevalence, bound) == pytest.approx(adults * rate)
    due = "depressive symptoms due to confinement"
    assert (total(costs, due, "low") == 0).all()
    assert total(costs, due, "high") == pytest.approx(total(costs, prevalence, "high"))
    burden = "DALYs of mental ill-health due to confinement"
    expected = adults * 30 / 365.25 * 0.5 * (0.261 * 0.396 + 0.201 * 0.133)
    assert total(costs, burden) == pytest.approx(expected)


# Longest stays


def test_quantiles_are_those_of_the_persons_one_by_one():
    random = np.random.default_rng(3)
    persons = random.integers(0, 40, (2, 31))
    for row in persons:
        each = np.repeat(np.arange(31), row)
        each = each[each > 0]
        for share in (0.5, 0.9, 0.99, 1.0):
            expected = np.quantile(each, share, method="inverted_cdf")
            assert stay_quantile(row, share) == expected
    assert stay_quantile(persons, 0.5).shape == (2,)


def test_the_tail_is_told_and_no_mean():
    found = ledger(costed.one_run(1))
    assert [total(found, f"longest stay, {name}")[0] for name in ("median", "maximum")] == [30, 30]
    assert total(found, "residents confined 14 days or longer") == costed.PERSONS.sum()
    assert total(found, "residents confined 30 days or longer") == costed.PERSONS.sum()
    assert total(found, "residents confined 60 days or longer") == 0
    for share in ("median", "90 %", "99 %", "maximum"):
        assert not found.of(f"longest stay, {share}").adds_up
    assert not [kind for kind in found.kinds() if "mean" in kind or "average" in kind]


# Edges


def test_one_run_without_a_replicate_axis_is_one_replicate():
    alone, first = ledger(costed.one_run(1)), ledger(costed.many_runs(1))
    for row, other in zip(alone.rows, first.rows, strict=True):
        assert row.kind == other.kind
        np.testing.assert_array_equal(row.amount.values, other.amount.values)


def test_nobody_confined_nobody_dead():
    results = costed.one_run(1, sealed=0, controlled=0, infections=0, deaths=0, ill=False)
    found = ledger(results)
    for kind in ("days sealed", "income lost", "deaths from missed care", "DALYs of confinement"):
        for bound in ("low", "mid", "high"):
            assert total(found, kind, bound) == 0
    assert total(found, "deaths") == 0
    assert np.isnan(total(found, "longest stay, median"))
    assert np.isnan(total(found, "longest stay, maximum"))
    assert total(found, "residents confined 14 days or longer") == 0
    for row in (*by_income(results, found), *by_age(results, found)):
        assert (row.amount == 0).all(), row.kind
    for share in shares_borne(results, found):
        if share.kind in ("days sealed", "deaths"):
            assert np.isnan(share.of_cost).all()


def test_without_behaviour_the_rest_is_there_and_the_ledger_says_what_is_missing(runs, costs):
    plain = ledger(runs.drop_vars(costed.BEHAVIOUR))
    assert {entry.kind for entry in plain.missing} == {"food-insecure days", "trust lost"}
    gone = {"food-insecure days", "trust lost at its lowest"}
    assert plain.kinds() == [kind for kind in costs.kinds() if kind not in gone]
    with pytest.raises(KeyError, match="food-insecure"):
        plain.of("food-insecure days")


@pytest.mark.parametrize("variable", sorted({n for e in ENTRIES for n in e.needs} | {*BREAKDOWNS}))
def test_any_variable_may_be_missing(variable):
    results = costed.one_run(1).drop_vars(variable)
    found = ledger(results)
    assert any(variable in entry.needs for entry in found.missing)
    assert found.rows
    by_income(results, found)
    by_age(results, found)
    shares_borne(results, found)


def test_nothing_by_district_where_one_is_small(runs):
    small = runs.assign_coords(population=("district", np.array([99_999, 10**6])))
    found = ledger(small)
    assert not [row for row in found.rows if row.by == "district"]
    assert any("under 100,000" in entry.kind for entry in found.missing)
    assert (total(found, "days sealed") == total(ledger(runs), "days sealed")).all()


def test_the_results_of_the_engine_are_read():
    tally, persons = Tally.of(4, 2), np.array([200_000, 300_000])
    tally.persons_by_tier[:, :, 3] = persons
    tally.confined_by_age[:, 5, 3] = persons.sum()
    stays = np.zeros((18, 5), np.int64)
    stays[5, 4] = persons.sum()
    start = pd.Timestamp("2022-04-01").date()
    results = dataset(tally, stays, start, ("a", "b"), persons, {"seed": 1})
    found = ledger(results)
    assert total(found, "days sealed") == 2_000_000
    assert total(found, "deaths") == 0
    assert total(found, "longest stay, maximum") == 4
    if "symptomatic_by_age" not in results:
        assert ("DALYs of infection", ("symptomatic_by_age",)) in found.missing
