"""Machines that fail: kills, full disks, folders that cannot be written, clocks that go back.

After each: what was finished is still there, nothing is half written under its own name, and the
same command ends with the same bits.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import xarray as xr
from cases import some_now
from own_disk import enlarge, small_disk
from own_place import write_place, write_scenario
from own_process import Ended, begun, ended, in_a_process

from lazaretto.people import population
from lazaretto.scenario import Scenario
from lazaretto.studies import run_scenario
from lazaretto.studies.manifest import MANIFEST

REPLICATES = 2
FINISHED = {MANIFEST, "scenario.yaml", "trajectories.nc", "events-000.parquet",
            "events-001.parquet"}  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town whose runs keep everything there is to keep, and often."""
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin")
    write_scenario(
        folder, end="2022-03-31", outputs={"events": True, "checkpoint_every": 2},
        measures=[
            {"measure": "symptomatic_testing", "share": 0.6, "delay_days": 1},
            {"measure": "contact_tracing", "household": 1, "compound": 0.5},
            {"measure": "isolation"},
        ],
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def whole(town: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[bytes], float]:
    """Hash of a run that nothing disturbed, its infections, and the seconds a process takes."""
    out = tmp_path_factory.mktemp("whole")
    made = run_scenario(Scenario.load(town / "twin.yaml"), replicates=REPLICATES, out=out)
    [folder] = out.iterdir()
    began = time.perf_counter()
    took = in_a_process(words(town, tmp_path_factory.mktemp("timed")))
    assert took.code == 0, took.printed
    took_s = time.perf_counter() - began
    return made.summary["series_sha256"], infections_in(folder), took_s


def words(town: Path, out: Path, *more: object) -> list[object]:
    return ["run", town / "twin.yaml", "--replicates", REPLICATES, "--out", out, "--no-report",
            "--threads", 1, "--json", *more]  # fmt: skip


def infections_in(folder: Path) -> list[bytes]:
    """Return who infected whom in each replicate, as bytes."""
    tables = [pq.read_table(file).to_pandas() for file in sorted(folder.glob("events-*.parquet"))]
    return [table.to_csv().encode() for table in tables]


def whole_in(out: Path) -> int:
    """Read all that has its final name; return how many files these are."""
    count = 0
    for file in out.rglob("*"):
        if file.name.startswith(".") or not file.is_file():
            continue
        count += 1
        if file.suffix == ".nc":
            xr.load_dataset(file, engine="h5netcdf")
        elif file.suffix == ".parquet":
            pq.read_table(file)
        elif file.suffix == ".json":
            assert json.loads(file.read_text())["summary"]
            assert {path.name for path in file.parent.iterdir()} >= FINISHED
        elif file.suffix == ".npz" and not file.name.endswith(".partial"):
            with np.load(file) as saved:
                assert {name: saved[name] for name in saved.files}
    return count


def ends_the_same(
    town: Path, out: Path, whole: tuple[str, list[bytes], float], *more: object
) -> None:
    """Let the same command end, and hold what it leaves against the run nothing disturbed."""
    last = in_a_process(words(town, out, *more))
    assert last.code == 0, last.printed
    assert json.loads(last.printed.splitlines()[-1])["series_sha256"] == whole[0]
    [folder] = [path for path in out.iterdir() if path.is_dir()]
    assert infections_in(folder) == whole[1]
    assert {path.name for path in folder.iterdir()} == FINISHED


# Killed


def killed_at_random(town: Path, out: Path, whole: tuple[str, list[bytes], float], kills: int):
    """Kill runs at random moments until so many were killed; each goes on where the last was.

    Every other run is killed at a moment after its first kept state, however slow the machine.
    """
    rng, begun_runs, killed, done, went_on = random.Random(2022), 0, 0, 0, 0
    while killed < kills:
        # A population is made in some of them: it is kept in a cache that may be half written.
        cache = out / "cache" if rng.random() < 0.3 else None
        if cache is not None and rng.random() < 0.5:
            shutil.rmtree(cache, ignore_errors=True)
        first = None if cache is None else kept_in(cache)
        before = len(list(out.rglob("replicate-*.nc")))
        number = begun(words(town, out / "runs"), first=first)
        if begun_runs % 2:
            time.sleep(1.1 * whole[2] * rng.random())
        else:
            keeps_a_state(number, out / "runs")
            time.sleep(0.1 * whole[2] * rng.random())
        begun_runs += 1
        os.kill(number, signal.SIGKILL)
        code = ended(number)
        assert code in (0, -signal.SIGKILL)
        killed += code == -signal.SIGKILL
        whole_in(out / "runs")
        finished = list(out.glob(f"runs/*/{MANIFEST}"))
        assert finished or len(list(out.rglob("replicate-*.nc"))) >= before, "what was made is lost"
        went_on += bool(list(out.rglob("checkpoint-*.npz")))
        if finished:
            ends_the_same(town, out / "runs", whole)
            done += 1
            shutil.rmtree(out / "runs")
    print(f"\n{killed} kills, {went_on} left a state to go on from, {done} runs finished between")
    assert went_on >= kills / 10
    ends_the_same(town, out / "runs", whole)
    population(town / "twin", cache=out / "cache")
    assert not list(out.rglob("runs/*/.*"))


def keeps_a_state(number: int, out: Path) -> None:
    """Wait until a run keeps a state to go on from, or has ended without being waited for."""
    while not list(out.rglob("checkpoint-*.npz")):
        if os.waitid(os.P_PID, number, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return
        time.sleep(0.001)


def kept_in(cache: Path) -> Callable[[], None]:
    """Return what makes a process keep populations in a folder."""
    return lambda: os.environ.__setitem__("LAZARETTO_CACHE", str(cache))


def test_a_run_killed_at_random_moments_ends_as_if_undisturbed(town, whole, tmp_path):
    killed_at_random(town, tmp_path, whole, 5)


@pytest.mark.slow
def test_a_run_killed_200_times_ends_as_if_undisturbed(town, whole, tmp_path):
    killed_at_random(town, tmp_path, whole, 200)


# No room


def no_file_above(size: int) -> Callable[[], None]:
    """Return what keeps a process from writing files larger than so many bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def failed_clearly(made: Ended) -> None:
    assert made.code == 1, made.printed
    assert "Traceback" not in made.printed
    lines = [line for line in made.printed.strip().splitlines() if not line.startswith("{")]
    assert 1 <= len(lines) <= 2, made.printed


@pytest.mark.parametrize("size", some_now([0, 100, 2_000, 10_000, 30_000, 60_000], 2))
def test_a_file_that_cannot_grow_ends_a_run_clearly(town, whole, tmp_path, size):
    population(town / "twin")
    made = in_a_process(words(town, tmp_path / "runs"), first=no_file_above(size))
    failed_clearly(made)
    whole_in(tmp_path / "runs")
    ends_the_same(town, tmp_path / "runs", whole)


@pytest.mark.parametrize("kilobytes", some_now([60, 8, 150, 300], 1))
def test_a_full_disk_ends_a_run_clearly_and_room_lets_it_go_on(town, whole, tmp_path, kilobytes):
    population(town / "twin")
    with small_disk(tmp_path / "disk", f"size={kilobytes}k") as disk:
        made = in_a_process(words(town, disk / "runs"))
        failed_clearly(made)
        whole_in(disk / "runs")
        enlarge(disk, "50m")
        ends_the_same(town, disk / "runs", whole)


# No permission


def without_privileges() -> None:
    """Let permissions hold for root, as they do for everybody else."""
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0 and libc.capset(ctypes.byref(header), ctypes.byref(none)):
        os._exit(77)


@pytest.mark.skipif(sys.platform != "linux", reason="gives up the privileges of root")
@pytest.mark.parametrize("again", [False, True])
def test_a_folder_that_cannot_be_written_ends_a_run_clearly(town, whole, tmp_path, again):
    population(town / "twin")
    out = tmp_path / "runs"
    if again:
        ends_the_same(town, out, whole)
    out.mkdir(exist_ok=True)
    folders = [out, *(path for path in out.iterdir() if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        more = ["--again"] if again else []
        made = in_a_process(words(town, out, *more), first=without_privileges)
        if made.code == 77:
            pytest.skip("privileges cannot be given up here")
        failed_clearly(made)
        assert "cannot be written" in made.printed
        found = in_a_process(words(town, out), first=without_privileges)
        assert found.code == (0 if again else 1), "what is there is found all the same"
    finally:
        for folder in folders:
            folder.chmod(0o755)
    ends_the_same(town, out, whole)


@pytest.mark.skipif(sys.platform != "linux", reason="gives up the privileges of root")
def test_a_cache_that_cannot_be_written_costs_no_run(town, whole, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o555)

    def first() -> None:
        kept_in(cache)()
        without_privileges()

    try:
        made = in_a_process(words(town, tmp_path / "runs"), first=first)
    finally:
        cache.chmod(0o755)
    if made.code == 77:
        pytest.skip("privileges cannot be given up here")
    assert made.code == 0, made.printed
    assert json.loads(made.printed.splitlines()[-1])["series_sha256"] == whole[0]
    assert not list(cache.iterdir())


# Clocks


def clock_goes_back() -> None:
    """Let every look at the clock of the day show an hour less than the one before."""
    now, real = [time.time()], time.time

    def earlier() -> float:
        now[0] -= 3_600
        return now[0]

    assert real() > earlier()
    time.time = earlier


def test_a_clock_that_goes_back_changes_nothing(town, whole, tmp_path):
    out = tmp_path / "runs"
    number = begun(words(town, out), first=clock_goes_back)
    time.sleep(0.6 * whole[2])
    os.kill(number, signal.SIGKILL)
    ended(number)
    future = time.time() + 20 * 365 * 86_400
    for path in out.rglob("*"):
        os.utime(path, (future, future))  # written before the clock was set right
    made = in_a_process(words(town, out), first=clock_goes_back)
    assert made.code == 0, made.printed
    said = json.loads(made.printed.splitlines()[-1])
    assert said["series_sha256"] == whole[0]
    assert said["wall_s"] >= 0
    ends_the_same(town, out, whole)


# Two at once


@pytest.mark.slow
def test_two_runs_of_one_folder_make_one_run(town, whole, tmp_path):
    """Whoever comes second is told so, or finds the run; nobody spoils anything."""
    out, codes = tmp_path / "runs", []
    for _ in range(4):
        numbers = [begun(words(town, out)) for _ in range(2)]
        codes += [ended(number) for number in numbers]
        whole_in(out)
        ends_the_same(town, out, whole)
        shutil.rmtree(out)
    assert set(codes) <= {0, 1}
    assert codes.count(0) >= 4


def test_two_scenarios_in_one_folder_do_not_meet(town, whole, tmp_path):
    out = tmp_path / "runs"
    other = words(town, out, "--set", "r0=2")
    codes = [ended(number) for number in (begun(words(town, out)), begun(other))]
    assert codes == [0, 0]
    assert len(list(out.iterdir())) == 2
    found = in_a_process(words(town, out))
    said = json.loads(found.printed.splitlines()[-1])
    assert (said["found"], said["series_sha256"]) == (True, whole[0])
