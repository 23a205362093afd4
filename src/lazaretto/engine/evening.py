"""The evening: samples are taken, laboratories work, the isolated are tested and released."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lazaretto.chance import CERTAIN, Purpose, draws, stream_key, threshold
from lazaretto.engine.cohort import Cohort
from lazaretto.engine.containment import Containment, Persons, holding_of
from lazaretto.engine.isolation import CASE, KIND
from lazaretto.engine.laboratories import ON_THE_SPOT
from lazaretto.engine.releases import release_companions, test_isolated
from lazaretto.engine.sampling import Keys, Samples, false_positives, lots, sample
from lazaretto.engine.state import AT_LARGE
from lazaretto.measures import Orders
from lazaretto.measures.rules import Test

SYMPTOMS, SCREENING, ANTIGEN_SCREENING, CONTACT_TEST, ISOLATION_TEST = range(5)
"""Why a sample is taken, in the order of `lazaretto.words.SAMPLED_FOR`."""

PIECE = 1 << 15
"""Persons that one thread samples at a time."""

Piece = list[tuple[Cohort, slice]]
"""Parts of cohorts, together at most `PIECE` records."""


def take_samples(c: Containment, day: int, orders: Orders, cohorts: list[Cohort]) -> None:
    """Sample the symptomatic, contacts and the isolated, and the rounds of today; labs work.

    Parameters
    ----------
    c
        The containment of the run.
    day
        Today, after its transmission.
    orders
        Those of today.
    cohorts
        The infected by day of infection.
    """
    rules = orders.rules
    n_symptoms = len(rules.symptoms)
    visits = np.zeros((n_symptoms, len(c.places.districts)), np.int64)
    person, slot = np.empty(0, np.int32), np.empty(0, np.uint8)
    if rules.symptoms or rules.rounds:
        person, slot = _positive(c, day, orders, cohorts, visits)
    for i in range(n_symptoms):
        _visits(c, day, orders, i, visits[i], person[slot == i])
    _isolated(c, day, orders)
    for i in range(len(rules.rounds)):
        _round(c, day, orders, i, person[slot == n_symptoms + i], n_symptoms + i)
    c.used += c.laboratories.work(day, np.where(c.is_lab, orders.amount, 0))
    c.waiting += c.laboratories.backlog


def _positive(
    c: Containment,
    day: int,
    orders: Orders,
    cohorts: list[Cohort],
    visits: NDArray[np.int64],
) -> tuple[Persons, NDArray[np.uint8]]:
    """Return the infected whose sample of today is positive, and in which test or round."""
    rules, n_districts = orders.rules, len(c.places.districts)
    longest = max((rule.seek.size for _, rule in rules.symptoms), default=0)
    seek = np.zeros((len(rules.symptoms), n_districts, longest), np.uint32)
    for i, (where, rule) in enumerate(rules.symptoms):
        seek[i, where, : rule.seek.size] = threshold(rule.seek)
    tests = [rule.test for _, rule in rules.symptoms] + [rule.test for rule in rules.rounds]
    positive = np.zeros((len(tests), c.settings.courses.pcr.size), np.uint32)
    for i, test in enumerate(tests):
        positive[i, : test.positive.size] = threshold(test.positive)[: positive.shape[1]]
    due = np.zeros((len(rules.rounds), c.places.compound_persons.size), np.uint8)
    for i, given in enumerate(rules.rounds):
        due[i] = given.compounds
    comes = threshold(np.array([given.participation for given in rules.rounds]))
    samples = Samples(seek, seek.max(axis=1, initial=0), due, comes, positive)
    keys = Keys(
        c.key(Purpose.SYMPTOM_TEST, day),
        c.key(Purpose.SCREENING, day),
        c.key(Purpose.PARTICIPATION),
    )
    last = max(positive.shape[1], longest + 31)
    watched = [cohort for cohort in cohorts if day - cohort.day < last]

    def look(piece: Piece) -> tuple[NDArray[np.int64], Persons, NDArray[np.uint8]]:
        person = np.concatenate([cohort.person[part] for cohort, part in piece])
        record = np.concatenate([cohort.record[part] for cohort, part in piece])
        sizes = [part.stop - part.start for _, part in piece]
        infected = np.repeat(np.array([cohort.day for cohort, _ in piece], np.int16), sizes)
        came = np.zeros_like(visits)
        out = np.empty(person.size * len(tests), np.int32)
        slot = np.empty(out.size, np.uint8)
        n = sample(c.city, c.state, samples, keys, person, record, infected, day,
                   day >= c.rates.wanes_after, came, out, slot)  # fmt: skip
        return came, out[:n].copy(), slot[:n].copy()

    found = c.workers.map(look, _pieces(watched))
    for came, _, _ in found:
        visits += came
    person = np.concatenate([np.empty(0, np.int32), *(some[1] for some in found)])
    return person, np.concatenate([np.empty(0, np.uint8), *(some[2] for some in found)])


def _pieces(cohorts: list[Cohort]) -> list[Piece]:
    """Return the cohorts in pieces, small ones together: a call costs as much as 500 persons."""
    pieces: list[Piece] = []
    room = 0
    for cohort in cohorts:
        start = 0
        while start < cohort.size:
            if room == 0:
                pieces.append([])
                room = PIECE
            end = min(start + room, cohort.size)
            pieces[-1].append((cohort, slice(start, end)))
            room -= end - start
            start = end
    return pieces


def _visits(
    c: Containment,
    day: int,
    orders: Orders,
    number: int,
    visits: NDArray[np.int64],
    positive: Persons,
) -> None:
    """Test those who came, infected or not, as far as the clinics can see them."""
    where, rule = orders.rules.symptoms[number]
    at_large = np.where(where, c.places.district_persons, 0)
    others = _binomial(c, day, number, at_large, rule.background)
    came = visits + others
    share = 1.0
    if rule.clinics is not None:
        stock = orders.stock(rule.clinics)
        free = max(int(orders.amount[stock] - c.used[stock]), 0)
        share = min(1.0, free / max(int(came.sum()), 1))
    slots = np.full(positive.size, number, np.uint8)
    lot = np.empty(positive.size, np.uint32)
    lots(c.key(Purpose.SYMPTOM_TEST, day), positive, slots, lot)
    positive = positive[lot < threshold(share)]
    seen = np.floor(came * share).astype(np.int64)
    others = np.floor(others * share).astype(np.int64)
    if rule.clinics is not None:
        c.used[stock] += int(seen.sum())
        c.waiting[stock] += int(came.sum() - seen.sum())
    c.tally.samples[day, :, SYMPTOMS] += seen
    everywhere = np.ones(c.places.compound_persons.size, np.uint8)
    false = _false_positives(c, day, rule.test, number, others, everywhere, CERTAIN)
    _send(c, day, orders, rule.test, int(seen.sum()), positive, false, number)


def _round(
    c: Containment, day: int, orders: Orders, number: int, positive: Persons, slot: int
) -> None:
    """Sample the compounds that are due."""
    rule = orders.rules.rounds[number]
    places = c.places
    due = np.bincount(
        places.compound_district[rule.compounds],
        places.compound_persons[rule.compounds],
        len(places.districts),
    )
    came = np.rint(due * rule.participation).astype(np.int64)
    reason = ANTIGEN_SCREENING if rule.test.antigen else SCREENING
    c.tally.samples[day, :, reason] += came
    comes = int(threshold(rule.participation))
    mask = rule.compounds.astype(np.uint8)
    false = _false_positives(c, day, rule.test, slot, came, mask, comes)
    tubes = int((-(-came // rule.test.pool)).sum())
    _send(c, day, orders, rule.test, tubes, positive, false, slot)
    if rule.test.labs is not None and rule.test.pool > 1:  # a positive pool is reviewed singly
        lab = orders.stock(rule.test.labs)
        c.laboratories.arrived[lab] += rule.test.pool * (positive.size + false.size)


def _isolated(c: Containment, day: int, orders: Orders) -> None:
    """Test the isolated, send what is newly positive, release who may go."""
    table = c.isolated
    if not table.size:
        return
    n = table.size
    holding = holding_of(orders, c.settings.courses.pcr.size)
    positive, released = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    rule_of = np.empty(n, np.int64)
    key = c.key(Purpose.ISOLATION, day)

    def test(start: int) -> NDArray[np.int64]:
        some = (start, min(start + PIECE, n))
        count = np.zeros((holding.days.shape[0], 5, len(c.places.districts)), np.int64)
        test_isolated(c.city, c.state, holding, table.person, table.stay, KIND, some, day, key,
                      count, rule_of, positive, released)  # fmt: skip
        return count

    tested = np.sum(c.workers.map(test, range(0, n, PIECE)), axis=0)
    release_companions(c.city, holding, table.person, table.stay, KIND, released)
    rules = orders.rules
    every = [*rules.cases, *rules.contacts, *rules.second_contacts]
    c.tally.samples[day, :, ISOLATION_TEST] += tested[:, CASE].sum(axis=0)
    others = tested.sum(axis=1) - tested[:, CASE]
    c.tally.samples[day, :, CONTACT_TEST] += others.sum(axis=0)
    found = np.flatnonzero(positive)
    for i, (_, rule) in enumerate(every):
        mine = table.person[found[rule_of[found] == i]]
        tubes = int(tested[i].sum())
        none = np.empty(0, np.int32)
        _send(c, day, orders, rule.test, tubes, mine, none, 128 + i)
    gone = table.person[released]
    np.add.at(c.tally.released[day], table.district[released], 1)
    table.remove(released)
    c.move(gone, AT_LARGE, day + 1)


def _send(
    c: Containment,
    day: int,
    orders: Orders,
    test: Test,
    tubes: int,
    positive: Persons,
    false: Persons,
    number: int,
) -> None:
    """Send tubes to the laboratory; ``number`` tells the batches of a day apart."""
    person = np.concatenate([positive, false])
    is_false = np.arange(person.size) >= positive.size
    lab = ON_THE_SPOT if test.labs is None else orders.stock(test.labs)
    lot, where = np.empty(person.size, np.uint32), c.found_where(person)
    key = c.key(Purpose.LABORATORY, day)
    lots(key, person, np.full(person.size, number, np.uint8), lot)
    tubes = max(tubes, int(person.size > 0))
    takes = np.full(person.size, test.turnaround, np.int16)
    if test.review_spread:
        wait = np.empty(person.size, np.uint32)
        lots(c.key(Purpose.REVIEW, day), person, np.full(person.size, number, np.uint8), wait)
        takes += ((wait.astype(np.int64) * (test.review_spread + 1)) >> 31).astype(np.int16)
    c.laboratories.receive(lab, tubes, person, lot, day, takes, where, is_false)


def _binomial(
    c: Containment, day: int, number: int, n: NDArray[np.int64], p: float
) -> NDArray[np.int64]:
    """Return binomial numbers by district, by inversion of one keyed draw each."""
    if p <= 0:
        return np.zeros(n.size, np.int64)
    key = stream_key(c.settings.seed, Purpose.FALSE_POSITIVE, day * 256 + number)
    bits = draws(key, 0, n.size, 511) >> np.uint64(11)
    u = (bits.astype(np.float64) + 0.5) * 2.0**-53
    return np.asarray(stats.binom.ppf(u, n, p), np.float64).astype(np.int64)


def _false_positives(
    c: Containment,
    day: int,
    test: Test,
    number: int,
    sampled: NDArray[np.int64],
    due: NDArray[np.uint8],
    comes: int,
) -> Persons:
    """Return residents not infected who become positives of one test today."""
    if test.false_positive <= 0:
        return np.empty(0, np.int32)
    wanted = _binomial(c, day, 128 + number, sampled, test.false_positive)
    key = stream_key(c.settings.seed, Purpose.FALSE_POSITIVE, day * 256 + 128 + number)
    chosen = []
    for district in np.flatnonzero(wanted):
        out = np.empty(int(wanted[district]), np.int32)
        taken = np.zeros(int(c.places.district_persons[district]) // 64 + 1, np.uint64)
        n = false_positives(c.city, c.state, due, np.uint32(comes),
                            c.key(Purpose.PARTICIPATION), key, day, test.positive.size,
                            int(district), out.size, taken, out)  # fmt: skip
        chosen.append(out[:n])
    return np.concatenate([np.empty(0, np.int32), *chosen])
