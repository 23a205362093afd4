"""Which compounds have new positives, and which of them have some again later."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazaretto.outcomes.tally import LONGEST_LAG, Tally

KEPT = np.uint32((1 << (LONGEST_LAG + 1)) - 1)


class Addresses:
    """Remembers, compound by compound, the days with a new positive.

    It is the counterpart of the lists of residential addresses that Shanghai published every
    day in spring 2022.

    Parameters
    ----------
    n_compounds
        Number of compounds.
    """

    def __init__(self, n_compounds: int) -> None:
        self.listed = np.zeros(n_compounds, np.int32)
        """Days on which each compound had a new positive, so far, shape (n_compounds,)."""
        self.recent = np.zeros(n_compounds, np.uint32)
        """Bit k: whether it had one k days before the last day counted, shape (n_compounds,)."""

    def count(self, tally: Tally, day: int, positive: NDArray[np.integer]) -> None:
        """Count one day into the tally; every day must be counted, one without positives too.

        Parameters
        ----------
        tally
            Where `addresses`, `addresses_again` and `addresses_by_days` are counted.
        day
            Day of the run.
        positive
            Compounds in which somebody outside a facility has a positive result today, each once
            or more often, shape (n,).
        """
        listed = np.zeros(self.listed.size, np.bool_)
        listed[positive] = True
        compounds = np.flatnonzero(listed)
        self.recent = (self.recent << np.uint32(1)) & KEPT
        self.recent[compounds] |= np.uint32(1)
        before = self.listed[compounds]
        self.listed[compounds] += 1
        tally.addresses[day] = compounds.size, np.count_nonzero(before == 0)
        moved = np.bincount(before, minlength=tally.addresses_by_days.size)
        moved[0] = 0  # those that had none before were not counted
        tally.addresses_by_days += np.bincount(before + 1, minlength=moved.size) - moved
        for lag in range(min(LONGEST_LAG, day) + 1):
            then = self.recent[compounds] >> np.uint32(lag) & np.uint32(1)
            tally.addresses_again[day - lag, lag] = int(then.sum())
