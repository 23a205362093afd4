"""Which uncertain numbers of a scenario matter: elementary effects (Morris) and Sobol indices.

Every point of a design is run with the same seeds (common random numbers): a number that changes
nothing then has an index of exactly zero, and what chance does is shown beside, not hidden.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazaretto.provenance import Figure
from lazaretto.scenario import Problem, Scenario, ScenarioError
from lazaretto.studies.ensembles.ensemble import Failed, Job
from lazaretto.studies.flips import ranges, value_key
from lazaretto.studies.labels import label
from lazaretto.studies.levers import is_condition
from lazaretto.studies.pairs import Pair
from lazaretto.studies.sensitivities.amounts import AMOUNTS
from lazaretto.studies.sensitivities.amounts_kept import KeptAmounts
from lazaretto.studies.sensitivities.designs import (
    INDICES,
    Factor,
    Indices,
    Method,
    Numbers,
    design,
    indices_of,
    n_points,
    run_at,
)


@dataclass(frozen=True)
class Sensitivity:
    """A finished study.

    Parameters
    ----------
    scenario, method, factors, samples, seeds
        What was studied and how.
    indices
        One entry for each output.
    failed
        What went wrong in each point that could not be run, with the values there.
    """

    scenario: Scenario
    method: Method
    factors: tuple[Factor, ...]
    samples: int
    seeds: tuple[int, ...]
    indices: tuple[Indices, ...]
    failed: tuple[tuple[dict[str, float], str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what ``sensitivity --json`` prints."""
        one, two = INDICES[self.method]
        return {
            "scenario": self.scenario.name,
            "method": self.method,
            "samples": self.samples,
            "seeds": list(self.seeds),
            "runs": n_points(self.method, len(self.factors), self.samples) * len(self.seeds),
            "varied": [
                {"key": f.key, "unit": f.figure.unit, "value": f.figure.value, "low": f.low,
                 "high": f.high, "status": f.figure.status, "source": f.figure.source}
                for f in self.factors
            ],
            "outputs": [
                {
                    "output": each.output,
                    "words": AMOUNTS[each.output].words,
                    "unit": AMOUNTS[each.output].unit,
                    "pan": AMOUNTS[each.output].pan,
                    "mean": _number(each.mean),
                    "deviation": _number(each.deviation),
                    "chance_share": _number(each.chance),
                    "stirred_share": _number(each.stirred),
                    "points": each.points,
                    "indices": [
                        {"key": f.key, one: _number(each.first[i]),
                         f"{one}_conf": _number(each.first_band[i]), two: _number(each.second[i]),
                         **({f"{two}_conf": _number(each.second_band[i])}
                            if self.method == "sobol" else {})}
                        for i, f in enumerate(self.factors)
                    ],
                }
                for each in self.indices
            ],
            "failed": [{"at": at, "reason": reason} for at, reason in self.failed],
        }  # fmt: skip


def factors_of(scenario: Scenario, keys: Sequence[str] = ()) -> tuple[Factor, ...]:
    """Return the numbers that are varied.

    Parameters
    ----------
    scenario
        The scenario.
    keys
        Keys of numbers with a range; all that are assumed or fitted and at work if there are none.

    Raises
    ------
    ScenarioError
        For a condition of the society under study, an unknown key, a number without a range; if
        there is nothing to vary.
    """
    if not keys:
        keys = [
            key for key, figure in scenario.figures()
            if figure.status != "measured" and figure.low is not None and figure.high is not None
            and figure.low < figure.high and not is_condition(key) and _at_work(scenario, key)
        ]  # fmt: skip
    try:
        found = ranges(Pair(scenario, scenario), keys)
    except ScenarioError as error:
        raise ScenarioError(
            [Problem("--vary", p.value, p.allowed, p.advice) for p in error.problems]
        ) from None
    if not found:
        allowed = "numbers of the scenario that are assumed or fitted, with low: and high:"
        raise ScenarioError([Problem("--vary", "nothing", allowed, "give numbers a range")])
    return tuple(Factor(each.key, each.figure, _whole(scenario, each.key, each.figure))
                 for each in found)  # fmt: skip


def scenario_at(scenario: Scenario, factors: Sequence[Factor], point: Numbers) -> Scenario:
    """Return the scenario at a point of a design.

    Raises
    ------
    ScenarioError
        If these values do not go together.
    """
    values = _values(factors, point)
    said = label("at " + ", ".join(f"{key} {value:.6g}" for key, value in values.items()))
    keyed: dict[str, object] = {value_key(scenario, key): v for key, v in values.items()}
    return scenario.varied(said, keyed)


def sensitivity(
    scenario: Scenario,
    runs: KeptAmounts,
    *,
    method: Method = "morris",
    vary: Sequence[str] = (),
    outputs: Sequence[str] = ("infections",),
    samples: int = 8,
    seed: int = 1,
    seeds: int = 2,
) -> Sensitivity:
    """Run a design and say how much each number matters to each output.

    Parameters
    ----------
    scenario
        The scenario.
    runs
        What makes runs and keeps their numbers.
    method, vary, samples
        The design, see `design` and `factors_of`.
    outputs
        Names of `lazaretto.studies.sensitivities.amounts.AMOUNTS`.
    seed, seeds
        First seed and number of seeds; every point is run with all of them.

    Raises
    ------
    ScenarioError
        If a number cannot be varied, or no part of the design could be run.
    Interrupted
        If asked to stop; the same call goes on.
    """
    factors = factors_of(scenario, vary)
    if method == "sobol" and samples & (samples - 1):
        power = 1 << samples.bit_length()
        advice = f"take {power // 2} or {power}"
        raise ScenarioError([Problem("--samples", samples, "a power of 2 for sobol", advice)])
    points = design(method, factors, samples, seed)
    seeded = tuple(range(seed, seed + seeds))
    runs.cost(scenario, len(points) * seeds)
    jobs, at, why = [], [], dict[int, str]()
    for number, point in enumerate(points):
        try:
            there = scenario_at(scenario, factors, point)
        except ScenarioError as error:
            why[number] = "; ".join(f"{p.key}: {p.allowed}" for p in error.problems)
            continue
        jobs += [Job(there, each) for each in seeded]
        at += [(number, i) for i in range(seeds)]
    values = np.full((len(outputs), len(points), seeds), np.nan)
    for (number, i), read in zip(at, runs.of(jobs, f"{method} design"), strict=True):
        if isinstance(read, Failed):
            why.setdefault(number, read.reason)
        else:
            values[:, number, i] = [read[name] for name in outputs]
    kept = _whole_blocks(len(points), len(points) // samples, why)
    if not kept.any():
        said = next(iter(why.values()))
        allowed = "ranges in which the scenario can be run"
        raise ScenarioError([Problem("--vary", None, allowed, f"every part failed, first: {said}")])
    failed = tuple((_values(factors, points[n]), why[n]) for n in sorted(why))
    found = tuple(indices_of(name, method, factors, points[kept], values[o][kept], seed)
                  for o, name in enumerate(outputs))  # fmt: skip
    return Sensitivity(scenario, method, factors, samples, seeded, found, failed)


def _values(factors: Sequence[Factor], point: Numbers) -> dict[str, float]:
    pairs = zip(factors, run_at(factors, point), strict=True)
    return {f.key: round(float(x)) if f.whole else float(x) for f, x in pairs}


def _whole(scenario: Scenario, key: str, figure: Figure) -> bool:
    """Return whether a number takes whole values only: one between the ends is refused."""
    from lazaretto.nation.checked import checked_policy

    low, high = float(figure.low or 0), float(figure.high or 0)
    between = low + (high - low) * 0.4142  # no whole number unless the range is very wide
    between += 0.25 if between.is_integer() else 0
    try:
        checked_policy(scenario.varied("between", {value_key(scenario, key): between}))
    except ScenarioError:
        return low.is_integer() and high.is_integer()
    return False


def _at_work(scenario: Scenario, key: str) -> bool:
    """Return whether a number is of no part of behaviour that is off."""
    head, _, rest = key.partition(".")
    if head != "behaviour" or scenario.behaviour is None:
        return True
    part = getattr(scenario.behaviour, rest.partition(".")[0], None)
    return bool(getattr(part, "active", True))


def _whole_blocks(points: int, block: int, why: dict[int, str]) -> NDArray[np.bool_]:
    """Return which points are of a trajectory or base sample of which none failed."""
    good = np.ones(points, np.bool_)
    for number in why:
        start = number - number % block
        good[start : start + block] = False
    return good


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
