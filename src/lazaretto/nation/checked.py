"""A scenario checked against its place, one city or many."""

from __future__ import annotations

from datetime import timedelta

from lazaretto.engine.checked import checked_measures
from lazaretto.engine.prepare import unmeasured_figures
from lazaretto.measures import Measure, build_measures
from lazaretto.nation.assumptions import FIGURES
from lazaretto.nation.plans import plan_nation
from lazaretto.nation.stages import stretches
from lazaretto.provenance import Figure
from lazaretto.scenario import Scenario


def checked_policy(scenario: Scenario) -> list[Measure]:
    """Return the measures of a scenario as they are written, after checking all of it.

    Of many cities they have the dates of the stages in which they hold, from the first to the last.

    Parameters
    ----------
    scenario
        The scenario, of one city or of many.

    Raises
    ------
    ScenarioError
        With every problem at once.
    """
    if scenario.nation is None:
        return checked_measures(scenario)
    plan_nation(scenario)
    many = scenario.nation
    found = []
    written = build_measures(scenario.measures, scenario.folder)[0]
    for entry, measure in zip(scenario.measures, written, strict=True):
        held = stretches(many.stages, entry.stages or (), scenario.start, scenario.end)
        first, last = measure.first or scenario.start, measure.last or scenario.end
        if entry.stages is not None and (not held or first > held[-1][1] or last < held[0][0]):
            after = scenario.end + timedelta(days=1)  # in force on no day
            measure = measure.model_copy(update={"first": after, "last": after})
        elif held:
            first, last = max(first, held[0][0]), min(last, held[-1][1])
            measure = measure.model_copy(update={"first": first, "last": last})
        found.append(measure)
    return found


def unmeasured(scenario: Scenario) -> list[tuple[str, Figure]]:
    """Return every figure behind a run that was assumed or fitted, with its key; travel included.

    Parameters
    ----------
    scenario
        The scenario, of one city or of many.
    """
    found = unmeasured_figures(scenario)
    if scenario.nation is None:
        return found
    levels = [scenario.nation.travel.level, *(each.level for each in scenario.nation.travel.levels)]
    if not any(levels):
        return found
    travel = ((f"travel.{key}", figure) for key, figure in FIGURES.items())
    return [*found, *((key, figure) for key, figure in travel if figure.status != "measured")]
