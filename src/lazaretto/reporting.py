"""From a finished run to its report: brings results, data, measures and sources together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lazaretto.disease import courses, variant
from lazaretto.engine.checked import checked_measures, place_of
from lazaretto.engine.prepare import unmeasured_figures
from lazaretto.measures import Measure
from lazaretto.report import report, save_figures
from lazaretto.scenario import Scenario
from lazaretto.studies import RunOutcome, observed_cases

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


def write_report(
    scenario: Scenario,
    outcome: RunOutcome,
    progress: Callable[[str, float], None] | None = None,
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
    """
    if outcome.folder is None:
        raise ValueError("a report needs a run folder")
    real = observed_cases(str(outcome.results.attrs["place"]))
    measures = [
        _written(entry.measure, measure)
        for entry, measure in zip(scenario.measures, checked_measures(scenario), strict=True)
    ]
    daily = None if real is None else real.daily
    by_district = None if real is None else real.by_district
    announced = None if real is None else real.announced
    generation = courses(variant(scenario.disease)).generation_interval()
    if progress is not None:
        progress("drawing the figures", 0.1)
    save_figures(
        outcome.results,
        outcome.folder.path / "figures",
        observed=daily,
        observed_by_district=by_district,
        measures=measures,
        generation=generation,
        announced=announced,
    )
    if progress is not None:
        progress("writing the report", 0.6)
    report(
        outcome.results,
        outcome.folder.report,
        observed=daily,
        observed_by_district=by_district,
        measures=measures,
        generation=generation,
        assumed=unmeasured_figures(scenario),
        sources=[_population(scenario), CONTACTS, *([real.source] if real is not None else [])],
        announced=announced,
    )


def _written(word: str, measure: Measure) -> dict[str, Any]:
    """Return a measure as the report shows it: what the scenario says, its trigger in words."""
    said = {"measure": word} | measure.model_dump(
        by_alias=True, exclude_none=True, exclude_defaults=True
    )
    return said if measure.when is None else said | {"when": measure.when.said()}


def _population(scenario: Scenario) -> tuple[str, str, str]:
    place = place_of(scenario)
    if isinstance(place, Path):
        return (f"Population: tables of the user, {place.name}", "given with the scenario", "")
    return POPULATION
