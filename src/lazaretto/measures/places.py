"""The places of a city, as measures see them: flat arrays, never persons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Places:
    """The places of a city that measures act on.

    Parameters
    ----------
    districts
        Names of the districts.
    district_persons
        Residents of each district, shape (n_districts,).
    compound_district, compound_subdistrict
        District and subdistrict of each compound, shape (n_compounds,).
    compound_persons
        Residents of each compound, shape (n_compounds,).
    building_compound
        Compound of each building, shape (n_buildings,).
    building_persons
        Residents of each building, shape (n_buildings,).
    """

    districts: tuple[str, ...]
    district_persons: NDArray[np.int64]
    compound_district: NDArray[np.int64]
    compound_persons: NDArray[np.int64]
    compound_subdistrict: NDArray[np.int64]
    building_compound: NDArray[np.int32]
    building_persons: NDArray[np.int32]

    def chosen(self, areas: str | list[str]) -> NDArray[np.bool_]:
        """Return which districts a list of names (or ``"all"``) means, shape (n_districts,)."""
        if areas == "all":
            return np.ones(len(self.districts), np.bool_)
        names = [areas] if isinstance(areas, str) else areas
        unknown = [name for name in names if name not in self.districts]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no district; one of {', '.join(self.districts)}")
        return np.array([district in names for district in self.districts])
