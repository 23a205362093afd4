"""Which conclusions an assumed number flips within its range: the row "not known" of the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lazaretto.provenance import Figure
from lazaretto.scenario import Problem, Scenario, ScenarioError, did_you_mean, one_of
from lazaretto.studies.comparable import condition_problem
from lazaretto.studies.conclusions import Happened, Judged, conclusions, findings, holds, sure
from lazaretto.studies.labels import label
from lazaretto.studies.levers import is_condition
from lazaretto.studies.pairs import How, Pair

OPTION = "--flip"


class Range(NamedTuple):
    """A number that is examined, and its range.

    Parameters
    ----------
    key
        Its key, as in ``--set``.
    figure
        The number with its range.
    """

    key: str
    figure: Figure


class End(NamedTuple):
    """Both policies at one end of the range of a number.

    Parameters
    ----------
    of, end, value
        The number, ``low`` or ``high``, and its value there.
    pair
        The two policies.
    """

    of: Range
    end: str
    value: float
    pair: Pair


class Flip(NamedTuple):
    """What one end of the range of a number does to the conclusions.

    Parameters
    ----------
    key, end, value, unit
        The number, ``low`` or ``high``, and its value there.
    flipped
        Conclusions that hold there and not as configured, or the other way round, each with what
        it becomes.
    """

    key: str
    end: str
    value: float
    unit: str
    flipped: tuple[str, ...]

    @property
    def words(self) -> str:
        """Return the number and its value in words."""
        return f"{self.key} at {self.value:g}"


def ranges(pair: Pair, keys: Sequence[str]) -> list[Range]:
    """Return the numbers that are examined.

    Parameters
    ----------
    pair
        The two policies.
    keys
        Keys of numbers of the policy that have a range.

    Raises
    ------
    ScenarioError
        For a condition of the society under study, which no study may search; an unknown key; a
        number without a range.
    """
    known = dict(pair.policy.figures())
    ranged = [
        key for key, figure in known.items()
        if figure.low is not None and figure.high is not None and not is_condition(key)
    ]  # fmt: skip
    problems, found = [], []
    for key in dict.fromkeys(keys):
        if is_condition(key):
            problems.append(condition_problem(OPTION, key))
        elif key not in ranged and (given := _without_range(pair.policy, key, known)) is not None:
            problems.append(given)
        elif key not in known:
            sections = list(dict.fromkeys(each.partition(".")[0] for each in ranged))
            allowed = f"the key of a number with a range, in {one_of(sections)}"
            otherwise = "write it as in the table of assumptions of the report"
            if key.startswith("behaviour") and pair.policy.behaviour is None:
                otherwise = "give the scenario behaviour: {}, or use --structures"
            problems.append(Problem(OPTION, key, allowed, did_you_mean(key, ranged, otherwise)))
        elif not _same_in_both(pair, key):
            allowed = "a number that has the same key in both policies"
            advice = "name the measure or the stock in the scenario, and use its name in the key"
            problems.append(Problem(OPTION, key, allowed, advice))
        else:
            found.append(Range(key, known[key]))
    if problems:
        raise ScenarioError(problems)
    return found


def flips(
    pair: Pair,
    examined: Sequence[Range],
    configured: Mapping[str, Happened],
    by: Judged,
    how: How,
) -> list[Flip]:
    """Run both policies at the low and the high end of each number.

    Parameters
    ----------
    pair
        The two policies.
    examined
        The numbers, see `ranges`.
    configured
        In which pairs of runs each conclusion holds as configured.
    by
        What conclusions are judged by.
    how
        How runs are made.
    """
    found = []
    numbers = list(dict.fromkeys(examined))
    for each in ends(pair, examined):
        number = numbers.index(each.of) + 1
        said = f"{each.of.key}={each.value:g}"
        of = f"number {number} of {len(numbers)}, {each.of.key} at {each.value:g}"
        policy, less = how.run_pair(each.pair, of, said, pair.policy.name)
        there = conclusions(policy.results, less.results, by)
        unit, flipped = each.of.figure.unit, _flipped(configured, there, by.effective)
        found.append(Flip(each.of.key, each.end, each.value, unit, flipped))
    return found


def ends(pair: Pair, examined: Sequence[Range]) -> Iterator[End]:
    """Yield both policies at the low and the high end of each number.

    Parameters
    ----------
    pair, examined
        As for `flips`.
    """
    for each in examined:
        for end, value in (("low", each.figure.low), ("high", each.figure.high)):
            if value is not None:
                yield End(each, end, value, _at(pair, each.key, end, value))


def said_of(found: Sequence[Flip]) -> list[str]:
    """Return what flips a conclusion, in words for the row "not known" of the table."""
    return [flip.words for flip in found if flip.flipped]


def _without_range(policy: Scenario, key: str, known: Mapping[str, Figure]) -> Problem | None:
    """Return what is said of a number that has no range, None if there is no such number."""
    written, name = key, ""
    head, _, rest = key.partition(".")
    kind, _, parameter = rest.partition(".")
    if key not in known and head == "measures" and parameter:
        alike = [i for i, entry in enumerate(policy.measures) if entry.measure == kind]
        written = next((each for i in alike if (each := f"measures.{i}.{parameter}") in known), key)
        name = "; a measure is called by its name or, as here, its number" if alike else ""
    if written not in known:
        return None
    figure = known[written]
    if figure.low is not None and figure.high is not None:
        return Problem(OPTION, key, f"the key of a number, here {written}", f"write {written}")
    advice = (
        f"give it a range: --set '{written}={{value: {figure.value:g}, low: LOW, high: HIGH, "
        f"source: WHERE FROM}}', or write so in the scenario{name}"
    )
    return Problem(OPTION, key, "a number with low: and high:", advice)


def _same_in_both(pair: Pair, key: str) -> bool:
    """Return whether a key means the same number in both: entries are counted, or named."""
    head, *rest = key.split(".")
    counted = any(part.isdigit() for part in rest)
    return not counted or getattr(pair.policy, head) == getattr(pair.less, head)


def _at(pair: Pair, key: str, end: str, value: float) -> Pair:
    whole = int(value) if float(value).is_integer() else value
    said = label(f"{key} {end}")

    def there(scenario: Scenario) -> Scenario:
        # A number of a measure that the less restrictive policy lacks is varied in the other only.
        has = key in dict(scenario.figures())
        return scenario.varied(said, {value_key(scenario, key): whole} if has else {})

    return Pair(there(pair.policy), there(pair.less), *pair.described())


def value_key(scenario: Scenario, key: str) -> str:
    """Return the key of the value of a number alone: unit, source and range stay as they are.

    The key itself where the number is not written.

    Parameters
    ----------
    scenario, key
        The scenario and the key of the number, as in ``--set``.
    """
    at: object = scenario.resolved()
    for part in key.split("."):
        if isinstance(at, list):
            names = [entry.get("name") for entry in at]
            at = at[names.index(part) if part in names else int(part)]
        elif isinstance(at, Mapping):
            at = at.get(part)
    return f"{key}.value" if isinstance(at, Mapping) else key


def _flipped(
    configured: Mapping[str, Happened], there: Mapping[str, Happened], effective: float
) -> tuple[str, ...]:
    before = {
        each.statement: each.chances[""] for each in findings({"": configured}, effective=effective)
    }
    after = {
        each.statement: each.chances[""] for each in findings({"": there}, effective=effective)
    }
    return tuple(
        f"{statement}: {'holds' if holds(after[statement]) else 'does not hold'}"
        + ("" if sure(was) and sure(after[statement]) else " (too few runs to be sure)")
        for statement, was in before.items()
        if statement in after and holds(was) != holds(after[statement])
    )
