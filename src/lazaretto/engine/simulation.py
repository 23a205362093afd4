"""The day as a printable table, and the simulation that executes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import Purpose, stream_key
from lazaretto.engine.city import City, city_of, residents_by_age
from lazaretto.engine.cohort import (
    Cohort,
    infect,
    no_count,
    still_needed,
    unprotect,
)
from lazaretto.engine.diary import Diary, empty_met, other_contacts, write_diary
from lazaretto.engine.infection import UNDETECTED, record_of, uninfected_record
from lazaretto.engine.policy import policy_of, search_of
from lazaretto.engine.rates import Rates, build_rates
from lazaretto.engine.seeding import seeded
from lazaretto.engine.settings import Settings
from lazaretto.engine.spread import Infected, Workers, transmit
from lazaretto.engine.surveillance import Search, find
from lazaretto.engine.transmission import Policy, State
from lazaretto.measures import Observed, Orders, Places, Today
from lazaretto.outcomes import Confinement, Tally
from lazaretto.people import Population
from lazaretto.words import SEED

WORTH_THINNING = 0.15
"""Share of a cohort whose infection must be over before it is gone through and thinned."""


@dataclass(frozen=True)
class Step:
    """One row of the day: its name, what it reads and writes, and what its cost follows."""

    name: str
    reads: str
    writes: str
    cost: str
    method: str


DAY = (
    Step("measures decide", "observed data, calendar", "tiers, contacts, tests", "places",
         "_measures_decide"),
    Step("arrivals", "scenario", "infections brought in", "arrivals", "_arrivals"),
    Step("transmission", "infectious persons, policy", "exposures, new infections", "infections",
         "_transmission"),
    Step("surveillance", "infected persons, tests ordered", "persons found, reported cases",
         "infections", "_surveillance"),
    Step("ledger and outputs", "all of the above", "counts by date, place and age", "places",
         "_ledger"),
)  # fmt: skip
"""The steps of a day in order; `Simulation.advance` executes this table."""

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
    """

    people: Population
    settings: Settings
    threads: int = 2
    on_infections: OnInfections | None = None

    city: City = field(init=False)
    places: Places = field(init=False)
    rates: Rates = field(init=False)
    state: State = field(init=False)
    cohorts: list[Cohort] = field(init=False, default_factory=list)
    gone: list[tuple[NDArray[np.int32], NDArray[np.int16]]] = field(
        init=False, default_factory=list
    )
    """Persons found, and the day, whose infection is over and who left their cohort."""
    past: list[Policy] = field(init=False, default_factory=list)
    """Policies of the last days, the latest last, for `contacts_of`."""
    tally: Tally = field(init=False)
    day: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        settings, people = self.settings, self.people
        self.city = city_of(people)
        self.rates = build_rates(settings.courses, settings.contacts, settings.transmissibility)
        n_persons, n_districts = people.attributes.size, len(people.districts)
        self.state = State(
            protected=np.zeros((n_persons + 63) // 64, np.uint64),
            infected_on=np.full(n_persons, -1, np.int16),
        )
        self.tally = Tally.of(settings.n_days, n_districts)
        district = self.city.subdistrict_district[self.city.compound_subdistrict].astype(np.int64)
        self.places = Places(
            people.districts,
            np.diff(people.district_start).astype(np.int64),
            district,
            np.diff(people.compound_start).astype(np.int64),
        )
        self.confinement = Confinement(district, residents_by_age(self.city), n_districts)
        detectable = {"pcr": settings.courses.pcr, "antigen": settings.courses.antigen}
        self.orders = Orders(self.places, detectable)
        self.policy: Policy = policy_of(self.orders, settings.confinement)
        self.search: Search = search_of(self.orders)
        self._workers = Workers(self.threads)
        self._sought = any(measure.finds_infected for measure in settings.measures)
        self._thinned_after = days_worth_thinning(settings, self.rates)
        self._arrived: Infected | None = None
        self._other = other_contacts(settings.courses, settings.contacts, settings.transmissibility)

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

    def advance(self) -> None:
        """Simulate one day: the steps of `DAY`, in order."""
        for step in DAY:
            getattr(self, step.method)()
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
        infected_on, found = int(self.state.infected_on[person]), self._found(person)
        met, level = empty_met(), 0
        record = uninfected_record(self.city, person)
        if 0 <= infected_on < day:
            key = stream_key(self.settings.seed, Purpose.COURSE, infected_on)
            record = record_of(self.city, self.rates, key, person)
            since = day - infected_on
            if since < self.rates.level.shape[1]:
                level = int(self.rates.level[int(record) & 0xFF, since])
        n = 0
        if found > day:
            seed = self.settings.seed
            n = write_diary(
                self.city, self.rates, self._other, self.past[-back], person, record, level,
                stream_key(seed, Purpose.TRANSMISSION, day), stream_key(seed, Purpose.DIARY, day),
                met,
            )  # fmt: skip
        return Diary(met.person[:n].copy(), met.layer[:n].copy(), met.transmits[:n].copy())

    def _found(self, person: int) -> int:
        """Return the day from which a person is isolated, a later day than any if never."""
        for cohort in reversed(self.cohorts):
            at = int(np.searchsorted(cohort.person, person))
            if self._sought and at < cohort.size and cohort.person[at] == person:
                return int(cohort.found[at])
        for persons, found in reversed(self.gone):
            known = np.flatnonzero(persons == person)
            if known.size:
                return int(found[known[-1]])
        return UNDETECTED

    def __enter__(self) -> Simulation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the worker threads."""
        self._workers.close()

    def _measures_decide(self) -> None:
        if not self.settings.measures:
            return
        self.orders.reset()
        reports = self.tally.reports[: self.day]
        today = Today(self.day, self.date, Observed(reports[:, :, 0], reports[:, :, 1]))
        for measure in self.settings.measures:
            if measure.in_force(today):
                measure.order(today, self.places, self.orders)
        self.policy = policy_of(self.orders, self.settings.confinement)
        self.search = search_of(self.orders)

    def _arrivals(self) -> None:
        self._protection_wanes()
        seed = self.settings.seed
        person = seeded(self.settings.arrivals, seed, self.day, self.state.protected)
        self._arrived = None
        if person.size:
            record, source = np.empty(person.size, np.uint32), np.full(person.size, -1, np.int32)
            label, count = (
                np.full(person.size, SEED, np.uint16),
                no_count(len(self.people.districts)),
            )
            key = stream_key(seed, Purpose.COURSE, self.day)
            infect(self.city, self.rates, self.policy, self.state, person, label, self.day, key,
                   record, count)  # fmt: skip
            count.caused[0] = 0  # nobody caused an arrival
            self._arrived = Infected(person, record, source, label.astype(np.uint8), count)

    def _protection_wanes(self) -> None:
        """Look once a week for those whose protection has begun to wane."""
        last = self.day - self.rates.wanes_after
        due = self.day % 7 == 0 and last >= 0
        if due and self.tally.infections[max(last - 6, 0) : last + 1].any():
            unprotect(self.state, last)

    def _transmission(self) -> None:
        self._workers.sources = self.on_infections is not None
        new = transmit(
            self.city, self.rates, self.policy, self.state, self.cohorts, self.day,
            self.settings.seed, self._workers,
        )  # fmt: skip
        if self._arrived is not None:
            new.append(self._arrived)
        if not new:
            return
        for some in new:
            self.tally.infections[self.day] += some.count.layer
            self.tally.infections_by_age[self.day] += some.count.age
            self.tally.infections_by_tier[self.day] += some.count.tier
            for since in np.nonzero(some.count.caused)[0]:
                self.tally.secondary[self.day - since] += some.count.caused[since]
            if self.on_infections is not None:
                self.on_infections(self.day, some)
        spread = [some for some in new if some is not self._arrived]
        apart = len(spread) > 1 and min(some.person.size for some in spread) >= LARGE_COHORT
        for parts in [[some] for some in spread] if apart else [spread]:
            self._add_cohort(parts)
        if self._arrived is not None:
            self._add_arrived(self._arrived)

    def _add_cohort(self, parts: list[Infected]) -> None:
        if parts:
            person = np.concatenate([some.person for some in parts])
            record = np.concatenate([some.record for some in parts])
            found = np.full(person.size if self._sought else 1, UNDETECTED, np.int16)
            self.cohorts.append(Cohort(self.day, person, record, found))

    def _add_arrived(self, arrived: Infected) -> None:
        """Put arrivals in their place, by id, among those infected on the same day."""
        today = [cohort for cohort in self.cohorts if cohort.day == self.day]
        if not today:
            self._add_cohort([arrived])
            return
        ends = np.array([cohort.person[-1] for cohort in today[:-1]])
        where = np.searchsorted(ends, arrived.person)
        for i, cohort in enumerate(today):
            here = where == i
            at = np.searchsorted(cohort.person, arrived.person[here])
            cohort.person = np.insert(cohort.person, at, arrived.person[here])
            cohort.record = np.insert(cohort.record, at, arrived.record[here])
            found = cohort.person.size if self._sought else 1
            cohort.found = np.full(found, UNDETECTED, np.int16)

    def _surveillance(self) -> None:
        if self.search.seek.any() or self.search.screen.any():
            self._find_infected()
        self.cohorts = [cohort for cohort in self.cohorts if self._thinned(cohort).size]

    def _find_infected(self) -> None:
        if not self._sought:
            message = "a measure looks for infected persons but says finds_infected = False"
            raise ValueError(message)
        seed = self.settings.seed
        symptom = stream_key(seed, Purpose.SYMPTOM_TEST, self.day)
        screen = stream_key(seed, Purpose.SCREENING, self.day)
        wait = max(int(self.search.seek_wait.max()), int(self.search.screen_wait.max()))
        ahead = min(self.settings.n_days - self.day, wait + self.settings.reporting.delay.size)
        shape = (ahead, len(self.people.districts))

        def look(cohort: Cohort) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
            reports, isolated = np.zeros((*shape, 3), np.int64), np.zeros(shape, np.int64)
            report = stream_key(seed, Purpose.REPORTING, cohort.day)
            find(self.city, self.search, self.settings.reporting, cohort.person, cohort.record,
                 cohort.found, self.day, self.day - cohort.day, symptom, screen, report, reports,
                 isolated)  # fmt: skip
            return reports, isolated

        for reports, isolated in self._workers.map(look, self.cohorts):
            self.tally.reports[self.day : self.day + ahead] += reports
            self.tally.isolated[self.day : self.day + ahead] += isolated

    def _thinned(self, cohort: Cohort) -> Cohort:
        since = self.day - cohort.day
        longest = self.rates.level.shape[1]
        if self._sought:
            last_onset = int(self.rates.latent.max()) + self.rates.onset.size - 1
            last_sought = last_onset + self.search.seek.shape[1] - 1
            longest = max(longest, self.search.screen.shape[1], last_sought)
        if since in self._thinned_after or since >= longest:
            needed = still_needed(
                self.rates, cohort.record, cohort.found, since, self._sought and since < longest
            )
            if not needed.all():
                if self._sought:
                    known = ~needed & (cohort.found != UNDETECTED)
                    if known.any():
                        self.gone.append((cohort.person[known], cohort.found[known]))
                    cohort.found = cohort.found[needed]
                cohort.person = cohort.person[needed]
                cohort.record = cohort.record[needed]
        return cohort

    def _ledger(self) -> None:
        by_district, by_age = self.confinement.count(self.policy.tier)
        self.tally.persons_by_tier[self.day] = by_district
        self.tally.confined_by_age[self.day] = by_age


LARGE_COHORT = 1 << 16
"""Infections of a day, in each range of persons, above which the ranges stay apart."""


def days_worth_thinning(settings: Settings, rates: Rates) -> set[int]:
    """Return the days since infection on which a good part of a cohort has become irrelevant.

    Parameters
    ----------
    settings, rates
        The disease as courses, and the last infectious day of each.
    """
    ends = np.bincount(rates.last_day, settings.courses.probability[1], rates.level.shape[1])
    days, share = set(), 0.0
    for day, ending in enumerate(ends):
        share += float(ending)
        if share >= WORTH_THINNING:
            days.add(day)
            share = 0.0
    return days


LOOK_BACK = 21
"""Days for which contacts can be recomputed."""
