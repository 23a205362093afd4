"""Run a program once and say what it cost: its own figures, wall time, processor time."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from machine import first_core_only

Command = Callable[[Path], Sequence[str]]  # given an empty folder for its output


class RunFailedError(RuntimeError):
    """The program ended with an error, ran past its time or printed no JSON object."""


@dataclass(frozen=True)
class Work:
    """One row of the comparison: a program with fixed arguments, run several times."""

    key: str
    title: str
    command: Command
    threads: int
    environment: Mapping[str, str]
    days: int | None = None  # days the run must report; None: any
    warm_up: bool = False
    most_rounds: int = 1_000
    limit_s: float = 1_800.0


@dataclass(frozen=True)
class Run:
    """What one run cost."""

    figures: dict[str, Any]  # the JSON object the program printed
    process_s: float  # wall time from start to end of the process
    cpu_s: float  # user and system time of the process and its children
    load: float  # load average of the machine before the start: 0 is an idle machine

    def record(self) -> dict[str, Any]:
        """Everything, for the JSON file."""
        return asdict(self)


def measured(work: Work) -> Run:
    """Run `work` once; on one core if it has one thread.

    Raises
    ------
    RunFailedError
        With the last line the program wrote, if it failed.
    """
    environment = {**os.environ, **work.environment, "NUMBA_NUM_THREADS": str(work.threads)}
    with (
        tempfile.TemporaryDirectory(prefix="lazaretto-bench-") as folder,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as messages,
    ):
        command = list(work.command(Path(folder)))
        load = os.getloadavg()[0]
        start = time.perf_counter()
        with first_core_only() if work.threads == 1 else nullcontext():
            process = subprocess.Popen(command, stdout=output, stderr=messages, env=environment)
        watch = threading.Timer(work.limit_s, process.kill)
        watch.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            process_s = time.perf_counter() - start
        finally:
            watch.cancel()
            if process.returncode is None:  # interrupted
                process.kill()
                process.wait()
        output.seek(0)
        messages.seek(0)
        printed = output.read().decode(errors="replace")
        said = messages.read().decode(errors="replace")
    if process.returncode != 0:
        raise RunFailedError(f"exit {process.returncode}: {last_line(said) or last_line(printed)}")
    figures = json_object(printed)
    if work.days is not None and figures.get("days") != work.days:
        raise RunFailedError(f"simulated {figures.get('days')} days, not {work.days}")
    return Run(figures, process_s, usage.ru_utime + usage.ru_stime, load)


def json_object(printed: str) -> dict[str, Any]:
    """The JSON object in `printed`, which may begin with a banner of the library."""
    begin = printed.find("{")
    try:
        figures = json.loads(printed[begin:]) if begin >= 0 else None
    except json.JSONDecodeError as error:
        raise RunFailedError(f"printed no JSON object: {error}") from error
    if not isinstance(figures, dict):
        raise RunFailedError("printed no JSON object")
    return figures


def last_line(text: str) -> str:
    """Last line that is not empty, at most 160 characters."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:160] if lines else ""
