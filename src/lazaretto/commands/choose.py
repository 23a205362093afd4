"""The command that searches for policies worth having, and what it prints."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from lazaretto.commands.options import AsJson, ScenarioName, SetFirst, StudyFolder, Workers
from lazaretto.commands.starting import check_folder, say_if_compiling
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
    from lazaretto.studies.choice.levers import Lever
    from lazaretto.studies.choice.search import Choice, Option

HEADINGS = {
    "deaths": "deaths",
    "sealed_days": "days sealed",
    "income": "income lost, RMB",
    "care": "visits forgone",
    "infections": "infections",
}
"""What is printed of an option: the four objectives, and infections."""

SHOWN = 20
"""Options of the Pareto set that are printed; the files have all."""


def choose_policies(
    scenario: ScenarioName,
    levers: Annotated[
        Path | None,
        typer.Option("--levers", metavar="FILE",
                     help="What may be changed (docs/choosing.md); for chongming-example and "
                     "shanghai-2022 a file comes along."),
    ] = None,
    runs: Annotated[
        int, typer.Option(min=1, metavar="N", help="Runs of the search: options times seeds.")
    ] = 120,
    seeds: Annotated[
        int, typer.Option(min=1, metavar="N", help="Seeds of every option, the same of all.")
    ] = 2,
    seed: Annotated[
        int, typer.Option(min=1, metavar="N", help="The first seed, of the search too.")
    ] = 1,
    sampler: Annotated[
        str, typer.Option(metavar="NAME", help="nsga2 or tpe (better with few runs).")
    ] = "nsga2",
    population: Annotated[
        int, typer.Option(min=2, metavar="N", help="Options between two looks at the results.")
    ] = 20,
    structures: Annotated[
        bool,
        typer.Option("--structures", help="Try the Pareto set under every structural alternative."),
    ] = False,
    draws: Annotated[
        Path | None,
        typer.Option("--draws", metavar="FILE",
                     help="Try it with draws of numbers: CSV or Parquet, a column for each."),
    ] = None,
    n_draws: Annotated[
        int, typer.Option("--n-draws", min=1, metavar="N", help="Draws that are used.")
    ] = 8,
    robust: Annotated[
        int, typer.Option(min=1, metavar="N", help="Options that are tried so.")
    ] = 8,
    overrides: SetFirst = None,
    folder: StudyFolder = Path("runs"),
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Search for policies that no other beats in deaths, days sealed, income and care alike.

    Over lawful, supportive and public-health levers only. All four are always shown. The cost is
    told first; a run of all Shanghai takes a quarter of a minute.
    """
    from lazaretto.engine.checked import read_checked
    from lazaretto.report.choice import choice_figure
    from lazaretto.report.files import save_chart
    from lazaretto.scenario import Problem, ScenarioError, did_you_mean, one_of
    from lazaretto.studies import Interrupted
    from lazaretto.studies.choice.levers import read_levers
    from lazaretto.studies.choice.search import SAMPLERS, choose
    from lazaretto.studies.choice.tables import as_json as said_of
    from lazaretto.studies.choice.tables import options_table, write_choice
    from lazaretto.studies.manifest import json_digest
    from lazaretto.studies.sensitivities.amounts_kept import KeptAmounts

    with problems_shown(as_json):
        check_folder(folder)
        file_given(scenario)
        chosen = next((each for each in SAMPLERS if each == sampler), None)
        problems = []
        if chosen is None:
            advice = did_you_mean(sampler, SAMPLERS, "choose one of them")
            problems.append(Problem("--sampler", sampler, one_of(SAMPLERS), advice))
        if runs < seeds:
            problems.append(Problem("--runs", runs, f"{seeds} or more", "an option has all seeds"))
        if problems or chosen is None:
            raise ScenarioError(problems)
        own = read_checked(scenario, overrides or [])
        read, found = read_levers(own, levers)
        say_if_compiling()
        try:
            with progress_shown(as_json) as progress, stop_asked() as stop:
                kept = KeptAmounts(
                    folder, workers=workers, tell=progress, stop=stop, announce=complain
                )
                made = choose(
                    read, found, kept, options=runs // seeds, sampler=chosen, population=population,
                    seed=seed, seeds=seeds, structures=structures, draws=draws, n_draws=n_draws,
                    robust=robust,
                )  # fmt: skip
        except Interrupted as stopped:
            stopped_at(stopped.goes_on_from)
        made = replace(made, notes=(*_added(own, read), *made.notes))
        said = said_of(made)
        asked = {"scenario": own.digest(), "levers": said["levers"], "runs": runs, "seeds": seeds,
                 "seed": seed, "sampler": sampler, "population": population,
                 "worlds": said["worlds"], "robust": robust}  # fmt: skip
        at = folder / f"choose-{own.name}-{json_digest(asked)[:6]}"
        write_choice(made, at)
        save_chart(choice_figure(said, options_table(made)), at / "front.svg")
    if as_json:
        print_json(said | {"folder": str(at)})
    else:
        print_choice(made)
        out.print(f"tables and figure: {at}", markup=False, soft_wrap=True)


def _added(own: Scenario, searched: Scenario) -> list[str]:
    """Return which measures a file of levers added, in a sentence; none if it added none."""
    names = [entry.name or entry.measure for entry in searched.measures[len(own.measures) :]]
    if not names:
        return []
    return [
        f"Added before the search, so that the policy as it is has them too: {', '.join(names)}."
    ]


def print_choice(made: Choice) -> None:
    """Print the Pareto set with all it costs, how far the search came, and regret."""
    from lazaretto.studies.choice.tables import NOT_COUNTED, NOT_SEARCHED

    out.print(
        Text(f"{made.scenario.name}: {len(made.options) - 1} options with {len(made.seeds)} seeds "
             f"each, {len(made.front)} in the Pareto set", "bold")
    )  # fmt: skip
    _print_front(made)
    _print_levers(made)
    count, share = made.coverage[-1]
    verdict = "" if made.settled else ": more --runs will find more"
    out.print(f"\n{share:.0%} of the possible volume dominated after {count} options; the last "
              f"half of the search added {made.gained:.1%}{verdict}")  # fmt: skip
    if made.failed:
        out.print(f"{len(made.failed)} options could not be run, first: {made.failed[0][1]}",
                  markup=False)  # fmt: skip
    if made.regret:
        _print_regret(made)
    for note in (*made.notes, NOT_SEARCHED, NOT_COUNTED):
        out.print(Text(f"Note: {note}", "dim"))


def _print_front(made: Choice) -> None:
    table = listing("option", *HEADINGS.values(), "on front")
    for column in table.columns:
        column.justify = "right"
    shares = {o.number: s for o, s in zip(made.options, made.shares, strict=True)}
    front = made.front
    shown = front[:SHOWN] if made.options[0] in front else [made.options[0], *front[:SHOWN]]
    for each in shown:
        called = str(each.number) if each.number else "as it is"
        table.add_row(called, *(_cell(each, name) for name in HEADINGS),
                      f"{shares[each.number]:.0%}")  # fmt: skip
    out.print(table)
    out.print(Text("Means over the seeds, half their range below; on front: share of the seeds "
                   "with which nothing beats it in everything.", "dim"))  # fmt: skip


def _cell(option: Option, name: str) -> Text:
    from lazaretto.console.comparison import short

    (low, high), mean = option.band(name), option.mean(name)
    if math.isnan(mean):
        return Text("unknown")
    said = Text(short(mean, whole=False))
    half = (high - low) / 2
    return said if half == 0 else said.append(f"\n± {short(half, whole=False)}", "dim")


def _print_levers(made: Choice) -> None:
    for each in made.front[:SHOWN]:
        values = zip(made.levers, each.values, strict=False)  # none of the scenario as it is
        said = ", ".join(f"{lever.name} {_said(lever, value)}" for lever, value in values)
        if said:
            out.print(Text(f"option {each.number}: {said}"))


def _said(lever: Lever, value: object) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value} {lever.unit}" if number and lever.unit != "share" else str(value)


def _print_regret(made: Choice) -> None:
    from lazaretto.console.comparison import short
    from lazaretto.studies.choice.search import OBJECTIVES

    out.print(f"\n[bold]regret over {len(made.worlds)} worlds[/bold]: how much worse than the best "
              "option of a world; minimax and expected are of the worst of the four, as a share of "
              "the range")  # fmt: skip
    table = listing("option", "minimax", "expected", *(f"most {HEADINGS[n]}" for n in OBJECTIVES))
    for column in table.columns:
        column.justify = "right"
    for each in made.regret:
        called = str(each.option) if each.option else "as it is"
        table.add_row(called, f"{each.minimax:.2f}", f"{each.expected:.2f}",
                      *(short(lost, whole=False) for lost in each.most))  # fmt: skip
    out.print(table)
    for each in made.regret:
        called = f"option {each.option}" if each.option else "the scenario as it is"
        beaten = ", ".join(f"{world} (by {other})" for world, other in each.dominated)
        if beaten:
            out.print(Text(f"{called} is dominated in: {beaten}"))
