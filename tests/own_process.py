"""The command in a copy of this process, whose kernels are loaded: quick, and as apart as any."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lazaretto.cli import app


class Ended(NamedTuple):
    """How a process ended: exit code (negative for a signal), what it printed, what it took.

    Seconds are those of the processor, which a busy machine does not lengthen.
    """

    code: int
    printed: str
    seconds: float
    most_bytes: int


def begun(
    words: list[object], output: int | None = None, first: Callable[[], object] | None = None
) -> int:
    """Begin the command in a process of its own; return its number.

    Parameters
    ----------
    words
        Arguments of the command.
    output
        File descriptor of what it prints; nowhere if absent.
    first
        Called in the new process before anything else.
    """
    number = os.fork()
    if number:
        return number
    code = 70
    try:
        if output is None:
            output = os.open(os.devnull, os.O_WRONLY)
        os.dup2(output, 1)
        os.dup2(output, 2)
        # A stream of its own: pytest has put others in the place of these.
        sys.stdout = sys.stderr = os.fdopen(1, "w", encoding="utf-8", errors="replace")
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if first is not None:
            first()
        app([str(word) for word in words])
        code = 0
    except SystemExit as left:
        code = int(left.code or 0)
    except BaseException:  # as the interpreter would
        traceback.print_exc()
        code = 1
    finally:
        try:
            sys.stdout.flush()
        finally:
            os._exit(code)


def ended(number: int) -> int:
    """Wait for a process; return its exit code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def in_a_process(words: list[object], first: Callable[[], object] | None = None) -> Ended:
    """Run the command in a process of its own and wait for its end."""
    reading, writing = os.pipe()
    number = begun(words, writing, first)
    os.close(writing)
    with os.fdopen(reading, "r", encoding="utf-8", errors="replace") as pipe:
        printed = pipe.read()
    _, status, used = os.wait4(number, 0)
    code = os.waitstatus_to_exitcode(status)
    return Ended(code, printed, used.ru_utime + used.ru_stime, used.ru_maxrss << 10)


def content_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with what is in it."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
