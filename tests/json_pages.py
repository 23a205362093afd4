"""What the page of `--json` says a command prints."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "json.md"


def documented(command: str) -> set[str]:
    """Return the keys in the first column of the table under a heading."""
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    section = next(each for each in sections if each.split("\n", 1)[0] == command)
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {key for row in rows for key in re.findall(r"`([^`]+)`", row)}
