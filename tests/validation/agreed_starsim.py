"""The agreed model in Starsim: its SEIR on a random network redrawn every day.

Runs in .venv-peers: `.venv-peers/bin/python tests/validation/agreed_starsim.py '{"r0": 2}'`.
"""

from __future__ import annotations

import numpy as np
import starsim as ss
from agreed import Floats, Model, answer


def one_run(model: Model, seed: int) -> Floats:
    """Return each person's day of infection, NaN for none, shape (persons,)."""
    disease = ss.SEIR(
        beta=ss.probperday(model.chance),
        init_prev=ss.choose_n(model.seeded),
        dur_exp=ss.constant(ss.days(model.latent)),
        dur_inf=ss.constant(ss.days(model.infectious)),
        p_death=ss.bernoulli(0),
    )
    sim = ss.Sim(
        n_agents=model.persons,
        diseases=disease,
        networks=ss.RandomNet(n_contacts=ss.constant(model.contacts)),
        start=ss.date("2020-01-01"),
        dur=ss.days(model.days - 1),
        dt=ss.days(1),
        rand_seed=seed,
        verbose=0,
    )
    sim.run()
    return np.asarray(sim.diseases.seir.ti_exposed.values, np.float64)


if __name__ == "__main__":
    answer(f"Starsim {ss.__version__}", one_run)
