"""In what two scenarios differ, key by key, in words that say the old and the new value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from lazaretto.scenario import Scenario, shown
from lazaretto.scenario.reading import fields_of, model_in
from lazaretto.scenario.sourced import is_number_with_provenance

MEASURES = "measures"


class Difference(NamedTuple):
    """One thing in which a scenario differs from another.

    Parameters
    ----------
    key
        Key of a scenario without the names of entries: ``measures.to``, ``behaviour.enforcement``.
    words
        In words: ``seal.to 2022-03-16 -> 2022-03-12``, ``without seal``, ``r0=4``.
    before, after
        The entries of a list that differ, as written; none where it is a plain value.
    """

    key: str
    words: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def differing(
    before: Mapping[str, Any], after: Mapping[str, Any], sections: Sequence[str] | None = None
) -> list[Difference]:
    """Return in what a scenario differs from another, both resolved.

    Numbers are compared without their provenance. Measures and resources are paired by name, or
    kind where they have none; their order matters too.

    Parameters
    ----------
    before, after
        The two as `lazaretto.scenario.Scenario.resolved` returns them.
    sections
        The keys that are looked at; all if none are given.
    """
    found: list[Difference] = []
    for key in dict.fromkeys([*before, *after]):
        if sections is None or key in sections:
            found += _section(key, _bare(before.get(key)), _bare(after.get(key)))
    return found


def called(entry: Mapping[str, Any]) -> str:
    """Return the name of a measure or resource, or its kind where it has none."""
    return str(entry.get("name") or entry.get("measure") or "")


def _section(key: str, before: object, after: object) -> Iterator[Difference]:
    if before is None and isinstance(after, Mapping):
        yield Difference(key, f"with {key}")
        default = _default_of(key)
        if default is not None:
            yield from _apart(key, key, default, after)
    elif after is None and isinstance(before, Mapping):
        yield Difference(key, f"without {key}")
    else:
        yield from _apart(key, key, before, after)


def _apart(key: str, said: str, before: object, after: object) -> Iterator[Difference]:
    """Yield the differences of two values; `said` is the key with the names of entries."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for part in dict.fromkeys([*before, *after]):
            yield from _apart(f"{key}.{part}", f"{said}.{part}", before.get(part), after.get(part))
    elif _are_entries(before, after):
        yield from _entries(key, said, before or [], after or [])  # type: ignore[arg-type]
    elif key.startswith((f"{MEASURES}.", "resources.")):
        yield Difference(key, f"{said} {_worded(before)} -> {_worded(after)}")
    elif after is None:
        yield Difference(key, f"without {said}")
    else:
        yield Difference(key, f"{said}={_worded(after)}")


def _are_entries(before: object, after: object) -> bool:
    lists = [each for each in (before, after) if each is not None]
    return all(
        isinstance(each, list) and all(isinstance(one, Mapping) for one in each) for each in lists
    ) and bool(lists)


def _entries(
    key: str, said: str, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> Iterator[Difference]:
    """Yield the differences of two lists of measures, resources, or entries without a name."""
    pairs = _paired(before, after)
    for number, entry in enumerate(before):
        name = _named(said, entry, number)
        if number not in pairs:
            yield Difference(key, f"without {name}", entry, None)
            continue
        other = after[pairs[number]]
        for each in _apart(key, name, entry, other):
            # Of entries within entries the outer one is kept: the measure or the resource.
            yield each._replace(before=entry, after=other)
    for number, entry in enumerate(after):
        if number not in pairs.values():
            name = _named(said, entry, number)
            yield Difference(key, f"with {name}{_parameters(entry)}", None, entry)
    order = list(pairs.values())
    if order != sorted(order):
        yield Difference(key, f"other order of {said}")


def _paired(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> dict[int, int]:
    """Return which entry of the second list each of the first one is, by their numbers."""
    found: dict[int, int] = {}
    for by in (dict, called):  # those that are the same first, then those called the same
        for number, entry in enumerate(before):
            left = [i for i, other in enumerate(after)
                    if i not in found.values() and by(other) == by(entry)]  # fmt: skip
            if number not in found and left:
                found[number] = left[0]
    return dict(sorted(found.items()))


def _named(said: str, entry: Mapping[str, Any], number: int) -> str:
    name = called(entry) or str(number)
    return name if said == MEASURES else f"{said}.{name}"


def _parameters(entry: Mapping[str, Any]) -> str:
    """Return the parameters of an added measure in brackets, empty if it has none."""
    given = [f"{key}={_worded(value)}" for key, value in entry.items()
             if key not in ("measure", "name")]  # fmt: skip
    return f" ({shown(', '.join(given))})" if given and "measure" in entry else ""


def _default_of(section: str) -> Mapping[str, Any] | None:
    """Return what a section says that is written without any key; None if it needs some."""
    model: type[BaseModel] | None = model_in(fields_of(Scenario)[section].annotation)
    try:
        made = None if model is None else model()
    except ValidationError:
        return None
    if made is None:
        return None
    default = _bare(made.model_dump(mode="json", by_alias=True, exclude_none=True))
    return default if isinstance(default, Mapping) else None


def _worded(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return shown(f"[{', '.join(_worded(each) for each in value)}]")
    if isinstance(value, Mapping):
        return shown(f"{{{', '.join(f'{key}: {_worded(part)}' for key, part in value.items())}}}")
    return shown(value)


def _bare(value: object) -> object:
    """Return a value without the provenance of its numbers."""
    if isinstance(value, Mapping):
        if is_number_with_provenance(value):
            return _bare(value["value"])
        return {key: _bare(part) for key, part in value.items()}
    return [_bare(each) for each in value] if isinstance(value, list) else value
