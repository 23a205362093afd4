"""Compile or load the kernels before the first day, so that no day waits for it."""

from __future__ import annotations

import numpy as np

from lazaretto.chance import Purpose, stream_key
from lazaretto.engine.cohort import infect, no_count, still_needed, unprotect
from lazaretto.engine.exposures import empty_exposures, order_keys, partition_shift, winners
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.spread import CAPACITY
from lazaretto.engine.surveillance import find
from lazaretto.engine.transmission import emit


def warm_up(simulation: Simulation) -> None:
    """Run each kernel of a day on nobody; the first time after an installation it is compiled.

    Parameters
    ----------
    simulation
        A simulation that has not begun; it is not changed.
    """
    run = simulation
    person, record = np.empty(0, np.int32), np.empty(0, np.uint32)
    label, found = np.empty(0, np.uint16), np.empty(0, np.int16)
    key = stream_key(run.settings.seed, Purpose.TRANSMISSION, 0)
    n_districts = len(run.people.districts)
    emit(run.city, run.rates, run.policy, run.state, person, record, found, 0, 1, key, 0, 0,
         partition_shift(run.people.n_persons), empty_exposures(CAPACITY, False))  # fmt: skip
    winners(order_keys(person, label))
    infect(run.city, run.rates, run.policy, run.state, person, label, 0, key, record,
           no_count(n_districts))  # fmt: skip
    find(run.city, run.search, run.settings.reporting, person, record, found, 0, 1, key, key, key,
         np.zeros((1, n_districts, 3), np.int64), np.zeros((1, n_districts), np.int64))  # fmt: skip
    still_needed(run.rates, record, found, 0, False)
    unprotect(run.state, -1)
