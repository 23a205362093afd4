"""What the report says of people under the policy, and that no option hides a pan of the scale."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pandas as pd
import pytest
from html_pages import Page, words_of
from known_wave import MEASURES, N_DAYS, one_run
from responding_runs import PEOPLE, REACH, respond, responding_run, run_without, two_responding_runs

from lazaretto import reporting
from lazaretto.outcomes.aims import Aim
from lazaretto.outcomes.ledger import ledger
from lazaretto.outcomes.results import OF_PART
from lazaretto.outcomes.rows import EVERYBODY
from lazaretto.outcomes.unit_values import UNIT_VALUES
from lazaretto.provenance import Figure
from lazaretto.report import report, save_figures
from lazaretto.report.ledger_tables import ledger_lines, said
from lazaretto.report.parameters import parameter_groups
from lazaretto.report.people_figures import (
    BY_ASSUMPTION,
    NO_CLIP,
    WAVE_ONLY,
    adherence_misfit,
    responded,
)
from lazaretto.scenario import Scenario


@pytest.fixture(scope="module")
def runs():
    return two_responding_runs()


@pytest.fixture(scope="module")
def page(runs, tmp_path_factory):
    path = report(
        runs, tmp_path_factory.mktemp("people") / "r.html", measures=MEASURES, reach=REACH
    )
    return path.read_text(encoding="utf-8")


# What people did


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


def test_a_wave_is_called_one_and_not_counted(tmp_path):
    run = responding_run()
    run["defiance_reproduction"] = 1.2
    words = words_of(report(run, tmp_path / "r.html").read_text("utf-8"))
    assert WAVE_ONLY in words
    assert "participants" not in words
    assert "residents knew" not in words


def test_nothing_is_said_of_what_people_did_in_a_small_place(tmp_path):
    town = one_run(
        population=(30_000,), districts=("Only",), contained=respond, behaviour=tuple(OF_PART)
    )
    assumed = [("behaviour.leakage.at_start", Figure(0.05, "share", "none", "assumed"))]
    html = report(town, tmp_path / "r.html", assumed=assumed).read_text("utf-8")
    assert "in a place of fewer than 100,000 residents" in words_of(html)
    assert not [name for name in PEOPLE if f'id="{name}"' in html]


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


def test_support_without_behaviour_is_said_to_have_no_effect(tmp_path):
    measures = [{"measure": "food_delivery"}, {"measure": "visiting_rights"}]
    html = report(one_run(), tmp_path / "r.html", measures=measures).read_text("utf-8")
    assert "acts through behaviour that is off: food delivery." in words_of(html)


# The ledger


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
