"""The answer in words: can lockdown hold a variant, at which leakage, and what that would cost."""

from __future__ import annotations

from typing import Any

from lazaretto.disease import variant

CERTAIN, HARDLY = 0.95, 0.05
"""Chances above and below which an outbreak is said to be contained, or not."""


def sentences(said: dict[str, Any]) -> list[str]:
    """Return the answer for every variant, as sentences; what it costs is told with it.

    Parameters
    ----------
    said
        What `lazaretto.studies.frontier.answer.summary` returns.
    """
    starts = sorted({row["start"] for row in said["answers"]})
    usual = starts[len(starts) // 2]
    told = [
        f"Contained: within {said['days']} days of lockdown nobody can infect anybody any more. "
        f"Leakage: the share of usual contacts outside the household that go on under lockdown. "
        f"{said['place']}, {said['persons']:,} residents; lockdown of all of them once {usual:,} "
        f"have been infected."
    ]
    for disease, about in said["diseases"].items():
        rows = [r for r in said["answers"] if r["disease"] == disease and r["start"] == usual]
        told.append(_of_variant(disease, about, rows, said))
    told.append(_worked_out(said))
    return told


def _of_variant(
    disease: str, about: dict[str, Any], rows: list[dict[str, Any]], said: dict[str, Any]
) -> str:
    title, r0 = variant(disease).title, about["r0"]
    parts = []
    intervals = list(dict.fromkeys(row["interval"] for row in rows))
    for interval in (intervals[0], intervals[-1]) if len(intervals) > 1 else intervals:
        of = [row for row in rows if row["interval"] == interval]
        paid = [
            row for row in said["costs"]
            if row["disease"] == disease and row["interval"] == interval
        ]  # fmt: skip
        parts.append(f"{_screened(interval)}, {_frontier(of[0])}: {_levels(of, paid)}")
    day = next(row["day"] for row in said["costs"] if row["disease"] == disease)
    held = [row for row in rows if row["contained"] >= CERTAIN]
    verdict = "yes, at every leakage asked" if len(held) == len(rows) else (
        "not at any leakage asked" if not held else "it depends on what is left of contacts"
    )  # fmt: skip
    return (
        f"Can lockdown hold {title} (R0 {r0:g}, {about['r0_low']:g} to {about['r0_high']:g}, "
        f"{about['r0_status']})? {verdict[0].upper()}{verdict[1:]}. It begins on day {day:.0f}. "
        + " ".join(f"{part}." for part in parts)
    )


def _worked_out(said: dict[str, Any]) -> str:
    """Return what the closed forms say: households without screening, and isolation at onset."""
    parts = []
    for disease, about in said["diseases"].items():
        form = next(
            row for row in said["closed_forms"]
            if row["disease"] == disease and row["r0"] == about["r0"]
        )  # fmt: skip
        parts.append(
            f"{variant(disease).title}: R* is 1 at a leakage of {form['leakage']:.1%} "
            f"(mu_T {form['mu']:.2f}), and everybody isolated at onset would hold an R0 of "
            f"{1 / about['isolation_at_onset']['theta']:.2f} at most"
        )
    return (
        "Worked out without screening (R* = R_G mu_T of a typical household, Ball et al. 1997; "
        f"theta < 1 / R0, Fraser et al. 2004): {'; '.join(parts)}."
    )


def _screened(interval: int) -> str:
    if interval == 0:
        return "If nobody is screened"
    often = "every day" if interval == 1 else f"every {interval} days"
    return f"If everybody is screened {often} and those found are taken away"


def _frontier(row: dict[str, Any]) -> str:
    if row["frontier"] >= 1:
        return "it is held even without a lockdown as often as not"
    low, high = row["frontier_low"], row["frontier_high"]
    return (
        f"it is held as often as not at a leakage of {row['frontier']:.1%} "
        f"({low:.1%} to {min(high, 1):.1%})"
    )


def _levels(rows: list[dict[str, Any]], paid: list[dict[str, Any]]) -> str:
    cost = {row["leakage"]: row for row in paid}
    parts = []
    for row in rows:
        days = cost[row["leakage"]]["sealed_days"]
        end = "until it has ended" if row["contained"] >= 0.5 else "until it is given up"
        chance = _chance(row["contained"])
        parts.append(
            f"at {row['leakage']:.1%} {chance}, everybody sealed for {days:.0f} days {end}"
        )
    return "; ".join(parts)


def _chance(value: float) -> str:
    if value >= 0.995:
        return "nearly always"
    return "hardly ever" if value <= 0.005 else f"with a chance of {value:.0%}"
