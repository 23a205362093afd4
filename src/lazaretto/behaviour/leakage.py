"""Private leakage: who goes out or receives others although the tier does not allow it.

The logit of a person's chance to leak on a day is a sum (behaviour notes 2.2, equation 6):

    intercept + fatigue x own sensitivity + hardship - risk - trust - enforcement
    + compound + household + person

Here are its tables, in whole steps of 1 / `LOGIT_UNIT`, so that kernels decide with integers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from lazaretto.behaviour.by_building import tire
from lazaretto.behaviour.livelihoods import lognormal_table, normal_table
from lazaretto.chance import threshold
from lazaretto.scenario.behaviour import TIER_WEIGHT, Behaviour, Fatigue

LOGIT_UNIT = 128
"""Steps of a logit."""

HALF_TABLE = 16 * LOGIT_UNIT
"""Entries of the table of chances on each side of logit 0."""

TRAITS = 1024
"""Quantiles of each trait."""

FULL_FATIGUE = 256
"""Fatigue 1 in the steps in which kernels read it (255 at most)."""

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(24)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


class Traits(NamedTuple):
    """What does not change: logits by quantile of a trait, and the chance of each logit.

    ``person``, ``household`` (1024,) logits; ``tired`` (1024,) logits of full fatigue;
    ``chance`` (4096,) 31-bit thresholds by logit, the first that of -16.
    """

    person: NDArray[np.int16]
    household: NDArray[np.int16]
    tired: NDArray[np.int16]
    chance: NDArray[np.uint32]


def traits(rules: Behaviour) -> Traits:
    """Return the tables of traits; spreads of zero give tables of zeros."""
    leakage, fatigue = rules.leakage, rules.fatigue
    effect = float(fatigue.effect) if fatigue.active else 0.0
    logits = (np.arange(2 * HALF_TABLE) - HALF_TABLE) / LOGIT_UNIT
    chance = threshold(special.expit(logits))
    chance[0] = 0  # so that a logit below the table means never
    return Traits(
        steps(normal_table(float(leakage.spread_person), TRAITS)),
        steps(normal_table(float(leakage.spread_household), TRAITS)),
        steps(effect * lognormal_table(float(fatigue.spread), TRAITS)),
        chance,
    )


def steps(logit: NDArray[np.float64]) -> NDArray[np.int16]:
    """Return logits in whole steps of 1 / `LOGIT_UNIT`, at most 32 on either side."""
    return np.rint(np.clip(logit, -32, 32) * LOGIT_UNIT).clip(-4096, 4096).astype(np.int16)


def intercept(rules: Behaviour) -> float:
    """Return the logit at which the mean adult leaks with the chance `Leakage.at_start`.

    Chances differ between persons, so the mean of chances is above the chance of the mean logit;
    the spread of compounds, households and persons is integrated out.
    """
    leakage = rules.leakage
    wanted = float(leakage.at_start)
    sds = (leakage.spread_compound, leakage.spread_household, leakage.spread_person)
    sd = float(np.sqrt(sum(float(each) ** 2 for each in sds)))

    def excess(logit: float) -> float:
        return float(_WEIGHTS @ special.expit(logit + sd * _NODES)) - wanted

    return float(optimize.brentq(excess, -30.0, 5.0, xtol=1e-10))


class MeanLeakage:
    """Expected share of adults who leak, by the logit of their building and its fatigue.

    The spread of households and persons, also in how much fatigue tells, is integrated out; a
    table in steps of 1/16 logit and 1/32 fatigue serves counts over many buildings.

    Parameters
    ----------
    rules
        The behaviour of the scenario.
    """

    LOWEST, HIGHEST = -12, 8
    """Logits at the ends of the table."""

    PER_ROW, PER_COLUMN = LOGIT_UNIT // 16, FULL_FATIGUE // 32
    """Steps of logit and of fatigue from one entry to the next."""

    @property
    def steps(self) -> tuple[int, int, int]:
        """Return the logit of the first row, and steps from row to row, from column to column."""
        return self.LOWEST * LOGIT_UNIT, self.PER_ROW, self.PER_COLUMN

    def __init__(self, rules: Behaviour) -> None:
        leakage, fatigue = rules.leakage, rules.fatigue
        sd = np.hypot(float(leakage.spread_household), float(leakage.spread_person))
        effect = float(fatigue.effect) if fatigue.active else 0.0
        self.table = _mean_shares(float(sd), effect, float(fatigue.spread)).copy()

    def __call__(
        self, logit: NDArray[np.integer], fatigue: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """Return the expected share, shape (n,).

        Parameters
        ----------
        logit
            Logits in steps of 1 / `LOGIT_UNIT`, shape (n,).
        fatigue
            Fatigues in steps of 1 / `FULL_FATIGUE`, shape (n,).
        """
        row = (logit - self.LOWEST * LOGIT_UNIT + self.PER_ROW // 2) // self.PER_ROW
        column = (fatigue.astype(np.int32) + self.PER_COLUMN // 2) // self.PER_COLUMN
        at = np.clip(row, 0, len(self.table) - 1) * self.table.shape[1] + column
        return np.asarray(self.table.ravel().take(at))


@lru_cache(maxsize=8)
def _mean_shares(sd: float, effect: float, spread: float) -> NDArray[np.float64]:
    """Return the table of `MeanLeakage`, kept for the other runs of an ensemble.

    Parameters
    ----------
    sd
        Spread of households and persons together, logits.
    effect, spread
        Effect of full fatigue, logits, and its spread over persons (log-normal).
    """
    tires = effect * lognormal_table(spread, 32)
    logits = np.arange(MeanLeakage.LOWEST * 16, MeanLeakage.HIGHEST * 16 + 1) / 16
    base = logits[:, None] + sd * _NODES
    table = np.empty((logits.size, 33))
    for column in range(table.shape[1]):
        tired = special.expit(base[:, :, None] + column / 32 * tires).mean(axis=2)
        table[:, column] = tired @ _WEIGHTS
    return table


def grow_tired(
    rules: Fatigue, fatigue: NDArray[np.float64], tier: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Return fatigue one day later, shape (n,).

    One day of the closed form (behaviour notes 2.2, equation 2): confined,
    1 - (1 - F) exp(-omega c), with the weight c of the tier; released, F exp(-rho).

    Parameters
    ----------
    rules
        Half-lives of building up and recovery.
    fatigue
        Fatigue at the start of the day, 0 to 1, shape (n,).
    tier
        Tier on that day, shape (n,).
    """
    weight = np.array(TIER_WEIGHT)
    kept = 0.5 ** (weight / float(rules.half_life))
    fresh, faded = 1 - kept, np.where(weight > 0, kept, 0.5 ** (1 / float(rules.recovery)))
    later = np.empty_like(fatigue)
    tire(tier, fresh, faded, fatigue, later)
    return later
