"""The command that makes people ahead of runs: of some places, or of the nation."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from lazaretto.commands.options import AsJson
from lazaretto.console import (
    listing,
    out,
    print_json,
    problems_shown,
    progress_shown,
    stop_asked,
    stopped_at,
)

if TYPE_CHECKING:
    from lazaretto.people.nation import Kept

NATION = "china"
"""What stands for all prefectures."""

SHOWN = 12
"""Places that are listed one by one; of more, only those that took longest."""


def make_people(
    places: Annotated[
        list[str],
        typer.Argument(help="Places as in list --places, or china: all prefectures.",
                       metavar="PLACE..."),
    ],
    workers: Annotated[
        int, typer.Option(min=0, metavar="N", help="Places made at a time, 0: one per core.")
    ] = 0,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make the people of places and keep them in the cache, or check those that are kept."""
    from lazaretto.people.nation import make_all, prefectures

    wanted = [p for place in places for p in (prefectures() if place == NATION else [place])]
    began = time.perf_counter()
    with problems_shown(as_json), progress_shown(as_json) as progress, stop_asked() as stop:
        kept = make_all(wanted, workers=workers, progress=progress, stop=stop)
        stopped = stop()
    seconds = time.perf_counter() - began
    if as_json:
        print_json(totals(kept, seconds) | {"places": [asdict(place) for place in kept]})
    else:
        print_kept(kept, seconds)
    if stopped:
        stopped_at("the other places")


def totals(kept: list[Kept], seconds: float) -> dict[str, float]:
    """Return sums over places; ``seconds`` is the wall time of all together."""
    return {
        "persons": sum(place.persons for place in kept),
        "compounds": sum(place.compounds for place in kept),
        "buildings": sum(place.buildings for place in kept),
        "bytes": sum(place.bytes for place in kept),
        "made": sum(not place.found for place in kept),
        "found": sum(place.found for place in kept),
        "seconds": round(seconds, 3),
    }


def print_kept(kept: list[Kept], seconds: float) -> None:
    """Print places one by one where they are few, else the slowest, and the sums."""
    table = listing("place", "persons", "compounds", "buildings", "MB", "s", "")
    for column in table.columns[1:-1]:
        column.justify = "right"
    for place in sorted(kept, key=lambda place: -place.seconds)[:SHOWN]:
        table.add_row(
            Text(place.name), f"{place.persons:,}", f"{place.compounds:,}", f"{place.buildings:,}",
            f"{place.bytes / 1e6:,.1f}", f"{place.seconds:.1f}", "found" if place.found else "made",
        )  # fmt: skip
    out.print(table)
    if len(kept) > SHOWN:
        out.print(f"[dim]The {SHOWN} of {len(kept)} places that took longest.[/dim]")
    sums = totals(kept, seconds)
    out.print(
        f"{sums['persons']:,} persons in {sums['compounds']:,} compounds of {len(kept)} places "
        f"({sums['made']} made, {sums['found']} found), {sums['bytes'] / 1e9:.2f} GB on disk, "
        f"{seconds:.1f} s."
    )
