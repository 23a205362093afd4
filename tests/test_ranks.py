"""One run on 1, 2 and 4 processes: the same bits, and one end for all however it ends."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lazaretto.nation.exchange import EXPOSURE
from lazaretto.nation.ranks import launched, shared_out

BESIDE = Path(sys.executable).parent / "mpiexec"
MPIEXEC = str(BESIDE) if BESIDE.exists() else shutil.which("mpiexec")
with_mpi = pytest.mark.skipif(
    MPIEXEC is None or importlib.util.find_spec("mpi4py") is None,
    reason="no mpi4py or no mpiexec: pip install 'lazaretto[mpi]'",
)

FOUR = """\
name: four
place: china
disease: omicron-ba2
start: 2022-03-01
end: 2022-03-24
r0: 3
nation: {cities: [wuzhishan, baoting, baisha, qiongzhong], travel: {level: 20}}
seeding: [{from: 2022-03-01, to: 2022-03-02, area: wuzhishan, infections_per_day: 20}]
outputs: {checkpoint_every: 2}
measures:
  - {measure: symptomatic_testing, share: 0.5, delay_days: 1}
  - {measure: test_before_travel, from: 2022-03-14, compliance: 0.3}
  - {measure: travel_restriction, from: 2022-03-10, of: entering, share: 0.5, risk_per_100000: 20}
  - {measure: arrival_quarantine, from: 2022-03-16, days: 2, risk_per_100000: 50}
"""
"""Four small neighbours who travel much, so that all exchange infections, reports and orders."""

PATIENCE = 600
"""Seconds after which a command hangs."""


def started(n, *arguments, cwd):
    """Start ``lazaretto`` on n processes, or without a launcher if n is 0."""
    before = [MPIEXEC, "-n", str(n)] if n else []
    return subprocess.Popen(
        [*before, sys.executable, "-m", "lazaretto.cli", *arguments],
        cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ended(process):
    """Return exit code, standard output and standard error."""
    try:
        said, complained = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, said, complained


def lazaretto(n, *arguments, cwd):
    return ended(started(n, *arguments, cwd=cwd))


def run(n, folder, out):
    code, said, complained = lazaretto(
        n, "run", "four.yaml", "--json", "--no-report", "--out", out, cwd=folder
    )
    assert code == 0, complained
    assert said.count("\n") == 1
    return json.loads(said)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("ranks")
    (path / "four.yaml").write_text(FOUR, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def alone(folder):
    return run(0, folder, "alone")


def trajectories(folder, summary):
    return xr.load_dataset(folder / summary["run"] / "trajectories.nc", engine="h5netcdf")


def test_without_a_launcher_there_is_one_process(monkeypatch):
    for name in ("PMI_RANK", "PMI_SIZE", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert launched() == (0, 1)
    monkeypatch.setenv("OMPI_COMM_WORLD_RANK", "2")
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "4")
    assert launched() == (2, 4)


@pytest.mark.parametrize("size", [1, 2, 4, 7])
def test_cities_are_shared_out_evenly(size):
    residents = [32, 25, 22, 21, 18, 14, 14, 12, 10, 9, 9, 9, 5, 4, 3, 3, 2, 1, 1]
    owners = shared_out(residents, size)
    held = np.bincount(owners, weights=residents, minlength=size)
    # Of two processes, the fuller one was the emptier when it took its last, smallest city.
    for rank in range(size):
        smallest = min(each for each, owner in zip(residents, owners, strict=True) if owner == rank)
        assert held[rank] - held.min() <= smallest


def test_a_launcher_without_mpi4py_is_told_what_to_install(folder):
    hidden = "import sys; sys.modules['mpi4py'] = None; from lazaretto.cli import main; main()"
    for rank in (0, 1):
        done = subprocess.run(
            [sys.executable, "-c", hidden, "run", "four.yaml"],
            cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE,
            env=os.environ | {"PMI_RANK": str(rank), "PMI_SIZE": "2"},
        )  # fmt: skip
        assert done.returncode == 1
        assert ("pip install 'lazaretto[mpi]'" in done.stderr) is (rank == 0)
        assert "Traceback" not in done.stderr


@with_mpi
@pytest.mark.parametrize("n", [1, 2, pytest.param(4, marks=pytest.mark.slow)])
def test_results_do_not_depend_on_the_number_of_processes(folder, alone, n):
    made = run(n, folder, f"ranks-{n}")
    assert made["series_sha256"] == alone["series_sha256"]
    one, several = trajectories(folder, alone), trajectories(folder, made)
    assert set(one.variables) == set(several.variables)
    for name in one.variables:
        xr.testing.assert_identical(one[name].variable, several[name].variable)
    assert several["trips_lost"].sum() > 0
    assert several["kept_by_test"].sum() > 0
    assert ("messages" in made) is (n > 1)
    assert ("messages" in several.attrs) is (n > 1)
    for sent in made.get("messages", []):
        assert len(sent) == n
        assert sum(each["residents"] for each in sent) == made["persons"]
        assert sum(each["visit_bytes"] for each in sent) % 12 == 0
        assert sum(each["exposure_bytes"] for each in sent) % 13 == 0
        for each in sent:
            assert each["visit_bytes"] > 0
            assert each["exposure_bytes"] > 0
            assert sum(each["bytes_by_day"]) == each["bytes"]
            assert len(each["bytes_by_day"]) == made["days"]


@with_mpi
@pytest.mark.slow
def test_a_run_is_found_again_whatever_the_number_of_processes(folder, alone):
    code, said, _ = lazaretto(
        2, "run", "four.yaml", "--json", "--no-report", "--out", "alone", cwd=folder
    )
    found = json.loads(said)
    assert (code, found["found"]) == (0, True)
    assert found["series_sha256"] == alone["series_sha256"]


def underway(folder, out, n=2):
    """Start a run and return it once all its processes have written a checkpoint."""
    process = started(n, "run", "four.yaml", "--json", "--no-report", "--out", out, cwd=folder)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if all(any((folder / out).glob(f"*/nation-000/day-?????-{each}")) for each in range(n)):
            return process
        time.sleep(0.01)
    raise AssertionError(ended(process))


@with_mpi
@pytest.mark.parametrize("then", [2, pytest.param(0, marks=pytest.mark.slow)])
def test_an_interrupted_run_goes_on_with_any_number_of_processes(folder, alone, then):
    process = underway(folder, f"then-{then}")
    process.send_signal(signal.SIGINT)
    code, said, complained = ended(process)
    own = [line for line in said.splitlines() if not line.startswith("[mpiexec@")]
    assert (code, own) == (130, [])
    assert complained.count("Stopped. The same command goes on with 2022-03-") == 1
    assert "Traceback" not in complained
    (kept,) = (folder / f"then-{then}").glob("*/nation-000")
    parts = sorted(path.name.split("-") for path in kept.iterdir())
    assert len({day for _, day, _ in parts}) == 1
    assert [rank for *_, rank in parts] == ["0", "1"]

    made = run(then, folder, f"then-{then}")
    assert made["series_sha256"] == alone["series_sha256"]
    if then:
        simulated = made["messages"][0][0]["bytes_by_day"]
        assert len(simulated) == made["days"] - int(parts[0][1])
    xr.testing.assert_equal(trajectories(folder, alone), trajectories(folder, made))


def processes_of(marker):
    """Return the processes with a word in their arguments, by their rank."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (path / "cmdline").read_bytes().split(b"\0")
            environment = dict(
                each.split(b"=", 1)
                for each in (path / "environ").read_bytes().split(b"\0") if b"=" in each
            )  # fmt: skip
        except OSError:
            continue
        if marker.encode() in arguments and b"PMI_RANK" in environment:
            found[int(environment[b"PMI_RANK"])] = int(path.name)
    return found


@with_mpi
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc to find ranks in")
def test_a_killed_process_ends_the_others(folder):
    process = underway(folder, "killed-one")
    running = processes_of("killed-one")
    assert set(running) == {0, 1}
    os.kill(running[1], signal.SIGKILL)
    code, said, _ = ended(process)
    assert code != 0
    assert '"infections"' not in said
    assert not processes_of("killed-one")


@with_mpi
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("wrong", FOUR.replace("r0: 3", "r0: -3"), "r0 is -3"),
        ("nowhere", FOUR.replace("baoting", "baoding-sea"), "nation.cities.1 is baoding-sea"),
        pytest.param(
            "one",
            "name: one\nplace: shanghai\ndisease: omicron-ba2\nstart: 2022-03-01\n"
            "end: 2022-03-05\nr0: 3\n"
            "seeding: [{date: 2022-03-01, infections_per_day: 1}]\n",
            "place is shanghai\n    allowed: a scenario of many cities (place: china) on 2",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_bad_scenario_is_told_of_once(folder, name, text, said):
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    code, printed, complained = lazaretto(2, "run", f"{name}.yaml", cwd=folder)
    assert (code, printed) == (2, "")
    assert complained.count("1 problem in the scenario") == 1
    assert complained.count(said) == 1
    code, printed, complained = lazaretto(2, "run", f"{name}.yaml", "--json", cwd=folder)
    assert (code, complained) == (2, "")
    assert json.loads(printed)["ok"] is False


@with_mpi
def test_other_commands_are_not_split(folder):
    code, said, complained = lazaretto(2, "check", "four.yaml", cwd=folder)
    assert (code, said) == (2, "")
    assert complained.count("start it without mpiexec") == 1


def script(n, text, cwd):
    """Run a script on n processes."""
    process = subprocess.Popen(
        [MPIEXEC, "-n", str(n), sys.executable, "-c", text],
        cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    return ended(process)


FAILING = """
import sys
from lazaretto.nation.ranks import RanksError, together
from lazaretto.scenario import Problem, ScenarioError
try:
    with together() as processes:
        for day in range(5):
            processes.share([day])
            if processes.rank == 1 and day == 3:
                raise {error}
        if processes.rank:
            processes.share([])
except RanksError as error:
    lines = str(error).splitlines()
    # In one piece: what two processes write at once must not be mixed.
    sys.stdout.write(f"{{processes.rank}} {{lines[0]}} {{lines[-1]}}\\n")
    sys.stdout.flush()
    sys.exit(error.code)
except Exception:
    sys.exit({code})
"""


@with_mpi
@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("ValueError('nobody expected this')", 1),
        ("ScenarioError([Problem('a', 'b', 'c', 'd')])", 2),
    ],
)
def test_an_error_in_one_process_ends_all_with_its_code(folder, error, code):
    ended_with, said, _ = script(3, FAILING.format(error=error, code=code), folder)
    assert ended_with == code
    heard = sorted(said.splitlines())
    assert [line.split()[0] for line in heard] == ["0", "2"]
    assert all("process 1 of 3 failed" in line for line in heard)


DELIVERING = """
import numpy as np
from lazaretto.nation.exchange import EXPOSURE
from lazaretto.nation.ranks import together
with together() as processes:
    processes.assign([5, 4, 3, 2, 1])
    mine = np.zeros(1000, EXPOSURE)
    mine["to"] = np.arange(1000) * 7 % 5
    mine["at"], mine["bits"] = processes.rank, np.arange(1000)
    got = processes.deliver(mine)
    got.tofile(f"delivered-{processes.rank}")
    nothing = processes.deliver(np.empty(0, EXPOSURE))
    assert nothing.size == 0 and nothing.dtype == EXPOSURE
    assert processes.days[-1].exposures == 13 * sum(
        processes.owner(to) != processes.rank for to in mine["to"])
    if processes.rank:
        assert processes.share([]) == [None]
"""


@with_mpi
def test_every_record_arrives_once_and_in_order(folder):
    code, _, complained = script(3, DELIVERING, folder)
    assert code == 0, complained
    owners = shared_out([5, 4, 3, 2, 1], 3)
    for rank in range(3):
        got = np.fromfile(folder / f"delivered-{rank}", EXPOSURE)
        expected = [
            (number * 7 % 5, source, number)
            for source in range(3)
            for number in range(1000)
            if owners[number * 7 % 5] == rank
        ]
        assert got[["to", "at", "bits"]].tolist() == expected
