"""What the tests of calibration share: a plan for a small city, and a stand-in for its runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from own_place import write_place, write_scenario

from lazaretto.scenario import Scenario
from lazaretto.studies.calibration.fit import fit
from lazaretto.studies.calibration.journal import Journal
from lazaretto.studies.calibration.kept import LAGS, Kept
from lazaretto.studies.calibration.plan import Calibration, Plan
from lazaretto.studies.calibration.posterior import Posterior
from lazaretto.studies.ensembles.ensemble import Job, each_run

START, UNTIL = date(2022, 3, 1), date(2022, 3, 20)

WRITTEN: dict[str, Any] = {
    "name": "twin",
    "scenario": "twin.yaml",
    "data_until": UNTIL.isoformat(),
    "held_out": {"from": "2022-03-21", "to": "2022-03-30"},
    "parameters": [{"name": "r0", "keys": ["r0"], "prior": {"low": 1, "high": 5}}],
    "streams": [{"stream": "reported", "from": "2022-03-11"}],
}


def scenario_in(folder: Path, persons: int = 3_000, **changes: Any) -> Scenario:
    write_place(folder / "twin", persons)
    return Scenario.load(write_scenario(folder, **changes))


def kept_of(total: np.ndarray, **more: np.ndarray) -> Kept:
    """Return what is kept of a run of one district without anything but reports."""
    none = np.zeros(total.size)
    fields: dict[str, Any] = {
        "first": START,
        "districts": ("all",),
        "residents": np.array([1e6]),
        "reported": total[None],
        "total": total,
        "deaths": none,
        "found": none,
        "found_in_quarantine": none,
        "sealed": none,
        "again": np.full((total.size, len(LAGS)), np.nan),
    }
    return Kept(**(fields | more))


NOISE = 0.3
"""Standard deviation of ln(1 + persons) of a stand-in for a run, the same on all its days."""


def stand_in(r0: float, seed: int, n_days: int) -> Kept:
    """Return a run whose ln(1 + reports) is r0 on every day, but for one normal error."""
    error = NOISE * np.random.default_rng(seed).standard_normal()
    return kept_of(np.full(n_days, np.expm1(r0 + error)))


class Runner:
    """Makes stand-ins of runs, counts them, and is interrupted after some if asked to."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.made: list[Job] = []
        self.stop_after = stop_after

    def __call__(
        self, jobs: Sequence[Job], read: Callable[..., Any], workers: int = 0
    ) -> Iterator[tuple[int, Kept]]:
        """Make them; how many processes are asked for has no say."""
        for number in reversed(range(len(jobs))):  # in any order
            if self.stop_after is not None and len(self.made) >= self.stop_after:
                raise KeyboardInterrupt
            job = jobs[number]
            self.made.append(job)
            yield number, stand_in(float(job.scenario.r0), job.seed, job.scenario.n_days)


def data_of(levels: float | np.ndarray, n_days: int = 30) -> Kept:
    """Return data whose ln(1 + reports) is given."""
    return kept_of(np.expm1(np.broadcast_to(levels, n_days).astype(np.float64)))


def plan_for(folder: Path, data: Kept, **changes: Any) -> Plan:
    scenario = scenario_in(folder, end="2022-03-30")
    return Plan(Calibration.model_validate(WRITTEN | changes), scenario, data)


SMALL: dict[str, Any] = {
    "end": "2022-03-25",
    "seeding": [{"date": "2022-03-01", "infections_per_day": 40}],
    "measures": [{"measure": "symptomatic_testing", "name": "tests", "share": 0.5,
                  "delay_days": 1}],
}  # fmt: skip
"""A small city in which every run takes a fraction of a second."""

FREE = [
    {"name": "r0", "keys": ["r0"], "prior": {"low": 2, "high": 8}},
    {"name": "tested", "keys": ["measures.tests.share"], "prior": {"low": 0.1, "high": 1}},
]


def small_city(folder: Path, data: Kept | None = None) -> Plan:
    """Return the calibration of a small city whose runs are real."""
    scenario = scenario_in(folder, 6_000, **SMALL)
    calibration = Calibration.model_validate(
        WRITTEN
        | {
            "data_until": "2022-03-25",
            "held_out": None,
            "parameters": FREE,
            "streams": [{"stream": "reported", "from": "2022-03-04"},
                        {"stream": "district_attack", "weight": 0.5}],
        }
    )  # fmt: skip
    nothing = kept_of(np.ones(scenario.n_days))
    return Plan(calibration, scenario, nothing if data is None else data)


def observed_in(plan: Plan, values: dict[str, float], seed: int) -> Kept:
    """Return a run of a plan with known numbers, which stands for data."""
    from lazaretto.studies.calibration.kept import keep

    job = Job(plan.scenario_with(values, plan.calibration.data_until), seed)
    [(_, made)] = list(each_run([job], keep))
    assert isinstance(made, Kept)
    return made


def same(one: Posterior, other: Posterior) -> None:
    """Hold two posteriors against each other, bit for bit."""
    assert np.array_equal(one.values, other.values)
    assert np.array_equal(one.weights, other.weights)
    assert np.array_equal(one.seeds, other.seeds)
    assert one.generations == other.generations


def days_from(first: date, n: int) -> list[date]:
    return [first + timedelta(days=i) for i in range(n)]


TRUE, RUNS, PARTICLES = 3.0, 300, 40


def fitted(tmp_path, runner, plan=None, name="runs.sqlite", runs=RUNS, **more):
    plan = plan or plan_for(tmp_path, data_of(TRUE))
    with Journal(tmp_path / name, runner) as journal:
        return fit(plan, journal, runs, seed=5, particles=PARTICLES, **more)
