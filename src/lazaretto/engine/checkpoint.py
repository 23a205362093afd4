"""Stop and go on: the whole state of a run in one file, bit for bit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazaretto.engine.cohort import Cohort
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.transmission import Policy

Arrays = dict[str, NDArray[Any]]

FORMAT = 2

COHORT = {"person": np.int32, "record": np.uint32, "found": np.int16}
GONE = {"person": np.int32, "found": np.int16}


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
    cohorts, past = simulation.cohorts, simulation.past
    arrays: Arrays = _held(simulation) | {
        "format": np.array(FORMAT),
        "digest": np.array(digest),
        "day": np.array(simulation.day),
        "cohort_day": np.array([cohort.day for cohort in cohorts], np.int64),
        "cohort_size": np.array([cohort.size for cohort in cohorts], np.int64),
        "found_size": np.array([cohort.found.size for cohort in cohorts], np.int64),
    }
    for name, kind in COHORT.items():
        parts = [getattr(cohort, name) for cohort in cohorts]
        arrays[f"cohort_{name}"] = np.concatenate([np.empty(0, kind), *parts])
    for i, (name, kind) in enumerate(GONE.items()):
        arrays[f"gone_{name}"] = np.concatenate(
            [np.empty(0, kind), *(some[i] for some in simulation.gone)]
        )
    for name in Policy._fields:
        of_today = np.asarray(getattr(simulation.policy, name))
        of_days = np.array([getattr(policy, name) for policy in past], of_today.dtype)
        arrays[f"past_{name}"] = of_days.reshape(len(past), *of_today.shape)
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
            saved: Arrays = {name: file[name] for name in file.files}
        ours = int(saved["format"]) == FORMAT and str(saved["digest"]) == digest
        # All that can fail comes before the first change of the simulation.
        wrong = _misfits(simulation, saved) if ours else []
        parts = {} if wrong or not ours else _split(saved)
    except Exception as error:  # a damaged file makes its readers raise almost anything
        raise CheckpointError(f"{path} cannot be read ({error}); remove it") from error
    if not ours:
        raise CheckpointError(f"{path} belongs to another run; remove it or use --again")
    if wrong:
        raise CheckpointError(f"{path} does not fit this run ({', '.join(wrong)}); remove it")
    simulation.day = int(saved["day"])
    simulation.cohorts = [
        Cohort(int(day), *(parts[name][i] for name in COHORT))
        for i, day in enumerate(saved["cohort_day"])
    ]
    simulation.gone = [(saved["gone_person"], saved["gone_found"])]
    simulation.past = [
        Policy(tier, keep, int(free))
        for tier, keep, free in zip(
            *(saved[f"past_{name}"] for name in Policy._fields), strict=True
        )
    ]
    for name, array in _held(simulation).items():
        array[:] = saved[name]


def _held(simulation: Simulation) -> Arrays:
    """Return the arrays of a simulation that are written and read as they are."""
    held: Arrays = {
        "infected_on": simulation.state.infected_on,
        "protected": simulation.state.protected,
        "stay": simulation.confinement.stay,
        "longest": simulation.confinement.longest,
    }
    return held | {f"tally_{name}": array for name, array in simulation.tally.arrays().items()}


def _misfits(simulation: Simulation, saved: Arrays) -> list[str]:
    """Return the names of what is not of this city, or not of one piece."""
    cohorts, people = saved["cohort_day"].shape, saved["gone_person"].shape
    days = saved["past_free"].shape[0]
    expected = {name: (array.shape, array.dtype) for name, array in _held(simulation).items()} | {
        "cohort_size": (cohorts, np.dtype(np.int64)),
        "found_size": (cohorts, np.dtype(np.int64)),
        "cohort_person": ((int(saved["cohort_size"].sum()),), np.dtype(np.int32)),
        "cohort_record": ((int(saved["cohort_size"].sum()),), np.dtype(np.uint32)),
        "cohort_found": ((int(saved["found_size"].sum()),), np.dtype(np.int16)),
        "gone_found": (people, np.dtype(np.int16)),
        "past_tier": ((days, *simulation.policy.tier.shape), simulation.policy.tier.dtype),
        "past_keep": ((days, *simulation.policy.keep.shape), simulation.policy.keep.dtype),
    }
    wrong = [
        name for name, kind in expected.items() if (saved[name].shape, saved[name].dtype) != kind
    ]
    day = int(saved["day"])
    if not days <= day <= simulation.settings.n_days:
        wrong.append("day")
    return wrong


def _split(saved: Arrays) -> dict[str, list[NDArray[Any]]]:
    """Return persons, records and days found of each cohort."""
    last = {name: "found_size" if name == "found" else "cohort_size" for name in COHORT}
    return {
        name: np.split(saved[f"cohort_{name}"], np.cumsum(saved[size])[:-1])
        for name, size in last.items()
    }
