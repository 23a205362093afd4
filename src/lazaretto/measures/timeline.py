"""The policy of a scenario by date: what is in force when, why, and what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from lazaretto.measures.contradictions import opened, taken
from lazaretto.measures.measure import Measure
from lazaretto.scenario import Resource, Scenario
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
    amount: int


@dataclass(frozen=True)
class ResourceLine:
    """One resource of a policy: its steps, and the measures that take from it or add to it."""

    name: str
    unit: str
    steps: list[Step]
    taken_by: list[str]
    opened_by: list[str]

    @property
    def arrives(self) -> bool:
        """Return whether its amounts add up, as courses of treatment do."""
        return self.unit == COURSES

    def amount_on(self, day: date) -> int:
        """Return how much there is on a day; of courses, how many have arrived by then."""
        past = [step.amount for step in self.steps if step.first <= day]
        return sum(past) if self.arrives else (past[-1] if past else 0)


@dataclass(frozen=True)
class Timeline:
    """The policy of a scenario: measures by date, resources, and what a reader should know."""

    measures: list[MeasureLine]
    resources: list[ResourceLine]
    notes: list[str]

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
    return Timeline(ordered, resources, list(_notes(scenario, ordered, resources)))


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
        steps=[
            Step(opening.first or scenario.start, int(opening.amount))
            for opening in resource.opened
        ],
        taken_by=[
            line.name
            for measure, line in named
            if resource.name in [stock for _, stock, _ in taken(measure)]
        ],
        opened_by=[line.name for measure, line in named if opened(measure) == resource.name],
    )


def _notes(
    scenario: Scenario, lines: Sequence[MeasureLine], resources: Sequence[ResourceLine]
) -> list[str]:
    never = [line.name for line in lines if not line.runs(scenario.start, scenario.end)]
    idle = [line.name for line in resources if not line.taken_by]
    closed = [
        line.name
        for line in resources
        if not line.opened_by
        and not any(step.amount and step.first <= scenario.end for step in line.steps)
    ]
    said = [
        ("Never in force in these days", never),
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
