"""The page of `--json` says what commands print, key for key; long ones in their own tests."""

from __future__ import annotations

import json

import pytest
from json_pages import PAGE, documented
from own_place import write_place, write_scenario
from typer.main import get_command
from typer.testing import CliRunner

from lazaretto.cli import app


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("json")
    write_place(folder / "twin")
    write_scenario(folder)
    return folder


def printed(*words):
    result = CliRunner().invoke(app, [*map(str, words), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_what_a_run_prints_is_on_the_page(folder):
    runs = ("--out", folder / "runs")
    made = printed("run", folder / "twin.yaml", *runs)
    assert set(made) == documented("run")
    changed = printed("run", folder / "twin.yaml", "--set", "r0=2", *runs)
    assert set(changed) - set(made) == {"changed", "against"}
    each = made["replicates"][0]
    assert set(each) == {"seed", "infections", "reported", "deaths", "wall_s", "series_sha256"}
    assert set(printed("list", *runs)) == documented("list")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("check", ["check", "{}/twin.yaml"]),
        ("new", ["new", "{}/new"]),
        ("people", ["people", "chongming"]),
        ("inspect day", ["inspect", "day"]),
        ("inspect people", ["inspect", "people", "{}/twin"]),
        ("inspect disease", ["inspect", "disease", "delta"]),
    ],
)
def test_what_a_short_command_prints_is_on_the_page(folder, command, words):
    assert set(printed(*(word.format(folder) for word in words))) == documented(command)


def test_every_command_is_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    silent = {"schema", "mcp", "serve"}  # JSON without asking, and two that answer others
    commands = set(get_command(app).commands) - silent  # type: ignore[attr-defined]
    for name in commands:
        assert f"## {name}" in page, name
    assert {"new", "calibrate", "branch"} <= commands
