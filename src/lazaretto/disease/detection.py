"""When a test of an infected person turns positive."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

N_DETECT_DAYS = 31
TABLE = "test_sensitivity_by_day_since_infection.csv"


def detection_by_day(shift: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the probabilities that PCR and antigen find an infected person, (31,) each.

    One nasopharyngeal swab, by day since infection; posterior medians of Hellewell et al. 2021
    (doi 10.1186/s12916-021-01982-x), wild type. Negative values of time are certain negatives;
    the last entry is 0 by definition, so that "from then on" is stated.

    Parameters
    ----------
    shift
        Days by which the curve is moved towards infection; of a variant,
        `lazaretto.disease.Variant.detection_shift`, which says where it is from.
    """
    days = np.arange(N_DETECT_DAYS) + shift
    curves = []
    for test in ("pcr", "lateral_flow_antigen"):
        since, positive = _measured(test)
        curve = np.interp(days, since, positive, left=0.0, right=0.0)
        curve[0] = positive[0]  # on the day of infection a shift means nothing
        curve[-1] = 0.0
        curves.append(np.asarray(curve, np.float64))
    return curves[0], curves[1]


@lru_cache(maxsize=2)
def _measured(test: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    text = files("lazaretto").joinpath("data", TABLE).read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["test"] == test]
    since = np.array([float(row["days_since_infection"]) for row in rows])
    return since, np.array([float(row["prob_positive_median"]) for row in rows])
