"""The severely ill: when they need a bed, whether there is one, and whether they live."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import draws_of
from lazaretto.disease.severity import Severity

EXPECTED, WITHOUT_BED, IN_BED = range(3)


@dataclass
class Patients:
    """Persons whose infection will be, or is, severe; arrays of shape (n,).

    Parameters
    ----------
    person, district, age, doses
        Who; residence, age band, and vaccine doses at infection.
    level
        0 for a hospital ward, 1 for intensive care.
    need, ends
        Day on which a bed is needed, and on which it ends, well or not.
    lot
        31-bit lot compared with the chance to die.
    chance
        Chance to die given a bed, 31 bits.
    status
        `EXPECTED`, `WITHOUT_BED` or `IN_BED`.
    """

    person: NDArray[np.int32]
    district: NDArray[np.uint8]
    age: NDArray[np.uint8]
    doses: NDArray[np.uint8]
    level: NDArray[np.uint8]
    need: NDArray[np.int16]
    ends: NDArray[np.int16]
    lot: NDArray[np.uint32]
    chance: NDArray[np.uint32]
    status: NDArray[np.uint8]

    @classmethod
    def none(cls) -> Patients:
        """Return no patients."""
        small, days = np.empty(0, np.uint8), np.empty(0, np.int16)
        lots = np.empty(0, np.uint32)
        return cls(np.empty(0, np.int32), small, small, small, small, days, days, lots, lots, small)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return every array by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def restore(self, saved: dict[str, NDArray[Any]]) -> None:
        """Take over what `arrays` returned at another time."""
        for name, array in saved.items():
            setattr(self, name, array)

    def add(self, more: Patients) -> None:
        """Add patients at the end."""
        for name, array in more.arrays().items():
            setattr(self, name, np.concatenate([getattr(self, name), array]))

    def keep(self, which: NDArray[np.bool_]) -> None:
        """Keep some of the patients, by mask of shape (n,)."""
        for name, array in self.arrays().items():
            setattr(self, name, array[which])


def expected(
    person: NDArray[np.int32],
    district: NDArray[np.uint8],
    age: NDArray[np.uint8],
    doses: NDArray[np.uint8],
    critical: NDArray[np.bool_],
    onset: NDArray[np.int64],
    risk: NDArray[np.float64],
    severity: Severity,
    day: int,
    key: np.uint64,
) -> Patients:
    """Return the patients that severe infections of today will become.

    Parameters
    ----------
    person, district, age, doses
        Who they are, shape (n,).
    critical, onset
        Whether intensive care will be needed, and days from infection to symptoms, shape (n,).
    risk
        Relative risk to die left by vaccination, shape (n,).
    severity
        Chances and durations of the variant.
    day, key
        Day of infection, and the stream of `Purpose.SEVERITY` for it.
    """
    lots = draws_of(key, person, 0)
    waits, stays = draws_of(key, person, 1), draws_of(key, person, 2)
    low = np.uint64(0x7FFFFFFF)
    wait = _days(severity.days_to_hospital, waits & low)
    stay = np.where(
        critical, _days(severity.icu_days, stays & low), _days(severity.ward_days, stays & low)
    )
    chance = np.where(critical, severity.death_icu[age], severity.death_ward[age]) * risk
    need = day + onset + wait
    dies = (lots & low) < np.rint(np.clip(chance, 0, 1) * 2.0**31).astype(np.uint64)
    stay = np.where(dies, _days(severity.death_days, stays & low), stay)
    return Patients(
        person=person,
        district=district,
        age=age,
        doses=doses,
        level=critical.astype(np.uint8),
        need=need.astype(np.int16),
        ends=(need + np.maximum(stay, 1)).astype(np.int16),
        lot=(lots & low).astype(np.uint32),
        chance=np.rint(np.clip(chance, 0, 1) * 2.0**31).astype(np.uint32),
        status=np.full(person.size, EXPECTED, np.uint8),
    )


def _days(distribution: NDArray[np.float64], lot: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return days drawn from a distribution by 31-bit lots."""
    cumulative = np.rint(np.cumsum(distribution) * 2.0**31).astype(np.uint64)
    days = np.searchsorted(cumulative, lot, side="right")
    return np.minimum(days, distribution.size - 1).astype(np.int64)
