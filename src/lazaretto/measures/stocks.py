"""Stocks: what measures share and can run out of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from lazaretto.scenario import Scenario
from lazaretto.scenario.resources import BEDS, COURSES, UNITS, Resource

__all__ = ["BEDS", "COURSES", "UNITS", "Stock", "stocks_of"]


@dataclass(frozen=True)
class Stock:
    """One named stock.

    Parameters
    ----------
    name
        Name by which measures refer to it.
    unit
        One of `UNITS`.
    amount
        How much there is on each day of the run, shape (n_days,); of courses how many arrive.
    contacts
        For beds: contacts a day of a person there with others there, weighted for transmission.
    bus_contacts
        For beds: weighted contacts on the bus that brings a person there.
    """

    name: str
    unit: str
    amount: NDArray[np.int64]
    contacts: float = 0.0
    bus_contacts: float = 0.0


def stocks_of(scenario: Scenario) -> tuple[Stock, ...]:
    """Return the stocks of a scenario in the order they are declared, by day of the run."""
    return tuple(_stock(resource, scenario) for resource in scenario.resources)


def _stock(resource: Resource, scenario: Scenario) -> Stock:
    days = [scenario.start + timedelta(days=day) for day in range(scenario.n_days)]
    amount = np.array([resource.amount_on(day) for day in days], np.int64)
    if resource.unit == COURSES:
        amount[0] += resource.amount_before(scenario.start)
    return Stock(
        resource.name,
        resource.unit,
        amount,
        float(resource.contacts_per_day or 0.0),
        float(resource.bus_contacts or 0.0),
    )
