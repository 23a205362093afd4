"""Infected travellers: who they are, when they were infected, and what the border finds.

All of it is a pure function of the seed and the day of arrival, so nothing is kept from day to day:
what is asked about those who arrived on a day is drawn again. A traveller is a resident of the area
who comes back, or stands for somebody who stays with one: the course is the one that this person
would have if infected here on that day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import stats

from lazaretto.chance import Purpose, draw_plain, draws, stream_key
from lazaretto.engine.city import City
from lazaretto.engine.infection import NO_SYMPTOMS, new_record, unpacked
from lazaretto.engine.rates import Rates
from lazaretto.engine.vaccinated import Vaccine

WHO, SINCE, BEFORE, SYMPTOMS = range(4)
FIRST_TEST = 8
"""Index of the number for a test on the day of arrival; the next ones follow by day."""

HOW_MANY = 511

NEVER = 1 << 14
"""Day on which a traveller is found who is not found at all."""

Thresholds = NDArray[np.uint32]


class Stay(NamedTuple):
    """What travellers go through: days in a facility and at home, and tests.

    ``tests`` are days since arrival and the chance to be positive by day since infection, 31 bits.
    """

    facility_days: int
    home_days: int
    tests: tuple[tuple[int, Thresholds], ...]

    @property
    def days(self) -> int:
        """Days until the traveller is free."""
        return self.facility_days + self.home_days


@dataclass(frozen=True)
class Border:
    """The border of a run.

    Parameters
    ----------
    infected
        Mean number of infected travellers who set out, by day of arrival, shape (n_days,).
    first, last
        Range of persons they are, from ``first`` to ``last - 1``.
    exposure_days
        Days up to the day of arrival on which they were infected.
    before
        Days before arrival and chance to be positive by day since infection, of a test before
        departure; None if there is none.
    stays, stay
        What travellers go through, and which of it by day of arrival, shape (n_days,).
    noticed
        Share of those with symptoms before the end of their stay who are found, 31 bits.
    """

    infected: NDArray[np.float64]
    first: int
    last: int
    exposure_days: int
    before: tuple[int, Thresholds] | None
    stays: tuple[Stay, ...]
    stay: NDArray[np.int64]
    noticed: np.uint32

    @property
    def longest(self) -> int:
        """Days of the longest stay."""
        return max(stay.days for stay in self.stays)

    @property
    def watches_homes(self) -> bool:
        """Whether any traveller is ever kept at home."""
        return bool(self.infected.any()) and any(stay.home_days for stay in self.stays)

    def stay_of(self, day: int) -> Stay:
        """Return what waits for those who arrive on a day."""
        return self.stays[int(self.stay[day])]


class Travellers(NamedTuple):
    """The infected who arrive on a day; days of the run, below 0 before it; each shape (n,).

    ``found_on`` is the day on which the border finds them, `NEVER` if it does not; ``last`` the
    last day on which they are infectious.
    """

    person: NDArray[np.int32]
    infected_on: NDArray[np.int64]
    found_on: NDArray[np.int64]
    last: NDArray[np.int64]


@njit(nogil=True, _nrt=False, cache=True)
def records_when(
    city: City,
    rates: Rates,
    vaccine: Vaccine,
    key: NDArray[np.uint64],
    person: NDArray[np.int32],
    day: NDArray[np.int64],
    out: Thresholds,
) -> None:
    """Write the records of persons infected on given days.

    Parameters
    ----------
    city, rates, vaccine
        The city, the tables of the disease, and who is vaccinated.
    key
        Stream of `Purpose.COURSE` for the day of infection of each, shape (n,).
    person, day
        Who, and the day of infection, shape (n,).
    out
        Receives the records, shape (n,).
    """
    for i in range(person.size):
        out[i] = new_record(city, rates, vaccine, key[i], np.int64(person[i]), day[i])


def travellers(
    border: Border, seed: int, day: int, city: City, rates: Rates, vaccine: Vaccine
) -> Travellers:
    """Return the infected who arrive on a day, in the order in which they are drawn.

    Parameters
    ----------
    border
        The border.
    seed, day
        Seed of the run and day of arrival.
    city, rates, vaccine
        The city, the tables of the disease, and who is vaccinated.
    """
    key = stream_key(seed, Purpose.BORDER, day)
    n = how_many(float(border.infected[day]), int(key))

    def lot(index: int) -> NDArray[np.int64]:
        return (draws(key, 0, n, index) & np.uint64(0x7FFFFFFF)).astype(np.int64)

    def pick(index: int, among: int) -> NDArray[np.int64]:
        upper = draws(key, 0, n, index) >> np.uint64(32)
        return ((upper * np.uint64(among)) >> np.uint64(32)).astype(np.int64)

    person = (border.first + pick(WHO, border.last - border.first)).astype(np.int32)
    since = pick(SINCE, border.exposure_days)
    boards = np.ones(n, np.bool_)
    if border.before is not None:
        days, chance = border.before
        boards = ~_positive(chance, since - days, lot(BEFORE))
    stay = border.stay_of(day)
    infected_on = day - since
    found_on = np.full(n, NEVER, np.int64)
    for after, chance in stay.tests:
        positive = _positive(chance, since + after, lot(FIRST_TEST + after))
        found_on = np.where(positive, np.minimum(found_on, day + after), found_on)
    keys = np.array(
        [stream_key(seed, Purpose.COURSE, day - s) for s in range(border.exposure_days)]
    )
    record = np.empty(n, np.uint32)
    records_when(city, rates, vaccine, keys[since], person, infected_on, record)
    _, onset, _ = unpacked(record)
    ill_on = np.maximum(infected_on + onset, day)
    noticed = (onset != NO_SYMPTOMS) & (ill_on < day + stay.days)
    noticed &= lot(SYMPTOMS) < border.noticed
    found_on = np.where(noticed, np.minimum(found_on, ill_on), found_on)
    last = infected_on + rates.last_day[(record & np.uint32(0xFF)).astype(np.int64)]
    return Travellers(person[boards], infected_on[boards], found_on[boards], last[boards])


def how_many(mean: float, key: int) -> int:
    """Return a Poisson number, by inversion of one keyed draw."""
    if mean <= 0:
        return 0
    u = ((draw_plain(key, 0, HOW_MANY) >> 11) + 0.5) * 2.0**-53
    return int(stats.poisson.ppf(u, mean))


def _positive(
    chance: Thresholds, since: NDArray[np.int64], lot: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return whose test is positive, shape (n,); nobody's before infection."""
    of_day = chance[np.clip(since, 0, chance.size - 1)].astype(np.int64)
    return np.asarray((since >= 0) & (lot < of_day), np.bool_)
