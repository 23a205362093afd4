"""Made-up runs of a strict policy and of a milder one, and what the table answers of them."""

from __future__ import annotations

from datetime import date

import costed_runs as costed
import numpy as np
import xarray as xr

from lazaretto.outcomes.aims import Aim
from lazaretto.outcomes.proportionality import proportionality

LAST = date(2022, 4, 29)  # day 59
FEW_DEATHS = Aim("deaths", LAST, 150)
RUNS = 20


def strict_runs() -> xr.Dataset:
    return costed.many_runs(RUNS, sealed=20, deaths=1.0)


def mild_runs() -> xr.Dataset:
    return costed.many_runs(RUNS, sealed=10, deaths=5.0, infections=2500)


def answers(*how, **more):
    return {row.question: row for row in proportionality(*how, **more)}


def happened(k, n):
    return np.arange(n) < k
