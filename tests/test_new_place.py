"""A place of one's own: `lazaretto new`, ages as offices publish them, cases beside the census."""

from __future__ import annotations

import json
import shlex
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.disease import variants
from lazaretto.engine.checked import place_of, read_checked
from lazaretto.people import CensusError, read_area
from lazaretto.people.own_ages import read_own_ages
from lazaretto.people.own_cases import cases_by_day
from lazaretto.scenario import ScenarioError
from lazaretto.studies import observed_cases
from lazaretto.studies.calibration import load_plan
from lazaretto.studies.new_place import NewPlace, make_folder
from lazaretto.words import AGE_BANDS

LOMBARDY = Path(__file__).parents[1] / "docs" / "examples" / "lombardy"
OF_OFFICE = {
    "area": "denominazione_regione", "age": "range_eta", "persons": "totale_generale",
}  # fmt: skip
COLUMNS = [
    part for name, column in OF_OFFICE.items() for part in (f"--{name}-column", column)
]  # fmt: skip


def written(folder, text, name="ages.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def call(*arguments):
    return CliRunner().invoke(app, ["new", *map(str, arguments)])


# -- ages -----------------------------------------------------------------------------------------


def test_bands_of_an_office_become_those_of_the_model_and_nobody_is_lost():
    ages = read_own_ages(LOMBARDY / "ages.csv", **OF_OFFICE)
    assert ages.names == ("Lombardia",)
    [persons] = ages.persons
    office = pd.read_csv(LOMBARDY / "ages.csv").set_index("range_eta")["totale_generale"]
    assert persons.sum() == office.sum() == 10_027_602
    bands = dict(zip(AGE_BANDS, persons, strict=True))
    assert abs(bands["0-4"] - office["0-15"] * 5 / 16) <= 1
    assert abs(bands["15-19"] - office["0-15"] / 16 - office["16-19"]) <= 1
    assert abs(bands["20-24"] + bands["25-29"] - office["20-29"]) <= 1
    assert abs(bands["80-84"] - office["80-89"] / 2) <= 1
    assert abs(bands["85+"] - office["80-89"] / 2 - office["90+"]) <= 1
    assert "16-19" not in ages.split
    assert "0-15" in ages.split


@pytest.mark.parametrize(
    ("ages", "persons"),
    [
        (["0-4", "5 to 9", "10+"], [5, 5, 16]),
        (["0-9", "10-84", "85 and over"], [10, 75, 7]),
        (["age 0-4", "5–9", "10 or more"], [0, 3, 80]),
        (["under 18", "18-64", "65 years and over"], [5, 5, 16]),
        (["Under 1", "1 to 4 years", "5_9", "10 years or older"], [5, 5, 16, 2]),
        (["<5", "5-84", "≥85"], [5, 5, 16]),
        (
            [
                "up to 9 years",
                "10-",
            ],
            [7, 3],
        ),
        ([str(age) for age in range(100)] + ["100+"], [3] * 101),
    ],
)
def test_ages_are_read_as_people_write_them(tmp_path, ages, persons):
    text = "age,persons\n" + "".join(f"{a},{p}\n" for a, p in zip(ages, persons, strict=True))
    found = read_own_ages(written(tmp_path, text))
    assert found.names == ("ages",)
    assert found.persons.sum() == sum(persons)
    assert (found.persons >= 0).all()


def test_single_years_are_added_up_exactly(tmp_path):
    text = "age,sex,persons\n" + "".join(f"{a},{s},{a}\n" for a in range(101) for s in "fm")
    [persons] = read_own_ages(written(tmp_path, text)).persons
    wanted = [2 * sum(range(5 * i, 5 * i + 5)) for i in range(17)] + [2 * sum(range(85, 101))]
    assert persons.tolist() == wanted


def test_bands_of_the_model_stay_as_they_are(tmp_path):
    text = "area,age,persons\n" + "".join(f"A,{b},{i}\n" for i, b in enumerate(AGE_BANDS))
    found = read_own_ages(written(tmp_path, text))
    assert np.array_equal(found.persons[0], np.arange(18))
    assert found.split == ()


def test_all_problems_of_ages_are_told_at_once(tmp_path):
    text = "area,age,persons\nA,0-39,5\nA,30-84,x\nA,all,3\nA,85+,-1\nB,0-79,4\nB,60+,4\n"
    with pytest.raises(CensusError) as refused:
        read_own_ages(written(tmp_path, text))
    told = "\n".join(refused.value.problems)
    for said in ("row 3, persons: 'x'", "row 4, age: 'all'", "row 5, persons: '-1'",
                 "A: ages from 40 on are missing", "B: age 60 is in two bands"):  # fmt: skip
        assert said in told
    with pytest.raises(CensusError, match=r"no column persons.*--persons-column"):
        read_own_ages(written(tmp_path, "area,age,n\nA,0+,4\n"))
    with pytest.raises(CensusError, match="no rows of C; it has A, B"):
        read_own_ages(written(tmp_path, "area,age,persons\nA,0+,4\nB,0+,4\n"), only=["A", "C"])


def test_only_the_areas_that_are_asked_for_are_read(tmp_path):
    text = "area,age,persons\nA,0+,400\nB,0+,500\nC,nonsense,4\n"
    found = read_own_ages(written(tmp_path, text), only=["B", "A"])
    assert (found.names, found.persons.sum()) == (("A", "B"), 900)


# -- cases ----------------------------------------------------------------------------------------


def test_cases_beside_the_census_are_set_beside_a_run(tmp_path):
    new = NewPlace("l", "L", "wild-type", cases=LOMBARDY / "cases.csv")
    made = make_folder(new, tmp_path / "l")
    assert tmp_path / "l" / "place" / "cases.csv" in made
    scenario = read_checked(tmp_path / "l" / "scenario.yaml")
    real = observed_cases(place_of(scenario))
    assert real is not None
    assert real.daily.columns.tolist() == ["date", "new_infections", "deaths"]
    assert real.daily["new_infections"].sum() == 44_773 - 172
    assert real.by_district.empty
    assert real.announced.empty


def test_wrong_cases_are_told_when_the_scenario_is_checked(tmp_path):
    make_folder(NewPlace("l", "L", "wild-type"), tmp_path / "l")
    assert observed_cases(tmp_path / "l" / "place") is None
    written(tmp_path / "l" / "place", "date,reported\n2020-02-30,5\n2020-03-01,many\n", "cases.csv")
    with pytest.raises(ScenarioError) as refused:
        read_checked(tmp_path / "l" / "scenario.yaml")
    assert [problem.advice.split(":")[0] for problem in refused.value.problems] == [
        "cases.csv, row 2, date", "cases.csv, row 3, reported",
    ]  # fmt: skip


def test_a_number_that_is_not_known_is_left_out(tmp_path):
    text = "date,reported,deaths\n2020-03-02,4,\n2020-03-01,3,1\n"
    assert cases_by_day(written(tmp_path, text)) == {
        date(2020, 3, 1): {"reported": 3, "deaths": 1}, date(2020, 3, 2): {"reported": 4},
    }  # fmt: skip


# -- the folder -----------------------------------------------------------------------------------


@pytest.mark.parametrize("disease", variants())
def test_what_is_written_is_sound_as_it_stands(tmp_path, disease):
    made = call(tmp_path / "my-city", "--disease", disease)
    assert made.exit_code == 0, made.output
    scenario = read_checked(tmp_path / "my-city" / "scenario.yaml")
    assert (scenario.name, scenario.disease) == ("my-city", disease)
    assert read_area(place_of(scenario)).persons.sum() == read_area("chongming").persons.sum()
    assert "to be replaced by yours" in (tmp_path / "my-city" / "README.md").read_text()


def test_an_office_and_cases_give_a_scenario_and_a_calibration(tmp_path):
    made = call(tmp_path / "lombardy", "--ages", LOMBARDY / "ages.csv", "--cases",
                LOMBARDY / "cases.csv", "--disease", "wild-type", "--start", "2020-02-01",
                "--title", "Lombardy, spring 2020", *COLUMNS, "--json")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert len(json.loads(made.output)["files"]) == 5
    scenario = read_checked(tmp_path / "lombardy" / "scenario.yaml")
    assert scenario.title == "Lombardy, spring 2020"
    assert (scenario.start, scenario.end) == (date(2020, 2, 1), date(2020, 4, 1))
    assert read_area(place_of(scenario)).persons.sum() == 10_027_602
    plan = load_plan(str(tmp_path / "lombardy" / "calibration.yaml"))
    assert plan.names == ["r0", "seek_test", "brought_in"]
    assert np.nansum(plan.data.total) == 44_773 - 172


def test_the_worked_example_is_what_the_page_says(tmp_path):
    """The shipped scenario fits the folder that the command on the page writes."""
    page = (LOMBARDY.parents[1] / "your-own-place.md").read_text(encoding="utf-8")
    command = page.split("```")[1].replace("\\\n", " ").strip()
    words = shlex.split(command)
    assert words[:3] == ["lazaretto", "new", "lombardy"]
    folder = tmp_path / "lombardy"
    there = {"ages.csv": LOMBARDY / "ages.csv", "cases.csv": LOMBARDY / "cases.csv"}
    assert call(folder, *(there.get(word, word) for word in words[3:])).exit_code == 0
    shutil.copy(LOMBARDY / "scenario.yaml", folder / "scenario.yaml")
    scenario = read_checked(folder / "scenario.yaml")
    assert [a.name for a in scenario.alternatives] == ["a-week-earlier"]
    assert scenario.less_restrictive is not None
    assert "10.0 million residents" in page
    assert observed_cases(place_of(scenario)) is not None


def test_long_cases_leave_a_fortnight_to_be_scored(tmp_path):
    days = pd.date_range("2020-03-01", periods=60)
    text = "date,reported\n" + "".join(f"{day.date()},5\n" for day in days)
    make_folder(NewPlace("a", "A", "delta", cases=written(tmp_path, text)), tmp_path / "a")
    held = load_plan(str(tmp_path / "a" / "calibration.yaml")).calibration
    assert held.held_out is not None
    assert (held.data_until, held.held_out.first) == (date(2020, 4, 15), date(2020, 4, 16))
    assert held.held_out.last == days[-1].date()


def test_words_of_the_user_stay_words(tmp_path):
    """Neither a title nor the name of an area can add keys to the scenario."""
    text = 'area,age,persons\n"A: {b}\nseeding: []",0+,9000\n'
    made = call(tmp_path / "odd", "--ages", written(tmp_path, text), "--title",
                'x"\nmeasures: []\n# {{ 7 * 7 }}')  # fmt: skip
    assert made.exit_code == 0, made.output
    scenario = read_checked(tmp_path / "odd" / "scenario.yaml")
    assert scenario.title == 'x" measures: [] # {{ 7 * 7 }}'
    assert len(scenario.measures) == 6
    assert len(scenario.seeding) == 1


def test_a_name_in_other_letters_stays_in_the_title(tmp_path):
    assert call(tmp_path / "北京").exit_code == 0
    scenario = read_checked(tmp_path / "北京" / "scenario.yaml")
    assert (scenario.name, scenario.title) == ("my-place", "北京")


def test_a_folder_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    refused = call(tmp_path / "there")
    assert refused.exit_code == 2
    assert "one that is not there yet" in refused.output
    assert list((tmp_path / "there").iterdir()) == []

    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device", "README.md")

    monkeypatch.setattr("lazaretto.studies.new_place._filled", full)
    assert call(tmp_path / "new").exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--disease", "omikron-ba2"], "omicron-ba2"),
        (["--ages", "no.csv", "--cases", "none.csv"], "--cases is none.csv"),
        (["--cases", LOMBARDY / "cases.csv", "--start", "2020-05-01"], "2020-04-01"),
        (["--ages", LOMBARDY / "ages.csv"], "--area-column"),
    ],
)
def test_wrong_input_is_refused_and_nothing_written(tmp_path, arguments, said):
    refused = call(tmp_path / "place", *arguments)
    assert refused.exit_code == 2
    assert said in refused.output or "--persons-column" in refused.output
    assert list(tmp_path.iterdir()) == []
