"""Messages about break-outs: what is live, and which residents know.

Behaviour notes 2.2, eq. 10 and 11. Contents do not compete: each runs by itself
(`lazaretto.behaviour.cascades`), keyed by the day and the place it begins, so that a policy which
changes one break-out leaves the messages about all others as they are. A resident knows of a
content after the first copy seen: with v views for each resident, ``A = 1 - exp(-v)`` of them do.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from lazaretto.behaviour.cascades import Cascade, Crowd, content_key, uniform_of
from lazaretto.behaviour.copying import DELETED, MADE, SEEN
from lazaretto.behaviour.deletion import MESSAGING, law_of
from lazaretto.behaviour.live_copies import COPY
from lazaretto.behaviour.widespread import COLUMNS, N_OTHERS
from lazaretto.chance import INDEX_BITS, Purpose, stream_key
from lazaretto.scenario.messages import Messages as Rules
from lazaretto.words import PLATFORMS

MINUTES = 1440.0
"""Minutes of a day."""

ANYWHERE = -1
"""Subdistrict of a content that begins anywhere."""

SEEDED, IMAGINED = 1 << 40, 1 << 41
"""First entity of contents that begin outside the model, and of those of `reach` alone."""

MULTIPLIER, HOUR, HOME = range(3)
"""Numbers of a content as a whole."""


class DayOfMessages(NamedTuple):
    """What happened to messages on one day, all contents together.

    Parameters
    ----------
    copies, deleted
        Copies made and deleted by platform, shape (4,). Not whole where a content is so
        widespread that it is followed in the mean.
    views
        Views of copies by residents, by platform, shape (4,).
    newly_aware
        Residents who today learned of a content, summed over contents, shape (n_subdistricts,).
    newly_aware_of_success
        The same of contents that show a concession, shape (n_subdistricts,).
    aware
        Share of residents who so far learned of at least one, shape (n_subdistricts,).
    """

    copies: NDArray[np.float64]
    deleted: NDArray[np.float64]
    views: NDArray[np.float64]
    newly_aware: NDArray[np.float64]
    newly_aware_of_success: NDArray[np.float64]
    aware: NDArray[np.float64]


class Begin(NamedTuple):
    """A content that waits for its day: where and how it begins."""

    day: int
    subdistrict: int
    platform: int
    copies: int
    success: bool


class Messages:
    """The messages of one run.

    Parameters
    ----------
    rules
        The messages of the scenario.
    seed
        Seed of the run.
    subdistrict_persons
        Residents of each subdistrict, shape (n_subdistricts,).
    start
        First date of the run.

    Raises
    ------
    ValueError
        If the scenario has a message that begins before the run.
    """

    def __init__(
        self, rules: Rules, seed: int, subdistrict_persons: NDArray[np.int64], start: date
    ) -> None:
        self.rules, self.seed = rules, seed
        self.law, self.crowd = law_of(rules), Crowd(subdistrict_persons)
        self.seeded = [(message.begins - start).days for message in rules.seeded]
        for message, day in zip(rules.seeded, self.seeded, strict=True):
            if day < 0:
                raise ValueError(f"message {message.name!r} begins on {message.begins}, which is "
                                 f"before the first day of the run, {start}")  # fmt: skip
        self.live: list[Cascade] = []
        self.success: list[bool] = []
        self.waiting: list[Begin] = []
        self.views = np.zeros(subdistrict_persons.size)
        """Views for each resident so far, all contents together, shape (n_subdistricts,)."""
        self.next_day = 0

    def begin(
        self,
        day: int,
        subdistrict: int | None,
        platform: int = MESSAGING,
        copies: int = 1,
        success: bool = False,
    ) -> None:
        """Let a content begin on a day that has not been advanced yet, at an hour drawn for it.

        Parameters
        ----------
        day
            Day of the run.
        subdistrict
            Where those live who make its first copies; None if anywhere.
        platform
            Where it begins, see `lazaretto.words.PLATFORMS`.
        copies
            Copies it begins with.
        success
            Whether it shows a concession.
        """
        if day < self.next_day:
            raise ValueError(f"day {day} of the messages is over; day {self.next_day} is next")
        if self.rules.active:
            where = ANYWHERE if subdistrict is None else subdistrict
            self.waiting.append(Begin(day, where, platform, copies, success))

    def advance(self, day: int) -> DayOfMessages:
        """Follow every content through one day; return what happened."""
        self.next_day = day + 1
        if self.rules.active:
            self._begin_seeded(day)
            self._begin_waiting(day)
        persons = self.crowd.persons
        counts, newly = np.zeros((3, len(PLATFORMS))), np.zeros((2, persons.size))
        for cascade, success in zip(self.live, self.success, strict=True):
            before = cascade.exposed()
            cascade.advance((day + 1) * MINUTES)
            if cascade.over:
                cascade.end()
            after = cascade.exposed()
            counts += cascade.taken()
            learned = persons * (np.exp(-before) - np.exp(-after))
            newly[0] += learned
            newly[1] += learned if success else 0.0
            self.views += after - before
        kept = [not cascade.over for cascade in self.live]
        self.success = [s for s, keep in zip(self.success, kept, strict=True) if keep]
        self.live = [c for c, keep in zip(self.live, kept, strict=True) if keep]
        return DayOfMessages(
            counts[MADE], counts[DELETED], counts[SEEN], newly[0], newly[1], 1 - np.exp(-self.views)
        )

    def _begin_seeded(self, day: int) -> None:
        stream = stream_key(self.seed, Purpose.MESSAGE, day)
        for i, message in enumerate(self.rules.seeded):
            if self.seeded[i] == day:
                platform = PLATFORMS.index(message.platform)
                what = Begin(day, ANYWHERE, platform, int(message.copies), message.shows_success)
                self._start(content_key(stream, SEEDED + i, 0), what)

    def _begin_waiting(self, day: int) -> None:
        """Begin the contents of today, each numbered among those of its subdistrict and day."""
        stream = stream_key(self.seed, Purpose.MESSAGE, day)
        today = sorted(what for what in self.waiting if what.day == day)
        self.waiting = [what for what in self.waiting if what.day > day]
        nth = 0
        for i, what in enumerate(today):
            nth = nth + 1 if i and today[i - 1].subdistrict == what.subdistrict else 0
            entity = what.subdistrict + 1 + ((nth >> INDEX_BITS) << 32)
            self._start(content_key(stream, entity, nth % (1 << INDEX_BITS)), what)

    def _start(self, key: np.uint64, what: Begin) -> None:
        at = (what.day + uniform_of(key, HOUR)) * MINUTES
        cascade = Cascade(self.law, self.crowd, key, multiplier_of(self.rules, key), at)
        home = None if what.subdistrict == ANYWHERE else what.subdistrict
        self.live.append(cascade.begin(what.platform, what.copies, home))
        self.success.append(what.success)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything that differs from day to day, by name, for a checkpoint."""
        live, n = self.live, self.crowd.persons.size
        wide = [cascade.sites for cascade in live if cascade.sites is not None]
        none = [np.empty(0, COPY)]
        copies = np.concatenate(none + [cascade.live[: cascade.size] for cascade in live])
        kept: dict[str, NDArray[Any]] = {
            "views": self.views,
            "next_day": np.array(self.next_day),
            "waiting": np.array(self.waiting, np.int64).reshape(-1, len(Begin._fields)),
            "key": np.array([cascade.key for cascade in live], np.uint64),
            "multiplier": np.array([cascade.multiplier for cascade in live], np.float64),
            "now": np.array([cascade.now for cascade in live], np.float64),
            "success": np.array(self.success, np.bool_),
            "charge": np.array([cascade.charge for cascade in live]).reshape(-1, len(PLATFORMS)),
            "exposure": np.array([cascade.exposure for cascade in live]).reshape(-1, 2),
            "near": np.array([cascade.near for cascade in live]).reshape(-1, 3, n),
            "size": np.array([cascade.size for cascade in live], np.int64),
            "wide": np.array([cascade.sites is not None for cascade in live], np.bool_),
            "sites": np.array(wide).reshape(len(wide), n + N_OTHERS, COLUMNS),
        }
        return kept | {f"copy_{name}": copies[name] for name in COPY.fields or ()}

    def restore(self, saved: dict[str, NDArray[Any]]) -> None:
        """Take over what `arrays` returned at another time."""
        self.views, self.next_day = np.array(saved["views"]), int(saved["next_day"])
        self.waiting = [
            Begin(day, where, platform, copies, bool(success))
            for day, where, platform, copies, success in saved["waiting"].tolist()
        ]
        self.success = np.asarray(saved["success"]).tolist()
        copies = np.empty(saved["copy_id"].size, COPY)
        for name in COPY.fields or ():
            copies[name] = saved[f"copy_{name}"]
        self.live, first, wide = [], 0, 0
        for i, size in enumerate(np.asarray(saved["size"]).tolist()):
            cascade = Cascade(self.law, self.crowd, np.uint64(saved["key"][i]),
                              float(saved["multiplier"][i]), float(saved["now"][i]))  # fmt: skip
            for name in ("charge", "exposure", "near"):
                setattr(cascade, name, np.array(saved[name][i]))
            cascade.take_over(copies[first : first + size])
            if saved["wide"][i]:
                cascade.sites = np.array(saved["sites"][wide])
                wide += 1
            self.live.append(cascade)
            first += size


def multiplier_of(rules: Rules, key: np.uint64) -> float:
    """Return a content's own factor on copies of copies: log-normal, mean 1."""
    sd = float(rules.variation)
    return float(np.exp(sd * ndtri(uniform_of(key, MULTIPLIER)) - sd**2 / 2))


def reach(
    rules: Rules,
    persons: NDArray[np.integer],
    n_contents: int,
    seed: int,
    deletion: bool = True,
    copies: int = 1,
    days: int = 14,
) -> NDArray[np.float64]:
    """Return the share of residents who ever learn of each of so many separate contents.

    Each begins in private messages with one filmed break-out, in a subdistrict drawn by residents.
    With and without deletion the same numbers are drawn, so contents can be compared one by one.

    Parameters
    ----------
    rules
        The messages of the scenario; whether they are active does not matter.
    persons
        Residents of each subdistrict, shape (n_subdistricts,).
    n_contents
        How many contents.
    seed
        Seed.
    deletion
        Whether copies are deleted as the scenario says, or never.
    copies
        Copies each begins with.
    days
        Days for which each is followed.
    """
    law, crowd = law_of(rules, deletion), Crowd(persons)
    stream = stream_key(seed, Purpose.MESSAGE)
    reached = np.empty(n_contents)
    for i in range(n_contents):
        key = content_key(stream, IMAGINED + i, 0)
        cascade = Cascade(law, crowd, key, multiplier_of(rules, key), 0.0)
        cascade.begin(MESSAGING, copies, crowd.home(uniform_of(key, HOME)))
        cascade.advance(days * MINUTES)
        cascade.end()
        reached[i] = -persons @ np.expm1(-cascade.exposed()) / persons.sum()
    return reached


def load_kernels(rules: Rules) -> None:
    """Compile or load what follows messages, with a few copies that count for nothing."""
    law, crowd = law_of(rules), Crowd(np.array([1000, 1000]))
    key = content_key(stream_key(0, Purpose.MESSAGE), 0, 0)
    for most_copies in (1, 100):
        cascade = Cascade(law, crowd, key, 1.0, 0.0, most_copies).begin(MESSAGING, 3, 0)
        cascade.advance(MINUTES)
        cascade.end()
