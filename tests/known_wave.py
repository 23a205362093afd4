"""Made-up results of a run whose every number is known, and what a report is given beside them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from lazaretto.outcomes import Tally, dataset, reported_net, side_by_side
from lazaretto.provenance import Figure

START = date(2022, 2, 20)
N_DAYS = 60
WAVE = np.round(1000 * np.exp(-0.5 * ((np.arange(N_DAYS) - 30) / 7) ** 2)).astype(int)
GENERATION = np.array([0, 0.1, 0.3, 0.3, 0.2, 0.1])
MEASURES = [
    {"name": "Schools closed", "measure": "school_closure", "areas": "all", "from": "2022-03-01"},
    {
        "name": "East stays at home",
        "measure": "lockdown",
        "areas": ["Pudong"],
        "from": date(2022, 3, 10),
        "to": date(2022, 3, 29),
        "tier": 3,
    },
    {"measure": "symptomatic_testing", "areas": "all", "share": 0.4, "from": None, "to": None},
]
ASSUMED = [
    ("latent.mean", Figure(1.9, "days", "a paper", "measured", 1.7, 2.2)),
    ("contacts.essential", Figure(3.0, "contacts/day", "no survey found", "assumed")),
    ("r0", Figure(8.0, "ratio", "growth of the reports", "fitted", note="by hand")),
]
SOURCES = [("Census", "Seventh national census", "MIT (transcription)")]


def one_run(
    reports=WAVE,
    population=(3_000_000, 1_000_000, 200_000),
    districts=("Pudong", "Xuhui", "Chongming"),
    sealed_days=20,
    seed=1,
    stocks=(),
    contained=None,
    behaviour=(),
):
    """Return results of one run whose every number is known: shares of districts 1/2, 1/4, 1/4."""
    n = len(population)
    reports = np.asarray(reports)
    n_days = reports.size
    parts = np.zeros((n_days, n), int)
    for d in range(1, n):
        parts[:, d] = reports // (2 * (n - 1))
    parts[:, 0] = reports - parts.sum(axis=1)
    tally = Tally.of(n_days, n, len(stocks))
    tally.reports[:, :, 0] = parts // 10
    tally.reports[:, :, 1] = parts - parts // 10
    tally.reports[:, :, 2] = parts // 20
    tally.infections[:, :, 0] = parts
    tally.infections[:, :, 5] = parts // 2
    if reports.sum():
        tally.infections[0, 0, 6] = 3
    tally.secondary[:] = 2 * tally.infections.sum(axis=(1, 2))
    people_in = np.array(population)
    tally.persons_by_tier[:, :, 0] = people_in
    ages = np.full(18, people_in.sum() // 18)
    ages[0] += people_in.sum() - ages.sum()
    tally.confined_by_age[:, :, 0] = ages
    stays = np.zeros((18, n_days + 1), int)
    stays[:, 0] = ages
    if sealed_days:
        shut = slice(18, 18 + sealed_days)
        tally.persons_by_tier[shut, 0] = (0, 0, people_in[0] // 4, people_in[0] * 3 // 4)
        shares = ages * people_in[0] // people_in.sum()
        tally.confined_by_age[shut, :, 0] = ages - shares
        tally.confined_by_age[shut, :, 3] = shares
        stays[:, 0] = ages - shares
        stays[:, sealed_days] = shares
    tally.persons_by_income[:] = tally.persons_by_tier[..., None] // 5
    if contained is not None:
        contained(tally)
    return dataset(
        tally,
        stays,
        START,
        tuple(districts),
        people_in,
        {
            "scenario": "shanghai-2022",
            "title": "Shanghai, spring 2022",
            "place": "shanghai",
            "seed": seed,
            "version": "0.1.0",
            "digest": "3f9a41c0",
            "r0": 8.0,
            "disease": "omicron-ba2",
            "persons": int(people_in.sum()),
            "wall_s": 3.9,
            "start": "2022-02-20",
            "end": "2022-04-20",
        },
        stocks,
        behaviour,
    )


STOCKS = (
    ("labs", "tubes/day"),
    ("tracers", "tracers"),
    ("fangcang", "beds"),
    ("seats", "seats/day"),
)


def contain(tally):
    """Fill in all that containment counts, from the wave of reports."""
    cases = tally.reports[:, :, :2].sum(axis=2)
    sealed = slice(18, 38)
    tally.infections[:, :, 7], tally.infections[:, :, 8] = cases // 20, cases // 50
    shares = np.array([10, 5, 40, 20, 15, 10])
    tally.found[:] = cases[:, :, None] * shares // 100
    tally.false_positives[:] = cases // 10
    tally.samples[:, :, 0] = 3 * cases
    tally.samples[sealed, 0, 1] = 2_500_000
    tally.samples[sealed, :, 3] = 4 * cases[sealed]
    tally.results[:] = cases.sum(axis=1)
    tally.result_days[:] = 2 * tally.results
    tally.traced[:, :, 0, 0], tally.traced[:, :, 1, 0] = 6 * cases, 2 * cases
    tally.traced[:, :, 0, 1] = cases
    tally.cases_untraced[25:35] = 40
    tally.isolated[:, :, 0], tally.isolated[:, :, 1] = cases, cases // 10
    tally.isolated[:, :, 2], tally.isolated[:, :, 4] = 3 * cases, cases // 50
    tally.held[:, :, :, 1] = 5 * tally.isolated
    tally.held[:, :, 2, 0] = 2 * cases
    tally.children_apart[20:40] = 25
    tally.patients[:, :, 0], tally.patients[:, :, 1] = cases // 10, cases // 50
    tally.patients_waiting[30] = 4, 2
    tally.admissions[:, 17, 0] = (2, 1)
    tally.admissions[:, 13, 3] = (1, 0)
    tally.deaths_by_age[20:50, 17, 0], tally.deaths_by_age[20:50, 13, 3] = 3, 1
    tally.deaths[20:50, 0] = 4
    tally.stock_amount[:] = (300_000, 500, 20_000, 4_000)
    tally.stock_used[:, 0] = np.minimum(tally.samples.sum(axis=(1, 2)) // 10, 300_000)
    tally.stock_used[:, 1:] = np.minimum(cases.sum(axis=1)[:, None], (500, 10**9, 4_000))
    tally.stock_waiting[25:35, 1] = 70


def contained_run(seed=1):
    """Return results of a run with everything: tests, tracing, isolation, hospital, stocks."""
    return one_run(seed=seed, stocks=STOCKS, contained=contain)


ANNOUNCED = pd.DataFrame(
    {
        "date": pd.to_datetime(["2022-03-12", "2022-03-12", "2022-03-20", "2023-01-01"]),
        "tier": ["sealed", "precaution", "sealed", "sealed"],
        "persons": [2_000_000, 500_000, 2_400_000, 7],
    }
)


def many_runs(n=20):
    """Return runs whose waves are 0.8 to 1.2 times the known one."""
    factors = np.linspace(0.8, 1.2, n)
    runs = [one_run((WAVE * f).astype(int), seed=i + 1) for i, f in enumerate(factors)]
    return side_by_side(runs, list(range(1, n + 1)))


def data(reports=WAVE, first=0):
    """Return real data by day from the day `first` of the run."""
    dates = [START + timedelta(days=i) for i in range(len(reports))]
    frame = pd.DataFrame({"date": dates, "new_infections": reports, "gross": np.array(reports) + 5})
    return frame.iloc[first:]


def data_by_district(reports=WAVE):
    """Return real data by district, split as in `one_run`."""
    run = reported_net(one_run(reports)).to_dataframe().reset_index()
    return run.rename(columns={"reported_net": "new_infections"})[
        ["date", "district", "new_infections"]
    ]


NEW_FIGURES = ["samples", "where-found", "contacts-traced", "hospital", "zones", "isolated",
               "stocks"]  # fmt: skip
"""Figures that a report has of a run with containment only."""
