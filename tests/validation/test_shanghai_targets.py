"""SH01 to SH26 and the held-out days: `shanghai-2022` as shipped beside what was published.

Twenty replicates of the whole city, sixteen draws of the posterior among them. A number holds if
the median is inside the reported range or the reported value inside the simulated band; the same
verdicts stand in docs/shanghai-2022-targets.md. What does not hold is listed with its reason.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from evidence import measured

from lazaretto.scenario import Scenario
from lazaretto.studies import run_scenario
from lazaretto.studies.targets import TARGETS, Target, reported, reported_targets, row_of
from lazaretto.studies.verdict import met

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
REPLICATES = 20

TOO_MANY_NEIGHBOURS = "too much is caught among neighbours, and compounds are larger than addresses"
PLACES_ALIKE = "places of a district differ in size alone, and arrivals of March live anywhere"
MISSED = {
    ("SH08", 0): "reports grow more slowly in early April than they did: rounds come in late",
    ("SH10", 0): "the tail of May declines too slowly",
    ("SH12_0404", 0): "every case of that day is found in sealed buildings, as all are sealed",
    ("SH12_0428", 0): "reopened zones have too many of the cases of late April",
    ("SH16", 0): PLACES_ALIKE,
    ("SH16", 1): PLACES_ALIKE,
    ("SH17", 0): f"21,386 compounds of the model stand for 37,798 addresses; {PLACES_ALIKE}",
    ("SH17", 1): TOO_MANY_NEIGHBOURS,
    ("SH18_lag7", 0): TOO_MANY_NEIGHBOURS,
    ("SH19", 0): PLACES_ALIKE,
    (
        "SH24",
        0,
    ): "as many are admitted as were severe, fewer at once: short stays, a flat wave",
    ("SH26", 1): "zones reopen later than they did",
}
"""Why published numbers are missed, by target and part."""


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    scenario = Scenario.load("shanghai-2022")
    out = ROOT / "runs" / "validation"
    return run_scenario(scenario, replicates=REPLICATES, threads=2, out=out).results


def case(target: Target) -> object:
    """Return a target as a case of a test."""
    why = MISSED.get((target.key, target.part))
    marks = [pytest.mark.xfail(strict=True, reason=f"{target.key}: {why}")] if why else []
    return pytest.param(target, id=f"{target.key} {target.what}", marks=marks)


@pytest.mark.parametrize("target", [case(target) for target in TARGETS])
def test_a_published_number(runs: xr.Dataset, target: Target):
    real = reported(target, reported_targets())
    row = row_of(target, runs, real)
    print(f"{row.key} {row.what}: {row.simulated}, reported {row.reported}: {row.verdict}")
    numbers = target.number(runs)
    known = numbers[~np.isnan(numbers)]
    if target.kind not in ("date", "days") and known.min() < known.max():
        if np.isnan(real.value):
            measured(f"{row.key} {row.what}", float(np.median(known)), real.low, None)
        else:
            measured(f"{row.key} {row.what}, reported", real.value, known.min(), known.max())
    assert met(row.verdict)


FIT = json.loads((ROOT / "docs" / "shanghai-2022-fit.json").read_text(encoding="utf-8"))
SCORES = {score["name"]: score for score in FIT["held_out"]["scores"]}


@pytest.mark.xfail(
    strict=True,
    reason="the fitted model has four times the error of an exponential decline and more "
    "than persistence with drift: declines of its draws in May are too slow",
)
def test_held_out_days_are_foretold_better_than_by_both_baselines():
    """Kept by `lazaretto calibrate shanghai-2022`, data to 30 April; scored on 1 to 31 May."""
    print(f"`lazaretto calibrate shanghai-2022`, {FIT['runs']} runs; WIS of 1 to 31 May: "
          + ", ".join(f"{name} {score['wis']:.0f}" for name, score in SCORES.items()))  # fmt: skip
    ours = [score["wis"] for name, score in SCORES.items() if name.startswith("fitted model")]
    others = [score["wis"] for name, score in SCORES.items() if not name.startswith("fitted")]
    assert min(ours) < min(others)


WIDE = pytest.mark.xfail(
    strict=True,
    reason="its 50 % band holds 77 % of the days: where the last error is carried on, it is wide",
)


@pytest.mark.parametrize(
    "name",
    ["fitted model", pytest.param("fitted model, its last error carried on", marks=WIDE)],
)
def test_bands_of_held_out_days_hold_what_they_say(name: str):
    """Within 20 points of 50 %, 10 of 90 %: 31 days of one epidemic are few and not independent."""
    score = SCORES[name]
    print(f"{name}: {score['coverage_50']:.0%} of days in the 50 % band, "
          f"{score['coverage_90']:.0%} in that of 90 %")  # fmt: skip
    measured(f"{name}, days of May in the 50 % band", score["coverage_50"], 0.30, 0.70)
    measured(f"{name}, days of May in the 90 % band", score["coverage_90"], 0.80, 1.00)
    assert 0.30 <= score["coverage_50"] <= 0.70
    assert 0.80 <= score["coverage_90"] <= 1.00
