"""What a measure may order for persons: rules of numbers that the engine carries out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lazaretto.words import HOUSEHOLD, LAYERS

LONGEST_TURNAROUND = 60
"""Days from sample to result without a queue, at most."""

LONGEST_LOOK_BACK = 14
"""Days before a sample for which contacts can be asked about, at most."""

LONGEST_HOLD = 60
"""Days anybody is isolated, at most."""


@dataclass(frozen=True)
class Test:
    """How a sample is taken and read.

    Parameters
    ----------
    positive
        Chance that the sample of an infected person is read as positive, by day since infection,
        shape (n,); sensitivity, pooling and the review of a positive pool are all in it.
    false_positive
        Chance that a person who is not infected ends up as a positive.
    pool
        Persons in one tube.
    turnaround
        Days from sample to result where no tube waits, 0 to `LONGEST_TURNAROUND`.
    review_spread
        Days that the slowest review takes longer than the quickest; each number of days is as
        likely. With ``turnaround`` at most `LONGEST_TURNAROUND`.
    labs
        Stock of tubes a day (`lazaretto.measures.stocks.Stock`); none: read on the spot.
    antigen
        Whether it is an antigen test (counted apart).
    """

    positive: NDArray[np.float64]
    false_positive: float = 0.0
    pool: int = 1
    turnaround: int = 1
    labs: str | None = None
    antigen: bool = False
    review_spread: int = 0

    def __post_init__(self) -> None:
        _within("turnaround", self.turnaround, 0, LONGEST_TURNAROUND)
        _within("review_spread", self.review_spread, 0, LONGEST_TURNAROUND - self.turnaround)
        _within("pool", self.pool, 1, 100)
        _within("false_positive", self.false_positive, 0, 1)


@dataclass(frozen=True)
class SymptomRule:
    """Who feels ill and goes to be tested.

    Parameters
    ----------
    seek
        Chance that a symptomatic person not found yet goes today, by day since onset, shape (n,).
    test
        How they are tested.
    background
        Share of residents who go on any day for another illness.
    clinics
        Stock of visits a day; those turned away are drawn by lot and may come again.
    """

    seek: NDArray[np.float64]
    test: Test
    background: float = 0.0
    clinics: str | None = None


@dataclass(frozen=True)
class RoundRule:
    """A screening round of today.

    Parameters
    ----------
    compounds
        Which compounds are sampled today, shape (n_compounds,).
    participation
        Share of residents who come; the same persons stay away every time.
    test
        How they are tested.
    crowding
        Whether neighbours meet while they queue: the share of usual compound contacts that the
        queue makes up for, 0 to 1.
    """

    compounds: NDArray[np.bool_]
    participation: float
    test: Test
    crowding: float = 0.0


@dataclass(frozen=True)
class TraceRule:
    """How the contacts of a case are found.

    Parameters
    ----------
    recall
        Share of contacts that is named and found, by layer, shape (n_layers,). Members of the
        household are found without a tracer, on the day of the result.
    days_before
        Days before the sample about which the case is asked, up to its isolation.
    delay
        Days from the result to the first contact found.
    tracers
        Stock of tracers; none: every case is traced.
    cases_per_tracer
        Cases that one tracer closes a day.
    longest_wait
        Days a case may wait for a tracer before it is given up.
    backward
        Whether the person who infected the case is found too (with the recall of that layer).
    second_degree
        Whether the contacts of contacts are listed as well, over ``second_days`` days.
    second_days
        Days for which contacts of contacts are listed.
    """

    recall: NDArray[np.float64]
    days_before: int
    delay: int = 1
    tracers: str | None = None
    cases_per_tracer: float = 1.0
    longest_wait: int = 3
    backward: bool = False
    second_degree: bool = False
    second_days: int = 1


@dataclass(frozen=True)
class HoldRule:
    """Where persons are isolated, for how long, and how they are released.

    Parameters
    ----------
    beds
        Stocks of beds in the order they are tried; none: isolated at home.
    transfer_days
        Days from the order to the transfer, at least; until then isolated at home.
    seats
        Stock of seats on buses a day; none: no limit.
    bus
        Persons in one bus.
    least_days
        Days of isolation after which a person can be released, on the evening of the last.
    longest_days
        Days of isolation after which a person is released, whatever the tests say.
    negatives
        Negative tests in a row that release a person, one a day from the last of ``least_days``.
    test_every
        Days between two tests of a person not known to be infected; 0: none before release.
    test
        How persons in isolation are tested.
    child_age
        Age in years below which a person is a child.
    with_parent
        Whether an adult of the household goes along with a child moved to a bed.
    """

    test: Test
    beds: tuple[str, ...] = ()
    transfer_days: int = 1
    seats: str | None = None
    bus: int = 40
    least_days: int = 7
    longest_days: int = 30
    negatives: int = 2
    test_every: int = 0
    child_age: int = 15
    with_parent: bool = False

    def __post_init__(self) -> None:
        _within("least_days", self.least_days, 0, self.longest_days)
        _within("longest_days", self.longest_days, 0, LONGEST_HOLD)
        _within("negatives", self.negatives, 0, 14)
        _within("test_every", self.test_every, 0, LONGEST_HOLD)
        _within("transfer_days", self.transfer_days, 0, LONGEST_HOLD)
        _within("bus", self.bus, 1, 1000)


@dataclass(frozen=True)
class TreatRule:
    """Antivirals for persons found.

    Parameters
    ----------
    chance
        Chance that a symptomatic person found in time is treated, by age band, shape (18,).
    within
        Days after onset within which treatment may start.
    efficacy
        Share of admissions to hospital, and with them deaths, that treatment prevents.
    courses
        Stock of courses of treatment; none: no limit.
    """

    chance: NDArray[np.float64]
    within: int
    efficacy: float
    courses: str | None = None


@dataclass(frozen=True)
class CareRule:
    """Hospital care of the severely ill.

    Parameters
    ----------
    ward, icu
        Stocks of beds; none: no limit.
    worse
        Factor on the chance to die of a person who finds no bed.
    absence
        Beds lost per share of essential workers isolated (1: a tenth of staff away closes a tenth
        of the beds).
    """

    ward: str | None = None
    icu: str | None = None
    worse: float = 1.0
    absence: float = 0.0


@dataclass(frozen=True)
class CampaignRule:
    """Vaccine doses given today.

    Parameters
    ----------
    doses
        Stock of doses a day.
    ages
        Age bands in the order they are offered a dose, shape (k,).
    uptake
        Share of each age band that accepts, shape (18,).
    dose
        Which dose: 1 to 4; given to those whose last was the one before.
    gap
        Days since that last dose, at least.
    """

    doses: str
    ages: NDArray[np.int64]
    uptake: NDArray[np.float64]
    dose: int
    gap: int = 0


def _within(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} is {value}; allowed: {least} to {most}")


def everyone_at_home() -> NDArray[np.float64]:
    """Return a recall that finds the household and nobody else, shape (n_layers,)."""
    recall = np.zeros(len(LAYERS))
    recall[HOUSEHOLD] = 1.0
    return recall


@dataclass
class Rules:
    """The rules in force today with the districts they hold in, in the order they were given.

    Where two rules of one kind hold in a district the first one decides, except that symptom
    tests, rounds and campaigns add up. Each entry is (districts, rule), districts of shape
    (n_districts,).
    """

    symptoms: list[tuple[NDArray[np.bool_], SymptomRule]] = field(default_factory=list)
    rounds: list[RoundRule] = field(default_factory=list)
    traces: list[tuple[NDArray[np.bool_], TraceRule]] = field(default_factory=list)
    cases: list[tuple[NDArray[np.bool_], HoldRule]] = field(default_factory=list)
    contacts: list[tuple[NDArray[np.bool_], HoldRule]] = field(default_factory=list)
    second_contacts: list[tuple[NDArray[np.bool_], HoldRule]] = field(default_factory=list)
    treatments: list[tuple[NDArray[np.bool_], TreatRule]] = field(default_factory=list)
    care: list[tuple[NDArray[np.bool_], CareRule]] = field(default_factory=list)
    campaigns: list[tuple[NDArray[np.bool_], CampaignRule]] = field(default_factory=list)
