"""The border: flights, how many of their passengers are infected, and what waits for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeVar, get_args

from pydantic import Field

from lazaretto.provenance import Status
from lazaretto.scenario.problems import Problem
from lazaretto.scenario.section import Section
from lazaretto.scenario.seeding import ALL
from lazaretto.scenario.sourced import Sourced, Unit, sourced
from lazaretto.scenario.units import In

LONGEST_STAY = 60
"""Most days in a facility, and at home after it."""

TestKind = Literal["pcr", "antigen"]
ProtocolName = Literal["14+7", "10+7", "7+3", "5+3", "none"]


@dataclass(frozen=True)
class Protocol:
    """What a traveller goes through after arrival.

    Parameters
    ----------
    facility_days, home_days
        Days in a facility, then days of observation at home, the day of arrival being the first.
    tests
        Day (from 1, the day of arrival, through both parts) and kind of each test.
    source, status
        Where it is from, and how far to trust it.
    """

    facility_days: int
    home_days: int
    tests: tuple[tuple[int, TestKind], ...] = ()
    source: str = "written in the scenario without a source"
    status: Status = "assumed"

    @property
    def days(self) -> int:
        """Return the days until the traveller is free."""
        return self.facility_days + self.home_days


def _pcr(*days: int) -> tuple[tuple[int, TestKind], ...]:
    return tuple((day, "pcr") for day in days)


NINTH = "ninth edition of the control plan, 28 June 2022, and what it replaced (referchina.com)"

PROTOCOLS: dict[ProtocolName, Protocol] = {
    "14+7": Protocol(
        14, 7, _pcr(1, 4, 7, 14, 21),
        f"{NINTH}: days 1, 4, 7 and 14; day 21 from cities' rules of January 2021 (thatsmags.com). "
        "The two swabs before release are taken as one test", "measured",
    ),
    "10+7": Protocol(
        10, 7, _pcr(1, 4, 7, 10, 17),
        "Beijing, 4 May 2022 (policy_timeline_2022.csv); its days of tests are those of 14+7, the "
        "last two moved to the ends of both parts", "assumed",
    ),
    "7+3": Protocol(
        7, 3, _pcr(1, 2, 3, 5, 7, 10), f"{NINTH}: days 1, 2, 3, 5, 7, and day 3 at home",
        "measured",
    ),
    "5+3": Protocol(
        5, 3, _pcr(1, 2, 3, 5, 6, 8),
        "twenty measures, 11 November 2022; its days of tests recalled, unverified", "assumed",
    ),
    "none": Protocol(0, 0, (), "by definition", "measured"),
}  # fmt: skip
"""Protocols by name: days in a facility + days at home."""


class Prevalence(Section):
    """How many passengers are infected, from a date on."""

    first: date | None = Field(
        default=None, alias="from", description="First date, ISO; the start of the run if absent."
    )
    share: Annotated[Sourced, Unit("share of passengers", at_least=0, at_most=1)] = Field(
        description="Share of passengers infected on one of the days of exposure, before any test."
    )


class PreDepartureTest(Section):
    """A test without which nobody boards."""

    test: TestKind = Field(default="pcr", description="Kind of test: pcr or antigen.")
    days_before: Annotated[int, In("days")] = Field(
        default=2, ge=0, le=14, strict=True, description="Days before arrival, days."
    )


class ArrivalTest(Section):
    """One test after arrival."""

    day: Annotated[int, In("days")] = Field(
        ge=1, le=2 * LONGEST_STAY, strict=True,
        description="Day of the stay, from 1, the day of arrival, facility and home counted on.",
    )  # fmt: skip
    test: TestKind = Field(default="pcr", description="Kind of test: pcr or antigen.")


class ArrivalQuarantine(Section):
    """What waits for those who arrive from a date on: a protocol by name, or its parts."""

    first: date | None = Field(
        default=None, alias="from", description="First date, ISO; the start of the run if absent."
    )
    protocol: ProtocolName | None = Field(
        default=None, description=f"A known protocol: {', '.join(get_args(ProtocolName))}."
    )
    facility_days: Annotated[int, In("days")] | None = Field(
        default=None, ge=0, le=LONGEST_STAY, strict=True, description="Days in a facility, days."
    )
    home_days: Annotated[int, In("days")] | None = Field(
        default=None, ge=0, le=LONGEST_STAY, strict=True,
        description="Days of observation at home after it, days.",
    )  # fmt: skip
    tests: list[ArrivalTest] = Field(default=[], description="Tests during both.")

    def as_protocol(self) -> Protocol:
        """Return what a traveller goes through."""
        if self.protocol is not None:
            return PROTOCOLS[self.protocol]
        tests = tuple(sorted((each.day, each.test) for each in self.tests))
        return Protocol(self.facility_days or 0, self.home_days or 0, tests)


class Border(Section):
    """Infected travellers who arrive by plane, and what finds them; the staff is left out."""

    flights_per_week: Annotated[Sourced, Unit("flights/week", at_least=0, at_most=100_000)] = Field(
        description="Flights that arrive from abroad, flights/week."
    )
    passengers: Annotated[Sourced, Unit("passengers/flight", at_least=0, at_most=1_000)] = Field(
        description="Passengers of a flight who stay in the place, passengers/flight."
    )
    prevalence: list[Prevalence] = Field(
        description="Share infected by date; each holds until the next, none before the first."
    )
    exposure_days: Annotated[Sourced, Unit("days", at_least=1, at_most=28, whole=True)] = Field(
        default=sourced(14, "days", "what a PCR finds among arrivals goes back about two weeks",
                        "assumed", 7, 21),
        description="Days up to the day of arrival on which they were infected, each as likely.",
    )  # fmt: skip
    pre_departure_test: PreDepartureTest | None = Field(
        default=None, description="Test before departure; none if absent."
    )
    quarantine: list[ArrivalQuarantine] = Field(
        default=[], description="What waits for those who arrive, by date; nothing if absent."
    )
    symptoms_noticed: Annotated[Sourced, Unit("share", at_least=0, at_most=1)] = Field(
        default=sourced(0.5, "share", "temperature and questions once or twice a day; no source",
                        "assumed", 0, 1),
        description="Share of those with symptoms before the end of their stay who are found by "
        "them.",
    )  # fmt: skip
    area: str = Field(default=ALL, description="District they live in afterwards, or all.")

    def prevalence_on(self, day: date) -> float:
        """Return the share of passengers infected on a date."""
        held = _in_force(self.prevalence, day)
        return 0.0 if held is None else float(held.share)

    def protocol_on(self, day: date) -> Protocol:
        """Return what waits for those who arrive on a date."""
        held = _in_force(self.quarantine, day)
        return PROTOCOLS["none"] if held is None else held.as_protocol()


Dated = TypeVar("Dated", Prevalence, ArrivalQuarantine)


def _in_force(entries: Sequence[Dated], day: date) -> Dated | None:
    """Return the entry with the last date not after a day."""
    begun = [entry for entry in entries if entry.first is None or entry.first <= day]
    return max(begun, key=lambda entry: entry.first or date.min, default=None)


def border_problems(written: object) -> Iterator[Problem]:
    """Yield what is wrong between the parts of the section ``border`` as written.

    What cannot be read at all is passed over: reading has said so already.
    """
    try:
        section = Border.model_validate(written)
    except ValueError:
        return
    yield from _same_dates("border.prevalence", section.prevalence)
    yield from _same_dates("border.quarantine", section.quarantine)
    for i, entry in enumerate(section.quarantine):
        at = f"border.quarantine.{i}"
        parts = [k for k in ("facility_days", "home_days") if getattr(entry, k) is not None]
        parts += ["tests"] if entry.tests else []
        if (entry.protocol is None) == (not parts):
            said = ", ".join([*(["protocol"] if entry.protocol else []), *parts]) or "neither"
            allowed = "either protocol, or facility_days, home_days and tests"
            yield Problem(at, f"with {said}", allowed, "write one of the two")
        if entry.protocol is not None:
            continue
        days = entry.as_protocol().days
        seen: set[int] = set()
        for j, each in enumerate(entry.tests):
            key = f"{at}.tests.{j}.day"
            if each.day > days:
                allowed = f"a day of the stay, 1 to {days}" if days else "no test without a stay"
                yield Problem(key, each.day, allowed, "move the test, or lengthen the stay")
            if each.day in seen:
                allowed = "a day that no other test of this stay is on"
                yield Problem(key, each.day, allowed, "remove one of the two")
            seen.add(each.day)


def _same_dates(key: str, entries: Sequence[Prevalence | ArrivalQuarantine]) -> Iterator[Problem]:
    seen: set[date | None] = set()
    for i, entry in enumerate(entries):
        if entry.first in seen:
            value, allowed = entry.first or "missing", "a date that no other entry begins on"
            yield Problem(f"{key}.{i}.from", str(value), allowed, "keep one, or move it")
        seen.add(entry.first)
