"""Kinds of household: who they consist of, and the gaps between their ages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import exp

import numpy as np
from numpy.typing import NDArray

from lazaretto.people import assumptions as a
from lazaretto.words import AGE_BANDS

N_BANDS = len(AGE_BANDS)


KERNELS = ("partner", "child", "sibling", "elder", "grandchild", "flatmate")


LARGEST = 10


@dataclass(frozen=True)
class Makeup:
    """A kind of household.

    Parameters
    ----------
    name
        What lives there.
    generations
        1, 2 or 3 (and more).
    slots
        One per person: role, the slot it hangs on (-1 for the first), kernel of the age gap.
    """

    name: str
    generations: int
    slots: tuple[tuple[str, int, str], ...]


_FIRST = {"partner": ("parent", 0, "partner"), "elder": ("parent", 0, "elder")}


_CHILD = ("child", 0, "child")


def _family(root: str, *others: tuple[str, int, str]) -> tuple[tuple[str, int, str], ...]:
    return ((root, -1, "partner"), *others)


@lru_cache(maxsize=1)
def makeups() -> dict[tuple[int, int], tuple[Makeup, ...]]:
    """Return the kinds of household by size and generations."""
    partner, elder = _FIRST["partner"], _FIRST["elder"]
    sibling_1, sibling_2 = ("child", 1, "sibling"), ("child", 2, "sibling")
    relative = ("relative", 0, "flatmate")
    kinds: dict[tuple[int, int], list[tuple[str, tuple[tuple[str, int, str], ...]]]] = {
        (1, 1): [("single", _family("single"))],
        (2, 1): [("couple", _family("couple", ("couple", 0, "partner")))],
        (2, 2): [
            ("parent_child", _family("parent", _CHILD)),
            ("grandparent_grandchild", _family("parent", ("child", 0, "grandchild"))),
        ],
        (3, 2): [
            ("couple_child", _family("parent", partner, _CHILD)),
            ("parent_two_children", _family("parent", _CHILD, sibling_1)),
            ("elder_couple", _family("parent", partner, elder)),
            ("grandparents_grandchild", _family("parent", partner, ("child", 0, "grandchild"))),
        ],
        (4, 2): [
            ("couple_two_children", _family("parent", partner, _CHILD, sibling_2)),
            ("two_elders_couple", _family("parent", partner, elder, ("parent", 2, "partner"))),
        ],
        (5, 2): [
            (
                "couple_three_children",
                _family("parent", partner, _CHILD, sibling_2, ("child", 3, "sibling")),
            ),
            (
                "two_elders_couple_sibling",
                _family("parent", partner, elder, ("parent", 2, "partner"), relative),
            ),
        ],
        (3, 3): [("grandparent_parent_child", _family("parent", _CHILD, elder))],
        (4, 3): [
            ("grandparent_couple_child", _family("parent", partner, _CHILD, elder)),
            (
                "grandparents_parent_child",
                _family("parent", _CHILD, elder, ("parent", 2, "partner")),
            ),
        ],
        (5, 3): [
            (
                "grandparents_couple_child",
                _family("parent", partner, _CHILD, elder, ("parent", 3, "partner")),
            ),
            (
                "grandparent_couple_two_children",
                _family("parent", partner, _CHILD, sibling_2, elder),
            ),
        ],
        (6, 3): [
            (
                "grandparents_couple_two_children",
                _family("parent", partner, _CHILD, sibling_2, elder, ("parent", 4, "partner")),
            )
        ],
    }
    for size in range(3, LARGEST + 1):
        flat = _family("flatmate", *[("flatmate", 0, "flatmate")] * (size - 1))
        kinds[size, 1] = [("flatmates", flat)]
    for size in range(6, LARGEST + 1):
        name, slots = kinds[5, 2][0]
        more = [("child", s, "sibling") for s in range(4, size - 1)]
        kinds[size, 2] = [
            (name, (*slots, *[relative] * (size - 5))),
            ("couple_many_children", (*slots, *more)),
        ]
    for size in range(7, LARGEST + 1):
        name, slots = kinds[6, 3][0]
        more = [("child", 3, "sibling")] * (size - 6)
        kinds[size, 3] = [
            (name, (*slots, *[relative] * (size - 6))),
            ("grandparents_couple_many_children", (*slots, *more)),
        ]
    return {
        key: tuple(Makeup(name, key[1], slots) for name, slots in kinds[key])
        for key in sorted(kinds)
    }


@lru_cache(maxsize=1)
def gap_kernels() -> NDArray[np.float64]:
    """Return P(own band | band of the person hung on), up to a factor, shape (kernels, 18, 18).

    Gaps are normal in single years of age, cut at 18 and 45 years between generations; ages above
    85 thin out by 15 % a year.
    """
    gaps = {
        "partner": (0.0, a.PARTNER_GAP_SD, -25.0, 25.0),
        "child": (-a.CHILD_GAP_MEAN, a.CHILD_GAP_SD, -45.0, -18.0),
        "sibling": (0.0, a.SIBLING_GAP_SD, -20.0, 20.0),
        "elder": (a.CHILD_GAP_MEAN, a.CHILD_GAP_SD, 18.0, 45.0),
        "grandchild": (-a.GRANDCHILD_GAP_MEAN, a.GRANDCHILD_GAP_SD, -80.0, -35.0),
        "flatmate": (0.0, a.FLATMATE_GAP_SD, -40.0, 40.0),
    }
    years = np.arange(100)
    band = np.minimum(years // 5, N_BANDS - 1)
    weight = np.where(years < 85, 1.0, 0.85 ** (years - 85.0))
    out = np.zeros((len(KERNELS), N_BANDS, N_BANDS))
    for k, name in enumerate(KERNELS):
        mean, sd, low, high = gaps[name]
        density = {
            g: exp(-0.5 * ((g - mean) / sd) ** 2) / sd for g in range(-99, 100) if low <= g <= high
        }
        for x in years:
            for y in years:
                value = density.get(int(y - x), 0.0)
                out[k, band[x], band[y]] += weight[x] * weight[y] * value
        out[k] /= out[k].sum(axis=1).max()
    # A rare pair of ages must stay possible: margins are exact, gaps are not.
    return np.round(out, 12) + 1e-9


@lru_cache(maxsize=1)
def plan() -> tuple[list[Makeup], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64],
                     NDArray[np.float64]]:  # fmt: skip
    """Return makeups, first slot of each, slot hung on (global, -1), kernel and role weight."""
    kinds = [m for group in makeups().values() for m in group]
    start = np.cumsum([0] + [len(m.slots) for m in kinds]).astype(np.int64)
    above, kernel, weight = [], [], []
    for kind, first in zip(kinds, start[:-1], strict=True):
        for role, parent, name in kind.slots:
            above.append(int(first) + parent if parent >= 0 else -1)
            kernel.append(KERNELS.index(name))
            weight.append(a.ROLE_WEIGHT[role])
    return kinds, start, np.array(above, np.int64), np.array(kernel, np.int64), np.array(weight)
