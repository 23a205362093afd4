"""A scenario with a posterior: each run takes one draw, whatever was set by hand stays as set."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
import yaml
from own_place import write_place, write_scenario

from lazaretto.outcomes.aims import chance
from lazaretto.outcomes.alike import draws_in, effective_runs
from lazaretto.report.statements import limits
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.scenario.draws import LAP, draw_of, drawn
from lazaretto.studies import run_scenario
from lazaretto.studies.comparable import check_comparable
from lazaretto.studies.ensembles.ensemble import Job, each_run

DRAWS = "seed,r0,left\n11,2.5,0.4\n12,3,0.5\n13,3.5,0.6\n"
NUMBERS = [
    {"name": "r0", "value": 3, "keys": ["r0"]},
    {"name": "left", "value": 0.5, "keys": ["measures.apart.factor"]},
]
MEASURES = [
    {"measure": "reduce_contacts", "name": "apart", "from": "2022-03-05", "layers": ["community"],
     "factor": 0.5}
]  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("posterior")
    write_place(folder / "twin")
    (folder / "draws.csv").write_text(DRAWS)
    posterior = {"draws": "draws.csv", "fitted": NUMBERS}
    write_scenario(folder, r0=3, measures=MEASURES, posterior=posterior)
    return folder


def loaded(town, *overrides):
    return Scenario.load(town / "twin.yaml", list(overrides))


def factor(scenario):
    return scenario.measures[0].parameters()["factor"]


def test_run_number_n_takes_draw_n_with_its_seed(town):
    scenario = loaded(town)
    for seed, r0, left, own in ((0, 2.5, 0.4, 11), (1, 3, 0.5, 12), (2, 3.5, 0.6, 13)):
        run, engine = drawn(scenario, seed)
        assert (float(run.r0), factor(run), engine) == (r0, left, own)
        assert run.posterior is None
    run, engine = drawn(scenario, 4)
    assert (float(run.r0), engine) == (3, 12 + LAP)


def drawn_numbers(scenario):
    """Return the keys that each run draws."""
    return [key for number in scenario.posterior.fitted for key in number.keys]


def test_what_was_set_by_hand_is_not_drawn(town):
    scenario = loaded(town, "r0=6")
    assert drawn_numbers(scenario) == ["measures.apart.factor"]
    assert [float(drawn(scenario, seed)[0].r0) for seed in range(3)] == [6, 6, 6]
    assert [factor(drawn(scenario, seed)[0]) for seed in range(3)] == [0.4, 0.5, 0.6]
    without = loaded(town, "measures=[]")
    assert drawn_numbers(without) == ["r0"]
    assert float(drawn(without, 0)[0].r0) == 2.5
    assert drawn(loaded(town, "posterior=null"), 7)[1] == 7


def test_a_number_set_to_its_fitted_value_is_set(town):
    assert [float(drawn(loaded(town, "r0=3"), seed)[0].r0) for seed in range(3)] == [3, 3, 3]
    resolved = Scenario.from_mapping(loaded(town).resolved(), ["r0.value=3"])
    assert drawn_numbers(resolved) == ["measures.apart.factor"]


def test_a_policy_that_sets_or_lacks_a_fitted_number_is_comparable(town):
    scenario = loaded(town)
    other = scenario.less_restricted("other", changed={"measures.apart.factor": 0.5})
    assert [factor(drawn(other, seed)[0]) for seed in range(3)] == [0.5, 0.5, 0.5]
    by_number = scenario.less_restricted("other", changed={"measures.0.factor": 0.9})
    lacking = scenario.less_restricted("lacking", without=["apart"])
    for policy in (by_number, lacking):
        assert drawn_numbers(policy) == ["r0"]
        check_comparable(scenario, policy)
    varied = scenario.varied("said", {"r0": 3.3})
    assert drawn_numbers(varied) == ["measures.apart.factor"]


def test_past_the_last_draw_none_has_the_seed_of_another(town):
    scenario = loaded(town)
    assert len({draw_of(scenario.posterior, town, seed)[1] for seed in range(3_000)}) == 3_000


def test_a_draw_that_weighs_more_is_the_same_run_again_and_the_report_says_so(town):
    (town / "again.csv").write_text("seed,r0,left\n11,2.5,0.4\n12,3,0.5\n11,2.5,0.4\n")
    twice = loaded(town, "posterior.draws=again.csv")
    runs = run_scenario(twice, seed=0, replicates=3).results
    xr.testing.assert_equal(squeezed(runs.isel(replicate=0)), squeezed(runs.isel(replicate=2)))
    said = "The 3 runs are of 2 draws, as good as 2 independent ones"
    assert [line for line in limits(runs, 2, False) if said in line]
    assert effective_runs(runs) == pytest.approx(9 / 5)
    own = run_scenario(loaded(town), seed=0, replicates=3).results
    assert effective_runs(own) == 3
    assert not [line for line in limits(own, 2, False) if "independent ones" in line]


def test_draws_of_one_seed_with_other_numbers_are_other_runs(town):
    (town / "one-seed.csv").write_text("seed,r0,left\n11,2.5,0.4\n11,3,0.5\n11,3.5,0.6\n")
    scenario = loaded(town, "posterior.draws=one-seed.csv")
    assert draws_in(run_scenario(scenario, seed=0, replicates=3).results) == [1, 1, 1]


def test_past_the_last_draw_it_is_the_same_draw_still(town):
    assert draws_in(run_scenario(loaded(town), seed=0, replicates=4).results) == [2, 1, 1]


def test_where_nothing_is_left_to_draw_the_report_speaks_of_chance_alone(town):
    runs = run_scenario(loaded(town, "r0=3", "measures=[]"), seed=0, replicates=3).results
    said = limits(runs, 2, False)
    assert [line for line in said if "chance does between runs of the same parameters" in line]
    assert not [line for line in said if "draw of the fitted numbers" in line]


def test_a_draw_taken_more_than_once_makes_no_conclusion_surer():
    happened = np.array([True] * 15 + [False] * 5)
    alone, repeated = chance(happened), chance(happened, effective=10.0)
    assert repeated.share == alone.share
    assert repeated.low < alone.low
    assert repeated.high > alone.high
    assert alone.sure
    assert chance(happened[:10], effective=10.0) == chance(happened[:10])


def test_results_say_what_was_drawn(town, tmp_path):
    runs = run_scenario(loaded(town), seed=0, replicates=3).results
    assert runs["drawn"].sel(number="r0").values.tolist() == [2.5, 3, 3.5]
    assert runs["engine_seed"].values.tolist() == [11, 12, 13]
    assert "drawn" not in run_scenario(loaded(town, "posterior=null")).results
    kept = run_scenario(loaded(town), seed=2, out=tmp_path)
    again = Scenario.load(kept.folder.path / "scenario.yaml", {"place": str(town / "twin")})
    xr.testing.assert_equal(run_scenario(again, seed=2).results, kept.results)


def test_a_run_is_the_run_of_its_draw(town):
    """Replicates, an ensemble, and each draw written out by hand give the same bits."""
    scenario = loaded(town)
    together = run_scenario(scenario, seed=0, replicates=3).results
    jobs = [Job(scenario, seed) for seed in range(3)]
    one_by_one = dict(each_run(jobs, whole))
    for seed in range(3):
        by_hand, own = drawn(scenario, seed)
        alone = run_scenario(by_hand, seed=own).results
        for runs in (together.isel(replicate=seed), one_by_one[seed]):
            xr.testing.assert_equal(squeezed(runs), squeezed(alone))


NAMES = ["replicate", "seed", "drawn", "engine_seed", "number"]


def whole(results):
    return results


def squeezed(results):
    return results.squeeze(drop=True).drop_vars(NAMES, errors="ignore")


def test_a_posterior_with_one_draw_that_says_nothing_new_changes_nothing(town):
    (town / "same.csv").write_text("seed,r0\n1,3\n1,3\n")
    same = {"draws": "same.csv", "fitted": NUMBERS[:1]}
    written = yaml.safe_load((town / "twin.yaml").read_text()) | {"posterior": same}
    (town / "same.yaml").write_text(yaml.safe_dump(written))
    null = run_scenario(Scenario.load(town / "same.yaml"), seed=1).results
    bare = run_scenario(loaded(town, "posterior=null"), seed=1).results
    xr.testing.assert_equal(squeezed(null), squeezed(bare))


def test_other_draws_are_another_run(town, tmp_path):
    scenario = loaded(town)
    first = run_scenario(scenario, seed=1, out=tmp_path)
    assert run_scenario(scenario, seed=1, out=tmp_path).found
    (town / "draws.csv").write_text(DRAWS + "14,2.8,0.5\n")
    try:
        again = run_scenario(scenario, seed=1, out=tmp_path)
    finally:
        (town / "draws.csv").write_text(DRAWS)
    assert not again.found
    xr.testing.assert_equal(first.results, again.results)  # draw 1 is the same


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed,r0,left\n-1,3,0.5\n", "below 0"),
        ("seed,r0\n1,3\n", "left missing"),
        ("seed,r0,left\n", "no draws"),
        ("seed,r0,left\n1,three,0.5\n", "could not convert"),
        ("seed,r0,left\n1,nan,0.5\n", "not finite"),
        ("seed,r0,left\n1.5,3,0.5\n", "invalid literal"),
        ("seed,r0,left\n1,3\n", "correct it"),
        ("", "missing"),
    ],
)
def test_draws_that_cannot_be_read_say_why(town, text, said):
    (town / "wrong.csv").write_text(text)
    with pytest.raises(ScenarioError, match=said):
        drawn(loaded(town, "posterior.draws=wrong.csv"), 1)


def test_a_wrong_posterior_is_refused_when_it_is_read(town):
    with pytest.raises(ScenarioError, match=r"3\.1, and 3 at r0"):
        loaded(town, "posterior.fitted.0.value=3.1")
    with pytest.raises(ScenarioError, match=r"seedng\.0\.typo"):
        loaded(town, "posterior.fitted.0.keys=[seedng.0.typo]")
    with pytest.raises(ScenarioError, match="each key once"):
        loaded(town, "posterior.fitted.1.keys=[r0]")
    with pytest.raises(ScenarioError, match=r"nowhere\.csv"):
        drawn(loaded(town, "posterior.draws=nowhere.csv"), 1)
    (town / "far.csv").write_text("seed,r0,left\n1,300,0.5\n")
    with pytest.raises(ScenarioError, match="r0"):
        drawn(loaded(town, "posterior.draws=far.csv"), 0)
