"""Contact matrices of households: as lived here, as published, and how near the two are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def household_contacts(pairs: NDArray[np.int64], persons: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the frequency of household contacts as Mistry et al. (2021) define it, (18, 18).

    Each other member of a household of n counts 1 / (n - 1), averaged over all persons of a band,
    those who live alone included; so a row sums to the share of the band not living alone
    (doi:10.1038/s41467-020-20544-y).

    Parameters
    ----------
    pairs, persons
        As in `Population`.
    """
    size = np.arange(pairs.shape[0])
    weight = np.where(size > 1, 1.0 / np.maximum(size - 1, 1), 0.0)
    total = np.maximum(persons.sum(axis=0), 1)
    return np.asarray(np.einsum("s,sij->ij", weight, pairs) / total[:, None], np.float64)


def adjusted_demography(
    contacts: NDArray[np.float64], persons: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return a per-capita contact matrix carried over to another age structure.

    Contacts between two bands are the same in number from both sides, so the matrix itself tells
    the age structure it was made with: log N_i - log N_j = log F_ji - log F_ij, solved by least
    squares with F_ij + F_ji as weights. Columns are then scaled by the ratio of the new to the old
    population and rows back to their old sums (density correction; Arregui et al. 2018,
    doi:10.1371/journal.pcbi.1006638).

    Parameters
    ----------
    contacts
        (18, 18) row = participant.
    persons
        (18,) new age structure.
    """
    n = contacts.shape[0]
    safe = np.maximum(contacts, 1e-12)
    weight = np.where((contacts > 0) & (contacts.T > 0), contacts + contacts.T, 0.0)
    laplacian = np.diag(weight.sum(axis=1)) - weight
    right = (weight * (np.log(safe.T) - np.log(safe))).sum(axis=1)
    old = np.exp(np.linalg.lstsq(laplacian + 1e-9 * np.eye(n), right, rcond=None)[0])
    out = contacts * (persons / persons.sum()) / (old / old.sum())
    rows = np.maximum(out.sum(axis=1, keepdims=True), 1e-12)
    return np.asarray(out / rows * contacts.sum(axis=1, keepdims=True), np.float64)


def cosine(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return the cosine of the angle between two arrays taken as vectors, 1 for the same shape."""
    return float((x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum()))
