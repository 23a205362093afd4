"""Compile or load the kernels before the first day, so that no day waits for it."""

from __future__ import annotations

import numpy as np

from lazaretto.behaviour.messages import load_kernels
from lazaretto.chance import Purpose, draws, draws_of, stream_key
from lazaretto.engine.border import records_when
from lazaretto.engine.cohort import infect, no_count, still_needed, unprotect
from lazaretto.engine.containment import Containment, holding_of
from lazaretto.engine.counting import count_held
from lazaretto.engine.diary import empty_met
from lazaretto.engine.exposures import (
    empty_exposures,
    label_of,
    order_keys,
    partition_shift,
    winners,
)
from lazaretto.engine.facilities import together
from lazaretto.engine.infection import records_of
from lazaretto.engine.isolation import (
    KIND,
    STAY,
    companions,
    compress,
    count_places,
    insert,
    who_wants,
)
from lazaretto.engine.notification import classify
from lazaretto.engine.ordered import areas, positions
from lazaretto.engine.releases import release_companions, test_isolated
from lazaretto.engine.residents import ESSENTIAL_WORKERS, count_isolated_by_kind
from lazaretto.engine.sampling import Keys, Samples, false_positives, lots, sample
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.spread import CAPACITY
from lazaretto.engine.state import mark, marked, move, undo, whereabouts_of
from lazaretto.engine.tracing import Asked, list_contacts, list_household
from lazaretto.engine.transmission import emit
from lazaretto.engine.vaccinated import doses_of
from lazaretto.words import BUS, SEED

NOBODY = np.empty(0, np.int32)
FLAGS, SMALL, COUNTS = np.empty(0, np.bool_), np.empty(0, np.uint8), np.empty(0, np.int64)
LABELS, RECORDS = np.empty(0, np.uint16), np.empty(0, np.uint32)


def warm_up(simulation: Simulation) -> None:
    """Run each kernel of a day on nobody; the first time after an installation it is compiled.

    Parameters
    ----------
    simulation
        A simulation that has not begun; it is not changed.
    """
    run = simulation
    key = stream_key(run.settings.seed, Purpose.TRANSMISSION, 0)
    n_districts = len(run.people.districts)
    emit(run.city, run.rates, run.policy, run.state, NOBODY, RECORDS, 0, 1, key, 0, 0,
         partition_shift(run.people.n_persons), empty_exposures(CAPACITY, False))  # fmt: skip
    winners(order_keys(NOBODY, LABELS))
    label_of(SEED, 0, 0)
    infect(run.city, run.rates, run.policy, run.state, NOBODY, LABELS, 0, key, RECORDS,
           no_count(n_districts))  # fmt: skip
    still_needed(run.rates, run.state.known, NOBODY, RECORDS, 0, False)
    unprotect(run.state, -1)
    draws(key, 0, 0)
    draws_of(key, NOBODY, 0)
    doses_of(run.state.vaccine, NOBODY, COUNTS, COUNTS, 0, COUNTS, np.empty(0, np.uint64))
    keys = np.empty(0, np.uint64)
    records_when(run.city, run.rates, run.state.vaccine, keys, NOBODY, COUNTS, RECORDS)
    behaviour = run.settings.behaviour
    if behaviour is not None and behaviour.messages.active:
        load_kernels(behaviour.messages)
    if run.containment.moves:
        _warm_containment(run.containment, simulation, key)


def _warm_containment(c: Containment, run: Simulation, key: np.uint64) -> None:
    city, rates, state = c.city, c.rates, c.state
    n_districts, n_days = len(c.places.districts), c.settings.courses.pcr.size
    samples = Samples(
        np.empty((0, n_districts, 1), np.uint32),
        np.empty((0, 1), np.uint32),
        np.empty((0, c.places.compound_persons.size), np.uint8),
        RECORDS,
        np.empty((0, n_days), np.uint32),
    )
    visits = np.zeros((0, n_districts), np.int64)
    days, keys = np.empty(0, np.int16), Keys(key, key, key)
    sample(city, state, samples, keys, NOBODY, RECORDS, days, 0, False, visits, NOBODY, SMALL)
    lots(key, NOBODY, SMALL, RECORDS)
    due = np.zeros(c.places.compound_persons.size, np.uint8)
    false_positives(city, state, due, np.uint32(0), key, key, 0, n_days, 0, 0,
                    np.zeros(1, np.uint64), NOBODY)  # fmt: skip
    moved = state.whereabouts.copy()
    move(moved, NOBODY, 0, SMALL)
    undo(moved, NOBODY, SMALL)
    whereabouts_of(moved, NOBODY, SMALL)
    mark(state.known, NOBODY)
    marked(state.known, NOBODY, FLAGS)
    records_of(city, rates, state, c.course_keys, NOBODY, RECORDS)
    classify(c.settings.reporting, c.report_keys, state, NOBODY, FLAGS, SMALL, days)
    asked = Asked(key, key, key, np.zeros(6, np.uint32))
    used = np.zeros(1, np.int64)
    list_contacts(city, rates, run._other, run.policy, moved, asked, NOBODY, RECORDS, days, 0, 0,
                  empty_met(), NOBODY, used)  # fmt: skip
    list_household(city, NOBODY, np.uint32(0), key, NOBODY)
    draws_of(key, COUNTS, 0)
    areas(city.district_start, NOBODY, COUNTS)
    positions(NOBODY, NOBODY, COUNTS)
    table = c.isolated
    tested = np.zeros((1, 5, n_districts), np.int64)
    holding = holding_of(run.orders, n_days)
    test_isolated(city, state, holding, table.person, table.stay, KIND, (0, 0), 0, key, tested,
                  COUNTS, FLAGS, FLAGS)  # fmt: skip
    release_companions(city, holding, table.person, table.stay, KIND, FLAGS)
    place = np.zeros(1, np.bool_)
    stay, places = np.empty(0, STAY), np.zeros(1, np.int64)
    who_wants(stay, KIND, 0, place, place, 0, 0, places, COUNTS)
    count_places(stay, places)
    kinds = np.zeros((n_districts, 4, ESSENTIAL_WORKERS.stop), np.int64)
    count_isolated_by_kind(city, run.citizens.income, key, run.policy.tier, NOBODY, stay, kinds)
    count_held(city, NOBODY, stay, 3, places, np.zeros((1, 5, 2), np.int64))
    packed = stay.view(np.uint64)
    insert(NOBODY, packed, NOBODY, packed)
    compress(NOBODY, packed, FLAGS)
    companions(city, state, NOBODY, 3, NOBODY, stay, 1, NOBODY)
    together(city, rates, state, c.course_keys, NOBODY, NOBODY, stay, np.zeros(1), BUS, 0, key)
