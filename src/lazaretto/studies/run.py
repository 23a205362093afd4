"""Run a scenario: replicates, checkpoints, results, and the run folder they go to."""

from __future__ import annotations

import hashlib
import resource
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import lazaretto
from lazaretto.engine.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from lazaretto.engine.prepare import Prepared, prepare
from lazaretto.engine.simulation import Simulation
from lazaretto.outcomes import dataset, reported_net, side_by_side
from lazaretto.scenario import Scenario
from lazaretto.studies.events import EventFile
from lazaretto.studies.run_folder import RunFolder, digest_of, inputs_of

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done."""


class Interrupted(Exception):  # noqa: N818 - not an error: the run can go on
    """A run that was asked to stop; what it had done is kept."""


@dataclass(frozen=True)
class RunOutcome:
    """A finished run.

    Parameters
    ----------
    results
        Labelled results, with a ``replicate`` axis.
    summary
        What ``run --json`` prints.
    folder
        The run folder, None if nothing was kept.
    found
        Whether an earlier run of the same inputs was found instead of running.
    """

    results: xr.Dataset
    summary: dict[str, Any]
    folder: RunFolder | None
    found: bool = False


def run_scenario(
    scenario: Scenario,
    *,
    seed: int = 1,
    replicates: int = 1,
    threads: int = 2,
    out: Path | None = None,
    again: bool = False,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> RunOutcome:
    """Run a scenario, or find the run if it was made before.

    Parameters
    ----------
    scenario
        What to run.
    seed, replicates
        Seed of the first replicate (the others use the following numbers) and their number.
    threads
        Worker threads; no influence on the results.
    out
        Where run folders lie; nothing is kept if absent.
    again
        Run even if a finished run is found.
    progress
        Called as the work goes on.
    stop
        Asked after each day; if true the run is checkpointed and `Interrupted` is raised.

    Raises
    ------
    ScenarioError
        If the scenario does not fit its place.
    Interrupted
        If asked to stop.
    """
    inputs = inputs_of(scenario, seed, replicates)
    folder = RunFolder.of(out, scenario.name, digest_of(inputs)) if out is not None else None
    if folder is not None and not again:
        manifest = folder.manifest()
        if manifest is not None:
            results = xr.load_dataset(folder.trajectories, engine="h5netcdf")
            return RunOutcome(results, manifest["summary"], folder, found=True)
    with folder.alone() if folder is not None else nullcontext():
        if folder is not None and again:
            folder.clear()
        began = time.perf_counter()
        prepared = prepare(scenario, seed, progress)
        setup = time.perf_counter() - began
        parts = [
            _replicate(scenario, prepared, seed + i, i, replicates, threads, folder, progress, stop)
            for i in range(replicates)
        ]
        results = side_by_side(parts, [seed + i for i in range(replicates)])
        summary = _summary(scenario, results, parts, folder, seed, threads, setup)
        results.attrs |= {"wall_s": summary["wall_s"], "digest": scenario.digest()}
        if folder is not None:
            _write_netcdf(results, folder.trajectories)
            folder.finish(scenario, inputs, summary)
            for i in range(replicates):
                folder.replicate(i).unlink(missing_ok=True)
                folder.checkpoint(i).unlink(missing_ok=True)
    return RunOutcome(results, summary, folder)


def _replicate(
    scenario: Scenario,
    prepared: Prepared,
    seed: int,
    number: int,
    replicates: int,
    threads: int,
    folder: RunFolder | None,
    progress: Progress | None,
    stop: Callable[[], bool],
) -> xr.Dataset:
    if folder is not None and folder.replicate(number).is_file():
        return xr.load_dataset(folder.replicate(number), engine="h5netcdf")
    settings = replace(prepared.settings, seed=seed)
    began = time.perf_counter()
    simulation = Simulation(prepared.people, settings, threads)
    setup = time.perf_counter() - began
    keep_events = folder is not None and scenario.outputs.events
    if folder is not None and folder.checkpoint(number).is_file() and not keep_events:
        try:
            load_checkpoint(simulation, folder.checkpoint(number), f"{folder.digest}-{seed}")
        except CheckpointError:
            folder.checkpoint(number).unlink()
    label = "simulating" if replicates == 1 else f"simulating {number + 1} of {replicates}"
    every = scenario.outputs.checkpoint_every

    def after_day(run: Simulation) -> None:
        if progress is not None:
            progress(f"{label}, {run.date:%-d %B %Y}", run.day / settings.n_days)
        asked = stop() and run.day < settings.n_days
        if folder is not None and (asked or (every and run.day % every == 0)):
            save_checkpoint(run, folder.checkpoint(number), f"{folder.digest}-{seed}")
        if asked:
            raise Interrupted

    events = (
        EventFile(folder.events(number), prepared.people)
        if folder is not None and keep_events
        else None
    )
    with events or nullcontext(), simulation:
        if events is not None:
            simulation.on_infections = events.add
        began = time.perf_counter()
        tally = simulation.run(after_day)
        wall = time.perf_counter() - began
    people = prepared.people
    part = dataset(
        tally,
        simulation.confinement.longest_stays(settings.n_days),
        settings.start,
        people.districts,
        np.diff(people.district_start).astype(np.int64),
        {
            "scenario": scenario.name,
            "title": scenario.title,
            "place": people.name,
            "disease": scenario.disease,
            "r0": float(scenario.r0),
            "persons": people.n_persons,
            "start": scenario.start.isoformat(),
            "end": scenario.end.isoformat(),
            "seed": seed,
            "version": lazaretto.__version__,
            "wall_s": round(wall, 3),
            "setup_s": round(setup, 3),
            "series_sha256": tally.series_sha256(),
        },
    )
    if folder is not None and replicates > 1:
        _write_netcdf(part, folder.replicate(number))
    return part


def _summary(
    scenario: Scenario,
    results: xr.Dataset,
    parts: list[xr.Dataset],
    folder: RunFolder | None,
    seed: int,
    threads: int,
    setup: float,
) -> dict[str, Any]:
    infections = results["infections"].sum(("date", "district", "layer")).to_numpy()
    reported = reported_net(results).sum(("date", "district")).to_numpy()
    hashes = [str(part.attrs["series_sha256"]) for part in parts]
    each = [
        {
            "seed": int(part.attrs["seed"]),
            "infections": int(infections[i]),
            "reported": int(reported[i]),
            "wall_s": float(part.attrs["wall_s"]),
            "series_sha256": hashes[i],
        }
        for i, part in enumerate(parts)
    ]
    together = hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode())
    return {
        "run": str(folder.path) if folder is not None else None,
        "scenario": scenario.name,
        "seed": seed,
        "threads": threads,
        "persons": int(parts[0].attrs["persons"]),
        "days": scenario.n_days,
        "infections": round(float(infections.mean())),
        "reported": round(float(reported.mean())),
        "setup_s": round(setup + sum(float(part.attrs["setup_s"]) for part in parts), 3),
        "wall_s": round(sum(float(part.attrs["wall_s"]) for part in parts), 3),
        "peak_rss_mib": round(_peak_memory() / 2**20, 1),
        "series_sha256": together if isinstance(together, str) else together.hexdigest(),
        "replicates": each,
    }


def _write_netcdf(data: xr.Dataset, path: Path) -> None:
    partial = path.with_name(f".{path.name}.partial")
    packed = {name: {"zlib": True, "complevel": 4} for name in data.data_vars}
    data.to_netcdf(partial, engine="h5netcdf", encoding=packed)
    partial.replace(path)


def _peak_memory() -> int:
    """Return the largest resident memory of this process so far, bytes."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
