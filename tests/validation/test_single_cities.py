"""Beijing 2022, Wuhan 2020 and Hong Kong 2022 against what was published, whole cities.

Three seeds each, as shipped. As for Shanghai (tests/test_shanghai_people.py) a number passes if its
range over the seeds overlaps the published band; where only one figure was published the band is
that figure. What was tuned to is said: agreement there is a description and no test. Sources stand
in docs/beijing-wuhan-hong-kong.md. Seeds are fixed, so nothing here fails by chance.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache

import numpy as np
import pytest
from evidence import measured, running

from lazaretto.engine.prepare import prepare
from lazaretto.engine.simulation import Simulation
from lazaretto.outcomes import Tally
from lazaretto.people import read_area
from lazaretto.report.reproduction import by_case
from lazaretto.scenario import Scenario
from lazaretto.words import TIERS

pytestmark = pytest.mark.slow

SEEDS = (1, 2, 3)
SEALED = TIERS.index("sealed")


@cache
def runs(name: str) -> tuple[Tally, ...]:
    """Return what was counted in the shipped scenario, by seed."""
    scenario = Scenario.load(name)
    tallies = []
    for seed in SEEDS:
        prepared = prepare(scenario, seed)
        with Simulation(prepared.people, prepared.settings, 2) as simulation:
            tallies.append(simulation.run())
    return tuple(tallies)


def day(name: str, written: str) -> int:
    """Return the day of the run of a date."""
    return (date.fromisoformat(written) - Scenario.load(name).start).days


def overlaps(name: str, number: Callable[[Tally], float], low: float, high: float) -> bool:
    """Return whether the range of a number over the seeds overlaps a band."""
    by_seed = np.array([number(tally) for tally in runs(name)])
    what = running().replace("test_", "").replace("_", " ")
    print(f"{what}: {np.round(by_seed, 4).tolist()}, band {low:g} to {high:g}")
    if low < high:
        measured(what, by_seed.mean(), low, high)
    else:
        measured(f"{what}, published", low, by_seed.min(), by_seed.max())
    return bool(by_seed.min() <= high and by_seed.max() >= low)


def reported(tally: Tally, until: int) -> float:
    """Return infections reported to a day of the run, reclassified cases once."""
    net = tally.reports[: until + 1, :, 0] + tally.reports[: until + 1, :, 1]
    return float((net - tally.reports[: until + 1, :, 2]).sum())


def infected(tally: Tally, until: int) -> float:
    """Return infections to a day of the run."""
    return float(tally.infections[: until + 1].sum())


# -- Beijing, spring 2022 -------------------------------------------------------------------------

BEIJING = "beijing-2022"


@pytest.mark.parametrize(
    ("on", "published"),
    [("2022-05-01", 350), ("2022-05-04", 505), ("2022-05-16", 1_113), ("2022-05-24", 1_591),
     ("2022-06-07", 1_829), ("2022-06-22", 2_219)],
)  # fmt: skip
def test_beijing_reports(on, published):
    """Tuned to those of 1 and 4 May and 7 June; the others follow."""
    until = day(BEIJING, on)
    assert overlaps(BEIJING, lambda tally: reported(tally, until), published, published)


def district_share(names: tuple[str, ...]) -> Callable[[Tally], float]:
    """Return what gives the share of reports to 7 June in some districts."""
    rows = [read_area("beijing").districts.index(name) for name in names]
    until = day(BEIJING, "2022-06-07")

    def share(tally: Tally) -> float:
        net = (tally.reports[: until + 1, :, :2].sum(axis=2)).sum(axis=0)
        return float(net[rows].sum() / net.sum())

    return share


def test_beijing_chaoyang_has_its_share_of_reports():
    """429 of 1,829."""
    assert overlaps(BEIJING, district_share(("Chaoyang",)), 429 / 1829, 429 / 1829)


def test_beijing_never_sealed_a_tenth_of_its_people():
    """Nobody was ordered to stay at home but where there were cases."""
    for tally in runs(BEIJING):
        assert tally.persons_by_tier[:, :, SEALED].sum(axis=1).max() < 0.1 * 21_893_095


def test_beijing_late_has_many_times_the_infections_in_every_pair():
    for early, late in zip(runs(BEIJING), runs("beijing-late"), strict=True):
        many, few = late.infections.sum(), early.infections.sum()
        print(f"infected {few:,}, as in beijing-late {many:,}")
        assert late.infections.sum() > 4 * early.infections.sum()


# -- Wuhan, 2020 ----------------------------------------------------------------------------------

WUHAN = "wuhan-2020"


def reproduction(first: str, last: str) -> Callable[[Tally], float]:
    """Return what gives the mean number infected by those infected between two dates."""
    span = slice(day(WUHAN, first), day(WUHAN, last) + 1)

    def number(tally: Tally) -> float:
        return float(tally.secondary[span].sum() / tally.infections[span].sum())

    return number


def test_wuhan_reproduction_number_before_and_after():
    """WH01: 3.23 (2.22 to 4.20) and 0.45 (0.20 to 0.69), Liang et al. 2021; r0 was not tuned."""
    assert overlaps(WUHAN, reproduction("2019-12-15", "2020-01-09"), 2.22, 4.20)
    assert overlaps(WUHAN, reproduction("2020-01-24", "2020-02-29"), 0.20, 0.69)


def test_reproduction_by_case_is_what_the_report_shows():
    tally = runs(WUHAN)[0]
    infections = tally.infections.sum(axis=(1, 2))[None].astype(np.float64)
    shown = by_case(infections, tally.secondary[None].astype(np.float64))[0]
    middle = day(WUHAN, "2020-01-05")
    near = slice(middle - 1, middle + 2)
    assert shown[middle] == pytest.approx(tally.secondary[near].sum() / infections[0, near].sum())


def test_wuhan_confirmed_cases():
    """50,333; the share who are tested was tuned to it."""
    until = Scenario.load(WUHAN).n_days - 1
    assert overlaps(WUHAN, lambda tally: reported(tally, until), 50_333, 50_333)


def test_wuhan_share_infected():
    """Antibodies of 1.68, 2.39 and 3.77 % in three surveys; seeding was tuned to them."""
    residents = read_area("wuhan").n_persons
    assert overlaps(WUHAN, lambda tally: tally.infections.sum() / residents, 0.0168, 0.0377)


@pytest.mark.xfail(
    strict=True,
    reason="1,227 to 2,191 deaths where 3,869 were counted in the end: the table of severity gives "
    "0.5 % of the infected, Wuhan had about 1 %, and hospitals that were overwhelmed in January",
)
def test_wuhan_deaths():
    assert overlaps(WUHAN, lambda tally: float(tally.deaths.sum()), 3_869, 3_869)


# -- Hong Kong, fifth wave ------------------------------------------------------------------------

HONG_KONG = "hong-kong-2022"


@pytest.mark.xfail(
    strict=True,
    reason="6,900 to 7,000 deaths, 9,148 reported: outbreaks in care homes, and patients who found "
    "no bed in February, die no more often here than others",
)
def test_hong_kong_deaths():
    """HK01, Mefsin et al. 2022."""
    assert overlaps(HONG_KONG, lambda tally: float(tally.deaths.sum()), 9_148, 9_148)


def test_hong_kong_more_than_a_million_reported():
    """HK01; the share who test was tuned to it."""
    for tally in runs(HONG_KONG):
        assert reported(tally, tally.reports.shape[0] - 1) > 1_000_000


def test_hong_kong_share_infected():
    """48 % by 14 March to 60.5 % in the end, models of the University of Hong Kong; tuned to."""
    residents = read_area("hong-kong").n_persons
    assert overlaps(HONG_KONG, lambda tally: tally.infections.sum() / residents, 0.48, 0.605)


@pytest.mark.parametrize(
    ("on", "low", "high"), [("2022-02-28", 0.32e6, 2.86e6), ("2022-03-07", 1.0e6, 2.7e6)]
)
def test_hong_kong_infections_by_date(on, low, high):
    """Intervals of the university's nowcasts of 1 and 8 March 2022."""
    until = day(HONG_KONG, on)
    assert overlaps(HONG_KONG, lambda tally: infected(tally, until), low, high)


def test_hong_kong_infections_peak_in_the_first_ten_days_of_march():
    """4 March by the university's estimate; "early March" is read as its first ten days."""
    first, last = day(HONG_KONG, "2022-03-01"), day(HONG_KONG, "2022-03-10")

    def peak(tally: Tally) -> float:
        return float(tally.infections.sum(axis=(1, 2)).argmax())

    assert overlaps(HONG_KONG, peak, first, last)


@pytest.mark.xfail(
    strict=True,
    reason="reports are highest on 14 and 15 March, ten days late: all who test report at one rate "
    "here, where antigen tests of earlier days were declared together from 7 March",
)
def test_hong_kong_reports_peak_on_4_march():
    """8,764 cases per million on 4 March, MMWR 71(15)."""
    of = day(HONG_KONG, "2022-03-04")

    def peak(tally: Tally) -> float:
        return float(tally.reports[:, :, :2].sum(axis=(1, 2)).argmax())

    assert overlaps(HONG_KONG, peak, of, of)


@pytest.mark.xfail(
    strict=True,
    reason="97.2 to 97.6 %: the dead below 60 are too few by 1.5 points",
)
def test_hong_kong_share_of_the_dead_of_60_and_over():
    """5,655 of 5,906, MMWR 71(15): 95.2 to 96.3 % (95 % interval of the share)."""

    def old(tally: Tally) -> float:
        by_age = tally.deaths_by_age.sum(axis=(0, 2))
        return float(by_age[12:].sum() / by_age.sum())

    assert overlaps(HONG_KONG, old, 0.952, 0.963)


@pytest.mark.xfail(
    strict=True,
    reason="91 %: the old who were vaccinated during the wave are left out, and two doses of the "
    "inactivated vaccine protect the old better in the tables than they did",
)
def test_hong_kong_share_of_the_old_dead_without_a_dose():
    """3,970 of 5,655 of 60 and over, MMWR 71(15): 69 to 71.4 % (95 % interval)."""

    def without(tally: Tally) -> float:
        by_dose = tally.deaths_by_age[:, 12:].sum(axis=(0, 1))
        return float(by_dose[0] / by_dose.sum())

    assert overlaps(HONG_KONG, without, 0.690, 0.714)
