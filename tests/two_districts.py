"""A small city made by hand, what is seen of it, and what a measure orders there."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from lazaretto.measures import NEVER_POSITIVE, Observed, Orders, Places, Stock, Today

PCR = np.array([0.0, 0.1, 0.6, 0.9, 0.8, 0.5, 0.2])
ANTIGEN = PCR * 0.7
OPEN, PRECAUTION, CONTROLLED, SEALED = range(4)

# Two districts; compounds 0 and 1 (subdistrict 0), 2 (1) in North, 3 (2) in South.
COMPOUND_OF = np.array([0, 0, 1, 1, 2, 3, 3, 3])
START = date(2022, 4, 11)


def eight_buildings():
    """Return the places, a hundred persons in each building."""
    return Places(
        districts=("North", "South"),
        district_persons=np.array([500, 300]),
        compound_district=np.array([0, 0, 0, 1]),
        compound_persons=np.array([200, 200, 100, 300]),
        compound_subdistrict=np.array([0, 0, 1, 2]),
        building_compound=COMPOUND_OF,
        building_persons=np.full(8, 100),
    )


def no_orders(places):
    """Return the orders of a day before anything is ordered, with a stock of every kind."""
    stocks = tuple(
        Stock(name, unit, np.full(10, 100))
        for name, unit in (
            ("labs", "tubes/day"), ("hall", "beds"), ("gym", "beds"), ("icu", "beds"),
            ("team", "tracers"), ("seats", "seats/day"), ("doses", "doses/day"),
            ("courses", "courses"),
        )
    )  # fmt: skip
    orders = Orders(places, {"pcr": PCR, "antigen": ANTIGEN}, stocks)
    orders.reset(0)
    return orders


def seen(places, clear=None):
    """Return observed data with days since the last positive by building; others follow."""
    n_buildings, n_districts = places.building_compound.size, len(places.districts)
    buildings = np.full(n_buildings, NEVER_POSITIVE, np.int32)
    for building, days in (clear or {}).items():
        buildings[building] = days
    compounds = np.full(places.compound_persons.size, NEVER_POSITIVE, np.int32)
    np.minimum.at(compounds, places.building_compound, buildings)
    subdistricts = np.full(places.compound_subdistrict.max() + 1, NEVER_POSITIVE, np.int32)
    np.minimum.at(subdistricts, places.compound_subdistrict, compounds)
    none = np.zeros((0, n_districts), np.int64)
    return Observed(
        confirmed=none, asymptomatic=none, found=np.zeros((0, n_districts, 6), np.int64),
        deaths=none, patients=np.zeros((n_districts, 2), np.int64), building_clear=buildings,
        compound_clear=compounds, subdistrict_clear=subdistricts,
        stock_used=np.zeros(8, np.int64), stock_waiting=np.zeros(8, np.int64),
    )  # fmt: skip


def ordered(measure, places, orders, day=0, clear=None, active=None):
    today = Today(day, START + timedelta(day), seen(places, clear), active)
    if measure.in_force(today):
        measure.order(today, places, orders)
    return orders
