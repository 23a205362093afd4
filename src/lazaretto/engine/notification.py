"""Results come back: cases are reported, places marked, persons isolated, queued and treated."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import Purpose, draw, draws_of, high31, low31, second, threshold
from lazaretto.engine.containment import IN_FACILITY, Containment, Persons, first_rule
from lazaretto.engine.hospital import EXPECTED
from lazaretto.engine.infection import NO_SYMPTOMS, records_of, unpacked
from lazaretto.engine.isolation import CASE, FALSE_POSITIVE, NO_RULE
from lazaretto.engine.laboratories import Pending
from lazaretto.engine.settings import Reporting
from lazaretto.engine.state import AT_HOME, AT_LARGE, DEAD, State, mark, marked
from lazaretto.measures import Orders

CONFIRMED, ASYMPTOMATIC, RECLASSIFIED = range(3)


def deliver(c: Containment, day: int, orders: Orders, stamp: int) -> None:
    """Deliver the results known today: report, mark places, isolate, queue for tracers, treat.

    Parameters
    ----------
    c
        The containment of the run.
    day
        Today: results are booked on it.
    orders
        Those of today.
    stamp
        First day on whose transmission isolation acts: today in the morning, tomorrow in the
        evening.
    """
    results = _first_of_each(c.laboratories.results(day))
    if not results.size:
        return
    known = np.empty(results.size, np.bool_)
    marked(c.state.known, results.person, known)
    where = c.where(results.person)
    listed = c.isolated.position(results.person) >= 0
    fresh = np.where(results.false, ~listed & (where == AT_LARGE), ~known & (where != DEAD))
    results = results.chosen(fresh)
    if not results.size:
        return
    person, false = results.person, results.false
    district, building = c.districts(person), c.buildings(person)
    mark(c.state.known, person[~false])
    c.tally.results[day] += results.size
    c.tally.result_days[day] += int((day - results.sampled.astype(np.int64)).sum())
    _report(c, day, person, false, district)
    np.add.at(c.tally.found[day], (district[~false], results.where[~false].astype(np.int64)), 1)
    _mark_places(c, day, building[results.where != IN_FACILITY])
    _isolate(c, day, orders, person, false, district, stamp)
    traced = first_rule([mask for mask, _ in orders.rules.traces], len(c.places.districts))
    asked = traced[district] != NO_RULE
    c.queue.add(person[asked], results.sampled[asked], day, stamp)
    c.fresh = np.concatenate([c.fresh, person[asked]])
    _treat(c, day, orders, person[~false], district[~false])


def _first_of_each(results: Pending) -> Pending:
    """Return one result of each person, true ones and old ones first, ascending by person."""
    order = np.lexsort((results.sampled, results.false, results.person))
    results = results.chosen(order)
    return results.chosen(np.concatenate([[True], np.diff(results.person) > 0])[: results.size])


@njit(nogil=True, _nrt=False, cache=True)
def classify(
    reporting: Reporting,
    keys: NDArray[np.uint64],
    state: State,
    person: NDArray[np.int32],
    false: NDArray[np.bool_],
    kind: NDArray[np.uint8],
    later: NDArray[np.int16],
) -> None:
    """Say how persons found are reported; it does not depend on the day they are found.

    Parameters
    ----------
    reporting
        How a positive becomes a reported case.
    keys
        Streams of `Purpose.REPORTING` by day of infection, shape (n_days,).
    state
        The residents.
    person, false
        Who, and whether not infected, shape (n,).
    kind
        Receives `CONFIRMED`, `ASYMPTOMATIC` or `RECLASSIFIED` (asymptomatic at first), shape (n,).
    later
        Receives days until reclassification, shape (n,).
    """
    for i in range(person.size):
        kind[i], later[i] = ASYMPTOMATIC, 0
        if false[i]:
            continue
        bits = draw(keys[state.infected_on[person[i]]], person[i], 0)
        if low31(bits) < reporting.confirmed:
            kind[i] = CONFIRMED
        elif high31(bits) < reporting.reclassified:
            kind[i] = RECLASSIFIED
            u = low31(second(bits))
            while u >= reporting.delay[later[i]]:
                later[i] += 1


def _report(
    c: Containment,
    day: int,
    person: Persons,
    false: NDArray[np.bool_],
    district: NDArray[np.int64],
) -> None:
    kind, later = np.empty(person.size, np.uint8), np.empty(person.size, np.int16)
    classify(c.settings.reporting, c.report_keys, c.state, person, false, kind, later)
    first = np.where(kind == CONFIRMED, CONFIRMED, ASYMPTOMATIC)
    np.add.at(c.tally.reports[day], (district, first), 1)
    np.add.at(c.tally.false_positives[day], district[false], 1)
    at = day + later.astype(np.int64)
    again = (kind == RECLASSIFIED) & (at < c.settings.n_days)
    np.add.at(c.tally.reports, (at[again], district[again], RECLASSIFIED), 1)
    subdistrict = np.searchsorted(c.city.subdistrict_start, person, side="right") - 1
    np.add.at(c.tally.cases_by_subdistrict, subdistrict, 1)


def _mark_places(c: Containment, day: int, building: NDArray[np.int64]) -> None:
    """Mark where a positive was found; one found in a facility says nothing of the home."""
    compound = c.places.building_compound[building].astype(np.int64)
    subdistrict = c.places.compound_subdistrict[compound]
    c.remember_positives()
    for last, place in zip(c.last_positive, (building, compound, subdistrict), strict=True):
        last[place] = day
    c.positive_compounds.append(compound)


def _isolate(
    c: Containment,
    day: int,
    orders: Orders,
    person: Persons,
    false: NDArray[np.bool_],
    district: NDArray[np.int64],
    stamp: int,
) -> None:
    rule = first_rule([mask for mask, _ in orders.rules.cases], len(c.places.districts))
    wanted = rule[district] != NO_RULE
    at = c.isolated.position(person)
    turned = wanted & (at >= 0)
    c.isolated.turn_into(at[turned], CASE, stamp)
    np.add.at(c.tally.isolated[day, :, CASE], district[turned], 1)
    # Who is in hospital is apart already; `position` is -1 for them, and for watched travellers.
    new = wanted & (at < 0) & (c.where(person) <= AT_HOME)
    for reason, which in ((CASE, new & ~false), (FALSE_POSITIVE, new & false)):
        c.isolated.add(person[which], reason, district[which], stamp)
        np.add.at(c.tally.isolated[day, :, reason], district[which], 1)
    c.move(person[new], AT_HOME, stamp)


def _treat(
    c: Containment, day: int, orders: Orders, person: Persons, district: NDArray[np.int64]
) -> None:
    """Give antivirals to the symptomatic found in time, by lot where courses run out."""
    if not orders.rules.treatments or not person.size:
        return
    record = np.empty(person.size, np.uint32)
    records_of(c.city, c.rates, c.state, c.course_keys, person, record)
    age, onset, _ = unpacked(record)
    ill = day - c.state.infected_on[person] - onset
    lot = draws_of(c.key(Purpose.TREATMENT, day), person, 0)
    value = (lot & np.uint64(0x7FFFFFFF)).astype(np.uint32)
    rule_of = first_rule([mask for mask, _ in orders.rules.treatments], len(c.places.districts))
    for i, (_, rule) in enumerate(orders.rules.treatments):
        # Who is found before symptoms is treated when they begin; it is decided, and counted, now.
        offered = (rule_of[district] == i) & (onset != NO_SYMPTOMS)
        offered &= (ill <= rule.within) & (value < threshold(rule.chance)[age])
        treated = np.flatnonzero(offered)
        treated = treated[np.argsort(lot[treated], kind="stable")]
        if rule.courses is not None:
            stock = orders.stock(rule.courses)
            treated = treated[: c.left[stock]]
            c.left[stock] -= treated.size
            c.used[stock] += treated.size
        c.tally.treated[day] += treated.size
        works = (lot[treated] >> np.uint64(33)) < np.uint64(threshold(rule.efficacy))
        patients = c.patients
        spared = np.isin(patients.person, person[treated[works]])
        patients.keep(~(spared & (patients.status == EXPECTED)))
