"""Who was vaccinated before or during the run, outside any measure of the scenario."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from lazaretto.scenario.problems import Problem, shown
from lazaretto.scenario.section import Section
from lazaretto.scenario.sourced import Sourced, Unit

Product = Literal["inactivated", "mrna", "ad5"]
PRODUCTS: tuple[str, ...] = get_args(Product)
"""Vaccines a scenario may name; the room ``disease`` has exactly these (tested)."""

MOST_DOSES = 4
OLDEST_AGE = 90
"""Ages are counted from 0 up to, not including, this one; the last band is open."""

SOME_AGES = "ages such as 3-59 or 80+"


class Doses(Section):
    """How many persons of some ages have one of the doses in the end, and when they had it."""

    dose: Literal[1, 2, 3, 4] = Field(description="Which dose, 1 to 4.")
    ages: str = Field(description=f"Ages in years, {SOME_AGES}.")
    share: Annotated[Sourced, Unit("share of residents", at_least=0, at_most=1)] = Field(
        description="Share of residents of these ages who have this dose in the end, share."
    )
    first: date = Field(alias="from", description="Date on which the first had it, ISO.")
    last: date = Field(alias="to", description="Date on which the last had it, ISO.")

    @field_validator("ages")
    @classmethod
    def _known_ages(cls, ages: str) -> str:
        years_of(ages)
        return ages

    def years(self) -> tuple[int, int]:
        """Return the first age and the one after the last, years."""
        return years_of(self.ages)


class Vaccination(Section):
    """The vaccine and its coverage; the same in every district."""

    product: Product = Field(description="Vaccine: inactivated, mrna or ad5.")
    doses: list[Doses] = Field(
        default=[], description="Coverage by dose and ages; ages left out are not vaccinated."
    )


def years_of(ages: str) -> tuple[int, int]:
    """Return the first age and the one after the last of ages such as ``3-59`` or ``80+``.

    Raises
    ------
    PydanticCustomError
        If they are no ages; a ValueError.
    """
    said = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3})|\+)", ages)
    if said:
        first = int(said[1])
        end = OLDEST_AGE if said[2] is None else min(int(said[2]) + 1, OLDEST_AGE)
        if first < end:
            return first, end
    raise PydanticCustomError("ages", "{allowed}", {"allowed": f"{SOME_AGES}, below {OLDEST_AGE}"})


def vaccination_problems(written: object) -> Iterator[Problem]:
    """Yield what is wrong between the entries of the section ``vaccination`` as written.

    What cannot be read at all is passed over: reading has said so already.
    """
    try:
        section = Vaccination.model_validate(written)
    except ValueError:
        return
    by_dose: list[dict[int, Doses]] = [{} for _ in range(MOST_DOSES + 1)]
    for i, group in enumerate(section.doses):
        at = f"vaccination.doses.{i}"
        if group.last < group.first:
            allowed = f"a date from {group.first} on"
            yield Problem(f"{at}.to", str(group.last), allowed, "exchange from and to")
        mine = by_dose[group.dose]
        ages = range(*group.years())
        if any(age in mine for age in ages):
            allowed = f"ages that no other entry of dose {group.dose} has"
            yield Problem(f"{at}.ages", group.ages, allowed, "change one of the two")
        mine.update(dict.fromkeys(ages, group))
    for i, group in enumerate(section.doses):
        if group.dose > 1 and group.share > 0:
            befores = [by_dose[group.dose - 1].get(age) for age in range(*group.years())]
            yield from _after_the_one_before(f"vaccination.doses.{i}", group, befores)


def _after_the_one_before(at: str, group: Doses, befores: list[Doses | None]) -> Iterator[Problem]:
    least = min(0.0 if before is None else float(before.share) for before in befores)
    if least < group.share:
        yield Problem(
            f"{at}.share",
            shown(float(group.share)),
            f"at most {least:g}, the share of these ages that has dose {group.dose - 1}",
            f"lower it, or raise dose {group.dose - 1} for all of {group.ages}",
        )
    for key, mine in (("from", "first"), ("to", "last")):
        earliest = max((getattr(b, mine) for b in befores if b is not None), default=None)
        if earliest is not None and getattr(group, mine) < earliest:
            allowed = f"a date from {earliest} on, that of dose {group.dose - 1}"
            yield Problem(f"{at}.{key}", str(getattr(group, mine)), allowed, "move the date")
