"""For the reference engine of a nation: towns, rules of travel, who sets out and who is away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from plain_chance import second_plain
from reference_contacts import Day
from reference_engine import ReferenceEngine
from reference_town import chance, cumulative, high31, low31, outcome_of, pick
from reference_world import AT_LARGE

from lazaretto.chance import Purpose, draw_plain, stream_key
from lazaretto.nation.travel import Flows
from lazaretto.words import CONTROLLED, TRAVEL

RISK_DAYS = 14
"""Days over which reported cases count for the risk of a place."""


@dataclass(frozen=True)
class Trip:
    """A trip of a resident."""

    day: int
    """Day of departure, the first day there."""
    number: int
    """Number among the trips intended on that day."""
    person: int
    to: int
    stay: int
    """Days away."""
    made_if: int
    """The trip is made if this is below the chance that it is allowed."""
    lot: int
    """Decides whether a test finds an infection."""


@dataclass(frozen=True)
class Exposed:
    """An exposure of a person, at home or away."""

    person: int
    since: int
    """Days since its source was infected."""
    tie_break: int


class ReferenceTown(ReferenceEngine):
    """A town whose residents travel; its day is cut in two."""

    def before_travel(self, day: int) -> None:
        """Simulate the day up to arrivals."""
        self.measures_decide(day)
        self.morning(day)
        self.new = self.arrivals(day)

    def after_travel(self, day: int) -> None:
        """Simulate the rest of the day, beginning with transmission among those at home."""
        self.new += self.transmission(day)
        self.today.where = dict(self.where)  # of travel the diary does not know
        self.cases += sorted(self.new, key=lambda case: case.person)
        for case in self.new:
            self.expect(case)
        self.count_isolated(day)
        self.progression(day)
        if self.looked_for:
            self.samples_are_taken(day)
            self.results_come(day, day + 1)
        self.ledger(day)
        self.days.append(self.today)

    def infect_travellers(self, day: int, exposed: list[Exposed]) -> None:
        """Infect who was exposed by a visitor, or away."""
        for person in {exposure.person for exposure in exposed}:
            rivals = [exposure for exposure in exposed if exposure.person == person]
            winner = self.first_of(rivals)
            self.counts.secondary[day - winner.since] += 1
            self.new.append(self.infect(day, person, None, TRAVEL))

    def first_of(self, rivals: list[Exposed]) -> Exposed:
        """Return which of several exposures of one person infects: the smallest tie-break."""
        return min(rivals, key=lambda exposure: exposure.tie_break)

    def left_to_visitors(self, today: Day, host: int, layer: int) -> int:
        """Return the chance that a visitor at a resident's address still makes a contact."""
        building, compound = self.town.building_number(host), self.town.compound_number(host)
        district, queues = self.town.district_number(host), today.queues[compound]
        return today._chance(district, today.tier[building], 0, False, queues, layer)

    def meets_visitor(self, host: int, met: int, layer: int, bits: int) -> bool:
        """Return whether a resident may meet a visitor who lodges at the address of another."""
        today, value = self.today, low31(bits)
        if value >= self.left_to_visitors(today, host, layer):
            return False
        if not self.is_there(today, met, layer, value) or not self.meets_others(met):
            return False
        if self.side_makes(today, met, layer, value):
            return True
        if not today.moods.leaks or value >= today.usual(met, layer):
            return False
        return self.slips(today, (host, met), layer, bits, [True, False])


@dataclass
class Journeys:
    """Several towns in plain Python, and who of them is away.

    Parameters
    ----------
    towns
        The towns, with their own seeds in their settings.
    flows
        Intended travel.
    """

    kind: ClassVar[type[ReferenceTown]] = ReferenceTown
    towns: list[ReferenceTown]
    flows: Flows
    set_out: list[list[Trip]] = field(init=False)
    """Trips made, by home, in the order in which they hold."""
    away: list[dict[int, Trip]] = field(init=False)
    """Who is away or in quarantine after a return today, by home, in order of departure."""
    share_made: dict[int, list[list[float]]] = field(init=False, default_factory=dict)
    """Share of the trips of a day of the run that are made, by home and destination."""
    met: dict[str, int] = field(init=False, default_factory=dict)
    """How often the rarer rules mattered."""

    def __post_init__(self) -> None:
        n, n_days = len(self.towns), self.towns[0].settings.n_days
        self.departures, self.kept_by_test, self.infectious_visitors, self.trips_lost = (
            np.zeros((n_days, n)) for _ in range(4)
        )
        self.set_out = [
            [trip for day in range(-self.flows.before, 0) for trip in self.let_go(home, day)]
            for home in range(n)
        ]

    def count(self, name: str, number: int = 1) -> None:
        """Note that a rule mattered."""
        self.met[name] = self.met.get(name, 0) + int(number)

    # -- 1 rules of travel ---------------------------------------------------------------------

    def risk(self, place: int, day: int) -> float:
        """Return the cases per 100,000 residents reported in the last days, up to yesterday."""
        town = self.towns[place]
        reports = town.counts.reports[max(day - RISK_DAYS, 0) : day, :, :2]
        return int(reports.sum()) * 100_000 / town.town.n_persons

    def rules_of_travel(self, day: int) -> None:
        """Say what share of trips is made and how long those who come are in quarantine."""
        n = range(len(self.towns))
        orders = [town.orders.travel for town in self.towns]
        risk = [self.risk(place, day) for place in n]
        made = self.share_made[day] = [[1.0] * len(n) for _ in n]
        self.quarantine = [[0] * len(n) for _ in n]
        """Days of quarantine in a place (second) of those who come from another (first)."""
        for origin in n:
            for place in n:
                made[origin][place] = orders[origin].leaving * orders[place].entering
                for rule in orders[place].entry if place != origin else ():
                    if risk[origin] >= rule.per_100000:
                        made[origin][place] *= rule.share
                        longest = max(self.quarantine[origin][place], rule.quarantine_days)
                        self.quarantine[origin][place] = longest
                lost = self.intended(origin, place, day) * (1 - made[origin][place])
                self.trips_lost[day, origin] += lost

    def in_quarantine(self, home: int, trip: Trip, day: int) -> bool:
        """Return whether somebody who is away has no contacts there yet."""
        return day - trip.day < self.quarantine[home][trip.to]

    # -- 2 who sets out ------------------------------------------------------------------------

    def intended(self, home: int, to: int, day: int) -> float:
        """Return the mean trips intended between two towns on a day."""
        return float(self.flows.trips[home, to] * self.flows.by_day[day + self.flows.before])

    def trips_of(self, home: int, day: int) -> Iterator[Trip]:
        """Draw the trips intended out of a town on a day."""
        town = self.towns[home]
        key = int(stream_key(town.settings.seed, Purpose.TRIP, day))
        means = [self.intended(home, to, day) for to in range(len(self.towns))]
        mean = sum(means)
        if mean == 0:
            return
        more = (draw_plain(key, 0, 2) >> 11) * 2.0**-53 < mean - int(mean)
        going = cumulative([each / mean for each in means])
        staying = cumulative(self.flows.stays[day + self.flows.before].tolist())
        for k in range(int(mean) + more):
            bits = draw_plain(key, k, 0)
            rest = second_plain(bits)
            yield Trip(
                day=day,
                number=k,
                person=pick(bits, town.town.n_persons),
                to=outcome_of(going, low31(bits)),
                stay=1 + outcome_of(staying, low31(rest)),
                made_if=high31(rest),
                lot=low31(draw_plain(key, k, 1)),
            )

    def let_go(self, home: int, day: int) -> list[Trip]:
        """Return the trips that measures between towns leave."""
        made = self.share_made.get(day, [[1.0] * len(self.towns) for _ in self.towns])[home]
        return [trip for trip in self.trips_of(home, day) if trip.made_if < chance(made[trip.to])]

    def leave(self, home: int, day: int) -> None:
        """Let those set out who may."""
        for trip in self.let_go(home, day):
            if self.must_stay(home, trip):
                self.count("stayed")
            elif self.found_by_test(home, trip):
                self.kept_by_test[day, home] += 1
            else:
                self.departures[day, home] += 1
                self.set_out[home].append(trip)

    def must_stay(self, home: int, trip: Trip) -> bool:
        """Return whether somebody is isolated, in hospital, or behind closed gates."""
        town = self.towns[home]
        if town.where_is(trip.person) != AT_LARGE:
            return True
        if town.orders.travel.with_leave:
            return False
        return town.today.tier[town.town.building_number(trip.person)] >= CONTROLLED

    def found_by_test(self, home: int, trip: Trip) -> bool:
        """Return whether a test before the trip finds an infection."""
        town, case = self.towns[home], self.towns[home].last_case.get(trip.person)
        detected = town.orders.travel.detected.tolist()
        if case is None or trip.day - case.day >= len(detected):
            return False
        return trip.lot < chance(detected[trip.day - case.day])

    # -- 3 who is away -------------------------------------------------------------------------

    def is_there(self, trip: Trip, day: int) -> bool:
        """Return whether a trip has not ended."""
        return day - trip.day < trip.stay

    def days_at_home(self, home: int, trip: Trip) -> int:
        """Return the days of quarantine after a return."""
        return self.quarantine[trip.to][home]

    def who_is_away(self, home: int, day: int) -> dict[int, Trip]:
        """Return the trip of everybody who is away, or in quarantine after the return."""
        town = self.towns[home]
        oldest = day - self.flows.before
        self.set_out[home] = [trip for trip in self.set_out[home] if trip.day >= oldest]
        away: dict[int, Trip] = {}
        for trip in self.set_out[home]:
            over = day - trip.day >= trip.stay + self.days_at_home(home, trip)
            if over or town.where_is(trip.person) != AT_LARGE:
                continue
            self.count("two_trips", trip.person in away)
            self.count("in_quarantine_at_home", day - trip.day >= trip.stay)
            away.setdefault(trip.person, trip)
        return away
