"""How well and how badly a run agrees with the data: numbers, and a plain verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes import reported_net
from lazaretto.report.observed import daily, daily_by_district
from lazaretto.report.replicates import (
    FEWEST_RUNS_FOR_BAND,
    Spread,
    area_of,
    by_area,
    moving_mean,
    spread,
    with_replicates,
)

Verdict = Literal["close", "fair", "rough", "poor"]


@dataclass(frozen=True)
class DistrictFit:
    """Agreement over districts, totals of the days with data.

    Parameters
    ----------
    rank_correlation
        Spearman's correlation of the district totals.
    misplaced
        Share of cases that would have to be moved to another district to match (0 to 1).
    """

    rank_correlation: float
    misplaced: float


@dataclass(frozen=True)
class Fit:
    """Agreement of net reported cases with data over the days that have data.

    Parameters
    ----------
    first, last, n_days
        The days compared.
    observed_total, simulated_total
        Cases over these days.
    ratio
        Simulated total over observed total.
    observed_peak, observed_peak_date
        Highest 7-day mean of the data and its middle day.
    peak_ratio, peak_days_late
        Peaks of the centred 7-day means: simulated over observed, and days after the observed.
    log_error
        Mean absolute error of ln(1 + cases) over the days; exp of it is a typical factor.
    inside_half, inside_most
        Share of days whose data lie in the 50 % and 90 % band of the runs; NaN for few runs.
    doubling, halving
        Days to double on the rise and to halve on the fall: simulated, then observed.
    districts
        Agreement over districts, if data by district are at hand.
    """

    first: pd.Timestamp
    last: pd.Timestamp
    n_days: int
    observed_total: float
    simulated_total: Spread
    ratio: Spread
    observed_peak: float
    observed_peak_date: pd.Timestamp
    peak_ratio: Spread
    peak_days_late: Spread
    log_error: Spread
    inside_half: float
    inside_most: float
    doubling: tuple[Spread, float]
    halving: tuple[Spread, float]
    districts: DistrictFit | None

    @property
    def typical_factor(self) -> float:
        """Factor by which a typical day is off."""
        return float(np.exp(self.log_error.median))

    @property
    def verdict(self) -> Verdict:
        """Return one word; every criterion must hold, so the worst one decides."""
        off = abs(np.log(max(self.ratio.median, 1e-9)))
        late = abs(self.peak_days_late.median)
        height = abs(np.log(max(self.peak_ratio.median, 1e-9)))
        for word, total, peak_days, peak, factor in (
            ("close", 1.10, 3, 1.15, 1.5),
            ("fair", 1.30, 7, 1.50, 2.0),
            ("rough", 2.00, 14, 2.50, 4.0),
        ):
            if (
                off <= np.log(total)
                and late <= peak_days
                and height <= np.log(peak)
                and self.typical_factor <= factor
            ):
                return word  # type: ignore[return-value]
        return "poor"


def compare(
    results: xr.Dataset,
    observed: pd.DataFrame | None,
    observed_by_district: pd.DataFrame | None = None,
) -> Fit | None:
    """Return the agreement of a run with data, None if no day has data.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    observed
        Real cases of the place by day: columns date, new_infections.
    observed_by_district
        The same with a column district.
    """
    runs = with_replicates(results)
    dates = runs["date"].values
    data = daily(observed, dates)
    if data is None:
        data = daily(observed_by_district, dates)
    if data is None or np.nansum(data) == 0:
        return None
    simulated = (
        reported_net(runs).sum("district").transpose("replicate", "date").values.astype(np.float64)
    )
    known = np.isfinite(data)
    real, model = data[known], simulated[:, known]
    smooth_real, smooth_model = moving_mean(real), moving_mean(model)
    peak, peaks = int(smooth_real.argmax()), smooth_model.argmax(axis=1)
    days = pd.DatetimeIndex(dates[known])
    late = np.array([(days[at] - days[peak]).days for at in peaks], np.float64)
    late[model.sum(axis=1) == 0] = np.nan
    few = model.shape[0] < FEWEST_RUNS_FOR_BAND
    return Fit(
        first=days[0],
        last=days[-1],
        n_days=len(days),
        observed_total=float(real.sum()),
        simulated_total=spread(model.sum(axis=1)),
        ratio=spread(model.sum(axis=1) / real.sum()),
        observed_peak=float(smooth_real[peak]),
        observed_peak_date=days[peak],
        peak_ratio=spread(smooth_model.max(axis=1) / smooth_real[peak]),
        peak_days_late=spread(late),
        log_error=spread(np.abs(np.log1p(model) - np.log1p(real)).mean(axis=1)),
        inside_half=float("nan") if few else _inside(model, real, 0.25),
        inside_most=float("nan") if few else _inside(model, real, 0.05),
        doubling=(spread(np.array([_tenfold(run) for run in smooth_model])), _tenfold(smooth_real)),
        halving=(
            spread(np.array([_tenfold(run[::-1]) for run in smooth_model])),
            _tenfold(smooth_real[::-1]),
        ),
        districts=_districts(runs, observed_by_district),
    )


def _inside(model: NDArray[np.float64], real: NDArray[np.float64], tail: float) -> float:
    low, high = np.quantile(model, (tail, 1 - tail), axis=0)
    return float(((real >= low) & (real <= high)).mean())


def _tenfold(smooth: NDArray[np.float64]) -> float:
    """Return the doubling time in days between 5 % and 50 % of the peak, before the peak."""
    peak = int(smooth.argmax())
    before = smooth[: peak + 1]
    if smooth[peak] <= 0 or before[0] > 0.05 * smooth[peak]:
        return float("nan")
    # The last crossings before the peak: an early flicker must not count as the rise.
    start = int(np.flatnonzero(before <= 0.05 * smooth[peak])[-1])
    half = int(np.flatnonzero(before <= 0.50 * smooth[peak])[-1])
    return max(half - start, 1) * float(np.log(2) / np.log(10))


def _districts(runs: xr.Dataset, observed: pd.DataFrame | None) -> DistrictFit | None:
    """Return the agreement over districts, on the days on which the split is known."""
    areas = by_area(runs)
    table = daily_by_district(observed, runs["date"].values, area_of(runs))
    if table is None or areas.sizes["district"] < 2:
        return None
    days = table.dropna().index
    names = [str(name) for name in areas["district"].values if str(name) in table.columns]
    if len(days) == 0 or len(names) < 2:
        return None
    real = table.loc[days, names].sum().to_numpy(np.float64)
    simulated = reported_net(areas).sel(date=days, district=names).sum("date").mean("replicate")
    model = simulated.values.astype(np.float64)
    if real.sum() == 0 or model.sum() == 0:
        return None
    ranks = np.corrcoef(pd.Series(real).rank(), pd.Series(model).rank())[0, 1]
    misplaced = 0.5 * np.abs(real / real.sum() - model / model.sum()).sum()
    return DistrictFit(float(ranks), float(misplaced))


def fit_table(fit: Fit) -> list[tuple[str, str, str]]:
    """Return rows of the fit: what is compared, the simulation, the data.

    Parameters
    ----------
    fit
        As returned by `compare`.
    """
    from lazaretto.report.wording import day, decimal_in_runs, exactly, people_in_runs

    def in_days(value: float) -> str:
        return "not defined" if np.isnan(value) else f"{value:.1f}"

    span = f"{day(fit.first)} to {day(fit.last, year=True)}"
    rows = [
        (
            f"Reported infections, {span}",
            people_in_runs(fit.simulated_total),
            exactly(fit.observed_total),
        ),
        ("Total, simulated over real", decimal_in_runs(fit.ratio), "1"),
        ("Peak of the 7-day mean, simulated over real", decimal_in_runs(fit.peak_ratio), "1"),
        (
            "Peak of the 7-day mean, days after the real one",
            decimal_in_runs(fit.peak_days_late, 0),
            "0",
        ),
        (
            "Doubling time on the rise, 5 % to 50 % of the peak (days)",
            decimal_in_runs(fit.doubling[0], 1),
            in_days(fit.doubling[1]),
        ),
        (
            "Halving time on the fall, 50 % to 5 % of the peak (days)",
            decimal_in_runs(fit.halving[0], 1),
            in_days(fit.halving[1]),
        ),
        ("Mean absolute error of ln(1 + cases) a day", decimal_in_runs(fit.log_error), "0"),
        ("Typical factor a day is off by", f"{fit.typical_factor:.2f}", "1"),
    ]
    if not np.isnan(fit.inside_most):
        rows += [
            ("Days with the data inside the 50 % band", f"{100 * fit.inside_half:.0f} %", "50 %"),
            ("Days with the data inside the 90 % band", f"{100 * fit.inside_most:.0f} %", "90 %"),
        ]
    if fit.districts is not None:
        rows += [
            (
                "Rank correlation of district totals (Spearman)",
                f"{fit.districts.rank_correlation:.2f}",
                "1",
            ),
            ("Cases in the wrong district", f"{100 * fit.districts.misplaced:.0f} %", "0 %"),
        ]
    return rows
