"""Cities of a nation that follow another scenario instead of the measures of the nation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lazaretto.nation.cities import City
from lazaretto.nation.city_names import codes_of
from lazaretto.nation.stages import in_stages
from lazaretto.scenario import Problem, Scenario, ScenarioError
from lazaretto.scenario.nation import ManyCities

OWN = (
    "measures", "resources", "seeding", "contacts", "confinement", "behaviour", "vaccination",
    "reporting",
)  # fmt: skip
"""Sections of another scenario that a city with a policy of its own follows."""


@dataclass(frozen=True)
class Own:
    """What a city has of another scenario.

    Parameters
    ----------
    sections
        Its sections of `OWN`, as written.
    stages
        Stages of national policy in which its measures are in force; all if none are named.
    """

    sections: dict[str, Any]
    stages: list[str] | None

    def measures(self, many: ManyCities, scenario: Scenario) -> list[dict[str, Any]]:
        """Return the measures, each as often as there are stretches of days in its stages."""
        written = self.sections.get("measures", [])
        if self.stages is None:
            return list(written)
        return [
            placed
            for entry in written
            for placed in in_stages(
                {**entry, "stages": self.stages}, many.stages, scenario.start, scenario.end
            )
        ]


def own_policies(
    scenario: Scenario, many: ManyCities, cities: Sequence[City]
) -> tuple[dict[str, Own], list[Problem]]:
    """Return what cities follow another scenario, by code, and what is wrong with it.

    Parameters
    ----------
    scenario, many
        The scenario and its section ``nation``.
    cities
        Those that take part.
    """
    taking_part = {city.code: city for city in cities}
    owners: dict[str, Own] = {}
    problems: list[Problem] = []
    for i, own in enumerate(many.own):
        path = own.scenario
        if scenario.folder is not None and (scenario.folder / path).is_file():
            path = str(scenario.folder / path)
        try:
            other = type(scenario).load(path).resolved()
        except ScenarioError as error:
            problems += [
                Problem(f"nation.own.{i}.scenario.{p.key}", p.value, p.allowed, p.advice)
                for p in error.problems
            ]
            continue
        sections = {key: other[key] for key in OWN if key in other}
        sections["seeding"] = _inside(sections.get("seeding", []), scenario.start, scenario.end)
        messages = (sections.get("behaviour") or {}).get("messages") or {}
        if messages.get("seeded"):
            messages["seeded"] = _inside(messages["seeded"], scenario.start, scenario.end)
        codes, wrong = codes_of(f"nation.own.{i}.cities", own.cities, taking_part)
        problems += wrong
        twice = sorted(taking_part[code].name for code in codes & set(owners))
        if twice:
            allowed = "each city in one entry of nation.own"
            problems.append(Problem(f"nation.own.{i}.cities", ", ".join(twice), allowed,
                                    "leave it out of one"))  # fmt: skip
        owners.update(dict.fromkeys(codes, Own(sections, own.stages)))
    return owners, problems


def _inside(seeding: list[dict[str, Any]], start: date, end: date) -> list[dict[str, Any]]:
    """Return what another scenario dates (seeding, messages) within the days of this one."""
    kept = []
    for seeds in seeding:
        if "date" in seeds:
            if start <= date.fromisoformat(seeds["date"]) <= end:
                kept.append(seeds)
            continue
        first = max(date.fromisoformat(seeds["from"]), start)
        last = min(date.fromisoformat(seeds["to"]), end)
        if first <= last:
            kept.append({**seeds, "from": first.isoformat(), "to": last.isoformat()})
    return kept
