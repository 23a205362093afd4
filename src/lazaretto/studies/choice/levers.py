"""The levers of a search: what it may change of a scenario, read from a file and guarded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lazaretto.nation.checked import checked_policy
from lazaretto.scenario import Problem, Scenario, ScenarioError, one_of, problems_of, shown
from lazaretto.scenario.yaml_text import YamlError, read_yaml, text_of
from lazaretto.studies.adding import with_measures
from lazaretto.studies.choice.guard import (
    FROM,
    LENGTH,
    TO,
    WHERE,
    Target,
    first_of,
    last_of,
    lighter_problem,
    target_of,
)
from lazaretto.studies.comparable import condition_problem
from lazaretto.studies.flips import value_key
from lazaretto.studies.labels import label
from lazaretto.studies.levers import is_condition

MOST_OF_ALL = 1e12
"""No number of a scenario is as large."""

STEPS = 20
"""Steps in which a range is searched where the file says no step."""

MOST = 1000
"""Values of a lever at most."""

PLAIN = re.compile(r"[\w' -]*")
"""What a choice in words may be made of: names, no YAML."""


class WrittenLever(BaseModel):
    """A lever as written in a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str | list[str] = Field(
        description="What is changed, as in --set; a list is changed together."
    )
    kind: Literal["date", "shift", "whole", "number", "choice"] = Field(
        description="date, shift (days by which dates are moved), whole, number or choice."
    )
    unit: str = Field(description="Its unit: date, days, share, tier, or that of the parameter.")
    low: date | float | None = Field(None, description="The least.")
    high: date | float | None = Field(None, description="The most.")
    step: float | None = Field(None, gt=0, description="Between two values; a twentieth if absent.")
    choices: list[Any] = Field([], description="The values of a choice.")


class WrittenLevers(BaseModel):
    """A file of levers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    added: list[str] = Field(
        [], alias="with", description="Measures added first, as compare --with takes them."
    )
    levers: list[WrittenLever] = Field(min_length=1, max_length=50, description="The levers.")


@dataclass(frozen=True)
class Lever:
    """Something a search may change.

    Parameters
    ----------
    name
        Its key as written, the first of several.
    kind, unit
        As written.
    values
        Every value it may have.
    targets
        What is set.
    """

    name: str
    kind: str
    unit: str
    values: tuple[Any, ...]
    targets: tuple[Target, ...]


def shipped_levers() -> dict[str, str]:
    """Return the files of levers that come with Lazaretto, text by name of the scenario."""
    folder = files("lazaretto").joinpath("data", "levers")
    return {file.name[:-5]: file.read_text(encoding="utf-8") for file in folder.iterdir()
            if file.name.endswith(".yaml")}  # fmt: skip


def read_levers(scenario: Scenario, path: Path | None = None) -> tuple[Scenario, tuple[Lever, ...]]:
    """Return a scenario with the measures that its levers add, and the levers.

    Parameters
    ----------
    scenario
        The scenario.
    path
        File of levers; those that come with Lazaretto for a scenario of this name if absent.

    Raises
    ------
    ScenarioError
        With every problem at once; for whatever no study may search over.
    """
    if path is None:
        shipped = shipped_levers()
        if scenario.name not in shipped:
            allowed = f"the path of a file; some come with {', '.join(sorted(shipped))}"
            raise ScenarioError([Problem("--levers", "missing", allowed, "write one, see "
                                         "docs/choosing.md")])  # fmt: skip
        text = shipped[scenario.name]
    else:
        try:
            text = text_of(path)
        except (OSError, UnicodeDecodeError, YamlError) as error:
            advice = f"correct it: {getattr(error, 'strerror', None) or error}"
            raise ScenarioError([Problem("--levers", path, "a YAML file", advice)]) from None
    try:
        written = WrittenLevers.model_validate(read_yaml(text))
    except ValidationError as error:
        raise ScenarioError(_at_levers(problems_of(error, WrittenLevers))) from None
    except YamlError as error:
        raise ScenarioError([Problem("--levers", path, "YAML", f"correct it: {error}")]) from None
    return levers_of(scenario, written)


def levers_of(scenario: Scenario, written: WrittenLevers) -> tuple[Scenario, tuple[Lever, ...]]:
    """Return a scenario with what is added, and its levers, see `read_levers`."""
    refused = [
        condition_problem(f"{WHERE}: with", text)
        for text in written.added
        if any(is_condition(word) for word in re.findall(r"[A-Za-z_]\w*", text))
    ]
    if refused:
        raise ScenarioError(refused)
    if written.added:
        called = {"name": scenario.name, "title": scenario.title}
        scenario = with_measures(scenario, written.added).model_copy(update=called)
    measures = checked_policy(scenario)
    problems: list[Problem] = []
    found = []
    for each in written.levers:
        keys = [each.key] if isinstance(each.key, str) else each.key
        targets = []
        for key in keys:
            target = target_of(scenario, measures, key)
            if isinstance(target, Problem):
                problems.append(target)
            else:
                targets.append(target)
        if len(targets) < len(keys) or not keys:
            continue
        values = _values(each, targets)
        if isinstance(values, Problem):
            problems.append(values)
            continue
        lighter = [lighter_problem(t, scenario, values) for t in targets]
        problems += [problem for problem in lighter if problem is not None]
        found.append(Lever(keys[0], each.kind, each.unit, values, tuple(targets)))
    problems += _clashes(found)
    if not problems:
        problems = _ends(scenario, found)
    if problems:
        raise ScenarioError(problems)
    return scenario, tuple(found)


def with_values(scenario: Scenario, levers: Sequence[Lever], values: Sequence[Any]) -> Scenario:
    """Return the scenario with its levers set.

    Parameters
    ----------
    scenario, levers
        As from `read_levers`.
    values
        One for each lever.

    Raises
    ------
    ScenarioError
        If these values do not go together.
    """
    said = ", ".join(f"{lever.name} {value}" for lever, value in zip(levers, values, strict=True))
    overrides: dict[str, object] = {}
    dates: dict[int, dict[str, Any]] = {}
    for lever, value in zip(levers, values, strict=True):
        for target in lever.targets:
            if target.parameter in (FROM, TO, LENGTH):
                dates.setdefault(target.entry, {"target": target})[target.parameter] = (
                    lever.kind, value)  # fmt: skip
            else:
                overrides[value_key(scenario, target.key)] = _plain(value)
    for number, given in dates.items():
        overrides |= _dates(scenario, number, given)
    made = scenario.varied(label(f"option {said}"), overrides)
    _check_untouched(scenario, made, levers)
    return made


def own_values(scenario: Scenario, levers: Sequence[Lever]) -> list[Any]:
    """Return the value nearest to the scenario's own of each lever; None where that is unknown."""
    return [_own(scenario, lever) for lever in levers]


def _own(scenario: Scenario, lever: Lever) -> Any:  # noqa: ANN401 - any value
    target, measure = lever.targets[0], lever.targets[0].measure
    own: Any = None
    if lever.kind == "shift":
        own = 0
    elif measure is not None and target.parameter == LENGTH:
        own = (last_of(measure, scenario) - first_of(measure, scenario)).days + 1
    elif measure is not None and target.parameter in (FROM, TO):
        own = (first_of if target.parameter == FROM else last_of)(measure, scenario)
    else:
        own = _written_value(scenario, target.key)
        if own is None and measure is not None:
            own = getattr(measure, target.parameter, None)  # the default of the measure
    if lever.kind == "choice":
        return own if own in lever.values else None
    if not isinstance(own, int | float | date) or not lever.values[0] <= own <= lever.values[-1]:
        return None
    return min(lever.values, key=lambda each: abs(each - own))


def _written_value(scenario: Scenario, key: str) -> Any:  # noqa: ANN401 - any value
    at: Any = scenario.resolved()
    for part in value_key(scenario, key).split("."):
        at = at[int(part)] if isinstance(at, list) else at.get(part)
        if at is None:
            return None
    return at


def _dates(scenario: Scenario, number: int, given: Mapping[str, Any]) -> dict[str, object]:
    """Return first and last day of a measure; a measure that confines keeps its length."""
    target: Target = given["target"]
    assert target.measure is not None
    own_first, own_last = first_of(target.measure, scenario), last_of(target.measure, scenario)
    length = (own_last - own_first).days + 1
    kind, value = given.get(FROM, ("date", own_first))
    first = own_first + timedelta(days=int(value)) if kind == "shift" else value
    moved = FROM in given and target.confines
    if LENGTH in given:
        length = int(given[LENGTH][1])
    last = first + timedelta(days=length - 1) if LENGTH in given or moved else own_last
    if TO in given:
        kind, value = given[TO]
        last = own_last + timedelta(days=int(value)) if kind == "shift" else value
    keys = {f"measures.{number}.from": first, f"measures.{number}.to": min(last, scenario.end)}
    return {key: day.isoformat() for key, day in keys.items()}


def _values(each: WrittenLever, targets: Sequence[Target]) -> tuple[Any, ...] | Problem:
    said = f"{WHERE}: {targets[0].key}"
    units = {"days"} if each.kind == "shift" else {t.unit for t in targets if t.unit}
    if units and units != {each.unit}:
        return Problem(f"{said}: unit", each.unit, one_of(sorted(units)), "write the unit it has")
    if not each.unit:
        return Problem(f"{said}: unit", "missing", "a unit in words", "write what it is counted in")
    if each.kind == "choice":
        good = len(each.choices) > 1 and all(_is_plain(part) for part in each.choices)
        if not good or each.low is not None or each.high is not None:
            allowed = "choices: two or more, each a word, a number, a yes or no, a list of words"
            return Problem(f"{said}: choices", shown(each.choices), allowed, "write them so")
        return tuple(each.choices)
    dated = each.kind == "date"
    low, high = each.low, each.high
    fit = [isinstance(end, date) == dated and end is not None for end in (low, high)]
    timed = any(t.parameter in (FROM, TO) for t in targets)
    if not all(fit) or each.choices or timed != (each.kind in ("date", "shift")):
        allowed = f"low: and high: of kind {each.kind}, no choices; dates are of kind date or shift"
        return Problem(said, f"{shown(low)} to {shown(high)}", allowed, "write them so")
    ends = [end for end in (low, high, each.step) if isinstance(end, int | float)]
    if not all(-MOST_OF_ALL < end < MOST_OF_ALL for end in ends):
        return Problem(said, shown(ends), f"numbers below {MOST_OF_ALL:,.0f}", "write others")
    assert low is not None
    assert high is not None
    span: Any = (high - low).days if dated else high - low  # type: ignore[operator,union-attr]
    whole = each.kind != "number"
    natural = 1 if dated or each.kind == "shift" else max(1, int(span) // STEPS)
    step: Any = each.step or (natural if whole else span / STEPS)
    if span <= 0 or step > span or span / step > MOST or (whole and float(step) % 1):
        allowed = f"low below high, at most {MOST} steps"
        return Problem(said, f"{shown(low)} to {shown(high)}", allowed, "change low, high or step")
    count = int(span / step + 1e-9) + 1
    if dated:
        return tuple(low + timedelta(days=int(step) * i) for i in range(count))  # type: ignore[operator]
    if whole:
        return tuple(int(low) + int(step) * i for i in range(count))  # type: ignore[arg-type]
    return tuple(round(float(low) + float(step) * i, 10) for i in range(count))  # type: ignore[arg-type]


def _clashes(levers: Sequence[Lever]) -> list[Problem]:
    keys = [target.key for lever in levers for target in lever.targets]
    found = [Problem(WHERE, key, "each key once", "leave one of them out")
             for key in dict.fromkeys(keys) if keys.count(key) > 1]  # fmt: skip
    for lever in levers:
        for target in lever.targets:
            other = target.key.rpartition(".")[0]
            if target.parameter == TO and {f"{other}.{FROM}", f"{other}.{LENGTH}"} & set(keys):
                found.append(Problem(WHERE, target.key, "from and length, or to alone",
                                     f"write {other}.{LENGTH} instead"))  # fmt: skip
    return found


def _ends(scenario: Scenario, levers: Sequence[Lever]) -> list[Problem]:
    """Return what is wrong at either end of each lever, all others as they are."""
    problems = []
    for lever in levers:
        for value in (lever.values[0], lever.values[-1]):
            try:
                checked_policy(with_values(scenario, [lever], [value]))
            except ScenarioError as error:
                problems += [
                    Problem(f"{WHERE}: {lever.name} at {value}: {p.key}", p.value, p.allowed,
                            p.advice)
                    for p in error.problems
                ]  # fmt: skip
    return problems


def _check_untouched(scenario: Scenario, made: Scenario, levers: Sequence[Lever]) -> None:
    """Refuse an option that differs in anything but its levers: nothing may slip in with one."""
    # What a lever sets is no longer drawn from a posterior.
    may = {"name", "title", "less_restrictive", "posterior.fitted"}
    for target in (target for lever in levers for target in lever.targets):
        entry = target.key.rpartition(".")[0]
        dated = target.parameter in (FROM, TO, LENGTH)
        may |= {f"{entry}.{FROM}", f"{entry}.{TO}"} if dated else {target.key}
    ours, theirs = dict(_leaves(scenario.resolved())), dict(_leaves(made.resolved()))
    wrong = [
        condition_problem(f"{WHERE}: {key}", shown(theirs.get(key)))
        for key in dict.fromkeys([*ours, *theirs])
        if ours.get(key) != theirs.get(key)
        and not any(key == each or key.startswith(f"{each}.") for each in may)
    ]
    if wrong:
        raise ScenarioError(wrong)


def _leaves(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Yield every plain value with its key."""
    before = f"{key}." if key else ""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _leaves(part, f"{before}{name}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _leaves(part, f"{before}{number}")
    else:
        yield key, value


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(part, str) and PLAIN.fullmatch(part) for part in value)
    return isinstance(value, int | float | bool | date) or (
        isinstance(value, str) and bool(PLAIN.fullmatch(value)) and not is_condition(value)
    )


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _at_levers(problems: Sequence[Problem]) -> list[Problem]:
    return [Problem(f"--levers: {p.key}", p.value, p.allowed, p.advice) for p in problems]
