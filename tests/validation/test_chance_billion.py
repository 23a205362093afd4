"""A billion keyed random numbers: uniform, and independent of their neighbours in every part.

Run by ``make validate``. False-alarm rate 1e-6 for each test.
"""

from __future__ import annotations

import numpy as np
import pytest
from epidemics import FALSE_ALARM
from keyed_streams import PARTS, counted, passes, poisson_p, repeated_spacings, verdict

from lazaretto.chance import Purpose, draws, stream_key

DRAWS = 220_000_000
"""Numbers for each of the five parts: 1.1e9 together."""


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_a_fifth_of_a_billion_numbers_and_their_neighbours(part: str):
    tables = counted(part, DRAWS)
    assert tables[2].sum() > 0.99 * DRAWS
    found = verdict(tables)
    print(part, f"{tables[2].sum():,}", {name: f"{p:.2g}" for name, p in found.items()})
    assert passes(found)


@pytest.mark.slow
def test_birthday_spacings_of_all_64_bits():
    """2**20 birthdays in years of 2**56 days: m**3 / (4 n) = 4 spacings repeat in each year."""
    birthdays, years, repeated = 1 << 20, 64, 0
    for year in range(years):
        key = stream_key(year // 8, Purpose.TRANSMISSION, year % 8)
        days = draws(key, 0, birthdays, index=year % 3) >> np.uint64(8 * (year % 2))
        repeated += repeated_spacings((days & np.uint64((1 << 56) - 1))[None])
    expected = years * birthdays**3 / (4 * 2.0**56)
    print(f"{repeated} of {expected:.0f}")
    assert poisson_p(repeated, expected) > FALSE_ALARM
