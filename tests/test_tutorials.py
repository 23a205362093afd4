"""Tutorials are what they say: every command of theirs exists, and all of it runs as written."""

from __future__ import annotations

import re
import shlex
import time
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from lazaretto.cli import app

PAGES = sorted((Path(__file__).parents[1] / "docs" / "tutorials").glob("*.md"))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^# file: (\S+)\n")


def blocks(page):
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def commands(text):
    joined = text.replace("\\\n", " ")
    return [shlex.split(line[2:]) for line in joined.splitlines() if line.startswith("$ ")]


def test_there_are_tutorials():
    assert len(PAGES) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_says_how_long_it_takes(page):
    assert re.match(r"# [^\n]+\n\n\*Takes [^*]+\*\n", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_commands_and_options_exist(page):
    known = get_command(app).commands  # type: ignore[attr-defined]
    for language, text in blocks(page):
        for program, name, *words in commands(text) if language == "console" else []:
            assert program == "lazaretto"
            options = {o for p in known[name].params for o in (*p.opts, *p.secondary_opts)}
            assert {word for word in words if word.startswith("--")} <= options, name


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_runs_as_written(page, tmp_path, monkeypatch):
    """In order, in an empty folder: files are written, commands called, Python executed."""
    monkeypatch.chdir(tmp_path)
    began = time.perf_counter()
    names: dict[str, object] = {"__name__": "tutorial"}
    for language, text in blocks(page):
        file = FILE.match(text)
        if file is not None:
            Path(file[1]).write_text(text[file.end() :], encoding="utf-8")
        elif language == "console":
            for _, *words in commands(text):
                done = CliRunner().invoke(app, words)
                assert done.exit_code == 0, f"{words}\n{done.output}"
        elif language == "python":
            exec(compile(text, str(page), "exec"), names)
    [stated] = re.findall(r"^\*(Takes [^*.]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    print(f"{page.stem}: {time.perf_counter() - began:.0f} s computing here; page: {stated}")
