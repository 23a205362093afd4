"""What every measure that takes samples says of them: which test, how long, which laboratories."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from lazaretto.disease import false_positive, pooled
from lazaretto.measures.measure import Measure
from lazaretto.measures.orders import Orders
from lazaretto.measures.rules import LONGEST_TURNAROUND, Test
from lazaretto.scenario.units import In

LONGEST_REVIEW = 7
"""Days that the review of a positive pool takes, at most."""


class Sampling(Measure):
    """A measure that takes samples; the parent of screening, testing, isolation and quarantine."""

    takes: ClassVar[dict[str, str]] = {"labs": "tubes/day"}

    test: Literal["pcr", "antigen"] = Field("pcr", description="Kind of test.")
    turnaround_days: Annotated[int, In("days")] = Field(
        1, ge=0, le=LONGEST_TURNAROUND - LONGEST_REVIEW,
        description="Days from sample to result where no tube waits, days.",
    )  # fmt: skip
    review_days: Annotated[int, In("days")] = Field(
        1, ge=0, le=LONGEST_REVIEW,
        description="Days more for a positive pool or antigen test, after which each person is "
        "tested alone by PCR, days.",
    )  # fmt: skip
    longest_review_days: Annotated[int | None, In("days")] = Field(
        None, ge=0, le=LONGEST_REVIEW,
        description="Days that the slowest review takes: each lasts between review_days and this, "
        "every number of days as likely, days; all last review_days if absent.",
    )  # fmt: skip
    specificity: Annotated[float | None, In("share")] = Field(
        None, ge=0, le=1,
        description="Share of readings of samples not infected that are negative, share; "
        "the figure of the kind of test if absent.",
    )  # fmt: skip
    labs: str | None = Field(
        None, description="Stock of tubes/day that reads the samples; no limit if absent."
    )

    @model_validator(mode="after")
    def _longest_is_no_shorter(self) -> Self:
        if self.longest_review_days is not None and self.longest_review_days < self.review_days:
            raise ValueError(
                f"longest_review_days is {self.longest_review_days}, shorter than review_days, "
                f"{self.review_days}; raise it, or leave it out"
            )
        return self

    @model_validator(mode="after")
    def _antigen_needs_no_laboratory(self) -> Self:
        if self.test == "antigen" and self.labs is not None:
            raise ValueError("antigen tests are read on the spot; remove labs: or write test: pcr")
        return self

    def sample(self, orders: Orders, pool: int = 1) -> Test:
        """Return how samples are taken and read.

        Parameters
        ----------
        orders
            The orders of the day, for how well a test finds an infected person by day.
        pool
            Persons in one tube.
        """
        antigen = self.test == "antigen"
        reviewed = pool > 1 or antigen
        longest = self.review_days if self.longest_review_days is None else self.longest_review_days
        return Test(
            positive=pooled(orders.detectable[self.test], pool, antigen),
            false_positive=false_positive(pool, antigen, self.specificity),
            pool=pool,
            turnaround=self.turnaround_days + (self.review_days if reviewed else 0),
            labs=self.labs,
            antigen=antigen,
            review_spread=longest - self.review_days if reviewed else 0,
        )
