"""Contact tracing: whom a case met, as far as they remember and tracers have time to ask."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lazaretto.measures.measure import Measure
from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.measures.rules import LONGEST_LOOK_BACK, TraceRule
from lazaretto.scenario.units import In
from lazaretto.words import LAYERS


class ContactTracing(Measure):
    """Find the contacts of cases, infected or not; a quarantine says what is done with them."""

    word: ClassVar[str] = "contact_tracing"
    quiet: ClassVar[bool] = True
    finds_first_cases: ClassVar[bool] = False
    takes: ClassVar[dict[str, str]] = {"tracers": "tracers"}

    household: Annotated[float, In("share")] = Field(
        1.0, ge=0, le=1,
        description="Share of household members found, on the day of the result, share.",
    )  # fmt: skip
    building: Annotated[float, In("share")] = Field(
        0.0, ge=0, le=1, description="Share of contacts in the building found, share."
    )
    compound: Annotated[float, In("share")] = Field(
        0.0, ge=0, le=1, description="Share of contacts in the compound found, share."
    )
    school: Annotated[float, In("share")] = Field(
        0.0, ge=0, le=1, description="Share of contacts at school found, share."
    )  # fmt: skip
    workplace: Annotated[float, In("share")] = Field(
        0.0, ge=0, le=1, description="Share of contacts at work found, share."
    )
    community: Annotated[float, In("share")] = Field(
        0.0, ge=0, le=1, description="Share of contacts elsewhere found, share."
    )
    days_before: Annotated[int, In("days")] = Field(
        4, ge=0, le=LONGEST_LOOK_BACK,
        description="Days before the positive test about which a case is asked, days.",
    )  # fmt: skip
    delay_days: Annotated[int, In("days")] = Field(
        1, ge=0, le=14, description="Days from the result to the first contact found, days."
    )
    tracers: str | None = Field(
        None, description="Stock of tracers; every case is traced if absent."
    )
    cases_per_tracer: Annotated[float, In("cases/day")] = Field(
        1.0, gt=0, le=1000, description="Cases that one tracer closes a day, cases/day."
    )
    longest_wait: Annotated[int, In("days")] = Field(
        3, ge=0, le=60, description="Days after which a case still waiting is given up, days."
    )
    backward: bool = Field(
        False, description="Whether the person who infected the case is looked for too."
    )
    second_degree: bool = Field(False, description="Whether contacts of contacts are listed too.")
    second_days: Annotated[int, In("days")] = Field(
        1, ge=1, le=LONGEST_LOOK_BACK,
        description="Days about which a contact is asked for their own contacts, days.",
    )  # fmt: skip

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Trace cases found in the districts."""
        recall = self.recall()
        districts = self.districts(today, places)
        if not recall.any() or not districts.any():
            return
        rule = TraceRule(
            recall=recall,
            days_before=self.days_before,
            delay=self.delay_days,
            tracers=self.tracers,
            cases_per_tracer=self.cases_per_tracer,
            longest_wait=self.longest_wait,
            backward=self.backward,
            second_degree=self.second_degree,
            second_days=self.second_days,
        )
        orders.trace(districts, rule)

    def recall(self) -> NDArray[np.float64]:
        """Return the share of contacts found by layer, shape (n_layers,)."""
        return np.array([float(getattr(self, layer)) for layer in LAYERS])
