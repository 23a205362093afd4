"""What common random numbers save: how many replicates unpaired runs would take for the same."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes.alike import effective_runs
from lazaretto.studies.conclusions import deaths, infections, sealed_days

FEWEST = 3
"""Pairs of runs below which nothing is said of variances."""

ROUGH = 10
"""Pairs of runs below which the factor is only rough."""

FULLY = 0.01
"""Ratio below which pairing is said to take away nearly all chance: few runs tell it no better."""


class Pairing(NamedTuple):
    """The variance of a difference between two policies, runs paired and not.

    Parameters
    ----------
    kind
        What is counted.
    runs
        Pairs of runs; where a draw of a posterior is taken more than once, as many as they are as
        good as.
    paired
        Variance over the pairs of the difference within a pair, unit of the kind squared.
    unpaired
        That of the difference of two runs that share no chance: the sum of both variances.
    """

    kind: str
    runs: int
    paired: float
    unpaired: float

    @property
    def ratio(self) -> float | None:
        """Return paired over unpaired variance; none if there are too few runs or no variance."""
        return self.paired / self.unpaired if self.runs >= FEWEST and self.unpaired > 0 else None

    @property
    def words(self) -> str:
        """Return how many replicates the pairing saves, in words."""
        if self.runs < FEWEST:
            return f"{FEWEST} pairs of runs or more are needed to say"
        ratio = self.ratio
        if ratio is None:
            return "no run differs from another under either policy"
        rough = "about " if self.runs < ROUGH else ""
        if ratio == 0:
            return "the difference is the same in every pair: one pair tells all"
        if ratio >= 1:
            said = f"{rough}{ratio:.2f} times that of runs with their own chance"
            return f"nothing: the variance is {said}"
        if ratio < FULLY:
            return (f"nearly all: {self.runs} pairs tell as much as over {self.runs / FULLY:,.0f} "
                    "pairs of runs with their own chance")  # fmt: skip
        needed = f"{self.runs / ratio:,.0f}"
        return (f"{self.runs} pairs tell as much as {rough}{needed} pairs of runs with their own "
                f"chance ({1 - ratio:.0%} fewer)")  # fmt: skip

    def as_json(self) -> dict[str, object]:
        """Return it ready for JSON."""
        return {
            "kind": self.kind,
            "runs": self.runs,
            "paired_variance": self.paired,
            "unpaired_variance": self.unpaired,
            "ratio": self.ratio,
            "words": self.words,
        }


def pairings(policy: xr.Dataset, base: xr.Dataset) -> list[Pairing]:
    """Return what pairing saves in the difference of two policies, by what is counted.

    With runs X and Y of two policies the variance of X - Y is that of X and of Y less twice their
    covariance: common random numbers (Glasserman and Yao 1992, doi 10.1287/mnsc.38.6.884; recalled,
    unverified).

    Parameters
    ----------
    policy, base
        Labelled results; run i of both has the same seed.
    """
    kinds = (("infections", infections), ("deaths", deaths), ("days sealed", sealed_days))
    runs = int(effective_runs(policy))
    return [_pairing(kind, count(policy), count(base), runs) for kind, count in kinds]


def _pairing(
    kind: str, ours: NDArray[np.float64], theirs: NDArray[np.float64], runs: int
) -> Pairing:
    if ours.size < 2:
        return Pairing(kind, ours.size, 0.0, 0.0)
    apart = float(np.var(ours - theirs, ddof=1))
    return Pairing(kind, runs, apart, float(np.var(ours, ddof=1) + np.var(theirs, ddof=1)))
