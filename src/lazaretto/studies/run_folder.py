"""Run folders: everything a run was made of and what came out, addressed by its inputs."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

import lazaretto
from lazaretto.engine.prepare import place_of
from lazaretto.people import read_area
from lazaretto.scenario import Scenario

MANIFEST = "manifest.json"
FORMAT = 1


class FolderBusyError(Exception):
    """Another process is working in the same run folder."""


def inputs_of(scenario: Scenario, seed: int, replicates: int) -> dict[str, Any]:
    """Return everything the results of a run depend on, ready for hashing.

    Parameters
    ----------
    scenario
        The scenario, its defaults included.
    seed
        Seed of the first replicate; the others follow.
    replicates
        Number of replicates.
    """
    own = {}
    for entry in scenario.measures:
        file, _, name = entry.measure.partition(":")
        path = (scenario.folder or Path.cwd()) / file
        if name and file.endswith(".py") and path.is_file():
            own[entry.measure] = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "format": FORMAT,
        "lazaretto": lazaretto.__version__,
        "scenario": scenario.digest(),
        "place": hashlib.sha256(read_area(place_of(scenario)).content()).hexdigest(),
        "own_measures": own,
        "seed": seed,
        "replicates": replicates,
    }


def digest_of(inputs: dict[str, Any]) -> str:
    """Return the SHA-256 of the inputs of a run, 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run.

    Parameters
    ----------
    path
        The folder.
    digest
        Hash of the inputs.
    """

    path: Path
    digest: str

    @classmethod
    def of(cls, out: Path, name: str, digest: str) -> RunFolder:
        """Return the folder of a scenario's run below ``out``; nothing is made yet."""
        return cls(out / f"{name}-{digest[:12]}", digest)

    @property
    def trajectories(self) -> Path:
        """File of the labelled trajectories (NetCDF)."""
        return self.path / "trajectories.nc"

    @property
    def report(self) -> Path:
        """File of the report."""
        return self.path / "report.html"

    def events(self, replicate: int) -> Path:
        """Return the file of one replicate's infections (Parquet)."""
        return self.path / f"events-{replicate:03d}.parquet"

    def replicate(self, replicate: int) -> Path:
        """Return the file of one finished replicate of a run that is not finished."""
        return self.path / f"replicate-{replicate:03d}.nc"

    def checkpoint(self, replicate: int) -> Path:
        """Return the file an interrupted replicate goes on from."""
        return self.path / f"checkpoint-{replicate:03d}.npz"

    def manifest(self) -> dict[str, Any] | None:
        """Return the manifest of a finished run with these inputs, None if there is none."""
        try:
            found = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        complete = isinstance(found, dict) and found.get("digest") == self.digest
        return found if complete and self.trajectories.is_file() else None

    def finish(self, scenario: Scenario, inputs: dict[str, Any], summary: dict[str, Any]) -> None:
        """Write the scenario as resolved and, last of all, the manifest."""
        text = yaml.safe_dump(scenario.resolved(), sort_keys=False, allow_unicode=True)
        write_whole(self.path / "scenario.yaml", text)
        manifest = {
            "digest": self.digest,
            "inputs": inputs,
            "summary": summary,
            "python": platform.python_version(),
            "machine": platform.machine(),
            "versions": {name: version(name) for name in ("numpy", "numba", "scipy", "xarray")},
        }
        write_whole(self.path / MANIFEST, json.dumps(manifest, indent=2))

    def clear(self) -> None:
        """Remove what an earlier run of the same inputs left, the manifest first."""
        for pattern in (MANIFEST, "*.nc", "*.npz", "*.parquet", "*.html", "figures/*"):
            for file in self.path.glob(pattern):
                file.unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other process out of the folder.

        Raises
        ------
        FolderBusyError
            If a living process is in it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        lock = self.path / ".lock"
        try:
            handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            owner = lock.read_text(encoding="utf-8").strip()
            if owner.isdigit() and _alive(int(owner)):
                message = (
                    f"process {owner} is running the same scenario in {self.path}; wait for it"
                )
                raise FolderBusyError(message) from None
            handle = os.open(lock, os.O_TRUNC | os.O_WRONLY)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(str(os.getpid()))
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def find_runs(out: Path) -> list[dict[str, Any]]:
    """Return the manifests of the finished runs below a folder, newest first."""
    found = []
    for path in sorted(out.glob(f"*/{MANIFEST}"), key=lambda p: p.stat().st_mtime, reverse=True):
        try:
            found.append(json.loads(path.read_text(encoding="utf-8")) | {"path": str(path.parent)})
        except (OSError, ValueError):
            continue
    return found


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that it is there complete or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
