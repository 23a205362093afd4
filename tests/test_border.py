"""The border: the closed form of quarantine escape, and the engine against it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from busy_border import WILD, border
from scipy.stats import binomtest
from towns import CONTACTS, settings_for, small_town

from lazaretto.chance import Purpose, stream_key
from lazaretto.disease import CourseTable, courses, variants
from lazaretto.disease.quarantine_escape import Escape, escape
from lazaretto.engine.border import NEVER, records_when, travellers
from lazaretto.engine.city import AGE_MASK, city_of
from lazaretto.engine.rates import build_rates
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.vaccinated import no_vaccine
from lazaretto.people import Population
from lazaretto.scenario.border import PROTOCOLS, PreDepartureTest, Protocol

FALSE_ALARM = 1e-6
"""Of each statistical test, all of its comparisons together; seeds are fixed."""

Z = 5.2
"""A normal number is farther from 0 than this with probability 2e-7: five comparisons a test."""


def ill_share(people: Population, table: CourseTable) -> float:
    """Return the share of the infected with symptoms, were all residents infected."""
    return float(table.symptomatic_share[people.attributes & AGE_MASK].mean())


# -- the closed form ---------------------------------------------------------------------------


# -- the closed form ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", variants())
@pytest.mark.parametrize("exposure", [1, 7, 14])
def test_without_tests_it_is_the_tail_of_the_generation_interval(name, exposure):
    """Ashcroft et al. 2021: what a stay of q days leaves is the mean of S(s + q) over s."""
    table = courses(name)
    tail = np.append(table.generation_interval()[::-1].cumsum()[::-1], np.zeros(60))
    for days in (0, 3, 7, 14):
        expected = tail[np.arange(exposure) + days].mean()
        left = escape(table, Protocol(days, 0), exposure, noticed=0.0).left
        assert left == pytest.approx(expected, abs=1e-12)


def test_one_swab_multiplies_what_it_misses():
    """Infected on one known day, with all symptoms ignored, only one test's curve matters."""
    alone = escape(WILD, Protocol(6, 0), 1, noticed=0.0)
    tested = escape(WILD, Protocol(6, 0, ((5, "pcr"),)), 1, noticed=0.0)
    assert tested.left == pytest.approx(alone.left * (1 - WILD.pcr[4]), rel=1e-12)
    assert tested.found == pytest.approx(WILD.pcr[4], rel=1e-12)


def test_all_symptoms_noticed_leave_those_without():
    """After forty days everybody who ever has symptoms has had them."""
    found = escape(WILD, Protocol(40, 0), noticed=1.0, symptomatic_share=0.3).found
    assert found == pytest.approx(0.3, rel=1e-12)


@pytest.mark.parametrize("name", variants())
@pytest.mark.parametrize("tests", [(), ((1, "pcr"), (2, "antigen"))])
def test_longer_is_safer(name, tests):
    table = courses(name)
    stays = [escape(table, Protocol(days, 0, tests)) for days in range(2, 22)]
    for shorter, longer in pairwise(stays):
        assert longer.infectious <= shorter.infectious
        assert longer.left <= shorter.left
        assert longer.released <= shorter.released
    assert stays[0].left > stays[-1].left


def test_a_further_test_and_a_keener_eye_find_more():
    some = escape(WILD, Protocol(7, 3, ((3, "pcr"),)))
    assert escape(WILD, Protocol(7, 3, ((3, "pcr"), (7, "pcr")))).left < some.left
    assert escape(WILD, Protocol(7, 3, ((3, "pcr"),)), noticed=0.9).left < some.left


@pytest.mark.parametrize("before", [None, PreDepartureTest()])
def test_no_quarantine_lets_everybody_go(before):
    free = escape(WILD, PROTOCOLS["none"], before=before, noticed=1.0)
    assert (free.released, free.at_home) == (pytest.approx(1.0), 0.0)
    assert free.left > 0.4


def test_a_test_before_departure_keeps_back_those_long_infected():
    """Who boards nonetheless was infected later, and has more before him."""
    before = escape(WILD, PROTOCOLS["none"], before=PreDepartureTest())
    assert 0.4 < before.boards < 0.7
    assert before.left > escape(WILD, PROTOCOLS["none"]).left


def test_published_reductions_of_transmission():
    """Wild type, infected 0 to 7 days before arrival: Johansson et al. 2021, and Clifford et al.

    14 days alone prevent 96 to 100 % of transmission after arrival (doi
    10.1186/s12916-021-01975-w); 7 days with symptoms watched and a test on day 3 or 4 prevent 95 to
    99 % (its preprint, doi 10.1101/2020.11.23.20237412). 14 days leave less than 1 % (median) in
    Clifford et al. 2021 (PMC8485583), there of the number of infectious travellers.
    """
    free = escape(WILD, PROTOCOLS["none"], 8).left

    def prevented(protocol: Protocol, noticed: float) -> float:
        return 1 - escape(WILD, protocol, 8, noticed=noticed).left / free

    assert 0.99 < prevented(Protocol(14, 0), 0.0) <= 1
    for day in (4, 5):  # the day of arrival is the first
        assert 0.95 <= prevented(Protocol(7, 0, ((day, "pcr"),)), 1.0) <= 0.99


# -- the engine against it ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["5+3", "7+3", "none"])
def test_the_engine_lets_as_many_go_as_the_closed_form(name):
    """The number released undetected and infectious is binomial."""
    people, n_days, protocol = small_town(50_000, 2), 50, PROTOCOLS[name]
    before = PreDepartureTest(test="antigen", days_before=1)
    given_ = border(people, WILD, protocol, mean=2_000, n_days=n_days, before=before)
    made = settings_for(people, r0=0.01, n_days=n_days, table=WILD, arrivals=())
    with Simulation(people, replace(made, border=given_)) as simulation:
        tally = simulation.run()
    arrived = int(tally.imported[: n_days - protocol.days].sum())
    expected = escape(WILD, protocol, before=before, symptomatic_share=ill_share(people, WILD))
    released = int(tally.imported_released.sum())
    assert binomtest(released, arrived, expected.infectious).pvalue > FALSE_ALARM
    boarding = 2_000 * n_days * expected.boards  # a Poisson number
    assert abs(tally.imported.sum() - boarding) < Z * boarding**0.5


@pytest.mark.parametrize(
    "protocol",
    [Protocol(0, 0), Protocol(3, 0, ((2, "antigen"),)), Protocol(2, 3, ((1, "pcr"), (4, "pcr")))],
    ids=["none", "3", "2+3"],
)
def test_each_traveller_keeps_what_the_closed_form_says(protocol):
    """Found, still infectious, left after release, spent at home: one by one against the mean."""
    people, n_days = small_town(50_000, 2), 60
    rates = build_rates(WILD, CONTACTS, 0.02)
    made = border(people, WILD, protocol, mean=2_000, n_days=n_days)
    tail = np.cumsum(WILD.infectiousness[:, ::-1], axis=1)[:, ::-1]
    tail = np.pad(tail, ((0, 0), (0, 60)))
    share = ill_share(people, WILD)
    mix = np.array([1 - share, share]) @ WILD.probability
    found, infectious, left, home = [], [], [], []
    for day in range(n_days):
        some = travellers(made, 7, day, city_of(people), rates, no_vaccine())
        keys = [stream_key(7, Purpose.COURSE, when) for when in some.infected_on.tolist()]
        record = np.empty(some.person.size, np.uint32)
        records_when(city_of(people), rates, no_vaccine(), np.array(keys), some.person,
                     some.infected_on, record)  # fmt: skip
        course, since = (record & 0xFF).astype(int), day - some.infected_on
        undetected = some.found_on == NEVER
        found.append(~undetected)
        infectious.append(undetected & (some.last >= day + protocol.days))
        left.append(undetected * tail[course, since + protocol.days])
        start = since + protocol.facility_days
        end = np.minimum(some.found_on - some.infected_on, since + protocol.days)
        home.append(tail[course, start] - tail[course, np.maximum(start, end)])
    expected: Escape = escape(WILD, protocol, symptomatic_share=share)
    whole = float(mix @ tail[:, 0])
    for values, mean in (
        (found, expected.found), (infectious, expected.infectious),
        (left, expected.left * whole), (home, expected.at_home * whole),
    ):  # fmt: skip
        every = np.concatenate(values).astype(float)
        assert every.size > 100_000
        assert abs(every.mean() - mean) <= Z * every.std() / every.size**0.5 + 1e-6
