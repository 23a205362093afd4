"""The command that goes on from one saved day under many policies."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from lazaretto.commands.options import RunFolders, Threads
from lazaretto.console import (
    complain,
    file_given,
    listing,
    out,
    print_json,
    problems_shown,
    progress_shown,
    stop_asked,
    stopped_at,
)

if TYPE_CHECKING:
    from lazaretto.scenario import Scenario
    from lazaretto.studies.branches.branching import Branching
    from lazaretto.studies.contrast import Contrast

MOST_SHOWN = 40
"""Policies that are listed in a terminal; --json has all of them."""

COLUMNS = ("infections", "deaths", "days sealed", "days controlled", "food-insecure days")
"""What is shown of each policy: both pans."""


def branch_policies(
    scenario: Annotated[
        str,
        typer.Argument(help="A run folder, a scenario of the library, or a YAML file.",
                       metavar="RUN|SCENARIO"),
    ],
    on: Annotated[
        str, typer.Option("--on", metavar="DATE", help="First day on which policies may differ.")
    ],
    others: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="POLICY",
                     help="A policy: an alternative that SCENARIO names, a scenario, a YAML file, "
                     "or a measure added from DATE on, as food_delivery:share=0.5; repeatable."),
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option("--vary", metavar="KEY=VALUE,VALUE",
                     help="Values of a key, as measures.seal.to=2022-04-10,2022-04-20; several "
                     "keys make a grid."),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a value in all; repeatable."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Seed of the first replicate; 1, or that of RUN."),
    ] = None,
    replicates: Annotated[
        int | None, typer.Option(min=1, metavar="K", help="Replicates; 1, or as many as RUN has.")
    ] = None,
    threads: Threads = 0,
    folder: RunFolders = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:  # fmt: skip
    """Simulate to the evening before a day once, and many policies onward from it.

    A branch equals the run of its policy from the first day, bit for bit, and lies in its run
    folder. A policy that differs before the day is refused, with what differs.
    """
    from lazaretto.studies import Interrupted, cores
    from lazaretto.studies.branches.branching import PastDiffersError, branch
    from lazaretto.studies.pairs import How

    began = time.perf_counter()
    with problems_shown(as_json):
        base, own_seed, own_replicates = _base(scenario, overrides or [])
        day = _date(on)
        policies = _policies(base, day, others or [], vary or [], overrides or [])
        try:
            with progress_shown(as_json) as progress, stop_asked() as stop:
                how = How(own_seed if seed is None else seed, replicates or own_replicates,
                          threads or cores(), folder, progress, stop)  # fmt: skip
                made = branch(base, policies, day, how, None if as_json else complain)
        except Interrupted as stopped:
            stopped_at(stopped.goes_on_from)
        except PastDiffersError as error:
            complain(str(error))
            raise typer.Exit(1) from None
    if as_json:
        print_json(made.as_json())
    else:
        print_branching(made, time.perf_counter() - began)


def print_branching(made: Branching, seconds: float) -> None:
    """Print the policies beside the one that was branched, both pans."""
    from lazaretto.console.comparison import short

    base, outcome = made.base
    out.print(Text(f"{base.name}, branched on {made.on}", style="bold"))
    several = len(outcome.summary["replicates"]) > 1
    kinds = [kind for kind in COLUMNS
             if any(c.kind == kind for each in made.branches for c in each.contrasts)]  # fmt: skip
    table = listing("policy", *kinds)
    table.columns[0].overflow = "fold"
    for column in table.columns[1:]:
        column.justify = "right"
    amounts = {c.kind: short(c.less.mid) for each in made.branches for c in each.contrasts}
    table.add_row(base.name, *(amounts[kind] for kind in kinds))
    for each in made.branches[:MOST_SHOWN]:
        of_kind = {c.kind: c for c in each.contrasts}
        name = each.policy.name.removeprefix(f"{base.name}-")
        table.add_row(f"  {name}", *(_cell(of_kind.get(kind)) for kind in kinds))
    out.print(table)
    left = len(made.branches) - MOST_SHOWN
    said = "The first line is the policy that is branched; below it, in brackets, how many more "
    said += "than under it" + (", medians over pairs of runs with the same seed" if several else "")
    out.print(Text(f"{said}.{f' {left} more policies are in --json.' if left > 0 else ''}", "dim"))
    for policy, why in made.failed:
        out.print(Text(f"could not be run: {policy.name}: {why}"), soft_wrap=True)
    for path in made.pasts:
        out.print(Text(f"the past   {path}, the same in every run, checked"), soft_wrap=True)
    for each in made.branches[:MOST_SHOWN]:
        found = ", made before" if each.found else ""
        out.print(Text(f"run        {each.summary['run']}{found}"), soft_wrap=True)
    out.print(Text(f"took       {seconds:.1f} s"))


def _cell(contrast: Contrast | None) -> str:
    from lazaretto.console.comparison import short

    if contrast is None:
        return "0"
    apart = contrast.difference.mid
    return f"{short(contrast.policy.mid)} ({'+' if apart > 0 else ''}{short(apart)})"


def _base(name: str, overrides: list[str]) -> tuple[Scenario, int, int]:
    """Return the scenario, and the seed and number of replicates of a run folder if it is one."""
    import json

    from lazaretto.engine.checked import read_checked
    from lazaretto.studies.run_folder import MANIFEST

    manifest = Path(name) / MANIFEST
    if not manifest.is_file():
        file_given(name)
        return read_checked(name, overrides), 1, 1
    inputs = json.loads(manifest.read_text(encoding="utf-8"))["inputs"]
    read = read_checked(Path(name) / "scenario.yaml", overrides)
    return read, int(inputs["seed"]), int(inputs["replicates"])


def _date(text: str) -> date:
    from lazaretto.scenario import Problem, ScenarioError

    try:
        return date.fromisoformat(text)
    except ValueError:
        allowed = "an ISO date, as 2022-04-10"
        raise ScenarioError([Problem("--on", text, allowed, "write year-month-day")]) from None


def _policies(
    base: Scenario, on: date, others: list[str], vary: list[str], overrides: list[str]
) -> list[Scenario]:
    """Return the policies that go on from a day, all problems with them at once."""
    from lazaretto.scenario import Problem, ScenarioError
    from lazaretto.studies.branches.branching import varied
    from lazaretto.studies.named_policies import policy_named

    found, problems = [], []
    for name in others:
        try:
            found.append(policy_named(base, name, on, overrides))
        except ScenarioError as error:
            problems += error.problems
    try:
        found += varied(base, vary) if vary else []
    except ScenarioError as error:
        problems += error.problems
    if not others and not vary:
        allowed = "policies to go on with"
        advice = "name one with --with, or write --vary KEY=VALUE,VALUE"
        problems.append(Problem("branch", "none", allowed, advice))
    if problems:
        raise ScenarioError(problems)
    return found
