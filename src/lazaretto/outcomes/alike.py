"""Runs that are the same in all that a conclusion or an aim is judged by."""

from __future__ import annotations

import numpy as np
import xarray as xr

JUDGES = ("infections_by_age", "deaths", "persons_by_tier", "patients", "patients_waiting")
"""Variables that conclusions and aims are judged by."""


def kept(results: xr.Dataset) -> xr.Dataset:
    """Return only the variables that conclusions and aims are judged by."""
    return results[[name for name in JUDGES if name in results]]


def same_runs(first: xr.Dataset, second: xr.Dataset) -> bool:
    """Return whether runs are the same, to the last person, in all that is judged.

    A structure of the model that never came into play leaves every run as it was: nothing was
    tested by it.

    Parameters
    ----------
    first, second
        Results with the same seeds.
    """
    ours, theirs = kept(first), kept(second)
    return set(ours.data_vars) == set(theirs.data_vars) and all(
        np.array_equal(ours[name].values, theirs[name].values) for name in ours.data_vars
    )
