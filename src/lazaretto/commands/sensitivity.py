"""The command that says which uncertain numbers of a scenario matter."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from lazaretto.commands.options import AsJson, ScenarioName, SetFirst, StudyFolder, Workers
from lazaretto.commands.starting import check_folder, say_idle, say_if_compiling
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
    from lazaretto.studies.sensitivities.designs import Indices
    from lazaretto.studies.sensitivities.sensitivity import Sensitivity

SHOWN = 12
"""Numbers of a table: those that matter most; the files have all."""


def sensitivity_of(
    scenario: ScenarioName,
    method: Annotated[
        str, typer.Option(metavar="METHOD", help="morris (which matter) or sobol (how much).")
    ] = "morris",
    vary: Annotated[
        list[str] | None,
        typer.Option("--vary", metavar="KEY",
                     help="A number with a range; all that are assumed or fitted if none is named; "
                     "repeatable."),
    ] = None,
    outputs: Annotated[
        list[str] | None,
        typer.Option("--outputs", metavar="NAME,...",
                     help="What is looked at, as infections,reported; human cost always is."),
    ] = None,
    samples: Annotated[
        int, typer.Option(min=2, metavar="N", help="Trajectories; for sobol a power of 2.")
    ] = 8,
    seeds: Annotated[
        int, typer.Option(min=1, metavar="N", help="Seeds at every point, the same at all.")
    ] = 2,
    seed: Annotated[int, typer.Option(min=1, metavar="N", help="The first seed.")] = 1,
    overrides: SetFirst = None,
    folder: StudyFolder = Path("runs"),
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Vary the uncertain numbers of a scenario and say which of them matter."""
    from lazaretto.engine.checked import read_checked
    from lazaretto.report.files import save_chart
    from lazaretto.report.sensitivity import sensitivity_figure
    from lazaretto.scenario import Problem, ScenarioError, did_you_mean, one_of
    from lazaretto.studies import Interrupted
    from lazaretto.studies.manifest import json_digest
    from lazaretto.studies.sensitivities.amounts import chosen_amounts
    from lazaretto.studies.sensitivities.amounts_kept import KeptAmounts
    from lazaretto.studies.sensitivities.designs import METHODS
    from lazaretto.studies.sensitivities.sensitivity import sensitivity
    from lazaretto.whole_files import write_whole

    with problems_shown(as_json):
        check_folder(folder)
        file_given(scenario)
        names, problems = chosen_amounts(outputs or [])
        chosen = next((each for each in METHODS if each == method), None)
        if chosen is None:
            advice = did_you_mean(method, METHODS, "choose one of them")
            problems.append(Problem("--method", method, one_of(METHODS), advice))
        if problems or chosen is None:
            raise ScenarioError(problems)
        read = read_checked(scenario, overrides or [])
        say_idle([read])
        say_if_compiling()
        try:
            with progress_shown(as_json) as progress, stop_asked() as stop:
                runs = KeptAmounts(
                    folder, workers=workers, tell=progress, stop=stop, announce=complain
                )
                made = sensitivity(read, runs, method=chosen, vary=vary or (), outputs=names,
                                   samples=samples, seed=seed, seeds=seeds)  # fmt: skip
        except Interrupted as stopped:
            stopped_at(stopped.goes_on_from)
        said = made.as_json()
        asked = {"scenario": read.digest(), "vary": vary or [], "outputs": names,
                 "samples": samples, "seed": seed, "seeds": seeds}  # fmt: skip
        at = folder / f"sensitivity-{read.name}-{method}-{json_digest(asked)[:6]}"
        at.mkdir(parents=True, exist_ok=True)
        write_whole(at / "sensitivity.json", json.dumps(said, indent=2))
        save_chart(sensitivity_figure(said), at / "sensitivity.svg")
    if as_json:
        print_json(said | {"folder": str(at)})
    else:
        print_sensitivity(made)
        out.print(f"numbers and figure: {at}", markup=False, soft_wrap=True)


def print_sensitivity(made: Sensitivity) -> None:
    """Print a table for each output, the numbers that matter most first."""
    out.print(
        Text(f"{made.scenario.name}: {len(made.factors)} numbers varied by {made.method}, "
             f"{made.samples} samples, {len(made.seeds)} seeds at every point", "bold")
    )  # fmt: skip
    for each in made.indices:
        _print_output(made, each)
    if made.method == "morris":
        out.print(Text("mu*: mean absolute change over the whole range of the number, and half its "
                       "95 % confidence; sigma: interaction and curvature.", "dim"))  # fmt: skip
    else:
        out.print(Text("S1: share of the variance by the number alone; ST: with all it interacts "
                       "with; half the 95 % confidence behind each.", "dim"))  # fmt: skip
    for at, reason in made.failed[:SHOWN]:
        values = ", ".join(f"{key} {value:g}" for key, value in at.items())
        out.print(Text(f"failed at {values}: {reason}", "dim"))
    if made.failed:
        out.print(Text(f"{len(made.failed)} points failed; the trajectories or base samples they "
                       "are of were left out.", "dim"))  # fmt: skip


def _print_output(made: Sensitivity, each: Indices) -> None:
    from lazaretto.console.comparison import short
    from lazaretto.studies.sensitivities.amounts import AMOUNTS

    about, morris = AMOUNTS[each.output], made.method == "morris"
    out.print(f"\n[bold]{about.words}[/bold], {about.unit}: {short(each.mean)} in the mean of "
              f"{each.points} points")  # fmt: skip
    chance = (
        "not known with one seed"
        if math.isnan(each.chance)
        else f"{each.chance:.0%} of the variance of single runs; {each.stirred:.0%} is not the "
        "same at all points"
    )
    out.print(Text(f"chance between seeds: {chance}", "dim"))
    if not math.isfinite(float(each.first.sum())):
        out.print("  not counted in these runs")
        return
    if not each.first.any():
        out.print("  none of these numbers changes it")
        return
    order = (-(each.first if morris else each.second)).argsort(kind="stable")[:SHOWN]
    table = listing("number, unit", "range", *(("mu*", "sigma") if morris else ("ST", "S1")))
    table.columns[0].overflow = "fold"
    for column in table.columns[1:]:
        column.no_wrap, column.justify = True, "right"
    for i in order:
        f = made.factors[i]
        if morris:
            cells = (f"{short(each.first[i], whole=False)} ± "
                     f"{short(each.first_band[i], whole=False)}",
                     short(each.second[i], whole=False))  # fmt: skip
        else:
            cells = (f"{each.second[i]:.2f} ± {each.second_band[i]:.2f}",
                     f"{each.first[i]:.2f} ± {each.first_band[i]:.2f}")  # fmt: skip
        said = Text(f.key).append(f", {f.figure.unit}" if f.figure.unit else "", "dim")
        table.add_row(said, f"{f.low:g} to {f.high:g}", *cells)
    out.print(table)
