"""Stages of national policy: on which days measures that name them are in force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from lazaretto.scenario import Problem, Scenario, did_you_mean
from lazaretto.scenario.nation import ManyCities, Stage


def in_stages(
    entry: dict[str, Any], stages: Sequence[Stage], start: date, end: date
) -> Iterator[dict[str, Any]]:
    """Yield a measure once for each stretch of days on which its stages hold."""
    named = entry.pop("stages", None)
    if named is None:
        yield entry
        return
    first = date.fromisoformat(str(entry["from"])) if "from" in entry else start
    last = date.fromisoformat(str(entry["to"])) if "to" in entry else end
    for number, (begins, ends) in enumerate(stretches(stages, named, start, end)):
        begin, stop = max(begins, first), min(ends, last)
        if begin > stop:
            continue
        placed = {**entry, "from": begin.isoformat(), "to": stop.isoformat()}
        if number and "name" in entry:
            placed["name"] = f"{entry['name']}-{number + 1}"
        yield placed


def stretches(
    stages: Sequence[Stage], named: Sequence[str], start: date, end: date
) -> list[tuple[date, date]]:
    """Return the stretches of days, first and last, on which one of some stages holds.

    Parameters
    ----------
    stages
        All stages; each holds until the next begins.
    named
        Names of those that count.
    start, end
        First and last day of the run.
    """
    ordered = sorted(stages, key=lambda stage: stage.first or date.min)
    found: list[tuple[date, date]] = []
    for i, stage in enumerate(ordered):
        begins = max(stage.first or start, start)
        after = ordered[i + 1].first if i + 1 < len(ordered) else None
        ends = end if after is None else after - timedelta(days=1)
        if stage.name not in named or begins > ends:
            continue
        if found and found[-1][1] + timedelta(days=1) == begins:
            found[-1] = (found[-1][0], ends)
        else:
            found.append((begins, ends))
    return found


def stage_problems(scenario: Scenario, many: ManyCities) -> list[Problem]:
    """Return stages that are declared twice or never hold, and those named and not declared."""
    known = [stage.name for stage in many.stages]
    problems = list(_wrong_stages(many.stages, scenario.start, scenario.end))
    naming = [(f"measures.{i}", entry.stages) for i, entry in enumerate(scenario.measures)]
    naming += [(f"nation.own.{i}", own.stages) for i, own in enumerate(many.own)]
    allowed = "one of nation.stages: " + (", ".join(known) or "none are declared")
    for at, names in naming:
        for j, name in enumerate(names or []):
            if name not in known:
                advice = did_you_mean(name, known, "declare it under nation.stages")
                problems.append(Problem(f"{at}.stages.{j}", name, allowed, advice))
    return problems


def _wrong_stages(stages: Sequence[Stage], start: date, end: date) -> Iterator[Problem]:
    names = [stage.name for stage in stages]
    begun = [stage.first or start for stage in stages]
    for i, stage in enumerate(stages):
        at = f"nation.stages.{i}"
        if stage.name in names[:i]:
            yield Problem(f"{at}.name", stage.name, "each name once", "give it another name")
        if begun[i] in begun[:i]:
            advice = "give it a from: of its own; one without begins with the run"
            yield Problem(f"{at}.from", str(begun[i]), "each date once", advice)
        if i and begun[i] < max(begun[:i]):
            allowed = "stages in the order of their dates"
            yield Problem(f"{at}.from", str(begun[i]), allowed, "put it where it belongs")
        if begun[i] > end:
            allowed = f"a day up to {end}, the last of the run"
            yield Problem(f"{at}.from", str(begun[i]), allowed, "move it, or leave the stage out")
