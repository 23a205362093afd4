"""The figures of a report: their data are the results, area by area and day by day."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from known_wave import (
    GENERATION,
    MEASURES,
    N_DAYS,
    START,
    WAVE,
    data,
    data_by_district,
    many_runs,
    one_run,
)

from lazaretto.outcomes import reported_gross, reported_net
from lazaretto.report import plot, report_figures, save_figures
from lazaretto.report.appearance import LAYOUTS, NARROW, WIDE, specification
from lazaretto.report.chronicle import lockdown_starts, measure_table
from lazaretto.report.confined import burden, person_days_table, stays_by_age
from lazaretto.report.confinement_figures import confined_table
from lazaretto.report.replicates import bands, by_area, moving_mean, spread
from lazaretto.report.reported_by_district import district_table
from lazaretto.report.reported_cases import city_table
from lazaretto.report.reproduction import by_case, instantaneous, reproduction_table
from lazaretto.report.tier_map import TILES, telling_dates, tier_table, tile_positions
from lazaretto.report.transmission import layer_table


@pytest.fixture(scope="module")
def runs():
    return many_runs()


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


# Saved and shown


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
