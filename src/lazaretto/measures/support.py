"""Support for confined people: food, medical passes, income, information, visits, shorter stays."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from lazaretto.measures.measure import Measure
from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.scenario.units import In
from lazaretto.words import PRECAUTION


class FoodDelivery(Measure):
    """Bring food to confined households beside what they can order."""

    word: ClassVar[str] = "food_delivery"
    finds_infected: ClassVar[bool] = False
    acts_through: ClassVar[str] = "hardship"

    share: Annotated[float, In("share")] = Field(
        ge=0, le=1, description="Chance a day that a confined household is brought food, share."
    )

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Let food come in the districts; of several measures the largest share holds."""
        orders.provide(self.districts(today, places), "deliveries", self.share)


class MedicalPasses(Measure):
    """Let confined people who need care out for it."""

    word: ClassVar[str] = "medical_passes"
    finds_infected: ClassVar[bool] = False
    acts_through: ClassVar[str] = "hardship"

    share: Annotated[float, In("share")] = Field(
        ge=0, le=1, description="Share of needs for care that get a pass, share."
    )

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Give passes in the districts; of several measures the largest share holds."""
        orders.provide(self.districts(today, places), "passes", self.share)


class IncomeSupport(Measure):
    """Replace a share of the income that confinement costs."""

    word: ClassVar[str] = "income_support"
    finds_infected: ClassVar[bool] = False
    acts_through: ClassVar[str] = "hardship"

    share: Annotated[float, In("share")] = Field(
        ge=0, le=1, description="Share of lost income that is replaced, share."
    )

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Replace income in the districts; of several measures the largest share holds."""
        orders.provide(self.districts(today, places), "income", self.share)


class OfficialInformation(Measure):
    """Say accurately and in time what is known, what is decided, and how long it will last."""

    word: ClassVar[str] = "official_information"
    finds_infected: ClassVar[bool] = False
    acts_through: ClassVar[str] = "trust"

    accuracy: Annotated[float, In("share")] = Field(
        ge=0, le=1, description="Accuracy and timeliness, 0 to 1 (all that is known, at once)."
    )

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Inform the districts; of several measures the largest accuracy holds."""
        orders.provide(self.districts(today, places), "information", self.accuracy)


class VisitingRights(Measure):
    """Allow relatives to visit those who need care."""

    word: ClassVar[str] = "visiting_rights"
    finds_infected: ClassVar[bool] = False

    share: Annotated[float, In("share")] = Field(
        ge=0, le=1, description="Share of unmet needs that visits may meet, share."
    )
    contacts: Annotated[float, In("share")] = Field(
        0.02, ge=0, le=1,
        description="Share of usual community contacts that visits add in confined buildings.",
    )  # fmt: skip

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Allow visits in the districts, with the contacts they bring."""
        districts = self.districts(today, places)
        orders.provide(districts, "visits", self.share)
        orders.let_visit(districts, self.contacts)


class LongestStay(Measure):
    """Let buildings out for some days after so many days behind closed gates, whatever is found.

    Write it after the measures that confine: it lowers what they ordered.
    """

    word: ClassVar[str] = "longest_stay"
    finds_infected: ClassVar[bool] = False

    days: Annotated[int, In("days")] = Field(
        ge=1, le=365, description="Days behind closed gates after which, days."
    )
    rest_days: Annotated[int, In("days")] = Field(
        ge=1, le=60, description="Days at precaution that follow, days."
    )

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Ease the buildings whose stay is over."""
        seen = today.observed
        over = seen.days_closed >= self.days
        resting = (seen.last_stay >= self.days) & (seen.days_open < self.rest_days)
        inside = self.districts(today, places)[places.compound_district]
        orders.ease_buildings(inside[places.building_compound] & (over | resting), PRECAUTION)
