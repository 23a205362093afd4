"""What a calibration compares: data and runs read alike, own data, and a sample of the place."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from calibrations import TRUE, data_of, kept_of, plan_for

from lazaretto.people import read_area
from lazaretto.people.travel import balanced, gravity
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies.calibration import load_plan
from lazaretto.studies.calibration.kept import own_data, reported_data
from lazaretto.studies.calibration.plan import Plan
from lazaretto.studies.calibration.sampled import at_sample
from lazaretto.studies.calibration.streams import Compared, numbers_of

for library in ("pyabc", "arviz", "scoringrules"):
    pytest.importorskip(library)


# -- what is compared -----------------------------------------------------------------------------


def test_addresses_are_compared_only_where_the_later_day_was_seen():
    plan = load_plan("shanghai-2022")
    labels = [label for label in Compared(plan).observed if label.startswith("addresses")]
    assert "addresses_again 2022-04-05 after 21 days" in labels  # 26 April
    assert "addresses_again 2022-04-10 after 14 days" in labels
    assert "addresses_again 2022-04-10 after 21 days" not in labels  # 1 May is held out


def test_no_number_of_the_shipped_fit_is_of_may():
    plan = load_plan("shanghai-2022")
    blank = plan.data.day(date(2022, 5, 1))
    changed = plan.data._replace(
        **{
            name: np.concatenate([getattr(plan.data, name)[..., :blank],
                                  0 * getattr(plan.data, name)[..., blank:] + 7], axis=-1)
            for name in ("reported", "total", "deaths", "found", "found_in_quarantine", "sealed")
        }
    )  # fmt: skip
    other = Plan(plan.calibration, plan.whole, changed)
    assert Compared(other).observed == Compared(plan).observed


def test_data_and_runs_are_read_alike_at_any_scale():
    whole = reported_data("shanghai", date(2022, 2, 20), date(2022, 5, 31))
    plan = load_plan("shanghai-2022")
    tenth = whole._replace(
        **{name: getattr(whole, name) / 10 for name in
           ("residents", "reported", "total", "deaths", "sealed")}
    )  # fmt: skip
    for stream in plan.calibration.streams:
        of_data = numbers_of(whole, stream, plan.calibration.data_until, 0.1)
        of_run = numbers_of(tenth, stream, plan.calibration.data_until)
        assert list(of_data.values()) == pytest.approx(list(of_run.values()), nan_ok=True)


def test_a_share_of_nothing_is_nothing(tmp_path):
    data = data_of(TRUE)._replace(found=np.full(30, 10.0), found_in_quarantine=np.full(30, 4.0))
    streams = [{"stream": "found_in_quarantine", "dates": ["2022-03-10"]}]
    compared = Compared(plan_for(tmp_path, data, streams=streams))
    assert compared.observed == {"found_in_quarantine 2022-03-10": 0.4}
    assert compared.of_run(kept_of(np.zeros(30))) == {"found_in_quarantine 2022-03-10": 0.0}


def test_own_data_are_read_by_date_and_strange_columns_refused(tmp_path):
    file = tmp_path / "cases.csv"
    days = date(2022, 3, 1), date(2022, 3, 4)
    file.write_text("date,reported,deaths\n2022-03-03,5,\n2022-03-02,4,1\n")
    found = own_data(file, *days)
    assert np.array_equal(found.total, [np.nan, 4, 5, np.nan], equal_nan=True)
    assert np.array_equal(found.deaths, [np.nan, 1, np.nan, np.nan], equal_nan=True)
    file.write_text("date,cases\n2022-03-03,5\n")
    with pytest.raises(ScenarioError, match="reported"):
        own_data(file, *days)
    file.write_text("date,reported\n2022-03-03,5\n2022-03-03,4\n2022-03-04,-1\n4 March,x\n")
    with pytest.raises(ScenarioError) as wrong:
        own_data(file, *days)
    assert [problem.value.split(":")[0] for problem in wrong.value.problems] == [
        "cases.csv, row 3, date", "cases.csv, row 4, reported", "cases.csv, row 5, date",
    ]  # fmt: skip


def test_every_problem_of_a_calibration_is_told_at_once(tmp_path):
    wrong = {
        "held_out": {"from": "2022-03-15", "to": "2022-03-30"},
        "parameters": [
            {"name": "r0", "keys": ["r0"]},
            {"name": "r0", "keys": ["rO"], "prior": {"low": 1, "high": 2}},
            {"name": "force", "keys": ["behaviour.enforcement"], "prior": {"low": 0, "high": 1}},
            {"name": "share", "keys": ["measures.1.share"], "prior": {"low": 0.5, "high": 0.1}},
        ],
        "streams": [{"stream": "reported", "to": "2022-03-25"}],
    }
    with pytest.raises(ScenarioError) as caught:
        plan_for(tmp_path, data_of(TRUE), **wrong)
    said = str(caught.value)
    for word in ("held_out", "each name once", "no range for it", "a number of the scenario",
                 "no study searches", "low below high", "streams.0"):  # fmt: skip
        assert word in said


# -- the sample of the place ----------------------------------------------------------------------


def test_in_a_sample_counts_shrink_and_shares_stay():
    whole = Scenario.load("shanghai-2022")
    small = at_sample(whole, "shanghai-tenth", 0.1)
    assert float(small.r0) == float(whole.r0)
    brought = {s: sum(e.count * len(list(e.dates())) for e in s.seeding) for s in (whole, small)}
    assert brought[whole] == 92
    assert brought[small] == 10
    amounts = [[float(o.amount) for o in r.opened] for r in whole.resources]
    for before, stock in zip(amounts, small.resources, strict=True):
        assert [float(o.amount) for o in stock.opened] == [round(x / 10) for x in before]
    assert small.measures == whole.measures
    with pytest.raises(ScenarioError, match="nation"):
        at_sample(Scenario.load("china-exit-2022"), "china", 0.1)


def test_a_tenth_of_shanghai_has_a_tenth_of_every_district():
    whole, tenth = read_area("shanghai"), read_area("shanghai-tenth")
    assert tenth.districts == whole.districts
    assert tenth.n_persons == round(whole.n_persons / 10)
    assert np.abs(tenth.persons - whole.persons / 10).max() <= 1
    assert np.abs(tenth.family_households * 10 / whole.family_households - 1).max() < 1e-3
    assert tenth.n_subdistricts == 22
    assert whole.n_subdistricts == 216


def test_people_of_the_tenth_travel_between_districts_as_all_do():
    mixing = []
    for name, parts in (("shanghai", None), ("shanghai-tenth", np.ones(16, np.int64))):
        area = read_area(name)
        residents = area.persons.sum(axis=1).astype(np.float64)
        if parts is None:
            from lazaretto.people.census import subdistricts_by_residents

            parts = subdistricts_by_residents(residents, area.n_subdistricts)
        share = gravity(area, residents, parts, leave_own_part=True)
        mixing.append(balanced(share, residents.astype(np.int64)))
    assert np.abs(mixing[0] - mixing[1]).max() < 0.002
