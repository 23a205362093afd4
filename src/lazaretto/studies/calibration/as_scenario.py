"""The posterior as a scenario: run number N of it takes draw N, the middle one first."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lazaretto.scenario import Scenario
from lazaretto.scenario.draws import SEED
from lazaretto.studies.calibration.plan import Plan
from lazaretto.studies.calibration.posterior import Posterior, resampled
from lazaretto.studies.calibration.predict import quantiles

DRAWS = "draws.csv"
GOLDEN = (5**0.5 - 1) / 2

FIRST = 1
"""Row of the draw in the middle: the one of seed 1, which a run takes if nobody says otherwise."""


def middle_of(posterior: Posterior) -> int:
    """Return which particle is nearest to the weighted mean, in deviations of the posterior.

    It is one that was accepted as it is, which medians taken number by number need not be.
    """
    mean = posterior.weights @ posterior.values
    spread = np.sqrt(posterior.weights @ (posterior.values - mean) ** 2)
    away = (posterior.values - mean) / np.where(spread > 0, spread, 1.0)
    return int(np.argmin((away**2).sum(axis=1)))


def draws_of(plan: Plan, posterior: Posterior) -> pd.DataFrame:
    """Return draws of equal weight of a posterior: their numbers and their seeds.

    Particles are taken in proportion to their weight, the middle one second and the others far from
    those they were drawn with, so that the first of them show the spread of all. Each has the seed
    it was accepted with, taken again too: what the data favoured is a whole run, chance included,
    and the same numbers with other chance may have a wave that no data would have let pass.

    Parameters
    ----------
    plan, posterior
        The calibration and what came of it.
    """
    chosen = resampled(posterior.weights, posterior.draws)
    chosen = chosen[np.argsort(np.arange(chosen.size) * GOLDEN % 1)]
    middle = middle_of(posterior)
    at = np.flatnonzero(chosen == middle)
    chosen[at[0] if at.size else FIRST] = chosen[FIRST]
    chosen[FIRST] = middle
    columns: dict[str, NDArray[np.float64] | NDArray[np.int64]] = {
        free.name: np.rint(posterior.values[chosen, i])
        if free.whole
        else posterior.values[chosen, i]
        for i, free in enumerate(plan.free)
    }
    columns[SEED] = posterior.seeds[chosen]
    return pd.DataFrame(columns)


def fitted_scenario(plan: Plan, posterior: Posterior, draws: str = DRAWS) -> Scenario:
    """Return the posterior as a scenario of the whole place.

    Its numbers are those of the particle in the middle and carry the 90 % interval as low and high;
    its runs draw from the posterior (`lazaretto.scenario.posterior`).

    Parameters
    ----------
    plan, posterior
        The calibration and what came of it.
    draws
        Name or file of its draws.
    """
    middle = middle_of(posterior)
    low, high = quantiles(posterior.values, posterior.weights, (0.05, 0.95))
    name = plan.calibration.name
    changed: dict[str, object] = {}
    numbers = []
    for i, free in enumerate(plan.free):
        value = _rounded(posterior.values[middle, i], whole=free.whole)
        figure = {
            "value": value,
            "source": f"calibration {name} to data until {plan.calibration.data_until}",
            "status": "fitted",
            "low": round(float(min(low[i], value)), 6),
            "high": round(float(max(high[i], value)), 6),
            "note": f"90 % interval of {len(posterior.values)} particles; prior: {free.source}",
        }
        unit = plan.units[i]
        changed |= dict.fromkeys(free.keys, figure | ({"unit": unit} if unit else {}))
        numbers.append({"name": free.name, "value": value, "keys": free.keys})
    written = plan.whole.resolved() | {"name": f"{plan.whole.name}-fitted"}
    written.pop("posterior", None)
    set_there = Scenario.from_mapping(written, changed).resolved()
    return Scenario.from_mapping(set_there | {"posterior": {"draws": draws, "fitted": numbers}})


def _rounded(value: float, whole: bool) -> float:
    return round(value) if whole else round(float(value), 6)
