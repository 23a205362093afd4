"""Who was spared: infections that one policy averts against another, by place, age and origin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes.extra import Extra, over_runs, paired
from lazaretto.outcomes.rows import replicated, whole_place_if_small
from lazaretto.words import AGE_BANDS

AGES = {
    "0-14": slice(0, 3),
    "15-29": slice(3, 6),
    "30-44": slice(6, 9),
    "45-59": slice(9, 12),
    "60-74": slice(12, 15),
    "75+": slice(15, len(AGE_BANDS)),
}
"""Groups of five-year bands, by index of the band; as in reports."""


class Spared(NamedTuple):
    """Infections averted in a part of the residents; negative where more were infected.

    Parameters
    ----------
    by, group
        ``district``, ``age`` or ``origin`` of the infection, and which.
    averted
        Persons: median over the pairs of runs, and the range over them.
    per_1000
        The median per 1,000 residents of the group; none of an origin, which nobody lives in.
    """

    by: str
    group: str
    averted: Extra
    per_1000: float | None

    def as_json(self) -> dict[str, object]:
        """Return it ready for JSON."""
        low, mid, high = self.averted
        return {"by": self.by, "group": self.group, "low": low, "mid": mid, "high": high,
                "per_1000": self.per_1000}  # fmt: skip


def spared(policy: xr.Dataset, base: xr.Dataset) -> list[Spared]:
    """Return the infections that a policy averts against another one.

    By district only where every district has 100,000 residents.

    Parameters
    ----------
    policy, base
        Labelled results of the policy and of what it is held against.
    """
    ours, theirs = (whole_place_if_small(replicated(each)) for each in (policy, base))
    pairs = paired(policy, base)
    parts: list[_Part] = []
    if "district" in ours.dims:
        persons = np.asarray(ours["population"].values, np.float64)
        names = [str(name) for name in ours["district"].values]
        counts = [_totals(each, "infections", "district") for each in (ours, theirs)]
        parts.append(_Part("district", names, counts[0], counts[1], persons))
    by_age = [_grouped(_totals(each, "infections_by_age", "age")) for each in (ours, theirs)]
    living = ours["confined_by_age"].isel(date=0, replicate=0).sum("tier").values
    of_age = _grouped(np.asarray(living, np.float64)[None])[0]
    parts.append(_Part("age", list(AGES), by_age[0], by_age[1], of_age))
    first, second = (_totals(each, "infections", "layer") for each in (ours, theirs))
    some = np.flatnonzero(np.maximum(first.max(axis=0), second.max(axis=0)) > 0)
    names = [str(name) for name in ours["layer"].values[some]]
    parts.append(_Part("origin", names, first[:, some], second[:, some], None))
    return [row for part in parts for row in _rows(part, pairs=pairs)]


class _Part(NamedTuple):
    """Infections by group under both policies, (n_replicates, n_groups), and who lives in them."""

    by: str
    groups: list[str]
    ours: NDArray[np.float64]
    theirs: NDArray[np.float64]
    persons: NDArray[np.float64] | None


def _rows(part: _Part, *, pairs: bool) -> Iterator[Spared]:
    for i, group in enumerate(part.groups):
        ours, theirs = part.ours[:, i], part.theirs[:, i]
        averted = over_runs(theirs, ours, pairs=pairs)
        mid = float(np.median(theirs - ours) if pairs else np.median(theirs) - np.median(ours))
        each = None
        if part.persons is not None:
            each = float(1000 * mid / part.persons[i]) if part.persons[i] else 0.0
        yield Spared(part.by, group, averted._replace(mid=mid), each)


def _totals(runs: xr.Dataset, name: str, axis: str) -> NDArray[np.float64]:
    """Return counts over the run, shape (n_replicates, n)."""
    counted = runs[name]
    summed = counted.sum([dim for dim in counted.dims if dim not in ("replicate", axis)])
    return np.asarray(summed.transpose("replicate", axis).values, np.float64)


def _grouped(bands: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return five-year bands added up to groups, shape (n, 6)."""
    return np.stack([bands[:, some].sum(axis=1) for some in AGES.values()], axis=1)
