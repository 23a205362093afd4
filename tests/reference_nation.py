"""The reference engine of a nation: who travels where, and whom travellers infect, in plain Python.

Every town is a `ReferenceEngine`, awake from the first day. The rules of a day, beside those of the
towns:

1.  Each town has its morning and its arrivals. Its travel measures then say which share of the
    trips out of it and into it is made, who is tested before a trip, and how long those who come
    from a place at risk (cases reported in the 14 days before today) are in quarantine.
2.  Trips set out: the k-th trip of a town on a day is drawn from seed, day and k, with the person,
    the destination and the stay, and whether it is one of those that measures prevent. Whoever is
    not at large, lives behind closed gates, or is found by a test, does not go. Days before the
    run had trips as well.
3.  Who set out on day d for n days is away on the days d to d + n - 1, then in quarantine at home
    as long as today's rules say. Of several trips the one that began first holds; of trips that
    began on one day the longest. Nobody who is not at large is away.
4.  An infectious visitor whose quarantine there is over lodges at the address of a resident drawn
    for the trip, and meets whom that resident would meet in building, compound and community, if
    both sides may. All levels of transmission are those of the place where people meet.
5.  An infectious resident at large has, beside the contacts with residents, some with visitors:
    as many more as visitors are expected to be out and about for a resident. So has a visitor.
    Nobody exposes more than eight. Whose home the visitor met is in is drawn in proportion to
    those expected, and who it is, among those of that home who are out and about there.
6.  All these are infected before the town transmits: of several exposures of one person the
    smallest tie-break wins, then the order. The infector is not known; it counts as travel.
7.  Those who are away, or in quarantine after their return, are so while the town transmits. In
    the evening everybody is at home. A diary of contacts, asked later, does not know of travel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from plain_chance import second_plain
from reference_infection import SHED_UNIT
from reference_town import chance, cumulative, high31, low31, one_of_the_others, outcome_of, pick
from reference_travel import Exposed, Journeys, ReferenceTown, Trip
from reference_world import AT_HOME, AT_LARGE, AWAY, Case
from scipy import stats

from lazaretto.chance import GOLDEN, Purpose, draw_plain
from lazaretto.words import BUILDING, COMMUNITY, COMPOUND

__all__ = ["Exposed", "ReferenceNation", "ReferenceTown", "Trip", "Visitor"]

NUMBER_DRAW = 511
"""Index of the draw that says how many a visitor meets."""

MOST_EXPOSED = 8
"""Most visitors one person exposes on a day."""


@lru_cache(maxsize=10_000)
def numbers_of(mean: float) -> list[int]:
    """Return the chance of at most 0, 1, 2, ... exposures of visitors by one person."""
    return [chance(p) for p in stats.poisson.cdf(range(MOST_EXPOSED), mean)]


def open_to_all(rates: list[float]) -> float:
    """Return the weighted contacts a day in building, compound and community together."""
    return rates[BUILDING] + rates[COMPOUND] + rates[COMMUNITY]


@dataclass(frozen=True)
class Visitor:
    """An infectious visitor out and about."""

    home: int
    trip: Trip
    case: Case

    @property
    def entity(self) -> int:
        """The number by which a visitor is drawn for."""
        return (self.home + 1) << 32 | self.trip.person


class ReferenceNation(Journeys):
    """One run of several towns in plain Python; arguments as for `Journeys`."""

    def run(self) -> ReferenceNation:
        """Simulate every day and return the nation itself."""
        for day in range(self.towns[0].settings.n_days):
            self.one_day(day)
        return self

    def one_day(self, day: int) -> None:
        """Simulate a day."""
        for town in self.towns:
            town.before_travel(day)
        self.rules_of_travel(day)
        for home in range(len(self.towns)):
            self.leave(home, day)
        self.away = [self.who_is_away(home, day) for home in range(len(self.towns))]
        for town, away in zip(self.towns, self.away, strict=True):
            there = {p: AWAY if self.is_there(trip, day) else AT_HOME for p, trip in away.items()}
            town.today.where = town.where | there
        exposed: list[list[Exposed]] = [[] for _ in self.towns]
        bits_of: list[list[tuple[int, int, int]]] = [[] for _ in self.towns]
        for place in range(len(self.towns)):
            visitors = self.visitors(place, day)
            self.infectious_visitors[day, place] = len(visitors)
            for visitor in visitors:
                exposed[place] += self.visitor_exposes(place, visitor, day)
            for home, bits, since in self.visitors_exposed(place, visitors, day):
                bits_of[home].append((place, bits, since))
        for home in range(len(self.towns)):
            for place, bits, since in bits_of[home]:
                exposed[home] += self.caught_away(home, place, bits, since, day)
        for town, of_town in zip(self.towns, exposed, strict=True):
            town.infect_travellers(day, of_town)
        for town in self.towns:
            town.after_travel(day)

    # -- 4 visitors expose residents -----------------------------------------------------------

    def visitors(self, place: int, day: int) -> list[Visitor]:
        """Return the infectious visitors out and about in a town, by home and person."""
        found = []
        for home, away in enumerate(self.away):
            for person, trip in sorted(away.items()):
                case = self.towns[home].last_case.get(person)
                there = trip.to == place and self.is_there(trip, day)
                if not there or case is None or case.day == day:
                    continue
                if self.towns[home].infectiousness_of(case, day) > 0:
                    if self.in_quarantine(home, trip, day):
                        self.count("in_quarantine_there")
                    else:
                        found.append(Visitor(home, trip, case))
        return found

    def lodges_with(self, place: int, visitor: Visitor, day: int) -> int:
        """Return the resident at whose address a visitor lodges, the same for all of the trip."""
        town = self.towns[place]
        bits = draw_plain(town.key(Purpose.LODGING), visitor.entity, visitor.trip.day % 512)
        return pick(bits, town.town.n_persons)

    def infectiousness_of_visitor(self, place: int, visitor: Visitor, day: int) -> float:
        """Return what a weighted contact with a visitor transmits, as if to a resident."""
        return self.towns[place].infectiousness_of(visitor.case, day)

    def visitor_exposes(self, place: int, visitor: Visitor, day: int) -> Iterator[Exposed]:
        """Draw the residents whom a visitor exposes."""
        town, who = self.towns[place], visitor.entity
        host = self.lodges_with(place, visitor, day)
        key = town.key(Purpose.VISITING, day)
        rates = town.drawn(host, town.strength)
        mean = self.infectiousness_of_visitor(place, visitor, day) * open_to_all(rates)
        for i in range(town.how_many(mean, low31(draw_plain(key, who, NUMBER_DRAW)))):
            bits = draw_plain(key, who, i)
            layer, there = town.place_open_to_all(host, bits, *town.near(rates))
            if len(there) == (host in there):
                continue
            met, more = one_of_the_others(there, host, bits), second_plain(bits)
            if not town.can_be_infected(met, day):
                continue
            if not town.meets_visitor(host, met, layer, more):
                self.count("visitor_not_met")
                continue
            if town.accepts(met, day, high31(more)):
                self.count("residents_exposed")
                tie_break = second_plain(more ^ int(GOLDEN)) >> 58
                yield Exposed(met, day - visitor.case.day, tie_break)

    # -- 5 residents and visitors expose visitors ----------------------------------------------

    def expected_visitors(self, place: int, day: int) -> list[float]:
        """Return how many residents of each town are expected to be out and about in a town."""
        expected = []
        for home in range(len(self.towns)):
            total = 0.0
            for gone in range(self.flows.stays.shape[1]):
                if gone < self.quarantine[home][place]:
                    continue
                day_out = day - gone
                made = self.share_made.get(day_out)
                share = made[home][place] if made else 1.0
                still = float(self.flows.stays[day_out + self.flows.before, gone:].sum())
                total += share * self.intended(home, place, day_out) * still
            expected.append(total)
        return expected

    def visitors_exposed(
        self, place: int, visitors: list[Visitor], day: int
    ) -> Iterator[tuple[int, int, int]]:
        """Draw home, random bits and days since infection of the source of exposed visitors."""
        town, expected = self.towns[place], self.expected_visitors(place, day)
        total = sum(expected)
        if total == 0:
            return
        homes = cumulative([each / total for each in expected])
        key = town.key(Purpose.HOSTING, day)
        for who, case in self.sources(place, visitors):
            strength = round(town.infectiousness_of(case, day) * SHED_UNIT) / SHED_UNIT
            mean = strength * open_to_all(town.strength) * total / town.town.n_persons
            if mean == 0 or town.today.where.get(who, AT_LARGE) != AT_LARGE:
                continue
            value = low31(draw_plain(key, who, 0))
            for i in range(sum(number <= value for number in numbers_of(mean))):
                bits = draw_plain(key, who, i + 1)
                if who < town.town.n_persons and not self.hosts(place, who, bits):
                    continue
                yield outcome_of(homes, high31(bits)), bits, day - case.day

    def sources(self, place: int, visitors: list[Visitor]) -> list[tuple[int, Case]]:
        """Return who may expose visitors, by the number by which they are drawn for."""
        residents = [(case.person, case) for case in self.towns[place].cases]
        return residents + [(visitor.entity, visitor.case) for visitor in visitors]

    def hosts(self, place: int, person: int, bits: int) -> bool:
        """Return whether a resident may meet a visitor: as in the community."""
        town = self.towns[place]
        if not town.meets_others(person):
            return False
        return low31(second_plain(bits)) < town.today.still_made(person, COMMUNITY)

    def out_and_about(self, home: int, place: int, day: int) -> list[int]:
        """Return who of a town is in another and not in quarantine."""
        return [
            person
            for person, trip in self.away[home].items()
            if trip.to == place
            and self.is_there(trip, day)
            and not self.in_quarantine(home, trip, day)
        ]

    def caught_away(
        self, home: int, place: int, bits: int, since: int, day: int
    ) -> Iterator[Exposed]:
        """Expose one of those of a town who are out and about in another, by lot."""
        town = self.towns[home]
        out = self.out_and_about(home, place, day)
        if not out:
            return
        person = out[low31(bits) * len(out) >> 31]
        more = second_plain(second_plain(bits))
        if town.can_be_infected(person, day) and town.accepts(person, day, high31(more)):
            self.count("visitors_exposed")
            yield Exposed(person, since, second_plain(more) >> 58)
