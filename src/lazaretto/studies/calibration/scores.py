"""Scores of predictions on days no fit saw, beside two baselines that any model should beat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lazaretto.studies.calibration.predict import quantiles
from lazaretto.studies.extra import needed

Array = NDArray[np.float64]

LEVELS = (0.01, 0.025, *(round(0.05 * i, 2) for i in range(1, 20)), 0.975, 0.99)
"""The 23 quantile levels of forecast hubs (Bracher et al. 2021, doi 10.1371/journal.pcbi.1008618).
"""

DRIFT_DAYS = 14
"""Days of which persistence takes its drift: over the whole series it would predict growth."""

DECLINE_DAYS = 10
"""Days to which the exponential decline is fitted."""

POINTS = 200
"""Members of the ensemble that stands for a baseline, at the middles of equal probabilities."""

SHARES = (0.5, 0.9)
"""Central bands of which coverage is given."""


@dataclass(frozen=True)
class Scored:
    """How a prediction did on days it had not seen; means over days, in persons a day.

    Parameters
    ----------
    name
        Whose prediction.
    wis, crps
        Weighted interval score and continuous ranked probability score, persons a day.
    log_wis
        Weighted interval score of ln(1 + persons), in which a late day counts like an early one
        (Bosse et al. 2023, doi 10.1371/journal.pcbi.1011393).
    coverage_50, coverage_90
        Share of the days inside the central bands.
    """

    name: str
    wis: float
    crps: float
    log_wis: float
    coverage_50: float
    coverage_90: float


def score(name: str, ensemble: Array, weights: Array, observed: Array) -> Scored:
    """Return the scores of an ensemble over days.

    Parameters
    ----------
    name
        Whose prediction.
    ensemble
        Persons a day, shape (n_members, n_days).
    weights
        Of the members, sum 1, shape (n_members,).
    observed
        Persons a day, shape (n_days,); days without a number are left out.
    """
    sr = needed("scoringrules")
    known = ~np.isnan(observed)
    members, real = ensemble[:, known], observed[known]
    found = quantiles(members, weights, LEVELS)
    crps = sr.crps_ensemble(
        real, members.T, ens_w=np.broadcast_to(weights, members.T.shape).copy(), backend="numpy"
    )
    return Scored(
        name,
        wis=float(_wis(sr, real, found).mean()),
        crps=float(np.mean(crps)),
        log_wis=float(_wis(sr, np.log1p(real), np.log1p(found)).mean()),
        **{f"coverage_{100 * s:.0f}": coverage(members, weights, real, s) for s in SHARES},
    )


def coverage(ensemble: Array, weights: Array, observed: Array, share: float) -> float:
    """Return the share of days on which the central band of an ensemble holds what was observed.

    Parameters
    ----------
    ensemble, weights, observed
        As for `score`, all days known.
    share
        Probability of the band.
    """
    low, high = quantiles(ensemble, weights, ((1 - share) / 2, (1 + share) / 2))
    return float(((low <= observed) & (observed <= high)).mean())


def _wis(sr: Any, real: Array, found: Array) -> Array:  # noqa: ANN401 - no types
    """Return the weighted interval score of each day, shape (n_days,).

    It is twice the mean quantile score over levels that lie evenly about the median. (That of
    scoringrules 0.10, weighted_interval_score, leaves what was observed out of its median term
    with the backend numpy.)
    """
    level = np.array(LEVELS)[:, None]
    scored = sr.quantile_score(np.broadcast_to(real, found.shape), found, level, backend="numpy")
    return np.asarray(2 * np.mean(scored, axis=0), np.float64)


def persistence(observed: Array, n_days: int) -> Array:
    """Return a random walk with drift of ln(1 + persons), as an ensemble, shape (POINTS, n_days).

    Drift and its spread are those of the last `DRIFT_DAYS` daily differences; the uncertainty of
    the drift grows with the square of the days ahead (Hyndman and Athanasopoulos 2021, Forecasting:
    principles and practice, 5.2 and 5.5).

    Parameters
    ----------
    observed
        Persons a day up to the last day of the data, shape (n,).
    n_days
        Days ahead.
    """
    series = np.log1p(observed[~np.isnan(observed)])
    steps = np.diff(series)[-DRIFT_DAYS:]
    ahead = np.arange(1, n_days + 1)
    spread = steps.std(ddof=1) * np.sqrt(ahead * (1 + ahead / steps.size))
    return _ensemble(series[-1] + steps.mean() * ahead, spread, stats.norm().ppf)


def decline(observed: Array, n_days: int) -> Array:
    """Return an exponential fitted to the last `DECLINE_DAYS` days, shape (POINTS, n_days).

    Least squares of ln(1 + persons) on the day; the spread is that of a new value about the line
    (Student's t), its residuals and the uncertainty of the line together.

    Parameters
    ----------
    observed, n_days
        As for `persistence`.
    """
    series = np.log1p(observed[~np.isnan(observed)])[-DECLINE_DAYS:]
    day = np.arange(series.size)
    line = np.polynomial.Polynomial.fit(day, series, 1)
    free = series.size - 2
    residual = np.sqrt(((series - line(day)) ** 2).sum() / free)
    ahead = series.size - 1 + np.arange(1, n_days + 1)
    lever = 1 + 1 / series.size + (ahead - day.mean()) ** 2 / ((day - day.mean()) ** 2).sum()
    return _ensemble(line(ahead), residual * np.sqrt(lever), stats.t(free).ppf)


def _ensemble(middle: Array, spread: Array, ppf: Callable[[Array], Array]) -> Array:
    points = ppf((np.arange(POINTS) + 0.5) / POINTS)
    return np.asarray(np.maximum(np.expm1(middle + spread * points[:, None]), 0.0), np.float64)


def held_out_scores(
    ensemble: Array, weights: Array, before: Array, held_out: Array, gap: int = 0
) -> list[Scored]:
    """Return the scores of a prediction and of both baselines, on the same days.

    Parameters
    ----------
    ensemble, weights
        The prediction of the held-out days, as for `score`.
    before
        Persons a day up to the last day the fit saw, shape (n,).
    held_out
        Persons a day on the held-out days, shape (n_days,).
    gap
        Days between the two.
    """
    even = np.full(POINTS, 1 / POINTS)
    n_days = gap + held_out.size
    return [
        score("fitted model", ensemble, weights, held_out),
        score("persistence with drift", persistence(before, n_days)[:, gap:], even, held_out),
        score(f"exponential decline of {DECLINE_DAYS} days", decline(before, n_days)[:, gap:],
              even, held_out),
    ]  # fmt: skip
