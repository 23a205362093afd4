"""Rows of the ledger: an amount of one kind, over the runs, with low, middle and high."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes.results import SMALLEST_AREA
from lazaretto.provenance import Figure
from lazaretto.words import TIERS

Pan = Literal["virus", "policy", "context"]
"""What brings it about: the virus, the policy, or neither (what the others are compared with)."""

BOUNDS = ("low", "mid", "high")
EVERYBODY = "everybody"

AXES = ("date", "district", "age", "income", "group", "migrant", "tier")
"""What an amount may be broken down by."""


class Row(NamedTuple):
    """An amount of one kind.

    Parameters
    ----------
    kind
        What is counted, such as ``days sealed``.
    pan
        Whether the virus or the policy brings it about.
    unit
        Its unit; amounts in different units are never added.
    by
        ``everybody``, or the axis it is broken down by (`AXES`).
    amount
        Axes ``replicate``, the axis of `by` if there is one, ``bound`` (low, mid, high). Low and
        high multiply the ends of the ranges of the unit values: they are wider than the range of
        any one of them. Of what the run counts itself all three are equal.
    figures
        Keys of the unit values behind it (`lazaretto.outcomes.unit_values.UNIT_VALUES`).
    adds_up
        Whether amounts of several places or policies may be added and subtracted; a median may not.
    """

    kind: str
    pan: Pan
    unit: str
    by: str
    amount: xr.DataArray
    figures: tuple[str, ...] = ()
    adds_up: bool = True


class Missing(NamedTuple):
    """A kind of cost that the results do not say, and the variables that they lack."""

    kind: str
    needs: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Ledger:
    """What the virus and the policy cost people, by kind and by whom.

    There is no total over kinds: they are in different units and borne by different people.

    Parameters
    ----------
    rows
        One row for each kind and each way to break it down.
    missing
        What could not be said.
    """

    rows: tuple[Row, ...]
    missing: tuple[Missing, ...]

    def of(self, kind: str, by: str = EVERYBODY) -> Row:
        """Return a row.

        Raises
        ------
        KeyError
            If the ledger has no such row.
        """
        for row in self.rows:
            if row.kind == kind and row.by == by:
                return row
        raise KeyError(f"the ledger has no {kind!r} by {by!r}; kinds: {', '.join(self.kinds())}")

    def has(self, kind: str, by: str = EVERYBODY) -> bool:
        """Return whether there is such a row."""
        return any(row.kind == kind and row.by == by for row in self.rows)

    def kinds(self, pan: Pan | None = None) -> list[str]:
        """Return the kinds in order, of one pan of the scale or all."""
        return [row.kind for row in self.rows if row.by == EVERYBODY and pan in (None, row.pan)]


def replicated(results: xr.Dataset) -> xr.Dataset:
    """Return results with a replicate axis, added where there was none."""
    if "replicate" in results.dims:
        return results
    return results.expand_dims("replicate").assign_coords(replicate=[0])


def whole_place_if_small(runs: xr.Dataset) -> xr.Dataset:
    """Return results without districts if one of them has fewer than 100,000 residents."""
    if "district" not in runs.dims:
        return runs
    if "population" in runs.coords:
        residents = np.asarray(runs["population"].values)
    elif "persons_by_tier" in runs:
        first = runs["persons_by_tier"].isel(date=0, replicate=0)
        residents = first.sum("tier").values
    else:
        return runs
    if (residents >= SMALLEST_AREA).all():
        return runs
    return runs.drop_vars("population", errors="ignore").sum("district", keep_attrs=True)


def band(low: float, mid: float, high: float) -> xr.DataArray:
    """Return three numbers along the axis ``bound``."""
    return xr.DataArray([float(low), float(mid), float(high)], {"bound": list(BOUNDS)}, "bound")


def ends(figure: Figure) -> xr.DataArray:
    """Return low, value and high of a figure along ``bound``; an end it lacks is its value."""
    low = figure.value if figure.low is None else figure.low
    high = figure.value if figure.high is None else figure.high
    return band(low, figure.value, high)


def by_tier(low: Sequence[float], mid: Sequence[float], high: Sequence[float]) -> xr.DataArray:
    """Return an amount per person-day at each tier, shape (4, 3), axes ``tier``, ``bound``."""
    coordinates = {"tier": list(TIERS), "bound": list(BOUNDS)}
    return xr.DataArray(np.array([low, mid, high], np.float64).T, coordinates, ("tier", "bound"))


def exact(counted: xr.DataArray) -> xr.DataArray:
    """Return what the run counts itself with three equal bounds."""
    data = np.asarray(counted.values, np.float64)[..., None]
    data = np.broadcast_to(data, (*counted.shape, len(BOUNDS)))
    return _labelled(data, (*(str(name) for name in counted.dims), "bound"), counted)


def rows_of(
    kind: str,
    pan: Pan,
    unit: str,
    sources: Sequence[xr.DataArray],
    figures: tuple[str, ...] = (),
) -> Iterator[Row]:
    """Yield the row of a kind and one for each axis that a source breaks it down by.

    Parameters
    ----------
    kind, pan, unit, figures
        As for `Row`.
    sources
        The same amount broken down in different ways, each with axes ``replicate`` and ``bound``.
        The first gives the total; an axis is taken from the first source that has it.
    """
    yield Row(kind, pan, unit, EVERYBODY, _over(sources[0]), figures)
    seen: set[str] = set()
    for source in sources:
        for axis in AXES:
            if axis in source.dims and axis not in seen:
                seen.add(axis)
                yield Row(kind, pan, unit, axis, _over(source, axis), figures)


def _over(source: xr.DataArray, axis: str | None = None) -> xr.DataArray:
    kept = ("replicate", *((axis,) if axis else ()), "bound")
    gone = tuple(i for i, name in enumerate(source.dims) if name not in kept)
    data = np.asarray(source.values, np.float64).sum(axis=gone)
    left = [name for name in source.dims if name in kept]
    return _labelled(data.transpose([left.index(name) for name in kept]), kept, source)


def _labelled(data: NDArray[np.float64], axes: tuple[str, ...], like: xr.DataArray) -> xr.DataArray:
    """Return data with the labels that `like` has of these axes; quicker than by arithmetic."""
    labels = {name: like.coords[name].values for name in axes if name in like.coords}
    labels["bound"] = np.array(BOUNDS)
    return xr.DataArray(data, labels, axes)
