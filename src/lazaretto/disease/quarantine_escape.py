"""Who comes through a quarantine infected, undetected and still infectious, in closed form.

A traveller was infected on one of the last days up to arrival, each as likely. The courses of the
variant say when symptoms begin and what infectiousness is left; tests find the infected by day
since infection, one independent of the next, as everywhere in the model. Without tests and symptoms
this is the fraction of transmission that a quarantine of travellers leaves in Ashcroft et al. 2021
(doi 10.7554/eLife.63704); with tests at its end, test and release as there and in Quilty et al.
2021 (doi 10.1016/S2468-2667(20)30308-X).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lazaretto.disease.course_table import CourseTable
from lazaretto.disease.testing import pooled
from lazaretto.scenario.border import PreDepartureTest, Protocol, TestKind

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Escape:
    """What becomes of an infected traveller: probabilities given boarding, and infectiousness.

    Parameters
    ----------
    boards
        Probability to board: not to be found by a test before departure.
    released
        Probability to be released undetected, infectious or not.
    infectious
        Probability to be released undetected and still infectious.
    left
        Mean infectiousness left from the day of release on, of those undetected, as a share of the
        infectiousness of a whole infection.
    at_home
        Mean infectiousness spent in the days at home before being found, on the same scale; most
        of it is spent on nobody, since only the household is met.
    """

    boards: float
    released: float
    infectious: float
    left: float
    at_home: float

    @property
    def found(self) -> float:
        """Return the probability to be found before release."""
        return 1 - self.released


def escape(
    table: CourseTable,
    protocol: Protocol,
    exposure_days: int = 14,
    before: PreDepartureTest | None = None,
    noticed: float = 0.5,
    symptomatic_share: float | None = None,
) -> Escape:
    """Return what becomes of an infected traveller under a protocol.

    With s the days from infection to arrival, c a course and q the days of the stay::

        infectious = sum_s w_s sum_c p_c U(s, c) [c is infectious on day s + q or later]
        left       = sum_s w_s sum_c p_c U(s, c) sum_{a >= s + q} i_c(a) / mean_c sum_a i_c(a)

    where w_s is uniform on ``0 .. exposure_days - 1`` times the chance to pass the test before
    departure, and U(s, c) the chance that no test of the stay is positive, times, of those with
    symptoms, one less ``noticed`` where they begin before release.

    Parameters
    ----------
    table
        Courses of the variant.
    protocol
        Days in a facility and at home, and tests.
    exposure_days
        Days, the day of arrival the last of them, on which the traveller was infected.
    before
        Test before departure.
    noticed
        Share of those with symptoms before release who are found by them.
    symptomatic_share
        Share of the infected who have symptoms; by default the plain mean over age bands.
    """
    share = table.symptomatic_share.mean() if symptomatic_share is None else symptomatic_share
    kinds = np.array([1 - share, share])[:, None] * table.probability  # (2, n_courses)
    since = np.arange(exposure_days)
    boards = np.ones(exposure_days)
    if before is not None:
        boards = 1 - positive_on(table, before.test, since - before.days_before)
    weight = boards / boards.sum()

    def undetected(through: int) -> Floats:
        """Chance not to be found on the first days of the stay, (2, exposure_days, n_courses)."""
        missed = np.ones(exposure_days)
        for day, kind in protocol.tests:
            if day <= through:
                missed *= 1 - positive_on(table, kind, since + day - 1)
        begun = np.cumsum(table.onset_probability)
        offset = since[:, None] + through - 1 - table.latent_days[None]
        ill = np.where(offset >= 0, begun[np.clip(offset, 0, begun.size - 1)], 0.0)
        seen = noticed * ill if through else np.zeros_like(ill)
        return np.asarray(missed[None, :, None] * np.stack([np.ones_like(seen), 1 - seen]))

    def mean(value: Floats) -> float:
        return float(np.einsum("s,kc,ksc->", weight, kinds, value))

    days = np.arange(table.n_days)
    last = np.max(np.where(table.infectiousness > 0, days, 0), axis=1)
    spent = np.pad(table.infectiousness, ((0, 0), (0, exposure_days + protocol.days + 1)))
    tail = np.cumsum(spent[:, ::-1], axis=1)[:, ::-1]
    whole = float(kinds.sum(axis=0) @ tail[:, 0])
    out = undetected(protocol.days)
    home = 0.0
    for day in range(protocol.facility_days, protocol.days):
        home += mean(undetected(day + 1) * spent[:, since + day].T[None]) / whole
    return Escape(
        boards=float(boards.mean()),
        released=mean(out),
        infectious=mean(out * (last[None] >= since[:, None] + protocol.days)[None]),
        left=mean(out * tail[:, since + protocol.days].T[None]) / whole,
        at_home=home,
    )


def positive_on(table: CourseTable, kind: TestKind, since: NDArray[np.int64]) -> Floats:
    """Return the probability that a test is positive by days since infection, shape (n,).

    0 before infection.
    """
    curve = sensitivity(table, kind)
    return np.asarray(np.where(since < 0, 0.0, curve[np.clip(since, 0, curve.size - 1)]))


def sensitivity(table: CourseTable, kind: TestKind) -> Floats:
    """Return the chance that a test at the border finds an infected person, by day since infection.

    One swab in one tube; a positive antigen test is reviewed by PCR.

    Parameters
    ----------
    table
        Courses of the variant, with its curves of detection.
    kind
        ``pcr`` or ``antigen``.
    """
    return pooled(table.pcr) if kind == "pcr" else pooled(table.antigen, antigen=True)
