"""Whether the areas that a scenario names are districts of its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lazaretto.scenario.model import Scenario
from lazaretto.scenario.problems import Problem, did_you_mean, one_of, shown
from lazaretto.scenario.seeding import ALL


def check_areas(scenario: Scenario, districts: Sequence[str]) -> list[Problem]:
    """Return the areas of a scenario that are no district of its place.

    Parameters
    ----------
    scenario
        The scenario; its seeding, its border and the ``areas`` of its measures are looked at.
    districts
        Names of the districts of the place.
    """
    known = set(districts)
    found = []
    for key, area in named_areas(scenario):
        if not isinstance(area, str) or (area not in known and area != ALL):
            found.append(
                Problem(
                    key,
                    shown(area),
                    one_of((*districts, ALL)),
                    did_you_mean(str(area), (*districts, ALL), "name a district of the place"),
                )
            )
    return found


def named_areas(scenario: Scenario) -> Iterator[tuple[str, object]]:
    """Yield every area a scenario names, with its key: of seeding, border and measures."""
    for i, seeds in enumerate(scenario.seeding):
        yield f"seeding.{i}.area", seeds.area
    if scenario.border is not None:
        yield "border.area", scenario.border.area
    for i, entry in enumerate(scenario.measures):
        areas = entry.parameters().get("areas", ALL)
        if isinstance(areas, list):
            for j, area in enumerate(areas):
                yield f"measures.{i}.areas.{j}", area
        else:
            yield f"measures.{i}.areas", areas
