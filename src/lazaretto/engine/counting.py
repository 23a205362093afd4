"""What is counted at the end of a day about isolation, stocks and addresses."""

from __future__ import annotations

import numpy as np

from lazaretto.engine.care import absent_essential
from lazaretto.engine.containment import Containment
from lazaretto.engine.isolation import children_apart, count_held
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
    c.beds = np.bincount(table.place, minlength=len(orders.stocks) + 1)[1:]
    if table.size:
        count_held(table.reason, table.district, table.place, tally.held[day])
        ages = [rule.child_age for _, rule in orders.rules.cases] or [15]
        tally.children_apart[day] = children_apart(
            c.city, table.person, table.place, -(-max(ages) // 5)
        )
    if c.moves:
        tally.absent_essential[day] = absent_essential(c)


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
