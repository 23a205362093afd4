"""Contacts of the community by age: rates, r0, final size, the diary, and nothing where absent.

Statistical tests: false-alarm rate 1e-6 each, fixed seeds.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from epidemics import (
    BAND,
    FALSE_ALARM,
    Floats,
    Trials,
    community_settings,
    crowd,
    keep_only,
    lasting,
    one_layer,
    residents_by_age,
    without_heterogeneity,
)
from evidence import measured
from scipy.stats import chi2, t
from towns import CONTACTS, settings_for, small_town

from lazaretto.disease import CourseTable, courses
from lazaretto.engine.age_mixing import (
    AT_RANDOM,
    ContactMatrix,
    MixingError,
    read_matrix,
    relative_rates,
)
from lazaretto.engine.city import city_of
from lazaretto.engine.diary import other_contacts
from lazaretto.engine.rates import ContactRates, build_rates
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.transmissibility import (
    meeting,
    next_generation,
    secondary_infections,
    solve,
)
from lazaretto.people import Population, read_area
from lazaretto.people.areas import HUNDREDTH
from lazaretto.words import COMMUNITY

AGES = read_area(HUNDREDTH).persons.sum(axis=0)


@pytest.fixture(scope="module")
def by_age() -> Floats:
    return relative_rates(read_matrix("cai2022"), AGES)


@pytest.fixture(scope="module")
def people() -> Population:
    return crowd(2_000_000, AGES / AGES.sum())


@pytest.fixture(scope="module")
def table() -> CourseTable:
    """One course, two days infectious: an infected person transmits as any other of the age."""
    return lasting(without_heterogeneity(courses("wild-type"), [0.6, 0.4]), np.linspace(0.4, 1, 18))


def mixed(by_age: Floats, per_day: float = 1.0) -> ContactRates:
    return one_layer(COMMUNITY, per_day)._replace(by_age=by_age)


# -- the matrix --------------------------------------------------------------------------------


def test_bands_that_fit_keep_the_contacts_of_every_pair_of_ages():
    """Of five-year bands: what is drawn, times who there is, is the matrix again."""
    residents = np.arange(100, 280, 10)
    contacts = np.random.default_rng(1).uniform(0, 5, (18, 18))
    matrix = ContactMatrix(np.arange(0, 90, 5), contacts)
    rates = relative_rates(matrix, residents)
    pairs = residents[:, None] * rates * residents / residents.sum() ** 2
    reported = (contacts * residents[:, None]).T  # row: the infected, column: who reports them
    assert pairs.sum() == pytest.approx(1, rel=1e-12)
    assert pairs == pytest.approx(reported / reported.sum(), rel=1e-12)


def test_the_shipped_matrix_has_the_contacts_of_its_bands(by_age: Floats):
    """30 to 69 are bands of five years in both; others are cut at single years."""
    given = read_matrix("cai2022")
    assert given.first_age.tolist() == [0, 3, 12, 18, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70]
    mine, theirs = slice(6, 14), slice(5, 13)
    per_pair = given.contacts[theirs, theirs] / AGES[mine]
    ratio = by_age[mine, mine].T / per_pair
    assert ratio == pytest.approx(np.full((8, 8), ratio[0, 0]), rel=1e-12)
    share = AGES / AGES.sum()
    assert share @ by_age @ share == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("cai", "", "cai2022"),
        ("none.csv", None, "cannot be read"),
        ("x.csv", "age,contacts\n1,2\n", "no column age_of_contact"),
        ("x.csv", "{head}0-9,0-9,1\n10+,0-9,-1\n", "no number of 0 or more"),
        ("x.csv", "{head}0-9,0-9,1\n11+,0-9,1\n0-9,11+,1\n11+,11+,1\n", "leave out an age"),
        ("x.csv", "{head}0-9,0-9,1\n10+,0-9,1\n10+,10+,1\n", "no row for 0 and over with 10"),
        ("x.csv", "{head}0+,0+,1\n0+,0+,1\n", "twice"),
        ("x.csv", "{head}0+,all,1\n", "ages such as"),
        ("x.csv", "{head}0+,0+,0\n", "nobody meets"),
    ],
)
def test_a_matrix_that_cannot_be_used_is_refused(tmp_path, name, rows, said):
    head = "age_of_participant,age_of_contact,contacts_per_day_mean\n"
    if rows is not None:
        (tmp_path / "x.csv").write_text(rows.replace("{head}", head), encoding="utf-8")
    with pytest.raises(MixingError, match=said):
        read_matrix(name, tmp_path)


# -- nothing where absent ----------------------------------------------------------------------


def test_without_a_matrix_there_is_one_row():
    beta = 0.3
    rates = build_rates(courses("omicron-ba2"), CONTACTS, beta)
    assert CONTACTS.by_age is AT_RANDOM
    assert rates.open.shape[0] == rates.place.shape[0] == 1
    assert rates.met.shape == (1, 1)


def infected(people: Population, contacts: ContactRates, threads: int) -> list[tuple[int, ...]]:
    rows: list[tuple[int, ...]] = []

    def note(day, new):
        rows.extend(zip([day] * new.person.size, new.person.tolist(), new.source.tolist(),
                        new.layer.tolist(), strict=True))  # fmt: skip

    settings = settings_for(people, r0=4.0, n_days=40, contacts=contacts)
    settings = replace(settings, transmissibility=0.25)
    with Simulation(people, settings, threads=threads, on_infections=note) as simulation:
        simulation.run()
    return sorted(rows)


def test_a_matrix_of_ones_is_no_matrix_and_threads_do_not_matter(by_age: Floats):
    """Equal rates for all ages draw the very contacts drawn without a matrix."""
    people = small_town(6_000, 3)
    plain = infected(people, CONTACTS, 2)
    assert len(plain) > 1_000
    assert infected(people, CONTACTS._replace(by_age=np.ones((18, 18))), 2) == plain
    other = infected(people, CONTACTS._replace(by_age=by_age), 1)
    assert other != plain
    assert infected(people, CONTACTS._replace(by_age=by_age), 8) == other


# -- r0, the next generation, the final size ---------------------------------------------------


def closed_form(by_age: Floats, table: CourseTable, share: Floats) -> Floats:
    """Return infections of each age (column) by one infected (row) at unit transmissibility."""
    relative = table.susceptibility / table.susceptibility.max()
    return by_age * (relative * share)


def test_r0_is_the_mean_over_residents(people: Population, table: CourseTable, by_age: Floats):
    contacts, share = mixed(by_age), residents_by_age(people) / people.n_persons
    met = meeting(people, city_of(people), table)
    beta = solve(2.0, met, table, contacts)
    generation = beta * closed_form(by_age, table, share)
    assert next_generation(beta, met, table, contacts) == pytest.approx(generation, rel=1e-9)
    assert share @ generation.sum(axis=1) == pytest.approx(2.0, rel=1e-6)
    assert secondary_infections(beta, met, table, contacts)[COMMUNITY] == pytest.approx(2.0)


def test_an_index_case_infects_each_age_as_the_matrix_says(
    people: Population, table: CourseTable, by_age: Floats
):
    contacts = mixed(by_age)
    share = residents_by_age(people) / people.n_persons
    beta = solve(2.0, meeting(people, city_of(people), table), table, contacts)
    bands, index = people.bands(), np.zeros(18)
    pairs = np.zeros((18, 18))

    def follow(day, new):
        if day == 0:
            np.add.at(index, bands[new.person], 1)
        else:
            np.add.at(pairs, (bands[new.source], bands[new.person]), 1)

    settings = replace(community_settings(table, beta, n_days=4), contacts=contacts)
    trials = Trials(people, settings)
    for run in range(20):
        simulation = trials.begin(run, 2_000, follow)
        while simulation.day < 4:
            simulation.advance()
            keep_only(simulation, lambda cohort: np.full(cohort.size, cohort.day == 0))
            simulation.state.protected[:] = 0
    expected = index[:, None] * beta * closed_form(by_age, table, share)
    enough = expected > 5
    value = float(((pairs - expected)[enough] ** 2 / expected[enough]).sum())
    z = (pairs.sum() - expected.sum()) / np.sqrt(expected.sum())
    print(
        f"{pairs.sum():.0f} of {expected.sum():.0f} (z {z:+.2f}); chi2 {value:.0f}, {enough.sum()}"
    )
    assert enough.sum() > 200
    assert abs(z) < BAND
    assert value < chi2.isf(FALSE_ALARM, enough.sum())


def test_final_size_by_age(people: Population, table: CourseTable, by_age: Floats):
    """z_b = 1 - exp(-sum_a z_a n_a k_ab), k the infections per pair; Ball and Clancy 1993.

    The index cases are part of the equation; the standard error is that between runs (Student's t).
    """
    contacts = mixed(by_age)
    n = residents_by_age(people)
    share = n / people.n_persons
    beta = solve(1.6, meeting(people, city_of(people), table), table, contacts)
    settings = replace(community_settings(table, beta, n_days=200), contacts=contacts)
    bands, runs, first = people.bands(), 12, 2_000
    sizes = np.zeros((runs, 18))
    for run in range(runs):

        def count(day, new, run=run):
            np.add.at(sizes[run], bands[new.person], 1)

        simulation = Trials(people, settings).begin(run, first, count)
        while simulation.day == 0 or simulation.cohorts:
            simulation.advance()
    generation = beta * closed_form(by_age, table, share)
    seeded = first / people.n_persons
    z = np.full(18, 0.9)
    for _ in range(5_000):
        force = (share * z) @ (generation / share)
        z = 1 - (1 - seeded) * np.exp(-force)
    mean, error = (sizes / n).mean(axis=0), (sizes / n).std(axis=0, ddof=1) / np.sqrt(runs)
    print(np.round(z, 4), np.round((mean - z) / error, 2))
    furthest, limit = np.abs(mean - z).max() / error, t.isf(FALSE_ALARM / 36, runs - 1)
    measured("final size by age, largest z", furthest.max(), None, limit)
    assert (np.abs(mean - z) / error < t.isf(FALSE_ALARM / 36, runs - 1)).all()
    assert (np.abs(mean - z) < 0.003).all()


def test_the_diary_has_the_contacts_of_the_rate(by_age: Floats):
    """Mean contacts drawn in the community over residents, made ones only, is the rate."""
    table, contacts = courses("omicron-ba2"), mixed(by_age, 6.0)
    other = other_contacts(table, contacts, 0.0)
    rates = build_rates(table, contacts, 0.0)
    share = AGES / AGES.sum()
    cdf = other.open[:, :, 0] / 2.0**31
    drawn = (1 - cdf).sum(axis=1)
    made = drawn * ((rates.met / 2.0**31) @ share)
    assert share @ made == pytest.approx(6.0, rel=1e-6)
