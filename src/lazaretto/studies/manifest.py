"""The manifest of a finished run: written last, and believed only as it was written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from lazaretto.whole_files import write_whole

MANIFEST = "manifest.json"
CHECKSUM = "checksum"


def write_manifest(folder: Path, said: dict[str, Any]) -> None:
    """Write the manifest of a run, with a checksum of what it says.

    Parameters
    ----------
    folder
        The run folder.
    said
        Inputs, summary, files and versions, ready for JSON.
    """
    as_read = json.loads(json.dumps(said))
    whole = as_read | {CHECKSUM: json_digest(as_read)}
    write_whole(folder / MANIFEST, json.dumps(whole, indent=2))


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a run; none if it is not there, not whole, or not as it was written.

    Parameters
    ----------
    folder
        The run folder.
    """
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if not isinstance(found, dict) or found.pop(CHECKSUM, None) != json_digest(found):
            return None
    except (OSError, ValueError, RecursionError):
        return None
    parts = {name: found.get(name) for name in ("inputs", "summary", "files")}
    whole = isinstance(found.get("digest"), str) and all(
        isinstance(p, dict) for p in parts.values()
    )
    return found if whole else None


def json_digest(values: dict[str, Any]) -> str:
    """Return the SHA-256 of values as sorted JSON, 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
