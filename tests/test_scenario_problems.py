"""Scenarios that are wrong, and values that are overridden: every problem at once, at its key."""

from __future__ import annotations

from datetime import date

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from small_scenario import SMALL, keys, problems, small

from lazaretto.scenario import Problem, Scenario, ScenarioError

# Problems


def test_every_problem_is_found_at_once():
    found = problems(
        r0=-2,
        disease="omicron-ba3",
        titel="x",
        end="2022-01-01",
        contacts={"houshold": {"rate": 1}, "school": {"rate": "many"}},
        seeding=[{"from": "2022-03-02", "to": "2022-03-01", "infections_per_day": 0.5}],
        measures=[{"measure": "a", "name": "x"}, {"measure": "b", "name": "x"}, {"tier": 2}],
    )
    assert set(keys(found)) == {
        "r0",
        "disease",
        "titel",
        "end",
        "contacts.houshold",
        "contacts.school.rate",
        "seeding.0.infections_per_day",
        "seeding.0.to",
        "measures.1.name",
        "measures.2.measure",
    }
    by_key = {problem.key: problem for problem in found}
    assert by_key["titel"].advice == "did you mean title?"
    assert by_key["contacts.houshold"].advice == "did you mean household?"
    assert "omicron-ba2" in by_key["disease"].allowed
    assert "measures.0" in by_key["measures.1.name"].advice
    text = str(ScenarioError(found))
    assert text.startswith("10 problems")
    assert all(key in text for key in by_key)


def test_one_problem_is_listed_once():
    problem = Problem("r0", {"a": [1]}, "a number", "write one")
    assert str(ScenarioError([problem, problem])).startswith("1 problem in")


@pytest.mark.parametrize(
    ("seeds", "key"),
    [
        ({}, "seeding.0"),
        ({"date": "2022-02-21", "to": "2022-02-22"}, "seeding.0"),
        ({"from": "2022-02-21"}, "seeding.0"),
        ({"date": "2022-02-19"}, "seeding.0.date"),
        ({"from": "2022-02-20", "to": "2022-03-21"}, "seeding.0.to"),
        ({"from": "2022-02-22", "to": "2022-02-21"}, "seeding.0.to"),
    ],
)
def test_seeding_lies_inside_the_run(seeds, key):
    assert keys(problems(seeding=[{**seeds, "infections_per_day": 1}])) == [key]


def test_seeding_counts_every_date_of_its_range():
    (seeds,) = small(
        seeding=[{"from": "2022-02-20", "to": "2022-02-22", "infections_per_day": 2}]
    ).seeding
    assert [day.day for day in seeds.dates()] == [20, 21, 22]
    assert seeds.count == 2
    assert [day.day for day in small().seeding[0].dates()] == [21]


def test_python_users_get_the_same_checks():
    with pytest.raises(ScenarioError, match="exchange start and end"):
        Scenario(**{**SMALL, "end": date(2022, 1, 1), "seeding": []})


def test_a_missing_scenario_lists_the_library(tmp_path):
    with pytest.raises(ScenarioError, match="did you mean shanghai-2022"):
        Scenario.load("shanghai2022")
    with pytest.raises(ScenarioError, match="shanghai-2022"):
        Scenario.load(tmp_path / "none.yaml")
    with pytest.raises(ScenarioError, match="shanghai-2022"):
        Scenario.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name: x\ntitle: [1, 2\nplace: y\n", "line 3"),
        ("name: x\nr0: 1\nr0: 2\n", "line 3.*\n.*\n.*'r0' is written twice"),
        ("name: x\nstart: 2022-02-30\n", "day is out of range|day .*range"),
        ("- 1\n", "keys with values"),
        ("", "keys with values"),
        ("a: !!python/object:os.system x\n", "line 1"),
        ("{[1]: 2}: 3\n", "correct it"),
    ],
)
def test_yaml_that_cannot_be_read_says_where(tmp_path, text, found):
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=found):
        Scenario.load(path)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match="UTF-8"):
        Scenario.load(path)


def test_a_file_is_read_and_knows_its_folder(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(SMALL), encoding="utf-8")
    scenario = Scenario.load(path, ["r0=3"])
    assert scenario.r0 == 3.0
    assert scenario.folder == tmp_path
    assert Scenario.load(path) == small()


# Overrides


def test_overrides_reach_lists_by_number_and_by_name():
    scenario = Scenario.from_mapping(
        SMALL, ["measures.0.tier=1", "measures.stay.areas=[Minhang]", "measures.1.factor=0.2"]
    )
    assert scenario.measures[0].parameters()["tier"] == 1
    assert scenario.measures[0].parameters()["areas"] == ["Minhang"]
    assert scenario.measures[1].parameters()["factor"] == 0.2
    assert Scenario.from_mapping(SMALL, ["measures=[]"]).measures == []
    assert Scenario.from_mapping(SMALL, {"r0": "4", "end": "2022-03-01"}).n_days == 10
    assert Scenario.from_mapping(SMALL, {"seeding": []}).seeding == []
    assert SMALL["measures"][0]["tier"] == 2


def test_override_problems_come_with_all_others():
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_mapping(
            SMALL,
            ["r0", "=3", "measures.7.tier=1", "measures.sty.tier=1", "r0.x.y=2", "contcts.a=1",
             "title=[1", "end=2022-02-30", "start=2022-03-19"],
        )  # fmt: skip
    found = keys(caught.value.problems)
    assert found[:2] == ["--set", "--set"]
    assert {"measures.7.tier", "measures.sty.tier", "r0.x.y", "contcts", "title", "end"} <= set(
        found
    )
    assert "seeding.0.date" in found
    advice = {p.key: p.advice for p in caught.value.problems}
    assert advice["measures.sty.tier"] == "did you mean stay?"


def leaves(value, at=()):
    if isinstance(value, dict) and "value" not in value:
        for key, part in value.items():
            yield from leaves(part, (*at, key))
    elif isinstance(value, dict):
        yield ".".join(at), value["value"]


LEAVES = list(leaves({k: small().resolved()[k] for k in ("contacts", "confinement", "reporting")}))


@given(
    chosen=st.lists(
        st.tuples(st.sampled_from([key for key, _ in LEAVES]), st.floats(0, 1)), max_size=8
    )
)
@settings(max_examples=50, deadline=None)
def test_any_number_can_be_set_and_nothing_else_moves(chosen):
    scenario = Scenario.from_mapping(SMALL, [f"{key}={value!r}" for key, value in chosen])
    wanted = {**dict(LEAVES), **dict(chosen)}
    resolved = scenario.resolved()
    found = dict(leaves({k: resolved[k] for k in ("contacts", "confinement", "reporting")}))
    assert found == wanted
    assert Scenario.from_mapping(resolved) == scenario
    assert Scenario.from_mapping(resolved).digest() == scenario.digest()


@given(
    wrong=st.lists(
        st.sampled_from(
            [
                ("r0", "0"),
                ("disease", "flu"),
                ("place", "''"),
                ("name", "Not A Name"),
                ("outputs.events", "perhaps"),
                ("outputs.checkpoint_every", "-1"),
                ("reporting.reclassification_days", "-1"),
                ("contacts.own_subdistrict", "1.5"),
                ("contacts.school.weight", "heavy"),
                ("confinement.residents.sealed.school", "2"),
                ("seeding.0.infections_per_day", "0"),
                ("surprise", "1"),
                ("measures.0.measure", "[]"),
            ]
        ),
        unique=True,
        min_size=1,
    )
)
@settings(max_examples=50, deadline=None)
def test_exactly_the_wrong_keys_are_named(wrong):
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_mapping(SMALL, [f"{key}={value}" for key, value in wrong])
    assert sorted(set(keys(caught.value.problems))) == sorted(key for key, _ in wrong)
    for problem in caught.value.problems:
        assert problem.allowed
        assert problem.advice


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    written=st.dictionaries(st.sampled_from([*Scenario.model_fields, "other"]), JUNK),
    overrides=st.lists(st.text(max_size=12), max_size=3),
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_written_the_answer_is_a_list_of_problems(written, overrides):
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_mapping({**SMALL, **written, "surprise": 1}, overrides)
    assert str(caught.value)
