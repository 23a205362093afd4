"""Visitors and residents of one city on one day: who exposes whom."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import CERTAIN, Purpose, high31, low31, stream_key, threshold
from lazaretto.engine.infection import first_not_below
from lazaretto.engine.rates import OPEN_TO_ALL, STRENGTH_UNIT
from lazaretto.engine.simulation import Simulation
from lazaretto.nation.away import Away
from lazaretto.nation.exchange import EXPOSURE
from lazaretto.nation.travel import Today
from lazaretto.nation.visits import (
    MOST_HOSTED,
    Exposed,
    ExposedVisitors,
    Visitors,
    caught_away,
    whom_residents_host,
    whom_visitors_host,
    whom_visitors_meet,
)

Records = NDArray[np.void]

NOBODY = Exposed(np.empty(0, np.int32), np.empty(0, np.uint16))


def meet(
    engine: Simulation, number: int, visits: Records | None, there: NDArray[np.float64]
) -> tuple[Exposed, Records]:
    """Return the residents exposed by visitors, and the visitors exposed by anybody.

    Parameters
    ----------
    engine
        The engine of the city, before transmission.
    number
        Number of the city.
    visits
        Infectious visitors (`lazaretto.nation.exchange.VISIT`), None if there are none.
    there
        Visitors out and about by city they live in, shape (n_cities,).
    """
    day, seed = engine.day, engine.settings.seed
    visitors = _visitors(visits, day)
    exposed = _exposed(engine, visitors) if visitors.person.size else NOBODY
    n_visitors = float(there.sum())
    if n_visitors == 0:
        return exposed, np.empty(0, EXPOSURE)
    numbers = _numbers_hosted(engine, n_visitors / engine.city.attributes.size)
    key = stream_key(seed, Purpose.HOSTING, day)
    room = 256
    while True:
        out = ExposedVisitors(np.empty(room, np.uint64), np.empty(room, np.uint8))
        n = 0
        for cohort in engine.cohorts:
            since = day - cohort.day
            if since < engine.rates.level.shape[1]:
                n = whom_residents_host(
                    engine.city, engine.rates, engine.policy, engine.state, cohort.person,
                    cohort.record, since, numbers, key, out, n,
                )  # fmt: skip
        n = whom_visitors_host(visitors, numbers, key, out, n)
        if n <= room:
            break
        room = n
    hosted = np.empty(n, EXPOSURE)
    hosted["at"], hosted["bits"], hosted["since"] = number, out.bits[:n], out.since[:n]
    share = threshold(np.cumsum(there) / n_visitors)
    share[-1] = CERTAIN
    homes = np.empty(n, np.uint16)
    _homes(out.bits[:n], share, homes)
    hosted["to"] = homes
    return exposed, hosted


def _visitors(visits: Records | None, day: int) -> Visitors:
    if visits is None:
        visits = np.empty(0, [("home", "u2"), ("person", "i4"), ("level", "u2"), ("since", "u1"),
                              ("gone", "u1")])  # fmt: skip
    return Visitors(
        home=np.ascontiguousarray(visits["home"]),
        person=np.ascontiguousarray(visits["person"]),
        level=np.ascontiguousarray(visits["level"]),
        since=np.ascontiguousarray(visits["since"]),
        set_out=(day - visits["gone"].astype(np.int16)).astype(np.int16),
    )


def _exposed(engine: Simulation, visitors: Visitors) -> Exposed:
    seed, day = engine.settings.seed, engine.day
    lodging, key = stream_key(seed, Purpose.LODGING), stream_key(seed, Purpose.VISITING, day)
    room = 16 * visitors.person.size
    while True:
        target, label = np.empty(room, np.int32), np.empty(room, np.uint16)
        n = whom_visitors_meet(
            engine.city, engine.rates, engine.policy, engine.state, visitors, lodging, key, day,
            target, label,
        )  # fmt: skip
        if n <= room:
            return Exposed(target[:n], label[:n])
        room = n


def _numbers_hosted(engine: Simulation, visitors_a_resident: float) -> NDArray[np.uint32]:
    """Return thresholds of the number of visitors a person exposes, (MOST_HOSTED, n_levels)."""
    contacts = engine.settings.contacts
    open_to_all = list(OPEN_TO_ALL)
    strength = float((contacts.per_day * contacts.weight)[open_to_all].sum())
    mean = engine.rates.strength / STRENGTH_UNIT * strength * visitors_a_resident
    term, total = np.exp(-mean), np.zeros_like(mean)
    numbers = np.empty((MOST_HOSTED, mean.size), np.uint32)
    for k in range(MOST_HOSTED):
        total = total + term
        numbers[k] = threshold(total)
        term = term * mean / (k + 1)
    return numbers


@njit(nogil=True, cache=True)
def _homes(bits: NDArray[np.uint64], share: NDArray[np.uint32], out: NDArray[np.uint16]) -> None:
    for i in range(bits.size):
        out[i] = first_not_below(share, high31(bits[i]))


@njit(nogil=True, cache=True)
def _picked(bits: NDArray[np.uint64], n: int, out: NDArray[np.int64]) -> None:
    for i in range(bits.size):
        out[i] = np.int64((np.uint64(low31(bits[i])) * np.uint64(n)) >> np.uint64(31))


def exposed_away(
    engine: Simulation, away: Away, hosted: Records | None, now: Today, number: int
) -> Exposed:
    """Return the residents infected while they were away.

    An exposure goes to one, drawn at random, of those of this city who are out and about in the
    city where it happens; those in quarantine there are not among the visitors whom people meet.

    Parameters
    ----------
    engine
        The engine of the city they live in.
    away
        Its residents who are away.
    hosted
        Exposures (`lazaretto.nation.exchange.EXPOSURE`), by city where they happen.
    now
        What holds for travellers.
    number
        Number of the city.
    """
    if hosted is None:
        return NOBODY
    persons, bits, since = [], [], []
    there = away.by_city(now.quarantine[number])
    ordered = hosted[np.argsort(hosted["at"], kind="stable")]
    cities, first = np.unique(ordered["at"], return_index=True)
    for city, here in zip(cities.tolist(), np.split(ordered, first[1:]), strict=True):
        present = there.at(city)
        if not present.size:
            continue
        which = np.empty(here.size, np.int64)
        _picked(np.ascontiguousarray(here["bits"]), present.size, which)
        persons.append(away.person[present[which]])
        bits.append(here["bits"])
        since.append(here["since"])
    if not persons:
        return NOBODY
    person = np.concatenate(persons)
    label, infected = np.empty(person.size, np.uint16), np.empty(person.size, np.bool_)
    caught_away(
        engine.city, engine.rates, engine.state, person, np.concatenate(bits),
        np.concatenate(since), engine.day, label, infected,
    )  # fmt: skip
    return Exposed(person[infected], label[infected])
