"""The published totals of Cai et al. 2022 from their inputs, and what the inputs are.

The bands are what the publication's rounding and its 200 draws of inputs leave: 2 %, and for the
peak of beds, whose capacity is recalled, 3 %. The model has no chance in it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from evidence import measured

from lazaretto.studies import cai2022
from lazaretto.studies.cai2022 import ICU_BEDS, Course, Inputs


@pytest.fixture(scope="module")
def given() -> Inputs:
    return cai2022.inputs()


@pytest.fixture(scope="module")
def course(given: Inputs) -> Course:
    return cai2022.run(given)


@pytest.mark.parametrize(
    ("target", "band"),
    [("CN04", 0.02), ("CN05", 0.02), ("CN06", 0.02), ("CN07", 0.02), ("CN08", 0.03)],
)
def test_published_totals(course: Course, target: str, band: float):
    value = course.totals()[target]
    there = cai2022.published()[target]
    print(f"{target}: {value:,.5g} of {there:,.5g}")
    measured(f"{target} of Cai et al.", value, (1 - band) * there, (1 + band) * there)
    assert value == pytest.approx(there, rel=band)


def test_who_dies(given: Inputs, course: Course):
    """Published: 74.7 % of deaths are unvaccinated and 60 or over, over 90 % of the ICU is 60+."""
    old = given.first_age >= 60
    deaths, icu = course.deaths.sum(axis=0), course.icu.sum(axis=0)
    print(deaths[0, old].sum() / deaths.sum(), icu[:, old].sum() / icu.sum())
    assert deaths[0, old].sum() / deaths.sum() == pytest.approx(0.747, abs=0.02)
    assert icu[:, old].sum() / icu.sum() > 0.9


def test_nobody_is_lost(given: Inputs, course: Course):
    """Before the outbreak everybody can be infected; all boosters supplied were given."""
    before = course.immunity[: course.outbreak].sum(axis=(1, 2))
    assert before == pytest.approx(np.full(before.size, given.population.sum()), rel=1e-12)
    had_three = course.immunity[course.outbreak - 1, 7:10].sum()
    print(f"{had_three:.6g} of {given.doses[: course.outbreak, 1].sum():.6g}")
    assert had_three == pytest.approx(given.doses[: course.outbreak, 1].sum(), rel=1e-3)


def test_final_size_without_vaccine(given: Inputs):
    """Against the closed form: z = 1 - exp(-sus C z) by age, C the contacts over a course.

    Diekmann, Heesterbeek and Metz 1990; nobody in hospital, since beds end transmission, and
    nobody infected twice.
    """
    alone = replace(
        given,
        hospital=np.zeros(14),
        doses=np.zeros_like(given.doses),
        boosters=0.0,
        seeds=1_000.0,
        r0=2.5,
        rates={**given.rates, "latent_to_infectious": 40.0},
        risk={**given.risk, "infection": np.where(np.arange(12) == 10, 0.0, 1.0)},
    )
    infected = cai2022.run(alone).infections.sum(axis=(0, 1)) / given.population
    pressure = cai2022.transmissibility(alone) * cai2022.next_generation(alone, as_run=True)
    per_pair = pressure / given.population[:, None] * given.population
    z = np.full(14, 0.9)
    for _ in range(10_000):
        z = -np.expm1(-per_pair @ z)
    assert infected == pytest.approx(z, abs=2e-3)
    continuous = cai2022.transmissibility(alone) * cai2022.next_generation(alone)
    assert np.abs(np.linalg.eigvals(continuous)).max() == pytest.approx(2.5, rel=1e-12)


def test_beds_are_marked_as_recalled():
    assert ICU_BEDS.status == "assumed"
