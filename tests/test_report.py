"""The report: its numbers are those of the results, its words are true, its page stands alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date, timedelta
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from cases import some_now

from lazaretto.outcomes import Tally, dataset, reported_gross, reported_net, side_by_side
from lazaretto.outcomes.aims import Aim
from lazaretto.provenance import Figure
from lazaretto.report import compare, headline, plot, report, report_figures, save_figures
from lazaretto.report.appearance import LAYOUTS, NARROW, WIDE, specification
from lazaretto.report.chronicle import lockdown_starts, measure_table
from lazaretto.report.confined import burden, person_days_table, stays_by_age
from lazaretto.report.confinement_figures import confined_table
from lazaretto.report.contained import care, care_table, isolation, isolation_table, search
from lazaretto.report.fit import fit_table
from lazaretto.report.hospital_figures import deaths_table
from lazaretto.report.isolation_figures import zones_table
from lazaretto.report.replicates import bands, by_area, moving_mean, spread
from lazaretto.report.reported_by_district import district_table
from lazaretto.report.reported_cases import city_table
from lazaretto.report.reproduction import by_case, instantaneous, reproduction_table
from lazaretto.report.runs_beside_data import HALF, key_of
from lazaretto.report.search_figures import share_by_definition, tubes_table
from lazaretto.report.statements import aim_line
from lazaretto.report.stock_figure import ran_short, stocks_table
from lazaretto.report.tier_map import TILES, telling_dates, tier_table, tile_positions
from lazaretto.report.transmission import layer_table
from lazaretto.report.wording import (
    between,
    day,
    days,
    earlier_or_later,
    exactly,
    people,
    too_many_or_few,
)

START = date(2022, 2, 20)
N_DAYS = 60
WAVE = np.round(1000 * np.exp(-0.5 * ((np.arange(N_DAYS) - 30) / 7) ** 2)).astype(int)
GENERATION = np.array([0, 0.1, 0.3, 0.3, 0.2, 0.1])
MEASURES = [
    {"name": "Schools closed", "measure": "school_closure", "areas": "all", "from": "2022-03-01"},
    {
        "name": "East stays at home",
        "measure": "lockdown",
        "areas": ["Pudong"],
        "from": date(2022, 3, 10),
        "to": date(2022, 3, 29),
        "tier": 3,
    },
    {"measure": "symptomatic_testing", "areas": "all", "share": 0.4, "from": None, "to": None},
]
ASSUMED = [
    ("latent.mean", Figure(1.9, "days", "a paper", "measured", 1.7, 2.2)),
    ("contacts.essential", Figure(3.0, "contacts/day", "no survey found", "assumed")),
    ("r0", Figure(8.0, "ratio", "growth of the reports", "fitted", note="by hand")),
]
SOURCES = [("Census", "Seventh national census", "MIT (transcription)")]


def one_run(
    reports=WAVE,
    population=(3_000_000, 1_000_000, 200_000),
    districts=("Pudong", "Xuhui", "Chongming"),
    sealed_days=20,
    seed=1,
    stocks=(),
    contained=None,
    behaviour=(),
):
    """Return results of one run whose every number is known: shares of districts 1/2, 1/4, 1/4."""
    n = len(population)
    reports = np.asarray(reports)
    n_days = reports.size
    parts = np.zeros((n_days, n), int)
    for d in range(1, n):
        parts[:, d] = reports // (2 * (n - 1))
    parts[:, 0] = reports - parts.sum(axis=1)
    tally = Tally.of(n_days, n, len(stocks))
    tally.reports[:, :, 0] = parts // 10
    tally.reports[:, :, 1] = parts - parts // 10
    tally.reports[:, :, 2] = parts // 20
    tally.infections[:, :, 0] = parts
    tally.infections[:, :, 5] = parts // 2
    if reports.sum():
        tally.infections[0, 0, 6] = 3
    tally.secondary[:] = 2 * tally.infections.sum(axis=(1, 2))
    people_in = np.array(population)
    tally.persons_by_tier[:, :, 0] = people_in
    ages = np.full(18, people_in.sum() // 18)
    ages[0] += people_in.sum() - ages.sum()
    tally.confined_by_age[:, :, 0] = ages
    stays = np.zeros((18, n_days + 1), int)
    stays[:, 0] = ages
    if sealed_days:
        shut = slice(18, 18 + sealed_days)
        tally.persons_by_tier[shut, 0] = (0, 0, people_in[0] // 4, people_in[0] * 3 // 4)
        shares = ages * people_in[0] // people_in.sum()
        tally.confined_by_age[shut, :, 0] = ages - shares
        tally.confined_by_age[shut, :, 3] = shares
        stays[:, 0] = ages - shares
        stays[:, sealed_days] = shares
    tally.persons_by_income[:] = tally.persons_by_tier[..., None] // 5
    if contained is not None:
        contained(tally)
    return dataset(
        tally,
        stays,
        START,
        tuple(districts),
        people_in,
        {
            "scenario": "shanghai-2022",
            "title": "Shanghai, spring 2022",
            "place": "shanghai",
            "seed": seed,
            "version": "0.1.0",
            "digest": "3f9a41c0",
            "r0": 8.0,
            "disease": "omicron-ba2",
            "persons": int(people_in.sum()),
            "wall_s": 3.9,
            "start": "2022-02-20",
            "end": "2022-04-20",
        },
        stocks,
        behaviour,
    )


STOCKS = (
    ("labs", "tubes/day"),
    ("tracers", "tracers"),
    ("fangcang", "beds"),
    ("seats", "seats/day"),
)


def contain(tally):
    """Fill in all that containment counts, from the wave of reports."""
    cases = tally.reports[:, :, :2].sum(axis=2)
    sealed = slice(18, 38)
    tally.infections[:, :, 7], tally.infections[:, :, 8] = cases // 20, cases // 50
    shares = np.array([10, 5, 40, 20, 15, 10])
    tally.found[:] = cases[:, :, None] * shares // 100
    tally.false_positives[:] = cases // 10
    tally.samples[:, :, 0] = 3 * cases
    tally.samples[sealed, 0, 1] = 2_500_000
    tally.samples[sealed, :, 3] = 4 * cases[sealed]
    tally.results[:] = cases.sum(axis=1)
    tally.result_days[:] = 2 * tally.results
    tally.traced[:, :, 0, 0], tally.traced[:, :, 1, 0] = 6 * cases, 2 * cases
    tally.traced[:, :, 0, 1] = cases
    tally.cases_untraced[25:35] = 40
    tally.isolated[:, :, 0], tally.isolated[:, :, 1] = cases, cases // 10
    tally.isolated[:, :, 2], tally.isolated[:, :, 4] = 3 * cases, cases // 50
    tally.held[:, :, :, 1] = 5 * tally.isolated
    tally.held[:, :, 2, 0] = 2 * cases
    tally.children_apart[20:40] = 25
    tally.patients[:, :, 0], tally.patients[:, :, 1] = cases // 10, cases // 50
    tally.patients_waiting[30] = 4, 2
    tally.admissions[:, 17, 0] = (2, 1)
    tally.admissions[:, 13, 3] = (1, 0)
    tally.deaths_by_age[20:50, 17, 0], tally.deaths_by_age[20:50, 13, 3] = 3, 1
    tally.deaths[20:50, 0] = 4
    tally.stock_amount[:] = (300_000, 500, 20_000, 4_000)
    tally.stock_used[:, 0] = np.minimum(tally.samples.sum(axis=(1, 2)) // 10, 300_000)
    tally.stock_used[:, 1:] = np.minimum(cases.sum(axis=1)[:, None], (500, 10**9, 4_000))
    tally.stock_waiting[25:35, 1] = 70


def contained_run(seed=1):
    """Return results of a run with everything: tests, tracing, isolation, hospital, stocks."""
    return one_run(seed=seed, stocks=STOCKS, contained=contain)


ANNOUNCED = pd.DataFrame(
    {
        "date": pd.to_datetime(["2022-03-12", "2022-03-12", "2022-03-20", "2023-01-01"]),
        "tier": ["sealed", "precaution", "sealed", "sealed"],
        "persons": [2_000_000, 500_000, 2_400_000, 7],
    }
)


def many_runs(n=20):
    """Return runs whose waves are 0.8 to 1.2 times the known one."""
    factors = np.linspace(0.8, 1.2, n)
    runs = [one_run((WAVE * f).astype(int), seed=i + 1) for i, f in enumerate(factors)]
    return side_by_side(runs, list(range(1, n + 1)))


def data(reports=WAVE, first=0):
    """Return real data by day from the day `first` of the run."""
    dates = [START + timedelta(days=i) for i in range(len(reports))]
    frame = pd.DataFrame({"date": dates, "new_infections": reports, "gross": np.array(reports) + 5})
    return frame.iloc[first:]


def data_by_district(reports=WAVE):
    """Return real data by district, split as in `one_run`."""
    run = reported_net(one_run(reports)).to_dataframe().reset_index()
    return run.rename(columns={"reported_net": "new_infections"})[
        ["date", "district", "new_infections"]
    ]


@pytest.fixture(scope="module")
def runs():
    return many_runs()


@pytest.fixture(scope="module")
def page(runs, tmp_path_factory):
    path = report(
        runs,
        tmp_path_factory.mktemp("report") / "report.html",
        observed=data(),
        observed_by_district=data_by_district(),
        measures=MEASURES,
        assumed=ASSUMED,
        generation=GENERATION,
        sources=SOURCES,
    )
    return path.read_text(encoding="utf-8")


# Words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"),
        (7.4, "7"),
        (999, "999"),
        (1234, "1,230"),
        (612_345, "612,000"),
        (999_600, "1 million"),
        (24_870_895, "24.9 million"),
        (412_000_000, "412 million"),
        (1_212_000_000, "1.21 billion"),
        (float("nan"), "unknown"),
    ],
)
def test_people_in_words(number, words):
    assert people(number) == words


def test_half_of_the_runs_is_shown_only_where_there_are_enough():
    assert HALF not in key_of(2, known=False)
    assert HALF in key_of(4, known=False)


def test_the_aim_is_answered_at_the_top(page):
    top = page[page.index('id="headline"') : page.index('id="wave"')].replace("\u00a0", " ")
    assert re.search(
        r"No aim is stated; taken as one, fewer than 100 new .* 2022.*, is reached", top
    )
    assert re.search(r"reached in \d+ of 20 runs\.", top)
    for words in ("RMB of income lost, before support", "outpatient visits forgone"):
        assert words in top
    assert "person-days without food" not in top, "the results do not have it"
    stated = Aim("deaths", date(2022, 4, 20), 10)
    assert aim_line(one_run(), stated) == (
        "The aim, at most 10 deaths by 20 April 2022, is reached in the one run."
    )


def test_other_words():
    assert exactly(627110) == "627,110"
    assert between(580_200, 640_400) == "580,000 to 640,000"
    assert between(1_210_000, 1_390_000) == "1.21 to 1.39 million"
    assert between(5, 5) == "5"
    assert day("2022-04-13") == "13 April"
    assert day(np.datetime64("2022-04-13"), year=True) == "13 April 2022"
    assert [days(1), days(75)] == ["1 day", "75 days"]
    assert [earlier_or_later(x) for x in (0, 3, -1)] == ["on the same day", "3 days late",
                                                         "1 day early"]  # fmt: skip
    ratios = {1.0: "just as many", 0.98: "2 % too few", 1.3: "30 % too many",
              2.44: "2.4 times as many",
              0.25: "only 25 % as many", 0.0: "none"}  # fmt: skip
    assert {ratio: too_many_or_few(ratio) for ratio in ratios} == ratios


def test_headline_says_what_the_results_say(runs):
    said = headline(runs, data(), data_by_district())
    totals = reported_net(runs).sum(["date", "district"]).values
    low, middle, high = np.quantile(totals, (0.05, 0.5, 0.95))
    assert (
        f"The simulated wave reported {people(middle)} infections"
        f" (median of 20 runs, 90 % of them {between(low, high)}) to 20 April 2022" in said.epidemic
    )
    assert f"Shanghai reported {WAVE.sum():,}" in said.epidemic
    mean = people(moving_mean(WAVE.astype(float)).max())
    assert f"on 22 March, against {mean} on 22 March" in said.epidemic
    everybody = float(runs["infections"].sum(["date", "district", "layer"]).median())
    assert f"{people(everybody)} people" in said.epidemic
    # 3 million in Pudong for 20 days: three quarters sealed, one quarter kept in the compound.
    assert "45 million person-days sealed at home and 15 million kept" in said.confinement
    assert "14 days for the average resident" in said.confinement
    assert "nobody had an unbroken stay of 30 days or more" in said.confinement
    assert "the longest lasted 20 days" in said.confinement
    assert said.agreement.startswith("The fit is close: over the 60 days with data")


def test_headline_always_has_both_pans():
    empty = headline(one_run(np.zeros(N_DAYS, int), sealed_days=0))
    assert empty.epidemic == (
        "In the simulation no infection was reported to 20 April 2022; nobody was infected."
    )
    assert empty.confinement == "Confinement: nobody was confined."
    assert "no data" in empty.agreement
    missed = headline(one_run(np.zeros(N_DAYS, int)), data())
    assert f"Shanghai reported {WAVE.sum():,}" in missed.epidemic
    assert missed.agreement.startswith("The fit is poor: the data show a wave")


def test_a_changed_run_gets_no_verdict(tmp_path):
    run = one_run(WAVE // 400)
    run.attrs |= {"changed": "r0=4", "against": "shanghai-2022"}
    said = headline(run, data())
    assert said.agreement.startswith("This is a what-if (r0=4): it is not meant to match")
    html = report(run, tmp_path / "r.html", observed=data(), assumed=ASSUMED).read_text("utf-8")
    assert "Changed against shanghai-2022: r0=4" in html
    assert "The fit is" not in html
    assert "0.00 times" not in html
    assert "tuned to data" not in html


def test_a_run_without_tests_leads_with_infections():
    run = one_run()
    for name in ("confirmed", "asymptomatic", "reclassified"):
        run[name] = run[name] * 0
    run.attrs["tests"] = 0
    said = headline(run, data())
    assert re.match(r"[\d,]+ people were infected to 20 April 2022\. Nobody was tested",
                    said.epidemic)  # fmt: skip
    assert "so no case was reported; Shanghai reported" in said.epidemic
    assert "poor" not in said.agreement


def test_few_runs_are_given_from_lowest_to_highest():
    said = headline(many_runs(5)).epidemic
    totals = reported_net(many_runs(5)).sum(["date", "district"]).values
    assert f"(median of 5 runs: {between(totals.min(), totals.max())})" in said


def test_only_fitted_figures_of_the_scenario_count(tmp_path):
    others = [(f"{where}.x", ASSUMED[2][1]) for where in ("people", "omicron-ba2")]
    path = report(one_run(), tmp_path / "r.html", observed=data(), assumed=[*ASSUMED, *others])
    html = path.read_text("utf-8").replace("&#39;", "'")
    assert "1 of the scenario's parameters was tuned to data such as these" in html
    assert html.count("<details open>") == 1


# Fit


def test_fit_of_equal_series_is_perfect():
    fit = compare(one_run(), data(), data_by_district())
    assert fit.ratio.median == 1
    assert fit.peak_days_late.median == 0
    assert fit.log_error.median == 0
    assert fit.verdict == "close"
    assert fit.districts.rank_correlation == pytest.approx(1)
    assert fit.districts.misplaced == 0
    assert fit.doubling[0].median == fit.doubling[1]
    assert np.isnan(fit.inside_most), "one run has no band"


def test_fit_counts_what_is_wrong():
    assert compare(one_run(2 * WAVE), data()).ratio.median == 2
    assert compare(one_run(2 * WAVE), data()).verdict == "rough"
    assert compare(one_run(np.roll(WAVE, 5)), data()).peak_days_late.median == 5
    assert compare(one_run(np.roll(WAVE, 20)), data()).verdict == "poor"
    ten = np.full(N_DAYS, 9)
    assert compare(one_run(np.full(N_DAYS, 99)), data(ten)).typical_factor == pytest.approx(10)


def test_fit_uses_only_days_with_data():
    fit = compare(one_run(), data(first=25))
    assert fit.n_days == N_DAYS - 25
    assert fit.observed_total == WAVE[25:].sum()
    assert fit.simulated_total.median == WAVE[25:].sum()
    assert compare(one_run(), data().assign(date=pd.Timestamp("2020-01-01"))) is None


def test_coverage_counts_days_inside_the_band(runs):
    fit = compare(runs, data())
    net = reported_net(runs).sum("district").transpose("replicate", "date").values
    low, high = np.quantile(net, (0.05, 0.95), axis=0)
    assert fit.inside_most == ((low <= WAVE) & (high >= WAVE)).mean()
    labels = [row[0] for row in fit_table(fit)]
    assert "Days with the data inside the 90 % band" in labels


def test_a_day_without_a_split_by_district_is_unknown():
    split = data_by_district()
    split.loc[split["date"] == "2022-03-20", "new_infections"] = 0
    table = district_table(one_run(), split)
    assert table.loc[table["date"] == "2022-03-20", "observed"].isna().all()
    assert compare(one_run(), data(), split).districts.misplaced == 0


# Confinement


def test_burden_of_confinement(runs):
    cost = burden(runs)
    assert cost.person_days["sealed"].median == 20 * 2_250_000
    assert cost.person_days["controlled"].median == 20 * 750_000
    assert cost.longest.median == 20
    assert cost.long_stays.median == 0
    assert burden(one_run(sealed_days=35)).long_stays.median == pytest.approx(3_000_000, abs=18)
    stays = stays_by_age(runs)
    assert stays["persons"].sum() == 4_200_000
    assert stays.groupby("age")["share"].sum().to_numpy() == pytest.approx(1)
    assert set(stays.loc[stays["persons"] > 0, "stay"]) == {"never", "14 to 29 days"}
    group, controlled, sealed, each = person_days_table(runs)[-1]
    assert (group, controlled, sealed, each) == ("all ages", "0", "60 million", "14.3")


# The data of the figures are the results


def test_city_table_is_the_results(runs):
    table = city_table(runs, data())
    for name, series in (("net", reported_net(runs)), ("gross", reported_gross(runs))):
        part = table[table["series"] == name]
        wanted = series.sum("district").quantile([0.05, 0.5, 0.95], dim="replicate").values
        assert pytest.approx(wanted) == part[["p05", "median", "p95"]].to_numpy().T
    assert (table.loc[table["series"] == "net", "observed"] == WAVE).all()
    assert (table.loc[table["series"] == "gross", "observed"] == WAVE + 5).all()


def test_district_table_is_the_results(runs):
    table = district_table(runs, data_by_district())
    assert (table["observed"] == data_by_district().merge(table, on=["date", "district"])[
        "new_infections"]).all()  # fmt: skip
    pudong = table[table["district"] == "Pudong"].set_index("date")["median"]
    wanted = reported_net(runs).sel(district="Pudong").median("replicate").to_series()
    assert pudong.to_numpy() == pytest.approx(wanted.to_numpy())


def test_layer_table_is_the_results(runs):
    table = layer_table(runs)
    by_layer = table.groupby("layer")["infections"].sum()
    wanted = runs["infections"].mean("replicate").sum(["date", "district"]).to_series()
    assert by_layer[wanted.index].to_numpy() == pytest.approx(wanted.to_numpy())
    known = table.dropna(subset=["share"])
    assert known.groupby("date")["share"].sum().to_numpy() == pytest.approx(1)


def test_tier_table_is_the_results(runs):
    table = tier_table(runs)
    open_only, shut = table[table["date"] == pd.Timestamp(START)], table[table["tier"] == "sealed"]
    assert set(open_only["tier"]) == {"open"}
    assert list(shut["district"].unique()) == ["Pudong"]
    assert (shut["share"] == 0.75).all()
    assert (table.groupby(["date", "district"])["share"].sum() == 1).all()
    assert (table["right"] - table["left"]).to_numpy() == pytest.approx(0.92 * table["share"])
    confined = confined_table(runs)
    assert confined.groupby("tier")["persons"].sum()["sealed"] == 20 * 2_250_000


def test_every_district_of_shanghai_has_its_own_tile():
    tiles = TILES["shanghai"]
    assert len(tiles) == len(set(tiles.values())) == 16
    assert tile_positions("shanghai", ["Xuhui", "Pudong"])["Pudong"] == tiles["Pudong"]
    others = tile_positions("nowhere", list("abcde"))
    assert len(set(others.values())) == 5


def test_telling_dates_show_each_state_once():
    shares = np.zeros((30, 1, 2))
    shares[:, 0, 0] = 1
    shares[10:20, 0] = (0, 1)
    assert telling_dates(shares) == [0, 10, 29]
    assert telling_dates(shares[:1]) == [0]


def test_figures_hold_the_tables(runs):
    figures = {f.name: f for f in report_figures(runs, data(), data_by_district(), MEASURES)}
    held = specification(figures["reported-cases"].draw(WIDE))["datasets"]["reported"]
    table = city_table(runs, data())
    assert [row["median"] for row in held] == pytest.approx(table["median"].tolist())
    assert held[0]["date"] == "2022-02-20T00:00:00"
    stays = specification(figures["longest-stays"].draw(NARROW))["datasets"]["stays"]
    assert sum(row["persons"] for row in stays) == 4_200_000
    bars = specification(figures["measures-timeline"].draw(WIDE))["datasets"]["measures"]
    assert [bar["name"] for bar in bars] == [
        "symptomatic testing", "Schools closed", "East stays at home"]  # fmt: skip


def test_every_figure_is_valid_vega_lite_with_its_data_inside(runs):
    for figure in report_figures(runs, data(), data_by_district(), MEASURES, GENERATION):
        for layout in LAYOUTS.values():
            spec = figure.draw(layout).to_dict(validate=True)
            assert '"url"' not in json.dumps(spec)
            assert spec["description"]
            named = set(re.findall(r'"data": \{"name": "([^"]+)"\}', json.dumps(spec)))
            assert named == set(spec["datasets"]), figure.name


# Containment


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


NEW_FIGURES = ["samples", "where-found", "contacts-traced", "hospital", "zones", "isolated",
               "stocks"]  # fmt: skip


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


def test_a_run_without_containment_shows_none_of_it(page):
    for part in ("search", "care", "resources", *NEW_FIGURES):
        assert f'id="{part}"' not in page, part
    assert "people died" not in page


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


# Reproduction number


def test_instantaneous_r_of_exponential_growth():
    rate = 0.1
    infections = 1000 * np.exp(rate * np.arange(60))[None, :]
    weights = GENERATION / GENERATION.sum()
    wanted = 1 / (weights * np.exp(-rate * np.arange(6))).sum()
    found = instantaneous(infections, np.zeros((1, 60)), weights)
    assert found[0, 10:-2] == pytest.approx(wanted)


def test_brought_in_infections_press_but_do_not_count():
    infections, brought_in = np.zeros((1, 20)), np.zeros((1, 20))
    infections[0, 5] = brought_in[0, 5] = 1000
    found = instantaneous(infections, brought_in, GENERATION)
    assert np.nanmax(found) == 0


def test_r_by_case_is_secondary_over_infections_and_stops_before_the_end(runs):
    found = by_case(np.full((1, 30), 100.0), np.full((1, 30), 250.0), GENERATION)
    assert found[0, 1:-5] == pytest.approx(2.5)
    assert np.isnan(found[0, -4:]).all()
    table = reproduction_table(runs, GENERATION)
    assert table.loc[table["kind"] == "by case", "median"].to_numpy() == pytest.approx(2)
    assert reproduction_table(one_run(np.zeros(N_DAYS, int)), GENERATION).empty


# Measures, areas, runs


def test_measures_in_order_and_inside_the_run():
    dates = one_run()["date"].values
    table = measure_table(MEASURES, dates)
    assert list(table["name"]) == ["symptomatic testing", "Schools closed", "East stays at home"]
    assert table["tier"].tolist()[2] == "sealed"
    assert table["details"].tolist()[0] == "share 0.4"
    assert [mark["what"] for mark in lockdown_starts(MEASURES, dates)] == [
        "10 Mar: East stays at home"
    ]
    assert lockdown_starts([], dates) == []


def test_parameters_of_measures_are_words():
    given = {"measure": "reduce_contacts", "layers": ["school", "community"], "factor": 0.12,
             "isolate": True}  # fmt: skip
    (details,) = measure_table([given], one_run()["date"].values)["details"]
    assert details == "layers: school and community, 12 % of contacts left, isolate: yes"


def test_small_areas_are_shown_together_and_nothing_is_lost():
    run = one_run(population=(3_000_000, 60_000, 70_000)).expand_dims("replicate")
    areas = by_area(run)
    assert list(areas["district"].values) == ["Pudong", "smaller districts"]
    assert areas["population"].values.tolist() == [3_000_000, 130_000]
    assert int(areas["confirmed"].sum()) == int(run["confirmed"].sum())
    assert areas["persons_by_tier"].dims == run["persons_by_tier"].dims
    town = by_area(one_run(population=(300, 200, 100)).expand_dims("replicate"))
    assert town["population"].values.tolist() == [600]
    lonely = by_area(one_run(population=(3_000_000, 300_000, 900)).expand_dims("replicate"))
    assert lonely["population"].values.tolist() == [3_000_000, 300_900]


def test_bands_and_means():
    assert spread(np.array([1.0, 2.0, 3.0])).median == 2
    assert spread(np.array([np.nan])).runs == 0
    assert moving_mean(np.array([0.0, 7.0, 0.0]), 3).tolist() == [3.5, 7 / 3, 3.5]
    table = bands(reported_net(many_runs(3)).sum("district"))
    assert list(table.columns) == ["date", "p05", "p25", "median", "p75", "p95"]


# The page


class Page(HTMLParser):
    """Collects what a browser would load, and the ids of the page."""

    def __init__(self):
        super().__init__()
        self.loads, self.ids, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in {"src", "srcset", "data", "poster", "action", "background"} or (
                name in {"href", "xlink:href"} and tag != "a"
            ):
                self.loads.append((tag, name, value))


def test_page_loads_nothing(page):
    parsed = Page()
    parsed.feed(page)
    assert [load for load in parsed.loads if not load[2].startswith("#")] == []
    assert "link" not in parsed.tags
    assert "default-src 'none'" in page
    style = "".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))
    assert "@import" not in style
    assert "url(" not in style
    assert not re.search(r"url\((?!#)[^)]*://", page.split('id="specs"')[0])
    assert len(parsed.ids) == len(set(parsed.ids)), "ids are unique in the page"


def test_page_has_every_part_in_order(page):
    parts = ["headline", "wave", "reported-cases", "reported-by-district", "infections-by-layer",
             "effective-r", "confinement", "tier-map", "confined-over-time", "longest-stays",
             "people", "scale", "both-pans", "ledger", "unit-values", "proportionality", "fit",
             "measures", "measures-timeline", "assumptions", "flips", "provenance",
             "limits"]  # fmt: skip
    places = [page.index(f'id="{part}"') for part in parts]
    assert places == sorted(places)
    for words in ("3f9a41c0", "1, 2, 3, 4", "no survey found", "Seventh national census",
                  "East stays at home", "synthetic", "tuned to the data"):  # fmt: skip
        assert words in page, words
    assert page.count('role="img"') == 18
    assert page.count("<figcaption>") == 9
    assert (
        page.index("contacts.<wbr>essential")
        < page.index("<code>r0")
        < page.index("latent.<wbr>mean")
    )


def test_page_of_a_city_is_small(tmp_path):
    long = np.interp(np.linspace(0, N_DAYS - 1, 131), np.arange(N_DAYS), WAVE)
    names = sorted(TILES["shanghai"])
    noise = 1 + 0.2 * np.sin(np.arange(131) * np.arange(1, 21)[:, None])
    city = side_by_side(
        [one_run((30 * long * n).astype(int), (1_500_000,) * 16, names) for n in noise],
        list(range(20)),
    )
    path = report(
        city,
        tmp_path / "r.html",
        observed=data((30 * long).astype(int)),
        measures=MEASURES,
        generation=GENERATION,
    )
    page = path.read_text(encoding="utf-8")
    stored = re.search(r'id="data">(.*?)</script>', page, re.DOTALL).group(1)
    assert len(page.encode()) - len(stored.encode()) <= 2_000_000


def test_page_is_whole_without_javascript(page):
    body = page.split('id="specs"')[0]
    assert body.count("<svg") == 18
    assert body.count("</svg>") == 18
    assert 'opacity="0"' not in body


def test_page_stores_each_table_once(page):
    stored = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL).group(1))
    specs = json.loads(re.search(r'id="specs">(.*?)</script>', page, re.DOTALL).group(1))
    assert set(specs) >= {"reported-cases", "tier-map"}
    assert all("datasets" not in spec for sizes in specs.values() for spec in sizes.values())
    assert len(stored["reported"]["median"]) == 2 * N_DAYS
    assert stored["reported"]["observed"][:N_DAYS] == WAVE.tolist()


def test_words_from_outside_cannot_become_markup(tmp_path):
    run = one_run()
    run.attrs["title"] = "</title><script>alert(1)</script>"
    measures = [{"name": "<img src=x>", "measure": "lockdown", "tier": 3, "from": "2022-03-10"}]
    html = report(run, tmp_path / "r.html", measures=measures).read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert "<img src=x" not in html


SPECIAL = {
    "no data, no measures, no parameters": (one_run(), {}),
    "no infections": (one_run(np.zeros(N_DAYS, int)), {"observed": data()}),
    "no infections and nobody confined": (one_run(np.zeros(N_DAYS, int), sealed_days=0), {}),
    "data of zeros": (one_run(), {"observed": data(np.zeros(N_DAYS, int))}),
    "data of another year": (
        one_run(),
        {"observed": data().assign(date=pd.date_range("2020-01-01", periods=N_DAYS))},
    ),
    "data by district only": (one_run(), {"observed_by_district": data_by_district()}),
    "one district": (
        one_run(population=(500_000,), districts=("Only",)),
        {"observed": data(), "measures": MEASURES},
    ),
    "a town": (one_run(population=(300, 200), districts=("a", "b")), {"measures": MEASURES}),
    "three days": (one_run(WAVE[:3], sealed_days=0), {"generation": GENERATION}),
    "one day": (one_run(WAVE[30:31], sealed_days=0), {"generation": GENERATION}),
    "measures outside the run": (
        one_run(),
        {"measures": [{"name": "Later", "measure": "lockdown", "tier": 2, "from": "2023-01-01"}]},
    ),
}


@pytest.mark.parametrize("case", some_now(SPECIAL, 3))
def test_special_cases_render(case, tmp_path):
    results, given = SPECIAL[case]
    html = report(results, tmp_path / "r.html", **given).read_text(encoding="utf-8")
    for part in ("headline", "wave", "confinement", "fit", "measures", "assumptions", "limits"):
        assert f'<section id="{part}">' in html
    assert "Confinement:" in html
    text = re.sub(r"<(script|style|svg).*?</\1>", "", html, flags=re.DOTALL)
    assert not re.search(r"\bnan\b|\bNone\b|\bNaT\b", text)


def test_unfinished_report_is_not_left_behind(runs, tmp_path):
    target = tmp_path / "deep" / "report.html"
    report(one_run(), target)
    assert [path.name for path in target.parent.iterdir()] == ["report.html"]


def test_saved_figures(tmp_path):
    written = save_figures(one_run(), tmp_path, observed=data(), measures=MEASURES)
    names = {path.name.split(".")[0] for path in written}
    assert len(written) == 3 * len(names) == 27
    spec = json.loads((tmp_path / "reported-cases.vl.json").read_text())
    assert spec["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert [row["observed"] for row in spec["datasets"]["reported"]][:N_DAYS] == WAVE.tolist()
    assert (tmp_path / "tier-map.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "tier-map.svg").read_text().startswith("<svg")


def test_plot_is_the_main_figure(runs):
    assert plot(runs).to_dict()["description"].startswith("Daily reported infections")


def test_importing_the_report_does_not_import_the_slow_parts():
    check = "import sys, lazaretto.report; print({'altair', 'vl_convert'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
