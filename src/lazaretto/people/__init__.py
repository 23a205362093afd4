"""A synthetic population of a real area, laid out by place, from census tables."""

from __future__ import annotations

from lazaretto.people.areas import Place, areas, read_area
from lazaretto.people.cache import population
from lazaretto.people.census import CensusArea, scaled
from lazaretto.people.dwellings import Sizes
from lazaretto.people.fidelity import Fidelity, Margin, fidelity
from lazaretto.people.making import make_population, town
from lazaretto.people.population import Population
from lazaretto.people.tables import CensusError

__all__ = [
    "CensusArea",
    "CensusError",
    "Fidelity",
    "Margin",
    "Place",
    "Population",
    "Sizes",
    "areas",
    "fidelity",
    "make_population",
    "population",
    "read_area",
    "scaled",
    "town",
]
