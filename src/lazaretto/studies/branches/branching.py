"""Many policies onward from one saved day: the past is simulated once for each seed.

A branch is, bit for bit, the run of its policy from the first day, and lies in the same run folder:
it is found again by a plain run, and a plain run made before is found instead of branching.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lazaretto.engine.checked import checked_measures
from lazaretto.engine.checkpoint import CheckpointError
from lazaretto.measures import Places
from lazaretto.outcomes.ledger import ledger
from lazaretto.outcomes.rows import Ledger, replicated
from lazaretto.scenario import Problem, Scenario, ScenarioError
from lazaretto.scenario.aim import POLICY
from lazaretto.studies.branches.kept_day import KeptDay, places_in
from lazaretto.studies.branches.past import Held, check_day, check_shared, held_by
from lazaretto.studies.changes import Changes, changes
from lazaretto.studies.comparable import condition_problem
from lazaretto.studies.contrast import Contrast, contrasts
from lazaretto.studies.differing import differing
from lazaretto.studies.labels import label
from lazaretto.studies.levers import is_condition
from lazaretto.studies.pairs import How
from lazaretto.studies.run import RunOutcome
from lazaretto.studies.run_folder import RunFolder, digest_of, inputs_of
from lazaretto.whole_files import write_whole

ABOUT = "branch.json"
"""File of a run folder that says which past the run shares."""

LOOKS_AHEAD = ("secondary", "addresses_again")
"""Variables that count by day what came of it later: they are no part of the past."""

VARY = "--vary"


class PastDiffersError(Exception):
    """A run whose days before the date are not those that it is said to share."""


@dataclass(frozen=True)
class Branch:
    """A policy that went on from the saved day.

    Parameters
    ----------
    policy
        The policy.
    summary
        What its run says of itself; its run folder among it.
    found
        Whether the run was made before.
    contrasts
        It beside the policy that is branched, both pans.
    differs
        In what it differs from that policy, each in words; nothing if in nothing.
    """

    policy: Scenario
    summary: dict[str, Any]
    found: bool
    contrasts: list[Contrast]
    differs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Branching:
    """Many policies from one day.

    Parameters
    ----------
    base
        The policy that is branched, and its run.
    on
        The first day on which they differ.
    pasts
        Folders of the days that were kept.
    branches
        The others, in the order given.
    failed
        Policies that could not be run, and why.
    """

    base: tuple[Scenario, RunOutcome]
    on: date
    pasts: list[Path]
    branches: list[Branch] = field(default_factory=list)
    failed: list[tuple[Scenario, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return what ``branch --json`` prints."""
        outcome = self.base[1]
        return {
            "on": self.on.isoformat(),
            "base": outcome.summary | {"found": outcome.found},
            "pasts": [str(path) for path in self.pasts],
            "past_verified": True,
            "policies": [
                each.summary
                | {"found": each.found, "differs": list(each.differs),
                   "beside_base": [c.as_json("base") for c in each.contrasts]}
                for each in self.branches
            ],
            "failed": [{"policy": policy.name, "digest": policy.digest(), "reason": why}
                       for policy, why in self.failed],
        }  # fmt: skip


def varied(base: Scenario, given: Sequence[str]) -> list[Scenario]:
    """Return a scenario with other values of its policy, every combination of them.

    Parameters
    ----------
    base
        The scenario.
    given
        Keys with values, such as ``measures.seal.to=2022-04-10,2022-04-20``; several keys make a
        grid.

    Raises
    ------
    ScenarioError
        If one is not of the policy, is a condition, or cannot be read.
    """
    pairs = [(key.strip(), values) for key, _, values in (text.partition("=") for text in given)]
    problems = [condition_problem(VARY, key) for key, _ in pairs if is_condition(key)]
    problems += [
        Problem(VARY, text, "KEY=VALUE,VALUE", "write a key, = and values with commas between")
        for text, (key, values) in zip(given, pairs, strict=True)
        if not key or not values.strip()
    ]
    if problems:
        raise ScenarioError(problems)
    lists = [[(key, value.strip()) for value in _split(values)] for key, values in pairs]
    return [
        base.less_restricted(label(_called(some)), (), dict(some), ("", VARY))
        for some in itertools.product(*lists)
    ]


def _called(some: Sequence[tuple[str, str]]) -> str:
    """Return what a combination is called: the part of each key that says most, and its value."""
    return " ".join(f"{key.removeprefix('measures.').replace('.', ' ')} {value}"
                    for key, value in some)  # fmt: skip


def _split(values: str) -> list[str]:
    """Return what stands between commas that are in no brackets."""
    found, depth = [""], 0
    for letter in values:
        depth += (letter in "[{") - (letter in "]}")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return found


def branch(
    base: Scenario,
    policies: Sequence[Scenario],
    on: date,
    how: How,
    announce: Callable[[str], None] | None = None,
) -> Branching:
    """Simulate to the evening before a date once for each seed, and every policy onward from it.

    Parameters
    ----------
    base
        The policy that is branched; it is run too, first.
    policies
        The others. They must not differ from it before the date.
    on
        The first day on which they may differ.
    how
        How runs are made; run folders are needed.
    announce
        Told first what there is to simulate.

    Raises
    ------
    ScenarioError
        With every difference before the date, of all policies.
    Interrupted
        If asked to stop; the same call goes on.
    PastDiffersError
        If a run turns out not to share the past.
    """
    if how.out is None:
        raise ValueError("branches need a folder for their runs")
    check_day(base, on)
    every = [base, *policies]
    _check_all(base, policies, on)
    kept: dict[Held, KeptDay] = {}
    for policy in every:
        kept.setdefault(_held(policy), KeptDay.of(base, policy, on, how.out))
    if announce is not None:
        announce(_said(base, on, len(every), len(kept), how))
    places = places_in(base)
    fingerprints: list[dict[str, str]] = []
    made: Branching | None = None
    of_base: Ledger | None = None
    known = changes(base)
    for number, policy in enumerate(every):
        past = kept[_held(policy)]
        of = f"policy {number + 1} of {len(every)}"
        try:
            apart = tuple(
                each.words for each in differing(base.resolved(), policy.resolved(), POLICY)
            )
            outcome = _run(past, policy, how, of, places, known.also(*apart))
        except (ValueError, MemoryError) as error:
            if made is None:
                raise
            made.failed.append((policy, f"{type(error).__name__}: {error}"))
            continue
        found = [fingerprint(outcome.results, i, past.day) for i in range(how.replicates)]
        fingerprints = fingerprints or found
        _verify(policy, past, found, fingerprints, how)
        _write_about(outcome, past, policy, how, base)
        if made is None:
            made = Branching((base, outcome), on, [each.folder for each in kept.values()])
            of_base = ledger(outcome.results)
        else:
            beside = contrasts(outcome.results, made.base[1].results, of_base)
            made.branches.append(Branch(policy, outcome.summary, outcome.found, beside, apart))
    assert made is not None
    return made


def fingerprint(results: xr.Dataset, replicate: int, day: int) -> dict[str, str]:
    """Return a hash of every daily variable before a day of the run, by name.

    What looks ahead is left out, and so are stocks, of which a policy may have further ones; that
    they are the same is checked before anything is run.

    Parameters
    ----------
    results
        Labelled results.
    replicate
        Number of the run.
    day
        Days before this one count.
    """
    run = replicated(results).isel(replicate=replicate, date=slice(0, day))
    found = {}
    for name, values in run.data_vars.items():
        if "date" in values.dims and name not in LOOKS_AHEAD and "stock" not in values.dims:
            array = np.ascontiguousarray(values.values)
            found[str(name)] = hashlib.sha256(array.tobytes()).hexdigest()
    return found


def _held(policy: Scenario) -> Held:
    return held_by(checked_measures(policy))


def _check_all(base: Scenario, policies: Sequence[Scenario], on: date) -> None:
    problems: list[Problem] = []
    for policy in policies:
        try:
            check_shared(base, policy, on)
        except ScenarioError as error:
            problems += error.problems
    names = [each.name for each in (base, *policies)]
    for name in dict.fromkeys(each for each in names if names.count(each) > 1):
        advice = "leave one out, or give it another name"
        problems.append(Problem("branch", name, "every policy once", advice))
    if problems:
        raise ScenarioError(problems)


def _run(
    past: KeptDay, policy: Scenario, how: How, of: str, places: Places, changed: Changes
) -> RunOutcome:
    assert how.out is not None
    inputs = inputs_of(policy, how.seed, how.replicates)
    folder = RunFolder.of(how.out, policy.name, digest_of(inputs))
    if folder.finished() is None:
        tell = how.progress
        for number in range(how.replicates):
            seed = how.seed + number

            def said(what: str, share: float, seed: int = seed) -> None:
                if tell is not None:
                    tell(f"the shared past, seed {seed}: {what}", share)

            past.make(seed, how.threads or 1, said, how.stop)
            with folder.alone():
                if not (folder.checkpoint(number).is_file() or folder.replicate(number).is_file()):
                    _put(past, folder, policy, seed, number, places, how, said)
    return how.run(policy, changed.said, changed.against, of)


def _put(
    past: KeptDay,
    folder: RunFolder,
    policy: Scenario,
    seed: int,
    number: int,
    places: Places,
    how: How,
    said: Callable[[str, float], None],
) -> None:
    """Put the day into a run folder; a damaged one is simulated to again."""
    try:
        past.put_into(folder, policy, seed, number, places)
    except CheckpointError:
        past.path(seed).unlink(missing_ok=True)
        past.make(seed, how.threads or 1, said, how.stop)
        past.put_into(folder, policy, seed, number, places)


def _verify(
    policy: Scenario,
    past: KeptDay,
    found: Sequence[Mapping[str, str]],
    expected: Sequence[Mapping[str, str]],
    how: How,
) -> None:
    """Refuse a run whose days before the date are not those of the others."""
    for i, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        apart = [name for name in ours if ours[name] != theirs.get(name, ours[name])]
        series = past.made(how.seed + i) and ours["infections"] != past.series_sha256(how.seed + i)
        if apart or series:
            said = ", ".join(apart) or "infections"
            raise PastDiffersError(
                f"{policy.name}, seed {how.seed + i}: {said} before {past.on} are not those of the "
                "shared past; please report this with the scenario"
            )


def _write_about(
    outcome: RunOutcome, past: KeptDay, policy: Scenario, how: How, base: Scenario
) -> None:
    """Write into a run folder which past the run shares."""
    assert outcome.folder is not None
    seeds = range(how.seed, how.seed + how.replicates)
    said = {
        "policy": policy.name,
        "branched_from": base.name,
        "on": past.on.isoformat(),
        "past": past.digest,
        "past_folder": past.folder.name,
        "days_shared": past.day,
        "seeds": list(seeds),
        "past_series_sha256": {
            str(seed): fingerprint(outcome.results, i, past.day)["infections"]
            for i, seed in enumerate(seeds)
        },
        "verified": True,
    }
    write_whole(outcome.folder.path / ABOUT, json.dumps(said, indent=2))


def _said(base: Scenario, on: date, policies: int, pasts: int, how: How) -> str:
    day = (on - base.start).days
    times = pasts * how.replicates
    runs = policies * how.replicates
    return (
        f"{policies} policies with {how.replicates} seed{'s' if how.replicates > 1 else ''} each: "
        f"the {day} days before {on} are simulated {times} time{'s' if times > 1 else ''} instead "
        f"of {runs}, the other {base.n_days - day} days {runs} times"
    )
