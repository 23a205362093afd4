"""A simulated number over replicates beside a reported one, and a verdict worked out from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["number", "share", "rate", "ratio", "days", "date"]
"""Dates are days since 1970; a rate is per day and may be negative."""


@dataclass(frozen=True)
class Reported:
    """A reported number.

    Parameters
    ----------
    value
        The number; NaN where only a range is known.
    low, high
        Its interval, NaN where none is given.
    """

    value: float
    low: float = float("nan")
    high: float = float("nan")


def verdict(simulated: NDArray[np.float64], reported: Reported, kind: Kind) -> str:
    """Return how a simulated number stands to a reported one.

    "inside the reported range" if the median over replicates is; else "inside the simulated band"
    if the reported value lies between the lowest and the highest replicate; else by how much the
    median is off: days for dates and durations, a factor for numbers. For a share above one half
    the factor is that of what it leaves to one: 0.98 for 0.96 misses half of the rest.

    Parameters
    ----------
    simulated
        One number for each replicate, shape (n_replicates,); NaN where it is not defined.
    reported
        The reported number.
    kind
        What kind of number it is.
    """
    known = simulated[~np.isnan(simulated)]
    if known.size == 0:
        return "did not happen in the simulation"
    median = float(np.median(known))
    low = -np.inf if np.isnan(reported.low) else reported.low
    high = np.inf if np.isnan(reported.high) else reported.high
    ranged = not (np.isnan(reported.low) and np.isnan(reported.high))
    if ranged and low <= median <= high:
        return "inside the reported range"
    if known.min() <= reported.value <= known.max():
        return "inside the simulated band"
    value = reported.value if not np.isnan(reported.value) else (low if median < low else high)
    if kind in ("days", "date"):
        return _late(median - value)
    if kind == "share" and value > 0.5 and median < 1:
        off = _factor(1 - median, 1 - value)
        return f"{off} (of what is left to one)" if off.startswith("off") else off
    if kind == "share" and value > 0.5:
        return "off: it is one"
    return _factor(median, value)


def met(said: str) -> bool:
    """Return whether a verdict says that a target is met."""
    return said.startswith("inside")


def _late(days: float) -> str:
    whole = max(round(abs(days)), 1)
    return f"off by {whole} day{'' if whole == 1 else 's'}, too {'late' if days > 0 else 'early'}"


def _factor(median: float, value: float) -> str:
    if value == 0 or median == 0 or (median < 0) != (value < 0):
        wrong = "it is zero" if median == 0 else "it is not zero" if value == 0 else "other sign"
        return f"off: {wrong}"
    factor = abs(median / value)
    high = factor > 1
    if f"{max(factor, 1 / factor):.2f}" == "1.00":
        return "about right"
    return f"off by factor {max(factor, 1 / factor):.2f}, too {'high' if high else 'low'}"


def written(value: float, kind: Kind) -> str:
    """Return a number as a table shows it."""
    if np.isnan(value):
        return "none"
    if kind == "date":
        return str(np.datetime64(round(value), "D"))
    if kind in ("number", "days"):
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) < 1 else f"{value:.2f}"
