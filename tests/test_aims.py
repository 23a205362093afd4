"""Aims of a policy: which are stated wrongly, and when one is reached."""

from __future__ import annotations

from datetime import date

import costed_runs as costed
import numpy as np
import pytest
import xarray as xr
from judged_runs import FEW_DEATHS, LAST, answers, mild_runs, strict_runs

from lazaretto.outcomes.aims import Aim, infected_share, intensive_care_needed, reached


@pytest.fixture(scope="module")
def strict() -> xr.Dataset:
    return strict_runs()


@pytest.fixture(scope="module")
def mild() -> xr.Dataset:
    return mild_runs()


@pytest.fixture(scope="module")
def table(strict, mild):
    """The policy beside a milder one, nothing else said."""
    return answers(strict, mild, FEW_DEATHS)


def test_an_aim_says_what_is_wrong_with_it():
    with pytest.raises(ValueError, match="allowed: deaths, hospital, containment"):
        Aim("victory", LAST, 3)
    with pytest.raises(ValueError, match="say how many"):
        Aim("deaths", LAST)
    with pytest.raises(ValueError, match="0 or more"):
        Aim("hospital", LAST, -1)
    with pytest.raises(ValueError, match="containment only"):
        Aim("deaths", LAST, 3, 0.2)
    with pytest.raises(ValueError, match="0 to 1"):
        Aim("containment", LAST, 3, 20)
    assert Aim("containment", LAST).limit == 100
    assert Aim("containment", LAST).infected_limit == 0.1
    assert Aim("containment", LAST, 50, 0.025).words.endswith(
        "fewer than 50 new infections on 2022-04-29 and at most 2.5 % of residents ever infected"
    )
    assert "100 new infections on 2022-04-29" in Aim("containment", LAST).words


def test_an_aim_is_judged_on_days_of_the_run(strict):
    with pytest.raises(ValueError, match="2022-03-01 to 2022-04-29"):
        reached(strict, Aim("deaths", date(2022, 7, 1), 3))
    with pytest.raises(ValueError, match="'patients'"):
        reached(strict.drop_vars("patients"), Aim("hospital", LAST, 3))


def test_aims_are_reached_as_counted_by_hand(strict):
    deaths = strict["deaths"].sum("district").values
    for limit in (45, 60, 75):
        expected = deaths.sum(axis=1) <= limit
        assert (reached(strict, Aim("deaths", LAST, limit)) == expected).all()
    half = date(2022, 3, 30)  # day 29
    assert (reached(strict, Aim("deaths", half, 30)) == (deaths[:, :30].sum(axis=1) <= 30)).all()
    assert reached(strict, Aim("hospital", LAST, 20)).all()
    assert not reached(strict, Aim("hospital", LAST, 19)).any()
    assert reached(strict, Aim("hospital", date(2022, 3, 30), 0)).all(), "the beds were used later"
    infections = strict["infections_by_age"].isel(date=-1).sum("age").values
    assert (infections == 500).all()
    assert reached(strict, Aim("containment", LAST, 501)).all()
    assert not reached(strict, Aim("containment", LAST, 500)).any(), "fewer than"
    assert reached(costed.one_run(1), Aim("hospital", LAST, 20)).shape == (1,)


def test_an_epidemic_that_burnt_out_was_not_contained():
    """Nobody is left to infect on the last day; that is no containment."""
    runs = costed.many_runs(3)
    daily = runs["infections_by_age"].copy(deep=True)
    daily[:] = 0
    daily[0, 10, 5], daily[1, 10, 5] = 60_000, 54_000  # of 540,000 residents
    burnt = runs.assign(infections_by_age=daily)
    assert infected_share(burnt, LAST).tolist() == [60 / 540, 0.1, 0]
    assert infected_share(burnt, date(2022, 3, 10)).tolist() == [0, 0, 0], "before that day"
    assert reached(burnt, Aim("containment", LAST)).tolist() == [False, True, True]
    assert reached(burnt, Aim("containment", LAST, most_infected=0.12)).all()
    assert reached(burnt, Aim("containment", LAST, most_infected=0)).tolist() == [
        False,
        False,
        True,
    ]
    without_tiers = burnt.drop_vars("persons_by_tier")
    assert reached(without_tiers, Aim("containment", LAST)).tolist() == [False, True, True]
    with pytest.raises(ValueError, match="persons_by_tier"):
        reached(without_tiers.drop_vars("population"), Aim("containment", LAST))
    mild = costed.many_runs(3, sealed=10)
    table = answers(burnt, mild, Aim("containment", LAST))
    assert "at most 10 % of residents ever infected" in table["aim"].answer
    said = f"residents infected by {LAST}: 7.0% (0.0% to 11.1%) under this policy"
    assert said in table["suitability"].detail
    assert said in table["necessity"].detail
    assert any(line.endswith("under the less restrictive policy")
               for line in table["necessity"].detail)  # fmt: skip


def test_who_waits_for_intensive_care_needs_it():
    """Beds that run out do not make an aim of few in intensive care reached."""
    runs = costed.many_runs(2, icu=20)
    shape, aim = (2, runs.sizes["date"]), Aim("hospital", LAST, 25)
    assert reached(runs, aim).all()
    waiting = np.zeros((*shape, 2))
    waiting[0, 30, 1], waiting[1, 30, 0] = 6, 600  # for intensive care; for a ward
    by_care = runs.assign(patients_waiting=(("replicate", "date", "care"), waiting))
    assert intensive_care_needed(by_care).max(axis=1).tolist() == [26, 20]
    assert reached(by_care, aim).tolist() == [False, True]
    alone = by_care.isel(replicate=0, drop=True)
    assert reached(alone, aim).tolist() == [False]
    total = runs.assign(patients_waiting=(("replicate", "date"), waiting.sum(axis=2)))
    assert reached(total, aim).tolist() == [False, False], "not said for which care they wait"
    assert "in intensive care or waiting for it" in aim.words
