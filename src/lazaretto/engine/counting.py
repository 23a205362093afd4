"""What is counted at the end of a day about isolation, stocks and addresses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.engine.care import essential_in_hospital
from lazaretto.engine.city import AGE_MASK, ESSENTIAL, City, household_of
from lazaretto.engine.containment import Containment
from lazaretto.engine.isolation import HOME
from lazaretto.engine.memory import AHEAD, prefetch
from lazaretto.measures import Orders
from lazaretto.measures.stocks import BEDS


def count_isolated(c: Containment, day: int, orders: Orders) -> None:
    """Count who is isolated today, after transfers and before anybody is released.

    Parameters
    ----------
    c
        The containment of the run.
    day
        Today.
    orders
        Those of today.
    """
    table, tally = c.isolated, c.tally
    in_place = np.zeros(len(orders.stocks) + 1, np.int64)
    ages = [rule.child_age for _, rule in orders.rules.cases] or [15]
    apart, essential = count_held(
        c.city, table.person, table.stay, -(-max(ages) // 5), in_place, tally.held[day]
    )
    c.beds = in_place[1:]
    tally.children_apart[day] = apart
    if c.moves:
        tally.absent_essential[day] = essential + essential_in_hospital(c)


def count_day(c: Containment, day: int, orders: Orders) -> None:
    """Count what was used of each stock, and which addresses are listed.

    Parameters
    ----------
    c
        The containment of the run.
    day
        Today.
    orders
        Those of today.
    """
    tally = c.tally
    care = {name for _, rule in orders.rules.care for name in (rule.ward, rule.icu)}
    for i, stock in enumerate(orders.stocks):
        if stock.unit == BEDS and stock.name not in care:
            c.used[i] = c.beds[i]
    if orders.stocks:
        # Of what is used up, what there was today counts, not what arrived.
        there = np.where(c.is_consumed, c.left + c.used, orders.amount)
        tally.stock_amount[day] = there
        tally.stock_used[day] = c.used
        tally.stock_waiting[day] = c.waiting
    compounds = np.concatenate([np.empty(0, np.int64), *c.positive_compounds])
    if compounds.size or tally.addresses[:day].any():
        c.addresses.count(tally, day, compounds)
    c.positive_compounds = []


@njit(nogil=True, _nrt=False, cache=True)
def count_held(
    city: City,
    person: NDArray[np.int32],
    stay: NDArray[Any],
    first_adult: int,
    in_place: NDArray[np.int64],
    held: NDArray[np.int64],
) -> tuple[int, int]:
    """Count the isolated; return children apart and essential workers.

    Children are apart who are in a bed without an adult of their household in the same place.

    Parameters
    ----------
    city
        The city.
    person, stay
        The table (`lazaretto.engine.isolation.Isolated`).
    first_adult
        Age band from which a member of the household counts as an adult.
    in_place
        Receives persons by place, shape (n_stocks + 1,).
    held
        Receives persons by district, reason, and at home or not, shape (n_districts, 5, 2).
    """
    apart, essential = 0, 0
    for i in range(person.size):
        prefetch(city.attributes, person[min(i + AHEAD, person.size - 1)])
        place = stay[i].place
        in_place[place] += 1
        held[stay[i].district, stay[i].reason, 0 if place == HOME else 1] += 1
        attributes = city.attributes[person[i]]
        essential += 1 if attributes & ESSENTIAL else 0
        if place == HOME or np.int64(attributes & AGE_MASK) >= first_adult:
            continue
        first, size = household_of(city, np.int64(person[i]))
        accompanied = False
        for step in (-1, 1):
            j = i + step
            while 0 <= j < person.size and first <= person[j] < first + size:
                adult = np.int64(city.attributes[person[j]] & AGE_MASK) >= first_adult
                accompanied |= bool(adult and stay[j].place == place)
                j += step
        apart += 0 if accompanied else 1
    return apart, essential
