"""Whether a scenario can be run at both ends of every prior, before anything is run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lazaretto.engine.checked import checked_measures
from lazaretto.scenario import Problem, Scenario, ScenarioError
from lazaretto.scenario.draws import VOID
from lazaretto.studies.calibration.plan import Free, Plan


def check_ends(plan: Plan) -> None:
    """Refuse a plan with a prior that reaches where no scenario can be.

    Parameters
    ----------
    plan
        The calibration, its priors with their ranges.

    Raises
    ------
    ScenarioError
        With every end of a prior that a key of the scenario does not take.
    """
    written = {key: part for key, part in plan.whole.resolved().items() if key not in VOID}
    folder = plan.whole.folder
    problems = [found for free in plan.free for found in _wrong_ends(written, folder, free)]
    if problems:
        raise ScenarioError(problems)


def _wrong_ends(written: dict[str, Any], folder: Path | None, free: Free) -> Iterator[Problem]:
    for name, end in (("low", free.prior.low), ("high", free.prior.high)):
        if end is None:
            continue
        value = int(end) if free.whole else float(end)
        try:
            made = Scenario.from_mapping(written, dict.fromkeys(free.keys, value))
            made._folder = folder
            checked_measures(made)
        except ScenarioError as error:
            first = error.problems[0]
            at = f"parameters, {free.name}: prior.{name}"
            yield Problem(at, f"{end:g}", f"{first.key}: {first.allowed}", "narrow the prior")
