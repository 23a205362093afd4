"""Many runs, each of one scenario and one seed, and what is kept of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import xarray as xr

from lazaretto.scenario import Scenario
from lazaretto.studies.run import run_scenario

Kept = TypeVar("Kept")


class Job(NamedTuple):
    """One run of an ensemble: a scenario and the seed of the run."""

    scenario: Scenario
    seed: int


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
    jobs: Sequence[Job], read: Callable[[xr.Dataset], Kept]
) -> Iterator[tuple[int, Kept | Failed]]:
    """Make runs, and yield the number of each with what was read of its results.

    In any order; runs share the population through the cache.

    Parameters
    ----------
    jobs
        The runs.
    read
        Reads of the labelled results of a run (one replicate) what is to be kept; a function of a
        module, for it may be called in another process.
    """
    for number, job in enumerate(jobs):
        try:
            outcome = run_scenario(job.scenario, seed=job.seed, threads=1)
        except (ValueError, MemoryError) as error:
            yield number, Failed(job, str(error))
        else:
            yield number, read(outcome.results)
