"""Files that are there complete or not at all, whatever ends the process that writes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that it is there complete or not at all.

    Parameters
    ----------
    path
        The file; an existing one is replaced once the new one is complete.
    text
        What it says.
    """
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to that becomes the file when it is complete, and not before.

    Parameters
    ----------
    path
        The file, in a folder that is there.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
