"""Approximate Bayesian computation by sequential Monte Carlo, with pyABC, over an ensemble.

Toni and Stumpf 2010 (doi 10.1093/bioinformatics/btp619); adaptive distance of Prangle 2017
(doi 10.1214/16-BA1002), each number scaled by how much runs differ in it and how far they are from
the data, so that what the model cannot reach does not drown the rest (Schälte, Alamoudi and
Hasenauer 2021, arXiv:2111.00765; always, while theirs leaves the second out where many numbers are
far: this model is known to miss many). A particle is a set of free numbers and the seed of its run.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazaretto.scenario import Problem, ScenarioError
from lazaretto.studies.calibration.journal import Journal
from lazaretto.studies.calibration.plan import Plan
from lazaretto.studies.calibration.priors import Priors
from lazaretto.studies.calibration.streams import Compared
from lazaretto.studies.ensembles.ensemble import Failed, Job
from lazaretto.studies.extra import needed
from lazaretto.studies.plan import duration
from lazaretto.studies.run import cores

SEEDS_A_GENERATION = 1_000_000
"""Seeds set apart for each generation of particles."""

RECENT = 10
"""Runs by whose pace the time left is told."""

FAILURES = 10
"""Failed runs, if they are more than half, after which a calibration gives up."""

Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Posterior:
    """What is thought of the free numbers after the data.

    Parameters
    ----------
    names
        Free numbers.
    values
        In their units, shape (n_particles, n_names).
    weights
        Sum to 1, shape (n_particles,).
    seeds
        Seed of the run of each particle, shape (n_particles,).
    distances
        Distance of that run to the data, shape (n_particles,).
    prior
        Draws from the prior in their units, shape (n_prior, n_names), and their seeds.
    generations
        For each generation its threshold, particles accepted and runs it took.
    runs
        Runs that were looked at, failed ones included.
    failed
        Runs that could not be made, with the free numbers, in words.
    """

    names: list[str]
    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    seeds: NDArray[np.int64]
    distances: NDArray[np.float64]
    prior: NDArray[np.float64]
    prior_seeds: NDArray[np.int64]
    generations: list[dict[str, float]]
    runs: int
    failed: list[str]

    @property
    def effective(self) -> float:
        """Return Kish's effective number of particles, 1 / sum of squared weights."""
        return float(1 / (self.weights**2).sum())


def particles_for(runs: int) -> int:
    """Return how many particles a generation has for a number of runs: an eighth, 20 to 200."""
    return min(200, max(20, runs // 8))


def fit(
    plan: Plan, journal: Journal, runs: int, seed: int = 1, tell: Tell | None = None,
    particles: int | None = None,
) -> Posterior:  # fmt: skip
    """Fit the free numbers of a calibration.

    The same arguments give the same posterior at any number of processes, interrupted or not. Of
    the runs allowed, those of a generation that they do not finish count for nothing but are kept.

    Parameters
    ----------
    plan
        The calibration.
    journal
        Makes runs, and finds those made before.
    runs
        Runs at most; at least four times the particles.
    seed
        Seed of the proposals, and the first of the seeds of runs.
    tell
        Called with words and the share of the runs that were used.
    particles
        Particles of a generation; `particles_for` the runs if absent.

    Raises
    ------
    ScenarioError
        If there are too few runs, or if they fail.
    """
    pyabc = needed("pyabc")
    logging.getLogger("ABC").setLevel(logging.WARNING)
    n = particles or particles_for(runs)
    if runs < 4 * n:
        raise ScenarioError([Problem("--runs", runs, f"{4 * n} or more for {n} particles",
                                     "allow more runs")])  # fmt: skip
    compared = Compared(plan)
    work = _Work(plan, compared, journal, Priors(plan.free), runs, seed, tell or (lambda *_: None))
    distance = pyabc.AdaptivePNormDistance(
        p=1,
        fixed_weights=compared.weights,
        scale_function=pyabc.distance.combined_median_absolute_deviation,
    )
    smc = pyabc.ABCSMC(
        work.look_up, work.priors.distribution(pyabc), distance,
        population_size=n, eps=pyabc.QuantileEpsilon(alpha=0.5), sampler=_sampler(work, pyabc),
    )  # fmt: skip
    smc.new("sqlite://", compared.observed)
    history = smc.run(max_total_nr_simulations=np.inf)
    if history.n_populations == 0:
        raise ScenarioError([Problem("--runs", runs, "runs for one generation", "allow more")])
    return _posterior(history, work)


def _posterior(history: Any, work: _Work) -> Posterior:  # noqa: ANN401 - pyabc has no types
    names = work.plan.names
    last = history.get_population_extended(t=history.max_t)
    coordinates = last[[f"par_{name}" for name in names]].to_numpy(np.float64)
    seeds = np.array([work.seed_of[tuple(row)] for row in coordinates], np.int64)
    order = np.argsort(seeds)
    table = history.get_all_populations()
    table = table[table["t"] >= 0]
    generations = [
        {"threshold": float(threshold), "accepted": float(accepted), "runs": float(runs)}
        for threshold, accepted, runs in table[["epsilon", "particles", "samples"]].to_numpy()
    ]
    prior = np.array(work.of_prior, np.float64)
    weights = last["w"].to_numpy(np.float64)
    return Posterior(
        names=names,
        values=work.priors.values(coordinates[order]),
        weights=weights[order] / weights.sum(),
        seeds=seeds[order],
        distances=last["distance"].to_numpy(np.float64)[order],
        prior=work.priors.values(prior),
        prior_seeds=np.array([work.seed_of[tuple(row)] for row in prior], np.int64),
        generations=generations,
        runs=work.used,
        failed=work.failed,
    )


class _Work:
    """What a generation of particles needs: proposals to runs, runs to numbers."""

    def __init__(
        self, plan: Plan, compared: Compared, journal: Journal, priors: Priors, runs: int,
        seed: int, tell: Tell,
    ) -> None:  # fmt: skip
        self.plan, self.compared, self.journal, self.priors = plan, compared, journal, priors
        self.runs, self.seed, self.tell = runs, seed, tell
        self.numbers: dict[tuple[float, ...], dict[str, float]] = {}
        self.seed_of: dict[tuple[float, ...], int] = {}
        self.of_prior: list[tuple[float, ...]] = []
        self.failed: list[str] = []
        self.used = 0
        self._ended: deque[float] = deque(maxlen=RECENT)

    def look_up(self, parameter: Mapping[str, float]) -> dict[str, float]:
        """Return the numbers of a run that was made for a proposal."""
        return self.numbers[self.key(parameter)]

    def key(self, parameter: Mapping[str, float]) -> tuple[float, ...]:
        """Return a proposal as the coordinates of the free numbers."""
        return tuple(float(parameter[name]) for name in self.plan.names)

    def simulate(self, proposed: dict[tuple[float, ...], int], said: str) -> None:
        """Make the runs of proposals, each with its seed, and keep their numbers."""
        keys = [key for key in proposed if key not in self.seed_of]
        jobs = [self.job(key, proposed[key]) for key in keys]
        self.seed_of |= {key: proposed[key] for key in keys}
        for number, made in self.journal.runs(jobs):
            key = keys[number]
            if isinstance(made, Failed):
                self._fail(key, made)
            else:
                self.numbers[key] = self.compared.of_run(made)
            self._ended.append(time.monotonic())
            done = min(self.runs, len(self.numbers) + len(self.failed))
            self.tell(f"{said}, {done:,} of {self.runs:,} runs{self._left(self.runs - done)}",
                      done / self.runs)  # fmt: skip

    def job(self, key: tuple[float, ...], seed: int) -> Job:
        """Return the run of a proposal, to the last day of the data."""
        values = dict(zip(self.plan.names, self.priors.values(np.array([key]))[0], strict=True))
        return self.plan.fit_job(values, seed)

    def _fail(self, key: tuple[float, ...], made: Failed) -> None:
        values = self.priors.values(np.array([key]))[0]
        said = ", ".join(f"{n} {v:g}" for n, v in zip(self.plan.names, values, strict=True))
        self.failed.append(f"{said}: {made.reason}")
        if len(self.failed) >= FAILURES and len(self.failed) > len(self.numbers):
            allowed = "runs that can be made where the priors reach"
            raise ScenarioError(
                [Problem("parameters", self.failed[-1], allowed, "narrow the priors")]
            )

    def _left(self, runs: int) -> str:
        """Return how long the runs left will take at most, by the pace of the last ones."""
        spent = self._ended[-1] - self._ended[0]
        if len(self._ended) < RECENT or spent < 1:
            return ""
        return f", at most {duration(spent / (RECENT - 1) * runs)} left"


def _sampler(work: _Work, pyabc: Any) -> Any:  # noqa: ANN401 - pyabc has no types
    """Return pyABC's sampler that runs a batch of proposals as one ensemble.

    Proposals are drawn and judged in order, so that neither the size of a batch nor which run ends
    first has a say in what is accepted.
    """
    from sklearn.utils import check_random_state

    util = pyabc.inference_util

    class Batches(pyabc.sampler.Sampler):  # type: ignore[misc]
        def sample_until_n_accepted(
            self, n: int, simulate_one: Any, t: int, **_limits: Any  # noqa: ANN401
        ) -> Any:  # noqa: ANN401  # fmt: skip
            generator = check_random_state(None)  # the one pyABC draws from
            generator.seed([work.seed, max(t, 0)])
            state = generator.get_state()
            drawing = simulate_one.keywords
            sample = self._create_empty_sample()
            self.nr_evaluations_, number = 0, 0
            while sample.n_accepted < n:
                wanted = n - sample.n_accepted
                left = work.runs - work.used
                if left < 1:
                    sample.ok = False  # the generations before it stand
                    break
                batch: dict[tuple[float, ...], Any] = {}
                seeds = {}
                generator.set_state(state)
                for _ in range(min(max(wanted, cores()), left)):
                    proposal = util.generate_valid_proposal(
                        t=max(t, 0), m=drawing.get("m"), p=drawing.get("p"),
                        model_prior=drawing["model_prior"],
                        parameter_priors=drawing["parameter_priors"],
                        model_perturbation_kernel=drawing.get("model_perturbation_kernel"),
                        transitions=drawing.get("transitions"),
                    )  # fmt: skip
                    key = work.key(proposal[1])
                    batch[key] = proposal
                    seeds[key] = work.seed + max(t, 0) * SEEDS_A_GENERATION + number
                    number += 1
                state = generator.get_state()
                known = set(work.seed_of)
                stage = "from the prior" if t < 1 else f"generation {t + 1}"
                work.simulate(seeds, f"{stage}: {sample.n_accepted} of {n} accepted")
                for key, proposal in batch.items():
                    if sample.n_accepted == n:
                        break
                    work.used += key not in known
                    self.nr_evaluations_ += 1
                    if key in work.numbers:
                        sample.append(self._judged(proposal, simulate_one, t))
            return sample

        def _judged(self, proposal: Any, simulate_one: Any, t: int) -> Any:  # noqa: ANN401
            drawing = simulate_one.keywords
            m, theta = proposal
            if t >= 0 and "distance_function" in drawing:
                names = ("models", "summary_statistics", "distance_function", "eps", "acceptor",
                         "x_0", "weight_function", "proposal_id")  # fmt: skip
                return util.evaluate_proposal(m, theta, t=t, **{k: drawing[k] for k in names})
            work.of_prior.append(work.key(theta))
            return pyabc.population.Particle(
                m=m, parameter=theta, weight=1.0, sum_stat=work.look_up(theta), distance=np.inf,
                accepted=True, proposal_id=0, preliminary=False,
            )  # fmt: skip

    return Batches()
