"""The command that runs a scenario over a grid of values, and the table that it ends with."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from lazaretto.commands.options import AsJson, ScenarioName, Seed
from lazaretto.commands.starting import check_folder, check_set_once, say_idle, say_if_compiling
from lazaretto.console import (
    INTERRUPTED,
    complain,
    file_given,
    out,
    print_json,
    problems_shown,
    progress_shown,
    stop_asked,
)
from lazaretto.console.columns import LEAST, broken, wide

if TYPE_CHECKING:
    import pandas as pd

    from lazaretto.studies.ensembles.sweep import Sweep

HEADINGS = {
    "reported": "reported\ncases",
    "infections": "infections\n",
    "deaths": "deaths\n",
    "sealed_person_days": "sealed\nperson-days",
    "income_lost": "income\nlost, RMB",
}


def sweep_values(
    scenario: ScenarioName,
    vary: Annotated[
        list[str] | None,
        typer.Option("--vary", metavar="KEY=VALUES",
                     help="Values of a key, as r0=5,6,7 or r0=5:8:4 (from, to, number of values); "
                     "repeatable: every combination is run."),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a value at every point; repeatable."),
    ] = None,
    seed: Seed = 1,
    replicates: Annotated[
        int, typer.Option(min=1, metavar="K", help="Runs at each point, the same seeds at all.")
    ] = 1,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Make the I-th of N parts only, for a job array."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=0, metavar="W", help="Processes, 0: one per core.")
    ] = 0,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A dask scheduler whose workers make the runs."),
    ] = None,
    folder: Annotated[
        Path, typer.Option("--out", help="Where runs and tables lie.", metavar="DIR")
    ] = Path("runs"),
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Run a scenario at every combination of values, and say what it costs at each.

    Finished runs are found again, those of other parts, sweeps and studies in DIR too.
    """
    from lazaretto.studies import Interrupted, cores
    from lazaretto.studies.ensembles.ensemble import addresses, each_run, number_found
    from lazaretto.studies.ensembles.grid import axes_of, shard_of
    from lazaretto.studies.ensembles.sweep import (
        folder_of,
        read_outcomes,
        rows_of,
        sweep_of,
        write_rows,
    )

    began = time.perf_counter()
    with problems_shown(as_json):
        check_folder(folder)
        file_given(scenario)
        part = None if shard is None else shard_of(shard)
        axes = axes_of(vary or [])
        check_set_once([axis.key for axis in axes], overrides or [])
        with progress_shown(as_json) as progress:
            progress("reading the scenario at every point", 0.0)
            grid = sweep_of(scenario, axes, overrides or [], seed, replicates)
        jobs = grid.jobs()
        hashes = addresses(jobs)
        mine = [i for i in range(len(jobs)) if part is None or i % part[1] == part[0] - 1]
        there = number_found([hashes[i] for i in mine], folder)
        complain(_cost(grid, len(mine), there, shard, cluster or workers or cores()))
        say_idle(grid.scenarios)
        if there < len(mine) and cluster is None:
            say_if_compiling()
        found, in_time = {}, time.perf_counter()
        try:
            with progress_shown(as_json) as progress, stop_asked() as stop:
                for number, one in each_run(
                    [jobs[i] for i in mine],
                    read_outcomes,
                    workers=workers,
                    cluster=cluster,
                    out=folder,
                    progress=lambda done, of, left: progress(
                        _said(done, of, left), done / max(of, 1)
                    ),
                    stop=stop,
                ):
                    found[mine[number]] = one
        except (Interrupted, KeyboardInterrupt) as stopped:
            so_far = f" after {stopped}" if str(stopped) else ""
            complain(f"Stopped{so_far}. The same command goes on with the others.")
            raise typer.Exit(INTERRUPTED) from None
        rows = rows_of(grid, found, hashes)
        file = write_rows(grid, rows, folder_of(grid, hashes, folder), part)
    said = _as_json(grid, rows, file, shard) | {
        "found": there,
        "wall_s": round(time.perf_counter() - in_time, 3),
        "total_s": round(time.perf_counter() - began, 3),
    }
    if as_json:
        print_json(said)
    else:
        _print(grid, said)
    if mine and len(said["failed"]) == len(mine):
        raise typer.Exit(1)


def _cost(grid: Sweep, runs: int, there: int, shard: str | None, where: str | int) -> str:
    """Return what there is to do, before it is begun."""
    points = f"{len(grid.points):,} point{'s' if len(grid.points) > 1 else ''}"
    of = f"; part {shard}: {runs:,}" if shard else ""
    whole = f"{points} x {grid.replicates:,} seeds = {len(grid.points) * grid.replicates:,} runs"
    made = f", {there:,} made before and found" if there else ""
    on = f"{where} process{'es' if where != 1 else ''}" if isinstance(where, int) else where
    return f"{whole}{of}{made}, {runs - there:,} to make on {on}"


def _said(done: int, of: int, left: float) -> str:
    from lazaretto.studies.plan import duration

    known = "" if math.isnan(left) or done == of else f", about {duration(left)} left"
    return f"{done:,} of {of:,} runs{known}"


def _as_json(grid: Sweep, rows: pd.DataFrame, file: Path, shard: str | None) -> dict[str, Any]:
    from lazaretto.report.replicates import spread
    from lazaretto.studies.ensembles.sweep import OUTCOMES, points_of

    points = []
    for point, runs in points_of(grid, rows):
        numbers = {}
        for name, (pan, unit) in OUTCOMES.items():
            over = spread(runs[name].to_numpy(float))
            ends = {"median": over.median, "low": over.low, "high": over.high}
            known = {end: None if math.isnan(value) else value for end, value in ends.items()}
            numbers[name] = {"pan": pan, "unit": unit} | known
        points.append({"values": point, "runs": len(runs)} | numbers)
    keys = [axis.key for axis in grid.axes]
    failed = rows[rows["failed"] != ""]
    return {
        "scenario": grid.scenarios[0].name,
        "vary": {axis.key: list(axis.values) for axis in grid.axes},
        "seed": grid.seed,
        "replicates": grid.replicates,
        "shard": shard,
        "runs": len(rows),
        "points": points,
        "failed": [
            {"values": {key: grid.points[int(row["point"])][key] for key in keys},
             "seed": int(row["seed"]), "reason": str(row["failed"])}
            for _, row in failed.iterrows()
        ],
        "rows": str(file),
    }  # fmt: skip


def _print(grid: Sweep, said: dict[str, Any]) -> None:
    several = grid.replicates > 1
    out.print(f"[bold]{said['scenario']}[/bold]: {said['runs']:,} runs, "
              f"{said['found']:,} of them made before")  # fmt: skip
    out.print(_table(grid, said["points"], several=several))
    of = "the range of all runs" if grid.replicates < 20 else "90 % of the runs"
    spread = f"Median, below it {of}. " if several else ""
    out.print(Text(f"{spread}Sealed days and income are what the policy costs. "
                   "k thousand, m million, bn billion.", style="dim"))  # fmt: skip
    if said["shard"]:
        out.print(f"Part {said['shard']} only: the command without --shard gathers all parts.")
    for each in said["failed"]:
        at = ", ".join(f"{key}={value}" for key, value in each["values"].items())
        out.print(Text(f"not made: {at}, seed {each['seed']}: {each['reason']}"), soft_wrap=True)
    out.print(Text(f"one row a run: {said['rows']} and .csv"), soft_wrap=True)


def _table(grid: Sweep, points: list[dict[str, Any]], *, several: bool) -> Table:
    """Return a line for each point; where keys do not fit side by side they stand below another."""
    keys = [axis.key for axis in grid.axes]
    names = {key: key.removeprefix("measures.").removeprefix("resources.") for key in keys}
    cells = [[_cell(point[name], several=several) for name in HEADINGS] for point in points]
    numbers = [list(HEADINGS.values()), *([cell.plain for cell in row] for row in cells)]
    beside = [[broken(names[key], LEAST) for key in keys],
              *([point["values"][key] for key in keys] for point in points)]  # fmt: skip
    room = out.width - wide(numbers) - 2
    if wide(beside) > room:
        lines = [[f"{names[key]} {point['values'][key]}" for key in keys] for point in points]
        letters = max(room, LEAST)
        beside = [["at"], *(["\n".join(broken(line, letters) for line in row)] for row in lines)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 1))
    for key in beside[0]:
        table.add_column(Text(key), no_wrap=True)
    for heading in HEADINGS.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for at, row in zip(beside[1:], cells, strict=True):
        table.add_row(*map(Text, at), *row)
    return table


def _cell(number: dict[str, Any], *, several: bool) -> Text:
    if number["median"] is None:
        return Text("none made")
    text = Text(_short(number["median"]))
    if several:
        ends = (_short(number[end], digits=2) for end in ("low", "high"))
        text.append("\n" + "–".join(ends), style="dim")
    return text


def _short(number: float, digits: int = 3) -> str:
    """Return a number to three significant digits: "612", "61.2k", "24.9m", "5.15bn"."""
    rounded = float(f"{number:.{digits}g}")
    for size, unit in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(rounded) >= size:
            return f"{rounded / size:g}{unit}"
    return f"{rounded:g}"
