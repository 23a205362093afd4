"""Many runs, each of one scenario and one seed, and what is kept of each."""

from __future__ import annotations

import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import xarray as xr

from lazaretto.compiled import model_digest
from lazaretto.engine.checked import place_of
from lazaretto.people import CensusError, population
from lazaretto.people.areas import read_area
from lazaretto.people.cache import MANIFEST, kept_at
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies.ensembles.executors import Cluster, ClusterError, Processes, Workplace
from lazaretto.studies.ensembles.kept_runs import file_of, tidy
from lazaretto.studies.ensembles.one_run import Job, Made, make
from lazaretto.studies.run import Interrupted, cores
from lazaretto.studies.run_folder import digest_of, inputs_of

__all__ = ["Failed", "Job", "addresses", "each_run", "number_found"]

Kept = TypeVar("Kept")

Progress = Callable[[int, int, float], None]
"""Told of runs done, runs in all, and the seconds that the others will take (NaN: not known)."""

ASKED_EVERY = 0.2
"""Seconds between two questions whether to stop."""

KILLED = (
    "the process that made it was killed twice, the second time alone; perhaps it needs more "
    "memory than there is"
)


@dataclass(frozen=True)
class Failed:
    """A run that could not be made.

    Parameters
    ----------
    job
        The run.
    reason
        Why, in words.
    """

    job: Job
    reason: str


def each_run(
    jobs: Sequence[Job],
    read: Callable[[xr.Dataset], Kept],
    *,
    workers: int = 0,
    cluster: str | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[int, Kept | Failed]]:
    """Make runs, and yield the number of each with what was read of its results.

    In any order. A run gives the same results wherever it is made. All runs share one population
    through the cache; a process prepares a place and disease once. A run that fails is yielded as
    `Failed`; one whose process is killed is tried once more in a process of its own.

    Parameters
    ----------
    jobs
        The runs.
    read
        Reads of the labelled results of a run (one replicate) what is to be kept; a function of a
        module, for it may be called in another process.
    workers
        Processes, each with one thread; 0 is one per core. With one, or one run, no process is
        started. A script that calls this with more must guard its own start by ``__name__``.
    cluster
        Address of a dask scheduler, such as ``tcp://host:8786``, whose workers make the runs
        instead; they need the same Lazaretto, and see ``out``.
    out
        Folder of finished runs, see `lazaretto.studies.ensembles.kept_runs`: a run that is there is
        read instead of made, whichever study made it. Nothing is kept if absent.
    progress
        Called as runs are done.
    stop
        Asked several times a second; if true no more runs are begun, those in hand are finished,
        and `Interrupted` is raised.

    Raises
    ------
    TypeError
        If ``read`` cannot be handed to another process.
    Interrupted
        If asked to stop; with ``out`` the same call goes on with the runs that are left.
    ClusterError
        If the cluster cannot be used, or is lost.
    ProcessesError
        If no process can be started.
    RunsNotWritableError
        If ``out`` cannot be written.
    """
    files = _files(jobs, out)
    there = [number for number, file in enumerate(files) if file is not None and file.is_file()]
    left = sorted(set(range(len(jobs))) - set(there))
    count = _Count(len(jobs), progress)
    model = model_digest()
    width = workers or cores()
    here = cluster is None and min(width, len(left)) <= 1
    for number in [*there, *left] if here else there:
        threads = 1 if len(left) > 1 else width
        try:
            if stop():
                raise Interrupted
            made = make(jobs[number], read, files[number], model, threads, stop)
        except Interrupted:
            raise Interrupted(count.said()) from None
        count.one(made.found)
        yield number, _outcome(jobs[number], made)
    if here or not left:
        return
    _check_portable(read)
    _make_people([jobs[number].scenario for number in left])
    place: Workplace = Processes(width) if cluster is None else Cluster(cluster, out)
    at_once = True
    try:
        for number, made in _each(jobs, read, files, left, model, place, stop):
            count.one(made.found)
            yield number, _outcome(jobs[number], made)
        at_once = False
    except GeneratorExit:
        at_once = cluster is not None  # processes stay for the next ensemble
        raise
    finally:
        place.close(at_once)
    if count.done < count.total:
        raise Interrupted(count.said())


def _each(
    jobs: Sequence[Job],
    read: Callable[[xr.Dataset], Kept],
    files: Sequence[Path | None],
    left: Sequence[int],
    model: str,
    place: Workplace,
    stop: Callable[[], bool],
) -> Iterator[tuple[int, Made[Kept]]]:
    """Yield runs as they are made at a workplace; fewer than asked for if stopped."""
    waiting, again = deque(left), deque[int]()
    hand: dict[Future[Made[Kept]], int] = {}
    alone: set[int] = set()
    asked = False

    def begin(number: int, *, apart: bool) -> Future[Made[Kept]] | None:
        given = (jobs[number], read, files[number], model)
        return place.alone(make, *given) if apart else place.submit(make, *given)

    try:
        while True:
            asked = asked or stop()
            if again and not asked and not hand:
                number = again.popleft()
                alone.add(number)
                future = begin(number, apart=True)
                if future is None:
                    yield number, Made(None, KILLED)
                    continue
                hand[future] = number
            # One more than there are workers, so that none waits while this process is busy.
            free = not asked and not again and not alone.intersection(hand.values())
            while waiting and free and len(hand) <= place.width:
                number = waiting.popleft()
                future = begin(number, apart=False)
                assert future is not None
                hand[future] = number
            if not hand:
                return
            done, _ = wait(hand, timeout=ASKED_EVERY, return_when=FIRST_COMPLETED)
            for future in done:
                number = hand.pop(future)
                made = _made(future)
                if made is not None:
                    yield number, made
                elif number in alone:
                    yield number, Made(None, KILLED)
                else:
                    if not again:
                        place.check()
                    again.append(number)
    finally:
        for future in hand:
            future.cancel()


def _made(future: Future[Made[Kept]]) -> Made[Kept] | None:
    """Return what became of a run; None if its process was killed."""
    try:
        return future.result()
    except BrokenExecutor:
        return None
    except CancelledError as error:
        raise ClusterError("the dask scheduler is gone; runs made so far are kept") from error
    except Exception as error:
        if type(error).__name__ == "KilledWorker":  # of distributed, which may not be installed
            return Made(None, f"its dask workers were killed again and again: {error}")
        raise


def _outcome(job: Job, made: Made[Any]) -> Any:  # noqa: ANN401 - what was read, or Failed
    return Failed(job, made.reason) if made.reason else made.kept


class _Count:
    """Counts runs down, and tells how long the others will take."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total, self.done = total, 0
        self._progress = progress
        self._made, self._began = 0, time.monotonic()
        self._tell()

    def one(self, found: bool) -> None:
        """Count a run; those found say nothing of how long it takes to make one."""
        self.done += 1
        if found and not self._made:
            self._began = time.monotonic()
        self._made += not found
        self._tell()

    def said(self) -> str:
        """Return how far it has come, in words."""
        return f"{self.done} of {self.total} runs"

    def _tell(self) -> None:
        if self._progress is None:
            return
        passed = time.monotonic() - self._began
        each = passed / self._made if self._made else float("nan")
        left = self.total - self.done
        self._progress(self.done, self.total, each * left if left else 0.0)


def addresses(jobs: Sequence[Job]) -> list[str]:
    """Return the hash of the inputs of each run, 64 hexadecimal digits.

    Empty for a scenario whose place cannot be read: its runs will fail.

    Parameters
    ----------
    jobs
        The runs.
    """
    known: dict[int, dict[str, object] | None] = {}
    for job in jobs:
        if id(job.scenario) not in known:
            try:
                known[id(job.scenario)] = inputs_of(job.scenario, job.seed, 1)
            except (CensusError, ScenarioError, OSError):
                known[id(job.scenario)] = None
    each = [(known[id(job.scenario)], job.said()) for job in jobs]
    return ["" if inputs is None else digest_of(inputs | said) for inputs, said in each]


def number_found(hashes: Sequence[str], out: Path) -> int:
    """Return how many runs are kept in a folder, by the hash of their inputs."""
    return sum(file_of(out, digest).is_file() for digest in hashes if digest)


def _files(jobs: Sequence[Job], out: Path | None) -> list[Path | None]:
    if out is None:
        return [None] * len(jobs)
    tidy(out)
    found = addresses(jobs)
    return [file_of(out.absolute(), digest) if digest else None for digest in found]


def _check_portable(read: Callable[[xr.Dataset], object]) -> None:
    try:
        pickle.dumps(read)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(
            "read is called in other processes: give a function of a module, or workers=1"
        ) from error


def _make_people(scenarios: Sequence[Scenario]) -> None:
    """Make what people are not in the cache, so that not every process makes them."""
    seen = set()
    for scenario in scenarios:
        if scenario.nation is not None or (scenario.place, scenario.folder) in seen:
            continue
        seen.add((scenario.place, scenario.folder))
        try:
            folder, _ = kept_at(read_area(place_of(scenario)), 0)
            if not (folder / MANIFEST).is_file():
                population(place_of(scenario))
        except (CensusError, ScenarioError, OSError):
            continue  # the run will say so
