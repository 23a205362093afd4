"""Arguments and options that several commands have alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ScenarioName = Annotated[
    str, typer.Argument(help="A scenario of the library, or a YAML file.", metavar="SCENARIO")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Set a value of the scenario, as r0=5 or measures.0.tier=2; repeatable.",
        metavar="KEY=VALUE",
    ),
]
SetFirst = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set a value first; repeatable."),
]
Seed = Annotated[
    int, typer.Option(min=0, metavar="N", help="Seed of the first replicate; others follow.")
]
Replicates = Annotated[int, typer.Option(min=1, metavar="K", help="Number of replicates.")]
Threads = Annotated[
    int, typer.Option(min=0, metavar="T", help="Threads, 0: all cores. Results do not change.")
]
Workers = Annotated[int, typer.Option(min=0, metavar="N", help="Processes, 0: one per core.")]
RunFolders = Annotated[Path, typer.Option("--out", help="Where run folders lie.", metavar="DIR")]
StudyFolder = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Where the study and its runs are kept.")
]
Report = Annotated[bool, typer.Option(help="Write the report and its figures.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")]
