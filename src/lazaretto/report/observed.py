"""Real reported cases, laid on the dates and districts of a run."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Series = Literal["new_infections", "gross", "deaths"]


def daily(
    observed: pd.DataFrame | None, dates: NDArray[np.datetime64], series: Series = "new_infections"
) -> NDArray[np.float64] | None:
    """Return reported cases of the whole place by day of the run, NaN where nothing is known.

    Parameters
    ----------
    observed
        Columns date, new_infections and perhaps gross; rows of several districts are added up.
    dates
        The days of the run, shape (n_days,).
    series
        ``new_infections`` (net of reclassified cases), ``gross`` (as the bulletins printed) or
        ``deaths``.
    """
    if observed is None or observed.empty or series not in observed:
        return None
    by_date = observed.assign(date=pd.to_datetime(observed["date"])).groupby("date")[series]
    values = by_date.sum(min_count=1).reindex(pd.DatetimeIndex(dates)).to_numpy(np.float64)
    return values if np.isfinite(values).any() else None


def daily_by_district(
    observed: pd.DataFrame | None,
    dates: NDArray[np.datetime64],
    area_of: dict[str, str],
    series: Series = "new_infections",
) -> pd.DataFrame | None:
    """Return reported cases by date (rows) and area (columns), NaN where nothing is known.

    A day on which no district has a case while the days around it have is a day without a split
    by district (Shanghai, 19 May 2022) and is taken as unknown.

    Parameters
    ----------
    observed
        Columns date, district and the series.
    dates
        The days of the run.
    area_of
        The area each district is shown in; rows of other districts are left out.
    series
        Column to read.
    """
    if observed is None or observed.empty or not {"district", series} <= set(observed.columns):
        return None
    known = observed.assign(
        date=pd.to_datetime(observed["date"]), area=observed["district"].map(area_of)
    ).dropna(subset=["area"])
    if known.empty:
        return None
    table = known.groupby(["date", "area"])[series].sum(min_count=1).unstack("area")
    total = table.sum(axis=1)
    around = pd.concat([total.shift(1), total.shift(-1)], axis=1).min(axis=1)
    table[(total == 0) & (around > 0)] = np.nan
    table = table.reindex(pd.DatetimeIndex(dates)).astype(np.float64)
    return table if table.notna().any(axis=None) else None
