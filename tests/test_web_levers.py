"""Levers of the control room: what each moves, and that all it says is said in Chinese too."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from lazaretto.disease import variant
from lazaretto.measures import known_measures
from lazaretto.scenario import Scenario, ScenarioError, library
from lazaretto.web.app import STATIC
from lazaretto.web.asked import Asked
from lazaretto.web.controls import PHRASES, controls_of
from lazaretto.web.moving import policy_asked
from lazaretto.web.spoken import spoken, words

TEMPLATES = Path(STATIC).parent / "templates"


def moved(scenario, **levers):
    base = Scenario.load(scenario)
    return base, policy_asked(Asked(scenario, levers), base)


# ---- levers -----------------------------------------------------------------------------------


# ---- levers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, _ in library()])
def test_no_lever_moved_is_the_very_scenario(name):
    base, policy = moved(name)
    assert policy.digest() == base.digest()


@pytest.mark.parametrize(
    ("lever", "value", "key", "expected"),
    [
        ("begin", "-7", "measures.3.from", "2022-03-21"),
        ("lift", "5", "measures.3.to", "2022-05-15"),
        ("tier", "controlled", "measures.3.tier", "controlled"),
        ("screening", "2", "measures.2.interval_days", 2),
        ("laboratories", "0.5", "resources.0.opened.0.amount.value", 12_500),
        ("beds", "2", "resources.1.opened.0.amount.value", 16_000),
        ("parents", "yes", "measures.1.with_parent", True),
        ("food", "75", "measures.4.share", 0.75),
        ("information", "10", "measures.7.accuracy", 0.1),
        ("stay", "14", "measures.9.days", 14),
        ("start", "2022-03-10", "start", "2022-03-10"),
        ("r0", "5.5", "r0.value", 5.5),
        ("place", "huangpu", "place", "huangpu"),
        ("disease", "delta", "r0.value", float(variant("delta").r0)),
        ("flights", "20", "border.flights_per_week.value", 20),
        ("arrivals", "7+3", "border.quarantine.0.protocol", "7+3"),
        ("infected", "2.5", "border.prevalence.0.share.value", 0.025),
    ],
)
def test_a_lever_moves_what_it_says_and_nothing_else(lever, value, key, expected):
    base, policy = moved("chongming-example", **{lever: value})
    at = policy.resolved()
    for part in key.split("."):
        at = at[int(part)] if part.isdigit() else at[part]
    assert at == expected
    before, after = base.resolved(), policy.resolved()
    top = {each for each in {*before, *after} if before.get(each) != after.get(each)}
    assert top <= {key.partition(".")[0], lever, "less_restrictive"}


def test_a_place_is_offered_where_the_scenario_names_no_part_of_its_own():
    offered = {name for name, _ in library()
               if "place" in {c.name for c in controls_of(Scenario.load(name))}}  # fmt: skip
    assert "chongming-example" in offered
    assert "shanghai-2022" not in offered


def test_a_lever_at_what_the_scenario_has_changes_nothing():
    base, policy = moved("chongming-example", tier="sealed", screening="3", stay="21")
    assert policy.digest() == base.digest()


def test_support_that_a_scenario_lacks_is_added_from_the_first_day_of_confinement():
    base, policy = moved("shanghai-2022", food="80", stay="14")
    added = policy.measures[len(base.measures) :]
    assert [each.measure for each in added] == ["food_delivery", "longest_stay"]
    assert added[0].parameters()["from"].isoformat() == "2022-03-13"
    assert added[0].parameters()["share"] == 0.8


@pytest.mark.parametrize(("lever", "value"), [("begin", "-7.5"), ("stay", "14.5"), ("r0", "nan")])
def test_no_part_of_a_day_is_dropped_in_silence(lever, value):
    with pytest.raises(ScenarioError, match=lever):
        moved("chongming-example", **{lever: value})


def test_measures_left_out_leave_the_rest_of_the_posterior_drawn():
    base = Scenario.load("shanghai-2022")
    policy = policy_asked(Asked("shanghai-2022", off=("grid-screening", "hospitals")), base)
    assert len(policy.measures) == len(base.measures) - 2
    drawn = {number.name for number in policy.posterior.fitted if number.keys}
    assert drawn == {number.name for number in base.posterior.fitted} - {"grid_participation"}
    assert policy.less_restrictive is not None


def less_of(scenario, off=(), **levers):
    base = Scenario.load(scenario)
    return policy_asked(Asked(scenario, levers, off), base).next_less_restrictive()


def test_the_less_restrictive_policy_moves_with_the_levers():
    delayed = less_of("wuhan-2020", begin="-14")
    plain = less_of("wuhan-2020")
    first, moved = (
        next(each.parameters()["from"] for each in scenario.measures if each.measure == "lockdown")
        for scenario in (plain, delayed)
    )
    assert (first - moved).days == 14


@pytest.mark.parametrize(
    "levers", [{"tier": "open"}, {"tier": "precaution"}, {"tier": "controlled"}]
)
def test_what_is_no_stricter_than_it_has_no_less_restrictive_policy(levers):
    assert less_of("chongming-example", **levers) is None


@pytest.mark.parametrize(
    ("scenario", "off"),
    [("chongming-example", "seal"), ("wuhan-2020", "lockdown"),
     ("shanghai-2022", "sealed-2-plus-12"), ("shanghai-2022", "lockdown-first-batch")],
)  # fmt: skip
def test_what_the_less_restrictive_policy_changes_can_be_left_out(scenario, off):
    base = Scenario.load(scenario)
    names = [each.name or str(i) for i, each in enumerate(base.measures)]
    kinds = [each.measure for each in base.measures]
    asked = Asked(scenario, off=(off if off in names else str(kinds.index(off)),))
    policy = policy_asked(asked, base)
    assert len(policy.measures) == len(base.measures) - 1
    assert policy.next_less_restrictive() is None


def test_support_begins_with_the_confinement_as_moved():
    base = Scenario.load("wuhan-2020")
    policy = policy_asked(Asked("wuhan-2020", {"begin": "-14", "food": "80"}), base)
    first = min(each.parameters()["from"] for each in policy.measures
                if each.measure in ("lockdown", "zones"))  # fmt: skip
    assert policy.measures[-1].parameters()["from"] == max(first, policy.start)


def test_r0_set_by_hand_goes_before_that_of_the_variant():
    base = Scenario.load("chongming-example")
    asked = Asked("chongming-example", {"disease": "delta"}, changes=("r0.value=3",))
    assert float(policy_asked(asked, base).r0) == 3


def test_no_screening_leaves_out_the_regular_rounds_only():
    _, policy = moved("shanghai-2022", screening="none")
    left = [each for each in policy.measures if each.measure == "screening"]
    assert left
    assert all((each.model_extra or {}).get("rounds") for each in left)


def test_every_problem_is_told_at_once():
    base = Scenario.load("chongming-example")
    asked = Asked("chongming-example", {"begin": "400", "tier": "shut", "x": "1"}, off=("y",))
    with pytest.raises(ScenarioError) as caught:
        policy_asked(asked, base)
    assert {each.key for each in caught.value.problems} == {"begin", "tier", "x", "off"}


@pytest.mark.parametrize(
    "asked",
    [
        Asked("shanghai-2022"),
        Asked("shanghai-2022", {"begin": "-7", "tier": "open"}, ("a", "b"), ("r0=5", "x.y=[1, 2]"),
              7, 20, False, "softer & later"),
    ],
)  # fmt: skip
def test_a_link_holds_all_that_is_asked(asked):
    link = asked.link()
    assert Asked.of(parse_qsl(link.partition("?")[2]), "") == asked


def test_policies_that_differ_have_names_that_differ():
    base = Scenario.load("chongming-example")
    names = set()
    for levers in ({"begin": "-7"}, {"begin": "7"}, {"tier": "open"}, {}):
        asked = Asked("chongming-example", levers)
        names.add(asked.renamed(policy_asked(asked, base)).name)
    assert len(names) == 4
    assert "chongming-example" in names
    asked = Asked("chongming-example", {"begin": "-7"})
    assert asked.renamed(base).title.endswith(": orders begin 7 days earlier")


def test_every_lever_has_words_for_a_title():
    named = {c.name for name, _ in library() for c in controls_of(Scenario.load(name))}
    assert named <= {*PHRASES, "begin", "lift"}


# ---- languages --------------------------------------------------------------------------------


def said_in_templates():
    for path in TEMPLATES.glob("*.j2"):
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r"""say\(\s*(?:"([^"]+)"|'([^']+)')\s*\)""", text)


def test_all_the_room_says_is_said_in_chinese_too():
    known = words("zh")
    wanted = {double or single for double, single in said_in_templates()}
    for name, title in library():
        wanted.add(title)
        for control in controls_of(Scenario.load(name)):
            wanted |= {control.group, control.words, control.unit, control.note}
            if control.name != "place":
                wanted |= {said for _, said in control.choices if not said.endswith(" times")}
    wanted |= {word.replace("_", " ") for word in known_measures()}
    assert {word for word in wanted if word not in known} <= {"", "%"}


def test_dates_and_numbers_stay_what_they_are():
    say = spoken("zh")
    assert say("first on 2022-03-28") == "最早始于 2022-03-28"
    assert say("0.5 times") == "0.5 倍"
    assert say("simulating run 2 of 5, 3 April 2022") == "正在模拟第 2 / 5 次，2022 年 4 月 3 日"
    assert spoken("en")("no such words") == "no such words"


def test_amounts_are_written_as_chinese_readers_write_them():
    say = spoken("zh")
    assert say("667 million") == "6.67 亿"
    assert say("1.48 million") == "148 万"
    assert say("1.2 to 1.4 million") == "120 万至 140 万"
    assert say("638,000 to 1.06 million") == "63.8 万至 106 万"
    assert say("627,110") == "627,110"
    assert say("96 days") == "96 天"
    assert spoken("en")("1.2 to 1.4 million") == "1.2 to 1.4 million"
