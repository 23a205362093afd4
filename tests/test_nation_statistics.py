"""What travel must come to on average; every test has a false-alarm rate of at most 1e-6."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nation_towns import (
    Towns,
    Watched,
    alike,
    draw_all_trips,
    flows_of,
    share_tables,
    travelling,
)
from towns import CONTACTS, settings_for, small_town

from lazaretto.engine.seeding import Arrival
from lazaretto.engine.spread import Infected
from lazaretto.engine.state import AWAY
from lazaretto.measures import ArrivalQuarantine, CityClosure, Measure
from lazaretto.nation.member import Member
from lazaretto.nation.simulation import Nation
from lazaretto.words import TRAVEL

Z = 4.892
"""Standard deviations that a normal number exceeds, on either side, with probability 1e-6."""

STAYS = (0.4, 0.3, 0.2, 0.1)
MEAN_STAY = 2.0
LONGEST = len(STAYS)
NOBODY = (0, 0, 0)


@pytest.fixture(autouse=True)
def shared_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs share the tables of the disease, and draw all trips, though nobody is infected."""
    share_tables(monkeypatch)
    draw_all_trips(monkeypatch)


def quiet_towns(trips: float, n_days: int, measures: tuple[Measure, ...] = ()) -> Towns:
    """Return towns in which nobody is infected."""
    sizes = ((3_000, 3), (2_000, 1), (2_500, 2))
    return travelling(
        (measures, (), ()), sizes, trips=trips, stays=STAYS, seeds=NOBODY, n_days=n_days
    )


@pytest.mark.parametrize("trips", [0.01, 0.3])
def test_the_share_away_is_trips_times_stay(trips):
    """Of trips in progress several may be of one person, who is then away once."""
    towns = quiet_towns(trips, n_days=80)
    away: list[list[int]] = []

    def keep(nation: Nation) -> None:
        if nation.day % LONGEST == 0:  # these days share no trip
            away.append([member.away.person.size for member in nation.members])

    nation = towns.nation(asleep=False)
    nation.run(keep)
    nation.close()
    for number, people in enumerate(towns.people):
        n, going = people.n_persons, trips * MEAN_STAY * people.n_persons
        none, neither = (1 - 1 / n) ** going, (1 - 2 / n) ** going
        expected = n * (1 - none)
        found = np.array(away)[:, number]
        # Those with no trip under way, of independent trips; and the number of trips is random.
        variance = n * none + n * (n - 1) * neither - (n * none) ** 2 + going * none**2
        assert abs(found.sum() - found.size * expected) < Z * np.sqrt(found.size * variance)
        assert abs(expected / n - trips * MEAN_STAY) < (trips * MEAN_STAY) ** 2


def test_visits_are_as_many_as_expected():
    """By home, destination and day, with a city that closes, and those in quarantine left out."""
    closing = (CityClosure(essential=0.3), ArrivalQuarantine(days=2))
    towns = quiet_towns(0.2, n_days=80, measures=closing)
    found, expected = np.zeros((3, 3)), np.zeros((3, 3))

    def keep(nation: Nation) -> None:
        if nation.day % LONGEST:
            return
        today = nation.day - 1
        quarantine = np.array([[0, 0, 0], [2, 0, 0], [2, 0, 0]], np.uint8)
        expected[:] += nation.travel.visitors(today, quarantine)
        for member in nation.members:
            trips = member.travellers.held()
            gone, city = today - trips["day"], trips["city"]
            there = (gone < trips["stay"]) & (gone >= quarantine[member.number, city])
            found[member.number] += np.bincount(city[there], minlength=3)

    nation = towns.nation(asleep=False)
    nation.run(keep)
    nation.close()
    pairs = ~np.eye(3, dtype=bool)
    assert found[pairs].min() > 300
    # Of trips rounded by chance fewer are random than of as many by a Poisson law.
    z = (found - expected)[pairs] / np.sqrt(expected[pairs])
    assert np.abs(z).max() < 5.2  # one of six pairs: 1e-6


class Sorted(Watched):
    """A nation that counts the infections of travel by where the infected were."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.caught_away = self.caught_at_home = 0

    def watch(self, member: Member) -> None:
        """Count the infections of a town from now on."""

        def keep(day: int, new: Infected) -> None:
            travelled = new.person[new.layer == TRAVEL]
            away = member.away.person[member.away.where == AWAY]
            abroad = int(np.isin(travelled, away).sum())
            self.caught_away += abroad
            self.caught_at_home += travelled.size - abroad

        assert member.simulation is not None
        member.simulation.on_infections = keep


def run_sorted(trips: float, seed: int, n_days: int = 60) -> Sorted:
    """Return a run of three equal towns, each with the same outbreak."""
    people, n = (small_town(3_000, 3),) * 3, 3
    settings: Any = settings_for(
        people[0], r0=2, n_days=n_days, contacts=CONTACTS, arrivals=(Arrival(0, 0, 3_000, 20),)
    )
    flows = flows_of(alike(trips, [3_000] * n), n_days, (1.0,))
    towns = Towns(people, (settings,) * n, flows, seed)
    nation = Sorted(
        towns.plans(), flows, towns.courses, settings.start, n_days, seed, threads=1
    )  # fmt: skip
    nation.run()
    nation.close()
    return nation


@pytest.mark.parametrize("trips", [0.1, 0.4])
def test_what_travellers_catch_balances_what_they_bring(trips):
    """Between equal towns as many are infected away as are infected at home by visitors.

    Visitors meet those at home only, a share 1 - a of the residents, and are met by residents and
    visitors, of whom there are as many as residents; more visitors are expected, one a trip, than
    there are, a, as some are on two trips. Trips last a day: who is away for longer was not at
    home to be infected there, and is less often infectious.
    """
    away = 1 - np.exp(-trips)
    runs = [run_sorted(trips, seed) for seed in range(6)]
    caught = sum(run.caught_away for run in runs)
    brought = sum(run.caught_at_home for run in runs)
    ratio = trips / away / (1 - away)
    assert min(caught, brought) > 300
    # Given the past, each of the two is a sum of rare events: the variance is their number.
    assert abs(caught - ratio * brought) < Z * np.sqrt(caught + ratio**2 * brought)
