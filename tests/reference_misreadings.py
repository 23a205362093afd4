"""For the reference engine: its rules read wrongly, one by one; each must be noticed."""

from __future__ import annotations

from dataclasses import replace

from reference_contacts import Day
from reference_engine import ReferenceEngine
from reference_infection import Exposure
from reference_town import low31
from reference_world import (
    AT_HOME,
    AT_LARGE,
    AWAY,
    CASE,
    WITHOUT_BED,
    Case,
    Patient,
    Sample,
)

from lazaretto.words import FACILITY, HOUSEHOLD

# -- transmission ------------------------------------------------------------------------------


class LargestTieBreakWins(ReferenceEngine):
    def precedence(self, exposure: Exposure) -> tuple[int, int]:
        return (-exposure.tie_break, exposure.order)


class LastOfEqualTieBreaksWins(ReferenceEngine):
    def precedence(self, exposure: Exposure) -> tuple[int, int]:
        return (exposure.tie_break, -exposure.order)


class SourcesAreNotConfined(ReferenceEngine):
    def contact_happens(self, day: Day, source: int, target: int, layer: int, bits: int) -> bool:
        there = self.is_there(day, target, layer, low31(bits))
        return there and self.side_makes(day, target, layer, low31(bits))


class TargetsAreNotConfined(ReferenceEngine):
    def contact_happens(self, day: Day, source: int, target: int, layer: int, bits: int) -> bool:
        there = self.is_there(day, source, layer, low31(bits))
        return there and self.side_makes(day, source, layer, low31(bits))


class TheIsolatedAtHomeMeetNobody(ReferenceEngine):
    def is_there(self, day: Day, person: int, layer: int, value: int) -> bool:
        return person not in day.where


class TheIsolatedAtHomeMeetAsUsual(ReferenceEngine):
    def is_there(self, day: Day, person: int, layer: int, value: int) -> bool:
        return day.where.get(person, AT_LARGE) in (AT_LARGE, AT_HOME)


class ThoseAwayAreMetAtHome(ReferenceEngine):
    def is_there(self, day: Day, person: int, layer: int, value: int) -> bool:
        if layer == HOUSEHOLD and day.where.get(person) == AWAY:
            return True
        return super().is_there(day, person, layer, value)


class StaffOnSiteMeetTheirHouseholds(ReferenceEngine):
    def contact_happens(self, day: Day, source: int, target: int, layer: int, bits: int) -> bool:
        sides = day.on_site
        day.on_site = [0] * len(sides) if layer == HOUSEHOLD else sides
        try:
            return super().contact_happens(day, source, target, layer, bits)
        finally:
            day.on_site = sides


class CompoundsHaveOneTier(ReferenceEngine):
    def measures_decide(self, day: int) -> None:
        super().measures_decide(day)
        highest: dict[int, int] = {}
        for building, compound in enumerate(self.town.building_compound):
            highest[compound] = max(highest.get(compound, 0), self.today.tier[building])
        self.today.tier = [highest[compound] for compound in self.town.building_compound]


class NobodyMeetsInQueues(ReferenceEngine):
    def measures_decide(self, day: int) -> None:
        super().measures_decide(day)
        self.today.queues = [False] * len(self.today.queues)


class ProtectionIsReviewedDaily(ReferenceEngine):
    def can_be_infected(self, person: int, day: int) -> bool:
        before = self.last_case.get(person)
        return before is None or day - before.day >= (self.wanes_after or 999)


class ReinfectionIsAsLikelyAsInfection(ReferenceEngine):
    def accepts(self, target: int, day: int, value: int) -> bool:
        before = self.last_case.pop(target, None)
        try:
            return super().accepts(target, day, value)
        finally:
            if before is not None:
                self.last_case[target] = before


class EverybodyIsAsSusceptible(ReferenceEngine):
    def accepts(self, target: int, day: int, value: int) -> bool:
        return super().accepts(target, day, value >> 1)


class DosesProtectOnTheirDay(ReferenceEngine):
    def doses_before(self, person: int, day: int) -> list[int]:
        return super().doses_before(person, day + 1)


class VaccinesDoNotWane(ReferenceEngine):
    def risk(self, against: int, person: int, day: int) -> int:
        doses = self.doses_before(person, day)
        return super().risk(against, person, doses[-1] + 1 if doses else day)


class EveryoneArrivesInTheNextHouse(ReferenceEngine):
    def arriving(self, day: int) -> list[int]:
        return [person + self.can_be_infected(person + 1, day) for person in super().arriving(day)]


class NobodyCatchesItInFacilities(ReferenceEngine):
    def in_facilities(self, day: int) -> list[Case]:
        return []


class AllFacilitiesAreOne(ReferenceEngine):
    def in_facilities(self, day: int) -> list[Case]:
        there = [person for person, stay in self.isolated.items() if stay.bed is not None]
        contacts = max(stock.contacts for stock in self.settings.stocks)
        return self.infected_together(day, there, contacts, FACILITY)


class NobodyCatchesItOnBuses(ReferenceEngine):
    def on_buses(self, day: int) -> list[Case]:
        return []


class BusesHaveNoEnd(ReferenceEngine):
    def board(self, going: list[int], size: int, stock: int, first: int) -> int:
        return super().board(going, 1_000, stock, first)


# -- results and tracing -----------------------------------------------------------------------


class ResultsAreADayLate(ReferenceEngine):
    def results_come(self, day: int, acts_on: int) -> None:
        super().results_come(day - 1 if acts_on == day else day, acts_on)


class IsolationOfTheEveningBeginsToday(ReferenceEngine):
    def results_come(self, day: int, acts_on: int) -> None:
        super().results_come(day, day)


class KnownOnceIsKnownForever(ReferenceEngine):
    def infect(self, day: int, person: int, source: Case | None, origin: int) -> Case:
        known = person in self.known
        case = super().infect(day, person, source, origin)
        self.known |= {person} if known else set()
        return case


class CasesFoundAwayMarkTheirHome(ReferenceEngine):
    def case_found(self, sample: Sample, day: int, acts_on: int) -> None:
        away = self.where_is(sample.person) == AWAY
        super().case_found(sample, day, acts_on)
        if away:
            self.last_positive["compound"][self.town.compound_number(sample.person)] = day


class ContactsFoundPositiveStayContacts(ReferenceEngine):
    def isolate_case(self, sample: Sample, day: int, district: int, acts_on: int) -> None:
        if sample.person not in self.isolated:
            super().isolate_case(sample, day, district, acts_on)


class HouseholdsWaitForATracer(ReferenceEngine):
    def household_named(self, day: int, person: int, rule) -> set[int]:
        return set()


class TheFirstDayIsNotAskedAbout(ReferenceEngine):
    def others_named(self, day: int, person: int, rule, first: int, end: int) -> set[int]:
        return super().others_named(day, person, rule, first + 1, end)


class EverybodyIsRemembered(ReferenceEngine):
    def others_named(self, day: int, person: int, rule, first: int, end: int) -> set[int]:
        all_ = replace(rule, recall=rule.recall * 0 + 1)
        return super().others_named(day, person, all_, first, end)


class NobodyIsGivenUp(ReferenceEngine):
    def contacts_of_cases(self, day: int, number: int, fresh: list[int]) -> set[int]:
        where, rule = self.orders.rules.traces[number]
        self.orders.rules.traces[number] = (where, replace(rule, longest_wait=999))
        return super().contacts_of_cases(day, number, fresh)


class InfectorsAreNotAskedFor(ReferenceEngine):
    def infector_named(self, day: int, person: int, rule, first: int, end: int) -> set[int]:
        return set()


class ContactsOfContactsAreContacts(ReferenceEngine):
    def quarantine(self, day: int, listed: set[int], reason: int, rules: list) -> set[int]:
        return super().quarantine(day, listed, 2, rules)


class EverybodyTreatedIsSpared(ReferenceEngine):
    def treat(self, day: int, found: list[int]) -> None:
        rules = self.orders.rules.treatments
        rules[:] = [(where, replace(rule, efficacy=1.0)) for where, rule in rules]
        super().treat(day, found)


# -- isolation ---------------------------------------------------------------------------------


class TransfersAreADayLate(ReferenceEngine):
    def transfers(self, day: int) -> None:
        super().transfers(day - 1)


class BedsGoByNumber(ReferenceEngine):
    def lot(self, purpose: int, day: int, entity: int, index: int = 0) -> int:
        waiting = (purpose, day, index) == (12, 0, 1)
        return entity if waiting else super().lot(purpose, day, entity, index)


class ChildrenGoAlone(ReferenceEngine):
    def companions(self, rule, going: list[int], stock: int, most: int) -> list[int]:
        return []


class CompanionsAreCases(ReferenceEngine):
    def accompany(self, day: int, adult: int, stock: int) -> None:
        super().accompany(day, adult, stock)
        self.isolated[adult].reason = CASE


class NegativeTestsNeedNotBeInARow(ReferenceEngine):
    def test_isolated(self, day: int) -> None:
        before = {person: stay.negatives for person, stay in self.isolated.items()}
        super().test_isolated(day)
        for person, stay in self.isolated.items():
            stay.negatives = max(stay.negatives, before[person])


class NobodyIsTestedInIsolation(ReferenceEngine):
    def test_isolated(self, day: int) -> None:
        for rules in self.hold_rules():
            rules[:] = [(where, replace(rule, test_every=0)) for where, rule in rules]
        super().test_isolated(day)


class ReleaseNeedsATest(ReferenceEngine):
    def test_isolated(self, day: int) -> None:
        for rules in self.hold_rules():
            rules[:] = [(where, replace(rule, longest_days=60)) for where, rule in rules]
        super().test_isolated(day)


# -- samples and laboratories ------------------------------------------------------------------


class TestsAreSoughtADayAfterOnset(ReferenceEngine):
    __test__ = False

    def visits_clinics(self, case: Case, day: int, came, positive) -> None:
        before = case.onset
        case.onset = None if before is None else before + 1
        super().visits_clinics(case, day, came, positive)
        case.onset = before


class EverybodyComesToBeScreened(ReferenceEngine):
    def comes_to_rounds(self, case: Case, day: int, positive) -> None:
        rounds = self.orders.rules.rounds
        rounds[:] = [replace(rule, participation=1.0) for rule in rounds]
        super().comes_to_rounds(case, day, positive)


class TheIsolatedAreNotScreened(ReferenceEngine):
    def is_looked_for(self, case: Case) -> bool:
        return super().is_looked_for(case) and case.person not in self.where


class ClinicsSeeEverybody(ReferenceEngine):
    def free(self, stock: int) -> int:
        return 10**6 if self.settings.stocks[stock].name == "clinics" else super().free(stock)


class ErrorsAreAmongTheIsolatedToo(ReferenceEngine):
    def can_be_wrong(self, person: int, day: int, test, compounds, comes: int) -> bool:
        where = self.where.pop(person, None)
        wrong = super().can_be_wrong(person, day, test, compounds, comes)
        if where is not None:
            self.where[person] = where
        return wrong


class PoolsAreNotTestedAgain(ReferenceEngine):
    def round(self, day: int, number: int, rule, infected: list[int]) -> None:
        before = len(self.samples)
        super().round(day, number, rule, infected)
        if rule.test.labs is not None and rule.test.pool > 1:
            again = rule.test.pool * (len(self.samples) - before)
            self.tubes_arrived[self.orders.stock(rule.test.labs)] -= again


class LaboratoriesReadEverything(ReferenceEngine):
    def laboratories_work(self, day: int) -> None:
        for lab, stock in enumerate(self.settings.stocks):
            if stock.unit == "tubes/day":
                self.orders.amount[lab] = 10**6
        super().laboratories_work(day)


# -- care --------------------------------------------------------------------------------------


class WantOfABedDoesNoHarm(ReferenceEngine):
    def illness_ends(self, patient: Patient, day: int) -> None:
        rules = self.orders.rules.care
        if patient.status == WITHOUT_BED:
            rules[:] = [(where, replace(rule, worse=1.0)) for where, rule in rules]
        super().illness_ends(patient, day)


class StaffIsNeverAbsent(ReferenceEngine):
    def admit(self, day: int, rule, level: int, absent: float) -> None:
        super().admit(day, rule, level, 0.0)


class HospitalsDoNotTest(ReferenceEngine):
    def to_hospital(self, patient: Patient, day: int) -> None:
        before = list(self.samples)
        super().to_hospital(patient, day)
        self.samples = before


class PatientsStayWhereTheyAre(ReferenceEngine):
    def progression(self, day: int) -> None:
        where = dict(self.where)
        super().progression(day)
        self.where = where


class DosesCarriedOverAreLost(ReferenceEngine):
    def vaccinate(self, day: int) -> None:
        for stock, given in enumerate(self.settings.stocks):
            self.left[stock] = 0 if given.unit == "doses/day" else self.left[stock]
        super().vaccinate(day)


class DosesGoDistrictByDistrict(ReferenceEngine):
    def due_doses(self, day: int, where, rule, age: int) -> list[tuple[int, int]]:
        return sorted(super().due_doses(day, where, rule, age))


MISREADINGS = [
    kind
    for kind in list(globals().values())
    if isinstance(kind, type) and issubclass(kind, ReferenceEngine) and kind is not ReferenceEngine
]

# -- people ------------------------------------------------------------------------------------


class NobodyLeaks(ReferenceEngine):
    def breaks_rules(self, day: Day, person: int) -> bool:
        return False


class ChildrenLeakToo(ReferenceEngine):
    def breaks_rules(self, day: Day, person: int) -> bool:
        age, self.town.age[person] = self.town.age[person], 5
        try:
            return super().breaks_rules(day, person)
        finally:
            self.town.age[person] = age


class HabitsAreNew(ReferenceEngine):
    def breaks_rules(self, day: Day, person: int) -> bool:
        number, day.number = day.number, day.number + 1000
        try:
            return super().breaks_rules(day, person)
        finally:
            day.number = number


class NobodyTires(ReferenceEngine):
    def breaks_rules(self, day: Day, person: int) -> bool:
        tired, self.traits[2] = self.traits[2], [0] * 1024
        try:
            return super().breaks_rules(day, person)
        finally:
            self.traits[2] = tired


class VisitsNeedBoth(ReferenceEngine):
    def visits(self, layer: int, bits: int) -> int:
        return 2


class OnlyTheSourceVisits(ReferenceEngine):
    def visits(self, layer: int, bits: int) -> int:
        return 0 if super().visits(layer, bits) < 2 else 2


class NobodyJoins(ReferenceEngine):
    def joins(self, day: Day, person: int) -> bool:
        return False


class LeakersIgnoreOtherOrders(ReferenceEngine):
    def measures_decide(self, day: int) -> None:
        super().measures_decide(day)
        self.today.usual = lambda person, layer: 1 << 31


class RestIsNotKept(ReferenceEngine):
    def observed(self, day: int):
        seen = super().observed(day)
        return replace(seen, last_stay=seen.last_stay * 0)


class VisitorsDoNotCome(ReferenceEngine):
    def measures_decide(self, day: int) -> None:
        super().measures_decide(day)
        self.today.visiting = [0.0] * len(self.today.visiting)


class ConcessionsAreCounted(ReferenceEngine):
    def counted_tiers(self) -> list[int]:
        return list(self.today.tier)


MISREADINGS_OF_PEOPLE = [
    kind
    for kind in list(globals().values())
    if isinstance(kind, type)
    and issubclass(kind, ReferenceEngine)
    and kind not in (ReferenceEngine, *MISREADINGS)
]
