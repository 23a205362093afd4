"""The command that writes a folder to start from for a place of one's own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from lazaretto.commands.options import AsJson
from lazaretto.console import out, print_json, problems_shown

NAMELESS = "my-place"
"""Name of a scenario whose folder has none in Latin letters; the title keeps what it has."""


def new_place(
    folder: Annotated[
        Path, typer.Argument(help="Folder to write; its name is that of the place.", metavar="NAME")
    ],
    ages: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Residents by area and age, any age bands."),
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Reported cases: date, reported, and deaths if known."),
    ] = None,
    disease: Annotated[
        str, typer.Option(metavar="NAME", help="A variant, as in lazaretto list.")
    ] = "omicron-ba2",
    start: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="First day, that of the cases."),
    ] = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="Readable name.")] = "",
    source: Annotated[
        str, typer.Option(metavar="TEXT", help="Where the ages are from, and their licence.")
    ] = "",
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--area", metavar="AREA", help="An area of the ages, repeatable; all if none."
        ),
    ] = None,
    area_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of the ages that names areas.")
    ] = None,
    age_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of their ages, as 0-4 or 90+.")
    ] = None,
    persons_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of their residents.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a folder to start from: a place of your own, its tables, a scenario with comments."""
    from lazaretto.disease import variants
    from lazaretto.people.own_ages import read_own_ages
    from lazaretto.scenario import Problem, ScenarioError, did_you_mean, one_of
    from lazaretto.studies.new_place import NewPlace, make_folder
    from lazaretto.words import slug

    name = slug(folder.name) or NAMELESS
    with problems_shown(as_json):
        problems = [
            Problem(f"--{option}", str(path), "a file that is there", "correct the path")
            for option, path in (("ages", ages), ("cases", cases))
            if path is not None and not path.is_file()
        ]
        if disease not in variants():
            advice = did_you_mean(disease, variants(), "choose one of them")
            problems.append(Problem("--disease", disease, one_of(variants()), advice))
        if problems:
            raise ScenarioError(problems)
        residents = None
        if ages is not None:
            residents = read_own_ages(ages, area_column, age_column, persons_column, only or ())
        made = make_folder(
            NewPlace(
                name, title or folder.name, disease, residents, cases,
                None if start is None else start.date(),
                source or ("" if ages is None else f"`{ages.name}`"),
            ),
            folder,
        )  # fmt: skip
    if as_json:
        print_json({"ok": True, "folder": str(folder), "files": [str(path) for path in made]})
        return
    for path in made:
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)
    scenario = folder / "scenario.yaml"
    out.print(f"\nNow: lazaretto check {scenario}", markup=False, highlight=False, soft_wrap=True)
