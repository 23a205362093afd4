"""A search for policies: it finds a known front, repeats, goes on, and tells all objectives."""

from __future__ import annotations

import json
import math
from datetime import date

import numpy as np
import pandas as pd
import pytest
from json_pages import documented
from own_command import lazaretto
from searched_town import CONDITION, levers_of, one, write_searched

from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies import Interrupted
from lazaretto.studies.choice.levers import read_levers
from lazaretto.studies.choice.pareto import (
    covered,
    hypervolume,
    on_front,
    share_on_front,
    spread_out,
)
from lazaretto.studies.choice.regret import draws_of, regrets
from lazaretto.studies.choice.search import OBJECTIVES, choose
from lazaretto.studies.choice.tables import as_json
from lazaretto.studies.ensembles.ensemble import Failed, each_run
from lazaretto.studies.sensitivities.amounts import AMOUNTS
from lazaretto.studies.sensitivities.amounts_kept import FILE, KeptAmounts

pytest.importorskip("optuna")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_searched(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def scenario(town):
    return Scenario.load(town / "twin.yaml")


# What a search finds


# What a search finds


def stand_in(front_at=2.0):
    """Return four objectives of two levers whose Pareto set is known: see the test."""

    def make(jobs, read):
        for number, job in reversed(list(enumerate(jobs))):
            length = (job.scenario.measures[0].parameters()["to"]
                      - job.scenario.measures[0].parameters()["from"]).days + 1  # fmt: skip
            share = job.scenario.measures[4].parameters()["share"]
            away = 5 * abs(share - 0.5)  # nothing but 0.5 is efficient
            said = dict.fromkeys(AMOUNTS, 0.0)
            said |= {"deaths": (length - 11) ** 2 + away, "sealed_days": length**2 + away,
                     "income": 7.0 + away, "care": away}  # fmt: skip
            yield number, said

    return make


TWO = """
levers:
  - {key: measures.seal.length, kind: whole, low: 1, high: 11, unit: days}
  - {key: measures.food.share, kind: number, low: 0, high: 0.9, step: 0.1, unit: share}
"""


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_a_known_front_is_found(scenario, tmp_path, sampler):
    """Every length is efficient at share 0.5 and nothing else is: eleven points of 110."""
    there, found = levers_of(scenario, tmp_path, TWO)
    made = choose(there, found, KeptAmounts(make=stand_in()), options=400, seeds=1, sampler=sampler)
    assert {option.values for option in made.front} == {(n, 0.5) for n in range(1, 12)}
    assert made.settled
    assert 0 < made.coverage[0][1] < made.coverage[-1][1] < 1
    assert [count for count, _ in made.coverage][:2] == [1, 21]
    deaths = [option.mean("deaths") for option in made.front]
    assert deaths == sorted(deaths)


def test_the_same_seed_gives_the_same_search(scenario, tmp_path):
    there, found = levers_of(scenario, tmp_path, TWO)

    def study(seed):
        made = choose(there, found, KeptAmounts(make=stand_in()), options=30, seeds=2, seed=seed)
        return [(option.number, option.values) for option in made.options], as_json(made)["front"]

    assert study(1) == study(1)
    assert study(1)[0] != study(2)[0]


def test_an_option_that_cannot_be_run_is_told_and_the_search_goes_on(scenario, tmp_path):
    there, found = levers_of(scenario, tmp_path, TWO)
    good = stand_in()

    def make(jobs, read):
        for number, said in good(jobs, read):
            days = (
                jobs[number].scenario.measures[0].parameters()["to"] - date(2022, 3, 6)
            ).days + 1
            yield number, Failed(jobs[number], "out of memory") if days == 7 else said

    made = choose(there, found, KeptAmounts(make=make), options=60, seeds=1)
    assert made.failed
    assert {(values[0], why) for values, why in made.failed} == {(7, "out of memory")}
    assert all(option.values[0] != 7 for option in made.options[1:])
    numbers = [option.number for option in made.options]
    assert len(numbers) + len(made.failed) == 61


def test_dominated_volume_and_regret_by_hand():
    values = np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0], [3.0, 3.0], [2.0, 2.0]])
    assert on_front(values).tolist() == [True, True, True, False, True]
    assert hypervolume(values, np.array([4.0, 4.0])) == 6
    assert hypervolume(values[:1], np.array([4.0, 4.0])) == 3
    assert hypervolume(values, np.array([1.0, 1.0])) == 0
    box = np.array([[0.0, 0.5, 0.5, 0.5], [0.5, 0.0, 0.5, 0.5]])
    assert hypervolume(box, np.ones(4)) == pytest.approx(2 * 0.125 - 0.0625)
    runs = np.stack([values, values[::-1]], axis=1)
    assert share_on_front(runs).tolist() == [1, 0.5, 1, 0.5, 1]
    assert covered(values, [1, 5])[0] < covered(values, [1, 5])[1]
    assert spread_out(values, 2) == [0, 2]
    # Two worlds, three options: the middle one is never best and never far from it.
    worlds = np.array([[[0.0, 10.0], [4.0, 4.0], [10.0, 0.0]],
                       [[0.0, 0.0], [1.0, 1.0], [10.0, 10.0]]])  # fmt: skip
    low, middle, high = regrets([3, 5, 8], ["one", "two"], worlds)
    assert (low.minimax, middle.minimax, high.minimax) == (1, 0.4, 1)
    assert (low.expected, middle.expected, high.expected) == (0.5, pytest.approx(0.25), 1)
    assert middle.most.tolist() == [4, 4]
    weighed, *_ = regrets([3, 5, 8], ["one", "two"], worlds, [3, 1])
    assert weighed.expected == 0.75
    assert (low.dominated, middle.dominated) == ((), (("two", 3),))
    assert [world for world, _ in high.dominated] == ["two"]


def test_draws_are_read_weighted_and_checked(scenario, tmp_path):
    table = pd.DataFrame({"r0": np.arange(1.0, 9.0), "weight": [0, 0, 1, 0, 0, 0, 0, 1]})
    table.to_parquet(tmp_path / "draws.parquet")
    assert [w.draw for w in draws_of(scenario, tmp_path / "draws.parquet", 4)] == [
        {"r0": 3.0}, {"r0": 8.0}]  # fmt: skip
    heavy = pd.DataFrame({"r0": [2.0, 4.0], "weight": [0.14, 0.86]})
    heavy.to_csv(tmp_path / "heavy.csv", index=False)
    assert [(w.draw["r0"], w.weight) for w in draws_of(scenario, tmp_path / "heavy.csv", 2)] == [
        (4.0, 2)]  # fmt: skip
    table[["r0"]].to_csv(tmp_path / "draws.csv", index=False)
    assert [w.draw["r0"] for w in draws_of(scenario, tmp_path / "draws.csv", 2)] == [2, 6]
    table.rename(columns={"r0": "contacts.building.rates"}).to_csv(
        tmp_path / "bad.csv", index=False
    )
    with pytest.raises(ScenarioError, match=r"did you mean contacts\.building\.rate"):
        draws_of(scenario, tmp_path / "bad.csv", 2)
    there, found = levers_of(scenario, tmp_path, TWO)
    pd.DataFrame({"measures.food.share": [0.5]}).to_csv(tmp_path / "clash.csv", index=False)
    with pytest.raises(ScenarioError, match="numbers that no lever sets"):
        choose(there, found, KeptAmounts(make=stand_in()), draws=tmp_path / "clash.csv")


# Real runs of a small town


def test_killed_and_gone_on_with_is_the_same_search(scenario, town, tmp_path):
    there, found = read_levers(scenario, town / "levers.yaml")

    def study(runs):
        return as_json(choose(there, found, runs, options=6, population=3, seeds=1))

    whole = study(KeptAmounts(tmp_path / "whole"))
    answers = iter([False, False, False, True])
    with pytest.raises(Interrupted):
        study(KeptAmounts(tmp_path / "cut", stop=lambda: next(answers, True)))
    kept = len((tmp_path / "cut" / FILE).read_text().splitlines())
    made = []

    def counted(jobs, read):
        made.extend(jobs)
        return each_run(jobs, read)

    assert study(KeptAmounts(tmp_path / "cut", make=counted)) == whole
    assert len(made) + kept == len((tmp_path / "whole" / FILE).read_text().splitlines())


def test_the_command_shows_all_four_whatever_it_is_asked(town, tmp_path):
    pd.DataFrame({"r0": [2.0, 5.0]}).to_csv(tmp_path / "draws.csv", index=False)
    words = ("choose", town / "twin.yaml", "--levers", town / "levers.yaml", "--runs", 3, "--seeds",
             1, "--draws", tmp_path / "draws.csv", "--robust", 2, "--out", tmp_path)  # fmt: skip
    shown = lazaretto(*words, "--json")
    said = json.loads(shown.stdout)
    assert set(said) == documented("choose")
    assert shown.stderr.startswith("at most 10 runs to make")
    assert [each["name"] for each in said["objectives"]] == list(OBJECTIVES)
    assert OBJECTIVES == ("deaths", "sealed_days", "income", "care")
    for option in [said["as_it_is"], *said["front"]]:
        assert set(option["amounts"]) == set(AMOUNTS)
        for name in OBJECTIVES:
            assert not math.isnan(option["amounts"][name]["mean"])
    assert said["worlds"] == ["as configured", "draw 0", "draw 1"]
    assert {each["option"] for each in said["regret"]} >= {0}
    [folder] = tmp_path.glob("choose-twin-banks-*")
    options = pd.read_parquet(folder / "options.parquet")
    assert len(options) == said["tried"] + 1 == 4
    assert (folder / "front.svg").read_text().startswith("<svg")
    front = pd.read_parquet(folder / "front.parquet")
    assert sorted(front["option"]) == sorted(each["option"] for each in said["front"])
    text = lazaretto(*words).stdout
    for said_so in ("deaths", "sealed", "income", "visits", "Not searched: enforcement"):
        assert said_so in " ".join(text.split())
    help_text = lazaretto("choose", "--help").stdout
    assert "--objective" not in help_text


def test_the_command_refuses_enforcement_before_it_runs_anything(town, tmp_path):
    path = tmp_path / "levers.yaml"
    path.write_text(one("behaviour.enforcement"), encoding="utf-8")
    words = ("choose", town / "twin.yaml", "--levers", path, "--out", tmp_path / "new")
    shown = lazaretto(*words, "--set", "behaviour={enforcement: 0.5}", code=2)
    assert CONDITION in shown.stderr
    assert not (tmp_path / "new").exists()
    said = json.loads(lazaretto(*words, "--json", code=2).stdout)
    assert said["ok"] is False
    assert "did you mean nsga2?" in lazaretto(*words, "--sampler", "nsga", code=2).stderr
