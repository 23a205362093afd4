"""Lazaretto in a notebook, and how quickly it is there."""

from __future__ import annotations

import subprocess
import sys

import altair as alt
import pytest
import xarray as xr
from own_place import DISTRICTS, write_place, write_scenario

import lazaretto as lz
from lazaretto.words import AGE_BANDS, ORIGINS, TIERS


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin")
    return lz.Scenario.load(write_scenario(folder))


def test_a_run_is_labelled_xarray(scenario):
    results = scenario.run(seed=4, replicates=2)
    assert isinstance(results, lz.Results)
    assert isinstance(results, xr.Dataset)
    infections = results["infections"]
    assert infections.dims == ("replicate", "date", "district", "layer")
    assert infections.attrs["units"] == "persons"
    assert list(results["district"].values) == list(DISTRICTS)
    assert list(results["layer"].values) == list(ORIGINS)
    assert list(results["age"].values) == list(AGE_BANDS)
    assert list(results["tier"].values) == list(TIERS)
    assert str(results["date"].values[0])[:10] == "2022-03-01"
    assert results.sizes["date"] == scenario.n_days == 40
    assert list(results["seed"].values) == [4, 5]
    assert int(results["population"].sum()) == results.attrs["persons"]
    by_age = results["infections_by_age"].sum("age")
    assert (infections.sum(("district", "layer")) == by_age).all()
    sealed = results["persons_by_tier"].sel(district="Northbank", tier="sealed", replicate=0)
    in_force = (sealed["date"] >= sealed["date"][19]) & (sealed["date"] <= sealed["date"][29])
    north = int(results["population"].sel(district="Northbank"))
    assert (sealed == in_force * north).all()


def test_what_is_done_with_results_keeps_their_figure(scenario):
    results = scenario.run()
    assert isinstance(results.plot(), alt.TopLevelMixin)
    assert isinstance(results.isel(date=slice(0, 20)), lz.Results)
    assert isinstance(results.isel(date=slice(0, 20)).plot(), alt.TopLevelMixin)


def test_a_run_that_is_kept_is_found(scenario, tmp_path):
    first = scenario.run(out=tmp_path)
    (folder,) = tmp_path.iterdir()
    written = (folder / "manifest.json").stat().st_mtime_ns
    second = scenario.run(out=tmp_path, threads=1)
    assert isinstance(second, lz.Results)
    assert second.equals(first)
    assert second.attrs["series_sha256"] == first.attrs["series_sha256"]
    assert (folder / "manifest.json").stat().st_mtime_ns == written


def test_overrides_and_the_library():
    shorter = lz.Scenario.load("shanghai-2022", {"r0": 4, "measures": []})
    assert isinstance(shorter, lz.Scenario)
    assert shorter.r0 == 4
    assert shorter.n_days == 131
    with pytest.raises(AttributeError, match="no attribute 'Scenari'"):
        _ = lz.Scenari


def test_changes_are_kept_and_no_run_is_refused(scenario):
    assert {"Results", "Scenario"} <= set(dir(lz))
    with pytest.raises(ValueError, match="replicates is 0"):
        scenario.run(replicates=0)
    assert "changed" not in scenario.run().attrs


def test_importing_loads_nothing_heavy():
    # What takes the time of an import is what it loads: counted, since a clock is not to be
    # trusted on a machine that does something else as well.
    third = {"numba", "numpy", "xarray", "pandas", "altair", "pydantic", "pyarrow", "scipy"}
    assert not third & loaded_by("import lazaretto")
    assert not (third - {"pydantic", "numpy"}) & loaded_by("import lazaretto.cli")


def loaded_by(statement):
    code = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return {name.split(".")[0] for name in said.stdout.split()}


def test_results_of_ones_own_place_are_drawn_beside_its_cases(tmp_path):
    place = write_place(tmp_path / "twin")
    (place / "cases.csv").write_text("date,reported\n2022-03-02,7\n2022-03-03,9\n")
    results = lz.Scenario.load(write_scenario(tmp_path)).run()
    drawn = [row["observed"] for row in results.plot().datasets["reported"]]
    assert [number for number in drawn if number is not None][:2] == [7, 9]
