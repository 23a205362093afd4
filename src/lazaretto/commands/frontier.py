"""The command that finds what a lockdown can contain, and says whether it can hold a variant."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from lazaretto.commands.options import AsJson, Workers
from lazaretto.commands.starting import check_folder, say_if_compiling
from lazaretto.console import (
    INTERRUPTED,
    complain,
    file_given,
    listing,
    out,
    print_json,
    problems_shown,
    progress_shown,
    stop_asked,
)
from lazaretto.scenario import Problem, Scenario, ScenarioError, did_you_mean, library

if TYPE_CHECKING:
    from lazaretto.studies.frontier.search import Frontier, Question

DEFAULT_PLACE = "hongkou"
"""A district of Shanghai of 757,498 residents: dense, and small enough for two thousand runs."""

SECONDS_EACH = 0.23
"""Seconds of one core for a run there, measured, all else of the command among them."""


def find_frontier(
    place: Annotated[
        str,
        typer.Argument(help="A place as in list --places, or a scenario, for its place and "
                       "contacts.", metavar="[PLACE or SCENARIO]"),
    ] = DEFAULT_PLACE,
    disease: Annotated[
        list[str] | None,
        typer.Option("--disease", metavar="NAME", help="Variant; repeatable. "
                     "wild-type, delta, omicron-ba2 if absent."),
    ] = None,
    screening: Annotated[
        list[int] | None,
        typer.Option("--screening", metavar="DAYS", help="Days between screenings of everybody, "
                     "0: none; repeatable. 0, 7, 3, 1 if absent."),
    ] = None,
    start: Annotated[
        list[int] | None,
        typer.Option("--start", metavar="N", help="Infections so far when the lockdown begins; "
                     "repeatable. 10, 100, 1000 if absent."),
    ] = None,
    runs: Annotated[
        int, typer.Option(metavar="N", help="Runs for each variant and screening interval.")
    ] = 152,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed.")] = 1,
    workers: Workers = 0,
    folder: Annotated[Path, typer.Option("--out", help="Where study folders lie.",
                                         metavar="DIR")] = Path("runs"),
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Find which outbreaks a lockdown contains: R0, leakage, screening, how early it begins.

    Runs are made where the answer is least certain; finished ones are found again. The defaults
    take five minutes on two cores.
    """
    from lazaretto.studies import Interrupted, cores
    from lazaretto.studies.frontier.search import frontier

    began = time.perf_counter()
    with problems_shown(as_json):
        check_folder(folder)
        question = question_of(place, disease, screening, start, runs, seed)
        processes = workers or cores()
        target = folder / f"frontier-{Path(place).stem}-{question.digest()[:12]}"
        if not as_json:
            minutes = max(question.total * SECONDS_EACH / processes / 60, 1)
            complain(f"{question.total:,} runs in {processes} processes, about {minutes:.0f} min "
                     f"on idle cores for a place like {DEFAULT_PLACE}")  # fmt: skip
        say_if_compiling()
        try:
            with progress_shown(as_json) as progress, stop_asked() as stop:
                found = frontier(question, target, workers=processes, progress=progress, stop=stop)
                progress("working out closed forms", 1.0)
                said = written(found, target)
        except Interrupted as stopped:
            complain(f"Stopped: {stopped}. The same command goes on from there.")
            raise typer.Exit(INTERRUPTED) from None
    said |= {"folder": str(target), "wall_s": round(time.perf_counter() - began, 1)}
    if as_json:
        print_json(said)
    else:
        print_frontier(said)


def question_of(
    place: str, diseases: list[str] | None, intervals: list[int] | None, starts: list[int] | None,
    runs: int, seed: int,
) -> Question:  # fmt: skip
    """Return the question of a command line.

    Raises
    ------
    ScenarioError
        With every problem at once.
    """
    from lazaretto.disease import variants
    from lazaretto.engine.checked import place_of, read_checked
    from lazaretto.people import CensusError, read_area
    from lazaretto.studies.frontier.runs import ARRIVALS, base_of
    from lazaretto.studies.frontier.search import FIRST_ROUND, Question

    problems = []
    for name in diseases or ():
        if name not in variants():
            advice = did_you_mean(name, variants(), "choose one of them")
            allowed = f"one of {', '.join(variants())}"
            problems.append(Problem("--disease", name, allowed, advice))
    wrong = [days for days in intervals or () if not 0 <= days <= 60]
    problems += [
        Problem("--screening", days, "0 (nobody is screened) to 60 days", "correct it")
        for days in wrong
    ]
    problems += [
        Problem("--start", n, f"{ARRIVALS} to 100,000 infections",
                f"{ARRIVALS} arrive together on the first day: give at least so many")
        for n in starts or () if not ARRIVALS <= n <= 100_000
    ]  # fmt: skip
    if runs < FIRST_ROUND or runs > 10_000:
        advice = "a frontier cannot be fitted to fewer; more than 10,000 tell no more"
        problems.append(Problem("--runs", runs, f"{FIRST_ROUND} to 10,000", advice))
    base: dict[str, Any] = {}
    try:
        if place in dict(library()) or place.endswith((".yaml", ".yml")):
            file_given(place)
            read: Scenario = read_checked(place, [])
            if read.nation is not None:
                raise ScenarioError([Problem("place", read.place, "one place", "name a city")])
            base = base_of(str(place_of(read)), read)
        else:
            read_area(place)
            base = base_of(place)
    except ScenarioError as error:
        problems += error.problems
    except CensusError as error:
        allowed = "a place as in lazaretto list --places, or a scenario"
        problems += [Problem("place", place, allowed, said) for said in error.problems]
    if problems:
        raise ScenarioError(problems)
    plain = Question(base, runs=runs, seed=seed)
    return Question(
        base,
        tuple(dict.fromkeys(diseases or plain.diseases)),
        tuple(dict.fromkeys(plain.intervals if intervals is None else intervals)),
        tuple(sorted(set(starts or plain.starts))),
        runs,
        seed,
    )


def written(found: Frontier, folder: Path) -> dict[str, Any]:
    """Write the answer and its figure, and return what is printed."""
    import numpy as np
    import pandas as pd

    from lazaretto.disease import variant
    from lazaretto.report.files import save_in_all_formats
    from lazaretto.report.frontier_figure import frontier_figure
    from lazaretto.studies.frontier.answer import closed_forms, contours, known_r0, summary
    from lazaretto.studies.frontier.runs import R0S, prepared_town
    from lazaretto.studies.frontier.said import sentences
    from lazaretto.studies.frontier.search import LEVELS
    from lazaretto.whole_files import whole_file, write_whole

    diseases = found.question.diseases
    town = prepared_town(found.question.base, diseases)
    published = [known_r0(disease) for disease in diseases]
    closed = pd.concat([
        closed_forms(town, disease, np.unique([*R0S, r0.value]))
        for disease, r0 in zip(diseases, published, strict=True)
    ])  # fmt: skip
    said = summary(found, town, closed)
    said["sentences"] = sentences(said)
    lines = contours(found)
    variants = pd.DataFrame({
        "disease": diseases, "title": [variant(disease).title for disease in diseases],
        "r0": [r0.value for r0 in published],
        "r0_low": [r0.low or r0.value for r0 in published],
        "r0_high": [r0.high or r0.value for r0 in published],
    })  # fmt: skip
    with whole_file(folder / "contours.parquet") as file:
        lines.to_parquet(file, index=False)
    save_in_all_formats(frontier_figure(lines, variants, closed, LEVELS), folder, "frontier")
    write_whole(folder / "frontier.json", json.dumps(said, indent=2))
    return said


def print_frontier(said: dict[str, Any]) -> None:
    """Print the answer in sentences, and a table of the outbreak of middle size per variant."""
    from lazaretto.disease import variant
    from lazaretto.report.frontier_figure import screened

    for sentence in said["sentences"]:
        out.print(Text(sentence), soft_wrap=True)
    starts = sorted({row["start"] for row in said["answers"]})
    usual = starts[len(starts) // 2]
    cost = {(row["disease"], row["interval"], row["leakage"]): row for row in said["costs"]}
    for disease, about in said["diseases"].items():
        r0 = f"R0 {about['r0']:g}, {about['r0_low']:g} to {about['r0_high']:g}"
        title = f"{variant(disease).title} ({r0}), {usual:,} infected when the lockdown begins"
        table = listing("", "half at, %", "leakage", "held, %", "over R0", "sealed, d",
                        "infected", title=title)  # fmt: skip
        table.padding = (0, 1, 0, 0)  # all of it fits into 80 letters
        for column in table.columns:
            column.no_wrap = True
        for column in table.columns[1:]:
            column.justify = "right"
        before = None
        for row in said["answers"]:
            if row["start"] != usual or row["disease"] != disease:
                continue
            paid = cost[disease, row["interval"], row["leakage"]]
            again = row["interval"] == before
            name = screened(row["interval"]).replace("screened", "").replace(" days", " d").strip()
            before = row["interval"]
            table.add_row(
                "" if again else name,
                "" if again else leaking(row),
                f"{row['leakage']:.1%}",
                f"{100 * row['contained']:.0f}",
                f"{100 * row['at_low_r0']:.0f}-{100 * row['at_high_r0']:.0f}",
                f"{paid['sealed_days']:.0f} ({paid['sealed_low']:.0f}-{paid['sealed_high']:.0f})",
                f"{paid['infections']:,.0f}",
            )
        out.print(table)
    out.print(f"[dim]{said['runs']:,} runs ({said['found']:,} found) in {said['wall_s']:.0f} s; "
              f"figure, table and every run: {said['folder']}[/dim]", soft_wrap=True)  # fmt: skip


def leaking(row: dict[str, Any]) -> str:
    """Return "4.1 (3.8-4.4)", percent: the leakage at which the chance is one half."""
    if row["frontier"] >= 1:
        return "none needed"
    low, high = 100 * row["frontier_low"], min(100 * row["frontier_high"], 100)
    return f"{100 * row['frontier']:.2g} ({low:.2g}-{f'{high:.2g}' if high < 99.5 else '100'})"
