"""Trust in the authorities: lost day by day in confinement, less where information is accurate.

Behaviour notes 2.2, equation (5), written for trust relative to its level before:
``dT/dt = -k c (1 - iota Q) + (1 - T) / r``. The notes add a gain from information Q; here it
prevents a share iota Q of the loss, so that good information cannot lift trust above its level
before (a departure; iota = ``information_restores``). k follows from the loss in 40 days in which
everybody is sealed (Zhao, Wang and Ye 2024, doi 10.1016/j.jce.2024.11.002).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lazaretto.scenario.behaviour import Trust as TrustRules

Floats = NDArray[np.float64]

MEASURED_DAYS = 40
"""Days of lockdown after which the loss of trust was measured."""


def loss_per_day(rules: TrustRules) -> float:
    """Return k, the trust lost per day sealed, before any is regained.

    After t sealed days without information T is ``1 - k r (1 - exp(-t / r))``; k makes that
    ``1 - loss_40_days`` at t = 40.
    """
    regained = -math.expm1(-MEASURED_DAYS / rules.recovery)
    return float(rules.loss_40_days) / (float(rules.recovery) * regained)


class Trust:
    """Keeps trust by district.

    Parameters
    ----------
    rules
        Trust of the scenario; if not active, trust stays 1.
    n_districts
        Number of districts.

    Attributes
    ----------
    level
        Trust relative to before, 0 to 1, shape (n_districts,).
    """

    def __init__(self, rules: TrustRules, n_districts: int) -> None:
        self.rules = rules
        self.level: Floats = np.ones(n_districts)
        self._loss = loss_per_day(rules)

    def advance(self, cbar: Floats, information: Floats) -> None:
        """Live through one day: the equation, solved exactly for a day without change.

        Parameters
        ----------
        cbar
            Mean weight of the tiers of residents today, 0 (all open) to 1 (all sealed), shape
            (n_districts,); see `lazaretto.scenario.behaviour.TIER_WEIGHT`.
        information
            Accuracy and timeliness of official information by measures, 0 to 1, shape
            (n_districts,); the scenario's own is used where it is better.
        """
        if not self.rules.active:
            return
        quality = np.maximum(information, float(self.rules.information))
        lost = self._loss * cbar * (1.0 - self.rules.information_restores * quality)
        recovery = float(self.rules.recovery)
        left = math.exp(-1.0 / recovery)
        missing = (1.0 - self.level) * left + lost * recovery * -math.expm1(-1.0 / recovery)
        self.level = np.maximum(1.0 - missing, 0.0)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return what has to be kept to go on later, by name."""
        return {"level": self.level}

    def restore(self, saved: dict[str, NDArray[np.generic]]) -> None:
        """Go on from what `arrays` returned."""
        self.level = np.array(saved["level"], np.float64)
