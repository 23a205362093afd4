"""Numbers of a scenario that were fitted together: each run takes one draw of their posterior.

Intervals number by number would lose what the data say of them together, and which chance went with
them; so what is kept is whole draws, each with the seed of the run that was accepted.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from lazaretto.scenario.overrides import value_at
from lazaretto.scenario.problems import Problem, ScenarioError, did_you_mean, one_of
from lazaretto.scenario.section import Section
from lazaretto.scenario.sourced import is_number_with_provenance

if TYPE_CHECKING:
    from lazaretto.scenario.model import Scenario

SEED = "seed"
"""Column of the seed of the run that was accepted."""

LAP = 1_000_000_000
"""Added to the seed of a draw each time that all draws have been taken."""

VOID = ("posterior", "aim", "less_restrictive", "alternatives")
"""Keys that say nothing of a single run."""


class FittedNumber(Section):
    """A number that was fitted; several keys of the scenario may take it together."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Its column among the draws.")
    value: float = Field(
        allow_inf_nan=False,
        description="Its value in the scenario. Where a key has another one, it is left as it is.",
    )
    keys: list[str] = Field(min_length=1, description="Keys of the scenario, as in --set.")


class Posterior(Section):
    """Draws of a posterior: run number N takes draw N."""

    draws: str = Field(
        min_length=1,
        description="A posterior that ships with Lazaretto, or a CSV beside this file.",
    )
    fitted: list[FittedNumber] = Field(
        min_length=1, max_length=30, description="Which numbers are drawn."
    )


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
    shipped = {
        file.name.removesuffix(".csv"): file
        for file in files("lazaretto").joinpath("scenario", "posteriors").iterdir()
        if file.name.endswith(".csv")
    }
    if draws in shipped:
        return shipped[draws]
    path = (folder or Path()) / draws
    if not path.is_file():
        allowed = f"{one_of(shipped) or 'none ships'}; or the path of a CSV"
        advice = did_you_mean(draws, shipped, "correct the path")
        raise ScenarioError([Problem("posterior.draws", draws, allowed, advice)])
    return path


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
        if not all(math.isfinite(value) for column in values.values() for value in column):
            raise ValueError("a value is not finite")
    except (OSError, UnicodeDecodeError, ValueError, TypeError, csv.Error) as error:
        allowed = f"a CSV with the columns {SEED}, {', '.join(names)} and numbers in them"
        raise ScenarioError(
            [Problem("posterior.draws", posterior.draws, allowed, f"correct it: {error}")]
        ) from None
    return Draws(values, seeds)


def drawn(scenario: Scenario, seed: int) -> tuple[Scenario, int]:
    """Return the scenario with the numbers of one draw, and the seed of its run.

    Without a posterior both are as given. With one, seeds from 0 to the number of draws less one
    give each draw with the seed it was accepted with; later ones take the draws again by turns with
    other seeds. A number that was set to another value than the fitted one is left as it was set.

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
    draws = read_draws(posterior, scenario.folder)
    lap, row = divmod(seed, len(draws.seeds))
    written = {key: part for key, part in scenario.resolved().items() if key not in VOID}
    changed = {
        f"{key}.value" if inside else key: _whole(draws.values[name][row])
        for name, key, inside in _still_fitted(posterior, written)
    }
    made = type(scenario).from_mapping(written, changed)
    made._folder = scenario.folder
    return made, draws.seeds[row] + lap * LAP


def drawn_numbers(scenario: Scenario) -> list[str]:
    """Return the keys that each run draws, those set to another value left out."""
    if scenario.posterior is None:
        return []
    return [key for _, key, _ in _still_fitted(scenario.posterior, scenario.resolved())]


def posterior_problems(written: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong between a posterior and the rest of a scenario as written."""
    given = written.get("posterior")
    if given is not None and written.get("nation") is not None:
        yield Problem("posterior", "given", "only in a scenario of one city", "remove it")
    numbers = given.get("fitted") if isinstance(given, Mapping) else None
    seen: set[str] = set()
    for i, number in enumerate(numbers if isinstance(numbers, list) else []):
        keys = number.get("keys") if isinstance(number, Mapping) else None
        for key in keys if isinstance(keys, list) else []:
            if str(key) in seen:
                yield Problem(
                    f"posterior.fitted.{i}.keys", str(key), "each key once", "leave one out"
                )
            seen.add(str(key))


def _still_fitted(
    posterior: Posterior, written: Mapping[str, Any]
) -> Iterator[tuple[str, str, bool]]:
    """Yield name, key, and whether the value is written with its provenance."""
    for number in posterior.fitted:
        for key in number.keys:
            at = value_at(written, key)
            inside = isinstance(at, Mapping) and is_number_with_provenance(at)
            value = at["value"] if isinstance(at, Mapping) and inside else at
            if isinstance(value, int | float) and math.isclose(value, number.value):
                yield number.name, key, inside


def _whole(value: float) -> float:
    """Return a whole number as such: some keys take no other."""
    return int(value) if value.is_integer() else value
