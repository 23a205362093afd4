"""Travel against the reference engine: every infection and every count of three towns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
import pytest
from cases import some_now
from hypothesis import HealthCheck, Phase, given, seed, settings
from nation_scenarios import nations
from nation_towns import Result, Towns, run_towns, share_tables, travelling
from reference_nation import ReferenceNation
from reference_nation_misreadings import MISREADINGS
from reference_outcomes import outcome_of
from towns import START, differing, responsive, small_town, with_protection

from lazaretto.disease import courses
from lazaretto.measures import (
    ArrivalQuarantine,
    CityClosure,
    ContactTracing,
    Isolation,
    Lockdown,
    Measure,
    PreTravelTest,
    Quarantine,
    SymptomaticTesting,
    TravelRestriction,
    Zones,
)

SEEDS, EXAMPLES = 4, 10
"""Runs of Hypothesis, and scenarios in each; the first of each is its simplest and the same."""

ENOUGH = {
    "two_trips": 10_000, "stayed": 1_000, "kept_by_test": 500, "in_quarantine_at_home": 10_000,
    "in_quarantine_there": 500, "residents_exposed": 300, "visitors_exposed": 600,
    "visitor_not_met": 200, "reinfections": 3,
}  # fmt: skip
"""How often each of the rarer rules must have mattered over the scenarios of `make validate`."""


@pytest.fixture(autouse=True)
def shared_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs share the tables of the disease, which take most of the time."""
    share_tables(monkeypatch)


def reference_of(made: Towns, kind: type[ReferenceNation] = ReferenceNation) -> ReferenceNation:
    """Return the reference run of towns."""
    pairs = zip(made.people, made.seeded(), strict=True)
    return kind([kind.kind(people, each) for people, each in pairs], made.flows).run()


def disagreeing(reference: ReferenceNation, found: Result) -> list[str]:
    """Return the names of what the reference and the engine disagree on."""
    names = []
    for number, town in enumerate(reference.towns):
        names += [
            f"{name} of {number}" for name in differing(outcome_of(town), found.towns[number])
        ]
    for name, counts in found.travel.items():
        # Of cities asleep or calm the mean is told.
        counted = found.looked_at if name == "departures" else True
        expected = np.where(counted, getattr(reference, name), counts)
        if not np.allclose(expected, counts, rtol=1e-12, atol=1e-9):
            names.append(name)
    return names


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


@pytest.mark.parametrize("seeds", [1, pytest.param(SEEDS, marks=pytest.mark.slow)])
def test_travel_and_its_reference_agree_in_random_scenarios(seeds: int):
    compared = Compared()

    def compare(made: Towns) -> None:
        reference = reference_of(made)
        found = run_towns(made)
        assert disagreeing(reference, found) == []
        compared.add(reference, found)

    for number in range(seeds):
        run = given(nations())(compare)
        run = settings(
            max_examples=EXAMPLES, deadline=None, database=None, phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck), backend="same-draws",
        )(run)  # fmt: skip
        seed(number)(run)()
    print(f"every infection and count the same in {compared.scenarios} random scenarios with "
          f"{compared.infections:,} infections")  # fmt: skip
    assert compared.scenarios == seeds * EXAMPLES
    assert compared.infections > 4_000 * seeds
    if seeds < SEEDS:
        return
    assert compared.asleep > 10
    assert {name: n for name, n in ENOUGH.items() if compared.of[name] < n} == {}


# -- the comparison can fail -------------------------------------------------------------------


@pytest.fixture(scope="module")
def rich() -> tuple[Towns, Result]:
    """Return towns in which every rule of travel matters, and what the engine makes of them."""
    early, later = ({"from": START + timedelta(day)} for day in (4, 12))
    half = list(small_town(450, 2).districts[:1])

    def measures(risk: float, days: int) -> tuple[Measure, ...]:
        return (
            SymptomaticTesting(share=0.6, delay_days=1, turnaround_days=0),
            Zones(unit="building", sealed_days=3, monitored_days=3, otherwise="open"),
            Isolation(least_days=3),
            ContactTracing(
                household=0.5, school=1.0, workplace=1.0, building=1.0, compound=1.0,
                community=0.5, days_before=4,
            ),
            Quarantine(days=3),
            PreTravelTest(compliance=0.3),
            CityClosure(essential=0.7, leakage=0.2, **later),
            *(
                TravelRestriction(share=0.97, of="entering", risk_per_100000=more * risk)
                for more in range(1, 40, 2)
            ),
            ArrivalQuarantine(days=days, risk_per_100000=6 * risk),
        )  # fmt: skip

    rules = (
        (*measures(1_000, 1), Lockdown(tier=2, areas=half, **early)),
        (*measures(3_000, 2), Lockdown(tier=2, **later)),
        (),
    )
    made = travelling(
        rules, ((450, 2), (300, 1), (300, 3)), trips=0.4, stays=(0.3, 0.3, 0.2, 0.2),
        seeds=(12, 12, 0), n_days=26, r0=7, seed=3,
        table=with_protection(courses("omicron-ba2"), [0.0] * 18 + [0.9]),
    )  # fmt: skip
    few = responsive(few_active={"share": 0.7, "left_in_lockdown": 0.6})
    made = replace(made, settings=(*made.settings[:2], replace(made.settings[2], behaviour=few)))
    return made, run_towns(made)


def test_the_rich_scenario_agrees(rich):
    made, found = rich
    assert disagreeing(reference_of(made), found) == []


@pytest.mark.parametrize("misreading", some_now(MISREADINGS, 4), ids=lambda kind: kind.__name__)
def test_a_rule_of_travel_read_wrongly_is_noticed(rich, misreading):
    made, found = rich
    assert disagreeing(reference_of(made, misreading), found) != []
