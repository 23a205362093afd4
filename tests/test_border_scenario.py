"""The border as a scenario writes it: periods, problems, the headline, and its page."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import xarray as xr
from busy_border import WILD
from towns import small_town

from lazaretto.disease import courses
from lazaretto.disease.border_page import border_page
from lazaretto.engine.prepare import border_of
from lazaretto.report.headline import border_words
from lazaretto.scenario import Scenario, ScenarioError, check_areas
from lazaretto.scenario.border import PROTOCOLS

LEAST = {
    "place": "chongming", "disease": "omicron-ba2", "start": "2022-03-01", "end": "2022-04-30",
    "name": "border",
}  # fmt: skip
FLIGHTS = {"flights_per_week": 14, "passengers": 150, "prevalence": [{"share": 0.02}]}


def scenario_with(**more: object) -> Scenario:
    return Scenario.from_mapping(LEAST | {"border": FLIGHTS | more})


def test_periods_become_days():
    people = small_town(900, 3)
    prevalence = [{"from": "2022-03-05", "share": 0.01}, {"from": "2022-03-11", "share": 0.03}]
    quarantine = [{"from": "2022-03-03", "protocol": "7+3"},
                  {"from": "2022-03-09", "facility_days": 2, "tests": [{"day": 2}]}]  # fmt: skip
    written = scenario_with(
        prevalence=prevalence, quarantine=quarantine, area=people.districts[1],
        pre_departure_test={"test": "antigen", "days_before": 1}, exposure_days=10,
    )  # fmt: skip
    assert Scenario.from_mapping(written.resolved()) == written
    made = border_of(written, people, courses("omicron-ba2"))
    assert made is not None
    assert made.infected[[0, 3, 4, 9, 10, 60]].tolist() == pytest.approx([0, 0, 3, 3, 9, 9])
    assert (made.first, made.last) == tuple(people.district_start[1:3])
    assert [made.stay_of(day).days for day in (0, 1, 2, 7, 8, 60)] == [0, 0, 10, 10, 2, 2]
    assert [after for after, _ in made.stay_of(2).tests] == [0, 1, 2, 4, 6, 9]
    assert made.before is not None
    assert made.before[0] == 1
    assert border_of(Scenario.from_mapping(LEAST), people, WILD) is None


def test_every_problem_is_said_at_once():
    quarantine = [
        {"from": "2022-03-02", "protocol": "7+3", "home_days": 3},
        {"facility_days": 3, "tests": [{"day": 4}, {"day": 2}, {"day": 2}]},
        {"from": "2022-03-02"},
    ]
    with pytest.raises(ScenarioError) as caught:
        scenario_with(prevalence=[{"share": 0.1}, {"share": 0.2}], quarantine=quarantine)
    assert {problem.key for problem in caught.value.problems} == {
        "border.prevalence.1.from", "border.quarantine.0", "border.quarantine.1.tests.0.day",
        "border.quarantine.1.tests.2.day", "border.quarantine.2", "border.quarantine.2.from",
    }  # fmt: skip
    with pytest.raises(ScenarioError) as caught:
        scenario_with(prevalence=[{"share": 20}], quarantine=[{"protocol": "6+2"}], seats=3)
    assert {problem.key for problem in caught.value.problems} == {
        "border.prevalence.0.share", "border.quarantine.0.protocol", "border.seats",
    }  # fmt: skip


def test_the_area_is_a_district_of_the_place():
    (problem,) = check_areas(scenario_with(area="Chongmin"), ["Chongming"])
    assert (problem.key, problem.value) == ("border.area", "Chongmin")


def test_the_headline_says_what_the_border_found():
    days = {"date": np.arange(3)}
    counted = {"imported": [5, 6, 0], "imported_found": [0, 7, 0], "imported_released": [1, 0, 1]}
    results = xr.Dataset({name: ("date", values) for name, values in counted.items()}, days)
    said = border_words(results)
    assert "11 infected travellers arrived" in said
    assert "7 were found and 2 let go" in said


def test_named_protocols_can_be_kept():
    for name, protocol in PROTOCOLS.items():
        if name != "none":
            assert name == f"{protocol.facility_days}+{protocol.home_days}"
        assert all(1 <= day <= protocol.days for day, _ in protocol.tests)
        assert protocol.source
    written = scenario_with(quarantine=[{"protocol": "14+7"}])
    assert written.border is not None
    assert written.border.protocol_on(date(2022, 3, 1)) is PROTOCOLS["14+7"]


def test_the_page_is_up_to_date(pytestconfig):
    page = pytestconfig.rootpath / "docs" / "border.md"
    assert page.read_text(encoding="utf-8") == border_page()
