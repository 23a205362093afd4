"""Vaccines: protection by week, and who had which dose when."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
import vaccinated_shanghai
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.disease import NOT_YET, dose_days, vaccine
from lazaretto.disease.vaccines import COURSES
from lazaretto.scenario import PRODUCTS, Scenario, ScenarioError, Vaccination

EVERY = pytest.mark.parametrize("product", PRODUCTS)
START = date(2022, 2, 20)


def risks(product):
    made = vaccine(product)
    return np.array([made.infection, made.symptoms, made.hospital, made.death])


def test_the_products_are_those_a_scenario_may_name():
    assert tuple(COURSES) == PRODUCTS
    with pytest.raises(KeyError, match="inactivated, mrna, ad5"):
        vaccine("sputnik")


@EVERY
def test_risks_are_risks_and_no_dose_is_no_protection(product):
    table = risks(product)
    assert table.shape == (4, 5, 54)
    assert (table[:, 0] == 1).all()
    assert ((table > 0) & (table <= 1)).all()


@EVERY
def test_protection_rises_after_a_dose_and_then_wanes(product):
    overall = np.cumprod(risks(product), axis=0)
    for dose in range(2, 5):
        for outcome in range(4):
            by_week = overall[outcome, dose]
            best = int(by_week.argmin())
            assert 2 <= best <= 16
            assert (np.diff(by_week[: best + 1]) < 0).all()
            assert (np.diff(by_week[best:]) > 0).all()


@EVERY
def test_another_dose_never_harms(product):
    overall = np.cumprod(risks(product), axis=0)
    for week in (4, 12, 26, 53):
        assert (np.diff(overall[:, :, week], axis=1) <= 1e-9).all()


@EVERY
def test_every_figure_says_where_it_is_from(product):
    listed = list(vaccine(product).figures())
    assert len(dict(listed)) == len(listed) == 2 + 4 * 2 * 4
    for key, figure in listed:
        assert figure.source, key
        assert figure.unit, key
        if figure.low is not None and figure.high is not None:
            assert figure.low <= figure.value <= figure.high, key


def test_inactivated_moves_between_the_published_ends():
    made = vaccine("inactivated")
    # Cai et al. 2022: a second dose works with 0.29 and wanes to 0.37, from 0.644 of the first.
    assert 0.29 < made.hospital[2].min() < 0.33
    assert made.hospital[2, 53] == pytest.approx(0.37, abs=0.02)
    assert made.hospital[1, 53] == pytest.approx(0.644, abs=1e-3)
    # Euler steps of the same chain of stages, 1/14 and 1/180 per day, as an independent way.
    state, steps = np.array([1.0, 0.0, 0.0]), 2000
    for _ in range(round(180 * steps / 100)):
        out = np.array([state[0] / 14, state[1] / 180]) * 100 / steps
        state = state + np.array([-out[0], out[0] - out[1], out[1]])
    expected = state @ np.array([0.644, 0.29, 0.37])
    assert np.interp(180, 7 * np.arange(54) + 3.5, made.hospital[2]) == pytest.approx(
        expected, abs=2e-4
    )


def test_mrna_gives_back_the_effectiveness_it_was_made_of():
    courses = COURSES["mrna"][1]
    severe = [np.prod(course.fresh.values()[:3]) for course in courses]
    assert severe[1] == pytest.approx(0.80 * (0.345 / 0.80) * (0.107 / 0.345), abs=1e-3)
    assert 1 - severe[2] == pytest.approx(0.979, abs=1e-3)
    assert 1 - np.prod(courses[2].waned.values()) == pytest.approx(0.946, abs=1e-3)


def test_nobody_is_vaccinated_without_a_section():
    days = dose_days(None, START, 3, 10)
    assert days.shape == (3, 18, 10, 4)
    assert days.dtype == np.int16
    assert (days == NOT_YET).all()


def section(*doses, product="inactivated"):
    keys = ("dose", "ages", "share", "from", "to")
    return {"product": product, "doses": [dict(zip(keys, d, strict=True)) for d in doses]}


def test_lower_bins_are_vaccinated_first():
    written = section(
        (1, "60+", 0.5, "2022-02-10", "2022-03-02"), (2, "60+", 0.3, "2022-03-12", "2022-03-12")
    )
    days = dose_days(Vaccination.model_validate(written), START, 1, 10)[0]
    assert (days[:12] == NOT_YET).all()
    # Bin i had it a share (i + 1/2) / 5 of the way from day -10 to day 10.
    assert days[12, :, 0].tolist() == [-8, -4, 0, 4, 8, *[NOT_YET] * 5]
    assert days[17, :, 1].tolist() == [20, 20, 20, *[NOT_YET] * 7]
    assert (days[:, :, 2:] == NOT_YET).all()


@given(
    shares=st.lists(st.floats(0, 1), min_size=4, max_size=4),
    gaps=st.lists(st.integers(0, 200), min_size=8, max_size=8),
    n_bins=st.integers(1, 60),
)
@settings(max_examples=100, deadline=None)
def test_doses_come_one_after_another_to_the_share_asked_for(shares, gaps, n_bins):
    shares = sorted(shares, reverse=True)
    first, last, doses = date(2021, 3, 1), date(2021, 3, 1), []
    for i, share in enumerate(shares):
        first += timedelta(gaps[2 * i])
        last = max(last, first) + timedelta(gaps[2 * i + 1])
        doses.append((i + 1, "3-79", share, first, last))
    days = dose_days(Vaccination.model_validate(section(*doses)), START, 2, n_bins)
    assert (np.diff(days.astype(int), axis=3) >= 0).all()
    assert (days[0] == days[1]).all()
    given_ = (days[0] != NOT_YET).mean(axis=1)
    assert np.abs(given_[1:16] - shares).max() <= 0.5 / n_bins + 1e-9
    assert np.abs(given_[0] - 0.4 * np.array(shares)).max() <= 0.5 / n_bins + 1e-9
    assert (given_[16:] == 0).all()


def scenario(vaccination):
    return {
        "name": "town", "title": "Town", "place": "shanghai", "disease": "omicron-ba2", "r0": 5,
        "start": "2022-02-20", "end": "2022-03-20", "vaccination": vaccination,
    }  # fmt: skip


def test_a_scenario_without_it_says_nothing_of_it():
    written = scenario(None)
    del written["vaccination"]
    made = Scenario.from_mapping(written)
    assert made.vaccination is None
    assert "vaccination" not in made.resolved()


def test_a_scenario_with_it_is_read_written_and_listed():
    made = Scenario.from_mapping(scenario(vaccinated_shanghai.written()))
    assert Scenario.from_mapping(made.resolved()) == made
    assert made.vaccination.doses[7].years() == (80, 90)
    assert dict(made.figures())["vaccination.doses.7.share"].value == 0.15
    changed = Scenario.from_mapping(
        scenario(vaccinated_shanghai.written()), {"vaccination.doses.7.share": "0.1"}
    )
    assert changed.digest() != made.digest()


@pytest.mark.parametrize(
    ("doses", "key"),
    [
        ([(1, "old", 0.5, "2021-03-01", "2021-06-01")], "vaccination.doses.0.ages"),
        ([(1, "79-60", 0.5, "2021-03-01", "2021-06-01")], "vaccination.doses.0.ages"),
        ([(1, "60+", 1.5, "2021-03-01", "2021-06-01")], "vaccination.doses.0.share"),
        ([(5, "60+", 0.5, "2021-03-01", "2021-06-01")], "vaccination.doses.0.dose"),
        ([(1, "60+", 0.5, "2021-06-01", "2021-03-01")], "vaccination.doses.0.to"),
        ([(2, "60+", 0.5, "2021-03-01", "2021-06-01")], "vaccination.doses.0.share"),
        (
            [
                (1, "60+", 0.5, "2021-03-01", "2021-06-01"),
                (1, "80+", 0.2, "2021-03-01", "2021-06-01"),
            ],
            "vaccination.doses.1.ages",
        ),
        (
            [
                (1, "60+", 0.5, "2021-03-01", "2021-06-01"),
                (2, "60+", 0.2, "2021-02-01", "2021-07-01"),
            ],
            "vaccination.doses.1.from",
        ),
        (
            [
                (1, "60+", 0.5, "2021-03-01", "2021-06-01"),
                (2, "55-79", 0.2, "2021-03-01", "2021-07-01"),
            ],
            "vaccination.doses.1.share",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_key(doses, key):
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_mapping(scenario(section(*doses)))
    assert [problem.key for problem in caught.value.problems] == [key]


def test_an_unknown_product_lists_those_there_are():
    with pytest.raises(ScenarioError, match="inactivated"):
        Scenario.from_mapping(
            scenario(section((1, "60+", 0.5, "2021-03-01", "2021-06-01"), product="x"))
        )
