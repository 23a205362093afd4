"""Perceived risk: reported cases make people careful, in confinement and in the open.

Behaviour notes 2.2, equation (4): ``R = ln(1 + I / I0)`` with I the reported incidence, faded by
``(1 + t / 30)^a``. In the open its effect is that of Du et al. 2022 (doi
10.1073/pnas.2213313119), who asked weekly whether residents avoid gatherings.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from lazaretto.measures import Observed
from lazaretto.scenario.behaviour import Risk as RiskRules

Floats = NDArray[np.float64]

RECENT_DAYS = 7
"""Days of reports that people have in mind."""

PER = 100_000
"""Persons to whom reported incidence refers."""

ADAPTATION_DAYS = 30
"""Days after which a response of power -1 is half."""


def perceived(
    rules: RiskRules, observed: Observed, day: int, district_persons: NDArray[np.int64]
) -> Floats:
    """Return perceived risk, the multiplier of ``rules.effect``, shape (n_districts,).

    It rests on reports only: their daily mean over the last week, or over the days there are.

    Parameters
    ----------
    rules
        Risk of the scenario; if not active, risk is 0.
    observed
        What is reported up to yesterday.
    day
        Day of the run.
    district_persons
        Residents of each district, shape (n_districts,).
    """
    if not rules.active:
        return np.zeros(district_persons.size)
    days = min(max(len(observed.confirmed), 1), RECENT_DAYS)
    cases = observed.cases(RECENT_DAYS) / days
    own = PER * cases / np.maximum(district_persons, 1)
    whole = PER * cases.sum() / max(int(district_persons.sum()), 1)
    incidence = rules.own_district * own + (1.0 - rules.own_district) * whole
    fading = (1.0 + day / ADAPTATION_DAYS) ** float(rules.adaptation)
    return np.asarray(fading * np.log1p(incidence / rules.reference), np.float64)


def avoiding(rules: RiskRules, risk: Floats) -> Floats:
    """Return the share of residents who avoid meetings, shape (n_districts,).

    ``logistic(logit(avoiders) + effect x risk)``.
    """
    return np.asarray(expit(logit(float(rules.avoiders)) + rules.effect * risk), np.float64)


def avoidance_factor(rules: RiskRules, risk: Floats) -> Floats:
    """Return what is left of contacts where people go out, between residents, shape (n_districts,).

    A contact at school, at work or in the community comes about if neither of the two avoids it;
    neighbours meet in lifts and at doors all the same. Where a share a avoids, outings fall to
    ``g = (1 - a) / (1 - a0)``, relative to the share a0 who avoid without any reported case and are
    already in the contact rates. That is measured for few cases only; however many are reported,
    a share m of outings stays, and outings are ``m + (1 - m) g^(1 / (1 - m))``, for few cases the
    same. Contacts between two residents of one district fall to the square.

    Parameters
    ----------
    rules
        Risk of the scenario; if not active or without avoidance, everything is 1.
    risk
        Perceived risk, see `perceived`, shape (n_districts,).
    """
    if not (rules.active and rules.avoidance):
        return np.ones(risk.size)
    if rules.avoiders >= 1.0:
        return np.ones(risk.size)  # nobody is left who could begin to avoid
    if rules.most_avoided <= 0.0:
        return np.ones(risk.size)
    going = (1.0 - avoiding(rules, risk)) / (1.0 - rules.avoiders)
    most = float(rules.most_avoided)
    outings = 1.0 - most + most * going ** (1.0 / most)
    return np.asarray(outings**2, np.float64)
