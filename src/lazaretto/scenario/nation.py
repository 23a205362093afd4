"""A scenario of many cities: which, how people travel between them, and who decides what."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

from lazaretto.scenario.section import Section
from lazaretto.scenario.sourced import Sourced, Unit, sourced
from lazaretto.scenario.written import PathText

NATION = "china"
"""Place of a scenario of many cities."""


def _as_names(given: object) -> object:
    """Return names as a list of texts: one may stand alone, and codes are numbers to YAML."""
    listed = given if isinstance(given, list) else [given]
    return [
        str(each) if isinstance(each, int) and not isinstance(each, bool) else each
        for each in listed
    ]


class TravelLevel(Section):
    """How much people travel from a date on, compared with the same season of a usual year."""

    first: date = Field(alias="from", description="First date, ISO; holds until the next one.")
    level: Annotated[Sourced, Unit("ratio", at_least=0, at_most=20)] = Field(
        description="Trips intended, relative to a usual year, ratio; 0: nobody travels."
    )


class Travel(Section):
    """Trips between cities; see docs/travel.md."""

    level: Annotated[Sourced, Unit("ratio", at_least=0, at_most=20)] = Field(
        default=sourced(1.0, "ratio", "as in a usual year", "assumed"),
        description="Trips intended before the first of `levels`, relative to a usual year, ratio.",
    )
    levels: list[TravelLevel] = Field(
        default=[], description="Other levels by date, such as those of an outbreak."
    )
    as_observed: bool = Field(
        default=False,
        description="Also apply the level of travel of the time (docs/travel.md), which holds what "
        "measures and fear did to it; not beside measures that close the same cities.",
    )
    flows: PathText | None = Field(
        default=None,
        description="CSV of trips a day (origin_code, destination_code, trips_per_day), relative "
        "to this file; gravity and the shipped table if absent.",
    )


class Stage(Section):
    """A stage of national policy; a measure that names stages is in force only in these."""

    name: str = Field(min_length=1, description="Name, such as dynamic zero.")
    first: date | None = Field(
        default=None, alias="from", description="First date, ISO; the start of the run if absent."
    )


class OwnPolicy(Section):
    """Cities that follow another scenario instead of the measures written here."""

    cities: Annotated[list[str], BeforeValidator(_as_names)] = Field(
        min_length=1, description="Names or codes of the cities."
    )
    scenario: str = Field(
        min_length=1,
        description="A scenario of the library, or a path relative to this file: its measures, "
        "resources, seeding, contacts, confinement, behaviour, vaccination and reporting hold "
        "there, beside the measures on travel written here.",
    )
    stages: list[str] | None = Field(
        default=None,
        min_length=1,
        description="Stages of national policy in which its measures are in force; all if absent.",
    )


class ManyCities(Section):
    """What a scenario of place china says of its cities."""

    cities: Annotated[list[str], BeforeValidator(_as_names)] = Field(
        default=["all"],
        description="Cities or provinces that take part, by name or code; or all.",
    )
    travel: Travel = Field(default=Travel(), description="Trips between the cities.")
    stages: list[Stage] = Field(default=[], description="Stages of national policy, by date.")
    own: list[OwnPolicy] = Field(default=[], description="Cities with a policy of their own.")
