"""What is said of dependencies and of the package itself, against what is installed and written."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, files, metadata
from pathlib import Path

import pytest
import yaml

import lazaretto

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
DATA = ROOT / "src" / "lazaretto" / "data"

EXTRAS = PROJECT["optional-dependencies"]
ASKED = [*PROJECT["dependencies"], *(one for extra in EXTRAS.values() for one in extra)]
NAMES = sorted({re.match(r"[\w.-]+", one)[0] for one in ASKED} - {"lazaretto"})  # type: ignore[index]

ALSO_CALLED = {
    "BSD": ("BSD",),
    "BSD-2-Clause": ("BSD",),
    "BSD-3-Clause": ("BSD",),
    "Apache-2.0": ("Apache",),
    "MPL-2.0": ("MPL", "Mozilla"),
}
"""What the metadata of a library may say of a licence that the page names."""


def rows() -> dict[str, str]:
    """Return the licence the page gives of each library."""
    found = {}
    for line in PAGE.partition("## Versions")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0] != "library" and not cells[0].startswith("---"):
            assert cells[0] not in found, f"{cells[0]} is listed twice"
            assert all(cells), f"{cells[0]} lacks a cell"
            found[cells[0]] = cells[-1]
    return found


def test_the_page_names_every_dependency_and_no_other():
    assert sorted(rows(), key=str.lower) == sorted(NAMES, key=str.lower)


@pytest.mark.parametrize("name", NAMES)
def test_a_licence_is_the_one_the_library_states(name):
    try:
        about = metadata(name)
    except PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    stated = about.get("License-Expression")
    classifiers = [each for each in about.get_all("Classifier") or [] if each.startswith("License")]
    own = [file.read_text(encoding="utf-8")[:200] for file in files(name) or []
           if "licenses" in file.parts]  # fmt: skip
    said = " ".join([stated or "", (about.get("License") or "")[:200], *classifiers, *own])
    wanted = rows()[name]
    words = ALSO_CALLED.get(wanted, (wanted,))
    assert wanted == stated or any(word in said for word in words), said


def test_extras_are_those_the_page_describes():
    described = set(re.findall(r"lazaretto\[(\w+)\]", PAGE)) | set(
        re.findall(r"^\| [\w.-]+ \| (\w+) \|", PAGE, re.M)
    )
    assert set(EXTRAS) - {"dev"} <= described


def test_the_data_page_lists_every_table_and_no_other():
    text = (DATA / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`([\w/-]+\.csv)`", text))
    shipped = {str(path.relative_to(DATA)) for path in DATA.rglob("*.csv")}
    assert shipped <= listed, "a table without source and licence"
    missing = {name for name in listed - shipped if "/" not in name}
    assert not missing, "a table that is not there"


def test_the_citation_is_of_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == lazaretto.__version__
    assert cited["license"] == PROJECT["license"]
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "date-released"} <= set(cited)


def test_versions_of_python_are_said_alike():
    stated = re.findall(
        r"Programming Language :: Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"])
    )
    assert stated == ["3.11", "3.12", "3.13", "3.14"]
    assert PROJECT["requires-python"] == f">={stated[0]}"
    assert f"Python {stated[0]}" in (ROOT / "README.md").read_text(encoding="utf-8")
