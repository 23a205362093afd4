"""Who had which vaccine dose when, and what it is worth: pure functions of person and day.

Residents of a district and age band fall into bins by a keyed trait; those of one bin are
vaccinated on the same day. So nothing is kept of a person, and coverage moves in steps of one
bin.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import CERTAIN, draw, pick

NOT_YET = 32767
"""Day of a dose that was not given."""

MOST_DOSES = 4
AGAINST_INFECTION, AGAINST_SYMPTOMS, AGAINST_HOSPITAL, AGAINST_DEATH = range(4)


class Vaccine(NamedTuple):
    """Doses by district, age band and bin.

    ``dose_day`` (n_districts, 18, n_bins, 4) is the day of the run of each dose (`NOT_YET` if
    none); ``risk`` (4, 5, n_weeks) the relative risk as a 31-bit threshold by outcome, doses
    (0 to 4) and weeks since the last one; ``key`` the stream of `Purpose.VACCINATION`; ``given``
    1 if anybody is vaccinated at all.
    """

    dose_day: NDArray[np.int16]
    risk: NDArray[np.uint32]
    key: np.uint64
    given: int


def no_vaccine() -> Vaccine:
    """Return a vaccine nobody has had."""
    never = np.full((1, 1, 1, MOST_DOSES), NOT_YET, np.int16)
    risk = np.full((4, MOST_DOSES + 1, 1), CERTAIN, np.uint32)
    return Vaccine(never, risk, np.uint64(0), 0)


@njit(inline="always", _nrt=False)
def bin_of(vaccine: Vaccine, person: int) -> np.int64:
    """Return the bin a person belongs to."""
    return pick(draw(vaccine.key, person, 0), vaccine.dose_day.shape[2])


@njit(inline="always", _nrt=False)
def doses_at(vaccine: Vaccine, district: int, age: int, bin_: int, day: int) -> np.int64:
    """Return the number of doses the persons of a bin had before a day."""
    doses = np.int64(0)
    for i in range(MOST_DOSES):
        if np.int64(vaccine.dose_day[district, age, bin_, i]) < day:
            doses = np.int64(i + 1)
    return doses


@njit(inline="always", _nrt=False)
def relative_risk(
    vaccine: Vaccine, outcome: int, district: int, age: int, bin_: int, day: int
) -> np.uint64:
    """Return the relative risk of an outcome on a day, 31 bits."""
    doses = doses_at(vaccine, district, age, bin_, day)
    if doses == 0:
        return np.uint64(CERTAIN)
    since = day - np.int64(vaccine.dose_day[district, age, bin_, doses - 1])
    week = min(since // 7, np.int64(vaccine.risk.shape[2] - 1))
    return np.uint64(vaccine.risk[outcome, doses, week])


@njit(nogil=True, _nrt=False, cache=True)
def doses_of(
    vaccine: Vaccine,
    person: NDArray[np.int32],
    district: NDArray[np.int64],
    age: NDArray[np.int64],
    day: int,
    doses: NDArray[np.int64],
    risk: NDArray[np.uint64],
) -> None:
    """Write doses before a day, and what is left of the risk to die; arrays of shape (n,)."""
    for i in range(person.size):
        doses[i] = 0
        risk[i] = np.uint64(CERTAIN)
        if vaccine.given:
            bin_ = bin_of(vaccine, person[i])
            doses[i] = doses_at(vaccine, district[i], age[i], bin_, day)
            risk[i] = relative_risk(vaccine, AGAINST_DEATH, district[i], age[i], bin_, day)
