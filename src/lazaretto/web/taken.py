"""Scenarios that come by browser: what is taken, and what is refused before anything is read.

Whoever comes by browser must not choose files that the server reads, nor code that it runs. Files
are for who starts the control room: ``lazaretto serve my-city/scenario.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lazaretto.agents.written import RefusedError, kept
from lazaretto.nation.checked import checked_policy
from lazaretto.people import areas
from lazaretto.scenario import Problem, Scenario, ScenarioError, library
from lazaretto.web.controls import FIRST

BROUGHT = re.compile(r"[0-9a-f]{16}")
"""Name of a scenario that was brought: the beginning of the hash of its text."""


MOST_BYTES = 100_000
"""Bytes of a scenario that is brought, at most; the longest that ships has 40,000."""

CHINA = 1_409_778_724
"""Residents of the nation, census of 2020."""


def residents_of(scenario: Scenario) -> int:
    """Return how many residents a scenario has at most; a place of the owner counts as none."""
    known = {each.name: each.population for each in areas()}
    return CHINA if scenario.nation is not None else known.get(scenario.place, 0)


@contextmanager
def understood(key: str) -> Iterator[None]:
    """Say of whatever cannot be read that it cannot be, as of any other problem.

    Parameters
    ----------
    key
        Where it stands.

    Raises
    ------
    ScenarioError
        In place of what reading it raises.
    """
    try:
        yield
    except (ValueError, TypeError, ArithmeticError, LookupError, RecursionError) as error:
        allowed = f"what can be read ({type(error).__name__})"
        advice = "correct it, or leave it out"
        raise ScenarioError([Problem(key, None, allowed, advice)]) from error


class Scenarios:
    """The scenarios of a control room: of the library, of its owner, and those that were brought.

    Parameters
    ----------
    folder
        Where those that were brought are kept.
    own
        Files of the owner.
    largest
        Residents of a place of the library at most.

    Raises
    ------
    ScenarioError
        If a file of the owner cannot be read.
    """

    def __init__(self, folder: Path, own: tuple[Path, ...] = (), largest: int = CHINA) -> None:
        self._folder = folder
        read = [(path, Scenario.load(path)) for path in own]
        self._own: Mapping[str, Path] = {scenario.name: path for path, scenario in read}
        shipped = {name: Scenario.load(name) for name, _ in library()}
        self._shipped = {name: scenario for name, scenario in shipped.items()
                         if residents_of(scenario) <= largest}  # fmt: skip
        every = {scenario.name: scenario for _, scenario in read} | self._shipped
        self.titles = {name: scenario.title for name, scenario in every.items()}

    @property
    def first(self) -> str:
        """Name of the scenario that is shown to who names none: the first of the owner's."""
        wanted = next(iter(self._own), FIRST)
        return wanted if wanted in self.titles else next(iter(self.titles), FIRST)

    def load(self, name: str) -> Scenario:
        """Return a scenario as it is.

        Raises
        ------
        ScenarioError
            If there is none of this name, or it cannot be read.
        """
        if name in self._own:
            return Scenario.load(self._own[name])
        if name in self._shipped:
            return self._shipped[name]
        path = self._folder / f"{name}.yaml"
        if BROUGHT.fullmatch(name) and path.is_file():
            return _brought(path)
        allowed = f"one of {', '.join(self.titles)}, or one that was brought here"
        raise ScenarioError([Problem("scenario", name, allowed, "choose one, or bring the file")])

    def bring(self, text: str) -> str:
        """Keep a scenario that comes by browser and return the name it has from now on.

        Parameters
        ----------
        text
            YAML, `MOST_BYTES` bytes at most, without files and code.

        Raises
        ------
        ScenarioError
            If it is refused, is no scenario, or has measures that cannot be.
        """
        try:
            if len(text.encode()) > MOST_BYTES:
                raise RefusedError(f"the scenario has more than {MOST_BYTES:,} bytes")
            path = kept(text, self._folder)
        except RefusedError as error:
            allowed = f"a scenario in YAML of at most {MOST_BYTES:,} bytes"
            raise ScenarioError([Problem("file", None, allowed, str(error))]) from None
        try:
            with understood("file"):
                checked_policy(_brought(path))
        except ScenarioError:
            path.unlink(missing_ok=True)
            raise
        return path.stem


def refuse_files(scenario: Scenario, known: Scenario | None = None) -> None:
    """Refuse a scenario that would have the server read a file or run code of its own.

    Parameters
    ----------
    scenario
        One that was brought, or changed by browser.
    known
        The scenario that was changed: what it names itself is for its owner to say.

    Raises
    ------
    ScenarioError
        With every such key.
    """
    own = () if known is None else _named(known)
    said = {(key.split(".")[-1], value) for key, value, _ in own}
    advice = "name one that ships; who runs the room can open such a scenario: lazaretto serve FILE"
    problems = [
        Problem(key, value, f"{allowed}; no files and no code by browser", advice)
        for key, value, allowed in _named(scenario)
        if (key.split(".")[-1], value) not in said
    ]
    if problems:
        raise ScenarioError(problems)


def _named(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """Yield key, value and what is allowed of all that names a file or code."""
    places = {each.name for each in areas()}
    if scenario.nation is None and scenario.place not in places:
        yield "place", scenario.place, "a place of the library"
    for i, entry in enumerate(scenario.measures):
        if any(mark in entry.measure for mark in ":/.\\"):
            yield f"measures.{i}.measure", entry.measure, "a measure that ships"
    for key, value in _texts(scenario):
        if "/" in value or "\\" in value or value.endswith((".csv", ".py", ".yaml")):
            yield key, value, "a name that ships"


def _texts(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Yield the keys that may name a file."""
    if scenario.posterior is not None:
        yield "posterior.draws", scenario.posterior.draws
    if scenario.nation is not None and scenario.nation.travel.flows is not None:
        yield "nation.travel.flows", str(scenario.nation.travel.flows)
    if scenario.contacts.community.by_age is not None:
        yield "contacts.community.by_age", scenario.contacts.community.by_age


def _brought(path: Path) -> Scenario:
    with understood("file"):
        scenario = Scenario.load(path)
        refuse_files(scenario)
    scenario._folder = None
    return scenario
