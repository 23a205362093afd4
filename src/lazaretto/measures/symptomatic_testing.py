"""Testing who feels ill: fever clinics, the delay to go there, and how many they can take."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.measures.rules import SymptomRule
from lazaretto.measures.sampling import Sampling
from lazaretto.scenario.units import In


class SymptomaticTesting(Sampling):
    """A share of the symptomatic goes to be tested some days after onset."""

    word: ClassVar[str] = "symptomatic_testing"
    takes: ClassVar[dict[str, str]] = {"clinics": "visits/day", "labs": "tubes/day"}

    share: Annotated[float, In("share")] = Field(
        ge=0, le=1, description="Share of the symptomatic who ever seek a test, share."
    )
    delay_days: Annotated[float, In("days")] = Field(
        ge=0, le=10, description="Mean days from onset to the test, days."
    )
    background: Annotated[float, In("share/day")] = Field(
        0.0, ge=0, le=1,
        description="Share of residents who come on any day for another illness, share/day.",
    )  # fmt: skip
    clinics: str | None = Field(
        None, description="Stock of visits/day; no limit if absent. Those turned away may return."
    )

    def idle_without_cases(self) -> bool:
        """Return whether nobody comes for another illness, so that none tests falsely positive."""
        return self.background == 0 or super().idle_without_cases()

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Let a share of the symptomatic be tested, and those who come for another illness."""
        districts = self.districts(today, places)
        if (self.share == 0 and self.background == 0) or not districts.any():
            return
        rule = SymptomRule(
            seek=self.chances(orders.longest_seek),
            test=self.sample(orders),
            background=self.background,
            clinics=self.clinics,
        )
        orders.test_symptomatic(districts, rule)

    def chances(self, days: int) -> NDArray[np.float64]:
        """Return the chance to go on each day since onset of those who have not gone yet.

        The delay is geometric; the chances of all days add up to ``share`` of the symptomatic.

        Parameters
        ----------
        days
            Days since onset for which somebody may still go.

        Returns
        -------
        Chances, shape (days,).
        """
        stay = self.delay_days / (1 + self.delay_days)
        gone = self.share * (1 - stay ** np.arange(1, days + 1))
        before = np.concatenate([[0.0], gone[:-1]])
        chances = np.zeros(days)
        np.divide(gone - before, 1 - before, out=chances, where=before < 1)
        return chances
