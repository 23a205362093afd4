"""For the reference engine: infected travellers, one by one, from the plane to their release.

A traveller is a resident of the area by lot, infected on one of the days of exposure by lot. Each
test and the notice of symptoms is a lot of its own. The first of them that says so finds the
traveller, who then stays with the border. Who is not found and still infectious when the days in a
facility are over becomes an infection of that resident, with the day of infection and the course
that belong to it, unless it was before the run or the resident cannot be infected. Days at home
are days isolated at home; who is found on one of them is away until the infection is over.
"""

from __future__ import annotations

from collections.abc import Iterator

from reference_care import Care
from reference_town import low31, pick
from reference_world import AT_HOME, AT_LARGE, AWAY, IN_BED, Case, Traveller
from scipy import stats

from lazaretto.chance import Purpose
from lazaretto.engine.border import Stay
from lazaretto.words import SEED

WHO, SINCE, BEFORE, SYMPTOMS, FIRST_TEST, HOW_MANY = 0, 1, 2, 3, 8, 511


class Border(Care):
    """Travellers."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.travellers: dict[int, list[Traveller]] = {}
        """Those who boarded, by day of arrival."""

    # -- arrival -------------------------------------------------------------------------------

    def land(self, day: int) -> None:
        """Draw today's infected travellers and what becomes of each, and count."""
        border, counts, n_days = self.settings.border, self.counts, self.settings.n_days
        self.travellers[day] = []
        mean = float(border.infected[day])
        if mean == 0:
            return
        u = ((self.lot(Purpose.BORDER, day, 0, HOW_MANY) >> 11) + 0.5) * 2.0**-53
        stay = border.stay_of(day)
        for number in range(int(stats.poisson.ppf(u, mean))):
            traveller = self.traveller(day, number, stay)
            if traveller is None:
                continue
            self.travellers[day].append(traveller)
            counts.imported[day] += 1
            free, found = day + stay.facility_days + stay.home_days, traveller.found_on
            if found is not None and found < n_days:
                counts.imported_found[found] += 1
            if found is None and traveller.last >= free and free < n_days:
                counts.imported_released[free] += 1

    def traveller(self, day: int, number: int, stay: Stay) -> Traveller | None:
        """Draw one traveller; None if a test keeps this one from boarding."""
        border = self.settings.border

        def lot(index: int) -> int:
            return self.lot(Purpose.BORDER, day, number, index)

        def positive(chances, since: int, index: int) -> bool:
            if since < 0:
                return False
            return low31(lot(index)) < chances.tolist()[min(since, len(chances) - 1)]

        since = pick(lot(SINCE), border.exposure_days)
        if border.before is not None:
            days, chances = border.before
            if positive(chances, since - days, BEFORE):
                return None
        person = border.first + pick(lot(WHO), border.last - border.first)
        traveller = Traveller(person, day - since)
        case = self.course_of_infection(day - since, person, None, SEED)
        shed = [d for d, part in enumerate(self.by_day[case.course]) if part > 0]
        traveller.last = day - since + max(shed, default=0)
        found = [day + after for after, chances in stay.tests
                 if positive(chances, since + after, FIRST_TEST + after)]  # fmt: skip
        if case.onset is not None and low31(lot(SYMPTOMS)) < int(border.noticed):
            ill = max(day - since + case.onset, day)
            if ill < day + stay.facility_days + stay.home_days:
                found.append(ill)
        traveller.found_on = min(found, default=None)
        return traveller

    # -- release -------------------------------------------------------------------------------

    def from_abroad(self, day: int) -> list[Case]:
        """Put travellers into the run, and watch those at home."""
        border = self.settings.border
        if border is None:
            return []
        self.land(day)
        new = []
        for arrived in range(day + 1):
            if arrived + border.stay_of(arrived).facility_days != day:
                continue
            coming = [t for t in self.travellers[arrived] if self.comes_in(t, day)]
            for traveller in sorted(coming, key=lambda t: (t.infected_on, t.person)):
                person, since = traveller.person, day - traveller.infected_on
                if self.can_be_infected(person, day):
                    new.append(self.infect(day, person, None, SEED, since))
        self.met.came_in += len(new)
        for arrived in range(day + 1):
            self.watch_homes(day, arrived, border.stay_of(arrived))
        return new

    def comes_in(self, traveller: Traveller, left: int) -> bool:
        """Return whether a traveller leaves the facility undetected and infectious."""
        undetected = traveller.found_on is None or traveller.found_on > left
        return undetected and traveller.last >= left and traveller.infected_on >= 0

    def watch_homes(self, day: int, arrived: int, stay: Stay) -> None:
        """Keep at home who came in today, take away whom the border finds, free the others."""
        if not stay.home_days:
            return
        left = arrived + stay.facility_days
        for traveller in self.mine(arrived, left):
            if day == left and self.where_is(traveller.person) == AT_LARGE:
                self.move(traveller.person, AT_HOME)
                self.met.watched_at_home += 1
        for traveller in self.mine(arrived, left):
            if traveller.found_on == day and self.where_is(traveller.person) == AT_HOME:
                self.move(traveller.person, AWAY)
                self.known.add(traveller.person)
                self.met.found_at_home += 1
        for traveller in self.mine(arrived, left):
            person = traveller.person
            free = day == left + stay.home_days and traveller.found_on is None
            if free and self.where_is(person) == AT_HOME:
                self.move(person, AT_LARGE)
                self.met.let_go += 1
        for traveller in self.mine(arrived, left):
            person, over = traveller.person, traveller.infected_on + len(self.by_day[0])
            in_bed = any(p.person == person and p.status == IN_BED for p in self.patients)
            taken = traveller.found_on is not None and self.where_is(person) == AWAY
            if taken and over == day and not in_bed:
                self.move(person, AT_LARGE)

    def mine(self, arrived: int, left: int) -> Iterator[Traveller]:
        """Yield the travellers of a day whom the border still holds or lets go."""
        for traveller in self.travellers[arrived]:
            last = self.last_case.get(traveller.person)
            same = last is not None and last.day == traveller.infected_on
            if same and self.comes_in(traveller, left) and traveller.person not in self.isolated:
                yield traveller
