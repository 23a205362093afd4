"""B7 and B13: where people of Shanghai were infected and found in spring 2022.

The shipped scenario, all 24.87 million residents, as it is: people respond. `make test` runs one
seed and `make validate` four more; 50 would take 20 minutes. A number of several seeds passes if
their range overlaps the band.

B7. Yin and Zhang 2022 (doi 10.1101/2022.09.02.22279556, abstract read): of 35,743 addresses listed
with a case, about 20 % had been listed on the day before until the lockdown and more than 40 % in
the plateau; cases peaked 16 days after the lockdown (13 April after 28 March). Chen et al. 2022
(PMC9448412): 37 % of subdistricts had 80 % of cases. What Yin and Zhang call intra-address
infection is the share of addresses listed again, not of infections caught at the own address, which
nobody has measured. Both are held against the band of the behaviour notes (2.8).

B13. Daily reports of 14 to 28 April. A case counts as found in control where the tier of its
building was controlled or sealed, or where it was isolated: the null model that everybody in a
sealed area counts as controlled, whatever they do. Where there are positives is sealed, and then
the next positives there are in control, so the share is small however the epidemic goes. **It must
not be used as evidence of containment.**
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

import numpy as np
import pytest
from evidence import measured

from lazaretto.engine.prepare import prepare
from lazaretto.engine.simulation import Simulation
from lazaretto.outcomes import Tally
from lazaretto.scenario import Scenario
from lazaretto.words import BUILDING, COMPOUND, FOUND_WHERE, HOUSEHOLD, LAYERS

SCENARIO = "shanghai-2022"
FIRST_BATCH, WHOLE_CITY = "2022-03-28", "2022-04-01"
"""Lockdown of the first districts, and of the rest."""

PLATEAU = ("2022-04-08", "2022-05-10")
"""A week after the whole city was locked down, so that infections before it are past."""

Number = Callable[[Tally], float]

START = Scenario.load(SCENARIO).start


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((1,), id="one seed"),
        pytest.param((2, 3, 4, 5), id="four seeds", marks=pytest.mark.slow),
    ],
)
def waves(request: pytest.FixtureRequest) -> list[Tally]:
    """Return what was counted in the wave of Shanghai, by seed."""
    scenario = Scenario.load(SCENARIO)
    assert scenario.behaviour is not None, "people respond in the shipped scenario"
    tallies = []
    for seed in request.param:
        prepared = prepare(scenario, seed)
        with Simulation(prepared.people, prepared.settings, 2) as simulation:
            tallies.append(simulation.run())
    return tallies


def day(written: str) -> int:
    """Return the day of the run of a date."""
    return (date.fromisoformat(written) - START).days


def days(first: str, last: str) -> slice:
    """Return the days of the run from one date to another, both included."""
    return slice(day(first), day(last) + 1)


def overlaps(waves: list[Tally], number: Number, low: float, high: float, what: str) -> bool:
    """Return whether the range of a number over the seeds overlaps a band."""
    by_seed = np.array([number(tally) for tally in waves])
    print(f"{what}: {np.round(by_seed, 4).tolist()}, band {low:g} to {high:g}")
    measured(what, by_seed.mean(), low, high)
    return bool(by_seed.min() <= high and by_seed.max() >= low)


# -- B7: caught at the own address, and addresses listed again ------------------------------------


def caught_at_home(tally: Tally, first: str, last: str) -> float:
    """Return the share of infections caught in the household, the building or the compound."""
    by_layer = tally.infections[days(first, last), :, : len(LAYERS)].sum(axis=(0, 1))
    return float(by_layer[[HOUSEHOLD, BUILDING, COMPOUND]].sum() / by_layer.sum())


def listed_the_day_before(tally: Tally, first: str, last: str) -> float:
    """Return the share of compounds with a new case that had one the day before, of these days."""
    of_days = days(first, last)
    again = tally.addresses_again[of_days.start - 1 : of_days.stop - 1, 1].sum()
    return float(again / tally.addresses[of_days, 0].sum())


BEFORE = ("2022-03-18", "2022-03-27")
"""Addresses were listed from 18 March."""

SHARES = {"caught at the own address": caught_at_home, "listed again": listed_the_day_before}


@pytest.mark.parametrize("what", SHARES)
def test_b7_the_share_of_the_own_address_rises_in_lockdown(waves, what):
    for tally in waves:
        before, after = SHARES[what](tally, *BEFORE), SHARES[what](tally, *PLATEAU)
        print(f"{what}: {before:.3f} before, {after:.3f} after")
        assert after > before


@pytest.mark.xfail(
    strict=True,
    reason="0.97 of infections are caught at home, in the building or in the compound, and 0.91 "
    "before the lockdown; band 0.35 to 0.60 (0.2). Spring's distance leaves few contacts "
    "elsewhere, and contacts with neighbours were tuned up to fit reports in sealed zones. The "
    "source counts addresses listed again, not infections",
)
def test_b7_share_caught_at_the_own_address_in_lockdown(waves):
    number = partial(caught_at_home, first=PLATEAU[0], last=PLATEAU[1])
    assert overlaps(waves, number, 0.35, 0.60, "own address")


@pytest.mark.xfail(
    strict=True,
    reason="0.79 of compounds with a case had one the day before, and 0.56 before the lockdown; "
    "band 0.35 to 0.60 (0.2). 21,386 compounds stand for 37,798 addresses, and a larger place is "
    "listed again more often",
)
def test_b7_addresses_listed_again_in_lockdown(waves):
    number = partial(listed_the_day_before, first=PLATEAU[0], last=PLATEAU[1])
    assert overlaps(waves, number, 0.35, 0.60, "listed the day before")


# -- B7: the peak, and subdistricts ----------------------------------------------------------------


def days_to_most_reports(tally: Tally, since: str) -> float:
    """Return the days from a date to most reported cases, net."""
    confirmed, asymptomatic, reclassified = np.moveaxis(tally.reports.sum(axis=1), -1, 0)
    return float((confirmed + asymptomatic - reclassified).argmax() - day(since))


def days_to_most_infections(tally: Tally, since: str) -> float:
    """Return the days from a date to most infections caught in the city."""
    return float(tally.infections[:, :, : len(LAYERS)].sum(axis=(1, 2)).argmax() - day(since))


def test_b7_reported_cases_peak_after_the_lockdown(waves):
    """As the source counts: reported cases, from the lockdown of the first districts.

    The day is that of the results of the rounds on 4 and 6 April as much as of the epidemic.
    """
    number = partial(days_to_most_reports, since=FIRST_BATCH)
    assert overlaps(waves, number, 10, 22, "days from 28 March to most reports")


@pytest.mark.xfail(
    strict=True,
    reason="infections peak on 4 April, 7 days after 28 March and 3 after 1 April; band 10 to 22: "
    "they turn with the rounds of the whole city on 4 and 6 April. When infections peaked in truth "
    "is not known, only when reports did",
)
@pytest.mark.parametrize("since", [FIRST_BATCH, WHOLE_CITY])
def test_b7_infections_peak_after_the_lockdown(waves, since):
    number = partial(days_to_most_infections, since=since)
    assert overlaps(waves, number, 10, 22, f"days from {since} to most infections")


def subdistricts_with_most(tally: Tally) -> float:
    """Return the fewest subdistricts that hold 80 % of reported cases, as a share of all."""
    worst_first = np.sort(tally.cases_by_subdistrict)[::-1].cumsum()
    return float((np.sum(worst_first < 0.8 * worst_first[-1]) + 1) / worst_first.size)


@pytest.mark.xfail(
    strict=True,
    reason="0.57 to 0.62 of subdistricts hold 80 % of cases, band 0.25 to 0.50: in the model "
    "subdistricts of a district differ in size alone, and arrivals of March live anywhere",
)
def test_b7_few_subdistricts_have_most_cases(waves):
    assert overlaps(waves, subdistricts_with_most, 0.25, 0.50, "subdistricts with 80 % of cases")


# -- B13: found outside control --------------------------------------------------------------------


def found_outside_control(tally: Tally, on: str) -> float:
    """Return the share of a day's cases found in buildings in the tiers precaution and open."""
    found = tally.found[day(on)].sum(axis=0)
    outside = [FOUND_WHERE.index(tier) for tier in ("precaution", "open")]
    return float(found[outside].sum() / found.sum())


@pytest.mark.parametrize(
    ("on", "share"),
    [
        ("2022-04-14", 0.031),
        ("2022-04-21", 0.014),
        ("2022-04-26", 0.014),
        ("2022-04-27", 0.020),
        ("2022-04-28", 0.011),
    ],
)
def test_b13_share_found_outside_control(waves, on, share):
    """Order of magnitude only: within a factor of ten. No evidence of containment, see above."""
    number = partial(found_outside_control, on=on)
    assert overlaps(waves, number, share / 10, min(share * 10, 1), f"found outside control {on}")


def test_b13_fewer_are_found_outside_control_than_live_there(waves):
    """Tiers follow positives, so this holds whatever sealing does."""
    for tally in waves:
        for on in ("2022-04-14", "2022-04-28"):
            residents = tally.persons_by_tier[day(on)].sum(axis=0)
            outside = residents[:2].sum() / residents.sum()
            print(f"{on}: {outside:.3f} of residents, {found_outside_control(tally, on):.4f} found")
            assert found_outside_control(tally, on) < outside
