"""The numbers that Shanghai's validation targets ask for, one for each replicate.

Every function takes results with a replicate axis (`runs`) and returns shape (n_replicates,); a
number that a run does not define is NaN. Dates are days since 1970.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes import found_in_quarantine, reported_gross, reported_net, share_again
from lazaretto.words import AGE_BANDS

Numbers = NDArray[np.float64]

MEAN_AGE = np.array([*(5 * i + 2.5 for i in range(len(AGE_BANDS) - 1)), 90.0])
"""Mean age by band in years: the middle; 90 of the open band (assumed)."""


def daily_net(runs: xr.Dataset) -> Numbers:
    """Return net reported infections of the place by day, shape (n_replicates, n_days)."""
    net = reported_net(runs).sum("district").transpose("replicate", "date")
    return np.asarray(net.values, np.float64)


def days_of(runs: xr.Dataset) -> Numbers:
    """Return the days of the run since 1970, shape (n_days,)."""
    return runs["date"].values.astype("datetime64[D]").astype(np.float64)


def day_of(date: str) -> float:
    """Return a date as days since 1970."""
    return float(np.datetime64(date, "D").astype(np.int64))


def total(array: xr.DataArray) -> Numbers:
    """Return the sum over everything but the replicates."""
    return np.asarray(array.sum([d for d in array.dims if d != "replicate"]).values, np.float64)


def between(runs: xr.Dataset, first: str, last: str) -> xr.Dataset:
    """Return the results of some days, both ends included."""
    return runs.sel(date=slice(first, last))


def on(runs: xr.Dataset, date: str) -> xr.Dataset:
    """Return the results of one day."""
    return runs.sel(date=date)


def ratio(part: Numbers, whole: Numbers) -> Numbers:
    """Return part over whole, NaN where the whole is nothing."""
    found = np.full(part.shape, np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found


def peak_height(runs: xr.Dataset) -> Numbers:
    """Return the most net reports of a day."""
    return np.asarray(daily_net(runs).max(axis=1))


def peak_date(runs: xr.Dataset) -> Numbers:
    """Return the day of most net reports; NaN without a report."""
    net = daily_net(runs)
    return np.where(net.any(axis=1), days_of(runs)[net.argmax(axis=1)], np.nan)


def growth(runs: xr.Dataset, first: str, last: str) -> Numbers:
    """Return the slope of the logarithm of net reports a day, least squares, days with reports."""
    net = daily_net(between(runs, first, last))
    day = np.arange(net.shape[1])
    found = np.full(net.shape[0], np.nan)
    for i, series in enumerate(net):
        some = series > 0
        if some.sum() >= 3:
            found[i] = np.polyfit(day[some], np.log(series[some]), 1)[0]
    return found


def case_fatality(runs: xr.Dataset) -> Numbers:
    """Return deaths over net reports."""
    return ratio(total(runs["deaths"]), daily_net(runs).sum(axis=1))


def reported_r(daily: Numbers, mean: float = 2.7, deviation: float = 1.4) -> Numbers:
    """Return the reproduction number of reported infections, trailing window of 7 days.

    Cori et al. 2013, doi 10.1093/aje/kwt133, prior of mean and standard deviation 5; the
    generation interval is a gamma density taken at whole days.

    Parameters
    ----------
    daily
        Reports by day, shape (n_days,).
    mean, deviation
        Of the generation interval, days.
    """
    day = np.arange(1, 30)
    shape, scale = (mean / deviation) ** 2, deviation**2 / mean
    log_density = (shape - 1) * np.log(day) - day / scale
    weights = np.exp(log_density - log_density.max())
    weights = np.concatenate([[0.0], weights / weights.sum()])
    pressure = np.convolve(daily, weights)[: daily.size]
    week = np.ones(7)
    cases, force = (np.convolve(x, week)[: daily.size] for x in (daily, pressure))
    found = (1 + cases) / (1 / 5 + force)
    found[:6] = np.nan
    return np.asarray(found, np.float64)


def first_r_below_one(runs: xr.Dataset) -> Numbers:
    """Return the first day after the start of the last rise on which reported R is below one.

    The days before the seven-day sum of reports reaches a tenth of its largest are left out: with
    few reports R wanders around one.
    """
    net, days = daily_net(runs), days_of(runs)
    found = np.full(net.shape[0], np.nan)
    for i, series in enumerate(net):
        week = np.convolve(series, np.ones(7))[: series.size]
        below = (reported_r(series) < 1) & (np.arange(series.size) >= _risen(week))
        if series.any() and below.any():
            found[i] = days[below.argmax()]
    return found


def _risen(week: Numbers) -> int:
    return int((week >= 0.1 * week.max()).argmax())


def share_found_in_quarantine(runs: xr.Dataset, date: str) -> Numbers:
    """Return the share of a day's cases found in quarantine by the official definition."""
    day = on(runs, date)
    return ratio(total(found_in_quarantine(day)), total(day["found"]))


def found_in_community(runs: xr.Dataset) -> xr.DataArray:
    """Return cases found outside quarantine (official definition), by replicate and day."""
    every = runs["found"].sum(("district", "found_where"))
    outside = every - found_in_quarantine(runs).sum("district")
    return outside.transpose("replicate", "date")


def first_day_after_peak(runs: xr.Dataset, below: NDArray[np.bool_]) -> Numbers:
    """Return the first day after the peak of reports on which something holds; NaN if never.

    Parameters
    ----------
    runs
        Results with a replicate axis.
    below
        Whether it holds, shape (n_replicates, n_days).
    """
    peak, days = peak_date(runs), days_of(runs)
    with np.errstate(invalid="ignore"):
        holds = below & (days[None, :] > peak[:, None])
    return np.where(holds.any(axis=1), days[holds.argmax(axis=1)], np.nan)


def first_day_without_community(runs: xr.Dataset) -> Numbers:
    """Return the first day after the peak on which no case was found outside quarantine."""
    return first_day_after_peak(runs, found_in_community(runs).values == 0)


def first_day_below(runs: xr.Dataset, cases: float) -> Numbers:
    """Return the first day after the peak with fewer net reports."""
    return first_day_after_peak(runs, daily_net(runs) < cases)


def attack_rates(runs: xr.Dataset) -> Numbers:
    """Return net reports per resident by district, shape (n_replicates, n_districts)."""
    cases = reported_net(runs).sum("date").transpose("replicate", "district")
    return np.asarray((cases / runs["population"]).values, np.float64)


def gross_on(runs: xr.Dataset, date: str) -> Numbers:
    """Return confirmed and asymptomatic reports of a day, reclassified cases twice."""
    return total(reported_gross(on(runs, date)))


def addresses_listed(runs: xr.Dataset) -> Numbers:
    """Return compounds that ever had a positive outside a facility."""
    return total(runs["addresses_by_days"].sel(days_listed=slice(1, None)))


def share_listed_once(runs: xr.Dataset) -> Numbers:
    """Return the share of these compounds that had one on a single day."""
    return ratio(total(runs["addresses_by_days"].sel(days_listed=1)), addresses_listed(runs))


def listed_again(runs: xr.Dataset, date: str, days: int) -> Numbers:
    """Return the share of a day's positive compounds that are positive again days later."""
    return np.asarray(share_again(runs).sel(date=date, days_later=days).values, np.float64)


def subdistricts_with(runs: xr.Dataset, share: float) -> Numbers:
    """Return the share of subdistricts that hold a share of all cases, the worst hit first."""
    by_place = runs["cases_by_subdistrict"].transpose("replicate", "subdistrict").values
    worst_first = np.sort(by_place, axis=1)[:, ::-1].cumsum(axis=1)
    every = worst_first[:, -1:]
    needed = (worst_first < share * every).sum(axis=1) + 1
    return np.where(every[:, 0] > 0, needed / by_place.shape[1], np.nan)


def r_by_case(runs: xr.Dataset) -> Numbers:
    """Return infections caused per infected person, by the days on which these were infected."""
    return ratio(total(runs["secondary"]), total(runs["infections"]))


def severe_at_once(runs: xr.Dataset) -> Numbers:
    """Return the most persons in hospital wards and intensive care on a day."""
    patients = runs["patients"].sum(("district", "care"))
    return np.asarray(patients.max("date").values, np.float64)


def mean_age_of_dead(runs: xr.Dataset) -> Numbers:
    """Return the mean age of those who died, in years, from five-year bands."""
    deaths = runs["deaths_by_age"].sum(("date", "dose")).transpose("replicate", "age").values
    return ratio(deaths @ MEAN_AGE, deaths.sum(axis=1).astype(np.float64))
