"""What the fitted runs say of the days after the data, and of the data themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lazaretto.scenario import Problem, ScenarioError
from lazaretto.studies.calibration.journal import Journal
from lazaretto.studies.calibration.kept import Kept
from lazaretto.studies.calibration.plan import Plan
from lazaretto.studies.calibration.posterior import Posterior, Tell
from lazaretto.studies.ensembles.ensemble import Failed, Job

SERIES = ("reported", "deaths", "sealed")
"""Daily figures that are kept of every fitted run: health, and what it cost."""


class Predicted(NamedTuple):
    """Fitted runs, day by day, in persons of the whole place.

    Parameters
    ----------
    first
        First day.
    weights
        Of the runs, sum 1, shape (n_runs,).
    reported, deaths, sealed
        Persons a day, shape (n_runs, n_days).
    """

    first: date
    weights: NDArray[np.float64]
    reported: NDArray[np.float64]
    deaths: NDArray[np.float64]
    sealed: NDArray[np.float64]

    def between(self, first: date, last: date) -> Predicted:
        """Return the days between two dates, both included."""
        days = slice((first - self.first).days, (last - self.first).days + 1)
        return self._replace(first=first, reported=self.reported[:, days],
                             deaths=self.deaths[:, days], sealed=self.sealed[:, days])  # fmt: skip


def last_day(plan: Plan) -> date:
    """Return the last day that fitted runs are continued to."""
    held = plan.calibration.held_out
    return plan.calibration.data_until if held is None else held.last


def compared_runs(plan: Plan, posterior: Posterior, prior: bool = False) -> list[Job]:
    """Return the run of each particle as it was compared with the data: its numbers and seed.

    Parameters
    ----------
    plan, posterior
        The calibration and what came of it.
    prior
        Whether those that were drawn from the prior are wanted.
    """
    rows, seeds = (
        (posterior.prior, posterior.prior_seeds) if prior else (posterior.values, posterior.seeds)
    )
    return [
        plan.fit_job(dict(zip(posterior.names, row, strict=True)), int(seed))
        for row, seed in zip(rows, seeds, strict=True)
    ]


def predict(
    plan: Plan, posterior: Posterior, journal: Journal, tell: Tell | None = None
) -> Predicted:
    """Run every particle on to the end of the held-out days.

    A particle was accepted for the whole of its run, chance included; with its own seed it goes on
    from the very days that were compared with the data.

    Parameters
    ----------
    plan, posterior, journal
        The calibration, what came of it, and what makes runs.
    tell
        Called with words and the share done.
    """
    until = last_day(plan)
    jobs = [
        Job(plan.scenario_with(dict(zip(posterior.names, row, strict=True)), until), int(seed))
        for row, seed in zip(posterior.values, posterior.seeds, strict=True)
    ]
    kept: dict[int, Kept] = {}
    for number, made in journal.runs(jobs):
        if not isinstance(made, Failed):
            kept[number] = made
        if tell is not None:
            tell(f"going on with fitted runs, {len(kept)} of {len(jobs)}", len(kept) / len(jobs))
    if not kept:
        raise ScenarioError([Problem("held_out", None, "runs that can be continued to its last day",
                                     "see what the runs say with: lazaretto run")])  # fmt: skip
    return gathered([kept[i] for i in sorted(kept)], posterior.weights[sorted(kept)], plan.share)


def of_prior(plan: Plan, posterior: Posterior, journal: Journal) -> Predicted:
    """Return the runs that were drawn from the prior, to the last day of the data; all are kept."""
    jobs = compared_runs(plan, posterior, prior=True)
    found = [made for _, made in sorted(journal.runs(jobs), key=lambda pair: pair[0])]
    kept = [made for made in found if not isinstance(made, Failed)]
    return gathered(kept, np.full(len(kept), 1 / len(kept)), plan.share)


def gathered(runs: Sequence[Kept], weights: NDArray[np.float64], share: float) -> Predicted:
    """Return runs side by side, counts divided by the share of residents that are in them."""
    return Predicted(
        runs[0].first,
        weights / weights.sum(),
        reported=np.stack([run.total for run in runs]) / share,
        deaths=np.stack([run.deaths for run in runs]) / share,
        sealed=np.stack([run.sealed for run in runs]) / share,
    )


def quantiles(
    values: NDArray[np.float64], weights: NDArray[np.float64], levels: Sequence[float]
) -> NDArray[np.float64]:
    """Return weighted quantiles over the first axis, shape (n_levels, ...).

    Linear between the middles of the weights of the sorted values.

    Parameters
    ----------
    values
        Shape (n, ...).
    weights
        Sum 1, shape (n,).
    levels
        From 0 to 1.
    """
    flat = values.reshape(values.shape[0], -1)
    out = np.empty((len(levels), flat.shape[1]))
    for column in range(flat.shape[1]):
        order = np.argsort(flat[:, column], kind="stable")
        sorted_weights = weights[order]
        middle = np.cumsum(sorted_weights) - sorted_weights / 2
        out[:, column] = np.interp(levels, middle, flat[order, column])
    return out.reshape(len(levels), *values.shape[1:])


def as_table(predicted: Predicted) -> pd.DataFrame:
    """Return one row a run and day: draw, weight, date and the `SERIES`."""
    n, days = predicted.reported.shape
    dates = pd.date_range(predicted.first, periods=days)
    columns = {name: getattr(predicted, name).ravel() for name in SERIES}
    return pd.DataFrame(
        {
            "draw": np.repeat(np.arange(n), days),
            "weight": np.repeat(predicted.weights, days),
            "date": np.tile(dates.values, n),
            **columns,
        }
    )
