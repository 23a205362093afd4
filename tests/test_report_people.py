"""What the report says of people under the policy, and that no option hides a pan of the scale."""

from __future__ import annotations

import inspect
import json
import re

import numpy as np
import pandas as pd
import pytest
from test_report import MEASURES, N_DAYS, START, Page, one_run

from lazaretto import reporting
from lazaretto.outcomes import side_by_side
from lazaretto.outcomes.aims import Aim
from lazaretto.outcomes.ledger import ledger
from lazaretto.outcomes.results import OF_PART
from lazaretto.outcomes.rows import EVERYBODY
from lazaretto.outcomes.unit_values import UNIT_VALUES
from lazaretto.provenance import Figure
from lazaretto.report import report, report_figures, save_figures
from lazaretto.report.adherence import adherence_tables, measured_elsewhere
from lazaretto.report.appearance import LAYOUTS, WIDE, specification
from lazaretto.report.banded import banded
from lazaretto.report.both_pans import borne_table
from lazaretto.report.breakouts import ends_by_week, weekly_bands
from lazaretto.report.confinement_figures import tail_of_stays
from lazaretto.report.ledger_tables import ledger_lines, said
from lazaretto.report.message_reach import (
    CLASSES,
    DELETED,
    NEVER,
    MessageReach,
    reach_table,
    reach_words,
)
from lazaretto.report.parameters import parameter_groups
from lazaretto.report.people_figures import (
    BY_ASSUMPTION,
    NO_CLIP,
    WAVE_ONLY,
    adherence_misfit,
    responded,
)
from lazaretto.report.trust_and_food import measured_trust
from lazaretto.scenario import Scenario
from lazaretto.words import INCOMES

SEALED = slice(18, 38)
RESIDENTS = 4_200_000
REACH = MessageReach(np.array([1e-6, 1e-6, 2e-3, 0.5]), np.array([1e-6, 0.2, 0.3, 0.5]))
PEOPLE = ("adherence", "trust-and-food", "break-outs", "message-reach")


def respond(tally):
    """Fill in what people did, by hand."""
    adults = tally.confined_by_age[:, 3:].sum(axis=1)
    tally.leaks[SEALED, 3] = adults[SEALED, 3] // 10
    tally.trust[:] = 1_000_000
    tally.trust[30:] = 960_000
    tally.food_insecure[SEALED] = np.array([[500, 400, 300, 200, 100]]).T @ np.array([[6, 4]])
    tally.breakouts[20:34:2, 0], tally.breakout_persons[20:34:2, 0] = 2, 60
    tally.breakout_ends[20:34:2, 0] = tally.breakout_ends[20:34:2, 2] = 1
    tally.breakouts_by_size[20:34:2, 1] = 2
    tally.copies[20:34, 0], tally.views[20:34, 0] = 50, 3_000
    tally.aware[20:, 0] = 1_500
    tally.persons_by_group[..., 0] = tally.persons_by_tier // 10
    tally.infections_by_age[:, 17] = tally.infections.sum(axis=(1, 2))
    tally.infections_by_income[:, 0] = tally.infections.sum(axis=(1, 2))
    tally.deaths[30, 0] = tally.deaths_by_age[30, 17, 0] = tally.deaths_by_income[30, 0] = 50
    tally.work_days_lost[SEALED] = 1_000
    tally.pupil_days_lost[SEALED] = 500


def responding_run(seed=1, **given):
    return one_run(seed=seed, contained=respond, **{"behaviour": tuple(OF_PART)} | given)


def run_without(*parts):
    """Return a run in which parts of behaviour are off."""
    run = responding_run(behaviour=[part for part in OF_PART if part not in parts])
    run.attrs["behaviour_off"] = ", ".join(parts)
    return run


@pytest.fixture(scope="module")
def runs():
    second = responding_run(2)
    second["leaks"] = 2 * second["leaks"]
    return side_by_side([responding_run(1), second], [1, 2])


@pytest.fixture(scope="module")
def page(runs, tmp_path_factory):
    path = report(
        runs, tmp_path_factory.mktemp("people") / "r.html", measures=MEASURES, reach=REACH
    )
    return path.read_text(encoding="utf-8")


def words_of(html):
    """Return what a reader sees, without figures and on one line."""
    text = re.sub(r"<(script|style|svg).*?</\1>", "", html, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", text).replace("\u00a0", " ").replace("&#39;", "'")
    return re.sub(r"\s+", " ", text)


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


def test_page_shows_what_people_did(page):
    places = [page.index(f'<figure id="{name}"') for name in PEOPLE]
    assert places == sorted(places)
    words = words_of(page)
    assert NO_CLIP in words
    assert words.count("forecast of unrest") == 1
    assert "In sealed compounds nobody has measured it" in words
    assert "14 break-outs of compounds with 420 participants" in words
    assert "conditions of the society under study, not levers" in words
    assert BY_ASSUMPTION not in words


def test_break_outs_are_shown_for_the_whole_place_only(runs):
    figures = {figure.name: figure for figure in report_figures(runs, reach=REACH)}
    for name in PEOPLE:
        for layout in LAYOUTS.values():
            drawn = json.dumps(specification(figures[name].draw(layout)))
            assert not [place for place in ("Pudong", "Xuhui", "Chongming") if place in drawn], name


def test_a_wave_is_called_one_and_not_counted(tmp_path):
    run = responding_run()
    run["defiance_reproduction"] = 1.2
    words = words_of(report(run, tmp_path / "r.html").read_text("utf-8"))
    assert WAVE_ONLY in words
    assert "participants" not in words
    assert "residents knew" not in words


def test_how_many_others_a_break_out_sets_off_is_told():
    run = responding_run()
    for number, words in ((0.213, "One set off 0.21 others in the mean."), (np.nan, None)):
        run["defiance_reproduction"] = number
        (caption,) = [f.caption for f in report_figures(run) if f.name == "break-outs"]
        assert words in caption if words else "set off" not in caption


def test_nothing_is_said_of_what_people_did_in_a_small_place(tmp_path):
    town = one_run(
        population=(30_000,), districts=("Only",), contained=respond, behaviour=tuple(OF_PART)
    )
    assumed = [("behaviour.leakage.at_start", Figure(0.05, "share", "none", "assumed"))]
    html = report(town, tmp_path / "r.html", assumed=assumed).read_text("utf-8")
    assert "in a place of fewer than 100,000 residents" in words_of(html)
    assert not [name for name in PEOPLE if f'id="{name}"' in html]


def test_every_figure_of_people_is_valid_and_dressed_in_both_layouts(runs):
    figures = [f for f in report_figures(runs, reach=REACH) if f.part in {"people", "scale"}]
    assert [figure.name for figure in figures] == [*PEOPLE, "both-pans"]
    for figure in figures:
        for layout in LAYOUTS.values():
            spec = figure.draw(layout).to_dict(validate=True)
            assert spec["description"]
            named = set(re.findall(r'"data": \{"name": "([^"]+)"\}', json.dumps(spec)))
            assert named == set(spec["datasets"]), figure.name


def test_page_of_people_is_whole(page):
    parsed = Page()
    parsed.feed(page)
    assert len(parsed.ids) == len(set(parsed.ids))
    assert not re.search(r"\bnan\b|\bNone\b|\bNaT\b", words_of(page))
    assert 'opacity="0"' not in page.split('id="specs"')[0]


def test_trust_in_the_run_names_where_adherence_begins_elsewhere(page):
    assert adherence_misfit(responding_run()) == "", "0.9 is near 0.88"
    careful = responding_run()
    careful["leaks"] = careful["leaks"] // 10
    assert adherence_misfit(careful) == (
        "Adherence begins at 99.0 % of adults at the tier sealed, against 88 % measured in softer"
        " regimes elsewhere."
    )
    assert "A line may begin above its wedge, since fear" in words_of(page)
    assert "person-days without food" in words_of(page)


# Parts of behaviour that are off


def test_a_part_that_is_off_is_missing_and_named(tmp_path):
    run = run_without("leakage", "hardship", "trust", "breakouts", "messages")
    assert not responded(run)
    run = run_without("leakage", "hardship", "trust", "breakouts")
    words = words_of(report(run, tmp_path / "r.html", measures=[{"measure": "income_support"}])
                     .read_text("utf-8"))  # fmt: skip
    assert "(leakage, hardship, trust and break-outs)" in words
    assert "by assumption, and not as a finding: nobody goes out" in words
    assert "There was no break-out" not in words
    assert "food-insecure days: not in the results (needs food_insecure)" in words
    assert "trust lost: not in the results (needs trust)" in words
    assert "Ordered without an effect" in words
    assert "income support." in words
    assert 'id="adherence"' not in words


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


def test_support_without_behaviour_is_said_to_have_no_effect(tmp_path):
    measures = [{"measure": "food_delivery"}, {"measure": "visiting_rights"}]
    html = report(one_run(), tmp_path / "r.html", measures=measures).read_text("utf-8")
    assert "acts through behaviour that is off: food delivery." in words_of(html)


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


def test_ledger_table_has_every_kind_in_its_column(runs, page):
    costs = ledger(runs)
    lines = ledger_lines(costs)
    assert [line.what for line in lines] == [row.kind for row in costs.rows if row.by == EVERYBODY]
    body = page[page.index('id="ledger"') : page.index('id="unit-values"')].replace("\u00a0", " ")
    for line in lines:
        if line.pan == "context":
            continue
        row = re.search(rf'<tr><th scope="row">{re.escape(line.what)}</th>(.*?)</tr>', body)
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row.group(1))
        virus, policy = cells[1:]
        assert bool(virus) == (line.pan == "virus")
        assert bool(policy) == (line.pan == "policy")
        assert line.middle in virus + policy
        assert line.ends in virus + policy
    assert "they are not added up" in words_of(body)


def test_ledger_table_names_what_is_missing(tmp_path):
    run = responding_run().drop_vars(["food_insecure", "deaths_by_income"])
    words = words_of(report(run, tmp_path / "r.html").read_text("utf-8"))
    assert "Missing from the ledger:" in words
    assert "food-insecure days: not in the results (needs food_insecure)" in words
    assert "deaths by income: not in the results (needs deaths_by_income)" in words


def test_amounts_in_words():
    assert said(0.0481, "share of that before") == "4.8 %"
    assert said(float("nan"), "days") == "none"
    assert said(0.25, "DALYs") == "0.25"
    assert said(155_000_000_000, "RMB") == "155 billion"


def test_every_unit_value_is_listed_with_source_and_status(page):
    part = page[page.index('id="unit-values"') : page.index('id="proportionality"')]
    keys = [key.replace("<wbr>", "") for key in re.findall(r"<code>(.*?)</code>", part)]
    assert sorted(keys) == sorted(UNIT_VALUES)
    assert part.count('class="status') == len(UNIT_VALUES)
    assert "<details open" not in part


# The proportionality table


def test_without_a_less_restrictive_run_it_is_not_judged_and_says_how(page):
    words = words_of(page)
    part = words[words.index("Is the policy proportionate?") :]
    assert "Not judged: there is nothing to compare with" in part
    assert "lazaretto compare POLICY LESS-RESTRICTIVE" in part
    assert "Fewer than 100 new infections on 2022-04-20" in part
    assert "The scenario states no aim, so containment is taken." in part


def test_what_is_given_is_passed_on(runs, tmp_path):
    less = runs.copy()
    less["deaths"] = 3 * less["deaths"]
    html = report(
        runs,
        tmp_path / "r.html",
        less_restrictive=less,
        aim=Aim("deaths", pd.Timestamp("2022-04-20").date(), 60),
        structures={"fatigue off": (runs, less)},
        support=["food_delivery"],
        flips=["behaviour.leakage.at_start above 0.1"],
    ).read_text("utf-8")
    words = words_of(html)
    assert "At most 60 deaths by 2022-04-20" in words
    assert "states no aim" not in words
    assert "Fatigue off: made no difference in these runs" in words
    assert "no structure made a difference in these runs" in words
    assert "too few runs to be sure (at least 3 are needed)" in words
    assert "Given: food delivery" in words
    flips = words[words.index("Assumed parameters that flip an answer behaviour") :]
    assert flips.startswith(
        "Assumed parameters that flip an answer behaviour.leakage.at_start above 0.1 Where this"
    )
    assert "Not judged: there is nothing to compare with" not in words


@pytest.mark.parametrize(
    ("flips", "said"), [(None, "Not examined."), ([], "None of those examined.")]
)
def test_flips_say_whether_they_were_examined(flips, said, tmp_path):
    words = words_of(report(one_run(), tmp_path / "r.html", flips=flips).read_text("utf-8"))
    assert f"Assumed parameters that flip an answer {said}" in words


def test_an_aim_that_nobody_stated_is_not_called_stated():
    scenario = Scenario.load("shanghai-2022", {"aim": None})
    taken = Aim("containment", scenario.end)
    assert reporting.aim_to_show(scenario, None) is None
    assert reporting.aim_to_show(scenario, taken) is None
    given = Aim("deaths", scenario.end, 600)
    assert reporting.aim_to_show(scenario, given) == given
    states = Scenario.load("shanghai-2022", {"aim": {"kind": "deaths", "value": 600}})
    assert reporting.aim_to_show(states, None) == given


# No behaviour, no way to hide


def test_a_run_without_behaviour_says_that_people_kept_to_the_rules(tmp_path):
    html = report(one_run(), tmp_path / "r.html").read_text("utf-8")
    assert BY_ASSUMPTION in words_of(html)
    for part in ("people", "scale", "ledger", "proportionality", "unit-values", "flips"):
        assert f'id="{part}"' in html
    assert not [name for name in PEOPLE if f'id="{name}"' in html]


def test_no_option_hides_the_human_cost(runs, tmp_path):
    for function in (report, save_figures, reporting.write_report):
        for name, parameter in inspect.signature(function).parameters.items():
            assert not isinstance(parameter.default, bool), f"{name} is a switch"
            assert not re.search(r"hide|show|only|without|skip|part", name), name
    for results in (runs, one_run(), one_run(np.zeros(N_DAYS, int), sealed_days=0)):
        html = report(results, tmp_path / "r.html").read_text("utf-8")
        words = words_of(html)
        virus, policy = words.index("The virus"), words.index("The confinement")
        assert virus < policy
        assert "Confinement:" in words
        for heading in ("The ledger", "Is the policy proportionate?"):
            assert heading in words
        table = html[html.index('id="ledger"') : html.index('id="unit-values"')]
        assert table.count('<td data-label="The virus"') == table.count(
            '<td data-label="The policy"'
        )
        assert '<tr><th scope="row">days sealed</th>' in table
        assert '<tr><th scope="row">deaths</th>' in table


# Parameters


def test_parameters_of_behaviour_stand_by_section_and_closed():
    scenario = Scenario.load("shanghai-2022", {"behaviour": {}})
    figures = [pair for pair in scenario.figures() if pair[1].status != "measured"]
    groups = parameter_groups(figures, one_run())
    names = [name for name, _, _ in groups]
    sections = [name for name in names if name.startswith("Behaviour, ")]
    assert [name.partition(" (")[0].removeprefix("Behaviour, ") for name in sections] == [
        "leakage", "fatigue", "hardship: food, care, income", "perceived risk", "trust",
        "break-outs", "messages", "enforcement"]  # fmt: skip
    listed = sum(len(rows) for name, _, rows in groups if name in sections)
    assert listed == sum(key.startswith("behaviour.") for key, _ in figures) >= 90
    assert [name for name, opened, _ in groups if opened] == [names[0]]
    assert names[0].startswith("Scenario, assumed")


def test_fitted_parameters_of_behaviour_are_not_tuned_to_cases(tmp_path):
    fitted = [("behaviour.fatigue.half_life", Figure(21, "days", "Petherick", "fitted"))]
    html = report(one_run(), tmp_path / "r.html", assumed=fitted).read_text("utf-8")
    assert "tuned to data such as these" not in html


def test_wide_and_narrow_hold_the_same_numbers(runs):
    for figure in report_figures(runs, reach=REACH):
        if figure.part in {"people", "scale"}:
            held = [specification(figure.draw(layout))["datasets"] for layout in LAYOUTS.values()]
            assert held[0] == held[1], figure.name
    assert WIDE in LAYOUTS.values()
