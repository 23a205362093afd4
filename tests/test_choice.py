"""A search for policies: what it may never touch, that it finds a known front, that it repeats."""

from __future__ import annotations

import json
import math
from datetime import date

import numpy as np
import pandas as pd
import pytest
from json_pages import documented
from own_place import write_place, write_scenario
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.measures import known_measures
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies import Interrupted
from lazaretto.studies.choice.levers import own_values, read_levers, shipped_levers, with_values
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
from lazaretto.studies.levers import CONDITION_KEYS
from lazaretto.studies.sensitivities.amounts import AMOUNTS
from lazaretto.studies.sensitivities.amounts_kept import FILE, KeptAmounts

pytest.importorskip("optuna")

CONDITION = "conditions of the society under study, not levers"

RAIDS = '''
from lazaretto.measures import Measure


class Raids(Measure):
    """Does nothing; what a user of bad intent would write."""

    zeal: float = 0.0
    arrest_rate: float = 0.0

    def order(self, today, places, orders):
        pass
'''

LEVERS = """
levers:
  - {key: measures.seal.from, kind: shift, low: -4, high: 4, unit: days}
  - {key: measures.seal.length, kind: whole, low: 1, high: 11, unit: days}
  - {key: measures.seal.tier, kind: choice, choices: [open, controlled, sealed], unit: tier}
  - {key: measures.clinics.share, kind: number, low: 0, high: 0.9, step: 0.1, unit: share}
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin", persons=1_000)
    (folder / "raids.py").write_text(RAIDS, encoding="utf-8")
    (folder / "levers.yaml").write_text(LEVERS, encoding="utf-8")
    measures = [
        {"measure": "lockdown", "name": "seal", "tier": "sealed", "areas": ["Northbank"],
         "from": "2022-03-06", "to": "2022-03-16"},
        {"measure": "symptomatic_testing", "name": "clinics", "share": 0.3, "delay_days": 1},
        {"measure": "raids.py:Raids", "name": "rounds"},
        {"measure": "isolation", "beds": ["hall"]},
    ]  # fmt: skip
    stocks = [{"name": "hall", "unit": "beds", "opened": [{"amount": 50}]}]
    write_scenario(folder, end="2022-03-18", measures=measures, resources=stocks)
    return folder


@pytest.fixture(scope="module")
def scenario(town):
    return Scenario.load(town / "twin.yaml")


def levers_of(scenario, tmp_path, text):
    path = tmp_path / "levers.yaml"
    path.write_text(text, encoding="utf-8")
    return read_levers(scenario, path)


def refused(scenario, tmp_path, text):
    with pytest.raises(ScenarioError) as told:
        levers_of(scenario, tmp_path, text)
    return str(told.value)


def one(key, rest="kind: number, low: 0, high: 1, unit: share"):
    return f"levers: [{{key: {json.dumps(key)}, {rest}}}]"


# What may never be searched


SPELLED = (
    "behaviour.enforcement", " behaviour.enforcement ", "behaviour . enforcement", "behaviour",
    "Behaviour.Enforcement", "BEHAVIOUR.ENFORCEMENT.value", "behaviour.enforcement.value",
    "behaviour.messages.deletion", "behaviour.messages", "behaviour.messages.deleted_share",
    "measures.seal.enforcement", "measures.0.enforcement", "measures.rounds.arrest_rate",
    "measures.2.arrest_rate", "measures.raids.py:Raids.arrest_rate",
    "resources.police.opened.0.amount",
    "measures.seal.tier=1,behaviour.enforcement", "measures.censorship.share",
    *(f"behaviour.messages.{key}" for key in sorted(CONDITION_KEYS)),
)  # fmt: skip


@pytest.mark.parametrize("key", SPELLED)
def test_a_condition_is_refused_in_every_spelling(scenario, tmp_path, key):
    assert CONDITION in refused(scenario, tmp_path, one(key))
    assert CONDITION in refused(scenario, tmp_path, one(["measures.clinics.share", key]))


def test_a_condition_is_refused_behind_an_anchor_a_merge_and_a_tag(scenario, tmp_path):
    for text in (
        "levers:\n  - {key: &k behaviour.enforcement, kind: number, low: 0, high: 1, unit: share}\n"
        "  - {key: *k, kind: number, low: 0, high: 1, unit: share}\n",
        "levers:\n  - &a {key: behaviour.messages.deletion, kind: number, low: 0, high: 1, "
        "unit: share}\n  - {<<: *a, unit: share}\n",
        'levers: [{key: "behaviour.\\x65nforcement", kind: number, low: 0, high: 1, unit: share}]',
        "levers: [{key: !!str behaviour.enforcement, kind: number, low: 0, high: 1, unit: share}]",
    ):
        assert CONDITION in refused(scenario, tmp_path, text)
    assert "--levers" in refused(scenario, tmp_path, "levers: !!python/name:os.system []")


def test_a_condition_cannot_come_in_with_what_is_added_or_as_a_choice(scenario, tmp_path):
    good = one("measures.clinics.share")
    for added in ("food_delivery:enforcement=1", "food_delivery:share=1,arrest_rate=2",
                  "censor:share=1", "food_delivery:name=enforcement"):  # fmt: skip
        assert CONDITION in refused(scenario, tmp_path, f"with: ['{added}']\n{good}")
    for added in ("lockdown:tier=3", "raids.py:Raids", "zones:rule=7+7"):
        said = refused(scenario, tmp_path, f"with: ['{added}']\n{good}")
        assert "support, care, testing, tracing or vaccination" in said
    for choice in ("{enforcement: 1}", "'{enforcement: 1}'", "'sealed, enforcement: 1'", "enforced",
                   "[[a], [b]]", "null"):  # fmt: skip
        text = one("measures.seal.tier", f"kind: choice, unit: tier, choices: [open, {choice}]")
        assert "each a word, a number" in refused(scenario, tmp_path, text)


def test_what_is_on_no_list_is_refused_whatever_it_is(scenario, tmp_path):
    for key in ("r0", "measures", "measures.seal", "measures.seal.measure", "measures.seal.name",
                "measures.rounds.zeal", "seeding.0.infections_per_day", "place", "disease", "end",
                "measures.seal.when.on", "confinement.residents.sealed.building", "nation",
                "behaviour.trust.effect", "measures.clinics.labs", "resources.hall", "aim.value",
                "measures.nobody.share", "measures.clinics.background",
                "measures.clinics.specificity", "resources.hall.opened.7.amount",
                "contacts.own_subdistrict",
                "vaccination.doses.0.share", "", "."):  # fmt: skip
        said = refused(scenario, tmp_path, one(key))
        assert said.startswith("1 problem"), key


def test_every_parameter_of_every_measure_is_either_free_lighter_or_refused(town, tmp_path):
    """Nothing of the measures that confine gets through as free; names of conditions never do."""
    from lazaretto.studies.choice.guard import target_of
    from lazaretto.studies.levers import LIGHTER, WITHOUT_CONFINING

    class Entry:
        name = None

    for word, kind in known_measures().items():
        entry = Entry()
        entry.measure = word
        lone = type("Lone", (), {"measures": [entry], "vaccination": None, "resources": []})()
        for field in kind.model_fields:
            alias = kind.model_fields[field].alias or field
            target = target_of(lone, [None], f"measures.0.{alias}")
            if hasattr(target, "confines"):
                assert target.confines == (word not in WITHOUT_CONFINING), (word, alias)
                assert not target.confines or alias in LIGHTER[word]


def test_confinement_may_only_become_lighter(scenario, tmp_path):
    soft = Scenario.load(scenario.folder / "twin.yaml", [
        "measures.seal.tier=controlled", "measures.rounds={measure: close_schools, factor: 0.5, "
        "name: rounds}", "measures.3={measure: quarantine, days: 7, beds: [hall], name: hotel}",
    ])  # fmt: skip
    lighter = "a search may only make confinement lighter"
    for key, rest in (
        ("measures.seal.tier", "kind: choice, choices: [open, sealed], unit: tier"),
        ("measures.seal.tier", "kind: whole, low: 1, high: 3, unit: tier"),
        ("measures.seal.length", "kind: whole, low: 1, high: 12, unit: days"),
        ("measures.seal.to", "kind: date, low: 2022-03-10, high: 2022-03-17, unit: date"),
        ("measures.seal.areas", "kind: choice, unit: districts, choices: [[Northbank], all]"),
        (
            "measures.seal.areas",
            "kind: choice, unit: districts, choices: [[Northbank], [Northbank, Southbank]]",
        ),
        ("measures.rounds.factor", "kind: number, low: 0.4, high: 1, unit: share"),
        ("measures.hotel.days", "kind: whole, low: 3, high: 8, unit: days"),
        ("measures.hotel.beds", "kind: choice, unit: stock, choices: [[], [elsewhere]]"),
    ):
        assert lighter in refused(soft, tmp_path, one(key, rest)), key
    _, found = levers_of(
        soft,
        tmp_path,
        """
levers:
  - {key: measures.seal.tier, kind: choice, choices: [open, controlled], unit: tier}
  - {key: measures.rounds.factor, kind: number, low: 0.5, high: 1, unit: share}
  - {key: measures.hotel.days, kind: whole, low: 3, high: 7, unit: days}
  - {key: measures.clinics.share, kind: number, low: 0, high: 1, unit: share}
""",
    )
    assert [len(each.values) for each in found] == [2, 21, 5, 21]


def test_a_lockdown_that_is_moved_stays_as_long(scenario, town):
    there, found = read_levers(scenario, town / "levers.yaml")
    moved = with_values(there, found[:1], [-4])
    assert [moved.measures[0].parameters()[key] for key in ("from", "to")] == [
        date(2022, 3, 2), date(2022, 3, 12)]  # fmt: skip
    short = with_values(there, found[:2], [4, 2])
    assert [short.measures[0].parameters()[key] for key in ("from", "to")] == [
        date(2022, 3, 10), date(2022, 3, 11)]  # fmt: skip
    assert own_values(there, found) == [0, 11, "sealed", 0.3]
    assert short.measures[1:] == scenario.measures[1:]


def test_all_that_is_wrong_is_said_at_once(scenario, tmp_path):
    said = refused(
        scenario,
        tmp_path,
        """
levers:
  - {key: measures.seal.length, kind: whole, low: 1, high: 5, unit: weeks}
  - {key: measures.clinics.share, kind: number, low: 0.5, high: 0.5, unit: share}
  - {key: measures.seal.from, kind: number, low: 1, high: 5, unit: date}
  - {key: measures.clinics.delay_days, kind: choice, choices: [1], unit: days}
""",
    )
    assert said.startswith("4 problems")
    twice = one(["measures.clinics.share", "measures.1.share"])
    assert "each key once" in refused(scenario, tmp_path, twice)
    assert "at most 1: " not in refused(scenario, tmp_path, one("measures.clinics.share",
                                        "kind: number, low: 0, high: 3, unit: share"))  # fmt: skip
    with pytest.raises(ScenarioError, match="some come with chongming-example, shanghai-2022"):
        read_levers(scenario)


@pytest.mark.parametrize("name", ["chongming-example", "shanghai-2022"])
def test_the_levers_that_come_along_are_allowed(name):
    there, found = read_levers(Scenario.load(name))
    assert name in shipped_levers()
    own = own_values(there, found)
    assert own.count(None) == 0, "the scenario as it is can be searched from"
    assert all(lever.unit for lever in found)
    kinds = {there.measures[t.entry].measure for lever in found for t in lever.targets
             if t.section == "measures"}  # fmt: skip
    assert {"lockdown", "screening", "food_delivery", "income_support"} <= kinds


# What a search finds


def stand_in(front_at=2.0):
    """Return four objectives of two levers whose Pareto set is known: see the test."""

    def make(jobs, read):
        for number, job in reversed(list(enumerate(jobs))):
            length = (job.scenario.measures[0].parameters()["to"]
                      - job.scenario.measures[0].parameters()["from"]).days + 1  # fmt: skip
            share = job.scenario.measures[1].parameters()["share"]
            away = 5 * abs(share - 0.5)  # nothing but 0.5 is efficient
            said = dict.fromkeys(AMOUNTS, 0.0)
            said |= {"deaths": (length - 11) ** 2 + away, "sealed_days": length**2 + away,
                     "income": 7.0 + away, "care": away}  # fmt: skip
            yield number, said

    return make


TWO = """
levers:
  - {key: measures.seal.length, kind: whole, low: 1, high: 11, unit: days}
  - {key: measures.clinics.share, kind: number, low: 0, high: 0.9, step: 0.1, unit: share}
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
    pd.DataFrame({"measures.clinics.share": [0.5]}).to_csv(tmp_path / "clash.csv", index=False)
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


def lazaretto(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


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
    folder = tmp_path / "choose-twin-banks"
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
