"""The command that goes on from one saved day under many policies."""

from __future__ import annotations

import re
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from lazaretto.commands.options import RunFolders, Threads
from lazaretto.commands.starting import check_folder, check_set_once, say_idle, say_if_compiling
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
from lazaretto.console.columns import BETWEEN, LEAST, broken, numbers_whole, wide

if TYPE_CHECKING:
    from rich.table import Table

    from lazaretto.scenario import Scenario
    from lazaretto.studies.branches.branching import Branch, Branching
    from lazaretto.studies.contrast import Contrast

MOST_SHOWN = 40
"""Policies that are listed in a terminal; --json has all of them."""

CUT_SHORT = re.compile(r"-[0-9a-f]{6}$")
"""End of a name that a digest stands in, see `lazaretto.studies.labels.label`."""

OTHER_NUMBER = (
    "The run has {} replicates and {} are asked for: nothing of it is found, for a run folder "
    "is of one number of replicates. Leave out --replicates to find it."
)

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
        int | None, typer.Option(min=1, metavar="K",
                           help="Replicates; 1, or as many as RUN has. Only runs with as many are "
                           "found again.")
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
        check_folder(folder)
        check_set_once([text.partition("=")[0].strip() for text in vary or []], overrides or [])
        base, own_seed, own_replicates = _base(scenario, overrides or [])
        if own_replicates is not None and replicates not in (None, own_replicates):
            complain(OTHER_NUMBER.format(own_replicates, replicates))
        day = _date(on)
        policies = _policies(base, day, others or [], vary or [], overrides or [])
        say_idle([base, *policies])
        say_if_compiling()
        try:
            with progress_shown(as_json) as progress, stop_asked() as stop:
                own_seed = own_seed if seed is None else seed
                own_replicates = replicates or own_replicates or 1
                how = How(own_seed, own_replicates, threads or cores(), folder, progress, stop)
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
    amounts = {c.kind: short(c.less.mid) for each in made.branches for c in each.contrasts}
    rows = [[base.name, *(amounts[kind] for kind in kinds)]]
    for each in made.branches[:MOST_SHOWN]:
        of_kind = {c.kind: c for c in each.contrasts}
        cells = (_cell(of_kind.get(kind), several=several) for kind in kinds)
        rows.append([_called(each, base), *cells])
    out.print(_table(rows, kinds))
    left = len(made.branches) - MOST_SHOWN
    said = "The first line is the policy that is branched; below it, in brackets, how many more "
    said += "than under it" + (
        ", medians over pairs of runs with the same seed, their range below" if several else ""
    )
    out.print(Text(f"{said}.{f' {left} more policies are in --json.' if left > 0 else ''}", "dim"))
    for policy, why in made.failed:
        out.print(Text(f"could not be run: {policy.name}: {why}"), soft_wrap=True)
    for path in made.pasts:
        out.print(Text(f"the past   {path}, the same in every run, checked"), soft_wrap=True)
    for each in made.branches[:MOST_SHOWN]:
        found = ", made before" if each.found else ""
        out.print(Text(f"run        {each.summary['run']}{found}"), soft_wrap=True)
    out.print(Text(f"took       {seconds:.1f} s"))


def _called(each: Branch, base: Scenario) -> str:
    """Return what a policy is called; where its name is cut short, all in which it differs."""
    name = each.policy.name.removeprefix(f"{base.name}-")
    if each.differs and CUT_SHORT.search(name):
        return "\n".join(words.removeprefix("measures.") for words in each.differs)
    return name


def _table(rows: list[list[str]], kinds: list[str]) -> Table:
    """Return the table of policies.

    In a narrow terminal the differences stand below the amounts. If the names still have no room
    they are listed above the table, by number.
    """
    if wide([["policy", *kinds], *rows]) > out.width:
        rows = [
            [row[0], *(cell.replace(" (", "\n(").replace(" to ", "\nto ") for cell in row[1:])]
            for row in rows
        ]
        kinds = [broken(kind, LEAST) for kind in kinds]
    room = out.width - wide([kinds, *(row[1:] for row in rows)]) - 2 * BETWEEN
    names = [row[0] for row in rows]
    if any(len(line) > room for name in names for line in name.split("\n")):
        for number, name in enumerate(names[1:], 1):
            said = "; ".join(name.split("\n"))
            out.print(Text(f"{number:>4}  {said}"), soft_wrap=True)
        names = [broken(names[0], room), *map(str, range(1, len(names)))]
    table = listing("policy", *kinds)
    numbers_whole(table)
    for number, (name, row) in enumerate(zip(names, rows, strict=True)):
        lines = name.split("\n")
        table.add_row(Text("\n".join(f"  {line}" if number else line for line in lines)), *row[1:])
    return table


def _cell(contrast: Contrast | None, *, several: bool) -> str:
    """Return an amount, how many more that is, and over which range in several pairs of runs."""
    from lazaretto.console.comparison import short

    if contrast is None:
        return "0"
    low, apart, high = (f"{'+' if end > 0 else ''}{short(end)}" for end in contrast.difference)
    said = f"{short(contrast.policy.mid)} ({apart})"
    return f"{said}\n{low} to {high}" if several and low != high else said


def _base(name: str, overrides: list[str]) -> tuple[Scenario, int, int | None]:
    """Return the scenario and its seed, and of a run folder its number of replicates."""
    from lazaretto.engine.checked import read_checked
    from lazaretto.scenario import Problem, ScenarioError
    from lazaretto.studies.manifest import MANIFEST, read_manifest

    run = Path(name)
    if not (run / MANIFEST).is_file():
        file_given(name)
        return read_checked(name, overrides), 1, None
    said = read_manifest(run)
    if said is None:
        advice = (
            "it is damaged, or of a version before checksums: give the folder's scenario.yaml "
            "instead, or run its scenario again"
        )
        raise ScenarioError([Problem("NAME", name, "a run folder with a whole manifest", advice)])
    inputs = said["inputs"]
    read = read_checked(run / "scenario.yaml", overrides)
    return read, int(inputs["seed"]), int(inputs["replicates"])


def _date(text: str) -> date:
    from lazaretto.scenario import Problem, ScenarioError

    try:
        return date.fromisoformat(text)
    except ValueError:
        allowed = "an ISO date, as 2022-04-10"
        advice = "write year-month-day, of a day that exists"
        raise ScenarioError([Problem("--on", text, allowed, advice)]) from None


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
