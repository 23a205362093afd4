"""Tracers at work: who is asked today, whom they name, and who is quarantined for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import Purpose, draws_of, threshold
from lazaretto.engine.contacts import Policy
from lazaretto.engine.containment import LOOK_BACK, Containment, Persons, first_rule
from lazaretto.engine.diary import OtherContacts, empty_met
from lazaretto.engine.infection import records_of
from lazaretto.engine.isolation import CONTACT, NO_RULE, SECOND_CONTACT
from lazaretto.engine.state import AT_HOME, AT_LARGE, marked
from lazaretto.engine.tracing import (
    LISTED,
    QUESTION_BITS,
    THE_INFECTOR,
    Asked,
    infectors_named,
    list_contacts,
    list_household,
)
from lazaretto.measures import Orders
from lazaretto.measures.rules import HoldRule, TraceRule
from lazaretto.words import HOUSEHOLD

PIECE = 1 << 12
"""Persons asked by one thread at a time."""


def interview(
    c: Containment, day: int, orders: Orders, other: OtherContacts, past: list[Policy]
) -> None:
    """List the contacts of the cases whose turn it is, and quarantine them where that is ordered.

    Parameters
    ----------
    c
        The containment of the run.
    day
        Today, before its transmission.
    orders
        Those of today.
    other
        Contacts that would not transmit.
    past
        The policies of the last days, yesterday's last.
    """
    fresh, c.fresh = c.fresh, np.empty(0, np.int32)
    rules = orders.rules.traces
    if not rules:
        return
    n_districts = len(c.places.districts)
    rule_of = first_rule([mask for mask, _ in rules], n_districts)
    contacts, asked_twice = [], []
    for i, (_, rule) in enumerate(rules):
        found = _contacts_of_cases(c, day, orders, rule, rule_of == i, fresh, other, past)
        contacts.append(found)
        if rule.backward and not c.backward:
            raise ValueError("a measure traces backward but has no field backward that says so")
        if rule.second_degree:
            asked_twice.append((rule, found))
    listed = _quarantine(c, day, orders.rules.contacts, contacts, CONTACT)
    second = []
    for rule, found in asked_twice:
        again = found[np.isin(found, listed)]
        since = np.full(again.size, day - rule.second_days, np.int64)
        second.append(_household(c, day, rule, again))
        second.append(_others(c, day, rule, again, since, np.full(again.size, day), other, past))
    _quarantine(c, day, orders.rules.second_contacts, second, SECOND_CONTACT)


def _contacts_of_cases(
    c: Containment,
    day: int,
    orders: Orders,
    rule: TraceRule,
    here: NDArray[np.bool_],
    fresh: Persons,
    other: OtherContacts,
    past: list[Policy],
) -> Persons:
    """Return contacts of the cases that one rule reaches today, ascending, each once."""
    home = _household(c, day, rule, fresh[here[c.districts(fresh)]])
    queue = c.queue
    mine = here[c.districts(queue.person)]
    age = day - queue.known.astype(np.int64)
    late = mine & (age - rule.delay > rule.longest_wait)
    if late.any():
        c.tally.cases_untraced[day] += int(late.sum())
        queue.take(late)
        mine, age = mine[~late], age[~late]
    order = ready = np.flatnonzero(mine & (age >= rule.delay))
    if rule.tracers is not None:
        stock = orders.stock(rule.tracers)
        free = max(int(orders.amount[stock] - c.used[stock]), 0)
        order = _by_lot(c, ready, int(free * rule.cases_per_tracer))
        c.used[stock] += int(np.ceil(order.size / rule.cases_per_tracer))
        c.waiting[stock] += ready.size - order.size
    taken = np.zeros(queue.person.size, np.bool_)
    taken[order] = True
    cases = queue.take(taken)
    first = cases.sampled.astype(np.int64) - rule.days_before
    end = cases.end.astype(np.int64)
    met = _others(c, day, rule, cases.person, first, end, other, past)
    named = [home, met]
    if rule.backward:
        named.append(_infectors(c, day, rule, cases.person, first, end))
    return once(named)


def _by_lot(c: Containment, ready: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return the cases that tracers get round to: the oldest, by lot among those of one day."""
    if ready.size <= most:
        return ready
    if most == 0:
        return ready[:0]
    known = c.queue.known[ready]
    last = ready[known == known[most - 1]]
    before = ready[known < known[most - 1]]
    lot = draws_of(c.key(Purpose.TRACING), c.queue.person[last], 2)
    return np.concatenate([before, last[np.argsort(lot, kind="stable")][: most - before.size]])


def _household(c: Containment, day: int, rule: TraceRule, person: Persons) -> Persons:
    recall = np.uint32(threshold(float(rule.recall[HOUSEHOLD])))
    out = np.empty(15 * person.size, np.int32)
    n = list_household(c.city, person, recall, c.key(Purpose.TRACING, day), out)
    return once([out[:n]])


def _others(
    c: Containment,
    day: int,
    rule: TraceRule,
    person: Persons,
    first: NDArray[np.int64],
    end: NDArray[np.int64],
    other: OtherContacts,
    past: list[Policy],
) -> Persons:
    """Return whom persons met outside their household from day ``first`` to ``end`` - 1."""
    recall = threshold(rule.recall)
    recall[HOUSEHOLD] = 0
    if not person.size or not recall.any():
        return np.empty(0, np.int32)
    found: list[Persons] = []
    record = np.empty(person.size, np.uint32)
    records_of(c.city, c.rates, c.state, c.course_keys, person, record)
    infected = c.state.infected_on[person]
    whereabouts, at = c.going_back(), None
    for asked_day in range(day - 1, max(int(first.min()), day - LOOK_BACK, 0) - 1, -1):
        c.take_back(whereabouts, asked_day, at)
        at = asked_day
        about = np.flatnonzero((first <= asked_day) & (asked_day < end))
        if not about.size or day - asked_day > len(past):
            continue
        asked = Asked(
            c.key(Purpose.TRANSMISSION, asked_day),
            c.key(Purpose.DIARY, asked_day),
            c.key(Purpose.TRACING, asked_day),
            recall,
        )
        policy = past[asked_day - day]

        def ask(start: int) -> list[Persons]:
            part, met = about[start : start + PIECE], empty_met()  # noqa: B023 - used at once
            who, what, since = person[part], record[part], infected[part]
            listed: list[Persons] = []
            at_, used = 0, np.zeros(1, np.int64)
            while at_ < who.size:
                out = np.empty(LISTED, np.int32)
                used[0] = 0
                at_ = list_contacts(
                    c.city, c.rates, other, policy, whereabouts, asked, who, what, since, asked_day, at_, met, out, used  # noqa: B023, E501
                )  # fmt: skip
                listed.append(out[: used[0]].copy())
            return listed

        for listed in c.workers.map(ask, range(0, about.size, PIECE)):
            found += listed
    return once(found)


def _infectors(
    c: Containment,
    day: int,
    rule: TraceRule,
    person: Persons,
    first: NDArray[np.int64],
    end: NDArray[np.int64],
) -> Persons:
    """Return those who infected the cases on the days asked about, where the cases name them."""
    source, origin = np.full(person.size, -1, np.int32), np.zeros(person.size, np.uint8)
    infected = c.state.infected_on[person].astype(np.int64)
    infected[(infected < first) | (infected >= end)] = -1
    for when, known in c.ancestry.items():
        which = np.flatnonzero(infected == when)
        at = np.searchsorted(known.person, person[which])
        source[which], origin[which] = known.source[at], known.origin[at]
    question = (person.astype(np.int64) << QUESTION_BITS) | THE_INFECTOR
    bits = draws_of(c.key(Purpose.TRACING, day), question, 0)
    lot = (bits & np.uint64(0x7FFFFFFF)).astype(np.uint32)
    return infectors_named(source, origin, threshold(rule.recall), lot)


def _quarantine(
    c: Containment,
    day: int,
    rules: list[tuple[NDArray[np.bool_], HoldRule]],
    listed: list[Persons],
    reason: int,
) -> Persons:
    """Count contacts newly found and quarantine them where ordered; return them, ascending."""
    person = once(listed)
    known = np.empty(person.size, np.bool_)
    marked(c.state.known, person, known)
    at = c.isolated.position(person)
    new = ~known & (c.where(person) == AT_LARGE) & (at < 0)
    rule_of = first_rule([mask for mask, _ in rules], len(c.places.districts))
    if reason == CONTACT and c.isolated.size:  # a contact's contact turns out to be a contact
        closer = ~known & (at >= 0) & (c.isolated.reason[at] == SECOND_CONTACT)
        closer &= rule_of[c.districts(person)] != NO_RULE
        c.isolated.turn_into(at[closer], CONTACT, day)
        new |= closer
    person, at = person[new], at[new]
    district = c.districts(person)
    since = day - c.state.infected_on[person].astype(np.int64)
    infected = (c.state.infected_on[person] >= 0) & (since < c.settings.courses.pcr.size)
    degree = int(reason == SECOND_CONTACT)
    np.add.at(c.tally.traced[day, :, :, degree], (district, infected.astype(np.int64)), 1)
    held = rule_of[district] != NO_RULE
    np.add.at(c.tally.isolated[day, :, reason], district[held], 1)
    held &= at < 0
    c.isolated.add(person[held], reason, district[held], day)
    c.move(person[held], AT_HOME, day)
    return person


def once(parts: list[Persons]) -> Persons:
    """Return the persons of several lists, ascending, each once (faster than np.unique)."""
    person = np.sort(np.concatenate([np.empty(0, np.int32), *parts]))
    first = np.ones(person.size, np.bool_)
    first[1:] = person[1:] != person[:-1]
    return person[first]
