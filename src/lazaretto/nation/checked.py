"""A scenario checked against its place, one city or many."""

from __future__ import annotations

from lazaretto.engine.checked import checked_measures
from lazaretto.engine.prepare import unmeasured_figures
from lazaretto.measures import Measure, build_measures
from lazaretto.nation.assumptions import FIGURES
from lazaretto.nation.plans import plan_nation
from lazaretto.provenance import Figure
from lazaretto.scenario import Scenario


def checked_policy(scenario: Scenario) -> list[Measure]:
    """Return the measures of a scenario as they are written, after checking all of it.

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
    return build_measures(scenario.measures, scenario.folder)[0]


def unmeasured(scenario: Scenario) -> list[tuple[str, Figure]]:
    """Return every figure behind a run that was assumed or fitted, with its key; travel included.

    Parameters
    ----------
    scenario
        The scenario, of one city or of many.
    """
    found = unmeasured_figures(scenario)
    if scenario.nation is None or scenario.nation.travel.level == 0:
        return found
    travel = ((f"travel.{key}", figure) for key, figure in FIGURES.items())
    return [*found, *((key, figure) for key, figure in travel if figure.status != "measured")]
