"""One content: its copies while they can be followed one by one, their mean beyond that."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lazaretto.behaviour import copying, widespread
from lazaretto.behaviour.deletion import Law, class_shares, mean_offspring
from lazaretto.behaviour.live_copies import COPY, ROOM, Copies
from lazaretto.chance import draw_plain
from lazaretto.words import PLATFORMS

MOST_COPIES = 100_000
"""Live copies of one content that are followed one by one (behaviour notes 2.4)."""

OVER = 0.5
"""Copies left, in the mean, at which a widespread content has come to its end."""

ORIGIN = -1
"""Entity of the numbers of a content as a whole."""


class Crowd:
    """Residents by subdistrict, as cascades need them.

    Parameters
    ----------
    persons
        Residents of each subdistrict, shape (n_subdistricts,).
    """

    def __init__(self, persons: NDArray[np.integer]) -> None:
        self.persons = persons.astype(np.float64)
        self.below = np.cumsum(self.persons)

    def home(self, chance: float) -> int:
        """Return the subdistrict of the resident at a share of all residents."""
        home = np.searchsorted(self.below, chance * self.below[-1], side="right")
        return min(int(home), self.persons.size - 1)


class Cascade:
    """One content from its first copies on.

    Parameters
    ----------
    law
        The numbers of the scenario.
    crowd
        Who lives where.
    key
        The content's own stream of numbers.
    multiplier
        Its own factor on copies of copies.
    now
        Minute of the run at which it begins.
    most_copies
        Live copies beyond which it is followed in the mean; for tests.
    """

    def __init__(
        self,
        law: Law,
        crowd: Crowd,
        key: np.uint64,
        multiplier: float,
        now: float,
        most_copies: int = MOST_COPIES,
    ) -> None:
        self.law, self.crowd, self.key, self.multiplier = law, crowd, key, multiplier
        self.now, self.most_copies = now, most_copies
        n = crowd.persons.size
        self.charge = np.zeros(len(PLATFORMS))
        self.exposure = np.zeros(2)
        self.near = np.zeros((3, n))
        self.near[copying.NEAR_SINCE] = now
        self.live = np.zeros(0, COPY)
        self.size = 0
        self.sites: NDArray[np.float64] | None = None
        """The means, shape (n_subdistricts + 3, 5), once it is followed in the mean."""
        self.counts = np.zeros((3, len(PLATFORMS)))
        """Copies made, copies deleted and views by platform since last taken, shape (3, 4)."""
        self.generations = np.zeros(1, np.int64)

    def begin(self, platform: int, copies: int, home: int | None) -> Self:
        """Make the first copies: by residents of a subdistrict, or of any if it is None."""
        self._make_room(copies)
        self.size = copying.begin(
            self.law, self.key, self.multiplier, self.crowd.persons, self.crowd.below, platform,
            -1 if home is None else home, copies, self.now, self.charge, self.near, self.live,
            self.counts,
        )  # fmt: skip
        return self

    def advance(self, until: float) -> None:
        """Follow it up to a minute of the run."""
        while self.sites is None:
            most = self.live.size - ROOM
            if not self.law.canonical:
                most = min(most, self.most_copies)
            self.size, self.now = copying.follow(
                self.law, self.key, self.multiplier, self.crowd.persons, self.crowd.below, most,
                self.now, until, self.charge, self.exposure, self.near, self.live, self.size,
                self.counts, self.generations,
            )  # fmt: skip
            if self.size <= most:
                self._see(until)
                return
            # What lives or dies as one is not described by a mean: canonical ones are followed on.
            if self.law.canonical or self.size <= self.most_copies:
                self._make_room(2 * self.size)
            else:
                self._see(self.now)
                live = self.live[: self.size]
                self.sites = widespread.gather(self.law, live, self.charge, self.near, self.now)
                self.live, self.size = np.zeros(0, COPY), 0
        offspring = mean_offspring(self.law, self.multiplier)
        longest = widespread.longest_step(self.law, offspring)
        widespread.spread(
            self.law, offspring, class_shares(self.law), self.crowd.persons, longest, self.now,
            until, self.exposure, self.near, self.sites, self.counts,
        )  # fmt: skip
        self.now = until

    @property
    def over(self) -> bool:
        """Whether nothing more will happen but that copies are seen."""
        if self.sites is not None:
            return bool(self.sites.sum() < OVER)
        return self.size == 0

    def end(self) -> None:
        """Count the views that are still to come of copies that nothing more happens to."""
        if self.sites is None:
            self._see(np.inf)

    def taken(self) -> NDArray[np.float64]:
        """Return what was counted since last taken, shape (3, 4), and count anew."""
        counts = self.counts
        self.counts = np.zeros_like(counts)
        return counts

    def take_over(self, live: Copies) -> None:
        """Go on with live copies that another one had, in their order."""
        self._make_room(live.size)
        self.size = live.size
        self.live[: live.size] = live

    def exposed(self) -> NDArray[np.float64]:
        """Return the views of each resident so far, by subdistrict, shape (n_subdistricts,)."""
        return np.asarray(self.exposure[copying.EVERYWHERE] + self.near[copying.NEAR_EXPOSURE])

    def _make_room(self, copies: int) -> None:
        """Have room for so many live copies and those one event may add."""
        if self.live.size < copies + 2 * ROOM:
            live = np.zeros(copies + 2 * ROOM, COPY)
            live[: self.size] = self.live[: self.size]
            self.live = live

    def _see(self, until: float) -> None:
        copying.see_until(
            self.law, self.crowd.persons, self.now, until, self.charge, self.exposure, self.near,
            self.counts,
        )  # fmt: skip
        self.now = until


def content_key(stream: np.uint64, entity: int, index: int) -> np.uint64:
    """Return the stream of numbers of one content of a day."""
    return np.uint64(draw_plain(int(stream), entity, index))


def uniform_of(key: np.uint64, index: int) -> float:
    """Return a uniform number of a content as a whole, in (0, 1)."""
    bits: Any = draw_plain(int(key), ORIGIN, index) >> 11
    return (bits + 0.5) * 2.0**-53
