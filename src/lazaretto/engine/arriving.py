"""Travellers come in: when they are put into the run, kept at home, taken away, and let go."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lazaretto.engine.border import NEVER, Border, Stay, Travellers, travellers
from lazaretto.engine.containment import Containment, Persons
from lazaretto.engine.hospital import IN_BED
from lazaretto.engine.state import AT_HOME, AT_LARGE, AWAY, mark, marked


class Arriving:
    """The travellers of one run, looked up by the day they arrived.

    Parameters
    ----------
    border
        The border of the run; nobody arrives if None.
    kept
        The containment of the run, with its city and residents.
    """

    def __init__(self, border: Border | None, kept: Containment) -> None:
        self._border, self._kept = border, kept
        self._known: dict[int, Travellers] = {}

    def of(self, day: int) -> Travellers:
        """Return the infected who arrived on a day."""
        assert self._border is not None
        if day not in self._known:
            c = self._kept
            self._known[day] = travellers(
                self._border, c.settings.seed, day, c.city, c.rates, c.state.vaccine
            )
        return self._known[day]

    def count(self, day: int) -> None:
        """Count those who arrive today: how many, when they are found, when let go infectious."""
        if self._border is None:
            return
        some, tally = self.of(day), self._kept.tally
        n_days, free = tally.imported.size, day + self._border.stay_of(day).days
        tally.imported[day] = some.person.size
        found = some.found_on[some.found_on < n_days]
        tally.imported_found += np.bincount(found, minlength=n_days)
        if free < n_days:
            out = (some.found_on == NEVER) & (some.last >= free)
            tally.imported_released[free] += int(out.sum())

    def coming_in(self, day: int) -> Iterator[tuple[int, Persons]]:
        """Yield those put into the run today: the day of infection, and who, ascending.

        They leave the facility today, not found so far and still infectious. Who was infected
        before the first day of the run is not in it, nor who cannot be infected just now.
        """
        for arrived, stay in self._arrived(day):
            if arrived + stay.facility_days != day:
                continue
            some = self.of(arrived)
            for infected_on in np.unique(some.infected_on[_comes_in(some, day)]):
                which = _comes_in(some, day) & (some.infected_on == infected_on)
                person = np.unique(some.person[which])
                protected = np.empty(person.size, np.bool_)
                marked(self._kept.state.protected, person, protected)
                yield int(infected_on), person[~protected]

    def watch_homes(self, day: int) -> None:
        """Keep at home those who came in today, take away whom the border finds, free the rest.

        Who is found at home is in a facility of the border until the infection is over. Measures of
        the run come first: whom they isolate or take to hospital is left to them.
        """
        c = self._kept
        if self._border is None or not self._border.watches_homes:
            return
        over = c.rates.level.shape[1]
        for arrived, stay in self._arrived(day):
            if not stay.home_days:
                continue
            some, left = self.of(arrived), arrived + stay.facility_days
            here = _comes_in(some, left)
            if day == left:
                self._move(some, here, AT_LARGE, AT_HOME, day)
            found = here & (some.found_on != NEVER)
            mark(
                c.state.known, self._move(some, found & (some.found_on == day), AT_HOME, AWAY, day)
            )
            if day == arrived + stay.days:
                self._move(some, here & ~found, AT_HOME, AT_LARGE, day)
            self._move(some, found & (some.infected_on + over == day), AWAY, AT_LARGE, day)

    def _arrived(self, day: int) -> Iterator[tuple[int, Stay]]:
        """Yield the days of arrival that may still matter today, and what waited there."""
        if self._border is not None:
            longest = self._border.longest + self._kept.rates.level.shape[1]
            self._known = {when: some for when, some in self._known.items() if when > day - longest}
            for arrived in range(max(day - longest, 0), day + 1):
                yield arrived, self._border.stay_of(arrived)

    def _move(
        self, some: Travellers, which: NDArray[np.bool_], before: int, where: int, day: int
    ) -> Persons:
        """Move those of whom this was the last infection, and whom nothing else holds."""
        c = self._kept
        mine = which & (c.state.infected_on[some.person] == some.infected_on)
        person = np.unique(some.person[mine])
        free = (c.where(person) == before) & (c.isolated.position(person) < 0)
        if before == AWAY:
            free &= ~np.isin(person, c.patients.person[c.patients.status == IN_BED])
        c.move(person[free], where, day)
        return person[free]


def _comes_in(some: Travellers, left: int) -> NDArray[np.bool_]:
    """Return who leaves the facility on a day undetected and infectious, shape (n,)."""
    return (some.found_on > left) & (some.last >= left) & (some.infected_on >= 0)
