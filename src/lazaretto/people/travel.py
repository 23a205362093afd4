"""How far people go: gravity between the districts of an area."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazaretto.people import assumptions as a
from lazaretto.people.census import CensusArea, subdistricts_by_residents

EARTH_RADIUS_KM = 6371.0
GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))


def distances(census: CensusArea, parts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the root-mean-square distance between residents of two parts of districts, in km.

    A district is a disc of settled land around its seat (not more than its area), cut into equal
    parts whose centres lie on a sunflower spiral. The squared distance of two parts is that of
    their centres plus half the squared radius of each, so that the distance of a part to itself is
    its radius.

    Parameters
    ----------
    census
        The area, with seats and areas.
    parts
        (n_districts,) parts of each district.

    Returns
    -------
    NDArray
        (n_parts, n_parts), district after district.
    """
    of = np.repeat(np.arange(parts.size), parts)
    rank = np.arange(of.size) - np.repeat(np.cumsum(parts) - parts, parts)
    settled = census.persons.sum(axis=1) * a.SETTLED_M2 * 1e-6
    radius = np.sqrt(np.minimum(census.area_km2, settled) / np.pi)
    out = radius[of] * np.sqrt((rank + 0.5) / parts[of]) * (parts[of] > 1)
    lon, lat = np.radians(census.lon), np.radians(census.lat)
    x = EARTH_RADIUS_KM * np.cos(lat.mean()) * lon[of] + out * np.cos(rank * GOLDEN_ANGLE)
    y = EARTH_RADIUS_KM * lat[of] + out * np.sin(rank * GOLDEN_ANGLE)
    square_radius = radius[of] ** 2 / parts[of]
    square = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    return np.asarray(np.sqrt(square + (square_radius[:, None] + square_radius) / 2), np.float64)


def gravity(
    census: CensusArea,
    mass: NDArray[np.float64],
    parts: NDArray[np.int64],
    *,
    leave_own_part: bool,
) -> NDArray[np.float64]:
    """Return the share of each row's trips that go to each column (production-constrained).

    Pull is mass to the power of `assumptions.POPULATION_EXPONENT` times distance to the power of
    `assumptions.DISTANCE_EXPONENT`, between parts of districts of about the size of a subdistrict.
    Where a seat or an area is not known (NaN), distance plays no part.

    Parameters
    ----------
    census
        The area.
    mass
        (n_districts,) residents or jobs of the destination.
    parts
        (n_districts,) subdistricts of each district; of a sample all of the whole are taken.
    leave_own_part
        Count only trips that leave the own subdistrict.

    Returns
    -------
    NDArray
        (n_districts, n_districts), rows sum to 1.
    """
    if census.of_subdistricts:
        residents = census.persons.sum(axis=1).astype(np.float64)
        parts = subdistricts_by_residents(residents, census.of_subdistricts)
    of = np.repeat(np.arange(parts.size), parts)
    pull = np.tile((mass[of] / parts[of]) ** a.POPULATION_EXPONENT, (of.size, 1))
    away = distances(census, parts)
    if np.isfinite(away).all():
        pull = pull * away**a.DISTANCE_EXPONENT
    if leave_own_part and of.size > 1:
        np.fill_diagonal(pull, 0.0)
    share = pull / pull.sum(axis=1, keepdims=True)
    first = np.cumsum(parts) - parts
    by_district = np.add.reduceat(np.add.reduceat(share, first, axis=1), first, axis=0)
    rounded = np.round(by_district / parts[:, None], 12)
    return np.asarray(rounded / rounded.sum(axis=1, keepdims=True), np.float64)


def balanced(share: NDArray[np.float64], persons: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return mixing in which as many residents of a meet b as of b meet a.

    Gravity says where people go; a contact has two sides. The flows of both directions are
    averaged, then scaled symmetrically until every resident has the same number of contacts.

    Parameters
    ----------
    share
        (n_districts, n_districts) destinations, rows sum to 1.
    persons
        (n_districts,) residents.

    Returns
    -------
    NDArray
        (n_districts, n_districts), rows sum to 1.
    """
    flow = share * persons[:, None]
    flow = (flow + flow.T) / 2
    scale = np.ones(persons.size)
    for _ in range(300):
        row = scale * (flow @ scale)
        if np.abs(row / persons - 1).max() < 1e-12:
            break
        scale = np.sqrt(scale * persons / (flow @ scale))
    met = scale[:, None] * flow * scale
    return np.asarray(met / met.sum(axis=1, keepdims=True), np.float64)
