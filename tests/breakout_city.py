"""Cities for tests of break-outs: places made by hand, and the days of a constant state."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import norm

from lazaretto.behaviour.breakouts import Breakout, Breakouts
from lazaretto.chance import uniforms
from lazaretto.measures import Places
from lazaretto.scenario.breakouts import Breakouts as Rules

FALSE_ALARM = 1e-6
LIMIT = norm.isf(FALSE_ALARM / 2)
LAWS = ("recruitment", "threshold")

RESIDENTS_OF_A_BUILDING = 110
USUAL = 0.5, 0.3
"""Fatigue and hardship at which S = 1."""


def city(
    n_districts: int, n_subdistricts: int, compounds: int, persons: NDArray[np.int64] | int = 1000
) -> Places:
    """Return places: so many subdistricts a district and compounds a subdistrict."""
    n_compounds = n_districts * n_subdistricts * compounds
    size = np.broadcast_to(np.asarray(persons, np.int64), n_compounds)
    subdistrict = np.arange(n_compounds) // compounds
    district = subdistrict // n_subdistricts
    buildings = np.maximum(size // RESIDENTS_OF_A_BUILDING, 1)
    building_compound = np.repeat(np.arange(n_compounds), buildings)
    return Places(
        districts=tuple(f"district {i}" for i in range(n_districts)),
        district_persons=np.bincount(district, size).astype(np.int64),
        compound_district=district,
        compound_persons=size,
        compound_subdistrict=subdistrict,
        building_compound=building_compound,
        building_persons=(size // buildings)[building_compound],
    )


def shanghai_sizes(n_compounds: int) -> NDArray[np.int64]:
    """Return compound sizes like those of the synthetic Shanghai: median 780, mean about 1,160."""
    u = (np.arange(n_compounds) + 0.5) / n_compounds
    shuffled = u[np.argsort(uniforms(np.uint64(1), 0, n_compounds))]
    return np.rint(780 * np.exp(0.89 * ndtri(shuffled))).astype(np.int64)


def rules(**numbers: Any) -> Rules:
    """Return the scenario's numbers, some of them changed."""
    return Rules.model_validate(numbers)


def without_ends(**numbers: Any) -> Rules:
    """Return rules under which a break-out leaves its compound as it was: a constant state."""
    return rules(concession=0, repression=1, enforcement_effect=0, **numbers)


def day_of(run: Breakouts, places: Places, day: int, **given: Any) -> Breakout:
    """Advance a run by a day in which everybody is confined and as tired as usual."""
    n, n_subdistricts = places.compound_persons.size, int(places.compound_subdistrict.max()) + 1
    today = {
        "confined": np.ones(n, np.bool_),
        "persons": places.compound_persons,
        "fatigue": np.full(n, USUAL[0]),
        "hardship": np.full(n, USUAL[1]),
        "newly_aware": np.zeros(n_subdistricts),
        "of_success": np.zeros(n_subdistricts),
        "base_enforcement": 0.0,
    }
    return run.advance(day, **{**today, **given})
