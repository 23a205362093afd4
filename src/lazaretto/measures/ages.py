"""Ages as measures name them, in whole five-year bands: 60-79, 85+."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from lazaretto.words import AGE_BANDS

WIDTH = 5
OLDEST = WIDTH * (len(AGE_BANDS) - 1)
"""First age of the last, open band, years."""


def bands_between(first: int, below: int | None) -> NDArray[np.int64]:
    """Return the bands from an age up to, not including, another one, years, shape (k,)."""
    end = len(AGE_BANDS) if below is None else below // WIDTH
    return np.arange(first // WIDTH, end)


def bands_of(ages: str) -> NDArray[np.int64]:
    """Return the bands that ages such as ``60-79`` or ``80+`` cover, youngest first, shape (k,).

    Raises
    ------
    ValueError
        If they are no ages, or begin or end within a band.
    """
    said = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3})|\+)", ages)
    if said:
        first, last = int(said[1]), said[2]
        below = None if last is None else int(last) + 1
        whole = first % WIDTH == 0 and (below is None or below % WIDTH == 0)
        if whole and first <= OLDEST and (below is None or first < below <= OLDEST):
            return bands_between(first, below)
    raise ValueError(
        f"{ages!r}: ages in whole five-year bands, such as 60-79 or {OLDEST}+; "
        f"the last band is {AGE_BANDS[-1]}"
    )
