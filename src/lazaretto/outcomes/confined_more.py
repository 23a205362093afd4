"""How much more a policy confines than the one it is held against, tier by tier."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes.extra import LEAST, STRICTER, Extra, over_runs, paired
from lazaretto.outcomes.rows import replicated

SEALED, CLOSED = "sealed", "controlled or sealed"
"""Of what tier person-days are: gates sealed; gates controlled or sealed."""

FACILITY = "in a facility"


def confined_more(policy: xr.Dataset, less: xr.Dataset) -> dict[str, Extra]:
    """Return how many person-days of confinement of each kind a policy has more; empty if unknown.

    Person-days sealed, controlled or sealed, and above open, each with its stricter ones in it, and
    days in a facility.

    Parameters
    ----------
    policy, less
        Results of the policy and of the less restrictive one.
    """
    ours, theirs, pairs = replicated(policy), replicated(less), paired(policy, less)
    if "persons_by_tier" not in ours or "persons_by_tier" not in theirs:
        return {}
    found = {
        said: over_runs(_at(ours, tiers), _at(theirs, tiers), pairs=pairs)
        for said, tiers in STRICTER.items()
    }
    if "held" in ours and "held" in theirs:
        held = (_total(runs["held"].sel(held_where="facility")) for runs in (ours, theirs))
        found[FACILITY] = over_runs(*held, pairs=pairs)
    return found


def none_confines_less(more: Mapping[str, Extra]) -> str:
    """Return why a policy is not held against a less restrictive one, in words; empty if it is.

    Parameters
    ----------
    more
        What the policy confines more, see `confined_more`.
    """
    if not more or any(extra.mid >= LEAST for extra in more.values()):
        return ""
    if any(extra.mid <= -LEAST for extra in more.values()):
        return "the policy it is held against confines more"
    return "neither policy confines less"


def priced_by(more: Mapping[str, Extra]) -> str:
    """Return by which person-days a policy is judged: sealed ones, or controlled ones with them.

    A policy that seals nobody for longer but keeps more people behind controlled gates is not free.
    """
    return SEALED if more[SEALED].mid >= LEAST else CLOSED


def _at(runs: xr.Dataset, tiers: tuple[str, ...]) -> NDArray[np.float64]:
    return _total(runs["persons_by_tier"].sel(tier=list(tiers)))


def _total(counted: xr.DataArray) -> NDArray[np.float64]:
    summed = counted.sum([name for name in counted.dims if name != "replicate"])
    return np.asarray(summed.values, np.float64)
