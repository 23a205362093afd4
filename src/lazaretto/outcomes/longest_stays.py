"""How long people were kept in without a break: the tail, not the mean."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes.rows import EVERYBODY, Row, exact, rows_of

QUANTILES = {"median": 0.5, "90 %": 0.9, "99 %": 0.99, "maximum": 1.0}
"""What is said of the longest stays of those who were ever confined."""

THRESHOLDS = (14, 30, 60)
"""Days without a break; residents who stayed as long or longer are counted."""


def stay_quantile(residents: NDArray[np.int64], share: float) -> NDArray[np.float64]:
    """Return the stay in days that a share of those ever confined did not exceed.

    Parameters
    ----------
    residents
        Residents by longest stay; entry d of the last axis stayed d days, shape (..., n_days + 1).
    share
        Share of those whose stay is one day or longer; 1 gives the longest stay of all.

    Returns
    -------
    NDArray[np.float64]
        Days, shape (...); NaN where nobody was confined.
    """
    upto = np.cumsum(residents[..., 1:], axis=-1)
    if upto.shape[-1] == 0:
        return np.full(upto.shape[:-1], np.nan)
    everybody = upto[..., -1:]
    days = (upto >= np.ceil(share * everybody)).argmax(axis=-1) + 1.0
    return np.where(everybody[..., 0] > 0, days, np.nan)


def longest_stays(runs: xr.Dataset) -> Iterator[Row]:
    """Yield quantiles of the longest stays and how many stayed long, for all and by age.

    Parameters
    ----------
    runs
        Results with a replicate axis and the variable ``longest_stay``.
    """
    stays = runs["longest_stay"].transpose("replicate", "age", "days_confined")
    whole = stays.sum("age")
    for name, share in QUANTILES.items():
        for by, table in ((EVERYBODY, whole), ("age", stays)):
            found = stay_quantile(table.values.astype(np.int64), share)
            frame = table.isel(days_confined=0, drop=True)
            amount = exact(frame.copy(data=found))
            yield Row(f"longest stay, {name}", "policy", "days", by, amount, adds_up=False)
    for days in THRESHOLDS:
        long = stays.where(stays["days_confined"] >= days, 0).sum("days_confined")
        kind = f"residents confined {days} days or longer"
        yield from rows_of(kind, "policy", "persons", [exact(long)])
