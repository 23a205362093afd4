"""One run of LASER's generic SEIR: agents in patches, no contacts, no interventions.

How R0 is set. Each day a susceptible is infected with probability 1 - exp(-beta I/N), so one
infectious person infects beta persons a day in a susceptible population, and R0 = beta x (mean
infectious days). Durations are LASER's own normal distributions, rounded to days, at least 1;
their mean is computed here with the rounding, not taken as the nominal one. The components run in
the order Susceptible, Recovered, Infectious, Exposed, Transmission: with Exposed before
Infectious each case would lose its first infectious day (its timer is set and counted down on the
same day) and R0 would be a sixth too low.

What is checked. The `r0` printed is beta x (all infectious days of the run) / (all infections):
the secondary infections a case causes among susceptibles, from the days that really happened.
Patches are coupled by LASER's gravity network, which moves force of infection without creating
any. 0.05 % of each patch are infectious on day 0.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from typing import Any

from machine import peak_rss_mib

PATCH_ROWS = 10  # 10 x 10 patches, about the number of areas a metropolitan model has
SEEDED = 0.0005
LATENT_DAYS = (3.0, 1.0)  # mean, standard deviation
INFECTIOUS_DAYS = (6.0, 2.0)


def mean_rounded_days(mean: float, deviation: float) -> float:
    """Mean of max(1, round(x)) for normal x: 1 + sum over k >= 1 of P(x > k + 1/2), in days."""
    above = (
        0.5 * math.erfc((k + 0.5 - mean) / (deviation * math.sqrt(2.0)))
        for k in range(1, int(mean + 12 * deviation))
    )
    return 1.0 + sum(above)


def build(agents: int, days: int, beta: float, seed: int) -> Any:  # noqa: ANN401
    """A LASER model of `agents` people with 0.05 % infectious on day 0."""
    from laser.core import PropertySet
    from laser.core import distributions as durations
    from laser.core.utils import grid
    from laser.generic import SEIR, Model

    patches = PATCH_ROWS * PATCH_ROWS
    size, rest = divmod(agents, patches)

    def residents(row: int, column: int) -> int:
        return size + (row * PATCH_ROWS + column < rest)

    scenario = grid(PATCH_ROWS, PATCH_ROWS, population_fn=residents)
    infectious = (scenario["population"] * SEEDED).round().clip(lower=1).astype("int32")
    scenario["I"] = infectious
    scenario["S"] = scenario["population"] - infectious
    model = Model(scenario, PropertySet({"nticks": days, "beta": beta, "seed": seed}))
    latent, infectious_for = durations.normal(*LATENT_DAYS), durations.normal(*INFECTIOUS_DAYS)
    susceptible = SEIR.Susceptible(model)
    exposed = SEIR.Exposed(model, latent, infectious_for)
    cases = SEIR.Infectious(model, infectious_for)
    recovered = SEIR.Recovered(model)
    transmission = SEIR.Transmission(model, latent)
    model.components = [susceptible, recovered, cases, exposed, transmission]
    return model


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--agents", type=int, default=100_000)
    arguments.add_argument("--days", type=int, default=180)
    arguments.add_argument("--r0", type=float, default=8.0)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    os.environ["NUMBA_NUM_THREADS"] = str(given.threads)  # before numba is imported
    os.environ["TQDM_DISABLE"] = "1"

    from importlib.metadata import version

    beta = given.r0 / mean_rounded_days(*INFECTIOUS_DAYS)
    build(10_000, 30, beta, given.seed).run()  # compiles every kernel
    idle_mib = peak_rss_mib()
    start = time.perf_counter()
    model = build(given.agents, given.days, beta, given.seed)
    built = time.perf_counter()
    model.run()
    ended = time.perf_counter()

    seeds = int(model.nodes.I[0].sum())
    infections = seeds + int(model.nodes.newly_infected.sum())
    print(
        json.dumps(
            {
                "peer": "LASER generic SEIR, no contacts",
                "version": version("laser.generic"),
                "agents": given.agents,
                "days": given.days,
                "infections": infections,
                "attack_rate": infections / given.agents,
                "r0": beta * float(model.nodes.I.sum(dtype="float64")) / infections,
                "setup_s": built - start,
                "wall_s": ended - built,
                "idle_rss_mib": idle_mib,
                "peak_rss_mib": peak_rss_mib(),
                "threads": given.threads,
            }
        )
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
