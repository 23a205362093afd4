"""What a day of the policy costs residents, counted at its end."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from lazaretto.engine.residents import (
    AGES,
    ESSENTIAL_WORKERS,
    HOUSEHOLDS,
    OLD_ALONE,
    PUPILS,
    WORKERS,
)
from lazaretto.measures import Orders
from lazaretto.measures.orders import SCHOOLS, WORKPLACES
from lazaretto.outcomes import Tally
from lazaretto.words import SCHOOL, WORKPLACE

WEEKEND = 5
"""Weekday from which on there is no school and little work."""


def count_residents(
    tally: Tally,
    day: int,
    today: date,
    residents: NDArray[np.int64],
    isolated: NDArray[np.int64],
    orders: Orders,
    confinement: NDArray[np.float64],
) -> None:
    """Count who lives at which tier, and the days of school and work that are lost.

    A day of school is lost where schools are shut or a tier leaves no way there, and so of work;
    what a tier leaves is taken from the contacts it leaves at school and at work. Staff who live
    on site lose no day. Who is isolated, at home or in a facility, loses the day whole, ill or
    not: those in hospital are not among them.

    Parameters
    ----------
    tally
        Written.
    day, today
        Day of the run and its date.
    residents
        Residents by district, tier and kind (`lazaretto.engine.residents`), shape
        (n_districts, 4, n_kinds).
    isolated
        Those of them who are isolated
        (`lazaretto.engine.residents.count_isolated_by_kind`), shape (n_districts, 4, n_kinds + 5).
    orders
        Those of today.
    confinement
        Share of contacts left by tier, for residents (0), by layer, shape (4, 2, 6).
    """
    by_kind = residents[..., HOUSEHOLDS].reshape(*residents.shape[:2], -1, 2)
    tally.persons_by_tier[day] = residents[..., AGES].sum(axis=2)
    tally.confined_by_age[day] = residents[..., AGES].sum(axis=0).T
    tally.persons_by_income[day] = by_kind.sum(axis=3)
    tally.persons_by_group[day, ..., 0] = by_kind[..., 1].sum(axis=2)
    tally.persons_by_group[day, ..., 1] = residents[..., OLD_ALONE]
    tally.pupils[day] = residents[..., PUPILS]
    tally.workers[day] = residents[..., WORKERS]
    tally.isolated_by_income[day] = isolated[..., HOUSEHOLDS][..., ::2]
    if today.weekday() >= WEEKEND:
        return
    taught = np.outer(1 - orders.shut[:, SCHOOLS], confinement[:, 0, SCHOOL])
    worked = np.outer(1 - orders.shut[:, WORKPLACES], confinement[:, 0, WORKPLACE])
    worked = np.maximum(worked, orders.closed_loop[:, None])
    lost = tally.pupils[day] * (1 - taught) + isolated[..., PUPILS] * taught
    tally.pupil_days_lost[day] = np.rint(lost.sum(axis=1))
    kept, essential = worked[..., None], confinement[:, 1, WORKPLACE, None]
    lost = tally.workers[day] * (1 - kept) + isolated[..., WORKERS] * kept
    lost += isolated[..., ESSENTIAL_WORKERS] * essential
    tally.work_days_lost[day] = np.rint(lost.sum(axis=(0, 1)))
