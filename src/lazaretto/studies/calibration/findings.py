"""What a calibration found: which numbers the data move, how well it fits, how it predicts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazaretto.studies.calibration.carried import carried_on
from lazaretto.studies.calibration.plan import Plan
from lazaretto.studies.calibration.posterior import Posterior
from lazaretto.studies.calibration.predict import Predicted, quantiles
from lazaretto.studies.calibration.priors import Priors
from lazaretto.studies.calibration.scores import SHARES, coverage, held_out_scores, score
from lazaretto.studies.calibration.streams import Compared

BAND = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles that are told: the 90 % band, the 50 % band and the median."""

MOVED = 0.8
"""Share of the prior standard deviation left, below which the data are said to move a number.

Of a uniform prior 30 independent draws have less by chance with a probability of 1 %."""

TOGETHER = 0.5
"""Correlation beyond which two numbers are said to be told apart badly."""

CARRIED = "fitted model, its last error carried on"
"""Name of the prediction in which the error of each run at the end of the data goes on."""

FEW = 30
"""Effective particles below which bands and correlations are rough."""


def findings(
    plan: Plan, posterior: Posterior, fitted: Predicted, from_prior: Predicted,
    numbers: list[dict[str, float]], search: str,
) -> dict[str, Any]:  # fmt: skip
    """Return all that a fit report says, ready for JSON.

    Parameters
    ----------
    plan, posterior
        The calibration and what came of it.
    fitted, from_prior
        The fitted runs and those drawn from the prior.
    numbers
        Of each fitted run the numbers that were compared, by label.
    search
        How the posterior was looked for, one of `lazaretto.studies.calibration.folder.SEARCHES`.
    """
    beginnings = plan.calibration.beginnings
    return {
        "calibration": plan.calibration.name,
        "title": plan.calibration.title or plan.calibration.name,
        "scenario": plan.whole.name,
        "place": plan.whole.place if plan.sample is None else plan.sample.place,
        "share": plan.share,
        "data_until": plan.calibration.data_until.isoformat(),
        "runs": posterior.runs,
        "failed": posterior.failed,
        "particles": len(posterior.weights),
        "effective_particles": round(posterior.effective, 1),
        "few": posterior.effective < FEW,
        "search": search,
        "beginnings": None if beginnings is None else beginnings.model_dump(mode="json"),
        "generations": posterior.generations,
        "parameters": _parameters(plan, posterior),
        "correlations": _correlations(plan, posterior),
        "streams": _streams(plan, posterior, numbers),
        "reported": _reported(plan, fitted, from_prior),
        "daily": _daily(plan, fitted),
        "held_out": _held_out(plan, fitted),
        "cost": _cost(fitted),
    }


def _moments(
    values: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    mean = weights @ values
    lost = max(1 - float((weights**2).sum()), 1e-12)  # of the variance, to the mean
    return mean, np.sqrt(weights @ (values - mean) ** 2 / lost)


def _parameters(plan: Plan, posterior: Posterior) -> list[dict[str, Any]]:
    priors = Priors(plan.free)
    at = priors.coordinates(posterior.values)
    _, deviation = _moments(at, posterior.weights)
    left = deviation / priors.deviations()
    found = quantiles(posterior.values, posterior.weights, BAND)
    return [
        {
            "name": free.name,
            "unit": plan.units[i],
            "shipped": plan.shipped[i],
            "prior": {"kind": free.prior.kind, "low": free.prior.low, "high": free.prior.high},
            "prior_source": free.source,
            **{f"p{round(100 * level):02d}": float(found[j, i]) for j, level in enumerate(BAND)},
            "prior_left": round(float(left[i]), 3),
            "moved": None if posterior.effective < FEW else bool(left[i] < MOVED),
        }
        for i, free in enumerate(plan.free)
    ]


def _correlations(plan: Plan, posterior: Posterior) -> list[dict[str, Any]]:
    at = Priors(plan.free).coordinates(posterior.values)
    mean, deviation = _moments(at, posterior.weights)
    scaled = (at - mean) / np.where(deviation > 0, deviation, 1.0)
    pairs = [
        {"a": posterior.names[i], "b": posterior.names[j],
         "correlation": round(float(posterior.weights @ (scaled[:, i] * scaled[:, j])), 2)}
        for i, j in combinations(range(len(posterior.names)), 2)
    ]  # fmt: skip
    return sorted(pairs, key=lambda pair: -abs(pair["correlation"]))


def _streams(
    plan: Plan, posterior: Posterior, numbers: list[dict[str, float]]
) -> list[dict[str, Any]]:
    """Return for each stream how many of its numbers lie in the bands of the fitted runs."""
    compared = Compared(plan)
    rows = []
    for stream in dict.fromkeys(compared.stream_of.values()):
        labels = [label for label, of in compared.stream_of.items() if of == stream]
        values = np.array([[run[label] for label in labels] for run in numbers])
        real = np.array([compared.observed[label] for label in labels])
        middle = quantiles(values, posterior.weights, (0.5,))[0]
        rows.append(
            {"stream": stream, "numbers": len(labels),
             **{f"coverage_{100 * s:.0f}": coverage(values, posterior.weights, real, s)
                for s in SHARES},
             "median_miss": float(np.median(middle - real))}
        )  # fmt: skip
    return rows


def _reported(plan: Plan, fitted: Predicted, prior: Predicted) -> list[dict[str, Any]]:
    """Return weekly means of reports: the data, the fitted runs and the prior."""
    rows = []
    total = plan.data.total
    for start in range(0, fitted.reported.shape[1], 7):
        days = slice(start, start + 7)
        real = total[days]
        row: dict[str, Any] = {
            "from": (fitted.first + timedelta(days=start)).isoformat(),
            "reported": None if np.isnan(real).all() else float(np.nanmean(real)),
        }
        for name, of in (("fitted", fitted), ("prior", prior)):
            if start + 7 <= of.reported.shape[1] or of is fitted:
                weekly = of.reported[:, days].mean(axis=1)
                row[name] = [float(v) for v in quantiles(weekly, of.weights, (0.05, 0.5, 0.95))]
        rows.append(row)
    return rows


def _daily(plan: Plan, fitted: Predicted) -> list[dict[str, Any]]:
    """Return reports by day, for the figure: the data and the bands of the fitted runs."""
    bands = quantiles(fitted.reported, fitted.weights, BAND)
    return [
        {
            "date": (fitted.first + timedelta(days=i)).isoformat(),
            "reported": None if np.isnan(plan.data.total[i]) else float(plan.data.total[i]),
            **{f"p{round(100 * level):02d}": float(bands[j, i]) for j, level in enumerate(BAND)},
        }
        for i in range(fitted.reported.shape[1])
    ]


def _held_out(plan: Plan, fitted: Predicted) -> dict[str, Any] | None:
    held = plan.calibration.held_out
    if held is None:
        return None
    of = fitted.between(held.first, held.last)
    known = plan.data.total[: plan.data.day(plan.calibration.data_until) + 1]
    real = plan.data.total[plan.data.day(held.first) : plan.data.day(held.last) + 1]
    gap = _gap(plan, held.first)
    scored = held_out_scores(of.reported, of.weights, known, real, gap)
    ours = scored[:1]
    if any(each.stream == "reported" for each in plan.calibration.streams):
        until = fitted.between(fitted.first, held.last)
        carried = carried_on(until.reported, until.weights, known, gap)
        ours.append(score(CARRIED, *carried, real))
    scored = [*ours, *scored[1:]]
    best = min(scored, key=lambda each: each.wis)
    return {
        "from": held.first.isoformat(),
        "to": held.last.isoformat(),
        "scores": [asdict(each) for each in scored],
        "wins": any(best is each for each in ours)
        and all(np.isfinite(each.wis) for each in scored),
        "best": best.name,
    }


def _gap(plan: Plan, first: date) -> int:
    return (first - plan.calibration.data_until).days - 1


def _cost(fitted: Predicted) -> dict[str, Any]:
    """Return both pans of the fitted runs: reports and deaths, and what holding them took."""
    sums = {
        "reported": fitted.reported.sum(axis=1),
        "deaths": fitted.deaths.sum(axis=1),
        "sealed_person_days": fitted.sealed.sum(axis=1),
    }
    days = fitted.reported.shape[1]
    return {
        "from": fitted.first.isoformat(),
        "to": (fitted.first + timedelta(days=days - 1)).isoformat(),
        **{
            name: [float(v) for v in quantiles(values, fitted.weights, (0.05, 0.5, 0.95))]
            for name, values in sums.items()
        },
    }
