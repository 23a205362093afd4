"""What a policy is for, and which less restrictive policy it is held against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from pydantic import Field

from lazaretto.scenario.overrides import apply_overrides, keys_of
from lazaretto.scenario.posterior import set_by_hand
from lazaretto.scenario.problems import Problem, did_you_mean, one_of, shown
from lazaretto.scenario.section import Section
from lazaretto.scenario.written import as_date

POLICY = ("measures", "resources", "vaccination")
"""Sections of a scenario in which two policies for the same people may differ."""

BESIDE = ("less_restrictive", "alternatives")
"""Sections that say with which other policies this one is compared."""

JUDGED_BY = ("aim", *BESIDE)
"""Sections that a run does not depend on: they say how it is judged."""


class StatedAim(Section):
    """What a policy is for, and until when."""

    kind: Literal["deaths", "hospital", "containment"] = Field(
        description="deaths: at most value deaths up to the date; hospital: never more than value "
        "persons in intensive care or waiting for it up to the date; containment: fewer than value "
        "new infections on it, and at most most_infected of the residents infected up to it."
    )
    value: float | None = Field(
        default=None, ge=0, allow_inf_nan=False,
        description="The number; 100 infections a day if a containment aim says none.",
    )  # fmt: skip
    most_infected: float | None = Field(
        default=None, ge=0, le=1, allow_inf_nan=False,
        description="Share of residents infected by the date at most, of containment only: an "
        "epidemic that ended because few were left to infect was not contained; 0.1 if it says "
        "none (assumed, no source).",
    )  # fmt: skip
    by: date | None = Field(
        default=None, description="The time limit, ISO date; the end of the run if absent."
    )


class LessRestrictive(Section):
    """The next less restrictive policy: the same scenario with less of it."""

    name: str = Field(min_length=1, description="Name of the less restrictive policy.")
    without: list[str] = Field(
        default=[],
        description="Measures left out, by name; a kind of measure leaves out all of its kind.",
    )
    changes: dict[str, Any] = Field(
        default={}, alias="set", description="Other values, such as measures.seal.tier: 2."
    )


class Alternative(Section):
    """Another policy for the same people, days, virus and conditions, by its name."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$", description="Short name, for lazaretto compare --with."
    )
    title: str = Field(default="", description="What it is, in a sentence.")
    without: list[str] = Field(
        default=[],
        description="Measures left out, by name; a kind of measure leaves out all of its kind.",
    )
    changes: dict[str, Any] = Field(
        default={}, alias="set", description="Other values, such as measures.seal.from: 2022-03-14."
    )
    added: list[dict[str, Any]] = Field(
        default=[],
        alias="with",
        description="Measures it has besides, after those of the scenario.",
    )


def aim_problems(written: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with the aim and the less restrictive policy of a scenario as written.

    What cannot be read at all is passed over: reading has said so already.
    """
    return [*_of_aim(written), *_of_less_restrictive(written), *_of_alternatives(written)]


def less_restricted(
    written: Mapping[str, Any],
    without: Sequence[str],
    changed: Mapping[str, object] | Sequence[str],
    keys: tuple[str, str] = ("less_restrictive.without", "less_restrictive.set"),
    added: Sequence[Mapping[str, Any]] = (),
) -> tuple[dict[str, Any], list[Problem]]:
    """Return a scenario without some measures and with other values, and what could not be done.

    Parameters
    ----------
    written
        The scenario as nested mappings.
    without
        Measures left out: a name, or a kind of measure for all of its kind.
    changed
        New values by key, as for `apply_overrides`; of the sections of `POLICY` only.
    keys
        How problems call these two.
    added
        Further measures, after those left.
    """
    problems = [*_not_measures(written, without, keys[0]), *_not_policy(changed, keys[1])]
    if problems:
        return dict(written), problems
    whole, wrong = apply_overrides(written, changed)
    problems = [
        Problem(f"{keys[1]}: {found.key}", found.value, found.allowed, found.advice)
        for found in wrong
    ]
    left_out = set(without)
    if isinstance(whole.get("measures"), list):
        whole["measures"] = [each for each in whole["measures"] if not left_out & _words(each)]
    if added:
        whole["measures"] = [*whole.get("measures", []), *map(dict, added)]
    whole = set_by_hand(written, whole, keys_of(changed))
    return {key: part for key, part in whole.items() if key not in BESIDE}, problems


def still_judged(written: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a changed scenario without the other policies that the change made void.

    Who replaces the measures of a shipped scenario need not know against what it was held.

    Parameters
    ----------
    written, changed
        The scenario as nested mappings, before and after its values were changed.
    """
    less = changed.get("less_restrictive")
    void = (
        isinstance(less, Mapping)
        and less == written.get("less_restrictive")
        and not list(_of_less_restrictive(written))
        and bool(list(_of_less_restrictive(changed)))
    )
    kept = {key: part for key, part in changed.items() if not (void and key == "less_restrictive")}
    known, now = _problems_by_name(written), _problems_by_name(changed)
    gone = [name for name, found in now.items() if found and not known.get(name, found)]
    if gone:
        kept["alternatives"] = [each for each in kept["alternatives"] if each["name"] not in gone]
    return kept


def _of_aim(written: Mapping[str, Any]) -> Iterator[Problem]:
    aim = written.get("aim")
    if not isinstance(aim, Mapping):
        return
    counted = {"deaths": "deaths", "hospital": "persons in intensive care"}.get(
        str(aim.get("kind"))
    )
    if counted is not None and aim.get("value") is None:
        yield Problem("aim.value", "missing", f"how many {counted} at most", "add value:")
    if counted is not None and aim.get("most_infected") is not None:
        yield Problem(
            "aim.most_infected",
            str(aim["most_infected"]),
            "with kind: containment only",
            "leave it out, or take containment as the aim",
        )
    start, end, by = (as_date(each) for each in (written.get("start"), written.get("end"),
                                                 aim.get("by")))  # fmt: skip
    if start and end and by and start <= end and not start <= by <= end:
        allowed = f"a day of the run, {start} to {end}"
        yield Problem("aim.by", str(by), allowed, "move the time limit, or start and end")


def _of_less_restrictive(written: Mapping[str, Any]) -> Iterator[Problem]:
    less = written.get("less_restrictive")
    if not isinstance(less, Mapping):
        return
    without, changed = less.get("without") or [], less.get("set") or {}
    if not without and not changed:
        yield Problem(
            "less_restrictive",
            "the same policy",
            "measures left out, other values, or both",
            "add without: [a measure] or set: {measures.a-measure.tier: 2}",
        )
    if isinstance(without, list):
        yield from _not_measures(written, without, "less_restrictive.without")
    if isinstance(changed, Mapping):
        yield from _not_policy(changed, "less_restrictive.set")


def _of_alternatives(written: Mapping[str, Any]) -> Iterator[Problem]:
    names = [str(each.get("name")) for each in _alternatives(written)]
    for name in dict.fromkeys(each for each in names if names.count(each) > 1):
        yield Problem("alternatives", name, "every name once", "give one another name")
    for found in _problems_by_name(written).values():
        yield from found


def _problems_by_name(written: Mapping[str, Any]) -> dict[str, list[Problem]]:
    """Return what is wrong with each alternative of a scenario as written."""
    found: dict[str, list[Problem]] = {}
    for each in _alternatives(written):
        name = str(each.get("name"))
        without, changed, added = (each.get(key) for key in ("without", "set", "with"))
        wrong = found.setdefault(name, [])
        if not (without or changed or added):
            allowed = "measures left out, other values, further measures"
            advice = "add without: [a measure], set: {measures.a-measure.tier: 2} or with: [...]"
            wrong.append(Problem(f"alternatives.{name}", "the same policy", allowed, advice))
        if isinstance(without, list):
            wrong += _not_measures(written, without, f"alternatives.{name}.without")
        if isinstance(changed, Mapping):
            wrong += _not_policy(changed, f"alternatives.{name}.set")
    return found


def _alternatives(written: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = written.get("alternatives")
    return [each for each in given if isinstance(each, Mapping)] if isinstance(given, list) else []


def _not_measures(
    written: Mapping[str, Any], without: Sequence[object], key: str
) -> Iterator[Problem]:
    entries = _entries(written)
    names = [_name(entry) for entry in entries if _name(entry)]
    kinds = [str(entry["measure"]) for entry in entries if isinstance(entry.get("measure"), str)]
    known = list(dict.fromkeys([*names, *kinds]))
    for word in without:
        if word not in known:
            allowed = one_of(known) if known else "nothing: the scenario has no measures"
            advice = did_you_mean(str(word), known, "name a measure of the scenario")
            yield Problem(key, shown(word), allowed, advice)


def _not_policy(changed: Mapping[str, object] | Sequence[str], key: str) -> Iterator[Problem]:
    words = list(changed) if isinstance(changed, Mapping) else [
        text.partition("=")[0].strip() for text in changed
    ]  # fmt: skip
    for word in words:
        head = str(word).partition(".")[0]
        if head and head not in POLICY:
            yield Problem(
                key,
                shown(word),
                f"a key of {', '.join(POLICY)}: two policies are compared for the same people, "
                "days and conditions",
                did_you_mean(head, POLICY, "change it for both with --set, or leave it out"),
            )


def _entries(written: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    measures = written.get("measures")
    if not isinstance(measures, list):
        return []
    return [entry for entry in measures if isinstance(entry, Mapping)]


def _words(entry: object) -> set[str]:
    """Return by which words a measure can be left out: its name and its kind."""
    if not isinstance(entry, Mapping):
        return set()
    return {_name(entry), str(entry.get("measure"))} - {""}


def _name(entry: Mapping[str, Any]) -> str:
    name = entry.get("name")
    return name if isinstance(name, str) else ""
