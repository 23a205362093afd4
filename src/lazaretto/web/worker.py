"""A process that makes the runs of the control room, one job after another.

It is a process of its own so that whatever becomes of a run, the room and everybody else's work
stay; it lives on between jobs so that the next one need not wait for modules and kernels.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from lazaretto.web.controls import FIRST
from lazaretto.web.jobs import Job, page_of

SOON = 1.0
"""Seconds for which a first job is waited for before the worker makes itself warm."""

Said = dict[str, Any]
"""What a worker says of a job: a key ``end`` closes it."""


def work(orders: Connection, stop: Any, runs: Path, pages: Path) -> None:  # noqa: ANN401
    """Take jobs from a pipe and say over it how far they are, until it is closed.

    Parameters
    ----------
    orders
        Jobs come in, what is said of them goes out.
    stop
        A shared number: not 0 to stop the job in hand.
    runs
        Where run folders lie.
    pages
        Where what is shown of jobs lies.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the server
    threading.Thread(target=_end_with_the_room, daemon=True).start()
    _get_ready()
    try:
        orders.send({"ready": os.getpid()})
        if not orders.poll(SOON):
            _warm_up()
        while True:
            job = orders.recv()
            if job is None:
                return
            orders.send(_ended(job, orders.send, lambda: bool(stop.value), runs, pages))
    except (EOFError, BrokenPipeError, OSError):
        return


def _end_with_the_room() -> None:
    """End this process with the one that started it, however that ends."""
    room = parent_process()
    if room is not None:
        room.join()
        os._exit(1)


def _get_ready() -> None:
    """Import what a run needs, so that the first one need not wait for it."""
    import lazaretto.web.making  # noqa: F401


def _warm_up() -> None:
    """Hold the people of the scenario that is shown first ready, and its kernels.

    Who presses *Run* then sees the first days in a second; on a new machine the kernels are
    compiled while the levers are still looked at.
    """
    from lazaretto.engine.prepare import prepare
    from lazaretto.engine.simulation import Simulation
    from lazaretto.engine.warming import warm_up
    from lazaretto.scenario import Scenario
    from lazaretto.studies.grounds import ground_kept

    with contextlib.suppress(Exception):  # a run that needs them will say what is wrong
        ready = prepare(Scenario.load(FIRST), 1, None, ground_kept)
        with Simulation(ready.people, ready.settings, 1) as simulation:
            warm_up(simulation)


def _ended(
    job: Job, send: Callable[[Said], None], stop: Callable[[], bool], runs: Path, pages: Path
) -> Said:
    from lazaretto.people import CensusError
    from lazaretto.scenario import ScenarioError
    from lazaretto.studies import FolderBusyError, Interrupted
    from lazaretto.web.making import made_comparison, made_run

    make = made_run if job.kind == "run" else made_comparison
    try:
        return {"end": "done", "run": str(make(job, send, stop, runs, page_of(job.id, pages)))}
    except Interrupted as stopped:
        kept = "" if stopped.goes_on_from is None else f"; asked again, it goes on: {stopped}"
        return {"end": "stopped", "problems": [f"Stopped{kept}"]}
    except (ScenarioError, CensusError) as error:
        return {"end": "failed", "problems": [str(each) for each in error.problems]}
    except BrokenPipeError:
        raise  # the room is gone
    except FolderBusyError as error:
        return {"end": "failed", "problems": [str(error)]}
    except MemoryError:
        return {"end": "failed", "problems": ["There is not enough memory for this run."]}
    except OSError as error:
        # What HDF5 says of a full disk is long; its number says the same in few words.
        said = os.strerror(error.errno) if error.errno else str(error)
        return {"end": "failed", "problems": [f"The results could not be written: {said}"]}
    except Exception as error:
        return {"end": "failed", "problems": [f"{type(error).__name__}: {error}"]}
