"""What cannot work in a policy: stocks that are never there, triggers that can never fire."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from lazaretto.measures.conditions import Cases, DateReached, FoundInCommunity
from lazaretto.measures.levels import LEVELS
from lazaretto.measures.logic import Claim, implies, impossible
from lazaretto.measures.measure import Measure
from lazaretto.measures.stocks import BEDS
from lazaretto.measures.triggers import Trigger
from lazaretto.scenario import Problem, did_you_mean, one_of
from lazaretto.scenario.resources import COURSES, Resource

FINER_THAN_DISTRICTS = LEVELS[2:]

WAITED_FOR = ("tubes/day", "visits/day", "tracers", BEDS)
"""Units of the stocks for which it is counted who waits."""


class Policy(NamedTuple):
    """The measures and resources of a scenario, as far as they could be read.

    Parameters
    ----------
    start, end
        First and last day of the run.
    measures
        Key of each measure that could be read (``measures.3``), and the measure.
    complete
        Whether all measures could be read; if not, none is missed.
    resources
        The resources, None if one of them could not be read.
    """

    start: date
    end: date
    measures: Sequence[tuple[str, Measure]]
    complete: bool
    resources: Sequence[Resource] | None

    def last_day(self, measure: Measure) -> date:
        """Return the last day of the run on which a measure may be in force."""
        return min(measure.last or self.end, self.end)

    def runs(self, measure: Measure) -> bool:
        """Return whether a measure is in force on any day of the run."""
        return max(measure.first or self.start, self.start) <= self.last_day(measure)

    def resource(self, name: str) -> Resource | None:
        """Return the resource of a name, None if there is none."""
        return next((each for each in self.resources or () if each.name == name), None)


def taken(measure: Measure) -> list[tuple[str, str, str]]:
    """Return (field, stock, unit needed) of every stock that a measure takes from."""
    found = []
    for name, unit in type(measure).takes.items():
        named = getattr(measure, name, None) or []
        stocks = [named] if isinstance(named, str) else named
        for i, stock in enumerate(stocks):
            found.append((name if isinstance(named, str) else f"{name}.{i}", stock, unit))
    return found


def opened(measure: Measure) -> str | None:
    """Return the stock that a measure adds to, None if it adds to none."""
    field = type(measure).opens
    return getattr(measure, field) if field else None


def contradictions(policy: Policy) -> list[Problem]:
    """Return what cannot work in a policy, each with what to do about it."""
    able = _able_to_fire(policy)
    problems: list[Problem] = list(_beds_taken_twice(policy))
    for key, measure in policy.measures:
        if policy.resources is not None:
            problems += _stock_problems(policy, key, measure)
        if measure.when is not None:
            problems += _trigger_problems(policy, f"{key}.when", measure, measure.when, able)
    return problems


def _beds_taken_twice(policy: Policy) -> Iterator[Problem]:
    """Yield beds that are named both for isolation and for the severely ill."""
    apart = {
        stock
        for _, measure in policy.measures
        for field, stock, unit in taken(measure)
        if unit == BEDS and field.startswith("beds")
    }
    for key, measure in policy.measures:
        for field, stock, unit in taken(measure):
            if unit == BEDS and not field.startswith("beds") and stock in apart:
                yield Problem(
                    f"{key}.{field}",
                    stock,
                    "beds that no isolation or quarantine takes",
                    "declare a stock of its own for the severely ill in resources:",
                )


def never_opened(policy: Policy, measure: Measure, stock: Resource) -> bool:
    """Return whether a stock is empty as long as a measure lasts.

    A stock that opens after the end of the run is none of these, so that a run can be cut short.
    """
    first = max(measure.first or policy.start, policy.start)
    last = measure.last or date.max
    later = [step for step in stock.opened if step.first is not None and first < step.first <= last]
    if stock.amount_on(first) or any(step.amount > 0 for step in later):
        return False
    if stock.unit == COURSES and stock.amount_before(first):
        return False
    return not any(
        opened(other) == stock.name
        and (other.first or date.min) <= last
        and (other.last or date.max) >= first
        for _, other in policy.measures
    )


def _stock_problems(policy: Policy, key: str, measure: Measure) -> Iterator[Problem]:
    added = opened(measure)
    if added is not None and policy.resource(added) is None:
        yield _no_such_stock(policy, f"{key}.{type(measure).opens}", added)
    for field, name, unit in taken(measure):
        at, stock = f"{key}.{field}", policy.resource(name)
        if stock is None:
            yield _no_such_stock(policy, at, name, unit)
        elif stock.unit != unit:
            yield Problem(
                at,
                f"{name}, which is counted in {stock.unit}",
                f"a stock of {unit}",
                _stocks_of_unit(policy, unit) or f"declare one with unit: {unit} in resources:",
            )
        elif policy.complete and never_opened(policy, measure, stock):
            last = f" by {measure.last}" if measure.last else ""
            yield Problem(
                at,
                f"{name}, of which there is none while the measure is in force",
                f"a stock that is opened{last}",
                f"open it in resources: by then, or leave out {field.partition('.')[0]}: "
                "where there is no limit",
            )
    for field, name in measure.when.stocks() if measure.when is not None else ():
        at, stock = f"{key}.when.{field}", policy.resource(name)
        named = at.replace("stock.waiting", "stock.name")
        if stock is None:
            yield _no_such_stock(policy, named, name)
        elif field.endswith("patients.of"):
            if stock.unit != BEDS:
                advice = (
                    _stocks_of_unit(policy, BEDS) or "declare one with unit: beds in resources:"
                )
                given = f"{name}, which is counted in {stock.unit}"
                yield Problem(at, given, "a stock of beds", advice)
        elif field.endswith("stock.waiting") and stock.unit not in WAITED_FOR:
            allowed = f"a stock of {', '.join(WAITED_FOR[:-1])} or {WAITED_FOR[-1]}"
            advice = "nothing waits for it: write used:, a share of it, in place of waiting:"
            yield Problem(at, f"{name}, which is counted in {stock.unit}", allowed, advice)
        elif policy.complete and not _takers(policy, name):
            allowed = "a stock that some measure takes from"
            yield Problem(named, name, allowed, "name it in the measure that takes from it")


def _no_such_stock(policy: Policy, key: str, name: str, unit: str = "") -> Problem:
    known = [stock.name for stock in policy.resources or ()]
    allowed = one_of(known) if known else "a stock of resources:; none is declared"
    declare = f"declare it in resources:, with unit: {unit or 'its unit'}"
    return Problem(key, name, allowed, did_you_mean(name, known, declare))


def _stocks_of_unit(policy: Policy, unit: str) -> str | None:
    names = [stock.name for stock in policy.resources or () if stock.unit == unit]
    return f"name {' or '.join(names)}" if names else None


def _takers(policy: Policy, stock: str) -> list[Measure]:
    return [
        measure
        for _, measure in policy.measures
        if policy.runs(measure) and stock in [name for _, name, _ in taken(measure)]
    ]


def _trigger_problems(
    policy: Policy, key: str, measure: Measure, trigger: Trigger, able: list[Measure]
) -> Iterator[Problem]:
    if trigger.level in FINER_THAN_DISTRICTS and type(measure).acts_on != "compounds":
        yield Problem(
            f"{key}.level",
            trigger.level,
            f"{' or '.join(LEVELS[:2])}: this measure does not tell apart smaller places",
            "write level: district",
        )
    if not policy.runs(measure):
        return  # it is shown as never in force
    why = impossible(trigger.on.statement(), _never(policy, measure, able))
    if why is not None:
        yield Problem(f"{key}.on", trigger.said(), "what can be observed", why)
    elif implies(trigger.on.statement(), trigger.ending()):
        yield Problem(
            f"{key}.off",
            trigger.said(),
            "what does not hold already where the measure begins",
            "off ends it before it begins: lower its threshold, put not: before it, or leave it "
            "out to end as soon as what began it holds no more",
        )


def _never(policy: Policy, measure: Measure, able: list[Measure]) -> Callable[[Claim], str | None]:
    """Return what says why a fact can never be observed while a measure may be in force."""

    def why(claim: Claim) -> str | None:
        fact = claim.fact
        last = policy.last_day(measure)
        if isinstance(fact, DateReached):
            if not claim.negated and fact.day > last:
                return f"it can never begin: it ends on {last}; write an earlier date"
            first = max(measure.first or policy.start, policy.start)
            if claim.negated and fact.day <= first:
                return f"it can never begin: it is in force from {first}; write a later date"
        if isinstance(fact, Cases | FoundInCommunity) and not claim.negated and policy.complete:
            finding = [
                other for other in able if type(other).finds_infected and other.finds_first_cases
            ]
            if not any((other.first or policy.start) <= last for other in finding):
                return (
                    "it can never begin: no other measure finds cases by then; add one, as "
                    "symptomatic_testing"
                )
        return None

    return why


def _able_to_fire(policy: Policy) -> list[Measure]:
    """Return the measures that can be in force, those without a trigger first."""
    running = [measure for _, measure in policy.measures if policy.runs(measure)]
    able = [measure for measure in running if measure.when is None]
    while True:
        more = [
            measure
            for measure in running
            if measure.when is not None
            and not any(measure is other for other in able)
            and impossible(measure.when.on.statement(), _never(policy, measure, able)) is None
        ]
        if not more:
            return able
        able += more
