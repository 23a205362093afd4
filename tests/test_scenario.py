"""Scenarios: read, completed, overridden, and refused with every problem at once."""

from __future__ import annotations

import doctest
import json
import pickle
from datetime import date
from importlib import import_module

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from lazaretto.disease import courses
from lazaretto.scenario import (
    Problem,
    Scenario,
    ScenarioError,
    Sourced,
    check_areas,
    json_schema,
    library,
    sourced,
)
from lazaretto.words import HOUSEHOLD, LAYERS

sourced_module = import_module("lazaretto.scenario.sourced")

SMALL = {
    "name": "small",
    "title": "Small",
    "place": "shanghai",
    "disease": "omicron-ba2",
    "r0": 7,
    "start": "2022-02-20",
    "end": "2022-03-20",
    "seeding": [{"date": "2022-02-21", "infections_per_day": 3}],
    "measures": [
        {"measure": "lockdown", "name": "stay", "tier": 2, "areas": ["Pudong"]},
        {
            "measure": "reduce_contacts",
            "factor": {"value": 0.5, "unit": "share", "source": "a guess", "status": "assumed"},
            "from": "2022-03-01",
        },
    ],
}
# The 16 districts of Shanghai and their residents in 2020, in thousands.
DISTRICTS = {
    "Huangpu": 662, "Xuhui": 1113, "Changning": 693, "Jing'an": 976, "Putuo": 1240,
    "Hongkou": 757, "Yangpu": 1243, "Minhang": 2653, "Baoshan": 2235, "Jiading": 1834,
    "Pudong": 5682, "Jinshan": 823, "Songjiang": 1910, "Qingpu": 1271, "Fengxian": 1141,
    "Chongming": 638,
}  # fmt: skip


def small(**changes):
    return Scenario.from_mapping({**SMALL, **changes})


def problems(**changes):
    with pytest.raises(ScenarioError) as caught:
        small(**changes)
    return caught.value.problems


def keys(found):
    return [problem.key for problem in found]


def test_doctests():
    assert doctest.testmod(sourced_module).failed == 0


# Reading


def test_defaults_fill_what_is_left_out():
    scenario = small()
    assert scenario.n_days == 29
    assert scenario.contacts.school.rate == 11.41
    assert scenario.contacts.school.rate.figure.status == "measured"
    assert scenario.contacts.layers()[HOUSEHOLD].rate == 4.11
    total = sum(
        float(getattr(scenario.contacts, n).rate) for n in ("building", "compound", "community")
    )
    assert total == pytest.approx(2.79)


def test_a_partial_section_keeps_the_rest_of_its_default():
    scenario = small(
        contacts={"household": {"rate": 5}},
        confinement={"residents": {"sealed": {"building": 0.1}}},
    )
    assert scenario.contacts.household.rate == 5.0
    assert scenario.contacts.household.weight == small().contacts.household.weight
    default, changed = (s.confinement.residents.table() for s in (small(), scenario))
    assert changed[3, 1] == 0.1
    changed[3, 1] = default[3, 1]
    assert (changed == default).all()


def test_confinement_leaves_the_household_and_the_open_tier_alone():
    for who in ("residents", "essential_workers"):
        table = getattr(small().confinement, who).table()
        assert table.shape == (4, len(LAYERS))
        assert (table[0] == 1).all()
        assert (table[:, HOUSEHOLD] == 1).all()
        assert (np.diff(table, axis=0) <= 0).all()
    assert keys(problems(confinement={"residents": {"open": {"building": 0.5}}})) == [
        "confinement.residents.open"
    ]
    assert keys(problems(confinement={"residents": {"sealed": {"household": 0.5}}})) == [
        "confinement.residents.sealed.household"
    ]


def test_a_plain_number_counts_as_assumed_and_a_sourced_one_as_stated():
    assert ("r0" in dict(small().assumed())) is True
    measured = {"value": 7, "source": "doi 10.1000/x", "status": "measured", "low": 5, "high": 9}
    scenario = small(r0=measured)
    assert "r0" not in dict(scenario.assumed())
    assert scenario.r0.figure.low == 5
    assert scenario.r0 * 2 == 14


@pytest.mark.parametrize(
    ("r0", "advice"),
    [
        ({"value": 7, "unit": "days"}, "unit: infections"),
        ({"value": 7, "status": "measured"}, "add source"),
        ({"value": 7, "status": "sure", "source": "x"}, "status"),
        ({"value": 7, "sauce": "x"}, "remove sauce"),
        ({"source": "x"}, "add value"),
        ("seven", "plain number"),
        (True, "plain number"),
        (float("nan"), "range"),
        (float("inf"), "range"),
        (10**400, "plain number"),
        (-1, "range"),
        (0, "range"),
        (None, "plain number"),
        ([7], "plain number"),
    ],
)
def test_a_number_that_cannot_be_read_says_what_to_write(r0, advice):
    (problem,) = problems(r0=r0)
    assert problem.key == "r0"
    assert advice in problem.advice
    assert "above 0" in problem.allowed


def test_yaml_exponents_without_a_point_are_numbers():
    assert yaml.safe_load("1e-3") == "1e-3"
    assert small(contacts={"own_subdistrict": "1e-3"}).contacts.own_subdistrict == 0.001


def test_measures_are_kept_as_written_and_given_plain():
    first, second = small().measures
    assert first.parameters() == {"name": "stay", "tier": 2, "areas": ["Pudong"]}
    assert second.parameters() == {"factor": 0.5, "from": date(2022, 3, 1)}
    assert dict(small().assumed())["measures.1.factor"].source == "a guess"


def test_sourced_numbers_survive_pickling_and_compare_by_provenance():
    number = sourced(2.0, "days", "x", "assumed")
    assert pickle.loads(pickle.dumps(number)).figure == number.figure
    assert number == 2.0
    assert number != sourced(2.0, "days", "y", "assumed")
    assert isinstance(number + 1, float)
    assert not isinstance(number + 1, Sourced)


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


# What a run folder keeps


def test_resolved_is_complete_stable_and_json():
    resolved = small().resolved()
    assert json.loads(json.dumps(resolved, allow_nan=False)) == resolved
    assert list(resolved)[:5] == ["name", "title", "description", "place", "disease"]
    assert resolved["contacts"]["household"]["rate"]["source"].startswith("Mistry")
    assert Scenario.from_mapping(resolved) == small()


def test_digest_follows_content_only():
    assert len(small().digest()) == 64
    assert small().digest() == Scenario.from_mapping(dict(reversed(SMALL.items()))).digest()
    assert small().digest() == small(start=date(2022, 2, 20), contacts={}).digest()
    assert small().digest() != small(r0=7.001).digest()
    assert small().digest() != Scenario.from_mapping(SMALL, ["measures.1.from=2022-03-02"]).digest()


def test_the_schema_describes_every_key_with_its_unit():
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    for title, part in [("Scenario", schema), *schema["$defs"].items()]:
        if title != "MeasureEntry":
            assert part["additionalProperties"] is False, title
        for key, field in part["properties"].items():
            assert field.get("description"), f"{title}.{key}"
    rate = schema["$defs"]["LayerContacts"]["properties"]["rate"]
    turnaround = schema["$defs"]["Reporting"]["properties"]["reclassification_days"]
    assert turnaround["default"]["source"]
    assert rate["unit"] == "contacts/day"
    assert rate["anyOf"][0] == {"type": "number", "minimum": 0}
    assert set(schema["$defs"]["Seeding"]["properties"]) == {
        "date", "from", "to", "area", "infections_per_day",
    }  # fmt: skip


# The library


def test_the_library_lists_and_loads_every_scenario():
    assert dict(library())["shanghai-2022"] == "Shanghai, spring 2022"
    for name, title in library():
        scenario = Scenario.load(name)
        assert (scenario.name, scenario.title) == (name, title)
        assert scenario.folder is None


def test_shanghai_names_districts_of_shanghai():
    scenario = Scenario.load("shanghai-2022")
    assert check_areas(scenario, list(DISTRICTS)) == []
    assert check_areas(scenario, [d for d in DISTRICTS if d != "Jinshan"])
    wrong = Scenario.load("shanghai-2022", ["seeding.0.area=Xuhi", "measures.0.areas=[Minghang]"])
    found = check_areas(wrong, list(DISTRICTS))
    assert [(p.key, p.advice) for p in found] == [
        ("seeding.0.area", "did you mean Xuhui?"),
        ("measures.0.areas.0", "did you mean Minhang?"),
    ]


def sealed_share(day):
    measures = [m for m in Scenario.load("shanghai-2022").measures if m.measure == "lockdown"]
    sealed = set()
    for parameters in (m.parameters() for m in measures):
        if parameters["tier"] == "sealed" and parameters["from"] <= day <= parameters["to"]:
            sealed |= set(parameters["areas"])
    return sum(DISTRICTS[district] for district in sealed) / sum(DISTRICTS.values())


def test_shanghai_was_locked_down_in_two_batches_before_the_zones():
    # How many are sealed from 11 April on follows from the zones.
    assert sealed_share(date(2022, 3, 27)) == 0
    assert 0.3 < sealed_share(date(2022, 3, 28)) < 0.35
    assert sealed_share(date(2022, 4, 1)) == 1
    assert sealed_share(date(2022, 4, 10)) == 1
    assert sealed_share(date(2022, 4, 11)) == 0


def test_every_district_is_in_exactly_one_batch_of_the_lockdown():
    measures = [m for m in Scenario.load("shanghai-2022").measures if m.measure == "lockdown"]
    named = [area for m in measures for area in m.parameters()["areas"]]
    assert sorted(named) == sorted(DISTRICTS)


def household_attack_rate(r0):
    """Secondary attack rate in Shanghai's households at the default contacts, adults only.

    A back-of-envelope check: 10 % of residents are at school and 51 % at work, everybody is an
    adult, and outside the household nothing saturates.
    """
    contacts = Scenario.load("shanghai-2022").contacts
    table = courses("omicron-ba2")
    half = table.symptomatic
    multiplier = table.infectiousness.sum(axis=1)[half]
    chance = table.probability[1][half]
    # Shares of households by size 1 to 10, Shanghai 2020 (household_size_distribution.csv).
    households = np.array(
        [0.2837, 0.3577, 0.20107, 0.10027, 0.03734, 0.01496, 0.00325, 0.00106, 0.00039, 0.00025]
    )
    others = np.arange(10.0)
    persons = households * (others + 1)
    persons /= persons.sum()
    alpha = float(contacts.household_size_exponent)
    usual = float(contacts.household.rate) / (persons[1:] @ others[1:] ** (1 - alpha))
    pair = usual * float(contacts.household.weight) * others[1:] ** -alpha
    weight = {
        n: float(c.rate) * float(c.weight) for n, c in zip(LAYERS, contacts.layers(), strict=True)
    }
    outside = 0.10 * weight["school"] + 0.51 * weight["workplace"]
    outside += weight["building"] + weight["compound"] + weight["community"]

    def infected(beta):
        risk = 1 - np.exp(-beta * np.outer(pair, multiplier)) @ chance
        return persons[1:] * others[1:] * risk

    beta = brentq(lambda b: infected(b).sum() + b * outside - r0, 0.01, 20)
    return infected(beta).sum() / (persons[1:] @ others[1:])


def test_household_attack_rate_of_ba2_is_the_published_one():
    # 0.429 (0.343-0.518), PMC10959284 table 2.
    assert household_attack_rate(7) == pytest.approx(0.43, abs=0.04)
    assert 0.34 < household_attack_rate(6) < household_attack_rate(8) < 0.52


@pytest.mark.parametrize("name", [name for name, _ in library()])
def test_a_scenario_as_resolved_has_the_hash_of_the_one_it_is_of(name):
    # A run folder holds it: run again from there, the same run is found.
    scenario = Scenario.load(name)
    assert Scenario.from_mapping(scenario.resolved()).digest() == scenario.digest()
