"""The levers at work: from a scenario and what is asked to the policy that is run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from lazaretto.disease import variant
from lazaretto.nation.checked import checked_policy
from lazaretto.scenario import Problem, Scenario, ScenarioError, as_date
from lazaretto.scenario.aim import still_judged
from lazaretto.scenario.posterior import set_by_hand
from lazaretto.scenario.resources import BEDS
from lazaretto.web.asked import Asked
from lazaretto.web.controls import SUPPORT, Control, controls_of
from lazaretto.web.taken import refuse_files
from lazaretto.words import TIERS

STOCK_UNITS = {"laboratories": ("tubes/day",), "tracers": ("tracers",), "beds": (BEDS,)}
"""Units of the stocks that each lever multiplies."""

NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

BORDER = {"passengers": 150, "share": 0.01}
"""What a border that the scenario lacks is given besides; assumed."""


def policy_asked(asked: Asked, scenario: Scenario) -> Scenario:
    """Return the scenario with its levers moved, checked with all its measures.

    Parameters
    ----------
    asked
        What is asked.
    scenario
        The scenario it names, as it is.

    Raises
    ------
    ScenarioError
        With every problem at once.
    """
    known = {control.name: control for control in controls_of(scenario)}
    values, problems = _values(asked.levers, known)
    written = scenario.resolved()
    entries: list[dict[str, Any]] = written.get("measures", [])
    names = [each.get("name") or str(i) for i, each in enumerate(entries)]
    for each in asked.off:
        if each not in names:
            allowed = f"a measure of {scenario.name}: {', '.join(names) or 'it has none'}"
            problems.append(Problem("off", each, allowed, "name one of them, or leave it out"))
    if problems:
        raise ScenarioError(problems)
    changed = _moved(written, values)
    own = _pairs(asked.changes)
    twice = [key for key, _ in own if sum(other == key for other, _ in own) > 1]
    if twice:
        raise ScenarioError([Problem("set", key, "every key once", "leave one out")
                             for key in dict.fromkeys(twice)])  # fmt: skip
    overrides = changed | dict(own)
    less = _less_restrictive(written, values, asked.off)
    written = {key: part for key, part in written.items() if key != "less_restrictive"}
    written |= {} if less is None else {"less_restrictive": less}
    if values.get("disease") not in (None, scenario.disease) and not any(
        key.partition(".")[0] == "r0" for key in overrides
    ):
        overrides["r0"] = float(variant(str(values["disease"])).r0.value)
    made = type(scenario).from_mapping(written, overrides)
    gone = {i for i, name in enumerate(names) if name in asked.off}
    if values.get("screening") == "none":
        gone |= {i for i, each in enumerate(entries) if _regular_screening(each)}
    whole = made.resolved()
    left = [each for i, each in enumerate(whole["measures"]) if i not in gone]
    added = _added(left, values, made)
    if gone or added:
        other = {**whole, "measures": [*left, *added]}
        made = type(scenario).from_mapping(set_by_hand(whole, still_judged(whole, other), []))
    made._folder = scenario.folder
    refuse_files(made, scenario)
    checked_policy(made)
    return made


def _values(
    given: Mapping[str, str], known: Mapping[str, Control]
) -> tuple[dict[str, object], list[Problem]]:
    """Return the value of each lever that was moved, and what cannot be read."""
    values: dict[str, object] = {}
    problems = []
    for name, text in given.items():
        control = known.get(name)
        if control is None:
            allowed = f"a lever of this scenario: {', '.join(known)}"
            problems.append(Problem(name, text, allowed, "leave it out"))
        elif control.kind == "number":
            number, whole = _float(text), control.step == 1
            outside = number is None or not control.low <= number <= control.high
            if outside or number is None or (whole and not number.is_integer()):
                allowed = f"{control.low:g} to {control.high:g} {control.unit}".strip()
                said = f"a whole number, {allowed}" if whole else allowed
                problems.append(Problem(name, text, said, "give a number in this range"))
            else:
                values[name] = number
        elif control.kind == "date":
            day = as_date(text) if DAY.fullmatch(text) else None
            if day is None:
                problems.append(Problem(name, text, "a date such as 2022-04-28", "give a date"))
            else:
                values[name] = day
        elif control.kind == "choice" and text not in dict(control.choices):
            allowed = f"one of {', '.join(dict(control.choices))}"
            problems.append(Problem(name, text, allowed, "choose one of them"))
        else:
            values[name] = text
    return values, problems


def _moved(written: Mapping[str, Any], values: Mapping[str, object]) -> dict[str, object]:
    """Return what the levers set, by key of the scenario as written."""
    found: dict[str, object] = {}
    for name in ("place", "disease", "r0"):
        if name in values:
            found[name] = values[name]
    for name in ("start", "end"):
        if name in values:
            found[name] = str(values[name])
    for i, entry in enumerate(written.get("measures", [])):
        kind, at = entry["measure"], f"measures.{i}"
        if "begin" in values and kind in ("lockdown", "close_workplaces") and entry.get("from"):
            found[f"{at}.from"] = _shifted(entry["from"], values["begin"])
        if "lift" in values and kind == "lockdown" and entry.get("to"):
            found[f"{at}.to"] = _shifted(entry["to"], values["lift"])
        if "tier" in values and kind == "lockdown":
            found[f"{at}.tier"] = values["tier"]
        if _regular_screening(entry) and values.get("screening") not in (None, "none"):
            found[f"{at}.interval_days"] = int(str(values["screening"]))
        if "parents" in values and kind == "isolation":
            found[f"{at}.with_parent"] = True
        for name, (word, key, _) in SUPPORT.items():
            if name in values and kind == word:
                found[f"{at}.{key}"] = _share(values[name])
        if "stay" in values and kind == "longest_stay":
            found[f"{at}.days"] = int(float(str(values["stay"])))
    for name, units in STOCK_UNITS.items():
        for i, stock in enumerate(written.get("resources", [])):
            for j, opened in enumerate(stock["opened"]):
                if name in values and stock["unit"] in units:
                    amount = opened["amount"]
                    plain = amount["value"] if isinstance(amount, Mapping) else amount
                    scaled = float(str(values[name])) * float(plain)
                    found[f"resources.{i}.opened.{j}.amount"] = round(scaled)
    return found | _border(written, values)


def _less_restrictive(
    written: Mapping[str, Any], values: Mapping[str, object], off: Sequence[str]
) -> dict[str, Any] | None:
    """Return the less restrictive policy as the levers leave it, None where it is none any more.

    Its dates move with those of the orders, for it is told from them: "two weeks' delay". Where its
    orders are no lighter than what a lever set, or what it leaves out is left out already, there is
    none.
    """
    given = written.get("less_restrictive")
    if given is None:
        return None
    entries = {each.get("name") or str(i): each for i, each in enumerate(written["measures"])}
    moved: dict[str, Any] = {}
    for key, value in (given.get("set") or {}).items():
        _, _, rest = str(key).partition("measures.")
        name, _, what = rest.partition(".")
        entry = entries.get(name)
        if name in off:
            return None
        shift = {"from": "begin", "to": "lift"}.get(what, "")
        order = entry is not None and entry["measure"] in ("lockdown", "close_workplaces")
        no_lighter = what == "tier" and "tier" in values
        if order and no_lighter and _level(value) >= _level(values["tier"]):
            return None
        moved[key] = _shifted(value, values[shift]) if order and shift in values else value
    without = [name for name in given.get("without") or [] if name not in off]
    if len(without) < len(given.get("without") or []):
        return None
    if values.get("tier") in ("open", "precaution") and any(
        entries.get(name, {}).get("measure") == "lockdown" for name in without
    ):
        return None
    return {**given, "set": moved, "without": without}


def _level(tier: object) -> int:
    return TIERS.index(str(tier)) if str(tier) in TIERS else int(str(tier))


def _border(written: Mapping[str, Any], values: Mapping[str, object]) -> dict[str, object]:
    if not {"flights", "infected", "arrivals"} & set(values):
        return {}
    found: dict[str, object] = {}
    if written.get("border") is None:
        found["border.flights_per_week"] = 0
        found["border.passengers"] = BORDER["passengers"]
        found["border.prevalence"] = [{"share": BORDER["share"]}]
    if "flights" in values:
        found["border.flights_per_week"] = values["flights"]
    if "infected" in values:
        found["border.prevalence"] = [{"share": _share(values["infected"])}]
    if "arrivals" in values:
        found["border.quarantine"] = [{"protocol": values["arrivals"]}]
    return found


def _added(
    entries: Sequence[Mapping[str, Any]], values: Mapping[str, object], made: Scenario
) -> list[dict[str, Any]]:
    """Return the measures of support that the scenario lacks and a lever asks for."""
    kinds = {entry["measure"] for entry in entries}
    confined = [as_date(each["from"]) for each in entries
                if each["measure"] in ("lockdown", "zones") and each.get("from")]  # fmt: skip
    first = min([day for day in confined if day is not None], default=made.start)
    begins = max(first, made.start).isoformat()
    added: list[dict[str, Any]] = []
    for name, (word, key, _) in SUPPORT.items():
        if values.get(name) and word not in kinds:
            added.append({"measure": word, "name": f"added-{name}", "from": begins,
                          key: _share(values[name])})  # fmt: skip
    if "stay" in values and "longest_stay" not in kinds:
        added.append({"measure": "longest_stay", "name": "added-stay", "from": begins,
                      "days": int(float(str(values["stay"]))), "rest_days": 2})  # fmt: skip
    return added


def _regular_screening(entry: Mapping[str, Any]) -> bool:
    return entry["measure"] == "screening" and "interval_days" in entry and not entry.get("rounds")


def _pairs(changes: Sequence[str]) -> list[tuple[str, str]]:
    wrong = [text for text in changes if not text.partition("=")[0].strip() or "=" not in text]
    if wrong:
        advice = "write the key, = and a value"
        raise ScenarioError([Problem("set", text, "path.to.key=value", advice) for text in wrong])
    return [(key.strip(), value) for key, _, value in (text.partition("=") for text in changes)]


def _shifted(day: object, days: object) -> str:
    first = as_date(day)
    assert isinstance(first, date)
    try:
        return (first + timedelta(days=int(float(str(days))))).isoformat()
    except OverflowError:
        advice = "move it by less"
        raise ScenarioError([Problem("begin", first, "a date of our era", advice)]) from None


def _share(percent: object) -> float:
    return round(float(str(percent)) / 100, 4)


def _float(text: str) -> float | None:
    return float(text) if NUMBER.fullmatch(text) else None
