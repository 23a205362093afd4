"""Levels of place that a trigger can watch, and how what is known of one is said of another."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lazaretto.measures.places import Places

Level = Literal["city", "district", "subdistrict", "compound"]
LEVELS: tuple[Level, ...] = ("city", "district", "subdistrict", "compound")
"""From coarse to fine."""


def size_of(places: Places, level: Level) -> int:
    """Return the number of places of a level."""
    if level == "city":
        return 1
    if level == "district":
        return len(places.districts)
    if level == "subdistrict":
        return int(places.compound_subdistrict.max(initial=-1)) + 1
    return int(places.compound_persons.size)


def at_level(by_district: NDArray[Any], places: Places, level: Level) -> NDArray[Any]:
    """Return counts by place of a level.

    Parameters
    ----------
    by_district
        Counts, shape (n_districts,).
    places, level
        The places of the city and the level; a place finer than a district has the count of the
        district it lies in.

    Returns
    -------
    Counts, shape (n places of the level,).
    """
    if level == "city":
        return np.asarray(by_district.sum(keepdims=True))
    if level == "district":
        return by_district
    if level == "compound":
        return np.asarray(by_district[places.compound_district])
    district = np.zeros(size_of(places, level), np.int64)
    district[places.compound_subdistrict] = places.compound_district
    return np.asarray(by_district[district])


def in_districts(chosen: NDArray[np.bool_], places: Places, level: Level) -> NDArray[np.bool_]:
    """Return which districts are chosen, given which places of a level are.

    Parameters
    ----------
    chosen
        Which places of the level, shape (n places of the level,).
    places, level
        The places of the city; the level, city or district.

    Returns
    -------
    Which districts, shape (n_districts,).

    Raises
    ------
    ValueError
        If the level is finer than a district.
    """
    if level == "city":
        return np.full(len(places.districts), bool(chosen[0]))
    if level == "district":
        return chosen
    raise ValueError(f"a trigger at level {level} says nothing of whole districts")


def in_compounds(chosen: NDArray[np.bool_], places: Places, level: Level) -> NDArray[np.bool_]:
    """Return which compounds are chosen, shape (n_compounds,), given which places of a level are.

    Parameters
    ----------
    chosen
        Which places of the level, shape (n places of the level,).
    places, level
        The places of the city and the level.
    """
    if level == "compound":
        return chosen
    if level == "subdistrict":
        return np.asarray(chosen[places.compound_subdistrict])
    return np.asarray(in_districts(chosen, places, level)[places.compound_district])
