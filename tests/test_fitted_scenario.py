"""What a calibration writes: a scenario that runs as its accepted runs did, or ends early."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from calibrations import TRUE, Runner, data_of, fitted, kept_of, plan_for, scenario_in

from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.scenario.draws import drawn
from lazaretto.studies import run_scenario
from lazaretto.studies.calibration import calibrate
from lazaretto.studies.calibration.as_scenario import draws_of, fitted_scenario, middle_of
from lazaretto.studies.calibration.findings import MOVED
from lazaretto.studies.calibration.kept import keep
from lazaretto.studies.calibration.plan import Plan, Prior

for library in ("pyabc", "arviz", "scoringrules"):
    pytest.importorskip(library)


def test_a_calibration_writes_what_can_be_read_and_run(tmp_path):
    import arviz

    plan = plan_for(tmp_path, data_of(TRUE))
    made = calibrate(plan, tmp_path / "out", runs=120, runner=Runner())
    again = calibrate(plan, tmp_path / "out", runs=120, runner=Runner(stop_after=0))
    assert again.found == made.found
    found = json.loads((tmp_path / "out" / "fit-report.json").read_text())
    assert found == json.loads(json.dumps(made.found))
    (r0,) = found["parameters"]
    assert r0["prior_left"] < MOVED
    assert found["few"]  # so few particles say of no number that it was moved
    assert r0["moved"] is None
    assert r0["p05"] < TRUE < r0["p95"]
    scenario = Scenario.load(tmp_path / "out" / "fitted.yaml")
    assert scenario.r0.figure.status == "fitted"
    assert scenario.r0.figure.low < float(scenario.r0) < scenario.r0.figure.high
    assert scenario.place == str((tmp_path / "twin").resolve())
    inference = arviz.from_netcdf(tmp_path / "out" / "inference-data.nc")
    assert inference.posterior["r0"].shape == (1, len(made.posterior.weights))
    assert {"prior", "posterior_predictive", "observed_data"} <= set(inference.groups())
    text = (tmp_path / "out" / "fit-report.md").read_text()
    for said in ("moved by the data", "exponential decline", "sealed person-days"):
        assert said in text
    table = pd.read_parquet(tmp_path / "out" / "predictive.parquet")
    assert len(table) == len(made.posterior.weights) * 30


def test_runs_of_the_fitted_scenario_are_the_accepted_ones(tmp_path):
    plan = plan_for(tmp_path, data_of(TRUE))
    made = calibrate(plan, tmp_path / "out", runs=120, runner=Runner())
    scenario = Scenario.load(tmp_path / "out" / "fitted.yaml")
    known = dict(zip(made.posterior.seeds.tolist(), made.posterior.values[:, 0], strict=True))
    n = len(known)
    runs = [drawn(scenario, seed) for seed in range(n)]
    for run, seed in runs:
        assert float(run.r0) == known[seed]  # to the last bit
        assert run.posterior is None
    taken = Counter(seed for _, seed in runs)
    for seed, weight in zip(made.posterior.seeds, made.posterior.weights, strict=True):
        assert abs(taken[seed] - weight * n) < 1  # one that weighs more is the same run again
    mean = np.mean([float(run.r0) for run, _ in runs])
    assert mean == pytest.approx(made.posterior.weights @ made.posterior.values[:, 0], abs=0.1)


def test_the_fitted_scenario_shows_the_particle_in_the_middle(tmp_path):
    plan = plan_for(tmp_path, data_of(TRUE))
    found = fitted(tmp_path, Runner(), plan)
    scenario = fitted_scenario(plan, found)
    at = middle_of(found)
    assert float(scenario.r0) == pytest.approx(found.values[at, 0], abs=1e-6)
    assert scenario.r0.figure.status == "fitted"
    table = draws_of(plan, found)
    assert table.iloc[1]["r0"] == found.values[at, 0]
    assert table.iloc[1]["seed"] == found.seeds[at]


def test_a_run_with_far_more_reports_ends_and_its_days_before_are_the_same(tmp_path):
    scenario = scenario_in(tmp_path)
    whole = run_scenario(scenario, seed=2).results
    total = keep(whole).total
    many = int(total.cumsum()[-1])
    assert many > 20
    same = run_scenario(scenario, seed=2, most_reported=many).results
    assert "ended_on" not in same.attrs
    assert same.equals(whole)
    ended = run_scenario(scenario, seed=2, most_reported=many // 2).results
    last = int(np.flatnonzero(total.cumsum() > many // 2)[0])
    assert ended.attrs["ended_on"] == str(whole["date"].values[last].astype("datetime64[D]"))
    assert np.array_equal(keep(ended).total[: last + 1], total[: last + 1])
    assert (keep(ended).total[last:] == total[last]).all()
    with pytest.raises(ValueError, match="no run folder"):
        run_scenario(scenario, out=tmp_path, most_reported=5)


def test_a_run_until_a_day_has_the_same_days_before_it(tmp_path):
    scenario = scenario_in(tmp_path)
    whole = keep(run_scenario(scenario, seed=2).results)
    until = scenario.start + timedelta(days=9)
    part = run_scenario(scenario, seed=2, until=until).results
    assert part.attrs["ended_on"] == until.isoformat()
    assert np.array_equal(keep(part).total[:10], whole.total[:10])
    assert (keep(part).total[10:] == whole.total[9]).all()
    assert keep(part).total[:10].any()
    with pytest.raises(ValueError, match="no run folder"):
        run_scenario(scenario, out=tmp_path, until=until)


def test_a_fit_ends_runs_at_five_times_the_reports_of_the_data(tmp_path):
    plan = plan_for(tmp_path, data_of(TRUE))
    assert plan.fit_job({"r0": 2.0}, 1).most_reported == int(5 * 20 * np.expm1(TRUE)) + 1
    runner = Runner()
    made = calibrate(plan, tmp_path / "out", runs=120, runner=runner)
    going_on = [job for job in runner.made if job.scenario.n_days == 30]
    assert {job.most_reported for job in going_on} == {0}
    assert len(going_on) == len(made.posterior.weights)
    assert {job.most_reported for job in runner.made} == {0, plan.fit_job({"r0": 2}, 1)[2]}


def test_where_reports_are_not_all_known_or_not_fitted_no_run_ends_early(tmp_path):
    gaps = np.expm1(np.full(30, TRUE))
    gaps[5] = np.nan
    plan = plan_for(tmp_path, kept_of(gaps))
    assert plan.fit_job({"r0": 2.0}, 1).most_reported == 0
    late = np.where(np.arange(30) < 5, np.nan, np.expm1(TRUE))
    plan = plan_for(tmp_path, kept_of(late))
    assert plan.fit_job({"r0": 2.0}, 1).most_reported == int(5 * 15 * np.expm1(TRUE)) + 1


def test_held_out_days_without_reports_are_refused(tmp_path):
    with pytest.raises(ScenarioError, match="days of which there are reports"):
        plan_for(tmp_path, kept_of(np.where(np.arange(30) < 20, 9.0, np.nan)))
    with pytest.raises(ScenarioError, match="for the baselines"):
        plan_for(tmp_path, kept_of(np.where(np.arange(30) < 17, np.nan, 9.0)))


def test_a_posterior_is_no_prior(tmp_path):
    plan = plan_for(tmp_path, data_of(TRUE))
    made = calibrate(plan, tmp_path / "out", runs=120, runner=Runner())
    again = Scenario.load(made.folder / "fitted.yaml")
    free = plan.calibration.parameters[0].model_copy(update={"prior": Prior()})
    blank = plan.calibration.model_copy(update={"parameters": [free]})
    with pytest.raises(ScenarioError, match="data count once"):
        Plan(blank, again, data_of(TRUE))
    refitted = Plan(plan.calibration, again, data_of(TRUE))
    assert [free.prior for free in refitted.free] == [free.prior for free in plan.free]
