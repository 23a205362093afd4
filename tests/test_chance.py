"""The keyed random numbers: uniform, independent between neighbouring keys, exact at the ends.

Each test has a false-alarm rate of 1e-6 (shared by its parts) and a fixed seed.
``tests/validation/test_chance_billion.py`` asks the same of a thousand times as many numbers.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from epidemics import FALSE_ALARM
from hypothesis import given, settings
from hypothesis import strategies as st
from keyed_streams import PARTS, counted, passes, poisson_p, repeated_spacings, verdict
from keyed_streams import worst_chi_square as p_of_uniform_rows
from numba import njit
from plain_chance import second_plain
from scipy.stats import binom, norm

from lazaretto.chance import (
    CERTAIN,
    Purpose,
    draw,
    draw_plain,
    draws,
    high31,
    low31,
    pick,
    second,
    stream_key,
    threshold,
    uniforms,
)

KEY = stream_key(20221123, Purpose.TRANSMISSION, 17)


@njit
def one_draw(key, entity, index):
    return draw(key, entity, index)


@njit
def all_parts(bits, n):
    return second(bits), low31(bits), high31(bits), pick(bits, n)


@njit
def picks(key, count, n):
    out = np.empty(count, np.int64)
    for i in range(count):
        out[i] = pick(draw(key, i, 0), n)
    return out


@njit
def seconds(bits):
    out = np.empty_like(bits)
    for i in range(bits.size):
        out[i] = second(bits[i])
    return out


# -- what it says it is ------------------------------------------------------------------------


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    st.integers(0, 2**63 - 1),
    st.integers(0, 63),
    st.integers(0, 2**20),
    st.integers(0, 2**40),
    st.integers(0, 255),
)
def test_plain_and_compiled_agree(seed: int, purpose: int, day: int, entity: int, index: int):
    key = stream_key(seed, purpose, day)
    bits = int(one_draw(key, entity, index))
    assert bits == draw_plain(int(key), entity, index)
    assert bits == int(draws(key, entity, 1, index)[0])
    assert int(one_draw(key, np.int32(entity & 0x7FFFFFFF), np.uint8(index))) == draw_plain(
        int(key), entity & 0x7FFFFFFF, index
    )
    more, low, high, some = (int(x) for x in all_parts(np.uint64(bits), 1_000))
    assert more == second_plain(bits)
    assert (low, high, some) == (bits & 0x7FFFFFFF, bits >> 33, ((bits >> 32) * 1_000) >> 32)


def test_consecutive_numbers_are_the_single_ones():
    expected = [draw_plain(int(KEY), entity, 9) for entity in range(100, 150)]
    assert draws(KEY, 100, 50, 9).tolist() == expected
    u = uniforms(KEY, 100, 50, 9)
    assert u.tolist() == [(bits >> 11) * 2.0**-53 for bits in expected]


def test_numbers_are_pinned():
    """The same numbers in every release: a change of these changes every result."""
    assert int(stream_key(1, Purpose.TRANSMISSION, 0)) == PINNED[0]
    assert draw_plain(PINNED[0], 12345, 0) == PINNED[1]
    assert second_plain(PINNED[1]) == PINNED[2]


PINNED = (0xAEE8EEAE106D1D01, 0xE116896817D2B06D, 0x47D376D5E25EEAD4)


def test_streams_of_a_run_are_all_different():
    purposes = [int(p) for p in Purpose] + list(range(17, 64))
    keys = {
        int(stream_key(*which))
        for which in product([0, 1, 2, 3, 2**31, 2**32, 2**63 - 1], purposes, range(200))
    }
    assert len(keys) == 7 * len(set(purposes)) * 200
    seeding = {int(stream_key(1, 1, (day << 12) | n)) for day in range(200) for n in range(50)}
    assert len(seeding) == 200 * 50


# -- thresholds and choices --------------------------------------------------------------------


def test_threshold_is_exact_at_the_ends():
    assert int(threshold(0.0)) == 0
    assert int(threshold(1.0)) == CERTAIN == 2**31
    assert threshold(np.array([-0.1, 1.1, 0.5, 2.0**-31])).tolist() == [0, CERTAIN, 2**30, 1]
    lowest, highest = np.uint64(0), np.uint64(2**64 - 1)
    for part in (low31, high31):
        assert not part(lowest) < threshold(0.0)
        assert part(highest) < threshold(1.0)
        assert not part(highest) < threshold(1.0 - 2.0**-31)
    shares = threshold(np.linspace(0, 1, 10_001)).astype(np.int64)
    assert (np.diff(shares) > 0).all()


@pytest.mark.parametrize("probability", [1e-4, 0.03, 0.5, 0.9, 1 - 1e-4])
def test_an_event_happens_as_often_as_its_threshold_says(probability: float):
    n = 4_000_000
    bits = draws(KEY, 0, n)
    for part in (bits & np.uint64(0x7FFFFFFF), bits >> np.uint64(33)):
        happened = int((part < threshold(probability)).sum())
        p = 2 * min(binom.cdf(happened, n, probability), binom.sf(happened - 1, n, probability))
        assert p > FALSE_ALARM / 2


def test_pick_stays_inside():
    for n in (1, 2, 3, 1_000, 2**31 - 1):
        assert all_parts(np.uint64(0), n)[3] == 0
        assert all_parts(np.uint64(2**64 - 1), n)[3] == n - 1


@pytest.mark.parametrize("n", [2, 3, 5, 7, 18, 110, 1_000])
def test_pick_is_uniform(n: int):
    chosen = np.bincount(picks(KEY, 2_000_000, n), minlength=n)
    assert chosen.size == n
    assert p_of_uniform_rows(chosen[None]) > FALSE_ALARM


def test_pick_from_millions_is_uniform():
    n = 24_870_895
    chosen = np.bincount(picks(KEY, 2_000_000, n) * 1_000 // n, minlength=1_000)
    assert p_of_uniform_rows(chosen[None]) > FALSE_ALARM


# -- uniformity and independence ---------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_neighbouring_keys_are_independent(part: str):
    """Numbers whose keys differ by one in one part: bytes, changed bytes, pairs, correlation."""
    found = verdict(counted(part, 4_000_000))
    print(part, {name: f"{p:.2g}" for name, p in found.items()})
    assert passes(found)


@pytest.mark.parametrize("part", PARTS)
def test_every_input_bit_reaches_every_output_bit(part: str):
    """Avalanche: flipping any bit of the input flips each bit of the output half of the time."""
    bits = {"seed": 63, "purpose": 6, "day": 16, "entity": 40, "index": 8}[part]
    n = 4_096
    base = {"seed": 5 * 10**17, "purpose": 0, "day": 0, "entity": 0, "index": 0}
    step = {"seed": 10**15 + 3, "purpose": 1, "day": 5, "entity": 1, "index": 1}

    def number(which: int, flip: int) -> int:
        entity, index = base["entity"] + which // 64, which % 64
        given_ = {name: base[name] for name in base}
        given_["entity"], given_["index"] = entity, index
        if part not in ("entity", "index"):
            given_[part] = base[part] + (which % 61) * step[part]
        given_[part] ^= flip
        key = int(stream_key(given_["seed"], given_["purpose"], given_["day"]))
        return draw_plain(key, given_["entity"], given_["index"])

    worst = 0.0
    plain = np.array([number(i, 0) for i in range(n)], np.uint64)
    for bit in range(bits):
        flipped = np.array([number(i, 1 << bit) for i in range(n)], np.uint64)
        changed = np.unpackbits((plain ^ flipped).view(np.uint8)).reshape(n, 64)
        worst = max(worst, float(np.abs(changed.sum(axis=0) - n / 2).max() / np.sqrt(n / 4)))
    limit = norm.isf(FALSE_ALARM / (2 * 64 * bits))
    print(f"{part}: worst of {64 * bits} z {worst:.2f} < {limit:.2f}")
    assert worst < limit


def test_further_bits_of_a_draw_are_independent_of_it():
    bits = draws(KEY, 0, 4_000_000)
    more = seconds(bits)
    pairs = {
        "draw and second": (bits >> np.uint64(58), more >> np.uint64(58)),
        "low of both": (bits & np.uint64(63), more & np.uint64(63)),
        "top of low31 and of high31": (
            (bits >> np.uint64(25)) & np.uint64(63),
            bits >> np.uint64(58),
        ),
        "second and its second": (more >> np.uint64(58), seconds(more) >> np.uint64(58)),
    }
    for name, (x, y) in pairs.items():
        table = np.bincount((x * np.uint64(64) + y).astype(np.int64), minlength=4_096)
        assert p_of_uniform_rows(table[None]) > FALSE_ALARM / len(pairs), name


YEARS, BIRTHDAYS = 512, 4_096


@pytest.mark.parametrize("half", ["high", "low"])
@pytest.mark.parametrize("part", PARTS)
def test_birthday_spacings(part: str, half: str):
    """4,096 birthdays in years of 2**32 days: m**3 / (4 n) = 4 spacings repeat in each year."""
    years = np.empty((YEARS, BIRTHDAYS), np.uint64)
    if part in ("entity", "index"):
        for year in range(YEARS):
            key = stream_key(3, Purpose.DIARY, year)
            if part == "entity":
                years[year] = draws(key, 0, BIRTHDAYS)
            else:
                years[year] = np.concatenate([draws(key, 0, 16, index) for index in range(256)])
    else:
        made = {
            "seed": lambda i: stream_key(i, 3, 1),
            "purpose": lambda i: stream_key(i // 64, i % 64, 1),
            "day": lambda i: stream_key(1, 3, i),
        }[part]
        for birthday in range(BIRTHDAYS):
            years[:, birthday] = draws(made(birthday), 0, YEARS)
    days = years >> np.uint64(32) if half == "high" else years & np.uint64(0xFFFFFFFF)
    repeated = repeated_spacings(days)
    expected = YEARS * BIRTHDAYS**3 / (4 * 2.0**32)
    print(f"{part}, {half}: {repeated} of {expected:.0f}")
    assert poisson_p(repeated, expected) > FALSE_ALARM
