"""In what a scenario was changed against one that ships with Lazaretto."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lazaretto.scenario import Scenario, library

NO_CHANGE = {"name", "title", "description", "outputs", "aim", "less_restrictive"}
"""Keys that change nothing of what is simulated."""


@dataclass(frozen=True)
class Changes:
    """What a run changes.

    Parameters
    ----------
    against
        Name of the scenario that was changed.
    said
        Each change in words, such as ``r0=4``; none if nothing was changed.
    """

    against: str
    said: tuple[str, ...] = ()


def changes(scenario: Scenario, overrides: Mapping[str, object] | Sequence[str] = ()) -> Changes:
    """Return in what a scenario differs from the library's scenario of its name or place.

    Parameters
    ----------
    scenario
        The scenario, overrides applied.
    overrides
        The overrides, as given to `Scenario.load`.
    """
    if isinstance(overrides, Mapping):
        overrides = [f"{key}={value}" for key, value in overrides.items()]
    given = [text for text in overrides if text.partition("=")[0].partition(".")[0].strip()
             not in NO_CHANGE]  # fmt: skip
    base = _base(scenario)
    if base is None:
        return Changes(scenario.name, tuple(given))
    differences = _differences(scenario.resolved(), base.resolved())
    if scenario.folder is None and differences:
        return Changes(base.name, tuple(given))
    return Changes(base.name, tuple(differences))


def _base(scenario: Scenario) -> Scenario | None:
    names = [name for name, _ in library()]
    if scenario.name in names:
        names = [scenario.name]
    elif scenario.folder is None:
        return None
    loaded = [Scenario.load(name) for name in names]
    return next((each for each in loaded if each.place == scenario.place), None)


def _differences(own: dict[str, Any], base: dict[str, Any]) -> list[str]:
    found = []
    for key in dict.fromkeys([*own, *base]):
        value, before = _bare(own.get(key)), _bare(base.get(key))
        if key in NO_CHANGE or value == before:
            continue
        found.append(f"other {key}" if isinstance(value, dict | list) else f"{key}={value}")
    return found


def _bare(value: object) -> object:
    """Return a value without the provenance of its numbers."""
    if isinstance(value, Mapping):
        return (
            _bare(value["value"]) if "value" in value else {k: _bare(v) for k, v in value.items()}
        )
    return [_bare(each) for each in value] if isinstance(value, list) else value
