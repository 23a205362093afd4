"""Two policies side by side in a terminal: both pans, the proportionality table, conclusions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lazaretto import console
from lazaretto.studies.conclusions import Finding, holds
from lazaretto.studies.pairs import differences

if TYPE_CHECKING:
    from lazaretto.outcomes.answers import Answer
    from lazaretto.outcomes.extra import Extra
    from lazaretto.studies.compare import Comparison
    from lazaretto.studies.contrast import Contrast
    from lazaretto.studies.flips import Flip

PANS = {"virus": "what the virus does", "policy": "what the policy does", "context": "besides"}

SCALES = ((1e9, " bn"), (1e6, " m"), (1e4, " k"))
"""From which number on, in what it is written, and the letter for that: thousand, million, billion.
Thousands are written out to 9,999."""

DETAILED = ("suitability", "not known")
"""Questions of which the details are shown here too: what depends on the structure of the model."""

FEWEST = 3
"""Pairs of runs below which no conclusion can be told from chance."""


def print_comparison(comparison: Comparison, report: Path | None) -> None:
    """Print all of a comparison.

    Parameters
    ----------
    comparison
        The comparison.
    report
        Its report, if one was written.
    """
    _heading(comparison)
    _contrasts(comparison)
    _answers(comparison.table)
    if comparison.findings:
        _findings(comparison)
    if comparison.flips is not None:
        _flips(comparison.flips)
    _say("")
    for name, outcome in (("policy", comparison.policy), ("less restrictive", comparison.less)):
        found = ", made before" if outcome.found else ""
        _say(f"run of {name:<18}{outcome.summary['run']}{found}")
    if report is not None:
        _say(f"report{' ' * 19}{report}")


def _heading(comparison: Comparison) -> None:
    said, less = comparison.policy.summary, comparison.less.summary
    seeds = [each["seed"] for each in said["replicates"]]
    seed = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
    title = Text(f"{said['scenario']} beside {less['scenario']}", style="bold")
    console.out.print(title)
    _say(f"{said['persons']:,} residents, {said['days']} days, {seed}")
    _say(f"less restrictive: {'; '.join(differences(comparison.pair))}")
    _say(f"aim: {comparison.aim.words}")
    notes = list(comparison.notes)
    if len(seeds) < FEWEST:
        notes.append("so few runs cannot tell a policy from chance; --replicates K makes more")
    for note in notes:
        console.out.print(Text(f"Note: {note}.", style="dim"))


def _contrasts(comparison: Comparison) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 1))
    table.add_column("")
    for heading in ("policy", "less restrictive", "difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    several = len(comparison.policy.summary["replicates"]) > 1
    pan = ""
    for each in comparison.contrasts:
        if each.pan != pan:
            pan = each.pan
            table.add_row(Text(PANS[pan], style="bold"))
        table.add_row(f"  {_counted(each)}", short(each.policy.mid), short(each.less.mid),
                      _with_range(each.difference))  # fmt: skip
    console.out.print(table)
    over = "the pairs of runs with the same seed and " if several else ""
    console.out.print(
        Text(
            f"Difference: the policy minus the less restrictive one; its range is over {over}the "
            "unit values of income and care. k thousand, m million, bn billion.",
            style="dim",
        )
    )


def _counted(each: Contrast) -> str:
    return each.kind if each.unit in ("persons", each.kind) else f"{each.kind}, {each.unit}"


def _answers(answers: list[Answer]) -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for row in answers:
        table.add_row(Text(row.question, style="bold"), Text(row.answer))
        for detail in row.detail if row.question in DETAILED else ():
            table.add_row("", Text(detail, style="dim"))
    console.out.print("\n[bold]proportionality[/bold]")
    console.out.print(table)
    _say("The numbers behind each answer are in the report and in --json.")


def _findings(comparison: Comparison) -> None:
    found = comparison.findings
    console.out.print("\n[bold]conclusions[/bold], share of runs in which each holds, %")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("")
    names = list(found[0].chances)
    for number in range(1, len(names) + 1):
        table.add_column(str(number), justify="right", no_wrap=True)
    for each in found:
        shares = [Text(f"{chance.share:.0%}".removesuffix("%"),
                       style="" if holds(chance) else "dim")
                  for chance in each.chances.values()]  # fmt: skip
        table.add_row(_judged(each), *shares)
    console.out.print(table)
    if len(names) > 1:
        changed = {tried.name: tried.changed for tried in comparison.structures}
        _say("structures, each one change from the first:")
        listed = Table.grid(padding=(0, 1, 0, 1))
        listed.add_column(justify="right")
        for number, name in enumerate(names, 1):
            said = changed.get(name, ", ".join(comparison.structure))
            listed.add_row(str(number), Text(f"{name}: {said}"))
        console.out.print(listed)


def _judged(found: Finding) -> Group:
    return Group(Text(found.statement), Padding(Text(found.verdict, "dim"), (0, 0, 0, 2)))


def _flips(flips: list[Flip]) -> None:
    console.out.print("\n[bold]assumed numbers[/bold], each end of their ranges")
    for flip in flips:
        unit = f" {flip.unit}" if flip.unit else ""
        said = "flips" if flip.flipped else "flips no conclusion"
        console.out.print(Text(f"  {flip.key} = {flip.value:g}{unit}: {said}"))
        for conclusion in flip.flipped:
            console.out.print(Text(f"      {conclusion}"))


def short(number: float) -> str:
    """Return a number to three digits, with a letter for thousands, millions, billions."""
    for scale, letter in SCALES:
        if abs(number) >= scale * (1 - 5e-4):
            unit = 1e3 if letter == " k" else scale
            return f"{float(f'{number / unit:.3g}'):,g}{letter}"
    rounded = float(f"{number:.4g}")
    return f"{rounded + 0.0:,.0f}" if rounded == int(rounded) else f"{number:.3g}"


def _with_range(extra: Extra) -> str:
    low, mid, high = (short(end) for end in extra)
    return mid if low == mid == high else f"{mid} ({low} to {high})"


def _say(text: str) -> None:
    console.out.print(Text(text), soft_wrap=True)
