"""What containment keeps: samples, the isolated, cases to trace, patients, and who moved when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import Purpose, stream_key, threshold
from lazaretto.engine.city import ESSENTIAL, City, residents
from lazaretto.engine.hospital import Patients
from lazaretto.engine.isolation import HOME, NO_RULE, Holding, Isolated
from lazaretto.engine.laboratories import Laboratories, Pending
from lazaretto.engine.ordered import areas
from lazaretto.engine.rates import Rates
from lazaretto.engine.settings import Settings
from lazaretto.engine.spread import Workers
from lazaretto.engine.state import AT_HOME, State, move, undo, whereabouts_of
from lazaretto.engine.tracing import Queue
from lazaretto.measures import NEVER_POSITIVE, Orders, Places
from lazaretto.outcomes import Addresses, Tally
from lazaretto.words import SEED

LOOK_BACK = 21
"""Days for which contacts can be recomputed."""

Persons = NDArray[np.int32]

IN_FACILITY, IN_HOME_ISOLATION, OPEN_ZONE = 0, 1, 5
"""Positions in `lazaretto.words.FOUND_WHERE`; tiers come before the open one, highest first."""


class Move(NamedTuple):
    """Persons who changed their whereabouts before the transmission of day ``stamp``."""

    stamp: int
    person: Persons
    before: NDArray[np.uint8]


class Ancestry(NamedTuple):
    """Who infected those infected on a day, ascending by person; arrays of shape (n,)."""

    person: Persons
    source: Persons
    origin: NDArray[np.uint8]


@dataclass
class Containment:
    """The containment of one run: what it reads, and what it keeps from day to day.

    Parameters
    ----------
    city, rates, state, places, settings, tally, workers
        Those of the simulation.
    moves
        Whether anybody may be found, isolated or taken to hospital.
    """

    city: City
    rates: Rates
    state: State
    places: Places
    settings: Settings
    tally: Tally
    workers: Workers
    moves: bool
    income: NDArray[np.uint32]
    """Thresholds of income class by compound, shape (n_compounds, 4)."""
    backward: bool = False
    """Whether it is kept who infected whom."""
    moved: bool = field(init=False, default=False)
    """Whether anybody was ever moved."""
    isolated: Isolated = field(init=False)
    laboratories: Laboratories = field(init=False)
    queue: Queue = field(init=False)
    patients: Patients = field(init=False)
    log: list[Move] = field(init=False, default_factory=list)
    ancestry: dict[int, Ancestry] = field(init=False, default_factory=dict)
    fresh: Persons = field(init=False)
    """Cases whose result came since tracers last looked."""
    left: NDArray[np.int64] = field(init=False)
    """Courses of treatment left, and doses carried over, by stock."""
    used: NDArray[np.int64] = field(init=False)
    waiting: NDArray[np.int64] = field(init=False)
    last_positive: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]] = field(
        init=False
    )
    """Day of the last positive by building, compound and subdistrict; one number for all places,
    which cannot be written, until `remember_positives`."""

    def __post_init__(self) -> None:
        n_stocks = len(self.settings.stocks)
        self.tier = np.zeros(self.places.building_persons.size, np.uint8)
        """Tier of each building today, shape (n_buildings,)."""
        self.isolated = Isolated.nobody()
        self.laboratories = Laboratories(n_stocks)
        self.queue = Queue.empty()
        self.patients = Patients.none()
        self.fresh = np.empty(0, np.int32)
        self.left = np.zeros(n_stocks, np.int64)
        self.used = np.zeros(n_stocks, np.int64)
        self.beds = np.zeros(n_stocks, np.int64)
        """Beds of isolation taken today, by stock."""
        self.waiting = np.zeros(n_stocks, np.int64)
        n_subdistricts = self.city.subdistrict_start.size - 1
        sizes = (self.places.building_persons.size, self.places.compound_persons.size)
        nowhere = np.int32(-NEVER_POSITIVE)
        never = [np.broadcast_to(nowhere, n) for n in (*sizes, n_subdistricts)]
        self.last_positive = (never[0], never[1], never[2])
        self.addresses = Addresses(sizes[1])
        days = range(self.settings.n_days)
        self.positive_compounds: list[NDArray[np.int64]] = []
        """Compounds where a positive was found since the day was last counted."""
        units = [stock.unit for stock in self.settings.stocks]
        self.is_lab = np.array([unit == "tubes/day" for unit in units], np.bool_)
        self.is_consumed = np.array([unit == "courses" for unit in units], np.bool_)
        self.residents = residents(self.city)
        """Residents by district and age band, shape (n_districts, 18)."""
        essential = self.city.attributes & np.uint8(ESSENTIAL)
        self.essential_workers = int(np.count_nonzero(essential))
        self._past = np.empty(0, np.uint64)
        self.course_keys = np.array([self.key(Purpose.COURSE, day) for day in days], np.uint64)
        self.report_keys = np.array([self.key(Purpose.REPORTING, day) for day in days], np.uint64)

    def remember_positives(self) -> None:
        """Keep the day of the last positive of each place from now on."""
        if not self.last_positive[0].flags.writeable:
            building, compound, subdistrict = (last.copy() for last in self.last_positive)
            self.last_positive = (building, compound, subdistrict)

    def begin(self, day: int, amount: NDArray[np.int64], tier: NDArray[np.uint8]) -> None:
        """Begin a day: nothing is used yet, what nobody can ask for any more is forgotten."""
        self.tier = tier
        self.used[:] = 0
        self.waiting[:] = 0
        self.left += np.where(self.is_consumed, amount, 0)
        self.log = [each for each in self.log if each.stamp > day - LOOK_BACK]
        recent = {when: known for when, known in self.ancestry.items() if when > day - LOOK_BACK}
        self.ancestry = recent

    def key(self, purpose: Purpose, day: int = 0) -> np.uint64:
        """Return the key of a stream of this run."""
        return stream_key(self.settings.seed, purpose, day)

    def move(self, person: Persons, where: int, stamp: int) -> None:
        """Move persons before the transmission of day ``stamp``, and remember it."""
        if person.size:
            before = np.empty(person.size, np.uint8)
            move(self.state.whereabouts, person, where, before)
            self.log.append(Move(stamp, person, before))
            self.moved = True

    def join_ancestry(self, day: int, person: Persons) -> None:
        """Keep that nobody here infected persons who came later, ascending, infected on a day."""
        if day in self.ancestry:
            known = self.ancestry[day]
            at = np.searchsorted(known.person, person)
            self.ancestry[day] = Ancestry(
                np.insert(known.person, at, person),
                np.insert(known.source, at, np.int32(-1)),
                np.insert(known.origin, at, np.uint8(SEED)),
            )

    def where(self, person: Persons) -> NDArray[np.uint8]:
        """Return where persons are, shape (n,)."""
        out = np.empty(person.size, np.uint8)
        whereabouts_of(self.state.whereabouts, person, out)
        return out

    def then(self, day: int) -> NDArray[np.uint64]:
        """Return everybody's whereabouts during the transmission of a past day."""
        past = self.state.whereabouts.copy()
        self.take_back(past, day, None)
        return past

    def going_back(self) -> NDArray[np.uint64]:
        """Return a copy of everybody's whereabouts for `take_back`, good until the next call."""
        if not self._past.size:
            self._past = np.empty_like(self.state.whereabouts)
        np.copyto(self._past, self.state.whereabouts)
        return self._past

    def take_back(self, whereabouts: NDArray[np.uint64], day: int, later: int | None) -> None:
        """Take moves back to the transmission of a day.

        Parameters
        ----------
        whereabouts
            Written; everybody's whereabouts now, or during the transmission of day ``later``.
        day
            The day to go back to.
        later
            The day they are of; None for now.
        """
        for each in reversed(self.log):
            if each.stamp > day and (later is None or each.stamp <= later):
                undo(whereabouts, each.person, each.before)

    def buildings(self, person: Persons) -> NDArray[np.int64]:
        """Return the building each person lives in, shape (n,)."""
        out = np.empty(person.size, np.int64)
        areas(self.city.building_start, person, out)
        return out

    def districts(self, person: Persons) -> NDArray[np.int64]:
        """Return the district each person lives in, shape (n,)."""
        out = np.empty(person.size, np.int64)
        areas(self.city.district_start, person, out)
        return out

    def found_where(self, person: Persons) -> NDArray[np.uint8]:
        """Return where persons are found if found now, as in `lazaretto.words.FOUND_WHERE`."""
        at = self.isolated.position(person)
        bed = (at >= 0) & (self.isolated.place[at] != HOME) if self.isolated.size else at >= 0
        tier = self.tier[self.buildings(person)] & np.uint8(3)
        place = np.where(self.where(person) == AT_HOME, IN_HOME_ISOLATION, OPEN_ZONE - tier)
        return np.where(bed, IN_FACILITY, place).astype(np.uint8)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything that differs from day to day, by name, for a checkpoint."""
        log, ancestry = self.log, self.ancestry
        kept: dict[str, NDArray[Any]] = {
            "log_stamp": np.array([each.stamp for each in log], np.int64),
            "log_size": np.array([each.person.size for each in log], np.int64),
            "log_person": _chain([each.person for each in log], np.int32),
            "log_before": _chain([each.before for each in log], np.uint8),
            "ancestry_day": np.array(list(ancestry), np.int64),
            "ancestry_size": np.array([a.person.size for a in ancestry.values()], np.int64),
            "ancestry_person": _chain([a.person for a in ancestry.values()], np.int32),
            "ancestry_source": _chain([a.source for a in ancestry.values()], np.int32),
            "ancestry_origin": _chain([a.origin for a in ancestry.values()], np.uint8),
            "fresh": self.fresh,
            "moved": np.array(self.moved),
            "left": self.left,
            "used": self.used,
            "waiting": self.waiting,
            "tubes_arrived": self.laboratories.arrived,
            "tubes_read": self.laboratories.read,
        }
        for i, last in enumerate(self.last_positive):
            kept[f"last_positive_{i}"] = last
        kept |= {"address_listed": self.addresses.listed, "address_recent": self.addresses.recent}
        kept |= {f"queue_{name}": array for name, array in self.queue.arrays().items()}
        for title, table in self._tables():
            kept |= {f"{title}_{name}": array for name, array in table.arrays().items()}
        return kept

    def _tables(self) -> list[tuple[str, Isolated | Pending | Patients]]:
        pending = self.laboratories.pending
        return [("isolated", self.isolated), ("pending", pending), ("patients", self.patients)]

    def restore(self, saved: dict[str, NDArray[Any]]) -> None:
        """Take over what `arrays` returned at another time."""
        sizes = np.cumsum(saved["log_size"])[:-1]
        persons, before = (np.split(saved[f"log_{name}"], sizes) for name in ("person", "before"))
        stamps = saved["log_stamp"].tolist()
        self.log = [
            Move(stamp, *some)
            for stamp, some in zip(stamps, zip(persons, before, strict=True), strict=False)
        ]
        sizes = np.cumsum(saved["ancestry_size"])[:-1]
        columns = (np.split(saved[f"ancestry_{name}"], sizes) for name in Ancestry._fields)
        parts = zip(saved["ancestry_day"].tolist(), zip(*columns, strict=True), strict=False)
        self.ancestry = {day: Ancestry(*some) for day, some in parts}
        self.queue = Queue(*(saved[f"queue_{name}"] for name in self.queue.arrays()))
        self.fresh = saved["fresh"]
        self.moved = bool(saved["moved"])
        for name in ("left", "used", "waiting"):
            getattr(self, name)[:] = saved[name]
        self.laboratories.arrived[:] = saved["tubes_arrived"]
        self.laboratories.read[:] = saved["tubes_read"]
        self.remember_positives()
        for i, last in enumerate(self.last_positive):
            last[:] = saved[f"last_positive_{i}"]
        self.addresses.listed = saved["address_listed"]
        self.addresses.recent = saved["address_recent"]
        for title, table in self._tables():
            mine = {name: saved[f"{title}_{name}"] for name in table.arrays()}
            if isinstance(table, Pending):
                self.laboratories.pending = Pending(**mine)
            else:
                table.restore(mine)


def _chain(parts: list[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate([np.empty(0, kind), *parts])


def first_rule(masks: list[NDArray[np.bool_]], n_districts: int) -> NDArray[np.int64]:
    """Return which of several rules holds in each district, `NO_RULE` if none, shape (n_d,)."""
    rule = np.full(n_districts, NO_RULE, np.int64)
    for i in range(len(masks) - 1, -1, -1):
        rule[masks[i]] = i
    return rule


def holding_of(orders: Orders, n_detect_days: int) -> Holding:
    """Return today's rules of isolation as the kernels take them.

    Rules are numbered through: those of cases, then of contacts, then of contacts of contacts.

    Parameters
    ----------
    orders
        Today's orders.
    n_detect_days
        Days since infection for which tests are described.
    """
    n_districts = len(orders.places.districts)
    kinds = (orders.rules.cases, orders.rules.contacts, orders.rules.second_contacts)
    rule = np.full((len(kinds), n_districts), NO_RULE, np.int64)
    every = [given for kind in kinds for _, given in kind]
    first = 0
    for i, kind in enumerate(kinds):
        which = first_rule([mask for mask, _ in kind], n_districts)
        rule[i] = np.where(which == NO_RULE, NO_RULE, which + first)
        first += len(kind)
    days = np.zeros((max(len(every), 1), 5), np.int64)
    positive = np.zeros((max(len(every), 1), n_detect_days), np.uint32)
    for i, given in enumerate(every):
        days[i, :4] = given.least_days, given.longest_days, given.negatives, given.test_every
        days[i, 4] = -(-given.child_age // 5)
        positive[i, : given.test.positive.size] = threshold(given.test.positive)[:n_detect_days]
    return Holding(rule, days, positive)
