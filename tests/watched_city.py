"""A city of three districts made by hand, and what officials see of it on a day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from lazaretto.measures import NEVER_POSITIVE, Observed, Places, Today
from lazaretto.words import FOUND_WHERE

START = date(2022, 3, 1)
PLACES = Places(
    districts=("North", "East", "South"),
    district_persons=np.array([300_000, 200_000, 100_000]),
    compound_district=np.array([0, 0, 0, 1, 1, 2]),
    compound_persons=np.full(6, 100_000),
    compound_subdistrict=np.array([0, 0, 1, 2, 2, 3]),
    building_compound=np.arange(6),
    building_persons=np.full(6, 100_000),
)


def observed(cases=((0, 0, 0),), **changes):
    """Return what officials see of a city of three districts; cases are by day and district."""
    confirmed = np.asarray(cases, np.int64)
    n_days = len(confirmed)
    seen = {
        "confirmed": confirmed,
        "asymptomatic": np.zeros_like(confirmed),
        "found": np.zeros((n_days, 3, len(FOUND_WHERE)), np.int64),
        "deaths": np.zeros((n_days, 3), np.int64),
        "patients": np.zeros((3, 2), np.int64),
        "building_clear": np.full(6, NEVER_POSITIVE, np.int32),
        "compound_clear": np.full(6, NEVER_POSITIVE, np.int32),
        "subdistrict_clear": np.full(4, NEVER_POSITIVE, np.int32),
        "stock_used": np.array([0, 0]),
        "stock_waiting": np.array([0, 0]),
        "stocks": ("labs", "icu"),
        "stock_amount": np.array([1000, 50]),
    }
    return Observed(**{**seen, **changes})


def today(day=1, active=None, **changes):
    return Today(day, START + timedelta(days=day), observed(**changes), active)


CASES = ((1, 0, 0), (2, 4, 0), (3, 6, 0))
