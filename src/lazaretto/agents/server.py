"""A server of the Model Context Protocol: check, run, compare and inspect, for agents."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

from mcp.server.mcpserver import Context, MCPServer
from pydantic import Field

import lazaretto
from lazaretto.agents.called import CalledError, Said, called
from lazaretto.agents.daily import daily
from lazaretto.agents.written import RefusedError, kept

INSTRUCTIONS = """\
Lazaretto simulates every resident of a real place under a containment policy and reports both what
the virus does and what the policy does to people. Always tell both, with bands, and name assumed
numbers that matter. It is no forecast, says nothing of real persons or addresses, and does not
search for better enforcement or censorship. Begin with `known` (scenarios) and `check`; a run of
shanghai-2022 at full scale takes a few seconds a replicate.
"""

SCENARIOS, RUNS = "scenarios", "runs"
"""Folders, below the one the server works in, of scenarios that were written and of runs."""

ScenarioText = Annotated[
    str,
    Field(description="Name of a shipped scenario, as shanghai-2022; the path of a YAML file; or "
          "the YAML itself (place, disease, start, end, ...)."),
]  # fmt: skip
Changes = Annotated[
    list[str] | None,
    Field(description="Values to set, as r0=5 or measures.lockdown.from=2022-03-14."),
]
Replicates = Annotated[
    int, Field(ge=1, le=1000, description="Runs with different chance; 20 give a band.")
]


def server(folder: Path) -> MCPServer:
    """Return the server, which works in a folder.

    Parameters
    ----------
    folder
        Paths are relative to it; runs and written scenarios are kept below it.
    """
    made = MCPServer("lazaretto", instructions=INSTRUCTIONS, version=lazaretto.__version__)
    one_at_a_time = asyncio.Semaphore(1)

    async def asked(context: Context, command: list[str], arguments: list[str]) -> Said:
        async def goes_on(seconds: float) -> None:
            await context.report_progress(seconds, None, f"{command[0]}, {seconds:.0f} s")

        try:
            async with one_at_a_time:
                return await called(command, arguments, folder, goes_on)
        except CalledError as error:
            return _wrong(error)

    def named(scenario: str) -> str:
        if "\n" not in scenario:
            return scenario
        return str(kept(scenario, folder / SCENARIOS))

    async def with_scenario(command: str, scenario: str, more: list[str], context: Context) -> Said:
        try:
            return await asked(context, [command], [*more, "--", named(scenario)])
        except RefusedError as error:
            return _wrong(error, key="scenario")

    @made.tool()
    async def known(
        what: Literal["scenarios", "measures", "diseases", "places", "runs"], context: Context
    ) -> Said:
        """List scenarios that ship, measures, diseases, places with residents, or finished runs."""
        said = await asked(context, ["list"], ["--out", RUNS])
        return {what: said.get(what, said)}

    @made.tool()
    async def check(scenario: ScenarioText, context: Context, set: Changes = None) -> Said:  # noqa: A002
        """Check a scenario: its policy by date, or every problem with what to do."""
        return await with_scenario("check", scenario, _set(set), context)

    @made.tool()
    async def run(
        scenario: ScenarioText, context: Context, set: Changes = None,  # noqa: A002
        replicates: Replicates = 1, seed: Annotated[int, Field(ge=0)] = 1,
    ) -> Said:  # fmt: skip
        """Simulate a scenario: infections, reports, deaths, person-days confined, report folder."""
        more = ["--replicates", str(replicates), "--seed", str(seed), "--out", RUNS]
        return await with_scenario("run", scenario, [*_set(set), *more], context)

    @made.tool()
    async def compare(
        scenario: ScenarioText, context: Context,
        alternatives: Annotated[
            list[str] | None,
            Field(description="Other policies: names under alternatives: of the scenario, or "
                  "other scenarios. Without any, the next less restrictive policy."),
        ] = None,
        set: Changes = None, replicates: Replicates = 5,  # noqa: A002
    ) -> Said:  # fmt: skip
        """Compare policies run with the same chance: paired differences, health and human cost."""
        others = [part for name in alternatives or [] for part in ("--with", name)]
        more = ["--replicates", str(replicates), "--out", RUNS]
        return await with_scenario("compare", scenario, [*others, *_set(set), *more], context)

    @made.tool()
    async def by_day(
        run: Annotated[str, Field(description="Folder of a finished run, as known gives it.")],
    ) -> Said:
        """Give what a finished run had by day with bands: reports, deaths, residents confined."""
        path = (folder / run).resolve()
        if not path.is_relative_to(folder.resolve()):
            return _wrong("give a run below the folder of the server", key="run", value=run)
        try:
            return await asyncio.to_thread(daily, path)
        except (OSError, KeyError, ValueError) as error:
            return _wrong(error, key="run", value=run)

    @made.tool()
    async def inspect(
        what: Literal["day", "people", "disease"], context: Context,
        name: Annotated[
            str, Field(description="The place of people, or the variant of disease.")
        ] = "",
    ) -> Said:  # fmt: skip
        """Show the steps of a day, the people of a place beside their census, or a disease."""
        return await asked(context, ["inspect", what], ["--", *([name] if name else [])])

    return made


def _wrong(advice: object, **where: str) -> Said:
    """Return a problem as the command line tells it."""
    return {"ok": False, "problems": [where | {"advice": str(advice)}]}


def _set(changes: list[str] | None) -> list[str]:
    return [part for change in changes or [] for part in ("--set", change)]
