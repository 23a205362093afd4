"""What a person asks of the control room, as a link holds it, and the scenario it means."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from lazaretto.disease import variant
from lazaretto.nation.checked import checked_policy
from lazaretto.scenario import Problem, Scenario, ScenarioError, as_date
from lazaretto.scenario.aim import still_judged
from lazaretto.scenario.posterior import set_by_hand
from lazaretto.scenario.resources import BEDS
from lazaretto.scenario.written import slug
from lazaretto.web.controls import SUPPORT, Control, controls_of, in_words
from lazaretto.web.taken import refuse_files

MOST_REPLICATES = 100
MOST_CHANGES = 50
LONGEST_LINE = 2_000
LONGEST_NAME = 80

STOCK_UNITS = {"laboratories": ("tubes/day",), "tracers": ("tracers",), "beds": (BEDS,)}
"""Units of the stocks that each lever multiplies."""

BORDER = {"passengers": 150, "share": 0.01}
"""What a border that the scenario lacks is given besides; assumed."""


@dataclass(frozen=True)
class Asked:
    """What is asked: a scenario, its levers, and how it is run.

    Parameters
    ----------
    scenario
        Name of a scenario of the library or of one that was brought.
    levers
        Value by name of each lever that was moved, as text.
    off
        Measures left out, by name or by their number, as ``3``.
    changes
        Further values, as ``key=value``.
    seed, replicates
        Seed of the first run and their number.
    beside
        Whether the next less restrictive policy is run too.
    name
        What the policy is called; made of what was moved if empty.
    """

    scenario: str
    levers: Mapping[str, str] = field(default_factory=dict)
    off: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    seed: int = 1
    replicates: int = 1
    beside: bool = True
    name: str = ""

    @classmethod
    def of(cls, fields: Sequence[tuple[str, str]], scenario: str) -> Asked:
        """Return what the fields of a form or a link say.

        Parameters
        ----------
        fields
            Name and value of each; unknown names are problems.
        scenario
            What is taken if they name none.

        Raises
        ------
        ScenarioError
            With every field that cannot be read.
        """
        problems: list[Problem] = []
        one: dict[str, str] = {}
        off: list[str] = []
        changes: list[str] = []
        for name, value in fields:
            text = value.strip()
            if name == "off" and text:
                off.append(text)
            elif name == "set":
                changes += [line.strip() for line in text.splitlines() if line.strip()]
            elif text:
                one[name] = text
        named = one.pop("scenario", scenario)
        seed = _whole(one.pop("seed", "1"), "seed", 0, 2**31, problems)
        replicates = _whole(one.pop("replicates", "1"), "replicates", 1, MOST_REPLICATES, problems)
        beside = one.pop("beside", "yes") != "no"
        name = one.pop("name", "")
        if len(name) > LONGEST_NAME:
            problems.append(Problem("name", f"{len(name)} letters", f"at most {LONGEST_NAME}",
                                    "shorten it"))  # fmt: skip
        if len(changes) > MOST_CHANGES or any(len(line) > LONGEST_LINE for line in changes):
            allowed = f"at most {MOST_CHANGES} lines of {LONGEST_LINE:,} letters"
            problems.append(Problem("set", f"{len(changes)} lines", allowed,
                                    "bring a file instead"))  # fmt: skip
        if problems:
            raise ScenarioError(problems)
        return cls(named, one, tuple(off), tuple(changes), seed, replicates, beside, name)

    def fields(self) -> list[tuple[str, str]]:
        """Return name and value of each field that is not as it is without, for a link."""
        how = [("seed", str(self.seed))] if self.seed != 1 else []
        how += [("replicates", str(self.replicates))] if self.replicates != 1 else []
        how += [] if self.beside else [("beside", "no")]
        how += [("name", self.name)] if self.name else []
        return [("scenario", self.scenario), *self.levers.items(),
                *(("off", each) for each in self.off),
                *(("set", each) for each in self.changes), *how]  # fmt: skip

    def link(self) -> str:
        """Return the address that holds what is asked."""
        return f"/?{urlencode(self.fields())}"

    def renamed(self, policy: Scenario) -> Scenario:
        """Return the policy under a name that says what was moved; as it is if nothing was.

        Parameters
        ----------
        policy
            What `policy_asked` made of this.
        """
        moved = [*(in_words(key, value) for key, value in self.levers.items()),
                 *(f"without {each}" for each in self.off), *self.changes]  # fmt: skip
        if not moved and not self.name:
            return policy
        said = self.name or ", ".join(moved)
        short = said if len(said) <= LONGEST_NAME else f"{said[:LONGEST_NAME]}..."
        plain = slug(said)[:36].strip("-") if re.search("[a-z0-9]", said.lower()) else "policy"
        ending = f"{plain}-{policy.digest()[:4]}"
        named = {"name": f"{policy.name}-{ending}", "title": f"{policy.title}: {short}"}
        made = type(policy).from_mapping(policy.resolved() | named)
        made._folder = policy.folder
        return made


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
    overrides = changed | dict(_pairs(asked.changes))
    if values.get("disease") not in (None, scenario.disease) and "r0" not in overrides:
        overrides["r0"] = float(variant(str(values["disease"])).r0.value)
    made = type(scenario).from_mapping(written, overrides)
    gone = {i for i, name in enumerate(names) if name in asked.off}
    if values.get("screening") == "none":
        gone |= {i for i, each in enumerate(entries) if _regular_screening(each)}
    added = _added(entries, values, made)
    if gone or added:
        whole = made.resolved()
        kept = [each for i, each in enumerate(whole["measures"]) if i not in gone]
        less = {**whole, "measures": [*kept, *added]}
        made = type(scenario).from_mapping(set_by_hand(whole, still_judged(whole, less), []))
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
            number = _float(text)
            if number is None or not control.low <= number <= control.high:
                allowed = f"{control.low:g} to {control.high:g} {control.unit}".strip()
                problems.append(Problem(name, text, allowed, "correct it"))
            else:
                values[name] = number
        elif control.kind == "date":
            day = as_date(text)
            if day is None:
                problems.append(Problem(name, text, "a date such as 2022-04-28", "correct it"))
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
            added.append({"measure": word, "name": f"room-{name}", "from": begins,
                          key: _share(values[name])})  # fmt: skip
    if "stay" in values and "longest_stay" not in kinds:
        added.append({"measure": "longest_stay", "name": "room-stay", "from": begins,
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
    return (first + timedelta(days=int(float(str(days))))).isoformat()


def _share(percent: object) -> float:
    return round(float(str(percent)) / 100, 4)


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _whole(text: str, key: str, low: int, high: int, problems: list[Problem]) -> int:
    if text.isascii() and text.isdigit() and low <= int(text) <= high:
        return int(text)
    problems.append(Problem(key, text, f"a whole number, {low:,} to {high:,}", "correct it"))
    return low
