"""A search for policies worth having: deaths, days sealed, income lost, care forgone, all four.

Only over levers that `lazaretto.studies.choice.guard` lets through. A search is replayed rather
than stored: the sampler is seeded, told the same numbers in the same order, and every number is
kept by the inputs of its run; so a search that was killed gives what it would have given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from lazaretto.nation.checked import checked_policy
from lazaretto.scenario import Problem, Scenario, ScenarioError
from lazaretto.studies.choice.levers import Lever, own_values, with_values
from lazaretto.studies.choice.pareto import Numbers, covered, on_front, share_on_front, spread_out
from lazaretto.studies.choice.regret import Regret, draws_of, in_worlds, regrets
from lazaretto.studies.ensembles.ensemble import Failed, Job
from lazaretto.studies.extra import extra_needed
from lazaretto.studies.sensitivities.amounts import AMOUNTS, HUMAN_COST, Amounts
from lazaretto.studies.sensitivities.amounts_kept import KeptAmounts
from lazaretto.studies.structures import SWITCHES

OBJECTIVES = HUMAN_COST
"""What is made small; always all four, so that no search trades one away unseen."""

Sampler = Literal["nsga2", "tpe"]

SAMPLERS: tuple[Sampler, ...] = ("nsga2", "tpe")

SETTLED = 0.01
"""Share of the volume that the last half of a search may have added for it to have settled
(assumed; a convention)."""

FEWEST = 20
"""Options below which a search has not begun to settle (assumed)."""


@dataclass(frozen=True, eq=False)
class Option:
    """A policy that was tried.

    Parameters
    ----------
    number
        Its number in the search; 0 is the scenario as it is.
    scenario
        The scenario.
    values
        The values of the levers; none of the scenario as it is.
    runs
        Amounts in every run, shape (n_seeds, n_amounts), in the order of
        `lazaretto.studies.sensitivities.amounts.AMOUNTS`.
    """

    number: int
    scenario: Scenario
    values: tuple[Any, ...]
    runs: Numbers

    def mean(self, name: str) -> float:
        """Return the mean of an amount over the seeds."""
        return float(self.runs[:, list(AMOUNTS).index(name)].mean())

    def band(self, name: str) -> tuple[float, float]:
        """Return the lowest and highest of an amount over the seeds."""
        column = self.runs[:, list(AMOUNTS).index(name)]
        return float(column.min()), float(column.max())


@dataclass(frozen=True)
class Choice:
    """A finished search.

    Parameters
    ----------
    scenario, levers, seeds
        What was searched over, and with which seeds every option was run.
    options
        What was tried, the scenario as it is first.
    failed
        Values that could not be run, and why.
    shares
        Share of seeds with which nothing dominates an option.
    coverage
        (Options tried, share of the possible volume dominated) as the search went on.
    worlds
        Names of the worlds in which the front was tried again.
    regret
        Regret of the options of the front that were.
    notes
        What a reader must know.
    """

    scenario: Scenario
    levers: tuple[Lever, ...]
    seeds: tuple[int, ...]
    options: tuple[Option, ...]
    failed: tuple[tuple[tuple[Any, ...], str], ...]
    shares: Numbers
    coverage: tuple[tuple[int, float], ...]
    worlds: tuple[str, ...] = ()
    regret: tuple[Regret, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def front(self) -> list[Option]:
        """Return the Pareto set by the means over the seeds, fewest deaths first."""
        front = on_front(means_of(self.options))
        chosen = [option for option, is_on in zip(self.options, front, strict=True) if is_on]
        return sorted(chosen, key=lambda each: [each.mean(name) for name in OBJECTIVES])

    @property
    def gained(self) -> float:
        """Return the share of the possible volume that the last half of the search added."""
        half = (self.coverage[-1][0] - 1) / 2
        before = [share for count, share in self.coverage if count - 1 <= half]
        return self.coverage[-1][1] - before[-1]

    @property
    def settled(self) -> bool:
        """Return whether the last half of the search added next to nothing, of enough options."""
        return len(self.options) > FEWEST and self.gained <= SETTLED


def means_of(options: Sequence[Option]) -> Numbers:
    """Return means over the seeds, shape (n_options, n_objectives)."""
    return np.array([[each.mean(name) for name in OBJECTIVES] for each in options])


def choose(
    scenario: Scenario,
    levers: tuple[Lever, ...],
    runs: KeptAmounts,
    *,
    options: int = 60,
    sampler: Sampler = "nsga2",
    population: int = 20,
    seed: int = 1,
    seeds: int = 2,
    structures: bool = False,
    draws: Path | None = None,
    n_draws: int = 8,
    robust: int = 8,
) -> Choice:
    """Search over levers, and try the front again in other worlds.

    Parameters
    ----------
    scenario, levers
        As from `lazaretto.studies.choice.levers.read_levers`.
    runs
        What makes runs and keeps their numbers.
    options
        How many options are tried.
    sampler, population
        NSGA-II (doi 10.1109/4235.996017) or a tree-structured Parzen estimator for several
        objectives (doi 10.1145/3377930.3389817), and options between two looks at the results.
    seed, seeds
        First seed, of the sampler too, and number of seeds; every option is run with all of them.
    structures, draws, n_draws
        Worlds in which the front is tried again: the structural alternatives, and so many draws of
        a table, see `lazaretto.studies.choice.regret.draws_of`.
    robust
        Options of the front that are.

    Raises
    ------
    ScenarioError
        If nothing could be run.
    Interrupted
        If asked to stop; the same call goes on.
    """
    worlds = [] if draws is None else draws_of(scenario, draws, n_draws)
    moved = {target.key for lever in levers for target in lever.targets}
    clash = [key for world in worlds[:1] for key in world.draw if _numbered(scenario, key) in moved]
    if clash:
        allowed = "numbers that no lever sets"
        raise ScenarioError([Problem("--draws", key, allowed, "leave it out") for key in clash])
    notes = []
    if structures and scenario.behaviour is None:
        structures = False
        notes.append("the scenario has no behaviour, so there are no structures to try")
    again = (robust + 1) * (len(worlds) + len(SWITCHES) * structures) * seeds
    runs.cost(scenario, (options + 1) * seeds + again, "at most ")
    seeded = tuple(range(seed, seed + seeds))
    tried, failed, looks = _search(scenario, levers, runs, options, sampler, population, seeded)
    values = means_of(tried)
    counts = [count for count in looks if count > 0]
    coverage = tuple(zip(counts, covered(values, counts), strict=True))
    shares = share_on_front(_runs_of(tried))
    found = Choice(scenario, levers, seeded, tuple(tried), tuple(failed), shares, coverage,
                   notes=tuple(notes))  # fmt: skip
    if not structures and not worlds:
        return found
    front = found.front
    kept = [front[i] for i in spread_out(means_of(front), robust)]
    if tried[0] not in kept:
        kept.append(tried[0])
    jobs: list[Job] = []
    names: list[str] = []
    for option in kept:
        there = list(in_worlds(option.scenario, with_structures=structures, draws=worlds))
        names = [name for name, _ in there]
        jobs += [Job(each, s) for _, each in there for s in seeded]
    read = runs.of(jobs, "front in other worlds")
    table = np.array([_row(each) for each in read]).reshape(len(kept), len(names), seeds, -1)
    means = table.mean(axis=2)[:, :, [list(AMOUNTS).index(name) for name in OBJECTIVES]]
    good = np.isfinite(means).all(axis=(0, 2))
    lost = [name for name, whole in zip(names, good, strict=True) if not whole]
    if lost:
        notes.append(f"runs failed in {', '.join(lost)}; no option is judged there")
    names = [name for name, whole in zip(names, good, strict=True) if whole]
    drawn = {world.name: world.weight for world in worlds}
    weights = [drawn.get(name, 1) for name in names]
    numbers = [option.number for option in kept]
    judged = regrets(numbers, names, means[:, good].transpose(1, 0, 2), weights)
    judged.sort(key=lambda each: (each.minimax, each.expected))
    return Choice(scenario, levers, seeded, tuple(tried), tuple(failed), shares, coverage,
                  tuple(names), tuple(judged), tuple(notes))  # fmt: skip


def _search(
    scenario: Scenario,
    levers: Sequence[Lever],
    runs: KeptAmounts,
    options: int,
    sampler: Sampler,
    population: int,
    seeds: Sequence[int],
) -> tuple[list[Option], list[tuple[tuple[Any, ...], str]], list[int]]:
    """Return what was tried, what failed, and how many had been tried at each look."""
    with extra_needed("choose"):
        import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    samplers = optuna.samplers
    chosen = (
        samplers.NSGAIISampler(population_size=population, seed=seeds[0])
        if sampler == "nsga2"
        else samplers.TPESampler(seed=seeds[0], n_startup_trials=population)
    )
    study = optuna.create_study(directions=["minimize"] * len(OBJECTIVES), sampler=chosen)
    spaces = _spaces(levers)
    own = own_values(scenario, levers)
    known = {str(i): lever.values.index(own[i])
             for i, lever in enumerate(levers) if own[i] is not None}  # fmt: skip
    if known:
        study.enqueue_trial(known)
    start = _evaluated(runs, [(0, scenario, ())], seeds, "the scenario as it is")
    if isinstance(start[0], str):
        raise ScenarioError([Problem(scenario.name, None, "a scenario that can be run", start[0])])
    tried: list[Option] = [start[0]]
    failed: list[tuple[tuple[Any, ...], str]] = []
    looks = [1]
    for first in range(0, options, population):
        batch = [study.ask(spaces) for _ in range(min(population, options - first))]
        asked: list[tuple[int, Scenario | str, tuple[Any, ...]]] = []
        for number, trial in enumerate(batch, first + 1):
            values = tuple(lever.values[trial.params[str(i)]] for i, lever in enumerate(levers))
            try:
                there = with_values(scenario, levers, values)
                checked_policy(there)
            except ScenarioError as error:
                why = "; ".join(f"{p.key}: {p.allowed}" for p in error.problems)
                asked.append((number, why, values))
            else:
                asked.append((number, there, values))
        what = f"options {first + 1} to {first + len(batch)} of {options}"
        for trial, one, (_, _, values) in zip(
            batch, _evaluated(runs, asked, seeds, what), asked, strict=True
        ):
            if isinstance(one, str):
                failed.append((values, one))
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                tried.append(one)
                study.tell(trial, [one.mean(name) for name in OBJECTIVES])
        looks.append(len(tried))
    return tried, failed, looks


def _spaces(levers: Sequence[Lever]) -> dict[str, Any]:
    """Return what the sampler draws: the number of a value of each lever."""
    from optuna.distributions import CategoricalDistribution, IntDistribution

    return {
        str(i): CategoricalDistribution(range(len(lever.values)))
        if lever.kind == "choice"
        else IntDistribution(0, len(lever.values) - 1)
        for i, lever in enumerate(levers)
    }


def _evaluated(
    runs: KeptAmounts,
    asked: Sequence[tuple[int, Scenario | str, tuple[Any, ...]]],
    seeds: Sequence[int],
    what: str,
) -> list[Option | str]:
    """Return the options with their runs; of one that could not be run, why."""
    jobs = [Job(there, seed) for _, there, _ in asked if not isinstance(there, str)
            for seed in seeds]  # fmt: skip
    read = iter(runs.of(jobs, what))
    found: list[Option | str] = []
    for number, there, values in asked:
        if isinstance(there, str):
            found.append(there)
            continue
        rows = [next(read) for _ in seeds]
        wrong = [each.reason for each in rows if isinstance(each, Failed)]
        table = np.array([_row(each) for each in rows])
        found.append(wrong[0] if wrong else Option(number, there, values, table))
    return found


def _row(read: Amounts | Failed) -> list[float]:
    return [float("nan") if isinstance(read, Failed) else read[name] for name in AMOUNTS]


def _runs_of(options: Sequence[Option]) -> Numbers:
    at = [list(AMOUNTS).index(name) for name in OBJECTIVES]
    return np.array([each.runs[:, at] for each in options])


def _numbered(scenario: Scenario, key: str) -> str:
    """Return a key with numbers for the entries of measures and resources, as levers have it."""
    parts = key.split(".")
    named: list[str | None] = []
    if parts[0] == "measures":
        named = [each.name for each in scenario.measures]
    elif parts[0] == "resources":
        named = [each.name for each in scenario.resources]
    if len(parts) > 1 and parts[1] in named:
        parts[1] = str(named.index(parts[1]))
    return ".".join(parts)
