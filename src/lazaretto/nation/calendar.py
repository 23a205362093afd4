"""How much people travel on a date, and how long they stay.

Holidays are those of the State Council's notices for 2020 to 2023. Before and after these years
only weekends are known and people travel as in 2019.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lazaretto.nation import assumptions as a

SPRING_FESTIVAL = (date(2020, 1, 25), date(2021, 2, 12), date(2022, 2, 1), date(2023, 1, 22))
"""First day of the lunar year."""

HOLIDAYS = (
    ("new year", date(2020, 1, 1), date(2020, 1, 1)),
    ("spring festival", date(2020, 1, 24), date(2020, 2, 2)),
    ("qingming", date(2020, 4, 4), date(2020, 4, 6)),
    ("may day", date(2020, 5, 1), date(2020, 5, 5)),
    ("dragon boat", date(2020, 6, 25), date(2020, 6, 27)),
    ("national day", date(2020, 10, 1), date(2020, 10, 8)),
    ("new year", date(2021, 1, 1), date(2021, 1, 3)),
    ("spring festival", date(2021, 2, 11), date(2021, 2, 17)),
    ("qingming", date(2021, 4, 3), date(2021, 4, 5)),
    ("may day", date(2021, 5, 1), date(2021, 5, 5)),
    ("dragon boat", date(2021, 6, 12), date(2021, 6, 14)),
    ("mid-autumn", date(2021, 9, 19), date(2021, 9, 21)),
    ("national day", date(2021, 10, 1), date(2021, 10, 7)),
    ("new year", date(2022, 1, 1), date(2022, 1, 3)),
    ("spring festival", date(2022, 1, 31), date(2022, 2, 6)),
    ("qingming", date(2022, 4, 3), date(2022, 4, 5)),
    ("may day", date(2022, 4, 30), date(2022, 5, 4)),
    ("dragon boat", date(2022, 6, 3), date(2022, 6, 5)),
    ("mid-autumn", date(2022, 9, 10), date(2022, 9, 12)),
    ("national day", date(2022, 10, 1), date(2022, 10, 7)),
    ("new year", date(2022, 12, 31), date(2023, 1, 2)),
    ("spring festival", date(2023, 1, 21), date(2023, 1, 27)),
    ("qingming", date(2023, 4, 5), date(2023, 4, 5)),
    ("may day", date(2023, 4, 29), date(2023, 5, 3)),
    ("dragon boat", date(2023, 6, 22), date(2023, 6, 24)),
    ("national day", date(2023, 9, 29), date(2023, 10, 6)),
    ("new year", date(2023, 12, 30), date(2024, 1, 1)),
)
"""Name, first and last day off."""

_WORKED = {
    2020: ((1, 19), (4, 26), (5, 9), (6, 28), (9, 27), (10, 10)),
    2021: ((2, 7), (2, 20), (4, 25), (5, 8), (9, 18), (9, 26), (10, 9)),
    2022: ((1, 29), (1, 30), (4, 2), (4, 24), (5, 7), (10, 8), (10, 9)),
    2023: ((1, 28), (1, 29), (4, 23), (5, 6), (6, 25), (10, 7), (10, 8)),
}

WORKED_WEEKENDS = frozenset(
    date(year, month, day) for year, days in _WORKED.items() for month, day in days
)
"""Saturdays and Sundays worked in exchange for days off."""


def _half(quarter: str) -> float:
    return 1 - a.FOLLOWS_TOURISM * (1 - a.TOURISM[quarter])


LEVELS = (
    (date(2020, 1, 24), a.LEVEL_2020_LOCKED),
    (date(2020, 4, 8), _half("2020-Q2")),
    (date(2020, 7, 1), _half("2020-Q3")),
    (date(2020, 10, 1), _half("2020-Q4")),
    (date(2021, 1, 1), _half("2021-Q1")),
    (date(2021, 1, 28), a.LEVEL_RUSH_2021),
    (date(2021, 2, 12), _half("2021-Q1")),
    (date(2021, 4, 1), _half("2021-Q2")),
    (date(2021, 7, 1), _half("2021-Q3")),
    (date(2021, 10, 1), _half("2021-Q4")),
    (date(2022, 1, 1), _half("2022-Q1")),
    (date(2022, 1, 17), a.LEVEL_RUSH_2022),
    (date(2022, 2, 1), _half("2022-Q1")),
    (date(2022, 4, 1), _half("2022-Q2")),
    (date(2022, 7, 1), _half("2022-Q3")),
    (date(2022, 10, 1), _half("2022-Q4")),
    (date(2022, 12, 1), a.LEVEL_DECEMBER_2022),
    (date(2023, 1, 1), a.LEVEL_JANUARY_2023),
    (date(2023, 1, 7), a.LEVEL_RUSH_2023),
    (date(2023, 1, 22), a.LEVEL_AFTER),
)
"""Travel of the nation relative to 2019 from a date on; 1 before the first."""


def travel_level(day: date) -> float:
    """Return the travel of a period relative to 2019, measures and fear of the time included."""
    found = bisect_right([first for first, _ in LEVELS], day)
    return LEVELS[found - 1][1] if found else 1.0


def is_rush(day: date) -> bool:
    """Return whether people are on their way home for Spring Festival, in the 15 days before it."""
    return any(new - timedelta(days=a.RUSH_DAYS) <= day < new for new in SPRING_FESTIVAL)


def kind_of_day(day: date) -> float:
    """Return how much people leave home on a day of its kind, an ordinary day being 1."""
    if is_rush(day):
        return a.RUSH
    for name, first, last in HOLIDAYS:
        if first <= day <= last:
            return a.HOLIDAYS[name]
    if day.weekday() >= 5 and day not in WORKED_WEEKENDS:
        return a.WEEKEND
    return (7 - 2 * a.WEEKEND) / 5


def trips_multiplier(day: date) -> float:
    """Return by what the trips of an ordinary day are multiplied on a date.

    The level already holds what measures of the time did to travel. A scenario whose measures
    close cities should take `kind_of_day` alone, lest they count twice.
    """
    return travel_level(day) * kind_of_day(day)


@lru_cache(maxsize=2)
def _stays(rush: bool) -> NDArray[np.float64]:
    days = np.arange(1, a.LONGEST_STAY + 1)
    share = (1 - 1 / a.MEAN_STAY) ** (days - 1)
    share /= share.sum()
    if rush:
        home = (days >= a.SHORTEST_VISIT_HOME) / (days >= a.SHORTEST_VISIT_HOME).sum()
        share = share / a.RUSH + home * (1 - 1 / a.RUSH)
    share.setflags(write=False)
    return np.asarray(share, np.float64)


def stay_lengths(day: date) -> NDArray[np.float64]:
    """Return the distribution of the length of stay of those who leave on a date.

    Before Spring Festival what is above an ordinary day's trips are visits home, which are long.

    Returns
    -------
    NDArray
        (14,) share of trips that last 1, 2, ... 14 days; a day trip counts as 1.
    """
    return _stays(is_rush(day))
