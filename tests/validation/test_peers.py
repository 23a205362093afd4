"""Lazaretto beside Covasim 4 and Starsim on one simple model: do they simulate the same epidemic?

The model is `agreed.Model`: one crowd that mixes at random, a latent period and an infectious one
of whole days, no difference between persons. Every simulator makes the same number of runs and
their means are compared by Welch's t, Lazaretto's with each peer's; where the answer is known in
closed form, each is compared with that. False-alarm rate 1e-6 for each comparison. What is printed
as "sees" is the difference that a comparison finds with a chance of 99 %.

The peers run in `.venv-peers`, which `make .venv-peers/.ready` makes; without it this is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from agreed import Floats, Ints, Model
from epidemics import (
    FALSE_ALARM,
    Trials,
    community_settings,
    crowd,
    lasting,
    without_heterogeneity,
)
from scipy import stats

from lazaretto.disease import courses

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parents[1] / ".venv-peers"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (ENVIRONMENT / ".ready").exists(),
        reason="Covasim and Starsim are not installed: run `make .venv-peers/.ready`",
    ),
]

WAVES = (Model(r0=2.0, days=110), Model(r0=3.0, days=70))
FEW_CONTACTS = Model(r0=0.1, seeded=10_000, days=14, runs=12, first_seed=100)
"""Nearly all infections are by those of day 0: their days show when a person transmits."""

SURE = 0.99


def lazaretto(model: Model) -> Ints:
    """Return infections by run and day, shape (runs, days)."""
    transmits = [0.0] * (model.latent - 1) + [1 / model.infectious] * model.infectious
    table = without_heterogeneity(lasting(courses("omicron-ba2")), transmits)
    people = crowd(model.persons, np.full(18, 1 / 18))
    trials = Trials(people, community_settings(table, model.r0, n_days=model.days))
    seeds = range(model.first_seed, model.first_seed + model.runs)
    runs = [trials.begin(seed, model.seeded, None).run().infections for seed in seeds]
    return np.array(runs, np.int64).sum(axis=(2, 3))


def peer(script: str, model: Model) -> tuple[str, Ints]:
    """Return the version of a peer and its infections by run and day, shape (runs, days)."""
    command = [str(ENVIRONMENT / "bin" / "python"), str(HERE / script), model.written()]
    alone = os.environ | {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=alone).stdout
    answered = json.loads(said.splitlines()[-1])
    return answered["version"], np.array(answered["daily"], np.int64)


@cache
def epidemics(model: Model) -> dict[str, Ints]:
    """Return infections by run and day, by simulator; Lazaretto first."""
    peers = (peer(f"agreed_{name}.py", model) for name in ("covasim", "starsim"))
    return {"Lazaretto": lazaretto(model), **dict(peers)}


def size(daily: Ints) -> Floats:
    """Return the share ever infected, by run."""
    return daily.sum(axis=1) / WAVES[0].persons


def height(daily: Ints) -> Floats:
    """Return infections of the day with most, by run."""
    return daily.max(axis=1).astype(np.float64)


def peak(daily: Ints) -> Floats:
    """Return the day with most infections, by run."""
    return daily.argmax(axis=1).astype(np.float64)


def rise(daily: Ints) -> Floats:
    """Return days from the moment at which 1,000 have been infected to the peak, by run."""
    days = np.arange(daily.shape[1])
    reached = [np.interp(1_000, infected, days) for infected in daily.cumsum(axis=1)]
    return peak(daily) - reached


GROWING = slice(8, 11), slice(11, 14)
"""Days before and after; the ages of infection have settled and few are infected."""


def growth(daily: Ints | Floats) -> Floats:
    """Return growth per day from three days to the next three, by run."""
    before, after = (daily[:, days].sum(axis=1) for days in GROWING)
    return np.asarray(np.log(after / before) / 3)


FIGURES: dict[str, Callable[[Ints], Floats]] = {
    "final size": size,
    "peak, infections a day": height,
    "day of the peak": peak,
    "days from 1,000 infected to the peak": rise,
    "growth a day": growth,
}


def error(values: Floats) -> float:
    """Return the standard error of a mean."""
    return float(values.std(ddof=1) / np.sqrt(values.size))


def told(name: str, model: Model, values: dict[str, Floats], rest: str) -> None:
    """Print one line: a figure of every simulator with its standard error."""
    means = (f"{who} {v.mean():.5g} (se {error(v):.2g})" for who, v in values.items())
    print(f"R0 {model.r0:g}, {name}: {', '.join(means)}; {rest}")


@pytest.mark.parametrize("model", WAVES, ids=lambda model: f"R0 {model.r0:g}")
def test_epidemics_begin_and_end_alike(model: Model):
    """As many on day 0, nobody until the latent period is over; at the end hardly anybody new."""
    for daily in epidemics(model).values():
        assert daily.shape == (model.runs, model.days)
        assert (daily[:, 0] == model.seeded).all()
        assert (daily[:, 1 : model.latent] == 0).all()
        assert (daily[:, model.latent] > 0).all()
        assert (daily[:, -7:].sum(axis=1) < 1e-4 * daily.sum(axis=1)).all()


@pytest.mark.parametrize("model", WAVES, ids=lambda model: f"R0 {model.r0:g}")
@pytest.mark.parametrize("name", FIGURES)
def test_lazaretto_and_the_peers_agree(model: Model, name: str):
    values = {who: FIGURES[name](daily) for who, daily in epidemics(model).items()}
    ours, *theirs = values.values()
    chances, sees = [], []
    for other in theirs:
        found = stats.ttest_ind(ours, other, equal_var=False)
        chances.append(float(found.pvalue))
        limit = stats.t.isf(FALSE_ALARM / 2, found.df) + stats.t.isf(1 - SURE, found.df)
        sees.append(limit * np.hypot(error(ours), error(other)))
    told(name, model, values, f"p {min(chances):.2g} or more, sees {max(sees):.2g}")
    assert min(chances) > FALSE_ALARM


@pytest.mark.parametrize("model", WAVES, ids=lambda model: f"R0 {model.r0:g}")
@pytest.mark.parametrize("name", ["final size", "growth a day"])
def test_each_is_as_the_closed_form_says(model: Model, name: str):
    """The final size equation; the renewal equation, which grows by Euler-Lotka in large crowds."""
    large = Model(r0=model.r0, persons=10**15, seeded=1, days=80)
    settled = float(np.log(large.expected()[60] / large.expected()[59]))
    assert settled == pytest.approx(large.growth_rate(), rel=1e-3)
    assert model.expected().sum() / model.persons == pytest.approx(model.final_size(), abs=1e-6)
    known = {"final size": model.final_size(), "growth a day": growth(model.expected()[None])[0]}
    values = {who: FIGURES[name](daily) for who, daily in epidemics(model).items()}
    chances = [stats.ttest_1samp(v, known[name]).pvalue for v in values.values()]
    limit = stats.t.isf(FALSE_ALARM / 2, model.runs - 1) + stats.t.isf(1 - SURE, model.runs - 1)
    sees = limit * max(error(v) for v in values.values())
    rest = f"closed form {known[name]:.5g}, p {min(chances):.2g} or more, sees {sees:.2g}"
    if name == "growth a day":
        rest += f"; Euler-Lotka, nobody immune yet, {model.growth_rate():.5g}"
    told(name, model, values, rest)
    assert min(chances) > FALSE_ALARM


def test_all_transmit_on_the_same_days():
    """With R0 0.1 day by day: latent and infectious days, the chance of a contact, R0 itself."""
    model = FEW_CONTACTS
    expected = model.runs * model.expected()
    enough = (expected >= 20) & (np.arange(model.days) > 0)
    limit = stats.chi2.isf(FALSE_ALARM, enough.sum())
    for who, daily in epidemics(model).items():
        seen = daily.sum(axis=0)
        assert (daily[:, 1 : model.latent] == 0).all()
        squared = float(((seen - expected)[enough] ** 2 / expected[enough]).sum())
        ratio = seen[1:].sum() / expected[1:].sum()
        print(f"{who}: chi-square of the days {squared:.1f} < {limit:.1f} ({enough.sum()} days), "
              f"infections / expected {ratio:.4f} (se {seen[1:].sum() ** -0.5:.2g})")  # fmt: skip
        assert squared < limit
