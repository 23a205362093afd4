"""Rules of messages for tests: the scenario's numbers, some of them changed."""

from __future__ import annotations

from lazaretto.scenario.messages import Messages as Rules

FINE_TAIL = 10.0


def rules(**changes: object) -> Rules:
    return Rules.model_validate(changes)


def single(n: float, **changes: object) -> Rules:
    """Return rules in which only private messages are copied, n times in the mean."""
    shape = {"copies": {"messaging": n, "social": 0, "foreign": 0}, "viewers": 60}
    return rules(messaging=shape, variation=0, **changes)
