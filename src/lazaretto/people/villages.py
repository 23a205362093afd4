"""Which compounds are villages: the last of each district, as `dwellings` lays them out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazaretto.people.census import CensusArea
from lazaretto.people.population import Population


def village_compounds(population: Population, census: CensusArea) -> NDArray[np.bool_]:
    """Return which compounds are villages, (n_compounds,).

    A population does not keep it: within a district villages come after all compounds of the
    towns, so the compound that begins nearest to the first rural resident is the first village.

    Parameters
    ----------
    population
        The population.
    census
        Its census, as from `read_area` or `scaled`.
    """
    out = np.zeros(population.n_compounds, np.bool_)
    starts = population.compound_start.astype(np.int64)
    for d in np.flatnonzero(census.rural):
        first, end = population.district_start[d : d + 2].astype(np.int64)
        inside = np.flatnonzero((starts[:-1] >= first) & (starts[:-1] < end))
        village = inside[np.argmin(np.abs(starts[inside] - (end - census.rural[d])))]
        out[village : inside[-1] + 1] = True
    return out


def residents_of_villages(population: Population, census: CensusArea) -> NDArray[np.int64]:
    """Return residents of villages by district, (n_districts,); parameters as above."""
    village = village_compounds(population, census)
    district = population.subdistrict_district[population.compound_subdistrict]
    residents = np.diff(population.compound_start) * village
    counted = np.bincount(district, weights=residents, minlength=population.n_districts)
    return counted.astype(np.int64)
