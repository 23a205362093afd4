"""The scenario china-cai-2022 carries the inputs of Cai et al. 2022: what goes in, and a small run.

The run at full size and its figures are in docs/china-2022.md.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from epidemics import crowd

from lazaretto.disease import courses, dose_days, severity, variants
from lazaretto.engine.age_mixing import read_matrix, relative_rates
from lazaretto.engine.checked import checked_measures
from lazaretto.engine.city import city_of
from lazaretto.engine.prepare import contact_rates
from lazaretto.engine.rates import MOST_DAYS
from lazaretto.engine.transmissibility import meeting, next_generation, solve
from lazaretto.people import read_area
from lazaretto.people.areas import HUNDREDTH
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies import cai2022
from lazaretto.words import LAYERS

DISEASE = "omicron-cai-2022"
AGES = read_area(HUNDREDTH).persons.sum(axis=0)
INPUTS = cai2022.inputs()


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load("china-cai-2022")


def test_it_can_be_run_and_its_disease_is_no_variant(scenario: Scenario):
    checked_measures(scenario)
    assert scenario.disease == DISEASE
    assert DISEASE not in variants()


def test_a_hundredth_of_china():
    area = read_area(HUNDREDTH)
    assert area.n_persons * 100 == pytest.approx(INPUTS.population.sum(), rel=1e-3)
    old = AGES[14:].sum() * 100
    assert old == pytest.approx(INPUTS.population[-1], rel=1e-3)
    assert area.employed.sum() * 100 == pytest.approx(7.1e8, rel=0.15)


def test_times_are_theirs():
    table = courses(DISEASE)
    assert table.n_days <= MOST_DAYS
    days = np.arange(table.n_days)
    start = table.probability[0] @ table.latent_days
    # 1.2 days in dates, of which what would fall on the day of infection is moved to day 1
    assert 1.2 < start < 1.5
    # latent and infectious, less what is cut off after 26 days: 5.6 - 27 exp(-27/5.6) / (1 - ...)
    cut = np.exp(-27 / 5.6)
    expected = start + 5.6 - 27 * cut / (1 - cut)
    assert table.generation_interval() @ days == pytest.approx(expected, abs=0.15)


def test_severity_is_theirs_where_bands_fit():
    """30 to 79 years, in bands that both have; their table is shipped to four digits."""
    made = severity(DISEASE)
    theirs = np.searchsorted(INPUTS.first_age, np.arange(30, 80, 5), side="right") - 1
    for mine, of_them in (
        (courses(DISEASE).symptomatic_share, INPUTS.symptomatic),
        (made.hospital, INPUTS.hospital),
        (made.icu, INPUTS.icu),
        (made.death_ward, INPUTS.death_ward),
        (made.death_icu, INPUTS.death_icu),
    ):
        assert mine[6:16] == pytest.approx(of_them[theirs], abs=6e-5)


def test_doses_are_theirs(scenario: Scenario):
    """Share of each age with so many doses before and after the wave, within 3 % of residents."""
    course = cai2022.run(replace(INPUTS, seeds=0.0))
    assert scenario.vaccination is not None
    days = dose_days(scenario.vaccination, scenario.start, 1, 200)[0]
    theirs = np.searchsorted(INPUTS.first_age, np.arange(0, 90, 5) + 4, side="right") - 1
    for day in (0, 30, 100):
        immunity = course.immunity[course.outbreak + day]
        for dose, first in ((1, 1), (2, 4), (3, 7)):
            expected = (immunity[first:10].sum(axis=0) / INPUTS.population)[theirs]
            mine = (days[:, :, dose - 1] <= day).mean(axis=1)
            whole = np.abs(mine - expected)[4:]  # younger bands are cut by theirs
            assert whole.max() < 0.03, (day, dose)


def test_r0_is_their_eigenvalue(scenario: Scenario):
    people = crowd(1_000_000, AGES / AGES.sum())
    table = courses(DISEASE)
    contacts = contact_rates(scenario, people)
    met = meeting(people, city_of(people), table)
    beta = solve(float(scenario.r0), met, table, contacts)
    generation = next_generation(beta, met, table, contacts)
    assert np.abs(np.linalg.eigvals(generation)).max() == pytest.approx(3.9, rel=2e-3)
    assert contacts.per_day.tolist() == [0.0] * (len(LAYERS) - 1) + [5.0]
    expected = relative_rates(read_matrix("cai2022"), people.household_persons.sum(axis=0))
    assert contacts.by_age == pytest.approx(expected, rel=1e-12)


def test_an_unknown_matrix_is_a_problem_of_its_key():
    scenario = Scenario.load("china-cai-2022", ["contacts.community.by_age=cai"])
    with pytest.raises(ScenarioError) as raised:
        checked_measures(scenario)
    assert [p.key for p in raised.value.problems] == ["contacts.community.by_age"]
