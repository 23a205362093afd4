"""Calibration: free numbers of a scenario fitted to data, scored on days that no fit saw."""

from lazaretto.studies.calibration.folder import (
    Calibrated,
    calibrate,
    cost,
    other_fit,
)
from lazaretto.studies.calibration.plan import Calibration, Plan, calibrations, load_plan

__all__ = [
    "Calibrated",
    "Calibration",
    "Plan",
    "calibrate",
    "calibrations",
    "cost",
    "load_plan",
    "other_fit",
]
