"""Every run a calibration made, in one SQLite file: what resuming goes on from."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import xarray as xr

from lazaretto.studies.calibration import kept
from lazaretto.studies.calibration.kept import Kept, keep
from lazaretto.studies.ensembles.ensemble import Failed, Job, each_run
from lazaretto.studies.run_folder import digest_of, inputs_of

_KEPT_BY = hashlib.sha256(Path(kept.__file__).read_bytes()).hexdigest()
"""Hash of what reads from a run the counts that are kept."""


class JournalError(OSError):
    """A file of runs that is damaged or cannot be written."""


Runner = Callable[
    [Sequence[Job], Callable[[xr.Dataset], Kept]], Iterator[tuple[int, Kept | Failed]]
]
"""Makes runs, as `lazaretto.studies.ensembles.ensemble.each_run` does."""


class Journal:
    """Makes runs once, and finds them afterwards by everything they depend on.

    A run is written as soon as it is finished, so that a process killed at any moment loses the
    runs in flight only.

    Parameters
    ----------
    path
        The file; made if it is not there.
    runner
        Makes the runs that are not in it.

    Raises
    ------
    JournalError
        If the file is damaged or cannot be written.
    """

    def __init__(self, path: Path, runner: Runner = each_run) -> None:
        self._runner, self._path = runner, path
        self._surroundings: dict[str, dict[str, Any]] = {}
        with self._told():
            self._open = sqlite3.connect(path, isolation_level=None)
            self._open.execute(
                "CREATE TABLE IF NOT EXISTS runs (address TEXT PRIMARY KEY, kept TEXT)"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def runs(self, jobs: Sequence[Job]) -> Iterator[tuple[int, Kept | Failed]]:
        """Yield the number of each run with what is kept of it; those found first."""
        missing = []
        addresses = [self._address(job) for job in jobs]
        for number, address in enumerate(addresses):
            known = self._found(address)
            if known is None:
                missing.append(number)
            else:
                yield number, known
        for at, made in self._runner([jobs[number] for number in missing], keep):
            number = missing[at]
            if not isinstance(made, Failed):
                entry = (addresses[number], json.dumps(made.as_json()))
                with self._told():
                    self._open.execute("INSERT OR REPLACE INTO runs VALUES (?, ?)", entry)
            yield number, made

    def _found(self, address: str) -> Kept | None:
        """Return what is kept of a run, None if it is to be made."""
        with self._told():
            select = "SELECT kept FROM runs WHERE address = ?"
            row = self._open.execute(select, (address,)).fetchone()
        try:
            return None if row is None else Kept.from_json(json.loads(row[0]))
        except (ValueError, KeyError, TypeError, AttributeError):
            return None  # damaged: made again

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise JournalError(
                f"{self._path}: {error}; if there is room and it can be written, it is damaged: "
                "move it away, and the same command makes its runs again"
            ) from error

    def _address(self, job: Job) -> str:
        """Return the hash of the inputs of a run; what is the same for all is read once."""
        same = self._surroundings.get(job.scenario.place)
        if same is None:
            same = inputs_of(job.scenario, job.seed, 1)
            self._surroundings[job.scenario.place] = same
        return digest_of(same | {"scenario": job.scenario.digest(), "kept": _KEPT_BY} | job.said())
