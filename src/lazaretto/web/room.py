"""A control room: its scenarios, its jobs, its queue, and what it allows."""

from __future__ import annotations

from pathlib import Path

from lazaretto.web.jobs import Journal
from lazaretto.web.queue import Queue
from lazaretto.web.taken import Scenarios

LARGEST_PLACE = 100_000_000
"""Residents of a place at most; a nation needs more memory than most machines have."""


class Room:
    """A control room: its scenarios, its queue, and what it allows.

    Parameters
    ----------
    folder
        Where run folders lie; jobs and scenarios that were brought lie in ``room`` below it.
    own
        Scenario files of the owner.
    workers
        Processes that work at the same time.
    largest
        Residents of a place at most.
    keep_days
        Days after which a job that has ended is forgotten, its run folder not; never if None.

    Raises
    ------
    ScenarioError
        If a scenario of the owner cannot be read.
    OSError
        If the folder cannot be written.
    """

    def __init__(
        self, folder: Path, own: tuple[Path, ...] = (), workers: int = 1,
        largest: int = LARGEST_PLACE, keep_days: int | None = None,
    ) -> None:  # fmt: skip
        self.folder = folder
        self.largest = largest
        self.journal = Journal(folder / "room" / "jobs")
        self.scenarios = Scenarios(folder / "room" / "scenarios", own, largest)
        self.queue = Queue(self.journal, folder, workers, keep_days=keep_days)
