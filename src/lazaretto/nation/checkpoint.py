"""Stop and go on: the state of a run of many cities, one file a city and one for the whole."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lazaretto.engine.checkpoint import Arrays, CheckpointError, load_checkpoint, save_checkpoint
from lazaretto.nation.away import COLUMNS, Travellers
from lazaretto.nation.simulation import COUNTED, Nation

FORMAT = 3


def save_nation(nation: Nation, folder: Path, digest: str) -> None:
    """Write the state of a run between two days; the folder changes as a whole or not at all.

    Parameters
    ----------
    nation
        The run.
    folder
        Where all processes keep their cities; made if absent.
    digest
        Hash of the inputs, checked when it is read again.
    """
    rank, size = nation.exchange.rank, nation.exchange.size
    folder.mkdir(parents=True, exist_ok=True)
    done = _part(folder, nation.day, rank)
    new = done.with_name(f"{done.name}.partial")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    try:
        for member in nation.mine:
            if member.simulation is not None:
                save_checkpoint(member.simulation, new / f"{member.plan.code}.npz", digest)
                days = np.array([member.left_on, member.woke_on, member.dozing])
                trips = member.travellers.held() | {"days": days}
                np.savez(new / f"{member.plan.code}-trips.npz", allow_pickle=False, **trips)
        whole = {name: getattr(nation, name) for name in COUNTED}
        whole["allowed"] = np.array(nation.travel.allowed)
        whole["cities"] = np.array([member.number for member in nation.mine], np.int64)
        np.savez(new / "nation.npz", allow_pickle=False, **whole)
        said = {"format": FORMAT, "digest": digest, "day": nation.day, "rank": rank, "size": size}
        (new / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
        shutil.rmtree(done, ignore_errors=True)
        new.replace(done)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    nation.exchange.share([nation.day])  # all have written before the day before is removed
    if rank == 0:
        current = {_part(folder, nation.day, each) for each in range(size)}
        for old in set(folder.glob("day-*")) - current:
            shutil.rmtree(old, ignore_errors=True)


def load_nation(nation: Nation, folder: Path, digest: str) -> bool:
    """Put a fresh run where the last state of all its processes was written, if there is one.

    It may have been written by another number of processes.

    Parameters
    ----------
    nation
        A run that has not begun.
    folder, digest
        As in `save_nation`.

    Returns
    -------
    Whether there was one; what belongs to another run or was not finished is removed.

    Raises
    ------
    CheckpointError
        If a file of it is damaged.
    """
    first = nation.exchange.rank == 0
    latest = nation.exchange.share([_latest(folder, digest)] if first else [])[0]
    if latest is None:
        return False
    nation.day, size = latest
    nation.travel.latest = nation.day - 1
    for rank in range(size):
        path = _part(folder, nation.day, rank)
        saved = _read(path / "nation.npz", (*COUNTED, "allowed", "cities"))
        cities = saved["cities"]
        for name in COUNTED:
            getattr(nation, name)[..., cities] = saved[name][..., cities]
        nation.travel.allowed.clear()
        nation.travel.allowed.extend(saved["allowed"])
        for member in nation.mine:
            file = path / f"{member.plan.code}.npz"
            if file.is_file():
                engine = member.start(not nation.flows.none, nation.buffers)
                load_checkpoint(engine, file, digest)
                trips = _read(path / f"{member.plan.code}-trips.npz", (*COLUMNS, "days"))
                member.left_on, member.woke_on, dozing = trips.pop("days").tolist()
                member.dozing = bool(dozing)
                member.travellers = Travellers.of(trips)
    return True


def _part(folder: Path, day: int, rank: int) -> Path:
    """Return where a process keeps the state after so many days."""
    return folder / f"day-{day:05d}-{rank}"


def _latest(folder: Path, digest: str) -> tuple[int, int] | None:
    """Return the last day written by all processes and their number; remove what does not fit."""
    parts: Counter[tuple[int, int]] = Counter()
    for path in folder.glob("day-*"):
        try:
            said = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
            day, rank, size = int(said["day"]), int(said["rank"]), int(said["size"])
            fits = said["format"] == FORMAT and said["digest"] == digest
        except (OSError, ValueError, KeyError, TypeError):
            fits = False
        if fits and path == _part(folder, day, rank):
            parts[day, size] += 1
        else:
            shutil.rmtree(path, ignore_errors=True)
    return max((each for each, count in parts.items() if count == each[1]), default=None)


def _read(path: Path, names: Sequence[str]) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as saved:
            return {name: saved[name] for name in names}
    except Exception as error:  # a damaged file makes its readers raise almost anything
        raise CheckpointError(f"{path} cannot be read ({error}); remove it") from error
