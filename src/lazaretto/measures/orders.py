"""What measures see and what they order: flat arrays over places, never persons."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lazaretto.words import LAYERS, OPEN, TIERS

LONGEST_TURNAROUND = 60
"""Days from sample to result, at most."""


@dataclass(frozen=True)
class Places:
    """The places of a city that measures act on.

    Parameters
    ----------
    districts
        Names of the districts.
    district_persons
        Residents of each district, shape (n_districts,).
    compound_district
        District of each compound, shape (n_compounds,).
    compound_persons
        Residents of each compound, shape (n_compounds,).
    """

    districts: tuple[str, ...]
    district_persons: NDArray[np.int64]
    compound_district: NDArray[np.int64]
    compound_persons: NDArray[np.int64]

    def chosen(self, areas: str | list[str]) -> NDArray[np.bool_]:
        """Return which districts a list of names (or ``"all"``) means, shape (n_districts,)."""
        if areas == "all":
            return np.ones(len(self.districts), np.bool_)
        names = [areas] if isinstance(areas, str) else areas
        unknown = [name for name in names if name not in self.districts]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no district; one of {', '.join(self.districts)}")
        return np.array([district in names for district in self.districts])


@dataclass(frozen=True)
class Observed:
    """What officials can see on the morning of a day: reports up to the day before.

    Parameters
    ----------
    confirmed, asymptomatic
        Newly reported cases by day and district, shape (days so far, n_districts).
    """

    confirmed: NDArray[np.int64]
    asymptomatic: NDArray[np.int64]

    def cases(self, days: int) -> NDArray[np.int64]:
        """Return reported cases of the last ``days`` days by district, shape (n_districts,)."""
        recent = slice(max(len(self.confirmed) - days, 0), None)
        cases = self.confirmed[recent] + self.asymptomatic[recent]
        return np.asarray(cases.sum(axis=0), np.int64)


@dataclass
class Orders:
    """What is ordered for one day; measures add to it in the order of the scenario.

    Parameters
    ----------
    places
        The places of the city.
    detectable
        Chance that an infected person tests positive by day since infection, by kind of test
        (``pcr``, ``antigen``), each shape (n,).
    tier
        Confinement level by compound, shape (n_compounds,); measures raise it.
    contacts
        Multiplier of contacts by district and layer for residents, shape
        (n_districts, n_layers); measures multiply into it.
    essential
        The same for essential workers.
    seek, screen
        Chance that a symptomatic person takes a test n days after onset, and that screening
        finds a person n days after infection; shape (n_districts, n).
    """

    places: Places
    detectable: dict[str, NDArray[np.float64]]
    tier: NDArray[np.uint8] = field(init=False)
    contacts: NDArray[np.float64] = field(init=False)
    essential: NDArray[np.float64] = field(init=False)
    seek: NDArray[np.float64] = field(init=False)
    seek_wait: NDArray[np.int64] = field(init=False)
    seek_isolate: NDArray[np.bool_] = field(init=False)
    screen: NDArray[np.float64] = field(init=False)
    screen_wait: NDArray[np.int64] = field(init=False)
    screen_isolate: NDArray[np.bool_] = field(init=False)
    longest_seek: int = 21

    def __post_init__(self) -> None:
        n_districts = len(self.places.districts)
        self.tier = np.zeros(self.places.compound_district.size, np.uint8)
        self.contacts = np.ones((n_districts, len(LAYERS)))
        self.essential = np.ones((n_districts, len(LAYERS)))
        self.seek = np.zeros((n_districts, self.longest_seek))
        self.seek_wait = np.zeros(n_districts, np.int64)
        self.seek_isolate = np.zeros(n_districts, np.bool_)
        self.screen = np.zeros((n_districts, self.detectable["pcr"].size))
        self.screen_wait = np.zeros(n_districts, np.int64)
        self.screen_isolate = np.zeros(n_districts, np.bool_)

    def reset(self) -> None:
        """Forget yesterday's orders: everything open, nobody tested."""
        self.tier[:] = OPEN
        self.contacts[:] = 1.0
        self.essential[:] = 1.0
        for order in (self.seek, self.seek_wait, self.seek_isolate):
            order[:] = 0
        for order in (self.screen, self.screen_wait, self.screen_isolate):
            order[:] = 0

    def confine(self, districts: NDArray[np.bool_], tier: int) -> None:
        """Raise every compound of the chosen districts to at least a tier.

        Parameters
        ----------
        districts
            Which districts, shape (n_districts,).
        tier
            Confinement level, 0 to 3.
        """
        self.confine_compounds(districts[self.places.compound_district], tier)

    def confine_compounds(self, compounds: NDArray[np.bool_], tier: int) -> None:
        """Raise the chosen compounds, shape (n_compounds,), to at least a tier."""
        if not 0 <= tier < len(TIERS):
            raise ValueError(f"tier {tier} is not known; 0 to {len(TIERS) - 1} are")
        self.tier[compounds] = np.maximum(self.tier[compounds], tier)

    def reduce(
        self, districts: NDArray[np.bool_], layer: int, factor: float, essential: float
    ) -> None:
        """Multiply the contacts of a layer in the chosen districts.

        Parameters
        ----------
        districts
            Which districts, shape (n_districts,).
        layer
            Index of the layer.
        factor, essential
            Share of contacts that remains, residents and essential workers, 0 to 1.
        """
        for share in (factor, essential):
            if not 0 <= share <= 1:
                raise ValueError(f"a share of contacts left is 0 to 1, not {share}")
        self.contacts[districts, layer] *= factor
        self.essential[districts, layer] *= essential

    def seek_tests(
        self, districts: NDArray[np.bool_], chance: NDArray[np.float64], wait: int, isolate: bool
    ) -> None:
        """Let the symptomatic of the chosen districts take tests, beside what is ordered already.

        Parameters
        ----------
        districts
            Which districts, shape (n_districts,).
        chance
            Chance that a person not found yet takes a test n days after onset, shape (n,).
        wait
            Days from sample to result; of several orders the shortest holds.
        isolate
            Whether those found are isolated; of several orders one that isolates is enough.
        """
        _look(self.seek, self.seek_wait, self.seek_isolate, districts, chance, wait, isolate)

    def screen_residents(
        self, districts: NDArray[np.bool_], chance: NDArray[np.float64], wait: int, isolate: bool
    ) -> None:
        """Screen the chosen districts; arguments as in `seek_tests`, by day since infection."""
        _look(self.screen, self.screen_wait, self.screen_isolate, districts, chance, wait, isolate)


def _look(
    chances: NDArray[np.float64],
    waits: NDArray[np.int64],
    isolates: NDArray[np.bool_],
    districts: NDArray[np.bool_],
    chance: NDArray[np.float64],
    wait: int,
    isolate: bool,
) -> None:
    if not (np.isfinite(chance).all() and chance.min() >= 0 and chance.max() <= 1):
        raise ValueError("a chance to be found is 0 to 1 on every day")
    if not 0 <= wait <= LONGEST_TURNAROUND:
        raise ValueError(f"a result takes 0 to {LONGEST_TURNAROUND} days, not {wait}")
    if not chance.any():
        return
    first = ~chances.any(axis=1)
    waits[districts] = np.where(first, wait, np.minimum(waits, wait))[districts]
    isolates[districts] |= isolate
    chances[districts] = 1 - (1 - chances[districts]) * (1 - chance)


@dataclass(frozen=True)
class Today:
    """What a measure is given each day.

    Parameters
    ----------
    day
        Days since the start of the run, from 0.
    date
        The calendar date.
    observed
        Reported cases up to yesterday; the true state is never shown.
    """

    day: int
    date: date
    observed: Observed
