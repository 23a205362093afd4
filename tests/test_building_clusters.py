"""B14: cases by building in a city of towers that seals nobody, as in Hong Kong to February 2022.

Young et al. 2023 (doi 10.1093/infdis/jiad107): of 7,688 residential buildings with a case 4,246
(55.2 %) had one case only, and 13 % of reported cases were found by testing whole buildings, each
of hundreds of residents, in which a case had been found (abstract read). That covers four waves of
wild type and the first weeks of the fifth, of BA.2, to 15 February 2022.

The city is synthetic: households of Shanghai's census in towers of 300 residents on average (a
guess), with the contact rates of the package; what other compounds have in gate and yard is met in
the community. Who feels ill is tested, contacts are traced and quarantined in facilities, cases
isolated, everybody keeps a distance, and all residents of a tower are tested once, on the morning
after its first case. Nobody is sealed and nobody responds.

How many cases a building has depends on how many there are, so a run ends when as large a share of
residents is reported as in Hong Kong: 0.17 % in the first four waves (about 12,600 cases of 7.4
million, recalled) and as much again of BA.2 by 15 February (25,985 in the 14 days to 19 February,
news.gov.hk, less those of the last four days). Distance is chosen for growth alone: four waves that
hardly grow, a fifth of about 0.2 a day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from epidemics import Floats, Ints
from evidence import measured
from pydantic import PrivateAttr
from towns import FREE, settings_for, stock

from lazaretto.disease import courses
from lazaretto.engine import evening
from lazaretto.engine.prepare import contact_rates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.state import marked
from lazaretto.measures import (
    ContactTracing,
    Isolation,
    Measure,
    Places,
    Quarantine,
    ReduceContacts,
    Screening,
    SymptomaticTesting,
    Today,
)
from lazaretto.people import Population, Sizes, make_population, read_area, scaled
from lazaretto.scenario import Scenario
from lazaretto.words import COMMUNITY, COMPOUND

pytestmark = pytest.mark.slow

PERSONS, DISTRICTS, TOWER = 400_000, 4, 300
SEEDS, DAYS, IMPORTED = 50, 250, 2
REPORTED = 0.0017
"""Reported cases per resident at which a run ends."""

WAVES = {"wild-type": (2.8, 0.3), "omicron-ba2": (7.0, 0.15)}
"""R0 and what distance leaves of contacts at school, at work and elsewhere."""

ROUND, HELD = 1, 128
"""First numbers of batches of samples that are of rounds, and of the isolated."""


class TowerTesting(Screening):
    """Everybody in a tower is tested once, on the morning after its first case."""

    _tested: list[np.ndarray] = PrivateAttr(default_factory=list)

    def due(self, today: Today, places: Places) -> np.ndarray:
        """Return the towers with a case yesterday and none before, shape (n_compounds,)."""
        hit = np.asarray(today.observed.compound_clear == 0)
        before = self._tested[-1] if self._tested else np.zeros_like(hit)
        self._tested[:] = [before | hit]
        return hit & ~before


@pytest.fixture(scope="module")
def people() -> Population:
    """Return a city in which every compound is one building."""
    census = scaled(read_area("shanghai"), PERSONS, DISTRICTS)
    sizes = Sizes(building=TOWER, compound=TOWER, subdistrict=20_000.0, school=0.05)
    born = make_population(census, sizes=sizes)
    towers = born.building_start.size - 1
    return replace(
        born,
        compound_start=born.building_start,
        building_compound=np.arange(towers, dtype=np.int32),
        compound_subdistrict=born.compound_subdistrict[born.building_compound],
    )


def measures(left: float) -> tuple[Measure, ...]:
    """Return what the city does; tests whole towers, seals none."""
    return (
        ReduceContacts(layers=["school", "workplace", "community"], factor=left),
        SymptomaticTesting(share=0.5, delay_days=3),
        TowerTesting(participation=0.9),
        ContactTracing(building=0.3, school=0.5, workplace=0.5, community=0.1),
        Isolation(beds=["hospital"]),
        Quarantine(days=14, beds=["hospital"]),
    )


@pytest.fixture(scope="module")
def plans(people: Population) -> dict[str, Settings]:
    """Return the settings of each wave; a few infections are brought in every day."""
    scenario = Scenario.model_validate(
        {
            "name": "towers", "title": "Towers", "place": "shanghai", "disease": "omicron-ba2",
            "start": "2022-03-01", "end": "2022-03-02", "r0": 3, "seeding": [], "measures": [],
        }
    )  # fmt: skip
    contacts = contact_rates(scenario)
    per_day = contacts.per_day.copy()
    per_day[COMMUNITY] += per_day[COMPOUND]
    per_day[COMPOUND] = 0.0
    return {
        name: settings_for(
            people,
            r0=r0,
            n_days=DAYS,
            table=courses(name),
            contacts=contacts._replace(per_day=per_day),
            confinement=FREE,
            arrivals=tuple(Arrival(day, 0, PERSONS, IMPORTED) for day in range(DAYS)),
            stocks=(stock("hospital", "beds", PERSONS, DAYS),),
        )
        for name, (r0, _) in WAVES.items()
    }


@dataclass(frozen=True)
class Cases:
    """Cases of a run by building, and how many of all were first positive in a round."""

    by_building: Ints
    in_rounds: int


def cases_of(people: Population, settings: Settings) -> Cases:
    """Return the cases of a run that ends when there are as many as there were."""
    batch: dict[int, int] = {}
    send = evening._send

    def noted(c, day, orders, test, tubes, positive, false, number):
        for person in positive.tolist():
            batch.setdefault(person, number)
        send(c, day, orders, test, tubes, positive, false, number)

    with pytest.MonkeyPatch.context() as patch, Simulation(people, settings, 2) as simulation:
        patch.setattr(evening, "_send", noted)
        while simulation.tally.reports[:, :, :2].sum() < REPORTED * PERSONS:
            simulation.advance()
        known = np.empty(PERSONS, np.bool_)
        marked(simulation.state.known, np.arange(PERSONS, dtype=np.int32), known)
    person = np.flatnonzero(known)
    building = np.searchsorted(people.building_start, person, side="right") - 1
    number = np.array([batch[int(i)] for i in person])
    return Cases(
        np.bincount(building, minlength=people.building_start.size - 1),
        int(((number >= ROUND) & (number < HELD)).sum()),
    )


@pytest.fixture(scope="module")
def waves(people: Population, plans: dict[str, Settings]) -> dict[str, list[Cases]]:
    """Return the cases of each wave by seed."""
    return {
        name: [
            cases_of(people, replace(plans[name], seed=seed, measures=measures(left)))
            for seed in range(SEEDS)
        ]
        for name, (_, left) in WAVES.items()
    }


def together(*waves: list[Cases]) -> tuple[Floats, Floats]:
    """Return the share of case buildings with one case and of cases found in rounds, by seed."""
    one, found = np.zeros(SEEDS), np.zeros(SEEDS)
    for seed, parts in enumerate(zip(*waves, strict=True)):
        by_building = np.sum([part.by_building for part in parts], axis=0)
        one[seed] = (by_building == 1).sum() / (by_building > 0).sum()
        found[seed] = sum(part.in_rounds for part in parts) / by_building.sum()
    return one, found


def overlaps(by_seed: Floats, low: float, high: float, what: str) -> bool:
    """Return whether the middle 90 % of runs overlap a band."""
    least, most = np.percentile(by_seed, [5, 95])
    print(f"{what}: {by_seed.mean():.3f} ({least:.3f} to {most:.3f}), band {low} to {high}")
    measured(f"B14: {what}", by_seed.mean(), low, high)
    return bool(least <= high and most >= low)


FOUR, FIVE = ("wild-type",), ("wild-type", "omicron-ba2")


MISSED = pytest.mark.xfail(
    strict=True,
    reason="0.41 (0.38 to 0.43) over 50 seeds with the fifth wave, band 0.45 to 0.65: of BA.2 more "
    "is caught at home, and all towers are of one kind (0.51 in towers of 150 residents, one seed)",
)


@pytest.mark.parametrize(
    "which",
    [pytest.param(FOUR, id="four waves"), pytest.param(FIVE, id="five waves", marks=MISSED)],
)
def test_b14_most_case_buildings_have_one_case(waves, which):
    one, _ = together(*(waves[name] for name in which))
    assert overlaps(one, 0.45, 0.65, f"{len(which)} diseases, buildings with one case")


@pytest.mark.parametrize("which", [FOUR, FIVE], ids=["four waves", "five waves"])
def test_b14_whole_buildings_find_few_cases(waves, which):
    _, found = together(*(waves[name] for name in which))
    assert overlaps(found, 0.05, 0.25, f"{len(which)} diseases, found by testing buildings")


def test_nobody_is_found_by_testing_buildings_to_which_nobody_comes(people, plans):
    nobody = (*measures(0.3)[:2], TowerTesting(participation=0), *measures(0.3)[3:])
    assert cases_of(people, replace(plans["wild-type"], measures=nobody)).in_rounds == 0
