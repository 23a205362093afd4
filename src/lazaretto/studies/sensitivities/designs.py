"""Designs over uncertain numbers and what they say: Morris and Sobol, both by SALib."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lazaretto.provenance import Figure
from lazaretto.studies.extra import extra_needed

Numbers = NDArray[np.float64]
Method = Literal["morris", "sobol"]

METHODS: tuple[Method, ...] = ("morris", "sobol")

LEVELS = 4
"""Levels of the grid of a Morris design, the usual number (doi 10.1016/j.envsoft.2006.10.004)."""

CONFIDENCE = 0.95

INDICES = {"morris": ("mu_star", "sigma"), "sobol": ("S1", "ST")}
"""What a method gives of each number; the confidence is of the first and, of Sobol, of both."""


class Factor(NamedTuple):
    """An uncertain number that is varied.

    Parameters
    ----------
    key
        Its key, as in ``--set``.
    figure
        The number with its range.
    whole
        Whether it takes whole numbers only.
    """

    key: str
    figure: Figure
    whole: bool = False

    @property
    def low(self) -> float:
        """Low end of the range."""
        return self.figure.value if self.figure.low is None else self.figure.low

    @property
    def high(self) -> float:
        """High end of the range."""
        return self.figure.value if self.figure.high is None else self.figure.high


@dataclass(frozen=True)
class Indices:
    """How much each number matters to one output.

    Parameters
    ----------
    output
        Name of the output (`lazaretto.studies.sensitivities.amounts.AMOUNTS`).
    mean, deviation
        Over the points of the design, each the mean over its seeds; in the unit of the output.
    first, second
        mu* and sigma of Morris, in the unit of the output over the whole range of the number; S1
        and ST of Sobol, shares of the variance; shape (n_factors,).
    first_band, second_band
        Half the width of the 95 % confidence interval, bootstrapped over the design, shape
        (n_factors,); NaN of sigma, which has none.
    chance
        Share of the variance of single runs that lies between seeds at the same point; NaN with
        one seed.
    stirred
        The part of it that is not the same at all points, so that common seeds do not cancel it.
    points
        Points of the design that were used.
    """

    output: str
    mean: float
    deviation: float
    first: Numbers
    first_band: Numbers
    second: Numbers
    second_band: Numbers
    chance: float
    stirred: float
    points: int


def n_points(method: Method, factors: int, samples: int) -> int:
    """Return the number of points of a design."""
    return samples * (factors + (1 if method == "morris" else 2))


def design(method: Method, factors: Sequence[Factor], samples: int, seed: int = 1) -> Numbers:
    """Return the points of a design, shape (n_points, n_factors), each number in its own unit.

    Morris: trajectories on a grid of four levels (doi 10.1080/00401706.1991.10484804). Sobol: the
    scheme of Saltelli without second order (doi 10.1016/j.cpc.2009.09.018).

    Parameters
    ----------
    method, factors
        The method and what is varied.
    samples
        Trajectories of Morris; base samples of Sobol, a power of 2.
    seed
        Of the design alone; the runs have their own.
    """
    with extra_needed("sensitivity"):
        from SALib.sample import morris, sobol
    problem = _problem(factors)
    if method == "morris":
        points = morris.sample(problem, samples, num_levels=LEVELS, seed=seed)
    else:
        problem = _problem(factors, beyond=0.499)  # rounded, so that the ends are not rarer
        points = sobol.sample(problem, samples, calc_second_order=False, seed=seed)
    return np.asarray(points, np.float64)


def run_at(factors: Sequence[Factor], points: Numbers) -> Numbers:
    """Return the values that runs have at points of a design: whole numbers are rounded.

    Parameters
    ----------
    factors, points
        The design, shape (..., n_factors).
    """
    values = np.where([each.whole for each in factors], np.rint(points), points)
    ends = np.array([(each.low, each.high) for each in factors])
    return np.asarray(np.clip(values, ends[:, 0], ends[:, 1]), np.float64)


def indices_of(
    output: str,
    method: Method,
    factors: Sequence[Factor],
    points: Numbers,
    values: Numbers,
    seed: int = 1,
) -> Indices:
    """Return how much each number matters to an output.

    Parameters
    ----------
    output
        Its name.
    method, factors, points
        The design, shape (n_points, n_factors), in whole blocks.
    values
        The output in every run, shape (n_points, n_seeds).
    seed
        Of the bootstrap.
    """
    with extra_needed("sensitivity"):
        from SALib.analyze import morris, sobol
    means = values.mean(axis=1)
    none = np.zeros(len(factors))
    first = second = first_band = second_band = none
    if not np.isfinite(means).all():
        first = second = first_band = second_band = np.full(len(factors), np.nan)
    elif np.ptp(means) == 0:
        pass  # nothing changes it: every index is zero
    elif method == "morris":
        said = morris.analyze(_problem(factors), points, means, conf_level=CONFIDENCE,
                              num_levels=LEVELS, seed=seed)  # fmt: skip
        first, first_band = said["mu_star"], said["mu_star_conf"]
        second, second_band = said["sigma"], np.full(len(factors), np.nan)
        for i in (i for i, each in enumerate(factors) if each.whole):
            effects = effects_of(factors, points, means, i)
            if effects.size > 1:
                first[i], second[i] = np.abs(effects).mean(), effects.std(ddof=1)
                spread = np.abs(effects).std(ddof=1) / math.sqrt(effects.size)
                first_band[i] = stats.norm.ppf(0.5 + CONFIDENCE / 2) * spread
    else:
        said = sobol.analyze(_problem(factors), means, calc_second_order=False,
                             conf_level=CONFIDENCE, seed=max(seed, 1))  # fmt: skip
        first, first_band = said["S1"], said["S1_conf"]
        second, second_band = said["ST"], said["ST_conf"]
    return Indices(
        output,
        float(means.mean()),
        float(means.std()) if np.ptp(means) > 0 else 0.0,
        np.asarray(first, np.float64),
        np.asarray(first_band, np.float64),
        np.asarray(second, np.float64),
        np.asarray(second_band, np.float64),
        *chance_shares(values),
        len(points),
    )


def effects_of(factors: Sequence[Factor], points: Numbers, means: Numbers, which: int) -> Numbers:
    """Return the elementary effects of one number, over its range, shape (at most n_trajectories,).

    An effect is divided by the step that was made, as a share of the range: of a whole number it is
    not the nominal one, and where rounding left no step there is no effect.

    Parameters
    ----------
    factors, points, means
        The design, shape (n_points, n_factors), and the output there, shape (n_points,).
    which
        Number of the factor.
    """
    block = len(factors) + 1
    width = factors[which].high - factors[which].low
    nominal = np.diff(points[:, which].reshape(-1, block), axis=1) != 0
    made = np.diff(run_at(factors, points)[:, which].reshape(-1, block), axis=1) / width
    change = np.diff(means.reshape(-1, block), axis=1)
    moved = nominal & (made != 0)
    return np.asarray(change[moved] / made[moved], np.float64)


def chance_shares(values: Numbers) -> tuple[float, float]:
    """Return the share of the variance of single runs that is chance, and what of it is stirred.

    Analysis of variance with random effects: chance is within points over within plus between,
    where between is the variance of the means less what chance gives them. What of it is left after
    each seed's own mean over the points is stirred: the same seed does other things elsewhere.

    Parameters
    ----------
    values
        Shape (n_points, n_seeds).
    """
    n_points, n_seeds = values.shape
    if n_seeds < 2 or n_points < 2:
        return math.nan, math.nan
    within = float(values.var(axis=1, ddof=1).mean())
    between = max(0.0, float(values.mean(axis=1).var(ddof=1)) - within / n_seeds)
    every = within + between
    if every == 0:
        return 0.0, 0.0
    left = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
    stirred = float((left**2).sum()) / ((n_points - 1) * (n_seeds - 1))
    return within / every, min(within, stirred) / every


def _problem(factors: Sequence[Factor], beyond: float = 0.0) -> dict[str, Any]:
    """Return a design as SALib knows it; whole numbers may reach beyond their ends."""
    return {"num_vars": len(factors), "names": [each.key for each in factors],
            "bounds": [[each.low - beyond * each.whole, each.high + beyond * each.whole]
                       for each in factors]}  # fmt: skip
