"""Livelihoods and other traits of compounds and households, as tables for keyed draws.

A household is in the poorest fifth if its 31-bit draw is below the first threshold of its
compound, in the second if it is below the second, and so on. Compounds differ: a household's
standing is ``sqrt(v) z + sqrt(1 - v) e``, with z normal and the same in its compound, e normal and
its own, and v the share of variance between compounds (``segregation``). Fifths are those of all
households, so over many compounds each holds a fifth in expectation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from lazaretto.chance import Purpose, stream_key, threshold, uniforms
from lazaretto.words import INCOMES

Floats = NDArray[np.float64]

OF_COMPOUND = 1
"""Index of the draw of a compound; those of households and persons use others."""

TABLE_SIZE = 1024
"""Levels of a table of a continuous trait."""


def income_thresholds(segregation: float, n_compounds: int, seed: int) -> NDArray[np.uint32]:
    """Return cumulative 31-bit thresholds of the income fifths, shape (n_compounds, 4).

    Parameters
    ----------
    segregation
        Share of the variance of income that lies between compounds, 0 to 1.
    n_compounds
        Number of compounds.
    seed
        Seed of the run.
    """
    if not 0.0 <= segregation <= 1.0:
        raise ValueError(f"a share of variance is 0 to 1, not {segregation}")
    borders = norm.ppf(np.arange(1, len(INCOMES)) / len(INCOMES))
    compound = np.sqrt(segregation) * _normal(Purpose.INCOME, n_compounds, seed)
    above = borders - compound[:, None]
    if segregation < 1.0:
        return threshold(norm.cdf(above / np.sqrt(1.0 - segregation)))
    return threshold((above > 0).astype(np.float64))


def spread_by_compound(sd: float, n: int, seed: int) -> Floats:
    """Return how readily each compound leaks: normal, mean 0, on the logit scale, shape (n,)."""
    return sd * _normal(Purpose.LEAKAGE, n, seed)


def normal_table(sd: float, n: int = TABLE_SIZE) -> Floats:
    """Return n equally likely levels of a normal with mean 0, ascending, shape (n,).

    Levels are the mid-quantiles, at (i + 1/2) / n; their mean is 0 but for rounding.
    """
    levels = norm.ppf(_middles(n))
    # Opposite levels cancel to the last bit.
    return np.asarray(sd * (levels - levels[::-1]) / 2.0, np.float64)


def lognormal_table(sd: float, n: int = TABLE_SIZE) -> Floats:
    """Return n equally likely levels of a log-normal with mean 1, ascending, shape (n,).

    Levels are the mid-quantiles, rescaled so that their mean is 1.

    Parameters
    ----------
    sd
        Standard deviation of the logarithm.
    n
        Number of levels.
    """
    levels = np.exp(normal_table(sd, n))
    return np.asarray(levels / levels.mean(), np.float64)


def _middles(n: int) -> Floats:
    return (np.arange(n) + 0.5) / n


def _normal(purpose: Purpose, n: int, seed: int) -> Floats:
    """Return a standard normal number of each compound, shape (n,)."""
    share = uniforms(stream_key(seed, purpose), 0, n, OF_COMPOUND)
    # A uniform number may be 0, whose quantile is minus infinity.
    return np.asarray(norm.ppf(np.maximum(share, 2.0**-54)), np.float64)
