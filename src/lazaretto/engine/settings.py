"""What one run simulates, in the engine's own terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lazaretto.disease import CourseTable
from lazaretto.engine.rates import ContactRates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.surveillance import Reporting
from lazaretto.measures import Measure


@dataclass(frozen=True)
class Settings:
    """What one run simulates.

    Parameters
    ----------
    start, n_days
        First date and number of days.
    seed
        Seed of the run.
    courses, contacts, transmissibility
        The disease, contact rates, and transmissibility solved from r0.
    confinement
        Share of contacts that remains, shape (n_tiers, 2, n_layers); see
        `lazaretto.engine.policy`.
    reporting
        How positives become reported cases.
    arrivals
        Infections brought in.
    measures
        The measures, in the order they apply.
    """

    start: date
    n_days: int
    seed: int
    courses: CourseTable
    contacts: ContactRates
    transmissibility: float
    confinement: NDArray[np.float64]
    reporting: Reporting
    arrivals: tuple[Arrival, ...] = ()
    measures: tuple[Measure, ...] = ()
