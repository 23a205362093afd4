"""What came out of a run, in a terminal: medians over the runs, to three significant digits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from lazaretto import console

if TYPE_CHECKING:
    from lazaretto.outcomes.aims import Aim
    from lazaretto.outcomes.rows import Ledger
    from lazaretto.studies import RunOutcome

BORNE = ("food-insecure days", "income lost")
"""Rows of the ledger that the summary of a run shows."""


def print_summary(
    outcome: RunOutcome, aim: Aim, *, stated: bool, report: Path | None, report_s: float
) -> None:
    """Print what came out of a run, in words.

    Parameters
    ----------
    outcome
        The run.
    aim, stated
        What it is judged by, and whether the scenario says so.
    report
        Its report, if it has one.
    report_s
        Seconds the report took just now; 0 if it was there already.
    """
    said = outcome.summary
    if outcome.found:
        console.out.print("This run was made before; --again makes it anew.")
    console.out.print(
        f"[bold]{said['scenario']}[/bold]: {said['persons']:,} residents, {said['days']} days, "
        f"{seeds_of(said)}"
    )
    changed = console.changed_against(said)
    if changed:
        _say(changed)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for name, meaning in _lines(outcome, aim, stated=stated):
        table.add_row(f"  {name}", Text(meaning))
    console.out.print(table)
    made = (
        f"simulated in {said['wall_s']:.1f} s on {said['threads']} threads, prepared in "
        f"{said['setup_s']:.1f} s"
    )
    _say(made + (f", report written in {report_s:.1f} s" if report_s else ""))
    _say(f"run folder  {said['run']}")
    if report is not None:
        _say(f"report      {report}")


def run_line(said: dict[str, Any]) -> str:
    """Return a finished run in a line: "5 x 131 days, 612,000 infections, 580 deaths; r0=4"."""
    from lazaretto.report.wording import people

    several = len(said["replicates"]) > 1
    counts = [f"{people(_median(said, name))} {name}" for name in ("infections", "deaths")
              if name in said["replicates"][0]]  # fmt: skip
    line = f"{len(said['replicates'])} x {said['days']} days, {', '.join(counts)}"
    if several:
        line += " (medians)"
    return "; ".join(filter(None, (line, console.changed_against(said))))


def seeds_of(said: dict[str, Any]) -> str:
    """Return the seeds of a run in words: "seed 3", "seeds 5 to 7"."""
    seeds = [each["seed"] for each in said["replicates"]]
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"


def _lines(outcome: RunOutcome, aim: Aim, *, stated: bool) -> Iterator[tuple[str, str]]:
    from lazaretto.outcomes import person_days
    from lazaretto.outcomes.aims import chance_of
    from lazaretto.outcomes.ledger import ledger
    from lazaretto.outcomes.rows import replicated
    from lazaretto.report.replicates import spread
    from lazaretto.report.wording import people_in_runs

    said, runs = outcome.summary, replicated(outcome.results)
    untested = not said.get("tests", True) and said["infections"] and not said["reported"]
    for name in ("infections", "reported", "deaths"):
        if name == "reported" and untested:
            yield name, "nobody was tested in this scenario, so no case was reported"
        else:
            yield name, people_in_runs(spread(_each(said, name)))
    days = person_days(runs)
    for name, kinds, where in (
        ("confined", ["controlled", "sealed"], "person-days in controlled or sealed buildings"),
        ("isolated", ["isolated at home", "in a facility"], "person-days at home or in a facility"),
    ):
        apart = spread(days.sel(kind=kinds).sum("kind"))
        yield name, people_in_runs(apart, where)
    yield from _borne(ledger(runs))
    if "breakouts" in runs:
        counted = runs["breakouts"]
        each = counted.sum([axis for axis in counted.dims if axis != "replicate"])
        yield "break-outs", people_in_runs(spread(each))
    found = chance_of(runs, aim)
    reached = {0: "not reached", found.runs: "reached"}.get(found.reached, "reached")
    of = f" in {found.reached or found.runs} of {found.runs} runs" if found.runs > 1 else ""
    taken = "" if stated else " (taken, as the scenario states no aim)"
    yield "aim", f"{reached}{of}: {aim.words}{taken}"


def _borne(costs: Ledger) -> Iterator[tuple[str, str]]:
    """Yield rows of the ledger; where unit values have ranges, these are in the range given."""
    from lazaretto.report.replicates import Spread, spread
    from lazaretto.report.wording import between, people, people_in_runs

    for kind in BORNE:
        if not costs.has(kind):
            continue
        row = costs.of(kind)
        low, mid, high = (spread(row.amount.sel(bound=bound)) for bound in ("low", "mid", "high"))
        name, unit = kind.removesuffix(" days"), row.unit
        if (low, high) == (mid, mid):
            yield name, people_in_runs(mid, unit)
        else:
            whole = Spread(mid.median, low.low, high.high, mid.runs)
            over = "of the runs and of the unit values" if mid.runs > 1 else "of the unit values"
            some = between(whole.low, whole.high)
            yield name, f"{people(whole.median)} {unit} ({some} over the ranges {over})"


def _each(said: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - one number for each run
    import numpy as np

    return np.array([one.get(name, 0) for one in said["replicates"]], np.float64)


def _median(said: dict[str, Any], name: str) -> float:
    from lazaretto.report.replicates import spread

    return spread(_each(said, name)).median


def _say(text: str) -> None:
    console.out.print(Text(f"  {text}"), soft_wrap=True)
