"""Stop and go on: a run continued from a checkpoint is, bit for bit, the run not interrupted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from towns import (
    START,
    containment,
    doses,
    scarce_stocks,
    settings_for,
    severe,
    small_town,
    with_protection,
)

from lazaretto.disease import courses
from lazaretto.engine.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.engine.simulation import Simulation
from lazaretto.measures import CloseSchools, Lockdown, Screening, Trigger, Zones
from lazaretto.people import Population
from lazaretto.words import TRAVEL

PERSONS, DISTRICTS, DAYS = 3_000, 3, 60
DIGEST = "a" * 64


def town() -> Population:
    """Return the town of these tests."""
    return small_town(PERSONS, DISTRICTS)


def since(day: int, until: int | None = None) -> dict[str, Any]:
    """Return the dates of a measure as days of the run."""
    return {
        "from": START + timedelta(day),
        "to": None if until is None else START + timedelta(until),
    }


def plain(seed: int = 1) -> Settings:
    """Return a wave without measures, with reinfections."""
    table = with_protection(courses("omicron-ba2"), [0.0] * 25 + [0.4, 0.8])
    arrivals = (Arrival(0, 0, PERSONS, 20), Arrival(30, 0, 800, 10))
    return settings_for(town(), r0=6, n_days=DAYS, seed=seed, table=table, arrivals=arrivals)


def busy(seed: int = 1) -> Settings:
    """Return the same wave with all of containment, closures and lockdowns that begin and end."""
    some, other, _ = town().districts
    rule = {"level": "district", "on": {"cases": {"days": 3, "number": 8}}, "least_days": 9}
    return replace(
        plain(seed),
        stocks=scarce_stocks(PERSONS, DAYS),
        severity=severe(0.2),
        vaccination=doses(DISTRICTS, [-90], 5, 0.5),
        measures=(
            Screening(
                participation=0.3,
                turnaround_days=3,
                labs="labs",
                pool=5,
                review_days=1,
                longest_review_days=4,
                **since(8, 40),
            ),
            Zones(rule="7+7", unit="building", areas=[other]),
            CloseSchools(factor=0.1, when=Trigger.model_validate(rule)),
            Lockdown(tier=3, areas=[some], **since(6, 25)),
            Lockdown(tier=2, areas=[other], **since(12)),
            *containment(),
            Screening(test="antigen", participation=0.2, turnaround_days=0, review_days=0),
        ),
    )


KINDS: dict[str, Callable[[int], Settings]] = {"no measures": plain, "measures": busy}


def everything(simulation: Simulation) -> dict[str, np.ndarray]:
    """Return all a run holds that decides what comes next or is reported."""
    held = {f"tally {name}": array for name, array in simulation.tally.arrays().items()}
    held |= {
        "day": np.array(simulation.day),
        "infected on": simulation.state.infected_on,
        "protected": simulation.state.protected,
        "known": simulation.state.known,
        "whereabouts": simulation.state.whereabouts,
        "dose day": simulation.state.vaccine.dose_day,
        "cohorts": np.array([(cohort.day, cohort.size) for cohort in simulation.cohorts]),
    }
    for name in ("person", "record"):
        for i, cohort in enumerate(simulation.cohorts):
            held[f"cohort {i} {name}"] = getattr(cohort, name)
    for i, state in enumerate(simulation.triggered):
        held[f"trigger {i}"] = state
    held |= {f"stay {name}": array for name, array in simulation.confinement.held().items()}
    held |= {f"kept {name}": array for name, array in simulation.containment.arrays().items()}
    pending = [name for name in held if name.startswith("kept pending")]
    order = np.lexsort([held[name] for name in pending])  # batches may come in any order
    held |= {name: held[name][order] for name in pending}
    return {name: array.copy() for name, array in held.items()}


def differing(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> list[str]:
    """Return the names of what two runs hold differently."""
    names = sorted(one.keys() | other.keys())
    return [
        name
        for name in names
        if name not in one or name not in other or not np.array_equal(one[name], other[name])
    ]


@lru_cache(maxsize=8)
def uninterrupted(kind: str, seed: int) -> dict[str, np.ndarray]:
    """Return what a run holds at its end."""
    with Simulation(town(), KINDS[kind](seed)) as simulation:
        simulation.run()
        return everything(simulation)


@hypothesis_settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    seed=st.integers(1, 3),
    days=st.lists(st.integers(0, DAYS), min_size=1, max_size=3),
)
def test_a_continued_run_is_the_same(tmp_path: Path, kind: str, seed: int, days: list[int]):
    """Stopped on any days, each time put into a fresh simulation, with any number of threads."""
    path = tmp_path / "run.checkpoint"
    settings = KINDS[kind](seed)
    simulation = Simulation(town(), settings)
    for stop in sorted(days):
        simulation.run(until=stop)
        before = everything(simulation)
        save_checkpoint(simulation, path, DIGEST)
        assert differing(everything(simulation), before) == []
        simulation.close()
        simulation = Simulation(town(), settings, threads=1 + stop % 3)
        load_checkpoint(simulation, path, DIGEST)
        assert simulation.day == stop
        assert differing(everything(simulation), before) == []
    tally = simulation.run()
    simulation.close()
    assert differing(everything(simulation), uninterrupted(kind, seed)) == []
    assert tally.infections.sum() > 500
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_the_runs_are_worth_interrupting():
    held = uninterrupted("measures", 1)
    assert held["tally isolated"].sum() > 100
    assert held["tally reports"].sum() > 100
    assert held["stay longest"].max() > 15
    assert (held["tally stock_used"].sum(axis=0) > 0).all()
    assert held["tally cases_untraced"].any()
    assert (held["tally infections"].sum(axis=(0, 1))[:TRAVEL] > 0).all()
    with Simulation(town(), busy()) as simulation:
        simulation.run(until=20)
        held = everything(simulation)
    some = ("isolated_person", "pending_person", "patients_person", "queue_person", "log_person",
            "ancestry_person", "fresh", "left", "tubes_read", "address_listed")  # fmt: skip
    assert [name for name in some if not held[f"kept {name}"].any()] == []
    assert any(held[name].any() for name in held if name.startswith("trigger"))
    assert uninterrupted("no measures", 1)["tally infections"].sum() > PERSONS


def test_longest_stays_go_on():
    with Simulation(town(), busy()) as whole:
        whole.run()
        expected = whole.confinement.longest_stays(DAYS)
    assert expected[:, 15:].sum() > 100


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Return a checkpoint of day 20 of a run with measures."""
    path = tmp_path / "run.checkpoint"
    with Simulation(town(), busy()) as simulation:
        simulation.run(until=20)
        save_checkpoint(simulation, path, DIGEST)
    return path


def assert_refused(path: Path, settings: Settings | None = None, digest: str = DIGEST) -> None:
    """A checkpoint is refused with its path in the message, and changes nothing."""
    with Simulation(town(), settings or busy()) as simulation:
        before = everything(simulation)
        with pytest.raises(CheckpointError, match=path.name):
            load_checkpoint(simulation, path, digest)
        assert differing(everything(simulation), before) == []
        simulation.run(until=3)


def test_a_checkpoint_of_other_inputs_is_refused(saved: Path):
    assert_refused(saved, digest="b" * 64)


def test_a_missing_checkpoint_is_refused(tmp_path: Path):
    assert_refused(tmp_path / "nothing.checkpoint")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.2, 0.5, 0.9, 0.999])
def test_a_truncated_checkpoint_is_refused(saved: Path, share: float):
    whole = saved.read_bytes()
    saved.write_bytes(whole[: int(len(whole) * share)])
    assert_refused(saved)


def test_foreign_files_are_refused(saved: Path, tmp_path: Path):
    foreign = tmp_path / "foreign.checkpoint"
    foreign.write_text("day,infections\n0,5\n")
    assert_refused(foreign)
    with foreign.open("wb") as file:
        np.save(file, np.arange(10))
    assert_refused(foreign)
    with foreign.open("wb") as file:
        np.savez(file, population=np.arange(10))
    assert_refused(foreign)
    with foreign.open("wb") as file:
        np.savez(file, allow_pickle=True, format=np.array([{"a": 1}], object))
    assert_refused(foreign)
    foreign.unlink()
    foreign.mkdir()
    assert_refused(foreign)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("infected_on", lambda a: a[:-1]),
        ("protected", lambda a: a[:5]),
        ("whereabouts", lambda a: a[:-1]),
        ("known", lambda a: a[:5]),
        ("dose_day", lambda a: a[:, :17]),
        ("stay_tier", lambda a: a[1:]),
        ("stay_longest", lambda a: np.append(a, 1)),
        ("trigger_2", lambda a: a[1:]),
        ("past_keep", lambda a: a[..., :2]),
        ("kept_left", lambda a: a[1:]),
        ("kept_isolated_since", lambda a: a[1:]),
        ("kept_pending_lab", lambda a: a[1:]),
        ("kept_patients_need", lambda a: a[1:]),
        ("kept_queue_known", lambda a: a[1:]),
        ("kept_log_person", lambda a: a[1:]),
        ("kept_ancestry_source", lambda a: a[1:]),
        ("kept_last_positive_0", lambda a: a[1:]),
        ("kept_isolated_person", None),
        ("cohort_size", lambda a: a + 1),
        ("cohort_day", lambda a: a[:-1]),
        ("cohort_person", lambda a: a[:-3]),
        ("tally_infections", lambda a: a[:, :1]),
        ("tally_reports", lambda a: a[:-1]),
        ("day", lambda a: a + 1_000),
        ("format", lambda a: a + 1),
        ("protected", None),
        ("cohort_record", None),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(
    saved: Path, name: str, change: Callable[[np.ndarray], np.ndarray] | None
):
    """Arrays of another city, or that contradict each other, even with the right digest."""
    with np.load(saved) as file:
        arrays = dict(file)
    if change is None:
        del arrays[name]
    else:
        arrays[name] = change(arrays[name])
    with saved.open("wb") as file:
        np.savez(file, **arrays)
    assert_refused(saved)


def test_damaged_bytes_are_noticed_or_do_not_matter(saved: Path):
    """Any byte may be wrong: either the file is refused, or the run goes on as it would have."""
    whole = saved.read_bytes()
    places = np.linspace(0, len(whole) - 1, 150).astype(int).tolist()
    places += list(range(60)) + list(range(len(whole) - 60, len(whole)))
    with Simulation(town(), busy()) as fresh:
        empty = everything(fresh)
        load_checkpoint(fresh, saved, DIGEST)
        loaded = everything(fresh)
    refused = 0
    simulation = Simulation(town(), busy(), threads=1)
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 0x5A
        saved.write_bytes(damaged)
        try:
            load_checkpoint(simulation, saved, DIGEST)
        except CheckpointError:
            refused += 1
            assert simulation.day == 0
        else:
            assert differing(everything(simulation), loaded) == []
            simulation = Simulation(town(), busy(), threads=1)
    assert differing(everything(simulation), empty) == []
    assert refused > len(places) / 2


def test_nothing_is_left_of_a_checkpoint_that_cannot_be_written(
    saved: Path, monkeypatch: pytest.MonkeyPatch
):
    before = saved.read_bytes()

    def full(file: Any, **arrays: Any) -> None:
        file.write(b"PK")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with Simulation(town(), busy()) as simulation, pytest.raises(OSError, match="No space"):
        save_checkpoint(simulation, saved, DIGEST)
    assert saved.read_bytes() == before
    assert [p.name for p in saved.parent.iterdir()] == [saved.name]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_contacts_of_past_days_can_be_read_after_going_on(tmp_path: Path, kind: str):
    """A tracer must not notice that the run was interrupted."""
    path = tmp_path / "run.checkpoint"
    with Simulation(town(), KINDS[kind](1)) as whole, Simulation(town(), KINDS[kind](1)) as again:
        whole.run(until=24)
        save_checkpoint(whole, path, DIGEST)
        load_checkpoint(again, path, DIGEST)
        for simulation in (whole, again):
            simulation.run(until=28)
        for day in (10, 20, 23, 24, 27):
            for person in range(0, PERSONS, 29):
                one, other = (s.contacts_of(person, day) for s in (whole, again))
                assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
