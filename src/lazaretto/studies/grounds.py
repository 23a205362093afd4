"""Places and diseases that a process holds ready for its next run."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from lazaretto.engine.checked import place_of
from lazaretto.engine.prepare import Ground, ground_of
from lazaretto.people import read_area
from lazaretto.scenario import Scenario

KEPT = 4
"""As many are held; their large arrays are mapped, not read."""

_grounds: OrderedDict[tuple[str, str], Ground] = OrderedDict()


def ground_kept(scenario: Scenario) -> Ground:
    """Return what the scenarios of a place and disease share, prepared once in this process.

    Parameters
    ----------
    scenario
        A scenario of one city.

    Raises
    ------
    ScenarioError
        With every problem of the tables of the place.
    """
    tables = hashlib.sha256(read_area(place_of(scenario)).content()).hexdigest()
    key = (tables, scenario.disease)
    found = _grounds.pop(key, None)
    _grounds[key] = ground_of(scenario) if found is None else found
    while len(_grounds) > KEPT:
        _grounds.popitem(last=False)
    return _grounds[key]
