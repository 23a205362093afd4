"""What confined people are given, by district: food, care, income, information, visits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Provision(NamedTuple):
    """Support of one day, each shape (n_districts,), 0 to 1 and 0 without a measure.

    ``deliveries`` is the chance that food reaches a confined household beside the usual one,
    ``passes`` the share of needs for care that are let out, ``income`` the share of lost income
    replaced, ``information`` the accuracy and timeliness of what officials say, ``visits`` the
    share of unmet needs for care that visits meet.
    """

    deliveries: NDArray[np.float64]
    passes: NDArray[np.float64]
    income: NDArray[np.float64]
    information: NDArray[np.float64]
    visits: NDArray[np.float64]


def no_provision(n_districts: int) -> Provision:
    """Return the provision of a day without any measure of support."""
    return Provision(*(np.zeros(n_districts) for _ in Provision._fields))
