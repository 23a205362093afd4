"""What a study may change in search of a better policy, and what it may never search.

Enforcement, repression, and the deletion and throttling of messages are conditions of the society
under study (behaviour notes, section 5): a scenario says how strong they are, a comparison holds
them equal, and nothing ranks, optimises or searches over them.
"""

from __future__ import annotations

import re

from pydantic import BaseModel

from lazaretto.scenario import Scenario
from lazaretto.scenario.reading import fields_of, model_in
from lazaretto.scenario.support import SUPPORT

SUPPORTING = tuple(SUPPORT)
"""Measures that support people under confinement, or end it."""

ENDS_CONFINEMENT = "longest_stay"
"""The one of them that lets people out: with it a policy confines less than without."""

FINDING = ("symptomatic_testing", "screening", "contact_tracing")
"""Measures that find the infected."""

CARING = ("vaccination_campaign", "antivirals", "health_care", "open_resource")
"""Measures that prevent and treat disease, or add to stocks."""

WITHOUT_CONFINING = (*SUPPORTING, *FINDING, *CARING)
"""Measures that confine nobody: a study may add them, leave them out and change all of them."""

LIGHTER = {
    "lockdown": ("tier", "from", "to", "areas"),
    "zones": ("sealed_days", "monitored_days", "building_days", "neighbourhood_days",
              "monitored_tier", "otherwise", "from", "to", "areas"),
    "isolation": ("least_days", "longest_days", "negatives", "beds", "with_parent", "from", "to",
                  "areas"),
    "quarantine": ("of", "days", "negatives", "beds", "with_parent", "from", "to", "areas"),
    "closed_loop": ("share", "from", "to", "areas"),
    "close_schools": ("factor", "from", "to", "areas"),
    "close_workplaces": ("factor", "from", "to", "areas"),
    "reduce_contacts": ("factor", "layers", "from", "to", "areas"),
    "city_closure": ("essential", "from", "to", "areas"),
    "travel_restriction": ("share", "risk_per_100000", "from", "to", "areas"),
    "test_before_travel": ("compliance", "from", "to", "areas"),
    "arrival_quarantine": ("days", "risk_per_100000", "from", "to", "areas"),
}  # fmt: skip
"""Measures that keep people in or apart, and what a study may change of them: to lighter, shorter,
fewer only; in isolation and quarantine also to a stay at home, and with a parent."""

CONDITION_WORDS = re.compile(
    r"enforc|repress|censor|delet|arrest|throttl|punish|surveil|police|purge", re.IGNORECASE
)
"""Parts of a key that name a condition whatever section they stand in."""

CONDITION_KEYS = frozenset({"fast_delay", "slow_delay", "fast_share", "reuploads", "forward_limit"})
"""Further keys of messages: how fast copies are deleted, what that provokes, and throttling."""


def levers() -> tuple[str, ...]:
    """Return what an optimiser may change: kinds of measures, and keys of those that confine.

    A key such as ``lockdown.tier`` may be changed to what is lighter, shorter or for fewer areas.
    """
    confining = (f"{word}.{key}" for word, keys in LIGHTER.items() for key in keys)
    return (*WITHOUT_CONFINING, *confining)


def is_condition(key: str) -> bool:
    """Return whether a key of a scenario is a condition of the society under study, or holds one.

    Parameters
    ----------
    key
        As in ``--set``: ``behaviour.enforcement``; ``behaviour`` itself holds that condition.
    """
    parts = key.strip().split(".")
    if any(_names_condition(part) for part in parts):
        return True
    at: type[BaseModel] | None = Scenario
    for part in parts:
        if part.isdigit():
            continue
        field = fields_of(at).get(part)
        at = None if field is None else model_in(field.annotation)
    return at is not None and _holds_condition(at)


def _names_condition(part: str) -> bool:
    return bool(CONDITION_WORDS.search(part)) or part in CONDITION_KEYS


def _holds_condition(model: type[BaseModel]) -> bool:
    for key, field in fields_of(model).items():
        within = model_in(field.annotation)
        if _names_condition(key) or (within is not None and _holds_condition(within)):
            return True
    return False
