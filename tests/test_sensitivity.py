"""Which numbers matter: Morris and Sobol through the same path as a study of real runs."""

from __future__ import annotations

import json
import math
from contextlib import nullcontext

import numpy as np
import pytest
from json_pages import documented
from own_place import write_place, write_scenario
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.provenance import Figure
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies import Interrupted
from lazaretto.studies.ensembles.ensemble import Failed, each_run
from lazaretto.studies.sensitivities.amounts import AMOUNTS, HUMAN_COST, chosen_amounts
from lazaretto.studies.sensitivities.amounts_kept import FILE, KeptAmounts
from lazaretto.studies.sensitivities.designs import (
    Factor,
    chance_shares,
    design,
    indices_of,
    n_points,
    run_at,
)
from lazaretto.studies.sensitivities.sensitivity import factors_of, scenario_at, sensitivity

pytest.importorskip("SALib")

INPUTS = {"r0": (2.0, 8.0), "contacts.building.rate": (0.25, 1.5), "contacts.compound.rate": (1, 3)}
"""Three numbers of a scenario that stand for x1, x2, x3 of the Ishigami function."""

A, B = 7.0, 0.1
"""The usual constants of the function, doi 10.1109/ISUMA.1990.151285."""

VARIANCE = A**2 / 8 + B * math.pi**4 / 5 + B**2 * math.pi**8 / 18 + 0.5
S1 = np.array([0.5 * (1 + B * math.pi**4 / 5) ** 2, A**2 / 8, 0.0]) / VARIANCE
ST = S1 + np.array([1.0, 0.0, 1.0]) * B**2 * math.pi**8 * (1 / 18 - 1 / 50) / VARIANCE


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin", persons=1_000)
    for name, end in (("twin.yaml", "2022-03-24"), ("short.yaml", "2022-03-16")):
        write_scenario(folder, name, end=end, measures=[
            {"measure": "lockdown", "name": "seal", "tier": "sealed", "areas": ["Northbank"],
             "from": "2022-03-12", "to": "2022-03-22"},
            {"measure": "symptomatic_testing", "name": "clinics", "delay_days": 1,
             "share": {"value": 0.6, "unit": "share", "low": 0.2, "high": 0.9}},
        ])  # fmt: skip
    return folder


def ranged(scenario, inputs):
    """Return a scenario in which some numbers have a range and no others have."""
    figures = dict(scenario.figures())
    return scenario.varied("ranged", {
        key: {"value": (low + high) / 2, "unit": figures[key].unit, "source": "a test",
              "status": "assumed", "low": low, "high": high}
        for key, (low, high) in inputs.items()
    })  # fmt: skip


def ishigami(scenario, seed, noise=0.0):
    """Return the function of the numbers of a scenario, and a seed's own share of chance."""
    figures = dict(scenario.figures())
    x = [math.pi * (2 * (figures[key].value - low) / (high - low) - 1)
         for key, (low, high) in INPUTS.items()]  # fmt: skip
    y = math.sin(x[0]) + A * math.sin(x[1]) ** 2 + B * x[2] ** 4 * math.sin(x[0])
    # As keyed chance has it, the draw is of the seed and the values, not of the order of runs.
    draw = np.random.default_rng([seed, *(np.array(x) * 1e6 + 1e8).astype(int)]).normal()
    return y + noise * draw


def stand_in(noise=0.0):
    def make(jobs, read):
        for number, job in reversed(list(enumerate(jobs))):
            y = ishigami(job.scenario, job.seed, noise)
            yield number, dict.fromkeys(AMOUNTS, y)

    return make


@pytest.fixture(scope="module")
def analytic(town):
    return ranged(Scenario.load(town / "twin.yaml"), INPUTS)


def test_sobol_finds_the_indices_of_ishigami(analytic):
    """Five indices beside the truth, and the one that is zero.

    An estimate from n base samples has the error that its own bootstrap says, z = 5 of it is
    exceeded once in a million (two-sided 5.7e-7). The bootstrap's half width is 1.96 of these.
    """
    found = sensitivity(analytic, KeptAmounts(make=stand_in()), method="sobol", samples=128,
                        seeds=1, vary=list(INPUTS)).indices[0]  # fmt: skip
    assert found.points == n_points("sobol", 3, 128) == 640
    for said, band, truth in ((found.first, found.first_band, S1),
                              (found.second, found.second_band, ST)):  # fmt: skip
        assert (band > 0).all()
        assert (np.abs(said - truth) < 5 * band / 1.96).all(), (said, band, truth)
    assert abs(found.mean - A / 2) < 5 * math.sqrt(VARIANCE / 128)
    assert math.isnan(found.chance), "with one seed nothing is known of chance"
    assert found.second_band.max() < 0.3, "the bands are narrow enough to say something"


def test_morris_orders_ishigami_and_sees_curvature(analytic):
    """On the grid of four levels the effects of x2 and x1 alone can be worked out exactly."""
    found = sensitivity(analytic, KeptAmounts(make=stand_in()), samples=32, seeds=1,
                        vary=list(INPUTS)).indices[0]  # fmt: skip
    # x2 goes from -pi or -pi/3 over two thirds of its range, to pi/3 or pi: A sin^2 changes by
    # +A 3/4 or -A 3/4, so every effect is 3/2 of that in size: mu* is exact, sigma is of two signs.
    assert found.first[1] == pytest.approx(A * 0.75 * 1.5, rel=1e-9)
    assert found.second[1] > 0.9 * found.first[1]
    # x3 acts through x1 and is even: from -pi to pi/3 it changes by B (pi^4 - (pi/3)^4) sin x1.
    size = 1.5 * B * (math.pi**4 - (math.pi / 3) ** 4) * math.sin(math.pi / 3)
    assert 0 < found.first[2] <= size * (1 + 1e-9)


def test_the_share_of_chance_is_found(analytic):
    """Noise of a known variance at every point; the share must be within five standard errors."""
    noise = 2.0
    found = sensitivity(analytic, KeptAmounts(make=stand_in(noise)), method="sobol", samples=32,
                        seeds=4, vary=list(INPUTS)).indices[0]  # fmt: skip
    truth = noise**2 / (noise**2 + VARIANCE)
    # Both variances are known to about sqrt(2 / n): n = 3 x 160 within, 32 independent bases.
    error = truth * (1 - truth) * math.sqrt(2 / 480 + 2 / 32)
    assert abs(found.chance - truth) < 5 * error
    assert abs(found.stirred - truth) < 5 * error, "here no seed does the same everywhere"
    assert chance_shares(np.ones((5, 3))) == (0, 0)
    assert math.isnan(chance_shares(np.ones((5, 1)))[0])
    common = np.arange(5.0)[:, None] + np.array([0.0, 4.0])
    chance, stirred = chance_shares(common)
    assert chance > 0.5, "two seeds four apart at points from 0 to 4"
    assert stirred == pytest.approx(0, abs=1e-12), "and so apart at all of them"


def test_a_design_is_the_same_for_the_same_seed(analytic):
    factors = factors_of(analytic, list(INPUTS))
    for method in ("morris", "sobol"):
        one, again, other = (design(method, factors, 8, seed) for seed in (1, 1, 2))
        assert np.array_equal(one, again)
        assert not np.array_equal(one, other)
        low, high = np.array([(f.low, f.high) for f in factors]).T
        assert ((one >= low) & (one <= high)).all()


def test_points_that_fail_are_told_and_their_blocks_left_out(analytic):
    def make(jobs, read):
        for number, job in enumerate(jobs):
            read = dict.fromkeys(AMOUNTS, ishigami(job.scenario, job.seed))
            yield number, Failed(job, "no bed left") if number == 2 else read

    found = sensitivity(analytic, KeptAmounts(make=make), samples=8, seeds=1, vary=list(INPUTS))
    assert [reason for _, reason in found.failed] == ["no bed left"]
    assert set(found.failed[0][0]) == set(INPUTS)
    assert found.indices[0].points == 7 * 4, "of eight trajectories of four points one is left out"
    assert found.as_json()["failed"][0]["reason"] == "no bed left"

    def never(jobs, read):
        return ((number, Failed(job, "no")) for number, job in enumerate(jobs))

    with pytest.raises(ScenarioError, match="every part failed, first: no"):
        sensitivity(analytic, KeptAmounts(make=never), samples=4, seeds=1, vary=list(INPUTS))


# Real runs of a small town


def test_r0_matters_most_and_a_number_that_does_nothing_not_at_all(town, tmp_path):
    """The seal never comes within these days, so what it leaves of contacts changes nothing."""
    inputs = {"r0": (1.0, 8.0), "contacts.compound.rate": (1.0, 1.4),
              "confinement.residents.sealed.building": (0.0, 0.5)}  # fmt: skip
    scenario = ranged(Scenario.load(town / "twin.yaml", [
        "end=2022-03-16", "measures.seal.from=2022-03-16", "measures.seal.to=2022-03-16",
        "measures.seal.tier=open",
    ]), inputs)  # fmt: skip
    outputs = ["infections", "deaths", "sealed_days"]
    made = sensitivity(scenario, KeptAmounts(tmp_path), vary=list(inputs), outputs=outputs,
                       samples=4, seeds=2)  # fmt: skip
    infections, _, sealed = made.indices
    r0, compound, nothing = infections.first
    assert r0 > 3 * compound > 0
    assert nothing == 0, "with the same seeds what changes nothing is zero, not nearly zero"
    assert infections.second[2] == infections.first_band[2] == 0
    assert 0 < infections.chance < 1
    assert sealed.first.tolist() == [0, 0, 0], "an output that never varies has no index"


def test_interrupted_and_gone_on_with_is_the_same_as_never_interrupted(town, tmp_path):
    scenario = ranged(Scenario.load(town / "short.yaml"), {"r0": (2.0, 8.0)})

    def study(runs):
        return sensitivity(scenario, runs, vary=["r0"], samples=3, seeds=1).as_json()

    whole = study(KeptAmounts(tmp_path / "whole"))
    asked = iter([False, True])
    with pytest.raises(Interrupted, match="the runs made, 2"):
        study(KeptAmounts(tmp_path / "cut", stop=lambda: next(asked, True)))
    with (tmp_path / "cut" / FILE).open("a") as file:
        file.write('{"run": "of a process that was ki')
    made = []

    def counted(jobs, read):
        made.extend(jobs)
        return each_run(jobs, read)

    said = []
    assert study(KeptAmounts(tmp_path / "cut", make=counted, announce=said.append)) == whole
    distinct = len((tmp_path / "whole" / FILE).read_text().splitlines())
    assert len(made) == distinct - 2, "what was made is not made again"
    assert said[0].startswith("6 runs to make, about")
    assert study(KeptAmounts(tmp_path / "cut", make=counted)) == whole
    assert len(made) == distinct - 2


@pytest.mark.parametrize("high", [1, 2, 3, 4, 5])
def test_elementary_effects_of_whole_numbers_are_over_the_whole_range(high):
    """An output of 10 shares of the range has mu* 10 whatever rounding does to the steps."""

    def of(name, top, whole):
        return Factor(name, Figure(0, "", "", "assumed", 0, top), whole)

    factors = [of("n", high, True), of("x", 1, False)]
    points = design("morris", factors, 20)
    at = run_at(factors, points)
    output = 10 * at[:, 0] / high + 3 * at[:, 1]
    found = indices_of("infections", "morris", factors, points, output[:, None])
    assert found.first == pytest.approx([10, 3])
    assert found.second == pytest.approx([0, 0], abs=1e-9)


def test_sobol_draws_whole_numbers_alike():
    factors = [Factor("n", Figure(0, "", "", "assumed", 0, 3), True)] * 2
    at = run_at(factors, design("sobol", factors, 256))
    counts = np.bincount(at[:, 0].astype(int), minlength=4)
    assert counts.min() > 0.8 * counts.max()


def test_whole_numbers_stay_whole(town):
    scenario = Scenario.load(town / "twin.yaml", [
        "measures.clinics.delay_days={value: 2, unit: days, low: 1, high: 4}",
        "measures.seal={measure: quarantine, name: seal, days: {value: 7, low: 3, high: 14}}",
    ])  # fmt: skip
    factors = factors_of(scenario, ["measures.clinics.delay_days", "measures.seal.days"])
    assert [each.whole for each in factors] == [False, True]
    there = scenario_at(scenario, factors, np.array([1.5, 9.6]))
    assert [dict(there.figures())[f.key].value for f in factors] == [1.5, 10]
    assert dict(there.figures())["measures.seal.days"].high == 14, "unit and range stay"


def test_what_may_not_be_varied_is_refused(town):
    scenario = Scenario.load(town / "twin.yaml", ["behaviour={}"])
    keys = [f.key for f in factors_of(scenario)]
    assert "r0" not in keys or dict(scenario.figures())["r0"].status != "measured"
    assert "measures.clinics.share" in keys
    assert any(key.startswith("behaviour.fatigue") for key in keys)
    assert not any("enforc" in key or "delet" in key for key in keys)
    off = Scenario.load(town / "twin.yaml", ["behaviour={fatigue: {active: false}}"])
    assert not any(f.key.startswith("behaviour.fatigue") for f in factors_of(off))
    with pytest.raises(ScenarioError) as told:
        factors_of(scenario, ["behaviour.enforcement", "place", "rO"])
    said = str(told.value)
    assert said.startswith("3 problems")
    assert "conditions of the society under study, not levers" in said
    with pytest.raises(ScenarioError, match="a power of 2 for sobol"):
        sensitivity(
            scenario, KeptAmounts(), method="sobol", samples=6, vary=["measures.clinics.share"]
        )


# The command


def lazaretto(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def test_the_command_states_the_cost_and_shows_the_human_cost(town, tmp_path):
    words = ("sensitivity", town / "short.yaml", "--vary", "measures.clinics.share", "--samples", 2,
             "--seeds", 1, "--out", tmp_path, "--outputs", "reported")  # fmt: skip
    shown = lazaretto(*words, "--json")
    said = json.loads(shown.stdout)
    assert set(said) == documented("sensitivity")
    assert shown.stderr.startswith("4 runs to make, how long is told after the first one")
    assert [each["output"] for each in said["outputs"]] == ["reported", *HUMAN_COST]
    [folder] = tmp_path.glob("sensitivity-twin-banks-morris-*")
    assert json.loads((folder / "sensitivity.json").read_text())["outputs"] == said["outputs"]
    assert (folder / "sensitivity.svg").read_text().startswith("<svg")
    again = lazaretto(*words)
    assert "days sealed" in again.stdout
    assert "measures.clinics.share" in again.stdout


def test_time_is_told_by_the_mean_of_earlier_runs(town, tmp_path):
    """A wave takes twenty times as long as others, and a median does not see it."""
    scenario = Scenario.load(town / "twin.yaml")
    like = f"{scenario.place} {scenario.n_days}"
    amounts = dict.fromkeys(AMOUNTS, 1.0)
    lines = [{"run": str(i), "like": like, "seconds": s, "amounts": amounts}
             for i, s in enumerate([5, 5, 5, 105])]  # fmt: skip
    (tmp_path / FILE).write_text("".join(json.dumps(line) + "\n" for line in lines))
    told = []
    KeptAmounts(tmp_path, announce=told.append).cost(scenario, 60)
    assert told[0].startswith("60 runs to make, about 30 min by earlier runs here")


def test_the_command_stops_when_asked_and_says_how_to_go_on(town, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "lazaretto.commands.sensitivity.stop_asked", lambda: nullcontext(lambda: True)
    )
    words = ("sensitivity", town / "short.yaml", "--vary", "measures.clinics.share", "--samples", 2,
             "--seeds", 1, "--workers", 1, "--out", tmp_path)  # fmt: skip
    shown = lazaretto(*words, code=130)
    assert "Stopped. The same command goes on with the runs made, 1." in shown.stderr
    assert len((tmp_path / FILE).read_text().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == [FILE], "nothing half-written"


def test_the_command_refuses_all_that_is_wrong_at_once(town, tmp_path):
    shown = lazaretto("sensitivity", town / "short.yaml", "--method", "moris", "--outputs",
                      "deths,infections", "--out", tmp_path / "new", code=2)  # fmt: skip
    assert "2 problems" in shown.stderr
    assert "did you mean deaths?" in shown.stderr
    assert "did you mean morris?" in shown.stderr
    assert not (tmp_path / "new").exists()
    names, problems = chosen_amounts([])
    assert (names, problems) == (["infections", *HUMAN_COST], [])
