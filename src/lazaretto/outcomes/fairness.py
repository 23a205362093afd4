"""Who bears a policy, and what those who bear it are given."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import xarray as xr

from lazaretto.outcomes.answers import NOT_JUDGED, Answer
from lazaretto.outcomes.rows import Ledger
from lazaretto.outcomes.who_bears import shares_borne

SUPPORT = ("food delivery", "medical passes", "income support", "information")
"""What those who are confined for the sake of others are owed (Silva and Smith 2015)."""


def distribution(results: xr.Dataset, costs: Ledger) -> Answer:
    """Answer which shares of the costs the worst off bear, beside their share of the residents."""
    shares = shares_borne(results, costs)
    if not shares:
        lacking = sorted({name for missing in costs.missing for name in missing.needs})
        return Answer(
            "distribution",
            f"{NOT_JUDGED}: the results do not say who is poor, a migrant, or old and alone",
            (f"lacking: {', '.join(lacking)}",),
        )
    answers, detail = [], []
    for who in dict.fromkeys(share.who for share in shares):
        theirs = [share for share in shares if share.who == who]
        residents = float(theirs[0].of_residents.mean())
        parts = []
        for share in theirs:
            of_cost = share.of_cost.values
            if np.isnan(of_cost).all():
                continue
            parts.append(f"{float(np.nanmean(of_cost)):.1%} of {share.kind}")
            if share.kind == "days sealed":
                answers.append(
                    f"{who} ({residents:.1%} of residents) {float(np.nanmean(of_cost)):.1%}"
                )
        if parts:
            detail.append(f"{who}, {residents:.1%} of residents: {', '.join(parts)}")
    answer = f"of sealed days: {'; '.join(answers)}" if answers else "nobody is sealed"
    return Answer("distribution", answer, tuple(detail))


def support_given(
    support: Collection[str] | None, results: xr.Dataset, unsupported: xr.Dataset | None
) -> Answer:
    """Answer which support is given, and what it changes where the runs without it are there."""
    detail = [] if unsupported is None else list(_without_support(results, unsupported))
    if unsupported is None:
        detail.append("effect of support alone: not judged; run the policy without its support too")
    if support is None:
        return Answer("support", "not stated", tuple(detail))
    names = {name.replace("_", " ").replace("-", " ").lower() for name in support}
    given = [kind for kind in SUPPORT if kind in names]
    absent = [kind for kind in SUPPORT if kind not in names]
    answer = f"given: {', '.join(given) or 'none'}; not given: {', '.join(absent) or 'none'}"
    return Answer("support", answer, tuple(detail))


def _without_support(results: xr.Dataset, unsupported: xr.Dataset) -> Iterator[str]:
    for name, said in (
        ("leaks", "adult-days of leakage"),
        ("food_insecure", "food-insecure person-days"),
    ):
        if name not in results or name not in unsupported:
            continue
        runs = results.sizes.get("replicate", 1), unsupported.sizes.get("replicate", 1)
        ours, without = float(results[name].sum()), float(unsupported[name].sum())
        yield f"{said}: {ours / runs[0]:,.0f}; without the support {without / runs[1]:,.0f}"
