"""Run a scenario: replicates, checkpoints, results, and the run folder they go to."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import lazaretto
from lazaretto.engine.checked import checked_measures
from lazaretto.engine.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from lazaretto.engine.prepare import Ground, Prepared
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.warming import warm_up
from lazaretto.nation.exchange import Alone, Exchange
from lazaretto.nation.plans import NationPlan
from lazaretto.outcomes import dataset, side_by_side
from lazaretto.scenario import Scenario
from lazaretto.studies.drawn import prepared_with, with_draw
from lazaretto.studies.events import EventFile
from lazaretto.studies.nation_run import NationWork, Progress, Stopped, planned
from lazaretto.studies.run_folder import RunFolder, digest_of, inputs_of
from lazaretto.studies.summary import summary_of
from lazaretto.whole_files import whole_file


class Interrupted(Exception):  # noqa: N818 - not an error: the run can go on
    """A run that was asked to stop.

    Parameters
    ----------
    goes_on_from
        What the same command will go on from, in words; None if nothing was kept.
    """

    def __init__(self, goes_on_from: str | None = None) -> None:
        self.goes_on_from = goes_on_from
        super().__init__(goes_on_from or "nothing was kept")


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
    threads: int | None = None,
    out: Path | None = None,
    again: bool = False,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
    changed: Sequence[str] = (),
    against: str = "",
    exchange: Exchange | None = None,
    ground: Callable[[Scenario], Ground] | None = None,
    most_reported: int = 0,
    until: date | None = None,
    watch: Callable[[Simulation, int], None] | None = None,
) -> RunOutcome:
    """Run a scenario, or find the run if it was made before.

    Parameters
    ----------
    scenario
        What to run.
    seed, replicates
        Seed of the first replicate (the others use the following numbers) and their number.
    threads
        Worker threads, all cores if absent; no influence on the results.
    out
        Where run folders lie; nothing is kept if absent.
    again
        Run even if a finished run is found. An unfinished one is gone on with in any case.
    progress
        Called as the work goes on.
    stop
        Asked after each day; if true the run is checkpointed and `Interrupted` is raised.
    changed, against
        What was changed, in words such as ``r0=4``, and the name of the scenario it was changed
        against; see `lazaretto.studies.changes`. Kept with the results, without influence on them.
    exchange
        The processes of the run, of which this is the first; the others `assist`.
    ground
        Gives what scenarios of one place and disease share, where it is kept for several runs.
    most_reported
        Infections reported in all above which a run of one city ends, its later days left empty and
        ``ended_on`` among its attributes; 0 for never. For studies that look no further at such a
        run, and only without ``out``.
    until
        Day after which it ends likewise; the last day of the scenario if absent.
    watch
        Shown the simulation after each day, and the number of the replicate from 0; of one city.

    Raises
    ------
    ValueError
        If there are no replicates, or a run that may end early is to be kept.
    ScenarioError
        If the scenario does not fit its place.
    Interrupted
        If asked to stop.
    FolderBusyError
        If another process is making the same run.
    OSError
        If the run folder cannot be written.
    """
    if replicates < 1:
        raise ValueError(f"replicates is {replicates}; at least 1 is needed")
    if (most_reported or until is not None) and out is not None:
        raise ValueError("a run that may end early is kept in no run folder")
    exchange = exchange or Alone()
    threads = threads or exchange.cores()
    plan = planned(scenario, exchange)
    measures = checked_measures(scenario) if plan is None else plan.measures()
    addressed = out is not None or plan is not None
    inputs = inputs_of(scenario, seed, replicates) if addressed else {}
    digest = digest_of(inputs)
    folder = RunFolder.of(out, scenario.name, digest) if out is not None else None
    if folder is not None and not again:
        finished = folder.finished()
        if finished is not None:
            return RunOutcome(finished[1], finished[0], folder, found=True)
    with folder.alone() if folder is not None else nullcontext():
        if folder is not None:
            finished = folder.finished()
            if finished is not None and not again:  # by another process, just now
                return RunOutcome(finished[1], finished[0], folder, found=True)
            if finished is not None:
                folder.clear()
            else:
                folder.reopen()
        work = _Work(
            scenario,
            replicates,
            threads,
            folder,
            progress,
            stop,
            exchange,
            digest,
            most_reported,
            until,
            watch,
        )
        began = time.perf_counter()
        if plan is None:
            seeds = [seed + i for i in range(replicates)]
            ready = prepared_with(scenario, seeds, work.tell, ground)
            first = next(ready)
            setup = time.perf_counter() - began
            each = enumerate(itertools.chain([first], ready))
            parts = [work.replicate(prepared, seeds[i], i) for i, prepared in each]
        else:
            setup = 0.0
            parts = [work.replicate_of_nation(plan, seed + i, i) for i in range(replicates)]
        results = side_by_side(parts, [seed + i for i in range(replicates)])
        summary = summary_of(
            results,
            parts,
            run=None if folder is None else folder.path,
            scenario=scenario.name,
            days=scenario.n_days,
            seed=seed,
            threads=threads,
            setup_s=setup,
        )
        tests = any(
            each.finds_infected
            and (each.first or scenario.start) <= scenario.end
            and (each.last or scenario.end) >= scenario.start
            for each in measures
        )
        summary |= {"tests": tests}
        results.attrs |= {"wall_s": summary["wall_s"], "digest": scenario.digest()}
        results.attrs |= {"tests": int(tests)}
        if changed:
            against = against or scenario.name
            summary |= {"changed": list(changed), "against": against}
            results.attrs |= {"changed": "; ".join(changed), "against": against}
        if folder is not None:
            _write_netcdf(results, folder.trajectories)
            folder.finish(scenario, inputs, summary)
    return RunOutcome(results, summary, folder)


def cores() -> int:
    """Return the number of processor cores this process may use."""
    return Alone().cores()


@dataclass(frozen=True)
class _Work:
    """A run in the making: what is run, where to, and whom to tell and to ask."""

    scenario: Scenario
    replicates: int
    threads: int
    folder: RunFolder | None
    progress: Progress | None
    stop: Callable[[], bool]
    exchange: Exchange
    digest: str
    most_reported: int
    until: date | None
    watch: Callable[[Simulation, int], None] | None

    def tell(self, what: str, share: float) -> None:
        """Tell of a step of the preparation, and stop if asked to."""
        if self.progress is not None:
            self.progress(what, share)
        if self.stop():
            raise Interrupted

    def replicate(self, prepared: Prepared, seed: int, number: int) -> xr.Dataset:
        """Return the results of one replicate, from an interrupted run as far as it went."""
        folder, made = self.folder, self._made_before(number)
        if made is not None:
            return made
        began = time.perf_counter()
        simulation = Simulation(prepared.people, prepared.settings, self.threads)
        self.tell("loading the engine (compiled at its first start)", 0.0)
        warm_up(simulation)
        setup = time.perf_counter() - began
        with simulation:
            if folder is not None and folder.checkpoint(number).is_file():
                try:
                    load_checkpoint(simulation, folder.checkpoint(number), _address(folder, seed))
                except CheckpointError:
                    folder.checkpoint(number).unlink()
            began = time.perf_counter()
            self._simulate(simulation, seed, number)
            wall = time.perf_counter() - began
        part = with_draw(self._labelled(simulation, seed, setup, wall), self.scenario, seed)
        self._keep(part, number)
        return part

    def replicate_of_nation(self, plan: NationPlan, seed: int, number: int) -> xr.Dataset:
        """Return the results of one replicate of many cities."""
        made = self._made_before(number)
        if made is not None:
            return made
        folder = self.folder
        self.exchange.share([(number, self.digest)])
        work = NationWork(plan, self.threads, self.progress, self.stop, folder, self.exchange)
        of = "" if self.replicates == 1 else f"run {number + 1} of {self.replicates}, "
        try:
            part = work.replicate(seed, number, of)
        except Stopped as stopped:
            raise Interrupted(str(stopped) if folder is not None else None) from None
        assert part is not None  # of this process, which is the first
        self._keep(part, number)
        return part

    def _made_before(self, number: int) -> xr.Dataset | None:
        """Return a replicate that an interrupted run finished, None if there is none."""
        if self.folder is None or not self.folder.replicate(number).is_file():
            return None
        try:
            return xr.load_dataset(self.folder.replicate(number), engine="h5netcdf")
        except (OSError, KeyError, ValueError):
            self.folder.replicate(number).unlink()
            return None

    def _keep(self, part: xr.Dataset, number: int) -> None:
        """Keep a finished replicate while others are still to be made."""
        if self.folder is not None and self.replicates > 1:
            _write_netcdf(part, self.folder.replicate(number))
            self.folder.checkpoint(number).unlink(missing_ok=True)
            self.folder.drop_parts(number)
            shutil.rmtree(self.folder.nation(number), ignore_errors=True)

    def _simulate(self, simulation: Simulation, seed: int, number: int) -> None:
        folder, n_days = self.folder, simulation.settings.n_days
        every = self.scenario.outputs.checkpoint_every
        of = "" if self.replicates == 1 else f"run {number + 1} of {self.replicates}, "
        events = None
        if folder is not None and self.scenario.outputs.events:
            events = EventFile(folder.events(number), simulation.people, simulation.day)
            simulation.on_infections = events.add

        def after_day(run: Simulation) -> None:
            if run.day < n_days and self._seen_enough(run):
                raise _Enough
            if self.progress is not None:
                shown = f"{run.date.day} {run.date:%B %Y}"
                self.progress(f"simulating {of}{shown}", run.day / n_days)
            if self.watch is not None:
                self.watch(run, number)
            asked = self.stop() and run.day < n_days
            if folder is not None and (asked or (every and run.day % every == 0)):
                if events is not None:
                    events.cut(run.day)
                save_checkpoint(run, folder.checkpoint(number), _address(folder, seed))
            if asked:
                raise Interrupted(f"{of}{run.date}" if folder is not None else None)

        with events or nullcontext(), suppress(_Enough):
            simulation.run(after_day)

    def _seen_enough(self, run: Simulation) -> bool:
        too_many = bool(self.most_reported) and _reported(run) > self.most_reported
        return too_many or (self.until is not None and run.date > self.until)

    def _labelled(self, simulation: Simulation, seed: int, setup: float, wall: float) -> xr.Dataset:
        people, settings, scenario = simulation.people, simulation.settings, self.scenario
        ended = simulation.date - timedelta(days=1)
        rules = settings.behaviour
        off = "" if rules is None else ", ".join(rules.parts_off())
        labelled = dataset(
            simulation.tally,
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
                "series_sha256": simulation.tally.series_sha256(),
                **({"behaviour_off": off} if off else {}),
                **({"ended_on": ended.isoformat()} if simulation.day < settings.n_days else {}),
            },
            [(stock.name, stock.unit) for stock in settings.stocks],
            behaviour=() if rules is None else rules.parts_at_work(),
            border=settings.border is not None,
        )
        response = simulation.citizens.response
        if response is not None and "breakouts" in labelled:
            about = {"units": "break-outs", "long_name": "break-outs that one sets off in the mean"}
            number = response.breakouts.reproduction_number()
            labelled["defiance_reproduction"] = ((), number, about)
        return labelled


class _Enough(Exception):  # noqa: N818 - not an error: the run ends early
    """Nobody looks at the days after."""


def _reported(simulation: Simulation) -> int:
    """Return net reported infections so far."""
    return int(simulation.tally.reports[..., :2].sum())


def _address(folder: RunFolder, seed: int) -> str:
    """Return what a checkpoint must say to belong to a replicate."""
    return f"{folder.digest}-{seed}"


def _write_netcdf(data: xr.Dataset, path: Path) -> None:
    packed = {name: {"zlib": True, "complevel": 4} for name in data.data_vars}
    with whole_file(path) as partial:
        data.to_netcdf(partial, engine="h5netcdf", encoding=packed)
