"""Travel against the reference engine: every infection and every count of three towns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import nation_towns
import numpy as np
import pytest
import towns
from hypothesis import HealthCheck, Phase, given, seed, settings
from nation_scenarios import nations
from nation_towns import Result, Towns, run_towns
from reference_nation import ReferenceNation, ReferenceTown
from reference_outcomes import outcome_of
from towns import differing

from lazaretto.disease import CourseTable
from lazaretto.engine import simulation
from lazaretto.engine.diary import other_contacts
from lazaretto.engine.rates import ContactRates, build_rates

SEEDS, EXAMPLES = 12, 5
"""Runs of Hypothesis, and scenarios in each; the first of each is its simplest."""

def reference_of(
    made: Towns, kind: type[ReferenceNation] = ReferenceNation
) -> ReferenceNation:
    """Return the reference run of towns."""
    pairs = zip(made.people, made.seeded(), strict=True)
    return kind([ReferenceTown(people, each) for people, each in pairs], made.flows).run()


def disagreeing(reference: ReferenceNation, found: Result) -> list[str]:
    """Return the names of what the reference and the engine disagree on."""
    names = []
    for number, town in enumerate(reference.towns):
        names += [f"{name} of {number}" for name in differing(outcome_of(town), found.towns[number])]
    day = np.arange(town.settings.n_days)[:, None]
    woken = np.array(found.woken)
    awake = (woken >= 0) & (day >= woken)
    for name, counts in found.travel.items():
        counted = awake if name == "departures" else True  # those of cities asleep are not counted
        expected = np.where(counted, getattr(reference, name), 0)
        if not np.allclose(expected, counts, rtol=1e-12, atol=1e-9):
            names.append(name)
    return names
    

def kept(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that makes each of its last tables once."""
    tables: dict[Any, Any] = {}

    def made(table: CourseTable, contacts: ContactRates, transmissibility: float, *more: Any) -> Any:
        given = (id(table), id(contacts), transmissibility, *map(id, more))
        if given not in tables:
            if len(tables) > 8:
                tables.clear()
            # The inputs are kept as well, so that no other object can take their ids.
            tables[given] = (make(table, contacts, transmissibility, *more), table, contacts, more)
        return tables[given][0]

    return made


@pytest.fixture
def shared_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the runs of one scenario share the tables of the disease, which take most of the time."""
    rates = kept(build_rates)
    monkeypatch.setattr(towns, "build_rates", rates)
    monkeypatch.setattr(simulation, "build_rates", rates)
    monkeypatch.setattr(simulation, "other_contacts", kept(other_contacts))


@dataclass
class Compared:
    """What was compared over all scenarios, to be sure that it was worth it."""

    scenarios: int = 0
    infections: int = 0
    asleep: int = 0
    of: dict[str, int] = field(default_factory=dict)

    def add(self, reference: ReferenceNation, found: Result) -> None:
        self.scenarios += 1
        self.infections += sum(len(town.cases) for town in reference.towns)
        self.asleep += sum(day != 0 for day in found.woken)
        met = dict(reference.met)
        met["kept_by_test"] = int(reference.kept_by_test.sum())
        met["reinfections"] = sum(town.met.reinfections for town in reference.towns)
        for name, number in met.items():
            self.of[name] = self.of.get(name, 0) + number


@pytest.mark.usefixtures("shared_tables")
def test_travel_and_its_reference_agree_in_random_scenarios(capsys: pytest.CaptureFixture[str]):
    compared = Compared()

    def compare(made: Towns) -> None:
        reference = reference_of(made)
        found = run_towns(made)
        assert disagreeing(reference, found) == []
        compared.add(reference, found)

    for number in range(SEEDS):
        run = given(nations())(compare)
        run = settings(
            max_examples=EXAMPLES, deadline=None, database=None, phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck), backend="same-draws",
        )(run)  # fmt: skip
        seed(number)(run)()
    with capsys.disabled():
        print(f"\ncompared: {compared}")
