"""Which conclusions an assumed number flips within its range: the row "not known" of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lazaretto.provenance import Figure
from lazaretto.scenario import Problem, Scenario, ScenarioError, did_you_mean, one_of
from lazaretto.studies.conclusions import Happened, Judged, conclusions, findings, holds
from lazaretto.studies.levers import is_condition
from lazaretto.studies.pairs import How, Pair, condition_problem

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
        elif key not in known:
            sections = list(dict.fromkeys(each.partition(".")[0] for each in ranged))
            allowed = f"the key of a number with a range, in {one_of(sections)}"
            otherwise = "write it as in the table of assumptions of the report"
            if key.startswith("behaviour") and pair.policy.behaviour is None:
                otherwise = "give the scenario behaviour: {}, or use --structures"
            problems.append(Problem(OPTION, key, allowed, did_you_mean(key, ranged, otherwise)))
        elif key not in ranged:
            allowed = "a number with low: and high:"
            advice = "write it with its range in the scenario: {value:, low:, high:, source:}"
            problems.append(Problem(OPTION, key, allowed, advice))
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
    for number, (key, figure) in enumerate(examined, 1):
        for end, value in (("low", figure.low), ("high", figure.high)):
            if value is None:
                continue
            of = f"number {number} of {len(examined)}, {key} at {value:g}"
            policy, less = how.run_pair(
                _at(pair, key, end, value), of, f"{key}={value:g}", pair.policy.name
            )
            there = conclusions(policy.results, less.results, by)
            found.append(Flip(key, end, value, figure.unit, _flipped(configured, there)))
    return found


def said_of(found: Sequence[Flip]) -> list[str]:
    """Return what flips a conclusion, in words for the row "not known" of the table."""
    return [flip.words for flip in found if flip.flipped]


def _same_in_both(pair: Pair, key: str) -> bool:
    """Return whether a key means the same number in both: entries are counted, or named."""
    head, *rest = key.split(".")
    counted = any(part.isdigit() for part in rest)
    return not counted or getattr(pair.policy, head) == getattr(pair.less, head)


def _at(pair: Pair, key: str, end: str, value: float) -> Pair:
    whole = int(value) if float(value).is_integer() else value
    said = f"{key} {end}"

    def there(scenario: Scenario) -> Scenario:
        # A number of a measure that the less restrictive policy lacks is varied in the other only.
        has = key in dict(scenario.figures())
        return scenario.varied(said, {_written(scenario, key): whole} if has else {})

    return Pair(there(pair.policy), there(pair.less))


def _written(scenario: Scenario, key: str) -> str:
    """Return the key of the value alone, so that unit, source and range stay as they are."""
    at: object = scenario.resolved()
    for part in key.split("."):
        if isinstance(at, list):
            names = [entry.get("name") for entry in at]
            at = at[names.index(part) if part in names else int(part)]
        elif isinstance(at, Mapping):
            at = at[part]
    return f"{key}.value" if isinstance(at, Mapping) else key


def _flipped(configured: Mapping[str, Happened], there: Mapping[str, Happened]) -> tuple[str, ...]:
    before = {each.statement: holds(*each.chances.values()) for each in findings({"": configured})}
    after = {each.statement: holds(*each.chances.values()) for each in findings({"": there})}
    return tuple(
        f"{statement}: {'holds' if after[statement] else 'does not hold'}"
        for statement in before
        if statement in after and before[statement] != after[statement]
    )
