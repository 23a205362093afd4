"""The numbers of a run that are compared with data: the same function reads both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np

from lazaretto.scenario import Problem, ScenarioError
from lazaretto.studies.calibration.kept import LAGS, Kept
from lazaretto.studies.calibration.plan import Plan, Stream

WEEK = 7


def numbers_of(kept: Kept, stream: Stream, until: date, scale: float = 1.0) -> dict[str, float]:
    """Return the numbers of a stream by label, NaN where there is none.

    Counts are logarithms, ln(1 + persons); of a district ln of reports (and one half) a resident;
    shares are shares.

    Parameters
    ----------
    kept
        A run or the data.
    stream
        Which data, and which days.
    until
        Last day of which data are used.
    scale
        Factor on counts: the share of residents that are in the runs, for data of the whole.
    """
    name = stream.stream
    return {
        f"{name} {label}": float(value)
        for label, value in _READ[name](kept, _days(kept, stream, until), until, scale)
    }


def _days(kept: Kept, stream: Stream, until: date) -> list[date]:
    if stream.days is not None:
        return list(stream.days)
    first, last = stream.first or kept.first, stream.last or until
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


Numbers = Iterator[tuple[str, float]]


def _reported(kept: Kept, days: Sequence[date], _until: date, scale: float) -> Numbers:
    for day in days:
        yield str(day), float(np.log1p(kept.total[kept.day(day)] * scale))


def _sealed(kept: Kept, days: Sequence[date], _until: date, scale: float) -> Numbers:
    for day in days:
        yield str(day), float(np.log1p(kept.sealed[kept.day(day)] * scale))


def _quarantined(kept: Kept, days: Sequence[date], _until: date, _scale: float) -> Numbers:
    for day in days:
        whole, part = kept.found[kept.day(day)], kept.found_in_quarantine[kept.day(day)]
        yield str(day), float(part / whole) if whole > 0 else float("nan")


def _deaths(kept: Kept, days: Sequence[date], _until: date, scale: float) -> Numbers:
    """Deaths since the first of the days, at the end of each of its weeks and on the last."""
    start = kept.day(days[0])
    for day in sorted({*days[WEEK - 1 :: WEEK], days[-1]}):
        upto = kept.deaths[start : kept.day(day) + 1]
        yield f"to {day}", float(np.log1p(upto.sum() * scale))


def _districts(kept: Kept, days: Sequence[date], _until: date, scale: float) -> Numbers:
    window = kept.reported[:, kept.day(days[0]) : kept.day(days[-1]) + 1]
    known = ~np.isnan(window).all(axis=1)
    cases = np.where(known, np.nansum(window, axis=1), np.nan)
    for i, name in enumerate(kept.districts):
        yield name, float(np.log((cases[i] * scale + 0.5) / (kept.residents[i] * scale)))


def _again(kept: Kept, days: Sequence[date], until: date, _scale: float) -> Numbers:
    for day in days:
        for i, lag in enumerate(LAGS):
            if day + timedelta(days=lag) <= until:
                yield f"{day} after {lag} days", float(kept.again[kept.day(day), i])


_READ = {
    "reported": _reported,
    "sealed": _sealed,
    "found_in_quarantine": _quarantined,
    "deaths": _deaths,
    "district_attack": _districts,
    "addresses_again": _again,
}


class Compared:
    """The numbers that runs are held against, and how to read them of a run.

    Parameters
    ----------
    plan
        The calibration.

    Raises
    ------
    ScenarioError
        If the data have no number of a stream.
    """

    def __init__(self, plan: Plan) -> None:
        self._streams = plan.calibration.streams
        self._until = plan.calibration.data_until
        self.observed: dict[str, float] = {}
        self.stream_of: dict[str, str] = {}
        self.weights: dict[str, float] = {}
        problems = []
        for i, stream in enumerate(self._streams):
            found = numbers_of(plan.data, stream, self._until, plan.share)
            known = {label: value for label, value in found.items() if not np.isnan(value)}
            if not known:
                allowed = "streams of which the data have a number"
                problems.append(Problem(f"streams.{i}", stream.stream, allowed, "leave it out"))
            self.observed |= known
            self.stream_of |= dict.fromkeys(known, stream.stream)
            self.weights |= dict.fromkeys(known, stream.weight / max(len(known), 1))
        if problems:
            raise ScenarioError(problems)

    def of_run(self, kept: Kept) -> dict[str, float]:
        """Return the numbers of a run by label; a share of nothing counts as none, 0."""
        found: dict[str, float] = {}
        for stream in self._streams:
            found |= numbers_of(kept, stream, self._until)
        return {label: float(np.nan_to_num(found[label], nan=0.0)) for label in self.observed}
