"""Stop and go on: the whole state of a run in one file, bit for bit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazaretto.engine.cohort import Cohort
from lazaretto.engine.contacts import Policy
from lazaretto.engine.leakage import Leakage
from lazaretto.engine.simulation import Simulation

Arrays = dict[str, NDArray[Any]]

FORMAT = 7

OF_POLICY = tuple(name for name in Policy._fields if name != "leak")
"""What is kept of the policies of the last days, beside who leaked."""

OF_LEAKAGE = (
    "leaks", "base", "fatigue", "spell", "joins", "hardship", "day_key", "week_key", "crowd_key",
)  # fmt: skip
"""What differs from day to day of who leaks."""

COHORT = {"person": np.int32, "record": np.uint32}


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
    }
    for name, kind in COHORT.items():
        parts = [getattr(cohort, name) for cohort in cohorts]
        arrays[f"cohort_{name}"] = np.concatenate([np.empty(0, kind), *parts])
    arrays |= {f"kept_{name}": a for name, a in simulation.containment.arrays().items()}
    arrays |= {f"stay_{name}": array for name, array in simulation.confinement.held().items()}
    for i, state in enumerate(simulation.triggered):
        arrays[f"trigger_{i}"] = state
    arrays |= {f"people_{name}": a for name, a in simulation.citizens.arrays().items()}
    leaked = [policy.leak for policy in past]
    for title, names, today, days in (
        ("past", OF_POLICY, simulation.policy, past),
        ("leaked", OF_LEAKAGE, simulation.policy.leak, leaked),
    ):
        for name in names:
            of_today = np.asarray(getattr(today, name))
            of_days = np.array([getattr(each, name) for each in days], of_today.dtype)
            arrays[f"{title}_{name}"] = of_days.reshape(len(days), *of_today.shape)
    write_arrays(path, arrays)


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays so that they are there complete or not at all.

    Parameters
    ----------
    path
        The file.
    arrays
        The arrays, by name.
    """
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
    kept = {name[5:]: array for name, array in saved.items() if name.startswith("kept_")}
    simulation.containment.restore(kept)
    stays = {name[5:]: array for name, array in saved.items() if name.startswith("stay_")}
    simulation.confinement.restore(stays)
    simulation.triggered = [saved[f"trigger_{i}"] for i in range(len(simulation.triggered))]
    people = {name[7:]: array for name, array in saved.items() if name.startswith("people_")}
    simulation.citizens.restore(people)
    leaked = zip(*(saved[f"leaked_{name}"] for name in OF_LEAKAGE), strict=True)
    columns = (saved[f"past_{name}"] for name in OF_POLICY)
    simulation.past = [
        _policy(row, _leakage(leak, simulation.policy.leak))
        for row, leak in zip(zip(*columns, strict=True), leaked, strict=True)
    ]
    for name, array in _held(simulation).items():
        array[:] = saved[name]


def _held(simulation: Simulation) -> Arrays:
    """Return the arrays of a simulation that are written and read as they are."""
    held: Arrays = {
        "infected_on": simulation.state.infected_on,
        "protected": simulation.state.protected,
        "whereabouts": simulation.state.whereabouts,
        "known": simulation.state.known,
        "dose_day": simulation.state.vaccine.dose_day,
    }
    return held | {f"tally_{name}": array for name, array in simulation.tally.arrays().items()}


def _policy(row: tuple[Any, ...], leak: Leakage) -> Policy:
    """Return a policy from one row of what was saved: flags are plain integers again."""
    policy = Policy(**dict(zip(OF_POLICY, row, strict=True)), leak=leak)
    free, looped, moved = int(policy.free), int(policy.looped), int(policy.moved)
    return policy._replace(free=free, looped=looped, moved=moved)


def _leakage(row: tuple[Any, ...], tables: Leakage) -> Leakage:
    """Return who leaked on a day, with the tables that do not change."""
    leak = tables._replace(**dict(zip(OF_LEAKAGE, row, strict=True)))
    return leak._replace(leaks=int(leak.leaks))


def _misfits(simulation: Simulation, saved: Arrays) -> list[str]:
    """Return the names of what is not of this city, or not of one piece."""
    cohorts = saved["cohort_day"].shape
    days = saved["past_free"].shape[0]
    expected = {name: (array.shape, array.dtype) for name, array in _held(simulation).items()} | {
        "cohort_size": (cohorts, np.dtype(np.int64)),
        "cohort_person": ((int(saved["cohort_size"].sum()),), np.dtype(np.int32)),
        "cohort_record": ((int(saved["cohort_size"].sum()),), np.dtype(np.uint32)),
        "past_tier": ((days, *simulation.policy.tier.shape), simulation.policy.tier.dtype),
        "past_keep": ((days, *simulation.policy.keep.shape), simulation.policy.keep.dtype),
    }
    for name, array in simulation.containment.arrays().items():
        expected[f"kept_{name}"] = (_shape_of(name, array, saved), array.dtype)
    for name, held in simulation.confinement.held().items():
        expected[f"stay_{name}"] = (np.shape(held), held.dtype)
    for i, state in enumerate(simulation.triggered):
        expected[f"trigger_{i}"] = (state.shape, state.dtype)
    wrong = [
        name for name, kind in expected.items() if (saved[name].shape, saved[name].dtype) != kind
    ]
    day = int(saved["day"])
    if not days <= day <= simulation.settings.n_days:
        wrong.append("day")
    return wrong


def _shape_of(name: str, array: NDArray[Any], saved: Arrays) -> tuple[int, ...]:
    """Return the shape that an array of containment must have beside the others."""
    title, _, column = name.partition("_")
    if title in ("log", "ancestry"):
        sizes = saved[f"kept_{title}_size"]
        return sizes.shape if column in ("size", "stamp", "day") else (int(sizes.sum()),)
    if title in ("isolated", "pending", "patients", "queue"):
        return saved[f"kept_{title}_person"].shape
    return saved["kept_fresh"].shape if name == "fresh" else array.shape


def _split(saved: Arrays) -> dict[str, list[NDArray[Any]]]:
    """Return persons and records of each cohort."""
    ends = np.cumsum(saved["cohort_size"])[:-1]
    return {name: np.split(saved[f"cohort_{name}"], ends) for name in COHORT}
