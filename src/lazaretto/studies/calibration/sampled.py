"""A scenario in a sample of its place: what is counted there shrinks, what is a share does not."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazaretto.measures import known_measures
from lazaretto.scenario import Problem, Scenario, ScenarioError, Seeding

ABSOLUTE = "no counts but in seeding, resources, messages and the aim"


def at_sample(scenario: Scenario, place: str, share: float) -> Scenario:
    """Return a scenario in a sample of its place.

    Infections from outside come as many fewer, rounded over the dates of each entry and at least
    one; stocks are as many fewer, as are the copies that messages begin with and the number of a
    containment aim. Shares, intervals and rates of each person stay.

    Parameters
    ----------
    scenario
        The scenario of the whole place.
    place
        The sample, such as ``shanghai-tenth``.
    share
        Share of residents that are in it.

    Raises
    ------
    ScenarioError
        If the scenario has counts that cannot be scaled.
    """
    problems = [
        Problem(key, None, ABSOLUTE, "use the whole place")
        for key in ("border", "nation")
        if getattr(scenario, key) is not None
    ]
    for i, entry in enumerate(scenario.measures):
        kind = known_measures().get(entry.measure)
        if (entry.model_extra or {}).get("when") is not None or (kind and kind.opens):
            key = f"measures.{entry.name or i}"
            problems.append(Problem(key, entry.measure, ABSOLUTE, "use the whole place"))
    if problems:
        raise ScenarioError(problems)
    written = scenario.resolved()
    changed: dict[str, Any] = {
        "place": place,
        "seeding": [part for entry in written.get("seeding", []) for part in _fewer(entry, share)],
        "resources": [_smaller(stock, share) for stock in written.get("resources", [])],
    }
    for message in (written.get("behaviour") or {}).get("messages", {}).get("seeded", []):
        message["copies"] = _scaled(message["copies"], share, least=1)
    if written.get("behaviour") is not None:
        changed["behaviour"] = written["behaviour"]
    aim = written.get("aim") or {}
    if aim.get("kind") == "containment" and aim.get("value"):
        changed["aim"] = aim | {"value": aim["value"] * share}
    return scenario.varied(f"in {place}", changed)


def _number(value: Any) -> float:  # noqa: ANN401 - plain or with provenance
    return float(value["value"] if isinstance(value, dict) else value)


def _scaled(value: Any, share: float, least: int) -> Any:  # noqa: ANN401 - as it was written
    number = max(least, round(_number(value) * share))
    if not isinstance(value, dict):
        return number
    kept = {key: part for key, part in value.items() if key not in ("low", "high")}
    return kept | {"value": number, "note": f"of the whole, times {share:g}"}


def _smaller(stock: dict[str, Any], share: float) -> dict[str, Any]:
    opened = [step | {"amount": _scaled(step["amount"], share, 0)} for step in stock["opened"]]
    return stock | {"opened": opened}


def _fewer(entry: dict[str, Any], share: float) -> list[dict[str, Any]]:
    rate = _number(entry["infections_per_day"])
    dates = list(Seeding.model_validate(entry).dates())
    total = max(1, round(rate * share * len(dates)))
    ends = [round(total * (i + 0.5) / len(dates)) for i in range(len(dates) + 1)]
    rest = {key: part for key, part in entry.items() if key not in ("date", "from", "to")}
    return [
        rest | {"date": day.isoformat(), "infections_per_day": count}
        for day, count in zip(dates, np.diff(ends).tolist(), strict=True)
        if count
    ]
