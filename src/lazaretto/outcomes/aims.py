"""The aim of a policy, and how likely it is reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import beta

from lazaretto.outcomes.alike import effective_runs
from lazaretto.outcomes.rows import replicated
from lazaretto.provenance import Figure

Kind = Literal["deaths", "hospital", "containment"]

CONTAINED = 100.0
"""Infections a day below which an epidemic counts as contained, where the aim says nothing else."""

MOST_INFECTED = Figure(
    0.1,
    "share of residents",
    "no source: an epidemic that ended because few were left to infect was not contained",
    "assumed",
)
"""Residents ever infected above which an epidemic counts as burnt out, not as contained."""

NEEDS: dict[str, str] = {
    "deaths": "deaths",
    "hospital": "patients",
    "containment": "infections_by_age",
}
"""Variable that each kind of aim is judged by."""

COVERAGE = 0.9


@dataclass(frozen=True)
class Aim:
    """What a policy is for, and until when.

    Parameters
    ----------
    kind
        ``deaths``: at most `value` deaths up to the time limit; ``hospital``: never more than
        `value` persons in need of intensive care up to it, in a bed or waiting for one;
        ``containment``: fewer than `value` new infections on the day of the time limit, and at
        most `most_infected` of the residents infected up to it.
    by
        Time limit, a day of the run.
    value
        The number; 100 infections a day if containment says none.
    most_infected
        Share of the residents, 0 to 1, of containment only; `MOST_INFECTED` if it says none.
    """

    kind: Kind
    by: date
    value: float | None = None
    most_infected: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            allowed = ", ".join(get_args(Kind))
            raise ValueError(f"aim.kind is {self.kind!r}; allowed: {allowed}")
        if self.value is None and self.kind != "containment":
            raise ValueError(f"aim.value is missing; say how many for the aim {self.kind!r}")
        if self.value is not None and not self.value >= 0:
            raise ValueError(f"aim.value is {self.value}; allowed: 0 or more")
        if self.most_infected is not None:
            if self.kind != "containment":
                raise ValueError(f"aim.most_infected is for containment only, not {self.kind!r}")
            if not 0 <= self.most_infected <= 1:
                raise ValueError(f"aim.most_infected is {self.most_infected}; allowed: 0 to 1")

    @property
    def limit(self) -> float:
        """Return the number that the aim names."""
        return CONTAINED if self.value is None else float(self.value)

    @property
    def infected_limit(self) -> float:
        """Return the share of residents above which an epidemic is not contained."""
        return MOST_INFECTED.value if self.most_infected is None else float(self.most_infected)

    @property
    def words(self) -> str:
        """Return the aim in words."""
        said = {
            "deaths": f"at most {self.limit:,.0f} deaths by {self.by}",
            "hospital": f"at most {self.limit:,.0f} persons in intensive care or waiting for it on "
            f"any day to {self.by}",
            "containment": f"fewer than {self.limit:,.0f} new infections on {self.by} and at most "
            f"{100 * self.infected_limit:g} % of residents ever infected",
        }
        return said[self.kind]


@dataclass(frozen=True)
class Chance:
    """How likely something is, from runs in which it happened or not.

    Parameters
    ----------
    reached, runs
        In how many of how many runs.
    low, high
        Jeffreys 90 % interval of the probability.
    """

    reached: int
    runs: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Return the share of runs."""
        return self.reached / self.runs

    @property
    def sure(self) -> bool:
        """Return whether the runs tell if it is likelier than not: the interval is beside half."""
        return self.low > 0.5 or self.high < 0.5

    @property
    def words(self) -> str:
        """Return the share and its interval in words."""
        return (
            f"{self.share:.0%} ({self.low:.0%} to {self.high:.0%}; {self.reached} of {self.runs} "
            f"run{'' if self.runs == 1 else 's'})"
        )


def reached(results: xr.Dataset, aim: Aim) -> NDArray[np.bool_]:
    """Return whether each run reaches the aim, shape (n_replicates,).

    It is judged by what happens in the run, not by what is reported.

    Raises
    ------
    ValueError
        If the time limit is not a day of the run, or the results lack what the aim is judged by.
    """
    runs, needed = replicated(results), NEEDS[aim.kind]
    if needed not in runs:
        raise ValueError(f"the aim {aim.kind!r} is judged by {needed!r}, which the results lack")
    days = runs["date"].values.astype("datetime64[D]")
    limit = np.datetime64(aim.by, "D")
    if limit not in days:
        raise ValueError(f"aim.by is {aim.by}; the run has the days {days[0]} to {days[-1]}")
    last = int(np.flatnonzero(days == limit)[0])
    if aim.kind == "hospital":
        needs = intensive_care_needed(runs)[:, : last + 1]
        return np.asarray(needs.max(axis=1) <= aim.limit)
    numbers = _by_day(runs[needed])
    if aim.kind == "deaths":
        return np.asarray(numbers[:, : last + 1].sum(axis=1) <= aim.limit)
    few = infected_share(runs, aim.by) <= aim.infected_limit
    return np.asarray((numbers[:, last] < aim.limit) & few)


def infected_share(results: xr.Dataset, by: date) -> NDArray[np.float64]:
    """Return the share of the residents infected up to a day, shape (n_replicates,).

    Raises
    ------
    ValueError
        If the results do not say how many residents there are.
    """
    runs = replicated(results)
    if "persons_by_tier" in runs:
        residents = _by_day(runs["persons_by_tier"])[:, 0]
    elif "population" in runs.coords:
        residents = np.full(runs.sizes["replicate"], float(runs["population"].sum()))
    else:
        raise ValueError("containment is judged by 'persons_by_tier' too, which the results lack")
    so_far = runs["date"].values.astype("datetime64[D]") <= np.datetime64(by, "D")
    infected = _by_day(runs["infections_by_age"])[:, so_far].sum(axis=1)
    return np.asarray(infected / residents)


def intensive_care_needed(results: xr.Dataset) -> NDArray[np.float64]:
    """Return persons in intensive care or waiting for it by day, shape (n_replicates, n_days).

    Where beds run out those in a bed are no more than the beds. Results that do not say which care
    is waited for count everybody who waits.

    Parameters
    ----------
    results
        Labelled results with the variable ``patients``.
    """
    runs = replicated(results)
    needed = _by_day(runs["patients"].sel(care="icu", drop=True))
    if "patients_waiting" not in runs:
        return needed
    waiting = runs["patients_waiting"]
    if "care" in waiting.dims:
        waiting = waiting.sel(care="icu", drop=True)
    return needed + _by_day(waiting)


def chance(happened: NDArray[np.bool_], effective: float | None = None) -> Chance:
    """Return the probability of something over runs, with a Jeffreys 90 % interval.

    The limits are quantiles of Beta(k + 1/2, n - k + 1/2), and 0 or 1 where k is 0 or n (Brown,
    Cai and DasGupta 2001, doi 10.1214/ss/1009213286). Runs that are one draw taken more than once
    count for as many as they are as good as.

    Parameters
    ----------
    happened
        One answer for each run, at least one, shape (n,).
    effective
        Independent runs they are as good as, see `lazaretto.outcomes.alike.effective_runs`; all if
        absent.
    """
    n, k = int(happened.size), int(np.count_nonzero(happened))
    if n == 0:
        raise ValueError("no run to judge by")
    tail = (1 - COVERAGE) / 2
    worth = 1.0 if effective is None else effective / n
    yes, no = worth * k + 0.5, worth * (n - k) + 0.5
    low = 0.0 if k == 0 else float(beta.ppf(tail, yes, no))
    high = 1.0 if k == n else float(beta.ppf(1 - tail, yes, no))
    return Chance(k, n, low, high)


def chance_of(results: xr.Dataset, aim: Aim) -> Chance:
    """Return how likely the aim is reached over the runs of the results."""
    return chance(reached(results, aim), effective_runs(results))


def difference(more: Chance, less: Chance) -> tuple[float, float, float]:
    """Return how much likelier one is than the other: difference, low and high (90 %).

    The limits combine those of the two (Newcombe 1998, method 10, doi
    10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I), as if the runs were
    independent; runs with the same seeds are not, which makes the interval wider than needed.
    """
    apart = more.share - less.share
    low = apart - float(np.hypot(more.share - more.low, less.high - less.share))
    high = apart + float(np.hypot(more.high - more.share, less.share - less.low))
    return apart, low, high


def _by_day(counted: xr.DataArray) -> NDArray[np.float64]:
    """Return a sum over everything but run and day, shape (n_replicates, n_days)."""
    daily = counted.sum([name for name in counted.dims if name not in ("replicate", "date")])
    if "replicate" not in daily.dims:
        daily = daily.expand_dims("replicate")
    return np.asarray(daily.transpose("replicate", "date").values, np.float64)
