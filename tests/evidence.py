"""What tests found, kept for the validation report: ``pytest --evidence FILE``.

A test that is evidence for a claim (tests/validation/claims.yaml) leaves its outcome, its date,
the lines it printed and the numbers it measured. What is not run again keeps its older entry, so
every row of the report has a date of its own.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from lazaretto.whole_files import write_whole

CLAIMS = Path(__file__).parent / "validation" / "claims.yaml"
LINES, LINE = 4, 300
"""Lines of a test that are kept, from its last, and characters of a line."""


def claims() -> list[dict[str, Any]]:
    """Return the parts of the report, each with its claims."""
    return list(yaml.safe_load(CLAIMS.read_text(encoding="utf-8")))


def claimed() -> set[str]:
    """Return the tests that are evidence, as ``tests/test_growth.py::test_growth_rate``."""
    return {test for part in claims() for claim in part["claims"] for test in claim["tests"]}


def without_case(test: str) -> str:
    """Return a test's name without the case it was run with."""
    return test.partition("[")[0]


_running: list[pytest.Item] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    _running[:] = [item]
    try:
        return (yield)
    finally:
        _running.clear()


def measured(what: str, value: float, low: float | None, high: float | None) -> None:
    """Keep a number of the running test and the band it has to lie in, for the figure of them all.

    Whether it lies there the test asserts itself. An end that is absent is open.
    """
    ends = [None if end is None else float(end) for end in (low, high)]
    _running[-1].user_properties.append(("measured", [what, float(value), *ends]))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--evidence", type=Path, help="keep here what tests found that prove claims")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--evidence", None) is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Keeper(config.getoption("--evidence")), "evidence")


def mark_evidence(items: list[pytest.Item]) -> None:
    """Mark what is evidence, so that ``-m "slow or evidence"`` finds it."""
    tests = claimed()
    for item in items:
        if without_case(item.nodeid) in tests:
            item.add_marker("evidence")


class Keeper:
    """Keeps what was found, each test as it ends: an interrupted validation loses nothing."""

    def __init__(self, file: Path) -> None:
        self.file, self.tests, self.parts = file, claimed(), {}
        self.kept = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        asked = ["git", "describe", "--always", "--dirty"]
        done = subprocess.run(asked, cwd=CLAIMS.parent, capture_output=True, text=True, check=False)
        self.version = done.stdout.strip() or "unknown"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in one part of a test: its set-up, its call or its end."""
        if without_case(report.nodeid) not in self.tests:
            return
        found = self.parts.setdefault(report.nodeid, {"outcome": "passed", "seconds": 0.0})
        found["seconds"] += report.duration
        if report.outcome != "passed":
            found["outcome"] = "xfailed" if hasattr(report, "wasxfail") else report.outcome
            found["reason"] = reason_of(report)
        elif hasattr(report, "wasxfail"):
            found["outcome"], found["reason"] = "xpassed", report.wasxfail
        if report.when == "call":
            found["printed"] = [
                line[:LINE] for line in report.capstdout.split("\n") if line.strip()
            ]
            found["measured"] = [v for name, v in report.user_properties if name == "measured"]
        if report.when == "teardown":
            del self.parts[report.nodeid]
            self.keep(report.nodeid, found)

    def keep(self, test: str, found: dict[str, Any]) -> None:
        """Write the entry of a test that ended; one that was skipped leaves the older entry."""
        if found["outcome"] == "skipped" and test in self.kept:
            return
        found["printed"] = found.get("printed", [])[-LINES:]
        found["seconds"] = round(found["seconds"], 1)
        found |= {"date": f"{datetime.now(UTC):%Y-%m-%d}", "version": self.version}
        self.kept[test] = found
        write_whole(self.file, json.dumps(self.kept, indent=1, sort_keys=True) + "\n")


def reason_of(report: pytest.TestReport) -> str:
    """Return why a test did not pass, in a line."""
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail).removeprefix("reason: ")
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(getattr(crash, "message", report.longrepr)).split("\n")[0][:LINE]
