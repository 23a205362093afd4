"""The reference engine: the specification of Lazaretto's engine, in plain Python, to be read.

One resident, one contact, one decision at a time; no kernels, no threads, no packed records, no
buffers, no short cuts. It draws the same keyed random numbers as the engine and must give the same
infections: who, when, by whom, where, and the same counts. Where the two differ, one of them is
wrong.

What it shares with the engine: the keyed numbers themselves (`draw_plain`), scipy's Poisson and
binomial distributions, the measures, which act on places, and the empty arrays of the tally.
Everything else is written out again, in these files, each of which adds to the one before:

    reference_town         chances, and the residents in their places
    reference_world        what is kept of persons, samples and places
    reference_people       who breaks the rules, who joins a break-out
    reference_contacts     who meets whom, what orders leave of it, and the diary
    reference_infection    who is infected, where, and how it goes on
    reference_containment  results, isolation, treatment, tracing
    reference_transfers    who moves to which bed, on which bus, with whom
    reference_evening      samples, laboratories, releases
    reference_care         hospitals, deaths, vaccination
    reference_border       travellers
    reference_engine       the day

The rules of a day, in order:

1.  The measures in force order tiers of buildings, contacts that remain, rules for persons, and
    stocks. They see what was reported up to yesterday. Of several rules of a kind the first that
    holds where a person lives decides; symptom tests and rounds add up. Then people respond, place
    by place: they tire, go short, break out; concessions lower tiers.
2.  In the morning results come back. A case is reported once per infection, marks its building,
    compound and subdistrict unless it was found away from them, is isolated at home unless it is
    isolated already, waits for a tracer, and may be treated. Then contacts are listed: household
    members on the day of the result, others when a tracer asks; whoever is at large and no known
    case may be quarantined at home, and a contact of a contact may turn out to be a contact. Then
    the isolated move to free beds in buses, those isolated longest first, but none who has spent
    half of the least days at home, and an adult may go with a child. Then vaccine doses are given.
3.  Infections from outside arrive among those who can be infected; then travellers leave the
    facilities of the border, still infectious, those at home are found or let go, riders are
    infected on their bus, and the isolated in their facility.
4.  Everyone infectious, and not away or dead, draws potential infections. A contact takes place
    if both sides still make it: one isolated at home makes few, one away none, staff on site meet
    only each other, all others as the tier of their building and the orders leave; neighbours
    who queue for tests meet again. What only a tier forbids happens all the same if both are
    out on their own account, if the one who visits breaks the rules, or in a break-out. It infects
    by the susceptibility of the one met, by age, vaccine and days since the last infection. Of
    several infectors the smallest tie-break wins.
5.  The severely ill come to hospital when there is a bed, leave it, or die, more often without
    one. Where no measure cares for the ill they are counted, and meet others as before.
6.  In the evening the symptomatic seek tests, screening looks for everybody infected, and a few
    who are not infected become positives by error. The isolated are tested and released. Tubes
    wait their turn in the laboratories. Results on the spot are delivered like in the morning,
    except that isolation begins tomorrow.
7.  The day is counted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
from reference_border import Border
from reference_contacts import Day
from reference_world import IN_BED, WITHOUT_BED, Case

from lazaretto.measures import Observed, Today
from lazaretto.words import CONTROLLED

LONGEST_LAG = 21
"""Days after which a compound with a positive is looked at again, at most."""

CHILD_AGE = 15
"""Age below which a person is a child, years, where no rule of isolation says it."""

AGE_WIDTH = 5

NEVER_LEFT = 1 << 14
"""Days since a building was let out that never was."""


class ReferenceEngine(Border):
    """One run in plain Python.

    Parameters
    ----------
    people, settings
        As for `lazaretto.engine.simulation.Simulation`.
    """

    def run(self) -> ReferenceEngine:
        """Simulate every day and return the engine itself."""
        for day in range(self.settings.n_days):
            self.one_day(day)
        return self

    def one_day(self, day: int) -> None:
        """Simulate a day."""
        self.measures_decide(day)
        self.morning(day)
        arrived = self.arrivals(day)
        self.keep(arrived)
        self.today.where = dict(self.where)
        spread = self.transmission(day)
        self.keep(spread)
        for case in [*arrived, *spread]:
            self.expect(case)
        self.count_isolated(day)
        self.progression(day)
        if self.looked_for:
            self.samples_are_taken(day)
            self.results_come(day, day + 1)
        self.ledger(day)
        self.days.append(self.today)

    def keep(self, new: list[Case]) -> None:
        """Keep infections in order of day and person; nobody infected today infects others."""
        self.cases = sorted([*self.cases, *new], key=lambda case: (case.day, case.person))

    # -- 1 measures decide ---------------------------------------------------------------------

    def measures_decide(self, day: int) -> None:
        """Let the measures in force order; they see what was reported up to yesterday."""
        orders, date = self.orders, self.settings.start + timedelta(days=day)
        if self.settings.measures or self.response is not None:
            orders.reset(day)
            seen = Today(day, date, self.observed(day))
            for i, measure in enumerate(self.settings.measures):
                before = self.triggered[i]
                self.triggered[i] = measure.watch(before, seen, orders.places)
                self.met.triggered += int((self.triggered[i] > 0).sum())
                self.met.ended += int(((before > 0) & (self.triggered[i] == 0)).sum())
                after = measure.first is None or measure.first <= date
                if after and (measure.last is None or date <= measure.last):
                    active = replace(seen, active=self.triggered[i])
                    measure.order(active, orders.places, orders)
            if self.response is not None:
                self.response.respond(day, orders, seen.observed)
        self.today = Day.of(orders, self.town, self.settings, self.moods(), day)

    def observed(self, day: int) -> Observed:
        """Return what officials see on a morning."""
        counts, none = self.counts, np.zeros(len(self.used), np.int64)
        clear = {
            place: np.array([day - 1 - last for last in days], np.int32)
            for place, days in self.last_positive.items()
        }
        return Observed(
            confirmed=counts.reports[:day, :, 0],
            asymptomatic=counts.reports[:day, :, 1],
            found=counts.found[:day],
            deaths=counts.deaths[:day],
            patients=counts.patients[day - 1] if day else np.zeros_like(counts.patients[0]),
            building_clear=clear["building"],
            compound_clear=clear["compound"],
            subdistrict_clear=clear["subdistrict"],
            stock_used=counts.stock_used[day - 1] if day else none,
            stock_waiting=counts.stock_waiting[day - 1] if day else none,
            stocks=tuple(stock.name for stock in self.settings.stocks),
            stock_amount=counts.stock_amount[day - 1] if day else self.orders.amount.copy(),
            days_closed=np.array(self.stay, np.int32),
            days_open=np.array([min(day - end, NEVER_LEFT) for end in self.let_out], np.int32),
            last_stay=np.array(self.last_stay, np.int32),
        )

    # -- 2 morning -----------------------------------------------------------------------------

    def morning(self, day: int) -> None:
        """Deliver results, ask cases, move the isolated, and vaccinate."""
        for number, stock in enumerate(self.settings.stocks):
            self.used[number] = self.waiting[number] = 0
            if stock.unit == "courses":
                self.left[number] += int(self.orders.amount[number])
        self.results_come(day, day)
        self.tracers_ask(day)
        self.transfers(day)
        self.vaccinate(day)

    # -- 7 ledger ------------------------------------------------------------------------------

    def ledger(self, day: int) -> None:
        """Count residents by tier, the isolated, patients, stocks and addresses."""
        self.count_confinement(day)
        self.count_people(day, self.settings.start + timedelta(days=day))
        for patient in self.patients:
            district = self.town.district_number(patient.person)
            self.counts.patients[day, district, patient.level] += patient.status == IN_BED
            self.counts.patients_waiting[day, patient.level] += patient.status == WITHOUT_BED
        self.count_stocks(day)
        self.count_addresses(day)

    def counted_tiers(self) -> list[int]:
        """Return the tiers that are counted: in a small place without concessions."""
        tier = list(self.today.tier)
        if self.response is None or min(self.orders.places.district_persons) >= 100_000:
            return tier
        return [t + int(low) for t, low in zip(tier, self.response.lowered, strict=True)]

    def count_confinement(self, day: int) -> None:
        """Count residents by tier, and the unbroken stay of each building behind closed gates."""
        town, counts = self.town, self.counts
        tiers: dict[int, set[int]] = {}
        for building, tier in enumerate(self.counted_tiers()):
            residents = town.buildings.residents(building)
            counts.persons_by_tier[day, town.building_district[building], tier] += len(residents)
            for person in residents:
                counts.confined_by_age[day, town.age[person], tier] += 1
            closed = tier >= CONTROLLED
            if not closed and self.stay[building]:
                self.last_stay[building], self.let_out[building] = self.stay[building], day
            self.stay[building] = self.stay[building] + 1 if closed else 0
            if closed:
                self.let_out[building] = -NEVER_LEFT
            self.longest[building] = max(self.longest[building], self.stay[building])
            self.met.confined += len(residents) if closed else 0
            tiers.setdefault(town.building_compound[building], set()).add(tier)
        self.met.mixed_compounds += sum(len(levels) > 1 for levels in tiers.values())

    def count_isolated(self, day: int) -> None:
        """Count who is isolated why and where, and children without an adult of their own.

        After transfers and before anybody is released, so that N days are N person-days.
        """
        self.beds_taken = [
            sum(stay.bed == number for stay in self.isolated.values())
            for number in range(len(self.settings.stocks))
        ]
        self.apart = set(self.isolated)
        town, counts = self.town, self.counts
        ages = [rule.child_age for _, rule in self.orders.rules.cases] or [CHILD_AGE]
        first_adult = -(-max(ages) // AGE_WIDTH)
        for person, stay in self.isolated.items():
            where = 0 if stay.bed is None else 1
            counts.held[day, town.district_number(person), stay.reason, where] += 1
            if stay.bed is None or town.age[person] >= first_adult:
                continue
            counts.children_apart[day] += not any(
                town.age[member] >= first_adult
                and member in self.isolated
                and self.isolated[member].bed == stay.bed
                for member in town.household(person)
            )
        if self.persons_move:
            counts.absent_essential[day] = self.absent_essential()

    def count_stocks(self, day: int) -> None:
        """Count stocks; beds of facilities that are taken at the end of the day are used."""
        care = {name for _, rule in self.orders.rules.care for name in (rule.ward, rule.icu)}
        for number, stock in enumerate(self.settings.stocks):
            if stock.unit == "beds" and stock.name not in care:
                self.used[number] = self.beds_taken[number]
            amount = int(self.orders.amount[number])
            if self.settings.stocks[number].unit == "courses":  # what there was, not what came
                amount = self.left[number] + self.used[number]
            self.counts.stock_amount[day, number] = amount
            self.counts.stock_used[day, number] = self.used[number]
            self.counts.stock_waiting[day, number] = self.waiting[number]

    def count_addresses(self, day: int) -> None:
        """Count compounds with a new positive, and those that had one some days before."""
        counts = self.counts
        for days in self.positive_days:
            if day not in days:
                continue
            before = len(days) - 1
            counts.addresses[day] += [1, 1 if before == 0 else 0]
            counts.addresses_by_days[len(days)] += 1
            counts.addresses_by_days[before] -= before > 0
            for then in days:
                if day - then <= LONGEST_LAG:
                    counts.addresses_again[then, day - then] += 1
