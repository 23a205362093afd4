"""Break-outs: when and where they begin, by exact means and the kernel, and both size laws (B11).

Tests against exact values have a false-alarm rate of 1e-6 each.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from breakout_city import (
    FALSE_ALARM,
    LAWS,
    LIMIT,
    RESIDENTS_OF_A_BUILDING,
    city,
    day_of,
    rules,
    shanghai_sizes,
    without_ends,
)
from evidence import measured
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, poisson

from lazaretto.behaviour.breakouts import Breakouts
from lazaretto.behaviour.sizes import over_threshold, poisson_quantile, recruited
from lazaretto.chance import Purpose, stream_key, uniforms

BANDS = {(2, 10): (21, 6), (10, 100): (71, 6), (100, 1000): (8, 4)}
"""Size mix of test B11: participants, percent, and how far off is allowed, points."""

SMALL = {"starters": 0, "recruits_alpha": 0.1, "recruits_beta": 100}
"""Break-outs of next to nobody, where only when and where matters."""


def caused_nearby(run, places, heads, due):
    """Return break-outs set off nearby by compound at S = 1."""
    return run.nearby(heads, np.asarray(due, float))[places.compound_subdistrict] * heads


def pending(run, subdistricts):
    """Let a run begin with break-outs whose consequences are all still to come."""
    run.restore({**run.arrays(), "pending": np.asarray(subdistricts, np.float64)})
    return run


# --- when and where -----------------------------------------------------------------------------


def test_ignition_without_contagion_has_the_exact_mean():
    places = city(4, 5, 100, shanghai_sizes(2000))
    n, days = 2000, 300
    numbers = without_ends(local=0, by_message=0.05, ignition=5e-3, success_counts=3, **SMALL)
    numbers = numbers.model_copy(update={"enforcement_effect": 0.7, "repression": 0.0})
    key = np.uint64(5)
    tired, need = uniforms(key, 0, n, 0), uniforms(key, 0, n, 1)
    confined = uniforms(key, 0, n, 2) < 0.7
    persons = np.where(confined, places.compound_persons * 3 // 4, 0)
    aware, success = np.full(20, 3000.0), np.full(20, 1000.0)
    state = np.exp(1.5 * (tired - 0.5) + 2.0 * (need - 0.3) - 0.7 * 0.4)
    residents = np.bincount(places.compound_subdistrict, places.compound_persons)
    heard = persons / residents[places.compound_subdistrict] * (3000 + 2 * 1000)
    chance = -np.expm1(-state * (5e-3 * persons + 0.05 * heard) / 1000)
    seen = np.zeros(n)
    for day in range(days):
        run = Breakouts(numbers, 3, places)  # a new one: nothing is eased
        seen[day_of(
            run, places, day, confined=confined, persons=persons, fatigue=tired, hardship=need,
            newly_aware=aware, of_success=success, base_enforcement=0.4,
        ).compound] += 1  # fmt: skip
    assert not seen[~confined].any()
    for group in np.array_split(np.argsort(chance), 2):
        mean = days * chance[group].sum()
        z = (seen[group].sum() - mean) / np.sqrt(days * (chance * (1 - chance))[group].sum())
        print(f"{seen[group].sum():.0f} break-outs, {mean:.1f} expected, z {z:.2f}")
        assert abs(z) < LIMIT


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**40),
    st.floats(0, 0.95),
    st.floats(0, 1),
    st.floats(1, 8),
    st.floats(0.05, 1),
)
def test_what_one_sets_off_nearby_adds_up(seed, local, same_subdistrict, memory, share):
    places = city(3, 4, 5, shanghai_sizes(60))
    numbers = without_ends(
        local=local, same_subdistrict=same_subdistrict, memory=memory, ignition=0
    )
    confined = uniforms(np.uint64(seed), 0, 60) < share
    confined[[0, 20, 40]] = True  # somebody in each district, nobody in some subdistricts
    heads = np.where(confined, places.compound_persons, 0).astype(float)
    due = uniforms(np.uint64(seed), 0, 12, 1)
    run = Breakouts(numbers, seed, places)
    caused = caused_nearby(run, places, heads, due)
    assert not caused[~confined].any()
    by_district = np.bincount(places.compound_district, caused)
    np.testing.assert_allclose(by_district, local * due.reshape(3, 4).sum(axis=1), atol=1e-12)
    pending(run, due)
    for day in range(250):
        day_of(run, places, day, confined=np.zeros(60, np.bool_))
    assert run.arrays()["sums"][1] == pytest.approx(due.sum(), abs=1e-9)  # weights sum to 1


def test_what_one_sets_off_is_shared_by_residents_and_distance():
    places = city(2, 2, 2, np.array([100, 300, 500, 1500, 100, 100, 100, 100]))
    run = Breakouts(without_ends(local=0.5, same_subdistrict=0.6), 1, places)
    heads = places.compound_persons.astype(float)
    caused = caused_nearby(run, places, heads, [1, 0, 0, 0])
    within, beyond = 0.5 * 0.6, 0.5 * 0.4
    own = beyond * heads[:4] / heads[:4].sum()
    np.testing.assert_allclose(caused[:4], own + np.array([within / 4, within * 3 / 4, 0, 0]))
    assert not caused[4:].any()
    heads[:2] = 0  # nobody confined there any more: all goes to the district
    caused = caused_nearby(run, places, heads, [1, 0, 0, 0])
    np.testing.assert_allclose(caused[:4], [0, 0, 0.5 / 4, 0.5 * 3 / 4])
    heads[:4] = 0
    assert not caused_nearby(run, places, heads, [1, 0, 0, 0]).any()


@pytest.mark.parametrize(("local", "tau"), [(0.3, 2.0), (0.6, 1.0), (0.8, 3.5)])
def test_clusters_of_the_constant_state_have_the_branching_mean(local, tau):
    """One break-out has 1 / (1 - eta) descendants with itself, variance eta / (1 - eta)^3."""
    first, runs = 40, 25
    places = city(1, 10, 800)
    numbers = without_ends(local=local, memory=tau, ignition=0, **SMALL)
    total = 0
    for seed in range(runs):
        run = pending(Breakouts(numbers, seed, places), np.full(10, first / 10))
        day = 0
        while run.pending.sum() > 0 and day < 400:
            total += day_of(run, places, day).compound.size
            day += 1
        assert run.pending.sum() < 1e-3
        assert run.reproduction_number() == pytest.approx(local, abs=1e-9)
    n = first * runs
    mean, error = 1 / (1 - local), np.sqrt(n * local / (1 - local) ** 3) / n
    z = ((n + total) / n - mean) / error
    print(f"eta {local}: cluster of {(n + total) / n:.3f}, exact {mean:.3f} +- {error:.3f}")
    assert LIMIT * error < 0.45 * mean  # the test is sharp
    assert abs(z) < LIMIT


def test_the_reproduction_number_is_what_is_expected_of_one_event():
    places = city(2, 3, 40)
    numbers = without_ends(local=0.2, by_message=1e-3, success_counts=2, ignition=5e-3, **SMALL)
    run = Breakouts(numbers, 1, places)
    assert np.isnan(run.reproduction_number())
    hardship, state = np.full(240, 0.55), np.exp(2 * (0.55 - 0.3))
    events, told = 0, 0
    for day in range(60):
        told += 500 * 6 + 100 * 6
        events += day_of(
            run, places, day, hardship=hardship, newly_aware=np.full(6, 500),
            of_success=np.full(6, 100),
        ).compound.size  # fmt: skip
    expected = state * (0.2 + 1e-3 * told / 1000 / events)
    assert run.reproduction_number() == pytest.approx(expected, rel=1e-9)


# --- sizes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", LAWS)
def test_b11_size_mix(law):
    """10^4 break-outs of 50 seeds, detected in proportion to size^0.3: 21/71/8 percent."""
    places = city(4, 10, 100, shanghai_sizes(4000))
    numbers = rules(local=0, ignition=0.047, size_law=law)
    size = np.concatenate(
        [day_of(Breakouts(numbers, seed, places), places, 0).participants for seed in range(50)]
    )
    known = size[(size >= 2) & (size < 1000)]
    seen = known**0.3
    mix = {
        group: 100 * seen[(known >= group[0]) & (known < group[1])].sum() / seen.sum()
        for group in BANDS
    }
    print(f"{law}: {size.size} break-outs, " + ", ".join(f"{v:.1f} %" for v in mix.values()))
    for group, (percent, apart) in BANDS.items():
        share = f"B11: share of sizes {group[0]} to {group[1]}, {law}"
        measured(share, mix[group], percent - apart, percent + apart)
    assert size.size >= 10_000
    for group, (percent, apart) in BANDS.items():
        assert abs(mix[group] - percent) <= apart


@pytest.mark.parametrize(("starters", "alpha", "beta"), [(4, 6, 8), (0, 90, 90), (10, 2, 20)])
def test_recruitment_in_a_crowd_has_the_mean_of_the_branching_process(starters, alpha, beta):
    """Mean (1 + kappa0) E[1 / (1 - m)] = (1 + kappa0) (alpha + beta - 1) / (beta - 1)."""
    numbers = rules(starters=starters, recruits_alpha=alpha, recruits_beta=beta)
    n = 60_000
    key = stream_key(1, Purpose.BREAKOUT, 0)
    size = recruited(numbers, key, np.arange(n), np.full(n, 10**9), np.ones(n))
    mean = (1 + starters) * (alpha + beta - 1) / (beta - 1)
    z = (size.mean() - mean) / (size.std() / np.sqrt(n))
    print(f"mean {size.mean():.3f}, exact {mean:.3f}, z {z:.2f}")
    assert abs(z) < LIMIT


def test_recruitment_grows_with_the_state_of_mind_and_stops_at_everybody():
    key, n = stream_key(1, Purpose.BREAKOUT, 0), 5000
    where, many = np.arange(n), np.full(n, 10**6)
    means = [
        recruited(rules(recruits_effect=1), key, where, many, np.full(n, s)).mean()
        for s in (0.5, 1, 2)
    ]
    assert means[0] < means[1] < means[2]
    few = 1 + where % 7
    size = recruited(rules(starters=50), key, where, few, np.ones(n))
    assert (size == few).mean() > 0.9
    assert (size <= few).all()


def test_threshold_law_where_everybody_or_nobody_joins():
    key = stream_key(1, Purpose.BREAKOUT, 0)
    where = np.arange(200)
    persons, buildings = np.full(200, 1100), np.full(200, 10)
    sure = {"size_law": "threshold", "threshold_sd": 0, "threshold_sd_buildings": 0}

    def size(persons=persons, **numbers):
        return over_threshold(rules(**sure, **numbers), key, where, persons, buildings)

    assert (size(threshold_mean=0.11) == 6).all()  # six of sixty are out: 0.10
    assert (size(threshold_mean=0.10, threshold_next=0) == 60).all()
    assert (size(threshold_mean=0.0, threshold_next=100) == 600).all()
    assert (size(threshold_mean=0.0, threshold_next=100, persons=np.full(200, 130)) == 130).all()
    assert (size(threshold_mean=0.9, persons=np.full(200, 4)) == 4).all()


def test_threshold_cascade_of_three_is_as_enumerated():
    """Three adults, one begins: nobody joins if both own thresholds are above 1/3, and so on."""
    numbers = rules(
        size_law="threshold", threshold_building=3, threshold_starters=1, threshold_next=0,
        threshold_mean=0.5, threshold_sd=0.2, threshold_sd_buildings=0,
    )  # fmt: skip
    n = 200_000
    key = stream_key(2, Purpose.BREAKOUT, 0)
    ones = np.ones(n, np.int64)
    size = over_threshold(numbers, key, np.arange(n), 3 * ones, ones)
    low, high = norm.cdf(1 / 3, 0.5, 0.2), norm.cdf(2 / 3, 0.5, 0.2)
    exact = {1: (1 - low) ** 2, 2: 2 * low * (1 - high), 3: 2 * low * high - low**2}
    assert sum(exact.values()) == pytest.approx(1)
    for k, p in exact.items():
        z = ((size == k).sum() - n * p) / np.sqrt(n * p * (1 - p))
        assert abs(z) < norm.isf(FALSE_ALARM / 6)


def test_poisson_quantiles():
    u = np.concatenate([uniforms(np.uint64(3), 0, 4000), [0.0, 1 - 2**-53]])
    mean = 10 ** (8 * uniforms(np.uint64(4), 0, 4002) - 5)
    assert np.array_equal(poisson_quantile(u, mean)[u > 0], poisson.ppf(u, mean)[u > 0])
    assert not poisson_quantile(u, np.zeros(u.size)).any()


def test_the_city_of_these_tests():
    places = city(2, 3, 4, shanghai_sizes(24))
    assert {field.name for field in fields(places)} >= {"building_compound", "districts"}
    assert places.building_compound.max() == 23
    assert shanghai_sizes(20_000).mean() == pytest.approx(1160, rel=0.01)
    assert places.building_persons.mean() < 2 * RESIDENTS_OF_A_BUILDING
