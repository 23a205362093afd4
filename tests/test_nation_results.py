"""Results of many cities: added up by province, and their figures."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from lazaretto.nation.checked import checked_policy
from lazaretto.nation.results import MOST_CITIES, by_province
from lazaretto.report.appearance import NARROW, WIDE, specification
from lazaretto.report.by_city import city_figures, deaths_table, infected_table
from lazaretto.report.travel_table import travel_rows
from lazaretto.scenario import Scenario, ScenarioError

N_CITIES = MOST_CITIES + 8


def runs(n_cities: int = N_CITIES) -> xr.Dataset:
    """Two runs of three days: city k has 2 k + 1 infections a day and k deaths on the last."""
    cities = np.arange(n_cities)
    infections = np.zeros((2, 3, n_cities, 2), np.int64)
    infections[..., 0] = 2 * cities + 1
    deaths = np.zeros((2, 3, n_cities), np.int64)
    deaths[0, 2], deaths[1, 2] = cities, 3 * cities
    return xr.Dataset(
        {
            "infections": (("replicate", "date", "district", "layer"), infections),
            "deaths": (("replicate", "date", "district"), deaths),
            "treated": (("replicate", "date"), np.full((2, 3), 7)),
        },
        coords={
            "date": np.array(["2022-12-01", "2022-12-02", "2022-12-03"], "datetime64[ns]"),
            "district": [f"city {k}" for k in cities],
            "layer": ["household", "travel"],
            "population": ("district", np.full(n_cities, 1_000_000)),
            "province": ("district", [f"province {k % 4}" for k in cities]),
            "code": ("district", [str(k) for k in cities]),
            "reached": ("district", np.zeros(n_cities, np.int64)),
        },
        attrs={"cities": n_cities, "title": "cities"},
    )


def test_cities_of_a_province_are_added_up():
    results = runs()
    added = by_province(results)
    assert list(added["district"].values) == [f"province {k}" for k in range(4)]
    assert added["population"].sum() == results["population"].sum()
    assert added["infections"].dims == results["infections"].dims
    for name in ("infections", "deaths"):
        assert added[name].dtype == results[name].dtype
        assert int(added[name].sum()) == int(results[name].sum())
    first = results["deaths"].isel(district=slice(0, None, 4)).sum("district")
    np.testing.assert_array_equal(added["deaths"].sel(district="province 0"), first)
    np.testing.assert_array_equal(added["treated"], results["treated"])


def test_few_cities_and_single_places_stay_as_they_are():
    few = runs(MOST_CITIES)
    assert by_province(few) is few
    single = runs().drop_vars("province")
    assert by_province(single) is single


def test_tables_say_what_was_counted():
    few = runs(4)
    infected = infected_table(few).set_index(["date", "district"])["median"]
    assert infected.loc[("2022-12-03", "city 3")] == pytest.approx(3 * 7 / 1e6)
    deaths = deaths_table(few).set_index("district")
    assert deaths.loc["city 2"].tolist() == pytest.approx([0.2, 0.4, 0.6])


def test_the_table_of_travel_says_who_came_first_and_what_orders_prevented():
    few = runs(3)
    few["infections"][:, :2, 2] = 0  # the last city has its first infection on the third day
    few["infections"][:, :, 0] = 0  # the first none
    per_city = few["infections"].sum("layer")
    for name, count in (("departures", 1_000), ("trips_lost", 10), ("kept_by_test", 1)):
        few[name] = xr.full_like(per_city, count)
    few["persons_by_tier"] = xr.full_like(per_city, 50).expand_dims(tier=["controlled", "sealed"])
    rows = {row.place: row for row in travel_rows(few)}
    assert list(rows) == ["city 1", "city 2", "city 0", "All"]
    assert [rows[f"city {k}"].first for k in range(3)] == ["never", "1 Dec 2022", "3 Dec 2022"]
    assert [rows[name].infected for name in rows] == ["9", "5", "0", "14"]
    assert [rows[name].found for name in rows] == ["3", "3", "3", "9"]
    assert (rows["All"].made, rows["All"].prevented, rows["All"].confined) == ("9,000", "90", "900")
    assert travel_rows(few.drop_vars("departures")) == []


def test_only_runs_of_many_cities_have_these_figures():
    few = runs(4)
    figures = city_figures(few)
    assert [figure.name for figure in figures] == ["infected-by-city", "deaths-by-city"]
    for figure in figures:
        for layout in (WIDE, NARROW):
            drawn = specification(figure.draw(layout))
            assert any(len(data) == 4 * (3 if figure is figures[0] else 1)
                       for data in drawn["datasets"].values())  # fmt: skip
    few.attrs.pop("cities")
    assert city_figures(few) == []


def test_a_measure_is_shown_on_the_dates_of_its_stages():
    scenario = Scenario.load("china-exit-2022", ["nation.cities=[zhoukou]"])
    distance, hospitals = checked_policy(scenario)  # Beijing, where it is seeded, takes no part
    assert (str(distance.first), str(distance.last)) == ("2022-11-15", "2022-12-06")
    assert hospitals.first is None


def test_infections_of_many_cities_are_not_written_one_by_one():
    scenario = Scenario.load("china-exit-2022", ["nation.cities=[zhoukou]", "outputs.events=true"])
    with pytest.raises(ScenarioError, match=r"outputs\.events is true"):
        checked_policy(scenario)
