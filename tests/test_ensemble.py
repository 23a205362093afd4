"""Many runs at once are the same runs: in processes, on a cluster, found again, after a kill."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import xarray as xr
from own_place import write_place, write_scenario

from lazaretto.scenario import Scenario
from lazaretto.studies import Interrupted, grounds, run_scenario
from lazaretto.studies.ensembles import ensemble, executors, one_run
from lazaretto.studies.ensembles.ensemble import Failed, Job, addresses, each_run
from lazaretto.studies.ensembles.executors import ClusterError
from lazaretto.studies.ensembles.kept_runs import RunsNotWritableError, file_of, find, keep, tidy

DEADLY = '''
import os
import pathlib
import signal

from pydantic import Field

from lazaretto.measures import Measure


class Deadly(Measure):
    """Kills the process that runs it, as a system without memory does; once if given a mark."""

    mark: str = Field("", description="A file that is made the first time.")

    def order(self, today, places, orders):
        mark = pathlib.Path(self.mark or "nowhere/at/all")
        if today.day == 3 and not mark.is_file():
            if self.mark:
                mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)


class Wrong(Measure):
    """Goes wrong."""

    def order(self, today, places, orders):
        raise KeyError("no such compound")
'''


def whole(results):
    return results


def infections(results):
    return int(results["infections"].sum())


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin")
    (folder / "deadly.py").write_text(DEADLY)
    write_scenario(folder, end="2022-03-25")
    return folder


def load(town, *overrides):
    return Scenario.load(town / "twin.yaml", overrides)


@pytest.fixture(scope="module")
def jobs(town):
    """Two scenarios of three seeds each."""
    return [Job(load(town, f"r0={r0}"), seed) for r0 in (2, 4) for seed in (1, 2, 3)]


@pytest.fixture(scope="module")
def one_by_one(jobs):
    return [run_scenario(job.scenario, seed=job.seed).results for job in jobs]


def assert_same(made: xr.Dataset, expected: xr.Dataset):
    xr.testing.assert_equal(made, expected)
    timed = ("wall_s", "setup_s")
    assert {k: v for k, v in made.attrs.items() if k not in timed} == {
        k: v for k, v in expected.attrs.items() if k not in timed
    }
    for name in made.variables:
        assert made[name].dtype.kind == expected[name].dtype.kind
        assert made[name].attrs == expected[name].attrs


def never(*_, **__):
    raise AssertionError("a run is made that was made before")


# The same runs


def test_processes_make_the_same_runs_as_one_by_one(jobs, one_by_one, tmp_path, monkeypatch):
    told = []
    made = dict(each_run(jobs, whole, workers=2, out=tmp_path, progress=lambda *t: told.append(t)))
    assert sorted(made) == list(range(6))
    for number, results in made.items():
        assert_same(results, one_by_one[number])
    assert len({results.attrs["series_sha256"] for results in made.values()}) == 6
    assert [(done, total) for done, total, _ in told] == [(done, 6) for done in range(7)]
    assert told[-1][2] == 0
    assert told[3][2] > 0
    # What is kept is found, bit for bit, and something else can be read of it.
    monkeypatch.setattr(one_run, "run_scenario", never)
    for number, results in each_run(jobs, whole, workers=2, out=tmp_path):
        assert_same(results, one_by_one[number])
        assert results.attrs["wall_s"] == made[number].attrs["wall_s"]
    counts = dict(each_run(jobs, infections, out=tmp_path))
    assert counts == {i: infections(results) for i, results in enumerate(one_by_one)}


def test_a_process_makes_the_same_runs_with_one_ground(jobs, one_by_one, monkeypatch):
    prepared = []

    def ground_of(scenario):
        prepared.append(scenario)
        return real(scenario)

    real = grounds.ground_of
    monkeypatch.setattr(grounds, "ground_of", ground_of)
    monkeypatch.setattr(grounds, "_grounds", type(grounds._grounds)())
    for number, results in each_run(jobs, whole, workers=1):
        assert_same(results, one_by_one[number])
    assert len(prepared) == 1, "place and disease are the same"
    other = replace_disease(jobs[0])
    ((_, results),) = each_run([other], whole)
    assert len(prepared) == 2
    assert_same(results, run_scenario(other.scenario, seed=other.seed).results)


def replace_disease(job):
    written = job.scenario.resolved() | {"disease": "delta", "r0": 3}
    changed = type(job.scenario).from_mapping(written)
    changed._folder = job.scenario.folder
    return Job(changed, job.seed)


def test_a_cluster_of_two_workers_makes_the_same_runs(jobs, one_by_one, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        made = dict(each_run(jobs, whole, cluster=address, out=tmp_path))
        bad = Job(load_bad(jobs[0]), 1)
        ((_, failed),) = each_run([bad], whole, cluster=address)
    assert sorted(made) == list(range(6))
    for number, results in made.items():
        assert_same(results, one_by_one[number])
    assert isinstance(failed, Failed)
    assert "r0" in failed.reason
    assert all(file_of(tmp_path, digest).is_file() for digest in addresses(jobs))


def load_bad(job):
    return job.scenario.varied("too many", {"r0": 49})


def test_what_a_cluster_lacks_is_said(jobs, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(executors, "ANSWER", 0.5)
    with pytest.raises(ClusterError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9"):
        list(each_run(jobs[:2], whole, cluster="tcp://127.0.0.1:9"))
    monkeypatch.setattr(executors, "ANSWER", 20)
    with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        with pytest.raises(ClusterError, match="has no workers: start them with dask worker"):
            list(each_run(jobs[:2], whole, cluster=address))
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"install lazaretto\[studies\]"):
        list(each_run(jobs[:2], whole, cluster=address))


# Runs that fail


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_cannot_be_made_is_told_of_and_the_others_are_made(
    town, jobs, one_by_one, workers
):
    wrong = load(town, "measures=[{measure: deadly.py:Wrong}]")
    nowhere = load(town, "place=./nowhere")
    mixed = [Job(load_bad(jobs[0]), 1), jobs[0], Job(wrong, 7), Job(nowhere, 1), jobs[4]]
    made = dict(each_run(mixed, whole, workers=workers))
    assert_same(made[1], one_by_one[0])
    assert_same(made[4], one_by_one[4])
    for number, said in ((0, "r0"), (2, "no such compound"), (3, "nowhere")):
        failed = made[number]
        assert isinstance(failed, Failed)
        assert failed.job == mixed[number]
        assert said in failed.reason


def test_a_killed_process_costs_no_run_but_the_one_that_kills_it(town, jobs, one_by_one, tmp_path):
    always = load(town, "measures=[{measure: deadly.py:Deadly}]")
    mark = tmp_path / "mark"
    once = load(town, f"measures=[{{measure: 'deadly.py:Deadly', mark: '{mark}'}}]")
    mixed = [Job(once, 1), jobs[0], Job(always, 1), jobs[1]]
    made = dict(each_run(mixed, whole, workers=2, out=tmp_path / "runs"))
    assert sorted(made) == [0, 1, 2, 3]
    assert made[2] == Failed(mixed[2], ensemble.KILLED)
    assert mark.is_file()
    assert not isinstance(made[0], Failed), "killed once, and made when it was tried again"
    assert_same(made[1], one_by_one[0])
    assert_same(made[3], one_by_one[1])


UNGUARDED = """
import sys
from lazaretto.scenario import Scenario
from lazaretto.studies.ensembles.ensemble import Job, each_run
from lazaretto.studies.ensembles.sweep import read_outcomes

scenario = Scenario.load(sys.argv[1])
print(dict(each_run([Job(scenario, seed) for seed in range(9)], read_outcomes, workers=2)))
"""


def test_a_script_that_does_not_guard_its_start_is_told_so(town):
    (town / "unguarded.py").write_text(UNGUARDED)
    done = subprocess.run([sys.executable, town / "unguarded.py", town / "twin.yaml"],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 1
    assert "must guard its own start" in done.stderr.splitlines()[-1]


def test_an_error_of_who_reads_is_no_failed_run(jobs):
    def read(results):
        raise KeyError("no such variable")

    with pytest.raises(KeyError, match="no such variable"):
        list(each_run(jobs, read, workers=1))
    with pytest.raises(TypeError, match="a function of a module"):
        list(each_run(jobs, read, workers=2))


def test_another_version_makes_no_run(jobs):
    with pytest.raises(one_run.OtherVersionError, match="install the same one"):
        one_run.make(jobs[0], whole, None, "of another version")


# Kept


def test_a_damaged_file_is_made_again(jobs, one_by_one, tmp_path):
    list(each_run(jobs[:2], infections, workers=1, out=tmp_path))
    first, second = (file_of(tmp_path, digest) for digest in addresses(jobs[:2]))
    first.write_bytes(first.read_bytes()[:-40])
    content = bytearray(second.read_bytes())
    content[len(content) // 2] ^= 0xFF
    second.write_bytes(content)
    assert find(first) is None
    assert find(second) is None
    for number, results in each_run(jobs[:2], whole, workers=1, out=tmp_path):
        assert_same(results, one_by_one[number])
    assert_same(find(first), one_by_one[0])
    assert_same(find(second), one_by_one[1])


def test_what_a_killed_process_left_half_written_goes_when_it_is_old(one_by_one, tmp_path):
    file = file_of(tmp_path, "ab" * 32)
    keep(one_by_one[0], file)
    young, old = file.with_name(".young.partial"), file.with_name(".old.partial")
    for path in (young, old):
        path.touch()
    os.utime(old, (0, 0))
    tidy(tmp_path)
    assert {path.name for path in file.parent.iterdir()} == {file.name, young.name}


def test_a_folder_that_cannot_be_written_is_no_failed_run(jobs, tmp_path):
    (tmp_path / "single").write_text("in the way")
    with pytest.raises(RunsNotWritableError, match="cannot be written"):
        list(each_run(jobs, whole, workers=1, out=tmp_path))


@pytest.mark.parametrize("workers", [1, 2])
def test_who_is_asked_to_stop_goes_on_with_what_is_left(jobs, one_by_one, tmp_path, workers):
    first = {}
    each = each_run(jobs, whole, workers=workers, out=tmp_path, stop=lambda: len(first) >= 1)

    def take():
        for number, results in each:
            first[number] = results

    with pytest.raises(Interrupted) as stopped:
        take()
    assert str(stopped.value) == f"{len(first)} of 6 runs"
    assert 1 <= len(first) <= 1 + 2 * (workers > 1) + 1
    there = {i for i, d in enumerate(addresses(jobs)) if file_of(tmp_path, d).is_file()}
    assert there == set(first)
    made = dict(each_run(jobs, whole, workers=1, out=tmp_path))
    for number, results in made.items():
        assert_same(results, one_by_one[number])
        if number in first:
            assert results.attrs["wall_s"] == first[number].attrs["wall_s"]


def test_who_has_seen_enough_may_leave(jobs):
    found = each_run(jobs, infections, workers=2)
    next(found)
    found.close()
    assert len(dict(each_run(jobs, infections, workers=2))) == 6


def test_the_seed_and_every_value_are_part_of_the_address(jobs):
    assert len(set(addresses(jobs))) == 6
    assert addresses([replace_disease(jobs[0])])[0] not in addresses(jobs)
    assert addresses([Job(load_copy(jobs[0]), jobs[0].seed)])[0] == addresses(jobs)[0]


def load_copy(job):
    copy = type(job.scenario).from_mapping(job.scenario.resolved())
    copy._folder = job.scenario.folder
    return copy
