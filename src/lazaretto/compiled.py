"""Where compiled kernels are kept: one folder per state of the source.

numba looks only at the file a kernel stands in to decide whether a kept kernel is still good; the
small functions and constants it was compiled from stand in other files. So the folder is named
after the content of all of these files, and a kernel can never be older than what it was made of.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from functools import lru_cache
from pathlib import Path

from numba import config

MADE_OF = (
    "chance.py", "words.py", "behaviour/by_building.py", "behaviour/copying.py",
    "behaviour/live_copies.py", "behaviour/widespread.py", "engine/*.py", "nation/away.py",
    "nation/meeting.py", "nation/trips.py", "nation/visits.py", "outcomes/confinement.py",
    "people/*.py",
)  # fmt: skip
"""Files that kernels and what they are compiled from stand in."""

KEPT = 4
"""Folders that are left alone, the one in use among them; older ones are removed."""


def cache_folder() -> Path:
    """Return the cache folder: LAZARETTO_CACHE, else ``lazaretto`` in the user's cache folder."""
    own = os.environ.get("LAZARETTO_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "lazaretto"


def source_digest() -> str:
    """Return a hash of the source files kernels are made of, 16 hexadecimal digits."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for made in MADE_OF for path in root.glob(made)):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def model_digest() -> str:
    """Return a hash of every source and data file that results depend on, 64 digits.

    Of the files as they are when a process first asks, for that is what it runs.
    """
    root = Path(__file__).parent
    rooms = (
        "behaviour", "disease", "engine", "measures", "nation", "outcomes", "people", "scenario",
        "data",
    )  # fmt: skip
    files = [path for room in rooms for path in sorted((root / room).rglob("*"))]
    digest = hashlib.sha256()
    for path in [root / "chance.py", root / "words.py", *files]:
        if path.suffix in (".py", ".csv"):
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def keep_kernels() -> None:
    """Tell numba where to keep kernels; if the folder cannot be made, leave its own choice."""
    folder = cache_folder() / "kernels" / source_digest()
    if not folder.is_dir():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            others = [path for path in folder.parent.iterdir() if path != folder]
            others.sort(key=lambda path: path.stat().st_mtime)
        except OSError:
            return
        for old in others[: -KEPT + 1]:
            shutil.rmtree(old, ignore_errors=True)
    config.CACHE_DIR = str(folder)


keep_kernels()
