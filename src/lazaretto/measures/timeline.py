"""The policy of a scenario by date: what is in force when, why, and what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from lazaretto.measures.contradictions import opened, taken
from lazaretto.measures.measure import Measure, has_effect
from lazaretto.measures.travel import TravelMeasure
from lazaretto.scenario import Resource, Scenario
from lazaretto.scenario.behaviour import Behaviour
from lazaretto.scenario.model import MeasureEntry
from lazaretto.scenario.nation import NATION
from lazaretto.scenario.resources import COURSES
from lazaretto.words import TIERS


@dataclass(frozen=True)
class MeasureLine:
    """One measure of a policy.

    Parameters
    ----------
    name, measure
        Its name in reports, and which measure it is.
    first, last
        Dates from which and until which it may be in force.
    areas
        Districts, or all.
    orders
        Its parameters in words, empty where they are the defaults.
    when
        Its trigger in words, empty if it has none.
    takes
        Names of the stocks it takes from.
    opens
        What it adds to which stock, in words.
    """

    name: str
    measure: str
    first: date
    last: date
    areas: str | list[str]
    orders: str
    when: str
    takes: list[str]
    opens: str

    def runs(self, start: date, end: date) -> bool:
        """Return whether it may be in force on any day from start to end."""
        return self.first <= end and self.last >= start


@dataclass(frozen=True)
class Step:
    """How much of a stock there is from a date on; of courses, how many arrive then."""

    first: date
    amount: float

    @property
    def said(self) -> str:
        """Return the amount in words; whole where it is, as all but those per 100,000 are."""
        return f"{self.amount:,.0f}" if self.amount == int(self.amount) else f"{self.amount:,g}"


@dataclass(frozen=True)
class ResourceLine:
    """One resource of a policy: its steps, and the measures that take from it or add to it."""

    name: str
    unit: str
    per_100000: bool
    steps: list[Step]
    taken_by: list[str]
    opened_by: list[str]

    @property
    def arrives(self) -> bool:
        """Return whether its amounts add up, as courses of treatment do."""
        return self.unit == COURSES

    def amount_on(self, day: date) -> float:
        """Return how much there is on a day; of courses, how many have arrived by then."""
        past = [step.amount for step in self.steps if step.first <= day]
        return sum(past) if self.arrives else (past[-1] if past else 0)


@dataclass(frozen=True)
class Timeline:
    """The policy of a scenario: measures by date, resources, and what a reader should know.

    Parameters
    ----------
    measures, resources
        Both as lines, the measures by their first date.
    notes
        What is merely idle, in sentences.
    never
        Names of the measures that are not in force on any day of the run.
    without_effect
        Names of those that need behaviour, or a part of it, which the scenario does not have.
    """

    measures: list[MeasureLine]
    resources: list[ResourceLine]
    notes: list[str]
    never: list[str]
    without_effect: list[str]

    def verdict(self, name: str, assumed: int) -> str:
        """Return that the scenario is sound, and which of its measures do nothing.

        Parameters
        ----------
        name
            Name of the scenario.
        assumed
            How many of its figures are assumed.
        """
        count = len(self.measures)
        figures = f"{assumed} of its figures are assumed."
        but = []
        if self.never:
            acts = "acts" if len(self.never) == 1 else "act"
            but.append(
                f"{len(self.never)} of {_measures(count)} never {acts}: {', '.join(self.never)}"
            )
        if self.without_effect:
            have = "has" if len(self.without_effect) == 1 else "have"
            but.append(
                f"{len(self.without_effect)} of {_measures(count)} {have} no effect: "
                f"{', '.join(self.without_effect)}"
            )
        if but:
            return f"{name} is sound, but {', and '.join(but)}; {figures}"
        return f"{name} is sound: {_measures(count)}, {figures}"

    def as_json(self) -> dict[str, Any]:
        """Return it as nested mappings with ISO dates."""
        return _with_iso_dates(asdict(self))  # type: ignore[no-any-return]


def timeline(scenario: Scenario, measures: Sequence[Measure]) -> Timeline:
    """Return the policy of a scenario by date.

    Parameters
    ----------
    scenario
        The scenario.
    measures
        Its measures, as `lazaretto.measures.build_measures` makes them.
    """
    pairs = list(zip(scenario.measures, measures, strict=True))
    lines = [_line(scenario, entry.measure, measure) for entry, measure in pairs]
    resources = [_resource(scenario, resource, measures, lines) for resource in scenario.resources]
    ordered = sorted(lines, key=lambda line: line.first)
    never = [line.name for line in ordered if not line.runs(scenario.start, scenario.end)]
    idle = without_effect(scenario, measures)
    notes = [*never_words(never), *effect_words(scenario.behaviour, idle)]
    notes += _travel_words(scenario, pairs)
    notes += _notes(scenario, resources)
    return Timeline(ordered, resources, notes, never, [name for name, _ in idle])


def without_effect(scenario: Scenario, measures: Sequence[Measure]) -> list[tuple[str, str]]:
    """Return name and part of behaviour of the measures that lack it and so change nothing.

    Parameters
    ----------
    scenario, measures
        As for `timeline`.
    """
    return [
        (measure.name or entry.measure, measure.acts_through)
        for entry, measure in zip(scenario.measures, measures, strict=True)
        if not has_effect(type(measure), scenario.behaviour)
    ]


def never_words(names: Sequence[str]) -> list[str]:
    """Return one sentence on the measures that are never in force, none if there are none."""
    return [f"Never in force in these days: {', '.join(names)}"] if names else []


def effect_words(behaviour: Behaviour | None, idle: Sequence[tuple[str, str]]) -> list[str]:
    """Return one sentence on the measures without an effect, none if there are none.

    Parameters
    ----------
    behaviour
        That of the scenario.
    idle
        As from `without_effect`.
    """
    if not idle:
        return []
    names = ", ".join(name for name, _ in idle)
    if behaviour is None:
        return [f"These have no effect: {names}; add behaviour: {{}}"]
    parts = dict.fromkeys(part for _, part in idle)
    on = " and ".join(f"behaviour.{part}.active: true" for part in parts)
    return [f"These have no effect: {names}; write {on}"]


def _travel_words(scenario: Scenario, pairs: Sequence[tuple[MeasureEntry, Measure]]) -> list[str]:
    """Return one sentence on measures between cities, where there is only one city."""
    if scenario.nation is not None or scenario.place == NATION:
        return []
    names = [m.name or e.measure for e, m in pairs if isinstance(m, TravelMeasure)]
    if not names:
        return []
    return [f"Nobody travels in a single place, so these have no effect: {', '.join(names)}"]


def _measures(count: int) -> str:
    return f"{count} measure{'' if count == 1 else 's'}"


def _line(scenario: Scenario, word: str, measure: Measure) -> MeasureLine:
    units = {resource.name: resource.unit for resource in scenario.resources}
    added = opened(measure)
    amount = f"{getattr(measure, 'amount', 0):,}"
    return MeasureLine(
        name=measure.name or word,
        measure=word,
        first=measure.first or scenario.start,
        last=measure.last or scenario.end,
        areas=measure.areas,
        orders=_orders(measure),
        when="" if measure.when is None else measure.when.said(),
        takes=[stock for _, stock, _ in taken(measure)],
        opens="" if added is None else f"{amount} {units[added]} of {added}",
    )


def _resource(
    scenario: Scenario,
    resource: Resource,
    measures: Sequence[Measure],
    lines: Sequence[MeasureLine],
) -> ResourceLine:
    named = list(zip(measures, lines, strict=True))
    return ResourceLine(
        name=resource.name,
        unit=resource.unit,
        per_100000=resource.per_100000,
        steps=[
            Step(opening.first or scenario.start, float(opening.amount))
            for opening in resource.opened
        ],
        taken_by=[
            line.name
            for measure, line in named
            if resource.name in [stock for _, stock, _ in taken(measure)]
        ],
        opened_by=[line.name for measure, line in named if opened(measure) == resource.name],
    )


def _notes(scenario: Scenario, resources: Sequence[ResourceLine]) -> list[str]:
    idle = [line.name for line in resources if not line.taken_by]
    closed = [
        line.name
        for line in resources
        if not line.opened_by
        and not any(step.amount and step.first <= scenario.end for step in line.steps)
    ]
    said = [
        ("Resources that no measure takes from", idle),
        ("Resources never opened in these days", closed),
    ]
    return [f"{what}: {', '.join(names)}" for what, names in said if names]


def _orders(measure: Measure) -> str:
    """Return the parameters of a measure that are its own, stocks apart."""
    kind = type(measure)
    apart = {"name", "areas", "first", "last", "when", *kind.takes}
    if kind.opens:
        apart |= {kind.opens, "amount"}
    said = []
    for key, value in measure.model_dump(exclude=apart, exclude_defaults=True).items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        said.append(f"{key} {TIERS[value] if key == 'tier' else shown}")
    return "; ".join(said)


def _with_iso_dates(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, dict):
        return {key: _with_iso_dates(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_with_iso_dates(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value
