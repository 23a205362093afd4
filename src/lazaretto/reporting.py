"""From a finished run to its report: brings results, data, measures and sources together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.behaviour.messages import reach
from lazaretto.disease import courses, variant
from lazaretto.engine.checked import place_of
from lazaretto.measures import Measure
from lazaretto.nation.checked import checked_policy, unmeasured
from lazaretto.nation.results import by_province
from lazaretto.outcomes.aims import Aim
from lazaretto.outcomes.proportionality import Structures
from lazaretto.outcomes.results import SMALLEST_AREA
from lazaretto.people import population
from lazaretto.report import report, save_figures
from lazaretto.report.beside import Amounts, Beside
from lazaretto.report.message_reach import MessageReach
from lazaretto.scenario import Scenario
from lazaretto.scenario.support import support_in
from lazaretto.studies import RunOutcome, observed_cases
from lazaretto.studies.compare import Comparison
from lazaretto.studies.pairs import aim_of, differences

POPULATION = (
    "Population: seventh national census 2020, county yearbook",
    "table of Dong, Du and Liu 2022; see the README of the package's data",
    "MIT (transcription)",
)
CONTACTS = (
    "Contact matrices: Mistry et al. 2021, doi 10.1038/s41467-020-20544-y",
    "mixing-patterns repository of the authors",
    "Apache-2.0",
)


N_MESSAGES = 150
"""Imagined messages of which the report shows how far they go."""


def write_report(
    scenario: Scenario,
    outcome: RunOutcome,
    progress: Callable[[str, float], None] | None = None,
    *,
    less_restrictive: xr.Dataset | None = None,
    aim: Aim | None = None,
    structures: Structures | None = None,
    flips: Sequence[str] | None = None,
    unsupported: xr.Dataset | None = None,
    beside: Beside | None = None,
) -> None:
    """Write the report and the figures of a run into its folder.

    Parameters
    ----------
    scenario
        The scenario that was run.
    outcome
        The finished run, kept in a folder.
    progress
        Called as the work goes on.
    less_restrictive
        Results of the next less restrictive policy, if it was run.
    aim
        What the policy is for; what the scenario states, else containment by its end.
    structures
        Results of both policies under other structures of the model, by name.
    flips
        Assumed parameters that change an answer within their range; none if not examined.
    unsupported
        Results of the policy without its support, if it was run.
    beside
        Another policy to be set beside this one, see `beside_of`.
    """
    if outcome.folder is None:
        raise ValueError("a report needs a run folder")
    told = material_of(scenario, outcome)
    results = told.results
    if less_restrictive is not None:
        less_restrictive = by_province(less_restrictive)
    if unsupported is not None:
        unsupported = by_province(unsupported)
    if progress is not None:
        progress("following messages", 0.05)
    messages = message_reach(scenario, _seed(outcome.results))
    if progress is not None:
        progress("drawing the figures", 0.1)
    save_figures(
        results,
        outcome.folder.path / "figures",
        observed=told.observed,
        observed_by_district=told.by_district,
        measures=told.measures,
        generation=told.generation,
        announced=told.announced,
        reach=messages,
    )
    if progress is not None:
        progress("writing the report", 0.6)
    report(
        results,
        outcome.folder.report,
        observed=told.observed,
        observed_by_district=told.by_district,
        measures=told.measures,
        generation=told.generation,
        assumed=unmeasured(scenario),
        sources=told.sources,
        announced=told.announced,
        reach=messages,
        less_restrictive=less_restrictive,
        aim=aim_to_show(scenario, aim),
        structures=structures,
        support=support_in(scenario),
        flips=flips,
        unsupported=unsupported,
        beside=beside,
    )


class Material(NamedTuple):
    """What a run is shown with.

    ``results``, a nation's by province; ``observed`` by day, ``by_district`` and ``announced`` as
    `lazaretto.report.report` takes them, None where there are none; ``measures`` as written;
    ``generation`` by day; ``sources``: what, source, licence.
    """

    results: xr.Dataset
    observed: pd.DataFrame | None
    by_district: pd.DataFrame | None
    announced: pd.DataFrame | None
    measures: list[dict[str, Any]]
    generation: NDArray[np.float64]
    sources: list[tuple[str, str, str]]


def material_of(scenario: Scenario, outcome: RunOutcome) -> Material:
    """Return what a finished run is shown with: real data, measures, sources.

    Parameters
    ----------
    scenario, outcome
        The scenario and its run.
    """
    real = observed_cases(place_of(scenario))
    measures = [
        _written(entry.measure, measure)
        for entry, measure in zip(scenario.measures, checked_policy(scenario), strict=True)
    ]
    return Material(
        by_province(outcome.results),
        None if real is None else real.daily,
        None if real is None or real.by_district.empty else real.by_district,
        None if real is None or real.announced.empty else real.announced,
        measures,
        courses(variant(scenario.disease)).generation_interval(),
        [_population(scenario), CONTACTS, *([real.source] if real is not None else [])],
    )


def beside_of(comparison: Comparison) -> Beside:
    """Return the second policy of a comparison as the report of the first shows it."""
    names = (str(each.summary["scenario"]) for each in (comparison.policy, comparison.less))
    ours, other = names
    amounts = [
        Amounts(each.kind, each.unit, each.policy, each.less, each.difference)
        for each in comparison.contrasts
    ]
    differs = differences(comparison.pair)
    return Beside((ours, other), differs, by_province(comparison.less.results), amounts)


def message_reach(scenario: Scenario, seed: int) -> MessageReach | None:
    """Return how far messages go under the rules of a scenario, with and without deletion.

    None without behaviour or messages, for a place of fewer than 100,000 residents, and for many
    cities, whose messages do not reach each other.

    Parameters
    ----------
    scenario
        The scenario.
    seed
        Seed of the messages.
    """
    rules = scenario.behaviour
    if rules is None or not rules.messages.active or scenario.nation is not None:
        return None
    people = population(place_of(scenario))
    if people.n_persons < SMALLEST_AREA:
        return None
    persons = np.diff(people.subdistrict_start).astype(np.int64)
    return MessageReach(
        reach(rules.messages, persons, N_MESSAGES, seed),
        reach(rules.messages, persons, N_MESSAGES, seed, deletion=False),
    )


def aim_to_show(scenario: Scenario, aim: Aim | None) -> Aim | None:
    """Return the aim a policy is judged by, None if it is only what is taken where none is stated.

    Parameters
    ----------
    scenario
        The policy.
    aim
        Another aim than that of the scenario, if one was given.
    """
    if scenario.aim is None and aim in (None, aim_of(scenario)):
        return None
    return aim or aim_of(scenario)


def _seed(results: xr.Dataset) -> int:
    return int(np.atleast_1d(results["seed"].values)[0]) if "seed" in results.coords else 0


def _written(word: str, measure: Measure) -> dict[str, Any]:
    """Return a measure as the report shows it: what the scenario says, its trigger in words."""
    said = {"measure": word} | measure.model_dump(
        by_alias=True, exclude_none=True, exclude_defaults=True
    )
    return said if measure.when is None else said | {"when": measure.when.said()}


def _population(scenario: Scenario) -> tuple[str, str, str]:
    place = scenario.place if scenario.nation is not None else place_of(scenario)
    if isinstance(place, Path):
        return (f"Population: tables of the user, {place.name}", "given with the scenario", "")
    return POPULATION
