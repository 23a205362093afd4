"""The reference engine: the specification of Lazaretto's engine, in plain Python, to be read.

One resident, one contact, one decision at a time; no kernels, no threads, no packed records, no
buffers, no short cuts. It draws the same keyed random numbers as the engine and must give the same
infections: who, when, by whom, through which layer, and the same counts. Where the two differ, one
of them is wrong.

What it shares with the engine: the keyed numbers themselves (`draw_plain`), scipy's Poisson
distribution, and the measures, which act on places. Everything else is written out again here.

The rules of a day, in order:

1.  The measures in force order tiers, contact multipliers and tests for today.
2.  Infections from outside arrive among those who can be infected.
3.  Everyone infectious and not isolated draws potential infections. A contact takes place if both
    sides still make it under today's orders, and infects by the susceptibility of the one met.
    Of several infectors of one person the smallest tie-break wins.
4.  Symptomatic persons seek tests, and screening looks for everybody infected; those found are
    reported, and isolated, when the result is known.
5.  The day is counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate

import numpy as np
from scipy import stats

from lazaretto.chance import GOLDEN, Purpose, draw_plain, second_plain, stream_key
from lazaretto.engine.settings import Settings
from lazaretto.measures import Observed, Orders, Places, Today
from lazaretto.people import Population
from lazaretto.words import (
    AGE_BANDS,
    BUILDING,
    COMMUNITY,
    COMPOUND,
    CONTROLLED,
    HOUSEHOLD,
    LAYERS_AND_SEED,
    SCHOOL,
    SEED,
    TIERS,
    WORKPLACE,
)

ALWAYS = 1 << 31
"""A 31-bit number is always below this."""

HOUSEHOLD_DRAWS, GROUP_DRAWS, OPEN_DRAWS, NUMBER_DRAW = 0, 160, 320, 511
"""Index of the first draw of each kind of contact, and of the draw that says how many."""

MOST = GROUP_DRAWS - HOUSEHOLD_DRAWS
"""One more than the most potential infections of one kind on one day."""

REVIEW_DAYS = 7
"""Days between two looks at whose protection has begun to wane."""


def low31(bits: int) -> int:
    """Return the low 31 bits."""
    return bits % (1 << 31)


def high31(bits: int) -> int:
    """Return the high 31 of 64 bits."""
    return bits >> 33


def pick(bits: int, n: int) -> int:
    """Return a number from 0 to n - 1 from the high 32 of 64 bits."""
    return (bits >> 32) * n >> 32


def chance(probability: float) -> int:
    """Return the number a 31-bit number is below with this probability."""
    return round(min(max(float(probability), 0.0), 1.0) * ALWAYS)


def cumulative(probabilities: Sequence[float]) -> list[int]:
    """Return the cumulative chances; from the last possible outcome on they are certain."""
    chances = [chance(p) for p in accumulate(probabilities)]
    last = max(i for i, p in enumerate(probabilities) if p > 0)
    return chances[:last] + [ALWAYS] * (len(chances) - last)


def outcome_of(cumulative_chances: Sequence[int], value: int) -> int:
    """Return the first outcome whose cumulative chance is above the value."""
    return min(bisect_right(cumulative_chances, value), len(cumulative_chances) - 1)


def zeros(*shape: int) -> list:
    """Return nested lists of zeros."""
    return [zeros(*shape[1:]) if len(shape) > 1 else 0 for _ in range(shape[0])]


class Town:
    """The residents and their places; every place of a person is found in the table of starts."""

    def __init__(self, people: Population) -> None:
        attributes = people.attributes.tolist()
        self.n_persons = len(attributes)
        self.n_districts = len(people.districts)
        self.age = [a & 0b11111 for a in attributes]
        self.essential = [1 if a & 0b1000000 else 0 for a in attributes]
        heads = [person for person, a in enumerate(attributes) if a & 0b100000]
        self.household_start = [*heads, self.n_persons]
        self.building_start = people.building_start.tolist()
        self.compound_start = people.compound_start.tolist()
        self.subdistrict_start = people.subdistrict_start.tolist()
        self.district_start = people.district_start.tolist()
        member, start = people.member.tolist(), people.group_start.tolist()
        self.groups = [member[start[g] : start[g + 1]] for g in range(len(start) - 1)]
        self.group_of = {person: g for g, persons in enumerate(self.groups) for person in persons}
        self.n_schools = people.n_schools
        self.mixing = [[chance(p) for p in accumulate(row)] for row in people.mixing.tolist()]
        for row in self.mixing:
            row[-1] = ALWAYS

    def household(self, person: int) -> range:
        """Return the members of a person's household."""
        return place_around(self.household_start, person)

    def building(self, person: int) -> range:
        """Return the residents of a person's building."""
        return place_around(self.building_start, person)

    def compound(self, person: int) -> range:
        """Return the residents of a person's compound."""
        return place_around(self.compound_start, person)

    def subdistrict(self, person: int) -> range:
        """Return the residents of a person's subdistrict."""
        return place_around(self.subdistrict_start, person)

    def compound_number(self, person: int) -> int:
        """Return the compound a person lives in."""
        return bisect_right(self.compound_start, person) - 1

    def district_number(self, person: int) -> int:
        """Return the district a person lives in."""
        return bisect_right(self.district_start, person) - 1

    def district(self, number: int) -> range:
        """Return the residents of a district."""
        return range(self.district_start[number], self.district_start[number + 1])

    def residents(self, compound: int) -> range:
        """Return the residents of a compound."""
        return range(self.compound_start[compound], self.compound_start[compound + 1])


def place_around(starts: list[int], person: int) -> range:
    """Return the residents of the place, in a table of starts, that a person lives in."""
    number = bisect_right(starts, person) - 1
    return range(starts[number], starts[number + 1])


@dataclass
class Case:
    """One infection of one person."""

    day: int
    person: int
    source: Case | None
    layer: int
    course: int
    onset: int | None
    """Day of first symptoms, counted from infection."""
    known: bool = False
    isolated_from: int | None = None


@dataclass
class Exposure:
    """A contact that infects its target, unless another does so first."""

    source: Case
    target: int
    layer: int
    tie_break: int
    order: int
    """Exposures are numbered by day of infection of the source, source, and draw."""


@dataclass
class Counts:
    """What is counted; the same arrays as `lazaretto.outcomes.Tally`, as nested lists."""

    infections: list
    infections_by_age: list
    infections_by_tier: list
    secondary: list
    reports: list
    isolated: list
    persons_by_tier: list
    confined_by_age: list


@dataclass
class Met:
    """How often the rarer rules mattered, so that a test can ask for enough of each."""

    reinfections: int = 0
    contested: int = 0
    """Persons with more than one infector on the day of infection."""
    drawn_tie_breaks: int = 0
    """Of those, decided by the order of exposures."""
    not_made_by_source: int = 0
    not_made_by_target: int = 0
    found_by_symptoms: int = 0
    found_by_screening: int = 0
    silenced: int = 0
    """Infectious days of isolated persons."""
    confined: int = 0
    """Person-days behind closed gates."""


@dataclass
class ReferenceEngine:
    """One run in plain Python.

    Parameters
    ----------
    people, settings
        As for `lazaretto.engine.simulation.Simulation`.
    """

    people: Population
    settings: Settings
    cases: list[Case] = field(init=False, default_factory=list)
    last_case: dict[int, Case] = field(init=False, default_factory=dict)
    keys: dict[tuple[Purpose, int], int] = field(init=False, default_factory=dict)
    poisson: dict[float, list[int]] = field(init=False, default_factory=dict)
    met: Met = field(init=False, default_factory=Met)

    def __post_init__(self) -> None:
        settings, people = self.settings, self.people
        self.town = Town(people)
        self._read_disease()
        n_days, n_districts = settings.n_days, self.town.n_districts
        self.counts = Counts(
            infections=zeros(n_days, n_districts, len(LAYERS_AND_SEED)),
            infections_by_age=zeros(n_days, len(AGE_BANDS)),
            infections_by_tier=zeros(n_days, len(TIERS)),
            secondary=zeros(n_days),
            reports=zeros(n_days, n_districts, 3),
            isolated=zeros(n_days, n_districts),
            persons_by_tier=zeros(n_days, n_districts, len(TIERS)),
            confined_by_age=zeros(n_days, len(AGE_BANDS), len(TIERS)),
        )
        self.confinement = settings.confinement.tolist()
        n_compounds = len(self.town.compound_start) - 1
        self.stay, self.longest = zeros(n_compounds), zeros(n_compounds)
        self.compound_district = [
            self.town.district_number(start) for start in self.town.compound_start[:-1]
        ]
        self.orders = Orders(
            Places(
                people.districts,
                np.diff(people.district_start).astype(np.int64),
                np.array(self.compound_district),
                np.diff(people.compound_start).astype(np.int64),
            ),
            {"pcr": settings.courses.pcr, "antigen": settings.courses.antigen},
        )

    def _read_disease(self) -> None:
        courses, contacts = self.settings.courses, self.settings.contacts
        self.by_day = courses.infectiousness.round(12).tolist()
        rates, weights = contacts.per_day.tolist(), contacts.weight.tolist()
        self.strength = [rate * weight for rate, weight in zip(rates, weights, strict=True)]
        building, compound = self.strength[BUILDING], self.strength[COMPOUND]
        self.open_to_all = building + compound + self.strength[COMMUNITY]
        self.in_building = chance(building / max(self.open_to_all, 1e-300))
        self.in_compound = chance((building + compound) / max(self.open_to_all, 1e-300))
        self.own_subdistrict = chance(contacts.own_subdistrict)
        highest = max(courses.susceptibility)
        self.susceptible = [chance(s / highest) for s in courses.susceptibility]
        self.protection = [chance(p) for p in courses.protection]
        wanes = [day for day, p in enumerate(courses.protection) if p > 0]
        self.wanes_after = wanes[0] if wanes else None
        self.symptomatic = [chance(p) for p in courses.symptomatic_share]
        self.courses = [cumulative(row) for row in courses.probability.tolist()]
        self.onsets = cumulative(courses.onset_probability.tolist())
        self.latent = courses.latent_days.tolist()

    # -- the day -----------------------------------------------------------------------------

    def run(self) -> ReferenceEngine:
        """Simulate every day and return the engine itself."""
        for day in range(self.settings.n_days):
            self.measures_decide(day)
            new = self.arrivals(day)
            new += self.transmission(day)
            self.cases += sorted(new, key=lambda case: case.person)
            self.surveillance(day)
            self.count_confinement(day)
        return self

    def key(self, purpose: Purpose, day: int) -> int:
        """Return the key of today's stream of numbers."""
        if (purpose, day) not in self.keys:
            self.keys[purpose, day] = int(stream_key(self.settings.seed, purpose, day))
        return self.keys[purpose, day]

    # -- 1 measures decide ---------------------------------------------------------------------

    def measures_decide(self, day: int) -> None:
        """Let the measures in force order; they see what was reported up to yesterday."""
        self.orders.reset()
        seen = np.array(self.counts.reports[:day]).reshape(day, self.town.n_districts, 3)
        date = self.settings.start + timedelta(days=day)
        today = Today(day, date, Observed(seen[:, :, 0], seen[:, :, 1]))
        for measure in self.settings.measures:
            after = measure.first is None or measure.first <= date
            if after and (measure.last is None or date <= measure.last):
                measure.order(today, self.orders.places, self.orders)
        orders = self.orders
        self.tier = orders.tier.tolist()
        self.multiplier = [orders.contacts.tolist(), orders.essential.tolist()]
        self.seek = [[chance(p) for p in by_day] for by_day in orders.seek.tolist()]
        self.screen = [[chance(p) for p in by_day] for by_day in orders.screen.tolist()]

    # -- 2 arrivals ----------------------------------------------------------------------------

    def arrivals(self, day: int) -> list[Case]:
        """Infect the persons who bring the infection in from outside today."""
        chosen: list[int] = []
        for number, arrival in enumerate(self.settings.arrivals):
            if arrival.day != day:
                continue
            key = self.key(Purpose.SEEDING, day * 4096 + number % 4096)
            residents = range(arrival.first, arrival.last)
            wanted = min(arrival.infections, len(residents))
            drawn = [residents[pick(draw_plain(key, i, 0), len(residents))]
                     for i in range(64 * wanted)]  # fmt: skip
            taken = 0
            for person in (*drawn, *residents):  # by lot; if too few are found, whoever is left
                if taken == wanted:
                    break
                if person not in chosen and self.can_be_infected(person, day):
                    chosen.append(person)
                    taken += 1
        return [self.infect(day, person, None, SEED) for person in sorted(chosen)]

    def can_be_infected(self, person: int, day: int) -> bool:
        """Return whether a person is not protected: never infected, or protection has waned.

        Whether protection has begun to wane is looked at once a week.
        """
        if person not in self.last_case:
            return True
        if self.wanes_after is None:
            return False
        review = day - day % REVIEW_DAYS
        return review - self.last_case[person].day >= self.wanes_after

    # -- 3 transmission ------------------------------------------------------------------------

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
            self.met.reinfections += target in self.last_case
            new.append(self.infect(day, target, winner.source, winner.layer))
        return new

    def precedence(self, exposure: Exposure) -> tuple[int, int]:
        """Return what decides between infectors of one person: the smallest wins."""
        return (exposure.tie_break, exposure.order)

    def exposures(self, day: int) -> Iterator[Exposure]:
        """Draw the contacts of everyone infectious today that would infect the one met."""
        order = 0
        for case in self.cases:
            strength = self.infectiousness(case, day)
            if strength == 0 or not self.is_at_large(case, day):
                continue
            for layer, target, bits in self.potential_infections(case.person, strength, day):
                order += 1
                if not self.can_be_infected(target, day):
                    continue
                more = second_plain(bits)
                if not self.contact_happens(case.person, target, layer, low31(more)):
                    continue
                if not self.accepts(target, day, high31(more)):
                    continue
                tie_break = second_plain(more ^ int(GOLDEN)) >> 58
                yield Exposure(case, target, layer, tie_break, order)

    def infectiousness(self, case: Case, day: int) -> float:
        """Return what a weighted contact with a case would transmit today, 0 if nothing."""
        by_day = self.by_day[case.course]
        since = day - case.day
        return self.settings.transmissibility * by_day[since] if since < len(by_day) else 0.0

    def how_many(self, mean: float, value: int) -> int:
        """Return a Poisson number from a 31-bit number; 79 is the most."""
        if mean not in self.poisson:
            table = [chance(p) for p in stats.poisson.cdf(range(MOST), mean)]
            self.poisson[mean] = [*table[:-1], ALWAYS]
        return bisect_right(self.poisson[mean], value)

    def is_at_large(self, case: Case, day: int) -> bool:
        """Return whether a case still meets others: isolation begins when the result is known."""
        isolated = case.isolated_from is not None and case.isolated_from <= day
        self.met.silenced += isolated
        return not isolated

    def potential_infections(
        self, person: int, infectiousness: float, day: int
    ) -> Iterator[tuple[int, int, int]]:
        """Draw layer, person met and random bits of contacts that would infect a susceptible."""
        key = self.key(Purpose.TRANSMISSION, day)
        numbers = draw_plain(key, person, NUMBER_DRAW)

        household = self.town.household(person)
        if len(household) > 1:
            exponent = 1 - self.settings.contacts.household_exponent
            rate = self.strength[HOUSEHOLD] * (len(household) - 1.0) ** exponent
            n = self.how_many(rate * infectiousness, low31(numbers))
            for i in range(n):
                bits = draw_plain(key, person, HOUSEHOLD_DRAWS + i)
                yield HOUSEHOLD, one_of_the_others(household, person, bits), bits

        group = self.town.group_of.get(person)
        if group is not None:
            layer = SCHOOL if group < self.town.n_schools else WORKPLACE
            members = self.town.groups[group]
            n = self.how_many(self.strength[layer] * infectiousness, high31(numbers))
            for i in range(n if len(members) > 1 else 0):
                bits = draw_plain(key, person, GROUP_DRAWS + i)
                met = members[pick(bits, len(members) - 1)]
                if met == person:  # the last member stands in for oneself
                    met = members[-1]
                yield layer, met, bits

        n = self.how_many(self.open_to_all * infectiousness, low31(second_plain(numbers)))
        for i in range(n):
            bits = draw_plain(key, person, OPEN_DRAWS + i)
            layer, place = self.place_open_to_all(person, bits)
            others = len(place) - (person in place)
            if others > 0:
                yield layer, one_of_the_others(place, person, bits), bits

    def place_open_to_all(self, person: int, bits: int) -> tuple[int, range]:
        """Choose building, compound or community, and for the community, where."""
        if low31(bits) < self.in_building:
            return BUILDING, self.town.building(person)
        if low31(bits) < self.in_compound:
            return COMPOUND, self.town.compound(person)
        where = second_plain(second_plain(bits))
        if low31(where) < self.own_subdistrict:
            return COMMUNITY, self.town.subdistrict(person)
        home = self.town.district_number(person)
        return COMMUNITY, self.town.district(outcome_of(self.town.mixing[home], high31(where)))

    def contact_happens(self, source: int, target: int, layer: int, value: int) -> bool:
        """Return whether both sides still make this contact under today's orders."""
        if value >= self.still_made(source, layer):
            self.met.not_made_by_source += 1
            return False
        if value >= self.still_made(target, layer):
            self.met.not_made_by_target += 1
            return False
        return True

    def still_made(self, person: int, layer: int) -> int:
        """Return the chance that a person still makes a contact in a layer today."""
        tier = self.tier[self.town.compound_number(person)]
        district, essential = self.town.district_number(person), self.town.essential[person]
        ordered = self.multiplier[essential][district][layer]
        return chance(ordered * self.confinement[tier][essential][layer])

    def accepts(self, target: int, day: int, value: int) -> bool:
        """Return whether a contact infects the one met, by age and by days since infection."""
        limit = self.susceptible[self.town.age[target]]
        if target in self.last_case:
            since = min(day - self.last_case[target].day, len(self.protection) - 1)
            limit = limit * self.protection[since] >> 31
        return value < limit

    def infect(self, day: int, person: int, source: Case | None, layer: int) -> Case:
        """Infect a person: draw the course, and count."""
        bits = draw_plain(self.key(Purpose.COURSE, day), person, 0)
        has_symptoms = low31(bits) < self.symptomatic[self.town.age[person]]
        course = outcome_of(self.courses[1 if has_symptoms else 0], high31(bits))
        onset = None
        if has_symptoms:
            onset = self.latent[course] + outcome_of(self.onsets, low31(second_plain(bits)))
        case = Case(day, person, source, layer, course, onset)
        self.last_case[person] = case
        counts = self.counts
        counts.infections[day][self.town.district_number(person)][layer] += 1
        counts.infections_by_age[day][self.town.age[person]] += 1
        counts.infections_by_tier[day][self.tier[self.town.compound_number(person)]] += 1
        if source is not None:
            counts.secondary[source.day] += 1
        return case

    # -- 4 surveillance ------------------------------------------------------------------------

    def surveillance(self, day: int) -> None:
        """Look for everyone infected and not yet known, today's infections included."""
        for case in self.cases:
            if case.known:
                continue
            district = self.town.district_number(case.person)
            if self.seeks_test(case, district, day):
                self.met.found_by_symptoms += 1
                wait = int(self.orders.seek_wait[district])
                isolate = bool(self.orders.seek_isolate[district])
            elif self.is_found_by_screening(case, district, day):
                self.met.found_by_screening += 1
                wait = int(self.orders.screen_wait[district])
                isolate = bool(self.orders.screen_isolate[district])
            else:
                continue
            case.known = True
            self.report(case, district, day + wait)
            if isolate:
                case.isolated_from = day + wait
                self.count(self.counts.isolated, day + wait, district)

    def seeks_test(self, case: Case, district: int, day: int) -> bool:
        """Return whether a person with symptoms takes a test today."""
        if case.onset is None:
            return False
        since = day - case.day
        ill = since - case.onset
        by_day = self.seek[district]
        if not 0 <= ill < len(by_day):
            return False
        bits = draw_plain(self.key(Purpose.SYMPTOM_TEST, day), case.person, since)
        return low31(bits) < by_day[ill]

    def is_found_by_screening(self, case: Case, district: int, day: int) -> bool:
        """Return whether screening finds a person today."""
        since = day - case.day
        by_day = self.screen[district]
        if since >= len(by_day):
            return False
        bits = draw_plain(self.key(Purpose.SCREENING, day), case.person, since)
        return low31(bits) < by_day[since]

    def report(self, case: Case, district: int, known: int) -> None:
        """Report a person found: confirmed or asymptomatic, and perhaps reclassified later."""
        confirmed, asymptomatic, reclassified = range(3)
        rules = self.settings.reporting
        bits = draw_plain(self.key(Purpose.REPORTING, case.day), case.person, 0)
        if low31(bits) < int(rules.confirmed):
            self.count(self.counts.reports, known, district, confirmed)
            return
        self.count(self.counts.reports, known, district, asymptomatic)
        if high31(bits) < int(rules.reclassified):
            delay = outcome_of(rules.delay.tolist(), low31(second_plain(bits)))
            self.count(self.counts.reports, known + delay, district, reclassified)

    def count(self, table: list, day: int, *place: int) -> None:
        """Add one to a count of a day of the run; what happens after its end is not counted."""
        if day >= self.settings.n_days:
            return
        row = table[day]
        for index in place[:-1]:
            row = row[index]
        row[place[-1]] += 1

    # -- 5 ledger ------------------------------------------------------------------------------

    def count_confinement(self, day: int) -> None:
        """Count residents by tier, and the unbroken stay of each compound behind closed gates."""
        for compound, tier in enumerate(self.tier):
            residents = self.town.residents(compound)
            district = self.compound_district[compound]
            self.counts.persons_by_tier[day][district][tier] += len(residents)
            for person in residents:
                self.counts.confined_by_age[day][self.town.age[person]][tier] += 1
            closed = tier >= CONTROLLED
            self.stay[compound] = self.stay[compound] + 1 if closed else 0
            self.longest[compound] = max(self.longest[compound], self.stay[compound])
            self.met.confined += len(residents) if closed else 0

    # -- results -------------------------------------------------------------------------------

    def infections(self) -> list[tuple[int, int, int, int]]:
        """Return (day, person, source or -1, layer) of every infection, by day and person."""
        return sorted(
            (case.day, case.person, -1 if case.source is None else case.source.person, case.layer)
            for case in self.cases
        )

    def longest_stays(self) -> list:
        """Return residents by age band and longest stay, shape (18, n_days + 1)."""
        table = zeros(len(AGE_BANDS), self.settings.n_days + 1)
        for compound, days in enumerate(self.longest):
            for person in self.town.residents(compound):
                table[self.town.age[person]][days] += 1
        return table


def one_of_the_others(place: range, person: int, bits: int) -> int:
    """Return someone in a place by lot, not the person; the ids above are shifted by one."""
    if person not in place:
        return place[pick(bits, len(place))]
    met = place[pick(bits, len(place) - 1)]
    return met + 1 if met >= person else met
