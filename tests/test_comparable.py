"""Which two policies may be compared, and how their differences are said."""

from __future__ import annotations

import re

import pytest
import yaml
from own_place import write_place, write_scenario

from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies.changes import Changes, changes
from lazaretto.studies.comparable import check_comparable
from lazaretto.studies.compare import compare
from lazaretto.studies.flips import ranges
from lazaretto.studies.labels import LONGEST, label
from lazaretto.studies.pairs import (
    How,
    Pair,
    described_pair,
    differences,
    finished_less_restrictive,
    pair_of,
)

SEAL = {"measure": "lockdown", "name": "seal", "tier": "sealed", "areas": ["Northbank"],
        "from": "2022-03-08", "to": "2022-03-16"}  # fmt: skip
TESTS = {"measure": "symptomatic_testing", "share": 0.6, "delay_days": 1}
FOOD = {"measure": "food_delivery", "share": 0.3}
GUARDS = """
from lazaretto.measures import Measure


class Guards(Measure):
    arrest_rate: float = 0.5

    def order(self, today, places, orders):
        pass
"""
OWN = {"measure": "guards.py:Guards", "name": "gate"}
CONDITION = "conditions of the society under study, not levers"


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin", persons=1_500)
    (folder / "guards.py").write_text(GUARDS, encoding="utf-8")
    return folder


def scenario(town, name="a.yaml", overrides=(), **changed):
    own = {"end": "2022-03-20", "measures": [SEAL, TESTS]}
    return Scenario.load(write_scenario(town, name, **(own | changed)), overrides)


def refusal(policy, less):
    with pytest.raises(ScenarioError) as refused:
        check_comparable(policy, less)
    return " ".join(str(refused.value).split())


# Conditions


@pytest.mark.parametrize(
    "other",
    [
        [SEAL, TESTS, OWN | {"arrest_rate": 0.9}],
        [SEAL, TESTS],
        [SEAL, TESTS, OWN | {"to": "2022-03-10"}],
    ],
    ids=["another value", "left out", "shorter"],
)
def test_no_second_scenario_compares_enforcement_through_a_measure(town, other):
    policy = scenario(town, measures=[SEAL, TESTS, OWN])
    less = scenario(town, "b.yaml", measures=other)
    with pytest.raises(ScenarioError, match=CONDITION):
        pair_of(policy, less)
    assert "measures.arrest_rate is another" in refusal(policy, less)
    assert CONDITION in refusal(less, policy)
    assert "arrest_rate" not in " ".join(differences(Pair(policy, policy)))


def test_a_measure_of_ones_own_that_both_have_is_no_obstacle(town):
    policy = scenario(town, measures=[SEAL, TESTS, OWN | {"arrest_rate": 0.9}])
    assert differences(pair_of(policy, without=["seal"])) == ("without seal",)


@pytest.mark.parametrize("change", [{"set": {"measures.gate.arrest_rate": 0.9}},
                                    {"without": ["gate"]}])  # fmt: skip
def test_less_restrictive_compares_no_enforcement(town, tmp_path, change):
    policy = scenario(town, measures=[SEAL, OWN], less_restrictive={"name": "softer"} | change)
    for refused in (
        lambda: pair_of(policy),
        lambda: finished_less_restrictive(policy, 1, 1, tmp_path),
    ):
        with pytest.raises(ScenarioError, match=CONDITION):
            refused()


def test_the_study_itself_refuses_what_pair_of_refuses(town):
    policy = scenario(town, behaviour={})
    for key in ("behaviour.enforcement", "behaviour.messages.reuploads",
                "behaviour.breakouts.repression"):  # fmt: skip
        pair = Pair(policy, policy.varied("x", {key: 0.45}))
        with pytest.raises(ScenarioError, match=CONDITION):
            compare(pair, How(1, 2, 2))
    plain = scenario(town)
    with pytest.raises(ScenarioError, match="behaviour is another"):
        compare(Pair(plain, plain.varied("x", {"behaviour.enforcement": 0.9})), How(1, 2, 2))
    with pytest.raises(ScenarioError, match="the same policy"):
        compare(Pair(policy, policy), How())


def test_another_behaviour_is_refused_with_what_to_do_instead(town):
    policy = scenario(town, behaviour={})
    less = scenario(town, "b.yaml", measures=[TESTS], behaviour={"breakouts": {"active": False}})
    said = refusal(policy, less)
    assert "behaviour.breakouts.active is another, behaviour.breakouts.active=false" in said
    assert "--structures" in said
    assert "make two runs with lazaretto run" in said


# Differences in words


def test_the_order_of_measures_is_a_difference(town):
    policy = scenario(town, measures=[SEAL, TESTS, FOOD])
    turned = scenario(town, "b.yaml", measures=[TESTS, SEAL, FOOD])
    assert differences(pair_of(policy, turned)) == ("other order of measures",)
    assert not Pair(policy, turned).confine_alike
    shorter = scenario(town, "b.yaml", measures=[TESTS, SEAL | {"to": "2022-03-12"}])
    assert differences(pair_of(policy, shorter)) == (
        "seal.to 2022-03-16 -> 2022-03-12",
        "without food_delivery",
        "other order of measures",
    )


def test_a_source_is_no_difference(town):
    share = {"value": 0.6, "source": "a survey", "status": "measured"}
    assert "the same policy" in refusal(
        scenario(town), scenario(town, "b.yaml", measures=[SEAL, TESTS | {"share": share}])
    )


def test_every_value_of_a_stock_is_said(town):
    labs = {"name": "labs", "unit": "tubes/day", "opened": [{"amount": 500}]}
    more = labs | {"opened": [{"amount": 800}]}
    policy, less = (
        scenario(town, measures=[TESTS | {"labs": "labs"}], resources=[each])
        for each in (labs, more)
    )
    assert differences(pair_of(policy, less)) == ("resources.labs.opened.0.amount 500 -> 800",)


def test_a_run_is_described_against_the_library_with_all_that_was_set(tmp_path):
    own = Scenario.load("shanghai-2022").resolved()
    own["measures"].append(FOOD)
    own |= {"name": "mine", "less_restrictive": None}
    text = yaml.safe_dump({key: part for key, part in own.items() if part is not None})
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    given = ["behaviour.breakouts.active=false"]
    policy = Scenario.load("shanghai-2022", given)
    mine = Scenario.load(tmp_path / "mine.yaml", given)
    pair = described_pair(pair_of(policy, mine), policy, changes(policy, given),
                          changes(mine, given))  # fmt: skip
    food = "with food_delivery (share=0.3)"
    ours, theirs = pair.described()
    assert ours == Changes("shanghai-2022", tuple(given))
    assert theirs == Changes("shanghai-2022", (*given, food))
    further = pair.varied("x", {"behaviour.fatigue.active": False}).described("no fatigue")
    assert further[1].said == (*given, food, "no fatigue")
    without = pair_of(mine, without=["food_delivery"])
    made = described_pair(without, mine, changes(mine, given)).described()
    assert made[1].said == (*given, food, "without food_delivery")
    edited = Scenario.load(tmp_path / "mine.yaml", ["measures.sealed-2-plus-12.to=2022-04-10"])
    assert changes(edited).said[0] == "sealed-2-plus-12.to 2022-03-31 -> 2022-04-10"


# Names


@pytest.mark.parametrize(
    "words",
    [
        "without food_delivery, medical_passes, income_support",
        "with food_delivery:share=0.5, income_support:share=0.25, visiting_rights:share=0.9",
        "x" * 90,
    ],
)
def test_a_label_has_whole_words_and_a_digest(words):
    short = label(words)
    *kept, digest = short.split()
    assert len(short) <= LONGEST
    assert len(digest) == 6
    assert re.findall(r"[^\s,:=]+", words)[: len(kept)] == kept
    assert label(words + " more").split()[-1] != digest
    assert label("without seal") == "without seal"


def test_a_long_name_is_not_cut_in_a_word(town):
    kinds = ["food_delivery", "medical_passes", "income_support"]
    more = [{"measure": kind, "share": 0.3} for kind in kinds]
    less = pair_of(scenario(town, measures=[SEAL, *more]), without=kinds).less
    assert less.name.startswith("twin-banks-without-food-delivery-medical-passes-")
    assert len(less.name.rpartition("-")[2]) == 6


# Advice


def test_a_number_without_a_range_is_told_how_to_get_one(town):
    pair = pair_of(scenario(town, measures=[SEAL, TESTS, FOOD]), without=["seal"])
    for key in ("measures.food_delivery.share", "measures.2.share"):
        with pytest.raises(ScenarioError) as refused:
            ranges(pair, [key])
        said = str(refused.value)
        assert "give it a range: --set 'measures.2.share={value: 0.3, low: LOW" in said


def test_a_measure_that_is_not_there_is_added_with_with(town):
    with pytest.raises(ScenarioError) as refused:
        pair_of(scenario(town), set_other=["measures.food.share=0.5"])
    said = str(refused.value)
    assert "--set-other: measures.food.share" in said
    assert "a measure is added with --with KIND:KEY=VALUE" in said
    with pytest.raises(ScenarioError, match="did you mean seal"):
        pair_of(scenario(town), set_other=["measures.sael.tier=1"])
