"""What a scenario needs at least, the small one of the library, and the page of all keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from lazaretto.disease import variant
from lazaretto.engine.checked import idle_measures, read_checked
from lazaretto.engine.prepare import unmeasured_figures
from lazaretto.outcomes.results import OF_BEHAVIOUR
from lazaretto.scenario import DISEASES, Scenario, ScenarioError, json_schema, library
from lazaretto.scenario.published import NOT_GIVEN, PUBLISHED_R0
from lazaretto.scenario.reference import scenario_page
from lazaretto.studies import run_scenario

PAGE = Path(__file__).parents[1] / "docs" / "scenario.md"
LEAST = {
    "place": "chongming",
    "disease": "delta",
    "start": "2022-03-01",
    "end": "2022-03-10",
}
SUPPORT = {
    "food_delivery", "medical_passes", "income_support", "official_information", "visiting_rights",
    "longest_stay",
}  # fmt: skip


def test_name_title_and_r0_are_filled_in(tmp_path):
    path = tmp_path / "My town 2.yaml"
    path.write_text(yaml.safe_dump(LEAST), encoding="utf-8")
    least = read_checked(path)
    assert (least.name, least.title) == ("my-town-2", "my-town-2")
    assert float(least.r0) == 5.1
    shown = dict(unmeasured_figures(least))["r0"]
    assert shown.source.startswith(NOT_GIVEN)
    assert shown.status == "assumed"
    assert Scenario.from_mapping(least.resolved()) == least
    assert not {"name", "title", "r0"} & set(json_schema()["required"])
    assert {"place", "disease"} <= set(json_schema()["required"])


def test_what_is_written_is_not_filled_in():
    given = Scenario.from_mapping(LEAST | {"name": "a", "title": "B", "r0": 3})
    assert (given.title, float(given.r0)) == ("B", 3)
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_mapping(LEAST | {"name": "a", "disease": "omikron"})
    assert {problem.key for problem in caught.value.problems} == {"disease", "r0"}


@pytest.mark.parametrize("name", DISEASES)
def test_the_published_r0_is_that_of_the_disease(name):
    ours, theirs = PUBLISHED_R0[name], variant(name).r0
    assert (ours.value, ours.low, ours.high) == (theirs.value, theirs.low, theirs.high)
    assert (ours.source, ours.status, ours.unit) == (theirs.source, theirs.status, theirs.unit)


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == scenario_page(), (
        "run: python -m lazaretto.scenario.reference docs/scenario.md"
    )


def test_the_page_has_every_key_and_its_first_example_runs():
    page = scenario_page()
    for key in (*Scenario.model_fields, "at_start", "half_life", "by_message", "forward_limit"):
        assert f"| `{key}` |" in page
    example = re.search(r"```yaml\n(.*?)```", page, re.DOTALL).group(1)
    Scenario.from_mapping({"name": "example"} | yaml.safe_load(example))


def test_the_small_example_has_all_support_and_runs():
    assert "chongming-example" in dict(library())
    example = read_checked("chongming-example", {"end": "2022-04-12"})
    assert {entry.measure for entry in example.measures} > SUPPORT
    assert idle_measures(example) == []
    assert example.aim is not None
    assert example.next_less_restrictive() is not None
    results = run_scenario(example).results
    assert set(OF_BEHAVIOUR) <= set(results.data_vars)
    assert "behaviour_off" not in results.attrs
    assert float(results["persons_by_tier"].sel(tier="sealed").sum()) > 0


def test_a_run_tells_nothing_of_a_part_that_is_off():
    off = {"behaviour.trust.active": False, "behaviour.breakouts.active": False}
    results = run_scenario(read_checked("chongming-example", off | {"end": "2022-03-22"})).results
    assert results.attrs["behaviour_off"] == "trust, breakouts"
    assert not {"trust", "breakouts", "aware"} & set(results.data_vars)
    assert "leaks" in results
