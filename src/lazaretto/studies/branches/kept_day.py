"""A day that is kept: simulated to once, and put into the run folder of every policy from it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from lazaretto.engine.checked import checked_measures, place_of
from lazaretto.engine.checkpoint import (
    Arrays,
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
    write_arrays,
)
from lazaretto.engine.city import city_of
from lazaretto.engine.prepare import Prepared
from lazaretto.engine.setting_up import places_of
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.warming import warm_up
from lazaretto.measures import Places, stocks_of
from lazaretto.people import population
from lazaretto.scenario import Scenario
from lazaretto.scenario.aim import JUDGED_BY
from lazaretto.studies.branches.past import before, held_by, past_of
from lazaretto.studies.drawn import prepared_with
from lazaretto.studies.events import EventFile
from lazaretto.studies.lock import alone_in
from lazaretto.studies.manifest import json_digest
from lazaretto.studies.nation_run import Progress
from lazaretto.studies.run import Interrupted
from lazaretto.studies.run_folder import RunFolder, inputs_of

BY_STOCK = (
    "kept_left", "kept_used", "kept_waiting", "kept_tubes_arrived", "kept_tubes_read",
    "tally_stock_amount", "tally_stock_used", "tally_stock_waiting",
)  # fmt: skip
"""What a checkpoint keeps by stock, on the last axis."""


@dataclass(frozen=True)
class KeptDay:
    """The evening before a date, of every seed, in a folder of its own.

    Parameters
    ----------
    scenario
        A scenario that leads to it: of those that share the past, the one it is simulated with.
    on
        The date.
    stocks
        How many stocks, the first ones, every policy has.
    folder
        Where it is kept.
    digest
        Hash of all that the past depends on but the seed.
    """

    scenario: Scenario
    on: date
    stocks: int
    folder: Path
    digest: str

    @classmethod
    def of(cls, base: Scenario, scenario: Scenario, on: date, out: Path) -> KeptDay:
        """Return the kept day of a past; nothing is made yet.

        Parameters
        ----------
        base
            The scenario whose past is shared.
        scenario
            One that shares it (`lazaretto.studies.branches.past.check_shared`), for what it keeps.
        on
            The date.
        out
            Where run folders lie.
        """
        measures, day = checked_measures(scenario), (on - base.start).days
        stocks = stocks_of(base)
        conditions = {key: part for key, part in base.resolved().items()
                      if key not in _NOT_OF_PAST}  # fmt: skip
        inputs = inputs_of(base, 0, 1)
        said = {
            "conditions": conditions,
            "measures": past_of(scenario, on, measures),
            "stocks": [(stock.name, stock.unit, stock.contacts, stock.bus_contacts,
                        stock.amount[:day].tolist()) for stock in stocks],
            "held": held_by(measures),
            "on": on.isoformat(),
            "events": scenario.outputs.events,
            "of": {key: inputs[key] for key in _OF_INPUTS if key in inputs},
        }  # fmt: skip
        digest = json_digest(said)
        folder = out / f"{base.name}-to-{on}-{digest[:12]}"
        return cls(scenario, on, len(stocks), folder, digest)

    @property
    def day(self) -> int:
        """Number of days before the date."""
        return (self.on - self.scenario.start).days

    def path(self, seed: int) -> Path:
        """Return the file of one seed."""
        return self.folder / f"seed-{seed}.npz"

    def made(self, seed: int) -> bool:
        """Return whether the day was simulated to with a seed."""
        return self.path(seed).is_file()

    def make(
        self, seed: int, threads: int, progress: Progress | None, stop: Callable[[], bool]
    ) -> None:
        """Simulate to the evening before the date, or find that it was done.

        Parameters
        ----------
        seed
            The seed.
        threads, progress, stop
            As for `lazaretto.studies.run.run_scenario`.

        Raises
        ------
        Interrupted
            If asked to stop; the same call goes on.
        """
        with alone_in(self.folder):
            if self.made(seed):
                return
            prepared = next(prepared_with(self.scenario, [seed], progress))
            self._simulate(prepared, seed, threads, progress, stop)

    def _simulate(
        self,
        prepared: Prepared,
        seed: int,
        threads: int,
        progress: Progress | None,
        stop: Callable[[], bool],
    ) -> None:
        half_way, address = self.folder / f"unfinished-{seed}.npz", f"{self.digest}-{seed}"
        with Simulation(prepared.people, prepared.settings, threads) as simulation:
            warm_up(simulation)
            if half_way.is_file():
                try:
                    load_checkpoint(simulation, half_way, address)
                except CheckpointError:
                    half_way.unlink()
            events = None
            if self.scenario.outputs.events:
                path = self.folder / f"events-{seed}.parquet"
                events = EventFile(path, simulation.people, simulation.day)
                simulation.on_infections = events.add

            def after_day(run: Simulation) -> None:
                if progress is not None:
                    progress(f"simulating {run.date.day} {run.date:%B %Y}", run.day / self.day)
                if stop() and run.day < self.day:
                    if events is not None:
                        events.cut(run.day)
                    save_checkpoint(run, half_way, address)
                    raise Interrupted(str(run.date))

            simulation.run(after_day, until=self.day)
            if events is not None:
                events.cut(self.day)
            save_checkpoint(simulation, self.path(seed), address)
        half_way.unlink(missing_ok=True)

    def series_sha256(self, seed: int) -> str:
        """Return the hash of daily new infections by district and origin before the date.

        Raises
        ------
        CheckpointError
            If the file cannot be read.
        """
        infections = self._read(seed)["tally_infections"][: self.day]
        return hashlib.sha256(np.ascontiguousarray(infections, "<i8").tobytes()).hexdigest()

    def put_into(
        self, run: RunFolder, policy: Scenario, seed: int, number: int, places: Places
    ) -> None:
        """Put the day into the run folder of a policy, as what its replicate goes on from.

        What is of one measure alone is the state of its trigger: that of a measure which could not
        act before the date is idle, since nothing is triggered outside its dates. Of a stock that
        opens later there is nothing yet.

        Parameters
        ----------
        run
            The run folder of the policy.
        policy
            A policy that shares the past.
        seed, number
            Seed and number of the replicate.
        places
            The places of the city.

        Raises
        ------
        CheckpointError
            If the day cannot be read; nothing is written then.
        """
        saved = self._read(seed)
        ours = checked_measures(self.scenario)
        theirs = checked_measures(policy)
        which = dict(
            zip(before(policy, self.on, theirs), before(self.scenario, self.on, ours), strict=True)
        )
        went_on = {name: array for name, array in saved.items() if not name.startswith("trigger_")}
        for i, measure in enumerate(theirs):
            known = saved[f"trigger_{which[i]}"] if i in which else measure.idle(places)
            went_on[f"trigger_{i}"] = known
        new = len(stocks_of(policy)) - self.stocks
        for name in BY_STOCK:
            kept = saved[name][..., : self.stocks]
            went_on[name] = np.concatenate(
                [kept, np.zeros((*kept.shape[:-1], new), kept.dtype)], axis=-1
            )
        went_on["digest"] = np.array(f"{run.digest}-{seed}")
        for part in sorted(self.folder.glob(f".events-{seed}-*.part")):
            until = part.stem.rpartition("-")[2]
            shutil.copyfile(part, run.path / f".{run.events(number).stem}-{until}.part")
        write_arrays(run.checkpoint(number), went_on)

    def _read(self, seed: int) -> Arrays:
        try:
            with np.load(self.path(seed), allow_pickle=False) as file:
                saved: Arrays = {name: file[name] for name in file.files}
            ours = str(saved["digest"]) == f"{self.digest}-{seed}"
        except Exception as error:  # a damaged file makes its readers raise almost anything
            raise CheckpointError(f"{self.path(seed)} cannot be read ({error})") from error
        if not ours or int(saved["day"]) != self.day:
            raise CheckpointError(f"{self.path(seed)} is of another past")
        return saved


def places_in(scenario: Scenario) -> Places:
    """Return the places of the city of a scenario, as measures see them."""
    people = population(place_of(scenario))
    return places_of(people, city_of(people))


_NOT_OF_PAST = (
    "name", "title", "description", "outputs", "measures", "resources", "place", *JUDGED_BY,
)  # fmt: skip

_OF_INPUTS: Sequence[str] = ("format", "lazaretto", "model", "place", "own_measures", "posterior")
