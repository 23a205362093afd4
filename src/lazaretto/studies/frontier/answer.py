"""What a frontier says: each variant beside it, beside the closed forms, and what it would cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lazaretto.disease import variant
from lazaretto.provenance import Figure
from lazaretto.studies.frontier.boundary import Boundary
from lazaretto.studies.frontier.runs import ARRIVALS, DAYS, R0S, Town, bound_of
from lazaretto.studies.frontier.search import LEVELS, Frontier
from lazaretto.studies.frontier.threshold import (
    Floats,
    Households,
    households,
    largest_left,
    theta,
    typical,
)

WIDTH = 2.2
"""Standard errors of an interval: with the few runs near a frontier the usual 1.96 hold the truth
in 92 of 100 synthetic frontiers, these in about 95 (tests/test_frontier.py)."""


def known_r0(disease: str) -> Figure:
    """Return the shipped R0 of a variant with its range."""
    return variant(disease).r0


def line_of(boundary: Boundary, r0: Floats, start: int) -> pd.DataFrame:
    """Return the frontier over R0: leakage, low and high, one row per R0."""
    x, z = np.log(r0), np.full(r0.size, np.log10(start))
    middle, error = boundary.middle(x, z), boundary.error(x, z)
    low, high = np.exp(middle - WIDTH * error), np.exp(middle + WIDTH * error)
    return pd.DataFrame({"r0": r0, "leakage": np.exp(middle), "low": low, "high": high})


def contours(found: Frontier, n: int = 41) -> pd.DataFrame:
    """Return every frontier over R0.

    Columns: disease, interval, start, r0, leakage, low, high (95 % interval).
    """
    r0, parts = np.geomspace(R0S[0], R0S[-1], n), []
    for (disease, interval), boundary in found.boundaries.items():
        for start in found.question.starts:
            part = line_of(boundary, r0, start)
            parts.append(part.assign(disease=disease, interval=interval, start=start))
    return pd.concat(parts, ignore_index=True)


def closed_forms(town: Town, disease: str, r0s: Floats) -> pd.DataFrame:
    """Return what can be worked out without screening, one row per R0.

    Columns: disease, r0, mu (mu_T), outside (R_G of the open city), ratio (`typical`), mean_form
    (leakage at which R_G mu_T is 1, every resident alike), leakage (the same of a typical
    household), half (leakage at which the arrivals die out with chance one half, had they any
    time).
    """
    rows = []
    for r0 in r0s:
        home = homes(town, disease, float(r0))
        ratio, mu = typical(home, town.people), home.mean_infected
        lucky = home.caused_if(0.5 ** (1 / ARRIVALS))
        rows.append({
            "disease": disease, "r0": float(r0), "mu": mu, "outside": home.outside(1.0),
            "ratio": ratio, "mean_form": largest_left(home, 1 / mu),
            "leakage": largest_left(home, 1 / mu / ratio),
            "half": largest_left(home, lucky / ratio),
        })  # fmt: skip
    return pd.DataFrame(rows)


def homes(town: Town, disease: str, r0: float) -> Households:
    """Return the households of a place at an R0."""
    settings = town.settings[disease]
    solved = town.transmissibility(disease, r0)
    met = town.met[disease]
    return households(met, town.people, settings.courses, settings.contacts, solved)


def isolation(town: Town, disease: str) -> dict[str, float]:
    """Return theta and 1 / R0: isolation at onset alone stops growth if theta is less."""
    settings, r0 = town.settings[disease], known_r0(disease)
    age = town.met[disease].age
    high = r0.value if r0.high is None else r0.high
    low = r0.value if r0.low is None else r0.low
    return {"theta": theta(settings.courses, age), "limit": 1 / r0.value,
            "limit_low": 1 / high, "limit_high": 1 / low}  # fmt: skip


def bound_error(town: Town, disease: str, r0: float, before: int) -> float:
    """Return the chance, at R* = 1, to be given up and yet to have ended in time, at most.

    An outbreak with R* of 1 becomes ``bound / before`` times as large with a chance of at most
    ``before / bound`` (Doob's inequality); then the chains of all its households must die out
    within the generations that remain. Above R* = 1 that is less likely still; below, the bound is
    reached more rarely.

    Parameters
    ----------
    town, disease, r0
        The households.
    before
        Infected when the lockdown began.
    """
    home, courses = homes(town, disease, r0), town.settings[disease].courses
    spent = courses.infectiousness.sum(axis=0)
    generation = float(spent @ np.arange(spent.size) / spent.sum())
    mu, bound = home.mean_infected, bound_of(before)
    dies_out = home.dies_out(1 / mu, int(DAYS / generation))
    return float(min(1.0, before / bound) * dies_out ** (bound / mu))


def answers(found: Frontier) -> pd.DataFrame:
    """Return how each variant stands to its frontier, one row per leakage, interval and start.

    Columns: disease, interval, start, leakage; contained (the chance at its published R0), low and
    high (its 95 % interval there), at_high_r0 and at_low_r0 (the chance at the ends of its range);
    frontier, frontier_low, frontier_high (leakage at which the chance is one half).
    """
    rows = []
    for (disease, interval), boundary in found.boundaries.items():
        r0 = known_r0(disease)
        at = np.array([r0.value, r0.low or r0.value, r0.high or r0.value], np.float64)
        for start in found.question.starts:
            line = line_of(boundary, at[:1], start).iloc[0]
            x, z = np.log(at), np.full(3, np.log10(start))
            for leakage in LEVELS:
                y = np.full(3, np.log(leakage))
                chance = boundary.contained(x, z, y)
                low, high = boundary.contained_range(x, z, y, WIDTH)[:, 0]
                rows.append({
                    "disease": disease, "interval": interval, "start": start, "leakage": leakage,
                    "contained": chance[0], "low": low, "high": high, "at_low_r0": chance[1],
                    "at_high_r0": chance[2], "frontier": line["leakage"],
                    "frontier_low": line["low"], "frontier_high": line["high"],
                })  # fmt: skip
    return pd.DataFrame(rows)


def costs(found: Frontier, persons: int) -> pd.DataFrame:
    """Return what the runs at the levels of leakage came to, one row per disease, interval, level.

    Columns: disease, interval, start, leakage, r0, runs, contained (share of them), day (median of
    the day on which the lockdown began), sealed_days (median days for every resident until the
    outbreak had ended, or had been given up), sealed_low, sealed_high (5 and 95 %),
    person_days (median sealed person-days of the place), infections (median).
    """
    runs, q = found.runs, found.question
    rows = []
    for disease in q.diseases:
        r0 = float(known_r0(disease).value)
        for interval in q.intervals:
            for leakage in LEVELS:
                these = runs[
                    (runs["disease"] == disease) & (runs["interval"] == interval)
                    & (runs["start"] == q.usual_start) & (runs["r0"] == r0)
                    & (runs["leakage"] == leakage) & (runs["begun"] >= 0)
                ]  # fmt: skip
                days = these["sealed"] / persons
                rows.append({
                    "disease": disease, "interval": interval, "start": q.usual_start,
                    "leakage": leakage, "r0": r0, "runs": len(these),
                    "contained": these["contained"].mean(), "day": these["begun"].median(),
                    "sealed_days": days.median(), "sealed_low": days.quantile(0.05),
                    "sealed_high": days.quantile(0.95), "person_days": these["sealed"].median(),
                    "infections": these["infections"].median(),
                })  # fmt: skip
    return pd.DataFrame(rows)


def begun_on(found: Frontier) -> pd.DataFrame:
    """Return the median day on which the lockdown began: columns disease, r0, start, day."""
    runs = found.runs[found.runs["begun"] >= 0]
    days = runs.groupby(["disease", "r0", "start"])["begun"].median()
    return days.rename("day").reset_index()


def summary(found: Frontier, town: Town, closed: pd.DataFrame) -> dict[str, Any]:
    """Return everything that is printed as JSON."""
    q, persons = found.question, town.people.n_persons
    told = {"answers": answers(found), "costs": costs(found, persons), "begun": begun_on(found),
            "closed_forms": closed}  # fmt: skip
    theirs = {}
    for disease in q.diseases:
        r0 = known_r0(disease)
        error = max(bound_error(town, disease, r0.value, start) for start in q.starts)
        theirs[disease] = {
            "r0": r0.value, "r0_low": r0.low, "r0_high": r0.high, "r0_source": r0.source,
            "r0_status": r0.status, "isolation_at_onset": isolation(town, disease),
            "bound_error": error,
        }  # fmt: skip
    return {
        "place": str(q.base["place"]), "persons": persons, "runs": len(found.runs),
        "made": found.made, "found": found.found, "seed": q.seed, "days": DAYS,
        "diseases": theirs,
    } | {name: frame.to_dict("records") for name, frame in told.items()}  # fmt: skip
