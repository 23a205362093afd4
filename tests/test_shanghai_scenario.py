"""The scenario of Shanghai: its districts, who was locked down when, and its households."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from scipy.optimize import brentq

from lazaretto.disease import courses
from lazaretto.scenario import Scenario, check_areas
from lazaretto.words import LAYERS

# The 16 districts of Shanghai and their residents in 2020, in thousands.
DISTRICTS = {
    "Huangpu": 662, "Xuhui": 1113, "Changning": 693, "Jing'an": 976, "Putuo": 1240,
    "Hongkou": 757, "Yangpu": 1243, "Minhang": 2653, "Baoshan": 2235, "Jiading": 1834,
    "Pudong": 5682, "Jinshan": 823, "Songjiang": 1910, "Qingpu": 1271, "Fengxian": 1141,
    "Chongming": 638,
}  # fmt: skip


def test_shanghai_names_districts_of_shanghai():
    scenario = Scenario.load("shanghai-2022")
    assert check_areas(scenario, list(DISTRICTS)) == []
    assert check_areas(scenario, [d for d in DISTRICTS if d != "Jinshan"])
    wrong = Scenario.load("shanghai-2022", ["seeding.0.area=Xuhi", "measures.0.areas=[Minghang]"])
    found = check_areas(wrong, list(DISTRICTS))
    assert [(p.key, p.advice) for p in found] == [
        ("seeding.0.area", "did you mean Xuhui?"),
        ("measures.0.areas.0", "did you mean Minhang?"),
    ]


def sealed_share(day):
    measures = [m for m in Scenario.load("shanghai-2022").measures if m.measure == "lockdown"]
    sealed = set()
    for parameters in (m.parameters() for m in measures):
        if parameters["tier"] == "sealed" and parameters["from"] <= day <= parameters["to"]:
            sealed |= set(parameters["areas"])
    return sum(DISTRICTS[district] for district in sealed) / sum(DISTRICTS.values())


def test_shanghai_was_locked_down_in_two_batches_before_the_zones():
    # How many are sealed from 11 April on follows from the zones.
    assert sealed_share(date(2022, 3, 27)) == 0
    assert 0.3 < sealed_share(date(2022, 3, 28)) < 0.35
    assert sealed_share(date(2022, 4, 1)) == 1
    assert sealed_share(date(2022, 4, 10)) == 1
    assert sealed_share(date(2022, 4, 11)) == 0


def test_every_district_is_in_exactly_one_batch_of_the_lockdown():
    measures = [m for m in Scenario.load("shanghai-2022").measures if m.measure == "lockdown"]
    named = [area for m in measures for area in m.parameters()["areas"]]
    assert sorted(named) == sorted(DISTRICTS)


def household_attack_rate(r0):
    """Secondary attack rate in Shanghai's households at the default contacts, adults only.

    A back-of-envelope check: 10 % of residents are at school and 51 % at work, everybody is an
    adult, and outside the household nothing saturates.
    """
    contacts = Scenario.load("shanghai-2022").contacts
    table = courses("omicron-ba2")
    half = table.symptomatic
    multiplier = table.infectiousness.sum(axis=1)[half]
    chance = table.probability[1][half]
    # Shares of households by size 1 to 10, Shanghai 2020 (household_size_distribution.csv).
    households = np.array(
        [0.2837, 0.3577, 0.20107, 0.10027, 0.03734, 0.01496, 0.00325, 0.00106, 0.00039, 0.00025]
    )
    others = np.arange(10.0)
    persons = households * (others + 1)
    persons /= persons.sum()
    alpha = float(contacts.household_size_exponent)
    usual = float(contacts.household.rate) / (persons[1:] @ others[1:] ** (1 - alpha))
    pair = usual * float(contacts.household.weight) * others[1:] ** -alpha
    weight = {
        n: float(c.rate) * float(c.weight) for n, c in zip(LAYERS, contacts.layers(), strict=True)
    }
    outside = 0.10 * weight["school"] + 0.51 * weight["workplace"]
    outside += weight["building"] + weight["compound"] + weight["community"]

    def infected(beta):
        risk = 1 - np.exp(-beta * np.outer(pair, multiplier)) @ chance
        return persons[1:] * others[1:] * risk

    beta = brentq(lambda b: infected(b).sum() + b * outside - r0, 0.01, 20)
    return infected(beta).sum() / (persons[1:] @ others[1:])


def test_household_attack_rate_of_ba2_is_the_published_one():
    # 0.429 (0.343-0.518), PMC10959284 table 2.
    assert household_attack_rate(7) == pytest.approx(0.43, abs=0.04)
    assert 0.34 < household_attack_rate(6) < household_attack_rate(8) < 0.52
