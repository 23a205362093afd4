"""What officials see on the morning of a day."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazaretto.engine.containment import Containment
from lazaretto.engine.setting_up import locked
from lazaretto.measures import Observed, Orders
from lazaretto.outcomes import Confinement


def _since(last: NDArray[np.int32], yesterday: int) -> NDArray[np.int32]:
    """Return the days from each place's last positive to yesterday, shape (n,)."""
    if last.flags.writeable:
        return np.asarray(yesterday - last, np.int32)
    return np.broadcast_to(np.int32(yesterday - last[0]), last.shape)


def observed(c: Containment, day: int, orders: Orders, confinement: Confinement) -> Observed:
    """Return what was reported up to yesterday; no part of it can be written.

    Parameters
    ----------
    c
        The containment of the run.
    day
        Today, before anything happened.
    orders
        The orders, whose stocks are those of today on the first day.
    confinement
        Stays behind closed gates.
    """
    tally = c.tally
    building, compound, subdistrict = (_since(last, day - 1) for last in c.last_positive)
    last, none = max(day - 1, 0), 1 if day else 0
    closed, opened, stay = confinement.stays()
    return Observed(
        confirmed=locked(tally.reports[:day, :, 0]),
        asymptomatic=locked(tally.reports[:day, :, 1]),
        found=locked(tally.found[:day]),
        deaths=locked(tally.deaths[:day]),
        patients=locked(tally.patients[last] * none),
        building_clear=locked(building),
        compound_clear=locked(compound),
        subdistrict_clear=locked(subdistrict),
        stock_used=locked(tally.stock_used[last] * none),
        stock_waiting=locked(tally.stock_waiting[last] * none),
        stocks=tuple(stock.name for stock in c.settings.stocks),
        stock_amount=locked(tally.stock_amount[last] if day else orders.amount),
        days_closed=locked(closed),
        days_open=locked(opened),
        last_stay=locked(stay),
    )
