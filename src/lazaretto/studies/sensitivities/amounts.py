"""What a study reads of every run: health and its human cost, one number each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr

from lazaretto.outcomes import reported_net
from lazaretto.outcomes.care_forgone import care_forgone
from lazaretto.outcomes.income_lost import income_lost
from lazaretto.outcomes.rows import Pan, Row, replicated, whole_place_if_small
from lazaretto.scenario import Problem, did_you_mean, one_of
from lazaretto.words import TIERS


class Amount(NamedTuple):
    """An amount that is read of every run.

    Parameters
    ----------
    name
        Its name on the command line and in tables.
    words, unit
        What is counted, in words, and its unit.
    pan
        Whether virus or policy bring it about.
    """

    name: str
    words: str
    unit: str
    pan: Pan


AMOUNTS = {
    each.name: each
    for each in (
        Amount("infections", "infections", "persons", "virus"),
        Amount("reported", "reported infections, net", "persons", "virus"),
        Amount("peak", "most reports of a day, net", "persons", "virus"),
        Amount("deaths", "deaths", "persons", "virus"),
        Amount("in_hospital", "persons in hospital, peak", "persons", "virus"),
        Amount("sealed_days", "days sealed", "person-days", "policy"),
        Amount("controlled_days", "days controlled", "person-days", "policy"),
        Amount("income", "income lost, before any support", "RMB", "policy"),
        Amount("care", "outpatient visits forgone", "visits", "policy"),
        Amount("missed_care_deaths", "deaths from missed care", "persons", "policy"),
        Amount("food_days", "food-insecure days", "person-days", "policy"),
    )
}
"""What is read, by name. Income, care and deaths from missed care are worked out with unit values,
of which the middle is taken (`lazaretto.outcomes.unit_values`)."""

HUMAN_COST = ("deaths", "sealed_days", "income", "care")
"""What every study shows, whatever else it is asked for."""

Amounts = dict[str, float]
"""Amounts of a run by name; NaN of what the run does not count."""


def amounts(results: xr.Dataset) -> Amounts:
    """Return the amounts of a run.

    Parameters
    ----------
    results
        Labelled results of one replicate.
    """
    runs = replicated(whole_place_if_small(replicated(results)))
    net = reported_net(runs)
    by_day = net.sum([name for name in net.dims if name not in ("replicate", "date")])
    rows = {row.kind: row for row in (*income_lost(runs), *care_forgone(runs))
            if row.by == "everybody"}  # fmt: skip
    tiers = runs["persons_by_tier"]
    patients = runs.get("patients")
    food = runs.get("food_insecure")
    return {
        "infections": _total(runs["infections"]),
        "reported": _total(net),
        "peak": float(by_day.max()),
        "deaths": _total(runs["deaths"]),
        "in_hospital": np.nan if patients is None else _peak(patients),
        "sealed_days": _total(tiers.sel(tier=TIERS[3])),
        "controlled_days": _total(tiers.sel(tier=TIERS[2])),
        "income": _middle(rows["income lost"]),
        "care": _middle(rows["outpatient visits forgone"]),
        "missed_care_deaths": _middle(rows["deaths from missed care"]),
        "food_days": np.nan if food is None else _total(food),
    }


def chosen_amounts(names: list[str]) -> tuple[list[str], list[Problem]]:
    """Return the amounts asked for and, whatever was asked for, the human cost; and what is wrong.

    Parameters
    ----------
    names
        Names of `AMOUNTS`, also several joined by commas.
    """
    given = [part.strip() for name in names for part in name.split(",") if part.strip()]
    problems = [
        Problem("--outputs", name, one_of(AMOUNTS), did_you_mean(name, AMOUNTS, "choose of these"))
        for name in given if name not in AMOUNTS
    ]  # fmt: skip
    return list(dict.fromkeys([*(given or ["infections"]), *HUMAN_COST])), problems


def _total(counted: xr.DataArray) -> float:
    return float(np.asarray(counted.values, np.float64).sum())


def _peak(counted: xr.DataArray) -> float:
    over = [name for name in counted.dims if name not in ("replicate", "date")]
    return float(counted.sum(over).max())


def _middle(row: Row) -> float:
    return float(row.amount.sel(bound="mid").sum())
