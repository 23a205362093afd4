"""People who respond: off they change nothing; on they are the same at any number of threads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from towns import (
    START,
    Outcome,
    containment,
    differing,
    outcome,
    responsive,
    scarce_stocks,
    settings_for,
    small_town,
)

from lazaretto.engine.checkpoint import load_checkpoint, save_checkpoint
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.engine.simulation import Simulation
from lazaretto.measures import (
    FoodDelivery,
    IncomeSupport,
    Lockdown,
    LongestStay,
    MedicalPasses,
    OfficialInformation,
    ReduceContacts,
    Screening,
    VisitingRights,
    Zones,
)
from lazaretto.outcomes.results import OF_BEHAVIOUR
from lazaretto.people import Population
from lazaretto.scenario.behaviour import Behaviour

DAYS, PERSONS = 45, 6_000
PARTS = ("leakage", "fatigue", "hardship", "risk", "trust", "breakouts", "messages")


def since(day: int) -> dict[str, Any]:
    return {"from": START + timedelta(day)}


@pytest.fixture(scope="module")
def people() -> Population:
    return small_town(PERSONS, 3)


@pytest.fixture(scope="module")
def confined(people: Population) -> Settings:
    """Return a run in which everything is tested, traced, sealed, and nobody responds."""
    measures = (
        ReduceContacts(layers=["community", "workplace"], factor=0.6, **since(6)),
        Zones(unit="building", sealed_days=4, monitored_days=4, **since(4)),
        Lockdown(tier=3, areas=list(people.districts[:2]), **since(14)),
        Screening(participation=0.6, interval_days=5, crowding=0.5),
        *containment()[:5],
    )
    return settings_for(
        people, r0=9, n_days=DAYS, measures=measures, stocks=scarce_stocks(PERSONS, DAYS),
        arrivals=(Arrival(0, 0, PERSONS, 40), Arrival(20, 0, PERSONS, 40)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def unmoved(people: Population, confined: Settings) -> Outcome:
    return outcome(people, confined)


@pytest.fixture(scope="module")
def moved(people: Population, confined: Settings) -> Outcome:
    return outcome(people, replace(confined, behaviour=responsive()), threads=1)


def off(*parts: str) -> dict[str, Any]:
    return {part: {"active": False} for part in parts}


# -- off ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_b12_all_couplings_off_is_the_plain_epidemic(people, confined, seed):
    """Bit for bit, whatever else behaviour says."""
    loud = {**off(*PARTS), "enforcement": 2, "enforcement_effect": 1}
    plain = outcome(people, replace(confined, seed=seed))
    silent = outcome(people, replace(confined, seed=seed, behaviour=Behaviour.model_validate(loud)))
    assert set(differing(plain, silent)) <= {"trust"}
    assert silent.counts["trust"].tolist() == [1_000_000] * DAYS


def test_without_leakage_and_risk_only_breakouts_touch_the_epidemic(people, confined, unmoved):
    quiet = responsive(**off("leakage", "risk", "breakouts"))
    found = outcome(people, replace(confined, behaviour=quiet))
    assert set(differing(unmoved, found)) <= set(OF_BEHAVIOUR)
    assert found.counts["food_insecure"].sum() > 0


@pytest.mark.parametrize("part", PARTS)
def test_each_coupling_alone_can_be_turned_off(people, confined, moved, part):
    """Without one part the run is another one, but for what that part does not reach."""
    found = outcome(people, replace(confined, behaviour=responsive(**off(part))))
    assert differing(moved, found) != []
    silent = {"hardship": ["food_insecure"], "breakouts": ["breakouts", "copies"],
              "messages": ["copies", "views"], "leakage": ["leaks"]}  # fmt: skip
    for name in silent.get(part, []):
        assert moved.counts[name].sum() > 0
        assert found.counts[name].sum() == 0
    if part == "trust":
        assert found.counts["trust"].tolist() == [1_000_000] * DAYS


def test_in_an_open_city_only_risk_matters(people):
    open_city = settings_for(people, r0=3, n_days=DAYS)
    careless = replace(open_city, behaviour=responsive(**off("risk")))
    assert set(differing(outcome(people, open_city), outcome(people, careless))) <= {"trust"}


SUPPORT = (
    FoodDelivery(share=0.0),
    MedicalPasses(share=0.0),
    IncomeSupport(share=0.0),
    OfficialInformation(accuracy=0.0),
    VisitingRights(share=0.0, contacts=0.0),
    LongestStay(days=365, rest_days=1),
)


@pytest.mark.parametrize("null", SUPPORT, ids=lambda measure: measure.word)
def test_support_that_gives_nothing_changes_nothing(people, confined, moved, null):
    settings = replace(confined, behaviour=responsive(), measures=(*confined.measures, null))
    assert differing(moved, outcome(people, settings)) == []


def test_support_reaches_people(people, confined, moved):
    """Food, passes and income lower leakage; information keeps trust; a longest stay is kept."""

    def with_(*support):
        measures = (*confined.measures, *support)
        found = outcome(people, replace(confined, behaviour=responsive(), measures=measures))
        return found.counts

    fed = with_(FoodDelivery(share=0.9))
    assert fed["food_insecure"].sum() < 0.2 * moved.counts["food_insecure"].sum()
    day = 16  # the same buildings are sealed as yet
    assert fed["leaks"][:day].sum() <= moved.counts["leaks"][:day].sum()
    told = with_(OfficialInformation(accuracy=1.0))
    assert (told["trust"][20:] > moved.counts["trust"][20:]).all()
    rested = with_(LongestStay(days=5, rest_days=3))
    stays = np.flatnonzero(rested["longest_stays"].sum(axis=0))
    assert stays.max() == 5
    assert np.flatnonzero(moved.counts["longest_stays"].sum(axis=0)).max() > 20


# -- the same bits -----------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_do_not_matter(people, confined, moved, threads):
    assert (
        differing(moved, outcome(people, replace(confined, behaviour=responsive()), threads)) == []
    )


@pytest.mark.parametrize("stop", [3, 15, 30])
def test_a_run_goes_on_from_a_checkpoint(people, confined, moved, stop, tmp_path: Path):
    settings = replace(confined, behaviour=responsive())
    with Simulation(people, settings, 2) as first:
        first.run(until=stop)
        save_checkpoint(first, tmp_path / "c.npz", "digest")
    with Simulation(people, settings, 1) as second:
        load_checkpoint(second, tmp_path / "c.npz", "digest")
        assert second.day == stop
        tally = second.run()
    found = tally.arrays()
    assert [n for n in found if not np.array_equal(found[n], moved.counts[n])] == []
    assert tally.series_sha256() == moved.series_sha256


def test_responsive_people_make_the_run_another_one(unmoved: Outcome, moved: Outcome):
    """So that what is compared above is worth comparing."""
    assert moved.series_sha256 != unmoved.series_sha256
    assert moved.counts["breakouts"].sum() > 20
    assert moved.counts["leaks"].sum() > 10_000
    assert (moved.counts["breakout_ends"].sum(axis=0) > 0).all()


def test_a_small_place_does_not_show_which_compound_broke_out(people, monkeypatch):
    """Where districts are small tiers are counted as ordered; elsewhere concessions show."""
    torn = {"ignition": 1, "starters": 40, "repression": 0, "concession": 1,
            "usual_fatigue": 0, "usual_hardship": 0}  # fmt: skip
    made = settings_for(
        people, n_days=30, measures=(Lockdown(tier=3, **since(2)),),
        behaviour=responsive(breakouts=torn),
    )  # fmt: skip
    hidden = outcome(people, made).counts
    assert hidden["breakouts"].sum() > 5
    sealed = hidden["persons_by_tier"][2:].sum(axis=1)
    assert (sealed == [0, 0, 0, PERSONS]).all()
    monkeypatch.setattr("lazaretto.engine.responding.SMALLEST_AREA", 1)
    shown = outcome(people, made).counts
    assert (shown["breakouts"] == hidden["breakouts"]).all()
    assert shown["persons_by_tier"][:, :, 2].sum() > 100


# -- conservation ------------------------------------------------------------------------------


def test_residents_are_counted_once_in_every_way(people, moved):
    counts = moved.counts
    by_tier = counts["persons_by_tier"]
    assert (by_tier.sum(axis=(1, 2)) == PERSONS).all()
    assert (counts["persons_by_income"].sum(axis=3) == by_tier).all()
    assert (counts["confined_by_age"].sum(axis=1) == by_tier.sum(axis=1)).all()
    assert (counts["persons_by_group"] <= by_tier[..., None]).all()
    both = counts["pupils"] + counts["workers"].sum(axis=3)
    assert (both <= by_tier).all()
    assert (counts["infections_by_income"].sum(axis=1) == counts["infections"].sum((1, 2))).all()
    assert (counts["symptomatic_by_age"] <= counts["infections_by_age"]).all()
    assert (counts["deaths_by_income"].sum(axis=1) == counts["deaths"].sum(axis=1)).all()
    closed = by_tier[:, :, 2:].sum(axis=(1, 2))
    assert (counts["food_insecure"].sum(axis=(1, 2)) <= closed + 10).all()
    assert (counts["aware"].sum(axis=1) <= PERSONS).all()
    assert (np.diff(counts["aware"].sum(axis=1)) >= 0).all()
    weekday = np.array([(START + timedelta(day)).weekday() for day in range(DAYS)])
    assert counts["pupil_days_lost"][weekday >= 5].sum() == 0
    assert counts["work_days_lost"][weekday >= 5].sum() == 0
