"""Several policies beside one, in a terminal and as words for the page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from lazaretto import console
from lazaretto.console.columns import broken, letters_over, numbers_whole
from lazaretto.console.comparison import FEWEST, PANS, short
from lazaretto.console.run_summary import seeds_of

if TYPE_CHECKING:
    from lazaretto.report.several_page import SeveralShown
    from lazaretto.studies.contrast import Contrast
    from lazaretto.studies.several import Several

PAGE = "compared.html"
"""Name of the page in the run folder of the first policy."""

SPREAD = ("infections", "deaths")
"""Amounts of which the range is shown too: a median hides the one run that is not contained."""

BY = {"district": "By district", "age": "By age", "origin": "By where it was caught"}
"""Headings of who was spared."""


def print_several(made: Several, page: Path | None, seconds: float) -> None:
    """Print several policies beside one.

    Parameters
    ----------
    made
        The comparison.
    page
        Its page, if one was written.
    seconds
        How long all of it took.
    """
    say, said = console.out.print, made.outcome.summary
    names = [made.short_name(each.policy) for each in made.others]
    say(Text(f"{made.base.name} beside {', '.join(names)}", style="bold"))
    say(Text(f"{said['persons']:,} residents, {said['days']} days, {seeds_of(said)}"))
    say(Text(f"aim: {made.aim.words}"))
    if made.outcome.results.sizes.get("replicate", 1) < FEWEST:
        few = "so few runs cannot tell a policy from chance; --replicates K makes more"
        say(Text(f"Note: {few}.", style="dim"))
    say(_amounts(made))
    say(
        Text(
            "Under each name the amount and, in brackets, how it differs from the first policy: "
            "medians over the pairs of runs with the same seed. --json has all ranges.",
            "dim",
        )
    )
    _spared(made, names)
    say("\n[bold]what the shared chance saves[/bold]")
    for name, each in zip(names, made.others, strict=True):
        for found in each.pairings:
            say(Text(f"  {name}, {found.kind}: {found.words}"), soft_wrap=True)
    say("")
    for name, outcome in [
        (made.base.name, made.outcome),
        *zip(names, (each.outcome for each in made.others), strict=True),
    ]:
        known = ", made before" if outcome.found else ""
        say(Text(f"run of {name}  {outcome.summary['run']}{known}"), soft_wrap=True)
    if page is not None:
        say(Text(f"report  {page}"), soft_wrap=True)
    say(Text(f"took  {seconds:.1f} s"))  # fmt: skip


def shown_several(made: Several) -> SeveralShown:
    """Return what the page of a comparison says besides its figures."""
    from lazaretto.report.several_page import SeveralShown

    said = made.outcome.summary
    names = [made.short_name(each.policy) for each in made.others]
    lines = [[kind, *cells] for _, kind, cells in _cells(made, bands=True)]
    lines.append(["aim reached, of runs", *_reached(made)])
    by = {heading: [[group, *cells] for group, cells in _spared_cells(made, key)]
          for key, heading in BY.items()}  # fmt: skip
    pairing = [
        [name, found.kind, "" if found.ratio is None else f"{found.ratio:.3g}", found.words]
        for name, each in zip(names, made.others, strict=True)
        for found in each.pairings
    ]
    differs = {name: "; ".join(each.differs)
               for name, each in zip(names, made.others, strict=True)}  # fmt: skip
    return SeveralShown(
        made.base.title,
        f"{said['persons']:,} residents, {said['days']} days, {seeds_of(said)}",
        made.aim.words,
        lines,
        {heading: found for heading, found in by.items() if found},
        differs,
        pairing,
    )


def written_several(made: Several, page: Path | None = None) -> Path:
    """Write the page of a comparison, with the figure of each policy, and return it.

    Parameters
    ----------
    made
        The comparison; the run of its first policy is kept in a folder.
    page
        The file; `PAGE` in that folder if absent.
    """
    from lazaretto.report.several_page import several_page

    assert made.outcome.folder is not None
    results = {made.base.name: made.outcome.results} | {
        made.short_name(each.policy): each.outcome.results for each in made.others
    }
    return several_page(results, shown_several(made), page or made.outcome.folder.path / PAGE)


def _amounts(made: Several) -> Table:
    names = [made.base.name, *(made.short_name(each.policy) for each in made.others)]
    table = _table(names)
    pan = ""
    for of_pan, kind, cells in _cells(made, bands=False):
        if of_pan != pan:
            table.add_row(Text(PANS[of_pan], style="bold"))
            pan = of_pan
        table.add_row(f"  {kind}", *cells)
        if kind in SPREAD:
            table.add_row("    over the runs", *_over_runs(made, kind), style="dim")
    table.add_row("aim reached, of runs", *_reached(made))
    return table


def _table(names: list[str]) -> Table:
    """Return an empty table with a column for each policy, no name cut in the middle of a word."""
    letters = letters_over(console.out.width, len(names))
    table = console.listing("", *(broken(name, letters) for name in names))
    numbers_whole(table)
    return table


def _reached(made: Several) -> list[str]:
    found = [made.reached, *(each.reached for each in made.others)]
    return [f"{each.reached} of {each.runs}" for each in found]


def _over_runs(made: Several, kind: str) -> list[str]:
    """Return the range of an amount over the runs of each policy, nothing where it has one run."""
    found = [{c.kind: c for c in each.contrasts}.get(kind) for each in made.others]
    first = next((each.less for each in found if each is not None), None)
    spread = [first, *(None if each is None else each.policy for each in found)]
    return ["" if each is None or each.low == each.high
            else f"{short(each.low)}\nto {short(each.high)}" for each in spread]  # fmt: skip


def _cells(made: Several, *, bands: bool) -> list[tuple[str, str, list[str]]]:
    """Return pan, kind and cells of every amount that any of the policies has."""
    rows: dict[str, Contrast] = {}
    for each in made.others:
        for found in each.contrasts:
            rows.setdefault(found.kind, found)
    order = ("virus", "policy", "context")
    lines: list[tuple[str, str, list[str]]] = []
    for kind, first in sorted(rows.items(), key=lambda item: order.index(item[1].pan)):
        whole = first.unit != "persons" or first.pan == "virus"
        cells = [short(first.less.mid, whole=whole)]
        for other in made.others:
            found_of = [each for each in other.contrasts if each.kind == kind]
            cells.append(_cell(found_of[0], whole=whole, bands=bands) if found_of else "0")
        unit = "" if first.unit in ("persons", kind) else f", {first.unit}"
        lines.append((first.pan, f"{kind}{unit}", cells))
    return lines


def _cell(found: Contrast, *, whole: bool, bands: bool) -> str:
    low, mid, high = (_signed(end, whole=whole) for end in found.difference)
    band = f"; {low} to {high}" if bands and low != high else ""
    between = " " if bands else "\n"
    return f"{short(found.policy.mid, whole=whole)}{between}({mid}{band})"


def _signed(number: float, *, whole: bool = True) -> str:
    said = short(number, whole=whole)
    return f"+{said}" if number > 0 and said != "0" else said


def _spared(made: Several, names: list[str]) -> None:
    console.out.print("\n[bold]who was spared[/bold], infections averted against the first policy")
    table = _table(names)
    for key, heading in BY.items():
        lines = _spared_cells(made, key)
        if lines:
            table.add_row(Text(heading.lower(), style="bold"))
        for group, cells in lines:
            table.add_row(f"  {group}", *cells)
    console.out.print(table)
    console.out.print(Text("Medians over the pairs of runs, in brackets per 1,000 residents of the "
                           "group; negative where more were infected.", "dim"))  # fmt: skip


def _spared_cells(made: Several, by: str) -> list[tuple[str, list[str]]]:
    """Return the groups of one kind with a cell for each policy but the first."""
    found: dict[str, list[str]] = {}
    for number, other in enumerate(made.others):
        for each in other.spared:
            if each.by == by:
                cells = found.setdefault(each.group, ["0"] * len(made.others))
                per = "" if each.per_1000 is None else f" ({each.per_1000:.3g})"
                cells[number] = f"{short(each.averted.mid)}{per}"
    return list(found.items())
