"""Values set from outside a file: ``--set path.to.key=value``."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from lazaretto.scenario.problems import Problem, did_you_mean, one_of, shown
from lazaretto.scenario.yaml_text import DEEPEST, YamlError, read_yaml


def apply_overrides(
    written: Mapping[str, Any], overrides: Mapping[str, object] | Sequence[str]
) -> tuple[dict[str, Any], list[Problem]]:
    """Return a scenario as written with some values replaced, and what could not be.

    Parameters
    ----------
    written
        Nested mappings and lists; not changed.
    overrides
        New values by key, or ``key=value`` texts; text is read as YAML. In a key, parts are joined
        by dots, and an entry of a list is its number from 0 or, if it has one, its name.
    """
    changed = copy.deepcopy(dict(written))
    problems: list[Problem] = []
    for key, value in _pairs(overrides, problems):
        if isinstance(value, str):
            try:
                value = read_yaml(value)
            except YamlError as error:
                advice = f"correct it: {error.said}"
                problems.append(Problem(key, shown(value), "a YAML value", advice))
                continue
        problem = _set(changed, key, value)
        if problem:
            problems.append(problem)
    return changed, problems


def keys_of(overrides: Mapping[str, object] | Sequence[str]) -> list[str]:
    """Return the keys of overrides, those of texts that cannot be read left out."""
    return [key for key, _ in _pairs(overrides, [])]


def value_at(written: Mapping[str, Any], key: str) -> object:
    """Return what a scenario as written has at a key, None if nothing is there."""
    at: Any = written
    for part in key.split("."):
        if isinstance(at, list):
            index = _index(at, part)
            at = None if index is None else at[index]
        else:
            at = at.get(part) if isinstance(at, dict) else None
    return at


def _pairs(
    overrides: Mapping[str, object] | Sequence[str], problems: list[Problem]
) -> list[tuple[str, object]]:
    if isinstance(overrides, Mapping):
        return list(overrides.items())
    pairs: list[tuple[str, object]] = []
    for text in [overrides] if isinstance(overrides, str) else overrides:
        key, equals, value = text.partition("=")
        if equals and key.strip():
            pairs.append((key.strip(), value))
        else:
            problems.append(
                Problem("--set", shown(text), "path.to.key=value", "write the key, = and a value")
            )
    return pairs


def _set(root: dict[str, Any], key: str, value: object) -> Problem | None:
    parts = key.split(".")
    if len(parts) > DEEPEST:
        return Problem(shown(key), None, f"at most {DEEPEST} parts", "correct the key")
    at: Any = root
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        if isinstance(at, list):
            index = _index(at, part)
            if index is None:
                return _no_entry(at, ".".join(parts[:i]), part, key)
            if last:
                at[index] = value
            else:
                at = at[index]
        elif isinstance(at, dict):
            if last:
                at[part] = value
            else:
                if at.get(part) is None:
                    at[part] = {}
                at = at[part]
        else:
            above = ".".join(parts[:i])
            return Problem(
                key, None, f"{above} is {shown(at)} and has no parts", f"set {above} itself"
            )
    return None


def _index(entries: list[Any], part: str) -> int | None:
    if part.isascii() and part.isdigit():
        number = int(part[:10])  # no list is longer, and Python refuses to read endless numbers
        return number if number < len(entries) and len(part) <= 10 else None
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in entries]
    return names.index(part) if part in names else None


def _no_entry(entries: list[Any], above: str, part: str, key: str) -> Problem:
    names = [str(e["name"]) for e in entries if isinstance(e, dict) and e.get("name")]
    numbers = f"0 to {len(entries) - 1}" if entries else "none, the list is empty"
    allowed = f"entries of {above}: {numbers}" + (f", or {one_of(names)}" if names else "")
    return Problem(key, None, allowed, did_you_mean(part, names, "name an entry that exists"))
