"""A policy beside a less restrictive one: what is compared, said and refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from costed_runs import many_runs
from own_place import write_place, write_scenario
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.measures import known_measures
from lazaretto.measures.isolation import Holding
from lazaretto.outcomes.aims import Aim, chance
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.scenario.behaviour import Behaviour
from lazaretto.scenario.reading import fields_of
from lazaretto.studies import Interrupted
from lazaretto.studies.compare import compare
from lazaretto.studies.conclusions import (
    conclusions,
    deaths_of_missed_care,
    findings,
    judged_by,
    kept,
    verdict,
)
from lazaretto.studies.contrast import contrasts
from lazaretto.studies.flips import flips, ranges
from lazaretto.studies.levers import (
    CONDITION_WORDS,
    LIGHTER,
    WITHOUT_CONFINING,
    is_condition,
    levers,
)
from lazaretto.studies.pairs import (
    How,
    aim_of,
    differences,
    finished_less_restrictive,
    own_less_restrictive,
    pair_of,
)
from lazaretto.studies.structures import (
    SWITCHES,
    configured,
    other_law,
    structures,
    with_behaviour,
)

MEASURES = [
    {"measure": "lockdown", "name": "seal", "tier": "sealed", "areas": ["Northbank"],
     "from": "2022-03-08", "to": "2022-03-16"},
    {"measure": "symptomatic_testing", "share": 0.6, "delay_days": 1},
]  # fmt: skip
AIM = {"kind": "containment", "value": 40}
LESS = {"name": "No seal", "without": ["seal"]}


@pytest.fixture(autouse=True)
def _width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin", persons=1_500)
    write(folder)
    write(folder, "bare.yaml", aim=None, less_restrictive=None)
    less = Scenario.load(folder / "bare.yaml", ["name=open", "measures=[]"]).resolved()
    (folder / "open.yaml").write_text(yaml.safe_dump(less), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """One folder for all tests: what one has run another finds."""
    return tmp_path_factory.mktemp("runs")


def write(folder, name="twin.yaml", **changes):
    own = {"end": "2022-03-20", "measures": MEASURES, "aim": AIM, "less_restrictive": LESS}
    return write_scenario(folder, name, **(own | changes))


def lazaretto(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def compare_json(scenario, runs, *words):
    shown = lazaretto("compare", scenario, "--out", runs, "--no-report", "--json", *words)
    return json.loads(shown.stdout)


def refused(scenario, *words):
    return lazaretto("compare", scenario, "--no-report", *words, code=2).stderr


# What a scenario says


def test_a_scenario_names_its_aim_and_the_less_restrictive_policy(town):
    scenario = Scenario.load(town / "twin.yaml")
    less = scenario.next_less_restrictive()
    assert (less.name, less.title) == ("twin-banks-no-seal", "Twin Banks: No seal")
    assert [entry.measure for entry in less.measures] == ["symptomatic_testing"]
    assert less.less_restrictive is None
    assert (less.folder, less.aim) == (scenario.folder, scenario.aim)
    assert Scenario.from_mapping(scenario.resolved()) == scenario
    assert aim_of(scenario) == Aim("containment", scenario.end, 40)
    few = Scenario.load(town / "twin.yaml", ["aim.most_infected=0.02"])
    assert aim_of(few) == Aim("containment", scenario.end, 40, 0.02)
    assert few.digest() == scenario.digest(), "the same runs are found again"
    bare = Scenario.load(town / "bare.yaml")
    assert bare.next_less_restrictive() is None
    assert aim_of(bare) == Aim("containment", bare.end)


def test_by_what_a_policy_is_judged_changes_no_run(town):
    scenario = Scenario.load(town / "twin.yaml")
    other = Scenario.load(town / "twin.yaml", ["aim.value=5", "less_restrictive.name=other"])
    assert other != scenario
    assert other.digest() == scenario.digest() == Scenario.load(town / "bare.yaml").digest()


def test_values_are_set_in_the_less_restrictive_policy(town):
    less = {"name": "shorter", "set": {"measures.seal.to": "2022-03-12"}}
    scenario = Scenario.load(write(town, "shorter.yaml", less_restrictive=less))
    (seal, _) = scenario.next_less_restrictive().measures
    assert str(seal.parameters()["to"]) == "2022-03-12"
    assert differences(pair_of(scenario)) == ("seal.to 2022-03-16 -> 2022-03-12",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aim": {"kind": "deaths"}}, "how many deaths at most"),
        ({"aim": {"kind": "hospital"}}, "how many persons in intensive care at most"),
        ({"aim": {"kind": "death", "value": 1}}, "aim.kind is death"),
        ({"aim": AIM | {"by": "2022-03-21"}}, "a day of the run, 2022-03-01 to 2022-03-20"),
        ({"aim": AIM | {"value": -1}}, "aim.value is -1"),
        ({"aim": AIM | {"most_infected": 10}}, "aim.most_infected is 10"),
        (
            {"aim": {"kind": "deaths", "value": 1, "most_infected": 0.1}},
            "with kind: containment only",
        ),
        ({"less_restrictive": {"name": "x", "without": ["sael"]}}, "did you mean seal?"),
        ({"less_restrictive": {"name": "x"}}, "less_restrictive is the same policy"),
        ({"less_restrictive": {"without": ["seal"]}}, "less_restrictive.name is missing"),
        ({"less_restrictive": LESS | {"set": {"r0": 2}}}, "for the same people, days"),
        ({"less_restrictive": LESS | {"set": {"measures.sael.to": 2}}}, "entries of measures"),
        ({"less_restrictive": LESS | {"set": {"measures.0": 2}}}, "less_restrictive.set: measures"),
    ],
)
def test_what_is_wrong_with_it_is_said(town, changes, said):
    with pytest.raises(ScenarioError, match=re.escape(said)):
        Scenario.load(write(town, "wrong.yaml", **changes))


def test_check_reads_the_less_restrictive_policy_too(town):
    less = {"name": "x", "set": {"measures.seal.tier": "shut"}}
    wrong = write(town, "wrong.yaml", less_restrictive=less)
    said = lazaretto("check", wrong, code=2).stderr
    assert "the less restrictive policy: measures.0.tier is shut" in said
    lazaretto("check", town / "twin.yaml")


# Comparing


def test_both_are_run_with_the_same_seeds_and_found_again(town, runs):
    said = compare_json(town / "twin.yaml", runs, "--replicates", 3, "--seed", 4)
    ours, theirs = said["policy"], said["less_restrictive"]
    assert not ours["found"]
    assert not theirs["found"]
    for each in (ours, theirs):
        assert [one["seed"] for one in each["replicates"]] == [4, 5, 6]
    assert theirs["infections"] > ours["infections"]
    assert said["differs"] == ["without seal"]
    assert said["aim"] == {
        "kind": "containment", "value": 40, "by": "2022-03-20",
        "words": "fewer than 40 new infections on 2022-03-20 and at most 10 % of residents ever "
        "infected",
    }  # fmt: skip
    rows = {row["kind"]: row for row in said["comparison"]}
    assert list(rows)[:2] == ["infections", "deaths"]
    pairs = zip(ours["replicates"], theirs["replicates"], strict=True)
    apart = [mine["infections"] - other["infections"] for mine, other in pairs]
    found = rows["infections"]["difference"]
    assert [found[name] for name in ("low", "high")] == [min(apart), max(apart)]
    assert found["mid"] == pytest.approx(np.median(apart))
    sealed = rows["days sealed"]
    assert sealed["policy"]["mid"] == ours["person_days"]["sealed"] > 0
    assert sealed["less_restrictive"]["mid"] == 0
    assert {"income lost", "outpatient visits forgone"} <= set(rows)
    questions = [row["question"] for row in said["proportionality"]]
    assert questions[:3] == ["aim", "suitability", "necessity"]
    assert "there is nothing to compare with" not in said["proportionality"][2]["answer"]
    assert not {"conclusions", "structures", "flips"} & set(said)
    again = compare_json(town / "twin.yaml", runs, "--replicates", 3, "--seed", 4)
    assert again["policy"]["found"]
    assert again["less_restrictive"]["found"]
    assert again["comparison"] == said["comparison"]
    alone = lazaretto("run", town / "twin.yaml", "--out", runs, "--no-report", "--json",
                      "--replicates", 3, "--seed", 4)  # fmt: skip
    assert json.loads(alone.stdout)["run"] == ours["run"]


def test_without_and_set_other_make_the_other_policy(town, runs):
    out = compare_json(town / "bare.yaml", runs, "--without", "seal")
    assert out["less_restrictive"]["scenario"] == "twin-banks-without-seal"
    assert out["notes"] == ["the scenario states no aim; containment by its end is taken"]
    kind = compare_json(town / "bare.yaml", runs, "--without", "lockdown")
    assert kind["differs"] == out["differs"] == ["without seal"]
    lighter = compare_json(town / "twin.yaml", runs, "--set-other", "measures.seal.tier=1")
    assert lighter["differs"] == ["seal.tier sealed -> 1"]
    assert lighter["less_restrictive"]["scenario"] == "twin-banks-with-measures-seal-tier-1"
    assert lighter["less_restrictive"]["person_days"]["sealed"] == 0
    assert lighter["less_restrictive"]["person_days"]["precaution"] > 0


def test_another_scenario_is_the_other_policy_and_set_is_for_both(town, runs):
    said = compare_json(town / "bare.yaml", runs, town / "open.yaml", "--set", "end=2022-03-12")
    assert said["less_restrictive"]["scenario"] == "open"
    assert (said["policy"]["days"], said["less_restrictive"]["days"]) == (12, 12)
    turned = compare_json(town / "open.yaml", runs, town / "bare.yaml", "--set", "end=2022-03-12")
    assert turned["policy"]["found"]
    note = next(note for note in turned["notes"] if "seals more than open" in note)
    assert "neither is called the less restrictive one" in note


def test_the_terminal_shows_both_pans_and_the_table(town, runs, monkeypatch):
    from lazaretto import console

    monkeypatch.setattr(console, "out", console.Console(width=100, highlight=False))
    words = ("compare", town / "twin.yaml", "--out", runs, "--no-report")
    shown = lazaretto(*words).stdout
    said = " ".join(shown.split())
    for part in (
        "twin-banks beside twin-banks-no-seal",
        "less restrictive: without seal",
        "aim: fewer than 40 new infections on 2022-03-20",
        "so few runs cannot tell a policy from chance",
        "what the virus does infections",
        "what the policy does days sealed, person-days",
        "necessity",
        "run of less restrictive",
    ):
        assert part in said
    assert "made before" in lazaretto(*words).stdout
    lines = [line for line in shown.splitlines() if not line.startswith(("run of", "report"))]
    assert max(map(len, lines)) <= 100


def test_the_report_says_what_was_compared(town, runs):
    said = lazaretto("compare", town / "twin.yaml", "--out", runs, "--json").stdout
    report = Path(json.loads(said)["report"]).read_text(encoding="utf-8")
    assert "under the less restrictive policy" in " ".join(report.split())
    assert "there is nothing to compare with" not in report
    beside = report[report.index('id="beside"') : report.index('id="wave"')]
    assert "Infections under both policies" in beside
    assert "days sealed, person-days" in beside


def test_a_run_takes_the_less_restrictive_run_if_there_is_one(town, tmp_path, monkeypatch):
    given = []

    def write_report(scenario, outcome, progress=None, *, less_restrictive=None, **more):
        given.append(less_restrictive)
        outcome.folder.report.write_text("a report", encoding="utf-8")

    monkeypatch.setattr("lazaretto.reporting.write_report", write_report)
    run = ("run", town / "twin.yaml", "--out", tmp_path)
    lazaretto(*run)
    lazaretto(*run)
    assert given == [None]
    less = Scenario.load(town / "twin.yaml").next_less_restrictive()
    (town / "less.yaml").write_text(yaml.safe_dump(less.resolved()), encoding="utf-8")
    lazaretto("run", town / "less.yaml", "--out", tmp_path, "--no-report")
    lazaretto(*run)  # the report is older than what it can be compared with now
    lazaretto(*run)
    _, found = given
    assert found["persons_by_tier"].sel(tier="sealed").sum() == 0
    lazaretto(*run, "--seed", 2)
    assert given[2] is None


@pytest.mark.parametrize("stops", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_an_interrupted_comparison_goes_on(town, tmp_path, stops):
    pair = pair_of(Scenario.load(town / "twin.yaml"))
    whole = compare(pair, How())
    told = []

    def stop():
        days = [what for what in told if "simulating" in what]
        return len({what.split(":")[0] for what in days}) == stops and len(days) > 20 * stops - 15

    how = How(out=tmp_path, progress=lambda what, share: told.append(what), stop=stop)
    with pytest.raises(Interrupted) as stopped:
        compare(pair, how)
    policy = ("the policy", "the less restrictive policy")[stops - 1]
    assert stopped.value.goes_on_from.startswith(f"{policy}, 2022-03-")
    made = compare(pair, How(out=tmp_path))
    assert made.policy.found == (stops == 2)
    assert made.as_json()["comparison"] == whole.as_json()["comparison"]


def test_a_notebook_compares_too(town, runs):
    import lazaretto as lz

    made = lz.Scenario.load(town / "bare.yaml").compare(without=["seal"], out=runs)
    assert made.less.summary["scenario"] == "twin-banks-without-seal"
    assert made.table[0].question == "aim"


# What is refused


def test_nothing_to_compare_with_is_an_error_with_advice(town, runs):
    said = refused(town / "bare.yaml")
    assert "there is nothing to compare with" in said
    assert "use --without MEASURE or --set-other KEY=VALUE" in said
    told = lazaretto("compare", town / "bare.yaml", "--json", code=2).stdout
    assert json.loads(told)["problems"][0]["key"] == "less_restrictive"


def test_two_policies_are_for_the_same_people_days_and_conditions(town):
    bare = town / "bare.yaml"
    for changes, key in (
        ({"end": "2022-03-19"}, "end"),
        ({"r0": 2}, "r0"),
        ({"behaviour": {"enforcement": 1}}, "behaviour"),
        ({"place": "chongming", "measures": MEASURES[1:]}, "place"),
    ):
        other = write(town, "other.yaml", less_restrictive=None, **changes)
        said = refused(bare, other)
        assert f"the less restrictive policy: {key} is " in said
        assert "the same people" in said
    assert "the less restrictive policy is the same policy" in refused(bare, bare)
    assert "--without is sael" in refused(bare, "--without", "sael")
    assert "did you mean seal?" in refused(bare, "--without", "sael")
    assert "leave one of them out" in refused(bare, town / "open.yaml", "--without", "seal")
    assert "no such file" in refused(bare, town / "absent.yaml")
    assert "--set-other: measures.seal.tier" not in refused(bare, "--set-other", "r0=1")
    assert "path.to.key=value" in refused(bare, "--set-other", "measures.seal.tier")


CONDITIONS = (
    "behaviour.enforcement",
    "behaviour.enforcement_effect",
    "behaviour.breakouts.enforcement_effect",
    "behaviour.breakouts.repression",
    "behaviour.breakouts.repression_half_life",
    "behaviour.messages.deletion",
    "behaviour.messages.social.deleted",
    "behaviour.messages.social.deleted.value",
    "behaviour.messages.fast_delay",
    "behaviour.messages.slow_delay",
    "behaviour.messages.fast_share",
    "behaviour.messages.reuploads",
    "behaviour.messages.forward_limit",
    "behaviour",
    "behaviour.breakouts",
    "behaviour.messages",
    "behaviour.messages.messaging",
)


@pytest.mark.parametrize("key", CONDITIONS)
def test_no_study_searches_over_enforcement_or_deletion(town, key):
    assert is_condition(key)
    for words in (("--flip", key), ("--set-other", f"{key}=1")):
        said = refused(town / "twin.yaml", *words)
        assert "conditions of the society under study, not levers" in " ".join(said.split())


def test_other_keys_are_no_conditions():
    for key in ("r0", "measures.seal.tier", "resources.labs", "behaviour.fatigue",
                "behaviour.fatigue.effect", "behaviour.hardship.deliveries",
                "behaviour.trust.information", "contacts.building.rate"):  # fmt: skip
        assert not is_condition(key), key


def test_no_measure_has_a_handle_on_conditions():
    for word, kind in known_measures().items():
        assert not is_condition(word)
        for key in fields_of(kind):
            assert not is_condition(key), f"{word}.{key}"
            assert not CONDITION_WORDS.search(key)


def test_levers_are_measures_of_support_and_care_and_lighter_confinement():
    known = known_measures()
    assert len(set(levers())) == len(levers())
    for lever in levers():
        word, _, key = lever.partition(".")
        assert word in known
        assert not key or key in fields_of(known[word])
        assert not is_condition(lever)
        assert not lever.startswith("behaviour")
    assert {"food_delivery", "income_support", "official_information", "screening"} <= set(levers())
    assert not set(LIGHTER) & set(levers())  # of confinement only keys, to lighter
    # Every measure is of one of the two kinds; what holds people or closes places is of the second.
    assert set(known) == set(WITHOUT_CONFINING) | set(LIGHTER)
    assert not set(WITHOUT_CONFINING) & set(LIGHTER)
    for word in WITHOUT_CONFINING:
        assert not issubclass(known[word], Holding), word
        # A doctor may move a person: to hospital.
        assert not known[word].moves_persons or known[word].gives_care, word
    for word in ("isolation", "quarantine", "closed_loop", "lockdown", "zones", "close_schools"):
        assert word in LIGHTER
    assert {"least_days", "longest_days", "with_parent"} <= set(LIGHTER["isolation"])
    assert {"days", "with_parent"} <= set(LIGHTER["quarantine"])
    assert "share" in LIGHTER["closed_loop"]


def test_every_option_of_compare_is_known_to_be_no_lever_on_conditions():
    shown = lazaretto("compare", "--help").stdout
    options = set(re.findall(r"--[a-z-]+", shown))
    assert options == {
        "--without", "--set-other", "--with", "--set", "--structures", "--flip", "--seed",
        "--replicates", "--threads", "--out", "--report", "--no-report", "--json", "--help",
    }  # fmt: skip


# Conclusions


@pytest.fixture(scope="module")
def made_up():
    """Results of a policy that seals for 20 days and of one that seals nobody."""
    strict = many_runs(5, sealed=20, infections=300, deaths=2.0, icu=10)
    light = many_runs(5, sealed=0, controlled=0, infections=500, deaths=40.0, icu=20)
    for results, waiting in ((strict, 0), (light, 3)):
        shape = (results.sizes["replicate"], results.sizes["date"])
        results["patients_waiting"] = (("replicate", "date"), np.full(shape, waiting))
    return strict, light


@pytest.fixture(scope="module")
def sealing(town):
    return pair_of(Scenario.load(town / "twin.yaml"))


MISSED_CARE = "it averts more deaths than its confinement may cost in missed care"


def test_missed_care_is_judged_over_its_whole_range(made_up, sealing):
    """No death of missed care at the low end; at the high end more than a few averted ones."""
    strict, light = made_up
    aim = Aim("deaths", strict["date"].values[-1].astype("datetime64[D]").item(), 500)
    by = judged_by(sealing.policy, aim, strict, light)
    ends = [(deaths_of_missed_care(strict, bound) - deaths_of_missed_care(light, bound)).mean()
            for bound in ("low", "mid", "high")]  # fmt: skip
    assert 0 == ends[0] < ends[1] < ends[2]
    between = (ends[1] + ends[2]) / 2
    daily = np.zeros(strict["deaths"].shape)
    fewer = light.assign(deaths=(strict["deaths"].dims, daily))
    fewer["deaths"][:, 0, 0] = between
    found = conclusions(strict.assign(deaths=0 * strict["deaths"]), fewer, by)
    held = [bool(found[f"{MISSED_CARE}, {where}"].all())
            for where in ("at the low end of the range", "at the middle of the range",
                          "at the high end of the range")]  # fmt: skip
    assert held == [True, True, False]


def test_the_peak_of_intensive_care_counts_who_waits(made_up, sealing):
    """Beds that run out under one policy do not make it the one that needs fewer."""
    strict, light = made_up
    aim = Aim("deaths", strict["date"].values[-1].astype("datetime64[D]").item(), 500)
    by = judged_by(sealing.policy, aim, strict, light)._replace(limited_beds=True)
    shape = (strict.sizes["replicate"], strict.sizes["date"], 2)
    waiting = np.zeros(shape)
    waiting[:, 30, 1] = 50
    queue = strict.assign(patients_waiting=(("replicate", "date", "care"), waiting))
    none = light.assign(patients_waiting=(("replicate", "date", "care"), np.zeros(shape)))
    found = conclusions(queue, none, by)
    assert not found["it keeps the peak need of intensive care lower"].any()
    assert not found["hospital beds suffice under the policy"].any()
    assert conclusions(none, queue, by)["hospital beds suffice under the policy"].all()


def test_conclusions_are_counted_over_pairs_of_runs(made_up, sealing):
    strict, light = made_up
    aim = Aim("deaths", strict["date"].values[-1].astype("datetime64[D]").item(), 500)
    by = judged_by(sealing.policy, aim, strict, light)
    assert not by.limited_beds
    averted = float((light["deaths"] - strict["deaths"]).sum() / 5)
    assert by.sealed_per_death == pytest.approx(540_000 * 20 / averted)
    found = conclusions(kept(strict), kept(light), by)
    said = {statement: int(happened.sum()) for statement, happened in found.items()}
    price = f"{2 * by.sealed_per_death:,.0f}"
    assert said == {
        "the policy reaches its aim": 5,
        "the less restrictive policy reaches the aim": 0,
        "the policy averts infections": 5,
        "the policy averts deaths": 5,
        f"{MISSED_CARE}, at the low end of the range": 5,
        f"{MISSED_CARE}, at the middle of the range": 5,
        f"{MISSED_CARE}, at the high end of the range": 5,
        "it keeps the peak need of intensive care lower": 5,
        f"a death averted takes at most {price} more sealed person-days": 5,
    }
    turned = conclusions(kept(light), kept(strict), by)
    assert not turned["the policy averts deaths"].any()
    beds = conclusions(kept(light), kept(strict), by._replace(limited_beds=True))
    assert not beds["hospital beds suffice under the policy"].any()
    alike = conclusions(kept(strict), kept(strict), by)
    assert not alike["the policy averts infections"].any()


def test_without_deaths_averted_nothing_is_said_of_their_price(made_up, sealing):
    strict, light = made_up
    aim = Aim("containment", strict["date"].values[-1].astype("datetime64[D]").item())
    by = judged_by(sealing.policy, aim, light, strict)
    assert by.sealed_per_death is None
    assert not any("a death averted" in each for each in conclusions(light, strict, by))


def test_both_pans_are_set_side_by_side_run_by_run(made_up):
    strict, light = made_up
    rows = {row.kind: row for row in contrasts(strict, light)}
    deaths = (strict["deaths"] - light["deaths"]).sum(("date", "district"))
    low, mid, high = rows["deaths"].difference
    assert (low, mid, high) == (deaths.min(), deaths.median(), deaths.max())
    assert rows["persons in intensive care, peak"].difference.mid == -10
    assert rows["days sealed"].less.mid == 0
    assert "break-outs" not in rows  # none under either policy
    income = rows["income lost"]
    assert income.policy.low < income.policy.mid < income.policy.high
    assert income.difference.low < income.difference.mid < income.difference.high
    pans = [row.pan for row in rows.values()]
    assert pans == sorted(pans, key=("virus", "policy").index)
    assert json.dumps([row.as_json() for row in rows.values()])


YES, NO, HALF = (chance(np.arange(10) < k) for k in (10, 0, 5))


@pytest.mark.parametrize(
    ("chances", "said"),
    [
        ({"as configured": YES}, "holds"),
        ({"as configured": HALF}, "does not hold; too few runs to be sure"),
        ({"as configured": YES, "a": YES, "law": YES}, "holds under all 3 structures"),
        ({"as configured": NO, "a": NO, "law": NO}, "holds under none of the 3 structures"),
        ({"as configured": YES, "a": NO, "b": NO, "law": YES}, "only under as configured, law"),
        ({"as configured": NO, "a": YES, "b": NO, "law": NO}, "only under a"),
        (
            {"as configured": YES, "a": NO, "b": YES, "law": YES},
            "not under a; under all others it holds",
        ),
        (
            {"as configured": YES, "a": YES, "b": NO, "law": NO},
            "unresolved, the two size laws of break-outs disagree: holds under as configured, a; "
            "not under b, law",
        ),
    ],
)
def test_the_verdict_says_under_which_structures_a_conclusion_holds(chances, said):
    assert verdict(chances, "law") == said


def test_structures_that_made_no_difference_count_for_no_verdict():
    every = {"as configured": YES, "a": YES, "b": YES, "law": YES}
    assert verdict(every, "law", ["a"]) == (
        "holds under all 3 structures; 1 made no difference in these runs"
    )
    assert verdict(every, "law", ["a", "b", "law"]) == (
        "holds; no structure made a difference in these runs"
    )
    assert verdict({"as configured": YES, "law": HALF}, "law").startswith("only under"), (
        "the size laws disagree where the runs tell under both"
    )


def test_findings_keep_the_order_and_the_counts(made_up, sealing):
    strict, light = made_up
    aim = Aim("deaths", strict["date"].values[-1].astype("datetime64[D]").item(), 500)
    by = judged_by(sealing.policy, aim, strict, light)
    own = conclusions(strict, light, by)
    found = findings({"as configured": own, "other": conclusions(light, strict, by)}, "other")
    assert [each.statement for each in found] == list(own)
    assert found[0].chances["other"].reached == 0
    assert found[0].verdict.startswith("unresolved")


# Structures of the model


@pytest.fixture(scope="module")
def responding(sealing):
    return with_behaviour(sealing)


def test_every_structural_alternative_is_named(responding):
    names = [each.name for each in structures(responding)]
    assert names == [
        "few active", "threshold size law", "canonical deletion", "no fatigue", "no hardship",
        "no information", "no break-outs", "risk adaptation", "no leakage",
        "no avoidance in the open",
    ]  # fmt: skip
    assert other_law(Behaviour()) in names
    assert configured(Behaviour())[:2] == ("lockdown cuts transmission", "recruitment size law")


def test_structures_change_one_thing_in_both_policies(responding):
    for each in structures(responding):
        assert each.pair.policy.behaviour == each.pair.less.behaviour
        assert differences(each.pair) == ("without seal",)
        before, after = (flat(pair.policy.behaviour.model_dump(mode="json"))
                         for pair in (responding, each.pair))  # fmt: skip
        changed = {key for key in {**before, **after} if before.get(key) != after.get(key)}
        key = each.changed.partition("=")[0].removeprefix("behaviour.")
        assert changed
        assert all(found.startswith(key) for found in changed), changed
        assert {"enforcement", "deleted", "repression"}.isdisjoint(
            part for found in changed for part in found.split(".")
        )


def flat(content, at=""):
    if not isinstance(content, dict):
        return {at: content}
    parts = (flat(part, f"{at}.{key}".strip(".")) for key, part in content.items())
    return {key: value for part in parts for key, value in part.items()}


def test_what_a_scenario_has_already_is_turned_back(responding):
    own = {switch.key: switch.other_value for switch in SWITCHES}
    pair = responding.varied("all", {f"behaviour.{key}": value for key, value in own.items()})
    assert [each.name for each in structures(pair)] == [switch.usual for switch in SWITCHES]
    assert other_law(pair.policy.behaviour) == "recruitment size law"
    assert configured(pair.policy.behaviour) == tuple(switch.other for switch in SWITCHES)


def test_a_scenario_without_behaviour_gets_the_default_one(sealing, responding):
    assert sealing.policy.behaviour is None
    assert responding.policy.behaviour == Behaviour() == responding.less.behaviour
    assert responding.policy.name == "twin-banks-behaviour"
    assert with_behaviour(responding) is responding
    with pytest.raises(ValueError, match="without behaviour"):
        list(structures(sealing))


@pytest.mark.slow
def test_conclusions_over_all_structures(town, runs, monkeypatch):
    from lazaretto import console
    from lazaretto.console.comparison import print_comparison

    pair = pair_of(Scenario.load(town / "twin.yaml", ["end=2022-03-09"]))
    made = compare(pair, How(threads=1, out=runs), structures=True)
    said = made.as_json()
    assert said["policy"]["scenario"] == "twin-banks-behaviour"
    assert any("has no behaviour" in note for note in said["notes"])
    assert len(said["structures"]) == len(SWITCHES)
    assert len({each["policy"] for each in said["structures"]}) == len(SWITCHES)
    for each in said["conclusions"]:
        assert next(iter(each["structures"])) == "as configured"
        assert len(each["structures"]) == len(SWITCHES) + 1
        assert each["verdict"].endswith("too few runs to be sure")
    suitability = said["proportionality"][1]
    infected, *lines = suitability["detail"]
    assert infected.startswith("residents infected by 2022-03-09: ")
    names = [name for line in lines for name in line.partition(": ")[0].split(", ")]
    assert sorted(names) == sorted(["as configured", *(each.name for each in made.structures)])
    assert len(lines) < len(names), "one line for all of which the same is said"
    same = [each.name for each in made.structures if each.same]
    assert "canonical deletion" in same, "nobody is sealed long enough for a break-out"
    for each in made.structures:
        alike = all(
            each.results[side].equals(kept(run.results))
            for side, run in enumerate((made.policy, made.less))
        )
        assert each.same == alike
    told = [line for line in lines if line.endswith(": made no difference in these runs")]
    assert told == [f"{', '.join(same)}: made no difference in these runs"]
    for each in said["conclusions"]:
        assert "made no difference in these runs" in each["verdict"]
        assert "too few runs" in each["verdict"]
    assert "the same under all" not in suitability["answer"]
    assert json.dumps(said)
    for tried in made.structures:
        assert len(tried.results[0].data_vars) < 6  # of each run only what conclusions need
    monkeypatch.setattr(console, "out", console.Console(width=100, highlight=False))
    with console.out.capture() as captured:
        print_comparison(made, None)
    shown = captured.get()
    assert "conclusions, share of runs in which each holds, %" in shown
    assert "structures, each one change from the first" in shown
    assert "few active: behaviour.few_active=default" in shown
    lines = [line for line in shown.splitlines() if not line.startswith("run of")]
    assert max(map(len, lines)) <= 100


# Assumed numbers


def test_a_number_is_run_at_both_ends_of_its_range(town, runs):
    r0 = "r0={value: 3, low: 0.2, high: 4}"
    said = compare_json(town / "twin.yaml", runs, "--set", r0, "--flip", "r0")
    low, high = said["flips"]
    assert (low["end"], low["value"], high["end"], high["value"]) == ("low", 0.2, "high", 4)
    said_so = "the policy averts infections: does not hold (too few runs to be sure)"  # one run
    assert said_so in low["flipped"]
    not_known = said["proportionality"][-1]
    assert not_known["question"] == "not known"
    assert "r0 at 0.2" in not_known["answer"]
    assert "as configured" in said["conclusions"][0]["structures"]
    assert json.loads(json.dumps(said["flips"])) == said["flips"]


def test_the_range_is_kept_where_a_value_is_set(town):
    pair = pair_of(Scenario.load(town / "twin.yaml", ["r0={value: 3, low: 2, high: 4}"]))
    seen = []

    def run_pair(pair, of, changed, against):
        seen.append((pair, of, changed, against))
        raise Interrupted

    how = replace(How())
    object.__setattr__(how, "run_pair", run_pair)
    by = judged_by(pair.policy, aim_of(pair.policy), *(many_runs(2),) * 2)
    with pytest.raises(Interrupted):
        flips(pair, ranges(pair, ["r0"]), {}, by, how)
    ((varied, of, changed, against),) = seen
    assert of == "number 1 of 1, r0 at 2"
    assert (changed, against) == ("r0=2", "twin-banks")
    for each in (varied.policy, varied.less):
        figure = dict(each.figures())["r0"]
        assert (figure.value, figure.low, figure.high) == (2, 2, 4)
    assert varied.policy.name == "twin-banks-r0-low"


def test_a_number_of_a_measure_that_only_one_policy_has_is_varied_there(town):
    share = {"value": 0.6, "low": 0.3, "high": 0.9, "source": "x"}
    named = [MEASURES[0], MEASURES[1] | {"name": "tests", "share": share}]
    less = {"name": "untested", "without": ["tests"]}
    pair = pair_of(Scenario.load(write(town, "n.yaml", measures=named, less_restrictive=less)))
    (found,) = ranges(pair, ["measures.tests.share"])
    assert (found.figure.low, found.figure.high) == (0.3, 0.9)
    unnamed = [MEASURES[0], MEASURES[1] | {"share": share}]
    pair = pair_of(Scenario.load(write(town, "n.yaml", measures=unnamed)))
    with pytest.raises(ScenarioError, match="name the measure or the stock"):
        ranges(pair, ["measures.1.share"])


def test_a_number_that_cannot_be_examined_is_refused(town):
    twin = town / "twin.yaml"
    assert "a number with low: and high:" in refused(twin, "--flip", "r0")
    with_range = ("--set", "r0={value: 3, low: 2, high: 4}")
    assert "did you mean r0?" in refused(twin, *with_range, "--flip", "r00")
    said = refused(twin, "--flip", "behaviour.fatigue.effect")
    assert "give the scenario behaviour: {}" in said


def test_a_change_of_measures_makes_the_less_restrictive_policy_void():
    """Who replaces the measures of a shipped scenario need not know against what it was held."""
    assert Scenario.load("shanghai-2022").less_restrictive is not None
    assert Scenario.load("shanghai-2022", ["measures=[]"]).less_restrictive is None
    wrong = {"less_restrictive.without": ["no-such-measure"]}
    with pytest.raises(ScenarioError, match="no-such-measure"):
        Scenario.load("shanghai-2022", wrong)


def test_a_policy_changed_into_its_less_restrictive_one_is_run_without_it(tmp_path):
    changed = Scenario.load("chongming-example", ["measures.seal.tier=controlled"])
    assert changed.less_restrictive is not None
    assert own_less_restrictive(changed) is None
    assert finished_less_restrictive(changed, 1, 1, tmp_path) is None
    assert own_less_restrictive(Scenario.load("chongming-example")) is not None
