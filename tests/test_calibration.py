"""Calibration: that it is right, what it must not see, where it resumes, and its command.

The stand-in for a run has a closed posterior, so that what the algorithm gives is compared with it.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from calibrations import (
    NOISE,
    PARTICLES,
    RUNS,
    TRUE,
    WRITTEN,
    Runner,
    data_of,
    fitted,
    observed_in,
    plan_for,
    same,
    scenario_in,
    small_city,
)
from json_pages import documented
from scipy import stats
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.scenario import ScenarioError
from lazaretto.studies.calibration import fit as fitting
from lazaretto.studies.calibration.fit import fit
from lazaretto.studies.calibration.journal import Journal
from lazaretto.studies.calibration.predict import quantiles

for library in ("pyabc", "arviz", "scoringrules"):
    pytest.importorskip(library)


# -- the algorithm --------------------------------------------------------------------------------


def test_the_posterior_is_the_closed_one(tmp_path):
    """r0 given ln(1 + reports) = 3 with a normal error of 0.3 and a flat prior is normal(3, 0.3).

    The tolerance of the last generation adds its own spread, at most half of it; the mean of 20
    and more effective draws is within 5 standard errors (false alarm about 1e-6).
    """
    found = fitted(tmp_path, Runner())
    mean = found.weights @ found.values[:, 0]
    deviation = np.sqrt(found.weights @ (found.values[:, 0] - mean) ** 2)
    assert found.effective > 20
    assert abs(mean - TRUE) < 5 * 1.2 * NOISE / np.sqrt(found.effective)
    assert 0.6 * NOISE < deviation < 1.5 * NOISE
    assert found.runs <= RUNS
    assert len(found.generations) >= 3


@pytest.mark.slow
def test_the_same_call_gives_the_same_posterior_and_another_seed_another(tmp_path):
    one = fitted(tmp_path, Runner(), name="a")
    np.random.default_rng(1)  # a stranger's use of chance in between changes nothing
    same(one, fitted(tmp_path, Runner(), name="b"))
    plan = plan_for(tmp_path, data_of(TRUE))
    with Journal(tmp_path / "c", Runner()) as journal:
        assert not np.array_equal(one.values, fit(plan, journal, RUNS, 6, None, PARTICLES).values)


def test_an_interrupted_fit_goes_on_and_makes_no_run_twice(tmp_path):
    whole = Runner()
    expected = fitted(tmp_path, whole, name="whole")
    addresses = []
    for stop_after in (1, 39, 60, None):
        runner = Runner(stop_after)
        if stop_after is None:
            same(fitted(tmp_path, runner, name="parts"), expected)
        else:
            with pytest.raises(KeyboardInterrupt):
                fitted(tmp_path, runner, name="parts")
        addresses += [(job.seed, float(job.scenario.r0)) for job in runner.made]
    assert len(addresses) == len(set(addresses))
    # What was in flight at an interruption is all that may differ.
    assert set(addresses) == {(job.seed, float(job.scenario.r0)) for job in whole.made}


@pytest.mark.slow
def test_the_number_of_cores_has_no_say(tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "cores", lambda: 1)
    one = fitted(tmp_path, Runner(), name="one")
    monkeypatch.setattr(fitting, "cores", lambda: 37)
    same(one, fitted(tmp_path, Runner(), name="many"))


@pytest.mark.slow
def test_held_out_days_have_no_say(tmp_path):
    levels = np.full(30, TRUE)
    seen = fitted(tmp_path, Runner(), plan_for(tmp_path, data_of(levels)), name="a")
    levels[20:] = 9.0
    other = fitted(tmp_path, Runner(), plan_for(tmp_path, data_of(levels)), name="b")
    same(seen, other)
    levels[19] = 9.0  # the last day that it does see
    moved = fitted(tmp_path, Runner(), plan_for(tmp_path, data_of(levels)), name="c")
    assert not np.array_equal(seen.values, moved.values)


def test_fit_runs_end_with_the_data(tmp_path):
    runner = Runner()
    plan = plan_for(tmp_path, data_of(TRUE))
    fitted(tmp_path, runner, plan)
    assert {job.scenario.end for job in runner.made} == {plan.calibration.data_until}


def test_too_few_runs_are_refused(tmp_path):
    with pytest.raises(ScenarioError, match="160 or more"):
        fitted(tmp_path, Runner(), runs=159)


# -- the command ----------------------------------------------------------------------------------


def command(*arguments):
    from typer.testing import CliRunner

    from lazaretto.cli import app

    return CliRunner().invoke(app, ["calibrate", *arguments])


def calibration_file(tmp_path, **changes):
    import yaml

    scenario_in(tmp_path, end="2022-03-30")
    days = pd.date_range("2022-03-01", periods=30).strftime("%Y-%m-%d")
    reported = np.round(np.expm1(TRUE + np.zeros(30)))
    pd.DataFrame({"date": days, "reported": reported}).to_csv(tmp_path / "own.csv", index=False)
    path = tmp_path / "fit.yaml"
    path.write_text(yaml.safe_dump(WRITTEN | {"data": "own.csv"} | changes))
    return str(path)


def test_the_command_fits_own_data_and_says_so_to_machines(tmp_path, monkeypatch):
    from lazaretto.studies.ensembles import ensemble

    monkeypatch.setattr(ensemble, "each_run", Runner())
    where = tmp_path / "out"
    done = command(calibration_file(tmp_path), "--runs", "120", "--out", str(where), "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert set(found) == documented("calibrate")
    assert found["parameters"][0]["p05"] < TRUE < found["parameters"][0]["p95"]
    assert "at most 120 runs of 20 days" in done.stderr
    assert (where / "fit.svg").read_text().startswith("<svg")
    monkeypatch.setattr(ensemble, "each_run", Runner(stop_after=0))
    assert json.loads(command(calibration_file(tmp_path), "--runs", "120", "--out", str(where),
                              "--json").stdout) == found  # fmt: skip
    stopped = command(calibration_file(tmp_path), "--runs", "120", "--seed", "9", "--out",
                      str(where))  # fmt: skip
    assert stopped.exit_code == 130
    assert "goes on" in stopped.stderr


def test_the_command_tells_problems_and_writes_nothing(tmp_path):
    where = tmp_path / "out"
    done = command("shanghai-2023", "--out", str(where), "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["problems"][0]["advice"] == "did you mean shanghai-2022?"
    done = command(calibration_file(tmp_path), "--sample", "--out", str(where))
    assert done.exit_code == 2
    assert "add sample:" in done.stderr
    assert not where.exists()


def test_a_prior_that_reaches_where_no_scenario_can_be_is_refused_before_any_run(tmp_path):
    share = {"name": "share", "keys": ["measures.1.share"], "prior": {"low": 0.1, "high": 3.0}}
    path = calibration_file(tmp_path, parameters=[share])
    done = command(path, "--out", str(tmp_path / "out"), "--json")
    assert done.exit_code == 2
    [problem] = json.loads(done.stdout)["problems"]
    assert problem["key"].endswith("prior.high")
    assert problem["value"] == "3"
    assert "share from 0 to 1" in problem["allowed"]
    assert not (tmp_path / "out").exists()


# -- a real city ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_known_numbers_of_a_small_city_are_found_again(tmp_path):
    """Both true numbers lie in the 99 % band, and r0 is known better than before.

    One data set, seed fixed: nothing here is left to chance.
    """
    blank = small_city(tmp_path)
    truth = {"r0": 5.0, "tested": 0.6}
    data = observed_in(blank, truth, 77)
    plan = small_city(tmp_path, data)
    with Journal(tmp_path / "runs.sqlite") as journal:
        found = fit(plan, journal, 100, particles=25)
    low, high = quantiles(found.values, found.weights, (0.005, 0.995))
    assert (low <= list(truth.values())).all()
    assert (high >= list(truth.values())).all()
    left = np.sqrt(found.weights @ (found.values - found.weights @ found.values) ** 2)
    assert left[0] < 0.75 * stats.uniform(2, 6).std()


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ((), {"workers": 0}),
        (("--workers", "1"), {"workers": 1}),
        (("--workers", "2", "--cluster", "tcp://here"), {"cluster": "tcp://here"}),
    ],
)
def test_processes_are_those_asked_for(tmp_path, monkeypatch, words, given):
    """What makes runs is told how many processes there are, or which cluster."""
    asked = []

    def stopped(*_, runner, **__):
        asked.append(runner.keywords)
        raise KeyboardInterrupt

    monkeypatch.setattr("lazaretto.studies.calibration.calibrate", stopped)
    command = ["calibrate", "shanghai-2022", "--out", str(tmp_path / "fit"), *words]
    assert CliRunner().invoke(app, command).exit_code == 130
    assert asked == [given]
