"""Sums over buildings that are made every day, in one pass each."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(nogil=True, cache=True)
def means_of_compounds(
    compound: NDArray[np.integer],
    residents: NDArray[np.int64],
    closed_on: NDArray[np.int16],
    district: NDArray[np.int64],
    fatigue: NDArray[np.float64],
    suffered: NDArray[np.float64],
    persons: NDArray[np.int64],
    tired: NDArray[np.float64],
    short: NDArray[np.float64],
) -> None:
    """Count the residents behind closed gates of each compound, and mean how they fare.

    Parameters
    ----------
    compound, residents, closed_on, district, fatigue
        By building: its compound, its residents, the day on which it was closed (negative: it is
        not), its district, its fatigue (0 to 1); shape (n_buildings,).
    suffered
        Hardship by first day of confinement and district, 0 to 1, shape (n_days + 1, n_districts).
    persons, tired, short
        Receive the residents, their mean fatigue and their mean hardship, shape (n_compounds,),
        all 0 before.
    """
    for building in range(compound.size):
        day = closed_on[building]
        if day < 0:
            continue
        here, n = compound[building], residents[building]
        persons[here] += n
        tired[here] += n * fatigue[building]
        short[here] += n * suffered[day, district[building]]
    for i in range(persons.size):
        if persons[i] > 0:
            tired[i] /= persons[i]
            short[i] /= persons[i]


@njit(nogil=True, cache=True)
def leakers_by_tier(
    tier: NDArray[np.uint8],
    base: NDArray[np.int16],
    spell: NDArray[np.int16],
    district: NDArray[np.int64],
    fatigue: NDArray[np.uint8],
    adults: NDArray[np.int64],
    felt: NDArray[np.int32],
    share: NDArray[np.float64],
    steps: tuple[int, int, int],
    out: NDArray[np.float64],
) -> None:
    """Count the adults who are expected to leak, by the tier of their building.

    Parameters
    ----------
    tier, base, spell, district, fatigue, adults
        By building: its tier, logit, row in ``felt``, district, fatigue in steps, and adults;
        shape (n_buildings,).
    felt
        Logits of hardship, shape (n_days + 1, n_districts).
    share
        Expected share by logit and fatigue, shape (n_logits, n_fatigues).
    steps
        The logit of the first row, and steps from one row and from one column to the next.
    out
        Receives the adults, shape (4,); those of open buildings are not counted.
    """
    lowest, per_row, per_column = steps
    last = share.shape[0] - 1
    for building in range(tier.size):
        if tier[building] == 0:
            continue
        logit = np.int64(base[building]) + np.int64(felt[spell[building], district[building]])
        row = (logit - lowest + per_row // 2) // per_row
        column = (np.int64(fatigue[building]) + per_column // 2) // per_column
        expected = share[min(max(row, 0), last), column] * adults[building]
        out[tier[building]] += expected
