"""Deletion of copies: how long it takes, and how many copies a copy still gives rise to.

Behaviour notes 2.2, eq. 10, and 2.8, B9. A copy is passed on for an exponential time (its
platform's half-life). It is deleted with its platform's chance, after a delay that is exponential
with a short or with a long mean (fitted to Zhu et al. 2013, arXiv:1303.0597). Because all of
these are memoryless, a copy is fully described by its platform and by the class it belongs to:
deleted fast, deleted slowly, never deleted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr, pdtrc

from lazaretto.scenario.messages import Messages
from lazaretto.words import PLATFORMS

MESSAGING, SOCIAL, NEWS, FOREIGN = range(len(PLATFORMS))

FAST, SLOW, NEVER = range(3)
"""Classes of copies: deleted after a short or a long delay, or not at all."""

UNLIMITED = 1 << 62
"""Limit of forwards where there is none."""

AUDIENCES = 1 << 17
"""Points at which the distribution of audiences is taken for a mean."""


class Law(NamedTuple):
    """The numbers of a scenario in the form the kernels use; platforms as in `PLATFORMS`.

    Parameters
    ----------
    rate
        Rate at which a copy ceases to be passed on, per minute, shape (4,).
    offspring
        Mean copies of a copy with no limit of forwards, by its platform, shape (4,).
    shares
        Share of them by platform of the new copy, shape (4, 4); rows add up to 1.
    viewers
        Mean residents who see a copy, shape (4,).
    doomed
        Chance that a copy is deleted, shape (4,).
    fast_share
        Share of deletions that are fast.
    deletion_rate
        Rates of deletion by class, per minute, shape (3,); the last is 0.
    reuploads
        Mean altered copies uploaded after a deletion.
    tail
        Exponent of the Pareto distribution of audiences.
    limit
        Most copies of a copy in private messages.
    own
        Share of viewers in private messages who live where the one lives who made the copy.
    abroad
        Copies abroad after which 63 % of the public abroad know.
    canonical
        Whether copies die with their original instead of one by one.
    """

    rate: NDArray[np.float64]
    offspring: NDArray[np.float64]
    shares: NDArray[np.float64]
    viewers: NDArray[np.float64]
    doomed: NDArray[np.float64]
    fast_share: float
    deletion_rate: NDArray[np.float64]
    reuploads: float
    tail: float
    limit: int
    own: float
    abroad: float
    canonical: bool


def law_of(rules: Messages, deletion: bool = True) -> Law:
    """Return the numbers of a scenario, or of the same one in which nothing is deleted."""
    platforms = rules.platforms()
    copies = np.array(
        [[float(getattr(platform.copies, name)) for name in PLATFORMS] for platform in platforms]
    )
    offspring = copies.sum(axis=1)
    doomed = np.array([float(platform.deleted) for platform in platforms])
    return Law(
        rate=np.log(2) / np.array([float(platform.half_life) for platform in platforms]),
        offspring=offspring,
        shares=copies / np.where(offspring > 0, offspring, 1)[:, None],
        viewers=np.array([float(platform.viewers) for platform in platforms]),
        doomed=doomed if deletion else np.zeros_like(doomed),
        fast_share=float(rules.fast_share),
        deletion_rate=np.array([1 / float(rules.fast_delay), 1 / float(rules.slow_delay), 0.0]),
        reuploads=float(rules.reuploads),
        tail=float(rules.tail),
        limit=UNLIMITED if rules.forward_limit is None else int(rules.forward_limit),
        own=float(rules.own_subdistrict),
        abroad=float(rules.copies_abroad),
        canonical=rules.deletion == "canonical",
    )


def class_shares(law: Law) -> NDArray[np.float64]:
    """Return the share of new copies in each class by platform, shape (4, 3)."""
    fast = law.doomed * law.fast_share
    return np.stack([fast, law.doomed - fast, 1 - law.doomed], axis=1)


def passed_on(law: Law) -> NDArray[np.float64]:
    """Return the share of its copies that a copy gives before its deletion, shape (4, 3).

    It is ``b / (b + d)`` for a copy passed on at rate b and deleted at rate d.
    """
    return np.asarray(law.rate[:, None] / (law.rate[:, None] + law.deletion_rate))


def mean_offspring(law: Law, multiplier: float = 1.0) -> NDArray[np.float64]:
    """Return the mean copies of an undeleted copy by platform, forwards limited, shape (4,)."""
    mean = law.offspring * multiplier
    if law.limit < UNLIMITED:
        # E min(K, L) = mean P(K <= L - 2) + L P(K >= L) for a Poisson K, then over audiences.
        u = (np.arange(AUDIENCES) + 0.5) / AUDIENCES
        given = mean[MESSAGING] * (1 - 1 / law.tail) * u ** (-1 / law.tail)
        most = law.limit
        below = pdtr(most - 2, given) if most > 1 else 0.0
        mean[MESSAGING] = (given * below + most * pdtrc(most - 1, given)).mean()
    return mean


def effective_offspring(law: Law, multiplier: float = 1.0) -> NDArray[np.float64]:
    """Return the mean copies of a copy, deletion counted, from and to each platform, shape (4, 4).

    ``n_eff = n [1 - pi (1 - q)] + chi pi`` on the same platform (behaviour notes 2.8, B9), with q
    the share passed on before a deletion. This is for copies deleted one by one.
    """
    kept = (class_shares(law) * passed_on(law)).sum(axis=1)
    offspring = mean_offspring(law, multiplier)[:, None] * law.shares
    return np.asarray(offspring * kept[:, None] + np.diag(law.reuploads * law.doomed))


def offspring_by_class(law: Law, multiplier: float = 1.0) -> NDArray[np.float64]:
    """Return the mean copies from and to each platform and class, shape (12, 12).

    Types are in the order platform, class. Copies that die with their original are of its class
    on the same platform; a copy made on another platform is an original there.
    """
    share = class_shares(law)
    offspring = mean_offspring(law, multiplier)[:, None] * law.shares
    n, kinds = share.shape
    table = offspring[:, None, :, None] * passed_on(law)[:, :, None, None] * share
    if law.canonical:
        for p in range(n):
            table[p, :, p, :] = np.diag(offspring[p, p] * passed_on(law)[p])
    for p in range(n):
        table[p, :NEVER, p, :] += law.reuploads * share[p]
    return np.asarray(table.reshape(n * kinds, n * kinds))


def reproduction_number(law: Law, multiplier: float = 1.0) -> float:
    """Return R_I: above 1 a message can spread until most know of it (behaviour notes 2.2)."""
    return float(np.abs(np.linalg.eigvals(offspring_by_class(law, multiplier))).max())


def mean_copies(law: Law, multiplier: float = 1.0) -> NDArray[np.float64]:
    """Return the mean copies ever made, itself included, by first and by platform, shape (4, 4).

    The inverse of I less the mean offspring of a process that dies out, with nobody aware before.
    """
    if reproduction_number(law, multiplier) >= 1:
        return np.full((len(PLATFORMS), len(PLATFORMS)), np.inf)
    share = class_shares(law)
    table = offspring_by_class(law, multiplier)
    total = np.linalg.inv(np.eye(table.shape[0]) - table)
    total = total.reshape(*share.shape, *share.shape).sum(axis=3)
    return np.asarray((share[:, :, None] * total).sum(axis=1))
