"""Cases of a test of which `make test` runs a few and `make validate` all."""

from __future__ import annotations

from collections.abc import Iterable

import pytest


def some_now(cases: Iterable[object], now: int) -> list[object]:
    """Return cases for `parametrize`: as many as said run each time, the others are slow.

    Parameters
    ----------
    cases
        Values of one parameter.
    now
        How many run in `make test`, spread evenly over them.
    """
    every = list(cases)
    kept = {round(i * (len(every) - 1) / max(now - 1, 1)) for i in range(now)}
    return [
        case if number in kept else pytest.param(case, marks=pytest.mark.slow)
        for number, case in enumerate(every)
    ]
