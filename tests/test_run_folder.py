"""Runs that are interrupted, killed, damaged or doubled, and what the next command makes of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from own_place import SLOW, write_place, write_scenario
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.scenario import Scenario
from lazaretto.studies import FolderBusyError, Interrupted, find_runs, run_scenario
from lazaretto.studies.manifest import MANIFEST
from lazaretto.studies.run_folder import RunFolder, digest_of, inputs_of


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin")
    (folder / "slow.py").write_text(SLOW)
    measures = [
        {"measure": "slow.py:Slow"},
        {"measure": "symptomatic_testing", "share": 0.6, "delay_days": 1},
    ]
    write_scenario(folder, measures=measures)
    return folder


@pytest.fixture(scope="module")
def scenario(town):
    return Scenario.load(town / "twin.yaml")


@pytest.fixture(scope="module")
def undisturbed(scenario, tmp_path_factory):
    """A finished run and the folder it lies in."""
    runs = tmp_path_factory.mktemp("undisturbed")
    return runs, run_scenario(scenario, out=runs).summary


@pytest.fixture(scope="module")
def whole(undisturbed):
    """The summary of a run that nothing disturbed."""
    return undisturbed[1]


@pytest.fixture(scope="module")
def halted(scenario, tmp_path_factory):
    """The folder of an interrupted run."""
    runs = tmp_path_factory.mktemp("halted")
    interrupted(scenario, runs)
    return runs


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def finished(undisturbed, runs):
    shutil.copytree(undisturbed[0], runs)
    return runs


def folder_of(scenario, runs, replicates=1):
    inputs = inputs_of(scenario, 1, replicates)
    return RunFolder.of(runs, scenario.name, digest_of(inputs))


def stop_after(days):
    """Return what tells of progress and what asks to stop: after so many days, not before."""
    told = []
    return (lambda what, share: told.append(what)), lambda: sum(map(is_day, told)) > days


def is_day(what):
    return what.startswith("simulating")


def interrupted(scenario, runs, days=15, **more):
    progress, stop = stop_after(days)
    with pytest.raises(Interrupted) as stopped:
        run_scenario(scenario, out=runs, progress=progress, stop=stop, **more)
    return stopped.value


def names(folder):
    return {file.name for file in folder.path.iterdir()}


COMPLETE = {"manifest.json", "scenario.yaml", "trajectories.nc"}


# Interrupted


def test_an_interrupted_run_goes_on_and_ends_the_same(scenario, whole, runs):
    stopped = interrupted(scenario, runs)
    folder = folder_of(scenario, runs)
    assert names(folder) == {"checkpoint-000.npz"}
    assert "2022-03-" in stopped.goes_on_from
    days = []
    went_on = run_scenario(scenario, out=runs, progress=lambda what, share: days.append(what))
    assert not went_on.found
    assert went_on.summary["series_sha256"] == whole["series_sha256"]
    assert sum(map(is_day, days)) == 40 - 16
    assert names(folder) == COMPLETE
    assert run_scenario(scenario, out=runs).found


def test_again_goes_on_with_an_unfinished_run(scenario, whole, runs):
    interrupted(scenario, runs, again=True)
    days = []
    went_on = run_scenario(
        scenario, out=runs, again=True, progress=lambda what, share: days.append(what)
    )
    assert sum(map(is_day, days)) == 40 - 16
    assert went_on.summary["series_sha256"] == whole["series_sha256"]


def test_replicates_that_are_done_are_not_done_again(scenario, runs):
    three = run_scenario(scenario, replicates=3).summary
    stopped = interrupted(scenario, runs, days=60, replicates=3)
    folder = folder_of(scenario, runs, 3)
    assert stopped.goes_on_from.startswith("run 2 of 3")
    assert names(folder) == {"replicate-000.nc", "checkpoint-001.npz"}
    days = []
    went_on = run_scenario(
        scenario, out=runs, replicates=3, progress=lambda what, share: days.append(what)
    )
    assert not [day for day in days if "run 1 of 3" in day]
    assert went_on.summary["series_sha256"] == three["series_sha256"]
    assert names(folder) == COMPLETE


@pytest.mark.parametrize("every", [0, 4])
def test_events_go_on_where_the_checkpoint_is(town, runs, tmp_path, every):
    import pyarrow.parquet as pq

    kept = Scenario.load(
        town / "twin.yaml", {"outputs.events": True, "outputs.checkpoint_every": every}
    )
    run_scenario(kept, out=tmp_path / "undisturbed")
    interrupted(kept, runs, days=9)
    interrupted(kept, runs, days=9)
    went_on = run_scenario(kept, out=runs)
    tables = [
        pq.read_table(folder_of(kept, where).events(0)).to_pandas()
        for where in (tmp_path / "undisturbed", runs)
    ]
    assert len(tables[0]) == went_on.summary["infections"]
    assert tables[0].equals(tables[1])
    assert names(folder_of(kept, runs)) == COMPLETE | {"events-000.parquet"}


def test_events_after_the_checkpoint_are_made_again_not_doubled(town, runs):
    import pyarrow.parquet as pq

    kept = Scenario.load(town / "twin.yaml", {"outputs.events": True})
    folder = folder_of(kept, runs)
    interrupted(kept, runs, days=9)
    early = folder.checkpoint(0).read_bytes()
    interrupted(kept, runs, days=9)
    folder.checkpoint(0).write_bytes(early)
    assert len(list(folder.path.glob(".events-000-*.part"))) == 2
    went_on = run_scenario(kept, out=runs)
    assert pq.read_metadata(folder.events(0)).num_rows == went_on.summary["infections"]


def test_without_a_folder_an_interruption_keeps_nothing(scenario):
    progress, stop = stop_after(5)
    with pytest.raises(Interrupted) as stopped:
        run_scenario(scenario, progress=progress, stop=stop)
    assert stopped.value.goes_on_from is None


def test_an_interruption_before_the_first_day_leaves_no_folder(town, runs, tmp_path, monkeypatch):
    monkeypatch.setenv("LAZARETTO_CACHE", str(tmp_path / "empty"))
    scenario = Scenario.load(town / "twin.yaml")
    with pytest.raises(Interrupted):
        run_scenario(scenario, out=runs, stop=lambda: True)
    assert not runs.exists()


# Damaged


@pytest.mark.parametrize("damage", ["truncate", "foreign", "other run", "empty"])
def test_a_damaged_checkpoint_is_left_aside(scenario, whole, halted, runs, damage):
    shutil.copytree(halted, runs)
    checkpoint = folder_of(scenario, runs).checkpoint(0)
    content = checkpoint.read_bytes()
    if damage == "truncate":
        checkpoint.write_bytes(content[: len(content) // 2])
    elif damage == "foreign":
        checkpoint.write_bytes(b"not an archive")
    elif damage == "empty":
        checkpoint.write_bytes(b"")
    else:
        with np.load(checkpoint) as saved:
            arrays = dict(saved)
        with checkpoint.open("wb") as file:
            np.savez(file, **(arrays | {"digest": np.array("another")}))
    assert run_scenario(scenario, out=runs).summary["series_sha256"] == whole["series_sha256"]


@pytest.mark.parametrize("name", ["manifest.json", "trajectories.nc"])
@pytest.mark.parametrize("damage", ["truncate", "change", "remove"])
def test_a_damaged_run_is_made_again(scenario, whole, finished, name, damage):
    folder = folder_of(scenario, finished)
    file = folder.path / name
    content = file.read_bytes()
    if damage == "truncate":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "change":
        middle = len(content) // 2
        file.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        if name == "manifest.json":
            file.write_text(json.dumps({"digest": folder.digest}))
    else:
        file.unlink()
    (folder.path / "report.html").write_text("of the run that was damaged")
    made = run_scenario(scenario, out=finished)
    assert not made.found
    assert made.summary["series_sha256"] == whole["series_sha256"]
    assert names(folder) == COMPLETE


def test_a_manifest_with_another_value_is_no_run(scenario, finished):
    folder = folder_of(scenario, finished)
    said = json.loads((folder.path / MANIFEST).read_text())
    said["summary"]["persons"] += 1
    (folder.path / MANIFEST).write_text(json.dumps(said))
    assert find_runs(finished) == []
    result = CliRunner().invoke(app, ["branch", str(folder.path), "--on", "2022-03-10"])
    assert result.exit_code == 2
    assert "a run folder with a whole manifest" in " ".join(result.output.split())
    assert not run_scenario(scenario, out=finished).found
    assert [run["summary"]["persons"] for run in find_runs(finished)] == [
        said["summary"]["persons"] - 1
    ]


def test_a_damaged_replicate_is_made_again(scenario, runs):
    two = run_scenario(scenario, replicates=2).summary
    interrupted(scenario, runs, days=60, replicates=2)
    done = folder_of(scenario, runs, 2).replicate(0)
    done.write_bytes(done.read_bytes()[:1000])
    went_on = run_scenario(scenario, out=runs, replicates=2)
    assert went_on.summary["series_sha256"] == two["series_sha256"]


def test_a_run_folder_may_be_moved(scenario, finished):
    found = run_scenario(scenario, out=finished)
    assert found.found
    assert found.summary["run"] == str(folder_of(scenario, finished).path)


# Several processes


def command(town, runs):
    return [sys.executable, "-m", "lazaretto.cli", "run", str(town / "twin.yaml"), "--out",
            str(runs), "--no-report", "--threads", "1"]  # fmt: skip


@pytest.fixture
def slow_run(town, runs, tmp_path):
    """A run in a process of its own that has simulated a few days and takes its time."""
    mark = tmp_path / "mark"
    process = subprocess.Popen(
        command(town, runs), env=os.environ | {"SLOW_MARK": str(mark)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for _ in range(1200):
        if process.poll() is not None or (mark.is_file() and mark.read_text() in ("2", "3", "4")):
            break
        time.sleep(0.05)
    yield process
    process.kill()
    process.communicate()


def run_here(town, runs, code=0):
    words = [str(word) for word in command(town, runs)[3:]]
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exit_code == code, result.output
    return result


def test_one_folder_takes_one_process_and_an_interrupted_one_can_go_on(
    town, runs, slow_run, whole, scenario
):
    busy = run_here(town, runs, code=1)
    assert f"process {slow_run.pid}" in busy.stderr
    assert len(busy.stderr.strip().splitlines()) == 1
    slow_run.send_signal(signal.SIGINT)
    said, complained = slow_run.communicate(timeout=60)
    assert slow_run.returncode == 130
    assert said == ""
    assert "Stopped. The same command goes on with 2022-03-" in complained
    assert "Traceback" not in complained
    assert names(folder_of(scenario, runs)) == {"checkpoint-000.npz"}
    ended = json.loads(run_here(town, runs).stdout)
    assert ended["series_sha256"] == whole["series_sha256"]
    assert not ended["found"]


def test_a_killed_run_is_not_taken_for_finished_and_locks_nobody_out(
    town, runs, slow_run, whole, scenario
):
    slow_run.kill()
    slow_run.communicate(timeout=60)
    assert slow_run.returncode == -signal.SIGKILL
    assert ".lock" in names(folder_of(scenario, runs))
    ended = json.loads(run_here(town, runs).stdout)
    assert not ended["found"]
    assert ended["series_sha256"] == whole["series_sha256"]
    assert names(folder_of(scenario, runs)) == COMPLETE


def test_a_lock_is_free_as_soon_as_it_is_left(scenario, runs):
    folder = folder_of(scenario, runs)
    with folder.alone(), pytest.raises(FolderBusyError), folder.alone():
        pass
    with folder.alone():
        pass
    assert not runs.exists()
