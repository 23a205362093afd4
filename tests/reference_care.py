"""For the reference engine: the severely ill, hospitals, deaths, and vaccination campaigns."""

from __future__ import annotations

import numpy as np
from reference_evening import Evening
from reference_infection import AGAINST_DEATH, NO_DOSE
from reference_town import ALWAYS, chance, low31, outcome_of
from reference_world import (
    AT_LARGE,
    AWAY,
    CRITICAL,
    DEAD,
    EXPECTED,
    IN_BED,
    MILD,
    WITHOUT_BED,
    Case,
    Patient,
    Sample,
)

from lazaretto.chance import Purpose
from lazaretto.measures.rules import CampaignRule, CareRule

WARD_LEVEL, ICU_LEVEL = range(2)

MOST_DOSES_COUNTED = 3

THOUSANDTHS = 1_000
"""Doses are shared out in thousandths."""


def day_of(distribution: np.ndarray, value: int) -> int:
    """Return a number of days drawn from a distribution."""
    return outcome_of([chance(p) for p in np.cumsum(distribution).tolist()], value)


class Care(Evening):
    """What becomes of the severely ill, and who is vaccinated."""

    # -- the severely ill ----------------------------------------------------------------------

    def expect(self, case: Case) -> None:
        """Note a new infection that will be severe: when a bed is needed, and how it ends.

        Who is severely ill, or about to be, does not become so a second time.
        """
        severity = self.settings.severity
        if severity is None or case.severity == MILD:
            return
        if any(patient.person == case.person for patient in self.patients):
            return
        person, day, age = case.person, case.day, self.town.age[case.person]
        critical = case.severity == CRITICAL
        lot, wait, stay = (low31(self.lot(Purpose.SEVERITY, day, person, i)) for i in range(3))
        deadly = (severity.death_icu if critical else severity.death_ward)[age]
        dies = chance(deadly * (self.risk(AGAINST_DEATH, person, day) / ALWAYS))
        need = day + case.onset + day_of(severity.days_to_hospital, wait)
        days = severity.icu_days if critical else severity.ward_days
        ends = need + max(day_of(severity.death_days if lot < dies else days, stay), 1)
        doses = len(self.doses_before(person, day))
        level = ICU_LEVEL if critical else WARD_LEVEL
        self.patients.append(Patient(person, level, doses, need, ends, lot, dies))

    def progression(self, day: int) -> None:
        """Let the severely ill come to hospital, leave it, or die."""
        rules = self.orders.rules.care
        for patient in self.patients:
            if patient.status == EXPECTED and patient.need <= day:
                patient.status = WITHOUT_BED
        for patient in list(self.patients):
            if patient.status != EXPECTED and patient.ends <= day:
                self.patients.remove(patient)
                self.illness_ends(patient, day)
        absent = self.absent_essential() / max(sum(self.town.essential), 1)
        self.admit_everybody(day)
        for _, rule in rules:
            for level in (ICU_LEVEL, WARD_LEVEL):
                self.admit(day, rule, level, absent)

    def care_of(self, patient: Patient) -> CareRule | None:
        """Return the rule that holds where a patient lives."""
        return self.rule_in(self.orders.rules.care, self.town.district_number(patient.person))

    def illness_ends(self, patient: Patient, day: int) -> None:
        """Let a patient die or recover; without a bed death is more likely."""
        person, town, counts = patient.person, self.town, self.counts
        rule, factor = self.care_of(patient), 1.0
        if patient.status == WITHOUT_BED and rule is not None:
            factor = rule.worse
        if patient.lot < min(patient.dies * factor, ALWAYS):
            self.met.died += 1
            self.met.died_without_bed += patient.status == WITHOUT_BED
            counts.deaths[day, town.district_number(person)] += 1
            doses = min(patient.doses, MOST_DOSES_COUNTED)
            counts.deaths_by_age[day, town.age[person], doses] += 1
            counts.deaths_by_income[day, self.kind[person] // 2] += 1
            if rule is not None:
                self.isolated.pop(person, None)
                self.move(person, DEAD)
        elif patient.status == IN_BED and self.is_in_hospital(person):
            self.move(person, AT_LARGE)

    def is_in_hospital(self, person: int) -> bool:
        """Return whether a person is away, and not in an isolation facility."""
        return self.where_is(person) == AWAY and person not in self.isolated

    def admit_everybody(self, day: int) -> None:
        """Admit who needs a bed of which there is no limit."""
        for patient in self.patients:
            if patient.status == WITHOUT_BED and self.beds_for(patient) is None:
                self.to_hospital(patient, day)

    def beds_for(self, patient: Patient) -> str | None:
        """Return the stock of beds for a patient, None if there is no limit."""
        rule = self.care_of(patient)
        if rule is None:
            return None
        return rule.icu if patient.level == ICU_LEVEL else rule.ward

    def admit(self, day: int, rule: CareRule, level: int, absent: float) -> None:
        """Admit patients to beds of a stock, those in need longest first.

        Beds are closed as essential workers are absent.
        """
        name = rule.icu if level == ICU_LEVEL else rule.ward
        if name is None:
            return
        stock = self.orders.stock(name)
        amount = int(self.orders.amount[stock])
        staffed = int(amount * max(1 - rule.absence * absent, 0.0))
        self.met.beds_not_staffed += amount - staffed
        here = [p for p in self.patients if p.level == level and self.care_of(p) is rule]
        waiting = [p for p in here if p.status == WITHOUT_BED]
        waiting.sort(key=lambda patient: (patient.need, patient.lot))
        mine = sum(p.status == IN_BED for p in here)
        taken = sum(p.status == IN_BED and self.beds_for(p) == name for p in self.patients)
        free = max(staffed - taken, 0)
        for patient in waiting[:free]:
            self.to_hospital(patient, day)
        self.used[stock] += mine + len(waiting[:free])
        self.waiting[stock] += len(waiting[free:])
        self.met.no_hospital_bed += len(waiting[free:])

    def to_hospital(self, patient: Patient, day: int) -> None:
        """Take a patient to hospital, out of isolation; where tests are to be had, one is made."""
        person = patient.person
        patient.status = IN_BED
        self.met.admitted += 1
        doses = min(patient.doses, MOST_DOSES_COUNTED)
        self.counts.admissions[day, self.town.age[person], doses, patient.level] += 1
        if self.care_of(patient) is None:  # counted, but nowhere in particular
            return
        where = self.found_where(person)
        self.isolated.pop(person, None)
        self.move(person, AWAY)
        if self.orders.rules.symptoms and person not in self.known:
            self.samples.append(Sample(person, day, False, 0, None, 0, day, where))

    def absent_essential(self) -> int:
        """Return how many essential workers are isolated or in hospital."""
        in_bed = [patient.person for patient in self.patients
                  if patient.status == IN_BED and self.is_in_hospital(patient.person)]  # fmt: skip
        return sum(self.town.essential[person] for person in [*self.isolated, *in_bed])

    # -- campaigns -----------------------------------------------------------------------------

    def vaccinate(self, day: int) -> None:
        """Give today's doses: age bands in the order of each campaign, whole bins at a time.

        What is not enough for a bin is carried over to the next day.
        """
        for where, rule in self.orders.rules.campaigns:
            stock = self.orders.stock(rule.doses)
            free = THOUSANDTHS * self.free(stock) + self.left[stock]
            at_first, ran_out = free, False
            for age in rule.ages.tolist():
                given = 0
                for district, bin_ in self.due_doses(day, where, rule, age):
                    residents = sum(self.town.age[p] == age for p in self.town.district(district))
                    cost = THOUSANDTHS * residents // self.n_bins()
                    if cost > free:
                        ran_out = True
                        break
                    free -= cost
                    given += cost
                    self.dose_days[district][age][bin_][rule.dose - 1] = day
                self.counts.doses[day, age] += given // THOUSANDTHS
                self.met.doses += given // THOUSANDTHS
                if ran_out:
                    break
            self.met.doses_ran_out += ran_out
            if ran_out:
                self.used[stock] = int(self.orders.amount[stock])
                self.left[stock] = free
            else:
                given_today = (at_first - free) // THOUSANDTHS
                most = int(self.orders.amount[stock])  # what was carried over is used already
                self.used[stock] = min(self.used[stock] + given_today, most)
                self.left[stock] = 0

    def n_bins(self) -> int:
        """Return into how many bins the persons of an age and district fall."""
        return len(self.dose_days[0][0])

    def due_doses(self, day: int, where, rule: CampaignRule, age: int) -> list[tuple[int, int]]:
        """Return districts and bins whose turn it is: bin by bin over all districts."""
        due = []
        for bin_ in range(self.n_bins()):
            for district in range(self.town.n_districts):
                days = self.dose_days[district][age][bin_]
                if not where[district] or days[rule.dose - 1] != NO_DOSE:
                    continue
                if bin_ + 0.5 >= self.n_bins() * rule.uptake[age]:
                    continue
                if rule.dose == 1 or days[rule.dose - 2] <= day - max(rule.gap, 1):
                    due.append((district, bin_))
        return due
