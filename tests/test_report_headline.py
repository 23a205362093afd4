"""The words of a report: its headline and its fit say what the results say, in plain numbers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from known_wave import ASSUMED, N_DAYS, WAVE, data, data_by_district, many_runs, one_run

from lazaretto.outcomes import reported_net
from lazaretto.report import compare, headline, report
from lazaretto.report.fit import fit_table
from lazaretto.report.replicates import moving_mean
from lazaretto.report.reported_by_district import district_table
from lazaretto.report.runs_beside_data import HALF, key_of
from lazaretto.report.wording import (
    between,
    day,
    days,
    earlier_or_later,
    exactly,
    people,
    too_many_or_few,
)


@pytest.fixture(scope="module")
def runs():
    return many_runs()


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
