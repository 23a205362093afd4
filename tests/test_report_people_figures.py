"""The figures of people under the policy: true to the results, and none of what is off."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from known_wave import START, one_run
from responding_runs import (
    PEOPLE,
    REACH,
    RESIDENTS,
    responding_run,
    run_without,
    two_responding_runs,
)

from lazaretto import reporting
from lazaretto.outcomes import side_by_side
from lazaretto.outcomes.ledger import ledger
from lazaretto.report import report_figures
from lazaretto.report.adherence import adherence_tables, measured_elsewhere
from lazaretto.report.appearance import LAYOUTS, WIDE, specification
from lazaretto.report.banded import banded
from lazaretto.report.both_pans import borne_table
from lazaretto.report.breakouts import ends_by_week, weekly_bands
from lazaretto.report.confinement_figures import tail_of_stays
from lazaretto.report.message_reach import (
    CLASSES,
    DELETED,
    NEVER,
    MessageReach,
    reach_table,
    reach_words,
)
from lazaretto.report.trust_and_food import measured_trust
from lazaretto.scenario import Scenario
from lazaretto.words import INCOMES


@pytest.fixture(scope="module")
def runs():
    return two_responding_runs()


# What people did


def test_adherence_is_one_minus_leaks_over_adults(runs):
    tables = adherence_tables(runs)
    assert list(tables) == ["sealed"], "no adult lives at another tier"
    known = tables["sealed"].dropna(subset="median")
    assert len(known) == 20
    assert known["p95"].to_numpy() == pytest.approx(0.9, abs=1e-5)
    assert known["p05"].to_numpy() == pytest.approx(0.8, abs=1e-5)
    assert known["median"].to_numpy() == pytest.approx(0.85, abs=1e-5)


def test_adherence_counts_nobody_below_fifteen(runs):
    young = responding_run()
    adults = young["confined_by_age"].copy()
    adults.loc[{"age": ["0-4", "5-9", "10-14"]}] = 10**7
    young["confined_by_age"] = adults
    assert adherence_tables(young)["sealed"]["median"].dropna().iloc[0] == pytest.approx(0.9)


def test_a_tier_that_few_runs_have_is_left_out():
    """One run of three has people at precaution on some days: no line can be drawn of it."""
    three = [responding_run() for _ in range(3)]
    confined = three[0]["confined_by_age"].copy()
    confined.loc[{"tier": "precaution"}] = 10**6
    three[0] = three[0].assign(confined_by_age=confined)
    assert list(adherence_tables(side_by_side(three, [1, 2, 3]))) == ["sealed"]


def test_measured_adherence_begins_with_the_tier_and_falls_as_written(runs):
    table = adherence_tables(runs)["sealed"]
    wedge = measured_elsewhere(table, "sealed")
    assert wedge["date"].iloc[0] == pd.Timestamp(START) + pd.Timedelta(days=18)
    weeks = (wedge["date"].iloc[1] - wedge["date"].iloc[0]).days / 7
    assert wedge["low"].tolist() == pytest.approx([0.88, 0.88 - 0.025 * weeks])
    assert wedge["high"].tolist() == pytest.approx([0.88, 0.88 - 0.010 * weeks])


def test_bands_of_two_runs_are_lowest_and_highest(runs):
    table = banded({"leaks": runs["leaks"].sum("tier")})
    day = table[table["date"] == pd.Timestamp(START) + pd.Timedelta(days=20)].iloc[0]
    assert day["p95"] == 2 * day["p05"]
    assert day["median"] == 1.5 * day["p05"]


def test_break_outs_by_week_lose_none(runs):
    ends = ends_by_week(runs)
    assert ends["value"].sum() == 14 == runs["breakouts"].sum() / 2
    by_end = ends.groupby("series")["value"].sum()
    assert by_end["conceded: tier lowered"] == by_end["sealed again"] == 7
    assert weekly_bands(runs, "breakout_persons")["mean"].sum() == 7 * 60
    assert (ends["until"] > ends["date"]).all()


def test_measured_trust_falls_from_the_day_most_are_sealed(runs):
    line = measured_trust(runs)
    assert line["date"].iloc[0] == pd.Timestamp(START) + pd.Timedelta(days=18)
    assert line["value"].iloc[1] == pytest.approx(1 - 0.0777 * 40 / 40)
    assert measured_trust(responding_run(sealed_days=0)).empty


def test_reach_is_the_distribution_of_messages():
    table = reach_table(REACH)
    assert table.groupby("condition")["share"].sum().to_numpy() == pytest.approx(1)
    by = table.set_index(["condition", "reach"])["share"]
    assert by[DELETED, "under 0.001 %"] == 0.5
    assert by[DELETED, "0.1 to 1 %"] == by[DELETED, "10 % or more"] == 0.25
    assert by[NEVER, "10 % or more"] == 0.75
    edge = reach_table(MessageReach(np.array([0.1, 0.01]), np.array([1.0, 0.0])))
    assert edge.set_index(["condition", "reach"])["share"][DELETED, list(CLASSES)[-1]] == 0.5


def test_how_many_messages_reach_few_is_counted():
    assert "50 % of them with deletion and 25 % without reach fewer than 0.001 %" in reach_words(
        REACH
    )
    far = np.full(10, 0.2)
    assert "0 % of them with deletion and 0 % without reach fewer" in reach_words(
        MessageReach(far, far)
    )
    assert "Most reach" not in reach_words(REACH)


def test_without_behaviour_or_messages_nothing_is_followed():
    for overrides in ({"behaviour.messages.active": False}, {"behaviour": None}):
        assert reporting.message_reach(Scenario.load("shanghai-2022", overrides), 1) is None


def test_break_outs_are_shown_for_the_whole_place_only(runs):
    figures = {figure.name: figure for figure in report_figures(runs, reach=REACH)}
    for name in PEOPLE:
        for layout in LAYOUTS.values():
            drawn = json.dumps(specification(figures[name].draw(layout)))
            assert not [place for place in ("Pudong", "Xuhui", "Chongming") if place in drawn], name


def test_how_many_others_a_break_out_sets_off_is_told():
    run = responding_run()
    for number, words in ((0.213, "One set off 0.21 others in the mean."), (np.nan, None)):
        run["defiance_reproduction"] = number
        (caption,) = [f.caption for f in report_figures(run) if f.name == "break-outs"]
        assert words in caption if words else "set off" not in caption


def test_every_figure_of_people_is_valid_and_dressed_in_both_layouts(runs):
    figures = [f for f in report_figures(runs, reach=REACH) if f.part in {"people", "scale"}]
    assert [figure.name for figure in figures] == [*PEOPLE, "both-pans"]
    for figure in figures:
        for layout in LAYOUTS.values():
            spec = figure.draw(layout).to_dict(validate=True)
            assert spec["description"]
            named = set(re.findall(r'"data": \{"name": "([^"]+)"\}', json.dumps(spec)))
            assert named == set(spec["datasets"]), figure.name


def test_wide_and_narrow_hold_the_same_numbers(runs):
    for figure in report_figures(runs, reach=REACH):
        if figure.part in {"people", "scale"}:
            held = [specification(figure.draw(layout))["datasets"] for layout in LAYOUTS.values()]
            assert held[0] == held[1], figure.name
    assert WIDE in LAYOUTS.values()


# Parts of behaviour that are off


@pytest.mark.parametrize(
    ("off", "names", "heading"),
    [
        (("breakouts",), ["adherence", "trust-and-food", "break-outs"], "Messages"),
        (("messages",), ["adherence", "trust-and-food", "break-outs"], "Break-outs"),
        (("breakouts", "messages"), ["adherence", "trust-and-food"], None),
        (("trust",), ["adherence", "trust-and-food", "break-outs"], "Break-outs"),
        (("leakage", "hardship"), ["trust-and-food", "break-outs"], "Break-outs"),
        (("trust", "hardship", "leakage"), ["break-outs"], "Break-outs"),
    ],
)
def test_what_is_off_has_no_panel(off, names, heading):
    figures = [f for f in report_figures(run_without(*off)) if f.part == "people"]
    assert [figure.name for figure in figures] == names
    if heading:
        assert figures[-1].heading == heading
    for figure in figures:
        for layout in LAYOUTS.values():
            spec = figure.draw(layout).to_dict(validate=True)
            assert all(spec["datasets"].values())


def test_without_break_outs_people_know_of_a_message_the_scenario_begins():
    (figure,) = [f for f in report_figures(run_without("breakouts")) if f.name == "break-outs"]
    drawn = json.dumps(specification(figure.draw(WIDE)))
    assert "Residents who know of a message the scenario begins" in drawn
    assert "Break-outs a week" not in drawn
    assert figure.caption == "At most 1,500 residents knew of a message the scenario begins."


# The longest stays


def test_tail_of_the_stays():
    tail = tail_of_stays(one_run(sealed_days=35))
    assert (tail[["median", "p90", "p99"]] == 35).all(axis=None)
    assert tail["over_30"].to_numpy() == pytest.approx(3 / 4.2, abs=1e-4)
    assert (tail["over_60"] == 0).all()
    nobody = tail_of_stays(one_run(sealed_days=0))
    assert nobody["median"].isna().all()
    assert (nobody["over_30"] == 0).all()


# Both pans


def test_bars_are_rates_of_age_groups_and_classes(runs):
    table = borne_table(runs, ledger(runs)).set_index(["by", "group", "kind"])
    infected = float(runs["infections"].isel(replicate=0).sum())
    oldest = RESIDENTS / 18 * 3
    assert table.loc[("age", "75+", "infections"), "mid"] == pytest.approx(
        1000 * infected / oldest, rel=1e-4
    )
    poorest = table.loc[("income", INCOMES[0], "deaths")]
    assert poorest["mid"] == pytest.approx(1000 * 50 / (RESIDENTS / 5))
    assert poorest["pan"] == "the virus"
    assert table.loc[("income", INCOMES[0], "days sealed"), "pan"] == "the policy"
    assert (table["low"] <= table["mid"]).all()
    assert (table["mid"] <= table["high"]).all()
