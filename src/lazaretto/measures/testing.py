"""Finding the infected: symptomatic testing and screening in rounds.

First version: a chance of being found, without laboratories, queues or false positives.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from lazaretto.measures.measure import Measure
from lazaretto.measures.orders import Orders, Places, Today


class SymptomaticTesting(Measure):
    """A share of the symptomatic seeks a test some days after onset."""

    word: ClassVar[str] = "symptomatic_testing"

    share: float = Field(ge=0, le=1, description="Share of the symptomatic who ever seek a test.")
    delay_days: float = Field(ge=0, le=10, description="Mean days from onset to the test.")
    turnaround_days: int = Field(1, ge=0, le=14, description="Days from sample to result.")
    isolate: bool = Field(True, description="Whether those found are isolated from the result on.")

    def order(self, today: Today, places: Places, orders: Orders) -> None:  # noqa: ARG002
        """Set the chance to test by day since onset: geometric delay, conditional on no test."""
        days = np.arange(orders.longest_seek)
        stay = self.delay_days / (1 + self.delay_days)
        tested = self.share * (1 - stay ** (days + 1))
        before = np.concatenate([[0.0], tested[:-1]])
        chance = np.divide(tested - before, 1 - before, out=np.zeros(days.size), where=before < 1)
        orders.seek_tests(places.chosen(self.areas), chance, self.turnaround_days, self.isolate)


class Screening(Measure):
    """Test residents again and again; each day is drawn anew, so nobody is always missed."""

    word: ClassVar[str] = "screening"

    interval_days: float = Field(
        1.0, ge=1, le=30, description="Mean days between two tests of one person."
    )
    participation: float = Field(ge=0, le=1, description="Share of those due who are tested.")
    test: Literal["pcr", "antigen"] = Field("pcr", description="Kind of test.")
    pool_loss: float = Field(
        0.0, ge=0, le=1, description="Share of detectable infections that pooling misses."
    )
    turnaround_days: int = Field(1, ge=0, le=14, description="Days from sample to result.")
    isolate: bool = Field(True, description="Whether those found are isolated from the result on.")

    def order(self, today: Today, places: Places, orders: Orders) -> None:  # noqa: ARG002
        """Set the daily chance to be found by day since infection."""
        sensitivity = orders.detectable[self.test]
        chance = sensitivity * (1 - self.pool_loss) * self.participation / self.interval_days
        orders.screen_residents(
            places.chosen(self.areas), chance, self.turnaround_days, self.isolate
        )
