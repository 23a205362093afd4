"""For the reference engine: who is infected, where, and how the infection goes on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from plain_chance import second_plain
from reference_contacts import Contacts
from reference_town import ALWAYS, chance, high31, low31, outcome_of, pick
from reference_world import AT_HOME, AT_LARGE, CRITICAL, DEAD, MILD, WARD, Case
from scipy import stats

from lazaretto.chance import GOLDEN, Purpose
from lazaretto.words import BUS, COMPOUND, FACILITY, SEED

REVIEW_DAYS = 7
"""Days between two looks at whose protection has begun to wane."""

NO_DOSE = 32767
"""Day of a dose not given."""

AGAINST_INFECTION, AGAINST_SYMPTOMS, AGAINST_HOSPITAL, AGAINST_DEATH = range(4)

SHED_UNIT = 1 << 20
"""Infectiousness of those in one place is added up in whole numbers of this part."""


@dataclass
class Exposure:
    """A contact that infects its target, unless another does so first."""

    source: Case
    target: int
    layer: int
    tie_break: int
    order: int
    """Exposures are numbered by day of infection of the source, source, and draw."""


class Infection(Contacts):
    """Arrivals, infection in facilities, on buses and in the city, and courses of infection."""

    # -- who can be infected -------------------------------------------------------------------

    def can_be_infected(self, person: int, day: int) -> bool:
        """Return whether a person is not protected: never infected, or protection has waned.

        Whether protection has begun to wane is looked at once a week. The dead are not infected.
        """
        if self.where_is(person) == DEAD:
            return False
        if person not in self.last_case:
            return True
        if self.wanes_after is None:
            return False
        review, last = day - day % REVIEW_DAYS, self.last_case[person]
        seen = last.entered is None or review > last.entered
        return seen and review - last.day >= self.wanes_after

    def accepts(self, target: int, day: int, value: int) -> bool:
        """Return whether an exposure infects: by age, vaccine, and days since infection."""
        unvaccinated = self.susceptible[self.town.age[target]]
        limit = unvaccinated * self.risk(AGAINST_INFECTION, target, day) >> 31
        if target in self.last_case:
            since = min(day - self.last_case[target].day, len(self.protection) - 1)
            limit = limit * self.protection[since] >> 31
        self.met.spared_by_vaccine += limit <= value < unvaccinated
        return value < limit

    # -- vaccination ---------------------------------------------------------------------------

    def doses_before(self, person: int, day: int) -> list[int]:
        """Return the days of the doses a person had before a day.

        Persons of a district and age band fall into bins; those of one bin have their doses
        on the same days.
        """
        if self.dose_days is None:
            return []
        of_age = self.dose_days[self.town.district_number(person)][self.town.age[person]]
        bin_ = pick(self.lot(Purpose.VACCINATION, 0, person), len(of_age))
        return [given for given in of_age[bin_] if given < day]

    def risk(self, against: int, person: int, day: int) -> int:
        """Return the share of a risk that a person's last dose leaves, by weeks since it."""
        doses = self.doses_before(person, day)
        if not doses:
            return ALWAYS
        by_week = self.risks[against][len(doses)]
        return chance(by_week[min((day - doses[-1]) // 7, len(by_week) - 1)])

    # -- arrivals ------------------------------------------------------------------------------

    def arrivals(self, day: int) -> list[Case]:
        """Infect who brings the infection in from outside, then riders, then the isolated."""
        seeds = [self.infect(day, person, None, SEED) for person in sorted(self.arriving(day))]
        travelled = self.from_abroad(day)
        return [*seeds, *travelled, *self.on_buses(day), *self.in_facilities(day)]

    def from_abroad(self, day: int) -> list[Case]:
        """Put travellers into the run; they are infectious today."""
        raise NotImplementedError

    def arriving(self, day: int) -> list[int]:
        """Choose the persons who bring the infection in from outside today."""
        chosen: list[int] = []
        for number, arrival in enumerate(self.settings.arrivals):
            if arrival.day != day:
                continue
            purpose_day = day * 4096 + number % 4096
            residents = range(arrival.first, arrival.last)
            wanted = min(arrival.infections, len(residents))
            drawn = [residents[pick(self.lot(Purpose.SEEDING, purpose_day, i), len(residents))]
                     for i in range(64 * wanted)]  # fmt: skip
            taken = 0
            for person in (*drawn, *residents):  # by lot; if too few are found, whoever is left
                if taken == wanted:
                    break
                if person not in chosen and self.can_be_infected(person, day):
                    chosen.append(person)
                    taken += 1
        return chosen

    def on_buses(self, day: int) -> list[Case]:
        """Infect those who ride to a facility with somebody infectious."""
        new = []
        for bus in sorted({bus for _, bus, _ in self.riders}):
            riders = [person for person, number, _ in self.riders if number == bus]
            contacts = next(contacts for _, number, contacts in self.riders if number == bus)
            new += self.infected_together(day, riders, contacts, BUS)
        self.met.caught_on_buses += len(new)
        return new

    def in_facilities(self, day: int) -> list[Case]:
        """Infect those isolated in the same facility as somebody infectious."""
        new = []
        for number, stock in enumerate(self.settings.stocks):
            there = [person for person, stay in self.isolated.items() if stay.bed == number]
            new += self.infected_together(day, there, stock.contacts, FACILITY)
        self.met.caught_in_facilities += len(new)
        return new

    def infected_together(
        self, day: int, persons: list[int], contacts: float, origin: int
    ) -> list[Case]:
        """Infect those who meet, with so many weighted contacts, anybody of those present.

        A person's exposures are Poisson in number with mean contacts * mean infectiousness of the
        others; each infects by the person's susceptibility. From whom it came is not said, but
        the day on which they were infected is drawn in proportion to what those infected on each
        day shed.
        """
        shed: dict[int, int] = {}
        for person in persons:
            units = round(self.infectiousness(person, day) * SHED_UNIT)
            if units:
                since = day - self.last_case[person].day
                shed[since] = shed.get(since, 0) + units
        mean = sum(shed.values()) / SHED_UNIT / max(len(persons) - 1, 1)
        expected = min(contacts * mean, 50.0)
        numbers = [chance(p) for p in stats.poisson.cdf(range(95), expected)] + [ALWAYS]
        new = []
        for person in sorted(persons):
            bits = self.lot(Purpose.FACILITY, day, person, origin)
            more, infected = bits, False
            for _ in range(bisect_right(numbers, low31(bits))):
                more = second_plain(more)
                infected = self.accepts(person, day, high31(more))
                if infected:
                    break
            if not infected or not self.can_be_infected(person, day):
                continue
            rest = second_plain(more) % sum(shed.values())
            for since in sorted(shed):
                if rest < shed[since]:
                    break
                rest -= shed[since]
            self.counts.secondary[day - since] += 1
            new.append((person, origin))
        return [self.infect(day, person, None, origin) for person, origin in new]

    # -- transmission --------------------------------------------------------------------------

    def transmission(self, day: int) -> list[Case]:
        """Infect everyone exposed today; nobody infected today infects others today."""
        by_target: dict[int, list[Exposure]] = {}
        for exposure in self.exposures(day):
            by_target.setdefault(exposure.target, []).append(exposure)
        new = []
        for target, rivals in sorted(by_target.items()):
            winner = min(rivals, key=self.precedence)
            self.met.contested += len(rivals) > 1
            self.met.drawn_tie_breaks += sum(e.tie_break == winner.tie_break for e in rivals) > 1
            self.counts.secondary[winner.source.day] += 1
            new.append(self.infect(day, target, winner.source, winner.layer))
        return new

    def precedence(self, exposure: Exposure) -> tuple[int, int]:
        """Return what decides between infectors of one person: the smallest wins."""
        return (exposure.tie_break, exposure.order)

    def exposures(self, day: int) -> Iterator[Exposure]:
        """Draw the contacts of everyone infectious today that would infect the one met."""
        order = 0
        for case in self.cases:
            strength = self.infectiousness_of(case, day)
            if strength == 0 or self.today.where.get(case.person, AT_LARGE) not in (
                AT_LARGE, AT_HOME,
            ):  # fmt: skip
                continue
            for layer, target, bits in self.potential_infections(case.person, strength, day):
                order += 1
                if not self.can_be_infected(target, day):
                    continue
                more = second_plain(bits)
                happens = self.contact_happens(self.today, case.person, target, layer, more)
                self.remember(case.person, target, layer, low31(more), happens)
                if not happens or not self.accepts(target, day, high31(more)):
                    continue
                tie_break = second_plain(more ^ int(GOLDEN)) >> 58
                yield Exposure(case, target, layer, tie_break, order)

    def remember(self, source: int, target: int, layer: int, value: int, happens: bool) -> None:
        """Count why a contact was not made, or only because of a queue."""
        today, met = self.today, self.met
        if happens:
            if layer == COMPOUND and today.queues[self.town.compound_number(source)]:
                least = min(today.without_queue(person, layer) for person in (source, target))
                met.made_in_queues += value >= least
            return
        if source in today.where or target in today.where:
            met.not_made_apart += 1
        elif today.lives_on_site(source) != today.lives_on_site(target):
            met.not_made_on_site += 1
        elif value >= today.still_made(source, layer):
            met.not_made_by_source += 1
        else:
            met.not_made_by_target += 1

    # -- the infected --------------------------------------------------------------------------

    def infect(
        self, day: int, person: int, source: Case | None, origin: int, since: int = 0
    ) -> Case:
        """Infect a person: draw the course, and count. The last infection counts as not known.

        Who comes from abroad was infected some days since, but is counted today.
        """
        town, counts = self.town, self.counts
        self.met.reinfections += person in self.last_case
        case = self.course_of_infection(day - since, person, source, origin)
        case.entered = day if since else None
        self.last_case[person] = case
        self.known.discard(person)
        counts.infections[day][town.district_number(person)][origin] += 1
        counts.infections_by_age[day][town.age[person]] += 1
        counts.infections_by_tier[day][self.today.tier[town.building_number(person)]] += 1
        counts.symptomatic_by_age[day][town.age[person]] += case.onset is not None
        counts.infections_by_income[day][self.kind[person] // 2] += 1
        return case

    def course_of_infection(self, day: int, person: int, source: Case | None, origin: int) -> Case:
        """Draw symptoms, course, day of onset and severity."""
        bits = self.lot(Purpose.COURSE, day, person)
        more = second_plain(bits)
        age = self.town.age[person]
        ill = self.symptomatic[age] * self.risk(AGAINST_SYMPTOMS, person, day) >> 31
        has_symptoms = low31(bits) < ill
        course = outcome_of(self.courses[1 if has_symptoms else 0], high31(bits))
        if not has_symptoms:
            return Case(day, person, source, origin, course, None, MILD)
        onset = self.latent[course] + outcome_of(self.onsets, low31(more))
        severity = MILD
        if self.settings.severity is not None:
            hospital = chance(self.settings.severity.hospital[age])
            hospital = hospital * self.risk(AGAINST_HOSPITAL, person, day) >> 31
            critical = hospital * chance(self.settings.severity.icu[age]) >> 31
            if high31(more) < hospital:
                severity = CRITICAL if high31(more) < critical else WARD
        return Case(day, person, source, origin, course, onset, severity)

    def infections(self) -> list[tuple[int, int, int, int]]:
        """Return (day, person, source or -1, origin) of every infection, by day and person.

        The day of a traveller is the one of coming in.
        """
        return sorted(
            (case.day if case.entered is None else case.entered, case.person,
             -1 if case.source is None else case.source.person, case.origin)
            for case in self.cases
        )  # fmt: skip

    def longest_stays(self) -> np.ndarray:
        """Return residents by age band and longest stay, shape (18, n_days + 1)."""
        table = np.zeros((18, self.settings.n_days + 1), np.int64)
        for building, days in enumerate(self.longest):
            for person in self.town.buildings.residents(building):
                table[self.town.age[person], days] += 1
        return table
