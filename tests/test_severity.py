"""Severe disease, death and tests: shares are shares, and Shanghai's totals come out."""

from __future__ import annotations

import csv
from datetime import date
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
import vaccinated_shanghai
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.disease import courses, dose_days, pooled, severity, vaccine, variants
from lazaretto.disease import testing as tests_taken
from lazaretto.disease.severity import times_odds
from lazaretto.provenance import Figure
from lazaretto.scenario import Vaccination

EVERY = pytest.mark.parametrize("name", variants())


def per_infection(name, level="shanghai"):
    """Return the chances of severe disease and death of an unvaccinated infected, (18,) each."""
    made = severity(name, level)
    severe = made.hospital * courses(name).symptomatic_share
    return severe, severe * made.death


@EVERY
@pytest.mark.parametrize("level", ["shanghai", "cai"])
def test_chances_are_chances_and_durations_distributions(name, level):
    made = severity(name, level)
    for chance in (made.hospital, made.icu, made.death_ward, made.death_icu):
        assert chance.shape == (18,)
        assert ((chance >= 0) & (chance < 1)).all()
        assert not chance.flags.writeable
    assert (made.death_icu >= made.death_ward).all()
    assert made.days_to_hospital.shape == (22,)
    for days, mean in (
        (made.days_to_hospital, 2.2),
        (made.ward_days, 6.0),
        (made.icu_days, 8.0),
        (made.death_days, 8.0),
    ):
        assert days.sum() == pytest.approx(1)
        assert days.min() >= 0
        assert days @ np.arange(days.size) == pytest.approx(mean, abs=0.1)
    for stay in (made.ward_days, made.icu_days, made.death_days):
        assert stay[0] == 0


@EVERY
def test_the_old_are_worse_off(name):
    severe, death = per_infection(name)
    assert (np.diff(severe[2:]) >= 0).all()
    assert (np.diff(death[2:]) >= 0).all()
    assert death[17] > 50 * death[8] / 2


@EVERY
@pytest.mark.parametrize("level", ["shanghai", "cai"])
def test_every_figure_says_where_it_is_from(name, level):
    listed = list(severity(name, level).figures())
    assert len(dict(listed)) == len(listed) > 10
    for key, figure in [*listed, *tests_taken.figures()]:
        assert figure.source, key
        assert figure.unit, key
        if figure.low is not None and figure.high is not None:
            assert figure.low <= figure.value <= figure.high, key


def test_wild_type_dies_as_published():
    _, death = per_infection("wild-type")
    assert death[16] == pytest.approx(0.0571)
    assert death[10] == pytest.approx(0.0040)
    assert severity("wild-type").hospital[14] == pytest.approx(0.243)


def test_cai_comes_out_as_it_went_in():
    severe, _ = per_infection("omicron-ba2", "cai")
    assert severe[17] == pytest.approx(0.1589 * 0.6560)
    made = severity("omicron-ba2", "cai")
    assert made.death_ward[17] == pytest.approx(0.2498)
    assert made.death_icu[17] == pytest.approx(0.3747)
    assert made.icu[12] == pytest.approx(0.2967)


def test_variants_are_ordered_as_the_studies_found():
    severe = {name: per_infection(name)[0] for name in variants()}
    death = {name: per_infection(name)[1] for name in variants()}
    for by in (severe, death):
        assert (by["delta"][1:] > by["wild-type"][1:]).all()
        assert (by["wild-type"][4:] > by["omicron-ba1"][4:]).all()
        assert (by["omicron-ba1"] > by["omicron-ba2"]).all()


def test_an_unknown_name_or_level_is_refused():
    with pytest.raises(KeyError, match="omicron-ba2"):
        severity("omicron")
    with pytest.raises(ValueError, match="shanghai, cai"):
        severity("omicron-ba2", "hong-kong")


@given(chance=st.floats(0.001, 0.99), ratio=st.floats(0.1, 10))
def test_odds_are_multiplied(chance, ratio):
    after = times_odds(np.array([chance]), Figure(ratio, "odds ratio", "test", "assumed"))[0]
    assert after / (1 - after) == pytest.approx(ratio * chance / (1 - chance))


class Shanghai:
    """Expected outcomes per infection in Shanghai, 16 April 2022, by closed form."""

    def __init__(self, level="shanghai"):
        text = files("lazaretto").joinpath("data", "census2020_age_by_area.csv").read_text("utf-8")
        rows = [r for r in csv.DictReader(text.splitlines()) if r["area_code"] == "310000"]
        persons = np.array([float(row["total"]) for row in rows])
        assert persons.shape == (18,)
        old = np.arange(18) >= 12
        infected = np.where(old, 0.19 / persons[old].sum(), 0.81 / persons[~old].sum()) * persons
        section = Vaccination.model_validate(vaccinated_shanghai.written())
        days = dose_days(section, date(2022, 2, 20), 1, 200)[0].astype(int)
        today = 55
        doses = (days < today).sum(axis=2)
        last = np.take_along_axis(days, np.maximum(doses - 1, 0)[:, :, None], 2)[:, :, 0]
        week = np.where(doses > 0, np.minimum((today - last) // 7, 53), 0)
        made, ill = vaccine("inactivated"), severity("omicron-ba2", level)
        weight = made.infection[doses, week]
        self.infected = infected[:, None] * weight / weight.sum(axis=1, keepdims=True)
        need = made.symptoms[doses, week] * made.hospital[doses, week]
        severe = courses("omicron-ba2").symptomatic_share * ill.hospital
        self.severe = self.infected * severe[:, None] * need
        self.death = self.severe * ill.death[:, None] * made.death[doses, week]
        self.icu = self.severe * ill.icu[:, None]
        self.doses, self.persons = doses, persons


def test_shanghai_totals_are_those_it_was_fitted_to():
    # Chen X et al. 2022: 0.27 (0.24-0.29) and 0.09 (0.09-0.10) percent.
    city = Shanghai()
    assert city.severe.sum() == pytest.approx(0.0027, rel=0.03)
    assert city.death.sum() == pytest.approx(0.0009, rel=0.03)
    assert city.severe[16:].sum() / city.severe.sum() == pytest.approx(0.66, abs=0.015)
    ages = np.append(np.arange(17) * 5 + 2.5, 89)
    mean_age = (city.death.sum(axis=1) @ ages) / city.death.sum()
    assert mean_age == pytest.approx(82.7, abs=0.4)
    # Of patients on a day: wards 6 days, intensive care 8.
    icu = 8 * city.icu.sum()
    assert icu / (icu + 6 * (city.severe - city.icu).sum()) == pytest.approx(0.158, abs=0.01)


def test_shanghai_coverage_is_the_announced_one():
    city = Shanghai()
    two, three = (((city.doses >= n).mean(axis=1) @ city.persons) / 1e6 for n in (2, 3))
    assert two == pytest.approx(22, rel=0.02)
    assert three == pytest.approx(11, rel=0.03)
    old = city.persons[12:]
    assert (city.doses >= 2).mean(axis=1)[12:] @ old / old.sum() == pytest.approx(0.62, abs=0.01)
    assert (city.doses >= 3).mean(axis=1)[12:] @ old / old.sum() == pytest.approx(0.38, abs=0.01)
    assert (city.doses >= 2).mean(axis=1)[16:] == pytest.approx([0.15, 0.15], abs=0.01)


def test_few_of_the_dead_were_vaccinated():
    # 14 of 285 (4.9 percent) by 28 April; not fitted, so only its size is asked for.
    city = Shanghai()
    assert 0.03 < city.death[city.doses > 0].sum() / city.death.sum() < 0.12


def test_cai_is_far_above_what_shanghai_reported():
    city = Shanghai("cai")
    assert 2 < city.severe.sum() / 0.0027 < 4
    assert 1.5 < city.death.sum() / 0.0009 < 3


def test_pools_lose_more_the_larger_they_are():
    single = courses("omicron-ba2").pcr
    curves = [pooled(single, pool) for pool in (1, 5, 10, 20)]
    assert (curves[0] == single).all()
    for smaller, larger in pairwise(curves):
        assert (larger <= smaller).all()
        assert larger[4] < smaller[4]
    assert curves[2][4] / single[4] == pytest.approx(0.917, abs=0.001)
    antigen = courses("omicron-ba2").antigen
    assert (pooled(antigen, 1, antigen=True) <= antigen).all()


def test_false_positives_of_a_round_can_be_expected():
    false_positive = tests_taken.false_positive
    assert false_positive() == pytest.approx(2e-4)
    assert false_positive(10) == pytest.approx(1e-6)
    assert false_positive(10, specificity=1.0) == 0
    assert false_positive(1, specificity=0.99) == pytest.approx(0.01)
    assert false_positive(1, antigen=True) == pytest.approx(0.005 * 2e-4)


@pytest.mark.parametrize("call", [tests_taken.false_positive, lambda *a: pooled(np.ones(3), *a)])
def test_pools_nobody_uses_are_refused(call):
    for pool in (0, 21):
        with pytest.raises(ValueError, match="1 to 20"):
            call(pool)
    with pytest.raises(ValueError, match="not pooled"):
        call(5, True)
