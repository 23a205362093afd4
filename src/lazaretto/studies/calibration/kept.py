"""What a calibration keeps of a run, and of the data in the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes import found_in_quarantine, reported_net, share_again
from lazaretto.people import CensusError, read_area
from lazaretto.people.own_cases import COLUMNS, cases_by_day
from lazaretto.scenario import Problem, ScenarioError
from lazaretto.studies.observed import observed_cases

LAGS = (7, 14, 21)
"""Days after which addresses are looked at again."""

Array = NDArray[np.float64]


class Kept(NamedTuple):
    """Counts of a run or of the data by day; NaN where the data have no number.

    Parameters
    ----------
    first
        First day.
    districts
        Names of the districts.
    residents
        Residents by district, shape (n_districts,).
    reported
        Net reported infections, persons, shape (n_districts, n_days).
    total
        Net reported infections of the place, persons, shape (n_days,).
    deaths
        Deaths, persons, shape (n_days,).
    found, found_in_quarantine
        Infected persons found, and those of them in quarantine by the official definition, shape
        (n_days,); only their ratio counts.
    sealed
        Residents of sealed places, persons, shape (n_days,).
    again
        Share of the compounds or addresses with a positive that have one again `LAGS` days later,
        shape (n_days, 3).
    """

    first: date
    districts: tuple[str, ...]
    residents: Array
    reported: Array
    total: Array
    deaths: Array
    found: Array
    found_in_quarantine: Array
    sealed: Array
    again: Array

    @property
    def n_days(self) -> int:
        """Return the number of days."""
        return int(self.total.size)

    def day(self, when: date) -> int:
        """Return the number of a date, from 0."""
        return (when - self.first).days

    def as_json(self) -> dict[str, Any]:
        """Return everything as lists, for keeping."""
        return {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in (self._asdict() | {"first": self.first.isoformat()}).items()
        }

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Kept:
        """Return what `as_json` gave."""
        arrays = {
            name: np.array(value, np.float64)
            for name, value in written.items()
            if name not in ("first", "districts")
        }
        first = date.fromisoformat(written["first"])
        return cls(first=first, districts=tuple(written["districts"]), **arrays)


def keep(results: xr.Dataset) -> Kept:
    """Return what a calibration needs of the results of one run.

    Of a run that ended early, the days after have the values of its last one.

    Parameters
    ----------
    results
        Labelled results, of one replicate.
    """
    run = results.isel(replicate=0) if "replicate" in results.dims else results
    reported = _values(reported_net(run).transpose("district", "date"))
    sealed = _values(run["persons_by_tier"].sel(tier="sealed").sum("district"))
    again = share_again(run).sel(days_later=list(LAGS)).transpose("date", "days_later")
    made = Kept(
        first=pd.Timestamp(run["date"].values[0]).date(),
        districts=tuple(str(name) for name in run["district"].values),
        residents=_values(run["population"]),
        reported=reported,
        total=reported.sum(axis=0),
        deaths=_values(run["deaths"].sum("district")),
        found=_values(run["found"].sum(("district", "found_where"))),
        found_in_quarantine=_values(found_in_quarantine(run).sum("district")),
        sealed=sealed,
        again=_values(again),
    )
    ended = run.attrs.get("ended_on")
    return made if ended is None else _held(made, made.day(date.fromisoformat(ended)))


def _held(kept: Kept, last: int) -> Kept:
    """Return counts whose days after one have its values."""
    days = np.minimum(np.arange(kept.n_days), last)
    return kept._replace(
        reported=kept.reported[:, days], total=kept.total[days], deaths=kept.deaths[days],
        found=kept.found[days], found_in_quarantine=kept.found_in_quarantine[days],
        sealed=kept.sealed[days], again=kept.again[days],
    )  # fmt: skip


def _values(array: xr.DataArray) -> Array:
    return np.asarray(array.values, np.float64)


def reported_data(place: str, first: date, last: date) -> Kept:
    """Return the data of a place that Lazaretto ships, between two dates, both included.

    Raises
    ------
    ScenarioError
        If it ships none.
    """
    real = observed_cases(place)
    if real is None:
        allowed = "shanghai, whose reports Lazaretto ships, or data: a CSV of your own"
        raise ScenarioError([Problem("place", place, allowed, "add data:, a table by date")])
    days = pd.date_range(first, last)
    daily = real.daily.set_index("date").reindex(days)
    area = read_area(place)
    by_district = real.by_district.pivot_table(
        index="district", columns="date", values="new_infections", aggfunc="sum"
    ).reindex(index=list(area.districts), columns=days)
    share = daily["share_in_quarantine"].to_numpy(np.float64)
    zones = real.announced[real.announced["tier"] == "sealed"].set_index("date")["persons"]
    return Kept(
        first=first,
        districts=area.districts,
        residents=area.persons.sum(axis=1).astype(np.float64),
        reported=by_district.to_numpy(np.float64),
        total=daily["new_infections"].to_numpy(np.float64),
        deaths=daily["deaths"].to_numpy(np.float64),
        found=np.where(np.isnan(share), np.nan, 1.0),
        found_in_quarantine=share,
        sealed=zones.reindex(days).to_numpy(np.float64),
        again=_addresses(days),
    )


def _addresses(days: pd.DatetimeIndex) -> Array:
    with files("lazaretto").joinpath("data/shanghai_2022_addresses_again.csv").open("rb") as file:
        table = pd.read_csv(file, parse_dates=["base_date"])
    wide = table.pivot_table(index="base_date", columns="days_later", values="share_again")
    return wide.reindex(index=days, columns=list(LAGS)).to_numpy(np.float64)


def own_data(file: Path, first: date, last: date) -> Kept:
    """Return a user's data, by day and for the whole place.

    Parameters
    ----------
    file
        A CSV as `lazaretto.people.own_cases.cases_by_day` reads it.
    first, last
        Days wanted, both included.

    Raises
    ------
    ScenarioError
        With every problem of the file.
    """
    try:
        found = cases_by_day(file)
    except CensusError as error:
        raise ScenarioError(
            [Problem("data", said, "a table of cases by date", "correct it")
             for said in error.problems]
        ) from None  # fmt: skip
    days = pd.date_range(first, last)
    by_day = [found.get(day.date(), {}) for day in days]
    columns = {
        name: np.array([day.get(name, np.nan) for day in by_day], np.float64) for name in COLUMNS
    }
    nowhere = np.full((0, len(days)), np.nan)
    never = np.full((len(days), len(LAGS)), np.nan)
    return Kept(
        first=first,
        districts=(),
        residents=np.zeros(0),
        reported=nowhere,
        total=columns["reported"],
        deaths=columns["deaths"],
        found=columns["found"],
        found_in_quarantine=columns["found_in_quarantine"],
        sealed=columns["sealed"],
        again=never,
    )
