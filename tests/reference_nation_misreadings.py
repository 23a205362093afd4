"""For the reference engine of a nation: rules of travel read wrongly; each must be noticed."""

from __future__ import annotations

from reference_contacts import Day
from reference_nation import Exposed, ReferenceNation, ReferenceTown, Trip, Visitor
from reference_town import ALWAYS
from reference_world import AT_LARGE, Case


class StaysAreADayLonger(ReferenceNation):
    def is_there(self, trip: Trip, day: int) -> bool:
        return super().is_there(trip, day - 1)


class QuarantineBeginsADayLate(ReferenceNation):
    def in_quarantine(self, home: int, trip: Trip, day: int) -> bool:
        return super().in_quarantine(home, trip, day - 1)


class TheReturnedAreFree(ReferenceNation):
    def days_at_home(self, home: int, trip: Trip) -> int:
        return 0


class TheLatestTripHolds(ReferenceNation):
    def who_is_away(self, home: int, day: int) -> dict[int, Trip]:
        self.set_out[home].reverse()
        away = super().who_is_away(home, day)
        self.set_out[home].reverse()
        return away


class LongTripsHoldBeforeShort(ReferenceNation):
    def let_go(self, home: int, day: int) -> list[Trip]:
        return sorted(super().let_go(home, day), key=lambda trip: (-trip.stay, trip.number))


class NobodyIsTested(ReferenceNation):
    def found_by_test(self, home: int, trip: Trip) -> bool:
        return False


class TheConfinedTravel(ReferenceNation):
    def must_stay(self, home: int, trip: Trip) -> bool:
        return self.towns[home].where_is(trip.person) != AT_LARGE


class RiskIsOfTheLastFifteenDays(ReferenceNation):
    def risk(self, place: int, day: int) -> float:
        town = self.towns[place]
        reports = town.counts.reports[max(day - 15, 0) : day, :, :2]
        return int(reports.sum()) * 100_000 / town.town.n_persons


class RiskKnowsOfToday(ReferenceNation):
    def risk(self, place: int, day: int) -> float:
        return super().risk(place, day + 1)


class RulesLookAtTheDestination(ReferenceNation):
    def rules_of_travel(self, day: int) -> None:
        super().rules_of_travel(day)
        self.quarantine = [list(column) for column in zip(*self.quarantine, strict=True)]


class NobodyWasAwayBefore(ReferenceNation):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.set_out = [[] for _ in self.towns]


class VisitorsMoveEveryDay(ReferenceNation):
    def lodges_with(self, place: int, visitor: Visitor, day: int) -> int:
        trip = Trip(day, 0, visitor.trip.person, place, 1, 0, 0)
        return super().lodges_with(place, Visitor(visitor.home, trip, visitor.case), day)


class VisitorsTransmitAsAtHome(ReferenceNation):
    def infectiousness_of_visitor(self, place: int, visitor: Visitor, day: int) -> float:
        return self.towns[visitor.home].infectiousness_of(visitor.case, day)


class VisitorsDoNotMeetEachOther(ReferenceNation):
    def sources(self, place: int, visitors: list[Visitor]) -> list[tuple[int, Case]]:
        return super().sources(place, [])


class ResidentsDoNotHost(ReferenceNation):
    def hosts(self, place: int, person: int, bits: int) -> bool:
        return False


class HostsKnowNoOrders(ReferenceNation):
    def hosts(self, place: int, person: int, bits: int) -> bool:
        return True


class ThoseInQuarantineAreExpected(ReferenceNation):
    def expected_visitors(self, place: int, day: int) -> list[float]:
        quarantine, self.quarantine = self.quarantine, [[0] * len(self.towns)] * len(self.towns)
        expected = super().expected_visitors(place, day)
        self.quarantine = quarantine
        return expected


class ThoseInQuarantineAreMet(ReferenceNation):
    def out_and_about(self, home: int, place: int, day: int) -> list[int]:
        away = self.away[home].items()
        return [person for person, t in away if t.to == place and self.is_there(t, day)]


class OfTown(ReferenceNation):
    """A misreading of what happens in a town."""


class VisitorsKnowNoOrders(OfTown):
    class kind(ReferenceTown):
        def left_to_visitors(self, today: Day, host: int, layer: int) -> int:
            return ALWAYS


class TheLargestTieBreakWins(OfTown):
    class kind(ReferenceTown):
        def first_of(self, rivals: list[Exposed]) -> Exposed:
            return max(rivals, key=lambda exposure: exposure.tie_break)


class TheDiaryKnowsOfTravel(OfTown):
    class kind(ReferenceTown):
        def after_travel(self, day: int) -> None:
            today, where = self.today, dict(self.today.where)
            super().after_travel(day)
            today.where = where


class ThoseAwayAreMetAtHome(OfTown):
    class kind(ReferenceTown):
        def after_travel(self, day: int) -> None:
            self.today.where = dict(self.where)
            super().after_travel(day)


MISREADINGS = [
    kind
    for kind in list(globals().values())
    if isinstance(kind, type)
    and issubclass(kind, ReferenceNation)
    and kind not in (ReferenceNation, OfTown)
]
