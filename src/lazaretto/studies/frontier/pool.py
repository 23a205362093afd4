"""Processes that make the runs of a frontier, each with the place in its memory."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context, parent_process
from typing import Any

from lazaretto.studies.frontier.runs import Ended, Point, Town, made, prepared_town

Base = dict[str, Any]


class Pool:
    """Processes that make runs, each with the place in its memory; started at the first run.

    Parameters
    ----------
    base, diseases
        The place and the variants, as for `prepared_town`.
    workers
        Number of processes; 0: runs are made in this one.
    """

    def __init__(self, base: Base, diseases: tuple[str, ...], workers: int) -> None:
        self._of, self._workers = (base, diseases), workers
        self._executor: ProcessPoolExecutor | None = None
        self._town: Town | None = None

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def __call__(self, points: Sequence[Point]) -> Iterator[tuple[Point, Ended]]:
        """Make runs, and yield each as it ends."""
        if not points:
            return
        if self._workers == 0:
            self._town = self._town or prepared_town(*self._of)
            for point in points:
                yield point, made(self._town, point)
            return
        if self._executor is None:
            # Once here, so that its problems are told and no two processes make the same people.
            prepared_town(*self._of)
            self._executor = ProcessPoolExecutor(
                self._workers, get_context("spawn"), _begin, self._of
            )
        waiting = {self._executor.submit(_made_here, point): point for point in points}
        for done in as_completed(waiting):
            yield waiting[done], done.result()


_HERE: list[Town] = []
"""The place of a worker process."""


def _begin(base: Base, diseases: tuple[str, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process decides when to stop
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _HERE.append(prepared_town(base, diseases))


def _end_with_parent() -> None:
    """Leave when the first process is gone, however it ended."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _made_here(point: Point) -> Ended:
    return made(_HERE[0], point)
