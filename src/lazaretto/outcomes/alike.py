"""Runs that are the same: in all that is judged, or because they are of the same draw."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lazaretto.scenario.draws import LAP

JUDGES = ("infections_by_age", "deaths", "persons_by_tier", "patients", "patients_waiting")
"""Variables that conclusions and aims are judged by."""


DRAW = ("drawn", "engine_seed")
"""Variables that say which draw of a posterior a run is of."""


def kept(results: xr.Dataset) -> xr.Dataset:
    """Return only what conclusions and aims are judged by, and of which draw each run is."""
    return results[[name for name in (*JUDGES, *DRAW) if name in results]]


def draws_in(results: xr.Dataset) -> list[int]:
    """Return how many runs are of each draw of a posterior; one each where nothing is drawn.

    Past the last draw all are taken again with other chance: that is the same draw still.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    if "engine_seed" not in results:
        return [1] * results.sizes.get("replicate", 1)
    seeds = np.atleast_1d(results["engine_seed"].values) % LAP
    numbers = results["drawn"].transpose(..., "number").values
    numbers = numbers.reshape(seeds.size, results.sizes["number"])
    _, runs = np.unique(np.column_stack([seeds, numbers]), axis=0, return_counts=True)
    return [int(each) for each in runs]


def effective_runs(results: xr.Dataset) -> float:
    """Return how many independent runs these are as good as, where draws are taken more than once.

    Kish's number, (sum of n)^2 / sum of n^2 over the draws taken n times (Kish 1965).

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    of_each = np.array(draws_in(results), np.float64)
    return float(of_each.sum() ** 2 / (of_each**2).sum())


def same_runs(first: xr.Dataset, second: xr.Dataset) -> bool:
    """Return whether runs are the same, to the last person, in all that is judged.

    A structure of the model that never came into play leaves every run as it was: nothing was
    tested by it.

    Parameters
    ----------
    first, second
        Results with the same seeds.
    """
    ours, theirs = (
        results[[name for name in JUDGES if name in results]] for results in (first, second)
    )
    return set(ours.data_vars) == set(theirs.data_vars) and all(
        np.array_equal(ours[name].values, theirs[name].values) for name in ours.data_vars
    )
