"""What a search for better policies may change, and why anything else is refused.

Only what `lazaretto.studies.levers` lists: support, care, testing, tracing and vaccination freely;
what confines people only to lighter, shorter, for fewer, or on other dates. Everything that is not
named there is refused, conditions of the society under study first of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from lazaretto.measures import Measure, known_measures
from lazaretto.scenario import Problem, Scenario, did_you_mean, one_of, shown
from lazaretto.scenario.reading import fields_of
from lazaretto.scenario.units import unit_of
from lazaretto.studies.comparable import condition_problem
from lazaretto.studies.levers import CONDITION_WORDS, LIGHTER, WITHOUT_CONFINING, is_condition
from lazaretto.words import TIERS

WHERE = "levers"

FROM, TO, LENGTH = "from", "to", "length"
"""Dates of a measure; its length in days is none of its keys, but sets ``to``."""

NOT_SET = (
    "name", "when", "stages", "labs", "clinics", "courses", "tracers", "ward", "icu", "seats",
    "stock", "doses", "ages", "uptake", "rounds", "layers",
)  # fmt: skip
"""Parameters of measures that are no levers: they say what a measure is made of."""

NOT_DECIDED = (
    "crowding", "background", "participation", "worse", "absence", "efficacy", "specificity",
    "contacts",
)  # fmt: skip
"""Nor are these: nature and people decide them; a search would only wish the world better."""

NOT_DECIDED_IN = {"symptomatic_testing": ("share", "delay_days")}
"""Likewise, of one kind: who comes to be tested, and when. Clinics, laboratories and the time to a
result are decided."""

LESS_IS_LIGHTER = ("tier", "sealed_days", "monitored_days", "building_days", "neighbourhood_days",
                   "monitored_tier", "otherwise", "least_days", "longest_days", "days", "negatives",
                   LENGTH)  # fmt: skip
MORE_IS_LIGHTER = ("factor", "essential", "with_parent")

HOME = "beds"
"""Parameter of which only the beds as they are and none, which is a stay at home, may be chosen."""

ELSEWHERE = (
    "measures.NAME.PARAMETER of support, care, testing, tracing, vaccination, or, to lighter and "
    "shorter only, of confinement; resources.NAME.opened.NUMBER.amount; "
    "vaccination.doses.NUMBER.share"
)


class Target(NamedTuple):
    """What a lever sets.

    Parameters
    ----------
    section, entry
        Section of the scenario and the number of the entry in it.
    key
        The key to set, as in ``--set``, with numbers for entries.
    parameter
        The parameter of a measure, or what is set elsewhere.
    unit
        Its unit; empty if it has none.
    measure
        The measure, if it is one.
    confines
        Whether it may only become lighter.
    """

    section: str
    entry: int
    key: str
    parameter: str
    unit: str
    measure: Measure | None = None
    confines: bool = False


def target_of(scenario: Scenario, measures: Sequence[Measure], key: str) -> Target | Problem:
    """Return what a key sets, or why no study may search over it.

    Parameters
    ----------
    scenario, measures
        The scenario and its measures, in the same order.
    key
        As in ``--set``; a measure by its name, its number, or its kind if there is one of it.
    """
    parts = [part.strip() for part in str(key).split(".")]
    if is_condition(".".join(parts)) or CONDITION_WORDS.search(str(key)):
        return condition_problem(f"{WHERE}: {key}", str(key))
    if parts[0] == "measures" and len(parts) == 3:
        return _of_measure(scenario, measures, key, parts[1], parts[2])
    if parts[0] == "resources" and len(parts) == 5 and parts[2::2] == ["opened", "amount"]:
        return _of_stock(scenario, key, parts[1], parts[3])
    doses = [] if scenario.vaccination is None else scenario.vaccination.doses
    if parts[:2] == ["vaccination", "doses"] and parts[3:] == ["share"]:
        if parts[2].isdigit() and int(parts[2]) < len(doses):
            return Target("vaccination", int(parts[2]), ".".join(parts), "share", "share")
        return Problem(WHERE, shown(key), f"doses 0 to {len(doses) - 1}", "name one that exists")
    return Problem(WHERE, shown(key), ELSEWHERE, "leave it out; no study searches over it")


def lighter_problem(target: Target, scenario: Scenario, values: Sequence[Any]) -> Problem | None:
    """Return what is wrong if a confining measure could become stricter, None if it cannot.

    Parameters
    ----------
    target
        What is set.
    scenario
        The scenario.
    values
        All values it may be given.
    """
    measure, name = target.measure, target.parameter
    if measure is None or not target.confines or name == FROM:
        return None
    own: Any
    if name == LENGTH:
        own = (last_of(measure, scenario) - first_of(measure, scenario)).days + 1
    elif name == TO:
        own = last_of(measure, scenario)
    else:
        own = _own(measure, name)
    said = f"{WHERE}: {target.key}"
    if own is None:
        advice = f"write {name}: in the scenario, so that it is known what is lighter"
        return Problem(said, shown(values[0]), "a parameter that the scenario gives", advice)
    tiers = target.unit == "tier"
    fits = _is_tier if tiers else partial(_like, own=own)
    odd = [each for each in values if not fits(each)]
    if odd and name in (*LESS_IS_LIGHTER, *MORE_IS_LIGHTER, TO):
        allowed = one_of(TIERS) if tiers else f"values such as {shown(own)}, the scenario's"
        advice = did_you_mean(str(odd[0]), TIERS if tiers else (), "write it so")
        return Problem(said, shown(odd[0]), allowed, advice)
    if name in (*LESS_IS_LIGHTER, TO):
        wrong = [each for each in values if _rank(each) > _rank(own)]
    elif name in MORE_IS_LIGHTER:
        wrong = [each for each in values if _rank(each) < _rank(own)]
    elif name == HOME:
        wrong = [each for each in values if each not in ([], own)]
    else:
        wrong = [each for each in values if not _fewer(each, own)]
    if not wrong:
        return None
    allowed = f"nothing stricter than in the scenario, where it is {shown(own)}"
    return Problem(said, shown(wrong[0]), allowed, "a search may only make confinement lighter")


def first_of(measure: Measure, scenario: Scenario) -> date:
    """Return the first day of a measure."""
    return measure.first or scenario.start


def last_of(measure: Measure, scenario: Scenario) -> date:
    """Return the last day of a measure."""
    return min(measure.last or scenario.end, scenario.end)


def _of_measure(
    scenario: Scenario, measures: Sequence[Measure], key: str, called: str, name: str
) -> Target | Problem:
    numbers = [
        i for i, entry in enumerate(scenario.measures)
        if called in (str(i), entry.name)
    ] or [i for i, entry in enumerate(scenario.measures) if entry.measure == called]  # fmt: skip
    if len(numbers) != 1:
        known = [entry.name or str(i) for i, entry in enumerate(scenario.measures)]
        advice = did_you_mean(called, known, "name a measure of the scenario")
        if numbers:
            advice = f"there are {len(numbers)} of this kind: name one"
        return Problem(WHERE, shown(key), f"a measure, {one_of(known)}", advice)
    entry, number = scenario.measures[numbers[0]], numbers[0]
    kind = known_measures().get(entry.measure)
    if is_condition(f"measures.{entry.name or number}.{name}") or is_condition(entry.measure):
        return condition_problem(f"{WHERE}: {key}", f"{entry.measure} {entry.name or ''}".strip())
    if kind is None:
        allowed = "a measure that comes with Lazaretto: of one's own nobody knows what it does"
        return Problem(WHERE, shown(key), allowed, "leave it out; it stays as it is")
    fields = fields_of(kind)
    free = entry.measure in WITHOUT_CONFINING
    ways = (*LESS_IS_LIGHTER, *MORE_IS_LIGHTER, FROM, TO, HOME, "areas")
    people = NOT_DECIDED_IN.get(entry.measure, ())
    names = (
        [each for each in fields if each not in (*NOT_SET, *NOT_DECIDED, *people)]
        if free
        else [each for each in LIGHTER.get(entry.measure, ()) if each in ways]
    )
    names = [*names, *([LENGTH] if names else [])]
    if name not in names:
        allowed = f"of {entry.measure} {one_of(names)}" if names else ELSEWHERE
        return Problem(WHERE, shown(key), allowed, did_you_mean(name, names, "leave it out"))
    if name in (FROM, TO):
        unit = "date"
    else:
        unit = "days" if name == LENGTH else unit_of(fields[name]) or ""
    if name in ("monitored_tier", "otherwise"):
        unit = "tier"
    at = f"measures.{number}.{name}"
    return Target("measures", number, at, name, unit, measures[number], not free)


def _of_stock(scenario: Scenario, key: str, called: str, opening: str) -> Target | Problem:
    names = [stock.name for stock in scenario.resources]
    number = int(called) if called.isdigit() else names.index(called) if called in names else -1
    if not 0 <= number < len(names):
        advice = did_you_mean(called, names, "name a stock of the scenario")
        return Problem(WHERE, shown(key), one_of(names) if names else "a stock", advice)
    stock = scenario.resources[number]
    if is_condition(f"resources.{stock.name}"):
        return condition_problem(f"{WHERE}: {key}", stock.name)
    own = [each.measure for each in scenario.measures if ":" in each.measure
           and stock.name in str(each.model_extra)]  # fmt: skip
    if own:
        allowed = f"a stock that no measure of one's own takes from; {own[0]} does"
        return Problem(WHERE, shown(key), allowed, "leave it out; it stays as it is")
    if not (opening.isdigit() and int(opening) < len(stock.opened)):
        allowed = f"openings 0 to {len(stock.opened) - 1} of {stock.name}"
        return Problem(WHERE, shown(key), allowed, "name one that exists")
    at = f"resources.{number}.opened.{opening}.amount"
    return Target("resources", number, at, "amount", stock.unit)


def _own(measure: Measure, name: str) -> Any:  # noqa: ANN401 - any parameter
    field = next((n for n, f in type(measure).model_fields.items() if name in (n, f.alias)), name)
    return getattr(measure, field)


def _is_tier(value: object) -> bool:
    """Return whether a value is a tier, by its word or its number."""
    return value in TIERS or value in range(len(TIERS))


def _like(value: object, own: object) -> bool:
    """Return whether a value can be compared with the scenario's own."""
    return isinstance(value, int | float if isinstance(own, int | float) else type(own))


def _rank(value: Any) -> Any:  # noqa: ANN401 - any value that has an order
    return TIERS.index(value) if isinstance(value, str) and value in TIERS else value


def _fewer(areas: object, own: object) -> bool:
    """Return whether areas are all among the measure's own."""
    return own == "all" or (
        isinstance(areas, list) and isinstance(own, list) and set(areas) <= set(own)
    )
