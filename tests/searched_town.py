"""A small town whose policy is searched, with levers that may be searched, and a bad measure."""

from __future__ import annotations

import json

from own_place import write_place, write_scenario

from lazaretto.studies.choice.levers import read_levers

CONDITION = "conditions of the society under study, not levers"

RAIDS = '''
from lazaretto.measures import Measure


class Raids(Measure):
    """Does nothing; what a user of bad intent would write."""

    zeal: float = 0.0
    arrest_rate: float = 0.0

    def order(self, today, places, orders):
        pass
'''

LEVERS = """
levers:
  - {key: measures.seal.from, kind: shift, low: -4, high: 4, unit: days}
  - {key: measures.seal.length, kind: whole, low: 1, high: 11, unit: days}
  - {key: measures.seal.tier, kind: choice, choices: [open, controlled, sealed], unit: tier}
  - {key: measures.food.share, kind: number, low: 0, high: 0.9, step: 0.1, unit: share}
"""


def write_searched(folder):
    """Write the town, its policy, its levers and the measure; return the folder."""
    write_place(folder / "twin", persons=1_000)
    (folder / "raids.py").write_text(RAIDS, encoding="utf-8")
    (folder / "levers.yaml").write_text(LEVERS, encoding="utf-8")
    measures = [
        {"measure": "lockdown", "name": "seal", "tier": "sealed", "areas": ["Northbank"],
         "from": "2022-03-06", "to": "2022-03-16"},
        {"measure": "symptomatic_testing", "name": "clinics", "share": 0.3, "delay_days": 1},
        {"measure": "raids.py:Raids", "name": "rounds"},
        {"measure": "isolation", "beds": ["hall"]},
        {"measure": "food_delivery", "name": "food", "share": 0.3},
    ]  # fmt: skip
    stocks = [{"name": "hall", "unit": "beds", "opened": [{"amount": 50}]}]
    write_scenario(folder, end="2022-03-18", measures=measures, resources=stocks)
    return folder


def levers_of(scenario, tmp_path, text):
    path = tmp_path / "levers.yaml"
    path.write_text(text, encoding="utf-8")
    return read_levers(scenario, path)


def one(key, rest="kind: number, low: 0, high: 1, unit: share"):
    return f"levers: [{{key: {json.dumps(key)}, {rest}}}]"
