"""Sampling in the evening: symptomatic persons, screening rounds, and false positives.

Only infected persons are visited; those not infected enter as numbers, and as the few of them
whose sample is read as positive.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import draw, high31, low31, pick, second
from lazaretto.engine.city import BLOCK_SHIFT, City, building_of
from lazaretto.engine.infection import NO_SYMPTOMS, onset_of
from lazaretto.engine.memory import AHEAD, prefetch
from lazaretto.engine.state import AT_HOME, AT_LARGE, State, is_marked, where_is


class Samples(NamedTuple):
    """How persons are sampled today; thresholds of 31 bits.

    Symptom tests come first: ``seek`` (n_symptoms, n_districts, n) is the chance to go n days
    after onset, ``most`` (n_symptoms, n) the largest of any district. Then the rounds: ``due``
    (n_rounds, n_compounds) is 1 where a compound is sampled, ``comes`` (n_rounds,) the share of
    residents who take part. ``positive`` (n_symptoms + n_rounds, n) is the chance to be read as
    positive by day since infection.
    """

    seek: NDArray[np.uint32]
    most: NDArray[np.uint32]
    due: NDArray[np.uint8]
    comes: NDArray[np.uint32]
    positive: NDArray[np.uint32]


class Keys(NamedTuple):
    """Streams of chance: who goes today, who is read as positive, who ever comes to a round."""

    symptoms: np.uint64
    screening: np.uint64
    participation: np.uint64


@njit(nogil=True, _nrt=False, cache=True)
def sample(
    city: City,
    state: State,
    samples: Samples,
    keys: Keys,
    person: NDArray[np.int32],
    record: NDArray[np.uint32],
    infected: NDArray[np.int16],
    day: int,
    again: bool,
    visits: NDArray[np.int64],
    positive: NDArray[np.int32],
    slot: NDArray[np.uint8],
) -> int:
    """Sample infected persons; return how many samples are positive.

    Parameters
    ----------
    city, state
        The city and its residents.
    samples, keys
        How persons are sampled today.
    person, record, infected
        Who, the packed records, and days of infection, shape (n,).
    day
        Today.
    again
        Whether anybody may have been infected again since, and is to be passed over.
    visits
        Receives visits of the symptomatic, shape (n_symptoms, n_districts).
    positive, slot
        Receive who is positive and in which symptom test or round, each of shape
        (person.size * (n_symptoms + n_rounds),) at least.
    """
    n_symptoms, n_rounds = samples.seek.shape[0], samples.due.shape[0]
    n = 0
    for i in range(person.size):
        ahead = np.int64(person[min(i + AHEAD, person.size - 1)])
        prefetch(state.known, ahead >> 6)
        prefetch(state.whereabouts, ahead >> 5)
        if n_rounds > 0:
            prefetch(city.building_of_block, ahead >> BLOCK_SHIFT)
            prefetch(state.infected_on, ahead)
        who = np.int64(person[i])
        since = day - np.int64(infected[i])
        detected = since < samples.positive.shape[1]
        rounds = n_rounds > 0 and detected
        onset = onset_of(record[i])
        ill = since - onset
        seeks = onset != NO_SYMPTOMS and 0 <= ill < samples.seek.shape[2]
        if not rounds:  # most are passed over without a look at memory
            goes = False
            for j in range(n_symptoms):
                if seeks and low31(draw(keys.symptoms, who, j)) < samples.most[j, ill]:
                    goes = True
            if not goes:
                continue
        if is_marked(state.known, who) or where_is(state.whereabouts, who) > AT_HOME:
            continue
        if again and state.infected_on[who] != infected[i]:
            continue
        building = building_of(city, who)
        if seeks:
            district = np.int64(city.building_district[building])
            for j in range(n_symptoms):
                bits = draw(keys.symptoms, who, j)
                if low31(bits) >= samples.seek[j, district, ill]:
                    continue
                visits[j, district] += 1
                if detected and high31(bits) < samples.positive[j, since]:
                    positive[n] = who
                    slot[n] = j
                    n += 1
        if not rounds:
            continue
        compound = city.building_compound[building]
        trait = low31(draw(keys.participation, who, 0))
        for j in range(n_rounds):
            if samples.due[j, compound] == 0 or trait >= samples.comes[j]:
                continue
            if low31(draw(keys.screening, who, j)) < samples.positive[n_symptoms + j, since]:
                positive[n] = who
                slot[n] = n_symptoms + j
                n += 1
    return n


@njit(nogil=True, _nrt=False, cache=True)
def false_positives(
    city: City,
    state: State,
    due: NDArray[np.uint8],
    comes: np.uint32,
    participation: np.uint64,
    key: np.uint64,
    day: int,
    detectable: int,
    district: int,
    wanted: int,
    taken: NDArray[np.uint64],
    out: NDArray[np.int32],
) -> int:
    """Choose residents not infected whose sample is read as positive; return how many.

    Parameters
    ----------
    city, state
        The city and its residents.
    due
        1 for compounds sampled today, shape (n_compounds,).
    comes, participation
        Share that takes part as a threshold, and the stream of that trait.
    key
        Stream of `Purpose.FALSE_POSITIVE` for this test today.
    day
        Today.
    detectable
        Days after infection for which a positive would be a true one.
    district, wanted
        Where, and how many.
    taken
        Bitmap of the residents of the district, all clear: nobody is chosen twice.
    out
        Receives them, shape (wanted,).
    """
    first = np.int64(city.district_start[district])
    size = np.int64(city.district_start[district + 1]) - first
    n = 0
    for attempt in range(1000 * wanted):
        if n == wanted:
            break
        number = (np.int64(district) << 40) | attempt
        who = first + pick(draw(key, number, 0), size)
        infected = np.int64(state.infected_on[who])
        if infected >= 0 and day - infected < detectable:
            continue
        if where_is(state.whereabouts, who) != AT_LARGE:
            continue
        if due[city.building_compound[building_of(city, who)]] == 0:
            continue
        if low31(draw(participation, who, 0)) >= comes:
            continue
        bit = np.uint64(1) << np.uint64((who - first) & 63)
        if taken[(who - first) >> 6] & bit:
            continue
        taken[(who - first) >> 6] |= bit
        out[n] = who
        n += 1
    return n


@njit(nogil=True, _nrt=False, cache=True)
def lots(
    key: np.uint64, person: NDArray[np.int32], index: NDArray[np.uint8], out: NDArray[np.uint32]
) -> None:
    """Draw a lot for each person and index, 31 bits, every array of shape (n,)."""
    for i in range(person.size):
        out[i] = high31(second(draw(key, person[i], index[i])))
