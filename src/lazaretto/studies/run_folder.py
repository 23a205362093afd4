"""Run folders: everything a run was made of and what came out, addressed by its inputs."""

from __future__ import annotations

import hashlib
import platform
import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import xarray as xr
import yaml

import lazaretto
from lazaretto.compiled import model_digest
from lazaretto.engine.checked import place_of
from lazaretto.measures import measure_file
from lazaretto.people import read_area
from lazaretto.scenario import Scenario
from lazaretto.scenario.draws import draws_file, own_draws
from lazaretto.studies.lock import alone_in
from lazaretto.studies.manifest import MANIFEST, json_digest, read_manifest, write_manifest
from lazaretto.whole_files import write_whole

DRAWS = "draws.csv"
"""Draws of a posterior of the user's, beside the scenario of the run."""
FORMAT = 1

LEFT_OVERS = (
    "replicate-*.nc", "checkpoint-*.npz", "nation-*", "*.partial", ".*.partial", ".*.part",
)  # fmt: skip
"""What an unfinished run leaves for its continuation, or a killed process by accident."""


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
        path = measure_file(entry.measure, scenario.folder)
        if path is not None and path.is_file():
            own[entry.measure] = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "format": FORMAT,
        "lazaretto": lazaretto.__version__,
        "model": model_digest(),
        "scenario": scenario.digest(),
        "place": hashlib.sha256(_tables(scenario)).hexdigest(),
        "own_measures": own,
        "seed": seed,
        "replicates": replicates,
        **_posterior(scenario),
    }


def _posterior(scenario: Scenario) -> dict[str, str]:
    if scenario.posterior is None:
        return {}
    drawn_from = draws_file(scenario.posterior.draws, scenario.folder).read_bytes()
    return {"posterior": hashlib.sha256(drawn_from).hexdigest()}


def _tables(scenario: Scenario) -> bytes:
    """Return what populations and travel are made from and neither model nor scenario say."""
    if scenario.nation is None:
        return read_area(place_of(scenario)).content()
    flows = scenario.nation.travel.flows
    own = (scenario.folder or Path.cwd()) / flows if flows is not None else None
    return own.read_bytes() if own is not None and own.is_file() else b"shipped"


def digest_of(inputs: dict[str, Any]) -> str:
    """Return the SHA-256 of the inputs of a run, 64 hexadecimal digits."""
    return json_digest(inputs)


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

    def drop_parts(self, replicate: int) -> None:
        """Remove the parts of a replicate's infections, once its results are kept."""
        for part in self.path.glob(f".{self.events(replicate).stem}-*.part"):
            part.unlink()

    def replicate(self, replicate: int) -> Path:
        """Return the file of one finished replicate of a run that is not finished."""
        return self.path / f"replicate-{replicate:03d}.nc"

    def nation(self, replicate: int) -> Path:
        """Return the folder an interrupted replicate of many cities goes on from."""
        return self.path / f"nation-{replicate:03d}"

    def checkpoint(self, replicate: int) -> Path:
        """Return the file an interrupted replicate goes on from."""
        return self.path / f"checkpoint-{replicate:03d}.npz"

    def finished(self) -> tuple[dict[str, Any], xr.Dataset] | None:
        """Return summary and results of a finished run with these inputs, None if there is none.

        A run whose files are not what its manifest says is none.
        """
        found = read_manifest(self.path)
        if found is None or found.get("digest") != self.digest:
            return None
        files, summary = found["files"], found["summary"]
        try:
            for name, about in files.items():
                if (self.path / name).stat().st_size != about["bytes"]:
                    return None
            if _sha256(self.trajectories) != files[self.trajectories.name]["sha256"]:
                return None
            results = xr.load_dataset(self.trajectories, engine="h5netcdf")
        except (OSError, KeyError, ValueError):
            return None
        return summary | {"run": str(self.path)}, results

    def finish(self, scenario: Scenario, inputs: dict[str, Any], summary: dict[str, Any]) -> None:
        """Write the scenario as resolved and, last of all, the manifest; remove left-overs."""
        written = scenario.resolved()
        if scenario.posterior is not None:
            own = own_draws(scenario.posterior, scenario.folder)
            if own is not None:
                write_whole(self.path / DRAWS, own.read_text(encoding="utf-8"))
                written["posterior"]["draws"] = DRAWS
        text = yaml.safe_dump(written, sort_keys=False, allow_unicode=True)
        write_whole(self.path / "scenario.yaml", text)
        kept = [self.trajectories, *sorted(self.path.glob("events-*.parquet"))]
        manifest = {
            "digest": self.digest,
            "inputs": inputs,
            "summary": summary,
            "files": {
                file.name: {"bytes": file.stat().st_size, "sha256": _sha256(file)} for file in kept
            },
            "python": platform.python_version(),
            "machine": platform.machine(),
            "versions": {name: version(name) for name in ("numpy", "numba", "scipy", "xarray")},
        }
        write_manifest(self.path, manifest)
        self._remove(*LEFT_OVERS)

    def clear(self) -> None:
        """Remove what an earlier run left, the manifest first."""
        self._remove(MANIFEST, "*.nc", "*.npz", "*.parquet", "*.html", "figures/*", *LEFT_OVERS)

    def reopen(self) -> None:
        """Remove all but what an unfinished run goes on from."""
        self._remove(MANIFEST, self.trajectories.name, "*.html", "figures/*")

    def has_report(self, beside: RunFolder | None) -> bool:
        """Return whether there is a report, and it is younger than the run set beside this one."""
        if not self.report.is_file():
            return False
        if beside is None:
            return True
        return self.report.stat().st_mtime >= beside.trajectories.stat().st_mtime

    def alone(self) -> AbstractContextManager[None]:
        """Keep every other process out of the folder, see `lazaretto.studies.lock.alone_in`."""
        return alone_in(self.path)

    def _remove(self, *patterns: str) -> None:
        for pattern in patterns:
            for file in self.path.glob(pattern):
                if file.is_dir():
                    shutil.rmtree(file, ignore_errors=True)
                else:
                    file.unlink(missing_ok=True)


def find_runs(out: Path) -> list[dict[str, Any]]:
    """Return the manifests of the finished runs below a folder, newest first, with their path."""
    found = []
    for path in out.glob(f"*/{MANIFEST}"):
        manifest = read_manifest(path.parent)
        if manifest is not None:
            found.append((path.stat().st_mtime, manifest | {"path": str(path.parent)}))
    return [manifest for _, manifest in sorted(found, key=lambda pair: pair[0], reverse=True)]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
