"""What tests found, kept for the validation report: ``pytest --evidence FILE``.

A test that is evidence for a claim (tests/validation/claims.yaml) leaves its outcome, its date,
the lines it printed and the numbers it measured. What is not run again keeps its older entry, so
every row of the report has a date of its own.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Generator, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from lazaretto.whole_files import write_whole

ROOT = Path(__file__).parents[1]
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


def running() -> str:
    """Return the name of the running test."""
    return _running[-1].name


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
        if config.option.capture == "no":
            raise pytest.UsageError("--evidence keeps what tests print: leave out -s")
        whole = not config.option.keyword and not any("::" in word for word in config.args)
        config.pluginmanager.register(Keeper(config.getoption("--evidence"), whole), "evidence")


def mark_evidence(items: list[pytest.Item]) -> None:
    """Mark what is evidence, so that ``-m "slow or evidence"`` finds it."""
    tests = claimed()
    for item in items:
        if without_case(item.nodeid) in tests:
            item.add_marker("evidence")


class Keeper:
    """Keeps what was found, each test as it ends: an interrupted validation loses nothing.

    A test that ended its process, or was never got to, is kept as one that failed; one that is
    skipped leaves what was found before, and says since when and why it was not run again.
    """

    def __init__(self, file: Path, whole: bool) -> None:
        self.file, self.whole, self.tests = file, whole, claimed()
        self.parts: dict[str, dict[str, Any]] = {}
        self.due: set[str] = set()
        self.ended: set[str] = set()
        self.stamp = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "version": version()}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take in which tests are to be run."""
        self.take_in(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: object, ids: list[str]) -> None:
        """Take in which tests are to be run by workers."""
        self.take_in(ids)

    def take_in(self, names: Iterable[str]) -> None:
        """Remember the tests that are evidence among those to be run."""
        self.due |= {name for name in names if without_case(name) in self.tests}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep that a file of tests could not be read."""
        if report.failed:
            why = {"outcome": "failed", "reason": "its file of tests cannot be read"}
            for test in self.tests:
                if test.startswith(f"{report.nodeid}::"):
                    self.keep(test, dict(why))

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
            lines = [line.strip() for line in report.capstdout.splitlines()]
            found["printed"] = [without_root(line)[:LINE] for line in lines if line][-LINES:]
            found["measured"] = [v for name, v in report.user_properties if name == "measured"]
        if report.when not in ("setup", "call"):
            del self.parts[report.nodeid]
            self.ended.add(report.nodeid)
            self.keep(report.nodeid, found)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Keep what did not end, and forget cases of tests that are no more."""
        if exitstatus not in (0, 1):
            return
        for test in self.due - self.ended:
            self.keep(test, {"outcome": "failed", "reason": "it did not end"})
        if self.whole:
            functions = {without_case(test) for test in self.due}
            kept = self.read()
            gone = [t for t in kept if without_case(t) in functions and t not in self.due]
            self.write({test: entry for test, entry in kept.items() if test not in gone})

    def keep(self, test: str, found: dict[str, Any]) -> None:
        """Write the entry of a test that ended."""
        kept = self.read()
        if found["outcome"] == "skipped" and test in kept:
            kept[test]["skipped"] = {"date": self.stamp["date"], "reason": found.get("reason", "")}
        else:
            found["seconds"] = round(found.get("seconds", 0.0), 1)
            kept[test] = found | self.stamp
        self.write(kept)

    def read(self) -> dict[str, Any]:
        """Return what is kept; read anew each time, for another may have kept something."""
        return json.loads(self.file.read_text("utf-8")) if self.file.is_file() else {}

    def write(self, kept: dict[str, Any]) -> None:
        write_whole(self.file, json.dumps(kept, indent=1, sort_keys=True) + "\n")


def version() -> str:
    """Return the commit that is checked out, with a mark if code or tests differ from it."""

    def git(*words: str) -> subprocess.CompletedProcess[str]:
        command = ["git", *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    commit = git("rev-parse", "--short", "HEAD").stdout.strip()
    changed = commit and git("diff", "--quiet", "HEAD", "--", "src", "tests").returncode
    return f"{commit}, changed" if changed else commit or "unknown"


def reason_of(report: pytest.TestReport) -> str:
    """Return why a test did not pass, in a line."""
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail).removeprefix("reason: ")
    if isinstance(report.longrepr, tuple):
        return without_root(str(report.longrepr[2]).removeprefix("Skipped: "))
    crash = getattr(report.longrepr, "reprcrash", None)
    said = str(getattr(crash, "message", report.longrepr)).split("\n")[0]
    return without_root(said)[:LINE]


def without_root(text: str) -> str:
    """Return a text without the path of this checkout, which nobody else has."""
    return text.replace(f"{ROOT}/", "")
