"""One run of an ensemble, in whatever process it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import xarray as xr

from lazaretto.compiled import model_digest
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies.ensembles.kept_runs import find, keep
from lazaretto.studies.grounds import ground_kept
from lazaretto.studies.run import Interrupted, run_scenario

Kept = TypeVar("Kept")


class Job(NamedTuple):
    """One run of an ensemble.

    Parameters
    ----------
    scenario, seed
        The scenario and the seed of the run.
    most_reported
        As for `lazaretto.studies.run.run_scenario`: a run with more ends early.
    until
        Likewise: the day after which it ends.
    """

    scenario: Scenario
    seed: int
    most_reported: int = 0
    until: date | None = None

    def said(self) -> dict[str, int | str]:
        """Return what a run depends on besides the inputs of its scenario."""
        said: dict[str, int | str] = {"seed": self.seed}
        if self.most_reported:
            said["most_reported"] = self.most_reported
        if self.until is not None:
            said["until"] = self.until.isoformat()
        return said


@dataclass(frozen=True)
class Made(Generic[Kept]):
    """What became of a run.

    Parameters
    ----------
    kept
        What was read of its results; None if it could not be made.
    reason
        Why it could not be made, in words; empty if it was.
    found
        Whether it was there already.
    """

    kept: Kept | None
    reason: str = ""
    found: bool = False


class OtherVersionError(OSError):
    """A process that would make a run with another version of the model."""


def make(
    job: Job,
    read: Callable[[xr.Dataset], Kept],
    file: Path | None,
    model: str,
    threads: int = 1,
    stop: Callable[[], bool] = lambda: False,
) -> Made[Kept]:
    """Make a run, or find it, and return what is read of it.

    A run that cannot be made is told of; an error of ``read``, or of the folder that keeps the
    runs, is raised, for all other runs would meet it too.

    Parameters
    ----------
    job
        The run.
    read
        Reads of its labelled results what is to be kept.
    file
        Where its results are kept; nowhere if None.
    model
        Hash of the model that is to make it, see `lazaretto.compiled.model_digest`.
    threads, stop
        As for `lazaretto.studies.run.run_scenario`.

    Raises
    ------
    OtherVersionError
        If this process has another model.
    """
    if model != model_digest():
        raise OtherVersionError(
            "a worker has another version of Lazaretto than the study: install the same one"
        )
    results = None if file is None else find(file)
    if results is not None:
        return Made(read(results), found=True)
    try:
        results = run_scenario(
            job.scenario, seed=job.seed, threads=threads, stop=stop, ground=ground_kept,
            most_reported=job.most_reported, until=job.until,
        ).results  # fmt: skip
    except Interrupted:
        raise
    except (ScenarioError, ValueError, MemoryError) as error:
        return Made(None, str(error) or type(error).__name__)
    except Exception as error:
        return Made(None, f"{type(error).__name__}: {error}")
    if file is not None:
        keep(results, file)
    return Made(read(results))
