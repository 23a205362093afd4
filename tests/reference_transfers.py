"""For the reference engine: who moves to a bed in the morning, on which bus, and with whom."""

from __future__ import annotations

import numpy as np
from reference_containment import Containment
from reference_world import (
    AT_HOME,
    AT_LARGE,
    AWAY,
    CASE,
    COMPANION,
    CONTACT,
    FALSE_POSITIVE,
    SECOND_CONTACT,
    Stay,
)

from lazaretto.chance import Purpose
from lazaretto.measures.rules import HoldRule

AGE_WIDTH = 5


class Transfers(Containment):
    """Which of the isolated are moved, and where to."""

    def hold_rules(self) -> list[list[tuple[np.ndarray, HoldRule]]]:
        """Return the rules of isolation: of cases, of contacts, of contacts of contacts."""
        rules = self.orders.rules
        return [rules.cases, rules.contacts, rules.second_contacts]

    def kind_of(self, stay: Stay) -> int:
        """Return which of `hold_rules` holds for a person: errors go with cases."""
        return {CONTACT: 1, SECOND_CONTACT: 2}.get(stay.reason, 0)

    def transfers(self, day: int) -> None:
        """Move the isolated to free beds, those isolated longest first, as far as seats last.

        Who has spent more than half of the least days at home stays there.
        """
        amount = [int(a) for a in self.orders.amount]
        beds, seats = list(amount), list(amount)
        for stay in self.isolated.values():
            if stay.bed is not None:
                beds[stay.bed] -= 1
        self.riders, first_bus = [], 0
        for kind, rules in enumerate(self.hold_rules()):
            for _, rule in rules:
                for stock, going in self.moved_by(day, kind, rules, rule, beds, seats):
                    first_bus = self.board(going, rule.bus, stock, first_bus)
        for number, stock in enumerate(self.settings.stocks):
            if stock.unit == "seats/day":
                self.used[number] += amount[number] - seats[number]

    def moved_by(
        self, day: int, kind: int, rules: list, rule: HoldRule, beds: list[int], seats: list[int]
    ) -> list[tuple[int, list[int]]]:
        """Move those whom one rule concerns; return who went to the beds of which stock."""
        stocks = [self.orders.stock(name) for name in rule.beds]
        waiting = [
            person
            for person, stay in sorted(self.isolated.items())
            if self.kind_of(stay) == kind
            and stay.reason != COMPANION
            and self.rule_in(rules, self.town.district_number(person)) is rule
            and stay.bed not in stocks
            and day - stay.since >= rule.transfer_days
            and day - stay.since <= max(rule.least_days // 2, rule.transfer_days)
        ]
        waiting.sort(key=lambda p: (self.isolated[p].since, self.lot(Purpose.ISOLATION, 0, p, 1)))
        seat = None if rule.seats is None else self.orders.stock(rule.seats)
        trips = []
        for stock in stocks:
            n = min(max(beds[stock], 0), len(waiting))
            if seat is not None:
                self.met.no_seat += max(n - seats[seat], 0)
                n = min(n, seats[seat])
            if n == 0:
                continue
            going, waiting = sorted(waiting[:n]), waiting[n:]
            for person in going:
                self.isolated[person].bed = stock
                self.move(person, AWAY)
            beds[stock] -= n
            if rule.with_parent:
                spare = beds[stock] if seat is None else min(beds[stock], seats[seat] - n)
                adults = self.companions(rule, going, stock, spare)
                for adult in adults:
                    self.accompany(day, adult, stock)
                beds[stock] -= len(adults)
                going = sorted([*going, *adults])
            if seat is not None:
                seats[seat] -= len(going)
            self.met.transferred += len(going)
            trips.append((stock, going))
        if stocks:
            for stock in stocks:
                self.waiting[stock] += len(waiting)
            self.met.no_bed += len(waiting)
        return trips

    def companions(self, rule: HoldRule, going: list[int], stock: int, most: int) -> list[int]:
        """Return an adult of the household for each child that would be alone, as beds last.

        The first one who is at large or isolated at home, else who is a companion elsewhere;
        brothers and sisters share one.
        """
        first_adult = -(-rule.child_age // AGE_WIDTH)
        adults: list[int] = []
        for child in going:
            if self.town.age[child] >= first_adult or self.isolated[child].reason == COMPANION:
                continue
            household = self.town.household(child)
            if any(self.town.age[p] >= first_adult and p in self.isolated
                   and self.isolated[p].bed == stock for p in household):  # fmt: skip
                continue
            able = [p for p in household if self.town.age[p] >= first_adult
                    and self.where_is(p) in (AT_LARGE, AT_HOME)]  # fmt: skip
            able += [p for p in household if self.town.age[p] >= first_adult
                     and p in self.isolated and self.isolated[p].reason == COMPANION]  # fmt: skip
            if able and not any(adult in household for adult in adults):
                adults.append(able[0])
        return adults[:most]

    def child_with(self, adult: int) -> int | None:
        """Return the first child of the household in the same place that a rule keeps there."""
        rules, here = self.hold_rules(), self.isolated[adult].bed
        for person in self.town.household(adult):
            stay = self.isolated.get(person)
            if stay is None or stay.reason == COMPANION or stay.bed != here:
                continue
            district = self.town.district_number(person)
            rule = self.rule_in(rules[self.kind_of(stay)], district)
            if rule is not None and self.town.age[person] < -(-rule.child_age // AGE_WIDTH):
                return person
        return None

    def accompany(self, day: int, adult: int, stock: int) -> None:
        """Let an adult go along with a child."""
        stay = self.isolated.get(adult)
        self.move(adult, AWAY)
        if stay is not None and stay.reason in (CASE, FALSE_POSITIVE, COMPANION):  # and stays one
            self.met.followed += stay.reason == COMPANION
            stay.bed = stock
            return
        self.isolated[adult] = Stay(COMPANION, day, stock)
        self.counts.isolated[day, self.town.district_number(adult), COMPANION] += 1
        self.met.companions += 1

    def board(self, going: list[int], size: int, stock: int, first: int) -> int:
        """Seat neighbours of one district in the same bus; return the next number of a bus."""
        bus, seat, last = first - 1, size, None
        for person in going:
            district = self.town.district_number(person)
            if district != last or seat == size:
                bus, seat, last = bus + 1, 0, district
            seat += 1
            self.riders.append((person, bus, self.settings.stocks[stock].bus_contacts))
        return bus + 1
