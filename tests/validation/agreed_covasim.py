"""The agreed model in Covasim 4: one layer, redrawn every day, and nothing that differs by person.

Runs in .venv-peers: `.venv-peers/bin/python tests/validation/agreed_covasim.py '{"r0": 2}'`.
"""

from __future__ import annotations

import covasim as cv
import numpy as np
from agreed import Floats, Model, answer


def lasting(days: int) -> dict[str, str | int]:
    """Return a duration of so many days for everybody."""
    return {"dist": "uniform", "par1": days, "par2": days}


def one_run(model: Model, seed: int) -> Floats:
    """Return each person's day of infection, NaN for none, shape (persons,)."""
    sim = cv.Sim(
        pop_size=model.persons,
        pop_infected=model.seeded,
        pop_type="random",
        contacts={"a": model.contacts},
        dynam_layer={"a": 1},
        beta=model.chance,
        beta_layer={"a": 1.0},
        beta_dist={"dist": "uniform", "par1": 1, "par2": 1},  # all transmit alike,
        viral_dist={"frac_time": 0.3, "load_ratio": 1, "high_cap": 4},  # on all days,
        prog_by_age=False,  # and are equally susceptible at every age
        rel_symp_prob=0.0,
        dur={"exp2inf": lasting(model.latent), "asym2rec": lasting(model.infectious)},
        use_waning=False,
        rescale=False,
        n_days=model.days - 1,  # Covasim simulates day 0 to day n_days, both included
        rand_seed=seed,
        verbose=0,
    )
    sim.run()
    return np.asarray(sim.diseases.covid.ti_exposed.values, np.float64)


if __name__ == "__main__":
    answer(f"Covasim {cv.__version__}", one_run)
