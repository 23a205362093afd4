"""Finding the infected: symptomatic persons who seek a test, and screening.

Only infected persons are visited. A person found today is isolated and reported after the
turnaround of the test; whether the report says confirmed or asymptomatic, and whether an
asymptomatic report is later reclassified, are draws of that person.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import draw, high31, low31, second
from lazaretto.engine.city import City, building_of, district_of_compound
from lazaretto.engine.infection import (
    FOUND_AT_LARGE,
    NO_SYMPTOMS,
    UNDETECTED,
    first_not_below,
    onset_of,
)

CONFIRMED, ASYMPTOMATIC, RECLASSIFIED = range(3)


class Search(NamedTuple):
    """How the infected are looked for today, as 31-bit thresholds by district.

    ``seek`` (n_districts, n) is the chance that a symptomatic, unfound person takes a test n
    days after onset; ``screen`` (n_districts, n) that screening finds a person n days after
    infection. ``*_wait`` (n_districts,) days from sample to result, ``*_isolate``
    (n_districts,) 1 if those found are isolated.
    """

    seek: NDArray[np.uint32]
    seek_wait: NDArray[np.int64]
    seek_isolate: NDArray[np.uint8]
    screen: NDArray[np.uint32]
    screen_wait: NDArray[np.int64]
    screen_isolate: NDArray[np.uint8]


class Reporting(NamedTuple):
    """How a positive becomes a reported case, as 31-bit thresholds.

    ``confirmed`` and ``reclassified`` are single thresholds; ``delay`` (n,) is the cumulative
    distribution of days from an asymptomatic report to its reclassification.
    """

    confirmed: np.uint32
    reclassified: np.uint32
    delay: NDArray[np.uint32]


@njit(nogil=True, _nrt=False, cache=True)
def find(
    city: City,
    search: Search,
    reporting: Reporting,
    person: NDArray[np.int32],
    record: NDArray[np.uint32],
    found: NDArray[np.int16],
    day: int,
    since: int,
    symptom_key: np.uint64,
    screen_key: np.uint64,
    report_key: np.uint64,
    reports: NDArray[np.int64],
    isolated: NDArray[np.int64],
) -> None:
    """Look for the infected of one cohort today.

    Parameters
    ----------
    city, search, reporting
        The city, how the infected are looked for, and how they are reported.
    person, record, found
        The cohort; ``found`` is written.
    day, since
        Today, and the days since the cohort was infected.
    symptom_key, screen_key
        Streams of `Purpose.SYMPTOM_TEST` and `Purpose.SCREENING` for today.
    report_key
        Stream of `Purpose.REPORTING` for the day of infection: how a person is reported does not
        depend on the day on which the person is found.
    reports
        Receives reported cases by days from today, shape (n_days_ahead, n_districts, 3); what
        lies beyond is not counted.
    isolated
        Receives persons newly isolated by days from today, shape (n_days_ahead, n_districts).
    """
    for i in range(person.size):
        if found[i] != UNDETECTED:
            continue
        who = np.int64(person[i])
        district = district_of_compound(city, city.building_compound[building_of(city, who)])
        wait = np.int64(-1)
        isolate = False
        onset = onset_of(record[i])
        ill = since - onset
        if onset != NO_SYMPTOMS and 0 <= ill < search.seek.shape[1]:
            limit = search.seek[district, ill]
            if limit > 0 and low31(draw(symptom_key, who, since)) < limit:
                wait = search.seek_wait[district]
                isolate = search.seek_isolate[district] != 0
        if wait < 0 and since < search.screen.shape[1]:
            limit = search.screen[district, since]
            if limit > 0 and low31(draw(screen_key, who, since)) < limit:
                wait = search.screen_wait[district]
                isolate = search.screen_isolate[district] != 0
        if wait < 0:
            continue
        # Today's contacts have been made: who is found today is at large until tomorrow.
        known = day + wait if wait > 0 else day + 1
        found[i] = known if isolate else FOUND_AT_LARGE
        if isolate and wait < isolated.shape[0]:
            isolated[wait, district] += 1
        _report(reporting, report_key, who, wait, district, reports)


@njit(inline="always", _nrt=False)
def _report(
    reporting: Reporting,
    key: np.uint64,
    person: int,
    wait: int,
    district: int,
    reports: NDArray[np.int64],
) -> None:
    bits = draw(key, person, 0)
    if low31(bits) < reporting.confirmed:
        if wait < reports.shape[0]:
            reports[wait, district, CONFIRMED] += 1
        return
    if wait < reports.shape[0]:
        reports[wait, district, ASYMPTOMATIC] += 1
    if high31(bits) < reporting.reclassified:
        later = wait + first_not_below(reporting.delay, low31(second(bits)))
        if later < reports.shape[0]:
            reports[later, district, RECLASSIFIED] += 1
