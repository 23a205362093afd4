"""For the reference engine: results come, cases are isolated and treated, and tracers ask."""

from __future__ import annotations

import math

from plain_chance import second_plain
from reference_infection import Infection
from reference_town import chance, high31, low31, outcome_of
from reference_world import (
    AT_HOME,
    AT_LARGE,
    CASE,
    CONTACT,
    DEAD,
    EXPECTED,
    FALSE_POSITIVE,
    SECOND_CONTACT,
    Sample,
    Stay,
)

from lazaretto.chance import Purpose
from lazaretto.measures.rules import TraceRule, TreatRule
from lazaretto.words import FOUND_WHERE, HOUSEHOLD, LAYERS, TIERS

LOOK_BACK = 21
"""Days before a morning about which a person can be asked."""

QUESTIONS = 1 << 10
"""Contacts of a diary have a number below this; the last one asks who infected the case."""


class Containment(Infection):
    """What follows from a positive result."""

    # -- results -------------------------------------------------------------------------------

    def results_come(self, day: int, acts_on: int) -> None:
        """Deliver the results that are due; isolation acts on the transmission of a given day.

        Of several results of a person one counts: a true one rather than a false one, an old
        one rather than a new one. A true one is news unless the person's infection is known or
        the person dead; a false one if the person is at large and not isolated.
        """
        due = [sample for sample in self.samples if sample.due is not None and sample.due <= day]
        self.samples = [sample for sample in self.samples if sample.due is None or sample.due > day]
        found, first = [], {}
        for sample in sorted(due, key=lambda s: (s.person, s.false, s.taken)):
            first.setdefault(sample.person, sample)
        for person, sample in first.items():
            if self.is_news(sample):
                self.case_found(sample, day, acts_on)
                if not sample.false:
                    found.append(person)
        self.treat(day, found)

    def is_news(self, sample: Sample) -> bool:
        """Return whether a result says something that is not known."""
        where = self.where_is(sample.person)
        if sample.false:
            return where == AT_LARGE and sample.person not in self.isolated
        return sample.person not in self.known and where != DEAD

    def case_found(self, sample: Sample, day: int, acts_on: int) -> None:
        """Report a case, mark the place, isolate the person and ask for a tracer."""
        person, town, counts = sample.person, self.town, self.counts
        district = town.district_number(person)
        counts.results[day] += 1
        counts.result_days[day] += day - sample.taken
        counts.cases_by_subdistrict[town.subdistrict_number(person)] += 1
        self.report(sample, day, district)
        if not sample.false:
            self.known.add(person)
            counts.found[day, district, FOUND_WHERE.index(sample.where)] += 1
        if sample.where != "facility":  # found elsewhere, it says nothing of the home
            self.last_positive["building"][town.building_number(person)] = day
            self.last_positive["compound"][town.compound_number(person)] = day
            self.last_positive["subdistrict"][town.subdistrict_number(person)] = day
            if day not in self.positive_days[town.compound_number(person)]:
                self.positive_days[town.compound_number(person)].append(day)
        self.isolate_case(sample, day, district, acts_on)
        if self.rule_in(self.orders.rules.traces, district) is not None:
            self.queue.append((day, person, sample.taken, acts_on))
            self.fresh.append(person)

    def found_where(self, person: int) -> str:
        """Return where a person sampled now is found."""
        if person in self.isolated and self.isolated[person].bed is not None:
            return "facility"
        if self.where_is(person) == AT_HOME:
            return "home isolation"
        return TIERS[self.today.tier[self.town.building_number(person)]]

    def report(self, sample: Sample, day: int, district: int) -> None:
        """Report a person found: confirmed or asymptomatic, and perhaps reclassified later."""
        confirmed, asymptomatic, reclassified = range(3)
        reports, rules = self.counts.reports, self.settings.reporting
        if sample.false:
            reports[day, district, asymptomatic] += 1
            self.counts.false_positives[day, district] += 1
            self.met.positive_by_error += 1
            return
        bits = self.lot(Purpose.REPORTING, self.last_case[sample.person].day, sample.person)
        if low31(bits) < int(rules.confirmed):
            reports[day, district, confirmed] += 1
            return
        reports[day, district, asymptomatic] += 1
        if high31(bits) < int(rules.reclassified):
            later = day + outcome_of(rules.delay.tolist(), low31(second_plain(bits)))
            if later < self.settings.n_days:
                reports[later, district, reclassified] += 1

    def isolate_case(self, sample: Sample, day: int, district: int, acts_on: int) -> None:
        """Isolate a case at home; who is isolated already stays there, from today as a case."""
        person = sample.person
        if self.rule_in(self.orders.rules.cases, district) is None:
            return
        if person in self.isolated:
            stay = self.isolated[person]
            stay.reason, stay.since, stay.negatives = CASE, acts_on, 0
            self.met.turned_cases += 1
            self.counts.isolated[day, district, CASE] += 1
        elif self.where_is(person) in (AT_LARGE, AT_HOME):  # not in hospital; travellers at home
            self.isolate(person, FALSE_POSITIVE if sample.false else CASE, day, acts_on)

    def isolate(self, person: int, reason: int, day: int, since: int) -> None:
        """Isolate a person at home."""
        self.isolated[person] = Stay(reason, since)
        self.move(person, AT_HOME)
        self.counts.isolated[day, self.town.district_number(person), reason] += 1

    def treat(self, day: int, found: list[int]) -> None:
        """Give antivirals to the symptomatic found in time, by lot where courses run out."""
        rules = self.orders.rules.treatments
        for _, rule in rules:
            offered = [
                (self.lot(Purpose.TREATMENT, day, person), person)
                for person in found
                if self.rule_in(rules, self.town.district_number(person)) is rule
                and self.is_offered_treatment(person, rule, day)
            ]
            for bits, person in sorted(offered):
                if rule.courses is not None:
                    stock = self.orders.stock(rule.courses)
                    if self.left[stock] == 0:
                        self.met.no_course += 1
                        continue
                    self.left[stock] -= 1
                    self.used[stock] += 1
                self.counts.treated[day] += 1
                self.met.treated += 1
                if high31(bits) < chance(rule.efficacy):
                    spared = [p for p in self.patients
                              if p.person == person and p.status == EXPECTED]  # fmt: skip
                    self.met.spared += len(spared)
                    self.patients = [p for p in self.patients if p not in spared]

    def is_offered_treatment(self, person: int, rule: TreatRule, day: int) -> bool:
        """Return whether a person found today has had symptoms for few enough days, or none yet."""
        case = self.last_case[person]
        if case.onset is None or day - case.day - case.onset > rule.within:
            return False
        share = chance(rule.chance[self.town.age[person]])
        return low31(self.lot(Purpose.TREATMENT, day, person)) < share

    # -- tracing -------------------------------------------------------------------------------

    def tracers_ask(self, day: int) -> None:
        """List the contacts of cases, then theirs, and quarantine them where that is ordered."""
        rules = self.orders.rules
        fresh, self.fresh = self.fresh, []
        if not rules.traces:
            return
        contacts = [self.contacts_of_cases(day, i, fresh) for i in range(len(rules.traces))]
        listed = self.quarantine(day, set().union(*contacts), CONTACT, rules.contacts)
        second: set[int] = set()
        for (_, rule), found in zip(rules.traces, contacts, strict=True):
            if rule.second_degree:
                for person in found & listed:
                    second |= self.household_named(day, person, rule)
                    second |= self.others_named(day, person, rule, day - rule.second_days, day)
        found = self.quarantine(day, second, SECOND_CONTACT, rules.second_contacts)
        self.met.second_contacts += len(found)

    def contacts_of_cases(self, day: int, number: int, fresh: list[int]) -> set[int]:
        """Return the contacts of the cases that one rule reaches today.

        Members of the household need no tracer. The other cases wait their turn; those who
        waited too long are given up.
        """
        rules = self.orders.rules.traces
        rule = rules[number][1]

        def mine(person: int) -> bool:
            return self.rule_in(rules, self.town.district_number(person)) is rule

        found = set()
        for person in fresh:
            if mine(person):
                found |= self.household_named(day, person, rule)
        late = [(known, person, *days) for known, person, *days in self.queue
                if mine(person) and day - known - rule.delay > rule.longest_wait]  # fmt: skip
        self.counts.cases_untraced[day] += len(late)
        self.met.given_up += len(late)
        for entry in late:
            self.queue.remove(entry)
        turn = [(known, person, *days) for known, person, *days in self.queue
                if mine(person) and day - known >= rule.delay]  # fmt: skip
        turn.sort(key=lambda case: (case[0], self.lot(Purpose.TRACING, 0, case[1], 2)))
        if rule.tracers is not None:
            stock = self.orders.stock(rule.tracers)
            served = int(self.free(stock) * rule.cases_per_tracer)
            self.waiting[stock] += max(len(turn) - served, 0)
            turn = turn[:served]
            self.used[stock] += math.ceil(len(turn) / rule.cases_per_tracer)
        for known, person, sampled, end in turn:
            self.queue.remove((known, person, sampled, end))
            first = sampled - rule.days_before
            found |= self.others_named(day, person, rule, first, end)
            found |= self.infector_named(day, person, rule, first, end) if rule.backward else set()
        return found

    def household_named(self, day: int, person: int, rule: TraceRule) -> set[int]:
        """Return the members of a household who are found."""
        recall = chance(rule.recall[HOUSEHOLD])
        return {
            member
            for place, member in enumerate(self.town.household(person))
            if member != person
            and low31(self.lot(Purpose.TRACING, day, person * QUESTIONS + place, 1)) < recall
        }

    def others_named(
        self, day: int, person: int, rule: TraceRule, first: int, end: int
    ) -> set[int]:
        """Return whom a person met outside the household, from a day to before another."""
        recall = [chance(share) for share in rule.recall.tolist()]
        recall[HOUSEHOLD] = 0
        found = set()
        for then in range(max(first, day - LOOK_BACK, 0), min(end, day)):
            for number, (met, layer) in enumerate(self.diary(person, then)):
                question = person * QUESTIONS + number
                if low31(self.lot(Purpose.TRACING, then, question)) < recall[layer]:
                    found.add(met)
        self.met.named += len(found)
        return found

    def infector_named(
        self, day: int, person: int, rule: TraceRule, first: int, end: int
    ) -> set[int]:
        """Return who infected a case, if it was somebody met in the city on the days asked of."""
        case = self.last_case.get(person)
        if case is None or case.source is None or case.day <= day - LOOK_BACK:
            return set()
        if not first <= case.day < end:
            return set()
        lot = low31(self.lot(Purpose.TRACING, day, person * QUESTIONS + QUESTIONS - 1))
        if case.origin >= len(LAYERS) or lot >= chance(rule.recall[case.origin]):
            return set()
        self.met.backward += 1
        return {case.source.person}

    def quarantine(self, day: int, listed: set[int], reason: int, rules: list) -> set[int]:
        """Quarantine contacts at home where that is ordered; return those newly found.

        Newly found are those at large who are no known case, and contacts of contacts who turn
        out to be contacts themselves.
        """
        found = set()
        for person in sorted(listed):
            district = self.town.district_number(person)
            stay, held = self.isolated.get(person), self.rule_in(rules, district) is not None
            closer = stay is not None and stay.reason == SECOND_CONTACT and reason == CONTACT
            closer = closer and held
            if person in self.known or not (closer or self.where_is(person) == AT_LARGE):
                continue
            if stay is not None and not closer:
                continue
            found.add(person)
            case = self.last_case.get(person)
            infected = case is not None and day - case.day < self.settings.courses.pcr.size
            self.counts.traced[day, district, int(infected), int(reason == SECOND_CONTACT)] += 1
            if closer:
                stay.reason, stay.since, stay.negatives = CONTACT, day, 0
                self.counts.isolated[day, district, CONTACT] += 1
                self.met.turned_contacts += 1
            elif held:
                self.isolate(person, reason, day, day)
        return found
