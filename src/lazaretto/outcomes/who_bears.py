"""Who bears what: both pans by class per 1,000 residents, and the shares borne by the worst off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr

from lazaretto.outcomes.ledger import ledger
from lazaretto.outcomes.rows import Ledger, Pan, Row, replicated
from lazaretto.words import GROUPS, INCOMES

BY_INCOME = (
    "infections",
    "hospital admissions",
    "deaths",
    "days controlled",
    "days sealed",
    "school days lost",
    "work days lost",
    "food-insecure days",
    "usual income lost",
)
"""What is paired by income class, the virus first; what the results lack is left out."""

BY_AGE = (
    "infections",
    "symptomatic infections",
    "hospital admissions",
    "intensive care admissions",
    "deaths",
    "days controlled",
    "days sealed",
    "school days lost",
    "residents confined 30 days or longer",
)
"""The same by age band."""

POOREST = INCOMES[0]
MIGRANTS, OLD_ALONE = GROUPS


class Borne(NamedTuple):
    """The share of a cost that a group bears, beside its share of the residents.

    Parameters
    ----------
    who
        Poorest fifth, migrants, or 65 and over, living alone.
    kind, pan
        The cost.
    of_cost
        Share of it, NaN where there is none, axis ``replicate``.
    of_residents
        Share of the residents, axis ``replicate``.
    """

    who: str
    kind: str
    pan: Pan
    of_cost: xr.DataArray
    of_residents: xr.DataArray

    @property
    def times(self) -> xr.DataArray:
        """Return how many times its share of the residents the group bears."""
        return self.of_cost / self.of_residents.where(self.of_residents > 0)


def by_income(results: xr.Dataset, costs: Ledger | None = None) -> list[Row]:
    """Return what the virus and the policy cost each income class, per 1,000 of its residents.

    Parameters
    ----------
    results
        Labelled results, with or without a replicate axis.
    costs
        Their ledger, if it is there already.
    """
    return _per_thousand(results, costs, "income", "persons_by_income", BY_INCOME)


def by_age(results: xr.Dataset, costs: Ledger | None = None) -> list[Row]:
    """Return what the virus and the policy cost each age band, per 1,000 of its residents.

    Parameters
    ----------
    results
        Labelled results, with or without a replicate axis.
    costs
        Their ledger, if it is there already.
    """
    return _per_thousand(results, costs, "age", "confined_by_age", BY_AGE)


def shares_borne(results: xr.Dataset, costs: Ledger | None = None) -> list[Borne]:
    """Return the shares that the poorest fifth, migrants and the old who live alone bear.

    Parameters
    ----------
    results
        Labelled results, with or without a replicate axis.
    costs
        Their ledger, if it is there already.
    """
    runs, costs = replicated(results), costs or ledger(results)
    found: list[Borne] = []
    if "persons_by_income" in runs:
        residents = _residents(runs, "persons_by_income", "income")
        share = residents.sel(income=POOREST, drop=True) / residents.sum("income")
        found.extend(_borne(costs, POOREST, "income", POOREST, share))
    if "persons_by_group" not in runs or "persons_by_tier" not in runs:
        return found
    groups = _residents(runs, "persons_by_group", "group")
    everybody = runs["persons_by_tier"].isel(date=0, drop=True)
    everybody = everybody.sum([name for name in everybody.dims if name != "replicate"])
    for who in (MIGRANTS, OLD_ALONE):
        share = groups.sel(group=who, drop=True) / everybody
        found.extend(_borne(costs, who, "group", who, share))
        if who == MIGRANTS and costs.has("food-insecure days", "migrant"):
            label = costs.of("food-insecure days", "migrant").amount["migrant"].values[-1]
            found.extend(_borne(costs, who, "migrant", label, share))
    return found


def _borne(
    costs: Ledger, who: str, axis: str, label: object, residents: xr.DataArray
) -> Iterator[Borne]:
    for row in costs.rows:
        if row.by != axis or row.pan == "context" or not row.adds_up:
            continue
        total = costs.of(row.kind).amount.sel(bound="mid", drop=True)
        part = row.amount.sel({axis: label, "bound": "mid"}, drop=True)
        yield Borne(who, row.kind, row.pan, part / total.where(total > 0), residents)


def _per_thousand(
    results: xr.Dataset, costs: Ledger | None, axis: str, variable: str, kinds: tuple[str, ...]
) -> list[Row]:
    runs, costs = replicated(results), costs or ledger(results)
    if variable not in runs:
        return []
    residents = _residents(runs, variable, axis)
    thousands = residents.where(residents > 0) / 1000
    found = []
    for kind in kinds:
        if not costs.has(kind, axis):
            continue
        row = costs.of(kind, axis)
        amount = (row.amount / thousands).transpose("replicate", axis, "bound")
        found.append(row._replace(amount=amount, unit=f"{row.unit} per 1,000 residents"))
    return found


def _residents(runs: xr.Dataset, variable: str, axis: str) -> xr.DataArray:
    first = runs[variable].isel(date=0, drop=True).astype(np.float64)
    return first.sum([name for name in first.dims if name not in ("replicate", axis)])
