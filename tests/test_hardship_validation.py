"""B18 and B19 of the behaviour notes: food insecurity and trust in Shanghai's lockdown of 2022.

Run by ``make validate``. The bands are those of the notes; 50 seeds each.

B18 compares with the survey of Liu Y. 2023 (Glob Public Health 18:2246066): 3,230 adults, two
months, about 70 % with some food insecurity (here: a day without food); odds ratios adjusted for
each other and for income: migrants 2.06 to 2.74, lost income 2.60 and 3.09, preparedness 0.66.
In the model a household loses income by its fifth only, so the odds ratio of lost income is not
adjusted for the fifth (it would be 1), those of migrants and of preparedness are. Who has lost
income is drawn with the share that the fifth has lost; the well prepared have food for a week.
"""

from __future__ import annotations

import numpy as np
import pytest
from evidence import measured
from test_hardship import households

from lazaretto.behaviour.hardship import WEEK, income_lost_by_kind
from lazaretto.behaviour.trust import Trust
from lazaretto.chance import Purpose, stream_key, uniforms
from lazaretto.scenario.behaviour import Hardship as HardshipRules
from lazaretto.scenario.behaviour import Trust as TrustRules
from lazaretto.words import INCOMES

SEEDS = 50
RESPONDENTS = 3_230
TWO_MONTHS = 60

FACTOR = 1.5
BANDS = {
    "food insecure": (0.60, 0.80),
    "migrants": (2.1 / FACTOR, 2.7 * FACTOR),
    "lost income": (2.6 / FACTOR, 3.1 * FACTOR),
    "prepared": (0.66 / FACTOR, 0.66 * FACTOR),
}


def odds_ratios(insecure, *shown):
    """Return the odds ratios of a logistic regression, one for each variable shown."""
    x = np.column_stack([np.ones(insecure.size), *shown]).astype(float)
    b = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ b))
        b = b + np.linalg.solve((x.T * (p * (1 - p))) @ x, x.T @ (insecure - p))
    return np.exp(b[1:])


def survey(rules, seed):
    """Ask a sample of residents after two months of lockdown; return the four statistics."""
    luck = [uniforms(stream_key(seed, Purpose.INCOME), 0, RESPONDENTS, index) for index in range(3)]
    fifth = (luck[0] * len(INCOMES)).astype(int)
    migrant = luck[1] < rules.migrant_share
    kind = 2 * fifth + migrant
    lost = luck[2] < income_lost_by_kind(rules)[kind]
    stock, hungry = households(rules, kind, TWO_MONTHS, seed)
    insecure, prepared = hungry.any(axis=0), stock >= WEEK
    income = [fifth == k for k in range(1, len(INCOMES))]
    of_migrants, of_prepared = odds_ratios(insecure, migrant, prepared, *income)[:2]
    of_lost = odds_ratios(insecure, lost, migrant, prepared)[0]
    return insecure.mean(), of_migrants, of_lost, of_prepared


@pytest.mark.slow
def test_b18_food_insecurity_over_two_months():
    found = np.array([survey(HardshipRules(), 1_000 + seed) for seed in range(SEEDS)])
    for (name, (low, high)), column in zip(BANDS.items(), found.T, strict=True):
        bottom, middle, top = np.quantile(column, [0.05, 0.5, 0.95])
        inside = np.mean((column >= low) & (column <= high))
        print(f"B18 {name}: {middle:.3f} ({bottom:.3f} to {top:.3f}); "
              f"band {low:.2f} to {high:.2f}, inside in {inside:.0%}")  # fmt: skip
        measured(f"B18: {name}", middle, low, high)
        assert low <= middle <= high


def after_40_days(rules, information):
    """Return the change of trust after 40 days in which everybody is sealed."""
    trust = Trust(rules, 1)
    for _ in range(40):
        trust.advance(np.ones(1), np.full(1, information))
    return float(trust.level[0]) - 1.0


@pytest.mark.slow
def test_b19_trust_after_40_days():
    """At the defaults, and over 50 draws from the priors of the loss, recovery and information."""
    rules = TrustRules(information=0.0)
    change = [after_40_days(rules, quality) for quality in (0.0, 0.3, 0.6, 1.0)]
    print("B19 change at Q = 0, 0.3, 0.6, 1:", np.round(change, 4))
    measured("B19: trust after 40 days", change[0], -0.11, -0.05)
    assert -0.11 <= change[0] <= -0.05
    assert -0.11 <= after_40_days(TrustRules(), 0.0) <= -0.05
    assert (np.diff(change) > 0).all()
    found = np.empty((SEEDS, 2))
    for seed in range(SEEDS):
        luck = uniforms(stream_key(seed, Purpose.ACTIVE), 0, 3)
        drawn = TrustRules(
            loss_40_days=0.05 + 0.06 * luck[0], recovery=60 * 12 ** luck[1],
            information_restores=luck[2], information=0.0,
        )  # fmt: skip
        found[seed] = after_40_days(drawn, 0.0), after_40_days(drawn, 1.0)
    print("B19 over the priors, Q = 0:", np.quantile(found[:, 0], [0.05, 0.5, 0.95]).round(4),
          "Q = 1:", np.quantile(found[:, 1], [0.05, 0.5, 0.95]).round(4))  # fmt: skip
    assert (found[:, 0] >= -0.11).all()
    assert (found[:, 0] <= -0.05).all()
    assert (found[:, 1] > found[:, 0]).all()
