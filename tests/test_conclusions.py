"""Conclusions of a comparison: counted over pairs of runs, and under which structures they hold."""

from __future__ import annotations

import json

import numpy as np
import pytest
from costed_runs import many_runs
from twin_policies import write_policies

from lazaretto.outcomes.aims import Aim, chance
from lazaretto.scenario import Scenario
from lazaretto.studies.conclusions import (
    conclusions,
    deaths_of_missed_care,
    findings,
    judged_by,
    kept,
    verdict,
)
from lazaretto.studies.contrast import contrasts
from lazaretto.studies.pairs import pair_of


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_policies(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def sealing(town):
    return pair_of(Scenario.load(town / "twin.yaml"))


@pytest.fixture(scope="module")
def made_up():
    """Results of a policy that seals for 20 days and of one that seals nobody."""
    strict = many_runs(5, sealed=20, infections=300, deaths=2.0, icu=10)
    light = many_runs(5, sealed=0, controlled=0, infections=500, deaths=40.0, icu=20)
    for results, waiting in ((strict, 0), (light, 3)):
        shape = (results.sizes["replicate"], results.sizes["date"])
        results["patients_waiting"] = (("replicate", "date"), np.full(shape, waiting))
    return strict, light


MISSED_CARE = "it averts more deaths than its confinement may cost in missed care"


def test_missed_care_is_judged_over_its_whole_range(made_up, sealing):
    """No death of missed care at the low end; at the high end more than a few averted ones."""
    strict, light = made_up
    aim = Aim("deaths", strict["date"].values[-1].astype("datetime64[D]").item(), 500)
    by = judged_by(sealing.policy, aim, strict, light)
    ends = [(deaths_of_missed_care(strict, bound) - deaths_of_missed_care(light, bound)).mean()
            for bound in ("low", "mid", "high")]  # fmt: skip
    assert 0 == ends[0] < ends[1] < ends[2]
    between = (ends[1] + ends[2]) / 2
    daily = np.zeros(strict["deaths"].shape)
    fewer = light.assign(deaths=(strict["deaths"].dims, daily))
    fewer["deaths"][:, 0, 0] = between
    found = conclusions(strict.assign(deaths=0 * strict["deaths"]), fewer, by)
    held = [bool(found[f"{MISSED_CARE}, {where}"].all())
            for where in ("at the low end of the range", "at the middle of the range",
                          "at the high end of the range")]  # fmt: skip
    assert held == [True, True, False]


def test_the_peak_of_intensive_care_counts_who_waits(made_up, sealing):
    """Beds that run out under one policy do not make it the one that needs fewer."""
    strict, light = made_up
    aim = Aim("deaths", strict["date"].values[-1].astype("datetime64[D]").item(), 500)
    by = judged_by(sealing.policy, aim, strict, light)._replace(limited_beds=True)
    shape = (strict.sizes["replicate"], strict.sizes["date"], 2)
    waiting = np.zeros(shape)
    waiting[:, 30, 1] = 50
    queue = strict.assign(patients_waiting=(("replicate", "date", "care"), waiting))
    none = light.assign(patients_waiting=(("replicate", "date", "care"), np.zeros(shape)))
    found = conclusions(queue, none, by)
    assert not found["it keeps the peak need of intensive care lower"].any()
    assert not found["hospital beds suffice under the policy"].any()
    assert conclusions(none, queue, by)["hospital beds suffice under the policy"].all()


def test_conclusions_are_counted_over_pairs_of_runs(made_up, sealing):
    strict, light = made_up
    aim = Aim("deaths", strict["date"].values[-1].astype("datetime64[D]").item(), 500)
    by = judged_by(sealing.policy, aim, strict, light)
    assert not by.limited_beds
    averted = float((light["deaths"] - strict["deaths"]).sum() / 5)
    assert by.sealed_per_death == pytest.approx(540_000 * 20 / averted)
    found = conclusions(kept(strict), kept(light), by)
    said = {statement: int(happened.sum()) for statement, happened in found.items()}
    price = f"{2 * by.sealed_per_death:,.0f}"
    assert said == {
        "the policy reaches its aim": 5,
        "the less restrictive policy reaches the aim": 0,
        "the policy averts infections": 5,
        "the policy averts deaths": 5,
        f"{MISSED_CARE}, at the low end of the range": 5,
        f"{MISSED_CARE}, at the middle of the range": 5,
        f"{MISSED_CARE}, at the high end of the range": 5,
        "it keeps the peak need of intensive care lower": 5,
        f"a death averted takes at most {price} more sealed person-days": 5,
    }
    turned = conclusions(kept(light), kept(strict), by)
    assert not turned["the policy averts deaths"].any()
    beds = conclusions(kept(light), kept(strict), by._replace(limited_beds=True))
    assert not beds["hospital beds suffice under the policy"].any()
    alike = conclusions(kept(strict), kept(strict), by)
    assert not alike["the policy averts infections"].any()


def test_without_deaths_averted_nothing_is_said_of_their_price(made_up, sealing):
    strict, light = made_up
    aim = Aim("containment", strict["date"].values[-1].astype("datetime64[D]").item())
    by = judged_by(sealing.policy, aim, light, strict)
    assert by.sealed_per_death is None
    assert not any("a death averted" in each for each in conclusions(light, strict, by))


def test_both_pans_are_set_side_by_side_run_by_run(made_up):
    strict, light = made_up
    rows = {row.kind: row for row in contrasts(strict, light)}
    deaths = (strict["deaths"] - light["deaths"]).sum(("date", "district"))
    low, mid, high = rows["deaths"].difference
    assert (low, mid, high) == (deaths.min(), deaths.median(), deaths.max())
    assert rows["persons in intensive care, peak"].difference.mid == -10
    assert rows["days sealed"].less.mid == 0
    assert "break-outs" not in rows  # none under either policy
    income = rows["income lost"]
    assert income.policy.low < income.policy.mid < income.policy.high
    assert income.difference.low < income.difference.mid < income.difference.high
    pans = [row.pan for row in rows.values()]
    assert pans == sorted(pans, key=("virus", "policy").index)
    assert json.dumps([row.as_json() for row in rows.values()])


YES, NO, HALF = (chance(np.arange(10) < k) for k in (10, 0, 5))


@pytest.mark.parametrize(
    ("chances", "said"),
    [
        ({"as configured": YES}, "holds"),
        ({"as configured": HALF}, "does not hold; too few runs to be sure"),
        ({"as configured": YES, "a": YES, "law": YES}, "holds under all 3 structures"),
        ({"as configured": NO, "a": NO, "law": NO}, "holds under none of the 3 structures"),
        ({"as configured": YES, "a": NO, "b": NO, "law": YES}, "only under as configured, law"),
        ({"as configured": NO, "a": YES, "b": NO, "law": NO}, "only under a"),
        (
            {"as configured": YES, "a": NO, "b": YES, "law": YES},
            "not under a; under all others it holds",
        ),
        (
            {"as configured": YES, "a": YES, "b": NO, "law": NO},
            "unresolved, the two size laws of break-outs disagree: holds under as configured, a; "
            "not under b, law",
        ),
    ],
)
def test_the_verdict_says_under_which_structures_a_conclusion_holds(chances, said):
    assert verdict(chances, "law") == said


def test_structures_that_made_no_difference_count_for_no_verdict():
    every = {"as configured": YES, "a": YES, "b": YES, "law": YES}
    assert verdict(every, "law", ["a"]) == (
        "holds under all 3 structures; 1 made no difference in these runs"
    )
    assert verdict(every, "law", ["a", "b", "law"]) == (
        "holds; no structure made a difference in these runs"
    )
    assert verdict({"as configured": YES, "law": HALF}, "law").startswith("only under"), (
        "the size laws disagree where the runs tell under both"
    )


def test_findings_keep_the_order_and_the_counts(made_up, sealing):
    strict, light = made_up
    aim = Aim("deaths", strict["date"].values[-1].astype("datetime64[D]").item(), 500)
    by = judged_by(sealing.policy, aim, strict, light)
    own = conclusions(strict, light, by)
    found = findings({"as configured": own, "other": conclusions(light, strict, by)}, "other")
    assert [each.statement for each in found] == list(own)
    assert found[0].chances["other"].reached == 0
    assert found[0].verdict.startswith("unresolved")
