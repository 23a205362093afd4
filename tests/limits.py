"""How long one case may take, and how much memory."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST, MOST_BYTES = 10.0, 2 << 30
"""Seconds of a processor and bytes that one case may take; on a busy machine it waits longer."""


class TooLongError(BaseException):
    """A case that did not end in time; no Exception, lest somebody takes it for bad input."""


@contextmanager
def limited() -> Iterator[None]:
    """Raise in what takes too long or too much memory."""

    def out_of_time(number: int, frame: object) -> None:
        raise TooLongError(f"more than {LONGEST} s")

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    before = signal.signal(signal.SIGPROF, out_of_time)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MOST_BYTES, hard))
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGPROF, before)
