"""A scenario checked against its place and its measures, with every problem found at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lazaretto.engine.age_mixing import SHIPPED, MixingError, read_matrix
from lazaretto.measures import (
    Measure,
    Policy,
    VaccinationCampaign,
    build_measure,
    contradictions,
)
from lazaretto.measures.timeline import effect_words, never_words, without_effect
from lazaretto.people import CensusError, areas, read_area
from lazaretto.people.own_cases import CASES, cases_by_day
from lazaretto.scenario import (
    ALL,
    MeasureEntry,
    Problem,
    Resource,
    Scenario,
    ScenarioError,
    Seeding,
    as_date,
    check_areas,
    did_you_mean,
)
from lazaretto.scenario.draws import read_draws
from lazaretto.scenario.nation import NATION
from lazaretto.scenario.overrides import apply_overrides
from lazaretto.scenario.problems import of_measures
from lazaretto.scenario.reading import read_scenario
from lazaretto.scenario.written import may_be_path

UNREADABLE = "unreadable"
"""Stands for an entry of measures that cannot be read."""


def read_checked(
    name_or_path: str | Path, overrides: Mapping[str, object] | Sequence[str] = ()
) -> Scenario:
    """Read a scenario and check all of it, its place and measures included.

    Parameters
    ----------
    name_or_path, overrides
        As in `lazaretto.scenario.Scenario.load`.

    Raises
    ------
    ScenarioError
        With every problem at once, also where some of them keep the scenario from being read. Of a
        scenario of many cities `lazaretto.nation.plans.plan_nation` checks place and measures.
    """
    try:
        scenario = Scenario.load(name_or_path, overrides)
    except ScenarioError as error:
        further, names, notes = _problems_as_written(name_or_path, overrides)
        raise ScenarioError(of_measures([*error.problems, *further], names), notes) from None
    if scenario.nation is None:
        checked_measures(scenario)
    return scenario


def checked_measures(scenario: Scenario) -> list[Measure]:
    """Return the measures of a scenario after checking all that depends on its place.

    Parameters
    ----------
    scenario
        The scenario.

    Raises
    ------
    ScenarioError
        With every unknown place and area, wrong parameter, and contradiction.
    """
    districts, problems = _districts(scenario.place, scenario.folder)
    built, wrong = _built(scenario.measures, scenario.folder)
    problems += [*wrong, *_mixing_problems(scenario.contacts.community.by_age, scenario.folder)]
    problems += _draws_problems(scenario)
    if districts is not None:
        problems += _new(check_areas(scenario, districts), problems)
    complete = len(built) == len(scenario.measures)
    policy = Policy(scenario.start, scenario.end, built, complete, scenario.resources)
    problems += _new(contradictions(policy), problems)
    if scenario.vaccination is None:
        problems += [
            Problem(
                f"{key}.measure",
                measure.word,
                "a scenario that says which vaccine there is",
                "add vaccination: {product: inactivated} to the scenario (or mrna, ad5)",
            )
            for key, measure in built
            if isinstance(measure, VaccinationCampaign)
        ]
    if problems:
        names = {f"measures.{i}": _named(entry) for i, entry in enumerate(scenario.measures)}
        raise ScenarioError(of_measures(problems, names), _never(policy, names))
    return [measure for _, measure in built]


def _never(policy: Policy, names: Mapping[str, str]) -> list[str]:
    return never_words(
        [names.get(key, key) for key, measure in policy.measures if not policy.runs(measure)]
    )


def _named(entry: MeasureEntry) -> str:
    return entry.name or entry.measure


def idle_measures(scenario: Scenario) -> list[str]:
    """Return which measures of a sound scenario do nothing and why, in sentences.

    Parameters
    ----------
    scenario
        The scenario.
    """
    if scenario.nation is None:
        measures = checked_measures(scenario)
    else:
        measures = [measure for _, measure in _built(scenario.measures, scenario.folder)[0]]
    policy = Policy(scenario.start, scenario.end, [], True, scenario.resources)
    never = [
        _named(entry)
        for entry, measure in zip(scenario.measures, measures, strict=scenario.nation is None)
        if not policy.runs(measure)
    ]
    idle = without_effect(scenario, measures)
    return [*never_words(never), *effect_words(scenario.behaviour, idle)]


def nobody_infected(scenario: Scenario) -> list[str]:
    """Return that nobody is ever infected in a scenario, in a sentence; nothing if somebody is.

    Parameters
    ----------
    scenario
        The scenario.
    """
    own = scenario.nation is not None and scenario.nation.own
    if scenario.seeding or scenario.border is not None or own:
        return []
    return ["Nobody is ever infected: the scenario has neither seeding: nor border:"]


def _draws_problems(scenario: Scenario) -> list[Problem]:
    try:
        if scenario.posterior is not None:
            read_draws(scenario.posterior, scenario.folder)
    except ScenarioError as error:
        return error.problems
    return []


def _mixing_problems(by_age: str | None, folder: Path | None) -> Iterator[Problem]:
    if by_age is None:
        return
    try:
        read_matrix(by_age, folder)
    except MixingError as error:
        allowed = f"{', '.join(SHIPPED)}, or the path of a CSV of contacts by age"
        for said in error.problems:
            yield Problem("contacts.community.by_age", by_age, allowed, said)


def _built(
    entries: Sequence[MeasureEntry], folder: Path | None
) -> tuple[list[tuple[str, Measure]], list[Problem]]:
    """Return the measures that can be made, each with its key, and every problem in the others."""
    built, problems = [], []
    for i, entry in enumerate(entries):
        measure, wrong = build_measure(f"measures.{i}", entry, folder)
        problems += wrong
        if measure is not None:
            built.append((f"measures.{i}", measure))
    return built, problems


def place_of(scenario: Scenario) -> str | Path:
    """Return the place of a scenario: a known name, or a path relative to its file."""
    return _place(scenario.place, scenario.folder)


def _place(place: str, folder: Path | None) -> str | Path:
    path = (folder or Path.cwd()) / place
    if "/" in place or place.endswith(".csv"):
        return path
    try:
        read_area(place)
    except CensusError:
        return path if path.is_dir() else place
    return place


def _districts(place: str, folder: Path | None) -> tuple[list[str] | None, list[Problem]]:
    where = _place(place, folder)
    try:
        districts = list(read_area(where).districts)
        if isinstance(where, Path) and (where / CASES).is_file():
            cases_by_day(where / CASES)
        return districts, []
    except CensusError as error:
        if isinstance(where, Path):
            allowed = "census tables as docs/people.md describes them"
            return None, [Problem("place", place, allowed, said) for said in error.problems]
        names = [known.name for known in areas()]
        allowed = (
            f"a name or code of the {len(names)} places of lazaretto list --places, or the path "
            "of a folder of census tables"
        )
        advice = did_you_mean(place, names, "choose one of them")
        unclear = next((said for said in error.problems if "not unique" in said), None)
        return None, [Problem("place", place, allowed, unclear or advice)]


def _new(found: list[Problem], known: list[Problem]) -> list[Problem]:
    """Return the problems whose key has none yet."""
    keys = {problem.key for problem in known}
    return [problem for problem in found if problem.key not in keys]


def _problems_as_written(
    name_or_path: str | Path, overrides: Mapping[str, object] | Sequence[str]
) -> tuple[list[Problem], dict[str, str], list[str]]:
    """Return what is wrong with place, areas and measures of a scenario that cannot be read.

    Beside it the names of its measures by key, and notes on those that never act.
    """
    try:
        as_written, folder = read_scenario(name_or_path)
    except ScenarioError:
        return [], {}, []
    written, _ = apply_overrides(as_written, overrides)
    problems: list[Problem] = []
    entries = []
    built: list[tuple[str, Measure]] = []
    for i, given in enumerate(_listed(written.get("measures"))):
        try:
            entry = MeasureEntry.model_validate(given)
        except ValidationError:
            entries.append(MeasureEntry(measure=UNREADABLE))
            continue
        entries.append(entry)
        measure, wrong = build_measure(f"measures.{i}", entry, folder)
        problems += wrong
        if measure is not None:
            built.append((f"measures.{i}", measure))
    seeds = []
    for given in _listed(written.get("seeding")):
        area: Any = given.get("area", ALL) if isinstance(given, Mapping) else ALL
        as_far: dict[str, Any] = {"area": area}
        seeds.append(Seeding.model_construct(**as_far))
    place = written.get("place")
    if isinstance(place, str) and place != NATION and may_be_path(place):
        districts, wrong = _districts(place, folder)
        problems = wrong + problems
        if districts is not None:
            bare: dict[str, Any] = {"seeding": seeds, "measures": entries}
            problems += _new(check_areas(Scenario.model_construct(**bare), districts), problems)
    names = {
        f"measures.{i}": _named(entry)
        for i, entry in enumerate(entries)
        if entry.measure != UNREADABLE
    }
    start, end = as_date(written.get("start")), as_date(written.get("end"))
    if start is None or end is None or start > end:
        return problems, names, []
    complete = len(built) == len(entries)
    resources = _resources_as_written(written.get("resources", []))
    policy = Policy(start, end, built, complete, resources)
    problems += _new(contradictions(policy), problems)
    return problems, names, _never(policy, names)


def _resources_as_written(written: object) -> list[Resource] | None:
    """Return the resources, None if one of them cannot be read."""
    try:
        return [Resource.model_validate(given) for given in _listed(written)]
    except ValidationError:
        return None


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
