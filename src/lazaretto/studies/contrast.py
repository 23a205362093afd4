"""Two policies side by side: what the virus and the policy cost under each, and the difference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes.extra import Extra, over_runs, paired
from lazaretto.outcomes.ledger import ledger
from lazaretto.outcomes.rows import BOUNDS, Ledger, Pan, Row, replicated
from lazaretto.studies.conclusions import icu_peak

SHOWN = (
    "infections",
    "deaths",
    "days sealed",
    "days controlled",
    "income lost",
    "outpatient visits forgone",
    "deaths from missed care",
    "food-insecure days",
)
"""Rows of the ledger that a comparison shows; the report has them all."""

ALWAYS = ("infections", "deaths", "days sealed")
"""Rows that are shown even if there is nothing of the kind under either policy."""

ICU = "persons in intensive care, peak"
BREAKOUTS = "break-outs"


class Contrast(NamedTuple):
    """An amount of one kind under two policies.

    Parameters
    ----------
    kind, pan, unit
        What is counted, whether virus or policy bring it about, and its unit.
    policy, less
        The amount under the policy and the less restrictive one: median over the runs, and the
        range over the runs and, where it is worked out with unit values, over their ranges.
    difference
        The policy less the less restrictive one, median and range over the pairs of runs with the
        same seed; so it need not be the difference of the two medians.
    """

    kind: str
    pan: Pan
    unit: str
    policy: Extra
    less: Extra
    difference: Extra

    def as_json(self, less: str = "less_restrictive") -> dict[str, object]:
        """Return it ready for JSON, the second policy called `less`."""
        return {"kind": self.kind, "pan": self.pan, "unit": self.unit} | {
            name: dict(zip(BOUNDS, extra, strict=True))
            for name, extra in (
                ("policy", self.policy),
                (less, self.less),
                ("difference", self.difference),
            )
        }


def contrasts(
    results: xr.Dataset, less: xr.Dataset, theirs: Ledger | None = None
) -> list[Contrast]:
    """Return both pans of two policies side by side, in the order shown.

    Parameters
    ----------
    results, less
        Results of the policy and of the less restrictive one.
    theirs
        The ledger of the less restrictive one, where it was worked out before.
    """
    pairs = paired(results, less)
    ours, theirs = ledger(results), theirs or ledger(less)
    found = [
        _contrast(kind, ours.of(kind).pan, ours.of(kind).unit, *(
            _by_bound(each.of(kind)) for each in (ours, theirs)
        ), pairs=pairs)
        for kind in SHOWN
        if ours.has(kind) and theirs.has(kind)
    ]  # fmt: skip
    found += _counted(results, less, pairs=pairs)
    found = [each for each in found if each.kind in ALWAYS or any((*each.policy, *each.less))]
    return sorted(found, key=lambda each: ("virus", "policy", "context").index(each.pan))


def _counted(results: xr.Dataset, less: xr.Dataset, *, pairs: bool) -> Iterator[Contrast]:
    if "patients" in results and "patients" in less:
        peaks = [icu_peak(results)[None], icu_peak(less)[None]]
        yield _contrast(ICU, "virus", "persons", *peaks, pairs=pairs)
    if "breakouts" in results and "breakouts" in less:
        counts = [_over_days(each["breakouts"])[None] for each in map(replicated, (results, less))]
        yield _contrast(BREAKOUTS, "policy", "break-outs", *counts, pairs=pairs)


def _contrast(
    kind: str,
    pan: Pan,
    unit: str,
    ours: NDArray[np.float64],
    theirs: NDArray[np.float64],
    *,
    pairs: bool,
) -> Contrast:
    """Return a contrast of amounts of shape (n_bounds, n_replicates); both at the same bound."""
    apart = [_apart(mine, other, pairs=pairs) for mine, other in zip(ours, theirs, strict=True)]
    return Contrast(kind, pan, unit, _alone(ours), _alone(theirs), _widest(apart))


def _apart(ours: NDArray[np.float64], theirs: NDArray[np.float64], *, pairs: bool) -> Extra:
    """Return ours minus theirs: median and range over the runs."""
    found = over_runs(ours, theirs, pairs=pairs)
    mid = np.median(ours - theirs) if pairs else np.median(ours) - np.median(theirs)
    return found._replace(mid=float(mid))


def _alone(amounts: NDArray[np.float64]) -> Extra:
    return _widest([_apart(each, np.zeros(each.shape), pairs=True) for each in amounts])


def _widest(found: list[Extra]) -> Extra:
    low, high = min(each.low for each in found), max(each.high for each in found)
    return Extra(low, found[len(found) // 2].mid, high)


def _by_bound(row: Row) -> NDArray[np.float64]:
    return np.asarray(row.amount.transpose("bound", "replicate").values, np.float64)


def _over_days(counted: xr.DataArray) -> NDArray[np.float64]:
    runs = counted.sum([name for name in counted.dims if name != "replicate"])
    return np.asarray(runs.values, np.float64)
