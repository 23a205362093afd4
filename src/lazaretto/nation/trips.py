"""Trips between cities: who sets out on a day, where to, and for how long.

The k-th trip out of a city on a day is a pure function of the seed of the city, the day and k. A
measure decides which of the intended trips are made, never which are intended; so two policies
have the same travellers but for those they keep at home.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import Purpose, draw, draw_plain, high31, low31, pick, second, stream_key
from lazaretto.engine.infection import first_not_below


class Party(NamedTuple):
    """Those who set out from one city on one day, the longest stays first; shape (n,) each.

    ``city`` is the destination, ``stay`` the days there, the day of departure the first of them.
    """

    day: int
    person: NDArray[np.int32]
    city: NDArray[np.uint16]
    stay: NDArray[np.uint8]


def number_of_trips(seed: int, day: int, mean: float) -> int:
    """Return how many trips out of a city are intended on a day: the mean, rounded by chance.

    Parameters
    ----------
    seed
        Seed of the city.
    day
        Day of the run.
    mean
        Mean number of trips.
    """
    bits = draw_plain(int(stream_key(seed, Purpose.TRIP, day)), 0, 2)
    return int(mean) + (1 if (bits >> 11) * 2.0**-53 < mean - int(mean) else 0)


@njit(nogil=True, _nrt=False, cache=True)
def _set_out(
    key: np.uint64,
    n: int,
    n_persons: int,
    going: NDArray[np.uint32],
    staying: NDArray[np.uint32],
    allowed: NDArray[np.uint32],
    person: NDArray[np.int32],
    city: NDArray[np.uint16],
    stay: NDArray[np.uint8],
    lot: NDArray[np.uint32],
) -> int:
    made = 0
    for k in range(n):
        bits = draw(key, k, 0)
        to = first_not_below(going, low31(bits))
        more = second(bits)
        if high31(more) >= allowed[to]:
            continue
        person[made] = pick(bits, n_persons)
        city[made] = to
        stay[made] = 1 + first_not_below(staying, low31(more))
        lot[made] = low31(draw(key, k, 1))
        made += 1
    return made


def set_out(
    seed: int,
    day: int,
    mean: float,
    n_persons: int,
    going: NDArray[np.uint32],
    staying: NDArray[np.uint32],
    allowed: NDArray[np.uint32],
) -> tuple[Party, NDArray[np.uint32]]:
    """Return those who set out on a day and a 31-bit lot of each, in the order of the party.

    Parameters
    ----------
    seed
        Seed of the city they live in.
    day
        Day of the run; before the run it is negative.
    mean
        Mean number of trips intended.
    n_persons
        Residents of the city; everybody travels alike.
    going, staying
        Cumulative 31-bit thresholds of the destination (n_cities,) and of the days there.
    allowed
        Threshold of a trip to each city being made, shape (n_cities,).
    """
    n = number_of_trips(seed, day, mean)
    person, city = np.empty(n, np.int32), np.empty(n, np.uint16)
    stay, lot = np.empty(n, np.uint8), np.empty(n, np.uint32)
    key = stream_key(seed, Purpose.TRIP, day)
    made = _set_out(key, n, n_persons, going, staying, allowed, person, city, stay, lot)
    order = np.argsort(-stay[:made].astype(np.int16), kind="stable")
    party = Party(day, person[:made][order], city[:made][order], stay[:made][order])
    return party, lot[:made][order]
