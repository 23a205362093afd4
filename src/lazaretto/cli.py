"""The command line: parses, calls, prints for people or, with --json, for machines."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import lazaretto
from lazaretto.scenario import Scenario, ScenarioError, json_schema, library

app = typer.Typer(
    help="Would this containment policy hold, and what would it cost the people under it?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
inspect = typer.Typer(help="Show what a run is made of.", no_args_is_help=True)
app.add_typer(inspect, name="inspect")

out_console = Console()
err_console = Console(stderr=True)

OVERRIDE_HELP = "Override a value of the scenario, such as r0=5 or measures.0.tier=2; repeatable."
ScenarioName = Annotated[str, typer.Argument(help="A scenario of the library, or a YAML file.")]
Overrides = Annotated[list[str] | None, typer.Option("--set", help=OVERRIDE_HELP)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")]


@app.command()
def run(
    scenario: ScenarioName,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first replicate.")] = 1,
    replicates: Annotated[int, typer.Option(min=1, help="Number of replicates.")] = 1,
    threads: Annotated[
        int, typer.Option(min=0, help="Worker threads; 0: all cores. Results do not depend on it.")
    ] = 0,
    overrides: Overrides = None,
    out: Annotated[Path, typer.Option(help="Where run folders lie.")] = Path("runs"),
    again: Annotated[bool, typer.Option("--again", help="Run even if a run is found.")] = False,
    report: Annotated[bool, typer.Option(help="Write the report and its figures.")] = True,
    as_json: AsJson = False,
) -> None:
    """Simulate a scenario and write its run folder and report."""
    from lazaretto.studies import Interrupted, run_scenario

    with problems_shown():
        read = Scenario.load(scenario, overrides or [])
        try:
            with progress_shown() as progress, stop_asked() as stop:
                outcome = run_scenario(
                    read,
                    seed=seed,
                    replicates=replicates,
                    threads=threads or os.cpu_count() or 1,
                    out=out,
                    again=again,
                    progress=progress,
                    stop=stop,
                )
        except Interrupted:
            err_console.print("Stopped. The same command goes on from here.")
            raise typer.Exit(1) from None
    assert outcome.folder is not None
    if report and not outcome.folder.report.is_file():
        from lazaretto.reporting import write_report

        with progress_shown() as progress:
            write_report(read, outcome, progress)
    if as_json:
        sys.stdout.write(json.dumps(outcome.summary | {"found": outcome.found}) + "\n")
        return
    print_summary(outcome.summary, outcome.found, outcome.folder.report if report else None)


@app.command()
def check(scenario: ScenarioName, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Check a scenario and show its measures by date; every problem at once, exit code 2."""
    from lazaretto.engine.prepare import checked_measures

    with problems_shown(as_json):
        read = Scenario.load(scenario, overrides or [])
        measures = checked_measures(read)
    if as_json:
        sys.stdout.write(json.dumps({"ok": True, "scenario": read.resolved()}) + "\n")
        return
    table = Table(title=f"{read.title}: {read.start} to {read.end}", title_justify="left")
    for heading in ("from", "to", "measure", "areas", "name"):
        table.add_column(heading)
    for measure in sorted(measures, key=lambda m: m.first or read.start):
        areas = "all" if measure.areas == "all" else ", ".join(measure.areas)
        first, last = measure.first or read.start, measure.last or read.end
        table.add_row(str(first), str(last), type(measure).word, areas, measure.name)
    out_console.print(table)
    out_console.print(f"{read.name} is sound: {read.n_days} days, {len(measures)} measures.")


@app.command("list")
def list_all(
    out: Annotated[Path, typer.Option(help="Where run folders lie.")] = Path("runs"),
    places: Annotated[bool, typer.Option("--places", help="List every place known.")] = False,
    as_json: AsJson = False,
) -> None:
    """List scenarios, measures, diseases, finished runs, and with --places all places."""
    from lazaretto.disease import variants
    from lazaretto.measures import known_measures
    from lazaretto.people import areas
    from lazaretto.studies import find_runs

    known = areas()
    content: dict[str, Any] = {
        "scenarios": dict(library()),
        "measures": {w: (m.__doc__ or "").split("\n")[0] for w, m in known_measures().items()},
        "diseases": list(variants()),
        "runs": [f"{found['path']}" for found in find_runs(out)],
        "places": {p.name: p.population for p in known} if places or as_json else {},
    }
    if as_json:
        sys.stdout.write(json.dumps(content) + "\n")
        return
    for heading in ("scenarios", "measures", "places"):
        if content[heading]:
            out_console.print(f"[bold]{heading}[/bold]")
            for name, meaning in content[heading].items():
                shown = f"{meaning:,} residents" if isinstance(meaning, int) else meaning
                out_console.print(f"  {name:22} {shown}")
    for heading in ("diseases", "runs"):
        out_console.print(f"[bold]{heading}[/bold]")
        for name in content[heading] or ["none yet"]:
            out_console.print(f"  {name}")
    if not places:
        out_console.print(f"[dim]{len(known)} places: lazaretto list --places[/dim]")


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors, measures included."""
    from lazaretto.measures import known_measures

    whole = json_schema()
    definitions = whole.setdefault("$defs", {})
    for word, kind in known_measures().items():
        own = kind.model_json_schema(by_alias=True)
        definitions |= own.pop("$defs", {})
        own["properties"] = {"measure": {"const": word}} | own["properties"]
        own["required"] = ["measure", *own.get("required", [])]
        definitions[kind.__name__] = own
    sys.stdout.write(json.dumps(whole, indent=2) + "\n")


@inspect.command("day")
def inspect_day() -> None:
    """Print the steps of a day, in the order the engine executes them."""
    from lazaretto.engine.simulation import DAY

    table = Table("step", "reads", "writes", "cost follows")
    for number, step in enumerate(DAY, 1):
        table.add_row(f"{number} {step.name}", step.reads, step.writes, step.cost)
    out_console.print(table)


@inspect.command("people")
def inspect_people(
    place: Annotated[str, typer.Argument(help="A place, or the path of a folder of tables.")],
    plot: Annotated[
        Path | None, typer.Option(help="Write a figure of the margins to this file (.svg, .png).")
    ] = None,
) -> None:
    """Set the synthetic population of a place beside the tables it was made from."""
    from lazaretto.people import CensusError, fidelity, population, read_area

    try:
        with progress_shown() as progress:
            census = read_area(place)
            people = population(place, progress=progress)
            compared = fidelity(people, census)
    except CensusError as error:
        err_console.print(str(error), markup=False)
        raise typer.Exit(2) from None
    out_console.print(str(compared), markup=False, highlight=False)
    if plot is not None:
        from lazaretto.report.people import save_fidelity

        save_fidelity(compared, plot)
        out_console.print(f"Figure: {plot}")


@inspect.command("disease")
def inspect_disease(
    name: Annotated[str, typer.Argument(help="A variant, such as omicron-ba2.")],
) -> None:
    """Print every number of a variant with its unit, status and source."""
    from lazaretto.disease import courses, variant, variants

    if name not in variants():
        err_console.print(f"disease: {name!r} is not known; one of {', '.join(variants())}")
        raise typer.Exit(2)
    found = variant(name)
    table = Table("figure", "value", "unit", "status", "source", title=found.title)
    for key, figure in found.figures():
        table.add_row(key, f"{figure.value:g}", figure.unit, figure.status, figure.source)
    out_console.print(table)
    implied = courses(found)
    out_console.print(
        f"Implied: latent period {implied.mean_latent:.2f} d, incubation "
        f"{implied.mean_incubation:.2f} d, generation interval "
        f"{implied.mean_generation_interval:.2f} d, before symptoms "
        f"{implied.presymptomatic_share:.0%} of transmission."
    )


def print_summary(summary: dict[str, Any], found: bool, report: Path | None) -> None:
    """Print what came out of a run, in words."""
    if found:
        out_console.print(f"This run was made before: {summary['run']} (--again runs it anew).")
    out_console.print(
        f"[bold]{summary['scenario']}[/bold]: {summary['persons']:,} residents, "
        f"{summary['days']} days, seed {summary['seed']}"
    )
    runs = len(summary["replicates"])
    mean = f" (mean of {runs} replicates)" if runs > 1 else ""
    out_console.print(f"  infections  {summary['infections']:>12,}{mean}")
    out_console.print(f"  reported    {summary['reported']:>12,}{mean}")
    out_console.print(
        f"  simulated in {summary['wall_s']:.1f} s on {summary['threads']} threads, "
        f"after {summary['setup_s']:.1f} s of preparation"
    )
    out_console.print(f"  run folder  {summary['run']}", soft_wrap=True)
    if report is not None:
        out_console.print(f"  report      {report}", soft_wrap=True)


@contextmanager
def problems_shown(as_json: bool = False) -> Iterator[None]:
    """Print every problem of a scenario and leave with exit code 2."""
    from lazaretto.people import CensusError
    from lazaretto.studies.run_folder import FolderBusyError

    try:
        yield
    except ScenarioError as error:
        if as_json:
            listed = [
                {"key": p.key, "value": str(p.value), "allowed": p.allowed, "advice": p.advice}
                for p in error.problems
            ]
            sys.stdout.write(json.dumps({"ok": False, "problems": listed}) + "\n")
        else:
            err_console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from None
    except CensusError as error:
        err_console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from None
    except (FolderBusyError, OSError) as error:
        err_console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None


@contextmanager
def progress_shown() -> Iterator[Callable[[str, float], None]]:
    """Show a bar on standard error while something is done; plain silence without a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err_console, transient=True) as bar:
        task = bar.add_task("reading", total=1.0)
        yield lambda what, share: bar.update(task, description=what, completed=share)


@contextmanager
def stop_asked() -> Iterator[Callable[[], bool]]:
    """Let the first interruption end the day in hand; the second one ends at once."""
    asked = False

    def ask(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = {s: signal.signal(s, ask) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def version_shown(value: bool) -> None:
    """Print the version and leave."""
    if value:
        sys.stdout.write(f"lazaretto {lazaretto.__version__}\n")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=version_shown, is_eager=True)
    ] = False,
) -> None:
    """Answer whether a containment policy would hold, and what it would cost."""


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
