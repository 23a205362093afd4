"""Numbers of a scenario that were fitted together: each run takes one draw of their posterior.

Intervals number by number would lose what the data say of them together, and which chance went with
them; so what is kept is whole draws, each with the seed of the run that was accepted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from lazaretto.scenario.overrides import value_at
from lazaretto.scenario.problems import Problem
from lazaretto.scenario.section import Section
from lazaretto.scenario.sourced import is_number_with_provenance
from lazaretto.scenario.written import PathText


class FittedNumber(Section):
    """A number that was fitted; several keys of the scenario may take it together."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Its column among the draws.")
    value: float = Field(
        allow_inf_nan=False, description="Its value in the scenario, under each of the keys."
    )
    keys: list[str] = Field(
        description="Keys of the scenario, as in --set; a key that is set there is taken out."
    )


class Posterior(Section):
    """Draws of a posterior: run number N takes draw N."""

    draws: PathText = Field(
        min_length=1,
        description="A posterior that ships with Lazaretto, or a CSV beside this file.",
    )
    fitted: list[FittedNumber] = Field(max_length=30, description="Which numbers are drawn.")


def set_by_hand(
    written: Mapping[str, Any], changed: Mapping[str, Any], keys: Iterable[str]
) -> dict[str, Any]:
    """Return a changed scenario in which nothing is drawn that was set, or is no longer there.

    Parameters
    ----------
    written, changed
        The scenario as nested mappings, before and after values were set.
    keys
        Keys that were set.
    """
    posterior = changed.get("posterior")
    if not isinstance(posterior, Mapping) or not isinstance(posterior.get("fitted"), list):
        return dict(changed)
    hands = [_path(changed, key) for key in keys]

    def still(key: object) -> bool:
        path = _path(changed, str(key))
        gone = value_at(changed, str(key)) is None and value_at(written, str(key)) is not None
        return not gone and not any(_one_holds_other(path, hand) for hand in hands)

    fitted = [
        {**number, "keys": [key for key in number["keys"] if still(key)]}
        if isinstance(number, Mapping) and isinstance(number.get("keys"), list)
        else number
        for number in posterior["fitted"]
    ]
    return {**changed, "posterior": {**posterior, "fitted": fitted}}


def posterior_problems(written: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong between a posterior and the rest of a scenario as written."""
    given = written.get("posterior")
    if given is not None and written.get("nation") is not None:
        yield Problem("posterior", "given", "only in a scenario of one city", "remove it")
    numbers = given.get("fitted") if isinstance(given, Mapping) else None
    seen: set[str] = set()
    for i, number in enumerate(numbers if isinstance(numbers, list) else []):
        keys = number.get("keys") if isinstance(number, Mapping) else None
        for key in map(str, keys if isinstance(keys, list) else []):
            at = f"posterior.fitted.{i}.keys"
            there = value_at(written, key)
            value = there["value"] if has_provenance(written, key) else there  # type: ignore[index]
            fitted = number.get("value")
            if key in seen:
                yield Problem(at, key, "each key once", "leave one out")
            elif not isinstance(value, int | float):
                yield Problem(at, key, "a number written in the scenario", "write it there, or "
                              "correct the key")  # fmt: skip
            elif isinstance(fitted, int | float) and not math.isclose(value, fitted):
                said = f"{fitted:g}, and {value:g} at {key}"
                yield Problem(f"posterior.fitted.{i}.value", said, "the value it has in the "
                              "scenario", "write the same in both places")  # fmt: skip
            seen.add(key)


def has_provenance(written: Mapping[str, Any], key: str) -> bool:
    """Return whether a number stands at a key together with its source and status."""
    at = value_at(written, key)
    return isinstance(at, Mapping) and is_number_with_provenance(at)


def _one_holds_other(one: Sequence[str], other: Sequence[str]) -> bool:
    return all(a == b for a, b in zip(one, other, strict=False))


def _path(written: Mapping[str, Any], key: str) -> list[str]:
    """Return the parts of a key, entries of lists by their numbers."""
    parts, at = key.split("."), []
    for i, part in enumerate(parts):
        above = value_at(written, ".".join(parts[:i])) if i else written
        names = [str(e.get("name")) for e in above if isinstance(e, Mapping)] if isinstance(
            above, list) else []  # fmt: skip
        at.append(str(names.index(part)) if part in names else part)
    return at
