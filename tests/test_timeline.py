"""The policy drawn by date: readable at any width, and the same for machines."""

from __future__ import annotations

import json
from datetime import date

import pytest
from rich.console import Console
from typer.testing import CliRunner

from lazaretto import console
from lazaretto.cli import app
from lazaretto.console.timeline import print_timeline
from lazaretto.engine.checked import checked_measures
from lazaretto.measures import timeline
from lazaretto.scenario import Scenario

POLICY = {
    "name": "harbour",
    "title": "A harbour",
    "place": "shanghai",
    "disease": "omicron-ba2",
    "r0": 7,
    "start": "2022-03-01",
    "end": "2022-04-29",
    "resources": [
        {"name": "labs", "unit": "tubes/day", "opened": [
            {"amount": 1000}, {"from": "2022-03-31", "amount": 8000}]},
        {"name": "halls", "unit": "beds", "opened": []},
        {"name": "pills", "unit": "courses", "opened": [
            {"from": "2022-03-01", "amount": 50}, {"from": "2022-03-31", "amount": 50}]},
    ],
    "measures": [
        {"measure": "symptomatic_testing", "share": 0.5, "delay_days": 1, "labs": "labs"},
        {"measure": "lockdown", "name": "seal", "tier": "sealed", "from": "2022-03-31",
         "areas": ["Pudong", "Minhang", "Songjiang"],
         "when": {"level": "district", "on": {"cases": {"days": 7, "per_100000": 5}},
                  "off": {"days_clear": 14}}},
        {"measure": "isolation", "name": "to-halls", "beds": ["halls"]},
        {"measure": "open_resource", "name": "more-halls", "stock": "halls", "amount": 20000,
         "when": {"on": {"stock": {"name": "halls", "waiting": 1000}}, "least_days": 30}},
        {"measure": "close_schools", "name": "holidays", "from": "2022-07-01"},
    ],
}  # fmt: skip


def policy(**changes):
    scenario = Scenario.from_mapping(POLICY | changes)
    return scenario, timeline(scenario, checked_measures(scenario))


def drawn(monkeypatch, columns, **changes):
    recorder = Console(width=columns, highlight=False, record=True, quiet=False, file=Quiet())
    monkeypatch.setattr(console, "out", recorder)
    print_timeline(*policy(**changes))
    return recorder.export_text().splitlines()


class Quiet:
    """Takes what is printed and shows it nowhere."""

    def write(self, text):
        return len(text)

    def flush(self):
        pass


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_it_fits_the_width_and_says_everything(monkeypatch, columns):
    rows = drawn(monkeypatch, columns)
    assert max(map(len, rows)) <= columns or columns < 80
    said = " ".join(" ".join(rows).split())
    for words in (
        "when: in a district from 5 cases per 100,000 in 7 days until 14 days clear",
        "takes from: labs",
        "takes from: halls",
        "opens: 20,000 beds of halls",
        "when: in the city from 1,000 waiting for halls, as long as this holds, for at least 30 "
        "days",
        "1,000 from 1 Mar; 8,000 from 31 Mar",
        "50 on 1 Mar; 50 on 31 Mar",
        "more by more-halls",
        "taken by: to-halls",
        "Never in force in these days: holidays",
        "Resources that no measure takes from: pills",
        "harbour is sound, but 1 of 5 measures never acts: holidays;",
    ):
        assert words in said, words
    assert ("lockdown: tier sealed in Pudong, Minhang, Songjiang" in said) == (columns >= 110)
    assert ("in 3 districts" in said) == (columns < 110)


def test_bars_and_steps_lie_under_their_dates(monkeypatch):
    rows = drawn(monkeypatch, 80)
    by_name = {row.split("  ")[-1].split(",")[0]: row for row in rows if row}
    # 18 characters for 60 days: 31 March is day 30, in the tenth.
    head = next(row for row in rows if row.endswith("measure"))
    assert head.index("Apr") == 16 + 31 * 18 // 60
    assert by_name["symptomatic_testing"][16:34] == "━" * 18
    assert next(row for row in rows if "seal" in row)[16:34] == "·" * 9 + "╌" * 9
    assert by_name["holidays"][16:34] == "·" * 18
    assert next(row for row in rows if "labs, tubes/day" in row)[16:34] == "▁" * 9 + "█" * 9
    assert next(row for row in rows if "halls, beds" in row)[16:34] == "·" * 18
    assert next(row for row in rows if "pills, courses" in row)[16:34] == "▄" * 9 + "█" * 9


def test_a_year_is_said_where_there_are_two(monkeypatch):
    rows = drawn(monkeypatch, 80, start="2021-12-20")
    assert any(row.startswith("2021-12-20  2022-04-29") for row in rows)
    assert max(map(len, rows)) <= 80


def test_without_measures_there_is_nothing_to_draw(monkeypatch):
    rows = drawn(monkeypatch, 80, measures=[], resources=[])
    assert not any("measure" in row for row in rows[:-1])
    assert "harbour is sound: 0 measures" in rows[-1]


def test_machines_get_the_same():
    _, made = policy()
    written = made.as_json()
    assert json.loads(json.dumps(written)) == written
    measures = {each["name"]: each for each in written["measures"]}
    assert list(measures)[-1] == "holidays"
    seal = measures["seal"]
    assert (seal["measure"], seal["first"], seal["last"]) == (
        "lockdown", "2022-03-31", "2022-04-29",
    )  # fmt: skip
    assert seal["when"] == ("in a district from 5 cases per 100,000 in 7 days until 14 days clear")
    assert measures["to-halls"]["takes"] == ["halls"]
    assert measures["more-halls"]["opens"] == "20,000 beds of halls"
    labs, halls, _ = written["resources"]
    assert labs["steps"] == [
        {"first": "2022-03-01", "amount": 1000}, {"first": "2022-03-31", "amount": 8000},
    ]  # fmt: skip
    assert labs["taken_by"] == ["symptomatic_testing"]
    assert halls["opened_by"] == ["more-halls"]
    assert [note.split(":")[0] for note in written["notes"]] == [
        "Never in force in these days", "Resources that no measure takes from",
    ]  # fmt: skip


def test_amounts_hold_and_courses_add_up():
    _, made = policy()
    labs, halls, pills = made.resources
    days = [date(2022, 3, 1), date(2022, 3, 30), date(2022, 3, 31)]
    assert [labs.amount_on(day) for day in days] == [1000, 1000, 8000]
    assert [halls.amount_on(day) for day in days] == [0, 0, 0]
    assert [pills.amount_on(day) for day in days] == [50, 50, 100]


# -- more than one place, and the border ----------------------------------------------------------


def test_cities_stages_and_what_is_per_100000_are_said(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    said = CliRunner().invoke(app, ["check", "china-exit-2022"]).stdout
    assert "Cities: all" in said
    assert "Stages: twenty measures from 11 November 2022; exit from 7 December 2022" in said
    assert "icu-beds, beds per 100,000 residents" in said
    assert "4.37 from 2022-11-15" in said


def test_the_border_is_said(monkeypatch):
    border = {
        "flights_per_week": 40, "passengers": 200, "prevalence": [{"share": 0.01}],
        "quarantine": [{"protocol": "14+7"}, {"from": "2022-04-10", "protocol": "none"}],
    }  # fmt: skip
    said = "\n".join(drawn(monkeypatch, 120, border=border))
    assert (
        "Border: 40 flights a week of 200; on arrival 14+7 days from 1 March 2022, "
        "nothing from 10 April 2022" in said
    )


def test_measures_on_travel_have_no_effect_in_one_place():
    closed = {"measure": "city_closure", "name": "closed", "essential": 0.2}
    _, lines = policy(measures=[*POLICY["measures"], closed])
    assert "Nobody travels in a single place, so these have no effect: closed" in lines.notes
