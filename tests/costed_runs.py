"""Made-up results with every variable that the ledger reads, whose sums are known."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lazaretto.words import (
    AGE_BANDS,
    CARE,
    DOSES,
    GROUPS,
    HELD_AS,
    HELD_WHERE,
    INCOMES,
    MIGRANTS,
    ORIGINS,
    TIERS,
)  # fmt: skip

DISTRICTS = ("Huangpu", "Pudong")
START = np.datetime64("2022-03-01", "ns")

PERSONS = np.array([180_000, 360_000])
AGE = np.arange(18, 0, -1) / np.arange(1, 19).sum()
INCOME = np.full(5, 0.2)

BEHAVIOUR = ("food_insecure", "leaks", "trust", "breakouts", "breakout_persons", "aware")


def tier_path(days, sealed, controlled=0):
    """Return the tier of each district by day: open, then sealed, controlled, open; (days, 2).

    The second district is sealed two days later than the first.
    """
    path = np.zeros((days, 2), int)
    for district, first in enumerate((5, 7)):
        path[first : first + sealed, district] = 3
        path[first + sealed : first + sealed + controlled, district] = 2
    return path


def one_run(seed, days=60, sealed=20, controlled=10, infections=500, deaths=3.0, icu=20, ill=True):
    """Return one run.

    `infections` and `deaths` are means a day, `icu` the most beds used; without `ill` nobody is
    admitted or without food.
    """
    random = np.random.default_rng(seed)
    path = tier_path(days, sealed, controlled)
    at = path[..., None] == np.arange(4)  # date, district, tier
    persons = PERSONS[:, None] * at
    ages = np.round(PERSONS[:, None] * AGE).astype(int)
    ages[:, 0] += PERSONS - ages.sum(axis=1)
    incomes = (PERSONS[:, None] * INCOME).astype(int)
    groups = (PERSONS[:, None] * np.array([[0.3, 0.02], [0.5, 0.01]])).astype(int)
    shut = path >= 2
    stays = np.zeros((18, days + 1), int)
    for district in range(2):
        stays[:, shut[:, district].sum()] += ages[district]
    by_income = random.multinomial(infections * days, [0.3, 0.2, 0.2, 0.2, 0.1], days) // days
    died = random.poisson(deaths, days)
    died_by_age = np.zeros((days, 18, 4), int)
    died_by_age[:, 16, 0] = died
    infected = random.multinomial(infections, AGE, days)
    admitted = np.zeros((days, 18, 4, 2), int)
    if ill:
        admitted[:, 15, 1, 0], admitted[:, 16, 0, 1] = 5, 2
    patients = np.zeros((days, 2, 2), int)
    patients[:, :, 0] = 40
    patients[days // 2, 0, 1] = icu
    held = np.zeros((days, 2, 5, 2), int)
    held[10:20, 0, 0, 1], held[10:20, 1, 2, 0] = 1000, 300
    isolated = np.zeros((days, 2, 5), int)
    isolated[:, 0] = 10 if infections else 0
    working = np.round(0.5 * incomes).astype(int)
    food = np.zeros((days, 5, 2), int)
    food[12:30] = ill * np.array([[30, 60], [20, 30], [10, 15], [5, 5], [1, 1]])
    infections_by_place = np.zeros((days, 2, len(ORIGINS)), int)
    infections_by_place[:, 0, 0] = infected.sum(axis=1)
    place = ("date", "district")
    data = {
        "infections": ((*place, "layer"), infections_by_place),
        "infections_by_age": (("date", "age"), infected),
        "infections_by_income": (("date", "income"), by_income),
        "symptomatic_by_age": (("date", "age"), infected // 2),
        "persons_by_tier": ((*place, "tier"), persons),
        "confined_by_age": (("date", "age", "tier"), np.einsum("da,tdk->tak", ages, at)),
        "persons_by_income": ((*place, "tier", "income"), at[..., None] * incomes[:, None]),
        "isolated_by_income": ((*place, "tier", "income"), at[..., None] * isolated[:, :, None]),
        "persons_by_group": ((*place, "tier", "group"), at[..., None] * groups[:, None]),
        "pupils": ((*place, "tier"), at * (PERSONS // 10)[:, None]),
        "workers": ((*place, "tier", "income"), at[..., None] * working[:, None]),
        "pupil_days_lost": (place, shut * (PERSONS // 10)),
        "work_days_lost": (("date", "income"), (shut[..., None] * working).sum(axis=1)),
        "held": ((*place, "held_as", "held_where"), held),
        "patients": ((*place, "care"), patients),
        "admissions": (("date", "age", "dose", "care"), admitted),
        "deaths": (place, np.stack([died, np.zeros_like(died)], axis=1)),
        "deaths_by_age": (("date", "age", "dose"), died_by_age),
        "deaths_by_income": (("date", "income"), np.eye(5, dtype=int)[[0] * days] * died[:, None]),
        "children_apart": (("date",), np.full(days, 7)),
        "longest_stay": (("age", "days_confined"), stays),
        "food_insecure": (("date", "income", "migrant"), food),
        "leaks": (("date", "tier"), np.full((days, 4), [0, 0, 50, 90])),
        "trust": (("date",), np.linspace(1.0, 0.8, days)),
        "breakouts": (("date", "area"), np.zeros((days, 1), int)),
        "breakout_persons": (("date", "area"), np.zeros((days, 1), int)),
        "aware": (("date", "area"), np.zeros((days, 1))),
    }
    coordinates = {
        "date": START + np.arange(days) * np.timedelta64(1, "D"),
        "district": list(DISTRICTS),
        "age": list(AGE_BANDS),
        "tier": list(TIERS),
        "income": list(INCOMES),
        "group": list(GROUPS),
        "migrant": list(MIGRANTS),
        "held_as": list(HELD_AS),
        "held_where": list(HELD_WHERE),
        "care": list(CARE),
        "dose": list(DOSES),
        "layer": list(ORIGINS),
        "days_confined": np.arange(days + 1),
        "population": ("district", PERSONS),
    }
    return xr.Dataset(data, coordinates, {"seed": seed})


def many_runs(n, first_seed=1, **how):
    """Return several runs along a replicate axis."""
    seeds = list(range(first_seed, first_seed + n))
    joined = xr.concat([one_run(seed, **how) for seed in seeds], "replicate", data_vars="all")
    joined = joined.assign_coords(population=("district", PERSONS))
    return joined.assign_coords(replicate=np.arange(n), seed=("replicate", seeds))


def total(costs, kind, bound="mid"):
    return costs.of(kind).amount.sel(bound=bound).values
