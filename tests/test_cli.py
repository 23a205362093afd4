"""The command line: what a run prints, what it leaves behind, and how it is found again."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from own_command import lazaretto, run, run_json
from own_place import DISTRICTS, write_scenario, write_town

from lazaretto.report.wording import people

KEYS = {
    "run", "scenario", "seed", "threads", "persons", "days", "infections", "reported", "setup_s",
    "wall_s", "peak_rss_mib", "series_sha256",
}  # fmt: skip
"""What every reader of ``run --json`` may rely on."""

MORE_KEYS = {"replicates", "found", "tests", "deaths", "person_days"}


@pytest.fixture(autouse=True)
def _width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_town(tmp_path_factory.mktemp("town"))


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


# Running


# Running


def test_a_run_says_what_it_made_and_leaves_a_complete_folder(town, runs):
    said = run_json(town / "twin.yaml", runs, "--seed", 3, "--threads", 1)
    assert set(said) == KEYS | MORE_KEYS
    assert said["scenario"] == "twin-banks"
    assert (said["seed"], said["threads"], said["days"]) == (3, 1, 40)
    assert abs(said["persons"] - 3_000) < 20
    assert said["infections"] > 100
    assert 0 < said["reported"] < said["infections"]
    assert re.fullmatch("[0-9a-f]{64}", said["series_sha256"])
    assert not said["found"]
    (folder,) = runs.iterdir()
    assert str(folder) == said["run"]
    names = {"manifest.json", "scenario.yaml", "trajectories.nc"}
    assert {file.name for file in folder.iterdir()} == names
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["summary"]["series_sha256"] == said["series_sha256"]
    assert manifest["inputs"]["seed"] == 3
    resolved = yaml.safe_load((folder / "scenario.yaml").read_text())
    assert resolved["contacts"]["school"]["rate"]["status"] == "measured"


def test_the_same_command_finds_the_run_and_again_makes_it_anew(town, runs):
    first = run_json(town / "twin.yaml", runs)
    found = run_json(town / "twin.yaml", runs)
    assert found == first | {"found": True}
    assert "made before" in run(town / "twin.yaml", runs).stdout
    anew = run_json(town / "twin.yaml", runs, "--again")
    assert not anew["found"]
    assert anew["series_sha256"] == first["series_sha256"]
    assert run_json(town / "twin.yaml", runs, "--seed", 2)["run"] != first["run"]


def test_threads_change_nothing_not_even_the_folder(town, runs):
    one = run_json(town / "twin.yaml", runs, "--threads", 1)
    three = run_json(town / "twin.yaml", runs, "--threads", 3, "--again")
    assert one["run"] == three["run"]
    assert one["series_sha256"] == three["series_sha256"]


def test_replicates_are_the_runs_of_the_following_seeds(town, runs):
    three = run_json(town / "twin.yaml", runs, "--replicates", 3, "--seed", 5)
    each = three["replicates"]
    assert [one["seed"] for one in each] == [5, 6, 7]
    assert len({one["series_sha256"] for one in each}) == 3
    single = run_json(town / "twin.yaml", runs, "--seed", 6)
    assert single["series_sha256"] == each[1]["series_sha256"]
    assert three["infections"] == round(sum(one["infections"] for one in each) / 3)
    shown = run(town / "twin.yaml", runs, "--replicates", 3, "--seed", 5).stdout
    assert "seeds 5 to 7" in shown
    middle = sorted(one["infections"] for one in each)[1]
    said = " ".join(shown.split())
    assert f"infections {people(middle)} (median of 3 runs: " in said
    assert re.search(r"deaths \S+", said)
    assert re.search(r"income lost [\d,.]+ \S+ .*over the ranges of the runs", said)
    assert re.search(r"aim (reached|not reached) in \d of 3 runs: fewer than 100 new", said)
    listed = " ".join(lazaretto("list", "--out", runs).stdout.split())
    assert f"3 x 40 days, {people(middle)} infections, " in listed


def test_values_are_overridden(town, runs):
    plain = run_json(town / "twin.yaml", runs)
    free = run_json(town / "twin.yaml", runs, "--set", "measures=[]")
    assert free["infections"] > plain["infections"]
    assert free["reported"] == 0
    shorter = run_json(
        town / "twin.yaml", runs, "--set", "r0=1.1", "--set", "end=2022-03-10",
        "--set", "measures.seal.tier=2",
    )  # fmt: skip
    assert shorter["days"] == 10
    assert shorter["infections"] < plain["infections"]


def test_events_are_one_row_per_infection(town, runs):
    import pyarrow.parquet as pq

    said = run_json(town / "twin.yaml", runs, "--set", "outputs.events=true")
    (folder,) = runs.iterdir()
    rows = pq.read_table(folder / "events-000.parquet").to_pandas()
    assert len(rows) == said["infections"]
    assert not rows["person"].duplicated().any()  # 40 days are too few for a second time
    assert (rows["source"] == -1).sum() == 8
    assert set(rows["district"]) <= set(DISTRICTS)
    assert set(rows["layer"]) <= {"household", "building", "compound", "school", "workplace",
                                  "community", "seed"}  # fmt: skip
    by = rows.set_index("person")["day"]
    caught = rows[rows["source"] >= 0]
    assert (by.loc[caught["source"]].to_numpy() < caught["day"].to_numpy()).all()


def test_a_run_with_lost_events_is_made_again(town, runs):
    words = ("--set", "outputs.events=true")
    run_json(town / "twin.yaml", runs, *words)
    (folder,) = runs.iterdir()
    (folder / "events-000.parquet").unlink()
    assert not run_json(town / "twin.yaml", runs, *words)["found"]
    assert (folder / "events-000.parquet").is_file()


def test_the_report_is_written_and_written_again_if_lost(town, runs, monkeypatch):
    # The figures as files take most of the time and are tested with the report.
    drawn = []
    monkeypatch.setattr("lazaretto.reporting.save_figures", lambda *a, **k: drawn.append(a[1]))
    scenario = write_scenario(town, "short.yaml", end="2022-03-08")
    shown = lazaretto("run", scenario, "--out", runs).stdout
    (folder,) = runs.iterdir()
    assert f"report      {folder}/report.html" in shown
    assert re.search(r"report written in [\d.]+ s", " ".join(shown.split()))
    assert drawn == [folder / "figures"]
    page = (folder / "report.html").read_text()
    assert "tables of the user, twin" in page
    assert "seventh national census" not in page
    asked = []
    monkeypatch.setattr(
        "lazaretto.reporting.write_report", lambda *given, **more: asked.append(given[1])
    )
    assert "made before" in lazaretto("run", scenario, "--out", runs).stdout
    assert not asked
    (folder / "report.html").unlink()
    assert "made before" in lazaretto("run", scenario, "--out", runs).stdout
    assert asked[0].folder.path == folder


def test_nothing_is_said_of_progress_without_a_terminal(town, runs):
    assert run(town / "twin.yaml", runs, "--json").stderr == ""


def test_a_changed_run_says_so(town, runs):
    scenario = write_scenario(town, "brief.yaml", end="2022-03-04")
    shown = run(scenario, runs, "--set", "r0=2").stdout
    assert "changed against twin-banks: r0=2" in shown
    (listed,) = json.loads(lazaretto("list", "--out", runs, "--json").stdout)["runs"].values()
    assert (listed["changed"], listed["against"]) == (["r0=2"], "twin-banks")
    words = "".join(lazaretto("list", "--out", runs).stdout.split())
    assert "r0=2" in words
    assert "changed against" not in run(scenario, runs).stdout
