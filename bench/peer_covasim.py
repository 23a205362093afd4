"""One run of Covasim: household, school, work and community contacts, no interventions.

How R0 is set. Covasim has no R0: `beta` is the chance of transmission a contact and day. Its
contacts are fixed, so household members are soon used up, infectiousness differs between persons
(negative binomial, 0.45) and children are less susceptible; no formula gives R0. It was counted
instead: `--count-first` lets only the cases of day 0 infect (everybody they infect is made
harmless before becoming infectious) and prints the mean number of persons they infected. 400,000
agents, 800 first cases, three seeds each (they differ by 0.1 to 0.3):

    beta  0.016 (default)  0.060  0.075  0.082  0.087
    R0    2.38             6.46   7.45   7.86   8.16

so R0 8 is beta 0.0845. Everything else is the library's default: latent 4.5 days, infectious
about 9 days. 0.05 % are infected on day 0.

`--waning 0`: one infection a person (use_waning=False). `--waning 1`, Covasim's own default:
immunity wanes and people are infected again, so infections exceed agents; `infections` counts
them all.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from machine import peak_rss_mib

SEEDED = 0.0005
BETA = 0.0845
R0 = 8.0


def build(
    agents: int, days: int, beta: float, waning: bool, seed: int, only_first: bool = False
) -> Any:  # noqa: ANN401
    """A Covasim simulation with its population and contacts made and day 0 not yet simulated."""
    import covasim as cv

    first: list[Any] = []

    def disarm_the_others(sim: Any) -> None:  # noqa: ANN401
        if not first:
            first.append(sim.people.exposed.copy())
        sim.people.rel_trans[~first[0]] = 0.0

    sim = cv.Sim(
        pop_size=agents,
        pop_infected=round(agents * (4 * SEEDED if only_first else SEEDED)),
        pop_type="hybrid",
        n_days=days - 1,  # Covasim simulates day 0 to day n_days, both included
        beta=beta,
        use_waning=waning,
        interventions=[disarm_the_others] if only_first else [],
        rand_seed=seed,
        verbose=0,
    )
    sim.initialize()
    return sim


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--agents", type=int, default=100_000)
    arguments.add_argument("--days", type=int, default=180)
    arguments.add_argument("--beta", type=float, default=BETA)
    arguments.add_argument("--waning", type=int, choices=(0, 1), default=0)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--count-first", action="store_true")
    given = arguments.parse_args()

    import covasim as cv

    waning = bool(given.waning)
    build(2_000, 30, given.beta, waning, given.seed).run()  # compiles every kernel
    idle_mib = peak_rss_mib()
    start = time.perf_counter()
    sim = build(given.agents, given.days, given.beta, waning, given.seed, given.count_first)
    built = time.perf_counter()
    while not sim.complete:  # sim.run() without the closing summary
        sim.step()
    ended = time.perf_counter()
    rss_mib = peak_rss_mib()

    log = sim.people.infection_log  # one entry an infection; those of day 0 have no source
    if given.count_first:
        caused = sum(entry["source"] is not None for entry in log)
        print(f"beta {given.beta}: R0 {caused / (len(log) - caused):.2f}")
        return
    persons = len({int(entry["target"]) for entry in log})
    print(
        json.dumps(
            {
                "peer": f"Covasim hybrid, {'waning' if waning else 'no waning'}",
                "version": cv.__version__,
                "agents": given.agents,
                "days": given.days,
                "infections": len(log),
                "attack_rate": persons / given.agents,
                "r0": R0 if given.beta == BETA else None,
                "setup_s": built - start,
                "wall_s": ended - built,
                "idle_rss_mib": idle_mib,
                "peak_rss_mib": rss_mib,
                "threads": 1,
            }
        )
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
