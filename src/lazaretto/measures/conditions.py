"""What a trigger can look at: one thing that officials see, compared with a threshold."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lazaretto.measures.levels import Level, at_level, size_of
from lazaretto.measures.observed import Today
from lazaretto.measures.places import Places
from lazaretto.scenario.units import In
from lazaretto.words import FOUND_WHERE

Days = Annotated[int, Field(ge=1, le=366), In("days")]
Number = Annotated[int, Field(ge=1, le=2_000_000_000)]
Per100000 = Annotated[float, Field(gt=0, le=100_000)]
Share = Annotated[float, Field(gt=0, le=1), In("share")]

Where = Literal["facility", "home isolation", "sealed", "controlled", "precaution", "open"]
COMMUNITY_FOUND: tuple[Where, ...] = ("precaution", "open")
"""Where a case counts as found in the community, unless a trigger says otherwise."""

CARE_SAID = {"any": "in hospital", "ward": "in hospital wards", "icu": "in intensive care"}


class Fact(BaseModel):
    """Something observed that reaches a threshold, or does not."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    def holds(self, today: Today, places: Places, level: Level) -> NDArray[np.bool_]:
        """Return where it holds, shape (n places of the level,)."""
        raise NotImplementedError

    def said(self, level: Level, negated: bool) -> str:
        """Return it, or its opposite, as a few words after "from" or "until"."""
        raise NotImplementedError

    def implies(self, other: Fact) -> bool:
        """Return whether the other surely holds wherever this one does."""
        raise NotImplementedError

    def _exactly_one(self, *names: str) -> Self:
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of {', '.join(names)}")
        return self

    def _at_least_as(self, other: Self, *thresholds: str) -> bool:
        """Return whether both compare the same thing and this threshold is the higher one."""
        for name in thresholds:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine is not None and theirs is not None:
                return bool(mine >= theirs)
        return False


class Cases(Fact):
    """Reported cases of the last days, as a number or per 100,000 residents."""

    days: Days = Field(7, description="Days counted, the last of them yesterday.")
    number: Number | None = Field(None, description="Cases, at least.")
    per_100000: Per100000 | None = Field(None, description="Cases per 100,000 residents, at least.")

    @model_validator(mode="after")
    def _one_threshold(self) -> Self:
        return self._exactly_one("number", "per_100000")

    def holds(self, today: Today, places: Places, level: Level) -> NDArray[np.bool_]:
        """Return where the cases reach the threshold, shape (n places of the level,)."""
        counted = today.observed.cases(self.days)
        return _reached(counted, self.number, self.per_100000, places, level)

    def said(self, level: Level, negated: bool) -> str:
        """Return "5 cases per 100,000 in 7 days"."""
        what = _amount(self.number, self.per_100000, "case")
        return f"{_fewer(negated)}{what} {_in_days(self.days)}{_of_district(level)}"

    def implies(self, other: Fact) -> bool:
        """Return whether the other asks for no more in at least as many days."""
        return (
            isinstance(other, Cases)
            and self.days <= other.days
            and self._at_least_as(other, "number", "per_100000")
        )


class Deaths(Fact):
    """Deaths of the last days, as a number or per 100,000 residents."""

    days: Days = Field(7, description="Days counted, the last of them yesterday.")
    number: Number | None = Field(None, description="Deaths, at least.")
    per_100000: Per100000 | None = Field(
        None, description="Deaths per 100,000 residents, at least."
    )

    @model_validator(mode="after")
    def _one_threshold(self) -> Self:
        return self._exactly_one("number", "per_100000")

    def holds(self, today: Today, places: Places, level: Level) -> NDArray[np.bool_]:
        """Return where the deaths reach the threshold, shape (n places of the level,)."""
        counted = _recent(today.observed.deaths, self.days)
        return _reached(counted, self.number, self.per_100000, places, level)

    def said(self, level: Level, negated: bool) -> str:
        """Return "3 deaths in 7 days"."""
        what = _amount(self.number, self.per_100000, "death")
        return f"{_fewer(negated)}{what} {_in_days(self.days)}{_of_district(level)}"

    def implies(self, other: Fact) -> bool:
        """Return whether the other asks for no more in at least as many days."""
        return (
            isinstance(other, Deaths)
            and self.days <= other.days
            and self._at_least_as(other, "number", "per_100000")
        )


class FoundInCommunity(Fact):
    """Cases of the last days that were found in the community, as a number or a share of all."""

    days: Days = Field(7, description="Days counted, the last of them yesterday.")
    where: list[Where] = Field(
        default=[*COMMUNITY_FOUND],
        min_length=1,
        description="Where a case counts as found in the community.",
    )
    number: Number | None = Field(None, description="Such cases, at least.")
    share: Share | None = Field(None, description="Share of all cases of these days, at least.")

    @model_validator(mode="after")
    def _one_threshold(self) -> Self:
        return self._exactly_one("number", "share")

    def holds(self, today: Today, places: Places, level: Level) -> NDArray[np.bool_]:
        """Return where they reach the threshold; without a case the share reaches none."""
        found = _recent(today.observed.found, self.days)
        there = found[:, [FOUND_WHERE.index(where) for where in self.where]].sum(axis=1)
        if self.number is not None:
            return _reached(there, self.number, None, places, level)
        counted, total = (at_level(each, places, level) for each in (there, found.sum(axis=1)))
        return np.asarray((total > 0) & (counted >= (self.share or 0.0) * total))

    def said(self, level: Level, negated: bool) -> str:
        """Return "10 cases found in the community in 7 days"."""
        usual = set(self.where) == set(COMMUNITY_FOUND)
        where = "in the community" if usual else f"in {_listed(self.where)}"
        if self.number is not None:
            what = f"{_fewer(negated)}{_amount(self.number, None, 'case')} found {where}"
        else:
            what = f"{_less(negated)}{_percent(self.share)} of cases found {where}"
        return f"{what} {_in_days(self.days)}{_of_district(level)}"

    def implies(self, other: Fact) -> bool:
        """Return whether the other asks for no more of the same."""
        if not isinstance(other, FoundInCommunity):
            return False
        within = set(self.where) <= set(other.where)
        days = self.days <= other.days if self.number is not None else self.days == other.days
        return within and days and self._at_least_as(other, "number", "share")


class Patients(Fact):
    """Persons in hospital, as a number, per 100,000 residents, or as a share of beds."""

    care: Literal["any", "ward", "icu"] = Field("any", description="Level of hospital care.")
    number: Number | None = Field(None, description="Patients, at least.")
    per_100000: Per100000 | None = Field(
        None, description="Patients per 100,000 residents, at least."
    )
    share: Share | None = Field(None, description="Patients as a share of these beds, at least.")
    of: str | None = Field(None, description="For a share: the stock of beds of the whole city.")

    @model_validator(mode="after")
    def _one_threshold(self) -> Self:
        if (self.share is None) != (self.of is None):
            raise ValueError("share and of together: a share of which beds")
        return self._exactly_one("number", "per_100000", "share")

    def holds(self, today: Today, places: Places, level: Level) -> NDArray[np.bool_]:
        """Return where patients reach the threshold; a share is that of the whole city."""
        columns = {"any": [0, 1], "ward": [0], "icu": [1]}[self.care]
        patients = today.observed.patients[:, columns].sum(axis=1)
        if self.of is None:
            return _reached(patients, self.number, self.per_100000, places, level)
        beds = today.observed.stock_amount[_position(today, self.of)]
        reached = patients.sum() > 0 and patients.sum() >= (self.share or 0.0) * beds
        return np.full(size_of(places, level), reached)

    def said(self, level: Level, negated: bool) -> str:
        """Return "50 patients in intensive care"."""
        if self.of is not None:
            share = f"{_less(negated)}{_percent(self.share)} of {self.of}"
            return f"{share} filled by patients {CARE_SAID[self.care]}"
        if self.number is not None:
            what = f"{_amount(self.number, None, 'patient')} {CARE_SAID[self.care]}"
        else:
            what = f"{self.per_100000:g} patients per 100,000 {CARE_SAID[self.care]}"
        return f"{_fewer(negated)}{what}{_of_district(level)}"

    def implies(self, other: Fact) -> bool:
        """Return whether the other asks for no more of the same."""
        return (
            isinstance(other, Patients)
            and self.of == other.of
            and (self.care == other.care or other.care == "any")
            and self._at_least_as(other, "number", "per_100000", "share")
        )


class StockLoad(Fact):
    """A stock that is nearly used up, or for which some wait; it is that of the whole city."""

    name: str = Field(description="Name of the stock among resources.")
    waiting: Number | None = Field(None, description="Tubes, cases or persons waiting, at least.")
    used: Share | None = Field(None, description="Share of the stock in use, at least.")

    @model_validator(mode="after")
    def _one_threshold(self) -> Self:
        return self._exactly_one("waiting", "used")

    def holds(self, today: Today, places: Places, level: Level) -> NDArray[np.bool_]:
        """Return whether it held yesterday, everywhere or nowhere."""
        seen, i = today.observed, _position(today, self.name)
        if self.waiting is not None:
            reached = seen.stock_waiting[i] >= self.waiting
        else:
            used, amount = int(seen.stock_used[i]), int(seen.stock_amount[i])
            reached = used > 0 and used >= (self.used or 0.0) * amount
        return np.full(size_of(places, level), bool(reached))

    def said(self, level: Level, negated: bool) -> str:  # noqa: ARG002
        """Return "1,000 waiting for labs"."""
        if self.waiting is not None:
            return f"{_fewer(negated)}{self.waiting:,} waiting for {self.name}"
        return f"{_less(negated)}{_percent(self.used)} of {self.name} in use"

    def implies(self, other: Fact) -> bool:
        """Return whether the other asks for no more of the same."""
        return (
            isinstance(other, StockLoad)
            and self.name == other.name
            and self._at_least_as(other, "waiting", "used")
        )


class DaysClear(Fact):
    """Days since the last positive found outside isolation facilities, in the place itself."""

    days: int

    def holds(self, today: Today, places: Places, level: Level) -> NDArray[np.bool_]:
        """Return which places have been clear for that long, shape (n places of the level,)."""
        seen = today.observed
        if level == "compound":
            return np.asarray(seen.compound_clear >= self.days)
        if level == "subdistrict":
            return np.asarray(seen.subdistrict_clear >= self.days)
        recent = seen.compound_clear < self.days
        if level == "city":
            return np.array([not recent.any()])
        clear = np.ones(size_of(places, level), np.bool_)
        clear[places.compound_district[recent]] = False
        return clear

    def said(self, level: Level, negated: bool) -> str:  # noqa: ARG002
        """Return "14 days clear", or "a positive within 14 days"."""
        return f"a positive within {_days(self.days)}" if negated else f"{_days(self.days)} clear"

    def implies(self, other: Fact) -> bool:
        """Return whether the other asks for no more days."""
        return isinstance(other, DaysClear) and self.days >= other.days


class DateReached(Fact):
    """A date that has come."""

    day: date

    def holds(self, today: Today, places: Places, level: Level) -> NDArray[np.bool_]:
        """Return whether today is that date or later, everywhere or nowhere."""
        return np.full(size_of(places, level), today.date >= self.day)

    def said(self, level: Level, negated: bool) -> str:  # noqa: ARG002
        """Return "1 April 2022"."""
        written = f"{self.day.day} {self.day:%B %Y}"
        return f"before {written}" if negated else written

    def implies(self, other: Fact) -> bool:
        """Return whether the other date comes first."""
        return isinstance(other, DateReached) and self.day >= other.day


def _reached(
    counted: NDArray[np.int64],
    number: int | None,
    per_100000: float | None,
    places: Places,
    level: Level,
) -> NDArray[np.bool_]:
    there = at_level(counted, places, level)
    if number is not None:
        return np.asarray(there >= number)
    persons = at_level(places.district_persons, places, level)
    return np.asarray((there > 0) & (there * 100_000 >= (per_100000 or 0.0) * persons))


def _recent(by_day: NDArray[np.int64], days: int) -> NDArray[np.int64]:
    """Return the sum of the last days, the first axis gone."""
    return np.asarray(by_day[max(len(by_day) - days, 0) :].sum(axis=0), np.int64)


def _position(today: Today, stock: str) -> int:
    try:
        return today.observed.stocks.index(stock)
    except ValueError:
        known = ", ".join(today.observed.stocks) or "none are declared"
        raise ValueError(f"there is no stock {stock!r}; resources: {known}") from None


def _amount(number: int | None, per_100000: float | None, what: str) -> str:
    if number is not None:
        return f"{number:,} {what}{'' if number == 1 else 's'}"
    return f"{per_100000:g} {what}s per 100,000"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _in_days(days: int) -> str:
    return "on a day" if days == 1 else f"in {days} days"


def _fewer(negated: bool) -> str:
    return "fewer than " if negated else ""


def _less(negated: bool) -> str:
    return "less than " if negated else ""


def _percent(share: float | None) -> str:
    return f"{100 * (share or 0.0):g} %"


def _of_district(level: Level) -> str:
    return " in its district" if level in ("subdistrict", "compound") else ""


def _listed(words: list[Where]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
