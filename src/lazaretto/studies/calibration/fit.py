"""Approximate Bayesian computation by sequential Monte Carlo, with pyABC, over an ensemble.

Toni and Stumpf 2010 (doi 10.1093/bioinformatics/btp619); adaptive distance of Prangle 2017
(doi 10.1214/16-BA1002), each number scaled by how much runs differ in it and how far they are from
the data, so that what the model cannot reach does not drown the rest (Schälte, Alamoudi and
Hasenauer 2021, arXiv:2111.00765; always, while theirs leaves the second out where many numbers are
far: this model is known to miss many). A particle is a set of free numbers and the seed of its run.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from lazaretto.scenario import Problem, ScenarioError
from lazaretto.studies.calibration.journal import Journal
from lazaretto.studies.calibration.plan import Plan
from lazaretto.studies.calibration.posterior import Posterior, Tell, kish, particles_for
from lazaretto.studies.calibration.proposed import SEEDS_A_GENERATION, Proposed
from lazaretto.studies.extra import needed
from lazaretto.studies.run import cores


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
    work = Proposed(plan, journal, runs, seed, tell)
    distance = pyabc.AdaptivePNormDistance(
        p=1,
        fixed_weights=work.compared.weights,
        scale_function=pyabc.distance.combined_median_absolute_deviation,
    )
    smc = pyabc.ABCSMC(
        work.look_up, work.priors.distribution(pyabc), distance,
        population_size=n, eps=pyabc.QuantileEpsilon(alpha=0.5), sampler=_sampler(work, pyabc),
    )  # fmt: skip
    smc.new("sqlite://", work.compared.observed)
    history = smc.run(max_total_nr_simulations=np.inf)
    if history.n_populations == 0:
        raise ScenarioError([Problem("--runs", runs, "runs for one generation", "allow more")])
    return _posterior(history, work)


def _posterior(history: Any, work: Proposed) -> Posterior:  # noqa: ANN401 - pyabc has no types
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
    weights = weights[order] / weights.sum()
    return Posterior(
        names=names,
        values=work.priors.values(coordinates[order]),
        weights=weights,
        seeds=seeds[order],
        distances=last["distance"].to_numpy(np.float64)[order],
        prior=work.priors.values(prior),
        prior_seeds=np.array([work.seed_of[tuple(row)] for row in prior], np.int64),
        draws=weights.size,
        effective=kish(weights),
        generations=generations,
        runs=work.used,
        failed=work.failed,
    )


def _sampler(work: Proposed, pyabc: Any) -> Any:  # noqa: ANN401 - pyabc has no types
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
