"""Calibration: what it accepts, what it must not see, where it resumes, and that it is right.

The stand-in for a run has a closed posterior, so that what the algorithm gives is compared with it.
"""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from calibrations import (
    NOISE,
    WRITTEN,
    Runner,
    data_of,
    kept_of,
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
from lazaretto.people import read_area
from lazaretto.people.travel import balanced, gravity
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.scenario.draws import AGAIN, drawn
from lazaretto.studies import run_scenario
from lazaretto.studies.calibration import calibrate, load_plan
from lazaretto.studies.calibration import fit as fitting
from lazaretto.studies.calibration.as_scenario import draws_of, fitted_scenario, middle_of
from lazaretto.studies.calibration.carried import A_RUN, MEMORY, carried_on
from lazaretto.studies.calibration.findings import MOVED
from lazaretto.studies.calibration.fit import fit
from lazaretto.studies.calibration.journal import Journal
from lazaretto.studies.calibration.kept import keep, own_data, reported_data
from lazaretto.studies.calibration.plan import Plan, Prior
from lazaretto.studies.calibration.predict import quantiles
from lazaretto.studies.calibration.sampled import at_sample
from lazaretto.studies.calibration.scores import (
    POINTS,
    coverage,
    decline,
    held_out_scores,
    persistence,
    score,
)
from lazaretto.studies.calibration.streams import Compared, numbers_of

for library in ("pyabc", "arviz", "scoringrules"):
    pytest.importorskip(library)

TRUE, RUNS, PARTICLES = 3.0, 300, 40


def fitted(tmp_path, runner, plan=None, name="runs.sqlite", runs=RUNS, **more):
    plan = plan or plan_for(tmp_path, data_of(TRUE))
    with Journal(tmp_path / name, runner) as journal:
        return fit(plan, journal, runs, seed=5, particles=PARTICLES, **more)


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


# -- the folder -----------------------------------------------------------------------------------


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
        assert float(run.r0) == known[seed % AGAIN]  # to the last bit
        assert seed >= AGAIN or run.posterior is None
    assert len({seed for _, seed in runs}) == n  # a particle taken again has another seed
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


# -- what is compared -----------------------------------------------------------------------------


def test_addresses_are_compared_only_where_the_later_day_was_seen():
    plan = load_plan("shanghai-2022")
    labels = [label for label in Compared(plan).observed if label.startswith("addresses")]
    assert "addresses_again 2022-04-05 after 21 days" in labels  # 26 April
    assert "addresses_again 2022-04-10 after 14 days" in labels
    assert "addresses_again 2022-04-10 after 21 days" not in labels  # 1 May is held out


def test_no_number_of_the_shipped_fit_is_of_may():
    plan = load_plan("shanghai-2022")
    blank = plan.data.day(date(2022, 5, 1))
    changed = plan.data._replace(
        **{
            name: np.concatenate([getattr(plan.data, name)[..., :blank],
                                  0 * getattr(plan.data, name)[..., blank:] + 7], axis=-1)
            for name in ("reported", "total", "deaths", "found", "found_in_quarantine", "sealed")
        }
    )  # fmt: skip
    other = Plan(plan.calibration, plan.whole, changed)
    assert Compared(other).observed == Compared(plan).observed


def test_data_and_runs_are_read_alike_at_any_scale():
    whole = reported_data("shanghai", date(2022, 2, 20), date(2022, 5, 31))
    plan = load_plan("shanghai-2022")
    tenth = whole._replace(
        **{name: getattr(whole, name) / 10 for name in
           ("residents", "reported", "total", "deaths", "sealed")}
    )  # fmt: skip
    for stream in plan.calibration.streams:
        of_data = numbers_of(whole, stream, plan.calibration.data_until, 0.1)
        of_run = numbers_of(tenth, stream, plan.calibration.data_until)
        assert list(of_data.values()) == pytest.approx(list(of_run.values()), nan_ok=True)


def test_a_share_of_nothing_is_nothing(tmp_path):
    data = data_of(TRUE)._replace(found=np.full(30, 10.0), found_in_quarantine=np.full(30, 4.0))
    streams = [{"stream": "found_in_quarantine", "dates": ["2022-03-10"]}]
    compared = Compared(plan_for(tmp_path, data, streams=streams))
    assert compared.observed == {"found_in_quarantine 2022-03-10": 0.4}
    assert compared.of_run(kept_of(np.zeros(30))) == {"found_in_quarantine 2022-03-10": 0.0}


def test_own_data_are_read_by_date_and_strange_columns_refused(tmp_path):
    file = tmp_path / "cases.csv"
    days = date(2022, 3, 1), date(2022, 3, 4)
    file.write_text("date,reported,deaths\n2022-03-03,5,\n2022-03-02,4,1\n")
    found = own_data(file, *days)
    assert np.array_equal(found.total, [np.nan, 4, 5, np.nan], equal_nan=True)
    assert np.array_equal(found.deaths, [np.nan, 1, np.nan, np.nan], equal_nan=True)
    file.write_text("date,cases\n2022-03-03,5\n")
    with pytest.raises(ScenarioError, match="reported"):
        own_data(file, *days)
    file.write_text("date,reported\n2022-03-03,5\n2022-03-03,4\n2022-03-04,-1\n4 March,x\n")
    with pytest.raises(ScenarioError) as wrong:
        own_data(file, *days)
    assert [problem.value.split(":")[0] for problem in wrong.value.problems] == [
        "cases.csv, row 3, date", "cases.csv, row 4, reported", "cases.csv, row 5, date",
    ]  # fmt: skip


def test_every_problem_of_a_calibration_is_told_at_once(tmp_path):
    wrong = {
        "held_out": {"from": "2022-03-15", "to": "2022-03-30"},
        "parameters": [
            {"name": "r0", "keys": ["r0"]},
            {"name": "r0", "keys": ["rO"], "prior": {"low": 1, "high": 2}},
            {"name": "force", "keys": ["behaviour.enforcement"], "prior": {"low": 0, "high": 1}},
            {"name": "share", "keys": ["measures.1.share"], "prior": {"low": 0.5, "high": 0.1}},
        ],
        "streams": [{"stream": "reported", "to": "2022-03-25"}],
    }
    with pytest.raises(ScenarioError) as caught:
        plan_for(tmp_path, data_of(TRUE), **wrong)
    said = str(caught.value)
    for word in ("held_out", "each name once", "no range for it", "a number of the scenario",
                 "no study searches", "low below high", "streams.0"):  # fmt: skip
        assert word in said


# -- the sample of the place ----------------------------------------------------------------------


def test_in_a_sample_counts_shrink_and_shares_stay():
    whole = Scenario.load("shanghai-2022")
    small = at_sample(whole, "shanghai-tenth", 0.1)
    assert float(small.r0) == float(whole.r0)
    brought = {s: sum(e.count * len(list(e.dates())) for e in s.seeding) for s in (whole, small)}
    assert brought[whole] == 92
    assert brought[small] == 10
    amounts = [[float(o.amount) for o in r.opened] for r in whole.resources]
    for before, stock in zip(amounts, small.resources, strict=True):
        assert [float(o.amount) for o in stock.opened] == [round(x / 10) for x in before]
    assert small.measures == whole.measures
    with pytest.raises(ScenarioError, match="nation"):
        at_sample(Scenario.load("china-exit-2022"), "china", 0.1)


def test_a_tenth_of_shanghai_has_a_tenth_of_every_district():
    whole, tenth = read_area("shanghai"), read_area("shanghai-tenth")
    assert tenth.districts == whole.districts
    assert tenth.n_persons == round(whole.n_persons / 10)
    assert np.abs(tenth.persons - whole.persons / 10).max() <= 1
    assert np.abs(tenth.family_households * 10 / whole.family_households - 1).max() < 1e-3
    assert tenth.n_subdistricts == 22
    assert whole.n_subdistricts == 216


def test_people_of_the_tenth_travel_between_districts_as_all_do():
    mixing = []
    for name, parts in (("shanghai", None), ("shanghai-tenth", np.ones(16, np.int64))):
        area = read_area(name)
        residents = area.persons.sum(axis=1).astype(np.float64)
        if parts is None:
            from lazaretto.people.census import subdistricts_by_residents

            parts = subdistricts_by_residents(residents, area.n_subdistricts)
        share = gravity(area, residents, parts, leave_own_part=True)
        mixing.append(balanced(share, residents.astype(np.int64)))
    assert np.abs(mixing[0] - mixing[1]).max() < 0.002


# -- scores ---------------------------------------------------------------------------------------


def test_crps_is_that_of_the_definition_with_weights():
    rng = np.random.default_rng(3)
    members, weights = rng.gamma(2, 9, (40, 5)), rng.dirichlet(np.ones(40))
    real = rng.gamma(2, 9, 5)
    expected = [
        weights @ np.abs(x - y) - weights @ np.abs(x[:, None] - x) @ weights / 2
        for x, y in zip(members.T, real, strict=True)
    ]
    assert score("x", members, weights, real).crps == pytest.approx(np.mean(expected))


def test_wis_is_that_of_the_quantiles():
    """WIS over the 23 levels is twice the mean quantile score (Bracher et al. 2021)."""
    from lazaretto.studies.calibration.scores import LEVELS

    rng = np.random.default_rng(4)
    members, weights, real = rng.gamma(3, 9, (60, 4)), np.full(60, 1 / 60), rng.gamma(3, 9, 4)
    found = quantiles(members, weights, LEVELS)
    level = np.array(LEVELS)[:, None]
    pinball = np.where(real < found, (1 - level) * (found - real), level * (real - found))
    expected = 2 * pinball.sum(axis=0) / len(LEVELS)
    assert score("x", members, weights, real).wis == pytest.approx(expected.mean())


def test_baselines_go_on_with_what_they_are_fitted_to():
    series = np.expm1(8 - 0.1 * np.arange(30))
    for baseline in (persistence, decline):
        middle = np.median(baseline(series, 10), axis=0)
        assert middle == pytest.approx(np.expm1(8 - 0.1 * (29 + np.arange(1, 11))))
    noisy = series * np.exp(0.1 * np.random.default_rng(1).standard_normal(30))
    for baseline in (persistence, decline):
        spread = np.log1p(baseline(noisy, 10)).std(axis=0)
        assert (np.diff(spread) > 0).all()
        assert baseline(noisy, 10).shape == (POINTS, 10)


def test_an_error_that_is_carried_on_starts_where_the_data_ended_and_fades():
    days, known = 40, 20
    run = np.full((3, days), 100.0)
    run[1] *= 2
    data = np.full(known, 150.0)
    members, weights = carried_on(run, np.array([0.5, 0.25, 0.25]), data)
    assert members.shape == (3 * A_RUN, days - known)
    assert weights.sum() == pytest.approx(1)
    middle = members.reshape(3, A_RUN, -1)[:, A_RUN // 2]
    assert middle[0] == pytest.approx(middle[2])
    left = np.exp(-np.arange(2, 22) / MEMORY)  # from the middle of the last three days
    assert np.log1p(middle[0]) == pytest.approx(np.log(101) + np.log(151 / 101) * left)
    assert np.log1p(middle[1]) == pytest.approx(np.log(201) + np.log(151 / 201) * left)
    width = np.ptp(np.log1p(members.reshape(3, A_RUN, -1)), axis=1)
    assert (np.diff(width, axis=1) > 0).all()
    later, _ = carried_on(run, np.array([0.5, 0.25, 0.25]), data, gap=5)
    assert np.array_equal(later, members[:, 5:])


def test_carried_errors_of_such_a_process_are_in_their_bands():
    """Data are a run times an Ornstein-Uhlenbeck error of 0.2: 90 % bands hold 90 % of the days.

    Each of 200 sets of days has one error a day after a week; independent sets, so the share of
    days in the band has a standard deviation of at most 2.1 %; five of them (false alarm 1e-6).
    """
    rng, known, ahead = np.random.default_rng(5), 56, 7
    inside = []
    for _ in range(200):
        error = [0.2 * rng.standard_normal()]
        keep = np.exp(-1 / MEMORY)
        for _ in range(known + ahead - 1):
            error.append(keep * error[-1] + 0.2 * np.sqrt(1 - keep**2) * rng.standard_normal())
        run = np.full((1, known + ahead), 1e5)
        data = 1e5 * np.exp(error)
        members, weights = carried_on(run, np.ones(1), data[:known])
        inside.append(coverage(members, weights, data[known:], 0.9))
    print(f"{np.mean(inside):.1%} of the days in the 90 % band")
    assert abs(np.mean(inside) - 0.9) < 5 * 0.021


def test_the_better_prediction_wins():
    series = np.expm1(8 - 0.1 * np.arange(40))
    sure = np.tile(series[30:], (50, 1)) * np.linspace(0.99, 1.01, 50)[:, None]
    noisy = series[:30] * np.exp(0.2 * np.random.default_rng(2).standard_normal(30))
    scored = held_out_scores(sure, np.full(50, 0.02), noisy, series[30:])
    assert min(scored, key=lambda each: each.wis).name == "fitted model"
    scored = held_out_scores(sure * 5, np.full(50, 0.02), noisy, series[30:])
    assert max(scored, key=lambda each: each.wis).name == "fitted model"


def test_weighted_quantiles_are_those_of_repeated_values():
    rng = np.random.default_rng(7)
    values, times = rng.normal(size=30), rng.integers(1, 5, 30)
    weights = times / times.sum()
    median = quantiles(values, weights, (0.5,))[0]
    assert median == pytest.approx(np.median(np.repeat(values, times)), abs=0.15)
    assert quantiles(values, np.full(30, 1 / 30), (0.0, 1.0)) == pytest.approx(
        [values.min(), values.max()]
    )


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
