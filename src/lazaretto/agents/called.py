"""The command line, called as a program calls it: arguments in, one JSON object out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

EVERY = 2.0
"""Seconds between two words to the caller that work goes on."""

GRACE = 60.0
"""Seconds that a run that is stopped has to end its day and keep it."""

Said = dict[str, Any]


class CalledError(RuntimeError):
    """A command that ended without a JSON object."""


async def called(
    command: Sequence[str],
    arguments: Sequence[str],
    folder: Path,
    goes_on: Callable[[float], Awaitable[None]] | None = None,
) -> Said:
    """Return what a command of Lazaretto prints with ``--json``.

    It is run in a process of its own, so that whatever becomes of it, the caller stays. If the
    caller gives up, the command is interrupted as by Ctrl-C: what it finished is kept.

    Parameters
    ----------
    command, arguments
        The words of the command, as ``inspect day``, and its arguments without ``--json``.
    folder
        Where it is run; paths are relative to it.
    goes_on
        Told every `EVERY` seconds how many have passed.

    Raises
    ------
    CalledError
        If it ends without a JSON object; problems of the input are one, with ``ok`` false.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lazaretto.cli", *command, "--json", *arguments,
        cwd=folder, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    ended = asyncio.ensure_future(process.communicate())
    passed = 0.0
    try:
        while not ended.done():
            await asyncio.wait([ended], timeout=EVERY)
            passed += EVERY
            if goes_on is not None and not ended.done():
                await goes_on(passed)
        printed, complained = ended.result()
    except BaseException:
        await _interrupted(process, ended)
        raise
    try:
        said = json.loads(printed)
    except ValueError:
        last = complained.decode(errors="replace").strip()[-2_000:] or "no words"
        raise CalledError(
            f"lazaretto {' '.join(command)} ended with code {process.returncode}: {last}"
        ) from None
    return said if isinstance(said, dict) else {"content": said}


async def _interrupted(
    process: asyncio.subprocess.Process, ended: asyncio.Future[tuple[bytes, bytes]]
) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
        await asyncio.shield(asyncio.wait([ended], timeout=GRACE))
        if not ended.done():
            process.kill()
            await asyncio.wait([ended])
