"""The pages of docs/: each in the site once, no link to nowhere, the ODD page true to the code."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from lazaretto.engine.day import DAY

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *DOCS.glob("decisions/*.md"), *DOCS.glob("tutorials/*.md")])

FENCE = re.compile(r"^(`{3,})(?P<what>\{\w+\})?[^\n]*\n(?P<inside>.*?)^\1\s*$", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
DIRECTIVE = re.compile(r"^`{3,}\{(?:figure|literalinclude|include)\} (\S+)", re.M)
OUTSIDE = re.compile(r"^[a-z]+:")


def entries(page: Path) -> Iterator[Path]:
    """Yield the pages that the toctrees of a page name, in order."""
    for block in FENCE.finditer(page.read_text(encoding="utf-8")):
        if block["what"] != "{toctree}":
            continue
        lines = [line.strip() for line in block["inside"].splitlines()]
        for line in lines:
            if not line or line.startswith(":"):
                continue
            named = re.fullmatch(r".*<(.+)>", line)
            name = f"{named[1] if named else line}.md"
            if ":glob:" in lines:
                yield from sorted(set(page.parent.glob(name)) - {page})
            else:
                yield page.parent / name


def reached(page: Path) -> Iterator[Path]:
    """Yield a page and all below it."""
    yield page
    for entry in entries(page):
        assert entry.is_file(), f"{page.relative_to(ROOT)} names {entry.name}, which there is not"
        yield from reached(entry)


def links(page: Path) -> Iterator[str]:
    """Yield the relative targets of links, pictures and included files; code is left out."""
    text = page.read_text(encoding="utf-8")
    yield from DIRECTIVE.findall(text)
    prose = FENCE.sub(lambda block: block["inside"] if block["what"] else "", text)
    for target in LINK.findall(re.sub(r"`[^`\n]*`", "", prose)):
        if not OUTSIDE.match(target) and not target.startswith("#"):
            yield target.partition("#")[0]


def test_every_page_is_in_the_site_once():
    times = Counter(reached(DOCS / "index.md"))
    twice = [page.name for page, n in times.items() if n > 1]
    missing = [str(page.relative_to(DOCS)) for page in PAGES if page not in times]
    assert not twice, f"in more than one toctree: {twice}"
    assert not missing, f"in no toctree of docs/index.md: {missing}"


@pytest.mark.parametrize(
    "page",
    [*PAGES, ROOT / "README.md", ROOT / "CHANGELOG.md"],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_no_link_leads_nowhere(page):
    lost = [target for target in links(page) if not (page.parent / target).exists()]
    assert not lost


def test_links_are_seen_where_they_are():
    assert {"start.md", "images/report.png", "shanghai-2022.md"} <= set(links(DOCS / "index.md"))
    assert "../README.md" in links(DOCS / "python.md")
    assert "docs/images/report.png" in links(ROOT / "README.md")


def test_the_odd_page_names_files_that_exist_and_the_steps_of_the_day():
    text = (DOCS / "odd.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w/]+\.py)`", text))
    assert len(named) > 40
    assert [file for file in sorted(named) if not _is_file(file)] == []
    for i, step in enumerate(DAY, 1):
        assert f"| {i} {step.name} |" in text
    assert f"| {len(DAY) + 1} " not in text


def _is_file(name: str) -> bool:
    return (ROOT / "src" / "lazaretto" / name).is_file() or (ROOT / name).is_file()


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("sphinx") is None, reason="make docs installs what builds the site"
)
def test_the_site_builds_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", tmp_path / "kept"]
    built = subprocess.run(
        [*command, DOCS, tmp_path / "html"], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    first = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert "what would it cost the people under it" in first
