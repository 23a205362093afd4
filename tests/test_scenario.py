"""Scenarios: read, completed, kept as they were run, and those of the library."""

from __future__ import annotations

import doctest
import json
import pickle
from datetime import date
from importlib import import_module

import numpy as np
import pytest
import yaml
from small_scenario import SMALL, keys, problems, small

from lazaretto.scenario import Scenario, Sourced, json_schema, library, sourced
from lazaretto.words import HOUSEHOLD, LAYERS

sourced_module = import_module("lazaretto.scenario.sourced")


def test_doctests():
    assert doctest.testmod(sourced_module).failed == 0


# Reading


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


@pytest.mark.parametrize("name", [name for name, _ in library()])
def test_a_scenario_as_resolved_has_the_hash_of_the_one_it_is_of(name):
    # A run folder holds it: run again from there, the same run is found.
    scenario = Scenario.load(name)
    assert Scenario.from_mapping(scenario.resolved()).digest() == scenario.digest()
