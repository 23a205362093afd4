"""What the command line shows: progress, problems, tables, summaries."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from lazaretto.scenario import Problem, ScenarioError, library

if TYPE_CHECKING:
    from lazaretto.people import CensusError, Fidelity
    from lazaretto.provenance import Figure

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

COMMANDS = ("branch", "compare", "sweep")
"""Keys of problems that are of a whole command line."""

LONG = 2.0
"""Seconds after which a step is told of where there is no terminal."""


def print_json(content: object) -> None:
    """Print one JSON object on one line of standard output."""
    sys.stdout.write(json.dumps(content) + "\n")


def complain(text: str) -> None:
    """Print what is wrong on standard error, as it is: no markup, no wrapping."""
    err.print(text, markup=False, soft_wrap=True)


def first_speaks(command: str | None) -> None:
    """Silence all but the first of several processes, and leave if a command needs only one."""
    from lazaretto.nation.ranks import launched

    rank, size = launched()
    if rank:
        sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    if size > 1 and command != "run":
        complain(f"{command} runs in one process, and this is one of {size}: only run is split\n"
                 "    do: start it without mpiexec")  # fmt: skip
        raise typer.Exit(2)


@contextmanager
def problems_shown(as_json: bool = False) -> Iterator[None]:
    """Print every problem and leave: exit code 2 for the user's input, 1 for everything else."""
    from lazaretto.nation.ranks import RanksError
    from lazaretto.people import CensusError
    from lazaretto.studies import FolderBusyError

    try:
        yield
    except (ScenarioError, CensusError) as error:
        if as_json:
            print_json({"ok": False, "problems": [_listed(problem) for problem in error.problems]})
        else:
            complain(_headed(error))
        raise typer.Exit(2) from None
    except (FolderBusyError, RanksError, OSError) as error:
        named = isinstance(error, OSError) and error.filename is not None
        message = f"{error.filename}: {error.strerror}" if named else str(error)  # type: ignore[union-attr]
        if as_json:
            print_json({"ok": False, "problems": [{"advice": message}]})
        complain(message)
        raise typer.Exit(error.code if isinstance(error, RanksError) else 1) from None
    except Exception as error:
        trouble = _of_own_measure(error)
        if trouble is None:
            raise
        if as_json:
            print_json({"ok": False, "problems": [{"advice": trouble}]})
        complain(trouble)
        raise typer.Exit(1) from None


def _headed(error: ScenarioError | CensusError) -> str:
    """Return what is wrong, under a heading that says where: in the scenario, or in the options."""
    said = str(error)
    keys = [problem.key for problem in error.problems if isinstance(problem, Problem)]
    if keys and all(key.startswith("--") or key in COMMANDS for key in keys):
        head, _, rest = said.partition("\n")
        said = f"{head.replace('in the scenario', 'with the options')}\n{rest}"
    return said


def _of_own_measure(error: Exception) -> str | None:
    """Return what went wrong in a measure of the user's, None if it went wrong elsewhere."""
    from lazaretto.measures import Measure

    said = None
    own: tuple[str, str] | None = None
    at = error.__traceback__
    while at is not None:
        code, who = at.tb_frame.f_code, at.tb_frame.f_locals.get("self")
        of_user = not str(at.tb_frame.f_globals.get("__name__", "")).startswith("lazaretto.")
        if isinstance(who, Measure) and of_user:
            own = (who.name or type(who).__name__, code.co_filename)
        if own is not None and code.co_filename == own[1]:
            kind = type(error).__name__
            said = f"measure {own[0]}: {own[1]}, line {at.tb_lineno}: {kind}: {error}"
        at = at.tb_next
    return said


def file_given(name: str) -> None:
    """Raise if a scenario is meant to be a file and there is none, with the reason."""
    path = Path(name)
    if path.is_dir() and "/" not in name and name in dict(library()):
        return
    allowed = "a scenario of the library, or the path of a YAML file"
    if path.is_dir():
        advice = "this is a folder: give the YAML file in it"
        raise ScenarioError([Problem("scenario", name, allowed, advice)])
    if not path.exists() and ("/" in name or path.suffix in (".yaml", ".yml")):
        raise ScenarioError([Problem("scenario", name, allowed, "no such file: correct the path")])


def _listed(problem: Problem | str) -> dict[str, str | None]:
    if isinstance(problem, str):
        return {"advice": problem}
    value = None if problem.value is None else str(problem.value)
    return {
        "key": problem.key,
        "value": value,
        "allowed": problem.allowed,
        "advice": problem.advice,
    }


@contextmanager
def progress_shown(quiet: bool = False) -> Iterator[Callable[[str, float], None]]:
    """Show a bar on standard error; without a terminal a line for each step that takes long.

    Parameters
    ----------
    quiet
        Say nothing without a terminal.
    """
    if not err.is_terminal:
        steps = _Steps(quiet)
        try:
            yield steps.tell
        finally:
            steps.end()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("reading", total=1.0)
        yield lambda what, share: bar.update(task, description=what, completed=share)


class _Steps:
    """One line for each step once it has taken `LONG` seconds; days of a run are one step."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._step = ""
        self._timer: threading.Timer | None = None

    def tell(self, what: str, share: float) -> None:  # noqa: ARG002 - a share needs a bar
        step = re.sub(r",? ?\d+ [A-Z][a-z]+ \d{4}$", "", what)
        if self._quiet or step == self._step:
            return
        self.end()
        self._step = step
        self._timer = threading.Timer(LONG, complain, (f"{step} ...",))
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


@contextmanager
def stop_asked() -> Iterator[Callable[[], bool]]:
    """Let the first interruption end the day in hand; the second one ends at once."""
    asked = False

    def ask(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        # Not by a print, which may itself be what was interrupted.
        os.write(2, b"\nStopping with what is in hand; another Ctrl-C ends at once.\n")

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {s: signal.signal(s, ask) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


INTERRUPTED = 130
"""Exit code of a command that was interrupted, as shells have it."""


def stopped_at(goes_on_from: str | None) -> NoReturn:
    """Say that a command was interrupted and what the same command goes on with, and leave."""
    at = f" with {goes_on_from}" if goes_on_from else ""
    complain(f"Stopped. The same command goes on{at}.")
    raise typer.Exit(INTERRUPTED) from None


def print_fidelity(compared: Fidelity) -> None:
    """Print every margin of a population beside its table."""
    out.print(f"[bold]{compared.name}[/bold]: {compared.n_persons:,} persons\n")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("margin")
    table.add_column("made", justify="right", no_wrap=True)
    table.add_column("in the table", justify="right", no_wrap=True)
    table.add_column("largest difference", justify="right")
    for margin in compared.margins:
        equal = bool((margin.made == margin.expected).all())
        made, expected = f"{margin.made.sum():,.0f}", f"{margin.expected.sum():,.0f}"
        table.add_row(margin.name, made, expected, "none" if equal else f"{margin.worst:.2%}")
    out.print(table)
    out.print("\n[bold]household contacts, cosine with Mistry 2021[/bold]")
    for name, value in (
        ("as published", compared.cosine),
        ("with its demography adjusted to the census", compared.cosine_adjusted),
        ("as published, collective households included", compared.cosine_all),
    ):
        out.print(f"  {name:<46}{value:>12.3f}")
    out.print("\n[bold]places[/bold]")
    for name, value in compared.means.items():
        whole = value == int(value)
        out.print(f"  {name:<46}{value:>12,.0f}" if whole else f"  {name:<46}{value:>12,.2f}")


def print_figures(figures: Iterable[tuple[str, Figure]]) -> None:
    """Print numbers with unit and status, the source of each below it."""
    for key, figure in figures:
        interval = "" if figure.low is None else f" ({figure.low:g} to {figure.high:g})"
        out.print(f"{key:<30}{figure.value:>8g} {figure.unit}{interval}, {figure.status}",
                  markup=False)  # fmt: skip
        said = f"{figure.source}; {figure.note}" if figure.note else figure.source
        out.print(Padding(Text(said, style="dim"), (0, 0, 0, 4)))


def print_listing(content: Mapping[str, Mapping[str, Any]]) -> None:
    """Print names with what they mean, under headings; of a place a number of residents."""
    for heading, entries in content.items():
        if not entries:
            continue
        out.print(f"[bold]{heading}[/bold]")
        if heading == "runs":  # paths are long, and so is what was changed
            for path, meaning in entries.items():
                out.print(Text(f"  {path}"), soft_wrap=True)
                out.print(Padding(Text(str(meaning)), (0, 0, 0, 4)))
            continue
        table = listing()
        table.box, table.show_header, table.padding = None, False, (0, 2, 0, 2)
        table.add_column(no_wrap=True)
        table.add_column()
        for name, meaning in entries.items():
            shown = f"{meaning:,} residents" if isinstance(meaning, int) else meaning
            table.add_row(Text(name), Text(shown))
        out.print(table)


def changed_against(summary: dict[str, Any]) -> str:
    """Return "changed against shanghai-2022: r0=4", empty if nothing was changed."""
    said = "; ".join(summary.get("changed", ()))
    return f"changed against {summary['against']}: {said}" if said else ""


def listing(*headings: str, title: str | None = None) -> Table:
    """Return an empty table in the look of all tables."""
    return Table(*headings, title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
