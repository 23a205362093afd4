"""A test is worth what it notices: bugs are planted, and the test named for each must fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from planted_bugs import BUGS, PLANTED, Bug
from reference_misreadings import MISREADINGS, MISREADINGS_OF_PEOPLE
from reference_nation_misreadings import MISREADINGS as MISREADINGS_OF_TRAVEL

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "planted-bugs.md"


def run(test: str, bug: str = "") -> subprocess.CompletedProcess[str]:
    """Run one test in a process of its own, with a bug planted or none."""
    command = [sys.executable, "-m", "pytest", "-p", "planted_bugs", "-p", "no:cacheprovider",
               "-s", str(HERE / test)]  # fmt: skip
    environment = os.environ | {PLANTED: bug, "PYTHONPATH": os.pathsep.join(
        [str(HERE), os.environ.get("PYTHONPATH", "")])}  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment,
                          cwd=HERE.parent)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_noticed(bug: Bug):
    sound = run(bug.test)
    assert sound.returncode == 0, sound.stdout[-3_000:]
    planted = run(bug.test, bug.name)
    said = [
        line for line in planted.stdout.splitlines() if re.match(r"E +assert|[A-Za-z].*<", line)
    ]
    print(f"\n{bug.name}: {bug.what}\n    " + "\n    ".join(said[:6]))
    assert planted.returncode == 1, f"not noticed: {planted.stdout[-3_000:]}"
    assert "AssertionError" in planted.stdout or "E       assert" in planted.stdout
    assert "1 failed" in planted.stdout


def test_the_page_lists_every_bug_with_its_test():
    text = PAGE.read_text(encoding="utf-8")
    for bug in BUGS:
        [row] = [line for line in text.splitlines() if line.startswith(f"| {bug.name} |")]
        assert bug.what in row
        assert bug.test.replace("::", " ").partition("[")[0].split()[1] in row
    for kind in (*MISREADINGS, *MISREADINGS_OF_PEOPLE, *MISREADINGS_OF_TRAVEL):
        assert f"`{kind.__name__}`" in text, kind.__name__
    assert len(BUGS) >= 12


def test_every_test_named_is_there():
    for bug in BUGS:
        file, _, name = bug.test.partition("::")
        assert f"def {name.partition('[')[0]}(" in (HERE / file).read_text(encoding="utf-8")
