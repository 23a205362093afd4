"""What is wrong with a scenario, said all at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a scenario.

    Parameters
    ----------
    key
        Where it is, as in ``--set``: ``seeding.0.area``.
    value
        The value given; None if none was given.
    allowed
        What is allowed there.
    advice
        What to do about it.
    """

    key: str
    value: object
    allowed: str
    advice: str

    def __str__(self) -> str:
        given = "" if self.value is None else f" is {shown(self.value)}"
        return f"{self.key}{given}\n    allowed: {self.allowed}\n    do: {self.advice}"


class ScenarioError(Exception):
    """A scenario that cannot be run, with every problem found in it.

    Parameters
    ----------
    problems
        At least one problem, in the order of the file where that is known.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: list[Problem] = []
        for problem in problems:
            if problem not in self.problems:
                self.problems.append(problem)
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        head = "1 problem" if count == 1 else f"{count} problems"
        lines = [f"  {i}. {problem}" for i, problem in enumerate(self.problems, 1)]
        return "\n".join([f"{head} in the scenario:", *lines])


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most like a mistyped one, or None if none is like it."""
    words = {str(k).lower(): str(k) for k in known}
    found = get_close_matches(str(word).lower(), words, n=1, cutoff=0.6)
    return words[found[0]] if found else None


def one_of(words: Iterable[str]) -> str:
    """Return the words allowed as text."""
    return "one of " + ", ".join(str(word) for word in words)


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return the advice for a mistyped word."""
    match = nearest(word, known)
    return f"did you mean {match}?" if match else otherwise


def shown(value: object) -> str:
    """Return a value as it is shown in a problem, cut to a line."""
    text = str(value) if isinstance(value, str | date) else repr(value)
    text = "''" if text == "" else text
    return text if len(text) <= 80 else text[:77] + "..."
