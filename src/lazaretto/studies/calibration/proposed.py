"""Proposals of a fit, to runs, to the numbers that are compared with data."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from lazaretto.scenario import Problem, ScenarioError
from lazaretto.studies.calibration.journal import Journal
from lazaretto.studies.calibration.plan import Plan
from lazaretto.studies.calibration.posterior import Tell
from lazaretto.studies.calibration.priors import Priors
from lazaretto.studies.calibration.streams import Compared
from lazaretto.studies.ensembles.ensemble import Failed, Job
from lazaretto.studies.plan import duration

Key = tuple[float, ...]
"""A proposal: coordinates of the free numbers."""

SEEDS_A_GENERATION = 1_000_000
"""Seeds set apart for each generation of particles."""

RECENT = 10
"""Runs by whose pace the time left is told."""

FAILURES = 10
"""Failed runs, if they are more than half, after which a calibration gives up."""


class Proposed:
    """What a generation of particles needs: proposals to runs, runs to numbers."""

    def __init__(
        self, plan: Plan, journal: Journal, runs: int, seed: int, tell: Tell | None
    ) -> None:
        self.plan, self.journal, self.runs, self.seed = plan, journal, runs, seed
        self.compared, self.priors = Compared(plan), Priors(plan.free)
        self.tell: Tell = tell or (lambda *_: None)
        self.numbers: dict[Key, dict[str, float]] = {}
        self.seed_of: dict[Key, int] = {}
        self.of_prior: list[Key] = []
        self.failed: list[str] = []
        self.used = 0
        self._ended: deque[float] = deque(maxlen=RECENT)

    def look_up(self, parameter: Mapping[str, float]) -> dict[str, float]:
        """Return the numbers of a run that was made for a proposal."""
        return self.numbers[self.key(parameter)]

    def key(self, parameter: Mapping[str, float]) -> Key:
        """Return a proposal as the coordinates of the free numbers."""
        return tuple(float(parameter[name]) for name in self.plan.names)

    def simulate(self, proposed: dict[Key, int], said: str) -> None:
        """Make the runs of proposals, each with its seed, and keep their numbers."""
        keys = [key for key in proposed if key not in self.seed_of]
        jobs = [self.job(key, proposed[key]) for key in keys]
        self.seed_of |= {key: proposed[key] for key in keys}
        before, failed = len(self.numbers) + len(self.failed), {}
        for ended, (number, made) in enumerate(self.journal.runs(jobs), start=1):
            if isinstance(made, Failed):
                failed[number] = made
            else:
                self.numbers[keys[number]] = self.compared.of_run(made)
            self._ended.append(time.monotonic())
            done = min(self.runs, before + ended)
            self.tell(f"{said}, {done:,} of {self.runs:,} runs{self._left(self.runs - done)}",
                      done / self.runs)  # fmt: skip

        for number in sorted(failed):  # whichever ended first
            self._fail(keys[number], failed[number])
        if len(self.failed) >= FAILURES and len(self.failed) > len(self.numbers):
            allowed = "runs that can be made where the priors reach"
            raise ScenarioError(
                [Problem("parameters", self.failed[-1], allowed, "narrow the priors")]
            )

    def begin(
        self, seeds: Mapping[Key, Sequence[int]], said: str
    ) -> Iterator[tuple[tuple[int, int], dict[str, float]]]:
        """Make the beginnings of runs, and yield the numbers of each with its row and column.

        Those that cannot be made are left out.

        Parameters
        ----------
        seeds
            Of each proposal the seeds that begin, a row each.
        said
            Of which runs these are the beginnings, in words.
        """
        at = [
            (row, column) for row, each in enumerate(seeds.values()) for column in range(len(each))
        ]
        jobs = [self.plan.beginning_job(self._values(key), seed)
                for key, each in seeds.items() for seed in each]  # fmt: skip
        for n, (number, made) in enumerate(self.journal.runs(jobs), start=1):
            self.tell(f"{said}, beginning {n:,} of {len(jobs):,}", self.used / self.runs)
            if not isinstance(made, Failed):
                yield at[number], self.compared.of_run(made)

    def job(self, key: Key, seed: int) -> Job:
        """Return the run of a proposal, to the last day of the data."""
        return self.plan.fit_job(self._values(key), seed)

    def _values(self, key: Key) -> dict[str, float]:
        return dict(zip(self.plan.names, self.priors.values(np.array([key]))[0], strict=True))

    def _fail(self, key: Key, made: Failed) -> None:
        said = ", ".join(f"{name} {value:g}" for name, value in self._values(key).items())
        self.failed.append(f"{said}: {made.reason}")

    def _left(self, runs: int) -> str:
        """Return how long the runs left will take at most, by the pace of the last ones."""
        spent = self._ended[-1] - self._ended[0]
        if len(self._ended) < RECENT or spent < 1:
            return ""
        return f", at most {duration(spent / (RECENT - 1) * runs)} left"
