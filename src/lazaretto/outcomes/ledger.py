"""The ledger: what the virus and the policy cost people, by kind and by whom, both pans shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import xarray as xr

from lazaretto.outcomes.care_forgone import care_forgone
from lazaretto.outcomes.dalys import dalys_of_confinement, dalys_of_infection
from lazaretto.outcomes.income_lost import income_lost
from lazaretto.outcomes.longest_stays import longest_stays
from lazaretto.outcomes.mental_health import mental_health
from lazaretto.outcomes.rows import (
    EVERYBODY,
    Ledger,
    Missing,
    Pan,
    Row,
    exact,
    replicated,
    rows_of,
    whole_place_if_small,
)
from lazaretto.words import OPEN, TIERS

DAYS_AT = ("days open", "days at precaution", "days controlled", "days sealed")
"""Kinds of person-days of residents, by tier."""


class Entry(NamedTuple):
    """A part of the ledger, the variables it needs, and how it is made."""

    what: str
    needs: tuple[str, ...]
    make: Callable[[xr.Dataset], Iterable[Row]]


def ledger(results: xr.Dataset) -> Ledger:
    """Return the ledger of one run or many.

    Rows whose variables the results lack are left out and listed as missing. Nothing is broken
    down by district where a district has fewer than 100,000 residents.

    Parameters
    ----------
    results
        Labelled results, with or without a replicate axis.
    """
    runs = whole_place_if_small(replicated(results))
    rows: list[Row] = []
    missing: list[Missing] = []
    for entry in ENTRIES:
        lacking = tuple(name for name in entry.needs if name not in runs)
        if lacking:
            missing.append(Missing(entry.what, lacking))
        else:
            rows.extend(entry.make(runs))
    missing.extend(Missing(what, (name,)) for name, what in BREAKDOWNS.items() if name not in runs)
    if "district" not in runs.dims:
        missing.append(Missing("anything by district: one has under 100,000 residents", ()))
    return Ledger(tuple(rows), tuple(missing))


def _days_at_tiers(runs: xr.Dataset) -> Iterator[Row]:
    names = ("persons_by_tier", "confined_by_age", "persons_by_income", "persons_by_group")
    sources = [exact(runs[name]) for name in names if name in runs]
    for level, (tier, kind) in enumerate(zip(TIERS, DAYS_AT, strict=True)):
        pan: Pan = "context" if level == OPEN else "policy"
        at = [source.sel(tier=tier, drop=True) for source in sources]
        yield from rows_of(kind, pan, "person-days", at)


def _held(runs: xr.Dataset) -> Iterator[Row]:
    for where, kind in (("facility", "days in a facility"), ("home", "days isolated at home")):
        held = exact(runs["held"].sel(held_where=where, drop=True))
        yield from rows_of(kind, "policy", "person-days", [held])


def _children(runs: xr.Dataset) -> Iterator[Row]:
    kind = "days of children apart from their adults"
    yield from rows_of(kind, "policy", "person-days", [exact(runs["children_apart"])])


def _school(runs: xr.Dataset) -> Iterator[Row]:
    yield from rows_of("school days lost", "policy", "days", [exact(runs["pupil_days_lost"])])


def _work(runs: xr.Dataset) -> Iterator[Row]:
    yield from rows_of("work days lost", "policy", "days", [exact(runs["work_days_lost"])])


def _food(runs: xr.Dataset) -> Iterator[Row]:
    food = exact(runs["food_insecure"])
    yield from rows_of("food-insecure days", "policy", "person-days", [food])


def _trust(runs: xr.Dataset) -> Iterator[Row]:
    lost = (1 - runs["trust"].min("date")).clip(min=0)
    amount = exact(lost).transpose("replicate", "bound")
    kind = "trust lost at its lowest"
    yield Row(kind, "policy", "share of that before", EVERYBODY, amount, adds_up=False)


def _where_pupils_and_workers_live(runs: xr.Dataset) -> Iterator[Row]:
    for name, kind in (("pupils", "days of pupils"), ("workers", "days of workers")):
        yield from rows_of(kind, "context", "person-days", [exact(runs[name])])


def _infections(runs: xr.Dataset) -> Iterator[Row]:
    names = ("infections_by_age", "infections_by_income", "infections")
    found = [exact(runs[name]) for name in names if name in runs]
    yield from rows_of("infections", "virus", "persons", found)


def _symptomatic(runs: xr.Dataset) -> Iterator[Row]:
    ill = exact(runs["symptomatic_by_age"])
    yield from rows_of("symptomatic infections", "virus", "persons", [ill])


def _hospital(runs: xr.Dataset) -> Iterator[Row]:
    admissions = exact(runs["admissions"])
    yield from rows_of("hospital admissions", "virus", "persons", [admissions])
    icu = admissions.sel(care="icu", drop=True)
    yield from rows_of("intensive care admissions", "virus", "persons", [icu])


def _patients(runs: xr.Dataset) -> Iterator[Row]:
    for care, kind in (("ward", "days in a ward"), ("icu", "days in intensive care")):
        patients = exact(runs["patients"].sel(care=care, drop=True))
        yield from rows_of(kind, "virus", "person-days", [patients])


def _deaths(runs: xr.Dataset) -> Iterator[Row]:
    names = ("deaths", "deaths_by_age", "deaths_by_income")
    found = [exact(runs[name]) for name in names if name in runs]
    yield from rows_of("deaths", "virus", "persons", found)


ENTRIES = (
    Entry("infections", ("infections_by_age",), _infections),
    Entry("symptomatic infections", ("symptomatic_by_age",), _symptomatic),
    Entry("hospital and intensive care admissions", ("admissions",), _hospital),
    Entry("days in hospital", ("patients",), _patients),
    Entry("deaths", ("deaths",), _deaths),
    Entry(
        "DALYs of infection",
        ("deaths_by_age", "symptomatic_by_age", "patients"),
        dalys_of_infection,
    ),
    Entry("days at each tier", ("persons_by_tier",), _days_at_tiers),
    Entry("days isolated", ("held",), _held),
    Entry("longest stays", ("longest_stay",), longest_stays),
    Entry("children apart from their adults", ("children_apart",), _children),
    Entry("school days lost", ("pupil_days_lost",), _school),
    Entry("work days lost", ("work_days_lost",), _work),
    Entry("income lost", ("persons_by_tier",), income_lost),
    Entry("care forgone and deaths from it", ("persons_by_tier",), care_forgone),
    Entry("food-insecure days", ("food_insecure",), _food),
    Entry("mental health", ("longest_stay",), mental_health),
    Entry("trust lost", ("trust",), _trust),
    Entry(
        "DALYs of confinement",
        ("persons_by_tier", "longest_stay"),
        dalys_of_confinement,
    ),
    Entry("days of pupils and workers", ("pupils", "workers"), _where_pupils_and_workers_live),
)
"""The parts of the ledger, in the order in which they are shown."""

BREAKDOWNS = {
    "confined_by_age": "days at each tier by age",
    "persons_by_income": "days at each tier and income lost by income",
    "persons_by_group": "days at each tier of migrants and of the old who live alone",
    "infections_by_income": "infections by income",
    "deaths_by_age": "deaths by age",
    "deaths_by_income": "deaths by income",
}
"""What else is missing without a variable."""
