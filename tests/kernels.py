"""Compile the kernels once, before each worker of the tests would; `make test` runs it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from own_place import SCENARIO, write_place, write_scenario

from lazaretto.scenario import Scenario
from lazaretto.studies import run_scenario

CONTAINMENT = [
    *SCENARIO["measures"],
    {"measure": "screening", "interval_days": 3, "participation": 0.5},
    {"measure": "contact_tracing", "household": 1, "compound": 0.5},
    {"measure": "isolation"},
    {"measure": "quarantine", "days": 7},
]


def main() -> None:
    """Run a small town with containment and behaviour, which loads all that a city needs."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_place(folder / "twin", persons=1_500)
        path = write_scenario(folder, behaviour={}, measures=CONTAINMENT)
        run_scenario(Scenario.load(path), threads=1, out=folder / "runs")


if __name__ == "__main__":
    main()
