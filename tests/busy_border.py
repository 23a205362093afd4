"""A border for tests of it: protocols that follow each other, with so many infected a day."""

from __future__ import annotations

import numpy as np

from lazaretto.chance import threshold
from lazaretto.disease import CourseTable, courses
from lazaretto.disease.quarantine_escape import sensitivity
from lazaretto.engine.border import Border, Stay
from lazaretto.people import Population
from lazaretto.scenario.border import PreDepartureTest, Protocol

WILD = courses("wild-type")


def stay_of(protocol: Protocol, table: CourseTable) -> Stay:
    """Return a protocol as the engine takes it."""
    tests = [(day - 1, threshold(sensitivity(table, kind))) for day, kind in protocol.tests]
    return Stay(protocol.facility_days, protocol.home_days, tuple(tests))


def border(
    people: Population,
    table: CourseTable,
    *protocols: Protocol,
    mean: float,
    n_days: int,
    exposure_days: int = 14,
    before: PreDepartureTest | None = None,
    noticed: float = 0.5,
) -> Border:
    """Return a border whose protocols follow each other, with so many infected a day."""
    chance = None
    if before is not None:
        chance = (before.days_before, threshold(sensitivity(table, before.test)))
    return Border(
        infected=np.full(n_days, mean),
        first=0,
        last=people.n_persons,
        exposure_days=exposure_days,
        before=chance,
        stays=tuple(stay_of(protocol, table) for protocol in protocols),
        stay=np.arange(n_days) * len(protocols) // n_days,
        noticed=np.uint32(threshold(noticed)),
    )
