"""A posterior from few runs: waves of runs, each drawn where an emulator says the data are near.

The first wave is drawn from the prior. After each wave an emulator is taught all runs, and the next
is drawn from the posterior it believes in. Every run counts in the end, by what it really gave:
weight = prior x likelihood / density it was drawn with, that of all waves together (deterministic
mixture: Owen and Zhou 2000, doi 10.1080/01621459.2000.10473909; Cornuet et al. 2012, doi
10.1111/j.1467-9469.2011.00756.x). So the emulator decides where runs are made, never what is
concluded. Largest weights are smoothed, and their tail tells whether to trust them (Vehtari et al.
2024, PSIS, arXiv:1507.02646). A particle is a set of free numbers and the seed of its run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, logsumexp
from scipy.stats import qmc

from lazaretto.scenario import Problem, ScenarioError
from lazaretto.studies.calibration.beginnings import gone_on_with
from lazaretto.studies.calibration.emulator import Emulator
from lazaretto.studies.calibration.journal import Journal
from lazaretto.studies.calibration.misfit import Misfit
from lazaretto.studies.calibration.plan import Plan
from lazaretto.studies.calibration.posterior import Posterior, Tell, kish, particles_for, resampled
from lazaretto.studies.calibration.proposed import SEEDS_A_GENERATION, Key, Proposed
from lazaretto.studies.extra import needed

Array = NDArray[np.float64]

FIRST, WAVES = 0.3, 5
"""Share of the runs that are drawn from the prior, and waves that share the rest."""

BELIEVED = 8_000
"""Points at which the emulator is asked in each step towards its posterior."""

STEP = 0.15
"""Share of those points that must still count after a step."""

STEPS = 30
"""Steps at most."""

SEARCHED = 7
"""Days that count as one observation in the search, which so is sharper than what it searches: its
waves find the middle, and that of the prior keeps the tails."""

MIXED, WIDER = 4, 1.5
"""Gaussians in a density of proposals, and how much wider their covariance is made."""


def fit_in_waves(
    plan: Plan, journal: Journal, runs: int, seed: int = 1, tell: Tell | None = None,
    particles: int | None = None,
) -> Posterior:  # fmt: skip
    """Fit the free numbers of a calibration with an emulator.

    The same arguments give the same posterior at any number of processes, interrupted or not.

    Parameters
    ----------
    plan
        The calibration.
    journal
        Makes runs, and finds those made before.
    runs
        Runs to make; at least 20 for each free number.
    seed
        Seed of the proposals, and the first of the seeds of runs.
    tell
        Called with words and the share of the runs that were used.
    particles
        Draws of the posterior; `particles_for` the runs if absent.

    Raises
    ------
    ScenarioError
        If there are too few runs, or if they fail.
    """
    needed("sklearn")
    least = 20 * len(plan.free)
    if runs < least:
        raise ScenarioError([Problem("--runs", runs, f"{least} or more for {len(plan.free)} "
                                     "numbers", "allow more runs")])  # fmt: skip
    waves = _Waves(Proposed(plan, journal, runs, seed, tell))
    sizes = np.diff(np.rint(np.linspace(FIRST * runs, runs, WAVES + 1)).astype(int))
    waves.run(None, round(FIRST * runs))
    for size in sizes:
        waves.run(waves.believed(), int(size))
    return waves.posterior(particles or particles_for(runs))


class _Waves:
    """All runs so far, with the density that each wave was drawn from."""

    def __init__(self, made: Proposed) -> None:
        self.made, self.priors = made, made.priors
        self.misfit = Misfit(made.plan, made.compared)
        self.searched = Misfit(made.plan, made.compared, SEARCHED)
        self.at: list[Key] = []
        self.densities: list[tuple[int, Any]] = []
        self.added = np.zeros(0)
        self.told: list[dict[str, float]] = []
        self._drawn = 0

    def run(self, density: Any, n: int) -> None:  # noqa: ANN401 - None, or scikit-learn's
        """Draw a wave and make its runs."""
        number = len(self.densities)
        if density is None:
            unit = self._evenly(n)
        else:
            density.random_state = self._next_seed()
            unit = expit(density.sample(n)[0])
        said = "from the prior" if density is None else f"wave {number + 1} of {WAVES + 1}"
        seeds, added = self._seeds(self.priors.at_share(unit), number, said)
        self.at += seeds
        self.densities.append((len(seeds), density))
        self.added = np.append(self.added, added)
        self.made.simulate(seeds, said)
        self.made.used += len(seeds)
        if density is None:
            self.made.of_prior += list(seeds)
        likelihood = self.likelihood()
        weights, _ = self.weights(likelihood)
        self.told.append({
            "threshold": float(-np.median(likelihood[-len(seeds):])),
            "accepted": kish(weights), "runs": float(len(seeds)),
        })  # fmt: skip

    def _seeds(self, coordinates: Array, number: int, said: str) -> tuple[dict[Key, int], Array]:
        """Return the seed of each run of a wave, and what that adds to its log weight.

        Draws from the prior take one seed each, for they tell what was thought before the data.
        """
        keys = dict.fromkeys(tuple(map(float, row)) for row in coordinates)
        first = self.made.seed + number * SEEDS_A_GENERATION
        beginnings = self.made.plan.calibration.beginnings
        if beginnings is None or number == 0:
            return {key: first + i for i, key in enumerate(keys)}, np.zeros(len(keys))
        n = beginnings.number
        seeds = {key: range(first + i * n, first + (i + 1) * n) for i, key in enumerate(keys)}
        at = qmc.Sobol(1, rng=self._next_seed()).random_base2(int(np.ceil(np.log2(len(keys)))))
        return gone_on_with(self.made, self.searched, seeds, at[: len(keys), 0], said)

    def misses(self) -> tuple[NDArray[np.bool_], Array]:
        """Return which runs could be made, and the misses of those."""
        numbers = self.made.numbers
        good = np.array([key in numbers for key in self.at])
        return good, self.misfit.misses([numbers[key] for key in self.at if key in numbers])

    def likelihood(self) -> Array:
        """Return the log-likelihood of every run, that of a failed one minus infinity."""
        good, misses = self.misses()
        out = np.full(good.size, -np.inf)
        out[good] = self.misfit.log_likelihood(misses)
        return out

    def weights(self, likelihood: Array) -> tuple[Array, float]:
        """Return the weights of all runs, sum 1, and the shape of the tail of the largest."""
        z = _logit(self.priors.share_below(np.array(self.at)))
        total = sum(n for n, _ in self.densities)
        each = [np.log(n / total) + self._log_density(density, z) for n, density in self.densities]
        log_weights = likelihood + self.added + _log_prior(z) - np.logaddexp.reduce(each, axis=0)
        good = np.isfinite(log_weights)
        if not good.any():
            allowed = "runs that can be weighed"
            raise ScenarioError([Problem("parameters", None, allowed, "narrow the priors")])
        smooth, shape = needed("arviz").psislw(log_weights[good])
        weights = np.zeros(good.size)
        weights[good] = np.exp(np.asarray(smooth, np.float64))
        return weights / weights.sum(), float(shape)

    def _log_density(self, density: Any, z: Array) -> Array:  # noqa: ANN401
        return _log_prior(z) if density is None else np.asarray(density.score_samples(z))

    def believed(self) -> Any:  # noqa: ANN401 - a mixture of scikit-learn
        """Return the density of the posterior that an emulator of all runs believes in.

        From the prior in steps, each of which leaves enough of the points that count (tempering);
        what the emulator is unsure of it takes as possible.
        """
        self.made.tell(
            f"teaching an emulator {len(self.at):,} runs", self.made.used / self.made.runs
        )
        with needed("threadpoolctl").threadpool_limits(1):  # same bits on any number of cores
            return self._taught()

    def _taught(self) -> Any:  # noqa: ANN401
        misfit = self.searched
        good, misses = self.misses()
        unit = self._rounded(np.array(self.at))[good]
        emulator = Emulator(unit, misses, misfit.log_likelihood(misses), misfit.importance())
        density, heat = None, 0.0
        for _ in range(STEPS):
            if density is None:
                z = _logit(self._evenly(BELIEVED))
            else:
                density.random_state = self._next_seed()
                z = density.sample(BELIEVED)[0]
            mean, variance = emulator.misses(self._rounded(self.priors.at_share(expit(z))))
            log_likelihood = misfit.log_likelihood(mean, variance)
            drawn = _log_prior(z) - self._log_density(density, z)
            heat = _hotter(heat, log_likelihood, drawn)
            log_weights = heat * log_likelihood + drawn
            weights = np.exp(log_weights - logsumexp(log_weights))
            density = _mixture(z, weights, self._next_seed())
            if heat >= 1:
                break
        return density

    def _evenly(self, n: int) -> Array:
        """Return points of the unit cube, spread more evenly than by chance (Sobol)."""
        sobol = qmc.Sobol(len(self.made.plan.free), rng=self._next_seed())
        return np.asarray(sobol.random_base2(int(np.ceil(np.log2(n))))[:n])

    def _next_seed(self) -> int:
        """Return a seed for what a library draws, another each time."""
        self._drawn += 1
        return (self.made.seed * 1_000 + self._drawn) % 2**31

    def _rounded(self, coordinates: Array) -> Array:
        """Return the shares of the prior below numbers as runs have them, whole ones rounded."""
        return self.priors.share_below(self.priors.coordinates(self.priors.values(coordinates)))

    def posterior(self, n: int) -> Posterior:
        """Return n draws of the posterior, a run that is drawn more than once with its weight."""
        likelihood = self.likelihood()
        weights, shape = self.weights(likelihood)
        chosen, counts = np.unique(resampled(weights, n), return_counts=True)
        seed_of, prior = self.made.seed_of, self.made.of_prior
        self.told[-1]["tail"] = shape
        return Posterior(
            names=self.made.plan.names,
            values=self.priors.values(np.array(self.at)[chosen]),
            weights=counts / counts.sum(),
            seeds=np.array([seed_of[self.at[i]] for i in chosen], np.int64),
            distances=-likelihood[chosen],
            prior=self.priors.values(np.array(prior)),
            prior_seeds=np.array([seed_of[key] for key in prior], np.int64),
            draws=n,
            effective=min(kish(weights), float(n)),
            generations=self.told,
            runs=self.made.used,
            failed=self.made.failed,
        )


def _hotter(heat: float, log_likelihood: Array, drawn: Array) -> float:
    """Return the highest heat up to 1 at which `STEP` of the points still count."""

    def enough(at: float) -> bool:
        log_weights = at * log_likelihood + drawn
        weights = np.exp(log_weights - log_weights.max())
        return bool(kish(weights / weights.sum()) >= STEP * weights.size)

    low, high = heat, 1.0
    if enough(high):
        return high
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if enough(middle) else (low, middle)
    return max(low, heat + 1e-3)


def _mixture(z: Array, weights: Array, seed: int) -> Any:  # noqa: ANN401
    """Return Gaussians through weighted points, wider than these."""
    from sklearn.mixture import GaussianMixture

    points = z[resampled(weights, 3_000)]
    mixture = GaussianMixture(MIXED, reg_covar=1e-3, random_state=seed)
    mixture.fit(points)
    mixture.covariances_ *= WIDER
    mixture.precisions_cholesky_ /= np.sqrt(WIDER)
    return mixture


def _logit(unit: Array) -> Array:
    return np.asarray(logit(np.clip(unit, 1e-9, 1 - 1e-9)))


def _log_prior(z: Array) -> Array:
    """Return the log density of the prior at logits of shares below, shape (n,)."""
    return np.asarray((z - 2 * np.logaddexp(0, z)).sum(axis=1))
