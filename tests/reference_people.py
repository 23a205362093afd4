"""For the reference engine: who breaks the rules of a tier, and who joins a break-out.

How places respond (fatigue, hardship, trust, break-outs, messages) is taken from the package, as
measures are; what a person makes of it is written out again here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from plain_chance import second_plain
from reference_town import chance, high31, low31
from reference_world import AT_LARGE, World

from lazaretto.behaviour.counting import count_response
from lazaretto.behaviour.leakage import traits
from lazaretto.behaviour.livelihoods import income_thresholds
from lazaretto.behaviour.response import Respondents, Response
from lazaretto.chance import GOLDEN, Purpose, draw_plain
from lazaretto.scenario.behaviour import Hardship
from lazaretto.words import BUILDING, COMPOUND, LAYERS, SCHOOL, WORKPLACE

FIRST_ADULT, FIRST_OLD = 3, 13
WEEKEND = 5
SOURCE_VISITS, TARGET_VISITS, BOTH_OUT = range(3)


@dataclass
class Moods:
    """What places feel on a day, by building, in the steps of the package."""

    leaks: int
    base: list[int]
    fatigue: list[int]
    spell: list[int]
    joins: list[int]
    hardship: list


class People(World):
    """The residents as people who may break rules."""

    def __post_init__(self) -> None:
        super().__post_init__()
        rules, town = self.settings.behaviour, self.town
        self.rules = rules
        hardship = Hardship() if rules is None else rules.hardship
        n_compounds = len(town.compounds)
        self.income = income_thresholds(
            float(hardship.segregation), n_compounds, self.settings.seed
        ).tolist()
        self.migrant = chance(hardship.migrant_share)
        self.kind = [self._kind(person) for person in range(town.n_persons)]
        """Twice the income class of the person's household, and 1 more for migrants."""
        self.response = None
        if rules is None:
            return
        n = len(town.buildings)
        adults, kinds = np.zeros(n, np.int64), np.zeros((n, 10), np.int64)
        for person in range(town.n_persons):
            building = town.building_number(person)
            adults[building] += town.age[person] >= FIRST_ADULT
            kinds[building, self.kind[person]] += 1
        settings = self.settings
        self.response = Response(
            rules, settings.seed, settings.start, settings.n_days, self._places(),
            Respondents(adults, kinds),
        )  # fmt: skip
        self.traits = [table.tolist() for table in traits(rules)]

    def _kind(self, person: int) -> int:
        head = self.town.household(person)[0]
        bits = draw_plain(self.key(Purpose.INCOME, 0), head, 0)
        poorer = [limit <= low31(bits) for limit in self.income[self.town.compound_number(person)]]
        return 2 * sum(poorer) + (high31(bits) < self.migrant)

    def moods(self) -> Moods:
        """Return what places feel today."""
        if self.response is None:
            return Moods(0, [], [], [], [], [])
        mood = self.response.mood
        return Moods(mood.leaks, *(array.tolist() for array in mood[1:]))

    # -- who breaks the rules ------------------------------------------------------------------

    def breaks_rules(self, day, person: int) -> bool:
        """Return whether a person leaks on a day."""
        building = self.town.building_number(person)
        if (
            day.moods.leaks < 2
            or day.tier[building] == 0
            or day.where.get(person, AT_LARGE) != AT_LARGE
        ):
            return False
        if self.town.age[person] < FIRST_ADULT:
            return False
        moods, head = day.moods, self.town.household(person)[0]
        by_person, by_household, tired, chances = self.traits
        own = draw_plain(self.key(Purpose.LEAKAGE, 0), person, 0)
        shared = draw_plain(self.key(Purpose.LEAKAGE, 0), head, 2)
        district = self.town.district_number(person)
        logit = moods.base[building] + by_person[own % 1024] + by_household[shared % 1024]
        logit += moods.hardship[moods.spell[building]][district][self.kind[person]]
        logit += tired[(own >> 10) % 1024] * moods.fatigue[building] >> 8
        likely = chances[min(max(logit + 2048, 0), 4095)]
        today = draw_plain(self.key(Purpose.LEAKS, day.number), person, 0)
        if low31(today) < chance(self.rules.leakage.habit):
            lot = low31(draw_plain(self.key(Purpose.HABIT, day.number // 7), person, 0))
        else:
            lot = high31(today)
        self.met.asked_to_leak += 1
        self.met.leaking += lot < likely
        return lot < likely

    def joins(self, day, person: int) -> bool:
        """Return whether a person takes part in today's break-out of the compound."""
        if day.where.get(person, AT_LARGE) != AT_LARGE:
            return False
        share = day.moods.joins[self.town.building_number(person)]
        lot = draw_plain(self.key(Purpose.CROWD, day.number), person, 0) >> 48
        self.met.joining += lot < share
        return lot < share

    def meets_others(self, person: int) -> bool:
        """Return whether a household meets others at all."""
        few = None if self.rules is None else self.rules.few_active
        if few is None:
            return True
        head = self.town.household(person)[0]
        return low31(draw_plain(self.key(Purpose.ACTIVE, 0), head, 0)) < chance(few.share)

    def visits(self, layer: int, bits: int) -> int:
        """Return who comes to whom."""
        leakage = self.rules.leakage
        share = float(leakage.visits_elsewhere)
        if layer in (BUILDING, COMPOUND):
            share = float(getattr(leakage, f"visits_{LAYERS[layer]}"))
        value = low31(second_plain(bits ^ int(GOLDEN)))
        if value < chance(share / 2):
            return SOURCE_VISITS
        return TARGET_VISITS if value < chance(share) else BOTH_OUT

    def slips(self, day, sides: tuple[int, int], layer: int, bits: int, allowed: list[bool]):
        """Return whether a contact that the tiers do not allow happens all the same."""
        hours = chance(float(self.rules.breakouts.hours) / 16)
        when = low31(second_plain(second_plain(bits ^ int(GOLDEN))))
        if layer in (BUILDING, COMPOUND) and when < hours and self.joins(day, sides[0]):
            self.met.made_in_crowds += 1
            return True
        visits = self.visits(layer, bits)
        if visits != BOTH_OUT:
            return self.breaks_rules(day, sides[visits])
        return all(
            ok or self.breaks_rules(day, side) for ok, side in zip(allowed, sides, strict=True)
        )

    # -- the ledger ----------------------------------------------------------------------------

    def count_people(self, day: int, date) -> None:
        """Count residents by livelihood and tier, and the days of school and work they lose."""
        town, counts, tiers = self.town, self.counts, self.counted_tiers()
        pupils = np.zeros((*counts.pupils.shape[1:],), int)
        workers = np.zeros((*counts.workers.shape[1:],), int)
        essential = np.zeros_like(workers)
        for person in range(town.n_persons):
            building = town.building_number(person)
            district, tier = town.building_district[building], tiers[building]
            income, migrant = divmod(self.kind[person], 2)
            counts.persons_by_income[day, district, tier, income] += 1
            counts.isolated_by_income[day, district, tier, income] += person in self.apart
            counts.persons_by_group[day, district, tier, 0] += migrant
            alone = len(town.household(person)) == 1 and town.age[person] >= FIRST_OLD
            counts.persons_by_group[day, district, tier, 1] += alone
            group = town.group_of.get(person)
            if group is not None and group < town.n_schools:
                counts.pupils[day, district, tier] += 1
                pupils[district, tier] += person in self.apart
            elif group is not None and not town.essential[person]:
                counts.workers[day, district, tier, income] += 1
                workers[district, tier, income] += person in self.apart
            elif group is not None:
                essential[district, tier, income] += person in self.apart
        if date.weekday() < WEEKEND:
            left, open_ = self.settings.confinement[:, 0], 1 - self.orders.shut
            taught = open_[:, :1] * left[:, SCHOOL]
            worked = np.maximum(open_[:, 1:] * left[:, WORKPLACE], self.orders.closed_loop[:, None])
            lost = counts.pupils[day] * (1 - taught) + pupils * taught
            counts.pupil_days_lost[day] = np.rint(lost.sum(axis=1))
            lost = counts.workers[day] * (1 - worked)[..., None] + workers * worked[..., None]
            lost = lost + essential * self.settings.confinement[:, 1, WORKPLACE, None]
            counts.work_days_lost[day] = np.rint(lost.sum(axis=(0, 1)))
        if self.response is not None:
            count_response(self.response, counts, day)
