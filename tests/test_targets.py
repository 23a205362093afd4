"""The table of validation targets: the real data fed to it give the reported numbers back."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lazaretto.outcomes import Tally, dataset, side_by_side
from lazaretto.studies import quantities as q
from lazaretto.studies.targets import (
    NEEDED,
    TARGETS,
    main,
    numbers_in,
    page,
    reported,
    reported_targets,
    row_of,
    rows_of,
    scores,
)
from lazaretto.studies.verdict import Reported, met, verdict, written

DATA = files("lazaretto").joinpath("data")
DOCS = Path(__file__).parent.parent / "docs"
DISTRICTS = 16
FIRST = date(2022, 3, 1)
LAST_DAYS = 122  # to 30 June

FROM_REAL_DATA = [
    "SH01", "SH02", "SH03", "SH04", "SH05", "SH06", "SH07", "SH08", "SH09", "SH10", "SH11",
    "SH12_0328", "SH12_0404", "SH12_0413", "SH12_0420", "SH12_0428", "SH13", "SH14", "SH15",
    "SH16", "SH26",
]  # fmt: skip


def real_wave():
    """Return the reported wave of Shanghai as if a run had made it."""
    daily = pd.read_csv(DATA / "shanghai_2022_daily.csv").iloc[:LAST_DAYS].fillna(0)
    by_district = pd.read_csv(DATA / "shanghai_2022_district_daily.csv", parse_dates=["date"])
    census = pd.read_csv(DATA / "shanghai_districts_census2020.csv")
    names = tuple(sorted(by_district["district"].unique()))
    tally = Tally.of(LAST_DAYS, DISTRICTS, 0, 10)
    # By district where that is known; what is left of a day's total lies on the first one.
    for row in by_district.itertuples():
        day = (row.date.date() - FIRST).days
        tally.reports[day, names.index(row.district), 1] += row.new_infections
    left = daily["new_infections"].to_numpy() - tally.reports[:, :, 1].sum(axis=1)
    tally.reports[:, names.index("Pudong"), 1] += left.astype(int)
    tally.reports[:, 0, 2] = daily["confirmed_from_asymptomatic"]
    tally.found[:, 0, 0] = daily["found_in_quarantine"]
    tally.found[:, 0, 5] = daily["found_in_community"]
    tally.deaths[:, 0] = daily["deaths"]
    for day, sealed in ((42, 15_010_000), (50, 11_878_000), (58, 5_270_000), (75, 980_000)):
        tally.persons_by_tier[day, 0, 3] = sealed
    by_name = census.set_index("district_en")["population"]
    persons = np.array([by_name[name] for name in names])
    attributes = {"scenario": "real", "digest": "0123456789abcdef", "version": "0"}
    stays = np.zeros((18, LAST_DAYS + 1), int)
    return dataset(tally, stays, FIRST, names, persons, attributes)


@pytest.fixture(scope="module")
def real():
    return side_by_side([real_wave()], [1])


@pytest.mark.parametrize("target", [t for t in TARGETS if t.key in FROM_REAL_DATA],
                         ids=lambda t: f"{t.key}-{t.part}")  # fmt: skip
def test_real_data_give_the_reported_number(target, real):
    wanted = reported(target, reported_targets()).value
    (found,) = target.number(real)
    assert found == pytest.approx(wanted, rel=6e-3 if abs(wanted) < 1 else 1e-3, abs=1e-4)


def test_reported_r_is_that_of_the_derived_series():
    daily = pd.read_csv(DATA / "shanghai_2022_daily.csv")["new_infections"].to_numpy(float)
    # 8, 13 and 17 April 2022 of the derived series, generation interval 2.7 days.
    assert q.reported_r(daily)[[38, 43, 47]] == pytest.approx([1.58, 1.184, 0.977], abs=1e-3)
    growing = 100 * np.exp(0.1 * np.arange(80))
    day = np.arange(1, 30)
    shape, scale = (2.7 / 1.4) ** 2, 1.4**2 / 2.7
    weights = day ** (shape - 1) * np.exp(-day / scale)
    wanted = weights.sum() / (weights * np.exp(-0.1 * day)).sum()
    assert q.reported_r(growing)[-1] == pytest.approx(wanted, rel=1e-3)


def test_every_target_of_shanghai_has_a_line(real):
    table = reported_targets()
    ours = {row.key for row in rows_of(real)}
    assert ours == {key for key in table.index if key.startswith("SH")}
    assert not set(NEEDED) & {target.key for target in TARGETS}
    parts = [(target.key, target.part) for target in TARGETS]
    assert len(set(parts)) == len(parts)
    for target in TARGETS:
        if target.key != "SH21":
            assert target.part < len(numbers_in(table.loc[target.key, "value"]))


def test_addresses_and_subdistricts():
    tally = Tally.of(92, 1, 0, 10)
    tally.addresses_by_days[1:4] = (40, 50, 10)
    tally.addresses_again[40, [0, 7, 14, 21]] = (200, 60, 20, 5)
    tally.cases_by_subdistrict[:] = (50, 35, 5, 5, 5, 0, 0, 0, 0, 0)
    stays = np.zeros((18, 93), int)
    run = dataset(tally, stays, FIRST, ("a",), np.array([1000]), {}).expand_dims("replicate")
    assert q.addresses_listed(run).tolist() == [100]
    assert q.share_listed_once(run).tolist() == [0.4]
    again = [q.listed_again(run, "2022-04-10", days)[0] for days in (7, 14, 21)]
    assert again == [0.3, 0.1, 0.025]
    assert q.subdistricts_with(run, 0.8).tolist() == [0.2]
    assert q.subdistricts_with(run, 0.9).tolist() == [0.3]


def test_severe_illness_and_its_ages():
    tally = Tally.of(30, 2)
    tally.patients[4] = [[3, 1], [5, 2]]
    tally.patients[9] = [[8, 0], [0, 2]]
    tally.deaths_by_age[:2, 17, 0] = 3
    tally.deaths_by_age[3, 0, 2] = 2
    tally.admissions[2, 10, 1] = (4, 1)
    tally.infections[0, 0, 0], tally.secondary[:] = 1000, 2
    run = dataset(tally, np.zeros((18, 31), int), FIRST, ("a", "b"), np.array([9, 9]), {})
    run = run.expand_dims("replicate")
    assert q.severe_at_once(run).tolist() == [11]
    assert q.mean_age_of_dead(run).tolist() == [(6 * 90 + 2 * 2.5) / 8]
    severe = next(target for target in TARGETS if target.key == "SH23")
    assert severe.number(run).tolist() == [0.005]
    assert q.r_by_case(run).tolist() == [0.06]


# Verdicts


@pytest.mark.parametrize(
    ("simulated", "real", "kind", "said"),
    [
        ([10, 12, 14], Reported(20, 11, 30), "number", "inside the reported range"),
        ([10, 12, 14], Reported(13), "number", "inside the simulated band"),
        ([10, 12, 14], Reported(13, 12.5, 13.5), "number", "inside the simulated band"),
        ([12.01, 12.01], Reported(12), "number", "about right"),
        ([10, 12, 14], Reported(24), "number", "off by factor 2.00, too low"),
        ([10, 12, 14], Reported(6, 5, 7), "number", "off by factor 2.00, too high"),
        ([0.1, 0.2], Reported(-0.1), "rate", "off: other sign"),
        ([-0.2, -0.2], Reported(-0.1), "rate", "off by factor 2.00, too high"),
        ([0, 0], Reported(5), "number", "off: it is zero"),
        ([5], Reported(0), "number", "off: it is not zero"),
        ([np.nan, np.nan], Reported(5), "number", "did not happen in the simulation"),
        ([3, np.nan, 5], Reported(4), "number", "inside the simulated band"),
        ([0.92], Reported(0.96), "share",
         "off by factor 2.00, too high (of what is left to one)"),
        ([1.0], Reported(0.96), "share", "off: it is one"),
        ([0.2], Reported(0.4), "share", "off by factor 2.00, too low"),
        ([100], Reported(103), "date", "off by 3 days, too early"),
        ([104], Reported(103), "days", "off by 1 day, too late"),
        ([1.3], Reported(float("nan"), low=1), "ratio", "inside the reported range"),
        ([0.5], Reported(float("nan"), low=1), "ratio", "off by factor 2.00, too low"),
    ],
)  # fmt: skip
def test_verdict(simulated, real, kind, said):
    found = verdict(np.array(simulated, float), real, kind)
    assert found == said
    assert met(found) == said.startswith("inside")


def test_numbers_of_cells():
    assert numbers_in("15.01M / 0.98M") == [15_010_000, 980_000]
    assert numbers_in("37798 ; 0.402") == [37798, 0.402]
    assert numbers_in("2022-04-17") == [q.day_of("2022-04-17")]
    assert numbers_in("-0.104") == [-0.104]
    assert written(q.day_of("2022-04-17"), "date") == "2022-04-17"
    assert written(627110, "number") == "627,110"
    assert written(-0.10433, "rate") == "-0.1043"


# The page


def test_page_counts_its_verdicts(real, tmp_path):
    runs = side_by_side([real_wave(), real_wave()], [1, 2])
    runs.attrs |= real.attrs
    (tmp_path / "run").mkdir()
    runs.to_netcdf(tmp_path / "run" / "trajectories.nc", engine="h5netcdf")
    main([str(tmp_path / "run"), str(tmp_path / "validation.md")])
    text = (tmp_path / "validation.md").read_text(encoding="utf-8")
    assert text == page(runs)
    judged = [row for row in rows_of(runs) if row.simulated]
    inside = sum(met(row.verdict) for row in judged)
    assert 0 < inside < len(judged)
    assert f"**{inside} of {len(judged)} numbers are inside" in text
    for key in ("SH01", "SH20", "SH25", "SH26"):
        assert f"| {key} |" in text
    assert "27,605" in text
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in lines} == {7}


def test_a_run_that_is_too_short_is_not_judged(real):
    short = real.isel(date=slice(0, 20))
    found = {row.key: row for row in rows_of(short)}
    assert found["SH01"].verdict == "the run does not cover these days"
    assert not found["SH01"].simulated
    uncounted = real.drop_vars("cases_by_subdistrict")
    target = next(target for target in TARGETS if target.key == "SH19")
    assert row_of(target, uncounted, Reported(0.37)).verdict == "not counted in this run"


def test_a_folder_without_results_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path), str(tmp_path / "page.md")])
    assert "no trajectories.nc" in capsys.readouterr().err
    assert not (tmp_path / "page.md").exists()


def test_the_page_has_the_held_out_scores_of_the_fit_win_or_lose():
    fit = json.loads((DOCS / "shanghai-2022-fit.json").read_text(encoding="utf-8"))
    said = "\n".join(scores(fit))
    for score in fit["held_out"]["scores"]:
        assert score["name"] in said
    assert ("does **not** win" in said) is not fit["held_out"]["wins"]
    assert said in (DOCS / "shanghai-2022-targets.md").read_text(encoding="utf-8")
    assert scores(None) == []
