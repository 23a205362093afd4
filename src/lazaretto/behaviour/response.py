"""How people respond to a day's orders: who grows tired, goes short, breaks out, tells others."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazaretto.behaviour.breakouts import Breakout, Breakouts
from lazaretto.behaviour.by_building import (
    begin_and_end_spells,
    leakers_by_tier,
    means_of_compounds,
    moods,
)
from lazaretto.behaviour.hardship import KINDS, Hardship, Supply
from lazaretto.behaviour.leakage import (
    LOGIT_UNIT,
    MeanLeakage,
    grow_tired,
    intercept,
    steps,
)
from lazaretto.behaviour.livelihoods import spread_by_compound
from lazaretto.behaviour.messages import DayOfMessages, Messages
from lazaretto.behaviour.risk import avoidance_factor, perceived
from lazaretto.behaviour.trust import Trust
from lazaretto.measures import Observed, Orders, Places
from lazaretto.scenario.behaviour import TIER_WEIGHT, Behaviour
from lazaretto.words import COMMUNITY, CONTROLLED, OPEN, SCHOOL, TIERS, WORKPLACE

NOT_CLOSED = -1
"""Day on which a building was closed that is not closed."""

CHOSEN, CHOSEN_BY_ESSENTIAL = [SCHOOL, WORKPLACE, COMMUNITY], [SCHOOL, COMMUNITY]
"""Layers in which the careful meet fewer: neighbours are met in lifts and at doors all the same."""

JOINS = 1 << 16
"""Chance 1 to take part in a break-out, in the steps in which kernels read it."""


class Mood(NamedTuple):
    """What kernels are told of a day, see `lazaretto.engine.leakage.Leakage`.

    ``leaks`` is 0 if nobody breaks rules, 1 if some are in a break-out, 2 if people may leak;
    ``base`` (int16 logit steps), ``fatigue`` (uint8), ``spell`` (int16 days), ``joins`` (uint16),
    each shape (n_buildings,); ``hardship`` int16 logit steps, shape (n_days + 1, n_districts, 10),
    the last row that of people who are not behind closed gates.
    """

    leaks: int
    base: NDArray[np.int16]
    fatigue: NDArray[np.uint8]
    spell: NDArray[np.int16]
    joins: NDArray[np.uint16]
    hardship: NDArray[np.int16]


BY_BUILDING = ("base", "fatigue", "spell", "joins")
"""Parts of a `Mood` that are of each building."""


class Respondents(NamedTuple):
    """Who lives in each building, as far as responses go.

    ``adults`` (n_buildings,) residents of 15 and over; ``kinds`` (n_buildings, 10) residents by
    kind of household (twice the income class, and 1 more for migrants).
    """

    adults: NDArray[np.int64]
    kinds: NDArray[np.int64]


class Response:
    """The people of one run: their state by place, and how it changes from day to day.

    Parameters
    ----------
    rules
        The behaviour of the scenario.
    seed, start, n_days
        Seed, first date and days of the run.
    places
        The places of the city.
    who
        Residents by building.
    """

    def __init__(
        self,
        rules: Behaviour,
        seed: int,
        start: date,
        n_days: int,
        places: Places,
        who: Respondents,
    ) -> None:
        self.rules, self.places, self.who = rules, places, who
        n_districts, n_buildings = len(places.districts), places.building_persons.size
        self._district = places.compound_district[places.building_compound]
        n_subdistricts = int(places.compound_subdistrict.max(initial=-1)) + 1
        self.subdistrict_persons = np.bincount(
            places.compound_subdistrict, places.compound_persons, n_subdistricts
        ).astype(np.int64)
        self.subdistrict_district = np.zeros(n_subdistricts, np.int64)
        self.subdistrict_district[places.compound_subdistrict] = places.compound_district
        self._compound_logit = intercept(rules) + spread_by_compound(
            float(rules.leakage.spread_compound), places.compound_persons.size, seed
        )
        self._mean = MeanLeakage(rules)
        self.hardship = Hardship(rules.hardship, n_days, n_districts)
        self.trust = Trust(rules.trust, n_districts)
        residents = who.kinds.sum(axis=0)
        self._share = residents / max(int(residents.sum()), 1)
        """Share of residents by kind of household, for means over a building."""
        self.breakouts = Breakouts(rules.breakouts, seed, places)
        self.messages = Messages(rules.messages, seed, self.subdistrict_persons, start)
        self.tier = np.full(n_buildings, OPEN, np.uint8)
        """Tier of each building on the last day, shape (n_buildings,)."""
        self.fatigue = np.zeros(n_buildings)
        self.closed_on = np.full(n_buildings, NOT_CLOSED, np.int16)
        self.in_spell = np.zeros((n_days, n_districts, KINDS), np.int64)
        """Residents by first day of their confinement, district and kind of household."""
        self.newly_aware = np.zeros((2, n_subdistricts))
        """Residents newly aware yesterday: of any break-out, of a concession."""
        self.lowered = np.zeros(n_buildings, np.bool_)
        """Buildings whose tier a concession lowers by one today."""
        self._confined = np.zeros(places.compound_persons.size, np.int64)
        """Residents behind closed gates of each compound today."""
        self.events: Breakout | None = None
        self.told: DayOfMessages | None = None
        self.quiet = self._mood_of_nobody(n_days, n_districts)
        self.mood = self.quiet

    def _mood_of_nobody(self, n_days: int, n_districts: int) -> Mood:
        n = self.tier.size
        return Mood(
            leaks=0,
            base=np.zeros(n, np.int16),
            fatigue=np.zeros(n, np.uint8),
            spell=np.full(n, n_days, np.int16),
            joins=np.zeros(n, np.uint16),
            hardship=np.zeros((n_days + 1, n_districts, KINDS), np.int16),
        )

    def respond(self, day: int, orders: Orders, observed: Observed) -> Mood:
        """Let people respond to the orders of a day; concessions lower tiers in the orders.

        Parameters
        ----------
        day
            Today, before its transmission.
        orders
            Those of today; written.
        observed
            What was reported up to yesterday.
        """
        rules, places = self.rules, self.places
        self._ease(day, orders)
        if rules.fatigue.active and (self.tier.any() or self.fatigue.any()):
            self.fatigue = grow_tired(rules.fatigue, self.fatigue, self.tier)
        at_tier = self._begin_and_end_spells(day, orders.tier)
        self.trust.advance(self._mean_weight(at_tier), orders.provision.information)
        felt = perceived(rules.risk, observed, day, places.district_persons)
        if rules.risk.active and rules.risk.avoidance:
            careful = avoidance_factor(rules.risk, felt)
            orders.caution[:, CHOSEN] *= careful[:, None]
            orders.caution_essential[:, CHOSEN_BY_ESSENTIAL] *= careful[:, None]
        self.hardship.advance(day, self._starts_in_use(), self._supply(orders))
        self._break_out(day)
        self.told = self.messages.advance(day)
        self.newly_aware[0] = self.told.newly_aware
        self.newly_aware[1] = self.told.newly_aware_of_success
        self.mood = self._mood(felt)
        return self.mood

    def _ease(self, day: int, orders: Orders) -> None:
        eased = self.breakouts.eased(day)
        self.lowered[:] = False
        if eased.any():
            self.lowered = eased[self.places.building_compound] & (orders.tier >= CONTROLLED)
            orders.tier[self.lowered] -= np.uint8(1)

    def _begin_and_end_spells(self, day: int, tier: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Let confinements begin and end; return residents by district and tier."""
        at_tier = np.zeros((len(self.places.districts), len(TIERS)), np.int64)
        begin_and_end_spells(
            tier, CONTROLLED, self._district, self.places.building_persons, self.who.kinds, day,
            self.closed_on, self.in_spell, at_tier,
        )  # fmt: skip
        self.tier = tier.copy()
        return at_tier

    def _starts_in_use(self) -> NDArray[np.bool_]:
        return np.asarray(self.in_spell.any(axis=(1, 2)))

    def _mean_weight(self, at_tier: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the mean weight of confinement of the residents of each district."""
        if not self.tier.any():
            return np.zeros(len(at_tier))
        weighted = at_tier.astype(np.float64) @ np.array(TIER_WEIGHT)
        return np.asarray(weighted / self.places.district_persons)

    def _supply(self, orders: Orders) -> Supply:
        given = orders.provision
        met = 1 - (1 - given.passes) * (1 - given.visits)
        return Supply(given.deliveries, met, given.income)

    def _break_out(self, day: int) -> None:
        if not self.rules.breakouts.active:
            return
        places, n = self.places, self.places.compound_persons.size
        persons, tired, short = np.zeros(n, np.int64), np.zeros(n), np.zeros(n)
        self._confined = persons
        means_of_compounds(
            places.building_compound, places.building_persons, self.closed_on, self._district,
            self.fatigue, self.hardship.hardship @ self._share, persons, tired, short,
        )  # fmt: skip
        self.events = self.breakouts.advance(
            day, persons > 0, persons, tired, short, self.newly_aware[0],
            self.newly_aware[1], float(self.rules.enforcement),
        )  # fmt: skip
        begun = self.events
        for compound, end, filmed in zip(begun.compound, begun.end, begun.filmed, strict=True):
            if filmed:
                where = int(places.compound_subdistrict[compound])
                self.messages.begin(day, where, 0, 1, bool(end == 0))

    def _mood(self, felt: NDArray[np.float64]) -> Mood:
        rules, places, begun = self.rules, self.places, self.events
        leaking = rules.leakage.active and bool(self.tier.any())
        crowds = begun is not None and begun.compound.size > 0
        if not leaking and not crowds:
            return self.quiet
        logit = self._compound_logit - float(rules.enforcement_effect) * (
            self.breakouts.enforcement + float(rules.enforcement)
        )
        of_district = np.zeros(len(places.districts))
        if rules.risk.active:
            of_district -= float(rules.risk.effect) * felt
        if rules.trust.active:
            lost = (1 - self.trust.level) / float(rules.trust.spread)
            of_district += float(rules.trust.effect) * lost
        base = steps(logit + of_district[places.compound_district])
        crowd = np.zeros(base.size, np.uint16)
        if crowds and begun is not None:
            share = begun.participants / self._confined[begun.compound]
            crowd[begun.compound] = np.rint(np.minimum(share * JOINS, JOINS - 1))
        effect = float(rules.hardship.effect) if rules.hardship.active else 0.0
        table = self.quiet.hardship.copy()
        table[:-1] = steps(effect * self.hardship.hardship)
        mood = self.quiet._replace(leaks=2 if leaking else 1, hardship=table)
        mood = mood._replace(**{name: np.empty_like(getattr(mood, name)) for name in BY_BUILDING})
        moods(
            places.building_compound, self.closed_on, self.fatigue, base, crowd, len(table) - 1,
            mood.base, mood.fatigue, mood.spell, mood.joins,
        )  # fmt: skip
        return mood

    def expected_leaks(self) -> NDArray[np.float64]:
        """Return the adults expected to leak today by tier of their building, shape (4,)."""
        mood, mean, expected = self.mood, self._mean, np.zeros(len(TIERS))
        if mood.leaks and self.rules.leakage.active:
            felt = steps(mood.hardship / float(LOGIT_UNIT) @ self._share).astype(np.int32)
            leakers_by_tier(
                self.tier, mood.base, mood.spell, self._district, mood.fatigue, self.who.adults,
                felt, mean.table, mean.steps, expected,
            )  # fmt: skip
        return expected

    def hungry(self) -> NDArray[np.float64]:
        """Return residents of households without food today, by kind of household, shape (10,)."""
        return np.asarray((self.in_spell * self.hardship.hungry).sum(axis=(0, 1)))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything that differs from day to day, by name, for a checkpoint."""
        kept: dict[str, NDArray[Any]] = {
            "tier": self.tier,
            "fatigue": self.fatigue,
            "closed_on": self.closed_on,
            "in_spell": self.in_spell,
            "newly_aware": self.newly_aware,
        }
        for title, part in self._parts():
            kept |= {f"{title}_{name}": array for name, array in part.arrays().items()}
        return kept

    def restore(self, saved: dict[str, NDArray[Any]]) -> None:
        """Take over what `arrays` returned at another time."""
        for name in ("tier", "fatigue", "closed_on", "in_spell", "newly_aware"):
            setattr(self, name, np.array(saved[name]))
        for title, part in self._parts():
            names = [name for name in saved if name.startswith(f"{title}_")]
            part.restore({name.removeprefix(f"{title}_"): saved[name] for name in names})

    def _parts(self) -> list[tuple[str, Hardship | Trust | Breakouts | Messages]]:
        return [
            ("hardship", self.hardship),
            ("trust", self.trust),
            ("breakouts", self.breakouts),
            ("messages", self.messages),
        ]
