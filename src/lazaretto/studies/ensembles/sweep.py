"""A scenario over a grid of values, each point with the same seeds: what it gives at each point."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from lazaretto.engine.checked import read_checked
from lazaretto.outcomes import reported_net
from lazaretto.outcomes.income_lost import income_lost
from lazaretto.outcomes.rows import replicated
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.scenario.yaml_text import read_yaml
from lazaretto.studies.ensembles.ensemble import Failed, Job
from lazaretto.studies.ensembles.grid import Axis
from lazaretto.whole_files import whole_file, write_whole

OUTCOMES = {
    "reported": ("virus", "cases"),
    "infections": ("virus", "persons"),
    "deaths": ("virus", "persons"),
    "sealed_person_days": ("policy", "person-days"),
    "income_lost": ("policy", "RMB"),
}
"""What is read of each run: which pan of the scale it lies in, and its unit."""


@dataclass(frozen=True)
class Sweep:
    """A scenario at every combination of values.

    Parameters
    ----------
    axes
        What is varied.
    points
        The values of each point by key, as written.
    scenarios
        The scenario at each point.
    seed, replicates
        First seed and number of seeds, the same at every point.
    """

    axes: tuple[Axis, ...]
    points: tuple[dict[str, str], ...]
    scenarios: tuple[Scenario, ...]
    seed: int
    replicates: int

    def jobs(self) -> list[Job]:
        """Return the runs; run i is of point i modulo the number of points: all points early on."""
        seeds = range(self.seed, self.seed + self.replicates)
        return [Job(scenario, seed) for seed in seeds for scenario in self.scenarios]


def sweep_of(
    name: str | Path,
    axes: Sequence[Axis],
    overrides: Sequence[str] = (),
    seed: int = 1,
    replicates: int = 1,
) -> Sweep:
    """Return a scenario at every combination of values, all of them checked.

    Parameters
    ----------
    name, overrides
        As for `lazaretto.engine.checked.read_checked`.
    axes
        What is varied.
    seed, replicates
        First seed and number of seeds.

    Raises
    ------
    ScenarioError
        With every problem of every point.
    """
    keys = [axis.key for axis in axes]
    grid = itertools.product(*(axis.values for axis in axes))
    points = tuple(dict(zip(keys, values, strict=True)) for values in grid)
    scenarios, problems = [], []
    for point in points:
        varied = [f"{key}={value}" for key, value in point.items()]
        try:
            scenarios.append(read_checked(name, [*overrides, *varied]))
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return Sweep(tuple(axes), points, tuple(scenarios), seed, replicates)


def read_outcomes(results: xr.Dataset) -> dict[str, float]:
    """Return the numbers of one run, see `OUTCOMES`; income as the middle of its unit value.

    Parameters
    ----------
    results
        Labelled results of one run.
    """
    sealed = results["persons_by_tier"].sel(tier="sealed")
    lost = next(income_lost(replicated(results))).amount.sel(bound="mid")
    return {
        "reported": float(reported_net(results).sum()),
        "infections": float(results["infections"].sum()),
        "deaths": float(results["deaths"].sum()),
        "sealed_person_days": float(sealed.sum()),
        "income_lost": float(lost.sum()),
    }


def rows_of(
    sweep: Sweep, found: Mapping[int, dict[str, float] | Failed], hashes: Sequence[str]
) -> pd.DataFrame:
    """Return one row for each run: its inputs, what came of it, and why nothing did.

    Parameters
    ----------
    sweep
        What was run.
    found
        What was read of each run, by its number.
    hashes
        Hash of the inputs of each run, by its number.
    """
    rows: list[dict[str, Any]] = []
    for number in sorted(found):
        one, point = found[number], number % len(sweep.points)
        row: dict[str, Any] = {"point": point, "seed": sweep.seed + number // len(sweep.points)}
        row |= {key: _typed(value) for key, value in sweep.points[point].items()}
        numbers = dict.fromkeys(OUTCOMES, float("nan")) if isinstance(one, Failed) else one
        reason = one.reason if isinstance(one, Failed) else ""
        rows.append(row | numbers | {"failed": reason, "inputs_sha256": hashes[number]})
    keys = [axis.key for axis in sweep.axes]
    columns = ["point", "seed", *keys, *OUTCOMES, "failed", "inputs_sha256"]
    table = pd.DataFrame(rows, columns=columns)
    for axis in sweep.axes:  # a column of a file has one type
        kinds = {type(value) for value in table[axis.key]}
        if len(kinds) > 1 and kinds != {int, float}:
            table[axis.key] = table[axis.key].astype(str)
    return table.sort_values(["point", "seed"], ignore_index=True)


def _typed(written: str) -> object:
    value = read_yaml(written)
    return value if isinstance(value, bool | int | float | str) else written


def folder_of(sweep: Sweep, hashes: Sequence[str], out: Path) -> Path:
    """Return the folder of a sweep's tables below the folder of runs.

    Parameters
    ----------
    sweep
        What is run.
    hashes
        Hash of the inputs of each of its runs.
    out
        The folder of runs.
    """
    digest = hashlib.sha256("".join(hashes).encode()).hexdigest()
    return out / "sweeps" / f"{sweep.scenarios[0].name}-{digest[:12]}"


def write_rows(
    sweep: Sweep, rows: pd.DataFrame, folder: Path, shard: tuple[int, int] | None
) -> Path:
    """Write the rows as Parquet and CSV, whole or not at all, and what was varied beside them.

    Parameters
    ----------
    sweep, rows
        What was run and what came of it.
    folder
        See `folder_of`.
    shard
        The part that these rows are, None if they are all.

    Returns
    -------
    Path
        The Parquet file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = "" if shard is None else f"-{shard[0]}-of-{shard[1]}"
    file = folder / f"rows{part}.parquet"
    with whole_file(file) as partial:
        rows.to_parquet(partial, index=False)
    write_whole(file.with_suffix(".csv"), rows.to_csv(index=False))
    if shard is None:
        said = {
            "scenario": sweep.scenarios[0].name,
            "vary": {axis.key: list(axis.values) for axis in sweep.axes},
            "seed": sweep.seed,
            "replicates": sweep.replicates,
            "first_point": sweep.scenarios[0].resolved(),
        }
        write_whole(folder / "sweep.json", json.dumps(said, indent=1))
    return file


def points_of(sweep: Sweep, rows: pd.DataFrame) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """Yield each point with the rows of the runs that were made there."""
    for number, point in enumerate(sweep.points):
        yield point, rows[(rows["point"] == number) & (rows["failed"] == "")]
