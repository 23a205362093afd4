"""The mean of the branching process of copies, for a content of which very many are live.

It is the process of `lazaretto.behaviour.copying` with every number replaced by its mean: what is
still to be seen of the copies, and how many copies wait for their deletion, by class of deletion
(`lazaretto.behaviour.deletion`), for messaging by subdistrict. All waiting times are exponential,
so these means follow linear equations while awareness stands still. A step solves the decay exactly
and takes new copies as constant at their value in its middle (exponential midpoint rule, of second
order: Hochbruck and Ostermann 2010, doi 10.1017/S0962492910000048).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.behaviour.copying import (
    ABROAD,
    DELETED,
    EVERYWHERE,
    MADE,
    NEAR_CHARGE,
    NEAR_EXPOSURE,
    NEAR_SINCE,
    SEEN,
)
from lazaretto.behaviour.deletion import FOREIGN, MESSAGING, NEVER, Law
from lazaretto.behaviour.live_copies import Copies
from lazaretto.words import PLATFORMS

WAITING = 3
"""First column of copies that wait for a deletion, after what is still to be seen by class."""

COLUMNS = 5
N_OTHERS = len(PLATFORMS) - 1

LONGEST_STEP = 5.0
"""Minutes of a step, at most."""

GROWTH = 0.15
"""Copies that a live copy gives in a step, at most, if nobody was aware. The rule is of second
order: growth at rate r over a step h is right to about (r h)^2 / 24 of it, here 0.1 %."""


def gather(
    law: Law, live: Copies, charge: NDArray[Any], near: NDArray[Any], now: float
) -> NDArray[np.float64]:
    """Return the means that follow from live copies, shape (n_subdistricts + 3, 5).

    Parameters
    ----------
    law
        The numbers of the scenario.
    live
        All live copies at the time; those that are never deleted and have no copies to come may
        be missing.
    charge, near
        Audience still to see copies, by platform and by subdistrict (`copying.follow`), now.
    now
        Minutes of the run.
    """
    n = near.shape[1]
    sites = np.zeros((n + N_OTHERS, COLUMNS))
    doomed = live[np.isfinite(live["dies"])]
    site = np.where(doomed["platform"] == MESSAGING, doomed["home"], n - 1 + doomed["platform"])
    # Which of the two delays a copy drew is hidden in the delay; given how long it has lasted,
    # each is as likely as the share of slow ones among those not yet deleted says.
    fast, slow, _ = law.deletion_rate
    age = now - doomed["born"]
    quick = law.fast_share * np.exp(-fast * age)
    share = quick / (quick + (1 - law.fast_share) * np.exp(-slow * age))
    left = doomed["audience"] * np.exp(-law.rate[doomed["platform"]] * age)
    for column, weight in ((0, share), (1, 1 - share)):
        sites[:, column] = np.bincount(site, left * weight, n + N_OTHERS)
        sites[:, WAITING + column] = np.bincount(site, weight, n + N_OTHERS)
    total = np.concatenate([near[NEAR_CHARGE], charge[1:]])
    sites[:, NEVER] = np.maximum(total - sites[:, :NEVER].sum(axis=1), 0)
    return sites


def longest_step(law: Law, offspring: NDArray[np.float64]) -> float:
    """Return the minutes of a step, given the mean copies of a copy by platform."""
    growth = np.linalg.eigvals((law.rate * offspring)[:, None] * law.shares)
    fastest = max(float(np.abs(growth).max()), float(law.rate.max()))
    again = float(law.deletion_rate.max() * law.reuploads * law.doomed.max())
    return min(LONGEST_STEP, GROWTH / max(fastest, again))


@njit(nogil=True, _nrt=False, cache=True)
def _new_copies(
    law: Law,
    offspring: NDArray[Any],
    shares: NDArray[Any],
    exposure: NDArray[Any],
    near: NDArray[Any],
    sites: NDArray[Any],
    made: NDArray[Any],
) -> None:
    """Set the new copies per minute at every site."""
    n = shares.size
    rate = law.rate[MESSAGING] * offspring[MESSAGING]
    elsewhere = np.float64(0.0)
    for home in range(n):
        elsewhere += sites[home, 0] + sites[home, 1] + sites[home, NEVER]
    elsewhere *= rate * (1.0 - law.own)
    for q in range(law.rate.size):
        anywhere = elsewhere * law.shares[MESSAGING, q]
        for p in range(1, law.rate.size):
            if p == FOREIGN and q == FOREIGN:
                continue
            site = n - 1 + p
            still = sites[site, 0] + sites[site, 1] + sites[site, NEVER]
            anywhere += law.rate[p] * offspring[p] * law.shares[p, q] * still
        again = np.float64(0.0)
        if q != MESSAGING and q != FOREIGN:
            site = n - 1 + q
            for kind in range(NEVER):
                again += law.deletion_rate[kind] * sites[site, WAITING + kind]
            anywhere += law.reuploads * again
        total = np.float64(0.0)
        for home in range(n):
            unaware = np.exp(-exposure[EVERYWHERE] - near[NEAR_EXPOSURE, home])
            still = sites[home, 0] + sites[home, 1] + sites[home, NEVER]
            new = rate * law.own * law.shares[MESSAGING, q] * still + shares[home] * anywhere
            if q == MESSAGING:
                for kind in range(NEVER):
                    new += law.reuploads * law.deletion_rate[kind] * sites[home, WAITING + kind]
                made[home] = new * unaware
            total += new * unaware
        if q != MESSAGING:
            made[n - 1 + q] = total
    site = n - 1 + FOREIGN
    still = sites[site, 0] + sites[site, 1] + sites[site, NEVER]
    new = law.rate[FOREIGN] * offspring[FOREIGN] * law.shares[FOREIGN, FOREIGN] * still
    for kind in range(NEVER):
        new += law.reuploads * law.deletion_rate[kind] * sites[site, WAITING + kind]
    made[site] += new * np.exp(-exposure[ABROAD])


@njit(nogil=True, _nrt=False, cache=True)
def _step(
    law: Law,
    classes: NDArray[Any],
    persons: NDArray[Any],
    everybody: float,
    exposure: NDArray[Any],
    near: NDArray[Any],
    sites: NDArray[Any],
    made: NDArray[Any],
    counts: NDArray[Any],
    minutes: float,
) -> None:
    """Move all means on by some minutes during which new copies come at a constant rate."""
    n = persons.size
    for site in range(sites.shape[0]):
        p = MESSAGING if site < n else site - n + 1
        seen = np.float64(0.0)
        for kind in range(classes.shape[1]):
            new = made[site] * classes[p, kind]
            rate = law.rate[p] + law.deletion_rate[kind]
            gone = -np.expm1(-rate * minutes)
            before = sites[site, kind]
            sites[site, kind] = before * (1.0 - gone) + new * gone / rate
            seen += law.rate[p] * (before * gone + new * (minutes - gone / rate)) / rate
            if kind < NEVER:
                rate = law.deletion_rate[kind]
                gone = -np.expm1(-rate * minutes)
                before = sites[site, WAITING + kind]
                sites[site, WAITING + kind] = before * (1.0 - gone) + new * gone / rate
                counts[DELETED, p] += before * gone + new * (minutes - gone / rate)
        counts[MADE, p] += made[site] * minutes
        views = seen * law.viewers[p]
        counts[SEEN, p] += views
        if p == MESSAGING:
            near[NEAR_EXPOSURE, site] += views * law.own / max(persons[site], 1.0)
            views *= 1.0 - law.own
        exposure[EVERYWHERE] += views / everybody
        if p == FOREIGN:
            exposure[ABROAD] += seen / law.abroad


@njit(nogil=True, cache=True)
def spread(
    law: Law,
    offspring: NDArray[Any],
    classes: NDArray[Any],
    persons: NDArray[Any],
    longest: float,
    now: float,
    until: float,
    exposure: NDArray[Any],
    near: NDArray[Any],
    sites: NDArray[Any],
    counts: NDArray[Any],
) -> None:
    """Follow the means of one content from one minute to another.

    Parameters
    ----------
    law
        The numbers of the scenario.
    offspring
        Mean copies of an undeleted copy of this content by its platform, shape (4,).
    classes
        Share of new copies in each class by platform, shape (4, 3).
    persons
        Residents of each subdistrict, shape (n_subdistricts,).
    longest
        Minutes of a step at most (`longest_step`).
    now, until
        Minutes of the run.
    exposure, near
        Views for each person, as in `copying.follow`; written.
    sites
        The means (`gather`): rows are subdistricts for messaging, then social, news, foreign;
        columns what is still to be seen by class (3), and copies waiting for a fast and for a
        slow deletion, shape (n_subdistricts + 3, 5); written.
    counts
        Copies made, copies deleted and views by platform, shape (3, 4); added to.
    """
    everybody = max(persons.sum(), 1.0)
    shares = persons / everybody
    made, unused = np.empty(sites.shape[0]), np.zeros_like(counts)
    steps = int(np.ceil((until - now) / longest))
    for _ in range(steps):
        minutes = (until - now) / steps
        _new_copies(law, offspring, shares, exposure, near, sites, made)
        middle, seen, seen_near = sites.copy(), exposure.copy(), near.copy()
        _step(law, classes, persons, everybody, seen, seen_near, middle, made, unused, minutes / 2)
        _new_copies(law, offspring, shares, seen, seen_near, middle, made)
        _step(law, classes, persons, everybody, exposure, near, sites, made, counts, minutes)
    for home in range(persons.size):
        near[NEAR_CHARGE, home] = sites[home, : NEVER + 1].sum()
        near[NEAR_SINCE, home] = until
