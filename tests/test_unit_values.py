"""Unit values of the ledger: where each is from, its range, and the arithmetic in the notes."""

from __future__ import annotations

from importlib.resources import files

import costed_runs as costed
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from costed_runs import total

from lazaretto.outcomes import disability_weights
from lazaretto.outcomes import unit_values as values
from lazaretto.outcomes.care_forgone import (
    emergencies_per_day,
    missed_care_deaths_per_day,
    stays_per_day,
    visits_per_day,
)
from lazaretto.outcomes.income_lost import loss_rates, loss_weights
from lazaretto.outcomes.ledger import ledger
from lazaretto.outcomes.unit_values import UNIT_VALUES
from lazaretto.words import AGE_BANDS, TIERS


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    return costed.many_runs(3)


@pytest.fixture(scope="module")
def costs(runs):
    return ledger(runs)


def test_every_unit_value_says_where_it_is_from():
    for key, figure in UNIT_VALUES.items():
        assert figure.source, key
        assert figure.unit, key
        assert figure.status in ("measured", "fitted", "assumed"), key
        low = figure.value if figure.low is None else figure.low
        high = figure.value if figure.high is None else figure.high
        assert low <= figure.value <= high, key
        if figure.status == "assumed":
            assert figure.low is not None, f"{key} is assumed: it needs a range"


def test_the_numbers_of_the_sources_are_the_ones_used():
    assert (values.DEPRESSED.value, values.DEPRESSED.low, values.DEPRESSED.high) == (
        0.261, 0.248, 0.274)  # fmt: skip
    assert (values.ANXIOUS.value, values.ANXIOUS.low, values.ANXIOUS.high) == (0.201, 0.183, 0.22)
    assert (values.INCOME_LOSS.low, values.INCOME_LOSS.high) == (120, 260)
    assert values.INCOME_LOSS.high == pytest.approx(0.54 * 4.32e12 / 365 / 25e6, rel=0.02)
    assert values.USUAL_INCOME.value == pytest.approx(4.32e12 / 365 / 25e6, rel=0.002)
    thresholds = values.OPPORTUNITY_COST, values.WILLINGNESS_TO_PAY
    assert [(f.low, f.high) for f in thresholds] == [(27_923, 52_247), (128_000, 149_500)]
    assert disability_weights.DEPRESSION.value == 0.396
    assert disability_weights.ANXIETY.value == 0.133


def test_the_arithmetic_in_the_notes_holds():
    residents, quarter = 24_870_895, 92
    assert values.OUTPATIENT.value == pytest.approx(23.5e6 / 0.47 / quarter / residents, rel=2e-3)
    assert values.INPATIENT.value == pytest.approx(0.6e6 / 0.55 / quarter / residents, rel=2e-3)
    beijing, weeks = 21_893_095, 118
    for figure, missed, seen, fall in (
        (values.STROKES, 1335, 17_123, 0.521),
        (values.HEART_ATTACKS, 747, 8_693, 0.631),
    ):
        assert figure.value == pytest.approx(missed / 133 / beijing, rel=3e-3)
        onset = fall * (seen + missed) / weeks / 7 / beijing
        assert figure.high == pytest.approx(onset, rel=3e-3)


def shanghai_2022():
    """Return residents by (date, district, tier) of Mar-May 2022, all in zones from 1 April on."""
    table = files("lazaretto") / "data" / "shanghai_districts_census2020.csv"
    with table.open() as file:
        districts = pd.read_csv(file)
    residents = districts["population"].to_numpy()
    first = districts["bank"].to_numpy() == "pudong_first_batch"
    tier = np.zeros((92, residents.size), int)
    tier[27:31, first] = 3
    tier[31:] = 1
    persons = residents[:, None] * (tier[..., None] == np.arange(4))
    dates = np.datetime64("2022-03-01", "ns") + np.arange(92) * np.timedelta64(1, "D")
    coordinates = {
        "date": dates,
        "tier": list(TIERS),
        "population": ("district", residents),
        "district": districts["district_en"].to_list(),
    }
    return xr.Dataset({"persons_by_tier": (("date", "district", "tier"), persons)}, coordinates)


def test_the_high_end_gives_back_what_shanghai_lost_and_the_low_end_does_not_reach_it():
    found = ledger(shanghai_2022())
    visits = found.of("outpatient visits forgone").amount.values[0]
    stays = found.of("inpatient stays forgone").amount.values[0]
    assert visits[2] == pytest.approx(23.5e6, rel=2e-3)
    assert stays[2] == pytest.approx(0.6e6, rel=2e-3)
    assert visits[0] < visits[1] < visits[2]
    assert stays[0] < stays[1] < stays[2]


def test_no_more_care_is_forgone_than_there_is():
    assert (visits_per_day() <= values.OUTPATIENT.value).all()
    assert (stays_per_day() <= values.INPATIENT.value).all()


@pytest.mark.parametrize(
    "per_day",
    [
        visits_per_day(),
        stays_per_day(),
        emergencies_per_day(values.STROKES),
        emergencies_per_day(values.HEART_ATTACKS),
        missed_care_deaths_per_day(),
    ],
)
def test_care_forgone_rises_with_the_tier_and_open_costs_nothing(per_day):
    assert per_day.dims == ("tier", "bound")
    assert (per_day.sel(tier="open") == 0).all()
    assert (np.diff(per_day.values, axis=0) >= 0).all()
    assert (np.diff(per_day.values, axis=1) >= 0).all()


def test_deaths_from_missed_care_start_at_none_and_wuhans_ratio_is_nowhere(costs):
    assert (total(costs, "deaths from missed care", "low") == 0).all()
    assert (total(costs, "deaths from missed care", "high") > 0).all()
    assert (total(costs, "years of life lost to missed care", "low") == 0).all()
    numbers = {float(figure) for figure in UNIT_VALUES.values()}
    assert not numbers & {1.29, 1.83, 5954.0, 0.29, 0.83}


def test_remaining_life_falls_with_age_by_less_than_the_years_that_pass():
    years = np.array([float(figure) for _, figure in disability_weights.REMAINING_LIFE])
    assert [band for band, _ in disability_weights.REMAINING_LIFE] == list(AGE_BANDS)
    assert (np.diff(years) < 0).all()
    assert (np.diff(years)[1:] > -5.1).all()


def test_classes_together_lose_what_the_city_does():
    assert loss_weights().mean() == pytest.approx(1)
    assert (np.diff(loss_rates()) < 0).all(), "the poor lose more of their income"
