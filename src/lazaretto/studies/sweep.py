"""A scenario over a grid of values, each point with the same seeds: what it gives at each point."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
import yaml

from lazaretto.engine.checked import read_checked
from lazaretto.outcomes import reported_net
from lazaretto.outcomes.income_lost import income_lost
from lazaretto.outcomes.rows import replicated
from lazaretto.scenario import Problem, Scenario, ScenarioError
from lazaretto.scenario.problems import shown
from lazaretto.studies.comparable import condition_problem
from lazaretto.studies.ensemble import Failed, Job
from lazaretto.studies.levers import is_condition
from lazaretto.studies.run_folder import write_whole

VARY, SHARD = "--vary", "--shard"

OUTCOMES = {
    "reported": ("virus", "cases"),
    "infections": ("virus", "persons"),
    "deaths": ("virus", "persons"),
    "sealed_person_days": ("policy", "person-days"),
    "income_lost": ("policy", "RMB"),
}
"""What is read of each run: which pan of the scale it lies in, and its unit."""

MOST_POINTS = 100_000

_RANGE = re.compile(r"([^:,\[\]{}]+):([^:,\[\]{}]+):(\d+)")
_COMMA = re.compile(r",(?![^\[{(]*[\]})])")


@dataclass(frozen=True)
class Axis:
    """A value of the scenario that is varied.

    Parameters
    ----------
    key
        As in ``--set``.
    values
        The values, as written in YAML.
    """

    key: str
    values: tuple[str, ...]


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


def axes_of(given: Sequence[str]) -> tuple[Axis, ...]:
    """Return what is varied, as written ``key=a,b,c`` or ``key=low:high:n``.

    A range of numbers or ISO dates has n values, both ends included, evenly spaced; of whole
    numbers or dates they are rounded to whole ones.

    Parameters
    ----------
    given
        One text for each key.

    Raises
    ------
    ScenarioError
        With every text that is none, every condition of the society under study (it is no lever),
        and a grid of more than `MOST_POINTS` points.
    """
    problems: list[Problem] = []
    axes: list[Axis] = []
    for text in given:
        key, equals, written = text.partition("=")
        values = _values(written.strip())
        if not equals or not key.strip() or not values:
            allowed = f"{VARY} key=a,b,c or {VARY} key=low:high:n, n 2 or more"
            problems.append(Problem(VARY, shown(text), allowed, "write the key, = and the values"))
        elif is_condition(key):
            problems.append(condition_problem(VARY, key.strip()))
        elif key.strip() in [axis.key for axis in axes]:
            problems.append(Problem(VARY, key.strip(), "each key once", "join its values"))
        else:
            axes.append(Axis(key.strip(), values))
    points = int(np.prod([len(axis.values) for axis in axes], dtype=float))
    if points > MOST_POINTS:
        advice = "take fewer values, or several sweeps"
        problems.append(Problem(VARY, points, f"at most {MOST_POINTS:,} points", advice))
    if problems:
        raise ScenarioError(problems)
    return tuple(axes)


def _values(written: str) -> tuple[str, ...]:
    found = _RANGE.fullmatch(written)
    if found is not None:
        low, high, number = found[1].strip(), found[2].strip(), int(found[3])
        return _between(low, high, number) if number > 1 else ()
    parts = [part.strip() for part in _COMMA.split(written)]
    return tuple(dict.fromkeys(parts)) if all(parts) else ()


def _between(low: str, high: str, number: int) -> tuple[str, ...]:
    try:
        first, last = date.fromisoformat(low), date.fromisoformat(high)
    except ValueError:
        pass
    else:
        days = np.rint(np.linspace(0, (last - first).days, number))
        return tuple(dict.fromkeys((first + timedelta(int(day))).isoformat() for day in days))
    try:
        ends = float(low), float(high)
    except ValueError:
        return ()
    values = np.linspace(*ends, number)
    if all(re.fullmatch(r"[+-]?\d+", end) for end in (low, high)) and number <= 1 + abs(
        ends[1] - ends[0]
    ):
        return tuple(dict.fromkeys(str(round(value)) for value in values))
    return tuple(dict.fromkeys(f"{value:.12g}" for value in values))


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


def shard_of(text: str) -> tuple[int, int]:
    """Return the number of a part, from 1, and of how many: ``3/10`` is the third of ten.

    Raises
    ------
    ScenarioError
        If it is written differently.
    """
    found = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        allowed = "i/n with i from 1 to n, as 3/10"
        advice = "give each job of an array its own i and all of them the same n"
        raise ScenarioError([Problem(SHARD, shown(text), allowed, advice)])
    return int(found[1]), int(found[2])


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
    value = yaml.safe_load(written)
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
    partial = file.with_name(f".{file.name}.partial")
    rows.to_parquet(partial, index=False)
    partial.replace(file)
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
