"""What a report says of tests, tracing, isolation, hospitals and stocks: numbers of the results."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from known_wave import (
    ANNOUNCED,
    GENERATION,
    MEASURES,
    N_DAYS,
    NEW_FIGURES,
    contained_run,
    data,
    data_by_district,
    one_run,
)

from lazaretto.outcomes import reported_net, side_by_side
from lazaretto.report import headline, report, report_figures
from lazaretto.report.appearance import LAYOUTS, WIDE, specification
from lazaretto.report.contained import care, care_table, isolation, isolation_table, search
from lazaretto.report.hospital_figures import deaths_table
from lazaretto.report.isolation_figures import zones_table
from lazaretto.report.search_figures import share_by_definition, tubes_table
from lazaretto.report.stock_figure import ran_short, stocks_table


@pytest.fixture(scope="module")
def contained_page(tmp_path_factory):
    real = data().assign(share_in_quarantine=0.9, deaths=2)
    path = report(
        side_by_side([contained_run(1), contained_run(2)], [1, 2]),
        tmp_path_factory.mktemp("contained") / "report.html",
        observed=real,
        observed_by_district=data_by_district(),
        measures=MEASURES,
        generation=GENERATION,
        announced=ANNOUNCED,
    )
    return path.read_text(encoding="utf-8")


def test_sections_of_containment_are_there_and_in_order(contained_page):
    parts = ["headline", "wave", "search", "samples", "where-found", "contacts-traced", "care",
             "hospital", "confinement", "zones", "isolated", "resources", "stocks",
             "fit"]  # fmt: skip
    places = [contained_page.index(f'id="{part}"') for part in parts]
    assert places == sorted(places)
    text = contained_page.replace("\u00a0", " ")
    for words in ("isolations on a false positive result", "days of children away",
                  "people died", "labs (tubes/day)", "those who died, by doses received",
                  "55 % of them in quarantine as bulletins counted it",
                  "15 % if only those"):  # fmt: skip
        assert words in text, words


def test_numbers_of_containment_are_those_of_the_results():
    run = contained_run()
    cases = reported_net(run)
    found = search(run)
    assert found.samples.median == run["samples"].sum()
    assert found.official.median == pytest.approx(0.55, abs=0.02)
    assert found.strict.median == pytest.approx(0.15, abs=0.02)
    assert found.turnaround.median == 2
    assert found.traced.median == 9 * cases.sum()
    assert found.traced_infected.median == 2 * cases.sum()
    assert found.given_up.median == 400
    cost = isolation(run)
    assert cost.children_days.median == 20 * 25
    assert cost.home_days.median == 2 * cases.sum()
    assert cost.facility_days.median == 5 * run["isolated"].sum()
    assert cost.not_infected.median == run["false_positives"].sum()
    toll = care(run)
    assert toll.deaths.median == 120
    assert toll.waiting_days.median == 6
    assert toll.admissions.median == 4 * N_DAYS
    assert care_table(run)[-1] == ("all ages", "240", "60", "120", "90", "0", "0", "30")
    assert [row[0] for row in isolation_table(run)] == [
        "case", "false positive", "contact", "companion", "all"]  # fmt: skip
    assert ran_short(run)[1] == ("tracers", "500", "500", "17", "10", "70")


def test_headline_has_the_toll_of_disease_and_of_isolation():
    said = headline(contained_run())
    assert said.epidemic.endswith("120 people died; at most 20 were in intensive care on a day.")
    run = contained_run()
    real = pd.DataFrame({"date": run["date"].values[:3], "new_infections": 5, "deaths": [3, 0, 4]})
    beside = headline(run, real).epidemic
    assert "120 people died; 7 deaths were reported; at most 20 were in" in beside
    assert "1,700 of them on a false positive result, for" in said.confinement
    assert "; children spent 500 days in a facility without an adult" in said.confinement


def test_tables_of_containment_are_the_results():
    run = contained_run()
    shares = share_by_definition(run).set_index(["series", "date"])["value"]
    assert shares["official definition", "2022-03-22"] == pytest.approx(0.55, abs=0.001)
    assert shares["isolated in person only", "2022-03-22"] == pytest.approx(0.15, abs=0.01)
    tubes = tubes_table(run)
    assert tubes.loc[tubes["series"] == "read", "value"].sum() == run["stock_used"].sel(
        stock="labs").sum()  # fmt: skip
    assert tubes_table(one_run()) is None
    stocks = stocks_table(run)
    assert list(stocks["stock"].unique()) == [
        "labs (tubes/day)", "tracers", "fangcang (beds)", "seats (seats/day)"]  # fmt: skip
    dead = deaths_table(run, data().assign(deaths=2))
    assert dead["median"].sum() == 120
    assert (dead["observed"] == 2).all()
    dots = zones_table(run, ANNOUNCED)
    assert dots["value"].tolist() == [2_000_000, 500_000, 2_400_000]
    assert zones_table(run, ANNOUNCED.iloc[3:]) is None


def test_figures_of_containment_are_valid_and_hold_their_data():
    real = data().assign(share_in_quarantine=0.9, deaths=2)
    figures = {
        figure.name: figure for figure in report_figures(contained_run(), real, announced=ANNOUNCED)
    }
    assert set(NEW_FIGURES) <= set(figures)
    for name in NEW_FIGURES:
        for layout in LAYOUTS.values():
            spec = figures[name].draw(layout).to_dict(validate=True)
            named = set(re.findall(r'"data": \{"name": "([^"]+)"\}', json.dumps(spec)))
            assert named == set(spec["datasets"]), name
    origins = specification(figures["infections-by-layer"].draw(WIDE))["datasets"]["layers"]
    assert {"facility", "bus"} <= {row["layer"] for row in origins}
    plain = {figure.name: figure for figure in report_figures(one_run())}
    origins = specification(plain["infections-by-layer"].draw(WIDE))["datasets"]["layers"]
    assert not {"facility", "bus"} & {row["layer"] for row in origins}
