"""What closed loops, vaccination campaigns, treatment and hospital care order."""

from __future__ import annotations

import pytest
from two_districts import eight_buildings, no_orders, ordered

from lazaretto.measures import Antivirals, ClosedLoop, HealthCare, VaccinationCampaign
from lazaretto.words import AGE_BANDS


@pytest.fixture
def places():
    return eight_buildings()


@pytest.fixture
def orders(places):
    return no_orders(places)


def test_the_largest_closed_loop_holds(places, orders):
    ordered(ClosedLoop(share=0.3), places, orders)
    ordered(ClosedLoop(share=0.1, areas=["North"]), places, orders)
    ordered(ClosedLoop(share=0.5, areas=["South"]), places, orders)
    assert orders.closed_loop.tolist() == [0.3, 0.5]


def test_doses_are_offered_group_by_group_the_oldest_first(places, orders):
    measure = VaccinationCampaign(
        doses="doses", dose=3, gap_days=180, ages=["70-79", "80+", "0-9"], uptake=[0.6, 0.5, 0.9]
    )
    ((_, rule),) = ordered(measure, places, orders).rules.campaigns
    assert [AGE_BANDS[band] for band in rule.ages] == [
        "75-79", "70-74", "85+", "80-84", "5-9", "0-4",
    ]  # fmt: skip
    assert rule.uptake[[0, 1, 14, 15, 16, 17]].tolist() == [0.9, 0.9, 0.6, 0.6, 0.5, 0.5]
    assert (rule.uptake[2:14] == 0).all()
    assert (rule.doses, rule.dose, rule.gap) == ("doses", 3, 180)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ages": ["18-59"]}, "whole five-year bands"),
        ({"ages": ["85-89"]}, "whole five-year bands"),
        ({"ages": ["79-60"]}, "whole five-year bands"),
        ({"ages": ["old"]}, "whole five-year bands"),
        ({"ages": ["60+", "80+"], "uptake": [1, 1]}, "do not overlap"),
        ({"ages": ["60+", "20-59"]}, "1 shares for 2 age groups"),
        ({"ages": []}, "at least 1 item"),
        ({"uptake": [1.5]}, "shares from 0 to 1"),
        ({"uptake": [float("nan")]}, "finite number"),
        ({"dose": 2}, "add gap_days:"),
        ({"dose": 5}, "1, 2, 3 or 4"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        VaccinationCampaign(**{"doses": "doses", "dose": 1, "ages": ["60+"], "uptake": [1]} | given)


def test_antivirals_are_for_some_ages_and_days(places, orders):
    measure = Antivirals(share=0.5, from_age=60, below_age=80, courses="courses", within_days=3)
    ((_, rule),) = ordered(measure, places, orders).rules.treatments
    treated = [band for band, chance in zip(AGE_BANDS, rule.chance, strict=True) if chance]
    assert treated == ["60-64", "65-69", "70-74", "75-79"]
    assert set(rule.chance) == {0, 0.5}
    assert (rule.within, rule.efficacy, rule.courses) == (3, 0.89, "courses")
    ((_, rule),) = ordered(Antivirals(share=1, from_age=85), places, fresh(orders)).rules.treatments
    assert rule.chance.tolist() == [0] * 17 + [1]


def fresh(orders):
    orders.reset(0)
    return orders


@pytest.mark.parametrize("given", [{"from_age": 62}, {"from_age": 60, "below_age": 60}])
def test_ages_of_treatment_are_whole_bands(given):
    with pytest.raises(ValueError, match=r"multiple of 5|above from_age"):
        Antivirals(share=1, **given)


def test_care_names_its_beds(places, orders):
    measure = HealthCare(ward="hall", icu="icu", worse=2.5, absence=1)
    ((_, rule),) = ordered(measure, places, orders).rules.care
    assert (rule.ward, rule.icu, rule.worse, rule.absence) == ("hall", "icu", 2.5, 1)
    with pytest.raises(ValueError, match="two stocks"):
        HealthCare(ward="hall", icu="hall", worse=2)
