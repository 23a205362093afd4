"""Stop and go on: the whole state of a run in one file, bit for bit."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazaretto.engine.cohort import Cohort
from lazaretto.engine.simulation import Simulation

FORMAT = 1


class CheckpointError(Exception):
    """A checkpoint that cannot be read, or that belongs to another run."""


def save_checkpoint(simulation: Simulation, path: Path, digest: str) -> None:
    """Write the state of a run; the file appears complete or not at all.

    Parameters
    ----------
    simulation
        The run, between two days.
    path
        File to write.
    digest
        Hash of the inputs of the run, checked when it is read again.
    """
    arrays: dict[str, NDArray[Any]] = {
        "format": np.array(FORMAT),
        "digest": np.array(digest),
        "day": np.array(simulation.day),
        "infected_on": simulation.state.infected_on,
        "protected": simulation.state.protected,
        "stay": simulation.confinement.stay,
        "longest": simulation.confinement.longest,
        "cohort_day": np.array([cohort.day for cohort in simulation.cohorts], np.int64),
        "cohort_size": np.array([cohort.size for cohort in simulation.cohorts], np.int64),
        "found_size": np.array([cohort.found.size for cohort in simulation.cohorts], np.int64),
    }
    for name in ("person", "record", "found"):
        parts = [getattr(cohort, name) for cohort in simulation.cohorts]
        arrays[f"cohort_{name}"] = np.concatenate(parts) if parts else np.empty(0, np.int64)
    for i, name in enumerate(("person", "found")):
        parts = [some[i] for some in simulation.gone]
        arrays[f"gone_{name}"] = np.concatenate(parts) if parts else np.empty(0, np.int64)
    for name, array in simulation.tally.arrays().items():
        arrays[f"tally_{name}"] = array
    partial = path.with_suffix(f".{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load_checkpoint(simulation: Simulation, path: Path, digest: str) -> None:
    """Put a fresh simulation of the same inputs where the checkpoint was written.

    Parameters
    ----------
    simulation
        A simulation that has not begun.
    path
        The checkpoint.
    digest
        Hash of the inputs of the run.

    Raises
    ------
    CheckpointError
        If the file is damaged or belongs to other inputs; the simulation is then unchanged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            saved = {name: file[name] for name in file.files}
        if int(saved["format"]) != FORMAT or str(saved["digest"]) != digest:
            raise CheckpointError(f"{path} belongs to another run; remove it or use --again")
        day = int(saved["day"])
        columns = [
            np.split(saved[f"cohort_{name}"].astype(kind), np.cumsum(saved[f"{size}_size"])[:-1])
            for name, kind, size in (
                ("person", np.int32, "cohort"),
                ("record", np.uint32, "cohort"),
                ("found", np.int16, "found"),
            )
        ]
        tally = {name: saved[f"tally_{name}"] for name in simulation.tally.arrays()}
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); remove it") from error
    simulation.day = day
    simulation.state.infected_on[:] = saved["infected_on"]
    simulation.state.protected[:] = saved["protected"]
    simulation.confinement.stay[:] = saved["stay"]
    simulation.confinement.longest[:] = saved["longest"]
    days = saved["cohort_day"]
    simulation.cohorts = [
        Cohort(int(days[i]), columns[0][i], columns[1][i], columns[2][i]) for i in range(days.size)
    ]
    simulation.gone = [(saved["gone_person"], saved["gone_found"])]
    for name, array in simulation.tally.arrays().items():
        array[:] = tally[name]
