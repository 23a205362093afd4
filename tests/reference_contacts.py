"""For the reference engine: who meets whom, and what today's orders leave of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from plain_chance import second_plain
from reference_people import Moods, People
from reference_town import ALWAYS, Town, chance, high31, low31, one_of_the_others, outcome_of, pick
from reference_world import AT_HOME, AT_LARGE
from scipy import stats

from lazaretto.chance import Purpose, draw_plain, stream_key
from lazaretto.engine.settings import Settings
from lazaretto.measures import Orders
from lazaretto.words import (
    BUILDING,
    COMMUNITY,
    COMPOUND,
    CONTROLLED,
    HOUSEHOLD,
    SCHOOL,
    WORKPLACE,
)

HOUSEHOLD_DRAWS, GROUP_DRAWS, OPEN_DRAWS, NUMBER_DRAW = 0, 160, 320, 511
"""Index of the first draw of each kind of contact, and of the draw that says how many."""

MOST = GROUP_DRAWS - HOUSEHOLD_DRAWS
"""One more than the most contacts of one kind on one day."""


@lru_cache(maxsize=20_000)
def poisson_chances(mean: float) -> list[int]:
    """Return the chance of at most 0, 1, 2, ... contacts."""
    table = [chance(p) for p in stats.poisson.cdf(np.arange(MOST), mean)]
    return [*table[:-1], ALWAYS]


@dataclass
class Day:
    """The orders of one day as far as contacts go, and where everybody was."""

    town: Town
    settings: Settings
    tier: list[int]
    """Tier of each building."""
    multiplier: list
    """Contacts that remain, of residents and of essential workers, by district and layer."""
    on_site: list[int]
    """Chance that a workplace keeps its staff on site, by district."""
    queues: list[bool]
    """Whether a compound queues for tests."""
    crowding: list[float]
    """Share of compound contacts that queueing makes up for, by district."""
    apart: list[int]
    """Chance that a person isolated at home still makes a contact, by layer."""
    moods: Moods
    """What places feel."""
    number: int = 0
    """Day of the run."""
    active: float = 1.0
    """Share of households that meet others."""
    caution: list = field(default_factory=list)
    """Contacts that remain for fear of infection, like `multiplier`."""
    visiting: list[float] = field(default_factory=list)
    """Share of community contacts that allowed visits add, by district."""
    where: dict[int, str] = field(default_factory=dict)
    """Where persons were during transmission who were not at large."""
    known_chances: dict[tuple[int, ...], int] = field(default_factory=dict)

    @classmethod
    def of(cls, orders: Orders, town: Town, settings: Settings, moods: Moods, number: int) -> Day:
        """Return the orders of a day."""
        few = None if settings.behaviour is None else settings.behaviour.few_active
        crowding = [0.0] * town.n_districts
        for compound, share in enumerate(orders.queueing.tolist()):
            # Measured by the longest queue of the district, not compound by compound.
            district = town.compound_district[compound]
            crowding[district] = max(crowding[district], share)
        return cls(
            town=town,
            settings=settings,
            tier=orders.tier.tolist(),
            multiplier=[orders.contacts.tolist(), orders.essential.tolist()],
            on_site=[chance(share) for share in orders.closed_loop.tolist()],
            queues=[share > 0 for share in orders.queueing.tolist()],
            crowding=crowding,
            apart=[chance(share) for share in settings.apart.tolist()],
            moods=moods,
            number=number,
            active=1.0 if few is None else float(few.share),
            caution=[orders.caution.tolist(), orders.caution_essential.tolist()],
            visiting=orders.visiting.tolist(),
        )

    def lives_on_site(self, person: int) -> bool:
        """Return whether a person's workplace keeps its staff on site, if it has such a place.

        It is drawn by workplace; the share is that of the district where the person lives.
        """
        share = self.on_site[self.town.district_number(person)]
        group = self.town.group_of.get(person)
        if share == 0 or group is None or group < self.town.n_schools:
            return False
        key = int(stream_key(self.settings.seed, Purpose.CLOSED_LOOP))
        return low31(draw_plain(key, group, 0)) < share

    def still_made(self, person: int, layer: int) -> int:
        """Return the chance that a person still makes a contact in a layer."""
        town = self.town
        building, essential = town.building_number(person), town.essential[person]
        district, compound = town.building_district[building], town.building_compound[building]
        on_site, queues = self.lives_on_site(person), self.queues[compound]
        known = (district, self.tier[building], essential, on_site, queues, layer)
        if known not in self.known_chances:
            self.known_chances[known] = self._chance(*known)
        return self.known_chances[known]

    def without_queue(self, person: int, layer: int) -> int:
        """Return the chance that a person would make a contact if nobody queued for tests."""
        building = self.town.building_number(person)
        district, tier = self.town.building_district[building], self.tier[building]
        essential, on_site = self.town.essential[person], self.lives_on_site(person)
        return self._chance(district, tier, essential, on_site, False, layer)

    def usual(self, person: int, layer: int) -> int:
        """Return the chance that a person would make a contact if no tier kept it from them."""
        essential, on_site = self.town.essential[person], self.lives_on_site(person)
        district = self.town.district_number(person)
        if on_site:
            return self._chance(district, 0, essential, on_site, False, layer)
        return chance(
            self._left(essential, district, layer) * self.caution[essential][district][layer]
        )

    def _left(self, essential: int, district: int, layer: int) -> float:
        """Return what the orders leave of a contact, among those who meet others at all."""
        left = self.multiplier[essential][district][layer]
        return left if layer == HOUSEHOLD or self.active == 1 else min(left / self.active, 1.0)

    def _chance(
        self, district: int, tier: int, essential: int, on_site: bool, queues: bool, layer: int
    ) -> int:
        if on_site:  # they meet each other as essential workers do, and nobody else
            return chance(self._left(1, district, layer) if layer == WORKPLACE else 0.0)
        remains = self._left(essential, district, layer)
        share = remains * float(self.settings.confinement[tier][essential][layer])
        if tier >= CONTROLLED and layer == COMMUNITY and any(self.visiting):
            share = min(share + self.visiting[district] * remains, remains)
        if tier < CONTROLLED:
            share *= self.caution[essential][district][layer]
        if queues and layer == COMPOUND:
            share = min(share + self.crowding[district], 1.0)
        return chance(share)


class Contacts(People):
    """The contacts of a person on a day: those that would transmit, and all others."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.diaries: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
        self.days: list[Day] = []
        self.today = Day.of(self.orders, self.town, self.settings, self.moods(), 0)

    def how_many(self, mean: float, value: int) -> int:
        """Return a Poisson number from a 31-bit number."""
        return bisect_right(poisson_chances(mean), value)

    def likelier(self, person: int) -> list[float]:
        """Return how much likelier than at random a person meets each age in the community."""
        return self.by_age[self.town.age[person] if len(self.by_age) > 1 else 0]

    def drawn(self, person: int, rates: list[float]) -> list[float]:
        """Return the rates at which contacts are drawn: as if all were of the age met most."""
        return [*rates[:COMMUNITY], rates[COMMUNITY] * max(self.likelier(person))]

    def made_by_age(self, person: int, met: int, bits: int) -> bool:
        """Return whether a contact drawn in the community is made, by the ages of the two."""
        ages = self.likelier(person)
        share = ages[self.town.age[met] if len(ages) > 1 else 0] / max(ages)
        made = low31(second_plain(second_plain(second_plain(bits)))) < chance(share)
        self.met.not_made_by_age += not made
        return made

    def near(self, rates: list[float]) -> tuple[int, int]:
        """Return the cumulative chances of building and compound among those open to all."""
        building, compound = rates[BUILDING], rates[COMPOUND]
        total = max(building + compound + rates[COMMUNITY], 1e-300)
        return chance(building / total), chance((building + compound) / total)

    def contacts_drawn(
        self, person: int, rates: list[float], key: int, in_building: int, in_compound: int
    ) -> Iterator[tuple[int, int, int]]:
        """Draw layer, person met and random bits of contacts at given rates by layer."""
        numbers = draw_plain(key, person, NUMBER_DRAW)

        household = self.town.household(person)
        if len(household) > 1:
            exponent = 1 - self.settings.contacts.household_exponent
            mean = rates[HOUSEHOLD] * (len(household) - 1.0) ** exponent
            for i in range(self.how_many(mean, low31(numbers))):
                bits = draw_plain(key, person, HOUSEHOLD_DRAWS + i)
                yield HOUSEHOLD, one_of_the_others(household, person, bits), bits

        group = self.town.group_of.get(person)
        if group is not None:
            layer = SCHOOL if group < self.town.n_schools else WORKPLACE
            members = self.town.groups[group]
            n = self.how_many(rates[layer], high31(numbers))
            for i in range(n if len(members) > 1 else 0):
                bits = draw_plain(key, person, GROUP_DRAWS + i)
                met = members[pick(bits, len(members) - 1)]
                if met == person:  # the last member stands in for oneself
                    met = members[-1]
                yield layer, met, bits

        open_to_all = rates[BUILDING] + rates[COMPOUND] + rates[COMMUNITY]
        for i in range(self.how_many(open_to_all, low31(second_plain(numbers)))):
            bits = draw_plain(key, person, OPEN_DRAWS + i)
            layer, place = self.place_open_to_all(person, bits, in_building, in_compound)
            if len(place) > (person in place):
                met = one_of_the_others(place, person, bits)
                if layer != COMMUNITY or self.made_by_age(person, met, bits):
                    yield layer, met, bits

    def place_open_to_all(
        self, person: int, bits: int, in_building: int, in_compound: int
    ) -> tuple[int, range]:
        """Choose building, compound or community, and for the community, where."""
        if low31(bits) < in_building:
            return BUILDING, self.town.building(person)
        if low31(bits) < in_compound:
            return COMPOUND, self.town.compound(person)
        where = second_plain(second_plain(bits))
        if low31(where) < self.own_subdistrict:
            return COMMUNITY, self.town.subdistrict(person)
        home = self.town.district_number(person)
        return COMMUNITY, self.town.district(outcome_of(self.town.mixing[home], high31(where)))

    def potential_infections(
        self, person: int, infectiousness: float, day: int
    ) -> Iterator[tuple[int, int, int]]:
        """Draw the contacts of a day that would infect a susceptible person."""
        drawn = self.drawn(person, self.strength)
        rates = [rate * infectiousness for rate in drawn]
        key = self.key(Purpose.TRANSMISSION, day)
        yield from self.contacts_drawn(person, rates, key, *self.near(drawn))

    def other_contacts(
        self, person: int, infectiousness: float, day: int
    ) -> Iterator[tuple[int, int, int]]:
        """Draw the contacts of a day that would infect nobody: what is left of the rates."""
        rates = [
            n * max(1 - infectiousness * w, 0.0)
            for n, w in zip(self.per_day, self.weight, strict=True)
        ]
        drawn = self.drawn(person, rates)
        key = self.key(Purpose.DIARY, day)
        yield from self.contacts_drawn(person, drawn, key, *self.near(drawn))

    # -- what is left of them ------------------------------------------------------------------

    def is_there(self, day: Day, person: int, layer: int, value: int) -> bool:
        """Return whether a person can be met: not away, and isolated at home only by some."""
        where = day.where.get(person, AT_LARGE)
        if where == AT_HOME:
            return value < day.apart[layer]
        return where == AT_LARGE

    def side_makes(self, day: Day, person: int, layer: int, value: int) -> bool:
        """Return whether one side of a contact may still make it."""
        return value < day.still_made(person, layer)

    def contact_happens(self, day: Day, source: int, target: int, layer: int, bits: int) -> bool:
        """Return whether a contact happens: both sides compare the same number.

        What the tiers do not allow, and the other orders do, may slip through.
        """
        sides, value = (source, target), low31(bits)
        if not all(self.is_there(day, side, layer, value) for side in sides):
            return False
        if layer != HOUSEHOLD and not all(self.meets_others(side) for side in sides):
            self.met.not_active += 1
            return False
        allowed = [self.side_makes(day, side, layer, value) for side in sides]
        if all(allowed) or layer == HOUSEHOLD:
            return all(allowed)
        for side, ok in zip(sides, allowed, strict=True):
            if not ok and (not day.moods.leaks or value >= day.usual(side, layer)):
                return False
        happens = self.slips(day, sides, layer, bits, allowed)
        self.met.slipped += happens
        return happens

    # -- the diary -----------------------------------------------------------------------------

    def infectiousness(self, person: int, day: int) -> float:
        """Return what a weighted contact with a person transmits by the last infection."""
        case = self.last_case.get(person)
        return 0.0 if case is None else self.infectiousness_of(case, day)

    def infectiousness_of(self, case, day: int) -> float:
        """Return what a weighted contact with a case transmits on a day, 0 if nothing."""
        by_day, since = self.by_day[case.course], day - case.day
        return self.settings.transmissibility * by_day[since] if 0 <= since < len(by_day) else 0.0

    def diary(self, person: int, day: int) -> list[tuple[int, int]]:
        """Return (person met, layer) of every contact a person made on a day gone by.

        First those that would transmit, in the order in which transmission drew them, then all
        others; so each has its number.
        """
        last = self.last_case.get(person)
        known = (person, day, -1 if last is None else last.day)
        if known not in self.diaries:
            of_day, infectiousness = self.days[day], self.infectiousness(person, day)
            contacts = list(self.other_contacts(person, infectiousness, day))
            if infectiousness > 0:
                contacts = [*self.potential_infections(person, infectiousness, day), *contacts]
            self.diaries[known] = [
                (met, layer)
                for layer, met, bits in contacts
                if self.contact_happens(of_day, person, met, layer, second_plain(bits))
            ]
        return self.diaries[known]
