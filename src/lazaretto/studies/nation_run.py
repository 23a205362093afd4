"""One replicate of a scenario of many cities: run, interrupted and gone on with, labelled."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import xarray as xr

import lazaretto
from lazaretto.nation.checkpoint import load_nation, save_nation
from lazaretto.nation.exchange import Alone, Exchange
from lazaretto.nation.plans import NationPlan
from lazaretto.nation.results import counted, labelled
from lazaretto.nation.simulation import Nation
from lazaretto.studies.run_folder import RunFolder


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
    tell
        Called with what is being done and the share done; may raise to stop.
    stop
        Asked after each day.
    folder
        The run folder, if one is kept.
    exchange
        The processes of the run.
    """

    plan: NationPlan
    threads: int
    tell: Callable[[str, float], None]
    stop: Callable[[], bool]
    folder: RunFolder | None
    exchange: Exchange = Alone()  # noqa: RUF009 - it has no state

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
        nation = Nation(
            plan.plans, plan.flows, plan.courses, scenario.start, scenario.n_days, seed,
            self.threads, self.exchange,
        )  # fmt: skip
        kept = None if self.folder is None else self.folder.nation(number)
        if kept is not None:
            load_nation(nation, kept, self._address(seed))
        self.tell("loading the engine (compiled at its first start)", 0.0)
        setup = time.perf_counter() - began
        began = time.perf_counter()
        every = scenario.outputs.checkpoint_every

        def after_day(run: Nation) -> None:
            reached = int((run.woken >= 0).sum())
            shown = f"{run.date.day} {run.date:%B %Y}, {reached} cities reached"
            self.tell(f"simulating {of}{shown}", run.day / run.n_days)
            asked = any(self.exchange.share([self.stop()])) and run.day < run.n_days
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
        every_city = self.exchange.share([each for each in mine if each is not None])
        gathered = nation.gathered()
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
        return labelled(gathered, plan, every_city, attributes)

    def _address(self, seed: int) -> str:
        assert self.folder is not None
        return f"{self.folder.digest}-{seed}"
