"""Numbers of a scenario that were fitted together: each run takes one draw of their posterior.

Intervals number by number would lose what the data say of them together, and which chance went with
them; so what is kept is whole draws, each with the seed of the run that was accepted.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from lazaretto.scenario.overrides import value_at
from lazaretto.scenario.problems import Problem, ScenarioError, did_you_mean, one_of
from lazaretto.scenario.section import Section
from lazaretto.scenario.sourced import is_number_with_provenance
from lazaretto.scenario.written import PathText

if TYPE_CHECKING:
    from lazaretto.scenario.model import Scenario

SEED = "seed"
"""Column of the seed of the run that was accepted."""

AGAIN, LAP = 10**9, 10**12
"""Added to the seed of a draw each time that it is taken again: among the draws, and when all of
them have been taken."""

VOID = ("posterior", "aim", "less_restrictive", "alternatives")
"""Keys that say nothing of a single run."""


class FittedNumber(Section):
    """A number that was fitted; several keys of the scenario may take it together."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Its column among the draws.")
    value: float = Field(
        allow_inf_nan=False, description="Its value in the scenario, under each of the keys."
    )
    keys: list[str] = Field(
        description="Keys of the scenario, as in --set; a key that is set there is taken out."
    )


class Posterior(Section):
    """Draws of a posterior: run number N takes draw N."""

    draws: PathText = Field(
        min_length=1,
        description="A posterior that ships with Lazaretto, or a CSV beside this file.",
    )
    fitted: list[FittedNumber] = Field(max_length=30, description="Which numbers are drawn.")


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
        f"{key}.value" if _has_provenance(written, key) else key: _whole(numbers[name])
        for name, key in _drawn(posterior)
    }
    made = type(scenario).from_mapping(written, changed)
    made._folder = scenario.folder
    return made, own


def set_by_hand(
    written: Mapping[str, Any], changed: Mapping[str, Any], keys: Iterable[str]
) -> dict[str, Any]:
    """Return a changed scenario in which nothing is drawn that was set, or is no longer there.

    Parameters
    ----------
    written, changed
        The scenario as nested mappings, before and after values were set.
    keys
        Keys that were set.
    """
    posterior = changed.get("posterior")
    if not isinstance(posterior, Mapping) or not isinstance(posterior.get("fitted"), list):
        return dict(changed)
    hands = [_path(changed, key) for key in keys]

    def still(key: object) -> bool:
        path = _path(changed, str(key))
        gone = value_at(changed, str(key)) is None and value_at(written, str(key)) is not None
        return not gone and not any(_one_holds_other(path, hand) for hand in hands)

    fitted = [
        {**number, "keys": [key for key in number["keys"] if still(key)]}
        if isinstance(number, Mapping) and isinstance(number.get("keys"), list)
        else number
        for number in posterior["fitted"]
    ]
    return {**changed, "posterior": {**posterior, "fitted": fitted}}


def posterior_problems(written: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong between a posterior and the rest of a scenario as written."""
    given = written.get("posterior")
    if given is not None and written.get("nation") is not None:
        yield Problem("posterior", "given", "only in a scenario of one city", "remove it")
    numbers = given.get("fitted") if isinstance(given, Mapping) else None
    seen: set[str] = set()
    for i, number in enumerate(numbers if isinstance(numbers, list) else []):
        keys = number.get("keys") if isinstance(number, Mapping) else None
        for key in map(str, keys if isinstance(keys, list) else []):
            at = f"posterior.fitted.{i}.keys"
            there = value_at(written, key)
            value = there["value"] if _has_provenance(written, key) else there  # type: ignore[index]
            fitted = number.get("value")
            if key in seen:
                yield Problem(at, key, "each key once", "leave one out")
            elif not isinstance(value, int | float):
                yield Problem(at, key, "a number written in the scenario", "write it there, or "
                              "correct the key")  # fmt: skip
            elif isinstance(fitted, int | float) and not math.isclose(value, fitted):
                said = f"{fitted:g}, and {value:g} at {key}"
                yield Problem(f"posterior.fitted.{i}.value", said, "the value it has in the "
                              "scenario", "write the same in both places")  # fmt: skip
            seen.add(key)


def _drawn(posterior: Posterior) -> Iterator[tuple[str, str]]:
    """Yield name and key of what is drawn."""
    for number in posterior.fitted:
        for key in number.keys:
            yield number.name, key


def _has_provenance(written: Mapping[str, Any], key: str) -> bool:
    at = value_at(written, key)
    return isinstance(at, Mapping) and is_number_with_provenance(at)


def _one_holds_other(one: Sequence[str], other: Sequence[str]) -> bool:
    return all(a == b for a, b in zip(one, other, strict=False))


def _path(written: Mapping[str, Any], key: str) -> list[str]:
    """Return the parts of a key, entries of lists by their numbers."""
    parts, at = key.split("."), []
    for i, part in enumerate(parts):
        above = value_at(written, ".".join(parts[:i])) if i else written
        names = [str(e.get("name")) for e in above if isinstance(e, Mapping)] if isinstance(
            above, list) else []  # fmt: skip
        at.append(str(names.index(part)) if part in names else part)
    return at


def _whole(value: float) -> float:
    """Return a whole number as such: some keys take no other."""
    return int(value) if value.is_integer() else value
