"""Both pans of the ledger: who bears what, and that nothing weighs one against the other."""

from __future__ import annotations

import inspect
from importlib import import_module

import costed_runs as costed
import numpy as np
import pytest
import xarray as xr
from costed_runs import total

from lazaretto.outcomes.ledger import ledger
from lazaretto.outcomes.who_bears import by_age, by_income, shares_borne

MODULES = (
    "aims", "alike", "answers", "care_forgone", "confined_more", "dalys", "disability_weights",
    "extra", "fairness", "income_lost", "ledger", "longest_stays", "mental_health",
    "proportionality", "rows", "unit_values", "verdicts", "who_bears", "worth",
)  # fmt: skip


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    return costed.many_runs(3)


@pytest.fixture(scope="module")
def costs(runs):
    return ledger(runs)


# Who bears it


def test_both_pans_by_class_per_thousand_residents(runs):
    found = {row.kind: row for row in by_income(runs)}
    assert list(found) == ["infections", "deaths", "days controlled", "days sealed",
                           "work days lost", "food-insecure days", "usual income lost"]  # fmt: skip
    assert {row.pan for row in found.values()} == {"virus", "policy"}
    sealed = found["days sealed"].amount.sel(bound="mid").values
    assert sealed == pytest.approx(20_000)  # 20 days each
    residents = costed.PERSONS.sum() / 5
    poorest = runs["infections_by_income"].sum("date").isel(income=0).values / residents * 1000
    shown = found["infections"].amount.sel(bound="mid").isel(income=0).values
    assert shown == pytest.approx(poorest)
    assert found["infections"].unit == "persons per 1,000 residents"


def test_both_pans_by_age(runs):
    found = {row.kind: row for row in by_age(runs)}
    assert found["days sealed"].amount.sel(bound="mid").values == pytest.approx(20_000)
    assert {"infections", "hospital admissions", "deaths"} <= set(found)
    assert all(row.amount.dims == ("replicate", "age", "bound") for row in found.values())


def test_shares_borne_by_the_worst_off(runs):
    found = {(share.who, share.kind): share for share in shares_borne(runs)}
    sealed = found["poorest fifth", "days sealed"]
    assert sealed.of_residents.values == pytest.approx(0.2)
    assert sealed.of_cost.values == pytest.approx(0.2)
    assert sealed.times.values == pytest.approx(1)
    food = found["poorest fifth", "food-insecure days"]
    assert food.of_cost.values == pytest.approx(90 / 177)
    migrants = found["migrants", "food-insecure days"]
    assert migrants.of_cost.values == pytest.approx(111 / 177)
    assert migrants.of_residents.values == pytest.approx((54_000 + 180_000) / 540_000)
    assert found["65 and over, living alone", "days sealed"].of_cost.values == pytest.approx(
        (3_600 + 3_600) / 540_000
    )
    assert found["poorest fifth", "deaths"].of_cost.values == pytest.approx(1)


# Never one score


def test_there_is_no_single_score(costs):
    words = ("score", "index", "weighted", "overall", "grand", "utility", "welfare", "total")
    for kind in costs.kinds():
        assert not any(word in kind.lower() for word in words), kind
    for name in MODULES:
        module = import_module(f"lazaretto.outcomes.{name}")
        public = [
            member
            for member, value in inspect.getmembers(module)
            if not member.startswith("_") and (inspect.isfunction(value) or inspect.isclass(value))
        ]
        for member in public:
            assert not any(word in member.lower() for word in words), f"{name}.{member}"


def test_infection_and_confinement_are_kept_apart(costs):
    dalys = [kind for kind in costs.kinds() if "DALY" in kind]
    assert set(dalys) == {
        "DALYs lived in illness by infection",
        "DALYs of infection",
        "DALYs of mental ill-health due to confinement",
        "DALYs of confinement",
    }
    for kind in dalys:
        assert ("infection" in kind) == (costs.of(kind).pan == "virus")
        assert ("infection" in kind) != ("confinement" in kind)
    both = total(costs, "DALYs of infection") + total(costs, "DALYs of confinement")
    for kind in costs.kinds():
        assert not np.allclose(total(costs, kind), both), f"{kind} adds the two pans"
    virus, policy = (
        {figure for row in costs.rows if row.pan == pan for figure in row.figures}
        for pan in ("virus", "policy")
    )
    assert not virus & policy, "no unit value serves both pans"


def test_no_row_adds_what_is_in_different_units(costs):
    units = {row.unit for row in costs.rows}
    assert {"RMB", "DALYs", "person-days", "persons", "visits", "stays"} <= units
    money = [row.kind for row in costs.rows if row.unit == "RMB" and row.by == "everybody"]
    assert money == ["income lost"], "only income is in money: nothing else is priced"
