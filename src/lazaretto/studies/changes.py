"""In what a scenario was changed against one that ships with Lazaretto."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from lazaretto.scenario import Scenario, library
from lazaretto.scenario.aim import JUDGED_BY
from lazaretto.studies.differing import differing

MOST_CHANGES = 12
"""A file with a name of its own that differs in more is a scenario of its own, no changed one."""

NO_CHANGE = {"name", "title", "description", "outputs", *JUDGED_BY}
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

    def also(self, *said: str) -> Changes:
        """Return these changes and further ones."""
        return Changes(self.against, tuple(dict.fromkeys([*self.said, *filter(None, said)])))


def changes(scenario: Scenario, overrides: Mapping[str, object] | Sequence[str] = ()) -> Changes:
    """Return in what a scenario differs from the library's scenario of its name, or else its place.

    Of several of its place it is the one that is most like it.

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
    differences = _differences(scenario, base)
    if scenario.folder is None and differences and given:
        return Changes(base.name, tuple(given))
    return Changes(base.name, tuple(differences))


def _base(scenario: Scenario) -> Scenario | None:
    names = [name for name, _ in library()]
    if scenario.name in names:
        names = [scenario.name]
    elif scenario.folder is None:
        return None
    loaded = [_shipped(name) for name in names]
    same_place = [each for each in loaded if each.place == scenario.place]
    base = min(same_place, key=lambda each: len(_differences(scenario, each)), default=None)
    if base is None or base.name == scenario.name:
        return base
    return None if len(_differences(scenario, base)) > MOST_CHANGES else base


@cache
def _shipped(name: str) -> Scenario:
    """Return a scenario of the library, read once; nobody may change it."""
    return Scenario.load(name)


def _differences(scenario: Scenario, base: Scenario) -> list[str]:
    ours, theirs = scenario.resolved(), base.resolved()
    looked_at = [key for key in dict.fromkeys([*theirs, *ours]) if key not in NO_CHANGE]
    return [each.words for each in differing(theirs, ours, looked_at)]
