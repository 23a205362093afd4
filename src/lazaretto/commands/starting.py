"""What a command looks at before it simulates anything: where it writes, and the kernels."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from lazaretto.console import complain
from lazaretto.scenario import Problem, Scenario, ScenarioError

OUT = "--out"

COMPILING = "The engine is compiled first, once, which takes about a minute."


def check_folder(folder: Path, option: str = OUT, *, finds: bool = False) -> None:
    """Refuse a folder that cannot be written, before hours of runs end there.

    Nothing is made: a folder that is not there yet is looked for in the folders above it.

    Parameters
    ----------
    folder
        Where a command will write.
    option
        What it was given by.
    finds
        Whether a command may find there what it looks for, so that it need not write; that it
        cannot is then said before anything is simulated.

    Raises
    ------
    ScenarioError
        If it is a file or lies below one, or nothing can be written there.
    """
    if finds and folder.is_dir():
        return
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    allowed = "a folder that can be written, or the path of a new one"
    if not there.is_dir():
        raise ScenarioError([Problem(option, folder, allowed, f"{there} is a file: name a folder")])
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        advice = f"nothing can be written in {there} ({error.strerror}): name another folder"
        raise ScenarioError([Problem(option, folder, allowed, advice)]) from None


def say_if_compiling() -> None:
    """Say that the engine is compiled first, if its kernels are not kept yet."""
    if not kernels_kept():
        complain(COMPILING)


def kernels_kept() -> bool:
    """Return whether the kernel of transmission was compiled before by this Python."""
    from lazaretto.engine.transmission import emit

    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    try:
        kept = list(Path(str(emit.stats.cache_path)).glob(f"transmission.emit-*.{version}*.nbi"))
    except OSError:
        return False
    return bool(kept)


def check_set_once(varied: Iterable[str], overrides: Sequence[str]) -> None:
    """Refuse a key that is both varied and set: one of the two would be lost without a word.

    Parameters
    ----------
    varied
        Keys of --vary.
    overrides
        What was given to --set, as ``r0=6``.

    Raises
    ------
    ScenarioError
        With every such key.
    """
    keys = set(varied)
    problems = [
        Problem(
            f"--set {text}",
            None,
            "keys that are not varied",
            f"--vary {key} gives it every value it has: leave out one of the two",
        )
        for text in overrides
        if (key := text.partition("=")[0].strip()) in keys
    ]
    if problems:
        raise ScenarioError(problems)


def say_idle(policies: Iterable[Scenario]) -> None:
    """Say which measures never act in the days of policies, each sentence once.

    Parameters
    ----------
    policies
        What a study will run.
    """
    from lazaretto.engine.checked import idle_measures

    found: dict[str, list[str]] = {}
    for policy in policies:
        for note in idle_measures(policy):
            found.setdefault(note, []).append(policy.name)
    for note, names in found.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        complain(f"{names[0]}{more}: {note}")
