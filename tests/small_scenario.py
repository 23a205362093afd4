"""A small scenario as a user would write it, and the problems that are found in one."""

from __future__ import annotations

import pytest

from lazaretto.scenario import Scenario, ScenarioError

SMALL = {
    "name": "small",
    "title": "Small",
    "place": "shanghai",
    "disease": "omicron-ba2",
    "r0": 7,
    "start": "2022-02-20",
    "end": "2022-03-20",
    "seeding": [{"date": "2022-02-21", "infections_per_day": 3}],
    "measures": [
        {"measure": "lockdown", "name": "stay", "tier": 2, "areas": ["Pudong"]},
        {
            "measure": "reduce_contacts",
            "factor": {"value": 0.5, "unit": "share", "source": "a guess", "status": "assumed"},
            "from": "2022-03-01",
        },
    ],
}


def small(**changes):
    return Scenario.from_mapping({**SMALL, **changes})


def problems(**changes):
    with pytest.raises(ScenarioError) as caught:
        small(**changes)
    return caught.value.problems


def keys(found):
    return [problem.key for problem in found]
