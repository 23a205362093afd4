"""Which option holds up whatever the model has wrong: regret over structures and draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from lazaretto.scenario import Problem, Scenario, ScenarioError, did_you_mean, shown
from lazaretto.scenario.draws import SEED
from lazaretto.studies.calibration.plan import DISTANCE
from lazaretto.studies.choice.pareto import Numbers, dominated_by
from lazaretto.studies.flips import value_key
from lazaretto.studies.pairs import Pair
from lazaretto.studies.structures import CONFIGURED, structures

WEIGHT = "weight"
"""Column of a table of draws that says how much each counts."""


class World(NamedTuple):
    """A way the world may be: a structure of the model, or a draw of its numbers.

    Parameters
    ----------
    name
        Its name.
    draw
        Numbers by key; none of a structure.
    weight
        How often it was drawn.
    """

    name: str
    draw: dict[str, float]
    weight: int = 1


class Regret(NamedTuple):
    """How an option does over all worlds.

    Parameters
    ----------
    option
        Number of the option.
    most
        The most it is worse than the best option of a world, of any world, by objective and in its
        unit; shape (n_objectives,).
    minimax
        Of any world and objective, in shares of the range between the options of that world.
    expected
        The same for the worst objective, mean over the worlds by weight.
    dominated
        Worlds in which another option dominates it, and which one.
    """

    option: int
    most: Numbers
    minimax: float
    expected: float
    dominated: tuple[tuple[str, int], ...]


def draws_of(scenario: Scenario, path: Path, most: int) -> list[World]:
    """Return draws of the numbers of a scenario from a table, one column for each key.

    With a column ``weight`` they are resampled systematically, else taken at equal distances. For a
    scenario with a posterior a column may have the name of a fitted number, as in the files of its
    calibration; their seeds and distances are passed over.

    Parameters
    ----------
    scenario
        The scenario.
    path
        A CSV or Parquet file.
    most
        How many.

    Raises
    ------
    ScenarioError
        If it cannot be read, or a column is no number of the scenario.
    """
    try:
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (OSError, ValueError) as error:
        allowed = "a CSV or Parquet file, a column for each number"
        raise ScenarioError(
            [Problem("--draws", path, allowed, f"correct it: {str(error).splitlines()[0]}")]
        ) from None
    known = dict(scenario.figures())
    table = _by_key(table, scenario)
    keys = [str(name) for name in table.columns if name != WEIGHT]
    problems = [
        Problem("--draws", key, "the key of a number of the scenario",
                did_you_mean(key, known, "leave the column out"))
        for key in keys if key not in known
    ]  # fmt: skip
    try:
        numbers = table.apply(pd.to_numeric, errors="coerce")
    except OverflowError:  # digits without end
        numbers = pd.DataFrame({"": [np.nan]})
    if table.empty or not keys or not bool(np.isfinite(numbers.to_numpy(np.float64)).all()):
        allowed = "at least one draw, each a number in every column"
        problems.append(Problem("--draws", shown(path.name), allowed, "complete the table"))
    if problems:
        raise ScenarioError(problems)
    weight = numbers[WEIGHT].to_numpy() if WEIGHT in numbers else np.ones(len(numbers))
    at = np.cumsum(weight) / np.sum(weight)
    count = min(most, len(numbers))
    picked = np.searchsorted(at, (np.arange(count) + 0.5) / count)
    rows, times = np.unique(picked, return_counts=True)
    return [
        World(f"draw {row}", {key: float(numbers[key].iloc[row]) for key in keys}, int(n))
        for row, n in zip(rows.tolist(), times, strict=True)
    ]


def _by_key(table: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return a table of a posterior with a column for each key in place of each number."""
    if scenario.posterior is None:
        return table
    keys = {number.name: number.keys for number in scenario.posterior.fitted}
    columns = {
        key: table[name]
        for name in table.columns
        if name not in (SEED, DISTANCE)
        for key in keys.get(str(name), [str(name)])
    }
    return pd.DataFrame(columns)


def in_worlds(
    option: Scenario, *, with_structures: bool, draws: Sequence[World]
) -> Iterator[tuple[str, Scenario]]:
    """Yield an option in every world, first as configured.

    Parameters
    ----------
    option
        The scenario of the option.
    with_structures
        Under every structural alternative, see `lazaretto.studies.structures`.
    draws
        With these numbers.
    """
    yield CONFIGURED, option
    if with_structures:
        for each in structures(Pair(option, option)):
            yield each.name, each.pair.policy
    for world in draws:
        keyed: dict[str, object] = {value_key(option, k): v for k, v in world.draw.items()}
        yield world.name, option.varied(world.name, keyed)


def regrets(
    numbers: Sequence[int],
    worlds: Sequence[str],
    values: Numbers,
    weights: Sequence[int] | None = None,
) -> list[Regret]:
    """Return the regret of each option.

    Objectives are not added: of several the worst counts, in shares of the range between the
    options of a world. So no unit buys another, but ranges are weighed alike, which is a choice.

    Parameters
    ----------
    numbers
        Numbers of the options.
    worlds
        Names of the worlds.
    values
        Means over the seeds, shape (n_worlds, n_options, n_objectives).
    weights
        How much each world counts in the mean; all alike if absent.
    """
    lost = values - values.min(axis=1, keepdims=True)
    span = np.ptp(values, axis=1)[:, None, :]
    worst = (lost / np.where(span > 0, span, 1.0)).max(axis=2)
    beaten = [dominated_by(each) for each in values]
    return [
        Regret(
            number,
            lost[:, i].max(axis=0),
            float(worst[:, i].max()),
            float(np.average(worst[:, i], weights=weights)),
            tuple((world, numbers[int(beaten[w][i].argmax())])
                  for w, world in enumerate(worlds) if beaten[w][i].any()),
        )
        for i, number in enumerate(numbers)
    ]  # fmt: skip
