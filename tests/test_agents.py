"""Agents: the server of the Model Context Protocol, called as an agent calls it."""

from __future__ import annotations

import os
import sys

import anyio
import pytest
import yaml
from own_place import SCENARIO, write_place, write_scenario
from typer.testing import CliRunner

from lazaretto.agents.written import LARGEST, RefusedError, kept
from lazaretto.cli import app

mcp = pytest.importorskip("mcp")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agent")
    write_place(folder / "twin")
    write_scenario(folder)
    return folder


def agent(folder, ask):
    """Start the server as an agent would, over standard input and output, and ask."""

    async def talk():
        parameters = mcp.StdioServerParameters(
            command=sys.executable,
            args=["-m", "lazaretto.cli", "mcp", "--folder", str(folder)],
            env=dict(os.environ),
        )
        async with mcp.Client(parameters) as client:
            return await ask(client)

    return anyio.run(talk)


def said(result):
    assert not result.is_error, result
    return result.structured_content


def test_its_tools_are_described(folder):
    async def ask(client):
        return await client.list_tools(), client.instructions

    listed, instructions = agent(folder, ask)
    tools = {tool.name: tool for tool in listed.tools}
    assert set(tools) == {"known", "check", "run", "compare", "by_day", "inspect"}
    assert all(tool.description for tool in tools.values())
    assert set(tools["run"].input_schema["properties"]) == {
        "scenario", "set", "replicates", "seed",
    }  # fmt: skip
    assert "tell both" in instructions


def test_it_checks_runs_and_shows_both_pans(folder):
    seen = []

    async def ask(client):
        async def on_progress(*told):
            seen.append(told)

        known = await client.call_tool("known", {"what": "scenarios"})
        checked = await client.call_tool("check", {"scenario": "twin.yaml", "set": ["r0=4"]})
        ran = await client.call_tool(
            "run", {"scenario": "twin.yaml", "replicates": 2}, progress_callback=on_progress
        )
        by_day = await client.call_tool("by_day", {"run": said(ran)["run"]})
        again = await client.call_tool("run", {"scenario": "twin.yaml", "replicates": 2})
        return known, checked, ran, by_day, again

    known, checked, ran, by_day, again = map(said, agent(folder, ask))
    assert "shanghai-2022" in known["scenarios"]
    assert checked["ok"]
    assert checked["scenario"]["r0"]["value"] == 4
    assert ran["infections"] > 0
    assert ran["person_days"]["sealed"] > 0
    assert again["found"]
    assert again["series_sha256"] == ran["series_sha256"]
    assert by_day["replicates"] == 2
    assert len(by_day["date"]) == len(by_day["infections"][1]) == 40
    assert max(by_day["sealed"][1]) > 1_000
    assert (folder / ran["run"] / "report.html").is_file()


def test_it_takes_a_scenario_as_text_and_keeps_it(folder):
    text = yaml.safe_dump(SCENARIO | {"place": str(folder / "twin"), "measures": []})

    async def ask(client):
        return await client.call_tool("check", {"scenario": text})

    checked = said(agent(folder, ask))
    assert checked["ok"], checked
    [file] = (folder / "scenarios").glob("*.yaml")
    assert file.read_text() == text


def test_what_is_wrong_is_told_as_problems(folder):
    wrong = yaml.safe_dump(SCENARIO | {"measures": [{"measure": "../curfew.py:Curfew"}]})

    async def ask(client):
        return [
            await client.call_tool(name, arguments)
            for name, arguments in (
                ("check", {"scenario": "shanghia-2022"}),
                ("check", {"scenario": "twin.yaml", "set": ["r0=-1", "rO=3"]}),
                ("check", {"scenario": "--help"}),
                ("check", {"scenario": wrong}),
                ("by_day", {"run": "../../etc"}),
                ("by_day", {"run": "runs/none"}),
                ("inspect", {"what": "disease", "name": "measles"}),
            )
        ]

    found = [said(result) for result in agent(folder, ask)]
    assert all(each["ok"] is False for each in found)
    problems = [each["problems"] for each in found]
    assert "shanghai-2022" in problems[0][0]["advice"]
    assert len(problems[1]) == 2
    assert "--help" in str(problems[2])
    assert "files of code" in problems[3][0]["advice"]
    assert "below the folder" in problems[4][0]["advice"]
    assert "no finished run" in problems[5][0]["advice"]
    assert "omicron-ba2" in problems[6][0]["allowed"]


def test_a_text_that_is_no_scenario_is_refused(tmp_path):
    for text, why in (("- a\n- b\n", "mapping"), ("a: [\n", "no YAML"), ("#\n" * LARGEST, "bytes"),
                      ("alternatives:\n- {set: {measures: [{measure: 'x.py:Y'}]}}\n", "code"),
                      ("a: !!python/object/apply:os.system [ls]\n", "no YAML")):  # fmt: skip
        with pytest.raises(RefusedError, match=why):
            kept(text, tmp_path / "scenarios")
    assert not (tmp_path / "scenarios").exists()


def test_without_a_folder_it_says_so(tmp_path):
    refused = CliRunner().invoke(app, ["mcp", "--folder", str(tmp_path / "none")])
    assert refused.exit_code == 1
    assert "no folder" in refused.output
