"""Two policies side by side in a terminal: both pans, the proportionality table, conclusions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lazaretto import console
from lazaretto.console.columns import broken, letters_over
from lazaretto.console.run_summary import seeds_of
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

DIFFERENCE = 28
"""Letters of a difference with its range."""

FEWEST = 3
"""Pairs of runs below which no conclusion can be told from chance."""


def print_comparison(
    comparison: Comparison, report: Path | None, seconds: tuple[float, float] | None = None
) -> None:
    """Print all of a comparison.

    Parameters
    ----------
    comparison
        The comparison.
    report
        Its report, if one was written.
    seconds
        How long the runs and the report took just now, if that is known.
    """
    _heading(comparison)
    _contrasts(comparison)
    _support(comparison)
    _answers(comparison.table)
    if comparison.findings:
        _findings(comparison)
    if comparison.flips is not None:
        _flips(comparison.flips)
    _say("")
    made = [
        ("run of policy", comparison.policy),
        (f"run of {_second(comparison)}", comparison.less),
    ]
    if comparison.unsupported not in (None, comparison.less):
        made.append(("run without support", comparison.unsupported))
    listed = [(name, str(outcome.summary["run"]), outcome.found) for name, outcome in made]
    if report is not None:
        listed.append(("report", str(report), False))
    wide = max(len(name) for name, _, _ in listed) + 2
    for name, path, found in listed:
        _say(f"{name:<{wide}}{path}{', made before' if found else ''}")
    if seconds is not None:
        runs, page = seconds
        written = f", the report {page:.1f} s" if report is not None else ""
        _say(f"{'took':<{wide}}{runs:.1f} s{written}")


def _heading(comparison: Comparison) -> None:
    said, less = comparison.policy.summary, comparison.less.summary
    title = Text(f"{said['scenario']} beside {less['scenario']}", style="bold")
    console.out.print(title)
    _say(f"{said['persons']:,} residents, {said['days']} days, {seeds_of(said)}")
    _labelled(f"{_second(comparison)}:", "; ".join(differences(comparison.pair)))
    _labelled("aim:", comparison.aim.words)
    notes = list(comparison.notes)
    if len(said["replicates"]) < FEWEST:
        notes.append("so few runs cannot tell a policy from chance; --replicates K makes more")
    for note in notes:
        console.out.print(Text(f"Note: {note}.", style="dim"))


def _second(comparison: Comparison) -> str:
    """Return what the second policy is called: the less restrictive one only if it is."""
    return "other policy" if comparison.called_by_name else "less restrictive"


def _columns(comparison: Comparison) -> tuple[str, str]:
    """Return what stands over the two columns of numbers."""
    if not comparison.called_by_name:
        return "policy", "less restrictive"
    letters = letters_over(console.out.width, 2, taken=DIFFERENCE)
    ours, theirs = (
        broken(name, letters)
        for name in _short_names(*(str(each.summary["scenario"])
                                   for each in (comparison.policy, comparison.less)))
    )  # fmt: skip
    return ours, theirs


def _short_names(ours: str, theirs: str) -> tuple[str, str]:
    """Return two names, the first without the second where it only adds to it."""
    return ours.removeprefix(f"{theirs}-"), theirs


def _contrasts(comparison: Comparison) -> None:
    headings = (*_columns(comparison), "difference")
    pans, pan = [], ""
    for each in comparison.contrasts:
        pans.append("" if each.pan == pan else PANS[each.pan])
        pan = each.pan
    console.out.print(_side_by_side(comparison.contrasts, headings, pans))
    several = len(comparison.policy.summary["replicates"]) > 1
    over = "the pairs of runs with the same seed and " if several else ""
    medians = "Medians over the runs. " if several else ""
    console.out.print(
        Text(
            f"{medians}Difference: the first policy minus the second; its range is over {over}the "
            "unit values of income and care. k thousand, m million, bn billion.",
            style="dim",
        )
    )


def _side_by_side(
    rows: list[Contrast], headings: tuple[str, str, str], pans: list[str] | None = None
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 1))
    table.add_column("")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for each, pan in zip(rows, pans or [""] * len(rows), strict=True):
        if pan:
            table.add_row(Text(pan, style="bold"))
        whole = each.unit != "persons" or each.pan == "virus"
        table.add_row(f"  {_counted(each)}", short(each.policy.mid, whole=whole),
                      short(each.less.mid, whole=whole),
                      _with_range(each.difference, whole=whole))  # fmt: skip
    return table


def _support(comparison: Comparison) -> None:
    if not comparison.support:
        return
    console.out.print("\n[bold]what support changes[/bold], the policy with and without it")
    console.out.print(_side_by_side(comparison.support, ("with", "without", "difference")))


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
    return Group(
        Text(shortened(found.statement)), Padding(Text(found.verdict, "dim"), (0, 0, 0, 2))
    )


def _flips(flips: list[Flip]) -> None:
    console.out.print("\n[bold]assumed numbers[/bold], each end of their ranges")
    for flip in flips:
        unit = f" {flip.unit}" if flip.unit else ""
        said = "flips" if flip.flipped else "flips no conclusion"
        console.out.print(Text(f"  {flip.key} = {flip.value:g}{unit}: {said}"))
        for conclusion in flip.flipped:
            console.out.print(Text(f"      {shortened(conclusion)}"))


def short(number: float, *, whole: bool = True) -> str:
    """Return a number to three digits, with a letter for thousands, millions, billions.

    Parameters
    ----------
    number
        The number.
    whole
        Whether it counts what cannot be halved: a median between two runs is then rounded.
    """
    for scale, letter in SCALES:
        if abs(number) >= scale * (1 - 5e-4):
            unit = 1e3 if letter == " k" else scale
            return f"{float(f'{number / unit:.3g}'):,g}{letter}"
    if abs(number) >= 1000:
        number = float(f"{number:.3g}")
    if whole or abs(number) >= 100 or number == int(number):
        return f"{round(number):,}"
    return f"{number:.3g}"


def shortened(text: str) -> str:
    """Return a text with its large numbers to three digits: "770,320" becomes "770,000"."""

    def rounded(found: re.Match[str]) -> str:
        number = float(found.group().replace(",", ""))
        return f"{float(f'{number:.3g}'):,.0f}"

    return re.sub(r"\d{1,3}(?:,\d{3})+", rounded, text)


def _with_range(extra: Extra, *, whole: bool) -> str:
    low, mid, high = (short(end, whole=whole) for end in extra)
    return mid if low == mid == high else f"{mid} ({low} to {high})"


def _labelled(label: str, text: str) -> None:
    """Print a label and what it is, wrapped beside it."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(label, Text(text))
    console.out.print(table)


def _say(text: str) -> None:
    console.out.print(Text(text), soft_wrap=True)
