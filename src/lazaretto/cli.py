"""The command line: parses, calls, prints for people or, with --json, for machines."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

import lazaretto
from lazaretto.commands.branch import branch_policies
from lazaretto.commands.calibrate import calibrate_scenario
from lazaretto.commands.choose import choose_policies
from lazaretto.commands.compare import compare_policies
from lazaretto.commands.export import export
from lazaretto.commands.frontier import find_frontier
from lazaretto.commands.inspect import inspect
from lazaretto.commands.mcp import serve_agents
from lazaretto.commands.new import new_place
from lazaretto.commands.options import (
    AsJson,
    Overrides,
    Replicates,
    Report,
    RunFolders,
    ScenarioName,
    Seed,
    Threads,
)
from lazaretto.commands.people import make_people
from lazaretto.commands.sensitivity import sensitivity_of
from lazaretto.commands.serve import serve_room
from lazaretto.commands.starting import check_folder
from lazaretto.commands.sweep import sweep_values
from lazaretto.console import (
    complain,
    file_given,
    first_speaks,
    out,
    print_json,
    print_listing,
    problems_shown,
    progress_shown,
    stop_asked,
    stopped_at,
)
from lazaretto.console.run_summary import print_summary, run_line
from lazaretto.console.timeline import print_timeline
from lazaretto.scenario import library

app = typer.Typer(
    help="Would this containment policy hold, and what would it cost the people under it?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(inspect, name="inspect")
app.command("new")(new_place)
app.command("mcp")(serve_agents)
app.command("serve")(serve_room)
app.command("people")(make_people)
app.command("sweep")(sweep_values)
app.command("sensitivity")(sensitivity_of)
app.command("choose")(choose_policies)
app.command("frontier")(find_frontier)
app.command("compare")(compare_policies)
app.command("branch")(branch_policies)
app.command("export")(export)
app.command("calibrate")(calibrate_scenario)


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
    from lazaretto.engine.checked import nobody_infected, read_checked
    from lazaretto.measures import timeline
    from lazaretto.nation.checked import checked_policy
    from lazaretto.nation.ranks import together
    from lazaretto.studies import Interrupted, changes, run_scenario
    from lazaretto.studies.nation_run import assist
    from lazaretto.studies.pairs import aim_of, finished_less_restrictive

    report_s = 0.0
    with problems_shown(as_json):
        with together() as processes:
            check_folder(folder, finds=True)
            file_given(scenario)
            read = read_checked(scenario, overrides or [])
            threads = threads or processes.cores()
            if processes.rank:
                with stop_asked() as stop:
                    assist(read, processes, seed=seed, replicates=replicates, threads=threads,
                           out=folder, stop=stop)  # fmt: skip
                return
            policy = timeline(read, checked_policy(read))
            for note in [*nobody_infected(read), *policy.notes]:
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


@app.command()
def check(scenario: ScenarioName, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Check a scenario, all problems at once, and draw its policy by date."""
    from lazaretto.engine.checked import nobody_infected, read_checked
    from lazaretto.measures import timeline
    from lazaretto.nation.checked import checked_policy

    with problems_shown(as_json):
        file_given(scenario)
        read = read_checked(scenario, overrides or [])
        policy = timeline(read, checked_policy(read))
        if read.less_restrictive is not None:
            from lazaretto.studies.pairs import pair_of

            pair_of(read)
        for each in read.alternatives:
            from lazaretto.studies.named_policies import policy_named

            policy_named(read, each.name)
    if as_json:
        print_json({"ok": True, "scenario": read.resolved(), "policy": policy.as_json()})
    else:
        print_timeline(read, policy)
        for note in nobody_infected(read):
            complain(note)


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
