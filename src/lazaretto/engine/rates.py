"""Rates of transmission as integer thresholds, computed once before the first day.

The potential infections a person causes on a day are Poisson in number, drawn separately for
the household, for the school or workplace, and for everything open to all (building, compound,
community), whose share of each is a further choice. Infectiousness takes few distinct values
(levels), so each of these needs one small table of cumulative Poisson probabilities.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lazaretto.chance import CERTAIN, threshold
from lazaretto.disease import CourseTable
from lazaretto.disease.severity import Severity
from lazaretto.engine.age_mixing import AT_RANDOM
from lazaretto.engine.city import IN_SCHOOL, IN_WORKPLACE
from lazaretto.words import BUILDING, COMMUNITY, COMPOUND, HOUSEHOLD, SCHOOL, WORKPLACE

HOUSEHOLD_SIZES = 16

MOST_EVENTS = 160
"""Most potential infections of one person on one day, for each of the three draws."""

MOST_DAYS = 32
"""Days of a course, the day of infection included; an exposure keeps them in 5 bits."""

STRENGTH_UNIT = 1 << 20
"""Infections per weighted contact are added up as integers of this unit."""

LARGEST_MEAN = 90.0
"""Largest daily mean the tables allow; 160 is exceeded less than once in 1e10 draws there."""

POTENTIAL = "potential infections (lower r0)"

OPEN_TO_ALL = (BUILDING, COMPOUND, COMMUNITY)


class ContactRates(NamedTuple):
    """Contacts per day of a member of each layer and how strongly each transmits.

    ``per_day`` and ``weight`` have shape (n_layers,); ``household_exponent`` is the power alpha
    in the rate per pair, (n - 1)**-alpha (Cauchemez et al. 2004, doi:10.1002/sim.1912);
    ``own_subdistrict`` is the share of community contacts met in the own subdistrict; ``by_age``
    how much likelier than at random two ages meet in the community, see
    `lazaretto.engine.age_mixing.relative_rates`, shape (18, 18) or, not at all, (1, 1).
    """

    per_day: NDArray[np.float64]
    weight: NDArray[np.float64]
    household_exponent: float
    own_subdistrict: float
    by_age: NDArray[np.float64] = AT_RANDOM


class Rates(NamedTuple):
    """Thresholds the kernels compare draws with (31 bits each unless said).

    ``level`` (n_courses, n_days) is the infectiousness of a course on a day as an index, 0 for
    none. Cumulative distributions of the number of potential infections by level: ``open``
    (n_ages, MOST_EVENTS, n_levels) for building, compound and community together, ``household``
    (16, MOST_EVENTS, n_levels) by household size, ``group`` (3, MOST_EVENTS, n_levels) by kind
    of group. ``place`` (n_ages, 2) chooses building or compound among the first. n_ages is 18 if
    contacts of the community depend on age, else 1: then so many more are drawn as the ages a
    person meets most often call for, and ``met`` (n_ages, 18 or 1) says how many of them are made,
    by age of the source and of the one met. ``susceptible`` (18,)
    acceptance by age of the target; ``protection`` (n,) relative susceptibility by day since
    the last infection; ``course`` (2, n_courses) and ``onset`` cumulative choices at infection;
    ``latent`` (n_courses,) days; ``symptomatic``, ``hospital`` (given symptoms) and ``critical``
    (given hospital), each (18,); ``strength`` (n_levels,) the infections caused per weighted
    contact, in units of 1 / `STRENGTH_UNIT`; ``own_subdistrict`` one threshold;
    ``last_day`` (n_courses,) last infectious day.
    """

    level: NDArray[np.uint16]
    open: NDArray[np.uint32]
    household: NDArray[np.uint32]
    group: NDArray[np.uint32]
    place: NDArray[np.uint32]
    met: NDArray[np.uint32]
    susceptible: NDArray[np.uint32]
    protection: NDArray[np.uint32]
    course: NDArray[np.uint32]
    onset: NDArray[np.uint32]
    latent: NDArray[np.int64]
    last_day: NDArray[np.int64]
    symptomatic: NDArray[np.uint32]
    hospital: NDArray[np.uint32]
    critical: NDArray[np.uint32]
    strength: NDArray[np.int64]
    own_subdistrict: np.uint32
    wanes_after: int


def household_rates(contacts: ContactRates) -> NDArray[np.float64]:
    """Return weighted household contacts per day by household size, shape (16,).

    Parameters
    ----------
    contacts
        Contact rates and relative weights by layer.
    """
    strength = float(contacts.per_day[HOUSEHOLD] * contacts.weight[HOUSEHOLD])
    return strength * by_household_size(contacts.household_exponent)


def by_household_size(exponent: float) -> NDArray[np.float64]:
    """Return a member's contacts relative to a household of two, (n - 1)**(1 - exponent).

    Parameters
    ----------
    exponent
        Power alpha of `ContactRates.household_exponent`.

    Returns
    -------
    By household size, shape (16,); 0 for those who live alone.
    """
    others = np.arange(HOUSEHOLD_SIZES) - 1.0
    relative = np.zeros(HOUSEHOLD_SIZES)
    relative[2:] = others[2:] ** (1 - exponent)
    return relative


def event_numbers(mean: NDArray[np.float64], what: str = POTENTIAL) -> NDArray[np.uint32]:
    """Return cumulative Poisson probabilities by number of events, one column per level.

    Parameters
    ----------
    mean
        Mean number by level, shape (..., n_levels).
    what
        What is counted, for the message if there are too many.

    Returns
    -------
    Thresholds, shape (..., MOST_EVENTS, n_levels): most draws end in the first row or two, which
    are then close together in memory.

    Raises
    ------
    ValueError
        If a mean is larger than the table allows.
    """
    if mean.max(initial=0.0) > LARGEST_MEAN:
        message = (
            f"{what} on one day would be {mean.max():.0f} for the most active person; at most "
            f"{LARGEST_MEAN:.0f} are possible"
        )
        raise ValueError(message)
    return _event_numbers(mean.astype(np.float64).tobytes(), mean.shape).copy()


@lru_cache(maxsize=24)
def _event_numbers(mean: bytes, shape: tuple[int, ...]) -> NDArray[np.uint32]:
    """Return `event_numbers`, kept for the other runs of an ensemble; mean as bytes and a shape."""
    expected = np.frombuffer(mean, np.float64).reshape(shape)[..., None, :]
    numbers = threshold(stats.poisson.cdf(np.arange(MOST_EVENTS)[:, None], expected))
    numbers[..., -1, :] = CERTAIN
    return numbers


def build_rates(
    courses: CourseTable,
    contacts: ContactRates,
    transmissibility: float,
    severity: Severity | None = None,
) -> Rates:
    """Return the thresholds for one disease, contact pattern and transmissibility.

    Parameters
    ----------
    courses
        Courses of infection of the variant.
    contacts
        Contact rates by layer.
    transmissibility
        Infections per weighted contact with a fully susceptible person over a whole mean course
        (dimensionless), see `lazaretto.engine.transmissibility.solve`.
    severity
        Who needs hospital care; nobody if absent.

    Raises
    ------
    ValueError
        If one person would cause more than `LARGEST_MEAN` potential infections a day.
    """
    if courses.infectiousness.shape[1] > MOST_DAYS:
        raise ValueError(f"a course may last {MOST_DAYS} days at most")
    strength = contacts.per_day * contacts.weight
    values, level = np.unique(courses.infectiousness.round(12), return_inverse=True)
    if values[0] > 0:
        values, level = np.concatenate([[0.0], values]), level + 1
    by_level = transmissibility * values
    groups = np.zeros(3)
    groups[IN_SCHOOL], groups[IN_WORKPLACE] = strength[SCHOOL], strength[WORKPLACE]
    open_to_all = drawn_by_age(strength, contacts)
    total = open_to_all.sum(axis=-1)
    shares = np.cumsum(open_to_all, axis=-1) / np.maximum(total, 1e-300)[:, None]
    most = np.maximum(contacts.by_age.max(axis=1, keepdims=True), 1e-300)
    highest = float(courses.susceptibility.max())
    days = np.arange(courses.infectiousness.shape[1])
    return Rates(
        level=level.reshape(courses.infectiousness.shape).astype(np.uint16),
        open=event_numbers(np.outer(total, by_level)),
        household=event_numbers(np.outer(household_rates(contacts), by_level)),
        group=event_numbers(np.outer(groups, by_level)),
        place=threshold(shares[:, :2]),
        met=threshold(contacts.by_age / most),
        susceptible=threshold(courses.susceptibility / highest),
        protection=threshold(courses.protection),
        course=_cumulative(courses.probability),
        onset=_cumulative(courses.onset_probability[None])[0],
        latent=np.array(courses.latent_days, np.int64),
        last_day=np.max(np.where(courses.infectiousness > 0, days, 0), axis=1),
        symptomatic=threshold(courses.symptomatic_share),
        hospital=threshold(np.zeros(18) if severity is None else severity.hospital),
        critical=threshold(np.zeros(18) if severity is None else severity.icu),
        strength=np.rint(by_level * STRENGTH_UNIT).astype(np.int64),
        own_subdistrict=np.uint32(threshold(contacts.own_subdistrict)),
        wanes_after=_wanes_after(courses),
    )


def drawn_by_age(rate: NDArray[np.float64], contacts: ContactRates) -> NDArray[np.float64]:
    """Return the rates at which contacts open to all are drawn, by age and layer of `OPEN_TO_ALL`.

    Parameters
    ----------
    rate
        Rates by layer, shape (..., n_layers).
    contacts
        Contact rates, for how those of the community depend on age.

    Returns
    -------
    Shape (n_ages, ..., 3); of those drawn in the community some are not made.
    """
    open_to_all = rate[..., list(OPEN_TO_ALL)]
    most = contacts.by_age.max(axis=1)
    drawn = np.repeat(open_to_all[None], most.size, axis=0)
    drawn[..., 2] *= most.reshape(-1, *[1] * (drawn.ndim - 2))
    return drawn


def _wanes_after(courses: CourseTable) -> int:
    wanes = np.nonzero(courses.protection > 0)[0]
    return int(wanes[0]) if wanes.size else np.iinfo(np.int16).max


def _cumulative(probability: NDArray[np.float64]) -> NDArray[np.uint32]:
    thresholds = threshold(np.cumsum(probability, axis=1))
    last = probability.shape[1] - 1 - np.argmax(probability[:, ::-1] > 0, axis=1)
    for row, end in enumerate(last):
        thresholds[row, end:] = CERTAIN
    return thresholds
