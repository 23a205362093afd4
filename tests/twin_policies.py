"""A policy of a small place, a less restrictive one, and the command that compares them."""

from __future__ import annotations

import json

import yaml
from own_command import lazaretto
from own_place import write_place, write_scenario

from lazaretto.scenario import Scenario

MEASURES = [
    {"measure": "lockdown", "name": "seal", "tier": "sealed", "areas": ["Northbank"],
     "from": "2022-03-08", "to": "2022-03-16"},
    {"measure": "symptomatic_testing", "share": 0.6, "delay_days": 1},
]  # fmt: skip
AIM = {"kind": "containment", "value": 40}
LESS = {"name": "No seal", "without": ["seal"]}


def write(folder, name="twin.yaml", **changes):
    own = {"end": "2022-03-20", "measures": MEASURES, "aim": AIM, "less_restrictive": LESS}
    return write_scenario(folder, name, **(own | changes))


def write_policies(folder):
    """Write a place, its policy, the same without an aim, and one that orders nothing."""
    write_place(folder / "twin", persons=1_500)
    write(folder)
    write(folder, "bare.yaml", aim=None, less_restrictive=None)
    less = Scenario.load(folder / "bare.yaml", ["name=open", "measures=[]"]).resolved()
    (folder / "open.yaml").write_text(yaml.safe_dump(less), encoding="utf-8")
    return folder


def compare_json(scenario, runs, *words):
    shown = lazaretto("compare", scenario, "--out", runs, "--no-report", "--json", *words)
    return json.loads(shown.stdout)


def refused(scenario, *words):
    return lazaretto("compare", scenario, "--no-report", *words, code=2).stderr
