"""A run in the forms that others read: hub tables, Parquet, NetCDF, RO-Crate."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import xarray as xr
from json_pages import documented
from own_place import write_place, write_scenario
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.engine.checked import read_checked
from lazaretto.studies import run_scenario
from lazaretto.studies.exports.crate import DOI, CrateError, check_crate
from lazaretto.studies.exports.hubverse import COLUMNS, LEVELS, hub_table, model_id_of


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A run of five replicates and one of a single one, in one folder."""
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin", persons=1_200)
    measures = [{"measure": "symptomatic_testing", "share": 0.6, "delay_days": 1}]
    place, changes = str(folder / "twin"), {"end": "2022-03-14", "outputs": {"events": True}}
    scenario = read_checked(write_scenario(folder, measures=measures, place=place, **changes))
    for replicates in (5, 1):
        run_scenario(scenario, seed=2, replicates=replicates, threads=1, out=folder / "runs")
    return folder


@pytest.fixture(scope="module")
def run(town):
    return next(p for p in (town / "runs").iterdir() if (p / "events-004.parquet").is_file())


@pytest.fixture(scope="module")
def single(town, run):
    return next(path for path in (town / "runs").iterdir() if path != run)


@pytest.fixture(scope="module")
def results(run):
    return xr.load_dataset(run / "trajectories.nc", engine="h5netcdf")


def export(run: Path, form: str, out: Path, *words: object, code: int = 0):
    given = ["export", run, "--format", form, "--out", out, *words]
    result = CliRunner().invoke(app, [str(word) for word in given])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def test_a_hub_table(run, results, tmp_path):
    """The file lies where a hub looks for it and holds the numbers of the run."""
    said = json.loads(export(run, "hubverse", tmp_path, "--json").stdout)
    assert set(said) >= documented("export")
    model = "lazaretto-twin_banks"
    path = tmp_path / "model-output" / model / f"2022-03-01-{model}.csv"
    assert said["files"] == [str(path)]
    table = pd.read_csv(path, keep_default_na=False)
    assert tuple(table.columns) == COLUMNS
    assert set(table["target"]) == {"inc case", "inc death", "inc hosp"}
    assert set(table["location"]) == {"twin", "Northbank", "Southbank"} or "Northbank" in set(
        table["location"]
    )
    assert set(table.loc[table["output_type"].isin(["mean", "median"]), "output_type_id"]) == {"NA"}
    quantiles = table[table["output_type"] == "quantile"]
    assert sorted(set(quantiles["output_type_id"].astype(float))) == sorted(LEVELS)
    cases = results["confirmed"] + results["asymptomatic"]
    at = table[(table["target"] == "inc case") & (table["location"] == "Northbank")
               & (table["horizon"] == 9)]  # fmt: skip
    assert set(at["target_end_date"]) == {"2022-03-10"}
    numbers = cases.sel(district="Northbank", date="2022-03-10").values
    samples = at[at["output_type"] == "sample"]
    assert samples["output_type_id"].tolist() == ["1", "2", "3", "4", "5"]
    assert samples["value"].tolist() == numbers.tolist()
    assert at.loc[at["output_type"] == "mean", "value"].item() == pytest.approx(numbers.mean())
    assert at.loc[at["output_type"] == "median", "value"].item() == np.median(numbers)
    third = at[(at["output_type"] == "quantile") & (at["output_type_id"] == "0.3")]
    assert third["value"].item() == pytest.approx(np.quantile(numbers, 0.3))
    assert table["value"].sum() > 0


def test_weeks_end_on_saturdays_and_are_whole(results):
    table = hub_table(results, date(2022, 3, 5), "week")
    assert set(table["target"]) == {"wk inc case", "wk inc death", "wk inc hosp"}
    # 1 March 2022 was a Tuesday: the first whole week begins on Sunday, 6 March.
    assert set(table["target_end_date"]) == {date(2022, 3, 12)}
    assert set(table["horizon"]) == {1}
    cases = (results["confirmed"] + results["asymptomatic"]).sum("district")
    week = cases.sel(date=slice("2022-03-06", "2022-03-12")).sum("date")
    place = table["location"].iloc[0]
    mine = table[(table["target"] == "wk inc case") & (table["location"] == place)]
    assert mine[mine["output_type"] == "sample"]["value"].tolist() == week.values.tolist()


def test_one_replicate_has_no_quantiles_and_says_so(single, tmp_path):
    said = export(single, "hubverse", tmp_path)
    assert "no quantiles" in said.stderr
    (path,) = tmp_path.rglob("*.csv")
    assert set(pd.read_csv(path)["output_type"]) == {"mean", "sample"}


def test_parquet_tables_hold_every_number_with_its_labels(run, results, tmp_path):
    export(run, "parquet", tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == set(results.data_vars)
    table = pq.read_table(tmp_path / "infections.parquet")
    back = table.to_pandas().set_index(["replicate", "date", "district", "layer"])["infections"]
    theirs = results["infections"].to_series()
    assert back.to_numpy().tolist() == theirs.to_numpy().tolist()
    assert [str(x) for x in back.index[777]][2:] == [str(x) for x in theirs.index[777]][2:]
    field = table.schema.field("infections").metadata
    assert field[b"units"] == b"persons"
    assert b"series" not in field
    assert table.schema.metadata[b"scenario"] == b"twin-banks"
    assert set(table.column("seed").to_pylist()) == {2, 3, 4, 5, 6}


def test_netcdf_is_the_same_dataset(run, results, tmp_path):
    export(run, "netcdf", tmp_path / "out.nc")
    again = xr.load_dataset(tmp_path / "out.nc", engine="h5netcdf")
    xr.testing.assert_equal(again, results)
    assert again.attrs["source"].startswith("Lazaretto 0.")


def test_a_crate_of_a_run_names_every_file_and_loads_again(run, tmp_path):
    pytest.importorskip("rocrate")
    from rocrate.rocrate import ROCrate

    out = tmp_path / "crate"
    said = json.loads(export(run, "ro-crate", out, "--licence", "CC-BY-4.0", "--json").stdout)
    visible = {path.name for path in run.iterdir() if not path.name.startswith(".")}
    assert set(said["files"]) == visible >= {"scenario.yaml", "trajectories.nc", "manifest.json"}
    crate = ROCrate(out)
    graph = {str(e.id): e for e in crate.get_entities()}
    written = json.loads((out / "ro-crate-metadata.json").read_text())["@graph"]
    descriptor = next(e for e in written if e["@id"] == "ro-crate-metadata.json")
    assert descriptor["conformsTo"]["@id"] == "https://w3id.org/ro/crate/1.1"
    assert crate.root_dataset["license"].id == "https://spdx.org/licenses/CC-BY-4.0"
    assert graph["#lazaretto"]["softwareVersion"] == "0.1.0"
    action = next(e for e in graph.values() if e.type == "CreateAction")
    assert action["instrument"].id == "#lazaretto"
    assert [e.id for e in action["result"]] == ["trajectories.nc"]
    cited = [str(e.id) for e in crate.root_dataset["citation"]]
    assert any(each.startswith("https://doi.org/10.") for each in cited)
    assert any("census" in str(graph[each]["name"]) for each in cited if each[0] == "#")
    for name in said["files"]:
        assert (out / name).read_bytes() == (run / name).read_bytes()
    (out / "trajectories.nc").unlink()
    with pytest.raises(CrateError, match=r"not there .*trajectories\.nc"):
        check_crate(out, said["files"])
    with pytest.raises(CrateError, match=r"not named .*lost\.txt"):
        check_crate(out, ["lost.txt"])


def test_a_crate_of_a_study_holds_all_of_its_runs(town, tmp_path):
    pytest.importorskip("rocrate")
    said = export(town / "runs", "ro-crate", tmp_path / "study.zip", "--json")
    files = json.loads(said.stdout)["files"]
    assert sum(name.endswith("/manifest.json") for name in files) == 2
    assert sum("/events-" in name for name in files) == 6
    shutil.unpack_archive(tmp_path / "study.zip", tmp_path / "open")
    graph = json.loads((tmp_path / "open" / "ro-crate-metadata.json").read_text())["@graph"]
    kinds = [entity["@type"] for entity in graph]
    assert kinds.count("CreateAction") == 2
    assert kinds.count("Dataset") == 3  # the study and two runs
    assert any("No licence is stated" in str(entity.get("name")) for entity in graph)


def test_what_is_refused(run, town, tmp_path):
    assert "a finished run" in export(tmp_path, "netcdf", tmp_path / "x", code=2).stderr
    assert "a finished run" in export(town / "runs", "parquet", tmp_path / "x", code=2).stderr
    said = export(run, "hubverse", tmp_path / "x", "--model-id", "a b", "--origin", "soon", code=2)
    assert "one hyphen" in said.stderr
    assert "ISO date" in said.stderr
    late = export(run, "hubverse", tmp_path / "x", "--origin", "2023-01-01", code=2)
    assert "2022-03-01 to 2022-03-14" in late.stderr
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    full = export(run, "ro-crate", tmp_path / "full", code=2)
    assert "nothing is yet" in full.stderr
    assert "not in what is exported" in export(run, "ro-crate", run / "x", code=2).stderr
    assert "ro-crate only" in export(run, "netcdf", tmp_path / "x", "--licence", "MIT",
                                     code=2).stderr  # fmt: skip
    assert not (tmp_path / "x").exists()


def test_names():
    assert model_id_of("shanghai-2022") == "lazaretto-shanghai_2022"
    cited = ["10.1016/S2468-2667(20)30061-X", "10.1126/science.abb8001"]
    assert DOI.findall(f"see doi {cited[0]}, and (doi {cited[1]}).") == cited
