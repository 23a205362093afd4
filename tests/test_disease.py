"""Natural history: tables add up, agree with their sources, and the page is current."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma

from lazaretto import scenario
from lazaretto.disease import Variant, courses, variant, variants
from lazaretto.disease.course_table import individual_infectiousness, whole_days
from lazaretto.disease.detection import detection_by_day
from lazaretto.disease.natural_history import by_age_band, by_day
from lazaretto.disease.reference import IMPLIED, diseases_page
from lazaretto.provenance import Figure

PAGE = Path(__file__).parents[1] / "docs" / "diseases.md"
EVERY = pytest.mark.parametrize("name", variants())


def test_the_names_are_those_a_scenario_may_use():
    assert variants() == scenario.DISEASES


def test_an_unknown_variant_lists_those_there_are():
    with pytest.raises(KeyError, match="omicron-ba2"):
        variant("omicron")


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == diseases_page(), (
        "run: python -m lazaretto.disease.reference docs/diseases.md"
    )


@EVERY
def test_a_table_fits_its_contract(name):
    table = courses(name)
    assert table.n_courses <= 255
    assert table.n_days <= 24
    assert table.infectiousness.shape == (table.n_courses, table.n_days)
    assert table.infectiousness.dtype == np.float64
    assert (table.infectiousness >= 0).all()
    assert (table.infectiousness[:, 0] == 0).all()
    assert table.probability.shape == (2, table.n_courses)
    assert table.probability.sum(axis=1) == pytest.approx([1, 1], abs=1e-12)
    assert (table.probability[0, table.symptomatic] == 0).all()
    assert (table.probability[1, ~table.symptomatic] == 0).all()
    assert table.latent_days.dtype == np.int64
    assert table.latent_days.min() >= 1
    assert table.onset_probability.shape == (7,)
    assert table.onset_probability.sum() == pytest.approx(1, abs=1e-12)
    for by_age in (table.symptomatic_share, table.susceptibility):
        assert by_age.shape == (18,)
    assert ((table.symptomatic_share > 0) & (table.symptomatic_share < 1)).all()
    assert table.susceptibility[5] == 1
    assert table.protection[0] == 0
    assert (np.diff(table.protection) >= 0).all()
    assert table.protection[-1] < 1
    for test in (table.pcr, table.antigen):
        assert test.shape == (31,)
        assert ((test >= 0) & (test < 1)).all()
        assert test[-1] == 0
    assert (table.antigen <= table.pcr).all()
    assert not table.infectiousness.flags.writeable


@EVERY
def test_nobody_is_infectious_before_the_latent_period_is_over(name):
    table = courses(name)
    for row, latent in zip(table.infectiousness, table.latent_days, strict=True):
        assert (row[:latent] == 0).all()
        assert row[latent] > 0


@EVERY
def test_infectiousness_adds_up_to_one_or_to_the_asymptomatic_share_of_it(name):
    table = courses(name)
    relative = variant(name).asymptomatic_infectiousness.value
    assert table.probability @ table.infectiousness.sum(axis=1) == pytest.approx([relative, 1])


@EVERY
def test_every_figure_says_where_it_is_from(name):
    figures = list(variant(name).figures())
    assert len({key for key, _ in figures}) == len(figures) >= 15
    for key, figure in [*figures, *variant(name).checks]:
        assert figure.source, key
        assert figure.unit, key
        assert figure.status in ("measured", "fitted", "assumed"), key
        if figure.low is not None and figure.high is not None:
            assert figure.low <= figure.value <= figure.high, key


def test_ba2_agrees_with_the_sources_it_names():
    table = courses("omicron-ba2")
    checks = dict(variant("omicron-ba2").checks)
    assert set(checks) == set(IMPLIED)
    for key, (_, _, attribute) in IMPLIED.items():
        assert checks[key].low <= getattr(table, attribute) <= checks[key].high, key


@pytest.mark.parametrize("name", ["wild-type", "delta", "omicron-ba1"])
def test_incubation_and_generation_interval_agree_with_the_sources(name):
    checks = dict(variant(name).checks)
    for key in ("incubation_mean", "generation_mean"):
        value = getattr(courses(name), IMPLIED[key][2])
        assert checks[key].low <= value <= checks[key].high, key


@EVERY
@given(reproduction=st.floats(0.05, 30))
@settings(max_examples=25, deadline=None)
def test_growth_rate_solves_euler_lotka(name, reproduction):
    table = courses(name)
    rate = table.growth_rate(reproduction)
    days = np.arange(table.n_days)
    left = reproduction * table.generation_interval() @ np.exp(-rate * days)
    assert left == pytest.approx(1, rel=1e-9)
    assert table.reproduction_number(rate) == pytest.approx(reproduction, rel=1e-9)
    assert rate * (reproduction - 1) >= -1e-12


def test_growth_of_a_renewal_process_is_the_rate_promised():
    table = courses("omicron-ba2")
    interval = table.generation_interval()
    infections = np.zeros(400)
    infections[0] = 1.0
    for day in range(1, infections.size):
        past = infections[max(0, day - table.n_days + 1) : day][::-1]
        infections[day] = 2.0 * past @ interval[1 : past.size + 1]
    assert np.log(infections[-1] / infections[-2]) == pytest.approx(table.growth_rate(2.0), 1e-6)


def test_growth_rate_wants_a_positive_number():
    with pytest.raises(ValueError, match="above 0"):
        courses("delta").growth_rate(0)


def test_generation_interval_is_latent_period_plus_transmission():
    table = courses("omicron-ba2")
    profile = table.mean_generation_interval - table.mean_latent
    assert profile == pytest.approx(variant("omicron-ba2").transmission_mean.value, abs=0.01)
    assert table.generation_interval(0.0) == pytest.approx(table.generation_interval(1.0))


def test_presymptomatic_share_by_counting():
    table = courses("omicron-ba2")
    before = total = 0.0
    for course in np.flatnonzero(table.symptomatic):
        for offset, chance in enumerate(table.onset_probability):
            onset = table.latent_days[course] + offset
            weight = table.probability[1, course] * chance
            row = table.infectiousness[course]
            before += weight * (row[:onset].sum() + 0.5 * row[onset])
            total += weight * row.sum()
    assert table.presymptomatic_share == pytest.approx(before / total)


@given(mean=st.floats(0.5, 4), ratio=st.floats(0.3, 1.2))
@settings(max_examples=50, deadline=None)
def test_whole_days_keep_the_mean(mean, ratio):
    weights = whole_days(mean, mean * ratio, 60)
    assert weights.min() >= -1e-12
    assert weights.sum() == pytest.approx(1)
    assert weights @ np.arange(61) == pytest.approx(mean, rel=1e-3)


def test_whole_days_are_differences_of_dates():
    # An interval that starts at a time u of the day ends on date floor(u + x).
    starts = (np.arange(400) + 0.5) / 400
    times = gamma.ppf((np.arange(2000) + 0.5) / 2000, 4.0, scale=0.5)
    dates = np.floor(starts[:, None] + times[None]).astype(int).ravel()
    counted = np.bincount(dates, minlength=15)[:15] / dates.size
    assert whole_days(2.0, 1.0, 14) == pytest.approx(counted, abs=2e-3)


@given(dispersion=st.floats(0.1, 10))
@settings(max_examples=50, deadline=None)
def test_heterogeneity_has_mean_one_and_most_of_its_variance(dispersion):
    multiplier, probability = individual_infectiousness(dispersion)
    assert multiplier.shape == probability.shape == (8,)
    assert probability.sum() == pytest.approx(1)
    assert multiplier @ probability == pytest.approx(1)
    assert (np.diff(multiplier) > 0).all()
    variance = multiplier**2 @ probability - 1
    assert 0.9 / dispersion < variance < 1 / dispersion


def test_ages_are_split_by_single_years():
    figure = Figure(0.5, "share", "test", "assumed")
    groups = (("0-17", figure), ("18+", replace(figure, value=1.0)))
    bands = by_age_band(groups)
    assert bands[2] == 0.5
    assert bands[3] == pytest.approx((3 * 0.5 + 2 * 1.0) / 5)
    assert bands[4] == bands[17] == 1.0
    with pytest.raises(ValueError, match="no figure for age 18"):
        by_age_band(groups[:1])
    with pytest.raises(ValueError, match="overlaps"):
        by_age_band((*groups, ("60+", figure)))


def test_days_between_anchors_lie_on_a_line():
    figure = Figure(0.0, "share", "test", "assumed")
    assert by_day(((0, figure), (4, replace(figure, value=1.0)))).tolist() == [
        0,
        0.25,
        0.5,
        0.75,
        1,
    ]
    with pytest.raises(ValueError, match="ascend"):
        by_day(((1, figure),))


def test_detection_is_the_published_curve_moved():
    pcr, antigen = detection_by_day(0.0)
    assert pcr[4] == pytest.approx(0.78539)
    assert antigen[4] == pytest.approx(0.63225)
    earlier, _ = detection_by_day(1.0)
    assert earlier[3] == pcr[4]
    assert earlier[0] == pcr[0]


def test_a_changed_variant_makes_its_own_table():
    base = variant("omicron-ba2")
    longer = replace(base, latent_mean=replace(base.latent_mean, value=3.0))
    assert isinstance(longer, Variant)
    assert courses(longer).mean_latent == pytest.approx(3.0, abs=0.02)
    assert courses(base) is courses("omicron-ba2")
