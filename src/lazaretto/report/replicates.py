"""What the runs of an ensemble say together: medians, bands and single runs as plain tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes.results import SMALLEST_AREA

BAND = (0.05, 0.25, 0.50, 0.75, 0.95)
"""Quantiles drawn: the 90 % band, the 50 % band and the median."""

BAND_NAMES = ("p05", "p25", "median", "p75", "p95")

RUNS_DRAWN = 20
"""At most this many single runs are drawn as thin lines."""

FEWEST_RUNS_FOR_BAND = 20
"""Below this many runs 90 % of them are too few to be told from all of them."""


@dataclass(frozen=True)
class Spread:
    """A number over the runs.

    Parameters
    ----------
    median, low, high
        Median and 90 % interval over the runs, in the number's own unit; of fewer than 20 runs the
        lowest and the highest.
    runs
        How many runs it is taken over.
    """

    median: float
    low: float
    high: float
    runs: int


def spread(values: NDArray[np.float64] | NDArray[np.int64] | xr.DataArray) -> Spread:
    """Return median and range of one number per run, shape (n_replicates,): see `Spread`."""
    array = np.asarray(values, np.float64)
    known = array[~np.isnan(array)]
    if known.size == 0:
        return Spread(float("nan"), float("nan"), float("nan"), 0)
    few = known.size < FEWEST_RUNS_FOR_BAND
    low, median, high = np.quantile(known, (0, 0.5, 1) if few else (0.05, 0.5, 0.95))
    return Spread(float(median), float(low), float(high), int(known.size))


def with_replicates(results: xr.Dataset) -> xr.Dataset:
    """Return results with a replicate axis in front, added where there was none."""
    if "replicate" in results.dims:
        return results
    return results.expand_dims("replicate").assign_coords(replicate=[0])


def by_area(results: xr.Dataset) -> xr.Dataset:
    """Return results in which every area holds 100,000 residents or more.

    Smaller districts are counted together as "smaller districts"; where they do not reach 100,000
    together they are joined with the smallest district that does. A place below 100,000 in all is
    one area.

    Parameters
    ----------
    results
        Labelled results with a replicate axis.
    """
    population = np.asarray(results["population"].values, np.int64)
    names = [str(name) for name in results["district"].values]
    small = population < SMALLEST_AREA
    if not small.any():
        return results
    order = np.argsort(population, kind="stable")
    joined = list(order[: int(small.sum())])
    if population[joined].sum() < SMALLEST_AREA and len(joined) < len(names):
        joined.append(order[len(joined)])
    kept = [i for i in range(len(names)) if i not in joined]
    label = "all districts" if not kept else "smaller districts"
    if len(joined) == 1:
        label = names[joined[0]]
    parts = [results.isel(district=kept)] if kept else []
    summed = results.isel(district=joined)
    pooled = xr.Dataset(
        {
            name: array.sum("district", keep_attrs=True).expand_dims(district=[label])
            if "district" in array.dims
            else array
            for name, array in summed.data_vars.items()
        },
        attrs=results.attrs,
    ).assign_coords(population=("district", [int(population[joined].sum())]))
    if not parts:
        return pooled
    return xr.concat([parts[0], pooled], "district", data_vars="minimal", coords="minimal")


def area_of(results: xr.Dataset) -> dict[str, str]:
    """Return the area in which each district of the results is shown."""
    shown = {str(name) for name in by_area(with_replicates(results))["district"].values}
    districts = [str(name) for name in results["district"].values]
    rest = next((name for name in shown if name not in districts), "")
    return {name: name if name in shown else rest for name in districts}


def bands(series: xr.DataArray) -> pd.DataFrame:
    """Return quantiles over the runs of a series, one row per remaining coordinate.

    Of fewer than 20 runs p05 and p95 are the lowest and the highest.

    Parameters
    ----------
    series
        Any labelled series with a replicate axis.
    """
    few = series.sizes["replicate"] < FEWEST_RUNS_FOR_BAND
    drawn = (0, *BAND[1:-1], 1) if few else BAND
    table = series.quantile(list(drawn), dim="replicate", skipna=True)
    columns = {name: table.isel(quantile=i, drop=True) for i, name in enumerate(BAND_NAMES)}
    together = xr.Dataset(columns).drop_vars("population", errors="ignore")
    return together.to_dataframe().reset_index()


def single_runs(series: xr.DataArray, name: str) -> pd.DataFrame:
    """Return a daily series run by run: columns date, run and the name given.

    Parameters
    ----------
    series
        Series with the axes replicate and date.
    name
        Name of the column with the numbers.
    """
    drawn = series.isel(replicate=slice(0, RUNS_DRAWN)).transpose("replicate", "date")
    n_runs, n_days = drawn.shape
    return pd.DataFrame(
        {
            "date": np.tile(drawn["date"].values, n_runs),
            "run": np.repeat(np.arange(1, n_runs + 1), n_days),
            name: drawn.values.ravel(),
        }
    )


def moving_mean(daily: NDArray[np.float64], days: int = 7) -> NDArray[np.float64]:
    """Return the centred moving mean along the last axis, over fewer days at the ends.

    Parameters
    ----------
    daily
        Numbers by day, shape (..., n_days); a missing day is left out of the mean.
    days
        Length of the window in days, odd.
    """
    table = pd.DataFrame(np.atleast_2d(daily).T)
    smooth = table.rolling(days, center=True, min_periods=1).mean().to_numpy().T
    return smooth.reshape(np.shape(daily))
