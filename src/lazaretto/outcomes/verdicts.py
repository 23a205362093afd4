"""How sure a verdict is: one rule for every row of the proportionality table.

A verdict is given where at least `FEWEST_RUNS` runs tell it; whatever else is "not told by these
runs". Two structures of the model disagree where one says yes and the other no, not where one of
them says nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lazaretto.outcomes.aims import Chance, difference

FEWEST_RUNS = 3
"""Fewest runs of which, if all agree, the 90 % interval of the probability is beside one half."""

MARGIN = 0.1
"""A policy must be likelier to reach its aim than the less restrictive one by more than this."""

ROUNDING = 1e-9
"""Shares of runs that differ from the margin by less are at the margin: 0.8 - 0.7 is above 0.1."""

LIKELY, UNLIKELY = "likely reached", "unlikely reached"
PASSES, FAILS = "passes this test", "fails this test"

TOO_FEW = f"too few runs to be sure (at least {FEWEST_RUNS} are needed)"

DECISIVE = (LIKELY, UNLIKELY, PASSES, FAILS)
"""What is told by the runs."""


def likely(found: Chance) -> str:
    """Return whether an aim is reached more often than not, as far as the runs can tell."""
    if not found.sure:
        return "reached or not: the runs do not tell"
    return LIKELY if found.low > 0.5 else UNLIKELY


def necessary(ours: Chance, theirs: Chance, margin: float = MARGIN) -> str:
    """Return whether a policy passes the test of necessity, as far as the runs can tell.

    It passes where the whole interval of the difference is above the margin. It fails where the
    difference is within the margin, and either the whole interval is or both policies are known to
    reach the aim more often than not, or to miss it.

    Parameters
    ----------
    ours, theirs
        How likely the aim is reached under the policy and under the less restrictive one.
    margin
        How much likelier it must be under the policy.
    """
    apart, low, high = difference(ours, theirs)
    enough = min(ours.runs, theirs.runs) >= FEWEST_RUNS
    if apart > margin + ROUNDING:
        told = enough and low > margin
        return PASSES if told else f"may {_plain(PASSES)}: more runs are needed"
    told = enough and (high <= margin + ROUNDING or (ours.sure and theirs.sure))
    return FAILS if told else f"may {_plain(FAILS)}: more runs are needed"


def counted(ours: Chance, theirs: Chance) -> str:
    """Return in how many runs of two policies an aim is reached, in words."""
    every = {1: "the one run", 2: "both runs"}
    if ours.runs == theirs.runs:
        if ours.reached == theirs.reached == ours.runs:
            return f"reached in {every.get(ours.runs, f'all {ours.runs} runs')} of both"
        if ours.reached == theirs.reached == 0:
            return "reached in no run of either"
    return (
        f"reached in {ours.reached} of {ours.runs} under this policy, in {theirs.reached} of "
        f"{theirs.runs} under the less restrictive one"
    )


def disagree(said: Mapping[str, str], same: Collection[str] = ()) -> str:
    """Return whether the structures of the model give the same verdict, in words.

    Parameters
    ----------
    said
        The verdict by structure; the first is that of the scenario as configured.
    same
        Structures that made no difference in these runs; they are not counted.
    """
    told = [verdict for name, verdict in said.items() if name not in same]
    if len(said) == 1:
        return ""
    if len(told) == 1:
        return "; no structure made a difference in these runs"
    if len({verdict for verdict in told if verdict in DECISIVE}) > 1:
        words = "; the structures disagree"
    elif all(verdict in DECISIVE for verdict in told):
        words = f"; the same under all {len(told)} structures"
    else:
        words = "; too few runs to compare structures"
    return words + no_difference(len(said) - len(told))


def flipped(said: Mapping[str, str], same: Collection[str] = ()) -> list[str]:
    """Return the structures under which a verdict turns from yes to no or back."""
    first = next(iter(said.values()), None)
    if first not in DECISIVE:
        return []
    return [
        name for name, found in said.items()
        if name not in same and found in DECISIVE and found != first
    ]  # fmt: skip


def no_difference(number: int) -> str:
    """Return how many structures made no difference, in words; empty if all did."""
    return f"; {number} made no difference in these runs" if number else ""


def _plain(said: str) -> str:
    return said.replace("passes", "pass").replace("fails", "fail")
