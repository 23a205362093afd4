"""Draws of a posterior, and a scenario with the numbers of one of them."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from lazaretto.scenario.model import Scenario
from lazaretto.scenario.posterior import Posterior, has_provenance
from lazaretto.scenario.problems import Problem, ScenarioError, did_you_mean, one_of

SEED = "seed"
"""Column of the seed of the run that was accepted."""

LAP = 10**12
"""Added to the seed of a draw each time that all draws have been taken."""

VOID = ("posterior", "aim", "less_restrictive", "alternatives")
"""Keys that say nothing of a single run."""


class Draws(NamedTuple):
    """Draws of a posterior, of equal weight, the one in the middle second.

    Parameters
    ----------
    values
        By name of the number, one a draw.
    seeds
        Seed of the run that was accepted, one a draw.
    """

    values: dict[str, list[float]]
    seeds: list[int]


def draws_file(draws: str, folder: Path | None) -> Traversable:
    """Return the file of draws of a posterior.

    Parameters
    ----------
    draws
        A name of those that ship, or a path.
    folder
        Where a relative path begins.

    Raises
    ------
    ScenarioError
        If there is none.
    """
    shipped = _shipped()
    if draws in shipped:
        return shipped[draws]
    path = (folder or Path()) / draws
    if not path.is_file():
        allowed = f"{one_of(shipped)}; or the path of a CSV" if shipped else "the path of a CSV"
        advice = did_you_mean(draws, shipped, "correct the path")
        raise ScenarioError([Problem("posterior.draws", draws, allowed, advice)])
    return path


def own_draws(posterior: Posterior, folder: Path | None) -> Path | None:
    """Return the file of draws that a user has, None of draws that ship."""
    if posterior.draws in _shipped():
        return None
    return (folder or Path()) / posterior.draws


def _shipped() -> dict[str, Traversable]:
    folder = files("lazaretto").joinpath("scenario", "posteriors")
    if not folder.is_dir():
        return {}
    return {f.name.removesuffix(".csv"): f for f in folder.iterdir() if f.name.endswith(".csv")}


def read_draws(posterior: Posterior, folder: Path | None) -> Draws:
    """Return the draws of a posterior.

    Raises
    ------
    ScenarioError
        If they cannot be read, or lack a number.
    """
    file = draws_file(posterior.draws, folder)
    names = [number.name for number in posterior.fitted]
    try:
        table = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
        rows = list(table)
        missing = {SEED, *names} - set(table.fieldnames or ())
        if missing or not rows:
            raise ValueError(f"{one_of(sorted(missing))} missing" if missing else "no draws")
        values = {name: [float(row[name]) for row in rows] for name in names}
        seeds = [int(row[SEED]) for row in rows]
        if min(seeds) < 0:
            raise ValueError("a seed is below 0")
        if not all(math.isfinite(value) for column in values.values() for value in column):
            raise ValueError("a value is not finite")
    except (OSError, UnicodeDecodeError, ValueError, TypeError, csv.Error) as error:
        allowed = f"a CSV with the columns {SEED}, {', '.join(names)} and numbers in them"
        raise ScenarioError(
            [Problem("posterior.draws", posterior.draws, allowed, f"correct it: {error}")]
        ) from None
    return Draws(values, seeds)


def draw_of(posterior: Posterior, folder: Path | None, seed: int) -> tuple[dict[str, float], int]:
    """Return the numbers that a run draws, by name, and the seed the engine is given.

    Parameters
    ----------
    posterior, folder
        The posterior and where a relative path begins.
    seed
        Seed of the run as the user counts.

    Raises
    ------
    ScenarioError
        If the draws cannot be read.
    """
    draws = read_draws(posterior, folder)
    lap, row = divmod(seed, len(draws.seeds))
    numbers = {each.name: draws.values[each.name][row] for each in posterior.fitted if each.keys}
    return numbers, draws.seeds[row] + lap * LAP


def drawn(scenario: Scenario, seed: int) -> tuple[Scenario, int]:
    """Return the scenario with the numbers of one draw, and the seed of its run.

    Without a posterior both are as given. With one, seeds from 0 to the number of draws less one
    give each draw with its seed; later ones take the draws again by turns with other seeds. What
    was set by hand is left as it was set.

    Parameters
    ----------
    scenario
        The scenario.
    seed
        Seed of the run as the user counts.

    Raises
    ------
    ScenarioError
        If the draws cannot be read, or a scenario with their numbers cannot.
    """
    posterior = scenario.posterior
    if posterior is None:
        return scenario, seed
    numbers, own = draw_of(posterior, scenario.folder, seed)
    written = {key: part for key, part in scenario.resolved().items() if key not in VOID}
    changed = {
        f"{key}.value" if has_provenance(written, key) else key: _whole(numbers[name])
        for name, key in _drawn(posterior)
    }
    made = type(scenario).from_mapping(written, changed)
    made._folder = scenario.folder
    return made, own


def _drawn(posterior: Posterior) -> Iterator[tuple[str, str]]:
    """Yield name and key of what is drawn."""
    for number in posterior.fitted:
        for key in number.keys:
            yield number.name, key


def _whole(value: float) -> float:
    """Return a whole number as such: some keys take no other."""
    return int(value) if value.is_integer() else value
