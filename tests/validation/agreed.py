"""The one model that Lazaretto and its peers are held to, and what is known of it in closed form.

Everybody meets everybody with the same chance. A person infected on day t infects on the days from
t + latent on, as many as `infectious` says, equally much on each; then is immune. What it takes:
the standard library and numpy, for the peers run it in an environment of their own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Model:
    """A closed crowd and a disease that is caught once.

    Parameters
    ----------
    r0
        Infections a person causes in a crowd that is all susceptible.
    persons, seeded
        Persons, and those among them infected on day 0.
    latent, infectious
        Whole days from infection to the first day of transmission, and days of transmission.
    days
        Days simulated, day 0 included.
    runs, first_seed
        Runs with seeds first_seed, first_seed + 1, ...
    contacts
        Contacts a person and day, in simulators that make contacts one by one.
    """

    r0: float
    persons: int = 50_000
    seeded: int = 100
    latent: int = 2
    infectious: int = 5
    days: int = 110
    runs: int = 24
    first_seed: int = 1
    contacts: int = 20

    @property
    def chance(self) -> float:
        """Return the chance that one contact with an infectious person transmits."""
        return self.r0 / (self.infectious * self.contacts)

    def growth_rate(self) -> float:
        """Return r per day of Euler-Lotka, sum_a r0 / infectious exp(-r a) = 1, by bisection."""
        ages = np.arange(self.latent, self.latent + self.infectious)
        low, high = -2.0, 2.0
        for _ in range(60):
            rate = (low + high) / 2
            enough = self.r0 * np.exp(-rate * ages).mean() < 1
            low, high = (low, rate) if enough else (rate, high)
        return rate

    def final_size(self) -> float:
        """Return the share ever infected: of n - m susceptible, exp(-r0 share) escape."""
        share, at_first = 1.0, self.seeded / self.persons
        for _ in range(10_000):
            share = at_first + (1 - at_first) * -np.expm1(-self.r0 * share)
        return float(share)

    def expected(self) -> Floats:
        """Return infections by day in a large crowd, shape (days,): the renewal equation."""
        new, susceptible = np.zeros(self.days), float(self.persons - self.seeded)
        new[0] = self.seeded
        for day in range(self.latent, self.days):
            first = max(day - self.latent - self.infectious + 1, 0)
            transmitting = new[first : day - self.latent + 1].sum()
            pressure = self.r0 / self.infectious * transmitting / self.persons
            new[day] = -susceptible * np.expm1(-pressure)
            susceptible -= new[day]
        return new

    def written(self) -> str:
        """Return it as JSON, for another process."""
        return json.dumps(asdict(self))


def answer(version: str, one_run: Callable[[Model, int], Floats]) -> None:
    """Run the model written in the first argument and print version and infections as JSON.

    Parameters
    ----------
    version
        Name and version of the simulator.
    one_run
        Takes the model and a seed; returns each person's day of infection, NaN for none.
    """
    model = Model(**json.loads(sys.argv[1]))
    daily = []
    for seed in range(model.first_seed, model.first_seed + model.runs):
        infected_on = one_run(model, seed)
        days = infected_on[~np.isnan(infected_on)].astype(np.int64)
        daily.append(np.bincount(days, minlength=model.days).tolist())
    print(json.dumps({"version": version, "daily": daily}))
