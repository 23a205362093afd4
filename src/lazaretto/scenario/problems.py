"""What is wrong with a scenario, said all at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import PurePath

MOST_SHOWN = 50
"""Problems that are written out; --json has them all."""


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
    of
        Name of the measure it is about, empty if it is about none.
    """

    key: str
    value: object
    allowed: str
    advice: str
    of: str = ""

    def __str__(self) -> str:
        given = "" if self.value is None else f" is {shown(self.value)}"
        named = f" ({self.of})" if self.of else ""
        return f"{self.key}{named}{given}\n    allowed: {self.allowed}\n    do: {self.advice}"


class ScenarioError(Exception):
    """A scenario that cannot be run, with every problem found in it.

    Parameters
    ----------
    problems
        At least one problem, in the order of the file where that is known.
    notes
        What is no problem but should be known, in sentences.
    """

    def __init__(self, problems: Sequence[Problem], notes: Sequence[str] = ()) -> None:
        self.notes = list(notes)
        by_words = {str(problem): problem for problem in problems}
        self.problems: list[Problem] = list(by_words.values())
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        head = "1 problem" if count == 1 else f"{count} problems"
        lines = [f"  {i}. {problem}" for i, problem in enumerate(self.problems[:MOST_SHOWN], 1)]
        if count > MOST_SHOWN:
            lines.append(f"  and {count - MOST_SHOWN:,} more")
        notes = [f"Also: {note}" for note in self.notes]
        return "\n".join([f"{head} in the scenario:", *lines, *notes])


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


def of_measures(problems: Iterable[Problem], names: Mapping[str, str]) -> list[Problem]:
    """Return problems that say by name which measure they are about.

    Parameters
    ----------
    problems
        The problems.
    names
        Name of each measure by its key, as in ``measures.3``.
    """
    return [
        replace(problem, of=names.get(".".join(problem.key.split(".")[:2]), problem.of))
        for problem in problems
    ]


def shown(value: object) -> str:
    """Return a value as it is shown in a problem, as a file has it, cut to a line."""
    text = _written(value, inside=False)
    text = "''" if text == "" else text
    return text if len(text) <= 80 else text[:77] + "..."


def _written(value: object, inside: bool = True) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list | tuple):
        return f"[{', '.join(_written(part) for part in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_written(part)}' for key, part in value.items())}}}"
    if isinstance(value, str):
        return repr(value) if inside else value
    if hasattr(value, "item"):
        value = value.item()  # NumPy's numbers write out where they come from
    try:
        return str(value) if isinstance(value, date | PurePath) else repr(value)
    except ValueError:  # Python writes out no number of more than 4,300 digits
        return "a number of thousands of digits"
