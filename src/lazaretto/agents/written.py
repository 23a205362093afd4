"""Scenarios that a program writes: kept as files, so that what was run can be found again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from lazaretto.scenario.yaml_text import YamlError, read_yaml
from lazaretto.whole_files import write_whole

LARGEST = 200_000
"""Bytes of a scenario at most; the longest that ships has a third of it."""


class RefusedError(ValueError):
    """A text that is not taken as a scenario."""


def kept(text: str, folder: Path) -> Path:
    """Keep the text of a scenario in a file named by its hash, and return it.

    Measures from files of Python are refused: a program that writes scenarios must not be able to
    choose code that is executed.

    Parameters
    ----------
    text
        YAML.
    folder
        Where it is kept; made if it is not there.

    Raises
    ------
    RefusedError
        If it is too long, no mapping, or names a measure of a file.
    """
    if len(text.encode()) > LARGEST:
        raise RefusedError(f"the scenario has more than {LARGEST:,} bytes")
    try:
        read = read_yaml(text)
    except YamlError as error:
        raise RefusedError(f"the scenario is no YAML: {error}") from None
    if not isinstance(read, dict):
        raise RefusedError("a scenario is a mapping: place, disease, start, end, ...")
    for name in _measures(read):
        if ":" in name or "/" in name or name.endswith(".py"):
            raise RefusedError(f"measure {name}: measures from files of code are not taken here")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.yaml"
    write_whole(path, text)
    return path


def _measures(value: Any) -> list[str]:  # noqa: ANN401 - any YAML
    """Return every value of a key ``measure``, wherever it is."""
    if isinstance(value, dict):
        own = [str(value["measure"])] if "measure" in value else []
        return own + [name for each in value.values() for name in _measures(each)]
    if isinstance(value, list):
        return [name for each in value for name in _measures(each)]
    return []
