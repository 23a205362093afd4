"""A nation as written: names of cities, seeds of some cities of many, stages that override."""

from __future__ import annotations

import pytest

from lazaretto.nation.checked import checked_policy
from lazaretto.nation.city_names import names_known
from lazaretto.nation.derive import city_scenarios
from lazaretto.scenario import Scenario, ScenarioError

WRITTEN = {
    "name": "some", "place": "china", "disease": "omicron-bf7", "start": "2022-11-15",
    "end": "2023-01-15",
}  # fmt: skip


def written(nation=None, **more):
    return Scenario.from_mapping(WRITTEN | {"nation": nation or {}} | more)


def seeds_of(scenario):
    return {
        each.city.code: sum(int(s.infections_per_day) for s in each.scenario.seeding)
        for each in city_scenarios(scenario)
    }


def test_some_cities_of_a_nation_begin_as_they_do_in_the_whole():
    whole = seeds_of(Scenario.load("china-exit-2022"))
    for name, code in (("lhasa", "540100"), ("shanghai", "310100"), ("beijing", "110100")):
        alone = seeds_of(Scenario.load("china-exit-2022", [f"nation.cities=[{name}]"]))
        assert alone == {code: whole[code]}
    block = [{"date": "2022-11-15", "area": "all", "infections_per_day": 50}]
    assert seeds_of(written({"cities": ["lhasa"]}, seeding=block)) == {"540100": 50}


def test_a_name_of_province_and_city_is_the_province():
    assert "632500" not in names_known()["hainan"]
    assert "632500" in names_known()["632500"]
    assert "220200" in names_known()["jilin"]
    assert len(names_known()["jilin"]) > 5
    block = [{"date": "2022-11-15", "area": "Hainan", "infections_per_day": 500}]
    codes = seeds_of(written({"cities": ["Hainan", "632500"]}, seeding=block))
    assert codes["632500"] == 0
    assert sum(codes.values()) == 500


@pytest.mark.parametrize(
    ("nation", "said"),
    [
        ({"cities": ["suzhou"]}, "320500 in Jiangsu, 341300 in Anhui"),
        ({"own": [{"cities": ["fuzhou"], "scenario": "beijing-2022"}]}, "by its code"),
        ({"cities": ["lhasa"], "own": [{"cities": ["beijing"], "scenario": "beijing-2022"}]},
         "a city that takes part"),
        ({"own": [{"cities": ["beijing"], "scenario": "beijing-2022"},
                  {"cities": ["beijing"], "scenario": "beijing-late"}]}, "one entry of nation.own"),
        ({"cities": []}, "a province, or all"),
        ({"cities": ["lhasa", "lasa"]}, "each city once"),
        ({"stages": [{"name": "b", "from": "2022-12-05"}, {"name": "a", "from": "2022-12-01"}]},
         "in the order of their dates"),
        ({"cities": ["all", "lhasa"]}, "write nation.cities: all"),
        ({"stages": [{"name": "a"}, {"name": "b"}]}, "each date once"),
        ({"stages": [{"name": "a"}, {"name": "a", "from": "2022-12-01"}]}, "each name once"),
        ({"stages": [{"name": "a", "from": "2024-12-01"}]}, "the last of the run"),
        ({"own": [{"cities": ["beijing"], "scenario": "beijing-2022", "stages": ["zero"]}]},
         "none are declared"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(nation, said):
    with pytest.raises(ScenarioError, match=said):
        city_scenarios(written(nation))


def test_codes_are_numbers_in_yaml_and_one_name_may_stand_alone():
    for cities in (["lhasa", 540200], ["lhasa", "540200"]):
        assert set(seeds_of(written({"cities": cities}))) == {"540100", "540200"}
    assert set(seeds_of(written({"cities": "lhasa"}))) == {"540100"}
    assert len(seeds_of(written({"cities": "all"}))) == 368


def test_a_stage_can_override_the_policy_of_a_city_of_its_own():
    stages = [{"name": "zero"}, {"name": "exit", "from": "2022-12-07"}]
    own = {"cities": ["beijing"], "scenario": "beijing-2022"}

    def last(**more):
        scenario = written({"cities": ["beijing"], "stages": stages, "own": [own | more]})
        (city,) = city_scenarios(scenario)
        return {entry.parameters().get("to") for entry in city.scenario.measures}

    assert None in last()
    assert {str(day) for day in last(stages=["zero"])} == {"2022-12-06"}


def test_a_measure_that_is_never_in_force_is_drawn_so():
    stages = [{"name": "zero"}, {"name": "exit", "from": "2022-12-07"}]
    seal = {"measure": "lockdown", "name": "seal", "tier": "sealed", "from": "2022-12-10",
            "stages": ["zero"]}  # fmt: skip
    (drawn,) = checked_policy(written({"cities": ["lhasa"], "stages": stages}, measures=[seal]))
    assert drawn.first is not None
    assert str(drawn.first) == "2023-01-16"
