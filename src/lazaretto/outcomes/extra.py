"""What a policy costs and averts beyond the next less restrictive one."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes.rows import BOUNDS, Ledger, Pan, replicated

FEWEST_RUNS_FOR_BAND = 20
"""Below this many runs the lowest and the highest are given instead of a 90 % band."""

LEAST = 0.5
"""Deaths, person-days or DALYs fewer than this are none: nothing is divided by them."""


class Extra(NamedTuple):
    """A difference between two policies: the mean over the runs, and its range over the runs."""

    low: float
    mid: float
    high: float


class ExtraCost(NamedTuple):
    """What a policy costs of one kind beyond the less restrictive one; negative if it saves."""

    kind: str
    pan: Pan
    unit: str
    extra: Extra


class Review(NamedTuple):
    """When a policy stops to be better than the less restrictive one.

    Parameters
    ----------
    day
        First day on which no more deaths are averted although more people are confined; none if
        that does not happen within the run.
    why
        In words.
    """

    day: date | None
    why: str


def check_alike(policy: xr.Dataset, less: xr.Dataset) -> None:
    """Refuse two results that are not of the same days and place.

    Raises
    ------
    ValueError
        If the days differ, or the residents.
    """
    ours, theirs = policy["date"].values, less["date"].values
    if ours.shape != theirs.shape or (ours != theirs).any():
        raise ValueError(
            f"the policy runs from {ours[0]:.10} to {ours[-1]:.10}, the less restrictive one from "
            f"{theirs[0]:.10} to {theirs[-1]:.10}; run both for the same days"
        )
    if "persons_by_tier" in policy and "persons_by_tier" in less:
        first, second = (
            float(replicated(runs)["persons_by_tier"].isel(date=0, replicate=0).sum())
            for runs in (policy, less)
        )
        if first != second:
            raise ValueError(
                f"the policy has {first:,.0f} residents, the less restrictive one {second:,.0f}; "
                "compare two policies for the same people"
            )


def paired(policy: xr.Dataset, less: xr.Dataset) -> bool:
    """Return whether run i of both has the same seed, so that chance is shared."""
    ours, theirs = replicated(policy), replicated(less)
    if ours.sizes["replicate"] != theirs.sizes["replicate"]:
        return False
    if "seed" in ours.coords and "seed" in theirs.coords:
        return bool(np.array_equal(np.ravel(ours["seed"]), np.ravel(theirs["seed"])))
    if "seed" in ours.attrs and "seed" in theirs.attrs:
        return bool(ours.attrs["seed"] == theirs.attrs["seed"])
    return False


def over_runs(ours: NDArray[np.float64], theirs: NDArray[np.float64], *, pairs: bool) -> Extra:
    """Return ours minus theirs: mean and 90 % range over the runs.

    Of fewer than 20 runs the range is the lowest to the highest. Runs that do not share seeds are
    set against each other at their extremes.

    Parameters
    ----------
    ours, theirs
        One number for each run of the policy and of the less restrictive one.
    pairs
        Whether run i of both shares its seed.
    """
    if pairs:
        low, high = _range(ours - theirs)
        return Extra(low, float((ours - theirs).mean()), high)
    (our_low, our_high), (their_low, their_high) = _range(ours), _range(theirs)
    mid = float(ours.mean() - theirs.mean())
    return Extra(our_low - their_high, mid, our_high - their_low)


def extra_costs(policy: Ledger, less: Ledger, *, pairs: bool) -> list[ExtraCost]:
    """Return what the policy costs more, kind by kind, for kinds that both ledgers have.

    The range is that over the runs at the low and the high ends of the unit values, whichever is
    wider; both policies are taken at the same end.
    """
    found = []
    for row in policy.rows:
        if row.by != "everybody" or not row.adds_up or not less.has(row.kind):
            continue
        at = [
            over_runs(
                row.amount.sel(bound=bound).values,
                less.of(row.kind).amount.sel(bound=bound).values,
                pairs=pairs,
            )
            for bound in BOUNDS
        ]
        low, high = min(extra.low for extra in at), max(extra.high for extra in at)
        found.append(ExtraCost(row.kind, row.pan, row.unit, Extra(low, at[1].mid, high)))
    return found


def averted(extra: Extra) -> Extra:
    """Return what is averted where `extra` is what happens more."""
    return Extra(-extra.high, 0.0 - extra.mid, -extra.low)


def ratio(cost: Extra, gain: Extra, least: float = LEAST) -> Extra | None:
    """Return cost per gain with its range, or None where on average nothing is gained.

    Where the gain may be less than `least` in a run, the cost per gain has no limit on that side.
    """
    if not gain.mid >= least:
        return None
    gains = (max(gain.low, least), gain.high)
    corners = [end / gain_end for end in (cost.low, cost.high) for gain_end in gains]
    low, high = min(corners), max(corners)
    if gain.low < least:
        low = -np.inf if cost.low < 0 else low
        high = np.inf if cost.high > 0 else high
    return Extra(low, cost.mid / gain.mid, high)


def daily(runs: xr.DataArray) -> NDArray[np.float64]:
    """Return the mean over the runs of the sum over everything but the day, shape (n_days,)."""
    summed = runs.sum([name for name in runs.dims if name not in ("replicate", "date")])
    return np.asarray(summed.mean("replicate").values, np.float64)


def review(policy: xr.Dataset, less: xr.Dataset) -> Review:
    """Return the first day on which the policy is no longer better than the less restrictive one.

    On each day the deaths still to come that it averts are set against the person-days of
    confinement still to come that it costs more, means over the runs, to the end of the run:
    person-days sealed, controlled or sealed, and at any tier above open, each by itself, so that
    tiers need no weights. Deaths follow infections by weeks: those averted late were averted by
    what was done before, and the day found is late rather than early.
    """
    ours, theirs = replicated(policy), replicated(less)
    deaths = _to_come(daily(theirs["deaths"]) - daily(ours["deaths"]))
    costs = {
        said: _to_come(daily(_at(ours, tiers)) - daily(_at(theirs, tiers)))
        for said, tiers in STRICTER.items()
    }
    more = np.any([cost >= LEAST for cost in costs.values()], axis=0)
    worse = np.flatnonzero((deaths < LEAST) & more)
    if worse.size:
        day = worse[0]
        found = ours["date"].values[day].astype("datetime64[D]").item()
        said = " and ".join(
            f"{cost[day]:,.0f} {said}" for said, cost in costs.items() if cost[day] >= LEAST
        )
        return Review(
            found,
            f"still to come are more person-days ({said}), and no death within the run is averted "
            "from then on",
        )
    if not more[0]:
        return Review(None, "it confines nobody for longer or more strictly")
    return Review(None, "as long as more confinement is to come, so are deaths that it averts")


STRICTER = {
    "sealed": ("sealed",),
    "controlled or sealed": ("controlled", "sealed"),
    "above open": ("precaution", "controlled", "sealed"),
}
"""Confinement as strict as this or stricter."""


def _to_come(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.cumsum(numbers[::-1])[::-1], np.float64)


def _at(runs: xr.Dataset, tiers: tuple[str, ...]) -> xr.DataArray:
    return runs["persons_by_tier"].sel(tier=list(tiers))


def spread(numbers: NDArray[np.float64]) -> Extra:
    """Return the range over runs, as `over_runs` has it, and the mean, of one number a run."""
    low, high = _range(numbers)
    return Extra(low, float(numbers.mean()), high)


def _range(numbers: NDArray[np.float64]) -> tuple[float, float]:
    ends = (0.0, 1.0) if numbers.size < FEWEST_RUNS_FOR_BAND else (0.05, 0.95)
    low, high = np.quantile(numbers, ends)
    return float(low), float(high)
