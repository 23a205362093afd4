"""What a nation must keep to: cities alone, threads, sleep, interruptions, and null measures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nation_towns import (
    CODES,
    Result,
    Towns,
    Watched,
    draw_all_trips,
    result_of,
    run_towns,
    share_tables,
    travelling,
)
from towns import START, differing, outcome, reporting, scarce_stocks, severe

from lazaretto.engine.checkpoint import CheckpointError
from lazaretto.measures import (
    ArrivalQuarantine,
    CityClosure,
    ContactTracing,
    HealthCare,
    Isolation,
    Lockdown,
    Measure,
    PreTravelTest,
    Quarantine,
    SymptomaticTesting,
    TravelRestriction,
    Trigger,
    Zones,
)
from lazaretto.nation.checkpoint import load_nation, save_nation

DAYS = 30
SIZES = ((900, 3), (500, 1), (700, 2))
DIGEST = "a" * 64
Measures = tuple[Measure, ...]


@pytest.fixture(autouse=True)
def shared_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs share the tables of the disease, which take most of the time."""
    share_tables(monkeypatch)


def since(day: int) -> dict[str, Any]:
    """Return the first day of a measure."""
    return {"from": START + timedelta(day)}


def after_cases(number: int) -> Trigger:
    """Return a trigger that fires once so many cases were reported in a week."""
    return Trigger.model_validate({"level": "city", "on": {"cases": {"days": 7, "number": number}}})


def containment() -> Measures:
    """Return measures that do nothing where nobody is infected."""
    return (
        SymptomaticTesting(share=0.6, delay_days=1, turnaround_days=1),
        Zones(unit="building", sealed_days=4, monitored_days=3, otherwise="open"),
        Lockdown(tier=2, when=after_cases(30)),
        ContactTracing(household=0.8, building=0.3, workplace=0.3, backward=True),
        Isolation(beds=["hotel", "hall"], least_days=4),
        Quarantine(days=5),
        HealthCare(ward="ward", icu="icu", worse=2.0),
    )


def on_travel() -> Measures:
    """Return measures on travel of every kind, some of them by date or by what is reported."""
    return (
        CityClosure(essential=0.2, leakage=0.1, when=after_cases(40)),
        TravelRestriction(share=0.7, **since(9)),
        TravelRestriction(share=0.5, of="entering", risk_per_100000=500),
        PreTravelTest(compliance=0.7, **since(6)),
        ArrivalQuarantine(days=2, risk_per_100000=300),
    )


def three(measures: Sequence[Measures] | None = None, **more: Any) -> Towns:
    """Return three towns that travel; with containment and measures on travel unless said."""
    given: dict[str, Any] = {
        "r0": 5.0, "n_days": DAYS, "stocks": scarce_stocks(700, DAYS), "severity": severe(0.2),
        "rules": reporting(0.5, 0.3, [1, 2, 1]),
    }  # fmt: skip
    every = (*containment(), *on_travel())
    return travelling(measures or (every, every, every), SIZES, **given | more)


def alike(one: Result, other: Result, *, but: Sequence[str] = ()) -> list[str]:
    """Return the names of what differs between two runs of the same towns."""
    names = [
        f"{name} of {number}"
        for number, towns in enumerate(zip(one.towns, other.towns, strict=True))
        for name in differing(*towns)
    ]
    return names + [
        name
        for name in one.travel
        if name not in but and not np.array_equal(one.travel[name], other.travel[name])
    ]


@lru_cache(maxsize=1)
def usual() -> Result:
    """Return the run of the three towns to which others are compared."""
    return run_towns(three())


def test_the_run_compared_with_is_worth_it():
    found = usual()
    assert found.woken[0] == 0
    assert min(found.woken[1:]) > 0
    assert all(len(town.infections) > 50 for town in found.towns)
    assert all(counts.sum() > 20 for counts in found.travel.values())
    assert sum(town.counts["persons_by_tier"][:, :, 2:].sum() for town in found.towns) > 0


# -- cities alone ------------------------------------------------------------------------------


def alone(towns: Towns, number: int) -> Any:
    """Return what a town comes to by itself."""
    return outcome(towns.people[number], towns.seeded()[number])


def test_one_city_without_travel_is_the_city_alone():
    every = (*containment(), *on_travel())
    towns = travelling(
        (every,), SIZES[:1], seeds=(10,), r0=5, n_days=DAYS, severity=severe(0.2),
        stocks=scarce_stocks(700, DAYS), trips=0,
    )  # fmt: skip
    found, expected = run_towns(towns).towns[0], alone(towns, 0)
    assert len(expected.infections) > 100
    assert differing(expected, found) == []
    assert found.series_sha256 == expected.series_sha256


def test_cities_between_which_nobody_travels_are_each_alone():
    towns = three(trips=0, seeds=(10, 8, 0))
    found = run_towns(towns)
    for number, town in enumerate(found.towns):
        assert differing(alone(towns, number), town) == []
        assert town.series_sha256 == alone(towns, number).series_sha256
    assert found.woken == [0, 0, -1]
    assert all(not counts.any() for name, counts in found.travel.items())
    assert len(found.towns[0].infections) > 100


def test_no_two_cities_share_their_chance():
    towns = three((containment(),) * 3, trips=0, seeds=(10, 10, 10))
    same = Towns((towns.people[0],) * 3, (towns.settings[0],) * 3, towns.flows)
    days = [[row[:2] for row in town.infections] for town in run_towns(same).towns]
    assert len(CODES) > len(days) == 3
    assert days[0] != days[1] != days[2] != days[0]


# -- threads, sleep, interruptions -------------------------------------------------------------


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_do_not_matter(threads):
    assert alike(usual(), run_towns(three(), threads)) == []


def test_a_city_that_sleeps_is_the_city_awake():
    awake = run_towns(three(), asleep=False)
    assert awake.woken == [0, 0, 0]
    assert alike(usual(), awake, but=["departures"]) == []
    for number, day in enumerate(usual().woken):
        found, expected = (each.travel["departures"][:, number] for each in (usual(), awake))
        # Asleep, the mean number of trips is told, and nobody is drawn.
        trips = int(expected[:day].sum())
        assert abs(int(found[:day].sum()) - trips) <= 5.3 * np.sqrt(trips)
        assert np.array_equal(found[day:], expected[day:])


@pytest.mark.parametrize("fires", [{"days_clear": 3}, {"date": START + timedelta(4)}])
def test_a_city_whose_travel_measure_needs_no_cases_does_not_sleep(fires):
    when = Trigger.model_validate({"level": "city", "on": fires})
    closed = (CityClosure(essential=0.1, when=when),)
    towns = three(((), closed, ()))
    assert [plan.sleeps for plan in towns.plans()] == [True, False, True]
    both = run_towns(towns), run_towns(towns, asleep=False)
    assert alike(*both, but=["departures"]) == []
    assert both[0].travel["trips_lost"][:, 1].sum() > 0


def go_on(nation: Watched, folder: Path, kept: Watched) -> Result:
    """Return what a run comes to that goes on where another was kept."""
    assert load_nation(nation, folder, DIGEST)
    nation.infections = [list(some) for some in kept.infections]
    for member in nation.members:
        if member.simulation is not None:
            nation.watch(member)
    nation.run()
    return result_of(nation)


@pytest.mark.parametrize("day", [1, 7, 16, 29])
def test_a_run_goes_on_where_it_was_stopped(day, tmp_path):
    first = three().nation()
    first.run(until=day)
    save_nation(first, tmp_path, DIGEST)
    assert alike(usual(), go_on(three().nation(), tmp_path, first)) == []


def test_a_run_stopped_twice_goes_on(tmp_path):
    first = three().nation()
    first.run(until=5)
    save_nation(first, tmp_path, DIGEST)
    second = three().nation()
    assert load_nation(second, tmp_path, DIGEST)
    second.run(until=11)
    save_nation(second, tmp_path, DIGEST)
    assert [path.name for path in tmp_path.iterdir()] == ["day-00011-0"]
    third = three().nation()
    assert load_nation(third, tmp_path, DIGEST)
    third.run()
    for name, counts in usual().travel.items():
        assert np.array_equal(counts, getattr(third, name)), name


def test_a_checkpoint_of_another_run_is_removed(tmp_path):
    first = three().nation()
    first.run(until=3)
    save_nation(first, tmp_path, DIGEST)
    other = three().nation()
    assert not load_nation(other, tmp_path, "b" * 64)
    assert other.day == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}', '{"format": 999}'])
def test_a_checkpoint_without_a_whole_manifest_is_removed(text, tmp_path):
    first = three().nation()
    first.run(until=3)
    save_nation(first, tmp_path, DIGEST)
    (tmp_path / "day-00003-0" / "manifest.json").write_text(text)
    assert not load_nation(three().nation(), tmp_path, DIGEST)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["nation.npz", f"{CODES[0]}.npz", f"{CODES[0]}-trips.npz"])
@pytest.mark.parametrize("bytes_left", [0, 100, -200])
def test_a_damaged_checkpoint_is_refused(name, bytes_left, tmp_path):
    first = three().nation()
    first.run(until=3)
    save_nation(first, tmp_path, DIGEST)
    file = tmp_path / "day-00003-0" / name
    file.write_bytes(file.read_bytes()[:bytes_left])
    with pytest.raises(CheckpointError, match=name):
        load_nation(three().nation(), tmp_path, DIGEST)


# -- measures ----------------------------------------------------------------------------------

NULL = (
    CityClosure(essential=1.0),
    CityClosure(essential=0.0, leakage=1.0),
    TravelRestriction(share=1.0),
    TravelRestriction(share=1.0, of="entering"),
    TravelRestriction(share=0.0, of="entering", risk_per_100000=1e6),
    ArrivalQuarantine(days=14, risk_per_100000=1e6),
    PreTravelTest(compliance=0.0),
)


@pytest.mark.parametrize("measure", NULL, ids=lambda measure: repr(measure)[:60])
def test_a_measure_that_allows_everything_changes_nothing(measure):
    free = three((containment(),) * 3)
    assert alike(free_run(), run_towns(three(((*containment(), measure),) * 3))) == []
    assert free.flows.trips.any()


@lru_cache(maxsize=1)
def free_run() -> Result:
    """Return the run of the three towns without measures on travel."""
    return run_towns(three((containment(),) * 3))


CUTS = (
    CityClosure(essential=0.3),
    TravelRestriction(share=0.3),
    TravelRestriction(share=0.3, of="entering"),
    PreTravelTest(),
    ArrivalQuarantine(days=2),
)


@pytest.mark.parametrize("measure", CUTS, ids=lambda measure: repr(measure)[:60])
def test_a_measure_that_cuts_travel_changes_something(measure):
    found = run_towns(three(((*containment(), measure),) * 3))
    assert len(alike(free_run(), found)) > 20


def trips_made(towns: Towns) -> Counter[tuple[int, ...]]:
    """Return every trip made: home, day, person, destination, stay."""
    made: Counter[tuple[int, ...]] = Counter()

    def keep(nation: Any) -> None:
        for member in nation.members:
            trips, today = member.travellers.held(), nation.day - 1
            new = trips["day"] == today
            columns = [trips[name][new].tolist() for name in ("person", "city", "stay")]
            made.update((member.number, today, *row) for row in zip(*columns, strict=True))

    nation = towns.nation(asleep=False)
    nation.run(keep)
    nation.close()
    return made


def test_a_closed_city_makes_some_of_the_trips_of_an_open_one(monkeypatch):
    draw_all_trips(monkeypatch)
    share = 0.4
    open_ = trips_made(three(((), (), ())))
    for closed in (0, 1):
        rules: list[Measures] = [(), (), ()]
        rules[closed] = (CityClosure(essential=share),)
        kept = trips_made(three(rules))
        assert not kept - open_
        lost = open_ - kept
        assert all(closed in (home, to) for home, _, _, to, _ in lost)
        n = sum(1 for home, _, _, to, _ in open_.elements() if closed in (home, to))
        made = n - lost.total()
        assert abs(made - share * n) < 4.9 * np.sqrt(n * share * (1 - share))  # false alarm 1e-6
