"""What one run simulates, in the engine's own terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazaretto.disease import CourseTable
from lazaretto.disease.severity import Severity
from lazaretto.engine.border import Border
from lazaretto.engine.rates import ContactRates
from lazaretto.engine.seeding import Arrival
from lazaretto.measures import Measure, Stock
from lazaretto.measures.rules import everyone_at_home
from lazaretto.scenario.behaviour import Behaviour


class Reporting(NamedTuple):
    """How a positive becomes a reported case, as 31-bit thresholds.

    ``confirmed`` and ``reclassified`` are single thresholds; ``delay`` (n,) is the cumulative
    distribution of days from an asymptomatic report to its reclassification.
    """

    confirmed: np.uint32
    reclassified: np.uint32
    delay: NDArray[np.uint32]


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
    stocks
        What the measures share.
    apart
        Share of contacts that remains of a person isolated at home, shape (n_layers,); all but
        those in the household none if absent.
    severity
        Who becomes severely ill; nobody if absent.
    vaccination
        Doses by district, age band and bin, and their worth; nobody had any if absent.
    behaviour
        How people respond; everybody keeps to the rules if absent.
    attendance
        Share of school and work left by tier, for counts of days lost, shaped like ``confinement``;
        that if absent.
    border
        Infected travellers and what waits for them; nobody arrives if absent.
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
    stocks: tuple[Stock, ...] = ()
    apart: NDArray[np.float64] = field(default_factory=everyone_at_home)
    severity: Severity | None = None
    vaccination: Vaccination | None = None
    behaviour: Behaviour | None = None
    attendance: NDArray[np.float64] | None = None
    border: Border | None = None


@dataclass(frozen=True)
class Vaccination:
    """Who is vaccinated and what it is worth.

    Parameters
    ----------
    dose_day
        Day of the run of each dose, shape (n_districts, 18, n_bins, 4), see
        `lazaretto.engine.vaccinated.Vaccine`.
    risk
        Relative risk by outcome (infection, symptoms, hospital, death), doses and weeks, shape
        (4, 5, n_weeks).
    """

    dose_day: NDArray[np.int16]
    risk: NDArray[np.float64]
