"""A fit in waves: its likelihood, its emulator, and that what it concludes is right."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from calibrations import (
    NOISE,
    Runner,
    data_of,
    observed_in,
    plan_for,
    same,
    small_city,
)
from scipy import integrate, stats

from lazaretto.scenario import ScenarioError
from lazaretto.studies.calibration import load_plan, waves
from lazaretto.studies.calibration.as_scenario import draws_of
from lazaretto.studies.calibration.beginnings import gone_on_with
from lazaretto.studies.calibration.emulator import Emulator
from lazaretto.studies.calibration.journal import Journal
from lazaretto.studies.calibration.misfit import COUNT_ERROR, WORTH, Misfit
from lazaretto.studies.calibration.predict import quantiles
from lazaretto.studies.calibration.priors import Priors
from lazaretto.studies.calibration.proposed import Proposed
from lazaretto.studies.calibration.streams import Compared
from lazaretto.studies.calibration.waves import fit_in_waves

for library in ("sklearn", "arviz"):
    pytest.importorskip(library)

TRUE, RUNS, PARTICLES = 3.0, 80, 40


@pytest.fixture
def few_waves(monkeypatch):
    """Two waves and few points: enough to see that all is in its place."""
    monkeypatch.setattr(waves, "WAVES", 2)
    monkeypatch.setattr(waves, "BELIEVED", 1_000)


def fitted(tmp_path, runner, plan=None, name="runs.sqlite", runs=RUNS, seed=5, n=PARTICLES):
    plan = plan or plan_for(tmp_path, data_of(TRUE))
    with Journal(tmp_path / name, runner) as journal:
        return fit_in_waves(plan, journal, runs, seed=seed, particles=n)


# -- the likelihood -------------------------------------------------------------------------------


def test_the_likelihood_is_the_integral_over_errors_of_any_size(tmp_path):
    """Gaussian misses, times a scaled inverse chi-squared prior of 2 observations on the variance.

    The stream covers ten days, so its ten numbers are worth one observation together.
    """
    plan = plan_for(tmp_path, data_of(TRUE))
    misfit = Misfit(plan, Compared(plan))
    [(where, worth, _)] = misfit.streams
    assert (where.size, worth) == (10, 1)
    assert (misfit.error == COUNT_ERROR).all()

    def integrated(square):
        def density(variance):
            error = variance ** (-worth / 2) * np.exp(-worth * square / 2 / variance)
            return error * stats.invgamma(WORTH / 2, scale=WORTH / 2).pdf(variance)

        return integrate.quad(density, 0, np.inf, epsabs=0)[0]

    misses = np.array([0.0, 0.5, 1.0, 3.0, 20.0])
    found = misfit.log_likelihood(np.repeat(misses[:, None], 10, axis=1))
    wanted = np.log([integrated(miss**2) for miss in misses])
    assert found - found[0] == pytest.approx(wanted - wanted[0], abs=1e-6)


def test_what_is_uncertain_counts_as_missed_by_as_much(tmp_path):
    plan = plan_for(tmp_path, data_of(TRUE))
    misfit = Misfit(plan, Compared(plan))
    none, ones = np.zeros((1, 10)), np.ones((1, 10))
    assert misfit.log_likelihood(none, ones) == misfit.log_likelihood(ones)


def test_days_of_the_shipped_fit_count_by_fortnights():
    plan = load_plan("shanghai-2022")
    worth = [worth for _, worth, _ in Misfit(plan, Compared(plan)).streams]
    names = [stream.stream for stream in plan.calibration.streams]
    assert dict(zip(names, worth, strict=True)) == {
        "reported": 4, "found_in_quarantine": 4, "district_attack": 4, "addresses_again": 1,
        "sealed": 2, "deaths": 1,
    }  # fmt: skip


# -- the emulator ---------------------------------------------------------------------------------


def test_the_emulator_knows_a_function_and_how_little_it_knows_of_it():
    """Twelve numbers of three free ones, with noise: errors are as large as it says.

    Standardised errors at 500 new points have a root mean square between 0.7 and 1.5, and are a
    tenth of the spread of the numbers.
    """
    chance = np.random.default_rng(3)
    unit, new = chance.random((300, 3)), chance.random((500, 3))

    def numbers(at):
        peaks = np.sin(3 * at[:, :1] * np.linspace(0.5, 2, 12)) * 4 + 6 * at[:, 1:2]
        return peaks + (at[:, 2:] - 0.5) ** 2 * np.linspace(-5, 5, 12)

    noise = 0.2
    taught = numbers(unit) + noise * chance.standard_normal((300, 12))
    emulator = Emulator(unit, taught, -np.abs(taught).sum(axis=1), np.ones(12))
    mean, variance = emulator.misses(new)
    truth = numbers(new)
    assert np.sqrt(((mean - truth) ** 2).mean()) < 0.1 * truth.std()
    seen = truth + noise * chance.standard_normal(truth.shape)
    assert 0.7 < np.sqrt(((mean - seen) ** 2 / variance).mean()) < 1.5


def test_shares_of_a_prior_go_there_and_back():
    priors = Priors(load_plan("shanghai-2022").free)
    below = np.random.default_rng(1).random((50, len(priors.deviations())))
    assert priors.share_below(priors.at_share(below)) == pytest.approx(below)


# -- the posterior --------------------------------------------------------------------------------


BEGINNINGS = {"number": 4, "until": "2022-03-14"}


@pytest.mark.parametrize(
    "changes",
    [{}, pytest.param({"beginnings": BEGINNINGS}, marks=pytest.mark.slow)],
    ids=["one", "of four"],
)
def test_the_posterior_is_the_closed_one(tmp_path, changes):
    """r0 given ln(1 + reports) = 3: the error of a run, normal(0, 0.3), and that of the likelihood.

    The latter is a t distribution, (1 + (d / 0.2)^2 / 2)^-1.5. Distance of distribution functions,
    of all weighted draws, below the Kolmogorov limit of as many as they are worth (1e-6). That a
    run is chosen among four by its first days, which here tell all of its error, changes nothing.
    """
    plan = plan_for(tmp_path, data_of(TRUE), **changes)
    found = fitted(tmp_path, Runner(), plan, runs=500, n=500)
    at = np.linspace(1, 5, 2_001)
    step = np.linspace(-4, 4, 2_001)
    kernel = (1 + (step / COUNT_ERROR) ** 2 / WORTH) ** (-(1 + WORTH) / 2)
    density = [(kernel * stats.norm(0, NOISE).pdf(TRUE - r0 - step)).sum() for r0 in at]
    closed = np.cumsum(density) / np.sum(density)
    order = np.argsort(found.values[:, 0])
    steps = np.cumsum(found.weights[order])
    expected = np.interp(found.values[order, 0], at, closed)
    away = max(
        np.abs(steps - expected).max(), np.abs(steps - found.weights[order] - expected).max()
    )
    assert found.effective > 50
    assert away < stats.kstwo.isf(1e-6, int(found.effective))
    assert found.generations[-1]["tail"] < 0.7
    # The proposals were worth it: each wave is nearer to the data than draws from the prior.
    misfits = [wave["threshold"] for wave in found.generations]
    assert max(misfits[1:]) < misfits[0] / 2


@pytest.mark.usefixtures("few_waves")
def test_the_same_call_gives_the_same_posterior_and_another_seed_another(tmp_path):
    one = fitted(tmp_path, Runner(), name="a")
    same(one, fitted(tmp_path, Runner(), name="b"))
    other = fitted(tmp_path, Runner(), name="c", seed=6)
    assert not np.array_equal(one.values, other.values)


@pytest.mark.slow
def test_choosing_a_beginning_makes_the_runs_worth_more(tmp_path):
    """Here the first days tell all of the chance of a run, and chance is larger than the error."""
    one = fitted(tmp_path, Runner(), runs=200, n=200, name="one")
    plan = plan_for(tmp_path, data_of(TRUE), beginnings=BEGINNINGS | {"number": 12})
    chosen = fitted(tmp_path, Runner(), plan, runs=200, n=200, name="chosen")
    print(f"{one.effective:.0f} effective draws, {chosen.effective:.0f} of chosen beginnings")
    assert chosen.effective > 1.2 * one.effective


@pytest.mark.slow
def test_a_beginning_goes_on_as_often_as_it_fits_and_weights_make_up_for_it(tmp_path):
    """Over an even grid of what decides, exactly: shares are p, and weighted means plain means."""
    plan = plan_for(tmp_path, data_of(TRUE), beginnings=BEGINNINGS)
    with Journal(tmp_path / "runs.sqlite", Runner()) as journal:
        made = Proposed(plan, journal, 100, 1, None)
        misfit = Misfit(plan, made.compared)
        [key] = {tuple(map(float, row)) for row in Priors(plan.free).at_share(np.array([[0.6]]))}
        seeds = {key: range(11, 15)}
        numbers = [found for _, found in sorted(made.begin(seeds, ""), key=lambda pair: pair[0])]
        fits = misfit.of_first_days(misfit.misses(numbers), date(2022, 3, 14))
        p = np.exp(fits) / np.exp(fits).sum()
        each = [gone_on_with(made, misfit, seeds, np.array([at]), "")
                for at in (np.arange(2_000) + 0.5) / 2_000]  # fmt: skip
    chosen = np.array([found[key] for found, _ in each])
    added = np.exp([float(log[0]) for _, log in each])
    shares = np.array([(chosen == seed).mean() for seed in seeds[key]])
    assert p.max() > 2 * p.min()
    assert shares == pytest.approx(p, abs=1e-3)
    worth = dict(zip(seeds[key], np.random.default_rng(1).random(4), strict=True))
    weighted = np.mean(added * [worth[seed] for seed in chosen])
    assert weighted == pytest.approx(np.mean(list(worth.values())), rel=5e-3)


def test_beginnings_without_a_report_are_refused(tmp_path):
    levels = np.where(np.arange(30) < 15, np.nan, TRUE)
    with pytest.raises(ScenarioError) as refused:
        plan_for(tmp_path, data_of(levels), beginnings=BEGINNINGS)
    assert "2022-03-16, the first day with reports" in str(refused.value)


@pytest.mark.usefixtures("few_waves")
def test_beginnings_end_early_and_those_that_go_on_are_among_them(tmp_path):
    runner, plan = Runner(), plan_for(tmp_path, data_of(TRUE), beginnings=BEGINNINGS)
    fitted(tmp_path, runner, plan)
    of_prior = round(waves.FIRST * RUNS)
    begun = {(job.seed, float(job.scenario.r0)) for job in runner.made if job.until}
    whole = [(job.seed, float(job.scenario.r0)) for job in runner.made if not job.until]
    assert {job.until for job in runner.made} == {None, date(2022, 3, 14)}
    assert len(begun) == 4 * (RUNS - of_prior)
    assert len(whole) == RUNS
    assert len(begun & set(whole)) == RUNS - of_prior


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"beginnings": BEGINNINGS | {"until": "2022-03-10"}}, "beginnings.until"),
        ({"beginnings": BEGINNINGS | {"until": "2022-03-20"}}, "beginnings.until"),
        ({"beginnings": BEGINNINGS, "streams": [{"stream": "deaths"}]}, "beginnings"),
    ],
)
def test_beginnings_that_tell_nothing_are_refused(tmp_path, changes, problem):
    with pytest.raises(ScenarioError) as refused:
        plan_for(tmp_path, data_of(TRUE), **changes)
    assert problem in {each.key for each in refused.value.problems}


@pytest.mark.usefixtures("few_waves")
def test_its_draws_have_equal_weight_and_are_runs_that_were_made(tmp_path):
    runner, plan = Runner(), plan_for(tmp_path, data_of(TRUE))
    found = fitted(tmp_path, runner, plan)
    table = draws_of(plan, found)
    assert len(table) == found.draws == PARTICLES
    assert np.allclose(table["r0"].mean(), found.weights @ found.values[:, 0])
    made = {(round(float(job.scenario.r0), 9), job.seed) for job in runner.made}
    first = table.drop_duplicates("r0")
    assert {(round(r0, 9), seed) for r0, seed in first[["r0", "seed"]].to_numpy()} <= made


@pytest.mark.usefixtures("few_waves")
def test_an_interrupted_fit_goes_on_and_makes_no_run_twice(tmp_path):
    """Neither a whole run nor the beginning of one."""
    plan = plan_for(tmp_path, data_of(TRUE), beginnings=BEGINNINGS)
    whole = Runner()
    expected = fitted(tmp_path, whole, plan, name="whole")
    addresses = []
    for stop_after in (1, 30, 100, None):
        runner = Runner(stop_after)
        if stop_after is None:
            same(fitted(tmp_path, runner, plan, name="parts"), expected)
        else:
            with pytest.raises(KeyboardInterrupt):
                fitted(tmp_path, runner, plan, name="parts")
        addresses += [(job.seed, float(job.scenario.r0), job.until) for job in runner.made]
    assert len(addresses) == len(set(addresses))
    assert set(addresses) == {(job.seed, float(job.scenario.r0), job.until) for job in whole.made}


@pytest.mark.usefixtures("few_waves")
def test_held_out_days_have_no_say(tmp_path):
    levels = np.full(30, TRUE)
    seen = fitted(tmp_path, Runner(), plan_for(tmp_path, data_of(levels)), name="a")
    levels[20:] = 9.0
    same(seen, fitted(tmp_path, Runner(), plan_for(tmp_path, data_of(levels)), name="b"))
    levels[19] = 9.0  # the last day that it does see
    moved = fitted(tmp_path, Runner(), plan_for(tmp_path, data_of(levels)), name="c")
    assert not np.array_equal(seen.values, moved.values)


@pytest.mark.usefixtures("few_waves")
def test_fit_runs_end_with_the_data(tmp_path):
    runner = Runner()
    fitted(tmp_path, runner)
    assert {job.scenario.end for job in runner.made} == {date(2022, 3, 20)}


def test_too_few_runs_are_refused(tmp_path):
    with pytest.raises(ScenarioError, match="20 or more"):
        fitted(tmp_path, Runner(), runs=19)


@pytest.mark.usefixtures("few_waves")
def test_known_numbers_of_a_small_city_are_found_again(tmp_path):
    """Both true numbers lie in the 99 % band, and r0 is known better than before."""
    truth = {"r0": 5.0, "tested": 0.6}
    plan = small_city(tmp_path, observed_in(small_city(tmp_path), truth, 77))
    with Journal(tmp_path / "runs.sqlite") as journal:
        found = fit_in_waves(plan, journal, 80, particles=40)
    low, high = quantiles(found.values, found.weights, (0.005, 0.995))
    assert (low <= list(truth.values())).all()
    assert (high >= list(truth.values())).all()
    left = np.sqrt(found.weights @ (found.values - found.weights @ found.values) ** 2)
    print(f"{left[0]:.2f} of {stats.uniform(2, 6).std():.2f}")
    assert left[0] < 0.75 * stats.uniform(2, 6).std()
