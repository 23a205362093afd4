"""Options that no other beats in everything, and how much of what is possible they cover."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

BEYOND = 1.1
"""Reference point of the hypervolume in every objective, of its range: a tenth beyond the worst."""


def dominated_by(values: Numbers) -> NDArray[np.bool_]:
    """Return which options dominate which: element (i, j) says that j dominates i.

    One dominates another if it is nowhere worse and somewhere better; less is better.

    Parameters
    ----------
    values
        Shape (n_options, n_objectives).
    """
    no_worse = (values[None, :, :] <= values[:, None, :]).all(axis=2)
    better = (values[None, :, :] < values[:, None, :]).any(axis=2)
    return np.asarray(no_worse & better)


def on_front(values: Numbers) -> NDArray[np.bool_]:
    """Return which options nothing dominates, shape (n_options,); equal ones all are."""
    return np.asarray(~dominated_by(values).any(axis=1))


def share_on_front(runs: Numbers) -> Numbers:
    """Return the share of seeds with which nothing dominates an option, shape (n_options,).

    Parameters
    ----------
    runs
        Shape (n_options, n_seeds, n_objectives), every option with the same seeds.
    """
    each = [on_front(runs[:, seed]) for seed in range(runs.shape[1])]
    return np.asarray(np.mean(each, axis=0), np.float64)


def scaled(values: Numbers) -> Numbers:
    """Return values from 0, the best, to 1, the worst of each objective; 0 where all are equal."""
    low, high = values.min(axis=0), values.max(axis=0)
    return np.asarray((values - low) / np.where(high > low, high - low, 1.0), np.float64)


def hypervolume(values: Numbers, reference: Numbers) -> float:
    """Return the volume that the options dominate, up to a reference point.

    Exclusive volumes one after the other, as While, Bradstreet and Barone 2012,
    doi 10.1109/TEVC.2010.2077298.

    Parameters
    ----------
    values
        Shape (n_options, n_objectives).
    reference
        The worst that counts, shape (n_objectives,).
    """
    inside = values[(values < reference).all(axis=1)]
    if len(inside) == 0:
        return 0.0
    front = np.unique(inside[on_front(inside)], axis=0)
    if front.shape[1] == 1:
        return float(reference[0] - front.min())
    total = 0.0
    for i, point in enumerate(front):
        limited = np.maximum(front[i + 1 :], point)
        total += float(np.prod(reference - point)) - hypervolume(limited, reference)
    return total


def covered(values: Numbers, counts: list[int]) -> list[float]:
    """Return the share of the possible volume that the first options of a search dominate.

    Ranges and reference point are those of all options: numbers of one search can be compared.

    Parameters
    ----------
    values
        Shape (n_options, n_objectives), in the order of the search.
    counts
        Numbers of options.
    """
    at, objectives = scaled(values), values.shape[1]
    reference = np.full(objectives, BEYOND)
    return [hypervolume(at[:count], reference) / BEYOND**objectives for count in counts]


def spread_out(values: Numbers, most: int) -> list[int]:
    """Return at most so many options: the best in each objective, then whichever is farthest.

    Parameters
    ----------
    values
        Shape (n_options, n_objectives).
    most
        How many.
    """
    at = scaled(values)
    chosen = list(dict.fromkeys(int(i) for i in at.argmin(axis=0)))[:most]
    while len(chosen) < min(most, len(at)):
        gaps = np.linalg.norm(at[:, None] - at[None, chosen], axis=2).min(axis=1)
        gaps[chosen] = -1
        chosen.append(int(gaps.argmax()))
    return sorted(chosen)
