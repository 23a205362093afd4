"""The simulation of one city: the day of `lazaretto.engine.day`, executed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import Purpose, stream_key
from lazaretto.engine.arriving import Arriving
from lazaretto.engine.campaign import vaccinate
from lazaretto.engine.care import count_patients, expect, progress
from lazaretto.engine.city import City, city_of
from lazaretto.engine.cohort import Cohort, infect, join, no_count, still_needed, unprotect
from lazaretto.engine.contacts import Policy
from lazaretto.engine.containment import LOOK_BACK, Ancestry, Containment
from lazaretto.engine.counting import count_day, count_isolated
from lazaretto.engine.day import DAY
from lazaretto.engine.diary import Diary, empty_met, other_contacts, write_diary
from lazaretto.engine.evening import take_samples
from lazaretto.engine.exposures import label_of
from lazaretto.engine.facilities import caught_in_facilities, caught_on_buses
from lazaretto.engine.infection import records_of
from lazaretto.engine.interviews import interview
from lazaretto.engine.ledger import count_residents
from lazaretto.engine.notification import deliver
from lazaretto.engine.observing import observed
from lazaretto.engine.policy import policy_of
from lazaretto.engine.rates import Rates, build_rates
from lazaretto.engine.responding import Citizens
from lazaretto.engine.seeding import seeded
from lazaretto.engine.setting_up import days_worth_thinning, locked, places_of, vaccine_of
from lazaretto.engine.settings import Settings
from lazaretto.engine.spread import Infected, Workers, transmit
from lazaretto.engine.state import State, new_state
from lazaretto.engine.transfers import Riders, nobody_rides, transfer
from lazaretto.measures import Observed, Orders, Places, Today
from lazaretto.outcomes import Confinement, Tally
from lazaretto.people import Population
from lazaretto.words import SEED

LARGE_COHORT = 1 << 16
"""Infections of a day, in each range of persons, above which the ranges stay apart."""


OnInfections = Callable[[int, Infected], None]


@dataclass
class Simulation:
    """One run: the city, the state of its residents, and the tally so far.

    Parameters
    ----------
    people
        The synthetic population.
    settings
        What is simulated.
    threads
        Worker threads; the results do not depend on it.
    on_infections
        Called with the day and the new infections of each range of persons, if given; the
        source of an infection brought in is -1.
    travels
        Whether residents may be in another city for days (`lazaretto.nation`).
    workers
        Threads shared with other runs, instead of ``threads`` of its own.
    """

    people: Population
    settings: Settings
    threads: int = 2
    on_infections: OnInfections | None = None
    travels: bool = False
    workers: Workers | None = None

    city: City = field(init=False)
    places: Places = field(init=False)
    rates: Rates = field(init=False)
    state: State = field(init=False)
    containment: Containment = field(init=False)
    cohorts: list[Cohort] = field(init=False, default_factory=list)
    past: list[Policy] = field(init=False, default_factory=list)
    """Policies of the last days, the latest last, for `contacts_of`."""
    triggered: list[NDArray[np.int16]] = field(init=False)
    """State of the trigger of each measure."""
    tally: Tally = field(init=False)
    day: int = field(init=False, default=0)
    resting: bool = field(init=False, default=False)
    """Whether nobody was ever infected or reported: only measures that do not wait for it act."""

    def __post_init__(self) -> None:
        settings, people = self.settings, self.people
        self.city = city_of(people)
        self.rates = build_rates(
            settings.courses, settings.contacts, settings.transmissibility, settings.severity
        )
        measures = settings.measures
        self._sought = any(measure.finds_infected for measure in measures)
        self._backward = any(getattr(measure, "backward", False) for measure in measures)
        homes = settings.border is not None and settings.border.watches_homes
        moves = self._sought or homes or self.travels
        moves = moves or any(measure.moves_persons for measure in measures)
        self.state = new_state(people.attributes.size, moves, vaccine_of(settings))
        n_districts, n_subdistricts = len(people.districts), people.subdistrict_start.size - 1
        n_stocks = len(settings.stocks)
        self.tally = Tally.of(settings.n_days, n_districts, n_stocks, n_subdistricts)
        self.places = places_of(people, self.city)
        self._workers = self.workers or Workers(self.threads)
        self.citizens = Citizens(settings, self.places, self.city, self._workers)
        self.confinement = Confinement(
            self.city.building_district, self.citizens.residents, n_districts, self.citizens.totals
        )
        detectable = {"pcr": settings.courses.pcr, "antigen": settings.courses.antigen}
        self.orders = Orders(self.places, detectable, settings.stocks)
        self.triggered = [measure.idle(self.places) for measure in measures]
        self.containment = Containment(
            self.city, self.rates, self.state, self.places, settings, self.tally, self._workers,
            moves, self.citizens.income, self._backward,
        )  # fmt: skip
        self._loop_key = self.containment.key(Purpose.CLOSED_LOOP)
        self.policy: Policy = self._policy()
        self._thinned_after = days_worth_thinning(settings, self.rates)
        self._seen: Observed | None = None
        self._step = 0
        self._outside: list[Infected] = []
        self._travelled: list[tuple[int, Infected]] = []
        self.arriving = Arriving(settings.border, self.containment)
        self._riders: Riders = nobody_rides()
        self._other = other_contacts(settings.courses, settings.contacts, settings.transmissibility)

    def _policy(self) -> Policy:
        settings = self.settings
        kept = self.containment
        return policy_of(
            self.orders, settings.confinement, settings.apart, self._loop_key, kept.moved,
            self.citizens.leakage(self.day), self.citizens.active,
        )  # fmt: skip

    @property
    def date(self) -> date:
        """The date of the next day to simulate."""
        return self.settings.start + timedelta(days=self.day)

    @property
    def infections(self) -> int:
        """Infections so far, those brought in included."""
        return int(self.tally.infections.sum())

    def run(
        self, on_day: Callable[[Simulation], None] | None = None, until: int | None = None
    ) -> Tally:
        """Simulate the days that remain and return the tally.

        Parameters
        ----------
        on_day
            Called after each day.
        until
            Stop before this day of the run; the end if absent.
        """
        end = self.settings.n_days if until is None else min(until, self.settings.n_days)
        while self.day < end:
            self.advance()
            if on_day is not None:
                on_day(self)
        return self.tally

    def advance(self, until: int = len(DAY)) -> None:
        """Simulate one day: the steps of `DAY`, in order.

        Parameters
        ----------
        until
            Stop before this step of the day; the next call goes on from there.
        """
        for step in DAY[self._step : until]:
            getattr(self, step.method)()
        self._step = until
        if until == len(DAY):
            self._step = 0
            self.day += 1
            self.past = [*self.past[-LOOK_BACK:], self.policy]

    def contacts_of(self, person: int, day: int) -> Diary:
        """Return everybody a person met on a day, recomputed.

        Parameters
        ----------
        person
            The person.
        day
            Day of the run, already simulated, at most `LOOK_BACK` days ago.

        Raises
        ------
        ValueError
            If the day is not among those.
        """
        back = self.day - day
        if not 1 <= back <= len(self.past):
            first = self.day - len(self.past)
            raise ValueError(f"day {day} is not kept; days {first} to {self.day - 1} are")
        record = np.empty(1, np.uint32)
        keys = self.containment.course_keys
        records_of(self.city, self.rates, self.state, keys, np.array([person], np.int32), record)
        infected, level = int(self.state.infected_on[person]), 0
        if 0 <= infected < day and day - infected < self.rates.level.shape[1]:
            level = int(self.rates.level[int(record[0]) & 0xFF, day - infected])
        met, seed = empty_met(), self.settings.seed
        n = write_diary(
            self.city, self.rates, self._other, self.past[-back], self.containment.then(day),
            person, record[0], level, stream_key(seed, Purpose.TRANSMISSION, day),
            stream_key(seed, Purpose.DIARY, day), met,
        )  # fmt: skip
        return Diary(met.person[:n].copy(), met.layer[:n].copy(), met.transmits[:n].copy())

    def __enter__(self) -> Simulation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the worker threads, unless they are shared."""
        if self.workers is None:
            self._workers.close()

    def _measures_decide(self) -> None:
        seen, self._seen = self._seen, None
        if self.settings.measures or self.citizens.response is not None:
            self.orders.reset(self.day)
            if seen is None or not self.resting:
                seen = observed(self.containment, self.day, self.orders, self.confinement)
            self._seen = seen
            today = Today(self.day, self.date, seen)
            for i, measure in enumerate(self.settings.measures):
                if self.resting and not measure.quiet:
                    continue
                self.triggered[i] = measure.watch(self.triggered[i], today, self.places)
                if measure.in_force(today):
                    active = replace(today, active=locked(self.triggered[i]))
                    measure.order(active, self.places, self.orders)

    def _people_respond(self) -> None:
        if self._seen is not None:
            self.citizens.respond(self.day, self.orders, self._seen)
            self.policy = self._policy()

    def _morning(self) -> None:
        kept, day, orders = self.containment, self.day, self.orders
        kept.begin(day, orders.amount, self.policy.tier)
        if not self.settings.measures or self.resting:
            return
        deliver(kept, day, orders, day)
        interview(kept, day, orders, self._other, self.past)
        self._riders = transfer(kept, day, orders)
        vaccinate(kept, day, orders)
        self.policy = self.policy._replace(moved=int(kept.moved))

    def _arrivals(self) -> None:
        self._protection_wanes()
        seed, day = self.settings.seed, self.day
        person = seeded(self.settings.arrivals, seed, day, self.state.protected)
        self._outside, self._travelled = [], []
        self.infect(person, np.full(person.size, SEED, np.uint16), day)
        self.arriving.count(day)
        for infected_on, who in self.arriving.coming_in(day):
            self.infect(who, np.full(who.size, SEED, np.uint16), infected_on)
        self.arriving.watch_homes(day)
        self.policy = self.policy._replace(moved=int(self.containment.moved))
        kept, key = self.containment, self.containment.key(Purpose.FACILITY, day)
        state = (self.city, self.rates, self.state, kept.course_keys)
        if self._riders.person.size:
            self.infect(*caught_on_buses(*state, *self._riders, day, key), day)
        if kept.isolated.size:
            isolated, stocks = kept.isolated, self.settings.stocks
            self.infect(*caught_in_facilities(*state, isolated, stocks, day, key), day)

    def infect(self, person: NDArray[np.int32], label: NDArray[np.uint16], day: int) -> None:
        """Infect persons, ascending, who did not catch it at home, today or on a day before."""
        if not person.size:
            return
        record, source = np.empty(person.size, np.uint32), np.full(person.size, -1, np.int32)
        count = no_count(len(self.people.districts))
        key = self.containment.key(Purpose.COURSE, day)
        infect(self.city, self.rates, self.policy, self.state, person, label, day, key,
               record, count)  # fmt: skip
        if label[0] == label_of(SEED, 0, 0):
            count.caused[0] = 0  # nobody caused an arrival
        origin = (label & np.uint16(15)).astype(np.uint8)
        some = Infected(person, record, source, origin, count)
        if day == self.day:
            self._outside.append(some)
        else:
            self._travelled.append((day, some))
            join(self.cohorts, day, person, record)
            self.containment.join_ancestry(day, person)

    def _protection_wanes(self) -> None:
        """Look once a week for those whose protection has begun to wane."""
        last = self.day - self.rates.wanes_after
        due = self.day % 7 == 0 and last >= 0
        some = self.settings.border is not None  # who came later may have been infected then
        if due and (some or self.tally.infections[max(last - 6, 0) : last + 1].any()):
            unprotect(self.state, last)

    def _transmission(self) -> None:
        if self.workers is None:
            self._workers.sources = self._backward or self.on_infections is not None
        spread = transmit(
            self.city, self.rates, self.policy, self.state, self.cohorts, self.day,
            self.settings.seed, self._workers,
        )  # fmt: skip
        new = [*spread, *self._outside]
        for some in [*new, *(some for _, some in self._travelled)]:
            self.tally.infections[self.day] += some.count.origin
            self.tally.infections_by_age[self.day] += some.count.age
            self.tally.infections_by_tier[self.day] += some.count.tier
            self.tally.symptomatic_by_age[self.day] += some.count.symptomatic
            self.tally.infections_by_income[self.day] += some.count.income
            for since in np.nonzero(some.count.caused)[0]:
                self.tally.secondary[self.day - since] += some.count.caused[since]
            if self.on_infections is not None:
                self.on_infections(self.day, some)
        for day, parts in [(self.day, new), *((day, [some]) for day, some in self._travelled)]:
            if parts:
                person = np.concatenate([some.person for some in parts])
                record = np.concatenate([some.record for some in parts])
                expect(self.containment, day, person, record, self.day)
        if self._backward and new:
            columns = zip(*((some.person, some.source, some.layer) for some in new), strict=True)
            person, source, origin = (np.concatenate(column) for column in columns)
            order = np.argsort(person)
            self.containment.ancestry[self.day] = Ancestry(
                person[order], source[order], origin[order]
            )
        apart = len(spread) > 1 and min(some.person.size for some in spread) >= LARGE_COHORT
        for parts in [[some] for some in spread] if apart else [spread] if spread else []:
            person = np.concatenate([some.person for some in parts])
            record = np.concatenate([some.record for some in parts])
            self.cohorts.append(Cohort(self.day, person, record))
        for some in self._outside:
            join(self.cohorts, self.day, some.person, some.record)

    def _progression(self) -> None:
        count_isolated(self.containment, self.day, self.orders)
        self._isolated = self.citizens.isolated(self.containment.isolated, self._tier())
        progress(self.containment, self.day, self.orders)

    def _evening(self) -> None:
        rules = self.orders.rules
        if not self._sought and (rules.symptoms or rules.rounds or rules.cases or rules.contacts):
            message = "a measure looks for infected persons but says finds_infected = False"
            raise ValueError(message)
        if self._sought and not self.resting:
            take_samples(self.containment, self.day, self.orders, self.cohorts)
            deliver(self.containment, self.day, self.orders, self.day + 1)
        longest = self._longest()
        self.cohorts = [cohort for cohort in self.cohorts if self._thinned(cohort, longest).size]

    def _longest(self) -> int:
        """Return the days since infection after which nobody matters any more."""
        longest = self.rates.level.shape[1]
        if not self._sought:
            return longest
        last_onset = int(self.rates.latent.max()) + self.rates.onset.size - 1
        sizes = [rule.seek.size for _, rule in self.orders.rules.symptoms]
        seek = max([self.orders.longest_seek, *sizes])  # who is not sought today may be later
        return max(longest, self.settings.courses.pcr.size, last_onset + seek)

    def _thinned(self, cohort: Cohort, longest: int) -> Cohort:
        since = self.day - cohort.day
        if since in self._thinned_after or since >= longest:
            needed = since < longest and still_needed(
                self.rates, self.state.known, cohort.person, cohort.record, since, self._sought
            )
            if not np.all(needed):
                which = np.flatnonzero(needed) if since < longest else slice(0, 0)
                cohort.person, cohort.record = cohort.person[which], cohort.record[which]
        return cohort

    def _tier(self) -> NDArray[np.uint8]:
        """Return the tier of each building that is counted today."""
        tier = self.policy.tier
        return self.citizens.counted(tier & np.uint8(3) if self.orders.queueing.any() else tier)

    def _ledger(self) -> None:
        residents = self.confinement.count(self._tier())
        settings = self.settings
        left = settings.confinement if settings.attendance is None else settings.attendance
        count_residents(
            self.tally, self.day, self.date, residents, self._isolated, self.orders, left
        )
        self.citizens.count(self.tally, self.day)
        count_patients(self.containment, self.day)
        count_day(self.containment, self.day, self.orders)
