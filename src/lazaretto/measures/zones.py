"""Three zones: buildings are sealed, controlled or let out by the days since the last positive."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from lazaretto.measures.measure import Measure
from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.scenario.units import In
from lazaretto.words import CONTROLLED, OPEN, SEALED, TIERS

Unit = Literal["building", "compound", "subdistrict"]
LARGER: dict[Unit, Unit] = {"building": "compound", "compound": "subdistrict"}
"""The neighbourhood of a unit."""


class ZoneRule(NamedTuple):
    """A rule by days since the last positive: sealed, then monitored at a tier, then a floor."""

    sealed_days: int
    monitored_days: int
    monitored_tier: str
    otherwise: str


RULES = {
    # 11 April 2022: positives in the last 7 days seal, none for 14 days make a precaution zone.
    "7+7": ZoneRule(7, 7, "controlled", "precaution"),
    # March 2022: two days behind closed doors, then twelve in which one may go out if need be.
    "2+12": ZoneRule(2, 12, "precaution", "open"),
}
"""Rules with their official names; sources in docs/measures.md."""


class Zones(Measure):
    """Seal units with recent positives, keep them controlled for a while, then let them out."""

    word: ClassVar[str] = "zones"
    acts_on: ClassVar[Literal["districts", "compounds"]] = "compounds"
    finds_infected: ClassVar[bool] = False

    rule: Literal["7+7", "2+12"] | None = Field(
        None, description="An official rule by name; keys given beside it override it."
    )
    unit: Unit = Field("compound", description="Places that are sealed and released as one.")
    sealed_days: Annotated[int | None, In("days")] = Field(
        None, ge=0, le=60, description="Days sealed, counted from the last positive, days."
    )
    monitored_days: Annotated[int | None, In("days")] = Field(
        None, ge=0, le=60, description="Days of the monitored tier after them, days."
    )
    monitored_tier: Literal["precaution", "controlled"] | None = Field(
        None, description="Tier of these days; controlled if absent."
    )
    otherwise: Literal["open", "precaution"] | None = Field(
        None, description="Tier of units without recent positives; precaution if absent."
    )
    building_days: Annotated[int, In("days")] = Field(
        0, ge=0, le=60,
        description="Days a building stays sealed since its own last positive, days; "
        "0: as its unit.",
    )  # fmt: skip
    neighbourhood_days: Annotated[int, In("days")] = Field(
        0, ge=0, le=60,
        description="Days since the last positive in the next larger place during which a unit "
        "is at least controlled, days; 0: not looked at.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _days_are_known(self) -> Self:
        if self.rule is None and (self.sealed_days is None or self.monitored_days is None):
            raise ValueError(
                "how long? add rule: (7+7 or 2+12), or both sealed_days: and monitored_days:"
            )
        if self.neighbourhood_days and self.unit not in LARGER:
            raise ValueError(
                f"a {self.unit} has no larger neighbourhood here; "
                "remove neighbourhood_days: or write unit: compound"
            )
        return self

    def rule_in_use(self) -> ZoneRule:
        """Return the rule by name with what is given beside it."""
        named = ZoneRule(0, 0, "controlled", "precaution")
        if self.rule is not None:
            named = RULES[self.rule]
        given = {key: getattr(self, key) for key in ZoneRule._fields}
        return named._replace(**{key: value for key, value in given.items() if value is not None})

    def idle_without_cases(self) -> bool:
        """Return whether units without recent positives are open."""
        return self.rule_in_use().otherwise == "open" or super().idle_without_cases()

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Raise the buildings of the areas to the tier of their zone."""
        rule = self.rule_in_use()
        # There are ten times as many buildings as compounds.
        by_building = self.unit == "building" or self.building_days > 0
        clear = days_clear(self.unit, today, places, by_building)
        tier = np.full(clear.size, TIERS.index(rule.otherwise), np.uint8)
        monitored = clear < rule.sealed_days + rule.monitored_days
        tier[monitored] = max(TIERS.index(rule.monitored_tier), TIERS.index(rule.otherwise))
        if self.neighbourhood_days:
            around = days_clear(LARGER[self.unit], today, places, by_building)
            tier[around < self.neighbourhood_days] = CONTROLLED
        tier[clear < rule.sealed_days] = SEALED
        if self.building_days:
            tier[today.observed.building_clear < self.building_days] = SEALED
        inside = self.compounds(today, places)
        if by_building:
            tier[~inside[places.building_compound]] = OPEN
        else:
            tier = np.where(inside, tier, np.uint8(OPEN))[places.building_compound]
        orders.raise_tiers(tier)


def days_clear(unit: Unit, today: Today, places: Places, by_building: bool) -> NDArray[np.int32]:
    """Return the days since the last positive of the unit that each place lies in.

    The places are buildings, shape (n_buildings,), or compounds, shape (n_compounds,).
    """
    seen = today.observed
    if unit == "building":
        return seen.building_clear
    clear = seen.compound_clear
    if unit == "subdistrict":
        clear = seen.subdistrict_clear[places.compound_subdistrict]
    return clear[places.building_compound] if by_building else clear
