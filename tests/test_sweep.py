"""A grid of values as an ensemble: the same table however it is made, cut up or killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from json_pages import documented
from own_place import SLOW, write_place, write_scenario
from typer.testing import CliRunner

from lazaretto.chance import draw_plain
from lazaretto.cli import app
from lazaretto.outcomes.ledger import ledger
from lazaretto.scenario import ScenarioError
from lazaretto.studies import run_scenario
from lazaretto.studies.ensembles import one_run
from lazaretto.studies.ensembles.grid import axes_of, shard_of
from lazaretto.studies.ensembles.kept_runs import find
from lazaretto.studies.ensembles.sweep import sweep_of

MOMENTS = 20
"""Times at which a sweep is killed."""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin")
    (folder / "slow.py").write_text(SLOW)
    write_scenario(folder, end="2022-03-25")
    return folder


GRID = ("--vary", "r0=2,4", "--vary", "measures.seal.from=2022-03-15:2022-03-21:3")


def arguments(town, out, *more):
    return ["sweep", str(town / "twin.yaml"), *GRID, "--replicates", "4", "--workers", "1",
            "--out", str(out), *more]  # fmt: skip


def swept(town, out, *more):
    """Run the command in this process; return what it says and the rows it writes."""
    result = CliRunner().invoke(app, arguments(town, out, "--json", *more))
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert set(said) == documented("sweep")
    return said, pd.read_parquet(said["rows"])


@pytest.fixture(scope="module")
def undisturbed(town, tmp_path_factory):
    """The folder of a sweep that nothing disturbed, what it said, and its rows."""
    out = tmp_path_factory.mktemp("undisturbed")
    return (out, *swept(town, out))


def never(*_, **__):
    raise AssertionError("a run is made that was made before")


def in_a_fork(town, out, *more):
    """Begin the command in a copy of this process, whose kernels are loaded; return its number."""
    number = os.fork()
    if number:
        return number
    code = 70
    try:
        with Path(os.devnull).open("w") as nowhere:
            sys.stdout = sys.stderr = nowhere
            app(arguments(town, out, *more), standalone_mode=False)
            code = 0
    except BaseException as error:
        code = getattr(error, "exit_code", getattr(error, "code", 71))
    finally:
        os._exit(code)


def ended(number):
    """Wait for a process; return its exit code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def kept(out):
    return sorted((out / "single").glob("*/*.npz"))


def assert_same_rows(rows, expected):
    pd.testing.assert_frame_equal(rows, expected, check_exact=True)


# What is said and written


def test_a_sweep_runs_every_combination_with_the_same_seeds(town, undisturbed):
    out, said, rows = undisturbed
    assert said["runs"] == len(rows) == 24
    assert said["found"] == 0
    assert said["failed"] == []
    assert len(kept(out)) == 24
    assert len(said["points"]) == 6
    assert said["points"][4]["values"] == {"r0": "4", "measures.seal.from": "2022-03-18"}
    assert sorted(set(rows["measures.seal.from"])) == ["2022-03-15", "2022-03-18", "2022-03-21"]
    for number, point in enumerate(said["points"]):
        here = rows[rows["point"] == number]
        assert list(here["seed"]) == [1, 2, 3, 4]
        for name in ("reported", "infections", "deaths", "sealed_person_days", "income_lost"):
            values = here[name]
            assert point[name]["median"] == np.median(values)
            assert (point[name]["low"], point[name]["high"]) == (values.min(), values.max())
    assert (rows.groupby("r0")["infections"].mean().diff().dropna() > 0).all()
    assert len(set(rows["inputs_sha256"])) == 24
    csv = pd.read_csv(Path(said["rows"]).with_suffix(".csv"), keep_default_na=False)
    assert list(csv.columns) == list(rows.columns)
    assert np.allclose(csv["infections"], rows["infections"])


def test_a_row_says_what_a_run_of_the_same_inputs_says(town, undisturbed):
    _, _, rows = undisturbed
    grid = sweep_of(town / "twin.yaml", axes_of(GRID[1::2]), replicates=4)
    results = run_scenario(grid.scenarios[4], seed=3).results
    (row,) = rows[(rows["point"] == 4) & (rows["seed"] == 3)].to_dict("records")
    costs = ledger(results)
    assert row["infections"] == costs.of("infections").amount.sel(bound="mid").item()
    assert row["sealed_person_days"] == costs.of("days sealed").amount.sel(bound="mid").item()
    assert row["income_lost"] == costs.of("income lost").amount.sel(bound="mid").item()
    assert row["deaths"] == int(results["deaths"].sum())


def test_the_cost_comes_first_and_the_table_last(town, undisturbed, monkeypatch):
    monkeypatch.setattr(one_run, "run_scenario", never)
    result = CliRunner().invoke(app, arguments(town, undisturbed[0]))
    assert result.exit_code == 0, result.output
    first, *_ = result.stderr.splitlines()
    assert first == "6 points x 4 seeds = 24 runs, 24 made before and found, 0 to make on 1 process"
    assert "sealed" in result.stdout
    assert "person-days" in result.stdout
    assert "what the policy costs" in " ".join(result.stdout.split())
    assert max(map(len, result.stdout.splitlines()[1:-1])) <= 80


def test_many_keys_stand_below_another_and_nothing_is_cut(town, undisturbed, monkeypatch):
    """Three keys and five amounts are wider than 80 letters."""
    monkeypatch.setenv("COLUMNS", "80")
    words = arguments(town, undisturbed[0], "--vary", "measures.seal.to=2022-03-22,2022-03-24")
    result = CliRunner().invoke(app, [*words[:-4], "--replicates", "1", *words[-4:]])
    assert result.exit_code == 0, result.output
    assert "…" not in result.stdout
    assert "2022-03-22" in result.stdout
    assert "seal.from" in result.stdout
    assert max(map(len, result.stdout.splitlines()[1:-1])) <= 80


def test_a_key_is_varied_or_set(town, tmp_path):
    result = CliRunner().invoke(app, arguments(town, tmp_path, "--set", "r0=3"))
    assert result.exit_code == 2
    assert "problem with the options" in result.stderr
    assert "--set r0=3" in result.stderr
    assert "leave out one of the two" in result.stderr
    assert not list(tmp_path.iterdir())


def test_what_never_acts_is_said(town, tmp_path):
    words = ["sweep", str(town / "twin.yaml"), "--vary", "measures.seal.to=2021-03-12,2022-03-24",
             "--set", "measures.seal.from=2021-03-10", "--workers", "1",
             "--out", str(tmp_path)]  # fmt: skip
    said = CliRunner().invoke(app, words).stderr
    assert "twin-banks: Never in force in these days: seal" in said


def test_a_run_that_fails_is_told_of_with_its_inputs(town, undisturbed):
    out, _, _ = undisturbed
    more = ["--json", "--vary", "r0=2,49", "--vary", "measures.seal.from=2022-03-15",
            "--replicates", "2", "--workers", "1", "--out", str(out)]  # fmt: skip
    result = CliRunner().invoke(app, ["sweep", str(town / "twin.yaml"), *more])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert [each["seed"] for each in said["failed"]] == [1, 2]
    for each in said["failed"]:
        assert each["values"] == {"r0": "49", "measures.seal.from": "2022-03-15"}
        assert "r0" in each["reason"]
    assert [point["runs"] for point in said["points"]] == [2, 0]
    assert said["points"][1]["deaths"]["median"] is None
    assert said["found"] == 2
    only = CliRunner().invoke(app, ["sweep", str(town / "twin.yaml"), "--vary", "r0=49",
                                    "--workers", "1", "--out", str(out)])  # fmt: skip
    assert only.exit_code == 1
    assert "not made: r0=49, seed 1" in only.stdout


# Cut up


def test_parts_make_the_whole(town, undisturbed, tmp_path, monkeypatch):
    parts = [swept(town, tmp_path, "--shard", f"{i}/5") for i in (1, 2, 3, 4, 5)]
    assert [said["runs"] for said, _ in parts] == [5, 5, 5, 5, 4]
    files = [said["rows"] for said, _ in parts]
    assert len(set(files)) == 5
    assert files[2].endswith("rows-3-of-5.parquet")
    said, rows = swept(town, tmp_path, "--shard", "30/30")
    assert said["runs"] == len(rows) == 0, "more parts than runs"
    monkeypatch.setattr(one_run, "run_scenario", never)
    said, rows = swept(town, tmp_path)
    assert said["found"] == 24
    assert_same_rows(rows, undisturbed[2])
    joined = pd.concat([part for _, part in parts]).sort_values(["point", "seed"])
    assert_same_rows(joined.reset_index(drop=True), rows)


def test_two_at_once_share_a_folder(town, undisturbed, tmp_path):
    both = [in_a_fork(town, tmp_path) for _ in range(2)]
    assert [ended(number) for number in both] == [0, 0]
    said, rows = swept(town, tmp_path)
    assert said["found"] == 24
    assert_same_rows(rows, undisturbed[2])
    assert not list(tmp_path.rglob("*.partial"))


# Killed


def test_a_sweep_killed_at_random_moments_ends_as_if_undisturbed(town, undisturbed, tmp_path):
    began = time.perf_counter()
    assert ended(in_a_fork(town, tmp_path / "timed", "--shard", "1/6")) == 0
    one_run_s = (time.perf_counter() - began) / 4
    draws = [draw_plain(2022, i, 0) / 2**64 for i in range(MOMENTS)]
    codes, there = [], 0
    for draw in draws:
        number = in_a_fork(town, tmp_path / "killed")
        time.sleep(2.2 * one_run_s * draw)
        os.kill(number, signal.SIGKILL)
        codes.append(ended(number))
        files = kept(tmp_path / "killed")
        assert len(files) >= there, "what was made is not lost"
        there = len(files)
        assert all(find(file) is not None for file in files), "no file is damaged"
    assert codes.count(-signal.SIGKILL) >= MOMENTS / 2
    assert there > 0
    said, rows = swept(town, tmp_path / "killed")
    assert said["found"] == there
    assert_same_rows(rows, undisturbed[2])
    assert len(kept(tmp_path / "killed")) == 24


def processes_below(number):
    """Return the numbers of the living children of a process."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == number and state != "Z":
                found.append(int(path.parent.name))
    return found


def alive(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="reads processes from /proc")
@pytest.mark.slow
def test_processes_end_with_a_killed_sweep_and_their_runs_are_found(town, undisturbed, tmp_path):
    command = [sys.executable, "-m", "lazaretto.cli", *arguments(town, tmp_path), "--workers", "2"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    until = time.monotonic() + 120
    while len(kept(tmp_path)) < 3 and time.monotonic() < until:
        time.sleep(0.05)
    children = processes_below(running.pid)
    running.kill()
    running.communicate()
    assert len(children) >= 2
    while any(map(alive, children)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(alive, children))
    there = kept(tmp_path)
    assert len(there) >= 3
    assert all(find(file) is not None for file in there)
    said, rows = swept(town, tmp_path)
    assert said["found"] == len(there)
    assert_same_rows(rows, undisturbed[2])


def test_an_interrupted_sweep_says_how_to_go_on(town, tmp_path):
    measures = "measures=[{measure: slow.py:Slow}]"
    command = ["sweep", str(town / "twin.yaml"), "--vary", "r0=2,3", "--replicates", "3",
               "--set", measures, "--workers", "1", "--out", str(tmp_path)]  # fmt: skip
    environment = os.environ | {"SLOW_MARK": str(tmp_path / "mark")}
    running = subprocess.Popen([sys.executable, "-m", "lazaretto.cli", *command],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=environment)  # fmt: skip
    until = time.monotonic() + 120
    while not kept(tmp_path) and time.monotonic() < until:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=120)
    assert running.returncode == 130
    assert f"Stopped after {len(kept(tmp_path))} of 6 runs. The same command goes on" in said
    assert not list((tmp_path / "sweeps").glob("*"))


# Input


def test_values_are_lists_or_ranges():
    axes = axes_of(["r0=2,3.5", "measures.seal.from=2022-03-01:2022-03-11:3", "a=1:5:3",
                    "b=0:1:5", "c=[1, 2],[3]", "d=x", "e=0.1:0.3:3", "f=1:2:3"])  # fmt: skip
    assert [axis.values for axis in axes] == [
        ("2", "3.5"), ("2022-03-01", "2022-03-06", "2022-03-11"), ("1", "3", "5"),
        ("0", "0.25", "0.5", "0.75", "1"), ("[1, 2]", "[3]"), ("x",), ("0.1", "0.2", "0.3"),
        ("1", "1.5", "2"),
    ]  # fmt: skip
    assert axes_of([]) == ()
    assert shard_of("3/10") == (3, 10)


def test_every_problem_is_told_of_at_once(town, tmp_path):
    with pytest.raises(ScenarioError) as found:
        axes_of(["r0", "r0=", "r0=1:2:1", "r0=a:b:3", "behaviour.enforcement=1,2", "x=1", "x=2"])
    said = str(found.value)
    assert said.startswith("6 problems")
    assert "not levers" in said
    assert "join its values" in said
    with pytest.raises(ScenarioError, match="at most 100,000 points"):
        axes_of(["a=0:1:1000", "b=0:1:1000"])
    for wrong in ("0/3", "4/3", "3", "a/b"):
        with pytest.raises(ScenarioError, match="i/n with i from 1 to n"):
            shard_of(wrong)
    out = tmp_path / "runs"
    result = CliRunner().invoke(app, ["sweep", str(town / "twin.yaml"), "--vary", "r0=-1,2",
                                      "--vary", "diseases=a,b", "--out", str(out)])  # fmt: skip
    assert result.exit_code == 2
    assert "r0" in result.stderr
    assert "diseases" in result.stderr
    assert not out.exists()
