"""Where the chance to contain an outbreak is one half, fitted to runs, and where to run next.

Along the logarithm y of leakage the chance falls as a logistic curve, whose middle and steepness
depend on R0 and on the infections so far when the lockdown begins:

    logit P = exp(g(z)) (f(x, z) - y),   x = log R0,   z = log10 infections at the beginning

with f a polynomial of second degree and g one of first degree. So P falls with leakage by
construction, y = f(x, z) is the frontier, and its error follows from the Fisher information.
Weak normal priors keep coefficients finite where no run failed or none succeeded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Floats = NDArray[np.float64]

MIDDLE_R0, MIDDLE_START = np.log(5.0), 2.0
"""Centres of x and z, so that coefficients are those of the middle of the range."""

PRIOR_MEAN = np.array([-2.5, -1.5, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0])
PRIOR_SD = np.array([3.0, 3.0, 1.5, 1.0, 1.0, 0.5, 0.7, 0.3])
"""Of the six coefficients of f (1, x, x x, z, x z, z z) and the two of g (1, z)."""

APART = (1.0, 2.5)
"""Logits on either side of the frontier at which the next pairs of runs are made, in turn: near it
for its place, farther off for its steepness, which is overestimated from near runs alone."""

LOWEST, HIGHEST = np.log(0.002), 0.0
"""Logarithms of leakage between which runs are made: 0.2 % of contacts left to all of them."""


def polynomial(x: Floats, z: Floats) -> Floats:
    """Return the terms of f, shape (n, 6)."""
    x, z = x - MIDDLE_R0, z - MIDDLE_START
    return np.stack([np.ones_like(x), x, x * x, z, x * z, z * z], axis=-1)


@dataclass(frozen=True)
class Boundary:
    """A fitted frontier.

    Parameters
    ----------
    coefficients
        Those of f and g, shape (8,).
    information
        Fisher information with that of the priors, shape (8, 8).
    n_runs
        Runs it was fitted to.
    """

    coefficients: Floats
    information: Floats
    n_runs: int

    def middle(self, x: Floats, z: Floats) -> Floats:
        """Return the logarithm of the leakage at which P is one half, shape (n,)."""
        return np.asarray(polynomial(x, z) @ self.coefficients[:6])

    def steepness(self, z: Floats) -> Floats:
        """Return logits per unit of the logarithm of leakage, shape (n,)."""
        return np.asarray(np.exp(self.coefficients[6] + self.coefficients[7] * (z - MIDDLE_START)))

    def error(self, x: Floats, z: Floats) -> Floats:
        """Return the standard error of `middle`, shape (n,)."""
        covariance = np.linalg.inv(self.information)[:6, :6]
        terms = polynomial(x, z)
        return np.asarray(np.sqrt(np.einsum("ni,ij,nj->n", terms, covariance, terms)))

    def contained(self, x: Floats, z: Floats, y: Floats) -> Floats:
        """Return P, the chance that an outbreak is contained, shape (n,)."""
        return np.asarray(expit(self.steepness(z) * (self.middle(x, z) - y)))

    def contained_range(self, x: Floats, z: Floats, y: Floats, sd: float = 1.96) -> Floats:
        """Return P at either end of an interval of its logit, shape (2, n)."""
        covariance = np.linalg.inv(self.information)
        slopes = _slopes(self.coefficients, x, z, y)
        off = sd * np.sqrt(np.einsum("ni,ij,nj->n", slopes, covariance, slopes))
        logit = self.steepness(z) * (self.middle(x, z) - y)
        return np.stack([expit(logit - off), expit(logit + off)])


def fitted(x: Floats, z: Floats, y: Floats, contained: NDArray[np.bool_]) -> Boundary:
    """Return the frontier that runs show: the mode of the posterior.

    Parameters
    ----------
    x, z, y
        Logarithms of R0, of infections at the beginning (to base 10) and of leakage, shape (n,).
    contained
        Whether each run was contained, shape (n,).
    """
    success = contained.astype(np.float64)

    def loss(c: Floats) -> tuple[float, Floats]:
        steep = np.exp(c[6] + c[7] * (z - MIDDLE_START))
        logit = steep * (polynomial(x, z) @ c[:6] - y)
        off = (c - PRIOR_MEAN) / PRIOR_SD
        value = float(np.logaddexp(0, logit).sum() - success @ logit + off @ off / 2)
        slope = _slopes(c, x, z, y).T @ (expit(logit) - success) + off / PRIOR_SD
        return value, slope

    found = minimize(loss, PRIOR_MEAN, jac=True, method="BFGS", options={"gtol": 1e-6})
    best = np.asarray(found.x, np.float64)
    return Boundary(best, _information(best, x, z, y) + np.diag(PRIOR_SD**-2.0), x.size)


def next_runs(known: Boundary, x: Floats, z: Floats, n: int) -> tuple[Floats, Floats, Floats]:
    """Return where to make n runs: (x, z, y), each shape (n,).

    One pair after the other, at the place of those given where the frontier is known least and on
    either side of it; what a pair will tell on average counts for the next.

    Parameters
    ----------
    known
        The frontier so far.
    x, z
        Places among which to choose, shape (n_places,).
    n
        Number of runs, even.
    """
    information = known.information
    at: list[int] = []
    leakage: list[float] = []
    for pair_number in range(n // 2):
        now = Boundary(known.coefficients, information, known.n_runs)
        middle, steep = now.middle(x, z), now.steepness(z)
        # Where the frontier lies outside the leakage that can be run, nothing is to be learnt.
        error = now.error(x, z) * ((middle > LOWEST) & (middle < HIGHEST))
        place = int(np.argmax(error)) if error.any() else int(np.argmin(np.abs(middle)))
        off = APART[pair_number % len(APART)] / steep[place]
        pair = np.clip(middle[place] + np.array([-off, off]), LOWEST, HIGHEST)
        both = np.full(2, place)
        information = information + _information(known.coefficients, x[both], z[both], pair)
        at += [place, place]
        leakage += pair.tolist()
    chosen = np.array(at)
    return x[chosen], z[chosen], np.array(leakage)


def _slopes(c: Floats, x: Floats, z: Floats, y: Floats) -> Floats:
    """Return derivatives of the logit by the coefficients, shape (n, 8)."""
    steep = np.exp(c[6] + c[7] * (z - MIDDLE_START))
    terms = polynomial(x, z)
    logit = steep * (terms @ c[:6] - y)
    of_steepness = np.stack([logit, logit * (z - MIDDLE_START)], axis=-1)
    return np.concatenate([steep[:, None] * terms, of_steepness], axis=-1)


def _information(c: Floats, x: Floats, z: Floats, y: Floats) -> Floats:
    slopes = _slopes(c, x, z, y)
    steep = np.exp(c[6] + c[7] * (z - MIDDLE_START))
    chance = expit(steep * (polynomial(x, z) @ c[:6] - y))
    return np.asarray((slopes * (chance * (1 - chance))[:, None]).T @ slopes)
