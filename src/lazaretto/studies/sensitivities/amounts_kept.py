"""Runs of which only some numbers are kept, each made once: a killed study goes on from them."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any, Protocol

import xarray as xr

from lazaretto.scenario import Scenario
from lazaretto.studies.ensembles.ensemble import Failed, Job, each_run
from lazaretto.studies.nation_run import Progress
from lazaretto.studies.plan import duration
from lazaretto.studies.run import Interrupted
from lazaretto.studies.run_folder import digest_of, inputs_of
from lazaretto.studies.sensitivities.amounts import AMOUNTS, Amounts, amounts

FILE = "amounts.jsonl"
"""One line for each run made: its inputs' digest, its numbers, and the seconds it took."""


LOOKS = 20
"""Times at most that progress is told of a batch of runs."""


class EachRun(Protocol):
    """What makes runs, see `lazaretto.studies.ensembles.ensemble.each_run`."""

    def __call__(
        self, jobs: Sequence[Job], read: Callable[[xr.Dataset], Amounts], /
    ) -> Iterator[tuple[int, Amounts | Failed]]:
        """Make runs and yield the number of each with what was read of it."""


@dataclass
class KeptAmounts:
    """Makes runs and keeps their amounts; a run that was made before is not made again.

    A line is appended as each run ends: whatever kills a study loses the runs in flight only.

    Parameters
    ----------
    out
        Folder of the file; nothing is kept if absent.
    workers
        Processes that make runs, 0 for one per core, see
        `lazaretto.studies.ensembles.ensemble.each_run`.
    make
        What makes runs instead.
    tell
        Told of the progress.
    stop
        Asked after each run.
    announce
        Told how many runs there are to make and how long they may take.
    """

    out: Path | None = None
    workers: int = 1
    make: EachRun | None = None
    tell: Progress | None = None
    stop: Callable[[], bool] = lambda: False
    announce: Callable[[str], None] | None = None
    _timed: bool = field(init=False, default=False)
    _known: dict[str, Amounts] = field(init=False, default_factory=dict)
    _inputs: dict[tuple[object, ...], dict[str, Any]] = field(init=False, default_factory=dict)
    _seconds: dict[str, list[float]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._end_line()
        for line in self._lines():
            self._known[line["run"]] = {
                name: math.nan if value is None else value
                for name, value in line["amounts"].items()
            }
            self._seconds.setdefault(line["like"], []).append(line["seconds"])

    def cost(self, scenario: Scenario, runs: int, at_most: str = "") -> None:
        """Announce what a study costs, before anything of it is run.

        Parameters
        ----------
        scenario
            The scenario, of which earlier runs in the same folder say how long one takes.
        runs
            Number of runs.
        at_most
            Put before the number where it is not known in advance.
        """
        if self.announce is None:
            return
        before = self._seconds.get(_like(scenario))
        said = (
            f"about {duration(fmean(before) * runs)} by earlier runs here"
            if before
            else "how long is told after the first one"
        )
        self.announce(f"{at_most}{runs:,} run{'s' if runs != 1 else ''} to make, {said}; "
                      "runs made before are found again.")  # fmt: skip

    def of(self, jobs: Sequence[Job], what: str = "run") -> list[Amounts | Failed]:
        """Return the amounts of runs, in their order; of one that failed, why.

        Parameters
        ----------
        jobs
            The runs.
        what
            What they are, in words, for the progress.

        Raises
        ------
        Interrupted
            If asked to stop.
        """
        keys = [self._key(job) for job in jobs]
        found: dict[str, Amounts | Failed] = {k: self._known[k] for k in keys if k in self._known}
        left = {key: job for key, job in zip(keys, jobs, strict=True) if key not in found}
        try:
            for key, read in self._made(left, what):
                found[key] = read
        except Interrupted:
            raise Interrupted(f"the runs made, {len(self._known):,}") from None
        return [found[key] for key in keys]

    def _made(self, jobs: Mapping[str, Job], what: str) -> Iterator[tuple[str, Amounts | Failed]]:
        """Make runs, keep what is read of each, and tell how it goes."""
        began = last = time.perf_counter()
        names, total = list(jobs), len(jobs)
        wanted = list(jobs.values())
        made: Iterator[tuple[int, Amounts | Failed]] = iter(())
        if jobs and self.make is not None:
            made = self.make(wanted, amounts)
        elif jobs:
            # One after another, it is asked whether to stop as each is kept.
            stop = self.stop if self.workers != 1 else lambda: False
            made = each_run(wanted, amounts, workers=self.workers, stop=stop)
        for done, (number, read) in enumerate(made, 1):
            now = time.perf_counter()
            if not isinstance(read, Failed):
                self._keep(names[number], jobs[names[number]], read, now - last)
            last = now
            rest = (now - began) / done * (total - done)
            if self.tell is not None and done % max(1, total // LOOKS) == 0:
                self.tell(f"{what}: {done} of {total}, {duration(rest)} left", done / total)
            if self.announce is not None and not self._timed and done < total:
                self._timed = True
                self.announce(f"{what}: {total - done:,} more, about {duration(rest)}.")
            yield names[number], read
            if self.stop() and done < total:
                raise Interrupted

    def _key(self, job: Job) -> str:
        """Return what a run is found again by; files that all runs share are read once."""
        scenario, words = job.scenario, tuple(each.measure for each in job.scenario.measures)
        shared = (scenario.place, scenario.folder, words)
        if shared not in self._inputs:
            self._inputs[shared] = inputs_of(scenario, job.seed, 1)
        own = {"scenario": scenario.digest(), "seed": job.seed}
        return digest_of(self._inputs[shared] | own)

    def _keep(self, key: str, job: Job, read: Amounts, seconds: float) -> None:
        self._known[key] = read
        self._seconds.setdefault(_like(job.scenario), []).append(seconds)
        if self.out is None:
            return
        self.out.mkdir(parents=True, exist_ok=True)
        said = {name: None if math.isnan(value) else value for name, value in read.items()}
        line = {"run": key, "like": _like(job.scenario), "seconds": round(seconds, 3),
                "scenario": job.scenario.name, "seed": job.seed, "amounts": said}  # fmt: skip
        with (self.out / FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _end_line(self) -> None:
        """End the last line, which a process that was killed may have left without an end."""
        if self.out is None or not (self.out / FILE).is_file():
            return
        with (self.out / FILE).open("rb+") as file:
            if file.seek(0, 2) and file.seek(-1, 2) >= 0 and file.read(1) != b"\n":
                file.write(b"\n")

    def _lines(self) -> Iterator[dict[str, Any]]:
        if self.out is None or not (self.out / FILE).is_file():
            return
        for text in (self.out / FILE).read_bytes().splitlines():
            try:
                line = json.loads(text)
            except ValueError:  # of a process that was killed while it wrote
                continue
            if _is_run(line):
                yield line


def _is_run(line: object) -> bool:
    """Return whether a line is what was written of a run, and not damaged since."""
    if not isinstance(line, dict) or not isinstance(line.get("amounts"), dict):
        return False
    numbers = [line.get("seconds"), *(n for n in line["amounts"].values() if n is not None)]
    named = isinstance(line.get("run"), str) and isinstance(line.get("like"), str)
    counted = all(isinstance(number, int | float) for number in numbers)
    return named and counted and set(line["amounts"]) == set(AMOUNTS)


def _like(scenario: Scenario) -> str:
    """Return what runs that take about as long have in common."""
    return f"{scenario.place} {scenario.n_days}"
