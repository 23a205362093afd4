"""Plain statements on two policies, and whether they hold under every structure of the model.

A conclusion that holds under one structure only is reported as such; one that differs between the
two size laws of break-outs is unresolved (behaviour notes 2.6 and 2.2, eq. 8).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes.aims import Aim, Chance, chance, intensive_care_needed, reached
from lazaretto.outcomes.alike import effective_runs
from lazaretto.outcomes.alike import kept as kept
from lazaretto.outcomes.care_forgone import missed_care_deaths_per_day
from lazaretto.outcomes.extra import LEAST
from lazaretto.outcomes.rows import BOUNDS, replicated
from lazaretto.outcomes.verdicts import no_difference
from lazaretto.scenario import Scenario

Happened = NDArray[np.bool_]

AT = ("at the low end of the range", "at the middle of the range", "at the high end of the range")
"""In which order deaths of missed care are taken: none, some, many."""

DEARER = 2.0
"""A death averted counts as dearer where it takes more than this many times the sealed days."""


class Judged(NamedTuple):
    """What the conclusions of a pair of policies are judged by.

    Parameters
    ----------
    aim
        The aim of both.
    limited_beds
        Whether the policy has a limited number of hospital beds.
    sealed_per_death
        Sealed person-days for each death averted in the structure as configured, mean over the
        runs; none if no deaths are averted or no more person-days sealed.
    effective
        Independent runs that those of each policy are as good as.
    """

    aim: Aim
    limited_beds: bool
    sealed_per_death: float | None
    effective: float


class Finding(NamedTuple):
    """A conclusion over structures of the model.

    Parameters
    ----------
    statement
        The conclusion in words.
    chances
        In how many runs it holds, by structure; the first one is the scenario as configured.
    verdict
        Under which structures it holds, in words.
    """

    statement: str
    chances: dict[str, Chance]
    verdict: str


def judged_by(policy: Scenario, aim: Aim, results: xr.Dataset, less: xr.Dataset) -> Judged:
    """Return what conclusions are judged by, from the runs of the scenario as configured."""
    averted = float((deaths(less) - deaths(results)).mean())
    sealed = float((sealed_days(results) - sealed_days(less)).mean())
    beds = any(
        entry.measure == "health_care" and {"ward", "icu"} & entry.parameters().keys()
        for entry in policy.measures
    )
    price = sealed / averted if averted >= LEAST and sealed >= LEAST else None
    return Judged(aim, beds, price, effective_runs(results))


def conclusions(results: xr.Dataset, less: xr.Dataset, by: Judged) -> dict[str, Happened]:
    """Return for each conclusion in which pairs of runs it holds, shape (n_replicates,).

    Parameters
    ----------
    results, less
        Results of the policy and of the less restrictive one; run i of both has the same seed.
    by
        What they are judged by.
    """
    averted = deaths(less) - deaths(results)
    sealed = sealed_days(results) - sealed_days(less)
    found = {
        "the policy reaches its aim": reached(results, by.aim),
        "the less restrictive policy reaches the aim": reached(less, by.aim),
        "the policy averts infections": infections(results) < infections(less),
        "the policy averts deaths": averted > 0,
    }
    for bound, where in zip(BOUNDS, AT, strict=True):
        missed = deaths_of_missed_care(results, bound) - deaths_of_missed_care(less, bound)
        found[f"it averts more deaths than its confinement may cost in missed care, {where}"] = (
            averted > missed
        )
    found["it keeps the peak need of intensive care lower"] = icu_needed(results) < icu_needed(less)
    if by.limited_beds:
        found["hospital beds suffice under the policy"] = (
            _total(replicated(results)["patients_waiting"]) == 0
        )
    if by.sealed_per_death is not None:
        price = DEARER * by.sealed_per_death
        said = f"a death averted takes at most {price:,.0f} more sealed person-days"
        found[said] = (averted > 0) & (sealed <= price * averted)
    return found


def findings(
    by_structure: Mapping[str, Mapping[str, Happened]],
    other_law: str | None = None,
    same: Collection[str] = (),
    effective: float | None = None,
) -> list[Finding]:
    """Return each conclusion with its verdict over the structures.

    Parameters
    ----------
    by_structure
        What `conclusions` returns, by structure; the scenario as configured first.
    other_law
        The structure with the other size law of break-outs, if it is among them.
    same
        Structures that made no difference in these runs; no verdict counts them.
    effective
        Independent runs that those of each policy are as good as; all if absent.
    """
    found = []
    for statement in next(iter(by_structure.values())):
        chances = {
            name: chance(happened[statement], effective) for name, happened in by_structure.items()
        }
        found.append(Finding(statement, chances, verdict(chances, other_law, same)))
    return found


def holds(found: Chance) -> bool:
    """Return whether a conclusion holds: in more than half of the runs."""
    return 2 * found.reached > found.runs


def sure(found: Chance) -> bool:
    """Return whether the runs are enough to tell whether it holds (90 % interval beside half)."""
    return found.sure


def verdict(
    chances: Mapping[str, Chance], other_law: str | None = None, same: Collection[str] = ()
) -> str:
    """Return under which structures a conclusion holds, in words.

    Parameters
    ----------
    chances
        In how many runs it holds, by structure; the scenario as configured first.
    other_law
        The structure with the other size law of break-outs. The two laws disagree where the runs
        are enough to tell under both.
    same
        Structures that made no difference in these runs; they are not counted.
    """
    found = {name: each for name, each in chances.items() if name not in same}
    alike = len(chances) - len(found)
    words = _verdict(found, other_law)
    if len(found) == 1 and alike:
        words += "; no structure made a difference in these runs"
    elif alike:
        words += no_difference(alike)
    return words if all(map(sure, found.values())) else f"{words}; too few runs to be sure"


def _verdict(chances: Mapping[str, Chance], other_law: str | None) -> str:
    yes = [name for name, found in chances.items() if holds(found)]
    no = [name for name in chances if name not in yes]
    configured = next(iter(chances.values()))
    if len(chances) == 1:
        return "holds" if yes else "does not hold"
    other = chances.get(str(other_law))
    if other is not None and sure(configured) and sure(other) and holds(configured) != holds(other):
        where = "; ".join([f"holds under {', '.join(yes)}", f"not under {', '.join(no)}"])
        return f"unresolved, the two size laws of break-outs disagree: {where}"
    if not no:
        return f"holds under all {len(chances)} structures"
    if not yes:
        return f"holds under none of the {len(chances)} structures"
    if len(yes) <= len(no):
        return f"only under {', '.join(yes)}"
    return f"not under {', '.join(no)}; under all others it holds"


def infections(results: xr.Dataset) -> NDArray[np.float64]:
    """Return infections over the run, shape (n_replicates,)."""
    return _total(replicated(results)["infections_by_age"])


def deaths(results: xr.Dataset) -> NDArray[np.float64]:
    """Return deaths of the disease over the run, shape (n_replicates,)."""
    return _total(replicated(results)["deaths"])


def sealed_days(results: xr.Dataset) -> NDArray[np.float64]:
    """Return person-days of residents of sealed buildings, shape (n_replicates,)."""
    return _total(replicated(results)["persons_by_tier"].sel(tier="sealed"))


def icu_peak(results: xr.Dataset) -> NDArray[np.float64]:
    """Return the most persons in intensive care on any day, shape (n_replicates,)."""
    patients = replicated(results)["patients"].sel(care="icu").sum("district")
    return np.asarray(patients.max("date").values, np.float64)


def icu_needed(results: xr.Dataset) -> NDArray[np.float64]:
    """Return the most persons in intensive care or waiting for it, shape (n_replicates,)."""
    return np.asarray(intensive_care_needed(results).max(axis=1), np.float64)


def deaths_of_missed_care(results: xr.Dataset, bound: str) -> NDArray[np.float64]:
    """Return deaths that missed care may cause, shape (n_replicates,).

    Parameters
    ----------
    results
        Labelled results.
    bound
        ``low``, ``mid`` or ``high`` of the range.
    """
    persons = replicated(results)["persons_by_tier"].sum(("date", "district"))
    per_day = missed_care_deaths_per_day().sel(bound=bound)
    return np.asarray((persons * per_day).sum("tier").values, np.float64)


def _total(counted: xr.DataArray) -> NDArray[np.float64]:
    runs = counted.sum([name for name in counted.dims if name != "replicate"])
    return np.asarray(runs.values, np.float64)
