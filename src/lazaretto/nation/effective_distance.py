"""How far a city is from where an outbreak begins, in travellers rather than kilometres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra


def effective_distance(flows: NDArray[np.float64], origin: int) -> NDArray[np.float64]:
    """Return the effective distance of every city from one of them.

    The step from i to j is as long as 1 - ln P, with P the share of the travellers leaving i who
    go to j; the distance is the shortest sum of steps (Brockmann and Helbing 2013, doi
    10.1126/science.1245200, equations 4 and 5). It tells the order in which an outbreak arrives.

    Parameters
    ----------
    flows
        (n, n) trips from row to column in any unit; the diagonal plays no part.
    origin
        Row of the city where the outbreak begins.

    Returns
    -------
    NDArray
        (n,) distance, dimensionless; 0 at the origin, infinite where nobody can get.
    """
    trips = np.array(flows, np.float64)
    np.fill_diagonal(trips, 0.0)
    i, j = np.nonzero(trips)
    steps = np.zeros_like(trips)  # a step of length 0 is none, and every real one is at least 1
    steps[i, j] = 1.0 - np.log(trips[i, j] / trips.sum(axis=1)[i])
    return np.asarray(dijkstra(steps, directed=True, indices=np.array(origin)), np.float64)
