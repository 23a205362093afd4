"""Vaccination campaigns: whose turn it is while doses last."""

from __future__ import annotations

import numpy as np

from lazaretto.engine.containment import Containment
from lazaretto.engine.vaccinated import NOT_YET
from lazaretto.measures import Orders

MILLI = 1000
"""Doses not enough for a bin are carried to the next day, in thousandths."""


def vaccinate(c: Containment, day: int, orders: Orders) -> None:
    """Give today's doses, age bands in the order of each campaign.

    Parameters
    ----------
    c
        The containment of the run; the doses of its vaccine are written.
    day
        Today; a dose protects from tomorrow.
    orders
        Those of today.
    """
    if orders.rules.campaigns and not c.state.vaccine.given:
        raise ValueError("a measure vaccinates, but the scenario has no vaccination: section")
    dose_day = c.state.vaccine.dose_day
    n_bins = dose_day.shape[2]
    for where, rule in orders.rules.campaigns:
        stock = orders.stock(rule.doses)
        free = MILLI * max(int(orders.amount[stock] - c.used[stock]), 0) + int(c.left[stock])
        before = free
        last = n_bins * np.asarray(rule.uptake)
        for age in rule.ages:
            days = dose_day[:, age]
            due = days[:, :, rule.dose - 1] == NOT_YET
            due &= (np.arange(n_bins) + 0.5)[None] < last[age]
            if rule.dose > 1:
                previous = days[:, :, rule.dose - 2].astype(np.int64)
                due &= previous <= day - max(rule.gap, 1)
            due &= where[:, None]
            # Bin by bin over all districts, so that districts move together.
            bins, district = np.nonzero(due.T)
            cost = MILLI * c.residents[district, age] // n_bins
            given = np.cumsum(cost) <= free
            days[district[given], bins[given], rule.dose - 1] = day
            free -= int(cost[given].sum())
            c.tally.doses[day, age] += int(cost[given].sum()) // MILLI
            if not given.all():
                break
        else:
            # What was carried over from an earlier campaign of today is used already.
            c.used[stock] = min(c.used[stock] + (before - free) // MILLI, orders.amount[stock])
            c.left[stock] = 0
            continue
        c.used[stock] = orders.amount[stock]
        c.left[stock] = free
