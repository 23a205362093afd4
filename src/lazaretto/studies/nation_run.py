"""One replicate of a scenario of many cities: run, interrupted and gone on with, labelled."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xarray as xr

import lazaretto
from lazaretto.engine.checkpoint import CheckpointError
from lazaretto.nation.checkpoint import load_nation, save_nation
from lazaretto.nation.exchange import Alone, Exchange, Sent
from lazaretto.nation.plans import NationPlan, plan_nation
from lazaretto.nation.results import counted, labelled
from lazaretto.nation.simulation import Nation
from lazaretto.scenario import Problem, Scenario, ScenarioError
from lazaretto.studies.run_folder import RunFolder, digest_of, inputs_of
from lazaretto.studies.summary import peak_memory

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done."""


def planned(scenario: Scenario, exchange: Exchange) -> NationPlan | None:
    """Return the plan of a scenario of many cities, None for one place.

    Raises
    ------
    ScenarioError
        With every problem at once; also if one place is to be split over several processes.
    """
    if scenario.nation is not None:
        return plan_nation(scenario)
    if exchange.size == 1:
        return None
    allowed = f"a scenario of many cities (place: china) on {exchange.size} processes"
    advice = "start it without mpiexec: one place uses all cores of one machine"
    raise ScenarioError([Problem("place", scenario.place, allowed, advice)])


class Stopped(Exception):  # noqa: N818 - not an error: the run can go on
    """A replicate that was asked to stop; what was kept is in the run folder."""


@dataclass(frozen=True)
class NationWork:
    """A run of many cities in the making.

    Parameters
    ----------
    plan
        The checked scenario.
    threads
        Worker threads of this process.
    progress
        Called as the work goes on.
    stop
        Asked after each day.
    folder
        The run folder, if one is kept.
    exchange
        The processes of the run.
    """

    plan: NationPlan
    threads: int
    progress: Progress | None
    stop: Callable[[], bool]
    folder: RunFolder | None
    exchange: Exchange = field(default_factory=Alone)

    def replicate(self, seed: int, number: int, of: str) -> xr.Dataset | None:
        """Return the results of one replicate; None in processes other than the first.

        Parameters
        ----------
        seed, number
            Seed and number of the replicate.
        of
            Said before the date while it runs: empty, or "run 2 of 5, ".

        Raises
        ------
        Stopped
            If asked to stop.
        """
        plan, scenario = self.plan, self.plan.scenario
        began = time.perf_counter()
        nation = self._fresh(seed)
        kept = None if self.folder is None else self.folder.nation(number)
        if kept is not None:
            damaged = False
            try:
                load_nation(nation, kept, self._address(seed))
            except CheckpointError:
                damaged = True
            if any(self.exchange.share([damaged])):
                if self.exchange.rank == 0:
                    shutil.rmtree(kept, ignore_errors=True)
                nation.close()
                nation = self._fresh(seed)
        self._tell("loading the engine (compiled at its first start)", 0.0)
        setup = time.perf_counter() - began
        began = time.perf_counter()
        every = scenario.outputs.checkpoint_every

        def after_day(run: Nation) -> None:
            own = sum(member.simulation is not None for member in run.mine)
            said = self.exchange.share([(own, self.stop())])
            self.exchange.end_day()
            reached = sum(awake for awake, _ in said)
            cities = "city" if reached == 1 else "cities"
            shown = f"{run.date.day} {run.date:%B %Y}, {reached} {cities} reached"
            self._tell(f"simulating {of}{shown}", run.day / run.n_days)
            asked = any(stop for _, stop in said) and run.day < run.n_days
            if kept is not None and (asked or (every and run.day % every == 0)):
                save_nation(run, kept, self._address(seed))
            if asked:
                raise Stopped(f"{of}{run.date}")

        try:
            nation.run(after_day)
        finally:
            nation.close()
        wall = time.perf_counter() - began
        mine = [counted(member, scenario.n_days) for member in nation.mine]
        every_city = self.exchange.collect([each for each in mine if each is not None])
        gathered = nation.gathered()
        sent = self._sent(nation)
        if self.exchange.rank:
            return None
        behaviour = scenario.behaviour
        off = "" if behaviour is None else ", ".join(behaviour.parts_off())
        attributes: dict[str, str | int | float] = {
            "scenario": scenario.name,
            "title": scenario.title,
            "place": scenario.place,
            "disease": scenario.disease,
            "r0": float(scenario.r0),
            "persons": sum(each.n_persons for each in plan.plans),
            "cities": len(plan.plans),
            "start": scenario.start.isoformat(),
            "end": scenario.end.isoformat(),
            "seed": seed,
            "version": lazaretto.__version__,
            "wall_s": round(wall, 3),
            "setup_s": round(setup, 3),
        }
        if off:
            attributes["behaviour_off"] = off
        if sent:
            attributes["messages"] = json.dumps(sent)
        return labelled(gathered, plan, every_city, attributes)

    def _tell(self, what: str, share: float) -> None:
        if self.progress is not None:
            self.progress(what, share)

    def _sent(self, nation: Nation) -> list[dict[str, Any]]:
        """Return what each process had and sent, by process; nothing if there is but one."""
        *days, results = self.exchange.days or [Sent()]
        if self.exchange.size == 1:
            return []
        own = {
            "residents": sum(member.plan.n_persons for member in nation.mine),
            "cities": len(nation.mine),
            "awake": sum(member.simulation is not None for member in nation.mine),
            "peak_rss_mib": round(peak_memory() / 2**20, 1),
            "messages": sum(day.messages for day in days),
            "bytes": sum(day.bytes for day in days),
            "shared_bytes": sum(day.shared for day in days),
            "visit_bytes": sum(day.visits for day in days),
            "exposure_bytes": sum(day.exposures for day in days),
            "result_bytes": results.bytes,
            "messages_by_day": [day.messages for day in days],
            "bytes_by_day": [day.bytes for day in days],
        }
        return self.exchange.share([own])

    def _fresh(self, seed: int) -> Nation:
        plan, scenario = self.plan, self.plan.scenario
        return Nation(
            plan.plans, plan.flows, plan.courses, scenario.start, scenario.n_days, seed,
            self.threads, self.exchange,
        )  # fmt: skip

    def _address(self, seed: int) -> str:
        assert self.folder is not None
        return f"{self.folder.digest}-{seed}"


def assist(
    scenario: Scenario,
    exchange: Exchange,
    *,
    seed: int,
    replicates: int,
    threads: int,
    out: Path | None,
    stop: Callable[[], bool],
) -> None:
    """Simulate the cities of this process, replicate by replicate, until the first process leaves.

    Parameters
    ----------
    scenario, seed, replicates, threads, out, stop
        As in `lazaretto.studies.run.run_scenario`.
    exchange
        The processes; this is not the first.

    Raises
    ------
    ScenarioError
        If the scenario does not fit its place.
    RuntimeError
        If the first process has other inputs or another version.
    """
    plan = planned(scenario, exchange)
    assert plan is not None  # of several processes
    digest = digest_of(inputs_of(scenario, seed, replicates))
    folder = RunFolder.of(out, scenario.name, digest) if out is not None else None
    work = NationWork(plan, threads, None, stop, folder, exchange)
    nothing: list[tuple[int, str] | None] = []
    while (task := exchange.share(nothing)[0]) is not None:  # said by the first process
        number, theirs = task
        if theirs != digest:
            raise RuntimeError("the first process has another scenario, or another lazaretto")
        with suppress(Stopped):  # the first process stops as well, and says so
            work.replicate(seed + number, number, "")
