"""The commands that show what a run is made of: its day, its people, its disease."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from lazaretto.commands.options import AsJson
from lazaretto.console import (
    listing,
    out,
    print_fidelity,
    print_figures,
    print_json,
    problems_shown,
    progress_shown,
)

if TYPE_CHECKING:
    from lazaretto.people import Fidelity

inspect = typer.Typer(help="Show what a run is made of.", no_args_is_help=True)


@inspect.command("day")
def inspect_day(as_json: AsJson = False) -> None:
    """Print the steps of a day, in the order the engine executes them."""
    from lazaretto.engine.day import DAY

    if as_json:
        steps = [{"step": step.name, "reads": step.reads, "writes": step.writes, "cost": step.cost}
                 for step in DAY]  # fmt: skip
        print_json({"day": steps})
        return
    table = listing("step", "reads", "writes", "cost follows")
    for number, step in enumerate(DAY, 1):
        table.add_row(f"{number} {step.name}", step.reads, step.writes, step.cost)
    out.print(table)


@inspect.command("people")
def inspect_people(
    place: Annotated[
        str, typer.Argument(help="A place, or the path of a folder of tables.", metavar="PLACE")
    ],
    plot: Annotated[
        Path | None,
        typer.Option(help="Write a figure of the margins: .svg, .png or .pdf.", metavar="FILE"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set the synthetic population of a place beside the tables it was made from."""
    from lazaretto.people import fidelity, population, read_area
    from lazaretto.report.people import ENDINGS, save_fidelity
    from lazaretto.scenario import Problem, ScenarioError

    with problems_shown(as_json):
        if plot is not None and plot.suffix not in ENDINGS:
            allowed = f"a file ending in {', '.join(ENDINGS)}"
            raise ScenarioError([Problem("--plot", str(plot), allowed, "give it such an ending")])
        with progress_shown(as_json) as progress:
            census = read_area(place)
            people = population(place, progress=progress)
            compared = fidelity(people, census)
        if as_json:
            print_json(_as_json(compared))
        else:
            print_fidelity(compared)
        if plot is not None:
            save_fidelity(compared, plot)
            if not as_json:
                out.print(f"\nfigure: {plot}", markup=False, soft_wrap=True)


def _as_json(compared: Fidelity) -> dict[str, Any]:
    return {
        "name": compared.name,
        "persons": compared.n_persons,
        "margins": [
            {"name": margin.name, "unit": margin.unit, "source": margin.source,
             "made": float(margin.made.sum()), "expected": float(margin.expected.sum()),
             "worst": 0.0 if (margin.made == margin.expected).all() else margin.worst}
            for margin in compared.margins
        ],
        "household_contacts_cosine": {
            "as_published": compared.cosine,
            "adjusted": compared.cosine_adjusted,
            "collective_included": compared.cosine_all,
        },
        "places": compared.means,
    }  # fmt: skip


@inspect.command("disease")
def inspect_disease(
    name: Annotated[str, typer.Argument(help="A variant, as omicron-ba2.", metavar="NAME")],
    as_json: AsJson = False,
) -> None:
    """Print every number of a variant with its unit, status and source."""
    from lazaretto.disease import courses, variant, variants
    from lazaretto.scenario import Problem, ScenarioError, did_you_mean, one_of

    with problems_shown(as_json):
        if name not in variants():
            advice = did_you_mean(name, variants(), "choose one of them")
            raise ScenarioError([Problem("disease", name, one_of(variants()), advice)])
    found = variant(name)
    implied = courses(found)
    if as_json:
        print_json({
            "name": name,
            "title": found.title,
            "figures": {key: asdict(figure) for key, figure in found.figures()},
            "implied": {
                "latent_days": implied.mean_latent,
                "incubation_days": implied.mean_incubation,
                "generation_interval_days": implied.mean_generation_interval,
                "presymptomatic_share": implied.presymptomatic_share,
            },
        })  # fmt: skip
        return
    out.print(Text(found.title, style="bold"))
    print_figures(found.figures())
    out.print(
        f"\nImplied: latent period {implied.mean_latent:.2f} d, incubation "
        f"{implied.mean_incubation:.2f} d, generation interval "
        f"{implied.mean_generation_interval:.2f} d, before symptoms "
        f"{implied.presymptomatic_share:.0%} of transmission."
    )
