"""Hardship: food that runs out, care that is not had and income that is lost in confinement.

Behaviour notes 2.2, equation (3): ``H = min(1, w_f f + w_m m + w_y y)``, where f is the share of
the last week without food, m unmet medical need and y lost income.

How a household fares depends only on the day its confinement began, its kind and what was
supplied since. So no household is kept: for every first day still in use, district and kind there
is the distribution of households over days of food at home, advanced exactly each day. It is
split by whether food ever ran out. The cap of H is applied to the mean of a kind, not to each
household; ``tests/test_hardship.py`` bounds the difference.

Arrays are by first day, district and kind; kind = 2 x income fifth (0 poorest) + migrant (0, 1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gamma

from lazaretto.scenario.behaviour import Hardship as HardshipRules
from lazaretto.words import INCOMES

Floats = NDArray[np.float64]

MOST = 15
"""Days of food that a household can keep."""

WEEK = 7
"""Days over which lack of food and of care is felt."""

MONTH = 30
"""Days of confinement after which lost income is fully felt."""

KINDS = 2 * len(INCOMES)
"""Kinds of household: income fifth and migrant or not."""


class Supply(NamedTuple):
    """Support of one day by district, each of shape (n_districts,).

    Parameters
    ----------
    deliveries
        Chance that food comes to a household today, beside and independent of the usual
        deliveries, 0 to 1.
    passes
        Share of the needed care, of that not had otherwise, that passes make possible, 0 to 1.
    income
        Share of lost income that is replaced, 0 to 1.
    """

    deliveries: Floats
    passes: Floats
    income: Floats


def food_by_kind(rules: HardshipRules) -> Floats:
    """Return stock and deliveries of each kind relative to the middle fifth, shape (10,).

    The ratio rises evenly from ``poorest`` through 1 in the middle fifth to 2 - ``poorest``.
    """
    steps = np.linspace(-1.0, 1.0, len(INCOMES))
    income = 1.0 + (1.0 - rules.poorest) * steps
    return np.outer(income, [1.0, rules.migrants]).ravel()


def income_lost_by_kind(rules: HardshipRules) -> Floats:
    """Return the share of income lost after a month of confinement by kind, shape (10,)."""
    steps = np.linspace(-1.0, 1.0, len(INCOMES))
    lost = rules.income_lost * (1.0 - (rules.poorest_loss - 1.0) * steps)
    return np.repeat(np.clip(lost, 0.0, 1.0), 2)


def stock_at_start(rules: HardshipRules) -> Floats:
    """Return the shares of households by days of food when confined, shape (10, MOST + 1).

    The stock is gamma distributed among the households of a kind, at most `MOST` days. Food for
    x days is kept as the whole days on either side with weights that preserve the mean.
    """
    mean = rules.stock_days * food_by_kind(rules)[:, None]
    days = np.arange(MOST + 1.0)
    if rules.stock_spread > 0:
        shape = 1.0 / rules.stock_spread**2
        scale = mean / shape
        # E[(X - a)+], the mean of what exceeds a.
        above = mean * gamma.sf(days, shape + 1, scale=scale) - days * gamma.sf(
            days, shape, scale=scale
        )
    else:
        above = np.maximum(mean - days, 0.0)
    above -= above[:, -1:]
    at_least = np.concatenate([np.ones((KINDS, 1)), above[:, :-1] - above[:, 1:]], axis=1)
    after = np.concatenate([at_least[:, 1:], np.zeros((KINDS, 1))], axis=1)
    return np.asarray(np.maximum(at_least - after, 0.0), np.float64)


class Hardship:
    """Keeps how households fare by the day their present confinement began.

    Parameters
    ----------
    rules
        Hardship of the scenario; if not active, everything stays 0.
    n_days
        Days of the run.
    n_districts
        Number of districts.

    Attributes
    ----------
    hardship
        Hardship of today by first day of confinement, district and kind, 0 to 1, shape
        (n_days, n_districts, 10); 0 where nobody is confined since that day.
    hungry
        Share of households without food today, same shape.
    ever_hungry
        Share of households that had a day without food since they are confined, same shape.
    """

    def __init__(self, rules: HardshipRules, n_days: int, n_districts: int) -> None:
        self.rules = rules
        self.hardship = np.zeros((n_days, n_districts, KINDS))
        self.hungry = np.zeros((n_days, n_districts, KINDS))
        self.ever_hungry = np.zeros((n_days, n_districts, KINDS))
        self._usual = np.minimum(rules.deliveries * food_by_kind(rules), 1.0)
        self._lost = income_lost_by_kind(rules)
        self._start = stock_at_start(rules).T[:, None, None, :]
        # First days in use; households by whether food ever ran out, days of food, first day,
        # district and kind; the hungry of the last week; unmet need of the last week.
        self._live = np.zeros(0, np.int64)
        self._food = np.zeros((2, MOST + 1, 0, n_districts, KINDS))
        self._week = np.zeros((WEEK, 0, n_districts, KINDS))
        self._need = np.zeros((WEEK, n_districts))

    def advance(self, day: int, starts_in_use: NDArray[np.bool_], supply: Supply) -> None:
        """Live through one day: food comes, a day's food is eaten, care is needed.

        Parameters
        ----------
        day
            Day of the run; confinement begun on it counts its first day.
        starts_in_use
            First days of the confinements that go on today, shape (n_days,).
        supply
            Support of the day.

        Raises
        ------
        ValueError
            If a confinement goes on that had ended, or begins later than today.
        """
        if not self.rules.active:
            return
        self._begin_and_end(day, starts_in_use)
        if not self._live.size:
            return
        hungry = self._eat(supply.deliveries)
        self._week[day % WEEK] = hungry
        unmet = self._unmet_need(day, supply.passes)
        felt = np.minimum((day + 1 - self._live) / MONTH, 1.0)[:, None, None]
        lost = felt * (1.0 - supply.income)[:, None] * self._lost
        rules = self.rules
        hardship = (
            rules.food_weight * (self._week.sum(axis=0) / WEEK)
            + rules.care_weight * unmet[:, :, None]
            + rules.income_weight * lost
        )
        self.hardship[self._live] = np.minimum(hardship, 1.0)
        self.hungry[self._live] = np.minimum(hungry, 1.0)
        self.ever_hungry[self._live] = np.minimum(self._food[1].sum(axis=0), 1.0)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return what has to be kept to go on later, by name."""
        return {
            "live": self._live,
            "food": self._food,
            "week": self._week,
            "need": self._need,
            "hardship": self.hardship[self._live],
            "hungry": self.hungry[self._live],
            "ever_hungry": self.ever_hungry[self._live],
        }

    def restore(self, saved: dict[str, NDArray[np.generic]]) -> None:
        """Go on from what `arrays` returned."""
        self._live = np.array(saved["live"], np.int64)
        self._food = np.array(saved["food"], np.float64)
        self._week = np.array(saved["week"], np.float64)
        self._need = np.array(saved["need"], np.float64)
        for name in ("hardship", "hungry", "ever_hungry"):
            rows = getattr(self, name)
            rows[:] = 0.0
            rows[self._live] = saved[name]

    def _begin_and_end(self, day: int, starts_in_use: NDArray[np.bool_]) -> None:
        """Drop the released, who restock at once, and let confinements begin."""
        stays = starts_in_use[self._live]
        if not stays.all():
            for rows in (self.hardship, self.hungry, self.ever_hungry):
                rows[self._live[~stays]] = 0.0
            self._live = self._live[stays]
            self._food = self._food[:, :, stays]
            self._week = self._week[:, stays]
        if starts_in_use[day] and day not in self._live:
            n_districts = self.hardship.shape[1]
            begun = np.zeros((2, MOST + 1, 1, n_districts, KINDS))
            begun[0] = self._start
            self._live = np.append(self._live, day)
            self._food = np.concatenate([self._food, begun], axis=2)
            self._week = np.concatenate(
                [self._week, np.zeros((WEEK, 1, n_districts, KINDS))], axis=1
            )
        if self._live.size != np.count_nonzero(starts_in_use):
            wrong = sorted(set(np.flatnonzero(starts_in_use)) - set(self._live))
            raise ValueError(f"on day {day} no confinement goes on since day {wrong[0]}")

    def _eat(self, support: Floats) -> Floats:
        """Let food come and be eaten; return the hungry, shape (n_live, n_districts, 10)."""
        usual, extra = self._usual, support[:, None]
        brought = int(self.rules.delivery_days)
        food = self._food * ((1.0 - usual) * (1.0 - extra))
        _bring(food, self._food * (usual * (1.0 - extra) + (1.0 - usual) * extra), brought)
        if support.any():
            _bring(food, self._food * (usual * extra), 2 * brought)
        nothing = food[:, 0].copy()
        food[:, :-1] = food[:, 1:]
        food[:, -1] = 0.0
        hungry = nothing[0] + nothing[1]
        food[1, 0] += hungry
        self._food = food
        return np.asarray(hungry, np.float64)

    def _unmet_need(self, day: int, passes: Floats) -> Floats:
        """Return the share with an unmet need of the last week, shape (n_live, n_districts)."""
        rules = self.rules
        had = rules.care_had + (1.0 - rules.care_had) * passes
        self._need[day % WEEK] = rules.care_need * (1.0 - had)
        recent = self._need[(day - np.arange(WEEK)) % WEEK]
        unmet = 1.0 - np.cumprod(1.0 - recent, axis=0)
        return np.asarray(unmet[np.minimum(day - self._live, WEEK - 1)], np.float64)


def _bring(food: Floats, households: Floats, days: int) -> None:
    """Add households who got food for some days; what exceeds `MOST` is not kept."""
    days = min(days, MOST)
    food[:, days:] += households[:, : MOST + 1 - days]
    food[:, MOST] += households[:, MOST + 1 - days :].sum(axis=1)
