"""Numbers and dates as words a reader can say aloud."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, isnan, log10

import numpy as np
import pandas as pd

from lazaretto.report.replicates import FEWEST_RUNS_FOR_BAND, Spread


def people(number: float) -> str:
    """Return a count to three significant digits: "612,000", "24.9 million", "1.21 billion".

    Parameters
    ----------
    number
        A count of anything, 0 or more.
    """
    if isnan(number):
        return "unknown"
    if abs(number) < 1000:
        return f"{round(number):,}"
    digits = floor(log10(abs(number))) - 2
    rounded = round(number / 10**digits) * 10**digits
    for size, word in ((1_000_000_000, "billion"), (1_000_000, "million")):
        if abs(rounded) >= size:
            return f"{float(f'{rounded / size:.3g}'):g} {word}"
    return f"{rounded:,}"


def exactly(number: float) -> str:
    """Return a count to the unit: "627,110"."""
    return "unknown" if isnan(number) else f"{round(number):,}"


def between(low: float, high: float) -> str:
    """Return a range of counts: "580,000 to 640,000", "1.2 to 1.4 million"."""
    first, last = people(low), people(high)
    if first == last:
        return first
    unit = last.rpartition(" ")[2]
    if unit in {"million", "billion"} and first.endswith(unit):
        first = first.removesuffix(f" {unit}")
    return f"{first} to {last}"


def people_in_runs(number: Spread, noun: str = "") -> str:
    """Return a count over the runs: "612,000 infections (median of 5 runs: 580,000 to 640,000)"."""
    said = f"{people(number.median)} {noun}".strip()
    if number.runs < 2 or people(number.low) == people(number.high):
        return said
    some = between(number.low, number.high)
    if number.runs < FEWEST_RUNS_FOR_BAND:
        return f"{said} (median of {number.runs} runs: {some})"
    return f"{said} (median of {number.runs} runs, 90 % of them {some})"


def decimal_in_runs(number: Spread, digits: int = 2) -> str:
    """Return a number over the runs with decimals: "0.98 (0.91 to 1.04)"."""
    if number.runs == 0 or isnan(number.median):
        return "not defined"
    middle = f"{number.median:.{digits}f}"
    if number.median > 0 and not float(middle):
        return f"below {10.0**-digits:.{digits}f}"
    if number.runs < 2:
        return middle
    return f"{middle} ({number.low:.{digits}f} to {number.high:.{digits}f})"


def day(moment: object, year: bool = False) -> str:
    """Return a date: "13 April", with the year if asked for.

    Parameters
    ----------
    moment
        A date in any form pandas reads.
    year
        Whether the year is written.
    """
    stamp = pd.Timestamp(str(moment))
    return f"{stamp.day} {stamp:%B}" + (f" {stamp.year}" if year else "")


def short_day(moment: object) -> str:
    """Return a date for a table: "13 Apr 2022"."""
    stamp = pd.Timestamp(str(moment))
    return f"{stamp.day} {stamp:%b} {stamp.year}"


def place_name(place: object) -> str:
    """Return the name of a place as it is said: "xian" is "Xian", "new-york" is "New York"."""
    return str(place or "the place").replace("-", " ").replace("_", " ").title()


def days(number: float) -> str:
    """Return a duration: "1 day", "75 days"."""
    whole = round(number)
    return f"{whole:,} day" + ("" if whole == 1 else "s")


def earlier_or_later(difference: float) -> str:
    """Return a difference in days: "3 days late", "1 day early", "on the same day"."""
    whole = round(difference)
    if whole == 0:
        return "on the same day"
    return f"{days(abs(whole))} {'late' if whole > 0 else 'early'}"


def too_many_or_few(ratio: float) -> str:
    """Return a ratio to one: "2 % too few", "2.4 times as many", "as many"."""
    if isnan(ratio):
        return "an unknown number"
    if ratio >= 2:
        return f"{ratio:.1f} times as many"
    if ratio <= 0.5:
        return "none" if ratio == 0 else f"only {100 * ratio:.2g} % as many"
    percent = round(100 * abs(ratio - 1))
    if percent == 0:
        return "just as many"
    return f"{percent} % too {'many' if ratio > 1 else 'few'}"


def times_as_high(ratio: float) -> str:
    """Return a ratio of heights: "1.12 times the real one", "3 % of the real one"."""
    if ratio >= 0.1:
        return f"{ratio:.2f} times the real one"
    return f"{100 * ratio:.1g} % of the real one" if ratio >= 0.001 else "next to nothing"


def listed(items: Sequence[str], most: int = 8) -> str:
    """Return items in a sentence: "Pudong, Fengxian and Jinshan"."""
    if not items:
        return ""
    shown = list(items[:most])
    if len(items) > most:
        return f"{', '.join(shown)} and {len(items) - most} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def middle_date(dates: Sequence[np.datetime64]) -> np.datetime64:
    """Return the median of dates, the earlier of two in the middle."""
    ordered = np.sort(np.asarray(dates, "datetime64[D]"))
    return np.datetime64(ordered[(len(dates) - 1) // 2])


def percent(share: float) -> str:
    """Return a share in per cent: "97 %", "0.3 %", "99.7 %"."""
    if isnan(share):
        return "an unknown share"
    near = min(share, 1 - share)
    return f"{100 * share:.1f} %" if 0 < near < 0.01 else f"{100 * share:.0f} %"
