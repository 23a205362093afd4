"""The ledger and its unit values as tables: the virus and the policy in columns apart, no sum."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from lazaretto.outcomes.rows import EVERYBODY, Ledger, Row
from lazaretto.outcomes.unit_values import UNIT_VALUES
from lazaretto.provenance import Figure
from lazaretto.report.replicates import FEWEST_RUNS_FOR_BAND, spread
from lazaretto.report.wording import listed, people


class LedgerLine(NamedTuple):
    """A row of the table: what, unit, which pan, its middle, and from low to high if it has both.

    ``pan`` is virus, policy or context; of context is what the others are compared with.
    """

    what: str
    unit: str
    pan: str
    middle: str
    ends: str


GROUPS = {
    "care": "Care and missed care",
    "income": "Income",
    "mental": "Mental health",
    "schooling": "Schooling",
    "trust": "Trust",
    "dalys": "DALYs",
    "threshold": "What a DALY may cost",
}
"""Unit values by the first part of their key."""


def ledger_lines(costs: Ledger) -> list[LedgerLine]:
    """Return every kind of cost of all residents together, in the order of the ledger.

    Parameters
    ----------
    costs
        The ledger of one or many runs.
    """
    return [_line(row) for row in costs.rows if row.by == EVERYBODY]


def missing_words(costs: Ledger) -> list[str]:
    """Return what the ledger lacks and why, one sentence each."""
    return [
        f"{missing.kind}: not in the results"
        + (f" (needs {listed(missing.needs)})" if missing.needs else "")
        for missing in costs.missing
    ]


def ledger_words(runs: int) -> str:
    """Return what low, middle and high of the table are.

    Parameters
    ----------
    runs
        How many runs the ledger is of.
    """
    some = "the one run" if runs == 1 else f"the {runs} runs"
    part = "" if runs < FEWEST_RUNS_FOR_BAND else " (90 % of them)"
    over = "" if runs == 1 else ", medians over the runs"
    return (
        f"Middle values{over}; below them from low to high, where low and high of the unit values"
        f" and the range of {some}{part} are taken together. What the run counts itself has no"
        " range but that of the runs. The rows are of different kinds, in different units and borne"
        " by different people: they are not added up, here or anywhere."
    )


def unit_value_groups() -> list[tuple[str, list[tuple[str, Figure]]]]:
    """Return heading and figures of each group of unit values."""
    groups: dict[str, list[tuple[str, Figure]]] = {}
    for key, figure in UNIT_VALUES.items():
        head = key.partition(".")[0]
        groups.setdefault(GROUPS.get(head, head), []).append((key, figure))
    return list(groups.items())


def said(amount: float, unit: str) -> str:
    """Return an amount in words: "12,300", "0.048" of a share as "4.8 %", "none" if not defined."""
    if math.isnan(amount):
        return "none"
    if unit.startswith("share"):
        return f"{100 * amount:.1f} %"
    if 0 < abs(amount) < 10 and amount != round(amount):
        return f"{amount:.2g}"
    return people(amount)


def _line(row: Row) -> LedgerLine:
    low, middle, high = (
        spread(row.amount.sel(bound=bound, drop=True)) for bound in ("low", "mid", "high")
    )
    first, last = said(low.low, row.unit), said(high.high, row.unit)
    ends = "" if first == last else f"{_shorter(first, last)} to {last}"
    return LedgerLine(row.kind, row.unit, row.pan, said(middle.median, row.unit), ends)


def _shorter(first: str, last: str) -> str:
    """Return the lower end without the word that the upper one has too: "1.2 to 1.4 million"."""
    word = last.rpartition(" ")[2]
    return first.removesuffix(f" {word}") if word in {"million", "billion", "%"} else first


def pans(lines: Iterable[LedgerLine]) -> dict[str, list[LedgerLine]]:
    """Return the lines of the table by pan."""
    found: dict[str, list[LedgerLine]] = {"virus": [], "policy": [], "context": []}
    for line in lines:
        found[line.pan].append(line)
    return found
