"""What a run has counted so far, small enough to be sent many times."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lazaretto.engine.simulation import Simulation
from lazaretto.words import CONTROLLED, SEALED

OFTEN = 0.3
"""Seconds between two looks at a run, at least."""

SoFar = dict[str, Any]


def so_far(simulation: Simulation, replicate: int) -> SoFar:
    """Return the days of a run until now.

    ``reported``, ``infections`` and ``deaths`` are persons of the day, ``sealed`` and
    ``controlled`` residents confined to home and to the compound: lists of the days so far.

    Parameters
    ----------
    simulation
        The run.
    replicate
        Its number, from 0.
    """
    n, tally = simulation.day, simulation.tally
    tiers = tally.persons_by_tier[:n].sum(axis=1)
    return {
        "replicate": replicate,
        "start": simulation.settings.start.isoformat(),
        "reported": tally.reports[:n, :, :2].sum(axis=(1, 2)).tolist(),
        "infections": tally.infections[:n].sum(axis=(1, 2)).tolist(),
        "deaths": tally.deaths[:n].sum(axis=1).tolist(),
        "sealed": tiers[:, SEALED].tolist(),
        "controlled": tiers[:, CONTROLLED].tolist(),
    }


def watcher(send: Callable[[SoFar], None]) -> Callable[[Simulation, int], None]:
    """Return what looks at a run after each day and sends what it has, not too often.

    Parameters
    ----------
    send
        Takes what a run has so far; always that of its last day.
    """
    last = 0.0

    def watch(simulation: Simulation, replicate: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= OFTEN or simulation.day == simulation.settings.n_days:
            last = now
            send(so_far(simulation, replicate))

    return watch
