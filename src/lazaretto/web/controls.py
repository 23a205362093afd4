"""The levers of the control room in plain words: which a scenario has, and between what values.

Each acts on whole groups of measures, so that a reader need not know their names; every single
measure can be left out, and any key set, besides (`lazaretto.web.asked`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from lazaretto.disease import variant, variants
from lazaretto.people import areas
from lazaretto.scenario import ALL, Scenario
from lazaretto.scenario.border import ProtocolName
from lazaretto.scenario.resources import BEDS
from lazaretto.words import TIERS

Kind = Literal["date", "number", "choice", "flag"]

FIRST = "shanghai-2022"
"""Scenario that is shown to who names none."""

SUPPORT = {
    "food": ("food_delivery", "share", "Confined homes that are brought food on a day"),
    "passes": ("medical_passes", "share", "Needs for medical care that get a pass to go out"),
    "income": ("income_support", "share", "Lost income that is replaced"),
    "information": ("official_information", "accuracy",
                    "Official information: how much of it is true and timely"),
    "visits": ("visiting_rights", "share", "Unmet needs that visits may meet"),
}  # fmt: skip
"""Levers of support: the measure, its key, and its words."""

SCALES = ("0.25", "0.5", "2", "4", "10")
"""By what a stock can be multiplied."""


@dataclass(frozen=True)
class Control:
    """A lever.

    Parameters
    ----------
    name
        Name of its field, and in links.
    group
        Heading it stands under.
    words
        What it does, in plain words.
    kind
        How it is set.
    unit
        Unit of its number, empty if it has none.
    now
        What the scenario has, as a value or in words; empty if there is no single value.
    low, high, step
        Of a number, its ends and its step.
    choices
        Of a choice, value and words of each, beside leaving it as it is.
    note
        What more must be known, in a sentence.
    """

    name: str
    group: str
    words: str
    kind: Kind
    unit: str = ""
    now: str = ""
    low: float = 0
    high: float = 0
    step: float = 1
    choices: tuple[tuple[str, str], ...] = ()
    note: str = ""


def controls_of(scenario: Scenario) -> list[Control]:
    """Return the levers that a scenario has, in the order in which they are shown.

    Parameters
    ----------
    scenario
        The scenario before any of them is moved.
    """
    return [
        *_frame(scenario),
        *_confining(scenario),
        *_finding(scenario),
        *_isolating(scenario),
        *_supporting(scenario),
        *_border(scenario),
    ]


def in_words(name: str, value: str) -> str:
    """Return what a lever that was moved means, in words for a title.

    Parameters
    ----------
    name, value
        The lever and its value, as in a link: ``begin`` and ``-7``.
    """
    if name in ("begin", "lift"):
        days = value.lstrip("+-")
        when = "earlier" if value.startswith("-") else "later"
        return f"orders {'begin' if name == 'begin' else 'end'} {days} days {when}"
    return PHRASES.get(name, f"{name} {{}}").format(value)


PHRASES = {
    "place": "in {}", "disease": "{}", "r0": "R0 {}", "start": "from {}", "end": "to {}",
    "tier": "orders: {}",
    "screening": "screening every {} days", "laboratories": "{} x laboratories",
    "tracers": "{} x tracers", "beds": "{} x beds", "parents": "parents go along",
    "food": "food {} %", "passes": "medical passes {} %", "income": "income {} %",
    "information": "information {} %", "visits": "visits {} %", "stay": "stays of {} days at most",
    "flights": "{} flights a week", "infected": "{} % of travellers infected",
    "arrivals": "arrivals {}",
}  # fmt: skip
"""What each lever means, around its value."""


def _frame(scenario: Scenario) -> Iterator[Control]:
    group = "Virus, place and dates"
    if _anywhere(scenario):
        places = tuple((each.name, f"{each.name}, {each.population:,}") for each in areas())
        yield Control("place", group, "Place, with its residents", "choice", choices=places,
                      now=scenario.place,
                      note="Stocks such as beds stay as many as they are.")  # fmt: skip
    diseases = tuple((name, variant(name).title) for name in variants())
    yield Control("disease", group, "Variant", "choice", choices=diseases,
                  now=variant(scenario.disease).title,
                  note="With another variant, R0 is that variant's published one.")  # fmt: skip
    yield Control("r0", group, "R0: infections that one causes, nothing restricted", "number",
                  "infections", f"{float(scenario.r0):.3g}", 0.5, 20, 0.1)  # fmt: skip
    yield Control("start", group, "First day", "date", now=scenario.start.isoformat())
    yield Control("end", group, "Last day", "date", now=scenario.end.isoformat())


def _confining(scenario: Scenario) -> Iterator[Control]:
    group = "Stay-at-home orders"
    orders = _of(scenario, "lockdown")
    if not orders:
        return
    starts = [str(each["from"]) for each in orders if each.get("from")]
    ends = [str(each["to"]) for each in orders if each.get("to")]
    if starts:
        yield Control("begin", group, "Begin earlier (minus) or later", "number", "days",
                      f"first on {min(starts)}", -28, 28,
                      note="Closed workplaces begin with them. The end, screening and zones "
                      "stay as they are.")  # fmt: skip
    if ends:
        yield Control("lift", group, "End earlier (minus) or later", "number", "days",
                      f"last on {max(ends)}", -28, 60,
                      note="What follows, such as zones, stays.")  # fmt: skip
    tiers = tuple((tier, TIER_CHOICES[tier]) for tier in TIERS)
    yield Control("tier", group, "How strict", "choice", choices=tiers,
                  note="Zones keep their own tiers.")  # fmt: skip


TIER_CHOICES = {
    "open": "open: no order",
    "precaution": "precaution: no gatherings",
    "controlled": "controlled: stay in the compound",
    "sealed": "sealed: stay at home",
}
"""The tiers, as a choice."""


def _finding(scenario: Scenario) -> Iterator[Control]:
    group = "Finding infections"
    rounds = [each for each in _of(scenario, "screening") if "interval_days" in each]
    if rounds:
        often = tuple(
            (str(n), f"every {n} days" if n > 1 else "every day") for n in (1, 2, 3, 5, 7)
        )
        yield Control("screening", group, "Mass screening", "choice",
                      choices=(("none", "none"), *often),
                      note="Of all regular screening, wherever the scenario has it.")  # fmt: skip
    for name, units, words in (
        ("laboratories", ("tubes/day",), "Laboratory capacity"),
        ("tracers", ("tracers",), "Contact tracers"),
    ):
        if _stocks(scenario, *units):
            yield _scale(name, group, words)


def _isolating(scenario: Scenario) -> Iterator[Control]:
    group = "Isolation"
    if _stocks(scenario, BEDS):
        yield _scale("beds", group, "Beds, in isolation and in hospital")
    if _of(scenario, "isolation"):
        yield Control("parents", group, "A parent goes along with an isolated child", "flag")


def _supporting(scenario: Scenario) -> Iterator[Control]:
    group = "Support for those confined"
    for name, (word, key, words) in SUPPORT.items():
        shares = [each.get(key) for each in _of(scenario, word)]
        now = f"{_number(shares[0]):.0%}" if len(shares) == 1 else ("" if shares else "none")
        yield Control(name, group, words, "number", "%", now, 0, 100, 5)
    stays = [str(each.get("days", "")) for each in _of(scenario, "longest_stay")]
    now = "no limit" if not stays else ""
    now = stays[0] if len(stays) == 1 else now
    yield Control("stay", group, "Longest stay behind a closed gate", "number", "days",
                  now, 3, 60)  # fmt: skip


def _border(scenario: Scenario) -> Iterator[Control]:
    if scenario.nation is not None:
        return
    group = "Border"
    now, border = "0", scenario.border
    if border is not None:
        now = f"{float(border.flights_per_week):g}"
    yield Control("flights", group, "Flights from abroad", "number", "flights/week", now, 0, 2000)
    yield Control("infected", group, "Passengers infected", "number", "%",
                  "as dated in the scenario" if border else "1", 0, 20, 0.1,
                  note="150 passengers stay in the place from each flight.")  # fmt: skip
    protocols = tuple((name, PROTOCOL_CHOICES[name]) for name in get_args(ProtocolName))
    yield Control("arrivals", group, "What waits for travellers", "choice", choices=protocols)


PROTOCOL_CHOICES = {
    "14+7": "14 days in a facility, 7 at home",
    "10+7": "10 days in a facility, 7 at home",
    "7+3": "7 days in a facility, 3 at home",
    "5+3": "5 days in a facility, 3 at home",
    "none": "nothing",
}
"""Protocols of the border in words."""


def _anywhere(scenario: Scenario) -> bool:
    """Return whether a scenario says nothing that holds for one place only."""
    named = [each.get("areas") for each in scenario.resolved().get("measures", [])]
    seeded = [each.area for each in scenario.seeding]
    return scenario.nation is None and not any(named) and set(seeded) <= {ALL}


def _scale(name: str, group: str, words: str) -> Control:
    choices = tuple((scale, f"{scale} times") for scale in SCALES)
    return Control(name, group, words, "choice", choices=choices)


def _of(scenario: Scenario, kind: str) -> list[dict[str, object]]:
    """Return the measures of a kind as written."""
    return [
        {"name": each.name, **(each.model_extra or {})}
        for each in scenario.measures if each.measure == kind
    ]  # fmt: skip


def _stocks(scenario: Scenario, *units: str) -> list[str]:
    return [each.name for each in scenario.resources if each.unit in units and each.opened]


def _number(value: object) -> float:
    if isinstance(value, dict):
        value = value.get("value")
    return float(value) if isinstance(value, int | float) else 0.0
