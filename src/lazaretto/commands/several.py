"""What compare does where it is given several policies by name."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lazaretto.commands.starting import say_idle, say_if_compiling
from lazaretto.console import complain, print_json, progress_shown, stop_asked, stopped_at

if TYPE_CHECKING:
    from lazaretto.scenario import Scenario


def compare_named(
    policy: Scenario,
    names: Sequence[str],
    pairwise: Sequence[object],
    overrides: Sequence[str],
    seed: int,
    replicates: int,
    threads: int,
    folder: Path,
    *,
    report: bool,
    as_json: bool,
) -> bool:
    """Set the policies that are named beside a policy, print them, and return whether any was.

    Parameters
    ----------
    policy
        The policy the others are held against.
    names
        What was given to --with: names of policies, or measures to add.
    pairwise
        What is of a comparison of two only; nothing of it may be given beside names.
    overrides
        What was set in the policy; a scenario named by itself is given the same.
    seed, replicates, threads, folder, report, as_json
        As for the command.

    Raises
    ------
    ScenarioError
        If a policy is not known or may not be compared.
    """
    from lazaretto.console.several import written_several
    from lazaretto.scenario import Problem, ScenarioError
    from lazaretto.studies import Interrupted, cores
    from lazaretto.studies.named_policies import is_measure, policy_named
    from lazaretto.studies.pairs import How
    from lazaretto.studies.several import compare_several

    named = [name for name in names if not is_measure(policy, name)]
    if not named:
        return False
    if len(named) < len(names) or any(pairwise):
        advice = "add measures in alternatives: of the scenario, or compare two policies at a time"
        raise ScenarioError(
            [Problem("compare", "policies by name and changes of a pair", "one of both", advice)]
        )
    began, others, problems = time.perf_counter(), [], []
    for name in named:
        try:
            others.append(policy_named(policy, name, overrides=overrides))
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    say_idle([policy, *others])
    say_if_compiling()
    try:
        with progress_shown(as_json) as progress, stop_asked() as stop:
            how = How(seed, replicates, threads or cores(), folder, progress, stop)
            made = compare_several(policy, others, how, None if as_json else complain)
            page = written_several(made) if report else None
    except Interrupted as stopped:
        stopped_at(stopped.goes_on_from)
    if as_json:
        print_json(made.as_json() | {"report": None if page is None else str(page)})
    else:
        from lazaretto.console.several import print_several

        print_several(made, page, time.perf_counter() - began)
    return True
