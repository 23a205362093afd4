"""The validation report: its claims name tests that are there, and its page is what was found."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from evidence import claimed, claims

TESTS = Path(__file__).parent
ROOT = TESTS.parent


def written_tests() -> set[str]:
    """Return every test of every file, as pytest names them."""
    found = set()
    for file in TESTS.rglob("test_*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]
        found |= {f"{file.relative_to(ROOT).as_posix()}::{name}" for name in names}
    return found


def test_every_claim_has_tests_and_they_are_there():
    assert claimed() - written_tests() == set()
    assert all(claim["tests"] for part in claims() for claim in part["claims"])


def test_behaviour_tests_b1_to_b20_are_claims():
    [people] = [part for part in claims() if part["part"] == "People under the policy"]
    numbers = [claim["claim"].partition(",")[0] for claim in people["claims"]]
    assert numbers == [f"B{number}" for number in range(1, 21)]


def kept_of(folder: Path, text: str) -> dict[str, dict[str, Any]]:
    """Return what is kept of a small file of tests that prove two claims."""
    tests = folder / "tests"
    (tests / "validation").mkdir(parents=True)
    for name in ("evidence.py", "conftest.py"):
        (tests / name).write_text((TESTS / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tests / "validation" / "claims.yaml").write_text(
        "- part: One\n  says: it\n  claims:\n"
        "    - {claim: sound, tests: ['tests/test_it.py::test_sound']}\n"
        "    - {claim: known, tests: ['tests/test_it.py::test_known']}\n"
        "    - {claim: broken, tests: ['tests/test_it.py::test_broken']}\n"
        "    - {claim: left, tests: ['tests/test_it.py::test_left']}\n",
        encoding="utf-8",
    )
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n slow\n evidence\n", encoding="utf-8")
    return run_again(folder, text)


def run_again(folder: Path, text: str, *words: str) -> dict[str, dict[str, Any]]:
    """Return what is kept after these tests were run."""
    (folder / "tests" / "test_it.py").write_text(text, encoding="utf-8")
    asked = [sys.executable, "-B", "-m", "pytest", "-q", "-m", "slow or evidence", *words,
             "--evidence=kept.json", "tests"]  # fmt: skip
    subprocess.run(asked, cwd=folder, capture_output=True, check=False)
    kept: dict[str, dict[str, Any]] = json.loads((folder / "kept.json").read_text("utf-8"))
    return kept


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return kept_of(
        tmp_path_factory.mktemp("claims"),
        "import pytest\n"
        "from evidence import measured\n"
        "@pytest.mark.parametrize('r0', [2, 3])\n"
        "def test_sound(r0):\n"
        "    print('seen', r0)\n"
        "    measured('size', 0.5, 0.4, 0.6)\n"
        "@pytest.mark.xfail(strict=True, reason='it is off by a tenth')\n"
        "def test_known():\n"
        "    assert False\n"
        "def test_broken():\n"
        "    assert not __file__\n"
        "def test_left():\n"
        "    pytest.skip('no such machine')\n"
        "def test_no_evidence():\n"
        "    pass\n",
    )


def test_what_tests_found_is_kept(kept):
    entry = kept["tests/test_it.py::test_sound[3]"]
    assert entry["outcome"] == "passed"
    assert entry["printed"] == ["seen 3"]
    assert entry["measured"] == [["size", 0.5, 0.4, 0.6]]
    assert kept["tests/test_it.py::test_known"]["reason"] == "it is off by a tenth"
    broken = kept["tests/test_it.py::test_broken"]
    assert broken["outcome"] == "failed"
    assert broken["reason"] == "AssertionError: assert not 'tests/test_it.py'"
    assert "tests/test_it.py::test_no_evidence" not in kept


def test_the_page_tells_what_holds_and_what_does_not(kept, monkeypatch):
    monkeypatch.syspath_prepend(TESTS / "validation")
    import page

    def judged(test: str) -> tuple[str, bool | None]:
        return page.judged([entry for name, entry in kept.items() if f"::test_{test}" in name], [])

    ways = [judged(test) for test in ("sound", "known", "broken", "left")]
    assert [holds for _, holds in ways] == [True, False, False, None]
    assert ways[1][0] == "**does not hold** (this): it is off by a tenth"
    assert ways[2][0].startswith("**fails**")
    assert ways[3][0] == "not run: no such machine"
    sound = [entry for name, entry in kept.items() if "::test_sound" in name]
    assert page.judged(sound, ["test_gone"]) == (
        "holds as far as it was run (no entry of test_gone)", None)  # fmt: skip


@pytest.mark.parametrize(
    ("number", "place", "inside"),
    [
        ((2.0, 1.0, 3.0), 0.0, True),
        ((3.5, 1.0, 3.0), 1.5, False),
        ((5.0, None, 10.0), 0.5, True),
        ((20.0, None, 10.0), 1.6, False),
        ((2.0, 1.0, None), -0.5, True),
        ((0.8, 1.0, None), -1.25, False),
        ((1.0, 1.0, 1.0), 0.0, True),
        ((2.0, 1.0, 1.0), 1.6, False),
    ],
)
def test_a_number_is_drawn_where_it_lies_in_its_band(monkeypatch, number, place, inside):
    monkeypatch.syspath_prepend(TESTS / "validation")
    import page

    assert page.place_in_band(*number) == pytest.approx(place)
    assert page.inside(*number) is inside


def test_what_ends_its_process_and_what_is_no_more_is_not_left_as_it_was(tmp_path):
    """A process that dies, a case that is gone, a file that cannot be read, a test skipped now."""
    sound = "import os, pytest\n@pytest.mark.parametrize('r0', [2, 3])\ndef test_sound(r0): pass\n"
    kept_of(tmp_path, sound + "def test_known(): pass\ndef test_left(): pass\n")
    again = sound.replace("[2, 3]", "[2]") + "def test_known(): os._exit(1)\n"
    again += "def test_left(): pytest.skip('no such machine')\n"
    kept = run_again(tmp_path, again, "-n", "1")
    assert "tests/test_it.py::test_sound[3]" not in kept
    assert kept["tests/test_it.py::test_known"]["outcome"] == "failed"
    left = kept["tests/test_it.py::test_left"]
    assert (left["outcome"], left["skipped"]["reason"]) == ("passed", "no such machine")
    kept = run_again(tmp_path, "import nothing_of_this_name\n")
    assert kept["tests/test_it.py::test_known"]["reason"] == "its file of tests cannot be read"


def test_the_page_is_that_of_the_evidence_kept(monkeypatch):
    monkeypatch.syspath_prepend(TESTS / "validation")
    import page

    kept = json.loads((ROOT / "docs" / "validation.json").read_text(encoding="utf-8"))
    assert page.page(kept) == (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
