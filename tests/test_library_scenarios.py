"""The scenarios of single cities that are shipped: sound, sourced, and run whole at a thousandth.

The figures they give for the real cities are held against published ones in
tests/validation/test_single_cities.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from lazaretto.engine.checked import checked_measures, idle_measures, read_checked
from lazaretto.engine.prepare import prepare
from lazaretto.engine.simulation import Simulation
from lazaretto.outcomes import Tally
from lazaretto.people import read_area
from lazaretto.scenario import MeasureEntry, Scenario, as_date, library
from lazaretto.studies.comparable import check_comparable
from lazaretto.studies.pairs import pair_of
from lazaretto.words import AGE_BANDS, TIERS

NAMES = ("beijing-2022", "beijing-late", "wuhan-2020", "hong-kong-2022", "living-with-it")
SEALED = TIERS.index("sealed")
DIVISOR = 1_000
LEAST = 120
"""A thousandth of the residents, and no district smaller than these."""


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what writes the census of a place at a thousandth, all districts kept."""
    folder = tmp_path_factory.mktemp("towns")

    def written(place: str) -> Path:
        census = read_area(place)
        path = folder / f"{place}.csv"
        rows = ["area_code,level,name_en,age_band,male,female,total"]
        for district, persons in zip(census.districts, census.persons, strict=True):
            few = np.maximum(persons // DIVISOR, LEAST // len(AGE_BANDS) + 1)
            rows += [
                f'{district},district,"{district}",{band},,,{n}'
                for band, n in zip(AGE_BANDS, few, strict=True)
            ]
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return path

    return written


@pytest.fixture(scope="module")
def small_runs(towns: Callable[[str], Path]) -> Callable[[str], tuple[Scenario, Tally, int]]:
    """Return what runs a shipped scenario, once, in its place at a thousandth."""
    made: dict[str, tuple[Scenario, Tally, int]] = {}

    def run(name: str) -> tuple[Scenario, Tally, int]:
        if name not in made:
            place = str(towns(Scenario.load(name).place))
            scenario = Scenario.load(name, {"place": place})
            prepared = prepare(scenario, 1)
            with Simulation(prepared.people, prepared.settings, 1) as simulation:
                made[name] = (scenario, simulation.run(), prepared.people.n_persons)
        return made[name]

    return run


def sealed_days(scenario: Scenario, tally: Tally, residents: int) -> list[str]:
    """Return the first and last day on which everybody is sealed; none if there is no such day."""
    full = np.flatnonzero(tally.persons_by_tier[:, :, SEALED].sum(axis=1) == residents)
    dates = [date.fromordinal(scenario.start.toordinal() + int(day)).isoformat() for day in full]
    return [dates[0], dates[-1]] if dates else []


def began(entry: MeasureEntry) -> date:
    """Return the first day of a measure."""
    assert entry.model_extra is not None
    return as_date(entry.model_extra["from"])


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_is_sound_and_every_measure_acts(name):
    assert name in dict(library())
    scenario = read_checked(name)
    assert len(checked_measures(scenario)) == len(scenario.measures)
    assert idle_measures(scenario) == []
    if scenario.less_restrictive is not None:
        pair_of(scenario)


@pytest.mark.parametrize("name", NAMES)
def test_every_number_of_a_shipped_scenario_has_a_source(name):
    figures = Scenario.load(name).figures()
    assert len(figures) > 100
    assert [key for key, figure in figures if not figure.source.strip()] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_runs_whole_in_a_small_town(small_runs, name):
    scenario, tally, residents = small_runs(name)
    assert tally.infections.shape[0] == scenario.n_days
    assert 0 < tally.infections.sum() <= residents
    assert tally.persons_by_tier.sum(axis=(1, 2)).tolist() == [residents] * scenario.n_days
    assert tally.reports[:, :, :2].sum() > 0


def test_who_is_confined_when(small_runs):
    assert sealed_days(*small_runs("wuhan-2020")) == ["2020-01-23", "2020-04-07"]
    first, last = sealed_days(*small_runs("beijing-late"))
    assert first == "2022-05-23"
    assert last >= "2022-06-01", "zones may keep everybody of a small town in for longer"
    scenario, tally, residents = small_runs("beijing-2022")
    assert sealed_days(scenario, tally, residents) == []
    assert tally.persons_by_tier[:, :, SEALED].any(), "buildings with cases were sealed"
    for name in ("hong-kong-2022", "living-with-it"):
        _, tally, residents = small_runs(name)
        assert (tally.persons_by_tier[:, :, 0].sum(axis=1) == residents).all()


def test_the_two_scenarios_of_beijing_differ_in_policy_only():
    early, late = Scenario.load("beijing-2022"), Scenario.load("beijing-late")
    check_comparable(early, late)
    ours, theirs = early.resolved(), late.resolved()
    apart = {key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)}
    policy = {"measures", "resources", "less_restrictive"}
    assert apart - {"name", "title", "description"} <= policy
    assert {"seeding", "behaviour", "contacts", "confinement", "r0", "vaccination"} <= set(ours)
    distance = [
        next(m for m in scenario.measures if m.name == "distance-spring").model_extra["factor"]
        for scenario in (early, late)
    ]
    assert float(distance[0]["value"]) == float(distance[1]["value"])


def test_late_means_as_many_days_after_the_first_reports_as_in_shanghai():
    """1 March in Shanghai, 22 April in Beijing: what has one date in both is 52 days later."""
    shanghai = {m.name: m for m in Scenario.load("shanghai-2022").measures}
    late = {m.name: m for m in Scenario.load("beijing-late").measures}
    wait = date(2022, 4, 22) - date(2022, 3, 1)
    same = ("schools-online", "sealed-2-plus-12", "grid-screening", "antigen-self-test",
            "antigen-round", "three-zones-by-compound", "three-zones-by-building")  # fmt: skip
    for name in same:
        assert began(late[name]) - began(shanghai[name]) == wait, name
    assert began(late["lockdown"]) - began(shanghai["lockdown-second-batch"]) == wait


def test_living_with_it_can_be_set_beside_shanghai():
    changes = {"behaviour.messages.seeded": "[]", "posterior": "null"}
    check_comparable(
        Scenario.load("shanghai-2022", changes), Scenario.load("living-with-it", changes)
    )


def test_hong_kong_has_the_residents_of_its_census_on_land():
    """2021 census: 7,413,070 with 1,125 who live on boats; 2.7 persons a household on land."""
    census = read_area("hong-kong")
    assert census.n_districts == 18
    assert census.n_persons == 7_413_070 - 1_125
    assert read_area("Hong Kong").districts == read_area("810000").districts == census.districts
    mean = census.family_persons.sum() / census.family_households.sum()
    assert mean == pytest.approx(2.7, abs=0.005)
    assert np.isfinite(census.lon).all()
    assert np.isfinite(census.lat).all()
    old = census.persons[:, 13:].sum() / census.n_persons
    assert old == pytest.approx(0.182, abs=0.001), "65 and over, United Nations, 2020"
