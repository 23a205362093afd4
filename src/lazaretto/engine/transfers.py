"""Transfers: who moves to a bed this morning, by which bus, and which adult goes with a child."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import Purpose, draws_of
from lazaretto.engine.city import AGE_MASK
from lazaretto.engine.containment import Containment, Persons, first_rule
from lazaretto.engine.isolation import (
    CASE,
    COMPANION,
    FALSE_POSITIVE,
    KIND,
    companions,
    persons_by_place,
    who_wants,
)
from lazaretto.engine.state import AWAY
from lazaretto.measures import Orders
from lazaretto.measures.rules import HoldRule


class Riders(NamedTuple):
    """Who rides today, ascending by person, in which bus; ``contacts`` by bus."""

    person: Persons
    bus: NDArray[np.int64]
    contacts: NDArray[np.float64]


def nobody_rides() -> Riders:
    """Return a day without transfers."""
    return Riders(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0))


def transfer(c: Containment, day: int, orders: Orders) -> Riders:
    """Move persons to free beds, those isolated longest first; return who rides together.

    Who has spent more than half of the least days at home stays there: a bed for the last days
    would be taken from somebody who needs all of them.

    Parameters
    ----------
    c
        The containment of the run.
    day
        Today, before its transmission.
    orders
        Those of today.
    """
    rules = orders.rules
    n_districts = len(c.places.districts)
    beds = persons_by_place(c.isolated.stay, len(orders.stocks) + 1)[1:]
    free = np.maximum(orders.amount - beds, 0)
    seats = orders.amount.copy()
    moved: list[tuple[Persons, int, int]] = []
    for kind, given in enumerate((rules.cases, rules.contacts, rules.second_contacts)):
        rule_of = first_rule([mask for mask, _ in given], n_districts)
        for i, (_, rule) in enumerate(given):
            if rule.beds:
                _fill(c, day, orders, rule, kind, rule_of == i, free, seats, moved)
    for stock, amount in enumerate(orders.amount):
        if orders.stocks[stock].unit == "seats/day":
            c.used[stock] += amount - seats[stock]
    if not moved:
        return nobody_rides()
    return _buses(c, orders, moved)


def _fill(
    c: Containment,
    day: int,
    orders: Orders,
    rule: HoldRule,
    kind: int,
    here: NDArray[np.bool_],
    free: NDArray[np.int64],
    seats: NDArray[np.int64],
    moved: list[tuple[Persons, int, int]],
) -> None:
    """Fill the beds of one rule; ``free``, ``seats`` and ``moved`` are written."""
    table = c.isolated
    stocks = [orders.stock(name) for name in rule.beds]
    fits = np.zeros(len(orders.stocks) + 1, np.bool_)
    fits[np.array(stocks) + 1] = True
    wants = np.empty(table.size, np.int64)
    last = day - rule.transfer_days
    by_day = np.zeros(max(last + 1, 0), np.int64)
    n = who_wants(table.stay, KIND, kind, here, fits,
                  day - max(rule.least_days // 2, rule.transfer_days), last, by_day,
                  wants)  # fmt: skip
    seat = None if rule.seats is None else orders.stock(rule.seats)
    most = int(sum(free[stock] for stock in set(stocks)))
    if seat is not None:
        most = min(most, int(seats[seat]))
    waiting = _first(c, wants[:n], by_day, most)
    behind = n - waiting.size
    for stock in stocks:
        n = min(int(free[stock]), waiting.size)
        if seat is not None:
            n = min(n, int(seats[seat]))
        if not n:
            continue
        going, waiting = np.sort(waiting[:n]), waiting[n:]
        c.isolated.place[c.isolated.position(going)] = stock + 1
        c.move(going, AWAY, day)
        free[stock] -= n
        if rule.with_parent:
            spare = int(free[stock])
            if seat is not None:
                spare = min(spare, int(seats[seat]) - n)
            adults = _accompany(c, day, rule, stock, going, spare)
            free[stock] -= adults.size
            going = np.union1d(going, adults)
        if seat is not None:
            seats[seat] -= going.size
        moved.append((going, stock, rule.bus))
    for stock in stocks:
        c.waiting[stock] += waiting.size + behind


def _first(c: Containment, at: NDArray[np.int64], by_day: NDArray[np.int64], most: int) -> Persons:
    """Return those isolated longest, by lot among those of one day, at most ``most`` of them."""
    table = c.isolated
    if most == 0 or not at.size:
        return np.empty(0, np.int32)
    since = table.since[at]
    if at.size > most:
        early = since <= np.argmax(np.cumsum(by_day) >= most)
        at, since = at[early], since[early]
    lot = draws_of(c.key(Purpose.ISOLATION), table.person[at], 1)
    order = np.argsort(lot)  # lots differ, so that any sort will do
    order = order[np.argsort(since[order], kind="stable")]
    return table.person[at[order[:most]]]


def _accompany(
    c: Containment, day: int, rule: HoldRule, stock: int, going: Persons, most: int
) -> Persons:
    """Let an adult of the household go along with each child that would be alone; return them."""
    age = (c.city.attributes[going] & AGE_MASK).astype(np.int64)
    reason = c.isolated.reason[c.isolated.position(going)]
    first_adult = -(-rule.child_age // 5)
    child = going[(age < first_adult) & (reason != COMPANION)]
    adults = np.empty(child.size, np.int32)
    n = companions(c.city, c.state, child, first_adult, c.isolated.person, c.isolated.stay,
                   stock + 1, adults)  # fmt: skip
    adults = adults[: min(n, most)]
    at = c.isolated.position(adults)
    # Who is a case already goes as one, and who is a companion stays one.
    same = at >= 0
    same[same] = np.isin(c.isolated.reason[at[same]], (CASE, FALSE_POSITIVE, COMPANION))
    c.isolated.turn_into(at[(at >= 0) & ~same], COMPANION, day)
    new = adults[at < 0]
    c.isolated.add(new, COMPANION, c.districts(new), day)
    c.isolated.place[c.isolated.position(adults)] = stock + 1
    np.add.at(c.tally.isolated[day, :, COMPANION], c.districts(adults[~same]), 1)
    c.move(adults, AWAY, day)
    return adults


def _buses(c: Containment, orders: Orders, moved: list[tuple[Persons, int, int]]) -> Riders:
    """Return who rides in which bus: neighbours of one district, bound for the same beds."""
    person, bus, contacts = [], [], []
    first = 0
    for going, stock, seats in moved:
        district = c.districts(going)
        starts = np.searchsorted(district, np.arange(len(c.places.districts)))
        place = np.arange(going.size) - starts[district]
        number = np.cumsum((place % seats == 0).astype(np.int64)) - 1
        person.append(going)
        bus.append(first + number)
        first += int(number.max()) + 1
        contacts.append(np.full(int(number.max()) + 1, orders.stocks[stock].bus_contacts))
    everyone = np.concatenate(person)
    order = np.argsort(everyone, kind="stable")
    return Riders(everyone[order], np.concatenate(bus)[order], np.concatenate(contacts))
