"""The branching process of copies, copy by copy and in exact order of time.

Behaviour notes 2.2, eq. 10. Every number is keyed by the copy it belongs to, and a copy's own
number by that of the copy it was made of and its place among the copies of it. So two
runs that differ in deletion or in what people know keep all the copies they have in common.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.behaviour.deletion import FOREIGN, MESSAGING, Law
from lazaretto.behaviour.live_copies import ROOM, Copies, settle
from lazaretto.chance import GOLDEN, draw

NEAR_CHARGE, NEAR_EXPOSURE, NEAR_SINCE = range(3)
"""Rows of what is kept by subdistrict: audience still to see copies made there, in private
messages; views for each resident so far; minute up to which both are counted."""

MADE, DELETED, SEEN = range(3)
"""Rows of the counts of a day by platform."""

EVERYWHERE, ABROAD = range(2)
"""Views for each person so far: of every resident of the place, of the public abroad."""

AUDIENCE, DOOM, DELAY, CHILDREN, GAP, KIND, OWN, HOME, NEWS, CHILD, REUPLOAD, UPLOADS = range(12)
"""What the numbers of a copy are for; long Poisson numbers take more from `CHUNKS` on."""

CHUNKS = 32
CHUNK = 500.0
"""Largest mean of a Poisson number drawn at once; the exponential of more is 0."""


@njit(inline="always", _nrt=False)
def _uniform(key: np.uint64, copy: np.uint64, index: int) -> float:
    return (np.float64(draw(key, copy, index) >> np.uint64(11)) + 0.5) * 2.0**-53


@njit(inline="always", _nrt=False)
def _offspring_id(key: np.uint64, copy: np.uint64, nth: int, index: int) -> np.uint64:
    return draw(key, copy + np.uint64(nth) * GOLDEN, index)


@njit(_nrt=False)
def _poisson(key: np.uint64, copy: np.uint64, index: int, mean: float) -> int:
    """Return a Poisson number by inversion, the sum of several where the mean is large."""
    total, chunk = 0, 0
    while mean > 0.0:
        part = min(mean, CHUNK)
        mean -= part
        at = index if chunk == 0 else CHUNKS + chunk % (512 - CHUNKS)
        left = _uniform(key, copy + np.uint64(chunk // (512 - CHUNKS)) * GOLDEN, at)
        chance, k = np.exp(-part), 0
        while left > chance and chance > 0.0:
            left -= chance
            k += 1
            chance *= part / k
        total += k
        chunk += 1
    return total


@njit(inline="always", _nrt=False)
def _plan(law: Law, key: np.uint64, live: Copies, at: int) -> None:
    """Set when something happens next to a copy: gaps between the rest of its copies in order."""
    copy = live[at]
    time = np.inf
    if copy.left > 0:
        gap = -np.log(_uniform(key, copy.id + np.uint64(copy.made) * GOLDEN, GAP))
        time = copy.next + gap / (copy.left * law.rate[copy.platform])
    copy.next = min(time, copy.dies)


@njit(inline="always", _nrt=False)
def _see_near(law: Law, persons: NDArray[Any], near: NDArray[Any], home: int, now: float) -> None:
    charge = near[NEAR_CHARGE, home]
    if charge > 0.0:
        seen = -charge * np.expm1(-law.rate[MESSAGING] * (now - near[NEAR_SINCE, home]))
        near[NEAR_CHARGE, home] = charge - seen
        viewers = law.own * law.viewers[MESSAGING]
        near[NEAR_EXPOSURE, home] += seen * viewers / max(persons[home], 1.0)
    near[NEAR_SINCE, home] = now


@njit(_nrt=False)
def _see(
    law: Law,
    everybody: float,
    charge: NDArray[Any],
    exposure: NDArray[Any],
    counts: NDArray[Any],
    minutes: float,
) -> None:
    """Let copies be seen for some minutes by those who live anywhere."""
    for p in range(charge.size):
        if charge[p] <= 0.0:
            continue
        seen = -charge[p] * np.expm1(-law.rate[p] * minutes)
        charge[p] -= seen
        views = seen * law.viewers[p]
        counts[SEEN, p] += views
        if p == MESSAGING:
            views *= 1.0 - law.own
        exposure[EVERYWHERE] += views / everybody
        if p == FOREIGN:
            exposure[ABROAD] += seen / law.abroad


@njit(_nrt=False)
def _home(key: np.uint64, copy: np.uint64, below: NDArray[Any]) -> int:
    """Return a subdistrict drawn by residents; `below` counts those up to each, shape (n,)."""
    share = _uniform(key, copy, HOME) * below[-1]
    return min(np.searchsorted(below, share, side="right"), below.size - 1)


@njit(_nrt=False)
def _make(
    law: Law,
    key: np.uint64,
    multiplier: float,
    persons: NDArray[Any],
    copy: np.uint64,
    platform: int,
    home: int,
    depth: int,
    now: float,
    dies: float,
    charge: NDArray[Any],
    near: NDArray[Any],
    live: Copies,
    size: int,
    counts: NDArray[Any],
) -> int:
    """Make a copy; return the live copies. It draws its own deletion if `dies` is not given."""
    low = 1.0 - 1.0 / law.tail
    audience = low * _uniform(key, copy, AUDIENCE) ** (-1.0 / law.tail)
    if np.isnan(dies):
        chance, doomed = _uniform(key, copy, DOOM), law.doomed[platform]
        dies = np.inf
        if chance < doomed:
            rate = law.deletion_rate[0 if chance < doomed * law.fast_share else 1]
            dies = now - np.log(_uniform(key, copy, DELAY)) / rate
    mean = law.offspring[platform] * multiplier * audience
    left = _poisson(key, copy, CHILDREN, mean)
    if platform == MESSAGING:
        left = min(left, law.limit)
        _see_near(law, persons, near, home, now)
        near[NEAR_CHARGE, home] += audience
    charge[platform] += audience
    counts[MADE, platform] += 1.0
    new = live[size]
    new.next, new.born, new.dies, new.audience = now, now, dies, audience
    new.id, new.left, new.made = copy, left, 0
    new.home, new.depth, new.platform = home, depth, platform
    _plan(law, key, live, size)
    if live[size].next == np.inf:
        return size
    settle(live, size + 1, size)
    return size + 1


@njit(nogil=True, cache=True, _nrt=False)
def begin(
    law: Law,
    key: np.uint64,
    multiplier: float,
    persons: NDArray[Any],
    below: NDArray[Any],
    platform: int,
    home: int,
    copies: int,
    now: float,
    charge: NDArray[Any],
    near: NDArray[Any],
    live: Copies,
    counts: NDArray[Any],
) -> int:
    """Make the first copies of a content, at home or (-1) anywhere; return the live copies."""
    size = 0
    for i in range(copies):
        copy = draw(key, i, 0)
        where = home if home >= 0 else _home(key, copy, below)
        size = _make(law, key, multiplier, persons, copy, platform, where, 0, now, np.nan,
                     charge, near, live, size, counts)  # fmt: skip
    return size


@njit(nogil=True, cache=True, _nrt=False)
def follow(
    law: Law,
    key: np.uint64,
    multiplier: float,
    persons: NDArray[Any],
    below: NDArray[Any],
    most: int,
    now: float,
    until: float,
    charge: NDArray[Any],
    exposure: NDArray[Any],
    near: NDArray[Any],
    live: Copies,
    size: int,
    counts: NDArray[Any],
    generations: NDArray[Any],
) -> tuple[int, float]:
    """Follow one content until a time, or until more than ``most`` copies are live.

    A copy is made by a viewer of another; whoever knew of the content already makes none. So a
    copy comes about with the chance that somebody is not yet aware who lives where that viewer
    lives, and the process turns from branching into an epidemic of knowledge that saturates.

    Parameters
    ----------
    law, key, multiplier
        The numbers of the scenario; the content's own stream; its own factor on copies of copies.
    persons, below
        Residents of each subdistrict, and of those up to and with it, shape (n_subdistricts,).
    most
        Live copies at most; there must be room for `ROOM` more.
    now, until
        Minutes of the run.
    charge
        Audience still to see copies, by platform, shape (4,); written.
    exposure
        Views for each person, shape (2,) (`EVERYWHERE`, `ABROAD`); written.
    near
        What is kept by subdistrict, shape (3, n_subdistricts) (`NEAR_CHARGE` and so on); written.
    live, size
        Live copies, and how many there are; written.
    counts
        Copies made, copies deleted and views by platform, shape (3, 4); added to.
    generations
        The largest generation of a copy so far, shape (1,); written.

    Returns
    -------
        Live copies, and the minute up to which views are counted.
    """
    everybody = max(below[-1], 1.0)
    while size > 0 and size <= most and live[0].next < until:
        time = live[0].next
        _see(law, everybody, charge, exposure, counts, time - now)
        now = time
        parent = live[0].id
        platform, home, depth = live[0].platform, live[0].home, live[0].depth + 1
        dies = live[0].dies
        if time < dies:
            nth, times, index = live[0].made, 1, CHILD
            live[0].made += 1
            live[0].left -= 1
            _plan(law, key, live, 0)
        else:
            nth, index = 0, REUPLOAD
            times = min(_poisson(key, parent, UPLOADS, law.reuploads), ROOM - 2)
            rest = live[0].audience * np.exp(-law.rate[platform] * (time - live[0].born))
            charge[platform] = max(charge[platform] - rest, 0.0)
            if platform == MESSAGING:
                _see_near(law, persons, near, home, time)
                near[NEAR_CHARGE, home] = max(near[NEAR_CHARGE, home] - rest, 0.0)
            counts[DELETED, platform] += 1.0
            live[0].next = np.inf
        if live[0].next == np.inf:
            size -= 1
            live[0] = live[size]
        settle(live, size, 0)
        for i in range(times):
            copy = _offspring_id(key, parent, nth + i, index)
            kind, where, inherited = platform, home, np.nan
            if index == CHILD:
                chance, kind = _uniform(key, copy, KIND), 0
                while kind < FOREIGN and chance >= law.shares[platform, kind]:
                    chance -= law.shares[platform, kind]
                    kind += 1
                if platform != MESSAGING or _uniform(key, copy, OWN) >= law.own:
                    where = _home(key, copy, below)
                if law.canonical and kind == platform:
                    inherited = dies
            elif platform != MESSAGING:
                where = _home(key, copy, below)
            if platform == FOREIGN and kind == FOREIGN:
                known = exposure[ABROAD]
            else:
                _see_near(law, persons, near, where, time)
                known = exposure[EVERYWHERE] + near[NEAR_EXPOSURE, where]
            if _uniform(key, copy, NEWS) >= np.exp(-known):
                continue
            generations[0] = max(generations[0], depth)
            size = _make(law, key, multiplier, persons, copy, kind, where, depth, time, inherited,
                         charge, near, live, size, counts)  # fmt: skip
    return size, now


@njit(nogil=True, cache=True, _nrt=False)
def see_until(
    law: Law,
    persons: NDArray[Any],
    now: float,
    until: float,
    charge: NDArray[Any],
    exposure: NDArray[Any],
    near: NDArray[Any],
    counts: NDArray[Any],
) -> None:
    """Count the views up to a time at which nothing else happens; the end of a day, or of all."""
    _see(law, max(persons.sum(), 1.0), charge, exposure, counts, until - now)
    for home in range(persons.size):
        _see_near(law, persons, near, home, until)
