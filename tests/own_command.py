"""The command in this process, as a test calls it: what it printed, if it ended as expected."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from lazaretto.cli import app


def lazaretto(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def run(scenario, runs, *words, code=0):
    return lazaretto("run", scenario, "--out", runs, "--no-report", *words, code=code)


def run_json(scenario, runs, *words):
    return json.loads(run(scenario, runs, "--json", *words).stdout)
