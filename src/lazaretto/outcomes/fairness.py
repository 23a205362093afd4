"""Who bears a policy, and what those who bear it are given."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import xarray as xr

from lazaretto.outcomes.answers import NOT_JUDGED, Answer
from lazaretto.outcomes.confined_more import CLOSED, SEALED, priced_by
from lazaretto.outcomes.extra import LEAST, Extra
from lazaretto.outcomes.rows import Ledger
from lazaretto.outcomes.who_bears import Borne, shares_borne
from lazaretto.scenario.support import SUPPORT as MEASURES

SUPPORT = tuple(name.replace("_", " ") for name in MEASURES)
"""What those who are confined for the sake of others are owed (Silva and Smith 2015), as the six
measures of support are called."""

SHORT = {"information": "official information"}
"""Other words for a measure of support."""

WITHOUT = "`lazaretto compare` runs the policy without its support"


def distribution(
    results: xr.Dataset, costs: Ledger, more: Mapping[str, Extra] | None = None
) -> Answer:
    """Answer which shares of the costs the worst off bear, beside their share of the residents.

    A share is that of all runs together: the sum over the runs of what the group bears, divided by
    the sum over the runs of the whole. The answer is that of sealed days; where nobody is sealed,
    or no more than under the less restrictive policy, that of controlled or sealed days.

    Parameters
    ----------
    results, costs
        Results of the policy and their ledger.
    more
        What the policy confines more than the less restrictive one, if that was run
        (`lazaretto.outcomes.confined_more`).
    """
    shares = shares_borne(results, costs)
    if not shares:
        lacking = sorted({name for missing in costs.missing for name in missing.needs})
        return Answer(
            "distribution",
            f"{NOT_JUDGED}: the results do not say who is poor, a migrant, or old and alone",
            (f"lacking: {', '.join(lacking)}",),
        )
    sealed = bool(_over_runs(costs, "days sealed"))
    tier = SEALED if sealed else CLOSED
    if more and more[CLOSED].mid >= LEAST:
        tier = priced_by(more)
    answers, detail = [], []
    for who in dict.fromkeys(share.who for share in shares):
        theirs = [share for share in shares if share.who == who]
        residents = float(theirs[0].of_residents.mean())
        parts = [
            f"{borne / whole:.1%} of {share.kind}"
            for share in theirs
            for borne, whole in [_borne(share, costs)]
            if whole > 0
        ]
        confined = [_borne(share, costs) for share in theirs if share.kind in KINDS[tier]]
        whole = sum(each for _, each in confined)
        if whole > 0:
            part = sum(borne for borne, _ in confined) / whole
            answers.append(f"{who} ({residents:.1%} of residents) {part:.1%}")
        if parts:
            detail.append(f"{who}, {residents:.1%} of residents: {', '.join(parts)}")
    detail.append("shares of all runs together: sums over the runs, divided")
    nobody = "" if sealed else "nobody is sealed; "
    answer = "nobody is sealed or controlled"
    if answers:
        answer = f"{nobody}of {tier} days: {'; '.join(answers)}"
    return Answer("distribution", answer, tuple(detail))


KINDS = {SEALED: ("days sealed",), CLOSED: ("days controlled", "days sealed")}
"""Rows of the ledger that make up the person-days of a tier and the stricter ones."""


def _borne(share: Borne, costs: Ledger) -> tuple[float, float]:
    """Return what a group bears and the whole, sums over the runs."""
    whole = costs.of(share.kind).amount.sel(bound="mid", drop=True)
    return float((share.of_cost.fillna(0) * whole).sum()), float(whole.sum())


def _over_runs(costs: Ledger, kind: str) -> float:
    return float(costs.of(kind).amount.sel(bound="mid").sum()) if costs.has(kind) else 0.0


def support_given(
    support: Collection[str] | Mapping[str, str] | None,
    results: xr.Dataset,
    unsupported: xr.Dataset | None,
) -> Answer:
    """Answer which support is given, and what it changes where the runs without it are there.

    Parameters
    ----------
    support
        Names of the policy's measures, or of its support alone; as a mapping, with why one cannot
        act, empty if it can. None if that is not known.
    results, unsupported
        Results of the policy, and of the policy without its support if that was run.
    """
    idle = dict(support) if isinstance(support, Mapping) else dict.fromkeys(support or (), "")
    why = {_plain(name): said for name, said in idle.items()}
    given = [kind for kind in SUPPORT if why.get(kind) == ""]
    if unsupported is not None:
        detail = tuple(_without_support(results, unsupported)) or (
            "effect of support alone: the results say neither leakage nor food",
        )
    elif support is not None and not given:
        detail = ("effect of support alone: none is given",)
    else:
        detail = (f"effect of support alone: {NOT_JUDGED}: {WITHOUT}",)
    if support is None:
        return Answer("support", "not stated", detail)
    absent = [kind for kind in SUPPORT if kind not in why]
    said = [f"given: {', '.join(given) or 'none'}"]
    cannot = [f"{kind} ({why[kind]})" for kind in SUPPORT if why.get(kind)]
    if cannot:
        said.append(f"written but without effect: {', '.join(cannot)}")
    said.append(f"not given: {', '.join(absent) or 'none'}")
    return Answer("support", "; ".join(said), detail)


def _plain(name: str) -> str:
    plain = name.replace("_", " ").replace("-", " ").lower()
    return SHORT.get(plain, plain)


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
