"""The command line: parses, calls, prints for people or, with --json, for machines."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

import lazaretto
from lazaretto.console import (
    complain,
    file_given,
    first_speaks,
    listing,
    out,
    print_fidelity,
    print_figures,
    print_json,
    print_listing,
    problems_shown,
    progress_shown,
    stop_asked,
    stopped_at,
)
from lazaretto.console_calibrate import calibrate_scenario
from lazaretto.console_people import make_people
from lazaretto.console_run import print_summary, run_line
from lazaretto.console_timeline import print_timeline
from lazaretto.scenario import library

app = typer.Typer(
    help="Would this containment policy hold, and what would it cost the people under it?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
inspect = typer.Typer(help="Show what a run is made of.", no_args_is_help=True)
app.add_typer(inspect, name="inspect")
app.command("people")(make_people)
app.command("calibrate")(calibrate_scenario)

OVERRIDE_HELP = "Set a value of the scenario, as r0=5 or measures.0.tier=2; repeatable."
ScenarioName = Annotated[
    str, typer.Argument(help="A scenario of the library, or a YAML file.", metavar="SCENARIO")
]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", help=OVERRIDE_HELP, metavar="KEY=VALUE")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")]
Seed = Annotated[
    int, typer.Option(min=0, metavar="N", help="Seed of the first replicate; others follow.")
]
Replicates = Annotated[int, typer.Option(min=1, metavar="K", help="Number of replicates.")]
Threads = Annotated[
    int, typer.Option(min=0, metavar="T", help="Threads, 0: all cores. Results do not change.")
]
RunFolders = Annotated[Path, typer.Option("--out", help="Where run folders lie.", metavar="DIR")]
Report = Annotated[bool, typer.Option(help="Write the report and its figures.")]


@app.command()
def run(
    scenario: ScenarioName,
    seed: Seed = 1,
    replicates: Replicates = 1,
    threads: Threads = 0,
    overrides: Overrides = None,
    folder: RunFolders = Path("runs"),
    again: Annotated[bool, typer.Option("--again", help="Run even if a run is found.")] = False,
    report: Report = True,
    as_json: AsJson = False,
) -> None:
    """Simulate a scenario and write its run folder and report."""
    from lazaretto.engine.checked import idle_measures, read_checked
    from lazaretto.nation.ranks import together
    from lazaretto.studies import Interrupted, changes, run_scenario
    from lazaretto.studies.nation_run import assist
    from lazaretto.studies.pairs import aim_of, finished_less_restrictive

    report_s = 0.0
    with problems_shown(as_json):
        with together() as processes:
            file_given(scenario)
            read = read_checked(scenario, overrides or [])
            threads = threads or processes.cores()
            if processes.rank:
                with stop_asked() as stop:
                    assist(read, processes, seed=seed, replicates=replicates, threads=threads,
                           out=folder, stop=stop)  # fmt: skip
                return
            for note in idle_measures(read):
                complain(note)
            different = changes(read, overrides or [])
            try:
                with progress_shown(as_json) as progress, stop_asked() as stop:
                    outcome = run_scenario(
                        read,
                        seed=seed,
                        replicates=replicates,
                        threads=threads,
                        out=folder,
                        again=again,
                        progress=progress,
                        stop=stop,
                        changed=different.said,
                        against=different.against,
                        exchange=processes,
                    )
            except Interrupted as stopped:
                stopped_at(stopped.goes_on_from)
        made = outcome.folder
        if made is None:
            raise AssertionError("a run with a folder to write to has one")
        less = finished_less_restrictive(read, seed, replicates, folder)
        beside = None if less is None else less.folder
        if report and not (outcome.found and made.has_report(beside)):
            from lazaretto.reporting import write_report

            theirs = None if less is None else less.results
            began = time.perf_counter()
            with progress_shown(as_json) as progress:
                write_report(read, outcome, progress, less_restrictive=theirs)
            report_s = time.perf_counter() - began
    if as_json:
        print_json(outcome.summary | {"found": outcome.found})
    else:
        print_summary(
            outcome,
            aim_of(read),
            stated=read.aim is not None,
            report=made.report if report else None,
            report_s=report_s,
        )


@app.command("compare")
def compare_policies(
    scenario: ScenarioName,
    other: Annotated[
        str | None,
        typer.Argument(help="The less restrictive policy: a scenario or YAML file.",
                       metavar="[OTHER]"),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="MEASURE",
                     help="Leave a measure out of the less restrictive policy; repeatable."),
    ] = None,
    set_other: Annotated[
        list[str] | None,
        typer.Option("--set-other", metavar="KEY=VALUE",
                     help="Set a value of the less restrictive policy; repeatable."),
    ] = None,
    added: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="KIND:KEY=VALUE,...",
                     help="Add support, care, testing, tracing or vaccination to SCENARIO, as "
                     "food_delivery:share=0.5; repeatable."),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a value in both; repeatable."),
    ] = None,
    structures: Annotated[
        bool,
        typer.Option("--structures", help="Run both under every structural alternative too."),
    ] = False,
    flip: Annotated[
        list[str] | None,
        typer.Option("--flip", metavar="KEY",
                     help="Run both at the ends of the range of a number too; repeatable."),
    ] = None,
    seed: Seed = 1,
    replicates: Replicates = 1,
    threads: Threads = 0,
    folder: RunFolders = Path("runs"),
    report: Report = True,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Run a policy and the next less restrictive one, and set them side by side.

    The other policy is OTHER, or SCENARIO changed by --without and --set-other, or SCENARIO as it
    is where --with adds to it, or the one that it names as less_restrictive. A policy with support
    is also run without it. Finished runs are found again.
    """
    from lazaretto.console_compare import print_comparison
    from lazaretto.engine.checked import read_checked
    from lazaretto.reporting import beside_of, write_report
    from lazaretto.studies import Interrupted, changes, cores
    from lazaretto.studies.compare import compare
    from lazaretto.studies.pairs import How, described_pair, pair_of

    report_s = 0.0
    with problems_shown(as_json):
        for name in filter(None, (scenario, other)):
            file_given(name)
        policy = read_checked(scenario, overrides or [])
        second = None if other is None else read_checked(other, overrides or [])
        pair = pair_of(policy, second, without or (), set_other or (), added or ())
        theirs = None if second is None else changes(second, overrides or [])
        pair = described_pair(pair, policy, changes(policy, overrides or []), theirs)
        began = time.perf_counter()
        try:
            with progress_shown(as_json) as progress, stop_asked() as stop:
                how = How(seed, replicates, threads or cores(), folder, progress, stop)
                made = compare(pair, how, structures=structures, flip=flip or (),
                               announce=None if as_json else complain)  # fmt: skip
        except Interrupted as stopped:
            stopped_at(stopped.goes_on_from)
        runs_s, written = time.perf_counter() - began, None
        if report and made.policy.folder is not None:
            written = made.policy.folder.report
            with progress_shown(as_json) as progress:
                write_report(
                    made.pair.policy,
                    made.policy,
                    progress,
                    less_restrictive=made.less.results,
                    aim=made.aim,
                    structures=made.other_structures,
                    flips=made.flipping,
                    unsupported=None if made.unsupported is None else made.unsupported.results,
                    beside=beside_of(made),
                )
            report_s = time.perf_counter() - began - runs_s
    if as_json:
        print_json(made.as_json() | {"report": None if written is None else str(written)})
    else:
        print_comparison(made, written, (runs_s, report_s))


@app.command()
def check(scenario: ScenarioName, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Check a scenario, all problems at once, and draw its policy by date."""
    from lazaretto.engine.checked import read_checked
    from lazaretto.measures import timeline
    from lazaretto.nation.checked import checked_policy

    with problems_shown(as_json):
        file_given(scenario)
        read = read_checked(scenario, overrides or [])
        policy = timeline(read, checked_policy(read))
        if read.less_restrictive is not None:
            from lazaretto.studies.pairs import pair_of

            pair_of(read)
    if as_json:
        print_json({"ok": True, "scenario": read.resolved(), "policy": policy.as_json()})
    else:
        print_timeline(read, policy)


@app.command("list")
def list_all(
    folder: RunFolders = Path("runs"),
    places: Annotated[bool, typer.Option("--places", help="List every place known.")] = False,
    as_json: AsJson = False,
) -> None:
    """List scenarios, measures, diseases, finished runs, and with --places all places."""
    from lazaretto.disease import variant, variants
    from lazaretto.measures import known_measures
    from lazaretto.people import areas
    from lazaretto.studies import find_runs

    known = areas()
    runs = find_runs(folder)
    content: dict[str, dict[str, Any]] = {
        "scenarios": dict(library()),
        "measures": {w: (m.__doc__ or "").split("\n")[0] for w, m in known_measures().items()},
        "diseases": {name: variant(name).title for name in variants()},
        "runs": {found["path"]: found["summary"] for found in runs},
        "places": {p.name: p.population for p in known} if places or as_json else {},
    }
    if as_json:
        print_json(content)
        return
    content["runs"] = {path: run_line(said) for path, said in content["runs"].items()}
    print_listing(content)
    if not runs:
        out.print(f"[dim]No finished run in {folder}.[/dim]")
    if not places:
        out.print(f"[dim]{len(known)} places: lazaretto list --places[/dim]")


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors, measures included."""
    import json

    from lazaretto.measures import scenario_schema

    sys.stdout.write(json.dumps(scenario_schema(), indent=2) + "\n")


@inspect.command("day")
def inspect_day() -> None:
    """Print the steps of a day, in the order the engine executes them."""
    from lazaretto.engine.day import DAY

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
) -> None:
    """Set the synthetic population of a place beside the tables it was made from."""
    from lazaretto.people import fidelity, population, read_area
    from lazaretto.report.people import ENDINGS, save_fidelity

    if plot is not None and plot.suffix not in ENDINGS:
        complain(f"--plot is {plot}\n    allowed: a file ending in {', '.join(ENDINGS)}")
        raise typer.Exit(2)
    with problems_shown():
        with progress_shown() as progress:
            census = read_area(place)
            people = population(place, progress=progress)
            compared = fidelity(people, census)
        print_fidelity(compared)
        if plot is not None:
            save_fidelity(compared, plot)
            out.print(f"\nfigure: {plot}", markup=False, soft_wrap=True)


@inspect.command("disease")
def inspect_disease(
    name: Annotated[str, typer.Argument(help="A variant, as omicron-ba2.", metavar="NAME")],
) -> None:
    """Print every number of a variant with its unit, status and source."""
    from lazaretto.disease import courses, variant, variants

    if name not in variants():
        from lazaretto.scenario import did_you_mean

        advice = did_you_mean(name, variants(), "choose one of them")
        complain(
            f"disease is {name}\n    allowed: one of {', '.join(variants())}\n    do: {advice}"
        )
        raise typer.Exit(2)
    found = variant(name)
    out.print(Text(found.title, style="bold"))
    print_figures(found.figures())
    implied = courses(found)
    out.print(
        f"\nImplied: latent period {implied.mean_latent:.2f} d, incubation "
        f"{implied.mean_incubation:.2f} d, generation interval "
        f"{implied.mean_generation_interval:.2f} d, before symptoms "
        f"{implied.presymptomatic_share:.0%} of transmission."
    )


def version_shown(value: bool) -> None:
    """Print the version and leave."""
    if value:
        sys.stdout.write(f"lazaretto {lazaretto.__version__}\n")
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool,
        typer.Option("--version", callback=version_shown, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Answer whether a containment policy would hold, and what it would cost."""
    first_speaks(context.invoked_subcommand)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
